"""The page at ``/`` with its phone: conversations, and what a person does to instances."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from emulator_kit import definition
from page_kit import MENU, OFFERS, create, item, keep, opened, say, served, show
from playwright.sync_api import Browser, Locator, Page, Route, expect


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client of an emulator with one definition in it, in two versions."""
    with served() as client:
        id = create(client, MENU[:1], name="Menu")
        client.put(f"/api/v1/accounts/acme/definitions/{id}", json=definition(MENU, name="Menu")).raise_for_status()
        yield client


@pytest.fixture
def page(browser: Browser, client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, client, color_scheme=getattr(request, "param", "light")) as page:
        page.goto(f"{client.base_url}/")
        yield page
        keep(page, request.node.name)


def choose(page: Page, name: str = "Menu") -> None:
    page.locator("#items a", has_text=name).first.click()
    expect(page.locator("#title")).to_have_text(name)


def write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def messages(page: Page) -> Locator:
    return page.locator("#thread li")


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_a_conversation_with_the_keyboard(page: Page) -> None:
    """A whole conversation, a call with keys and a jump of the clock, without touching a mouse, in few stops."""

    def tab_to(name: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.textContent") == name:
                return
        raise AssertionError(f"Tab does not reach {name}")

    expect(page.locator("#items a")).to_have_count(1)
    tab_to("status")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Menu")
    expect(page.locator("svg .step")).to_have_count(9)

    def type_in(text: str) -> None:
        tab_to("text")
        page.keyboard.type(text)
        page.keyboard.press("Enter")

    type_in("Hi")
    expect(messages(page)).to_have_text(["You: Hi", "Workflow: Hello! 1 for opening hours, 2 for a call."])
    expect(page.locator("#about")).to_contain_text("choice waits for reply whatsapp 6581968289 until")
    expect(page.locator("svg .step.WaitingForEvent")).to_have_count(1)
    type_in("2")
    expect(messages(page).last).to_have_text("Workflow: Call: Press a key, please.")
    expect(page.locator("svg .edge.taken")).to_have_count(3)
    tab_to("5")
    page.keyboard.press("Enter")
    expect(messages(page).last).to_have_text("Workflow: You pressed 5.")
    expect(messages(page).nth(-2)).to_have_text("You: [pressed 5]")
    expect(page.locator("#keypad")).to_be_hidden()
    expect(page.locator("#about")).to_contain_text("pause waits until")

    tab_to("jump")
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_contain_text("broken: Step type 'Teleport' isn't known")
    expect(page.locator("#about")).to_contain_text("Terminated")
    rows = page.locator("#log tbody tr")
    expect(rows).to_have_count(7)
    expect(rows.last).to_contain_text("brokenFailed")
    expect(page.locator("#items .status")).to_have_text(["Terminated"])


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_what_messages_offer_is_tapped(page: Page, client: httpx.Client) -> None:
    """Buttons, rows, forms, cards, places and quick replies are buttons that send the channel's reply. What opens
    something on a real phone is none, pictures aren't loaded, and a refused message shows why."""
    create(client, OFFERS, name="Offers")
    client.delete(f"/api/v1/accounts/acme/definitions/{item(client, 'definitions', search='Menu')['definitionId']}")
    expect(page.locator("#items a", has_text="Menu")).to_have_count(0)
    choose(page, "Offers")
    write(page, "Hi")
    last, mine = page.locator("#thread li.theirs").last, page.locator("#thread li.mine")

    expect(last.get_by_role("button")).to_have_text(["Book", "Faq"])
    last.get_by_role("button", name="Book").click()
    expect(mine.last).to_have_text("You: Book")

    expect(last).to_contain_text("list")
    last.get_by_text("Times", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(last.get_by_role("button", name="19:00 window")).to_be_focused()
    page.keyboard.press("Enter")
    expect(mine.last).to_have_text("You: 19:00")

    expect(last).to_contain_text("form")
    last.get_by_text("Your name", exact=True).click()
    last.get_by_label("Answers (JSON)").fill("{")
    last.get_by_role("button", name="Send the form").click()
    expect(page.locator("#problems")).to_contain_text("The answers are not JSON")
    last.get_by_label("Answers (JSON)").fill('{"name": "Ada"}')
    last.get_by_role("button", name="Send the form").click()
    expect(mine.last).to_contain_text('"name": "Ada"')

    expect(last.get_by_role("button")).to_have_text(["Order", "Order"])
    expect(last.locator(".opens").first).to_contain_text("https://www.example.com")
    last.get_by_role("button", name="Order").last.click()
    last.get_by_role("button", name="Send location").click()
    expect(mine.last).to_contain_text("location: ")
    last.get_by_role("button", name="stop").click()
    expect(mine.last).to_have_text("You: stop")
    picture = page.locator("#thread li.theirs").nth(6)
    expect(picture).to_have_text("Workflow: image: a.jpgLook")
    expect(last).to_contain_text("Not delivered: 1000")
    expect(page.locator("#log .failure")).to_contain_text("Not delivered: 1000")
    expect(page.locator("#thread img")).to_have_count(0)
    written = messages(page).all_text_contents()
    page.reload()
    expect(messages(page)).to_have_count(len(written))
    assert messages(page).all_text_contents() == written


def test_media_and_places_from_the_phone(page: Page) -> None:
    """The phone sends media and places; an SMS has only text."""
    choose(page)
    page.get_by_label("Sends").select_option("image")
    write(page, "https://pictures.example.com/me.jpg")
    expect(page.locator("#thread li.mine")).to_have_text("You: image: me.jpg")
    expect(messages(page)).to_have_count(2)
    page.get_by_label("Sends").select_option("location")
    write(page, "91, 0")
    expect(page.locator("#problems")).to_contain_text("A place is its latitude and longitude")
    page.get_by_label("Channel").select_option(label="SMS")
    expect(page.get_by_label("Sends")).to_be_disabled()
    expect(page.get_by_label("Sends")).to_have_value("text")


def test_one_thread_for_each_customer_and_channel(page: Page, client: httpx.Client) -> None:
    """The phone writes as any customer on any channel, and shows each thread for itself, also after a reload. The list
    of customers leads to each."""
    choose(page)
    for channel, number in (("Viber", "+15551234567"), ("WhatsApp", "+15557654321"), ("Viber", "+15557654321")):
        page.get_by_label("Channel").select_option(label=channel)
        page.get_by_label("Number").fill(number)
        page.get_by_label("Number").press("Tab")
        expect(messages(page)).to_have_count(0)
        write(page, f"Hi by {channel}")
        expect(messages(page)).to_have_count(2)
        expect(page.locator("#thread .mine")).to_have_text(f"You: Hi by {channel}")
    sent = [each["message"]["user"]["msisdn"] for each in client.get("/_emulator/outbox").json()]
    assert sent == ["+15551234567", "+15557654321", "+15557654321"]
    page.reload()
    expect(page.get_by_label("Number")).to_have_value("+15557654321")
    expect(page.locator("#thread .mine")).to_have_text("You: Hi by Viber")
    page.get_by_role("tab", name="Customers").click()
    expect(page.locator("#items a")).to_have_count(3)
    page.locator("#items a", has_text="WhatsApp").click()
    expect(page.locator("#thread .mine")).to_have_text("You: Hi by WhatsApp")
    expect(page.get_by_label("Channel")).to_have_value("whatsapp")


def test_the_channel_of_the_workflow(page: Page, client: httpx.Client) -> None:
    """The phone changes to the channel of the chosen workflow, and to the thread of the chosen instance."""
    wait = {"id": "w", "stepType": "WaitForReply", "inputs": {"from": "6581968289", "channel": "viber"}}
    create(client, [wait], name="Waits", trigger="http_request")
    create(client, [{"id": "s", "stepType": "SMS", "inputs": {}}], name="Text", trigger="inbound_sms")
    started = say(client, "Hi", "+15551234567", "rcs")["instances"][0]["id"]
    for name, channel in (("Text", "sms"), ("Waits", "viber"), ("Menu", "whatsapp")):
        choose(page, name)
        expect(page.get_by_label("Channel")).to_have_value(channel)
    show(page, client, f"instances/{started}")
    expect(page.get_by_label("Channel")).to_have_value("rcs")
    expect(page.get_by_label("Number")).to_have_value("+15551234567")
    expect(messages(page)).to_have_count(2)


def test_a_message_that_starts_nothing(page: Page) -> None:
    """If nothing happens to a message, the page shows that, and the message is in the thread."""
    page.get_by_label("Channel").select_option(label="SMS")
    write(page, "Hello?")
    expect(page.locator("#problems")).to_contain_text("nothing happened: no instance waits for it")
    expect(messages(page)).to_have_text(["You: Hello?"])


def test_earlier_messages(page: Page, client: httpx.Client) -> None:
    """A long thread shows its end, and more of it on demand."""
    for number in range(40):
        say(client, f"Message {number}")
    page.reload()  # a page that is open appends what comes
    expect(messages(page)).to_have_count(50)
    expect(messages(page).last).to_be_in_viewport()
    page.get_by_role("button", name="Earlier messages").click()
    expect(messages(page)).to_have_count(80)
    expect(messages(page).first).to_have_text("You: Message 0")
    expect(page.get_by_role("button", name="Earlier messages")).to_be_hidden()


def test_commands_versions_and_starting_by_hand(page: Page, client: httpx.Client) -> None:
    """Instances are suspended, resumed and terminated; any version is shown and started; errors stay."""
    choose(page)
    page.get_by_role("tab", name="Start by hand").click()
    page.get_by_label("Data (JSON)").fill("{")
    page.get_by_role("button", name="Start", exact=True).click()
    for _ in range(2):
        expect(page.locator("#problems")).to_contain_text("The data is not JSON")
        with page.expect_response("**/_emulator/thread?*"):
            pass  # the page has asked for everything once more, and its answers hide no error
    page.get_by_label("Data (JSON)").fill('{"payload": {"user": {"msisdn": "+6581968289", "channelUserId": "1"}}}')
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#errors")).to_contain_text("'channel' is empty")
    expect(page.locator("#problems p")).to_have_count(1)
    page.get_by_role("button", name="Dismiss: The data is not JSON").click()
    expect(page.locator("#problems p")).to_have_count(0)
    expect(page.get_by_role("button", name="Suspend")).to_be_disabled()

    say(client, "Hi")
    expect(page.locator("#items a")).to_have_count(2)
    page.locator("#items a").first.click()
    for command, status in (("Suspend", "Suspended"), ("Resume", "Runnable"), ("Terminate", "Terminated")):
        page.get_by_role("button", name=command, exact=True).click()
        expect(page.locator("#about .status")).to_have_text(status)
        expect(page.locator("#items .status").first).to_have_text(status)

    page.get_by_role("link", name="version 2").click()
    page.get_by_label("Version").select_option("1")
    expect(page.locator("svg .step")).to_have_count(2)
    expect(page.locator("svg .missing")).to_have_count(1)
    expect(page.get_by_role("tab", name="Log")).to_be_hidden()
    page.get_by_role("tab", name="All steps").click()
    expect(page.locator("#steps > li")).to_have_count(1)
    expect(page.locator("#steps")).to_contain_text("choice (no such step)")

    client.delete(f"/api/v1/accounts/acme/definitions/{item(client, 'definitions')['definitionId']}")
    expect(page.locator("#title")).to_have_text("This definition has been deleted")
    page.get_by_role("tab", name="Definitions").click()
    expect(page.locator("#none")).to_be_visible()


def test_it_waits_for_an_emulator_that_is_gone(page: Page) -> None:
    """While the emulator doesn't answer, the page shows that, and continues when it does."""
    expect(page.locator("#items a")).to_have_count(1)
    page.route("**/_emulator/clock", lambda route: route.fulfill(status=200, body="not JSON"))
    expect(page.locator("#offline")).to_contain_text("The emulator does not answer.")
    page.unroute("**/_emulator/clock")
    expect(page.locator("#offline")).to_be_hidden()


def test_the_next_message_stays(page: Page) -> None:
    """What a person writes while a message is being sent stays in the field, also if it is the same text."""
    held: list[Route] = []
    page.route("**/_emulator/messages*", lambda route: held.append(route))
    choose(page)
    write(page, "1")
    field = page.get_by_label("Message", exact=True)
    expect(field).to_have_value("")
    field.fill("1")
    held.pop().continue_()
    expect(messages(page)).to_have_count(2)
    page.wait_for_timeout(300)
    expect(field).to_have_value("1")


def test_a_refusal_stays(page: Page, client: httpx.Client) -> None:
    """What the emulator refuses stays on the page until a person dismisses it, and the text isn't lost."""
    page.route("**/_emulator/messages*", lambda route: route.fulfill(status=400, json={"message": "No such number."}))
    choose(page)
    write(page, "Hi")
    expect(page.locator("#problems")).to_contain_text("No such number.")
    expect(page.get_by_label("Message", exact=True)).to_have_value("Hi")
    page.unroute("**/_emulator/messages*")
    write(page, "Hi")
    expect(messages(page)).to_have_count(2)
    expect(page.locator("#problems p")).to_have_count(1)

"""The page at ``/``, in the Chromium of this machine (Debian: ``apt-get install chromium``)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulator_kit import chat, definition, payload, wait
from playwright.sync_api import Browser, Page, Request, expect

COMMAND = [sys.executable, "-c", "from pulumi_8x8.cli import main; main()", "emulator"]
MENU: list[dict[str, Any]] = [
    chat("hello", "Hello! 1 for opening hours, 2 for a call.", nextStepId="choice"),
    {
        "id": "choice",
        "stepType": "WaitForReply",
        "inputs": {"from": "{{data.payload.user.channelUserId}}", "channel": "{{data.payload.recipient.channel}}"},
        "outputs": {"choice": "{{step.reply.payload.content.text}}"},
        "selectNextStep": {
            "hours": "{{data.choice == '1'}}",
            "call": "{{data.choice == '2'}}",
            "bye": "{{data.choice == null}}",
            "hello": None,
        },
    },
    chat("hours", "We are open from 9 to 5."),
    {
        "id": "call",
        "stepType": "VoiceMessage",
        "inputs": {
            "action": "say&capture",
            "clientRequestId": "{{uuid()}}",
            "params": {"destination": "{{data.payload.user.msisdn}}", "text": "Press a key, please."},
        },
        "outputs": {"call": "{{step.response.clientRequestId}}"},
        "nextStepId": "keys",
    },
    {
        "id": "keys",
        "stepType": "WaitForDTMF",
        "inputs": {"dtmfRequestId": "{{data.call}}"},
        "outputs": {"pressed": "{{step.dtmfData.actionDetails.dtmf}}"},
        "nextStepId": "thanks",
    },
    chat("thanks", "You pressed {{data.pressed}}.", nextStepId="pause"),
    wait("pause", "3", nextStepId="broken"),
    {"id": "broken", "stepType": "Teleport"},
    chat("bye", "Goodbye!"),
]


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """A client of an emulator that is served with one definition in it, in two versions."""
    command = [*COMMAND, "--port", "0", "--database", ":memory:"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer emulator-key"}) as client:
        path = client.post("/api/v1/accounts/acme/definitions", json=definition(MENU[:1], name="Menu")).headers[
            "Location"
        ]
        client.put(path, json=definition(MENU, name="Menu")).raise_for_status()
        yield client
    process.terminate()
    process.communicate(timeout=20)


@pytest.fixture
def page(browser: Browser, client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page in a tab, which must ask nobody but the emulator for anything, and report no error."""
    context = browser.new_context(
        color_scheme=getattr(request, "param", "light"), viewport={"width": 1360, "height": 860}
    )
    page = context.new_page()
    problems: list[str] = []
    foreign: list[str] = []

    def look(asked: Request) -> None:
        if not asked.url.startswith(str(client.base_url)):
            foreign.append(asked.url)

    page.on("request", look)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(f"{client.base_url}/")
    yield page
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{request.node.name}.png"), full_page=True)
    context.close()
    assert (foreign, problems) == ([], [])


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_a_conversation_with_the_keyboard(page: Page) -> None:
    """A whole conversation, a call with keys and a jump of the clock, without touching a mouse."""

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id || document.activeElement.textContent") == name:
                return
        raise AssertionError(f"Tab does not reach {name}")

    def say(text: str) -> None:
        tab_to("text")
        page.keyboard.type(text)
        page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Menu acme")).to_be_visible()
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Menu")
    expect(page.locator("svg .step")).to_have_count(9)

    thread = page.locator("#thread li")
    say("Hi")
    expect(thread).to_have_text(["You: Hi", "Workflow: Hello! 1 for opening hours, 2 for a call."])
    expect(page.locator("#about")).to_contain_text("choice waits for reply whatsapp 6581968289 until")
    expect(page.locator("svg .step.WaitingForEvent")).to_have_count(1)
    say("2")
    expect(thread.last).to_have_text("Workflow: Call: Press a key, please.")
    expect(page.locator("svg .edge.taken")).to_have_count(3)
    tab_to("5")
    page.keyboard.press("Enter")
    expect(thread.last).to_have_text("Workflow: You pressed 5.")
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
    expect(page.locator("#instances .status")).to_have_text(["Terminated"])


def _offers(id: str, type: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    step = chat(id, "", **more)
    step["inputs"] |= {"type": type, "content": content}
    return step


def _interactive(id: str, kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return _offers(id, "interactive", {"interactive": {"type": kind, "body": {"text": id}, "action": action}}, **more)


_ROWS = [{"id": "t19", "title": "19:00", "description": "window"}, {"id": "t20", "title": "20:00"}]
_CARDS = [
    {
        "title": title,
        "media": {"contentInfo": {"fileUrl": f"https://pictures.example.com/{title}.jpg"}},
        "suggestions": [
            {"reply": {"text": "Order", "postbackData": f"order-{title}"}},
            {"action": {"text": "Visit", "postbackData": "x", "openUrlAction": {"url": "https://www.example.com"}}},
        ],
    }
    for title in ("Gnocchi", "Risotto")
]
#: Each tap leads to the next message.
OFFERS: list[dict[str, Any]] = [
    {
        "id": "start",
        "stepType": "Branch",
        "selectNextStep": {
            "list": "{{data.payload.content.interactive.button_reply.id == 'book'}}",
            "form": "{{data.payload.content.interactive.list_reply.id == 't19'}}",
            "cards": "{{stringContains(data.payload.content.interactive.nfmReply.responseJson, 'Ada')}}",
            "place": "{{data.payload.content.postbackData == 'order-Risotto'}}",
            "template": "{{data.payload.content.location != null}}",
            "picture": "{{data.payload.content.payload == 'stop'}}",
            "buttons": "{{data.payload.content.text == 'Hi'}}",
        },
    },
    _interactive(
        "buttons",
        "button",
        {"buttons": [{"type": "reply", "reply": {"id": id, "title": id.title()}} for id in ("book", "faq")]},
    ),
    _interactive("list", "list", {"button": "Times", "sections": [{"title": "Tonight", "rows": _ROWS}]}),
    _interactive("form", "flow", {"parameters": {"flowId": "1", "flowCta": "Your name"}}),
    _offers("cards", "carousel", {"carousel": {"cardWidth": "MEDIUM", "cards": _CARDS}}),
    _interactive("place", "location_request_message", {"name": "send_location"}),
    _offers(
        "template",
        "template",
        {
            "template": {
                "name": "offer",
                "language": "en",
                "components": [
                    {"type": "button", "subType": "quickReply", "parameters": [{"type": "payload", "payload": "stop"}]}
                ],
            }
        },
    ),
    _offers("picture", "image", {"url": "https://pictures.example.com/a.jpg", "text": "Look"}, nextStepId="empty"),
    _offers("empty", "text", {"text": "{{data.nothing}}"}),
]


@pytest.mark.parametrize("page", ["light", "dark"], indirect=True)
def test_what_messages_offer_is_tapped(page: Page, client: httpx.Client) -> None:
    """Buttons, rows, forms, cards, places and quick replies are buttons that send the channel's reply. What opens
    something on a real phone is none, pictures aren't loaded, and a refused message shows why."""
    client.post("/api/v1/accounts/acme/definitions", json=definition(OFFERS, name="Offers")).raise_for_status()
    (menu, _) = client.get("/_emulator/definitions").json()
    client.delete(f"/api/v1/accounts/acme/definitions/{menu['definition']['id']}")
    expect(page.get_by_role("button", name="Menu acme")).to_have_count(0)
    page.get_by_role("button", name="Offers acme").click()
    page.get_by_label("Message", exact=True).fill("Hi")
    page.keyboard.press("Enter")
    last, mine = page.locator("#thread li.theirs").last, page.locator("#thread li.mine")

    expect(last.get_by_role("button")).to_have_text(["Book", "Faq"])
    last.get_by_role("button", name="Book").click()
    expect(mine.last).to_have_text("You: Book")

    expect(last).to_contain_text("list")
    last.get_by_text("Times", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(last.get_by_role("button", name="19:00 window")).to_be_focused()
    page.keyboard.press("Enter")
    expect(mine.last).to_have_text("You: 19:00")

    expect(last).to_contain_text("form")
    last.get_by_text("Your name", exact=True).click()
    last.get_by_label("Answers (JSON)").fill("{")
    last.get_by_role("button", name="Send the form").click()
    expect(page.get_by_role("alert")).to_contain_text("The answers are not JSON")
    last.get_by_label("Answers (JSON)").fill('{"name": "Ada"}')
    last.get_by_role("button", name="Send the form").click()
    expect(mine.last).to_have_text('You: Your name: {"name":"Ada"}')

    expect(last.get_by_role("button")).to_have_text(["Order", "Order"])
    expect(last.locator(".opens").first).to_contain_text("https://www.example.com")
    last.get_by_role("button", name="Order").last.click()
    last.get_by_role("button", name="Send location").click()
    expect(mine.last).to_have_text("You: Send location")
    last.get_by_role("button", name="stop").click()
    picture = page.locator("#thread li.theirs").nth(6)
    expect(picture).to_have_text("Workflow: image: a.jpgLook")
    expect(last).to_contain_text("Not delivered: 1000")
    expect(page.locator("#log .failure")).to_contain_text("Not delivered: 1000")
    expect(page.locator("#thread img")).to_have_count(0)


def test_media_and_places_from_the_phone(page: Page, client: httpx.Client) -> None:
    """The phone sends media and places; an SMS has only text."""
    page.get_by_role("button", name="Menu acme").click()
    page.get_by_label("Sends").select_option("image")
    page.get_by_label("Message", exact=True).fill("https://pictures.example.com/me.jpg")
    page.keyboard.press("Enter")
    expect(page.locator("#thread li.mine")).to_have_text("You: [image] https://pictures.example.com/me.jpg")
    expect(page.locator("#thread li")).to_have_count(2)
    page.get_by_label("Sends").select_option("location")
    page.get_by_label("Message", exact=True).fill("91, 0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("A place is its latitude and longitude")
    page.get_by_label("Channel").select_option(label="SMS")
    expect(page.get_by_label("Sends")).to_be_disabled()
    expect(page.get_by_label("Sends")).to_have_value("text")


def test_channels_and_numbers(page: Page, client: httpx.Client) -> None:
    """The phone writes as any customer on any channel, and shows each number its own messages."""
    page.get_by_role("button", name="Menu acme").click()
    for channel, number in (("Viber", "+15551234567"), ("WhatsApp", "+15557654321")):
        page.get_by_label("Channel").select_option(label=channel)
        page.get_by_label("Number").fill(number)
        expect(page.locator("#thread li")).to_have_count(0)
        page.get_by_label("Message", exact=True).fill("Hi")
        page.keyboard.press("Enter")
        expect(page.locator("#thread li")).to_have_count(2)
    sent = [each["message"]["user"]["msisdn"] for each in client.get("/_emulator/outbox").json()]
    assert sent == ["+15551234567", "+15557654321"]
    body = definition([{**chat("a", "x"), "stepType": "SMS"}], name="<b>SMS</b>", trigger="inbound_sms")
    body["definition"]["steps"][0]["inputs"] |= {"destination": "{{data.payload.source}}", "text": "<i>got</i> it"}
    client.post("/api/v1/accounts/acme/definitions", json=body).raise_for_status()
    page.get_by_label("Channel").select_option(label="SMS")
    page.get_by_label("Message", exact=True).fill("By SMS")
    page.keyboard.press("Enter")
    expect(page.locator("#thread li").last).to_have_text("Workflow: <i>got</i> it")
    expect(page.locator("#definitions")).to_contain_text("<b>SMS</b>")


def test_commands_versions_and_starting_by_hand(page: Page, client: httpx.Client) -> None:
    """Instances are suspended, resumed and terminated; any version is shown and started; errors are shown."""
    page.get_by_role("button", name="Menu acme").click()
    page.get_by_text("Start by hand").click()
    page.get_by_label("Data (JSON)").fill("{")
    page.get_by_role("button", name="Start", exact=True).click()
    for _ in range(3):
        expect(page.get_by_role("alert")).to_contain_text("The data is not JSON")
        with page.expect_response("**/_emulator/outbox*"):
            pass  # the page has asked for everything once more, and its answers hide no error of a person
    page.get_by_label("Data (JSON)").fill('{"payload": {"user": {"msisdn": "+6581968289", "channelUserId": "1"}}}')
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator("#errors")).to_contain_text("'channel' is empty")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("button", name="Suspend")).to_be_disabled()

    client.post("/_emulator/inbound", json=payload("inbound_chat_apps_v2_text"))
    expect(page.locator("#instances button")).to_have_count(2)
    page.locator("#instances button").first.click()
    for command, status in (("Suspend", "Suspended"), ("Resume", "Runnable"), ("Terminate", "Terminated")):
        page.get_by_role("button", name=command, exact=True).click()
        expect(page.locator("#about")).to_contain_text(f": {status}")
        expect(page.locator("#instances .status").first).to_have_text(status)

    page.get_by_label("Version").select_option("1")
    expect(page.locator("svg .step")).to_have_count(2)
    expect(page.locator("svg .missing")).to_have_count(1)
    expect(page.locator("#log")).to_be_hidden()
    page.get_by_text("Steps as a list").click()
    expect(page.locator("#steps li")).to_have_count(1)

    path = f"/api/v1/accounts/acme/definitions/{client.get('/_emulator/definitions').json()[0]['definition']['id']}"
    client.delete(path)
    expect(page.locator("#title")).to_have_text("This definition has been deleted")
    expect(page.locator("#none")).to_be_visible()


def test_what_happened_with_values(page: Page, client: httpx.Client) -> None:
    """The page shows what a chosen instance did, with the values that its conditions compared, and follows it."""
    client.post("/_emulator/inbound", json=payload("inbound_chat_apps_v2_text"))
    expect(page.locator("#values")).to_be_hidden()
    page.locator("#instances button").first.click()
    page.get_by_text("What happened, with values").click()
    trace = page.locator("#trace")
    expect(trace).to_contain_text("choice (WaitForReply)\n")
    body = payload("inbound_chat_apps_v2_text")
    body["payload"]["content"]["text"] = "1"
    client.post("/_emulator/inbound", json=body)
    expect(trace).to_contain_text('hours? data.choice == \'1\': "1" == "1" is true\n')
    expect(trace).to_contain_text("sends by chat_apps: We are open from 9 to 5.\n")
    page.get_by_label("Version").select_option("1")
    expect(page.locator("#values")).to_be_hidden()


def test_it_waits_for_an_emulator_that_is_gone(page: Page, client: httpx.Client) -> None:
    """While the emulator doesn't answer, the page shows that, and continues when it does."""
    expect(page.get_by_role("button", name="Menu acme")).to_be_visible()
    page.route("**/_emulator/clock", lambda route: route.fulfill(status=200, body="not JSON"))
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute("**/_emulator/clock")
    expect(page.get_by_role("alert")).to_be_hidden()

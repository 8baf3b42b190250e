"""The page's lists, addresses, graph and details, with 200 definitions and 1,000 instances."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from emulator_kit import chat, wait
from page_kit import HOSTILE, create, fill, item, keep, opened, say, served, show
from playwright.sync_api import Browser, Page, Route, expect


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with served(fill) as client:
        yield client


@pytest.fixture
def page(browser: Browser, client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, client) as page:
        yield page
        keep(page, request.node.name)


@pytest.fixture
def menu(client: httpx.Client) -> str:
    """The address of the definition with all kinds of steps."""
    found = item(client, "definitions", search="Menu")
    return f"definitions/acme/{found['definitionId']}"


@pytest.fixture
def talk(client: httpx.Client) -> str:
    """The address of an instance that asked twice, and was answered."""
    found = client.get("/_emulator/workflows", params={"search": "Menu", "status": "Complete"}).json()["items"]
    return f"instances/{found[0]['workflowId']}"


def items(page: Page) -> Any:
    return page.locator("#items a")


def _slowly(route: Route) -> None:
    """Answer after more time than the search waits for another letter."""
    time.sleep(0.4)
    route.continue_()


def test_long_lists(page: Page, client: httpx.Client) -> None:
    """Lists show a page, search, filter and count; what the page loads and holds doesn't grow with them."""
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
    show(page, client)
    expect(items(page)).to_have_count(25)
    expect(page.locator("#count")).to_have_text("1–25 of 200")
    expect(page.locator("#page-number")).to_have_text("Page 1 of 8")
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("#count")).to_have_text("26–50 of 200")
    page.get_by_label("Search").fill("shop 01")
    expect(page.locator("#count")).to_have_text("1–10 of 10")
    page.get_by_label("Status", exact=True).select_option("disabled")
    expect(items(page)).to_have_text([f"Shop {number}disabled · acme · v1" for number in ("010", "015")])
    expect(page.locator("#status option")).to_have_text(["All (10)", "disabled (2)", "enabled (8)"])
    page.get_by_label("Search").fill("nothing has this name")
    expect(page.get_by_text("Nothing fits.")).to_be_visible()
    page.get_by_label("Search").fill("typed just before the list changes")
    page.route("**/workflows?*", _slowly)
    page.get_by_role("tab", name="Instances").click()
    page.wait_for_timeout(600)
    page.unroute("**/workflows?*")
    expect(page.locator("#count")).to_have_text("1–25 of 1,000")
    expect(page.get_by_label("Search")).to_have_value("")
    page.get_by_label("Status", exact=True).select_option("Runnable")
    expect(page.locator("#items .status")).to_have_text(["Runnable"] * 25)
    page.get_by_label("Search").fill("+6581000510")
    expect(items(page)).to_have_count(1)
    assert max(sizes) < 40_000
    assert page.evaluate("document.querySelectorAll('*').length") < 1000


def test_lists_with_the_keyboard(page: Page, client: httpx.Client) -> None:
    """A list is one stop; arrows, Home and End move in it, and Page Down turns the page."""
    show(page, client)
    expect(items(page)).to_have_count(25)
    items(page).first.focus()
    for key, at in (("ArrowDown", 1), ("End", 24), ("ArrowUp", 23), ("Home", 0)):
        page.keyboard.press(key)
        expect(items(page).nth(at)).to_be_focused()
    page.keyboard.press("PageDown")
    expect(page.locator("#page-number")).to_have_text("Page 2 of 8")
    expect(page.locator("#items a[tabindex='0']")).to_have_count(1)
    page.get_by_role("tab", name="Definitions").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Instances")).to_be_focused()
    expect(page.get_by_role("tab", name="Instances")).to_have_attribute("aria-selected", "true")


@pytest.mark.parametrize("place", ["", "?tab=steps&list=instances", "?step=choice"])
def test_few_stops(page: Page, client: httpx.Client, talk: str, place: str) -> None:
    """Tab goes through the whole page in at most 35 stops, however long the lists, the graph and the log are."""
    show(page, client, talk + place)
    expect(page.locator("svg .step")).to_have_count(9)
    expect(page.locator("#thread li").first).to_be_visible()
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        at = page.evaluate("document.activeElement === document.body ? '' : document.activeElement.outerHTML")
        if not at:
            break
        stops.append(at)
    assert 15 < len(stops) <= 35, stops


def test_addresses(page: Page, client: httpx.Client, menu: str, talk: str) -> None:
    """What is chosen is in the address: a link, a reload, back and forward show it, selected and in view."""
    show(page, client, menu)
    expect(page.locator("#items a[aria-current]")).to_have_text("Menuenabled · acme · v2 · 100 instances")
    expect(page.locator("#items a[aria-current]")).to_be_in_viewport()
    page.get_by_role("option", name="choice, WaitForReply").click()
    expect(page.locator("#shown .lead")).to_have_text("choice WaitForReply")
    page.get_by_role("link", name="Its instances").click()
    expect(page.locator("#only")).to_have_text("Of Menu×Show all")
    expect(page.locator("#count")).to_have_text("1–25 of 100")
    items(page).nth(3).click()
    expect(page.locator("#about")).to_contain_text("Instance ")
    instance = page.locator("#about").inner_text()
    page.go_back()
    expect(page.locator("#about")).not_to_contain_text("Instance ")
    expect(page.locator("#shown .lead")).to_have_text("choice WaitForReply")
    page.go_back()
    page.go_back()
    expect(page.locator("#shown .lead")).to_have_count(0)
    for _ in range(3):
        page.go_forward()
    expect(page.locator("#about")).to_have_text(instance, use_inner_text=True)
    page.reload()
    expect(page.locator("#about")).to_have_text(instance, use_inner_text=True)
    expect(items(page).nth(3)).to_have_attribute("aria-current", "true")
    expect(page.locator("#only")).to_have_text("Of Menu×Show all")
    show(page, client, talk)
    expect(page.locator("#items a[aria-current]")).to_be_in_viewport()
    show(page, client, "instances/no-such-id")
    expect(page.locator("#title")).to_have_text("This instance does not exist")


def test_the_graph(page: Page, client: httpx.Client, menu: str) -> None:
    """The graph has the labels of its edges, and begins in view; it zooms by buttons and keys. Arrows move in it."""
    show(page, client, menu)
    hello = page.get_by_role("option", name="hello, ChatAppsMessage")
    expect(hello).to_be_in_viewport(ratio=1)
    labels = page.locator("svg .edge-label text")
    expect(labels).to_have_text(["data.choice == null", "answer 2", "answer 1", "all others"])
    expect(page.locator("#zoom-actual")).to_have_text("100 %")
    width = page.locator("#graph svg").bounding_box()["width"]  # type: ignore[index]
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator("#zoom-actual")).to_have_text("125 %")
    assert page.locator("#graph svg").bounding_box()["width"] == pytest.approx(width * 1.25, abs=1)  # type: ignore[index]
    hello.focus()
    for key, zoom in (("0", "100 %"), ("-", "80 %"), ("+", "100 %")):
        page.keyboard.press(key)
        expect(page.locator("#zoom-actual")).to_have_text(zoom)
    page.get_by_role("button", name="Fit").click()
    for step in ("hello", "broken"):
        expect(page.locator(f"svg .step[data-step={step}]")).to_be_in_viewport(ratio=1)
    hello.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("svg .step[data-step=choice]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#shown .lead")).to_have_text("choice WaitForReply")
    expect(page.locator("svg .chosen")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    page.keyboard.press(" ")
    expect(page.locator("svg .chosen")).to_be_in_viewport(ratio=1)


def test_a_step_with_its_values(page: Page, client: httpx.Client, talk: str) -> None:
    """A chosen step shows its inputs as evaluated, what it sent or set, and its conditions with operands, for each of
    its runs; and what the definition declares."""
    show(page, client, talk)
    expect(page.locator("#about .status")).to_have_text("Complete")
    page.get_by_role("option", name="choice, WaitForReply").click()
    visits = page.locator("#shown .visit")
    expect(visits).to_have_count(2)
    last = visits.first
    expect(last).to_contain_text("Run 2 of 2")
    expect(last).to_contain_text('channel"whatsapp"')
    expect(last.locator(".condition").first).to_contain_text("hours if {{data.choice == '1'}}")
    expect(last.locator(".condition .result")).to_have_text(["true", "false", "false"])
    expect(last.locator(".operands").first).to_have_text('"1" == "1" is true')
    expect(last.locator(".edge-taken")).to_have_text("→ hours")
    expect(page.locator("#shown")).to_contain_text('channel"{{data.payload.recipient.channel}}"')
    last.locator(".edge-taken a").click()
    expect(page.locator("#shown .lead")).to_contain_text("hours ChatAppsMessage")
    expect(page.locator("#shown .message").first).to_have_text("We are open from 9 to 5.")
    page.get_by_role("tab", name="Trace").click()
    expect(page.locator("#trace")).to_contain_text('hours? data.choice == \'1\': "1" == "1" is true')
    page.get_by_role("tab", name="Data").click()
    expect(page.locator("#context")).to_contain_text('"choice": "1"')


def test_the_page_follows_an_instance(page: Page, client: httpx.Client) -> None:
    """What an instance does appears by itself: its way, its log and its trace."""
    (instance,) = say(client, "Hi", "+15550001111")["instances"]
    show(page, client, f"instances/{instance['id']}?tab=trace")
    expect(page.locator("#trace li").last).to_contain_text("waits for reply whatsapp 15550001111")
    say(client, "2", "+15550001111")
    expect(page.locator("#trace")).to_contain_text("sends by voice: Press a key, please.")
    expect(page.locator("svg .edge.taken")).to_have_count(3)
    client.patch(f"/_emulator/workflows/{instance['id']}", json={"status": "terminate"})
    expect(page.locator("#about .status")).to_have_text("Terminated")


def test_traffic(page: Page, client: httpx.Client, menu: str) -> None:
    """On demand, the graph shows how many conversations took each path, by number and width, and a step shows more."""
    show(page, client, menu)
    expect(page.locator("svg .pill")).to_have_count(0)
    page.get_by_role("button", name="Traffic").click()
    expect(page.locator("#counted")).to_contain_text("Numbers are conversations: ")
    expect(page.locator("svg .pill")).to_have_count(9 + 9)  # steps and paths
    width = "each => parseFloat(each.style.strokeWidth)"
    ways = {to: page.locator(f"svg .edge[data-from=choice][data-to={to}] .way") for to in ("hours", "bye")}
    assert ways["hours"].evaluate(width) > ways["bye"].evaluate(width)
    page.get_by_role("option", name="choice, WaitForReply").click()
    expect(page.locator("#shown .ways li").first).to_contain_text("taken by ")
    expect(page.locator("#shown")).to_contain_text("conversations were here")
    page.get_by_role("button", name="Traffic").click()
    expect(page.locator("svg .pill")).to_have_count(0)


BROKEN_WORDS = """() => {
    const broken = [];
    const walker = document.createTreeWalker(document.querySelector('#log'), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        for (const word of node.textContent.matchAll(/\\S+/g)) {
            const range = document.createRange();
            range.setStart(node, word.index);
            range.setEnd(node, word.index + word[0].length);
            const lines = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
            if (lines.size > 1) broken.push(word[0]);
        }
    }
    return broken;
}"""


@pytest.mark.parametrize("width", [1280, 640, 390])
def test_a_log_without_broken_words(browser: Browser, client: httpx.Client, width: int) -> None:
    """No word of the log is on two lines: neither a status nor the long id of a step."""
    name = "the_customer_who_asks"
    steps = [chat(name, "Unfortunately, nobody can answer at the moment.", nextStepId="w"), wait("w", "01:00:00")]
    id = create(client, steps, name=f"Words {width}", subAccountId=f"words-{width}")
    (instance,) = [
        each
        for each in say(client, "Immediately, please!", f"+1555{width}", subAccountId=f"words-{width}")["instances"]
        if each["definitionId"] == id
    ]
    with opened(browser, client, viewport={"width": width, "height": 844}) as page:
        show(page, client, f"instances/{instance['id']}")
        expect(page.locator("#log tbody tr")).to_have_count(2)
        assert page.evaluate(BROKEN_WORDS) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
        keep(page, f"log-{width}")


@pytest.mark.parametrize("size", [(390, 844), (640, 400)])
def test_small_screens(browser: Browser, client: httpx.Client, talk: str, size: tuple[int, int]) -> None:
    """Where three parts don't fit (a telephone, 200% zoom), the page shows one at a time, and is never too wide."""
    with opened(browser, client, viewport={"width": size[0], "height": size[1]}) as page:
        show(page, client)
        for name, part in (("Phone", "#phone"), ("Workflow", "#work"), ("Lists", "#lists")):
            page.get_by_role("button", name=name, exact=True).click()
            expect(page.locator("main > section:visible")).to_have_count(1)
            expect(page.locator(part)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        items(page).first.click()
        expect(page.locator("#work")).to_be_visible()
        for address in (talk, f"{talk}?tab=trace", f"{talk}?step=choice", f"{talk}?pane=phone"):
            show(page, client, address)
            expect(page.locator("main > section:visible")).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth") == size[0], address


def test_hostile_names(page: Page, client: httpx.Client) -> None:
    """What looks like markup is shown as the text that it is, wherever a definition or a customer can write it."""
    steps = []
    for place, name in enumerate(HOSTILE):
        following = HOSTILE[place + 1] if place + 1 < len(HOSTILE) else HOSTILE[0] + "?"
        step = chat(name, name, nextStepId=following, outputs={name: name})
        step["inputs"] |= {name: name}
        steps.append({**step, "stepType": "ChatAppsMessage" if place < 3 else name})
    steps[1] |= {"selectNextStep": {HOSTILE[2]: "{{'<script>' != data.x}}", HOSTILE[1]: f"{{{{'{HOSTILE[0]}' == 1}}}}"}}
    id = create(client, steps, name=HOSTILE[0], trigger="inbound_chat_apps", subAccountId=HOSTILE[1])
    started = say(client, HOSTILE[1], HOSTILE[2], HOSTILE[0], subAccountId=HOSTILE[1])["instances"]
    (instance,) = [each["id"] for each in started if each["definitionId"] == id]
    seen = ""
    for address in (
        f"definitions/acme/{id}?tab=steps",
        f"instances/{instance}",
        f"instances/{instance}?tab=trace&list=threads",
        f"definitions/acme/{id}",
        f"definitions/{HOSTILE[0]}/{HOSTILE[1]}?step={HOSTILE[2]}",
    ):
        show(page, client, address)
        expect(items(page).first).to_be_visible()
        for step in page.locator("svg .step").all():
            step.click()
        assert page.locator("script, iframe, img, object, embed, [onerror], link").count() == 4  # its own
        assert page.locator("a[href]:not([href^='#'])").count() == 0
        seen += page.locator("main").inner_text()
    for name in HOSTILE[:3]:
        assert name in seen


GRAPHIC = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const light = colour => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3).map(c => c / 255)
            .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    };
    const back = light(getComputedStyle(document.querySelector('#work')).backgroundColor);
    const ratio = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const bad = [];
    const check = (what, colour, least, behind = back) => {
        if (ratio(light(colour), behind) < least) bad.push([what, colour, ratio(light(colour), behind)]);
    };
    const all = (selector, work) => {
        document.querySelectorAll(selector).forEach(each => work(each, getComputedStyle(each)));
    };
    all('.step .box, .edge .way', (each, style) => check(each.getAttribute('class'), style.stroke, 3));
    all('.edge .head, .badge rect', (each, style) => check('fill', style.fill, 3));
    all('main input, main select, main button:enabled', (each, style) => {
        const colour = parseFloat(style.borderTopWidth) ? style.borderTopColor : 'transparent';
        if (!['transparent', 'rgba(0, 0, 0, 0)'].includes(colour)) check(each.id || each.textContent, colour, 3);
    });
    for (const each of document.querySelectorAll('svg text')) {
        const shape = each.closest('.badge')?.querySelector('rect') ?? each.closest('.step')?.querySelector('.box');
        const behind = shape ? light(getComputedStyle(shape).fill) : back;
        check(each.textContent, getComputedStyle(each).fill, 4.5, behind);
    }
    return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Browser, client: httpx.Client, talk: str, scheme: Any) -> None:
    """Boxes, arrows and fields stand out (WCAG AA: 3 to 1), and so do the graph's texts (4.5 to 1)."""
    with opened(browser, client, color_scheme=scheme) as page:
        show(page, client, f"{talk}?step=choice")
        expect(page.locator("svg .badge rect").first).to_be_visible()
        assert page.evaluate(GRAPHIC) == []

"""The page's views as the accessibility checker axe sees them, which comes with axe-playwright-python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from page_kit import MENU, OFFERS, create, item, keep, opened, say, served, show
from playwright.sync_api import Browser, Page, expect

SIZES: dict[str, Any] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "telephone": {"viewport": {"width": 390, "height": 844}},
    "zoomed": {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2},
}


def prepare(client: httpx.Client) -> None:
    """More definitions and instances than a page of a list has, and all kinds of messages."""
    for number in range(30):
        create(client, MENU, name=f"Menu {number}", status="enabled" if number % 2 else "disabled", subAccountId="m")
    create(client, OFFERS, name="Offers", subAccountId="s")
    for text in ("Hi", "2", "again"):
        say(client, text, subAccountId="m")
    say(client, "Hi", "+15551234567", subAccountId="s")
    for id in ("book", "t19"):
        tap = {"number": "+15551234567", "id": id}
        client.post("/_emulator/taps", json=tap).raise_for_status()
    client.post("/_emulator/clock", json={"seconds": 60}).raise_for_status()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with served(prepare) as client:
        yield client


def views(client: httpx.Client) -> Iterator[tuple[str, str]]:
    """Each view of the page: its name, and its address."""
    definition = f"definitions/acme/{item(client, 'definitions', search='Menu 1')['definitionId']}"
    instance = f"instances/{item(client, 'workflows', search='Menu')['workflowId']}"
    yield "empty", ""
    yield "filtered", "?q=menu&status=enabled"
    yield "second page", "?list=instances&page=2&pane=lists"
    yield "nothing found", "?q=nothing&pane=lists"
    yield "customers", "?list=threads"
    yield "definition", definition
    yield "step of a definition", f"{definition}?step=choice"
    yield "traffic", f"{definition}?step=choice&traffic=1"
    yield "start by hand", f"{definition}?tab=start"
    yield "log", instance
    yield "step with values", f"{instance}?step=choice"
    yield "trace", f"{instance}?tab=trace"
    yield "data", f"{instance}?tab=data"
    yield "phone", f"{instance}?pane=phone"
    yield "messages with choices", "?pane=phone&phone=whatsapp:15551234567"
    yield "gone", "instances/000000000000000000000000"


def violations(page: Page, *rules: str) -> list[str]:
    """What axe finds. :param rules: only these; without: all."""
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{each['id']}: {[node['html'][:200] for node in each['nodes'][:3]]}" for each in found]


@pytest.mark.parametrize("size", SIZES)
def test_no_violation(browser: Browser, client: httpx.Client, size: str) -> None:
    """Axe finds nothing in any view, in light and dark, on a desktop, on a telephone, and zoomed to 200%."""
    with opened(browser, client, reduced_motion="reduce", **SIZES[size]) as page:
        show(page, client)
        page.evaluate(AXE_SCRIPT)

        def check(name: str) -> None:
            page.emulate_media(color_scheme="light")
            keep(page, f"{size} light {name}")
            assert violations(page) == [], name
            page.emulate_media(color_scheme="dark")
            keep(page, f"{size} dark {name}")
            assert violations(page, "color-contrast") == [], name

        for name, address in views(client):
            hash = page.evaluate("address => (location.hash = address, location.hash)", f"#/{address}")
            expect(page.locator("body")).to_have_attribute("data-shows", hash)
            check(name)
        page.evaluate("location.hash = '#/?pane=phone&phone=sms:1'")
        page.get_by_label("Message", exact=True).fill("Hi")
        page.keyboard.press("Enter")
        expect(page.locator("#problems p")).to_have_count(1)
        page.get_by_label("Number").fill(" ")
        page.get_by_label("Message", exact=True).fill("Hi")
        page.keyboard.press("Enter")
        expect(page.locator("#problems p")).to_have_count(2)
        page.route("**/_emulator/clock", lambda route: route.abort())
        expect(page.locator("#offline")).to_be_visible()
        check("errors")


def test_a_violation_is_found(browser: Browser, client: httpx.Client) -> None:
    """A field without a name and a faint text are violations, so a page without any has neither."""
    with opened(browser, client) as page:
        show(page, client)
        page.evaluate(AXE_SCRIPT)
        page.evaluate("document.querySelector('label[for=status]').remove()")
        page.evaluate("document.querySelector('#title').style.color = '#bbbbbb'")
        found = [each.split(":")[0] for each in violations(page)]
        assert found == ["color-contrast", "select-name"]

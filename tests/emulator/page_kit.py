"""The page in the Chromium of this machine (Debian: ``apt-get install chromium``), and what the tests show on it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from emulator_kit import chat, definition, wait
from playwright.sync_api import Browser, Page, Request
from waitress.server import create_server

from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.emulator.server import work_off

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


#: Names of definitions, steps, texts and customers that must stay texts.
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=https://evil.test/x onerror=alert(2)>',
    "</style></title></svg><iframe src=https://evil.test></iframe>",
    "javascript:alert(3)",
)


_KEY = {"Authorization": "Bearer emulator-key"}


@contextmanager
def served(prepare: Callable[[httpx.Client], None] | None = None) -> Iterator[httpx.Client]:
    """An emulator that is served in this process: a client with its address and key.

    :param prepare: fills it before it is served, which takes less time.
    """
    store = Store()
    app = create_app(store, EmulatorSettings())
    if prepare is not None:
        with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://127.0.0.1", headers=_KEY) as client:
            prepare(client)
    service = app.extensions["pulumi_8x8"]
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    stopping = threading.Event()
    works = [(server.run, ()), (work_off, (service, stopping))]
    threads = [threading.Thread(target=work, args=arguments, daemon=True) for work, arguments in works]
    for thread in threads:
        thread.start()
    url = f"http://127.0.0.1:{server.effective_port}"
    try:
        with httpx.Client(base_url=url, headers=_KEY) as client:
            yield client
    finally:
        stopping.set()
        service.close()
        service.wake()
        server.close()
        for thread in threads:
            thread.join(timeout=10)
        store.close()


def create(client: httpx.Client, steps: list[dict[str, Any]], **envelope: Any) -> str:
    """The id of a new definition of the account acme."""
    answer = client.post("/api/v1/accounts/acme/definitions", json=definition(steps, **envelope))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["definition"]["id"])


def say(client: httpx.Client, text: str, number: str = "+6581968289", channel: str = "whatsapp", **more: Any) -> Any:
    body = {"number": number, "channel": channel, "text": text, **more}
    return client.post("/_emulator/messages", json=body).raise_for_status().json()


def fill(client: httpx.Client) -> None:
    """Two hundred definitions and a thousand instances."""
    for number in range(199):
        place = f"place-{number}"
        text = {"subAccountId": place, "destination": "{{data.payload.source}}", "text": "Hello! We answer soon."}
        step = {"id": "hello", "stepType": "SMS", "inputs": text}
        status = "enabled" if number % 5 else "disabled"
        create(client, [step], name=f"Shop {number:03}", status=status, trigger="inbound_sms", subAccountId=place)
    menu = create(client, MENU[:1], name="Menu")
    client.put(f"/api/v1/accounts/acme/definitions/{menu}", json=definition(MENU, name="Menu")).raise_for_status()
    for number in range(1000):
        customer = f"+6581{number:06}"
        if number % 10:
            place = f"place-{number % 199 if number % 199 % 5 else 1}"
            say(client, "Hi", customer, "sms", subAccountId=place)
        else:
            for text in ("Hi", "hello?", "1")[: 1 + number // 10 % 3]:
                say(client, text, customer)


@contextmanager
def opened(browser: Browser, client: httpx.Client, **options: Any) -> Iterator[Page]:
    """The page in a tab, which must ask nobody but the emulator for anything, and report no error.

    Whatever a definition is called: it opens no dialog.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []

    def look(asked: Request) -> None:
        if not asked.url.startswith(str(client.base_url)):
            problems.append(asked.url)

    page.on("request", look)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))

    def listen(kind: str, text: str) -> None:
        if kind == "error" and not text.startswith(
            "Failed to load resource"
        ):  # an answer with an error, which is shown
            problems.append(text)

    page.on("console", lambda line: listen(line.type, line.text))
    try:
        yield page
    finally:
        context.close()
    assert problems == []


def keep(page: Page, name: str) -> None:
    """Keeps a screenshot in the folder ``SCREENSHOTS``, if that is set."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def item(client: httpx.Client, what: str, **query: Any) -> dict[str, Any]:
    """The first item of a list."""
    items: list[dict[str, Any]] = client.get(f"/_emulator/{what}", params=query).json()["items"]
    return items[0]


def show(page: Page, client: httpx.Client, address: str = "") -> None:
    """Goes to an address of the page as a person does who has a link to it."""
    page.goto("about:blank")
    page.goto(f"{client.base_url}/#/{address}")
    page.wait_for_selector("body[data-shows]")

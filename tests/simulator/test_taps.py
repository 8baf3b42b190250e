"""Taps: which choice a customer means, and what the channel sends for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.simulator import EventError, Message, Refusal, Simulation, Tap, TapError, find, place, reply

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "payloads"
CUSTOMER = "+6581968289"


def chat(content: dict[str, Any], type: str = "interactive", step: str = "ask", **more: Any) -> Message:
    body = {"user": {"msisdn": CUSTOMER}, "type": type, "content": content}
    return Message("chat_apps", step, body, f"umid-{step}", **more)


def buttons(step: str = "ask", **titles: str) -> Message:
    shown = [{"type": "reply", "reply": {"id": id, "title": title}} for id, title in titles.items()]
    body = {"type": "button", "body": {"text": "Hello"}, "action": {"buttons": shown}}
    return chat({"interactive": body}, step=step)


def only(kind: str, **parameters: Any) -> Message:
    """An interactive message with one choice."""
    return chat({"interactive": {"type": kind, "body": {"text": "Hello"}, "action": {"parameters": parameters}}})


def component(sub_type: str, **parameter: Any) -> Message:
    """A template with one button."""
    button = {"type": "button", "subType": sub_type, "index": 0, "parameters": [parameter]}
    return chat({"template": {"name": "offer", "language": "en", "components": [button]}}, "template")


ROWS = [{"id": "t19", "title": "19:00", "description": "window"}, {"id": "t20", "title": "20:00"}]
LIST = chat(
    {
        "interactive": {
            "type": "list",
            "body": {"text": "When?"},
            "action": {"button": "Times", "sections": [{"title": "Tonight", "rows": ROWS}]},
        }
    }
)
SUGGESTIONS = chat(
    {
        "text": "Hello",
        "suggestions": [
            {"reply": {"text": "Help me", "postbackData": "help"}},
            {"action": {"text": "Call us", "postbackData": "c", "dialAction": {"phoneNumber": "+6512345678"}}},
        ],
    },
    "text",
)
CAROUSEL = chat(
    {
        "carousel": {
            "cards": [
                {"title": "Gnocchi", "suggestions": [{"reply": {"text": "Order", "postbackData": "order-1"}}]},
                {"title": "Risotto", "suggestions": [{"reply": {"text": "Order", "postbackData": "order-2"}}]},
            ]
        }
    },
    "carousel",
)


def interactive(kind: str, **value: Any) -> dict[str, Any]:
    return {"interactive": {"type": kind, kind: value}}


#: A message, a tap on it, and the type and content of what comes in.
TAPS: dict[str, tuple[Message, Tap, str, dict[str, Any]]] = {
    "a button by its id": (
        buttons(book="Book a table", faq="FAQ"),
        Tap("book"),
        "Interactive",
        interactive("button_reply", id="book", title="Book a table"),
    ),
    "a button by its title": (
        buttons(book="Book a table", faq="FAQ"),
        Tap("FAQ"),
        "Interactive",
        interactive("button_reply", id="faq", title="FAQ"),
    ),
    "a row with a description": (
        LIST,
        Tap("19:00"),
        "Interactive",
        interactive("list_reply", id="t19", title="19:00", description="window"),
    ),
    "a row without one": (LIST, Tap("t20"), "Interactive", interactive("list_reply", id="t20", title="20:00")),
    "a template's button with a payload": (
        component("quickReply", type="payload", payload="yes-42"),
        Tap("yes-42"),
        "Text",
        {"text": "yes-42", "payload": "yes-42"},
    ),
    "a button that only the template knows": (
        chat({"template": {"name": "offer", "language": "en"}}, "template"),
        Tap("Stop"),
        "Text",
        {"text": "Stop", "payload": "Stop"},
    ),
    "a suggestion": (SUGGESTIONS, Tap("Help me"), "Text", {"text": "Help me", "postbackData": "help"}),
    "a suggestion on a card": (CAROUSEL, Tap("order-2"), "Text", {"text": "Order", "postbackData": "order-2"}),
    "a form": (
        only("flow", flowId="1", flowCta="Book"),
        Tap("Book", answers={"name": "Ada"}),
        "Interactive",
        interactive("nfmReply", responseJson='{"flow_token": "unused", "name": "Ada"}'),
    ),
    "a place": (
        only("location_request_message"),
        Tap("Send location", place=place(48.1, 11.6, "Home")),
        "Location",
        {"location": {"latitude": 48.1, "longitude": 11.6, "name": "Home"}},
    ),
    "no calls": (
        only("call_permission_request"),
        Tap("Allow calls", accepts=False),
        "Interactive",
        interactive("callPermissionReply", response="reject", isPermanent=False, responseSource="user_action"),
    ),
}


@pytest.mark.parametrize(("message", "tap", "type", "content"), TAPS.values(), ids=TAPS)
def test_what_a_tap_sends(message: Message, tap: Tap, type: str, content: dict[str, Any]) -> None:
    """A tap sends what the channel sends for it, as an answer to the message."""
    incoming = reply(tap, find(tap, [message], CUSTOMER), START)
    assert (incoming.type, incoming.content, incoming.reply_to) == (type, content, "umid-ask")


@pytest.mark.parametrize(("payload", "message"), [("button", buttons(a="A")), ("flow", only("flow", flowCta="a"))])
def test_replies_have_the_published_members(payload: str, message: Message) -> None:
    """The content of a reply has exactly the members of the published one."""
    published = json.loads((PAYLOADS / f"inbound_chat_apps_{payload}_reply.json").read_text())["payload"]
    incoming = reply(Tap("a"), find(Tap("a"), [message], CUSTOMER), START)
    (published_interactive,), (ours,) = published["content"].values(), incoming.content.values()
    kind = published_interactive["type"]
    assert (incoming.type, ours["type"]) == (published["type"], kind)
    assert ours[kind].keys() == published_interactive[kind].keys()


#: Messages, a tap, and a part of why it can't be.
REFUSED: dict[str, tuple[list[Message], Tap, str]] = {
    "nothing was sent": ([], Tap("a"), "'a' isn't offered to +6581968289: nothing was sent."),
    "nothing to tap": ([chat({"text": "Hi"}, "text")], Tap("a"), "the last messages offer nothing to tap"),
    "another": (
        [buttons(book="Book a table", faq="FAQ")],
        Tap("agent"),
        "'agent' isn't offered to +6581968289: the last messages offer 'Book a table' (id 'book'), 'FAQ' (id 'faq').",
    ),
    "a title where only an id counts": ([buttons(book="Book")], Tap(id="Book"), "isn't offered"),
    "two with one title": (
        [CAROUSEL],
        Tap("Order"),
        "'Order' could mean 'Order' (id 'order-1') and 'Order' (id 'order-2'). Name the id or the title.",
    ),
    "the id of one, the title of another": ([buttons(yes="no", no="yes")], Tap("yes"), "could mean"),
    "another step": ([buttons("ask", a="A"), buttons("again", b="B")], Tap("b", step="ask"), "step ask offers 'A'"),
    "no such step": ([buttons(a="A")], Tap("a", step="x"), "step x sent nothing"),
    "a refused message": (
        [chat({"interactive": {"type": "button"}}, refused=Refusal(1000, "no"))],
        Tap("a"),
        "offer nothing to tap",
    ),
    "a link": (
        [only("cta_url", display_text="See it", url="https://example.com")],
        Tap("See it"),
        "'See it' opens https://example.com, and sends nothing.",
    ),
    "a call": ([SUGGESTIONS], Tap("Call us"), "'Call us' calls +6512345678, and sends nothing."),
    "a product": (
        [chat({"interactive": {"type": "product", "action": {"product_retailer_id": "sku-1"}}})],
        Tap("sku-1"),
        "no published source describes what a tap sends. Deliver the webhook body instead.",
    ),
}


@pytest.mark.parametrize(("messages", "tap", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_tapped(messages: list[Message], tap: Tap, why: str) -> None:
    """A tap on what isn't offered, on what could mean several things, or on what sends nothing, is an error."""
    with pytest.raises(TapError) as raised:
        reply(tap, find(tap, messages, CUSTOMER), START)
    assert why in str(raised.value)


def test_the_newest_of_equal_choices() -> None:
    """If two messages offer the same, the customer taps the lower one."""
    messages = [buttons("first", again="Again"), buttons("second", again="Again")]
    assert find(Tap("Again"), messages, CUSTOMER).message.step_id == "second"
    assert find(Tap("Again", step="first"), messages, CUSTOMER).message.step_id == "first"


def _workflow(*steps: dict[str, Any]) -> Simulation:
    return Simulation({"trigger": "inbound_chat_apps", "definition": {"name": "x", "steps": list(steps)}}, START)


def _menu(id: str, **more: Any) -> dict[str, Any]:
    inputs = {"subAccountId": "s", **buttons(book="Book").body, "user": {"msisdn": "{{data.payload.user.msisdn}}"}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}


def _text(id: str) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "user": {"msisdn": CUSTOMER}, "type": "text", "content": {"text": id}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs}


def test_only_the_last_messages_count() -> None:
    """A tap is on what was sent to this customer since the customer's last message, unless it names the step."""
    steps = (
        {
            "id": "b",
            "stepType": "Branch",
            "selectNextStep": {"menu": "{{data.payload.content.text == 'Hi'}}"},
        },
        _menu("menu"),
        _text("x"),
    )
    simulation = _workflow(*steps)
    simulation.say("Hi")
    simulation.say("Thanks")
    with pytest.raises(TapError, match="nothing was sent"):
        simulation.tap("Book")
    simulation.tap(Tap("Book", step="menu"))
    with pytest.raises(TapError, match=r"isn't offered to \+1555"):
        simulation.tap("Book", sender="+15551234567")


@pytest.mark.parametrize(
    ("reads", "warns"),
    [("payload.content.text", True), ("payload.content.interactive.button_reply.id", False), ("payload.umid", False)],
)
def test_a_workflow_that_reads_only_texts(reads: str, warns: bool) -> None:
    """The trace warns if a workflow reads only the text of a message, which a tap doesn't have."""
    simulation = _workflow(_menu("menu", outputs={"read": f"{{{{data.{reads}}}}}"}))
    simulation.say("Hi")
    simulation.tap("Book")
    warning = "warning: the workflow reads content.text, which a tap doesn't have: this one has content.interactive"
    assert (warning in str(simulation)) == warns


def test_a_tap_comes_by_the_channel_of_the_conversation() -> None:
    """A tap comes on the channel of the customer's last message, from the customer who got the message."""
    simulation = _workflow(_menu("menu"))
    simulation.say("Hi", sender="+15551234567", channel="viber")
    simulation.tap("Book")
    payload = simulation.instances[-1].data["payload"]
    assert (payload["recipient"]["channel"], payload["user"]["msisdn"]) == ("viber", "+15551234567")


def test_an_sms_has_no_media() -> None:
    """A place can't come by SMS."""
    with pytest.raises(EventError, match="An SMS has only text"):
        _workflow(_menu("menu")).say(place(1, 2), channel="sms")

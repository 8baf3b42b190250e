"""Comparisons in scripts, time, and what customers tap: similar workflows, of which only some have a problem."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint

TEXT = "data.payload.content.text"
TYPE = "data.payload.type"
#: Conditions on a chat message, and the rules that they break.
CONDITIONS: dict[str, set[str]] = {
    # A customer's text
    f"{TEXT} == '1'": set(),
    f"{TEXT} == 'yes'": {"reply-compared-exactly"},
    f"{TEXT} != 'yes'": {"reply-compared-exactly"},
    f"'yes' === {TEXT}": {"reply-compared-exactly"},
    f"{TEXT}.trim() == 'yes'": {"reply-compared-exactly"},
    f"{TEXT}.toLowerCase() == 'yes'": {"reply-compared-exactly"},
    f"{TEXT}.trim().toLowerCase() == 'yes'": set(),
    f"({TEXT}.toUpperCase()).trim() === 'YES'": set(),
    f"{TEXT} == '是'": set(),
    f"stringContains({TEXT}, 'yes')": {"reply-compared-exactly"},
    f"stringContains({TEXT}, 'yes', false)": {"reply-compared-exactly"},
    f"stringContains({TEXT}, 'yes', true)": set(),
    f"stringContains({TEXT}, '1')": set(),
    f"{TEXT}.includes('yes')": {"reply-compared-exactly"},
    f"{TEXT}.toLowerCase().includes('yes')": set(),
    "data.payload.user.name == 'Ann'": set(),
    # What can arrive
    f"{TEXT} === 5": {"never-true"},
    f"{TEXT} !== 5": {"never-true"},
    f"{TEXT} == 5": set(),
    f"{TEXT} === '5'": set(),
    f"{TEXT}.length === 5": set(),
    f"{TEXT} == true": {"never-true"},
    f"{TEXT} == null": set(),
    f"{TEXT} === null": set(),
    f"{TEXT}.toLowerCase() == 'YES'": {"never-true"},
    f"{TEXT}.toUpperCase() == 'yes'": {"never-true"},
    f"{TEXT}.toUpperCase().substring(0, 1) == 'y'": set(),
    f"{TEXT}.trim() == '5 '": {"never-true"},
    f"{TEXT}.replace('a', 'b') === 5": set(),
    f"{TEXT} == '1' && {TEXT} == '2'": {"never-true"},
    f"{TEXT} == '1' || {TEXT} == '2'": set(),
    f"{TEXT} != '1' && {TEXT} != '2'": set(),
    f"{TEXT} > 5 && {TEXT} < 6": set(),
    f"{TEXT} > 6 && {TEXT} < 5": {"never-true"},
    f"stringContains({TEXT}, '1') && stringContains({TEXT}, '2') && stringContains({TEXT}, '3')": set(),
    f"{TEXT} != null && {TEXT}.length == 3 && {TEXT} == '123'": set(),
    f"{TYPE} == 'text'": {"case-not-settled"},
    f"{TYPE} == 'Text'": {"case-not-settled"},
    f"{TYPE} != 'text'": {"case-not-settled"},
    f"{TYPE} == 'text' || {TYPE} == 'Text'": set(),
    f"{TYPE}.toLowerCase() == 'text'": set(),
    f"{TYPE}.toLowerCase() == 'Text'": {"never-true"},
    f"{TYPE} == 'txt'": {"never-true"},
    "data.payload.recipient.channel == 'whatsapp'": set(),
    "data.payload.recipient.channel == 'WhatsApp'": {"never-true"},
    "data.payload.recipient.channel == 'watsapp'": {"never-true"},
    "data.payload.recipient.channel == 'carrierpigeon'": set(),
    "data.payload.content.interactive.type == 'button_reply'": set(),
    "data.payload.content.interactive.type == 'buttonReply'": {"never-true"},
    "data.payload.content.anything === 5": set(),
    "data.version === 3": set(),
    "data.version === '3'": {"never-true"},
}
BUTTON, ROW = "button_reply", "list_reply"


def _chat(id: str, kind: str = "text", content: Any = None, **way: Any) -> dict[str, Any]:
    user = {"msisdn": "{{data.payload.user.msisdn}}"}
    inputs = {"subAccountId": "acme", "user": user, "type": kind, "content": content or {"text": "Hello"}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **way}


def _wait(id: str, timeout: str = "01:00:00", channel: str = "whatsapp", **way: Any) -> dict[str, Any]:
    inputs = {"from": "{{data.payload.user.channelUserId}}", "channel": channel, "timeout": timeout}
    return {"id": id, "stepType": "WaitForReply", "inputs": inputs, **way}


def _pause(id: str, duration: str, to: str) -> dict[str, Any]:
    return {"id": id, "stepType": "Wait", "inputs": {"duration": duration}, "nextStepId": to}


def _found(*steps: dict[str, Any], trigger: str = "inbound_chat_apps") -> list[tuple[str, str]]:
    body = {"trigger": trigger, "status": "enabled", "definition": {"name": "x", "steps": list(steps)}}
    return [(problem.rule, str(problem.path[1])) for problem in lint(Definition.from_body(body))]


def _rules(*steps: dict[str, Any], trigger: str = "inbound_chat_apps") -> set[str]:
    return {rule for rule, _ in _found(*steps, trigger=trigger)}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions(condition: str) -> None:
    """A condition on an edge and in an If breaks the rules beside it, and no others."""
    edges = {"yes": f"{{{{{condition}}}}}", "no": None}
    branch = {"id": "choose", "stepType": "Branch", "selectNextStep": edges}
    ignored = {"default-never-runs"}  # "x !== 5" is always true
    assert _rules(branch, _chat("yes"), _chat("no")) - ignored == CONDITIONS[condition]
    inputs = {"condition": f"{{{{{condition}}}}}"}
    assert _rules({"id": "if", "stepType": "If", "inputs": inputs, "do": [[_chat("yes")]]}) == CONDITIONS[condition]


def test_stored_texts() -> None:
    """A text that an output stores is still the customer's, also over several outputs, but not after a method."""

    def asked(output: str, compared: str = "data.second") -> set[str]:
        edges = {"yes": f"{{{{{compared} == 'yes'}}}}", "no": None}
        first = {"first": "{{step.reply}}"}
        branch = {"id": "choose", "stepType": "Branch", "outputs": {"second": output}, "selectNextStep": edges}
        return _rules(_wait("ask", outputs=first, nextStepId="choose"), branch, _chat("yes"), _chat("no"))

    assert asked("{{data.first.payload.content.text}}") == {"reply-compared-exactly"}
    assert asked("{{data.first.payload.content.text.trim().toLowerCase()}}") == set()


def _buttons(*ids: str) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": each, "title": f"Title {each}"}} for each in ids]
    body = {"text": "What do you want?"}
    return {"interactive": {"type": "button", "body": body, "action": {"buttons": buttons}}}


def _list(*ids: str) -> dict[str, Any]:
    rows = [{"id": each, "title": f"Title {each}"} for each in ids]
    action = {"button": "Choose", "sections": [{"title": "All", "rows": rows}]}
    return {"interactive": {"type": "list", "body": {"text": "What do you want?"}, "action": action}}


def _menu(content: dict[str, Any], *compared: str, reply: str = BUTTON, default: bool = False) -> set[str]:
    path = f"step.reply.payload.content.interactive.{reply}"
    edges: dict[str, Any] = {f"to{at}": f"{{{{{path}.{each}}}}}" for at, each in enumerate(compared)}
    edges |= {"silence": None if default else "{{step.reply == null}}"}
    return _rules(
        _chat("menu", "interactive", content, nextStepId="ask"),
        _wait("ask", selectNextStep=edges),
        *(_chat(target) for target in edges),
    )


def test_taps() -> None:
    """Ids and titles are compared in both directions: with what is offered, and with what is handled."""
    assert _menu(_buttons("a", "b"), "id == 'a'", "id == 'b'") == set()
    assert _menu(_buttons("a", "b"), "title == 'Title a'", "title == 'Title b'") == set()
    assert _menu(_buttons("a", "b"), "id == 'a'", "title == 'Title b'") == set()
    assert _menu(_buttons("a", "b"), "id == 'a'", "id == 'c'") == {"id-not-offered", "offered-id-not-handled"}
    assert _menu(_buttons("a", "b"), "id == 'a'") == {"offered-id-not-handled"}
    assert _menu(_buttons("a", "b"), "id == 'a'", default=True) == set()
    assert _menu(_buttons("a", "b"), "id == 'a'", "id != 'a'") == set()
    assert _menu(_list("a", "b"), "id == 'a'", "id == 'b'", reply=ROW) == set()
    assert "id-not-offered" in _menu(_list("a", "b"), "id == 'a'", "id == 'b'", reply=BUTTON)
    assert _menu(_list("a", "b"), "id == 'a'", reply=ROW) == {"offered-id-not-handled"}


def test_taps_that_are_not_known() -> None:
    """A message that a script or a template makes may offer anything, and the trigger's reply may be to another one."""
    computed = {"interactive": "{{data.payload}}"}
    assert _menu(computed, "id == 'c'") == set()
    assert _menu(_buttons("{{data.payload.umid}}", "b"), "id == 'c'") == set()
    edges = {"yes": "{{data.payload.content.interactive.button_reply.id == 'elsewhere'}}", "no": None}
    branch = {"id": "choose", "stepType": "Branch", "selectNextStep": edges}
    assert _rules(branch, _chat("yes"), _chat("no", "interactive", _buttons("here", "there"))) == set()
    edges = {"yes": "{{data.payload.content.interactive.button_reply.id == 'hera'}}", "no": None}
    branch = {"id": "choose", "stepType": "Branch", "selectNextStep": edges}
    assert _rules(branch, _chat("yes"), _chat("no", "interactive", _buttons("hare", "here"))) == {"id-not-offered"}


LATE = {"outside-24-hours"}
TEMPLATE = {"template": {"name": "hello", "language": "en"}}
SMS_FALLBACK = {"text": "Hello", "sms": {"text": "Hello", "source": "Acme"}}


def test_the_24_hours() -> None:
    """Free text is too late after 24 hours of waiting in all, unless the customer writes in between."""
    hello = _chat("hello")
    assert _rules(_pause("a", "23:59:59", "hello"), hello) == set()
    assert _rules(_pause("a", "1", "hello"), hello) == LATE
    assert _rules(_pause("a", "12:00:00", "b"), _pause("b", "12:00:00", "hello"), hello) == LATE
    assert _rules(_pause("a", "{{data.payload.umid}}", "hello"), hello) == set()
    assert _rules(_pause("a", "1", "hello"), _chat("hello", "template", TEMPLATE)) == set()
    assert _rules(_pause("a", "1", "hello"), _chat("hello", content=SMS_FALLBACK)) == set()
    answered = {"hello": "{{step.reply != null}}", "late": "{{step.reply == null}}"}
    ask = _wait("ask", "1.00:00:00", selectNextStep=answered)
    assert _found(_pause("a", "1", "ask"), ask, hello, _chat("late")) == [("outside-24-hours", "late")]
    viber = _wait("ask", "1.00:00:00", "viber", selectNextStep=answered)
    assert _found(_pause("a", "1", "ask"), viber, hello, _chat("late")) == []
    assert _rules(hello, trigger="http_request") == LATE
    assert _rules(_chat("hello", "template", TEMPLATE), trigger="http_request") == set()
    first = _chat("first", "template", TEMPLATE, nextStepId="ask")
    assert _found(first, ask, hello, _chat("late"), trigger="http_request") == [("outside-24-hours", "late")]


def test_reminders() -> None:
    """A loop has no end if a customer who never answers stays in it, and one that counts has an end."""
    ask = _wait("ask", selectNextStep={"thanks": "{{step.reply != null}}", "remind": "{{step.reply == null}}"})
    assert _rules(ask, _chat("thanks"), _chat("remind", nextStepId="ask")) == {"loop-without-end"} | LATE
    assert _rules(ask, _chat("thanks", nextStepId="ask"), _chat("remind")) == set()
    count = {
        "id": "remind",
        "stepType": "Branch",
        "outputs": {"tries": "{{data.tries == null ? 1 : data.tries + 1}}"},
        "selectNextStep": {"give_up": "{{data.tries > 3}}", "again": None},
    }
    counted = (ask, _chat("thanks"), count, _chat("again", nextStepId="ask"), _chat("give_up"))
    assert "loop-without-end" not in _rules(*counted)


def test_failures() -> None:
    """A failed request is handled by a condition on the status, or on what the answer has, wherever it stands."""

    def request(**way: Any) -> dict[str, Any]:
        return {"id": "call", "stepType": "HttpRequest", "inputs": {"url": "https://a.example", "method": "GET"}, **way}

    stored = {"order": "{{step.responseBody.id}}"}
    read = _chat("say", content={"text": "{{data.order}}"})
    branch = {"id": "choose", "stepType": "Branch", "selectNextStep": {"say": "{{data.order != null}}", "no": None}}
    assert _rules(request()) == set()
    assert _rules(request(nextStepId="say"), _chat("say")) == {"failure-not-handled"}
    assert _rules(request(outputs=stored, nextStepId="say"), read) == {"failure-not-handled"}
    assert _rules(request(outputs=stored, nextStepId="choose"), branch, read, _chat("no")) == set()
    ways = {"say": "{{step.responseCode == 200}}", "no": None}
    assert _rules(request(selectNextStep=ways), _chat("say"), _chat("no")) == set()
    guarded = _chat("say", content={"text": "{{data.order || 'none'}}"})
    assert _rules(request(outputs=stored, nextStepId="say"), guarded) == set()

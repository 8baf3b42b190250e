"""The parts of messages: what a program writes, what is checked, and that nothing in them raises an error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpus
import pulumi_8x8 as automation
from pulumi_8x8.definition import UNKNOWN, Definition
from pulumi_8x8.definition.contents import chat_apps, checking, text_messages
from pulumi_8x8.definition.contents.choosing import (
    CONTENT_TYPES,
    call_parts,
    content_node,
    interactive_parts,
    params_node,
)
from pulumi_8x8.definition.contents.limits import Count, Length, Range
from pulumi_8x8.definition.contents.nodes import Items, Leaf, Node, Object, OneOf, object_of
from pulumi_8x8.definition.steps import ChatAppsMessage, VoiceMessage, invalid_inputs
from pulumi_8x8.lint import lint

EXAMPLES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "payloads" / "messaging_api_requests.json").read_text(encoding="utf-8")
)
ROOTS: list[Node] = [
    *(object_of(each) for each in (*interactive_parts(), *call_parts(), chat_apps.ChatFields, text_messages.SmsFields)),
    *filter(None, map(content_node, CONTENT_TYPES)),
    *filter(None, (params_node("{{data.action}}"),)),
]


#: Rules about the steps around a message.
AROUND = {"outside-24-hours", "capture-without-wait", "capture-without-digits"}


def _lint(inputs: dict[str, Any], step_type: str = "ChatAppsMessage") -> set[tuple[str, str]]:
    steps = [{"id": "send", "stepType": step_type, "inputs": {"subAccountId": "acme", **inputs}}]
    body = {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    found = {(each.severity, each.rule) for each in lint(Definition.from_body(body))}
    return {each for each in found if each[1] not in AROUND}


# Python


def test_a_part_is_a_dictionary() -> None:
    """A typed part equals the dictionary that a program could write instead, and can be written as JSON."""
    reply = automation.Reply("book", "Book a table")
    part = automation.Buttons("Welcome!", [reply], header="Ebi", footer="Open from 9", sms=automation.SmsFallback())
    assert part == {
        "interactive": {
            "type": "button",
            "header": {"type": "text", "text": "Ebi"},
            "body": {"text": "Welcome!"},
            "footer": {"text": "Open from 9"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "book", "title": "Book a table"}}]},
        },
        "sms": {},
    }
    assert json.loads(json.dumps(part)) == part
    assert reply.title == "Book a table"


def test_shorthands() -> None:
    """A text is short for a header and for a parameter of a template; parts and dictionaries stay."""
    body = automation.TemplateBody(["Alex", automation.TextParameter("B"), {"type": "text", "text": "C"}, UNKNOWN])
    assert [each["text"] for each in body["parameters"]] == ["Alex", "B", "C", UNKNOWN]
    image = automation.HeaderImage("https://example.com/a.png")
    part = automation.UrlButton("Hi", display_text="Open", url="https://example.com", header=image)
    assert part["interactive"]["header"] == {"type": "image", "image": {"link": "https://example.com/a.png"}}


def test_more() -> None:
    """Members that have no field here go in by ``more``, at any depth."""
    part = automation.LocationRequest("Where are you?", more={"interactive": {"action": {"zoom": 3}}, "new": 1})
    assert part["interactive"]["action"] == {"name": "send_location", "zoom": 3}
    assert part["new"] == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: automation.Text(txet="Hi"), 'Text() has no txet; did you mean "text"?'),
        (lambda: automation.Text(), "Text() needs text"),
        (lambda: automation.Text("Hi", "there"), "Text() takes at most 1 values without a name"),
        (lambda: automation.Text("Hi", text="Hi"), "Text() got text twice"),
    ],
)
def test_wrong_calls(make: Any, message: str) -> None:
    """A wrong name, a missing value and one too many are errors of Python, with what to write."""
    with pytest.raises(TypeError) as error:
        make()
    assert str(error.value) == message


def test_a_content_brings_its_type() -> None:
    """A step gets the type from a typed content, and the action from a typed call; what a program writes counts."""
    user = automation.User(msisdn="+6512345678")
    step = ChatAppsMessage(
        "send", sub_account_id="acme", user=user, content=automation.Image("https://a.example/b.png")
    )
    assert list(step.to_api()["inputs"]) == ["subAccountId", "user", "type", "content"]
    assert step.to_api()["inputs"]["type"] == "image"
    written = ChatAppsMessage(
        "send", sub_account_id="a", user=user, type="Image", content=automation.Image("https://a")
    )
    assert written.to_api()["inputs"]["type"] == "Image"
    call = automation.SayAndCapture("1 or 2?", source="+65", destination="+6512345678", voice_profile="en-US-ZiraRUS")
    assert VoiceMessage("call", params=call).to_api()["inputs"]["action"] == "say&capture"


def test_parts_become_plain() -> None:
    """A definition holds plain dictionaries, whatever the program wrote."""
    step = ChatAppsMessage(
        "send", sub_account_id="a", user=automation.User(msisdn="+65"), content=automation.Text("Hi")
    )
    made = Definition.of(name="x", trigger="http_request", status=None, sub_account_id=None, steps=[step])
    inputs = made.steps["send"]["inputs"]
    assert type(inputs["content"]) is dict
    assert type(inputs["user"]) is dict


# Checks


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_descriptions_examples_have_no_error(name: str) -> None:
    """No example of the messaging API's description has an error."""
    assert {each for each in _lint(EXAMPLES[name]) if each[0] == "error"} == set()


def _leaves(node: Node, seen: set[int] | None = None) -> Iterator[Leaf | Items]:
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Object):
        for member in node.members.values():
            yield from _leaves(member.node, seen)
    elif isinstance(node, OneOf):
        for part in node.parts:
            yield from _leaves(object_of(part), seen)
    else:
        yield node
        if isinstance(node, Items):
            yield from _leaves(node.item, seen)


def test_limits_are_exact() -> None:
    """At each limit a value is right, above it wrong; a script doesn't count, and a hole is never wrong."""
    count = 0
    for leaf in [leaf for root in ROOTS for leaf in _leaves(root)]:
        for limit in leaf.limits:
            assert limit.fault(UNKNOWN) is None
            assert limit.fault("{{data.a}}") is None
            if isinstance(limit, Length) and limit.most:
                longest = "x" * limit.most
                assert limit.fault(longest) is None
                assert limit.fault(longest + "{{data.very_long_name}}") is None
                assert limit.fault(longest + "x") is not None
                assert limit.fault(longest + "x {{data.a}}") is not None
            elif isinstance(limit, Count):
                assert limit.fault([1] * limit.most) is None
                assert limit.fault([1] * (limit.most + 1)) is not None
                assert limit.least == 0 or limit.fault([1] * (limit.least - 1)) is not None
            elif isinstance(limit, Range):
                assert limit.fault(limit.least) is limit.fault(limit.most) is None
                assert limit.fault(limit.least - 1) is not None
                assert limit.fault(str(limit.most + 1)) is not None
            count += 1
    assert count > 60


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("+6512345678", None),
        ("6512345678", None),
        ("{{data.phone}}", None),
        ("+65{{data.phone}}", None),
        ("<phone number>", "unusual-number"),
        ("+6500000", "unusual-number"),
        ("91234567", "phone-number-without-country-code"),
        ("+650000", "phone-number-without-country-code"),
        ("0812345678", "malformed-phone-number"),
        ("+65 1234 5678", "malformed-phone-number"),
        ("tel:+6512345678", "malformed-phone-number"),
        ("John", "malformed-phone-number"),
        ("+1234567890123456", "malformed-phone-number"),
    ],
)
def test_phone_numbers(number: str, rule: str | None) -> None:
    """A number of each channel is checked alike."""
    chat = _lint({"user": {"msisdn": number}, "type": "text", "content": {"text": "Hi"}})
    sms = _lint({"destination": number, "text": "Hi"}, "SMS")
    call = _lint(
        {"params": {"source": "+6512345678", "destination": number, "text": "Hi", "voiceProfile": "en-US-A"}},
        "VoiceMessage",
    )
    for found in (chat, sms, call):
        assert {each for _, each in found} - {"data-never-written", "unknown-name"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("https://example.com/a.png", None),
        ("HTTP://example.com", None),
        ("{{data.url}}", None),
        ("https://{{data.host}}/a", None),
        ("https://.../a.png", None),
        ("www.example.com/a.png", "malformed-url"),
        ("ftp://example.com/a.png", "malformed-url"),
        ("https:///a.png", "malformed-url"),
        ("https://example.com/a b.png", "malformed-url"),
        ("", "empty-message"),
    ],
)
def test_urls(url: str, rule: str | None) -> None:
    """A URL has a scheme and a host."""
    found = _lint({"user": {"msisdn": "+6512345678"}, "type": "image", "content": {"url": url}})
    assert {each for _, each in found} - {"data-never-written"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("params", "action", "rules"),
    [
        ({"text": "Hi"}, "say", set()),
        ({"text": "x" * 3001}, "say", {"message-limit"}),
        ({"text": "Hi", "speed": 3, "repetition": 4}, "say", {"message-limit"}),
        ({"text": "Hi", "voiceProfil": "en-US-ZiraRUS", "voiceProfile": None}, "say", {"incomplete-message"}),
        ({"text": "Hi", "voiceProfile": "Zira"}, "say", {"unpublished-value"}),
        ({"txet": "Hi"}, "say", {"missing-input"}),
        ({"text": "Hi", "maxDigits": 1, "minDigits": 2}, "say&capture", {"message-limit"}),
        ({}, "say&capture", {"missing-input"}),
        ({}, "playFile", {"missing-input"}),
        ({"fileUrl": "example.com/a.mp3"}, "playFile", {"malformed-url"}),
    ],
)
def test_calls(params: dict[str, Any], action: str, rules: set[str]) -> None:
    """What a call does has its parameters, by the action."""
    given = {"source": "+6512345678", "destination": "+6512345678", "voiceProfile": "en-US-ZiraRUS", **params}
    if action == "playFile":
        del given["voiceProfile"]
    assert {rule for _, rule in _lint({"action": action, "params": given}, "VoiceMessage")} == rules


@pytest.mark.parametrize(
    ("length", "more", "found"),
    [
        (4096, {}, False),
        (4097, {}, True),
        (4097, {"user": {"lineUserId": "U1"}}, False),
        (5001, {"user": {"lineUserId": "U1"}}, True),
        (1001, {"channels": [{"channel": "Viber"}]}, True),
        (1001, {"channels": [{"channel": "WhatsApp"}]}, False),
        (1001, {"type": "buttons"}, True),
        (5, {"content": {"text": "Hi", "suggestions": [{"reply": {"text": "a", "postbackData": "b"}}]}}, False),
        (
            5,
            {
                "content": {"text": "Hi", "suggestions": [{"reply": {"text": "a", "postbackData": "b"}}]},
                "channels": [{"channel": "SMS"}],
            },
            True,
        ),
    ],
)
def test_channels(length: int, more: dict[str, Any], found: bool) -> None:
    """A text is as long as its channels take it, and suggestions go to RCS; both are warnings."""
    inputs = {"user": {"msisdn": "+6512345678"}, "type": "text", "content": {"text": "x" * length}, **more}
    assert _lint(inputs) == ({("warning", "channel-limit")} if found else set())


@pytest.mark.parametrize(
    ("component", "found"),
    [
        ({"type": "body", "parameters": [{"type": "text", "text": "Alex"}]}, set()),
        ({"type": "Button", "subType": "url", "index": "0", "parameters": [{"type": "text", "text": "a"}]}, set()),
        ({"type": "button", "subType": "VoiceCall", "index": 0}, set()),
        ({"type": "title", "parameters": []}, {("warning", "unpublished-value")}),
        ({"type": "boddy", "parameters": []}, {("warning", "misspelled-value")}),
        ({"type": "button", "subType": "Reply", "index": 0, "parameters": [1]}, {("error", "wrong-type")}),
        ({"type": "button", "subType": "Url", "index": 0}, {("warning", "incomplete-message")}),
        ({"type": "body", "parameters": [{"type": "words", "text": "a"}]}, {("warning", "unpublished-value")}),
        ({"type": "header", "parameters": [{"type": "image", "text": "a"}]}, {("error", "missing-input")}),
        ("body", {("error", "wrong-type")}),
    ],
)
def test_components(component: Any, found: set[tuple[str, str]]) -> None:
    """A template's components have types, and what their types need."""
    template = {"name": "order_update", "language": "en", "components": [component]}
    problems = _lint({"user": {"msisdn": "+6512345678"}, "type": "template", "content": {"template": template}})
    assert found <= problems
    assert bool(problems) == bool(found)


# Anything


NAMES = sorted(
    {
        name
        for root in ROOTS
        for node in [root]
        if isinstance(node, Object)
        for name in (
            *node.members,
            *(inner for each in node.members.values() for inner in getattr(each.node, "members", ())),
        )
    }
)
leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(
        ["", " ", "{{data.a}}", "{{", "text", "image", "button", "reply", "header", "+65", "https://a.b/c"]
    )
    | st.text(max_size=4)
    | st.just(UNKNOWN)
)
anything = st.recursive(
    leaf,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=25,
)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(anything, st.sampled_from(CONTENT_TYPES))
def test_anything(value: Any, kind: str) -> None:
    """Any JSON is checked without an error of Python, and what is surely right has no error of pydantic."""
    for root in ROOTS:
        _check_both_ways(root, value)
    assert isinstance(invalid_inputs(ChatAppsMessage, {"type": kind, "content": value, "user": value}), list)
    assert isinstance(invalid_inputs(VoiceMessage, {"action": kind, "params": value}), list)


def _check_both_ways(node: Node, value: Any) -> None:
    found = checking.wrong_values(node, value)
    surely = checking._sure(node)
    if surely(value):
        assert found == []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(checking, "_sure", lambda node: lambda value: False)
            assert checking.wrong_values(node, value) == []


def test_published_messages_are_surely_right() -> None:
    """Nearly all published messages pass without pydantic, and pydantic finds nothing in those either."""
    slow = []
    for name, body in {**corpus.MESSAGES, **EXAMPLES}.items():
        node = content_node(body["type"])
        assert node is not None
        _check_both_ways(node, body["content"])
        if not checking._sure(node)(body["content"]):
            slow.append(name)
    assert len(slow) < 12, slow


BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}


def _interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "interactive",
        "content": {"interactive": {"type": kind, "body": {"text": "Hi"}, "action": action, **more}},
    }


_BODY = {"type": "body", "parameters": [{"type": "text", "name": "pin", "text": "1234"}]}
_VIBER = {"template": {"name": "otp_login_en", "language": "en", "components": [_BODY]}, "fallbackText": "1234"}
_FLOW = {"flow_id": "1", "flow_cta": "Book", "flow_action": "navigate"}


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"type": "template", "content": _VIBER, "channels": [{"channel": "Viber", "channelId": "x"}]}, set()),
        ({"type": "text", "content": {"text": "Hi"}, "user": {"weChatUserId": "wsknf_1"}}, set()),
        (_interactive("button", {"buttons": [BUTTON]}, header={"type": "image", "image": {"id": "1234"}}), set()),
        (_interactive("button", {"buttons": [BUTTON]}, header={"type": "image", "image": {}}), {"missing_part"}),
        (_interactive("flow", {"parameters": _FLOW}), {"misspelled_part"}),
        (
            _interactive("cta_url", {"parameters": {"displayText": "a", "url": "https://a.example"}}),
            {"misspelled_part"},
        ),
        ({"type": "location", "content": {"latitude": 1.3, "longitude": 103.8}}, {"expected_part"}),
        ({"type": "location", "content": {}}, {"missing_part"}),
        (
            {"type": "image", "content": {"url": "https://a.example/b.png", "sms": {"source": "Acme"}}},
            {"expected_part"},
        ),
        ({"type": "image", "content": {"url": "https://a.example/b.png", "text": "b", "sms": {}}}, set()),
    ],
)
def test_spellings_that_may_work(inputs: dict[str, Any], found: set[str]) -> None:
    """What only some pages of the vendor have isn't an error; nor is a name with or without its underscores."""
    given = {"user": {"msisdn": "+6581234567"}, **inputs}
    assert {error["type"] for error in invalid_inputs(ChatAppsMessage, {"subAccountId": "a", **given})} == found


_HEADERS = {
    f"a header: {kind}": _interactive(
        "button", {"buttons": [BUTTON]}, header={"type": kind, kind: {"link": "https://a.b"}}
    )
    for kind in ("image", "video", "document")
}


def test_any_part_may_be_unknown() -> None:
    """Wherever a published message has a value that isn't known yet, or a script, the message has no new error."""
    for name, body in {**corpus.MESSAGES, **_HEADERS}.items():
        given = {"subAccountId": "a", **body}
        for place in _places(body):
            for value in (UNKNOWN, "{{data.a}}"):
                changed = _with(given, place, value)
                found = [error for error in invalid_inputs(ChatAppsMessage, changed) if error["type"] in _ERRORS]
                assert found == [], (name, place)


#: Kinds of faults that lint reports as errors.
_ERRORS = {"missing", "missing_part", "empty", "limit", "duplicate", "phone_number"}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from _places(item, (*path, key))


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[place[0]] = _with(value[place[0]], place[1:], new)
    return changed


def test_deep_and_wide() -> None:
    """Content that is nested a thousand times, or has ten thousand buttons, is checked."""
    deep: Any = "end"
    for _ in range(900):
        deep = {"interactive": deep, "suggestions": [deep]} if isinstance(deep, str) else {"interactive": deep}
    assert _checked("interactive", deep)
    buttons = [{"type": "reply", "reply": {"id": 5, "title": ""}} for _ in range(10_000)]
    assert len(_checked("interactive", {"interactive": {"type": "button", "action": {"buttons": buttons}}})) > 10_000


def _checked(kind: str, content: Any) -> list[Any]:
    node = content_node(kind)
    assert node is not None
    return list(checking.wrong_values(node, content))


CODE = """
import sys
from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint
inputs = {inputs}
steps = [{{"id": "a", "stepType": "{kind}", "inputs": inputs}}]
body = {{"trigger": "inbound_chat_apps", "status": "enabled", "definition": {{"name": "x", "steps": steps}}}}
found = lint(Definition.from_body(body))
assert not found, found
print([name for name in ("pydantic", "pulumi_8x8.definition.contents.nodes") if name in sys.modules])
"""


@pytest.mark.parametrize(
    ("kind", "inputs", "loaded"),
    [
        ("Wait", {"duration": "00:05:00"}, []),
        (
            "ChatAppsMessage",
            {"subAccountId": "s", **corpus.MESSAGES["103-whatsapp-scenarios-tutorials-05"]},
            ["pulumi_8x8.definition.contents.nodes"],
        ),
    ],
)
def test_what_is_loaded(kind: str, inputs: dict[str, Any], loaded: list[str]) -> None:
    """A definition without messages loads nothing that checks messages, and right messages load no pydantic."""
    code = CODE.format(inputs=inputs, kind=kind)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{loaded}\n"

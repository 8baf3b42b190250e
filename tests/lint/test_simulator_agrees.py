"""What the simulator refuses for a literal value, lint finds before: over all step types and inputs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_8x8.definition import STEP_KINDS, Definition
from pulumi_8x8.definition.steps import inputs_of
from pulumi_8x8.lint import lint
from pulumi_8x8.simulator import Simulation, Stubs

_INTERACTIVE = {
    "type": "button",
    "body": {"text": "How can we help?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "book", "title": "Book a table"}}]},
}
_CHAT = {"subAccountId": "acme", "user": {"msisdn": "+6581234567"}}
_TEMPLATE = {"name": "reminder", "language": "en", "components": [{"type": "body", "parameters": []}]}
_CALL = {"source": "+6561234567", "destination": "+6581234567"}
#: Steps that the simulator runs, by step type: every published one has at least one.
SOUND: dict[str, list[dict[str, Any]]] = {
    "SMS": [{"subAccountId": "acme", "destination": "+6581234567", "text": "Hello", "source": "Acme"}],
    "ChatAppsMessage": [
        {**_CHAT, "type": "text", "content": {"text": "Hello"}},
        {**_CHAT, "type": "interactive", "content": {"interactive": _INTERACTIVE}},
        {**_CHAT, "type": "template", "content": {"template": _TEMPLATE}},
        {**_CHAT, "type": "image", "content": {"url": "https://example.com/a.jpg"}},
        {**_CHAT, "type": "text", "content": {"text": "Hello", "sms": {"text": "Hello", "source": "Acme"}}},
    ],
    "HttpRequest": [
        {
            "url": "https://api.example.com/orders",
            "method": "POST",
            "headers": {"Accept": "application/json"},
            "parameters": {"page": "1"},
            "body": {"order": 1},
            "timeoutSeconds": 5,
        }
    ],
    "Branch": [{}],
    "If": [{"condition": "{{true}}"}],
    "Wait": [{"duration": "00:05:00"}],
    "WaitForReply": [{"from": "+6581234567", "channel": "sms", "timeout": "00:05:00"}],
    "VoiceMessage": [
        {
            "subAccountId": "acme",
            "clientRequestId": "one",
            "action": "say",
            "params": {**_CALL, "text": "Hello", "voiceProfile": "en-US-ZiraRUS", "repetition": 1, "speed": 1},
        },
        {
            "subAccountId": "acme",
            "action": "say&capture",
            "params": {
                **_CALL,
                "text": "Press 1",
                "voiceProfile": "en-US-ZiraRUS",
                "minDigits": 1,
                "maxDigits": 1,
                "noOfTries": 1,
            },
        },
        {"action": "playFile", "params": {**_CALL, "fileUrl": "https://example.com/a.mp3"}},
    ],
    "WaitForDTMF": [{"dtmfRequestId": "one", "timeout": "00:05:00"}],
    "SendToConverse": [{"payload": {"text": "Hello"}}],
}
_ABSENT = object()
#: Literals that somebody may write by mistake, of every JSON type.
WRONG: tuple[Any, ...] = (
    *(_ABSENT, None, True, False, 0, 1, -1, 1_000, 3.5, 10**12, [], {}, ["a"], [1], {"a": "b"}),
    *("", " ", "a", "a b", "é\n", "5", "-5", "0", "12", "+65", "81234567", "0081234567", "+65 8123 4567", "x" * 5_000),
    *("http://", "example.com", "ftp://example.com", "https://a b.com", "https://example.com:x", "nan", "inf", "1.5"),
    *("24:00:00", "00:05", "5m", "1.2.3", "99999999", "text", "SAY", "GET", "G E T", "12345678901234567", "+0123456"),
)
_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


def _body(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    step = {"id": "it", "stepType": kind, "inputs": inputs}
    return {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": [step]}}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield (*path, name)
        yield from _places(item, (*path, name))


def _replaced(inputs: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = deepcopy(inputs)
    owner: Any = changed
    for name in path[:-1]:
        owner = owner[name]
    if value is _ABSENT:
        del owner[path[-1]]
    else:
        owner[path[-1]] = value
    return changed


def _refusal(body: dict[str, Any]) -> str:
    """Why the simulator refuses the step; empty if it doesn't."""
    stub = {"url": "*://*", "body": {}}
    simulation = Simulation(body, _AT, Stubs([stub]))
    simulation.start({})
    refused = [str(why) for message in simulation.sent if (why := getattr(message, "refused", None))]
    return "".join([*(error.message for error in simulation.instances[0].errors), *refused])


def _mutants(kind: str) -> Iterator[tuple[tuple[Any, ...], Any, dict[str, Any]]]:
    for inputs in SOUND[kind]:
        everything = {**dict.fromkeys(inputs_of(kind)), **inputs}  # null is an input left out
        for path in _places(everything):
            for value in WRONG:
                yield path, value, _body(kind, _replaced(everything, path, value))


def test_every_step_type_is_tried() -> None:
    """Each published step type has sound steps here, which together give each of its inputs or leave it out."""
    assert SOUND.keys() == STEP_KINDS.keys()


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_what_the_simulator_refuses_is_found(kind: str) -> None:
    """For any literal at any place of its inputs: if the simulator refuses the step, lint has a problem with it."""
    for inputs in SOUND[kind]:
        assert _refusal(_body(kind, inputs)) == "", inputs
    missed = []
    for path, value, body in _mutants(kind):
        problems = [each for each in lint(Definition.from_body(body)) if each.path[:2] == ("steps", "it")]
        ignored = {"outside-24-hours", "dtmf-without-call", "capture-without-wait", "failure-not-handled"}
        if not {each.rule for each in problems} - ignored and (refusal := _refusal(body)):
            missed.append((path, value if value is not _ABSENT else "absent", refusal))
    assert missed == []

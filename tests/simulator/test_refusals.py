"""Messages that the messaging API accepts first, and then refuses with a code, so that a workflow continues."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.simulator import REASONS, Simulation, SimulatorSettings

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "payloads"
USER = {"msisdn": "+6581968289"}


def sms(**inputs: Any) -> dict[str, Any]:
    return {"stepType": "SMS", "inputs": {"subAccountId": "s", "destination": "+6581968289", "text": "Hi", **inputs}}


def chat(type: str, content: Any, **user: Any) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "user": user or USER, "type": type, "content": content}
    return {"stepType": "ChatAppsMessage", "inputs": inputs}


def play(step: dict[str, Any], data: dict[str, Any] | None = None, **settings: Any) -> Simulation:
    step = {"id": "send", "outputs": {"result": "{{step}}"}, **step}
    body = {"trigger": "http_request", "definition": {"name": "x", "steps": [step]}}
    simulation = Simulation(body, START, settings=SimulatorSettings(**settings))
    simulation.start(data or {})
    return simulation


CALL = {"stepType": "VoiceMessage", "inputs": {"action": "say", "params": {"destination": "x", "text": "Hi"}}}
#: A step, and the code of its refusal.
REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "an SMS to no number": (sms(destination="ACME"), 1002),
    "an SMS to a number without country code": (sms(destination="081968289"), 1002),
    "an empty SMS": (sms(text="{{data.nothing}}"), 1000),
    "an SMS of blanks": (sms(text=" "), 1000),
    "a chat message to a number without country code": (chat("text", {"text": "Hi"}, msisdn="81968289"), 1002),
    "an empty chat message": (chat("text", {}), 1000),
    "a picture without a URL": (chat("image", {"text": "Look"}), 1000),
    "a template without a name": (chat("template", {"template": {"language": "en"}}), 1000),
    "a call to no number": (CALL, 1002),
}


@pytest.mark.parametrize(("step", "code"), REFUSED.values(), ids=REFUSED)
def test_refused(step: dict[str, Any], code: int) -> None:
    """The step is done, its result has the code, and nothing arrives."""
    simulation = play(step)
    (instance,), (message,) = simulation.instances, simulation.sent
    assert (instance.status, instance.errors) == ("Complete", ())
    assert message.refused is not None
    assert message.refused.code == code
    result = instance.data["result"]
    if message.channel == "voice":
        result = {**result["response"], "status": result["response"]["status"]["code"]}
    assert (result["errorCode"], result["errorMessage"]) == (code, message.refused.message)
    assert result["status"] == ("rejected" if message.channel == "chat_apps" else "REJECTED")
    assert f"refused: {code} " in str(simulation)


ACCEPTED = {
    "an SMS": sms(),
    "a number without +": sms(destination="6581968289"),
    "a national number beside its country": sms(destination="081968289", country="JP"),
    "one in a chat": chat("text", {"text": "Hi"}, msisdn="081968289", country="JP"),
    "a dummy number": sms(destination="15550001111"),
    "an unknown type": chat("hologram", {}),
    "a chat app's id": chat("text", {"text": "Hi"}, channelUserId="U1"),
}


@pytest.mark.parametrize("step", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(step: dict[str, Any]) -> None:
    """What may be right isn't refused."""
    simulation = play(step)
    assert simulation.sent[0].refused is None
    assert "errorCode" not in simulation.instances[0].data["result"]


def test_a_refusal_as_a_fault() -> None:
    """With the other setting, a refused message faults its step."""
    (instance,) = play(sms(text=""), refused_message="fault").instances
    assert instance.status == "Terminated"
    assert instance.errors[0].message.startswith("Failed to send the message because Invalid 'text': it is empty")


def test_ordered_refusals() -> None:
    """A test orders what no message shows, such as a quota; the reason is the published one."""
    step = {"id": "b", **sms()}
    body = {"trigger": "http_request", "definition": {"name": "x", "steps": [step]}}
    simulation = Simulation(body, START)
    simulation.refuse(429)
    for _ in range(2):
        simulation.start({})
    assert [message.refused and message.refused.message for message in simulation.sent] == [REASONS[429], None]


def test_published_reasons() -> None:
    """The codes and reasons are the same as in the API's published answers."""
    for error in json.loads((PAYLOADS / "messaging_api_errors.json").read_text()):
        assert REASONS[error["code"]] == error["message"]

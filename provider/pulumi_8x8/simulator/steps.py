"""The step types: each looks at its inputs and says what should happen."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pulumi_8x8.simulator.outcomes import Fault, Inside, Message, Next, Outcome, Send, Sleep
from pulumi_8x8.simulator.values import truthy

_MSISDN = re.compile(r"\+?[1-9][0-9]{5,14}", re.ASCII)
_DURATION = re.compile(
    r"(?:(?P<days>\d{1,8})\.)?(?P<h>\d{1,2}):(?P<m>\d{1,2}):(?P<s>\d{1,2})|(?P<only>\d{1,8})", re.ASCII
)


@dataclass(frozen=True)
class StepCall:
    """A step that is about to run.

    :ivar step: as the definition has it. :ivar inputs: its inputs, scripts evaluated.
    """

    id: str
    step: Mapping[str, Any]
    inputs: dict[str, Any]


def sms(call: StepCall) -> Outcome:
    """Sends an SMS. The answer is the SMS API's for an accepted message."""
    if not call.inputs.get("subAccountId"):
        return Fault("Invalid subaccount id.")
    destination = call.inputs.get("destination")
    if not _is_msisdn(destination):
        return Fault(
            "Failed to send SMS because Invalid MSISDN format (not E.164 international number). "
            f"Error id: {uuid.uuid4()}"
        )
    accepted = _accepted("QUEUED", "SMS is accepted and queued for processing", call)
    return Send(
        Message("sms", call.id, call.inputs),
        {**accepted, "destination": destination, "encoding": call.inputs.get("encoding", "AUTO")},
    )


def chat_apps_message(call: StepCall) -> Outcome:
    """Sends a chat message. The errors are the published ones, the answer is the API's for an accepted message."""
    if not call.inputs.get("subAccountId"):
        return Fault("Invalid subaccount id.")
    user = call.inputs.get("user")
    if not isinstance(user, dict) or not user:
        return Fault(f"Failed to send chat apps message because Empty 'user'. Error id: {uuid.uuid4()}")
    if "msisdn" in user and not _is_msisdn(user["msisdn"]):
        return Fault(f"Failed to send chat apps message because Invalid 'msisdn'.. Error id: {uuid.uuid4()}")
    accepted = _accepted("queued", "Message is accepted and queued for processing", call)
    return Send(Message("chat_apps", call.id, call.inputs), accepted)


def branch(call: StepCall) -> Outcome:
    """Does nothing itself; where it goes on is in ``selectNextStep``."""
    return Next()


def if_(call: StepCall) -> Outcome:
    """Runs the sequences in ``do`` when the condition is true."""
    sequences = call.step.get("do")
    if not truthy(call.inputs.get("condition")) or not isinstance(sequences, list):
        return Next()
    first = [steps[0] for steps in sequences if isinstance(steps, list) and steps]
    return Inside(tuple(str(step.get("id")) for step in first if isinstance(step, dict)))


def wait(call: StepCall) -> Outcome:
    """Sleeps for ``duration``: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days."""
    text = call.inputs.get("duration")
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return Fault(f"Invalid duration {text!r}: it must be d.HH:mm:ss, HH:mm:ss or whole days.")
    return Sleep(
        timedelta(
            days=int(match["days"] or match["only"] or 0),
            hours=int(match["h"] or 0),
            minutes=int(match["m"] or 0),
            seconds=int(match["s"] or 0),
        )
    )


# Names in lower case: published definitions write them in any.
STEP_TYPES: Mapping[str, Callable[[StepCall], Outcome]] = {
    "sms": sms,
    "chatappsmessage": chat_apps_message,
    "branch": branch,
    "if": if_,
    "wait": wait,
}


def _is_msisdn(value: Any) -> bool:
    return isinstance(value, str) and _MSISDN.fullmatch(value) is not None


def _accepted(status: str, description: str, call: StepCall) -> dict[str, Any]:
    return {
        "requestId": str(uuid.uuid4()),
        "umid": str(uuid.uuid4()),
        "status": status,
        "description": description,
        "clientMessageId": call.inputs.get("clientMessageId"),
    }

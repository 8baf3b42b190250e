"""Implements the step types: each function reads a step's inputs and returns an outcome. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, TypeGuard
from urllib.parse import urlencode, urlsplit

from pulumi_8x8.definition import parse_duration
from pulumi_8x8.definition.steps import (
    SMS,
    Branch,
    ChatAppsMessage,
    HttpRequest,
    If,
    SendToConverse,
    VoiceMessage,
    Wait,
    WaitForDTMF,
    WaitForReply,
    inputs_of,
    published_step_type,
)
from pulumi_8x8.definition.steps.base import InputKind
from pulumi_8x8.errors import DurationError
from pulumi_8x8.simulator.chance import new_id
from pulumi_8x8.simulator.conversions import text, truthy
from pulumi_8x8.simulator.events import dtmf_key, reply_key
from pulumi_8x8.simulator.http import HttpCall
from pulumi_8x8.simulator.outcomes import Call, Fault, Inside, Message, Next, Outcome, Send, Sleep, WaitFor
from pulumi_8x8.simulator.refusals import is_msisdn

_METHOD = re.compile(r"[A-Za-z]{1,20}", re.ASCII)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_LONGEST_HTTP_TIMEOUT = 300.0  # seconds; the emulator's choice


@dataclass(frozen=True)
class StepCall:
    """A step that is about to run.

    :ivar step: the step in the definition. :ivar inputs: its inputs, scripts evaluated. :ivar chance: makes ids.
    """

    id: str
    step: Mapping[str, Any]
    inputs: dict[str, Any]
    chance: Random

    def input(self, name: str, *empty: str | None) -> Any:
        """The value of an input, or the declared default if the step leaves the input out.

        :param empty: values that leave it out, too.
        """
        default, value = self.declared(name).default, self.inputs.get(name)
        return default if default is not None and (name not in self.inputs or value in empty) else value

    def declared(self, name: str) -> InputKind:
        return inputs_of(published_step_type(self.step.get("stepType")))[name]

    def duration(self, name: str) -> timedelta | Fault:
        """The value of an input that is a duration."""
        value = self.input(name, None, "")
        try:
            return parse_duration(value if isinstance(value, str) else text(value))
        except DurationError as error:
            return Fault(f"Invalid {name}: {error}.")


def sms(call: StepCall) -> Outcome:
    """Sends an SMS. The result is the SMS API's answer for an accepted message."""
    if not call.inputs.get("subAccountId"):
        return Fault("Invalid subaccount id.")
    accepted = _accepted("QUEUED", "SMS is accepted and queued for processing", call)
    return Send(
        Message("sms", call.id, call.inputs, accepted["umid"]),
        {**accepted, "destination": call.inputs.get("destination"), "encoding": call.input("encoding")},
    )


def chat_apps_message(call: StepCall) -> Outcome:
    """Sends a chat message. The result is the API's answer for an accepted message; the errors are published."""
    if not call.inputs.get("subAccountId"):
        return Fault("Invalid subaccount id.")
    user = call.inputs.get("user")
    if not isinstance(user, dict) or not user:
        return Fault(f"Failed to send chat apps message because Empty 'user'. Error id: {new_id(call.chance)}")
    if "msisdn" in user and not (
        isinstance(user["msisdn"], str) and is_msisdn(user["msisdn"], bool(user.get("country")))
    ):
        return Fault(f"Failed to send chat apps message because Invalid 'msisdn'.. Error id: {new_id(call.chance)}")
    accepted = _accepted("queued", "Message is accepted and queued for processing", call)
    return Send(Message("chat_apps", call.id, call.inputs, accepted["umid"]), accepted)


def voice_message(call: StepCall) -> Outcome:
    """Makes a voice call. ``response`` has the two ids that a WaitForDTMF can refer to (OpenAPI file)."""
    action, params = call.input("action", None, ""), call.inputs.get("params")
    actions = call.declared("action").values
    if not isinstance(action, str) or action.lower() not in {each.lower() for each in actions}:
        return Fault(f"Failed to send voice message because Invalid 'action': it must be one of {', '.join(actions)}.")
    uid = new_id(call.chance).upper()
    response = {
        "uid": uid,
        "clientRequestId": call.inputs.get("clientRequestId"),
        "status": {"code": "QUEUED"},
        "destination": params.get("destination") if isinstance(params, dict) else None,
    }
    # The sent message has the uid too, so that a simulated receiver can press keys.
    return Send(Message("voice", call.id, {**call.inputs, "uid": uid}, uid), {"response": response})


def send_to_converse(call: StepCall) -> Outcome:
    """Hands the conversation to an agent."""
    if not isinstance(call.inputs.get("payload"), dict):
        return Fault("Failed to send to Converse because 'payload' isn't an object.")
    return Send(Message("converse", call.id, call.inputs), {"ticketId": new_id(call.chance)})


def http_request(call: StepCall) -> Outcome:
    """Calls an HTTP API with a JSON body."""
    url, method, headers = call.inputs.get("url"), call.inputs.get("method"), call.inputs.get("headers")
    if not _is_http_url(url):
        return Fault(f"Invalid request URI {text(url)!r}: it must be an absolute http or https address.")
    if not isinstance(method, str) or not _METHOD.fullmatch(method):
        return Fault(f"Invalid HTTP method {text(method)!r}.")
    fields = {name: text(value) for name, value in headers.items()} if isinstance(headers, dict) else {}
    for name, value in fields.items():
        if not _HEADER_NAME.fullmatch(name) or not value.isascii() or (value and not value.isprintable()):
            return Fault(f"Invalid HTTP header {name!r}.")
    timeout = _seconds(call.input("timeoutSeconds", None))
    if timeout is None:
        return Fault(f"Invalid timeoutSeconds {call.inputs.get('timeoutSeconds')!r}: it must be above 0.")
    parameters = call.inputs.get("parameters")
    if isinstance(parameters, dict) and parameters:
        query = urlencode({name: text(value) for name, value in parameters.items()}, errors="replace")
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    return Call(HttpCall(method.upper(), url, fields, call.inputs.get("body"), timeout))


def branch(call: StepCall) -> Outcome:
    """Does nothing itself; ``selectNextStep`` has the next steps."""
    return Next()


def if_(call: StepCall) -> Outcome:
    """Runs the sequences in ``do`` if the condition is true."""
    sequences = call.step.get("do")
    if not truthy(call.inputs.get("condition")) or not isinstance(sequences, list):
        return Next()
    first = [steps[0] for steps in sequences if isinstance(steps, list) and steps]
    return Inside(tuple(str(step.get("id")) for step in first if isinstance(step, dict)))


def wait(call: StepCall) -> Outcome:
    """Sleeps for ``duration``."""
    duration = call.duration("duration")
    return duration if isinstance(duration, Fault) else Sleep(duration)


def wait_for_reply(call: StepCall) -> Outcome:
    """Waits for a message from ``from`` on ``channel``."""
    sender, channel = text(call.inputs.get("from")), call.inputs.get("channel")
    if not sender.strip():
        return Fault("Cannot wait for a reply because 'from' is empty.")
    if not isinstance(channel, str) or not channel.strip():
        return Fault("Cannot wait for a reply because 'channel' is empty.")
    timeout = call.duration("timeout")
    return timeout if isinstance(timeout, Fault) else WaitFor(reply_key(channel, sender), timeout)


def wait_for_dtmf(call: StepCall) -> Outcome:
    """Waits for keys pressed in a call. Published definitions name the call in either of two inputs."""
    request_id = text(call.inputs.get("dtmfRequestId") or call.inputs.get("correlationId"))
    if not request_id.strip():
        return Fault("Cannot wait for DTMF because 'dtmfRequestId' is empty.")
    timeout = call.duration("timeout")
    return timeout if isinstance(timeout, Fault) else WaitFor(dtmf_key(request_id), timeout)


#: What each published step type does.
BEHAVIOUR: Mapping[str, Callable[[StepCall], Outcome]] = {
    SMS.step_type: sms,
    ChatAppsMessage.step_type: chat_apps_message,
    VoiceMessage.step_type: voice_message,
    SendToConverse.step_type: send_to_converse,
    HttpRequest.step_type: http_request,
    Branch.step_type: branch,
    If.step_type: if_,
    Wait.step_type: wait,
    WaitForReply.step_type: wait_for_reply,
    WaitForDTMF.step_type: wait_for_dtmf,
}


def _is_http_url(value: Any) -> TypeGuard[str]:
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _seconds(value: Any) -> float | None:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return min(seconds, _LONGEST_HTTP_TIMEOUT) if seconds > 0 else None


def _accepted(status: str, description: str, call: StepCall) -> dict[str, Any]:
    return {
        "requestId": new_id(call.chance),
        "umid": new_id(call.chance),
        "status": status,
        "description": description,
        "clientMessageId": call.inputs.get("clientMessageId"),
    }

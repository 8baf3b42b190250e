"""The published step types, one class each: what a program writes, and what lint checks a step against.

A field is an input of the step under its own name in Python's spelling (``sub_account_id`` is the service's
``subAccountId``); ``outputs``, ``next_step_id``, ``select_next_step`` and ``do`` stand beside ``inputs`` in the
service's shape. Sources: the OpenAPI file and the pages on steps; ``If`` and ``SendToConverse`` are in the pages
only. A plain dictionary in the service's shape does wherever a step is expected, and is the way to write a step
type that is not published yet.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import ConfigDict, Field, WrapValidator
from pydantic.alias_generators import to_camel

from pulumi_8x8.definition.values import Hole, Json

if TYPE_CHECKING:
    from pulumi import Input

    # What an editor sees: plain values, Outputs and secrets alike.
    Text: TypeAlias = Input[str]
    Number: TypeAlias = Input[int] | Input[float] | Input[str]
    Object: TypeAlias = Input[Mapping[str, Any]] | Input[str]
    Condition: TypeAlias = Input[str] | Input[bool] | None
    Anything: TypeAlias = Input[Any]
    Sequences: TypeAlias = Sequence[Sequence["Step | Mapping[str, Any]"]]
else:

    def _leave_holes(value: Json, check: Any) -> Json:
        return value if isinstance(value, Hole) else check(value)

    def _script(value: Json, check: Any) -> Json:
        # A string that is a script computes its value while the workflow runs, of whatever type.
        return value if isinstance(value, Hole) or is_script(value) else check(value)

    Text = Annotated[str, WrapValidator(_leave_holes)]
    Number = Annotated[int | float, WrapValidator(_script)]
    Object = Annotated[dict[str, Any], WrapValidator(_script)]
    Condition = Annotated[str | bool | None, WrapValidator(_leave_holes)]
    Anything = Any
    Sequences = list[list[Any]]


def is_script(value: Json) -> bool:
    """True for a string with a script in it: ``"{{data.payload}}"``."""
    return isinstance(value, str) and "{{" in value


@dataclass(frozen=True)
class Step:
    """What all step types share; use one of the subclasses, or a dictionary for a type that is not published.

    :param id: unique in the definition. The first step of a definition is where it starts.
    :param outputs: ``{name: script}``; copied to ``data.<name>`` when the step is done.
    :param next_step_id: the step after this one; without it the path ends here.
    :param select_next_step: ``{step id: script or None}``; every edge that is true runs, ``None`` is the default
        edge. Not together with ``next_step_id``.
    :param inputs: inputs that have no field here, in the service's own spelling, passed on as they are.
    """

    step_type: ClassVar[str]
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel, extra="allow")

    id: str
    _: KW_ONLY
    outputs: Mapping[str, Any] | None = None
    next_step_id: str | None = None
    select_next_step: Mapping[str, Condition] | None = None
    inputs: Mapping[str, Any] | None = None
    #: ``file:line`` of the program that wrote the step. A class variable to dataclasses and pydantic, since it is
    #: no part of the definition; every instance sets its own.
    where: ClassVar[str] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", callers_line())

    def to_api(self) -> dict[str, Json]:
        """The step in the service's shape; values are left as they are, Outputs included."""
        body: dict[str, Json] = {"id": self.id, "stepType": self.step_type}
        inputs: dict[str, Json] = {}
        for name, wire_name in _fields(type(self)):
            value = getattr(self, name)
            if value is None:
                continue
            if name == "do":
                body["do"] = [[step_to_api(step) for step in sequence] for sequence in value]
            elif name in _BESIDE_INPUTS:
                body[wire_name] = value
            else:
                inputs[wire_name] = value
        inputs |= self.inputs or {}
        if inputs:
            body["inputs"] = inputs
        return body


#: Fields that stand beside ``inputs`` in the service's shape.
_BESIDE_INPUTS = {"outputs", "next_step_id", "select_next_step", "do"}
_NOT_AN_INPUT = {*_BESIDE_INPUTS, "id", "inputs"}


_FIELDS: dict[type[Step], list[tuple[str, str]]] = {}


def _fields(kind: type[Step]) -> list[tuple[str, str]]:
    if kind not in _FIELDS:
        names = [each.name for each in fields(kind) if each.name not in {"id", "inputs"}]
        _FIELDS[kind] = [(name, to_camel(name.rstrip("_"))) for name in names]
    return _FIELDS[kind]


def input_names(kind: type[Step]) -> list[str]:
    """The service's names of the inputs that ``kind`` has a field for."""
    return [wire for name, wire in _fields(kind) if name not in _NOT_AN_INPUT]


def step_to_api(step: Step | Mapping[str, Json] | Json) -> Json:
    """``step`` in the service's shape, whichever way it was written; anything else is left for lint to judge."""
    return step.to_api() if isinstance(step, Step) else step


def callers_line() -> str:
    """``file:line`` of the innermost frame outside this package (and the code that ``dataclass`` writes).

    The file is named from the current folder when it is in there.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if frame.f_code.co_filename != "<string>" and package != "pulumi_8x8":
            here = os.path.join(os.getcwd(), "")
            return f"{frame.f_code.co_filename.removeprefix(here)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@dataclass(frozen=True)
class SMS(Step):
    """Sends an SMS. Afterwards ``step`` has requestId, umid, status and description.

    :param sub_account_id: the sub-account that sends.
    :param destination: phone number of the receiver.
    :param encoding: ``AUTO``, ``GSM7`` or ``UCS2``.
    :param scheduled: ISO 8601 time to send at.
    :param expiry: ISO 8601 time after which it is not sent any more.
    """

    step_type = "SMS"
    _: KW_ONLY
    sub_account_id: Text
    destination: Text
    text: Text
    source: Text | None = None
    encoding: Text | None = None
    country: Text | None = None
    client_message_id: Text | None = None
    scheduled: Text | None = None
    expiry: Text | None = None
    dlr_callback_url: Text | None = None


@dataclass(frozen=True)
class ChatAppsMessage(Step):
    """Sends a message over WhatsApp, Viber, … Afterwards ``step`` has requestId, umid, status and description.

    :param user: the receiver: ``{"msisdn": …}`` or ``{"channelUserId": …}``.
    :param type: ``text``, ``template``, ``image``, ``interactive``, …; ``content`` depends on it.
    :param content: ``{"text": …}``, ``{"template": {…}}``, …; ``"sms"`` inside is the fallback.
    """

    step_type = "ChatAppsMessage"
    _: KW_ONLY
    sub_account_id: Text
    user: Object
    type: Text
    content: Object
    client_message_id: Text | None = None


@dataclass(frozen=True)
class HttpRequest(Step):
    """Calls an HTTP API. Afterwards ``step`` has responseCode, reasonPhrase and responseBody (parsed JSON).

    :param parameters: the query string.
    :param body: sent as JSON; the only content type is ``application/json``.
    :param timeout_seconds: 5 when left out.
    """

    step_type = "HttpRequest"
    _: KW_ONLY
    url: Text
    method: Text
    headers: Object | None = None
    parameters: Object | None = None
    body: Anything | None = None
    timeout_seconds: Number | None = None


@dataclass(frozen=True)
class Branch(Step):
    """Goes on with every edge of ``select_next_step`` whose script is true; ``None`` marks the default edge.

    The builder's "Jump To" is a Branch with one edge.
    """

    step_type = "Branch"


@dataclass(frozen=True)
class If(Step):
    """Runs the step sequences of ``do`` when ``condition`` is true.

    :param condition: a script.
    :param do: a list of step sequences, each a list of steps that starts with its first.
    """

    step_type = "If"
    _: KW_ONLY
    condition: Text
    do: Sequences | None = None


@dataclass(frozen=True)
class Wait(Step):
    """Sleeps.

    :param duration: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days (``"5"``).
    """

    step_type = "Wait"
    _: KW_ONLY
    duration: Text


@dataclass(frozen=True)
class WaitForReply(Step):
    """Waits for a message of one sender. Afterwards ``step.reply`` is the inbound message, null on timeout.

    :param from_: whose reply: the msisdn for SMS, the channel user id for a chat app.
    :param channel: ``sms``, ``whatsapp``, ``line``, ``viber``, …
    :param timeout: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days; 1 day when left out.
    """

    step_type = "WaitForReply"
    _: KW_ONLY
    from_: Annotated[Text, Field(alias="from")]
    channel: Text
    timeout: Text | None = None


@dataclass(frozen=True)
class VoiceMessage(Step):
    """Calls and speaks, or plays a file. Afterwards ``step.response`` is the Voice API's answer.

    :param action: ``say``, ``say&capture`` (then WaitForDTMF) or ``playFile``.
    :param params: source, destination, text, repetition, voiceProfile, speed, …
    :param client_request_id: what a WaitForDTMF refers to; ``"{{uuid()}}"`` makes one.
    """

    step_type = "VoiceMessage"
    _: KW_ONLY
    action: Text
    params: Object
    sub_account_id: Text | None = None
    client_request_id: Text | None = None


@dataclass(frozen=True)
class WaitForDTMF(Step):
    """Waits for keys pressed after a ``say&capture`` call. Afterwards ``step.dtmfData``, null on timeout.

    :param dtmf_request_id: that call's clientRequestId or uid.
    :param timeout: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days; 1 day when left out.
    """

    step_type = "WaitForDTMF"
    _: KW_ONLY
    dtmf_request_id: Text | None = None
    correlation_id: Text | None = None
    timeout: Text | None = None


@dataclass(frozen=True)
class SendToConverse(Step):
    """Hands the conversation to an agent in 8x8 Converse. Afterwards ``step.ticketId``.

    :param payload: the inbound message, usually ``"{{data.payload}}"``.
    """

    step_type = "SendToConverse"
    _: KW_ONLY
    payload: Object


#: The published step types by name.
STEP_KINDS: dict[str, type[Step]] = {
    kind.step_type: kind
    for kind in (
        SMS,
        ChatAppsMessage,
        HttpRequest,
        Branch,
        If,
        Wait,
        WaitForReply,
        VoiceMessage,
        WaitForDTMF,
        SendToConverse,
    )
}

_PUBLISHED_SPELLING = {name.lower(): name for name in STEP_KINDS}


def published_step_type(step_type: Json) -> Json:
    """``step_type`` in its published spelling (definitions in the wild have ``branch``); others as they are."""
    return _PUBLISHED_SPELLING.get(step_type.lower(), step_type) if isinstance(step_type, str) else step_type

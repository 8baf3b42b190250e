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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, MISSING, dataclass, fields
from functools import cache
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias, TypeVar, dataclass_transform

from pulumi_8x8.definition.values import Json

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
    # What pydantic makes the JSON Schema from (schema.py). It is not imported here, since that takes longer than
    # linting a hundred files.
    Text = str
    Number = int | float
    Object = dict[str, Any]
    Condition = str | bool | None
    Anything = Any
    Sequences = list[list[Any]]


def is_script(value: Json) -> bool:
    """True for a string with a script in it: ``"{{data.payload}}"``."""
    return isinstance(value, str) and "{{" in value


_S = TypeVar("_S")


@dataclass_transform(frozen_default=True)
def _step(kind: type[_S]) -> type[_S]:
    # Step compares and shows them; what a dataclass writes for each of ten takes as long as linting ten files.
    return dataclass(frozen=True, eq=False, repr=False)(kind)


@_step
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

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(
            getattr(self, each.name) == getattr(other, each.name) for each in fields(self)
        )

    def __hash__(self) -> int:
        # So that {step: …} is a mapping, which is refused with its place, instead of a traceback of Python.
        return hash(type(self))

    def __repr__(self) -> str:
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        shown = (f"{name}={value!r}" for name, value in given.items() if value is not None)
        return f"{type(self).__name__}({', '.join(shown)})"

    def to_api(self) -> dict[str, Json]:
        """The step in the service's shape; values are left as they are, Outputs included."""
        inputs: dict[str, Json] = {}
        body: dict[str, Json] = {"id": self.id, "stepType": self.step_type, "inputs": inputs}
        for name, wire_name in _fields(type(self)):
            value = getattr(self, name)
            if value is None:
                continue
            if name == "do":
                body["do"] = _sequences(value)
            elif name in _BESIDE_INPUTS:
                body[wire_name] = value
            else:
                inputs[wire_name] = value
        if isinstance(self.inputs, Mapping):
            inputs |= self.inputs
        if not inputs:
            del body["inputs"]
        return body

    def given(self) -> Iterator[tuple[tuple[str, ...], Json]]:
        """What the step says, with its places in the service's shape; ``inputs`` once more as a whole."""
        yield ("id",), self.id
        for name, wire_name in _fields(type(self)):
            if (value := getattr(self, name)) is not None:
                yield ((wire_name,) if name in _BESIDE_INPUTS else ("inputs", wire_name)), value
        if self.inputs is not None:
            yield ("inputs",), self.inputs


def _sequences(value: Json) -> Json:
    if not isinstance(value, list | tuple):
        return value
    return [[step_to_api(step) for step in each] if isinstance(each, list | tuple) else each for each in value]


#: Fields that stand beside ``inputs`` in the service's shape.
_BESIDE_INPUTS = {"outputs", "next_step_id", "select_next_step", "do"}
_NOT_AN_INPUT = {*_BESIDE_INPUTS, "id", "inputs"}


_FIELDS: dict[type[Step], list[tuple[str, str]]] = {}


def _fields(kind: type[Step]) -> list[tuple[str, str]]:
    if kind not in _FIELDS:
        names = [each.name for each in fields(kind) if each.name not in {"id", "inputs"}]
        _FIELDS[kind] = [(name, wire_name(name)) for name in names]
    return _FIELDS[kind]


def wire_name(name: str) -> str:
    """The service's name of a field: ``subAccountId`` for ``sub_account_id``, ``from`` for ``from_``."""
    first, *others = name.rstrip("_").split("_")
    return first + "".join(part.capitalize() for part in others)


class InputKind(NamedTuple):
    """What an input takes.

    :param name: the service's name.
    :param takes: ``Text``, ``Number``, ``Object`` (which a script may compute) or ``Anything``.
    """

    name: str
    takes: str
    required: bool


@cache
def inputs_of(step_type: str) -> Mapping[str, InputKind]:
    """The inputs that a published step type has a field for, by the service's names."""
    kinds = (
        InputKind(wire_name(each.name), each.type.removesuffix(" | None"), each.default is MISSING)
        for each in fields(STEP_KINDS[step_type])
        if each.name not in _NOT_AN_INPUT
    )
    return {kind.name: kind for kind in kinds}


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


@_step
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


@_step
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


@_step
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


@_step
class Branch(Step):
    """Goes on with every edge of ``select_next_step`` whose script is true; ``None`` marks the default edge.

    The builder's "Jump To" is a Branch with one edge.
    """

    step_type = "Branch"


@_step
class If(Step):
    """Runs the step sequences of ``do`` when ``condition`` is true.

    :param condition: a script.
    :param do: a list of step sequences, each a list of steps that starts with its first.
    """

    step_type = "If"
    _: KW_ONLY
    condition: Text
    do: Sequences | None = None


@_step
class Wait(Step):
    """Sleeps.

    :param duration: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days (``"5"``).
    """

    step_type = "Wait"
    _: KW_ONLY
    duration: Text


@_step
class WaitForReply(Step):
    """Waits for a message of one sender. Afterwards ``step.reply`` is the inbound message, null on timeout.

    :param from_: whose reply: the msisdn for SMS, the channel user id for a chat app.
    :param channel: ``sms``, ``whatsapp``, ``line``, ``viber``, …
    :param timeout: ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days; 1 day when left out.
    """

    step_type = "WaitForReply"
    _: KW_ONLY
    from_: Text
    channel: Text
    timeout: Text | None = None


@_step
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


@_step
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


@_step
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

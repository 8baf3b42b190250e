"""What a workflow can read: the trigger's body on ``data``, a step's result on ``step``, the service's functions.

Sources: the Triggers, Steps, Context and Scripting pages, the inbound message webhooks' pages (versions 2 and 3), the
OpenAPI file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pulumi_8x8.definition.values import Json

#: Members by name; ``None``: a value that is not looked into. ``"*"`` among them: there are others as well, and only
#: a near miss of a known one is a mistake.
Shape: TypeAlias = Mapping[str, "Shape | None"]


def _members(names: str, **more: Shape | None) -> dict[str, Shape | None]:
    return {**dict.fromkeys(names.split()), **more}


#: What the service itself puts on ``data`` (Context page).
CONTEXT = _members("accountId subAccountId triggeredAt")

_INBOUND = _members("namespace eventType description version")
_SMS_PAYLOAD = _members("umid subAccountId timestamp source destination body encoding smsCount price country")
#: The first version of the SMS webhook has no payload, and its members on the outside.
_SMS_FIRST_VERSION = _members("umid type source destination body encoding receivedAt version")
_CHAT_PAYLOAD = _members(
    "umid subAccountId timestamp type replyToUmid clientMessageId",
    user=_members("msisdn channelUserId name username"),
    recipient=_members("channel channelId"),
    content=_members("text url interactive location contacts template *"),
)

INBOUND_SMS = {**_INBOUND, **_SMS_FIRST_VERSION, "payload": _SMS_PAYLOAD}
INBOUND_CHAT_APPS = {**_INBOUND, "payload": _CHAT_PAYLOAD}

#: What ``data`` has when an instance starts; a trigger that is not here can bring anything.
TRIGGERS: dict[str, Shape] = {
    "inbound_sms": {**INBOUND_SMS, **CONTEXT},
    "inbound_chat_apps": {**INBOUND_CHAT_APPS, **CONTEXT},
}

_SENT = _members("requestId umid status description destination encoding clientMessageId user")

#: What ``step`` has after a step of this type.
RESULTS: dict[str, Shape] = {
    "SMS": _SENT,
    "ChatAppsMessage": _SENT,
    "HttpRequest": _members("responseCode reasonPhrase responseBody"),
    "Branch": {},
    "If": {},
    "Wait": {},
    "WaitForReply": _members("reply"),
    "VoiceMessage": _members("", response=_members("uid clientRequestId *")),
    "WaitForDTMF": _members(
        "",
        dtmfData=_members(
            "uid destination clientRequestId *",
            status=_members("code timestamp *"),
            actionDetails=_members("dtmf *"),
        ),
    ),
    "SendToConverse": _members("ticketId"),
}


def result_of(kind: str, channel: Json) -> Shape | None:
    """What ``step`` has after a step of type ``kind``; None where that is not published.

    :param channel: that of a WaitForReply, whose reply looks like the trigger's body of that channel.
    """
    if kind != "WaitForReply":
        return RESULTS.get(kind)
    if not isinstance(channel, str) or "{{" in channel:
        return RESULTS[kind]
    return {"reply": INBOUND_SMS if channel.lower() == "sms" else INBOUND_CHAT_APPS}


def stray(shape: Shape, path: Sequence[str]) -> tuple[int, list[str]] | None:
    """The first part of ``path`` that ``shape`` does not have: its index, and the names that are there instead."""
    members: Shape | None = shape
    for index, name in enumerate(path):
        if members is None:
            return None
        if name not in members:
            return index, [each for each in members if each != "*"]
        members = members[name]
    return None


#: ``(name, kinds of literals it takes, required)`` by function (Scripting page).
FUNCTIONS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "isCountryCode": (("phoneNumber", "string", True), ("alpha2", "string", True)),
    "stringContains": (("source", "string", True), ("value", "string", True), ("ignoreCase", "boolean", False)),
    "isTimeOfDayBetween": (
        ("timestamp", "string", True),
        ("from", "string", True),
        ("to", "string", True),
        ("timezone", "string", True),
    ),
    "isDayOfWeek": (("dateOrTimestamp", "string", True), ("dayName", "string", True)),
    "uuid": (),
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

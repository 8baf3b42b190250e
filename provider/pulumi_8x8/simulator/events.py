"""Reads events from outside: messages from customers, and keys pressed in calls. No I/O.

An event has a key, and the step that waits for the event has the same key: ``reply whatsapp 6581968289``,
``dtmf 974eccfc-…``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.simulator.settings import SimulatorSettings


class EventError(ValueError):
    """A body isn't an inbound message or a DTMF callback. The message names the wrong member."""


@dataclass(frozen=True)
class Inbound:
    """An inbound message (Triggers page; webhook versions 2 and 3, and the older SMS webhook).

    :ivar trigger: the trigger that starts on it. :ivar channel: ``sms``, ``whatsapp``, …
    :ivar channel_user_id: ``None`` for SMS, and if a chat app has none.
    """

    trigger: str
    sub_account: str | None
    channel: str
    msisdn: str | None
    channel_user_id: str | None

    def keys(self, settings: SimulatorSettings) -> tuple[str, ...]:
        """The keys of the events that the message is."""
        if settings.reply_sender == "any":
            senders = {self.channel_user_id, self.msisdn}
        else:
            senders = {self.channel_user_id or self.msisdn}
        return tuple(sorted(reply_key(self.channel, sender) for sender in senders if sender))


def reply_key(channel: str, sender: str) -> str:
    """The key of a reply. It has no ``+``, since published definitions wait for numbers with and without it."""
    return f"reply {channel.strip().lower()} {sender.strip().lstrip('+')}"


def dtmf_key(request_id: str) -> str:
    """The key of pressed keys. ``request_id`` is the call's ``clientRequestId`` or ``uid``."""
    return f"dtmf {request_id.strip()}"


def result_member(key: str) -> str:
    """The member of ``step`` with the event's body after the wait; it is null after a timeout (pages on steps)."""
    return "reply" if key.startswith("reply ") else "dtmfData"


def read_inbound(body: Mapping[str, Any]) -> Inbound:
    """Reads a webhook body. :raises EventError: it isn't an inbound message."""
    if body.get("namespace") is None and body.get("type") == "inbound" and isinstance(body.get("body"), str):
        return Inbound("inbound_sms", None, "sms", _text(body.get("source")), None)
    namespace, payload = body.get("namespace"), body.get("payload")
    if namespace not in ("SMS", "ChatApps"):
        raise EventError("Not an inbound message: 'namespace' must be SMS or ChatApps.")
    if body.get("eventType") != "inbound_message_received":
        raise EventError("Not an inbound message: 'eventType' must be inbound_message_received.")
    if not isinstance(payload, dict):
        raise EventError("Not an inbound message: 'payload' must be an object.")
    sub_account = payload.get("subAccountId")
    if not isinstance(sub_account, str | None):
        raise EventError("Not an inbound message: 'payload.subAccountId' must be a string.")
    if namespace == "SMS":
        return Inbound("inbound_sms", sub_account, "sms", _text(payload.get("source")), None)
    user, recipient = _object(payload.get("user")), _object(payload.get("recipient"))
    return Inbound(
        "inbound_chat_apps",
        sub_account,
        _text(recipient.get("channel")) or "",
        _text(user.get("msisdn")),
        _text(user.get("channelUserId")),
    )


def read_dtmf(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the events that a DTMF callback is (WaitForDTMF page). :raises EventError: it names no call."""
    ids = [id for id in (body.get("clientRequestId"), body.get("uid")) if isinstance(id, str) and id]
    if not ids:
        raise EventError("Not a DTMF callback: 'clientRequestId' or 'uid' must be a string.")
    return tuple(dict.fromkeys(dtmf_key(id) for id in ids))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

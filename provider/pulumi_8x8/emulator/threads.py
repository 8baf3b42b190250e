"""Customers' threads: what a customer wrote, and in which thread a message to a customer belongs. No I/O.

A thread is everything between one customer and the account on one channel, as a phone shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.emulator.wire import DefinitionBody
from pulumi_8x8.simulator import MEDIA, Inbound, Message, received_in_words, text

_KINDS = {type: kind for kind, type in MEDIA.items()}
#: A channel that a workflow's script compares with.
_COMPARED = re.compile(r"\.channel\s*===?\s*(?:'|\\\")(\w+)")


@dataclass(frozen=True)
class Thread:
    """:param customer: a phone number without ``+``, or an id of a chat app. :param channel: in lower case."""

    customer: str
    channel: str


def customer(number: str) -> str:
    """The customer with a phone number. Published definitions write numbers with and without ``+``."""
    return number.strip().lstrip("+")


def receiver(message: Message) -> str:
    """The customer who gets a message; empty if it has none."""
    payload = message.body.get("payload")
    user = payload.get("user") if isinstance(payload, dict) else None
    handed_over = user.get("msisdn") if isinstance(user, dict) else None
    return message.shown.receiver or (handed_over if isinstance(handed_over, str) else "")


def thread_of(inbound: Inbound) -> Thread:
    """The thread in which a customer wrote."""
    return Thread(customer(inbound.msisdn or inbound.channel_user_id or ""), inbound.channel.strip().lower())


def written(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a customer wrote, tapped or pressed: ``{text, media}``, with media as in a message's ``shown``."""
    payload = body.get("payload")
    content = payload.get("content") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(content, dict):
        return {"text": text(received_in_words(body)), "media": []}
    location, kind = content.get("location"), _KINDS.get(str(payload.get("type")))
    if isinstance(location, dict):
        where = location.get("name") or f"{location.get('latitude')}, {location.get('longitude')}"
        return {"text": "", "media": [{"kind": "location", "url": "", "name": text(where), "detail": ""}]}
    if kind is not None and isinstance(content.get("url"), str):
        return {
            "text": text(content.get("text") or ""),
            "media": [{"kind": kind, "url": content["url"], "name": "", "detail": ""}],
        }
    return {"text": text(received_in_words(body)), "media": []}


def usual_channel(definition: DefinitionBody | None) -> str:
    """The channel of a workflow's customers, most likely: what starts it, what it waits for, what it sends."""
    document = definition.document if definition else {}
    if document.get("trigger") == "inbound_sms":
        return "sms"
    steps = definition.steps if definition else []
    waits = [step["inputs"].get("channel") for step in steps if isinstance(step.get("inputs"), dict)]
    named = [each for each in waits if isinstance(each, str) and each.strip() and "{{" not in each]
    compared = _COMPARED.findall(json.dumps(document)) if not named else []
    if named or compared:
        return str((named or compared)[0]).strip().lower()
    kinds = [step.get("stepType") for step in steps]
    by_sms = "ChatAppsMessage" not in kinds and any(kind in kinds for kind in ("SMS", "VoiceMessage"))
    return "sms" if document.get("trigger") == "http_request" and by_sms else "whatsapp"


def channel_of(message: Message, data: Mapping[str, Any]) -> str | None:
    """The channel on which a message arrives, as far as it and the data of its instance show that."""
    if message.channel == "sms":
        return "sms"
    channels = message.body.get("channels") if message.channel == "chat_apps" else None
    first = channels[0] if isinstance(channels, list) and channels else None
    payload = data.get("payload")
    recipient = payload.get("recipient") if isinstance(payload, dict) else None
    for named in (first, recipient):
        channel = named.get("channel") if isinstance(named, dict) else None
        if isinstance(channel, str) and channel.strip():
            return channel.strip().lower()
    return None

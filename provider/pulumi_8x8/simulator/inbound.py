"""Makes what comes in from customers: the webhook bodies of texts, media, places, taps and pressed keys. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from pulumi_8x8.analysis.sms_text import sms_text
from pulumi_8x8.simulator.chance import new_id
from pulumi_8x8.simulator.clock import timestamp
from pulumi_8x8.simulator.events import EventError

#: The kinds of media that customers send, with the type of the message.
MEDIA: Mapping[str, str] = {"image": "Image", "audio": "Audio", "video": "Video", "file": "File"}

_PHONE_NUMBER = re.compile(r"\+?[0-9]+", re.ASCII)
_PRICE, _CURRENCY = 0.0446592, "EUR"  # of the published example


@dataclass(frozen=True)
class Incoming:
    """What a customer sends by a chat app.

    :ivar type: ``Text``, ``Image``, ``Location``, ``Interactive``, …
    :ivar text: the same for a phone that has only texts (SMS), and for people who read it.
    :ivar reply_to: the ``umid`` of the message that it answers.
    """

    type: str
    content: Mapping[str, Any]
    text: str
    reply_to: str | None = None


def written(text: str) -> Incoming:
    """A text message."""
    return Incoming("Text", {"text": text}, text)


def media(kind: str, url: str, caption: str | None = None) -> Incoming:
    """A picture, a recording, a video or a file. :param kind: a key of :data:`MEDIA`."""
    content = {"url": url} if caption is None else {"url": url, "text": caption}
    return Incoming(MEDIA[kind], content, f"[{kind}] {caption or url}")


def place(latitude: float, longitude: float, name: str | None = None, address: str | None = None) -> Incoming:
    """A place on the map. :raises EventError: there is no such place."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise EventError("latitude must be from -90 to 90, and longitude from -180 to 180.")
    known = {"name": name, "address": address}
    location = {"latitude": latitude, "longitude": longitude} | {key: value for key, value in known.items() if value}
    return Incoming("Location", {"location": location}, f"[location] {name or f'{latitude}, {longitude}'}")


def message_body(
    incoming: Incoming, channel: str, sender: str, sub_account: str | None, moment: datetime, chance: Random
) -> dict[str, Any]:
    """The webhook body that the service sends for a message (webhook version 2, which has every id).

    :param channel: ``sms`` or a chat app. :param sender: a phone number, or for a chat app also a customer's id there
        (``US.1349…``, LINE's ``U…``), which comes without a number (webhook version 3).
    :raises EventError: an SMS can't have this content.
    """
    about = {"umid": new_id(chance), "subAccountId": sub_account, "timestamp": timestamp(moment)}
    if channel.strip().lower() == "sms":
        if incoming.type != "Text":
            raise EventError(f"An SMS has only text, so it can't have {incoming.text}.")
        sms = sms_text(incoming.text)
        price = {"total": round(_PRICE * sms.segments, 7), "perSms": _PRICE, "currency": _CURRENCY}
        payload: dict[str, Any] = {
            **about,
            "source": sender,
            "destination": "+4534735477",
            "body": incoming.text,
            "encoding": sms.encoding,
            "smsCount": sms.segments,
            "price": price,
        }
        return _enveloped("SMS", {}, payload)
    numbered = _PHONE_NUMBER.fullmatch(sender) is not None
    user = {"msisdn": sender, "channelUserId": sender.lstrip("+")} if numbered else {"channelUserId": sender}
    payload = {
        **about,
        "user": {**user, "name": "Customer"},
        "recipient": {"channel": channel, "channelId": "269a57f4-3522-eb11-8278-00155d9f27ac"},
        "type": incoming.type,
        "content": dict(incoming.content),
    }
    if incoming.reply_to:
        payload["replyToUmid"] = incoming.reply_to
    return _enveloped("ChatApps", {} if numbered else {"version": 3}, payload)


def _enveloped(namespace: str, version: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        **version,
        "namespace": namespace,
        "eventType": "inbound_message_received",
        "description": f"{namespace} inbound message",
        "payload": payload,
    }


def dtmf_body(
    request_id: str, keys: str, destination: str | None, moment: datetime, chance: Random, uid: str | None = None
) -> dict[str, Any]:
    """The DTMF callback that the service sends (OpenAPI file, ``waitForDTMFStep``).

    :param destination: the number that was called.
    """
    return {
        "uid": uid or new_id(chance).upper(),
        "status": {"code": "DTMF", "timestamp": timestamp(moment)},
        "destination": destination,
        "clientRequestId": request_id,
        "actionDetails": {"dtmf": keys},
    }

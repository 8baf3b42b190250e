"""Serves the customers' phones: what they get, and what they write, tap and press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from flask import Blueprint, Response, request

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.messages import Card, Choice, Media
from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.emulator.store import Sent, StoredInstance
from pulumi_8x8.emulator.threads import customer, receiver
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.simulator import (
    CHANCE,
    REASONS,
    Incoming,
    Refusal,
    Tap,
    dtmf_body,
    find,
    label,
    media,
    message_body,
    place,
    reply,
    sends,
    written,
)
from pulumi_8x8.validation import Must, spelled


@dataclass(frozen=True)
class _Place:
    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class _Written:
    """A message of a customer: a text, a place, or media at a URL with an optional text."""

    __pydantic_config__: ClassVar = spelled(sub_account="subAccountId")

    number: Annotated[str, Must("be a phone number", str.strip)]
    channel: Annotated[str, Must("be sms, whatsapp, …", str.strip)]
    sub_account: str | None = None
    text: str | None = None
    kind: Literal["image", "audio", "video", "file"] | None = None
    url: str | None = None
    location: _Place | None = None

    def incoming(self) -> Incoming:
        if self.location is not None:
            return place(**vars(self.location))
        if self.kind is not None:
            return media(self.kind, self.url or "", self.text)
        return written(self.text or "")


@dataclass(frozen=True)
class _Tapped:
    """A tap. Without ``sequence`` it is on the newest message to the number that offers it."""

    number: Annotated[str, Must("be a phone number", str.strip)]
    channel: Annotated[str, Must("be whatsapp, viber, …", str.strip)] = "whatsapp"
    sequence: int | None = None
    choice: str | None = None
    id: str | None = None
    title: str | None = None
    answers: dict[str, Json] = field(default_factory=dict)
    location: _Place | None = None
    accepts: bool = True

    def __post_init__(self) -> None:
        self.tap()

    def tap(self) -> Tap:
        where = None if self.location is None else place(**vars(self.location))
        return Tap(self.choice, self.id, self.title, None, self.answers, where, self.accepts)


@dataclass(frozen=True)
class _Keys:
    sequence: int
    keys: Annotated[str, Must("be the pressed keys", str.strip)]


@dataclass(frozen=True)
class _Refuse:
    code: int
    message: str | None = None
    times: Annotated[int, Must("be a number from 1 to 1000", lambda times: 1 <= times <= 1000)] = 1


def add_phones(routes: Blueprint, service: Service) -> None:
    """Adds the phones' calls to the emulator's own calls, behind their guard."""

    @routes.get("/outbox")
    def outbox() -> Response:
        return answer([sent_answer(sent) for sent in service.store.outbox(wire.query().after)])

    @routes.post("/messages")
    def write() -> Response:
        message = wire.read(_Written, wire.read_json(request.get_data()), "body")
        return say(message.incoming(), message.channel, message.number, message.sub_account)

    @routes.post("/taps")
    def tap() -> Response:
        tapped = wire.read(_Tapped, wire.read_json(request.get_data()), "body")
        only = None if tapped.sequence is None else [tapped.sequence]
        found, to = service.store.outbox(only=only), customer(tapped.number)
        mine = [sent for sent in found if customer(receiver(sent.message)) == to]
        offer = find(tapped.tap(), [sent.message for sent in mine], tapped.number)
        incoming = reply(tapped.tap(), offer, service.clock.now())
        sub_account = offer.message.body.get("subAccountId")
        return say(incoming, tapped.channel, tapped.number, sub_account if isinstance(sub_account, str) else None)

    @routes.post("/keys")
    def press() -> Response:
        pressed = wire.read(_Keys, wire.read_json(request.get_data()), "body")
        calls = [sent for sent in service.store.outbox(only=[pressed.sequence]) if sent.message.channel == "voice"]
        if not calls:
            raise wire.not_found(f"Call {pressed.sequence}")
        call = calls[0].message
        id = call.body.get("clientRequestId")
        body = dtmf_body(
            id if isinstance(id, str) and id else call.umid,
            pressed.keys,
            receiver(call),
            service.clock.now(),
            CHANCE,
            call.umid or None,
        )
        return answer({"resumed": brief(service.press(body, request.args.get("accountId")))})

    @routes.post("/refusals")
    def refuse() -> Response:
        ordered = wire.read(_Refuse, wire.read_json(request.get_data()), "body")
        reason = ordered.message or REASONS.get(ordered.code, "Refused")
        service.refuse([Refusal(ordered.code, reason)] * ordered.times)
        return answer({"refusals": ordered.times})

    @routes.delete("/refusals")
    def accept() -> Response:
        service.refuse(None)
        return Response(status=204)

    def say(incoming: Incoming, channel: str, number: str, sub_account: str | None) -> Response:
        body = message_body(incoming, channel, number, sub_account or "SubAccount-1", service.clock.now(), CHANCE)
        started, resumed = service.receive(body, request.args.get("accountId"))
        return answer({"text": incoming.text, "instances": brief(started), "resumed": brief(resumed)})


def brief(instances: Sequence[StoredInstance]) -> list[dict[str, Any]]:
    """Names instances in an answer."""
    return [
        {
            "definitionId": stored.definition_id,
            "version": stored.version,
            "id": stored.id,
            "status": stored.instance.status,
        }
        for stored in instances
    ]


def sent_answer(sent: Sent) -> dict[str, Any]:
    message = sent.message
    refused = message.refused
    return {
        "sequence": sent.sequence,
        "time": sent.time,
        "channel": message.channel,
        "stepId": message.step_id,
        "definitionId": sent.definition_id,
        "instanceId": sent.instance_id,
        "umid": message.umid,
        "receiver": receiver(sent.message),
        "refused": None if refused is None else {"code": refused.code, "message": refused.message},
        "words": message.words,
        "shown": _shown(sent),
        "message": message.body,
    }


def _shown(sent: Sent) -> dict[str, Any]:
    shown = sent.message.shown
    return {
        "kind": shown.kind,
        "header": shown.header,
        "body": shown.body,
        "footer": shown.footer,
        "button": shown.button,
        "template": shown.template,
        "parameters": list(shown.parameters),
        "media": [_media(each) for each in shown.media],
        "choices": [_choice(each) for each in shown.choices],
        "cards": [_card(each) for each in shown.cards],
        "fallback": shown.fallback.body if shown.fallback else "",
    }


def _media(shown: Media) -> dict[str, Any]:
    return {"kind": shown.kind, "url": shown.url, "name": shown.name, "detail": shown.detail}


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "kind": choice.kind,
        "id": choice.id,
        "title": label(choice),
        "description": choice.description,
        "section": choice.section,
        "target": choice.target,
        "sends": sends(choice),
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "title": card.title,
        "body": card.body,
        "media": [_media(each) for each in card.media],
        "choices": [_choice(each) for each in card.choices],
    }

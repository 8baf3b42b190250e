"""Taps on what messages offer: which choice a customer means, and the reply that the channel sends. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pulumi_8x8.definition.messages import UNTITLED, Choice
from pulumi_8x8.simulator.events import EventError
from pulumi_8x8.simulator.inbound import Incoming, place
from pulumi_8x8.simulator.outcomes import Message

#: Kinds of choices that open something on the phone, and send nothing.
_OPENS: Mapping[str, str] = {
    "url": "opens",
    "call": "calls",
    "map": "shows on the map",
    "calendar": "adds to the calendar",
    "copy": "copies",
}
_PERMITTED = timedelta(days=7)  # how long the permission to call lasts, if it isn't permanent


class TapError(EventError):
    """Nobody can tap this. The message names what is offered."""


@dataclass(frozen=True)
class Tap:
    """What a customer taps. At least one of ``choice``, ``id`` and ``title`` is set.

    :ivar choice: an id or a title. :ivar id: only an id. :ivar title: only a title.
    :ivar step: the id of the step whose message has the choice; by default one of the last messages has it.
    :ivar answers: what the customer enters into a form (WhatsApp Flow).
    :ivar place: the place that the customer sends; by default one in Singapore.
    :ivar accepts: whether the customer allows calls.
    """

    choice: str | None = None
    id: str | None = None
    title: str | None = None
    step: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    place: Incoming | None = None
    accepts: bool = True

    def __post_init__(self) -> None:
        if self.choice is None and self.id is None and self.title is None:
            raise ValueError("needs choice, id or title")

    def means(self, choice: Choice) -> bool:
        """Whether this is a tap on ``choice``."""
        names = (choice.id, label(choice))
        return (
            (self.choice is None or self.choice in names)
            and (self.id is None or self.id == choice.id)
            and (self.title is None or self.title == label(choice))
        )

    def __str__(self) -> str:
        return str(next(name for name in (self.choice, self.title, self.id) if name is not None))


@dataclass(frozen=True)
class Offer:
    """A choice in a message that was sent."""

    message: Message
    choice: Choice


def label(choice: Choice) -> str:
    """What a person reads on a choice, as far as it is known."""
    return choice.title or choice.id or UNTITLED.get(choice.kind, "")


def offers(messages: Sequence[Message]) -> list[Offer]:
    """Everything that messages offer, in the order of reading. A refused message offers nothing: it didn't arrive."""
    arrived = [message for message in messages if message.refused is None]
    return [Offer(message, choice) for message in arrived for choice in message.shown.all_choices]


def find(tap: Tap, messages: Sequence[Message], customer: str) -> Offer:
    """The choice that a tap means. :raises TapError: it isn't offered, or the tap could mean several.

    :param messages: the messages to look in. :param customer: who taps, for the error.
    """
    if tap.step is not None:
        messages = [message for message in messages if message.step_id == tap.step]
    offered = offers(messages)
    meant = [offer for offer in offered if tap.means(offer.choice)]
    # The same button in two messages: a customer taps the one further down.
    newest = [offer for offer in meant if offer.message is meant[-1].message]
    distinct = list(dict.fromkeys((offer.choice.id, label(offer.choice)) for offer in newest))
    if len(distinct) == 1:
        return newest[0]
    if distinct:
        names = " and ".join(f"{title!r} (id {id!r})" for id, title in distinct)
        raise TapError(f"{str(tap)!r} could mean {names}. Name the id or the title.")
    template = next((message for message in reversed(messages) if message.shown.kind == "template"), None)
    if template is not None and template.refused is None and tap.id is None:
        # Only the template, which is stored online, has the titles of all its buttons.
        return Offer(template, Choice("", str(tap), "quick_reply", ()))
    where = "nothing was sent" if not messages else "the last messages offer nothing to tap"
    if tap.step is not None:
        where = f"step {tap.step} sent nothing" if not messages else f"the message of step {tap.step} offers nothing"
    if offered:
        what = "the last messages offer" if tap.step is None else f"step {tap.step} offers"
        where = f"{what} {', '.join(_named(offer.choice) for offer in offered)}"
    raise TapError(f"{str(tap)!r} isn't offered to {customer}: {where}.")


def _named(choice: Choice) -> str:
    title = label(choice)
    return f"{title!r} (id {choice.id!r})" if choice.id and choice.id != title else repr(title)


def reply(tap: Tap, offer: Offer, moment: datetime) -> Incoming:
    """What the channel sends for a tap. :raises TapError: a tap on this choice sends nothing that is published."""
    choice = offer.choice
    if choice.kind in _OPENS:
        target = f" {choice.target}" if choice.target else ""
        raise TapError(f"{label(choice)!r} {_OPENS[choice.kind]}{target}, and sends nothing.")
    make = _REPLIES.get(choice.kind)
    if make is None:
        raise TapError(
            f"{label(choice)!r} is a {choice.kind}: no published source describes what a tap sends. "
            "Deliver the webhook body instead."
        )
    incoming = make(tap, choice, moment)
    return Incoming(incoming.type, incoming.content, incoming.text, offer.message.umid or None)


def _button(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    return _interactive("button_reply", {"id": choice.id, "title": choice.title}, choice.title)


def _row(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    described = {"description": choice.description} if choice.description else {}
    return _interactive("list_reply", {"id": choice.id, "title": choice.title, **described}, choice.title)


def _quick_reply(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    title = label(choice)
    return Incoming("Text", {"text": title, "payload": choice.id or title}, title)


def _suggestion(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    title = choice.title or choice.id
    return Incoming("Text", {"text": title, "postbackData": choice.id}, title)


def _flow(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    answers = {"flow_token": "unused", **tap.answers}
    sent = {"responseJson": json.dumps(answers, ensure_ascii=False)}
    return _interactive("nfmReply", sent, f"{label(choice)}: {json.dumps(dict(tap.answers), ensure_ascii=False)}")


def _location(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    return tap.place or place(1.2857, 103.8479)


def _call_permission(tap: Tap, choice: Choice, moment: datetime) -> Incoming:
    answer: dict[str, Any] = {"response": "accept" if tap.accepts else "reject", "isPermanent": False}
    if tap.accepts:
        answer["expirationTimestamp"] = int((moment + _PERMITTED).timestamp())
    answer["responseSource"] = "user_action"
    return _interactive("callPermissionReply", answer, "allows calls" if tap.accepts else "allows no calls")


def _interactive(kind: str, value: dict[str, Any], text: str) -> Incoming:
    return Incoming("Interactive", {"interactive": {"type": kind, kind: value}}, text)


_REPLIES: Mapping[str, Callable[[Tap, Choice, datetime], Incoming]] = {
    "button": _button,
    "row": _row,
    "quick_reply": _quick_reply,
    "suggestion": _suggestion,
    "flow": _flow,
    "location": _location,
    "call_permission": _call_permission,
}


def sends(choice: Choice) -> bool:
    """Whether a tap on a choice sends a reply that is known."""
    return choice.kind in _REPLIES


def unread(incoming: Incoming, source: str) -> str | None:
    """A warning if a workflow reads the text of messages, which this tap doesn't have, and never looks at a tap.

    :param source: the steps of the workflow as JSON.
    """
    interactive = incoming.content.get("interactive")
    if not isinstance(interactive, dict) or "content.text" not in source or ".interactive" in source:
        return None
    return (
        "the workflow reads content.text, which a tap doesn't have: this one has "
        f"content.interactive.{interactive['type']}"
    )

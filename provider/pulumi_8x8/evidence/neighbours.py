"""Other conversations of the same customer, which a change may make different, too. No I/O.

A conversation is run again by itself. What it takes from the record holds only as long as the customer got the same
messages in all conversations. And a message that began a conversation would be an answer instead, if an earlier
conversation with the customer waits for one on the changed workflow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from typing import Any

from pulumi_8x8.definition import parse_duration
from pulumi_8x8.definition.steps import Wait, WaitForDTMF, WaitForReply, published_step_type
from pulumi_8x8.errors import DurationError
from pulumi_8x8.evidence.course import Course
from pulumi_8x8.evidence.records import Record
from pulumi_8x8.simulator import EventError, read_inbound

#: How long a customer may act upon a conversation after its end.
MEMORY = timedelta(days=2)
_EVER = datetime.max.replace(tzinfo=UTC)
#: The input with the time that a step takes; a timeout is a day if it isn't set.
_LASTS = {Wait.step_type: "duration", WaitForReply.step_type: "timeout", WaitForDTMF.step_type: "timeout"}


@dataclass(frozen=True)
class Neighbour:
    """What matters of a conversation for others.

    :ivar old, new: its courses; ``None`` if they are unknown. :ivar begun_by: the customer whose message began it.
    :ivar lasts: the longest time that the changed workflow takes; ``None``: there is no longest time.
    """

    record: Record
    old: Course | None
    new: Course | None
    begun_by: str | None
    lasts: timedelta | None


def disturbed(mine: Neighbour, others: Sequence[Neighbour]) -> bool:
    """Whether another conversation may change what the record shows about one.

    :param others: those that reach one of the customers that it listens to.
    """
    if mine.record.started is None:
        return False
    uses = [each.end for each in (mine.new.listened if mine.new is not None else ()) if each.how != "cut"]
    uses += [mine.record.started] if mine.begun_by is not None else []
    for other in others:
        if other.record.id != mine.record.id:
            begins, ends = _differs(other)
            if any(begins <= use <= ends for use in uses):
                return True
    return False


def begun_by(record: Record, trigger: Any) -> str | None:
    """The customer whose message began a conversation; ``None`` if a call did."""
    with suppress(EventError):
        inbound = read_inbound(record.data) if trigger != "http_request" else None
        sender = None if inbound is None else inbound.channel_user_id or inbound.msisdn
        return None if sender is None else _plain(sender)
    return None


def longest(steps: Sequence[Mapping[str, Any]]) -> timedelta | None:
    """The longest time that steps take together; ``None`` if it isn't known, or they run in circles."""
    total, places = timedelta(), {str(step.get("id")): place for place, step in enumerate(steps)}
    for place, step in enumerate(steps):
        following = [*(step.get("selectNextStep") or {}), step.get("nextStepId")]
        if step.get("do") or any(places.get(str(to), place + 1) <= place for to in following if to is not None):
            return None
        kind = published_step_type(step.get("stepType"))
        if kind in _LASTS:
            given = step.get("inputs")
            inputs = given if isinstance(given, dict) else {}
            value = inputs.get(_LASTS[kind], "1.00:00:00")
            try:
                total += parse_duration(value if isinstance(value, str) else "")
            except DurationError:
                return None
    return total


def _differs(other: Neighbour) -> tuple[datetime, datetime]:
    """From when to when another conversation may differ on the changed workflow."""
    started = other.record.started or datetime.min.replace(tzinfo=UTC)
    if other.old is None or other.new is None:
        if other.lasts is None or other.record.ended is None:
            return started, _EVER
        return started, _later(max(_later(started, other.lasts), other.record.ended), MEMORY)
    moments = [] if other.new.until is None else [other.new.until]
    sent = next((pair for pair in zip_longest(_sent(other.old), _sent(other.new)) if pair[0] != pair[1]), ())
    moments += [each[0] for each in sent if each is not None]
    moments += [start for start, _, _ in _listened(other.old) ^ _listened(other.new)]
    ends = max(act.at for course in (other.old, other.new) for act in course.acts) if other.new.acts else started
    if other.new.after is not None:
        ends = _EVER if other.lasts is None else max(ends, _later(started, other.lasts))
    return min(moments, default=_EVER), _later(ends, MEMORY)


def _sent(course: Course) -> list[tuple[datetime, str]]:
    """The messages in their order. One more, or another order, may change what a customer does."""
    return [(act.at, act.what) for act in course.acts if act.kind == "message"]


def _listened(course: Course) -> set[tuple[datetime, str, datetime]]:
    return {(each.start, each.key, each.end) for each in course.listened}


def listens(mine: Neighbour) -> set[str]:
    """The customers to whom a conversation listens."""
    listened = () if mine.new is None else mine.new.listened
    return {_sender(each.key) for each in listened} | ({mine.begun_by} if mine.begun_by is not None else set())


def customers(mine: Neighbour) -> set[str]:
    """The customers whom a conversation listens or writes to."""
    found = listens(mine)
    for course in (mine.old, mine.new):
        if course is not None:
            found |= {_sender(each.key) for each in course.listened}
            messages = (act.message for act in course.acts if act.message is not None)
            found |= {_plain(message.shown.receiver) for message in messages}
    return found


def _sender(key: str) -> str:
    return _plain(key.split(" ")[-1])


def _plain(number: str) -> str:
    return number.strip().lstrip("+")


def _later(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment + length
    except OverflowError:
        return _EVER

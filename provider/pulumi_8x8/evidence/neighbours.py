"""Other conversations of the same customer, which a change may make different, too. No I/O.

A conversation is run again by itself. What it takes from the record holds only as long as the customer got the same
messages in all conversations. And a message that began a conversation would be an answer instead, if an earlier
conversation with the customer waits for one on the changed workflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
from pulumi_8x8.evidence.unknowns import script_facts, whole_script
from pulumi_8x8.simulator import EventError, read_inbound

#: How long a customer may act upon a conversation after its end.
MEMORY = timedelta(days=2)
BEFORE = datetime.min.replace(tzinfo=UTC)
_EVER = datetime.max.replace(tzinfo=UTC)
#: The input with the time that a step takes; a timeout is a day if it isn't set.
_LASTS = {Wait.step_type: "duration", WaitForReply.step_type: "timeout", WaitForDTMF.step_type: "timeout"}


@dataclass(frozen=True)
class Neighbour:
    """What matters of a conversation for others.

    :ivar old, new: its courses; ``None`` if they are unknown. :ivar begun_by: the customer whose message began it.
    :ivar lasts: the longest time that the changed workflow takes; ``None``: there is no longest time.
    :ivar reach: the customers whom the changed workflow may listen or write to, as far as its inputs show them.
    :ivar margin: what happens within this time of something else may happen before or after it.
    """

    record: Record
    old: Course | None
    new: Course | None
    begun_by: str | None
    lasts: timedelta | None
    reach: frozenset[str] = frozenset()
    margin: timedelta = timedelta()


def disturbed(mine: Neighbour, others: Sequence[Neighbour]) -> datetime | None:
    """From when on another conversation may change what the record shows about one; ``None``: it can't.

    A customer who got other messages may answer at any time while it is listened to. It may also not write the message
    that began the conversation. Then nothing is known: :data:`BEFORE`. The same is true of a message that began one
    conversation at about the time when another begins or ends to listen: next time, the other one may hear it.

    :param others: those that reach one of the customers that it listens to.
    """
    started = mine.record.started
    if started is None:
        return None
    moments = []
    for other in others:
        begins, ends = _differs(other)
        if (mine.begun_by is not None and begins <= started <= ends) or _races(mine, other) is not None:
            return BEFORE
        race = _races(other, mine)
        moments += [] if race is None else [race]
        for each in mine.new.listened if mine.new is not None else ():
            if each.start <= ends and begins <= each.end:
                moments.append(max(each.start, begins))
    return min(moments, default=None)


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


def reach(steps: Iterable[Mapping[str, Any]], data: Mapping[str, Any]) -> frozenset[str]:
    """The customers whom steps may listen or write to. :param steps: with the steps inside others."""
    found = set()
    for step in steps:
        given = step.get("inputs")
        inputs = given if isinstance(given, dict) else {}
        user, params = inputs.get("user"), inputs.get("params")
        members = [inputs.get("from"), inputs.get("destination")]
        members += [user.get("msisdn"), user.get("channelUserId")] if isinstance(user, dict) else []
        members += [params.get("destination")] if isinstance(params, dict) else []
        for each in members:
            code = whole_script(each)
            value: Any = each if code is None else data
            for part in script_facts(code).reads[0].path if code and script_facts(code).plain else ():
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str):
                found.add(_plain(value))
    return frozenset(found)


def _races(begun: Neighbour, waits: Neighbour) -> datetime | None:
    """When a conversation may first hear the message that began another one; ``None``: never.

    It began or ended to listen at about that time, so that slowness decides.
    """
    at = begun.record.started
    if at is None or begun.begun_by is None:
        return None
    listened = [each for course in (waits.old, waits.new) if course is not None for each in course.listened]
    edges = [edge for each in listened if _sender(each.key) == begun.begun_by for edge in (each.start, each.end)]
    return min((min(edge, at) for edge in edges if abs(edge - at) <= waits.margin), default=None)


def _differs(other: Neighbour) -> tuple[datetime, datetime]:
    """From when to when another conversation may differ on the changed workflow."""
    started = other.record.started or BEFORE
    if other.old is None or other.new is None:
        if other.lasts is None or other.record.ended is None:
            return started, _EVER
        return started, _later(max(_later(started, other.lasts), other.record.ended), MEMORY)
    moments = [] if other.new.until is None else [other.new.until]
    sent = next((pair for pair in zip_longest(_sent(other.old), _sent(other.new)) if pair[0] != pair[1]), ())
    moments += [each[0] for each in sent if each is not None]
    listened = _listened(other.old) ^ _listened(other.new)
    moments += [start for start, _, _ in listened]
    ends = max(act.at for course in (other.old, other.new) for act in course.acts) if other.new.acts else started
    if other.new.after is not None:
        ends = _EVER if other.lasts is None else max(ends, _later(started, other.lasts))
    for end in [end for _, _, end in listened if other.begun_by is not None]:
        # A message that nothing waits for now may begin a conversation that isn't recorded.
        ends = _EVER if other.lasts is None else max(ends, _later(end, other.lasts))
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
    if mine.new is None or mine.new.after is not None:
        found |= mine.reach
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

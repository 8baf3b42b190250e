"""What a changed definition does to one conversation: two courses compared. No I/O.

What nobody outside notices doesn't count: a Branch more, another id of a step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from pulumi_8x8.evidence.course import Act, Course, Listening, Ran
from pulumi_8x8.evidence.unknowns import may_be_same
from pulumi_8x8.review.sentences import Sentence, sentence

#: From what a reviewer has to see first.
Kind: TypeAlias = Literal["fault", "no answer", "way", "text", "time", "start", "same", "undetermined"]

_END: Sentence = ("the end",)


@dataclass(frozen=True)
class Outcome:
    """What happens to one conversation.

    :ivar what: where and how it differs, or why it is unknown; empty if it is the same.
    :ivar where, old, new: the same by steps of the changed definition, for programs: the step where the ways part, and
        the steps that follow it; ``None`` for the end, and if the outcome has none.
    :ivar rest: why the rest of the conversation is unknown; ``None`` if all of it is known.
    :ivar before, after: what a customer reads before and after, or what fails; a customer's data may be in it.
    """

    kind: Kind
    what: Sentence = ()
    where: str | None = None
    old: str | None = None
    new: str | None = None
    rest: str | None = None
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)


def undetermined(why: str) -> Outcome:
    """The outcome of a conversation that the record doesn't decide."""
    return Outcome("undetermined", _sentence(why))


def compare(old: Course, new: Course, names: Mapping[str, str]) -> Outcome:
    """The outcome for a conversation that went as ``old`` and would go as ``new``.

    :param names: the new id of every step that both definitions have.
    """
    found: dict[Kind, Outcome] = {}
    for kind, outcome in _differences(old, new, names):
        found.setdefault(kind, outcome)
    last = new.acts[-1] if new.acts else None
    failed = last if last is not None and last.kind == "fault" else None
    if failed is not None and not any(act.kind == "fault" and _now(act.step, names) == failed.step for act in old.acts):
        what = sentence("{} fails", failed.step)
        return Outcome("fault", what, failed.step, after=failed.words)
    way = found.get("way")
    if way is not None and new.after is None and not _answers(new) and _answers(old):
        return Outcome("no answer", way.what, way.where, way.old, way.new, None, way.before, way.after)
    for kind in ("way", "text", "time"):
        if kind in found:
            each = found[kind]
            return Outcome(kind, each.what, each.where, each.old, each.new, new.after, each.before, each.after)
    return found.get("undetermined", Outcome("same")) if new.after is None else undetermined(new.after)


def _differences(old: Course, new: Course, names: Mapping[str, str]) -> Iterator[tuple[Kind, Outcome]]:
    for was, now in zip(old.acts, new.acts, strict=False):
        if not _same_place(was, now, names):
            if was.kind == now.kind == "message" and may_be_same(was.what, now.what):
                yield "undetermined", undetermined(f"`{now.step}` sends what no output kept")
            else:
                yield "way", _parting(old, new, was, now, names)
            return
        if now.kind == "message" and was.what != now.what:
            if may_be_same(was.what, now.what):
                yield "undetermined", undetermined(f"`{now.step}` sends what no output kept")
            else:
                what = sentence("{} has another text", now.step)
                yield "text", Outcome("text", what, now.step, before=was.words, after=now.words)
        if now.kind == "call" and was.at == now.at and all(act.what != now.what for act in old.acts):
            yield "way", Outcome("way", sentence("{} calls something else", now.step), now.step)
            return
        if now.kind in ("message", "call") and was.at != now.at:
            moved = "later" if now.at > was.at else "earlier"
            done = "sends" if now.kind == "message" else "calls"
            yield "time", Outcome("time", sentence(f"{{}} {done} {moved}", now.step), now.step)
    yield from _waits(old, new, names)


def _waits(old: Course, new: Course, names: Mapping[str, str]) -> Iterator[tuple[Kind, Outcome]]:
    """What is different if the changed definition waits for an answer where the record shows nothing more.

    That it waits is known. Whether an answer comes isn't.
    """
    if new.after is None or new.until is None:
        return
    place = _first_difference(old, new, names)
    if new.rests and place is not None and _noticed_acts(old, new.until) - _noticed_acts(new, new.until):
        yield "way", _parting_at(old, new, place, names)
    for waits in new.listened:
        if waits.how != "cut" or waits.end != new.until or _listens(old, waits):
            continue
        same = [each for each in old.listened if (_now(each.step, names), each.start) == (waits.step, waits.start)]
        if any(each.key != waits.key for each in same):
            yield "way", Outcome("way", sentence("{} waits for somebody else", waits.step), waits.step)
        elif any(each.how == "silent" and each.end <= waits.end for each in same):
            yield "time", Outcome("time", sentence("{} waits longer for an answer", waits.step), waits.step)
        elif not same and place is not None:
            yield "way", _parting_at(old, new, place, names)


def _noticed_acts(course: Course, until: datetime) -> Counter[tuple[datetime, str]]:
    """The messages and calls until a moment."""
    return Counter((act.at, act.what) for act in course.acts if act.kind in ("message", "call") and act.at <= until)


def _listens(course: Course, waits: Listening) -> bool:
    """Whether a course listens to the same customer at the end of a wait."""
    return any(each.key == waits.key and each.start <= waits.end < each.end for each in course.listened)


def _first_difference(old: Course, new: Course, names: Mapping[str, str]) -> int | None:
    """Where a course that isn't known to its end runs another step than the old one; ``None``: nowhere yet."""
    before, after = _noticed(old), _noticed(new)
    for place, ran in enumerate(after):
        if place >= len(before) or _now(before[place].step, names) != ran.step:
            return place
    return None


def _same_place(was: Act, now: Act, names: Mapping[str, str]) -> bool:
    if was.kind != now.kind:
        return False
    return was.kind == "end" or _now(was.step, names) == now.step or (was.kind != "fault" and was.what == now.what)


def _parting(old: Course, new: Course, was: Act, now: Act, names: Mapping[str, str]) -> Outcome:
    """Where two ways part."""
    if {was.kind, now.kind} == {"heard", "silent"} and _now(was.step, names) == now.step:
        missing = (
            "no longer waits for its answer" if now.kind == "silent" else "gets an answer that came too late before"
        )
        return Outcome("way", sentence(f"{{}} {missing}", now.step), now.step)
    before, after = _noticed(old), _noticed(new)
    place = next(
        (place for place, (a, b) in enumerate(zip(before, after, strict=False)) if _now(a.step, names) != b.step),
        min(len(before), len(after)),
    )
    if place >= max(len(before), len(after)):
        return Outcome("way", sentence("{} goes another way", now.step or was.step), now.step or was.step)
    return replace(_parting_at(old, new, place, names), before=was.words, after=now.words)


def _parting_at(old: Course, new: Course, place: int, names: Mapping[str, str]) -> Outcome:
    """Where two ways part, by the number of steps before."""
    left, right = _at(_noticed(old), place), _at(_noticed(new), place)
    where = right.after if right is not None else _now(left.after, names) if left is not None else ""
    from_, to = (None if left is None else _now(left.step, names)), (None if right is None else right.step)
    what = sentence("after {}: to {} instead of {}", where, to or _END, from_ or _END)
    if not where:
        what = sentence("it starts with {} instead of {}", to or _END, from_ or _END)
    return Outcome("way", what, where or None, from_, to)


def _noticed(course: Course) -> list[Ran]:
    """The steps that ran, without those that only decide."""
    return [each for each in course.ran if not each.decides]


def _at(ran: list[Ran], place: int) -> Ran | None:
    return ran[place] if place < len(ran) else None


def _answers(course: Course) -> bool:
    """Whether something is sent after the customer's last message."""
    answered = False
    for act in course.acts:
        if act.kind in ("message", "heard"):
            answered = act.kind == "message"
    return answered


def _now(step: str, names: Mapping[str, str]) -> str:
    return names.get(step, step)


def _sentence(text: str) -> Sentence:
    """A sentence of a text with code between backquotes."""
    pieces = text.split("`")
    return sentence("{}".join(pieces[::2]), *pieces[1::2])

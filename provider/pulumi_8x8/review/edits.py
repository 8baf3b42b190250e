"""Compares two definitions step by step: added, removed, renamed, moved, rewired, changed. No I/O.

:mod:`.compare` lists places, as the engine needs them. This module finds what an author did. It matches a step with
another id by what the step does, so that neither the step nor the edges to it look new.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import ClassVar, TypeAlias, TypeVar

from pulumi_8x8.definition import Definition, Hole, If, Json, Path, is_script, model
from pulumi_8x8.definition.compare import compare, reordered, same
from pulumi_8x8.definition.masking import PLAIN, Secret
from pulumi_8x8.phrasing import natural
from pulumi_8x8.review.offers import is_shown, message_in_words
from pulumi_8x8.review.sentences import WordRun, likeness, mark_words
from pulumi_8x8.review.step_index import NEXT, StepIndex, StepPlace, Way


@dataclass(frozen=True)
class Edit:
    """One change of a definition.

    :ivar kind: its name in JSON.
    :param step: the id of the step after the change; ``None`` for a change of the workflow itself.
    """

    kind: ClassVar[str]
    step: str | None


@dataclass(frozen=True)
class Added(Edit):
    """A new step.

    :param step_type: its type; empty if it has none.
    :param content: its inputs and outputs, by place.
    """

    kind = "added"
    step_type: str
    content: tuple[tuple[Path, Json], ...]


@dataclass(frozen=True)
class Removed(Edit):
    """A removed step, with the same properties as :class:`Added`."""

    kind = "removed"
    step_type: str
    content: tuple[tuple[Path, Json], ...]


_Whole = TypeVar("_Whole", Added, Removed)


@dataclass(frozen=True)
class Renamed(Edit):
    """A step with a new id.

    :param old: the previous id.
    """

    kind = "renamed"
    old: str


@dataclass(frozen=True)
class Moved(Edit):
    """A step at another point of the flow, or in another sequence of steps."""

    kind = "moved"
    old: StepPlace
    new: StepPlace


@dataclass(frozen=True)
class Rewired(Edit):
    """A path with another target.

    :param condition: the condition of the path: a script, ``None`` for the default edge, :data:`NEXT` for
        ``nextStepId``.
    :param old: the id of the previous target; ``None`` for a new path.
    :param new: the id of the new target; ``None`` for a removed path. If ``step`` is ``None``, the first step.
    """

    kind = "rewired"
    condition: Json
    old: str | None
    new: str | None


@dataclass(frozen=True)
class ConditionChanged(Edit):
    """A path with another condition; for conditions see :class:`Rewired`.

    :param target: the id of the step at its end; ``None`` for the condition of an ``If``.
    """

    kind = "condition changed"
    target: str | None
    old: Json
    new: Json


@dataclass(frozen=True)
class TextChanged(Edit):
    """A text with changed words.

    :param path: the place in the step: ``("inputs", "content", "text")``.
    """

    kind = "text changed"
    path: Path
    words: tuple[WordRun, ...]


@dataclass(frozen=True)
class MessageChanged(Edit):
    """A message that has more than a text: what its receiver sees, with the changed words."""

    kind = "message changed"
    words: tuple[WordRun, ...]


@dataclass(frozen=True)
class ValueChanged(Edit):
    """Any other value. A :class:`Secret` on both sides has changed.

    :param old: ``ABSENT`` if there was no value.
    """

    kind = "value changed"
    path: Path
    old: Json
    new: Json


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: No value; ``None`` is the value null.
ABSENT = _Absent()

#: New step by old step.
Renames: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """Two definitions, step by step.

    :param old, new: ``None`` for a workflow that is created or deleted.
    :param edits: first the edits of the workflow itself, then the edits of its steps in the order of the new flow.
        Removed steps are in between, in the order of the old flow.
    :param names: the new id of every step that is in both.
    :param unseen: places that are secret on both sides in a preview, so that changes are invisible.
    """

    old: StepIndex | None
    new: StepIndex | None
    edits: tuple[Edit, ...]
    names: Renames
    unseen: tuple[Path, ...] = ()


def compare_steps(old: Definition | None, new: Definition | None) -> Comparison:
    """Finds the edits that turn ``old`` into ``new``; ``None`` is a workflow that doesn't exist."""
    before, after = (None if each is None else StepIndex(each) for each in (old, new))
    if before is None or after is None:
        edits: list[Edit] = [Removed(name, before.kind(name), ()) for name in before or () if before]
        edits += [_whole(Added, after, name) for name in after or () if after]
        return Comparison(before, after, tuple(edits), {})
    finder = _Finder(before, after)
    edits = [*finder.workflow(), *finder.steps()]
    one, other = before.definition, after.definition
    # No edit describes another order, nor what nobody does on purpose, such as turning a `do` around.
    rest = compare(one, other) if not edits else reordered(one, other) if model.ORDER_COUNTS else ()
    edits += [ValueChanged(None, change.path, change.old, change.new) for change in rest]
    return Comparison(before, after, tuple(edits), finder.names, tuple(finder.unseen))


def _whole(edit: type[_Whole], steps: StepIndex, name: str) -> _Whole:
    return edit(name, steps.kind(name), tuple(_leaves(steps.content(name), ())))


class _Finder:
    def __init__(self, old: StepIndex, new: StepIndex) -> None:
        self.old, self.new = old, new
        self.unseen: list[Path] = []
        # If all steps are secret on one side, the steps on the other side may be the same secret.
        self.hidden = old.hidden or new.hidden
        self.names = {} if self.hidden else _same_steps(old, new)
        self._back = {new_name: old_name for old_name, new_name in self.names.items()}

    def workflow(self) -> Iterator[Edit]:
        old, new = self.old.parts(), self.new.parts()
        for key in dict.fromkeys((*old, *new)):
            yield from self._values(None, (key,), old.get(key, ABSENT), new.get(key, ABSENT))
        if self.hidden:
            # The number of visible steps is enough: all of them may be the same secret.
            before, after = (steps.hidden or f"{len(list(steps))} steps" for steps in (self.old, self.new))
            yield from self._values(None, ("steps",), before, after)
            return
        start = None if self.old.start is None else self.names.get(self.old.start, self.old.start)
        if start != self.new.start and self.old.start is not None and self.new.start is not None:
            yield Rewired(None, NEXT, self.old.start, self.new.start)

    def steps(self) -> Iterator[Edit]:
        if self.hidden:
            return
        removed = {name: _whole(Removed, self.old, name) for name in self.old if name not in self.names}
        for name in self.new:
            if name in self._back:
                # A removed step is listed at its old place: before the step that came after it.
                for gone in self.old.before(self._back[name]):
                    if gone in removed:
                        yield removed.pop(gone)
                yield from self._kept(self._back[name], name)
            else:
                yield _whole(Added, self.new, name)
        yield from removed.values()

    def _kept(self, old: str, new: str) -> Iterator[Edit]:
        if old != new:
            yield Renamed(new, old)
        yield from self._moved(old, new)
        yield from self._ways(old, new)
        yield from self._content(old, new)

    def _content(self, old: str, new: str) -> Iterator[Edit]:
        was, now = self.old.content(old), self.new.content(new)
        before = message_in_words(self.old.kind(old), was.get("inputs"))
        after = message_in_words(self.new.kind(new), now.get("inputs"))
        in_words = before is not None and after is not None and before != after
        if in_words:
            yield MessageChanged(new, mark_words(before or "", after or ""))
        for edit in self._values(new, (), was, now):
            if not (in_words and isinstance(edit, TextChanged | ValueChanged) and is_shown(edit.path)):
                yield edit

    def _moved(self, old: str, new: str) -> Iterator[Edit]:
        was = self.old.place(old, lambda name: name in self.names)
        is_now = self.new.place(new, lambda name: name in self._back)
        was_named = was.renamed(self.names)
        if was_named.inside != is_now.inside or (
            # If only one neighbour changed, another step moved.
            _other(was_named.after, is_now.after) and _other(was_named.before, is_now.before)
        ):
            yield Moved(new, was, is_now)

    def _ways(self, old: str, new: str) -> Iterator[Edit]:
        was = [Way(way.condition, self.names.get(way.target, way.target)) for way in self.old.ways(old)]
        _, was, now = _matched(was, self.new.ways(new), lambda way: (_key(way.condition), way.target))
        # First equal conditions with another target, then equal targets with another condition, then the rest.
        pairs, was, now = _matched(was, now, lambda way: _key(way.condition))
        for one, other in pairs:
            yield Rewired(new, one.condition, one.target, other.target)
        pairs, was, now = _matched(was, now, lambda way: way.target)
        for one, other in pairs:
            yield ConditionChanged(new, one.target, one.condition, other.condition)
        for one in was:
            yield Rewired(new, one.condition, one.target, None)
        for one in now:
            yield Rewired(new, one.condition, None, one.target)

    def _values(self, step: str | None, path: Path, old: Json, new: Json) -> Iterator[Edit]:
        # An added or removed object is listed leaf by leaf, too.
        old = {} if old is ABSENT and isinstance(new, Mapping) and new else old
        new = {} if new is ABSENT and isinstance(old, Mapping) and old else new
        if isinstance(old, Secret) or isinstance(new, Secret):
            yield from self._secret(step, path, old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted({*old, *new}, key=natural):
                yield from self._values(step, (*path, key), old.get(key, ABSENT), new.get(key, ABSENT))
        elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
            for index, a, b in _pairs(old, new):
                yield from self._values(
                    step, (*path, index), ABSENT if a is None else old[a], ABSENT if b is None else new[b]
                )
        elif not same(old, new):
            of_if = step is not None and path == ("inputs", "condition") and self.new.node(step).declaration is If
            if of_if and old is not ABSENT and new is not ABSENT:
                yield ConditionChanged(step, None, old, new)
            elif isinstance(old, str) and isinstance(new, str) and (_is_text(old) or _is_text(new)):
                yield TextChanged(step, path, mark_words(old, new))
            else:
                yield ValueChanged(step, path, old, new)

    def _secret(self, step: str | None, path: Path, old: Json, new: Json) -> Iterator[Edit]:
        if all(isinstance(side, Secret) and side.digest is None for side in (old, new)):
            self.unseen.append(path if step is None else ("steps", step, *path))
        elif old != new:
            mine, other = (_shown(*pair) for pair in ((old, new), (new, old)))
            yield ValueChanged(step, path, mine, other)


def _matched(
    old: Sequence[Way], new: Sequence[Way], key: Callable[[Way], object]
) -> tuple[list[tuple[Way, Way]], list[Way], list[Way]]:
    """Pairs of an old path and the first new one with the same key; the other old paths; the other new ones."""
    waiting: dict[object, deque[int]] = {}
    for index, way in enumerate(new):
        waiting.setdefault(key(way), deque()).append(index)
    pairs, rest, taken = [], [], set()
    for way in old:
        if found := waiting.get(key(way)):
            taken.add(found[0])
            pairs.append((way, new[found.popleft()]))
        else:
            rest.append(way)
    return pairs, rest, [way for index, way in enumerate(new) if index not in taken]


def _key(value: Json) -> Hashable:
    """What is equal for values (conditions, items of a list) that are the same."""
    if value is None or value is NEXT or isinstance(value, str | Hole):
        return value
    # A secret doesn't show its digest.
    return "JSON", json.dumps(value, sort_keys=True, default=lambda hole: [repr(hole), getattr(hole, "digest", "")])


def _shown(value: Json, other: Json) -> Json:
    if value is ABSENT or isinstance(value, Secret):
        return value if value is ABSENT else Secret()
    return PLAIN if isinstance(other, Secret) and other.digest is None else Secret()


def _same_steps(old: StepIndex, new: StepIndex) -> dict[str, str]:
    """New ids by old ids, for every step that is in both."""
    names = {name: name for name in old if name in new}
    gone = [name for name in old if name not in names]
    come = [name for name in new if name not in names]
    if not gone or not come:
        return names
    # First the steps that do exactly the same, in the order of the flow …
    waiting: dict[str, list[str]] = {}
    for name in come:
        waiting.setdefault(_fingerprint(new, name), []).append(name)
    for name in gone:
        candidates = waiting.get(_fingerprint(old, name))
        if candidates:
            names[name] = candidates.pop(0)
    # … then the steps that do nearly the same.
    taken = set(names.values())
    gone = [name for name in gone if name not in names]
    come = [name for name in come if name not in taken]
    if len(gone) * len(come) <= _MOST_PAIRS:
        alike = [(_alike(old, one, new, other), one, other) for one in gone for other in come]
        for score, one, other in sorted(alike, key=lambda each: -each[0]):
            if score and one not in names and other not in names.values():
                names[one] = other
    return names


#: More pairs of removed and added steps aren't compared: they aren't renamings.
_MOST_PAIRS = 100


def _fingerprint(steps: StepIndex, name: str) -> str:
    conditions = sorted(repr(way.condition) for way in steps.ways(name))
    return json.dumps([steps.kind(name), steps.content(name), conditions], sort_keys=True, default=repr)


def _alike(old: StepIndex, one: str, new: StepIndex, other: str) -> float:
    """How similar two steps of one type are; 0 if any part is quite different."""
    if old.kind(one) != new.kind(other):
        return 0.0
    was = dict(_leaves(old.content(one), ()))
    now = dict(_leaves(new.content(other), ()))
    shares = []
    for path in sorted({*was, *now}, key=repr):
        a, b = was.get(path, ABSENT), now.get(path, ABSENT)
        both_text = isinstance(a, str) and isinstance(b, str)
        shares.append(1.0 if same(a, b) else likeness(a, b) if both_text else 0.0)
    if not shares or min(shares) < 0.5:
        return 0.0
    score = sum(shares) / len(shares)
    return score if score >= 0.8 else 0.0


def _leaves(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list | tuple) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    elif path:
        yield path, value


def _pairs(old: Sequence[Json], new: Sequence[Json]) -> Iterator[tuple[int, int | None, int | None]]:
    """Items of two lists that belong together: the reported position, the old one, the new one (``None``: absent).

    Equal items are there as well: a secret in them may have changed unseen.
    """
    one, other = ([_key(item) for item in items] for items in (old, new))
    for a, b, c, d in _aligned(one, other):
        shared = min(b - a, d - c)
        yield from ((c + number, a + number, c + number) for number in range(shared))
        yield from ((position, position, None) for position in range(a + shared, b))
        yield from ((position, None, position) for position in range(c + shared, d))


#: Longer lists (the product of their lengths) are compared position by position, without their equal ends.
_MOST_COMPARED = 1_000_000


def _aligned(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int, int, int]]:
    """Parts of two lists that are equal, or that differ: from where to where in the old one, and in the new one."""
    if len(old) * len(new) > _MOST_COMPARED:
        start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
        ends = zip(reversed(old[start:]), reversed(new[start:]), strict=False)
        end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
        a, b = len(old) - end, len(new) - end
        yield from ((0, start, 0, start), (start, a, start, b), (a, len(old), b, len(new)))
    else:
        for _, *places in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            a, b, c, d = places
            yield a, b, c, d


def _is_text(value: str) -> bool:
    # A text that people read, not an id, a number, an address or a script.
    return any(letter.isspace() for letter in value.strip()) and not (
        is_script(value) and value.strip().startswith("{{") and value.strip().endswith("}}") and value.count("{{") == 1
    )


def _other(old: frozenset[str], new: frozenset[str]) -> bool:
    return old != new and not old & new

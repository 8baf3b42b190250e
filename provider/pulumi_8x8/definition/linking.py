"""Links between steps: ``ask.then(rating)``, ``branch.when(condition, step).otherwise(step)``.

A link is recorded in the step that it begins at, so links may go forwards, backwards and in loops. A target is a step,
a flow, the id of a step, a dictionary, or a list of these, which is a sequence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from pulumi_8x8.definition.authorship import error
from pulumi_8x8.definition.values import Hole

if TYPE_CHECKING:
    from pulumi import Input

    from pulumi_8x8.definition.expressions import Predicate

    #: What a link leads to.
    Target: TypeAlias = "Linkable | str | Mapping[str, Any] | Sequence[Target]"
    #: When a link is followed: a condition, or a script as a text.
    When: TypeAlias = Predicate | Input[str] | Input[bool]

#: What comes before ids, from the outermost ``with`` inwards: ``("late_", "late_first_")``.
_prefixes: ContextVar[tuple[str, ...]] = ContextVar("prefixes", default=())


def prefix(name: str) -> AbstractContextManager[None]:
    """Puts ``name`` and ``_`` before the ids of all steps made inside, so that a function can make them again::

        with automation.prefix("late"):
            late = ask_for_rating()

    Ids that are written as texts in these steps mean the steps inside first.
    """
    if not isinstance(name, str) or not name:
        raise error(ValueError, 'a prefix is a text: automation.prefix("late")')
    return _prefixed(name)


@contextmanager
def _prefixed(name: str) -> Iterator[None]:
    outer = _prefixes.get()
    token = _prefixes.set((*outer, f"{outer[-1] if outer else ''}{name}_"))
    try:
        yield
    finally:
        _prefixes.reset(token)


def current_prefixes() -> tuple[str, ...]:
    """What comes before the ids of steps that are made now: the last one, and those around it."""
    return _prefixes.get()


@dataclass
class Links:
    """Where a step continues with.

    :ivar then: the step after it.
    :ivar edges: steps with their conditions.
    :ivar otherwise: the step of the default edge.
    :ivar answers: what is handled of a step that waits: ``on_reply``, ``on_timeout``.
    """

    then: Start | None = None
    edges: list[tuple[Start, Any]] = field(default_factory=list)
    otherwise: Start | None = None
    answers: set[str] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether one of the conditions is always true."""
        return len(self.answers) == 2

    def targets(self) -> list[Start]:
        """Where the links lead, in their order."""
        return [each for each in (self.then, *(to for to, _ in self.edges), self.otherwise) if each is not None]


class Linkable:
    """Something that other steps can continue with."""

    def then(self, target: Target) -> Flow:
        """Continues with ``target``; returns the flow so far."""
        raise NotImplementedError


class LinkedStep(Linkable):
    """A step, with its links."""

    #: Of the class; an instance with links, or made with a prefix, has its own.
    links: Links | None = None
    prefixes: tuple[str, ...] = ()
    if TYPE_CHECKING:
        id: Any

    def then(self, target: Target) -> Flow:
        """Continues with ``target`` after this step. Returns the flow, whose own ``then`` continues it."""
        if self.links is not None and self.links.then is not None:
            raise error(
                ValueError,
                f'"{self.id}" already continues with "{_name(self.links.then)}"; write a.then(b).then(c) for a chain',
            )
        if self.links is not None:
            raise error(
                ValueError,
                f'"{self.id}" has conditions; write .otherwise(step) for the case that none is true, or '
                f"x.when(…).then(step) to continue all paths with the same step",
            )
        if self.goes_on() is not None:
            raise error(ValueError, f'"{self.id}" has next_step_id or select_next_step; write either that or .then()')
        self._own_links().then = start_of(target)
        return Flow(self)

    def when(self, condition: When, target: Target) -> Fork:
        """Continues with ``target`` if ``condition`` is true. All steps whose conditions are true run, in parallel."""
        return Fork(self).when(condition, target)

    def otherwise(self, target: Target) -> Fork:
        """Continues with ``target`` if none of the conditions is true."""
        return Fork(self).otherwise(target)

    def goes_on(self) -> list[Any] | None:
        """Where ``next_step_id`` and ``select_next_step`` lead; ``None`` if there is neither."""
        return None

    def _own_links(self) -> Links:
        if self.links is None:
            object.__setattr__(self, "links", Links())  # steps are frozen
        assert self.links is not None
        return self.links


class PlainStep(LinkedStep):
    """A step that is a dictionary, where a flow links it."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = body
        self.id = body.get("id")

    def goes_on(self) -> list[Any] | None:
        edges = self.body.get("selectNextStep")
        found = [self.body.get("nextStepId"), *(edges if isinstance(edges, Mapping) else ())]
        return [each for each in found if each is not None] or None


Start: TypeAlias = LinkedStep | str


class Flow(Linkable):
    """Steps that are linked, from their first one on."""

    def __init__(self, start: Start) -> None:
        self.start = start

    def then(self, target: Target) -> Self:
        """Continues every path of the flow that ends with ``target``."""
        begin = start_of(target)
        ends = open_ends(self.start)
        if not ends:
            raise error(
                ValueError, f'no path of the flow that begins with "{_name(self.start)}" ends, so none continues'
            )
        for end in ends:
            links = end._own_links()
            if links.edges:
                links.otherwise = begin
            else:
                links.then = begin
        return self


class Fork(Flow):
    """A step with conditions."""

    start: LinkedStep

    def __init__(self, start: LinkedStep) -> None:
        super().__init__(start)
        if start.goes_on() is not None or (start.links is not None and start.links.then is not None):
            raise error(
                ValueError,
                f'"{start.id}" already continues with a step without a condition; write .otherwise(step) for that one',
            )

    def when(self, condition: When, target: Target) -> Self:
        """Continues with ``target`` if ``condition`` is true. All steps whose conditions are true run, in parallel."""
        from pulumi_8x8.definition.expressions import Expression, Predicate

        if isinstance(condition, Expression) and not isinstance(condition, Predicate):
            raise error(TypeError, "when() takes a condition, and this is a value; compare it: when(x == y, step)")
        if not isinstance(condition, Predicate | str | bool | Hole):
            kind = type(condition).__name__
            raise error(
                TypeError, f"when() takes a condition first, not a value of the type {kind}: when(x == y, step)"
            )
        begin, links = start_of(target), self.start._own_links()
        for position, (to, known) in enumerate(links.edges):
            if _same(to, begin):
                if not (isinstance(known, Predicate) and isinstance(condition, Predicate)):
                    raise error(ValueError, f'"{self.start.id}" has two conditions for "{_name(begin)}"; write one')
                links.edges[position] = to, known | condition
                return self
        if links.otherwise is not None and _same(links.otherwise, begin):
            raise _twice(self.start, begin)
        links.edges.append((begin, condition))
        return self

    def otherwise(self, target: Target) -> Self:
        """Continues with ``target`` if none of the conditions is true."""
        begin, links = start_of(target), self.start._own_links()
        if links.otherwise is not None and not _same(links.otherwise, begin):
            raise error(
                ValueError,
                f'"{self.start.id}" already continues with "{_name(links.otherwise)}" if no condition is true',
            )
        if any(_same(to, begin) for to, _ in links.edges):
            raise _twice(self.start, begin)
        links.otherwise = begin
        return self


class ReplyFork(Fork):
    """A step that waits for somebody, and what follows an answer or a timeout."""

    def on_reply(self, target: Target) -> Self:
        """Continues with ``target`` if somebody answers in time."""
        return self._on("on_reply", target)

    def on_timeout(self, target: Target) -> Self:
        """Continues with ``target`` if nobody answers in time."""
        return self._on("on_timeout", target)

    def _on(self, what: str, target: Target) -> Self:
        answer: Any = self.start.answered  # type: ignore[attr-defined]
        links = self.start._own_links()
        if what in links.answers:
            raise error(ValueError, f'"{self.start.id}" already has {what}; a sequence is a list: {what}([step, step])')
        self.when(answer.is_not_null() if what == "on_reply" else answer.is_null(), target)
        links.answers.add(what)
        return self


def flow(*targets: Target) -> Flow:
    """A sequence: each step continues with the next one."""
    return Flow(start_of(targets))


def start_of(target: Target) -> Start:
    """The first step of a target; the steps of a list are linked to a sequence."""
    if isinstance(target, Flow):
        return target.start
    if isinstance(target, LinkedStep):
        return target
    if isinstance(target, str) and target:
        return target
    if isinstance(target, Mapping):
        return PlainStep(target)
    if isinstance(target, list | tuple) and target:
        starts = [start_of(each) for each in target]
        for before, after in pairwise(starts):
            (Flow(before).then if isinstance(before, str) or before.links else before.then)(after)
        return starts[0]
    kind = type(target).__name__
    raise error(TypeError, f"a link leads to a step, a flow, the id of a step, or a list of these, not to {kind}")


def open_ends(start: Start) -> list[LinkedStep]:
    """The steps from ``start`` on after which a path may end."""
    ends: dict[int, LinkedStep] = {}
    seen: set[int] = set()
    waiting: list[Any] = [start]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, LinkedStep) or id(node) in seen:
            continue
        seen.add(id(node))
        links = node.links
        if links is None:
            goes_on = node.goes_on()
            if goes_on is None:
                ends[id(node)] = node
            waiting += reversed(goes_on or ())
            continue
        if links.then is None and links.otherwise is None and not links.complete:
            ends[id(node)] = node
        waiting += reversed(links.targets())
    return list(ends.values())


def _name(start: Start) -> str:
    return start if isinstance(start, str) else str(start.id)


def _same(one: Start, other: Start) -> bool:
    return one is other or _name(one) == _name(other)


def _twice(start: LinkedStep, to: Start) -> Exception:
    return error(
        ValueError, f'"{start.id}" has a condition for "{_name(to)}", which is also its default; one link is enough'
    )

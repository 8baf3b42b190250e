"""Reads from the log of an instance which edges it took. No I/O.

A log has the steps that ran, and when. It doesn't have the edges between them (OpenAPI file, ``workflowLog``). This
module lists for each run of a step the edges that can have led to it, and keeps only what holds for every explanation
of the log: an edge was surely taken, perhaps taken, or not taken.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from pulumi_8x8.analysis.counts import Link
from pulumi_8x8.analysis.graph import Graph, Node
from pulumi_8x8.definition import Definition, Json

_NEVER = datetime.max.replace(tzinfo=UTC)
#: A log of more runs than this isn't read: the time grows with their square.
_MOST_RUNS = 2_000


@dataclass(frozen=True)
class StepRun:
    """One run of a step, as the log has it.

    :ivar id: the id of the run. :ivar step: the step's id in the definition.
    :ivar status: Pending, Running, Complete, Sleeping, WaitingForEvent, Failed or Cancelled.
    :ivar started, ended: ``None`` before it began or ended, and if the log's time can't be read.
    :ivar after, inside: the ids of the run that led to it, and of the run of the ``If`` around it, in a linked
        :class:`Journey`.
    """

    id: str
    step: str
    status: str
    started: datetime | None = None
    ended: datetime | None = None
    after: str | None = None
    inside: str | None = None

    @property
    def active(self) -> bool:
        """Whether it hasn't ended."""
        return self.status not in ("Complete", "Failed", "Cancelled")


@dataclass(frozen=True)
class Journey:
    """One instance: how it stands, and the runs of its steps. It has nothing of the customer.

    :param version: the version of the definition that it runs on.
    :param status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``.
    :param faults: the step and the message of each error.
    :param linked: whether the runs have what led to them, as in the emulator and not in the service's log.
    """

    version: int
    status: str
    started: datetime | None
    ended: datetime | None
    runs: tuple[StepRun, ...]
    faults: tuple[tuple[str, str], ...] = ()
    linked: bool = False


@dataclass(frozen=True)
class Paths:
    """The edges that an instance took.

    :param sure: those that the log proves.
    :param perhaps: those that the log neither proves nor excludes.
    :param last: the step at which a complete instance ended; ``None`` if the log doesn't show it.
    """

    sure: frozenset[Link]
    perhaps: frozenset[Link]
    last: str | None = None


class Routes:
    """The steps and edges of one definition, to read logs with.

    :ivar kinds: the type of each step, by id, in the order of the flow.
    :ivar conditions: the condition of each edge, in the order of the flow; ``None`` for a default edge, and for an edge
        without a condition.
    :ivar start: the id of the first step.
    """

    def __init__(self, definition: Definition) -> None:
        graph = Graph(definition)
        nodes = {node.id: node for node in graph.nodes if isinstance(node.id, str)}
        #: Whether every step and edge is known, and each id means one step.
        self.readable = graph.complete and not graph.twice
        self.kinds = {id: node.kind for id, node in nodes.items()}
        self.start = next((node.name for node in graph.nodes if node.first and node.parent is None), None)
        firsts: dict[int | None, list[str]] = defaultdict(list)
        for node in graph.nodes:
            if node.first and node.parent is not None:
                firsts[node.parent].append(node.name)
        self.conditions: dict[Link, Json] = {}
        self._out: dict[str, list[Link]] = {}
        for id, node in nodes.items():
            condition = node.member("inputs").get("condition")
            links: dict[Link, Json] = {Link(id, first, "inside"): condition for first in firsts[node.index]}
            for edge in node.edges:
                links[Link(id, edge.target, "next" if edge.is_next else "select")] = edge.condition
            self._out[id] = list(links)
            self.conditions |= links
        self._around = {id: _around(graph, node) for id, node in nodes.items()}

    def out(self, step: str) -> Sequence[Link]:
        """The edges of a step."""
        return self._out.get(step, ())

    @cached_property
    def enclosed(self) -> dict[str, frozenset[str]]:
        """The steps inside each ``If``, if no other step leads to them: they always end before it does."""
        inside: dict[str, set[str]] = defaultdict(set)
        for id, around in self._around.items():
            for each in around:
                inside[each].add(id)
        return {
            around: frozenset(steps)
            for around, steps in inside.items()
            if all(link.source == around or link.source in steps for link in self.conditions if link.target in steps)
        }

    def paths(self, journey: Journey) -> Paths | None:
        """Returns the edges that an instance of this definition took; ``None`` if no path explains its log."""
        runs = sorted(journey.runs, key=lambda run: run.started or _NEVER)
        if not self.readable or any(run.step not in self.kinds for run in runs):
            return None
        if len(runs) > _MOST_RUNS and not journey.linked:
            return None
        if not runs:
            return Paths(frozenset(), frozenset())
        first = next((each for each, run in enumerate(runs) if run.step == self.start and not run.after), None)
        if first is None or (runs[first].started or _NEVER) > (runs[0].started or _NEVER):
            return None
        reading = _Reading(self, journey, runs, first)
        return Paths(*reading.links(), reading.last()) if reading.explain() else None


def _around(graph: Graph, node: Node) -> list[str]:
    """The ids of the ``If`` steps around a step."""
    around = []
    while node.parent is not None:
        node = graph.nodes[node.parent]
        around.append(node.name)
    return around


class _Slot:
    """An edge that one run can have taken.

    :ivar source: the number of that run in the log.
    :ivar place: the number of the first run of the target that it can have led to, of those that need a slot.
    :ivar taken: ``None`` as long as it isn't known.
    """

    __slots__ = ("link", "place", "source", "taken")

    def __init__(self, link: Link, source: int, place: int) -> None:
        self.link, self.source, self.place = link, source, place
        self.taken: bool | None = None


class _Reading:
    """The explanations of one log.

    Each run except the first takes one slot of an earlier run, and no slot has two runs.
    """

    def __init__(self, routes: Routes, journey: Journey, runs: Sequence[StepRun], first: int) -> None:
        self._routes, self._runs = routes, runs
        self._over = journey.status == "Complete"
        self.contradiction = False
        #: By step, when its runs began that need a slot.
        self._starts: dict[str, list[datetime]] = defaultdict(list)
        places = []
        for index, run in enumerate(runs):
            if index != first:
                self._starts[run.step].append(run.started or _NEVER)
            places.append(len(self._starts[run.step]))
        self._of = [list(self._slots(index, run, places[index])) for index, run in enumerate(runs)]
        self._into: dict[str, list[_Slot]] = defaultdict(list)
        for slot in sorted((slot for slots in self._of for slot in slots), key=lambda slot: slot.place):
            self._into[slot.link.target].append(slot)
        if journey.linked:
            self._follow_links()

    def _slots(self, index: int, run: StepRun, own: int) -> Iterator[_Slot]:
        """:param own: the place after the run itself, among the runs of its step: no run leads to itself."""
        for link in self._routes.out(run.step):
            time = run.started if link.how == "inside" else run.ended if run.status != "Failed" else None
            if time is not None and run.started is not None:
                place = bisect_left(self._starts.get(link.target, ()), time)
                yield _Slot(link, index, max(place, own) if link.target == run.step else place)

    def _follow_links(self) -> None:
        """Decides everything that leads to a step: the runs know it."""
        sources = {run.id: index for index, run in enumerate(self._runs)}
        known = set()
        for run in self._runs:
            if run.after in sources:
                index = sources[run.after]
                inside = run.inside == run.after
                known |= {
                    id(slot)
                    for slot in self._of[index]
                    if slot.link.target == run.step and (slot.link.how == "inside") == inside
                }
        for slots in self._of:
            # An edge of `selectNextStep` goes first; beside one, a `nextStepId` has no effect in the emulator.
            selects = {slot.link.target for slot in slots if slot.link.how == "select"}
            for slot in slots:
                if slot.link.target in self._routes.kinds:
                    hidden = slot.link.how == "next" and slot.link.target in selects
                    slot.taken = id(slot) in known and not hidden

    def explain(self) -> bool:
        """Decides each slot as far as possible. Returns whether there can be an explanation."""
        self._targets, self._sources = {*self._into, *self._starts}, set(range(len(self._runs)))
        while self._targets or self._sources:
            decided = self._choose(self._of[self._sources.pop()]) if self._sources else self._match(self._targets.pop())
            for slot, taken in decided:
                if slot.taken is None:
                    slot.taken = taken
                    self._targets.add(slot.link.target)
                    self._sources.add(slot.source)
                elif slot.taken != taken:
                    self.contradiction = True
            if self.contradiction:
                return False
        return True

    def _choose(self, slots: Sequence[_Slot]) -> Iterator[tuple[_Slot, bool]]:
        """Applies the rules of ``selectNextStep`` and ``nextStepId`` to the edges of one run.

        Conditions exclude the default edge (vendor's page on Branch). In a complete instance, the next step follows
        each finished one.
        """
        conditions = self._routes.conditions
        select = [slot for slot in slots if slot.link.how == "select"]
        default = [slot for slot in select if conditions[slot.link] is None]
        others = [slot for slot in select if conditions[slot.link] is not None]
        following = [slot for slot in slots if slot.link.how == "next"]
        if any(slot.taken for slot in others):
            yield from ((slot, False) for slot in default)
        if any(slot.taken for slot in default):
            yield from ((slot, False) for slot in others)
        if not self._over:
            return
        if not select:
            yield from ((slot, True) for slot in following)
        elif default and not following:  # whether a `nextStepId` beside other edges counts isn't published
            possible = [slot for slot in others if slot.taken is not False]
            if not possible:
                yield from ((slot, True) for slot in default)
            elif len(possible) == 1 and all(slot.taken is False for slot in default):
                yield possible[0], True

    def _match(self, target: str) -> Iterator[tuple[_Slot, bool]]:
        """Decides what the runs of one step prove about the slots that lead to it."""
        if target not in self._routes.kinds:  # a path ends there, without a trace in the log
            return
        needs = len(self._starts.get(target, ()))
        slots = [slot for slot in self._into[target] if slot.taken is not False]
        places = [slot.place for slot in slots]
        tight = 0
        for number in range(1, needs + 1):
            early = bisect_left(places, number)
            if early < number:  # too few steps before it lead to it
                self.contradiction = True
                return
            if early == number:  # all of them were needed
                tight = number
        yield from ((slot, True) for slot in slots[:tight])
        # A slot that was taken led to one of the runs from its place on.
        taken = [slot.place for slot in slots if slot.taken]
        left = [needs - number - (len(taken) - bisect_left(taken, number)) for number in range(needs + 1)]
        if min(left) < 0:
            self.contradiction = True
            return
        full = left.index(0)  # these runs have theirs
        yield from [(slot, False) for slot in slots if slot.place >= full and not slot.taken]

    def links(self) -> tuple[frozenset[Link], frozenset[Link]]:
        """The edges that were surely and perhaps taken."""
        every = [slot for slots in self._of for slot in slots]
        sure = {slot.link for slot in every if slot.taken}
        perhaps = {slot.link for slot in every if slot.taken is None} - sure
        # An edge is also proved if all others can't explain the runs of its target.
        proved = {link for link in perhaps if not self._explained_without(link)}
        return frozenset(sure | proved), frozenset(perhaps - proved)

    def _explained_without(self, link: Link) -> bool:
        places = [slot.place for slot in self._into[link.target] if slot.taken is not False and slot.link != link]
        needs = len(self._starts.get(link.target, ()))
        return all(bisect_left(places, number) >= number for number in range(1, needs + 1))

    def last(self) -> str | None:
        """The step at which a complete instance ended; ``None`` if several ended at the same time."""
        ends = [run.ended for run in self._runs if run.ended is not None]
        if not self._over or not ends:
            return None
        latest = max(ends)
        found = {
            run.step
            for run, slots in zip(self._runs, self._of, strict=True)
            if run.ended == latest and not any(slot.taken and self._exists(slot) for slot in slots)
        }
        found -= {step for around in found for step in self._routes.enclosed.get(around, ())}
        return found.pop() if len(found) == 1 else None

    def _exists(self, slot: _Slot) -> bool:
        return slot.link.how != "inside" and slot.link.target in self._routes.kinds

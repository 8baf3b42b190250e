"""The steps of one definition for a comparison: by id, with their paths and their place in the flow. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_8x8.analysis.graph import Graph, Node
from pulumi_8x8.definition import Definition, Hole, Json, show_path
from pulumi_8x8.phrasing import natural


class _Next:
    def __repr__(self) -> str:
        return "NEXT"


#: The condition of a ``nextStepId``, which has none.
NEXT: Any = _Next()

#: Members that aren't content, if their type is right.
_NOT_CONTENT = {"id": str, "nextStepId": str, "selectNextStep": Mapping, "do": list}


@dataclass(frozen=True)
class Way:
    """A path out of a step.

    :param condition: a script, ``None`` for the default edge, :data:`NEXT` for ``nextStepId``.
    :param target: the id of the next step.
    """

    condition: Json
    target: str


@dataclass(frozen=True)
class StepPlace:
    """The place of a step in the flow.

    :param inside: the id of the ``If`` around it and the number of the sequence (from 0); ``None`` without an ``If``.
    :param after: the ids of the steps directly before it.
    :param before: the ids of the steps directly after it.
    """

    inside: tuple[str, int] | None
    after: frozenset[str]
    before: frozenset[str]

    def renamed(self, names: Mapping[str, str]) -> StepPlace:
        """The same place, in a definition whose steps have other ids."""
        inside = self.inside and (names.get(self.inside[0], self.inside[0]), self.inside[1])
        after, before = (frozenset(names.get(each, each) for each in ids) for ids in (self.after, self.before))
        return StepPlace(inside, after, before)


class StepIndex:
    """All steps of a definition by id, in the order of the flow, those inside a ``do`` after the others.

    The path of a step replaces an id that is missing or not unique.

    :ivar hidden: the value of all steps, if it is one secret or not known yet.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.graph = Graph(definition)
        steps = definition.more.get("steps")
        self.hidden: Hole | None = steps if isinstance(steps, Hole) else None
        self.start = definition.start
        self._nodes: dict[str, Node] = {}
        self._names: list[str] = []
        for node in self.graph.nodes:
            own = isinstance(node.id, str) and self.graph.by_id.get(node.id) == node.index
            name = node.name if own else show_path(node.path[1:])
            self._nodes[name] = node
            self._names.append(name)
        self._inner: dict[int, list[str]] = {}
        for name, node in self._nodes.items():
            if node.parent is not None and node.first:
                self._inner.setdefault(node.parent, []).append(name)
        self._before: list[list[int]] = [[] for _ in self._names]
        for index, followers in enumerate(self.graph.after):
            for follower in followers:
                self._before[follower].append(index)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def node(self, name: str) -> Node:
        """Its node in the graph."""
        return self._nodes[name]

    def kind(self, name: str) -> str:
        """Its step type; empty if it has none."""
        return self._nodes[name].kind

    def content(self, name: str) -> dict[str, Json]:
        """What it does: its members except the id, the paths, and the steps inside it."""
        members = self._nodes[name].step.items()
        return {key: value for key, value in members if not isinstance(value, _NOT_CONTENT.get(key, ()))}

    def ways(self, name: str) -> list[Way]:
        """The paths out of it, in the order of the flow."""
        edges = self._nodes[name].edges
        ways = [Way(NEXT if edge.is_next else edge.condition, edge.target) for edge in edges]
        return sorted(ways, key=lambda way: (way.condition is None, way.condition is NEXT, natural(way.target)))

    def inner(self, name: str) -> list[str]:
        """The first steps in the sequences of its ``do``."""
        return self._inner.get(self._nodes[name].index, [])

    def before(self, name: str) -> list[str]:
        """The steps that can be directly before it."""
        return [self._names[index] for index in self._before[self._nodes[name].index]]

    def place(self, name: str, counts: Callable[[str], bool]) -> StepPlace:
        """Its place between the steps that count. The search continues behind steps that don't count."""
        node = self._nodes[name]
        inside = None if node.parent is None else (self._names[node.parent], int(node.path[-2]))
        after = self._near(node.index, self._before, counts)
        return StepPlace(inside, after, self._near(node.index, self.graph.after, counts))

    @cached_property
    def reached(self) -> set[str]:
        """The steps that are reachable from the start."""
        return {self._names[index] for index in self.graph.reached}

    def parts(self) -> dict[str, Json]:
        """The parts of the workflow except its steps, by the service's names, without absent ones."""
        parts = {**self.definition.compared_members(), **self.definition.more}
        return {key: value for key, value in parts.items() if key != "steps" and value is not None}

    def _near(self, index: int, neighbours: list[list[int]], counts: Callable[[str], bool]) -> frozenset[str]:
        found: set[str] = set()
        seen = {index}
        waiting = list(neighbours[index])
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            if counts(self._names[each]):
                found.add(self._names[each])
            else:
                waiting.extend(neighbours[each])
        return frozenset(found)

"""Builds the graph of a definition's steps: which step can follow which, also inside a ``do``.

An id refers to a step anywhere in the definition, also from inside a ``do`` (see docs/api-facts.md). When a path
inside a ``do`` ends, the ``If`` continues.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from pulumi_8x8.analysis.conditions import Condition
from pulumi_8x8.analysis.javascript import plain_path, script_condition
from pulumi_8x8.definition.model import Definition, step_id
from pulumi_8x8.definition.steps import Step, is_script, kind_of_step
from pulumi_8x8.definition.values import Hole, Json, Path
from pulumi_8x8.phrasing import natural

#: How often a path goes through a loop that makes it longer.
_MOST_ROUNDS = 50


class Edge(NamedTuple):
    """An edge of a step in the definition.

    :param target: the id of the next step.
    :param condition: its condition: a script, ``None`` for the default edge.
    :param is_next: the edge is a ``nextStepId``.
    :param to: the index of the next step; ``None`` if no step has this id.
    :param position: its index among the edges of the step.
    """

    target: str
    path: Path
    condition: Json = None
    is_next: bool = False
    to: int | None = None
    position: int = 0


@dataclass
class Node:
    """A step.

    :param path: its place in the definition.
    :param id: its id in the definition; ``None`` without one, and not always a text.
    :param step: its members; empty if it isn't an object.
    :param kind: its step type; empty if it isn't known.
    :param parent: the index of the ``If`` with the ``do`` that contains it.
    :param first: a definition or a sequence of a ``do`` starts with it.
    :param edges: its edges in the definition.
    :param open: it has edges that aren't known yet.
    """

    index: int
    path: Path
    id: Json
    step: Mapping[str, Json]
    kind: str
    parent: int | None = None
    first: bool = False
    edges: list[Edge] = field(default_factory=list)
    open: bool = False

    @cached_property
    def stored(self) -> Mapping[str, str]:
        """The paths that outputs store unchanged, by the output's name: ``{"reply1": "step.reply"}``."""
        paths = ((str(name), plain_path(value)) for name, value in self.member("outputs").items())
        return {name: path for name, path in paths if path is not None}

    @cached_property
    def conditions(self) -> Sequence[Condition | None]:
        """The conditions of the edges, with paths as in :meth:`in_result`; ``None`` if one isn't a single script."""
        found = (script_condition(edge.condition) for edge in self.edges)
        return [None if each is None else self.in_result(each) for each in found]

    def in_result(self, condition: Condition) -> Condition:
        """The condition of an edge, with the path in the result for what the outputs store of it."""
        return condition.renamed({f"data.{name}": path for name, path in self.stored.items() if path[:5] == "step."})

    def member(self, name: str) -> Mapping[str, Json]:
        """An object among its members (``inputs``, ``outputs``, ``selectNextStep``); empty if it isn't an object."""
        value = self.step.get(name)
        return value if isinstance(value, dict) else {}

    @cached_property
    def declaration(self) -> type[Step]:
        """The declaration of its type; :class:`Step`, which declares nothing, if the type isn't published."""
        return kind_of_step(self.kind)

    @property
    def name(self) -> str:
        """The id for messages."""
        return self.id if isinstance(self.id, str) else str(self.path[-1])


class Graph:
    """All steps of a definition, and which step can follow which.

    :ivar keys: the keys of the definition's steps, in the order of the flow.
    :ivar nodes: all steps; steps inside a ``do`` are last.
    :ivar by_id: indexes by id; a step outside any ``do`` wins.
    :ivar twice: steps with the id of an earlier step, each with that step.
    :ivar reached: the indexes of the steps that a path leads to.
    :ivar not_steps: the paths of values among the steps that aren't objects.
    :ivar ids_known: all steps and their ids are known: none is a hole.
    :ivar complete: everything that decides the flow is known: no hole, no member of a wrong type.
    :ivar after: the indexes of the steps that can follow, by step.
    """

    def __init__(self, definition: Definition) -> None:
        self.nodes: list[Node] = []
        self.not_steps: list[Path] = []
        self.by_id: dict[str, int] = {}
        self.twice: list[tuple[Node, Node]] = []
        self.ids_known = "steps" not in definition.more
        self.keys = definition.flow_order(natural)
        for key in self.keys:
            step = definition.steps[key]
            self._add(("steps", key), step_id(key, step), step, None, key == definition.start)
        self._sequences: dict[int, list[int]] = defaultdict(list)  # by `If`, the first step of each sequence
        for node in self.nodes:  # grows during the loop
            self._add_sequences(node)
        for node in self.nodes:
            self._add_edges(node)
        self.after: list[list[int]] = [list(dict.fromkeys(self._followers(node))) for node in self.nodes]
        self.complete = self.ids_known and not self.not_steps and not any(node.open for node in self.nodes)
        self.reached = self.reach(self._starts)

    def reach(self, starts: Sequence[int]) -> set[int]:
        """The indexes of ``starts`` and of all steps that can follow."""
        reached: set[int] = set()
        waiting = list(starts)
        while waiting:
            index = waiting.pop()
            if index not in reached:
                reached.add(index)
                waiting.extend(self.after[index])
        return reached

    def loops(
        self, among: Callable[[Node], bool], follows: Callable[[Node], Iterable[int]] | None = None
    ) -> Iterator[list[int]]:
        """Sets of steps that can follow each other endlessly (Tarjan, iterative), of those that a path leads to.

        :param among: the steps that they go through.
        :param follows: the followers of a step to look at, instead of all.
        """
        if not self.has_loop:
            return
        after = self.after if follows is None else [list(follows(node)) for node in self.nodes]
        order: dict[int, int] = {}
        low: dict[int, int] = {}
        on_stack: set[int] = set()
        stack: list[int] = []
        allowed = {index for index in self.reached if among(self.nodes[index])}
        for root in sorted(allowed):
            work = [(root, 0)] if root not in order else []
            while work:
                index, position = work.pop()
                if position == 0:
                    order[index] = low[index] = len(order)
                    stack.append(index)
                    on_stack.add(index)
                followers = after[index]
                while position < len(followers):
                    follower = followers[position]
                    position += 1
                    if follower in allowed and follower not in order:
                        work += [(index, position), (follower, 0)]
                        break
                    if follower in on_stack:
                        low[index] = min(low[index], order[follower])
                else:
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[index])
                    if low[index] == order[index]:
                        loop = [stack.pop()]
                        while loop[-1] != index:
                            loop.append(stack.pop())
                        on_stack.difference_update(loop)
                        if len(loop) > 1 or index in after[index]:
                            yield loop

    def solve(
        self,
        gained: Sequence[int],
        lost: Sequence[int],
        on_edge: Mapping[tuple[int, int], int],
        sure: bool,
    ) -> list[int]:
        """The bits that hold before each step, if every step (and edge) sets and clears some.

        :param gained, lost: the bits that each step sets and clears.
        :param on_edge: the bits that each edge sets.
        :param sure: whether a bit must hold on every path to the step, or on any. For a step that no path reaches:
            all bits, or none.
        """
        everything = 0
        for bits in (*gained, *on_edge.values()):
            everything |= bits
        holds = [everything if sure else 0] * len(self.nodes)
        order, rank = self._order, self._rank
        for start in self._starts:
            holds[start] = 0
        waiting = list(range(len(order)))
        queued = set(waiting)
        while waiting:
            position = heappop(waiting)
            queued.discard(position)
            index = order[position]
            leaves = holds[index] & ~lost[index] | gained[index]
            for follower in self.after[index]:
                arrives = leaves | on_edge.get((index, follower), 0)
                new = holds[follower] & arrives if sure else holds[follower] | arrives
                if new != holds[follower]:
                    holds[follower] = new
                    if rank[follower] not in queued:
                        queued.add(rank[follower])
                        heappush(waiting, rank[follower])
        return holds

    def farthest(self, begin: float, across: Callable[[Node, int, float], float], most: float) -> list[float]:
        """The greatest length of a path to each step, up to ``most``; a step that no path reaches has -1.

        :param begin: the length before the first step.
        :param across: the length at a follower of a step, from the length at the step.
        """
        lengths = [-1.0] * len(self.nodes)
        raised = [0] * len(self.nodes)
        order, rank = self._order, self._rank
        for start in self._starts:
            lengths[start] = begin
        waiting = sorted(rank[start] for start in self._starts)
        while waiting:
            index = order[heappop(waiting)]
            for follower in self.after[index]:
                length = min(across(self.nodes[index], follower, lengths[index]), most)
                if length > lengths[follower] and raised[follower] < _MOST_ROUNDS:
                    lengths[follower] = length
                    raised[follower] += 1
                    heappush(waiting, rank[follower])
        return lengths

    @cached_property
    def _starts(self) -> list[int]:
        return [node.index for node in self.nodes if node.first and node.parent is None]

    @cached_property
    def _rank(self) -> Mapping[int, int]:
        return {index: position for position, index in enumerate(self._order)}

    @cached_property
    def has_loop(self) -> bool:
        """Whether a path comes back to a step: some step then follows one that comes after it in every order."""
        rank = self._rank
        return any(rank[follower] <= rank[index] for index in rank for follower in self.after[index])

    @cached_property
    def _order(self) -> list[int]:
        """The steps that a path reaches, each after its predecessors, except in loops."""
        done: list[int] = []
        seen: set[int] = set()
        for start in self._starts:
            work = [(start, 0)] if start not in seen else []
            seen.add(start)
            while work:
                index, position = work.pop()
                followers = self.after[index]
                while position < len(followers) and followers[position] in seen:
                    position += 1
                if position < len(followers):
                    seen.add(followers[position])
                    work += [(index, position + 1), (followers[position], 0)]
                else:
                    done.append(index)
        return done[::-1]

    def _add(self, path: Path, id: Json, step: Json, parent: int | None, first: bool) -> None:
        if isinstance(step, Hole):
            self.ids_known = False
            return
        if not isinstance(step, dict):
            self.not_steps.append(path)
            return
        kind = step.get("stepType")
        node = Node(len(self.nodes), path, id, step, kind if isinstance(kind, str) else "", parent, first)
        self.nodes.append(node)
        if isinstance(id, str):
            if id in self.by_id:
                self.twice.append((node, self.nodes[self.by_id[id]]))
            else:
                self.by_id[id] = node.index
        elif isinstance(id, Hole):
            self.ids_known = False

    def _add_sequences(self, node: Node) -> None:
        sequences = node.step.get("do")
        if isinstance(sequences, Hole):
            self.ids_known = False
        for number, sequence in enumerate(sequences if isinstance(sequences, list) else ()):
            path = (*node.path, "do", number)
            if isinstance(sequence, Hole):
                self.ids_known = False
            elif not isinstance(sequence, list):
                self.not_steps.append(path)
            else:
                self._add_sequence(path, sequence, node.index)

    def _add_sequence(self, path: Path, sequence: Sequence[Json], parent: int) -> None:
        size = len(self.nodes)
        named: set[str] = set()
        for position, step in enumerate(sequence):
            id = step.get("id") if isinstance(step, dict) else None
            name = id if isinstance(id, str) and id and id not in named else f"#{position}"
            named.add(name)
            self._add((*path, name), id, step, parent, position == 0)
        if len(self.nodes) > size:
            self._sequences[parent].append(size)

    def _add_edges(self, node: Node) -> None:
        chosen = node.step.get("selectNextStep")
        if isinstance(chosen, dict):
            for target, condition in chosen.items():
                target = str(target)
                path = (*node.path, "selectNextStep", target)
                node.edges.append(Edge(target, path, condition, False, self.by_id.get(target), len(node.edges)))
        elif chosen is not None:
            node.open = True
        target = node.step.get("nextStepId")
        if isinstance(target, str) and target and not is_script(target):
            path = (*node.path, "nextStepId")
            node.edges.append(Edge(target, path, None, True, self.by_id.get(target), len(node.edges)))
        elif target is not None and target != "":
            node.open = True  # a hole, a script, or a wrong type

    def _followers(self, node: Node) -> Iterator[int]:
        yield from self._sequences.get(node.index, [])
        while True:
            yield from (edge.to for edge in node.edges if edge.to is not None)
            # Without a default edge the path can end here: inside a `do`, the If then continues.
            ends = all(edge.condition is not None and not edge.is_next for edge in node.edges)
            if node.parent is None or not ends:
                return
            node = self.nodes[node.parent]

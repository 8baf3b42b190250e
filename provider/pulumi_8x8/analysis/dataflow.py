"""Analyses which members of ``data`` the outputs of earlier steps have written before each step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from pulumi_8x8.analysis.answers import only_on_timeout, stored_answers
from pulumi_8x8.analysis.graph import Graph, Node
from pulumi_8x8.analysis.javascript import Read
from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.triggers import TRIGGERS
from pulumi_8x8.definition.values import Hole, Json


class DataFlow:
    """The members of ``data`` before each step. Integers represent sets of names, with one bit a name (:attr:`bits`).

    :ivar writers: the steps with an output, by its name.
    :ivar trigger: the members from the trigger; ``None`` if they aren't known.
    :ivar known: all outputs and edges are known; otherwise ``data`` may have any member.
    """

    def __init__(self, graph: Graph, reads: Sequence[tuple[Use, Read]], trigger: str) -> None:
        self._graph, self._reads = graph, reads
        self.writers: dict[str, list[Node]] = defaultdict(list)
        for node in graph.nodes:
            for name in node.member("outputs"):
                self.writers[str(name)].append(node)
        self.trigger = TRIGGERS.get(trigger)
        self.known = graph.complete and not any(isinstance(node.step.get("outputs"), Hole) for node in graph.nodes)

    @cached_property
    def bits(self) -> dict[str, int]:
        """The bit of each name."""
        return {name: 1 << position for position, name in enumerate(self.writers)}

    @cached_property
    def _writes(self) -> list[int]:
        return [self._set(node.member("outputs")) for node in self._graph.nodes]

    @cached_property
    def maybe(self) -> list[int]:
        """By step, the names written on at least one path to it."""
        return self._graph.solve(self._writes, [0] * len(self._writes), {}, sure=False)

    @cached_property
    def surely(self) -> list[int]:
        """By step, the names written or tested on every path to it: a test shows that the author knows."""
        gained = list(self._writes)
        for use, read in self._reads:
            if read.root == "data" and read.path and use.place in ("edge", "condition"):
                gained[use.node.index] |= self.bits.get(read.path[0], 0)
        return self._graph.solve(gained, [0] * len(gained), {}, sure=True)

    @cached_property
    def null(self) -> list[int]:
        """By step, the answers that are certainly null, because only a timeout leads there."""
        nodes = self._graph.nodes
        lost = list(self._writes)
        on_edge: dict[tuple[int, int], int] = {}
        for node in nodes:
            answers = self._set(stored_answers(node))
            for edge in node.edges if answers else ():
                if edge.to is not None and only_on_timeout(node, edge):
                    on_edge[node.index, edge.to] = answers
        if not on_edge:
            return [0] * len(nodes)
        return self._graph.solve([0] * len(nodes), lost, on_edge, sure=True)

    def _set(self, names: Mapping[str, Json]) -> int:
        return sum({self.bits[str(name)] for name in names})

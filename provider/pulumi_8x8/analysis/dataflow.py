"""What outputs have written on ``data`` before each step."""

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
    """What is on ``data`` before each step. Sets of names are bits of an integer, one a name (see :attr:`bits`).

    :ivar writers: steps by the name of an output.
    :ivar trigger: what the trigger brings; None where it can bring anything.
    :ivar known: all outputs and ways are known; otherwise anything may be on data.
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
        """By step, what is written on some path to it."""
        return self._graph.solve(self._writes, [0] * len(self._writes), {}, sure=False)

    @cached_property
    def surely(self) -> list[int]:
        """By step, what is written on every path to it, or was looked at there: who tests for it knows."""
        gained = list(self._writes)
        for use, read in self._reads:
            if read.root == "data" and read.path and use.place in ("edge", "condition"):
                gained[use.node.index] |= self.bits.get(read.path[0], 0)
        return self._graph.solve(gained, [0] * len(gained), {}, sure=True)

    @cached_property
    def null(self) -> list[int]:
        """By step, which answers are null for sure, because only a timeout leads there."""
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

"""Which steps and edges of a workflow have been taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pulumi_8x8.definition import Json
from pulumi_8x8.simulator.trace import Event


class Coverage:
    """Of one definition.

    :param body: in the service's shape. :ivar name: what reports call it: a file, or the definition's name.
    """

    def __init__(self, name: str, body: Json) -> None:
        self.name = name
        self.steps: dict[str, bool] = {}
        self.edges: dict[tuple[str, str], bool] = {}
        definition = body.get("definition") if isinstance(body, dict) else None
        for step in _steps(definition.get("steps") if isinstance(definition, dict) else None):
            self.steps.setdefault(str(step.get("id")), False)
            for to in _edges(step):
                self.edges.setdefault((str(step.get("id")), to), False)

    def add(self, trace: Iterable[Event]) -> None:
        """Mark what happened."""
        for event in trace:
            if event.kind == "step" and event.step_id in self.steps:
                self.steps[event.step_id] = True
            edge = (event.step_id, str(event.detail.get("to")))
            if event.kind == "edge" and edge in self.edges:
                self.edges[edge] = True

    @property
    def taken(self) -> int:
        return sum(self.steps.values()) + sum(self.edges.values())

    @property
    def total(self) -> int:
        return len(self.steps) + len(self.edges)

    def missing(self) -> list[str]:
        """The steps, then the edges between taken steps, that were never taken."""
        steps = [step for step, taken in self.steps.items() if not taken]
        # An edge from a step that was never taken says nothing new.
        edges = [f"{a} -> {b}" for (a, b), taken in self.edges.items() if not taken and self.steps[a]]
        return steps + edges

    def __str__(self) -> str:
        lines = [f"{self.name}: {percent(self.taken, self.total)}% of {len(self.steps)} steps, {len(self.edges)} edges"]
        return "\n".join([*lines, *(f"  never taken: {each}" for each in self.missing())])


def percent(taken: int, total: int) -> int:
    """Rounded down, so that 100 means all; of nothing all is taken."""
    return 100 * taken // total if total else 100


def _steps(steps: Any) -> Iterator[dict[str, Any]]:
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict):
            yield step
            for sequence in step["do"] if isinstance(step.get("do"), list) else ():
                yield from _steps(sequence)


def _edges(step: dict[str, Any]) -> Iterator[str]:
    edges = step.get("selectNextStep")
    if isinstance(edges, dict) and edges:
        yield from edges
    elif step.get("nextStepId") is not None:
        yield str(step["nextStepId"])
    for sequence in step["do"] if isinstance(step.get("do"), list) else ():
        if isinstance(sequence, list) and sequence and isinstance(sequence[0], dict):
            yield str(sequence[0].get("id"))

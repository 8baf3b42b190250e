"""Counts the steps and edges of a workflow that tests have taken. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pulumi_8x8.definition import Json
from pulumi_8x8.simulator.trace import Event


class Coverage:
    """The coverage of one definition.

    :param body: the definition in the service's shape. :ivar name: its name in reports: a file, or its own name.
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
        """Marks the steps and edges in ``trace`` as taken."""
        for event in trace:
            if event.kind == "step" and event.step_id in self.steps:
                self.steps[event.step_id] = True
            edge = (event.step_id, str(event.detail.get("to")))
            if event.kind == "edge" and edge in self.edges:
                self.edges[edge] = True

    def merge(self, other: Coverage) -> None:
        """Marks the steps and edges as taken that ``other`` has as taken: the same definition, in another process."""
        for step, taken in other.steps.items():
            self.steps[step] = self.steps.get(step, False) or taken
        for edge, taken in other.edges.items():
            self.edges[edge] = self.edges.get(edge, False) or taken

    def record(self) -> dict[str, Any]:
        """This coverage as plain values, which go from process to process."""
        return {"name": self.name, "steps": self.steps, "edges": [[*edge, taken] for edge, taken in self.edges.items()]}

    @staticmethod
    def from_record(record: dict[str, Any]) -> Coverage:
        """The coverage that :meth:`record` wrote."""
        coverage = Coverage(record["name"], None)
        coverage.steps = dict(record["steps"])
        coverage.edges = {(step, to): taken for step, to, taken in record["edges"]}
        return coverage

    @property
    def taken(self) -> int:
        return sum(self.steps.values()) + sum(self.edges.values())

    @property
    def total(self) -> int:
        return len(self.steps) + len(self.edges)

    def missing(self) -> list[str]:
        """The steps that were never taken, then the edges from taken steps that were never taken."""
        steps = [step for step, taken in self.steps.items() if not taken]
        # If a step was never taken, its edges add nothing.
        edges = [f"{a} -> {b}" for (a, b), taken in self.edges.items() if not taken and self.steps[a]]
        return steps + edges

    def __str__(self) -> str:
        lines = [f"{self.name}: {percent(self.taken, self.total)}% of {len(self.steps)} steps, {len(self.edges)} edges"]
        return "\n".join([*lines, *(f"  never taken: {each}" for each in self.missing())])


def percent(taken: int, total: int) -> int:
    """The percentage, rounded down, so that 100 means all; 100 if ``total`` is 0."""
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

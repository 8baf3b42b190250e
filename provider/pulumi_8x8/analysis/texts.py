"""Finds the texts of a definition with their places, and the scripts in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.analysis.javascript import Facts
from pulumi_8x8.definition.model import STEP_MEMBERS
from pulumi_8x8.definition.scripts import Script
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.phrasing import printable

#: The place of a text, which decides what its scripts can read and what it is for. ``misplaced``: in an
#: ``outputs`` inside ``inputs``, which the service ignores.
Place: TypeAlias = Literal["input", "condition", "output", "edge", "misplaced"]


_MEMBERS = frozenset(STEP_MEMBERS)


class StepText(NamedTuple):
    """A text of a step."""

    node: Node
    path: Path
    place: Place
    value: str


class Use(NamedTuple):
    """A script of a text."""

    text: StepText
    script: Script
    facts: Facts

    @property
    def node(self) -> Node:
        return self.text.node

    @property
    def path(self) -> Path:
        return self.text.path

    @property
    def place(self) -> Place:
        return self.text.place

    def excerpt(self, offset: int) -> str:
        """The script's line, and a caret under ``offset``; long lines are cut."""
        code = self.script.code
        begin = code.rfind("\n", 0, offset) + 1
        line = code[begin:].split("\n")[0].replace("\t", " ").rstrip("\r")
        column = offset - begin
        if column > 60:
            line, column = "…" + line[column - 40 :], 41
        return f"{printable(line[:100])}\n{' ' * column}^"


def texts_of(node: Node) -> Iterator[StepText]:
    """All texts in the inputs, outputs and edges of a step."""
    for name, value in node.member("inputs").items():
        place: Place = "input"
        if name == "condition" and node.declaration.role == "decides":
            place = "condition"
        elif name == "outputs" and isinstance(value, dict):
            place = "misplaced"
        path = (*node.path, "inputs", str(name))
        if isinstance(value, str):
            yield StepText(node, path, place, value)
        elif isinstance(value, dict | list):
            yield from _leaves(node, path, place, value)
    for name, value in node.step.items():
        if name not in _MEMBERS:  # such as a member of a step type that isn't published
            yield from _leaves(node, (*node.path, str(name)), "input", value)
    for name, value in node.member("outputs").items():
        yield from _leaves(node, (*node.path, "outputs", str(name)), "output", value)
    for edge in node.edges:
        if isinstance(edge.condition, str):
            yield StepText(node, edge.path, "edge", edge.condition)


def _leaves(node: Node, path: Path, place: Place, value: Json) -> Iterator[StepText]:
    stack: list[tuple[Path, Json]] = [(path, value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield StepText(node, path, place, value)
        elif isinstance(value, dict):
            stack += [((*path, str(key)), item) for key, item in reversed(list(value.items()))]
        elif isinstance(value, list):
            stack += [((*path, index), value[index]) for index in reversed(range(len(value)))]

"""What the rules look at: the definition, its steps as a graph, its texts and the scripts in them. Each made once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias, TypeVar, cast

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.scripts import Script, find_scripts
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.lint.dataflow import DataFlow
from pulumi_8x8.lint.graph import Graph, Node
from pulumi_8x8.lint.javascript import Call, Facts, Read, facts_of
from pulumi_8x8.lint.problems import did_you_mean, printable

#: Where a text stands, which decides what its scripts can read and what it is good for. ``misplaced``: in an
#: ``outputs`` inside of ``inputs``, which the service does not look at.
Place: TypeAlias = Literal["input", "condition", "output", "edge", "misplaced"]

#: About a tenth of a second.
_MOST_COMPARISONS = 20_000

_T = TypeVar("_T")

_PARTS = ("name", "trigger", "status", "subAccountId", "steps")
_MEMBERS = ("id", "stepType", "inputs", "do", "outputs", "nextStepId", "selectNextStep")


class Text(NamedTuple):
    """A text of a step."""

    node: Node
    path: Path
    place: Place
    value: str


class Use(NamedTuple):
    """A script of a text."""

    text: Text
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
        """The script's line and a caret under ``offset``; a long line is cut."""
        code = self.script.code
        begin = code.rfind("\n", 0, offset) + 1
        line = code[begin:].split("\n")[0].replace("\t", " ").rstrip("\r")
        column = offset - begin
        if column > 60:
            line, column = "…" + line[column - 40 :], 41
        return f"{printable(line[:100])}\n{' ' * column}^"


class Context:
    """A definition, as the rules see it.

    :param body: what it was read from, where it was.
    """

    def __init__(self, definition: Definition, body: Mapping[str, Json] | None = None) -> None:
        self.definition = definition
        self.body = body
        self.graph = Graph(definition)
        self._comparisons = _MOST_COMPARISONS
        self._made: dict[object, object] = {}
        self._rank = {key: rank for rank, key in enumerate(definition.flow_order())}

    def once(self, make: Callable[[Context], _T]) -> _T:
        """What ``make`` gives for this context, for rules that share it; it is called the first time only."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("_T", self._made[make])

    def did_you_mean(self, wrong: str, right: Collection[str], cutoff: float = 0.75) -> str:
        """Like the function of this name, for any number of names: it falls silent when it has compared enough."""
        self._comparisons -= len(right)
        return did_you_mean(wrong, right, cutoff) if self._comparisons > 0 else ""

    @property
    def trigger(self) -> str:
        """The trigger, empty where it is not known yet or is no text."""
        return self.definition.trigger if isinstance(self.definition.trigger, str) else ""

    @property
    def nodes(self) -> list[Node]:
        return self.graph.nodes

    @cached_property
    def texts(self) -> list[Text]:
        """All texts in the inputs, outputs and edges of all steps."""
        return [text for node in self.nodes for text in _texts(node)]

    @cached_property
    def uses(self) -> list[Use]:
        """All scripts, each once a text; a placeholder of a message template (``{{1}}``) is a script like any other."""
        return [
            Use(text, script, facts_of(script.code))
            for text in self.texts
            for script in {script.code: script for script in find_scripts(text.value)}.values()
        ]

    @cached_property
    def calls(self) -> list[tuple[Use, Call]]:
        return [(use, call) for use in self.uses for call in use.facts.calls]

    @cached_property
    def reads(self) -> list[tuple[Use, Read]]:
        """What scripts read, but for those that stand where nothing runs them."""
        return [(use, read) for use in self.uses if use.place != "misplaced" for read in use.facts.reads]

    @cached_property
    def flow(self) -> DataFlow:
        """What is on ``data`` before each step."""
        return DataFlow(self)

    @cached_property
    def has_holes(self) -> bool:
        """Something is not known yet, and may turn out to be a text with scripts in it."""
        return self.definition.has_holes()

    def place(self, path: Path) -> tuple[object, ...]:
        """A key that sorts paths as people read a definition: its parts, then the steps in the order of the flow."""
        if not path:
            return (-1,)
        part = str(path[0])
        rank = _PARTS.index(part) if part in _PARTS else len(_PARTS)
        inside: list[tuple[int, str]] = []
        for each in path[2:]:
            name = str(each)
            inside.append((each if isinstance(each, int) else _MEMBERS.index(name) if name in _MEMBERS else 9, name))
        return (rank, self._rank.get(str(path[1]), -1) if len(path) > 1 else -1, *inside)


def _texts(node: Node) -> Iterator[Text]:
    for name, value in node.member("inputs").items():
        place: Place = "input"
        if name == "condition" and node.kind == "If":
            place = "condition"
        elif name == "outputs" and isinstance(value, dict):
            place = "misplaced"
        yield from _leaves(node, (*node.path, "inputs", str(name)), place, value)
    for name, value in node.step.items():
        if name not in _MEMBERS:  # of a step type that is not published, perhaps
            yield from _leaves(node, (*node.path, str(name)), "input", value)
    for name, value in node.member("outputs").items():
        yield from _leaves(node, (*node.path, "outputs", str(name)), "output", value)
    for edge in node.edges:
        if isinstance(edge.condition, str):
            yield Text(node, edge.path, "edge", edge.condition)


def _leaves(node: Node, path: Path, place: Place, value: Json) -> Iterator[Text]:
    if isinstance(value, str):
        yield Text(node, path, place, value)
        return
    stack: list[tuple[Path, Json]] = [(path, value)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, str):
            yield Text(node, path, place, value)
        elif isinstance(value, dict):
            stack += [((*path, str(key)), item) for key, item in reversed(list(value.items()))]
        elif isinstance(value, list):
            stack += [((*path, index), value[index]) for index in reversed(range(len(value)))]

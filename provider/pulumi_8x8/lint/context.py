"""Provides what rules read: the definition, its graph, its texts and scripts. Computes each once. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import TypeVar, cast

from pulumi_8x8.analysis.dataflow import DataFlow
from pulumi_8x8.analysis.graph import Graph, Node
from pulumi_8x8.analysis.javascript import FunctionCall, Read, facts_of
from pulumi_8x8.analysis.texts import StepText, Use, texts_of
from pulumi_8x8.definition.model import PARTS, STEP_MEMBERS, Definition
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.steps import STEP_KINDS, spelling_of
from pulumi_8x8.definition.values import Hole, Json, Path
from pulumi_8x8.phrasing import did_you_mean

#: About a tenth of a second.
_MOST_COMPARISONS = 20_000

_T = TypeVar("_T")

_PARTS = (*PARTS, "steps")


class Context:
    """A definition for the rules.

    :param body: the source of the definition, if it was read from one.
    """

    def __init__(self, definition: Definition, body: Mapping[str, Json] | None = None) -> None:
        self.definition = definition
        self.body = body
        self.graph = Graph(definition)
        self._comparisons = _MOST_COMPARISONS
        self._made: dict[object, object] = {}
        self._rank = {key: rank for rank, key in enumerate(self.graph.keys)}

    def once(self, make: Callable[[Context], _T]) -> _T:
        """The result of ``make`` for this context, which rules share: ``make`` is called only the first time."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("_T", self._made[make])

    def did_you_mean(self, wrong: str, right: Collection[str], cutoff: float = 0.75) -> str:
        """Like the function of this name, but with a limit on the number of comparisons for the whole definition."""
        self._comparisons -= len(right)
        return did_you_mean(wrong, right, cutoff) if self._comparisons > 0 else ""

    @property
    def trigger(self) -> str:
        """The trigger; empty if it isn't known yet or isn't a text."""
        return self.definition.trigger if isinstance(self.definition.trigger, str) else ""

    @property
    def nodes(self) -> list[Node]:
        return self.graph.nodes

    @cached_property
    def inputs(self) -> list[tuple[Node, Mapping[str, Json]]]:
        """Steps of published types with their inputs in the published spelling (the service takes any case); without
        the steps whose inputs aren't known."""
        found: list[tuple[Node, Mapping[str, Json]]] = []
        for node in self.nodes:
            inputs = node.step.get("inputs", {}) if node.kind in STEP_KINDS else None
            if isinstance(inputs, dict):
                spelling = spelling_of(node.kind)
                named = {spelling.get(str(name).lower(), str(name)): value for name, value in inputs.items()}
                found.append((node, named))
        return found

    @cached_property
    def inputs_by_kind(self) -> Mapping[str, list[tuple[Node, Mapping[str, Json]]]]:
        """The same by step type; an empty list for a type that no step has."""
        found: dict[str, list[tuple[Node, Mapping[str, Json]]]] = {kind: [] for kind in STEP_KINDS}
        for node, inputs in self.inputs:
            found[node.kind].append((node, inputs))
        return found

    @cached_property
    def texts(self) -> list[StepText]:
        """All texts in the inputs, outputs and edges of all steps."""
        return [text for node in self.nodes for text in texts_of(node)]

    @cached_property
    def uses(self) -> list[Use]:
        """All scripts, each once a text. A placeholder of a message template (``{{1}}``) counts as a script."""
        return [
            Use(text, script, facts_of(script.code))
            for text in self.texts
            if "{{" in text.value
            for script in {script.code: script for script in find_scripts(text.value)}.values()
        ]

    @cached_property
    def calls(self) -> list[tuple[Use, FunctionCall]]:
        return [(use, call) for use in self.uses for call in use.facts.calls]

    @cached_property
    def reads(self) -> list[tuple[Use, Read]]:
        """The paths that scripts read, except for scripts that the service doesn't run."""
        return [(use, read) for use in self.uses if use.place != "misplaced" for read in use.facts.reads]

    @cached_property
    def flow(self) -> DataFlow:
        """The members of ``data`` before each step."""
        return DataFlow(self.graph, self.reads, self.trigger)

    @cached_property
    def has_holes(self) -> bool:
        """Whether some value isn't known yet, which may be a text with scripts."""
        return self.definition.has_holes()

    @cached_property
    def has_unknown_conditions(self) -> bool:
        """Whether a condition isn't known yet, which may read anything."""
        return any(
            isinstance(condition, Hole)
            for node in self.nodes
            for condition in (
                node.step.get("inputs"),
                node.member("inputs").get("condition"),
                *(edge.condition for edge in node.edges),
            )
        )

    def place(self, path: Path) -> tuple[object, ...]:
        """A sort key in reading order: the parts of a definition, then its steps in the order of the flow."""
        if not path:
            return (-1,)
        part = str(path[0])
        rank = _PARTS.index(part) if part in _PARTS else len(_PARTS)
        inside: list[tuple[int, str]] = []
        for each in path[2:]:
            name = str(each)
            number = STEP_MEMBERS.index(name) if name in STEP_MEMBERS else len(STEP_MEMBERS)
            inside.append((each if isinstance(each, int) else number, name))
        return (rank, self._rank.get(str(path[1]), -1) if len(path) > 1 else -1, *inside)

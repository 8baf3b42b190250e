"""Analyses steps that wait for somebody: what they store of the answer, and which edges they take without one."""

from __future__ import annotations

from pulumi_8x8.analysis.conditions import Condition, condition_of, outcome
from pulumi_8x8.analysis.graph import Edge, Node
from pulumi_8x8.analysis.javascript import facts_of
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.values import Json


def script_condition(written: Json) -> Condition | None:
    """The condition, if it is one script; ``None`` for anything else."""
    if not isinstance(written, str):
        return None
    scripts = find_scripts(written)
    if len(scripts) != 1 or scripts[0].end - scripts[0].start != len(written.strip()):
        return None
    return condition_of(scripts[0].code) if facts_of(scripts[0].code).sound else None


def plain_path(value: Json) -> str | None:
    """The path in an output that is only one: ``step.reply`` for ``{{step.reply}}``."""
    condition = script_condition(value) if isinstance(value, str) and "(" not in value else None
    return str(condition.expression[1]) if condition is not None and condition.expression[0] == "path" else None


def stored_paths(node: Node) -> dict[str, str]:
    """The paths that outputs store unchanged, by the output's name: ``{"reply1": "step.reply"}``."""
    paths = ((str(name), plain_path(value)) for name, value in node.member("outputs").items())
    return {name: path for name, path in paths if path is not None}


def names_of_result(node: Node) -> dict[str, str]:
    """The other names that the paths of ``step`` have after its outputs are stored."""
    return {f"data.{name}": path for name, path in stored_paths(node).items() if path.startswith("step.")}


def on_timeout(node: Node, edge: Edge, answer: str) -> bool | None:
    """Whether ``edge`` is taken if nobody answers; ``None`` if that isn't known."""
    if edge.condition is None:
        return True
    condition = script_condition(edge.condition)
    if condition is None:
        return None
    return outcome(condition.renamed(names_of_result(node)), answer, null=True)


def only_on_timeout(node: Node, edge: Edge) -> bool:
    """Whether ``edge`` is taken if nobody answers, and only then."""
    answer = node.declaration.answer
    condition = script_condition(edge.condition)
    if not answer or condition is None or edge.is_next:
        return False
    renamed = condition.renamed(names_of_result(node))
    return outcome(renamed, answer, null=True) is True and outcome(renamed, answer, null=False) is False


def stored_answers(node: Node) -> dict[str, str]:
    """The outputs of a waiting step that are null if nobody answers, with the paths that they store."""
    answer = node.declaration.answer
    if not answer:
        return {}
    return {name: path for name, path in stored_paths(node).items() if f"{path}.".startswith(f"{answer}.")}

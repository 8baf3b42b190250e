"""Analyses steps that wait for somebody: what they store of the answer, and which edges they take without one."""

from __future__ import annotations

from pulumi_8x8.analysis.conditions import outcome
from pulumi_8x8.analysis.graph import Edge, Node


def on_timeout(node: Node, edge: Edge) -> bool | None:
    """Whether ``edge`` is taken if nobody answers; ``None`` if that isn't known, or the step waits for nobody."""
    answer = node.declaration.answer
    if edge.condition is None or not answer:
        return None if edge.condition is not None else True
    condition = node.conditions[edge.position]
    return None if condition is None else outcome(condition, answer, null=True)


def only_on_timeout(node: Node, edge: Edge) -> bool:
    """Whether ``edge`` is taken if nobody answers, and only then."""
    condition = node.conditions[edge.position]
    if condition is None or edge.is_next or on_timeout(node, edge) is not True:
        return False
    return outcome(condition, node.declaration.answer, null=False) is False


def stored_answers(node: Node) -> dict[str, str]:
    """The outputs of a waiting step that are null if nobody answers, with the paths that they store."""
    answer = node.declaration.answer
    if not answer:
        return {}
    return {name: path for name, path in node.stored.items() if f"{path}.".startswith(f"{answer}.")}

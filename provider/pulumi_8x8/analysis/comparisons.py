"""Finds the comparisons in scripts: which value is compared with which literal, and what is called on it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pulumi_8x8.analysis.syntax import CHAIN, chain_of, string_value, text_of
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from tree_sitter import Node

EQUAL = frozenset(("==", "==="))
UNEQUAL = frozenset(("!=", "!=="))
_EQUALITY = EQUAL | UNEQUAL
_SEARCHES = frozenset(("includes", "startsWith", "endsWith", "indexOf"))


class LiteralComparison(NamedTuple):
    """A comparison of a member path with a literal.

    :param root: ``data`` or ``step``.
    :param path: the names below it.
    :param calls: the methods that the script calls on the value first, in order: ``("trim", "toLowerCase")``.
        ``length`` counts as a method.
    :param sign: ``==``, ``===``, ``!=`` or ``!==``; ``contains`` for a function or method that searches.
    :param value: the literal. :param ignore_case: a search that ignores the case.
    :param offset: where the comparison begins in the script.
    """

    root: str
    path: tuple[str, ...]
    calls: tuple[str, ...]
    sign: str
    value: Json
    offset: int
    ignore_case: bool = False


def comparison_in(node: Node, offset: int) -> LiteralComparison | None:
    """The comparison that ``node``, a binary expression or a call, is; ``None`` if it is none."""
    return _compared(node, offset) if node.type == "binary_expression" else _searched(node, offset)


def _compared(node: Node, offset: int) -> LiteralComparison | None:
    operator = node.child_by_field_name("operator")
    if operator is None or (sign := operator.type) not in _EQUALITY:
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    for value, literal in ((left, right), (right, left)):
        written = _literal(literal) if literal is not None else None
        subject = _subject(value) if written and value is not None else None
        if written and subject is not None:
            return LiteralComparison(*subject, sign, written[0], offset)
    return None


def _searched(node: Node, offset: int) -> LiteralComparison | None:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    is_method = function.type == "member_expression" and _name(function) in _SEARCHES
    if not is_method and not (function.type == "identifier" and text_of(function) == "stringContains"):
        return None
    given = [each for each in arguments.named_children if each.type != "comment"]
    subject_at = function.child_by_field_name("object") if is_method else given.pop(0) if given else None
    written = _literal(given[0]) if given else None
    subject = _subject(subject_at) if written and subject_at is not None else None
    if not written or subject is None:
        return None
    ignore_case = not is_method and len(given) > 1 and text_of(given[1]) != "false"
    return LiteralComparison(*subject, "contains", written[0], offset, ignore_case)


def _subject(node: Node) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """Root, path and calls of ``data.a.trim().toLowerCase()``; ``None`` for anything else."""
    calls: list[str] = []
    while True:
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            node = node.named_children[0]
            continue
        if node.type == "call_expression":
            function = node.child_by_field_name("function")
            if function is None or function.type != "member_expression":
                return None
            calls.append(_name(function))
            owner = function.child_by_field_name("object")
        elif node.type == "member_expression" and _name(node) == "length":
            calls.append("length")
            owner = node.child_by_field_name("object")
        else:
            break
        if owner is None:
            return None
        node = owner
    chain = chain_of(node) if node.type in CHAIN or node.type == "identifier" else None
    if chain is None or chain.root not in ("data", "step") or not chain.whole:
        return None
    return chain.root, chain.names, tuple(reversed(calls))


def _name(node: Node) -> str:
    name = node.child_by_field_name("property")
    return text_of(name) if name is not None else ""


def _literal(node: Node) -> tuple[Json] | None:
    kind = node.type
    if kind == "string":
        return (string_value(node),)
    if kind == "number":
        try:
            return (float(text_of(node)),)
        except ValueError:
            return None
    if kind in ("true", "false"):
        return (kind == "true",)
    return (None,) if kind in ("null", "undefined") else None

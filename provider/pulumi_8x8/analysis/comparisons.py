"""Finds the comparisons in scripts: which value is compared with which literal, and what is called on it first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pulumi_8x8.analysis.javascript import facts_of
from pulumi_8x8.analysis.syntax import CHAIN, chain_of, nodes_in, parse, string_value, text_of
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from tree_sitter import Node

EQUAL = frozenset(("==", "==="))
UNEQUAL = frozenset(("!=", "!=="))
#: A script without any of these compares nothing, and isn't parsed.
_SIGNS = re.compile(r"[=!]=|stringContains|includes|startsWith|endsWith|indexOf")
_MIRRORED = {"includes": "contains", "startsWith": "contains", "endsWith": "contains", "indexOf": "contains"}


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


@lru_cache(maxsize=10_000)
def comparisons_of(code: str) -> tuple[LiteralComparison, ...]:
    """The comparisons in ``code``; none if the script isn't sound."""
    if not _SIGNS.search(code) or not (facts := facts_of(code)).sound or not facts.reads:
        return ()
    return tuple(_comparisons(parse(code), code))


def _comparisons(root: Node, code: str) -> Iterator[LiteralComparison]:
    for node in nodes_in(root):
        found = None
        if node.type == "binary_expression":
            found = _compared(node)
        elif node.type == "call_expression":
            found = _searched(node)
        if found is not None:
            start = node.start_byte
            offset = (
                start if code.isascii() else len(code.encode("utf-8", "replace")[:start].decode("utf-8", "replace"))
            )
            yield found._replace(offset=offset)


def _compared(node: Node) -> LiteralComparison | None:
    operator = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    sign = text_of(operator) if operator is not None else ""
    if sign not in EQUAL | UNEQUAL or left is None or right is None:
        return None
    for value, literal in ((left, right), (right, left)):
        written, subject = _literal(literal), _subject(value)
        if written and subject is not None:
            return LiteralComparison(*subject, sign, written[0], 0)
    return None


def _searched(node: Node) -> LiteralComparison | None:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    given = [each for each in arguments.named_children if each.type != "comment"] if arguments is not None else []
    if function is None or not given:
        return None
    if function.type == "identifier" and text_of(function) == "stringContains" and len(given) > 1:
        written, subject = _literal(given[1]), _subject(given[0])
        ignore_case = len(given) > 2 and text_of(given[2]) != "false"
        return (
            LiteralComparison(*subject, "contains", written[0], 0, ignore_case)
            if written and subject is not None
            else None
        )
    if function.type == "member_expression" and (name := _name(function)) in _MIRRORED:
        owner, written = function.child_by_field_name("object"), _literal(given[0])
        subject = _subject(owner) if owner is not None else None
        return LiteralComparison(*subject, _MIRRORED[name], written[0], 0) if written and subject is not None else None
    return None


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
    if chain is None or chain[0] not in ("data", "step") or not chain[2]:
        return None
    return chain[0], chain[1], tuple(reversed(calls))


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

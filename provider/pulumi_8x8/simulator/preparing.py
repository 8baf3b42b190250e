"""Prepares scripts for QuickJS: checks them against the service's limits, and finds the simple ones. No I/O.

A simple script changes nothing, and its work is bounded by its length and the size of the data: it reads, compares, and
calls functions that only return something, without a loop. The rules here are strict. Any other script is for a process
that can be ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import tree_sitter
import tree_sitter_javascript

from pulumi_8x8.analysis.javascript import FORBIDDEN, LONGEST_SCRIPT

_LANGUAGE = tree_sitter.Language(tree_sitter_javascript.language())

#: Node types of simple expressions. Each of their named children must be simple, too.
# fmt: off
_SIMPLE = frozenset((
    "arguments", "array", "binary_expression", "call_expression", "escape_sequence", "false", "identifier",
    "member_expression", "null", "number", "object", "optional_chain", "pair", "parenthesized_expression",
    "property_identifier", "string", "string_fragment", "subscript_expression", "template_string",
    "template_substitution", "ternary_expression", "true", "unary_expression", "undefined",
))
#: Methods that only return something, whatever their arguments are. None makes a text longer than its arguments.
_METHODS = frozenset((
    "at", "charAt", "charCodeAt", "slice", "substr", "substring", "toFixed", "toLowerCase", "toString", "toUpperCase",
    "trim", "trimEnd", "trimStart",
))
#: The same, if they look for a short text that the script has: with two long texts, they take very long.
_SEARCHES = frozenset(("endsWith", "includes", "indexOf", "lastIndexOf", "split", "startsWith"))
_SHORT = 60  # bytes, with the parentheses
# fmt: on
COMPARISONS = ("==", "===", "!=", "!==", "<", "<=", ">", ">=")
_CONSTANTS = frozenset({"data", "step", "undefined", "NaN", "Infinity"})
#: QuickJS calls these of an object by itself, or a script could call a function under such a name.
_NOT_KEYS = _METHODS | _SEARCHES | {"toJSON", "valueOf", "__proto__", "then", "constructor"}


class NotAllowed(Exception):
    """A script exceeds one of the service's limits."""


class Watched(NamedTuple):
    """A comparison, a call or a value on which the result of a condition depends.

    :ivar operator: of a comparison; the function of a call; empty for a value.
    """

    expression: str
    operator: str


@dataclass(frozen=True)
class Prepared:
    """A script for QuickJS.

    :ivar simple: whether it is one expression that changes nothing.
    :ivar watched: such a script, which also reports the values of its parts.
    :ivar parts: what it reports, as the script has it.
    """

    code: str
    simple: bool
    watched: str = ""
    parts: tuple[Watched, ...] = ()


@lru_cache(maxsize=4096)
def prepare(script: str, lenient: bool, functions: frozenset[str]) -> Prepared:
    """The script, checked against the limits, and if ``lenient`` with ``?.`` instead of ``.``.

    :param functions: the names of the service's functions. :raises NotAllowed: it exceeds a limit.
    """
    if len(script) > LONGEST_SCRIPT:
        raise NotAllowed(f"The script is longer than {LONGEST_SCRIPT} characters.")
    source = script.encode("utf-8", "surrogatepass")
    root = tree_sitter.Parser(_LANGUAGE).parse(source).root_node
    edits: list[tuple[int, int, bytes]] = []  # from, to, and the new text
    for node in _nodes(root):
        if node.type in FORBIDDEN and node.is_named:
            raise NotAllowed(f"Scripts cannot contain {FORBIDDEN[node.type][1]}.")
        optional = any(child.type == "optional_chain" for child in node.children)
        if node.type == "member_expression" and not optional:
            edits += [(child.start_byte, child.start_byte, b"?") for child in node.children if child.type == "."]
        elif node.type == "subscript_expression" and not optional:
            edits += [(child.start_byte, child.start_byte, b"?.") for child in node.children if child.type == "["]
    expression = _expression(root)
    simple = expression is not None and all(_is_simple(node, functions) for node in _nodes(expression))
    if not lenient or root.has_error:
        edits = []
    if not simple or expression is None:
        return Prepared(_edited(source, edits, 0, len(source)), False)
    start, end = expression.start_byte, expression.end_byte
    parts: list[Watched] = []
    watching: list[tuple[int, int, bytes]] = []
    for node in _decisive(expression):
        _watch(node, parts, watching)
    code = _edited(source, edits, start, end)
    return Prepared(code, True, _edited(source, edits + watching, start, end), tuple(parts))


def _edited(source: bytes, edits: list[tuple[int, int, bytes]], start: int, end: int) -> str:
    """The part of ``source`` from ``start`` to ``end``, edited. Edits at the same place keep their order."""
    pieces, place = [], start
    for first, last, text in sorted(edits, key=lambda edit: edit[:2]):
        if start <= first and last <= end:
            pieces += [source[place:first], text]
            place = last
    return b"".join([*pieces, source[place:end]]).decode("utf-8", "surrogatepass")


def _decisive(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The parts on which the result depends: what stands between ``&&``, ``||``, ``!`` and the like."""
    operator = node.child_by_field_name("operator")
    sign = operator.type if operator is not None else ""
    if node.type in ("parenthesized_expression", "ternary_expression") or sign in ("&&", "||", "??", "!"):
        for child in node.named_children:
            yield from _decisive(child)
    elif node.type not in ("true", "false", "null", "undefined", "number", "string"):
        yield node


def _watch(node: tree_sitter.Node, parts: list[Watched], edits: list[tuple[int, int, bytes]]) -> None:
    """Makes a part report its value: ``a === b`` becomes ``$c(0, "===", a, b)``."""
    start, end, number = node.start_byte, node.end_byte, len(parts)
    operator, called = node.child_by_field_name("operator"), node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    name = ""
    if node.type == "binary_expression" and operator is not None and operator.type in COMPARISONS:
        name = operator.type
        edits += [(start, start, f'$c({number}, "{name}", '.encode()), (operator.start_byte, operator.end_byte, b", ")]
        edits.append((end, end, b")"))
    elif called is not None and arguments is not None and called.type == "identifier":
        name = (called.text or b"").decode()
        edits += [(start, arguments.start_byte + 1, f"$f({number}, {name}, [".encode()), (end - 1, end, b"])")]
    else:
        edits += [(start, start, f"$v({number}, ".encode()), (end, end, b")")]
    parts.append(Watched((node.text or b"").decode("utf-8", "replace"), name))


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        yield node


def _expression(root: tree_sitter.Node) -> tree_sitter.Node | None:
    """The expression, if the script is one and nothing else."""
    if root.has_error or root.named_child_count != 1 or root.named_children[0].type != "expression_statement":
        return None
    statement = root.named_children[0]
    if statement.named_child_count != 1 or (statement.text or b"").isascii() is False:
        return None
    expression = statement.named_children[0]
    return None if expression.type == "object" else expression


def _is_simple(node: tree_sitter.Node, functions: frozenset[str]) -> bool:
    if not node.is_named:
        return node.type not in ("delete", "instanceof")
    if node.type not in _SIMPLE:
        return False
    text = (node.text or b"").decode("utf-8", "replace")
    if node.type == "identifier":
        parent = node.parent
        called = parent is not None and parent.type == "call_expression"
        return text in _CONSTANTS or (called and text in functions)
    if node.type == "call_expression":
        callee, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if callee is None or arguments is None or arguments.type != "arguments":
            return False
        if callee.type == "identifier":
            return (callee.text or b"").decode() in functions
        name = callee.child_by_field_name("property") if callee.type == "member_expression" else None
        method = (name.text or b"").decode("utf-8", "replace") if name is not None else ""
        short = [each.type for each in arguments.named_children] == ["string"] and len(arguments.text or b"") <= _SHORT
        return method in _METHODS or (method in _SEARCHES and short)
    if node.type == "number":
        return not text.endswith("n")  # numbers of any length
    if node.type == "pair":
        key = node.child_by_field_name("key")
        word = (key.text or b"").decode("utf-8", "replace").strip("'\"") if key is not None else ""
        plain = key is not None and key.type in ("property_identifier", "string", "number") and "\\" not in word
        return plain and word not in _NOT_KEYS
    return True

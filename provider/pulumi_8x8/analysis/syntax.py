"""Reads syntax trees of scripts: parsing, literals, member chains, the place of a syntax error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

#: The node types of ``a.b`` and ``a[b]``.
CHAIN = {"member_expression", "subscript_expression"}

#: A chain that its text is enough for.
_PLAIN = re.compile(
    r"(?!(?:this|super|import|new|true|false|null|undefined)\b)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_QUOTES = {"'", '"', "`"}


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_javascript

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_javascript.language()))


def parse(code: str) -> Node:
    """The syntax tree's root. Lone surrogates, which no encoding has, become question marks."""
    return _parser().parse(code.encode("utf-8", "replace")).root_node


def text_of(node: Node) -> str:
    """The source of ``node``."""
    return (node.text or b"").decode("utf-8", "replace")


def nodes_in(node: Node) -> Iterator[Node]:
    """``node`` and all named nodes below it."""
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        stack.extend(each.named_children)


def string_value(node: Node) -> str:
    """The value of a string literal; only escapes of quotes and backslashes are resolved."""
    return "".join(
        text_of(child)[1:] if child.type == "escape_sequence" else text_of(child) for child in node.named_children
    )


class Chain(NamedTuple):
    """A member chain that starts at an identifier.

    :param whole: all of its members have literal names.
    :param optional: it has a ``?.``.
    """

    root: str
    names: tuple[str, ...]
    whole: bool = True
    optional: bool = False


def chain_of(node: Node) -> Chain | None:
    """The chain that ``node`` is; ``None`` if it starts at anything else than an identifier."""
    if _PLAIN.fullmatch(written := text_of(node)):
        root, *names = written.split(".")
        return Chain(root, tuple(names))
    return chain_in(node)


def chain_in(node: Node) -> Chain | None:
    """The same from the nodes below ``node``, which takes longer than its text."""
    names: list[str] = []
    whole, optional = True, False
    while node.type in CHAIN:
        optional = optional or node.child_by_field_name("optional_chain") is not None
        if node.type == "member_expression":
            name = node.child_by_field_name("property")
            names.append(text_of(name) if name is not None else "")
        else:
            index = node.child_by_field_name("index")
            if index is not None and index.type == "string":
                names.append(string_value(index))
            elif index is not None and index.type == "number":
                names.append(text_of(index))
            else:
                names.clear()
                whole = False
        inner = node.child_by_field_name("object")
        if inner is None:
            return None
        node = inner
    if node.type != "identifier":
        return None
    return Chain(text_of(node), tuple(reversed(names)), whole, optional)


def syntax_error(root: Node, code: str) -> tuple[int, str]:
    """The first place that the parser doesn't understand: its offset in ``code``, and what is wrong."""
    raw = code.encode("utf-8", "replace")
    place, detail = len(raw), "it is not complete"
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_missing:
            place, detail = node.start_byte, f'"{node.type}" is missing'
            break
        if node.type == "ERROR":
            place, detail = _inside_error(node, len(raw.rstrip()))
            break
        stack.extend(reversed([child for child in node.children if child.has_error or child.is_missing]))
    return len(raw[:place].decode("utf-8", "replace")), detail


def _inside_error(node: Node, end: int) -> tuple[int, str]:
    """The offset in bytes, and the message. The parser only marks the part that it doesn't understand."""
    opened: list[Node] = []
    for child in node.children:
        if child.type in _CLOSING:
            opened.append(child)
        elif child.type in _CLOSING.values():
            if not opened or _CLOSING[opened.pop().type] != child.type:
                return child.start_byte, f'"{child.type}" closes nothing'
        elif child.type in _QUOTES:
            return child.start_byte, f"the text that begins with {child.type} isn't closed"
    if opened:
        return opened[-1].start_byte, f'"{opened[-1].type}" isn\'t closed'
    if node.end_byte >= end:
        last = node.children[-1] if node.children else node
        return end, f'something must follow "{text_of(last)[-20:]}"'
    after = node.next_sibling
    if after is not None and node.named_child_count and after.is_named:
        return after.start_byte, f'an operator or a comma is missing before "{text_of(after)[:20]}"'
    return node.start_byte, f'"{text_of(node)[:20]}" isn\'t expected here'

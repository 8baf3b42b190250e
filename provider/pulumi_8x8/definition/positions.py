"""Where each value of a JSON text begins. One pass over its tokens, made only when a place has to be shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias, TypeVar

from pulumi_8x8.bounded import MOST_DIGITS
from pulumi_8x8.definition.values import Json
from pulumi_8x8.phrasing import printable

#: The offset of a value in its text; for an object or a list, also the offsets of its members.
Node: TypeAlias = "int | tuple[int, dict[str, Node] | list[Node]]"

_T = TypeVar("_T")

#: A string (also one without an end, or a text full of quotes would take quadratic time), a sign, or anything else.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+")


_LONGEST_KEY = 60  # letters


class Misplaced(ValueError):
    """A JSON text has what a workflow file can't have.

    :ivar offset: where.
    """

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


class Excess(Misplaced):
    """A text is JSON or YAML, but has more of something than a workflow file can have."""


def too_many(offset: int, most: int, what: str = "values") -> Excess:
    """The error of a file that has more than ``most`` of something."""
    return Excess(offset, f"more than {most:,} {what}; split the file, or declare the workflow in Python")


def json_positions(text: str, deepest: int, most: int) -> Node:
    """The positions of all values.

    :param text: JSON. In anything else, the positions mean nothing.
    :param deepest, most: the levels of nesting, and the number of values, that it may have.
    :raises Misplaced: it has more of one of them, a key twice in an object, or a number of too many digits.
    """
    root: list[Node] = []
    inside: list[dict[str, Node] | list[Node]] = [root]
    key: str | None = None
    allowed = most
    for token in _TOKEN.finditer(text):
        offset, sign = token.start(), text[token.start()]
        container = inside[-1]
        if sign in ",:":
            continue
        if sign in "}]":
            if len(inside) > 1:
                inside.pop()
            continue
        if sign == '"' and isinstance(container, dict) and key is None:
            key = _key(token[0])
            if key in container:
                raise Misplaced(offset, f'"{shown(key)}" is there twice in one object')
            continue
        most -= 1
        if most < 0:
            raise too_many(offset, allowed)
        node: Node = offset
        if sign in "{[":
            if len(inside) > deepest:
                raise Excess(offset, f"nested more than {deepest} levels deep")
            members: dict[str, Node] | list[Node] = {} if sign == "{" else []
            node = (offset, members)
            inside.append(members)
        elif len(token[0]) > MOST_DIGITS and _NUMBER.fullmatch(token[0]):
            raise Excess(offset, f"a number of more than {MOST_DIGITS:,} digits")
        if isinstance(container, list):
            container.append(node)
        else:
            container[key or ""] = node
            key = None
    return root[0] if root else 0


def shown(key: str) -> str:
    """A key in a message: on one line, and not all of a text."""
    return printable(key[:_LONGEST_KEY]) + ("…" if len(key) > _LONGEST_KEY else "")


def _key(token: str) -> str:
    if "\\" not in token and token[-1:] == '"' != token:
        return token[1:-1]
    try:
        return str(json.loads(token))
    except ValueError:
        return token


#: The places of steps by id, by the identity of their list; kept as long as the lists, which a file with many problems
#: would otherwise search again and again.
Ids: TypeAlias = dict[int, dict[str, int]]


def find(node: Node, value: Json, path: tuple[str | int, ...], ids: Ids) -> int:
    """The offset of what is at ``path``, or of its nearest parent.

    :param value: what ``node`` has the positions of. A name in the path may be the id of a step in a list.
    :param ids: empty at first; one for each ``value``.
    """
    for part in path:
        if isinstance(part, str) and part.startswith("#") and part[1:].isdecimal() and len(part) < 10:
            part = int(part[1:])
        inner = _child(node, value, part, ids)
        if inner is None:
            break
        node, value = inner
    return offset_of(node)


def offset_of(node: Node) -> int:
    """Where a value begins."""
    return node if isinstance(node, int) else node[0]


def _child(node: Node, value: Json, part: str | int, ids: Ids) -> tuple[Node, Json] | None:
    if isinstance(node, int):
        return None
    members = node[1]
    if isinstance(members, dict):
        for name in _spellings(members, part):
            return members[name], value.get(name) if isinstance(value, Mapping) else None
        return None
    items = value if isinstance(value, list) else [None] * len(members)
    if isinstance(part, str):
        part = _by_id(value, ids).get(part, -1) if isinstance(value, list) else -1
    return (members[part], items[part]) if 0 <= part < min(len(members), len(items)) else None


def _by_id(steps: list[Json], ids: Ids) -> dict[str, int]:
    if id(steps) not in ids:
        found = [(each.get("id"), place) for place, each in enumerate(steps) if isinstance(each, Mapping)]
        # Of equal ids, the first counts.
        ids[id(steps)] = {name: place for name, place in reversed(found) if isinstance(name, str)}
    return ids[id(steps)]


def _spellings(members: Mapping[str, Node], part: str | int) -> Iterator[str]:
    if part in members:
        yield str(part)
    elif part == "subAccountId":
        yield from (name for name in members if name.lower() == "subaccountid")

"""Writes Python values as JavaScript: literals in scripts, and names of members."""

from __future__ import annotations

import re
from math import isfinite

from pulumi_8x8.definition.values import Json

#: Larger integers aren't exact in JavaScript.
_LARGEST = 2**53
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def quoted(text: str) -> str:
    r"""A text as JavaScript's literal. Braces in pairs are escaped, since they would begin or end a script.

    >>> quoted("It's {{x}}")
    "'It\\'s \\x7b\\x7bx\\x7d\\x7d'"
    """
    escaped = _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}"), text)
    if "{{" in escaped or "}}" in escaped:
        escaped = escaped.replace("{", "\\x7b").replace("}", "\\x7d")
    return f"'{escaped}'"


def literal(value: Json) -> str | None:
    """A text, a number, true, false or null as JavaScript's literal; ``None`` for anything else.

    >>> literal(True), literal(-1.5), literal(None)
    ('true', '-1.5', 'null')
    """
    if isinstance(value, str):
        return quoted(str.__str__(value))
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return int.__repr__(value)
    return float.__repr__(value) if isinstance(value, float) and isfinite(value) else None


def member(name: str | int) -> str:
    """The code that reads a member: ``.text``, or ``['a b']`` for a name that isn't JavaScript's.

    >>> member("text"), member("a b"), member(0)
    ('.text', "['a b']", '[0]')
    """
    if isinstance(name, int):
        return f"[{int(name)}]"
    return f".{name}" if _NAME.fullmatch(name) else f"[{quoted(name)}]"

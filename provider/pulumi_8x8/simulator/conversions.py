"""Converts JSON values as scripts and workflows do: to text, to true or false. No I/O."""

from __future__ import annotations

import json
from typing import Any

#: Levels of arrays and objects in a script's result, an HTTP answer and a request; the emulator's choice.
MAX_DEPTH = 128


def text(value: Any) -> str:
    """A value inside a text: null is empty, a string is itself, anything else is JSON (the emulator's choice)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def truthy(value: Any) -> bool:
    """Whether a JSON value is true in JavaScript."""
    return value not in (None, False, 0, "")


def nested_too_deep(value: Any) -> bool:
    """Whether arrays and objects stand more than :data:`MAX_DEPTH` levels deep in each other. Needs no recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def well_formed(value: str) -> str:
    """A text without lone surrogates, the halves of characters: pairs become characters, others U+FFFD."""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def well_formed_json(value: Any) -> Any:
    """A JSON value with :func:`well_formed` texts, at any depth."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {well_formed(name): well_formed_json(member) for name, member in value.items()}
    return [well_formed_json(item) for item in value] if isinstance(value, list) else value

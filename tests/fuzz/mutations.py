"""Small changes of texts and JSON values, for the targets."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

#: Values that no sender of a request means.
ODD: list[Any] = [
    None,
    True,
    "",
    0,
    -1,
    1e308,
    10**30,
    [],
    {},
    [[]],
    "\ud83d",
    "\0",
    "\x1b[2J",
    "{{",
    "{{data}}",
    "{{data.x.y}}",
    "é" * 300,
    "x" * 70_000,
    "-1",
    "9999999.00:00:00",
    "00:00:00",
    "../..",
    "😀",
    {"a": {"a": {"a": [1, 2, {"b": None}]}}},
]


def mutated(random: Random, data: bytes, pieces: Sequence[bytes]) -> bytes:
    """``data`` with pieces put in, also as lines, parts removed or repeated, and other bytes."""
    for _ in range(random.choice((0, 1, 1, 2, 5, 20))):
        at, length = random.randrange(len(data) + 1), random.choice((0, 1, 1, 2, 10, 200))
        match random.randrange(5):
            case 0:
                data = data[:at] + random.choice(pieces) + data[at:]
            case 1:
                data = data[:at] + data[at + length :]
            case 2:
                data = data[:at] + random.randbytes(random.randrange(1, 4)) + data[at + 1 :]
            case 3:
                data = data[:at] + data[at : at + length] * random.choice((2, 3, 100)) + data[at:]
            case 4:
                line = data.rfind(b"\n", 0, at) + 1
                data = data[:line] + random.choice(pieces) + data[line:]
    return data


def odd(random: Random, value: Any, chance: float = 0.05) -> Any:
    """``value`` with some of its parts replaced, removed, or repeated."""
    if random.random() < chance:
        return random.choice(ODD)
    if isinstance(value, dict):
        return {
            (f"{key}x" if random.random() < chance / 4 else key): odd(random, each, chance)
            for key, each in value.items()
            if random.random() >= chance / 2
        }
    if isinstance(value, list):
        kept = [odd(random, each, chance) for each in value]
        return kept * random.choice((1,) * 30 + (2, 50))
    return value

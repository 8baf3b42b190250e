"""Checks paths of scripts against shapes, and lists the service's script functions.

Sources: the Scripting page.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_8x8.definition.triggers import Shape


def unknown_part(shape: Shape, path: Sequence[str]) -> tuple[int, list[str]] | None:
    """The first part of ``path`` that ``shape`` doesn't have: its index, and the names that ``shape`` has there."""
    members: Shape | None = shape
    for index, name in enumerate(path):
        if members is None:
            return None
        if name not in members:
            return index, [each for each in members if each != "*"]
        members = members[name]
    return None


#: Parameters by function: ``(name, kind of literal, required)`` (Scripting page).
FUNCTIONS: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "isCountryCode": (("phoneNumber", "string", True), ("alpha2", "string", True)),
    "stringContains": (("source", "string", True), ("value", "string", True), ("ignoreCase", "boolean", False)),
    "isTimeOfDayBetween": (
        ("timestamp", "string", True),
        ("from", "string", True),
        ("to", "string", True),
        ("timezone", "string", True),
    ),
    "isDayOfWeek": (("dateOrTimestamp", "string", True), ("dayName", "string", True)),
    "uuid": (),
}

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

"""Reads members of any JSON. Nothing here fails; what isn't there, or has another type, is empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pulumi_8x8.definition.messages.message import UNKNOWN_TEXT, Media, MediaKind
from pulumi_8x8.definition.values import Hole, Json, Path

#: Parts of a Message by name.
Parts: TypeAlias = dict[str, Json]

#: Kinds of media by the names that headers and parameters have for them.
FILES: Mapping[str, MediaKind] = {"image": "image", "gif": "video", "video": "video", "document": "file"}


def member(owner: Json, name: str) -> Json:
    """A member, in the published spelling or another case; ``None`` if there is none."""
    if not isinstance(owner, Mapping):
        return None
    if name in owner:
        return owner[name]
    low = name.lower()
    return next((value for key, value in owner.items() if isinstance(key, str) and key.lower() == low), None)


def text_of(owner: Json, name: str) -> str:
    """A member as a text; empty if it is none."""
    value = member(owner, name)
    if isinstance(value, str):
        return value
    if isinstance(value, Hole):
        return UNKNOWN_TEXT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:.15g}" if abs(value) < 1e300 else UNKNOWN_TEXT
    return ""


def items_of(owner: Json, name: str, path: Path) -> Iterator[tuple[Json, Path]]:
    """The items of a list with their places."""
    value = member(owner, name)
    if isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield item, (*path, name, position)


def place_of(location: Json, path: Path) -> Media:
    return Media("location", position_of(location), path, text_of(location, "name"), text_of(location, "address"))


def position_of(place: Json) -> str:
    parts = [text_of(place, "latitude"), text_of(place, "longitude")]
    return ",".join(parts) if all(parts) else ""

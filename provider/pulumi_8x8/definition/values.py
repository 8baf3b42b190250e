"""The leaves of a definition: JSON, and holes where a value is not known yet.

Nothing here imports Pulumi: the resources layer registers its ``Output`` and ``Unknown`` as :class:`Hole`,
so that definitions with unknown values in them can be handled (and linted) by the layers below it.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

#: A JSON value, or a :class:`Hole` at any depth. ``Any``, since holes are other libraries' objects.
Json: TypeAlias = Any

#: The place of a value in a definition: ``("steps", "send_CA", "inputs", "user", "msisdn")``.
#: Steps are named by their id, also inside the sequences of a ``do``: ``("steps", "if", "do", 0, "say")``.
Path: TypeAlias = tuple[str | int, ...]


class Hole(ABC):  # noqa: B024 - a marker that other layers register their classes with
    """A value that is not known yet. Register a class with ``Hole.register(cls)``."""


class _Unknown(Hole):
    def __repr__(self) -> str:
        return "UNKNOWN"


#: A hole for data read back from files and tests.
UNKNOWN: Hole = _Unknown()


#: To the engine, a mapping with this key is a secret, an asset, a resource … (sdk/go/common/resource/plugin/rpc.go).
SIGNATURE = "4dabf18193072939515e22adb298388d"

#: Texts that the SDK and the engine send for values that aren't known yet, one for each type (the same file).
ENGINE_UNKNOWNS = (
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
)

#: What surrounds an expression in a text until the text is compiled; private letters of Unicode, which no text has.
OPENING, CLOSING = "\ue000", "\ue001"

#: Nearly all leaves are of these types. Asking that first is much faster than asking abstract classes.
PLAIN = frozenset((str, int, float, bool, type(None)))


def map_leaves(value: Json, change: Callable[[Json], Json], rank: Callable[[str], Any] | None = None) -> Json:
    """``value`` with every leaf (and hole) replaced by ``change(leaf)``; containers become dicts and lists.

    :param rank: sort the keys of all mappings by it.
    """
    kind = type(value)
    if kind in PLAIN:
        return change(value)
    if kind is dict or isinstance(value, Mapping):
        in_order = rank is None or len(value) < 2
        items = value.items() if in_order else [(key, value[key]) for key in sorted(value, key=rank)]
        # A leaf of a plain type is not worth a call.
        return {key: change(item) if type(item) in PLAIN else map_leaves(item, change, rank) for key, item in items}
    if kind is list or isinstance(value, list | tuple):
        return [change(item) if type(item) in PLAIN else map_leaves(item, change, rank) for item in value]
    return change(value)


def has_holes(value: Json) -> bool:
    """Whether anything in ``value`` is not known yet."""
    stack = [value]
    while stack:
        value = stack.pop()
        kind = type(value)
        if kind in PLAIN:
            continue
        if kind is dict or isinstance(value, Mapping):
            stack.extend([item for item in value.values() if type(item) not in PLAIN])
        elif kind is list or isinstance(value, list | tuple):
            stack.extend([item for item in value if type(item) not in PLAIN])
        elif isinstance(value, Hole):
            return True
    return False


def is_whole_number(value: Json) -> bool:
    """True for a float that stands for an integer and can be distinguished from its neighbours (below 2**53)."""
    return isinstance(value, float) and value.is_integer() and abs(value) <= 2**53

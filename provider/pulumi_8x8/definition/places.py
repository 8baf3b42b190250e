"""Every value of a definition with its place, such as ``("steps", "send_CA", "inputs", "content", "text")``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from pulumi_8x8.definition.model import PARTS, Definition
from pulumi_8x8.definition.values import Json, Path


def map_places(definition: Definition, change: Callable[[Path, Json], Json]) -> Definition:
    """``definition`` with ``change(place, value)`` for every value that isn't a container. A step's key doesn't count
    as a value."""
    return _map(definition, change, lambda path: False)


def replace_places(definition: Definition, places: Collection[Path], change: Callable[[Json], Json]) -> Definition:
    """``definition`` with ``change(value)`` for the value at each of ``places``, be it a container or not."""
    if not places:
        return definition
    wanted = set(places)
    if ("steps",) in wanted and definition.steps:
        more = {**definition.more, "steps": definition.steps}
        definition = replace(definition, start=None, steps={}, more=more)
    return _map(definition, lambda path, value: change(value) if path in wanted else value, wanted.__contains__)


def _map(definition: Definition, change: Callable[[Path, Json], Json], is_leaf: Callable[[Path], bool]) -> Definition:
    def walk(value: Json, path: Path) -> Json:
        if isinstance(value, Mapping | list | tuple) and not is_leaf(path):
            if isinstance(value, Mapping):
                return {key: walk(item, (*path, key)) for key, item in value.items()}
            in_do = len(path) > 1 and path[-2] == "do"
            return [walk(item, (*path, name_in_do(item, at) if in_do else at)) for at, item in enumerate(value)]
        return change(path, value)

    return replace(
        definition,
        **{PARTS[key]: walk(value, (key,)) for key, value in definition.parts().items()},
        steps={key: walk(step, ("steps", key)) for key, step in definition.steps.items()},
        more={key: walk(value, (key,)) for key, value in definition.more.items()},
    )


def places(definition: Definition) -> list[tuple[Path, Json]]:
    """All these values with their places."""
    found: list[tuple[Path, Json]] = []

    def note(path: Path, value: Json) -> Json:
        found.append((path, value))
        return value

    map_places(definition, note)
    return found


def name_in_do(step: Json, position: int) -> str:
    """What a place calls a step inside of a ``do``: by its id, or else by its position."""
    own = step.get("id") if isinstance(step, Mapping) else None
    return own if isinstance(own, str) and own else f"#{position}"

"""Fills values that a program or a preview doesn't show with the deployed ones. No I/O."""

from __future__ import annotations

from pulumi_8x8.definition import Definition, Hole, Json, Path, show_path
from pulumi_8x8.definition.places import map_places, places
from pulumi_8x8.errors import SourceError


def filled(new: Definition, deployed: Definition) -> tuple[Definition, tuple[Path, ...]]:
    """``new`` without holes, and the places of those that it had: secrets, and what only a deployment knows.

    :raises SourceError: the deployed definition has no value in one of these places.
    """
    known = dict(places(deployed))
    taken: list[Path] = []

    def fill(path: Path, value: Json) -> Json:
        if not isinstance(value, Hole):
            return value
        if path not in known:
            raise SourceError(
                f"{show_path(path)}: a secret, or a value that only a deployment knows. The deployed workflow has no "
                "value there, so a backtest would have to guess it"
            )
        taken.append(path)
        return known[path]

    return map_places(new, fill), tuple(taken)

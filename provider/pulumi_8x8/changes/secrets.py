"""Values that are never shown. Everything that is told about a change is made from definitions masked here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from pulumi_8x8.definition import Definition, Hole, Json, Path
from pulumi_8x8.definition.places import name_in_do


@dataclass(frozen=True)
class Secret(Hole):
    """Stands for a secret.

    :param digest: of its value; two that are equal are the same secret. ``None`` where the value is not there, as in
        the JSON of a preview: then nobody can tell.
    """

    digest: str | None = field(default=None, repr=False)


#: Stands for what is in plain text on one side and a secret of Pulumi's on the other: likely to be that secret.
PLAIN = Secret("plain")


def mask(definition: Definition, places: Collection[Path]) -> Definition:
    """``definition`` with a :class:`Secret` at each of ``places`` (of the canonical form)."""
    if not places:
        return definition
    wanted = set(places)
    steps = {key: _masked(step, ("steps", key), wanted) for key, step in definition.steps.items()}
    more = {key: _masked(value, (key,), wanted) for key, value in definition.more.items()}
    return replace(definition, steps=steps, more=more)


def _masked(value: Json, path: Path, places: set[Path]) -> Json:
    if path in places:
        text = json.dumps(value, sort_keys=True, default=repr)
        return Secret(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    if isinstance(value, Mapping):
        return {key: _masked(item, (*path, key), places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        sequence = len(path) > 1 and path[-2] == "do"
        return [
            _masked(item, (*path, name_in_do(item, position) if sequence else position), places)
            for position, item in enumerate(value)
        ]
    return value

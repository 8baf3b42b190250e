"""Secrets that a workflow file leaves out: ``<secret:crmToken>`` stands for the secret ``crmToken`` of the config."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.places import map_places
from pulumi_8x8.definition.values import Json, Path

_PLACEHOLDER = re.compile(r"<secret:([A-Za-z][\w-]*)>", re.ASCII)


def placeholder(name: str) -> str:
    """The text in a file for the secret ``name``: a letter, then letters, digits, ``_`` and ``-``."""
    return f"<secret:{name}>"


def secrets_in(text: str) -> list[str]:
    """Names of the secrets that ``text`` leaves out, as often as it does.

    >>> secrets_in("Bearer <secret:crmToken>")
    ['crmToken']
    """
    return _PLACEHOLDER.findall(text)


def fill_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """``text`` with the values of all secrets that it leaves out."""
    return _PLACEHOLDER.sub(lambda found: secrets[found[1]], text)


def match_secrets(template: str, text: str) -> dict[str, str] | None:
    """The values that make ``template`` into ``text``; ``None`` when none do.

    >>> match_secrets("Bearer <secret:crmToken>", "Bearer 4f5b6f29")
    {'crmToken': '4f5b6f29'}
    """
    names = secrets_in(template)
    pattern = "(.+)".join(re.escape(part) for part in _PLACEHOLDER.split(template)[::2])
    found = re.fullmatch(pattern, text, re.DOTALL)
    if found is None or not names:
        return None
    values = dict(zip(names, found.groups(), strict=True))
    return values if fill_secrets(template, values) == text else None


def map_texts(definition: Definition, change: Callable[[Path, str], Json]) -> Definition:
    """``definition`` with ``change(path, text)`` for every text in it, except for keys and ids of steps."""

    def changed(place: Path, value: Json) -> Json:
        return change(place, value) if isinstance(value, str) and not _is_step_id(place) else value

    return map_places(definition, changed)


def _is_step_id(path: Path) -> bool:
    of_a_step = (len(path) == 3 and path[0] == "steps") or (len(path) > 4 and path[-4] == "do")
    return of_a_step and path[-1] in ("id", "nextStepId")

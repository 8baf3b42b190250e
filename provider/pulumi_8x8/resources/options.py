"""Reads the options of a workflow, and the property paths in Pulumi's options."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pulumi_8x8.api import OnDelete
from pulumi_8x8.definition import Path, parse_duration
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.phrasing import camel_case
from pulumi_8x8.resources.properties import DEFINITION

#: The values of options, for messages.
ON_DELETE, ON_DRIFT = '"terminate" or {"wait": "1.00:00:00"}', '"overwrite", "warn" or "stop"'
PIN = "the number of a version, 1 or more, or its digest (64 hex digits)"

_PART = re.compile(r'\.?([^.\["]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


@dataclass(frozen=True)
class Account:
    """Another account than the stack's, for a workflow of this program.

    :param id: the account's id.
    :param base_url: the service's address, if it isn't the stack's.
    :param api_key: the config key that holds the account's API key as a secret: ``"8x8:otherKey"``, set with ``pulumi
        config set --secret 8x8:otherKey <key>``. Inputs, outputs and the state don't contain the API key.
    """

    id: str
    base_url: str | None = None
    api_key: str | None = None

    def to_input(self) -> dict[str, str]:
        """Returns what the state keeps."""
        values = {"id": self.id, "baseUrl": self.base_url, "apiKey": self.api_key}
        return {key: value for key, value in values.items() if value is not None}


def read_on_delete(option: Any) -> OnDelete:
    """Reads ``on_delete``: ``None``, ``"terminate"`` or ``{"wait": "1.00:00:00"}``.

    :raises SettingsError: it is something else.
    """
    if option is None:
        return OnDelete()
    if option == "terminate":
        return OnDelete("terminate")
    if isinstance(option, Mapping) and list(option) == ["wait"] and isinstance(option["wait"], str):
        try:
            return OnDelete("wait", parse_duration(option["wait"]))
        except ValueError as error:
            raise SettingsError(f"on_delete: {error}") from None
    raise SettingsError(f"on_delete must be {ON_DELETE}, not {option!r}")


def read_on_drift(option: Any) -> OnDrift:
    """:raises SettingsError: it is none of the three."""
    if option in get_args(OnDrift):
        return option  # type: ignore[no-any-return]
    raise SettingsError(f"on_drift must be {ON_DRIFT}, not {option!r}")


def is_digest(text: str) -> bool:
    """Whether ``text`` looks like :attr:`Workflow.digest`."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def read_pin(pin: Any) -> int | str:
    """Reads a version, which a config may have as a text, or a digest.

    :raises ValueError: it is neither.
    """
    if isinstance(pin, str) and pin.isascii() and pin.isdecimal() and len(pin) < 10:
        pin = int(pin)
    if isinstance(pin, str) and is_digest(pin):
        return pin
    if isinstance(pin, int) and not isinstance(pin, bool) and pin >= 1:
        return pin
    raise ValueError(f"must be {PIN}")


def parse_path(text: str) -> Path | None:
    """Reads a property path as the engine writes it; ``None`` if it isn't one.

    >>> parse_path('steps["a b"].inputs.list[0].*')
    ('steps', 'a b', 'inputs', 'list', 0, '*')
    """
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        found = _PART.match(text, position)
        if found is None:
            return None
        name, index, quoted = found.groups()
        if quoted is not None:
            parts.append(re.sub(r"\\(.)", r"\1", quoted))
        elif index is not None:
            parts.append(index if index == "*" else int(index))
        else:
            parts.append(name)
        position = found.end()
    return tuple(parts) or None


def parse_paths(texts: Any) -> list[Path]:
    """Reads the property paths in ``texts``, which may come from the state and be anything."""
    given: Iterable[Any] = texts if isinstance(texts, list | tuple) else ()
    return [path for text in given if isinstance(text, str) and (path := parse_path(text)) is not None]


def check_paths(option: str, texts: Collection[str], step_ids: Collection[str]) -> None:
    """Refuses paths that name nothing, which the engine ignores.

    :param step_ids: empty if they aren't known yet.
    :raises SettingsError: it names the path, and what to write.
    """
    for text in texts:
        path = parse_path(text)
        first = path[0] if path else None
        if first in DEFINITION or first == "*":
            if first == "steps" and path and len(path) > 1 and isinstance(path[1], int):
                known = list(step_ids)[path[1] : path[1] + 1]
                step = f"steps[{known[0]!r}]".replace("'", '"') if known else 'steps["<id of the step>"]'
                raise SettingsError(
                    f'{option}: "{text}" doesn\'t match a property, because steps have ids, not positions; write '
                    f"{step} instead of steps[{path[1]}]"
                )
            continue
        hint = f"a workflow has {', '.join(DEFINITION)}"
        if (camel := camel_case(str(first))) in DEFINITION:
            hint = f'write "{camel}{text[len(str(first)) :]}"'
        raise SettingsError(f'{option}: "{text}" doesn\'t match a property, so it has no effect; {hint}')

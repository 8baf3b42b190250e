"""Values that become known late: Outputs and secrets in inputs, and members that depend on the whole program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import pulumi

from pulumi_8x8.definition import Definition, Hole, Json, Path, Source, encode
from pulumi_8x8.definition.checked import Wrong, WrongValue, checked
from pulumi_8x8.definition.placeholders import fill_secrets, map_texts, secrets_in
from pulumi_8x8.definition.values import OPENING, has_holes, map_leaves
from pulumi_8x8.errors import SettingsError


class Later(Mapping[str, Any]):
    """A property whose members the SDK reads when it sends them: by then the program has made its resources.

    :param last: makes the members that depend on that.
    :param first: members that may be Outputs; the program continues while the SDK waits for them.
    """

    def __init__(self, last: Callable[[], Mapping[str, Any]], first: Mapping[str, Any] | None = None) -> None:
        self._last, self._first = cache(last), first or {}

    def __getitem__(self, key: str) -> Any:
        return self._first[key] if key in self._first else self._last()[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from self._last()

    def __len__(self) -> int:
        return len(self._first) + len(self._last())


def known(hole: Hole) -> pulumi.Output[Json]:
    """Returns a value that isn't known yet as an Output of plain JSON; see ``checked``."""
    # Not from_input for all: it traverses any value, and one that contains itself would end in a traceback.
    return hole.apply(_plain) if isinstance(hole, pulumi.Output) else pulumi.Output.from_input(hole)


def _plain(value: Json) -> pulumi.Input[Json]:
    plain = checked(_with_scripts(value))
    if not has_holes(plain) or isinstance(plain, Wrong):
        return plain
    return pulumi.Output.from_input(map_leaves(plain, lambda leaf: known(leaf) if isinstance(leaf, Hole) else leaf))


def _with_scripts(value: Json) -> Json:
    """Returns ``value`` with scripts instead of the expressions that were put into a text with an Output."""

    def changed(leaf: Json) -> Json:
        if not (isinstance(leaf, str) and OPENING in leaf):
            return leaf
        from pulumi_8x8.definition.marks import late_text  # few programs need it

        text, wrong = late_text(leaf)
        return Wrong((WrongValue((), wrong),)) if wrong else text

    try:
        return map_leaves(value, changed)
    except Exception:  # noqa: BLE001 - an object may do anything, and a value may contain itself; the check reports it
        return value


def once_known(hole: Hole) -> Json:
    """Encodes an input's value once it is known; secrets stay secrets."""
    return known(hole).apply(encode)


def secret_places(inputs: Mapping[str, Json]) -> pulumi.Output[list[list[str | int]]] | None:
    """Returns the places of secrets in ``inputs``, for the plugin; ``None`` if all values are known."""
    holes = list(_holes(inputs, []))
    if not holes:
        return None
    flags = [known(hole).is_secret() for _, hole in holes]
    return pulumi.Output.all(*flags).apply(
        lambda secret: [place for (place, _), is_secret in zip(holes, secret, strict=True) if is_secret]
    )


def _holes(value: Json, place: list[str | int]) -> Iterator[tuple[list[str | int], Hole]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _holes(item, [*place, key])
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _holes(item, [*place, position])
    elif isinstance(value, Hole):
        yield place, value


def definition_of(file: Source) -> Definition:
    """Returns the definition in ``file``; a text with a secret, such as ``<secret:crmToken>``, is an Output.

    :raises SettingsError: it names every secret that isn't set, with its line, and how to set it.
    """
    if "secret:" not in file.text:  # saves time
        return file.definition
    config = pulumi.Config()
    missing: list[str] = []

    def filled(path: Path, text: str) -> Json:
        values = {name: config.get_secret(name) for name in secrets_in(text)}
        line = file.line_of(path) if None in values.values() else None
        missing.extend(
            f"{file.path}:{line}: the secret {name} is not set: pulumi config set --secret {name}"
            for name, value in values.items()
            if value is None
        )
        return pulumi.Output.all(**values).apply(lambda known: fill_secrets(text, known)) if values else text

    definition = map_texts(file.definition, filled)
    if missing:
        raise SettingsError("\n".join(missing))
    return definition

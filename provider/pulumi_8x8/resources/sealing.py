"""Secrets on their way through the plugin, which gets them in plain text and is not told which values they are.

The program says at which places of its inputs secrets stand (places, never values). From these and the state's inputs
follow the values, and a value stays secret under whatever place it appears again: somebody may have copied a step in
the browser, or the service may have put the value into another text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_8x8.definition import Json, Path, decode
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.masking import COMMON, SHORT, SecretValues
from pulumi_8x8.definition.values import UNKNOWN
from pulumi_8x8.resources.config import parsed
from pulumi_8x8.resources.properties import ANSWERED, DEFINITION, FORMER, SENT, About, places_of
from pulumi_8x8.resources.seam import is_secret, secret

#: A value shorter than this counts at its own place only, when it is part of a mapping or list that is secret.
_TINY = 3

#: How many former values are kept, to recognise them in older versions.
_MOST_FORMER = 50

#: The properties that may hold a secret; the others hold places, numbers and names only.
_TEXTS = {*DEFINITION, ORDER, "data", "expect"}


@dataclass(frozen=True)
class Secrets:
    """Which places of a resource's properties are secret, and which values.

    :param places: of the inputs, such as ``("steps", "call", "inputs", "headers", "Authorization")``.
    :param values: in plain text.
    """

    places: frozenset[Path] = frozenset()
    values: frozenset[str] = frozenset()

    @classmethod
    def read(cls, places: Any, forms: Iterable[Mapping[str, Any]], former: Iterable[str] = ()) -> Secrets:
        """Those at ``places`` of any of ``forms`` (inputs, outputs).

        :param places: as the program says them; something else (an unknown value at preview) is none.
        :param former: values that were secret once, and may come back with an older version.
        """
        paths = frozenset(places_of(places))
        found = {text for form in forms for path in paths for text in secret_texts(_at(form, path))}
        return cls(paths, frozenset({*found, *former} - COMMON))

    @classmethod
    def of(
        cls, source: Mapping[str, Any], forms: Iterable[Mapping[str, Any]], config: Callable[[str], object]
    ) -> Secrets:
        """The secrets of a resource, those that were ones before among them.

        :param source: the properties that say where they are.
        :param forms: all properties that may hold them.
        :param config: the value of a key of the stack's config. The program may have made a part of a text of one that
            is secret; a short one would be a guess.
        """
        forms = [form for each in forms for form in (each, each.get(SENT)) if isinstance(form, Mapping)]
        values = {value for form in forms for value in cls.read(About.read(form).secrets, [form]).values}
        values.update(value for form in forms for value in form.get(FORMER) or () if isinstance(value, str))
        about = About.read(source)
        for key in about.secret_keys or ():
            values.update(text for text in secret_texts(parsed(config(key))) if len(text) >= SHORT)
        return cls.read(about.secrets, forms, values)

    def __bool__(self) -> bool:
        return bool(self.places or self.values)

    def seal(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """``properties`` with every secret marked: the leaf that contains it, or its whole step when it is short."""
        if not self:
            return dict(properties)
        steps = {
            path for path, leaf in _leaves(properties, ()) if path not in self.places and self._known.short_are_in(leaf)
        }
        whole = {path[:2] if path[0] == "steps" else path for path in steps} | self.places
        return {key: self._sealed(item, (key,), whole) if key in _TEXTS else item for key, item in properties.items()}

    def leave_out(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """``properties`` with a hole in place of every secret."""
        return {key: _opened(item) for key, item in self.seal(properties).items()}

    def seal_outputs(self, outputs: Mapping[str, Any], now: Secrets) -> dict[str, Any]:
        """``outputs`` with every secret marked, and with the values that are none any more kept for later.

        :param now: the secrets that the program has now.
        """
        sealed = self.seal({key: value for key, value in outputs.items() if key != FORMER})
        sealed |= {key: self.seal(outputs[key]) for key in (SENT, ANSWERED) if key in outputs}
        if former := sorted(self.values - now.values):
            sealed[FORMER] = secret(former[:_MOST_FORMER])
        return sealed

    def hide(self, text: str) -> str:
        """``text`` for the user's screen."""
        return self._known.hide(text)

    def _sealed(self, value: Any, path: Path, whole: Collection[Path]) -> Any:
        if path in whole and value is not None:
            return secret(value)
        if isinstance(value, Mapping):
            if any(self._known.are_in(str(key)) for key in value):
                return secret(value)
            return {key: self._sealed(item, (*path, key), whole) for key, item in value.items()}
        if isinstance(value, list):
            return [self._sealed(item, (*path, position), whole) for position, item in enumerate(value)]
        return secret(value) if self._known.are_in(_text(value)) else value

    @cached_property
    def _known(self) -> SecretValues:
        return SecretValues(self.values)


def _opened(value: Any) -> Any:
    if isinstance(value, Mapping):
        return UNKNOWN if is_secret(value) else {key: _opened(item) for key, item in value.items()}
    return [_opened(item) for item in value] if isinstance(value, list) else value


def _at(value: Any, path: Path) -> Any:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value


def secret_texts(value: Any) -> Iterator[str]:
    """The values in what is secret as a whole. A tiny one inside of a mapping or list tells nothing elsewhere."""
    for path, leaf in _leaves([value], ()):
        if len(path) == 1 or len(leaf) >= _TINY:
            yield leaf


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if path or key in _TEXTS:
                yield from _leaves(item, (*path, key))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _leaves(item, (*path, position))
    elif (text := _text(value)) not in COMMON:
        yield path, text


def _text(value: Json) -> str:
    value = decode(value)
    if isinstance(value, bool) or value is None:
        return ""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""

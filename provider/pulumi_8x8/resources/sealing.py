"""Secrets in the plugin, which gets them in plain text, without a mark.

The program names the places of secrets in its inputs. The inputs and outputs have the values at these places. A value
stays secret wherever it appears again: somebody may have copied a step, or the service may have put it into a text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_8x8.api import Client
from pulumi_8x8.definition import Json, Path, decode
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.masking import COMMON, SHORT, SecretValues
from pulumi_8x8.definition.values import UNKNOWN
from pulumi_8x8.resources.config import parsed
from pulumi_8x8.resources.properties import ANSWERED, DEFINITION, FORMER, SENT, About, places_of
from pulumi_8x8.resources.seam import is_secret, secret

#: A shorter value, if it is part of a secret mapping or list, counts at its own place only.
_TINY = 3

#: How many former values the state keeps, to recognise them in older versions.
_MOST_FORMER = 50

#: The properties that may contain a secret; the others have places, numbers and names.
_TEXTS = {*DEFINITION, ORDER, "data", "expect"}


@dataclass(frozen=True)
class Secrets:
    """The places and values of a resource's secrets.

    :param places: of the inputs, such as ``("steps", "call", "inputs", "headers", "Authorization")``.
    :param values: in plain text.
    """

    places: frozenset[Path] = frozenset()
    values: frozenset[str] = frozenset()

    @classmethod
    def read(cls, places: Any, forms: Iterable[Mapping[str, Any]], former: Iterable[str] = ()) -> Secrets:
        """Reads the values at ``places`` of ``forms`` (inputs, outputs).

        :param places: as the engine passes them; an unknown value has none.
        :param former: values that were secret once, and may return with an older version.
        """
        paths = frozenset(places_of(places))
        found = {text for form in forms for path in paths for text in secret_texts(_at(form, path))}
        return cls(paths, frozenset({*found, *former} - COMMON))

    @classmethod
    def of(
        cls,
        source: Mapping[str, Any],
        forms: Iterable[Mapping[str, Any]],
        config: Callable[[str], object],
        about: Callable[[Mapping[str, Any]], About] = About.read,
    ) -> Secrets:
        """Reads the secrets of a resource, including former ones.

        :param source: the properties with the places.
        :param forms: all properties that may contain them.
        :param config: returns the value of a key of the stack's config. The program may have used a secret one in a
            text; short values would match by chance.
        :param about: reads the record in properties.
        """
        forms = [form for each in forms for form in (each, each.get(SENT)) if isinstance(form, Mapping)]
        with_places = ((form, about(form).secrets) for form in forms)
        values = {value for form, places in with_places if places for value in cls.read(places, [form]).values}
        values.update(value for form in forms for value in form.get(FORMER) or () if isinstance(value, str))
        its = about(source)
        for key in its.secret_keys or ():
            values.update(text for text in secret_texts(parsed(config(key))) if len(text) >= SHORT)
        return cls.read(its.secrets, forms, values)

    def and_key(self, client: Client) -> Secrets:
        """Returns these secrets and the API key, if the service has answered it."""
        if not client.key_came_back:
            return self
        return Secrets(self.places, self.values | {client.settings.api_key})

    def __bool__(self) -> bool:
        return bool(self.places or self.values)

    def seal(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Returns ``properties`` with every secret marked: the leaf that contains it, or its step if it is short."""
        if not self:
            return dict(properties)
        steps = {
            path for path, leaf in _leaves(properties, ()) if path not in self.places and self._known.short_are_in(leaf)
        }
        whole = {path[:2] if path[0] == "steps" else path for path in steps} | self.places
        return {key: self._sealed(item, (key,), whole) if key in _TEXTS else item for key, item in properties.items()}

    def leave_out(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Returns ``properties`` with a hole instead of every secret."""
        return {key: _opened(item) for key, item in self.seal(properties).items()}

    def seal_outputs(self, outputs: Mapping[str, Any], now: Secrets) -> dict[str, Any]:
        """Returns ``outputs`` with every secret marked, and with the values that are secret no longer.

        :param now: the secrets that the program has now.
        """
        sealed = self.seal({key: value for key, value in outputs.items() if key != FORMER})
        sealed |= {key: self.seal(outputs[key]) for key in (SENT, ANSWERED) if key in outputs}
        if former := sorted(self.values - now.values):
            sealed[FORMER] = secret(former[:_MOST_FORMER])
        return sealed

    def hide(self, text: str) -> str:
        """Returns ``text`` without the values of secrets."""
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
    """Returns the values in a secret; without tiny ones in a mapping or list, which match by chance elsewhere."""
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

"""Values that are never shown. Everything that is shown of a change is made from definitions masked here."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from urllib.parse import quote, quote_plus

from pulumi_8x8.definition import Definition, Hole, Json, Path
from pulumi_8x8.definition.places import map_places, replace_places
from pulumi_8x8.definition.values import ENGINE_UNKNOWNS, SIGNATURE, UNKNOWN
from pulumi_8x8.phrasing import printable, printable_lines

#: Shown instead of a secret's value in a message.
HIDDEN = "[secret]"

#: Values shorter than this are found only as words, and hide the whole step that they appear in: inside a text that is
#: otherwise readable they could be guessed.
SHORT = 8

#: Values that reveal nothing, though they may be part of a secret mapping.
COMMON = frozenset(
    ["", "GET", "POST", "PUT", "PATCH", "DELETE", "true", "false", "text", "application/json", "enabled", "disabled"]
)

#: What JavaScript's encodeURIComponent leaves unchanged, and quote() doesn't.
_SCRIPTS_LEAVE = "!'()*~"

#: From base64 to its form for URLs.
_FOR_URLS = str.maketrans("+/", "-_")


@dataclass(frozen=True)
class Secret(Hole):
    """Stands for a secret.

    :param digest: of its value; two that are equal are the same secret. ``None`` where the value is not there, as in
        the JSON of a preview: then it isn't known.
    """

    digest: str | None = field(default=None, repr=False)


#: Stands for what is in plain text on one side and a secret of Pulumi's on the other: likely to be that secret.
PLAIN = Secret("plain")


def read_marks(value: Json, *, reveal: bool = False) -> Json:
    """``value`` from the engine, with holes for its marks: of a secret, and of what isn't known yet.

    :param reveal: keep the values of secrets.
    """
    if isinstance(value, dict):
        if SIGNATURE in value:
            return read_marks(value["value"], reveal=True) if reveal and "value" in value else Secret()
        return {key: read_marks(each, reveal=reveal) for key, each in value.items()}
    if isinstance(value, list):
        return [read_marks(each, reveal=reveal) for each in value]
    return UNKNOWN if isinstance(value, str) and value in ENGINE_UNKNOWNS else value


def mask(definition: Definition, places: Collection[Path]) -> Definition:
    """``definition`` with a :class:`Secret` at each of ``places`` (of the canonical form)."""
    return replace_places(definition, places, _secret)


def without_digests(definition: Definition) -> Definition:
    """``definition`` with secrets that can't be compared with each other."""
    return map_places(definition, lambda _path, leaf: Secret() if isinstance(leaf, Secret) else leaf)


def _secret(value: Json) -> Secret:
    text = json.dumps(value, sort_keys=True, default=repr)
    return Secret(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


@dataclass(frozen=True)
class SecretValues:
    """The values of secrets, in plain text, and where else they stand."""

    texts: frozenset[str]

    def are_in(self, text: str) -> bool:
        """Whether any is in ``text``, in whichever form."""
        return any(form in text for form in self._long) or self.short_are_in(text)

    def short_are_in(self, text: str) -> bool:
        """Whether a short one is, as a word."""
        return bool(self._short and self._short.search(text))

    def hide(self, text: str) -> str:
        """``text`` with :data:`HIDDEN` in their place."""
        for form in self._long:
            text = text.replace(form, HIDDEN)
        return self._short.sub(HIDDEN, text) if self._short else text

    @cached_property
    def _long(self) -> tuple[str, ...]:
        forms = {form for value in self.texts if len(value) >= SHORT for form in _forms(value)}
        return tuple(sorted(forms, key=len, reverse=True))

    @cached_property
    def _short(self) -> re.Pattern[str] | None:
        short = sorted((value for value in self.texts if len(value) < SHORT), key=len, reverse=True)
        return re.compile(rf"(?<![\w])(?:{'|'.join(map(re.escape, short))})(?![\w])") if short else None


def _forms(value: str) -> Iterator[str]:
    """A value as it may stand inside another text."""
    plain = value.strip()
    for each in (plain, repr(plain)[1:-1], repr(f'"{plain}')[2:-1]):  # unchanged, and as Python writes it
        yield from (each, json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
    yield from (value, escape(plain), escape(plain, quote=False))
    on_a_line = " ".join(plain.split())
    yield from (on_a_line, printable(on_a_line), printable(plain), printable_lines(plain))  # as messages show it
    yield from (quote(plain, safe=safe) for safe in ("", "/", _SCRIPTS_LEAVE, f"/{_SCRIPTS_LEAVE}"))
    yield quote_plus(plain)
    encoded = plain.encode("utf-8", "surrogatepass")
    for skipped in range(3):  # in base64 a part looks different by where it begins
        text = base64.b64encode(b"\0" * skipped + encoded).decode()
        start, end = (0, 2, 3)[skipped], len(text) - (3 if text.endswith("=") else 0)
        if end - start >= SHORT:
            yield from (text[start:end], text[start:end].translate(_FOR_URLS))

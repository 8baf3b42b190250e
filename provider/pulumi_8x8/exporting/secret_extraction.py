"""Replaces secrets in definitions by placeholders, and collects their values. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from pulumi_8x8.analysis.credentials import find_credentials
from pulumi_8x8.definition import Definition, Json, Path, show_path
from pulumi_8x8.definition.masking import SHORT, Secret
from pulumi_8x8.definition.placeholders import map_texts, match_secrets, placeholder, secrets_in
from pulumi_8x8.definition.places import map_places
from pulumi_8x8.exporting.names import secret_name, unique

#: What may precede a secret of the config and is not a secret itself: ``Bearer``.
_SCHEME = re.compile(r"(?:[A-Za-z]{1,12} )?")


@dataclass
class ExtractedSecrets:
    """The secrets of a project. Call ``recall`` and ``learn`` for all definitions, then ``hide``.

    :param known: values in the config by name, as far as they could be read.
    :ivar values: values in definitions by name.
    """

    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    values: dict[str, str] = field(default_factory=dict, repr=False)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._taken.update(name.lower() for name in self.known)

    @property
    def changed(self) -> list[str]:
        """The names of secrets that the config doesn't have, or has with another value."""
        return [name for name, value in self.values.items() if self.known.get(name) != value]

    def recall(self, definition: Definition, file: Definition) -> None:
        """Learns the secrets that ``file`` leaves out from the same places in ``definition``."""
        texts = _texts(definition)
        for path, template in _texts(file).items():
            self._taken.update(name.lower() for name in secrets_in(template))
            for name, value in (match_secrets(template, texts.get(path, "")) or {}).items():
                self.values.setdefault(name, value)

    def learn(self, definition: Definition, file: Definition | None, places: Collection[Path], owner: str) -> None:
        """Learns the secrets at ``places``, which are inputs of HttpRequests.

        :param file: the file's definition, if there is one. Its plain texts aren't secrets.
        :param owner: the name of the resource.
        """
        texts, theirs = _texts(definition), _texts(file) if file else {}
        for path, text in texts.items():
            if self._stays(theirs.get(path), text):
                continue
            if secrets_in(text):  # the service's own text looks like a placeholder
                self._name(text, None, "text", owner)
            elif path in places:
                inputs = path[: len(path) - path[::-1].index("inputs")]
                for found in find_credentials(path, text):
                    self._name(text[found.start : found.end], texts.get((*inputs, "url")), found.name, owner)

    def hide(self, definition: Definition, file: Definition | None, places: Collection[Path]) -> Definition:
        """``definition`` with placeholders; a placeholder in ``file`` stays if it still fits."""
        theirs = _texts(file) if file else {}

        def hidden(path: Path, text: str) -> Json:
            before = theirs.get(path)
            if before is not None and self._stays(before, text):
                return before
            if secrets_in(text):
                return self._placeholder(text)
            if path in places:
                parts, done = "", 0
                for found in find_credentials(path, text):
                    parts += text[done : found.start] + self._placeholder(text[found.start : found.end])
                    done = found.end
                return parts + text[done:]
            for value in self.values.values():
                if len(value) >= SHORT and value in text:  # a short one may be a common word
                    text = text.replace(value, self._placeholder(value))
            return text

        return map_texts(definition, hidden)

    def _stays(self, before: str | None, text: str) -> bool:
        """Whether ``before``, which may have placeholders, stands for ``text``."""
        if before is None or not secrets_in(before):
            return before == text
        values = match_secrets(before, text)
        return values is not None and all(self.values.get(name) == value for name, value in values.items())

    def _name(self, value: str, url: str | None, what: str, owner: str) -> None:
        if value not in self.values.values():
            taken = self._taken | {name.lower() for name in self.values}
            self.values[secret_name(url, what, owner, taken)] = value

    def _placeholder(self, value: str) -> str:
        return placeholder(next(name for name, known in self.values.items() if known == value))


def without_secrets(
    definition: Definition, masked: Definition, config: Mapping[str, str]
) -> tuple[Definition, dict[str, str]]:
    """``definition`` with placeholders for what ``masked`` hides.

    :param config: the secrets in the stack's config. Where one of them stands, its name is in the placeholder.
    :return: also the places of the others, by the names that they got.
    """
    plain: dict[Path, Json] = {}
    map_places(definition, lambda path, leaf: plain.setdefault(path, leaf))
    names: dict[str, str] = {}

    def fill(path: Path, leaf: Json) -> Json:
        if not isinstance(leaf, Secret):
            return leaf
        text = plain.get(path)
        for name, value in config.items():
            before, found, after = text.partition(value) if isinstance(text, str) and value else ("", "", "")
            if found and not after and _SCHEME.fullmatch(before):
                return f"{before}{placeholder(name)}"
        member = [part for part in path if isinstance(part, str)][-1:]
        name = re.sub(r"[^A-Za-z0-9_-]+|^[^A-Za-z]+", "", "".join(member)) or "secret"
        own = unique(name, {each.lower() for each in (*names, *config)}, between="")
        names[own] = show_path(path)
        return placeholder(own)

    return map_places(masked, fill), names


def _texts(definition: Definition) -> dict[Path, str]:
    found: dict[Path, str] = {}

    def note(path: Path, text: str) -> str:
        found[path] = text
        return text

    map_texts(definition, note)
    return found

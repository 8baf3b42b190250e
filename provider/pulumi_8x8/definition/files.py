"""Workflow files: JSON or YAML, in the API's shape or as the visual builder exports them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import SourceError
from pulumi_8x8.phrasing import kind_of
from pulumi_8x8.validation import Invalid, validated

if TYPE_CHECKING:
    from yaml import Node

_T = TypeVar("_T")
_SUFFIXES = (".json", ".yaml", ".yml")
#: The message about a folder without any.
NO_WORKFLOW_FILE = "no workflow file found; a workflow file is JSON or YAML, with trigger and definition"


@dataclass(frozen=True)
class Source:
    """A workflow file that could be read.

    :param path: as the user wrote it.
    :param body: its content, an object.
    :param text: the file's text.
    """

    path: str
    body: Mapping[str, Json]
    text: str

    @property
    def definition(self) -> Definition:
        """The definition that the file holds."""
        return Definition.from_body(self.body)

    def line_of(self, path: Path) -> int | None:
        """The line (from 1) of ``path`` (of the canonical form), or of its nearest parent in the file."""
        node = self._root
        if node is None:
            return None
        from pulumi_8x8.definition.yaml_reader import child_of

        inner = child_of(node, "definition")
        if path and inner is not None and path[0] in ("name", "steps"):
            node = inner
        for part in path:
            if isinstance(part, str) and part.startswith("#") and part[1:].isdigit():
                part = int(part[1:])
            child = child_of(node, part)
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1

    def place_of(self, path: Path) -> str:
        """``file:line`` of ``path``."""
        line = self.line_of(path)
        return self.path if line is None else f"{self.path}:{line}"

    def read_as(self, kind: type[_T]) -> _T:
        """The body as another kind of file than a workflow.

        :param kind: a type that pydantic can validate.
        :raises SourceError: it doesn't fit, with the line of each place.
        """
        try:
            return validated(kind, self.body)
        except Invalid as error:
            raise SourceError("\n".join(f"{self.place_of(each.path)}: {each}" for each in error.misfits)) from None

    @cached_property
    def _root(self) -> Node | None:
        from pulumi_8x8.definition.yaml_reader import compose  # only where there is a problem to place

        # YAML's grammar contains JSON's, except for tabs, which JSON has outside strings only.
        return compose(self.text.replace("\t", " ") if _is_json(self.path, self.text) else self.text)


def read_source(path: str | FilePath) -> Source:
    """The workflow file at ``path``.

    :raises SourceError: the file cannot be read, is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        data = FilePath(path).read_bytes()
    except (OSError, ValueError) as error:  # a path with a NUL in it is the latter
        what = "there is no such file"
        if not isinstance(error, FileNotFoundError | ValueError):
            what = error.strerror or str(error)
        raise SourceError(f"{path}: {what}; the current folder is {FilePath.cwd()}") from None
    return parse_source(str(path), data)


def parse_source(name: str, data: bytes) -> Source:
    """The workflow file whose content is ``data``.

    :param name: what to call it; its ending distinguishes JSON from YAML.
    :raises SourceError: it is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    text = text.replace("\r\n", "\n")
    body = _parse(name, text)
    wrong = list(wrong_values(body, only_json=True))
    source = Source(path=name, body=body if isinstance(body, Mapping) else {}, text=text)
    if wrong:
        raise SourceError("\n".join(str(each._replace(where=source.place_of(each.path))) for each in wrong))
    if not isinstance(body, Mapping):
        raise SourceError(f"{name}:1: a workflow file holds an object with trigger and definition, not {kind_of(body)}")
    return source


def is_candidate(path: str) -> bool:
    """Whether a file of a folder is a workflow file by its name.

    :param path: from the folder on, with slashes.
    """
    return PurePosixPath(path).suffix.lower() in _SUFFIXES and not any(map(is_left_out, PurePosixPath(path).parts))


def is_left_out(name: str) -> bool:
    """Whether what is in a folder of this name is never looked at: it is hidden, or has installed packages."""
    return name.startswith(".") or name in ("node_modules", "site-packages")


def mentions_workflow(data: bytes) -> bool:
    """Whether parsing a candidate is worth it: other files need not be valid JSON (a tsconfig.json with comments)."""
    return b"definition" in data and b"trigger" in data


def holds_workflow(source: Source) -> bool:
    """Whether a candidate that could be read is a workflow file, and no other JSON or YAML."""
    return not {"trigger", "definition"}.isdisjoint(source.body)


def _is_json(path: str, text: str) -> bool:
    suffix = FilePath(path).suffix.lower()
    return suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] == "{")


def _parse(path: str, text: str) -> Json:
    if _is_json(path, text):
        try:
            return json.loads(text, object_pairs_hook=unique_members)  # NaN is refused where it stands, with its line
        except json.JSONDecodeError as error:
            raise SourceError(f"{path}:{error.lineno}: not JSON: {error.msg} (column {error.colno})") from None
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}: not JSON: {error}") from None
    from pulumi_8x8.definition.yaml_reader import load

    return load(path, text)


def unique_members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Makes an object of its members, for :func:`json.loads`. :raises ValueError: two have the same name."""
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f'"{twice}" is there twice in one object')
    return members

"""Workflow files: JSON or YAML, in the API's shape or as the visual builder exports them."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path as FilePath
from typing import TypeVar

from pulumi_8x8.bounded import NotReadable, decode, is_deeper, read_file, why_unreadable
from pulumi_8x8.definition.checked import DEEPEST, wrong_values
from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.positions import Excess, Ids, Misplaced, Node, find, json_positions, too_many
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import SourceError
from pulumi_8x8.phrasing import kind_of
from pulumi_8x8.validation import Invalid, validated

_T = TypeVar("_T")
#: Values in a file (numbers, texts, lists …), and scripts in its texts. With its size, they bound the work of whatever
#: reads it: about a second for a file with them all. The largest published workflow has 300 values, 15 a step.
MOST_VALUES, MOST_SCRIPTS = 10_000, 4_000
_WORKFLOW_FILE = "a workflow file holds an object with trigger and definition"


@dataclass(frozen=True)
class Source:
    """A workflow file that could be read.

    :param path: as the user wrote it.
    :param body: its content, an object.
    :param is_json: whether the text is JSON; otherwise it is YAML.
    :param text: the file's text. Its lines end with ``\\n``.
    """

    path: str
    body: Mapping[str, Json]
    text: str
    is_json: bool

    @property
    def definition(self) -> Definition:
        """The definition that the file holds."""
        return Definition.from_body(self.body)

    def position_of(self, path: Path) -> tuple[int, int] | None:
        """Line and column (from 1) of ``path`` (of the canonical form), or of its nearest parent in the file.

        A line ends where editors, git and SARIF end it: with ``\\n`` or ``\\r\\n``. Columns count UTF-16 units.
        """
        if self._positions is None:
            return None
        if path and path[0] in ("name", "steps") and "definition" in self.body:
            path = ("definition", *path)
        offset = find(self._positions, self.body, path, self._ids)
        line = bisect_right(self._lines, offset)
        start = self._lines[line - 1]
        return line, 1 + offset - start + bisect_left(self._wide, offset) - bisect_left(self._wide, start)

    def line_of(self, path: Path) -> int | None:
        """The line of :meth:`position_of`."""
        position = self.position_of(path)
        return None if position is None else position[0]

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
    def _ids(self) -> Ids:
        return {}

    @cached_property
    def _positions(self) -> Node | None:
        # Made only for a file with a problem whose place has to be shown.
        try:
            if self.is_json:
                return json_positions(self.text, DEEPEST, MOST_VALUES)
            from pulumi_8x8.definition.yaml_reader import read_yaml

            return read_yaml(self.text, DEEPEST, MOST_VALUES)[1]
        except Misplaced:
            return None

    @cached_property
    def _wide(self) -> list[int]:
        """The places of letters of two UTF-16 units, found once: a whole file may be one line with many problems."""
        return [each.start() for each in re.finditer("[\U00010000-\U0010ffff]", self.text)]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]


def read_source(path: str | FilePath, wanted: str = _WORKFLOW_FILE, *, may_be_empty: bool = False) -> Source:
    """The workflow file at ``path``.

    :param wanted, may_be_empty: as for :func:`parse_source`.
    :raises SourceError: the file cannot be read, is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        data = read_file(path)
    except (OSError, ValueError) as error:
        folder = "" if isinstance(error, NotReadable) else f"; the current folder is {FilePath.cwd()}"
        raise SourceError(f"{path}: {why_unreadable(error)}{folder}") from None
    return parse_source(str(path), data, wanted, may_be_empty=may_be_empty)


def parse_source(
    name: str,
    data: bytes,
    wanted: str = _WORKFLOW_FILE,
    *,
    only_json: bool = False,
    may_be_empty: bool = False,
) -> Source:
    """The workflow file whose content is ``data``.

    :param name: what to call it; its ending distinguishes JSON from YAML.
    :param wanted: what the file has to hold, for the message if it holds no object.
    :param only_json: it is JSON, whatever its name is.
    :param may_be_empty: a file with comments only holds an empty object.
    :raises SourceError: it is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        text = decode(data)
    except NotReadable as error:
        raise SourceError(f"{name}:{error}") from None
    text = text.replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")  # the only line ends that there are
    is_json = only_json or _is_json(name, text)
    body = _parse(name, text, is_json)
    body = {} if body is None and may_be_empty else body
    source = Source(path=name, body=body if isinstance(body, Mapping) else {}, text=text, is_json=is_json)
    if wrong := list(wrong_values(body, only_json=True)):
        raise SourceError("\n".join(str(each._replace(where=source.place_of(each.path))) for each in wrong))
    if not isinstance(body, Mapping):
        raise SourceError(f"{name}:1: {wanted}, not {kind_of(body)}")
    return source


def _is_json(path: str, text: str) -> bool:
    suffix = FilePath(path).suffix.lower()
    return suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] == "{")


def _parse(path: str, text: str, is_json: bool) -> Json:
    try:
        if (excess := next(islice(re.finditer("{{", text), MOST_SCRIPTS, None), None)) is not None:
            raise too_many(excess.start(), MOST_SCRIPTS, "scripts")
        if is_json:
            return _parse_json(text)
        from pulumi_8x8.definition.yaml_reader import read_yaml

        return read_yaml(text, DEEPEST, MOST_VALUES)[0]
    except Misplaced as error:
        line = text.count("\n", 0, error.offset) + 1
        kind = "" if isinstance(error, Excess) else "not JSON: " if is_json else "not YAML: "
        raise SourceError(f"{path}:{line}: {kind}{error}") from None


def _parse_json(text: str) -> Json:
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        json_positions(text, DEEPEST, MOST_VALUES)  # raises before JSON takes memory for what is too much
    try:
        value = json.loads(text, object_pairs_hook=_unique)  # NaN is refused where it stands, with its line
    except json.JSONDecodeError as error:
        raise _not_json(text, error) from None
    except (ValueError, RecursionError) as error:
        json_positions(text, DEEPEST, MOST_VALUES)  # raises with the place of what is wrong
        raise Misplaced(0, str(error)) from None
    if is_deeper(value, DEEPEST):
        json_positions(text, DEEPEST, MOST_VALUES)
    return value


def _not_json(text: str, error: json.JSONDecodeError) -> Misplaced:
    """The error with its place. A comma too many has one message in all versions of Python, at the comma."""
    before = text[: error.pos].rstrip(" \t\r\n")
    comma = error.pos if text[error.pos : error.pos + 1] == "," else len(before) - 1 if before.endswith(",") else None
    closing = text[comma + 1 :].lstrip(" \t\r\n")[:1] if comma is not None else ""
    if comma is None or closing not in ("}", "]"):
        return Misplaced(error.pos, f"{error.msg} (column {error.colno})")
    column = comma - text.rfind("\n", 0, comma)
    return Misplaced(comma, f"a comma before {closing} (column {column})")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key is there twice in one object")
    return members

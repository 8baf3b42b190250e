"""Workflow files: JSON or YAML, in the API's shape or as the visual builder exports them."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import yaml

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import SourceError

#: Levels of nesting; published definitions have at most 12, and Python's own limit would show as a traceback.
_DEEPEST = 100


@dataclass(frozen=True)
class Source:
    """A workflow file that could be read.

    :param path: as the user wrote it.
    :param body: what stands in it, an object.
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
        """The line (from 1) where ``path`` (of the canonical form) stands, or the nearest parent that stands there."""
        node = self._root
        if node is None:
            return None
        inner = _child(node, "definition")
        if path and inner is not None and path[0] in ("name", "steps"):
            node = inner
        line = int(node.start_mark.line) + 1
        for part in path:
            if isinstance(part, str) and part.startswith("#") and part[1:].isdigit():
                part = int(part[1:])
            child = _child(node, part)
            if child is None:
                break
            node = child
            line = int(node.start_mark.line) + 1
        return line

    @cached_property
    def _root(self) -> yaml.Node | None:
        # YAML's grammar contains JSON's, but for tabs, which JSON has outside strings only.
        text = self.text.replace("\t", " ") if _is_json(self.path, self.text) else self.text
        try:
            return yaml.compose(text, Loader=_Loader)
        except (yaml.YAMLError, ValueError, RecursionError):
            return None


def read_source(path: str | FilePath) -> Source:
    """The workflow file at ``path``.

    :raises SourceError: the file cannot be read, is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        data = FilePath(path).read_bytes()
    except OSError as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise SourceError(f"{path}: {what}; it is looked for from {FilePath.cwd()}") from None
    return parse_source(str(path), data)


def parse_source(name: str, data: bytes) -> Source:
    """The workflow file whose content is ``data``.

    :param name: what to call it; its ending tells JSON from YAML.
    :raises SourceError: it is neither JSON nor YAML (with the line), or holds no object.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    text = text.replace("\r\n", "\n")
    body = _parse(name, text)
    if _too_deep(body):
        raise SourceError(f"{name}: nested more than {_DEEPEST} levels deep")
    if not isinstance(body, Mapping):
        raise SourceError(f"{name}:1: a workflow file holds an object with trigger and definition, not {_kind(body)}")
    return Source(path=name, body=body, text=text)


def _is_json(path: str, text: str) -> bool:
    suffix = FilePath(path).suffix.lower()
    return suffix == ".json" or (suffix not in (".yaml", ".yml") and text.lstrip()[:1] == "{")


def _parse(path: str, text: str) -> Json:
    if _is_json(path, text):
        try:
            return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique)
        except json.JSONDecodeError as error:
            raise SourceError(f"{path}:{error.lineno}: not JSON: {error.msg} (column {error.colno})") from None
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}: not JSON: {error}") from None
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise SourceError(f"{path}{line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not YAML: {error}") from None


def _too_deep(value: Json) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f'"{twice}" stands twice in one object')
    return members


class _Loader(yaml.SafeLoader):
    """YAML whose plain scalars are JSON's: ``00:05:00``, ``no``, ``2026-03-01`` and ``+6512345678`` are texts."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - replaces the parent's

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            wrong = f'"{key}" stands twice' if key in seen else f'keys are text: write "{key}"'
            if not isinstance(key, str) or key in seen:
                raise yaml.constructor.ConstructorError(None, None, wrong, key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
    ("null", r"~|null|", ["~", "n", ""]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), list(_first))


def _child(node: yaml.Node, part: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part or (part == "subAccountId" and str(key.value).lower() == "subaccountid"):
                return value  # type: ignore[no-any-return]
    elif isinstance(node, yaml.SequenceNode):
        if isinstance(part, int):
            return node.value[part] if part < len(node.value) else None
        for item in node.value:
            own = _child(item, "id")
            if own is not None and own.value == part:
                return item  # type: ignore[no-any-return]
    return None


def _kind(value: Json) -> str:
    if value is None:
        return "nothing"
    return {list: "a list", str: "a text", bool: "true or false"}.get(type(value), "a number")

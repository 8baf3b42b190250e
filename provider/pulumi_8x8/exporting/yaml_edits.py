"""Updates the text of a YAML workflow file with as few edits as possible, so that comments stay. No I/O.

The parser's positions show what to replace. The result is parsed again and compared, so a wrong edit is discarded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import yaml

from pulumi_8x8.definition import Definition, Json, Source, parse_source
from pulumi_8x8.definition.compare import compare, same
from pulumi_8x8.definition.model import ADDED_BY_SERVICE
from pulumi_8x8.definition.steps import published_step_type
from pulumi_8x8.errors import SourceError
from pulumi_8x8.exporting.yaml_writer import to_yaml


def edit(source: Source, wanted: Definition) -> str | None:
    """The text of ``source``, edited so that it is read as ``wanted``; ``None`` if edits can't do it."""
    root = _compose(source.text)
    if root is None:
        return None
    try:
        edits = sorted(_Editor(source.text).envelope(root, source.body, wanted.body()), key=lambda each: each.start)
        text = _apply(source.text, edits)
        edited = parse_source(source.path, text.encode("utf-8", "surrogatepass")).definition
    except (_Cannot, SourceError):
        return None
    return None if compare(edited, wanted) else text


def edit_members(source: Source, wanted: Mapping[str, Json]) -> str | None:
    """The text of a file of settings, edited so that it is read as ``wanted``; ``None`` if edits can't do it."""
    root = _compose(source.text)
    if root is None:
        return None
    try:
        edits = sorted(_Editor(source.text)._mapping(root, source.body, wanted), key=lambda each: each.start)
        text = _apply(source.text, edits)
        edited = parse_source(source.path, text.encode("utf-8", "surrogatepass")).body
    except (_Cannot, SourceError):
        return None
    return text if edited == wanted else None


def _compose(text: str) -> yaml.MappingNode | None:
    try:
        # The reader of files has read it, so it isn't too large or too deep for PyYAML.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # it has characters that only the reader of files takes
        return None
    return root if isinstance(root, yaml.MappingNode) else None


class _Cannot(Exception):
    """Edits of parts of the text can't do it."""


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def _apply(text: str, edits: Sequence[_Edit]) -> str:
    done, parts = 0, []
    for each in edits:
        if each.start < done:
            raise _Cannot
        parts += [text[done : each.start], each.text]
        done = each.end
    return "".join([*parts, text[done:]])


class _Editor:
    """Finds the edits of one text. Each method takes a value together with the node that it was read from."""

    def __init__(self, text: str) -> None:
        self._text = text

    def envelope(self, node: yaml.MappingNode, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[_Edit]:
        spelled = next((key for key in old if key.lower() == "subaccountid"), "subAccountId")
        wanted = {spelled if key == "subAccountId" else key: value for key, value in new.items()}
        inner, inner_node = old.get("definition"), _member(node, "definition")
        if not isinstance(inner, Mapping) or not isinstance(inner_node, yaml.MappingNode):
            raise _Cannot
        yield from self._mapping(node, old, _keep(old, {**wanted, "definition": inner}))
        wanted = _keep(inner, new["definition"])
        before, after, nodes = inner.get("steps"), wanted.get("steps"), _member(inner_node, "steps")
        if _are_steps(before) and _are_steps(after) and isinstance(nodes, yaml.SequenceNode):
            yield from self._steps(nodes, before, after)
            wanted["steps"] = before
        yield from self._mapping(inner_node, inner, wanted)

    def _steps(self, node: yaml.SequenceNode, old: Sequence[Json], new: Sequence[Json]) -> Iterator[_Edit]:
        if node.flow_style:
            raise _Cannot
        places = {step["id"]: (item, step) for item, step in zip(node.value, old, strict=True)}
        wanted = {step["id"]: step for step in new}
        for id, (item, step) in places.items():
            if id not in wanted:
                yield self._without(item.start_mark.index, item, "-")
                continue
            yield from self._step(item, step, wanted[id])
        before = node.value[-1]
        for id, step in wanted.items():
            if id in places:
                before = places[id][0]
            else:
                yield self._after(before, to_yaml([step]), node.start_mark.column)

    def _step(self, node: yaml.Node, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[_Edit]:
        wanted = _keep(old, new, empty=True)
        kind = old.get("stepType")
        if kind is not None and published_step_type(kind) == new.get("stepType"):
            wanted["stepType"] = kind
        before, after, nodes = old.get("do"), wanted.get("do"), _member(node, "do")
        if isinstance(nodes, yaml.SequenceNode) and isinstance(before, list) and isinstance(after, list):
            pairs = list(zip(nodes.value, before, after, strict=False))
            if len(before) == len(after) and all(_are_steps(old) and _are_steps(new) for _, old, new in pairs):
                for each, old_steps, new_steps in pairs:
                    yield from self._steps(each, old_steps, new_steps)
                wanted["do"] = before
        yield from self._value(None, node, old, wanted)

    def _value(self, key: yaml.Node | None, node: yaml.Node, old: Json, new: Json) -> Iterator[_Edit]:
        """:param key: the key of the member with the value ``node``; ``None`` for an item of a list."""
        if same(old, new):
            return
        both = (type(old), type(new))
        if isinstance(node, yaml.MappingNode) and both == (dict, dict) and old and new and not node.flow_style:
            yield from self._mapping(node, old, new)
        elif isinstance(node, yaml.SequenceNode) and both == (list, list) and len(old) == len(new):
            for item, before, after in zip(node.value, old, new, strict=True):
                yield from self._value(None, item, before, after)
        elif isinstance(node, yaml.MappingNode) and both == (dict, dict) and old.keys() == new.keys():
            for name, value in node.value:
                yield from self._value(None, value, old[name.value], new[name.value])
        elif key is None:
            # In brackets, or an item of a list: one line, as JSON.
            yield _Edit(node.start_mark.index, self._end(node), json.dumps(new, ensure_ascii=False))
        else:
            text = _indented(to_yaml({key.value: new}), key.start_mark.column).lstrip(" ").removesuffix("\n")
            yield _Edit(key.start_mark.index, self._end(node), text)

    def _mapping(self, node: yaml.MappingNode, old: Mapping[str, Json], new: Mapping[str, Json]) -> Iterator[_Edit]:
        if node.flow_style:
            if not same(old, new):
                raise _Cannot
            return
        places = {key.value: (key, value) for key, value in node.value}
        for name, (key, value) in places.items():
            if name in new:
                yield from self._value(key, value, old[name], new[name])
            else:
                yield self._without(key.start_mark.index, value)
        before = node.value[-1][1]
        for name, value in new.items():
            if name in places:
                before = places[name][1]
            else:
                yield self._after(before, to_yaml({name: value}), node.start_mark.column)

    def _without(self, start: int, node: yaml.Node, mark: str = "") -> _Edit:
        """Removes the lines from ``start`` to the end of ``node``."""
        line = self._text.rfind("\n", 0, start) + 1
        if self._text[line:start].strip() != mark:
            raise _Cannot  # something else begins on the same line
        return _Edit(line, self._line_end(node), "")

    def _after(self, node: yaml.Node, text: str, column: int) -> _Edit:
        end = self._line_end(node)
        broken = "" if self._text[end - 1 : end] == "\n" else "\n"
        return _Edit(end, end, broken + _indented(text, column))

    def _line_end(self, node: yaml.Node) -> int:
        found = self._text.find("\n", self._end(node))
        return len(self._text) if found < 0 else found + 1

    def _end(self, node: yaml.Node) -> int:
        """Where the text of ``node`` ends. (The end mark of a block is after the comments that follow it.)"""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._end(last[1] if isinstance(last, tuple) else last)
        end = int(node.end_mark.index)
        return len(self._text[:end].rstrip()) if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">") else end


def _member(node: yaml.Node, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == name), None)
    return None


def _keep(old: Mapping[str, Json], new: Mapping[str, Json], empty: bool = False) -> dict[str, Json]:
    """``new``, and members of ``old`` that make no difference.

    :param empty: for a step: its empty members make no difference, and its id does.
    """
    kept = {
        key: value
        for key, value in old.items()
        if key not in new and (value is None or (value in ({}, []) if empty else key in ADDED_BY_SERVICE))
    }
    return {**new, **kept}


def _are_steps(value: Json) -> TypeGuard[list[dict[str, Json]]]:
    """Whether ``value`` is a list of steps with unique ids."""
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        return False
    ids = [each.get("id") for each in value]
    return all(isinstance(id, str) for id in ids) and len(set(ids)) == len(ids)


def _indented(text: str, column: int) -> str:
    return "".join(f"{' ' * column}{line}" if line.strip() else line for line in text.splitlines(keepends=True))

"""YAML as workflow files have it: its plain scalars are JSON's, and its nodes know their lines.

A module of its own, imported only for YAML and for line numbers: most files are JSON without a problem.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from pulumi_8x8.definition.values import Json
from pulumi_8x8.errors import SourceError


def load(path: str, text: str) -> Json:
    """The content of ``text``.

    :param path: what to call it in messages.
    :raises SourceError: it is not YAML, with the line.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise SourceError(f"{path}{line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: not YAML: {error}") from None


def compose(text: str) -> yaml.Node | None:
    """The nodes of ``text``, with their lines; ``None`` when it is not YAML."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class _Loader(yaml.SafeLoader):
    """YAML whose plain scalars are JSON's: ``00:05:00``, ``no``, ``2026-03-01`` and ``+6512345678`` are texts.

    And ``"\\ud83d\\ude00"`` is one character, as in JSON; PyYAML makes two halves of it.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - replaces the parent's

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        text = super().construct_scalar(node)
        if text.isascii():
            return text
        return _HALVES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key_node, yaml.ScalarNode):  # {{data.name}}, which is an object in an object to YAML
                wrong = "a key is a text, not an object or a list; write a script in quotes"
            elif not isinstance(key, str):
                wrong = f'keys are text: write "{key}"'
            else:
                wrong = f'"{key}" is there twice' if key in seen else ""
            if wrong:
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


def child_of(node: yaml.Node, part: str | int) -> yaml.Node | None:
    """The member, item, or (in a list) the step of that id; ``None`` when there is none."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == part or (part == "subAccountId" and str(key.value).lower() == "subaccountid"):
                return value  # type: ignore[no-any-return]
    elif isinstance(node, yaml.SequenceNode):
        if isinstance(part, int):
            return node.value[part] if part < len(node.value) else None
        for item in node.value:
            own = child_of(item, "id")
            if own is not None and own.value == part:
                return item  # type: ignore[no-any-return]
    return None

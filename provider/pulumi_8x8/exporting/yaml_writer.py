"""Formats workflow files as YAML that the project's reader reads back exactly. No I/O.

A text has no quotes only if every version of YAML reads it as a text: ``"00:05:00"`` and ``"no"`` have quotes.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePath

import yaml

from pulumi_8x8.definition import Json


def write_body(body: Json, path: str) -> str:
    """The text of a workflow file with the content ``body``.

    :param path: the file's name: JSON if it ends with ``.json``, YAML otherwise.
    """
    if PurePath(path).suffix.lower() == ".json":
        return json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return to_yaml(body)


def to_yaml(value: Json) -> str:
    """``value`` as YAML in block style, with a line break at the end. Equal values have equal texts."""
    text: str = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=2**31)
    return text


class _Dumper(yaml.SafeDumper):
    """YAML with indented lists, no anchors, block texts, and double quotes (scripts have single ones)."""

    event: yaml.ScalarEvent

    def ignore_aliases(self, data: Json) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)

    def choose_scalar_style(self) -> str:
        style: str = super().choose_scalar_style()
        return '"' if style == "'" and not {'"', "\\"} & set(self.event.value) else style

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """Keeps letters of any alphabet, and writes a line for each line of ``text``."""
        lines = text.splitlines(keepends=True) if split else [text]
        self.write_indicator('"', True)
        for number, line in enumerate(lines):
            if number:
                self.stream.write("\\")
                self.write_indent()
                if line.startswith(" "):
                    self.stream.write("\\")
            self.stream.write("".join(map(_escape, line)))
            self.whitespace = self.indention = False
            self.column += len(line)
        self.write_indicator('"', False)


def _escape(letter: str) -> str:
    if letter in ('"', "\\"):
        return f"\\{letter}"
    if _is_seen(letter):
        return letter
    escaped = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(letter)
    return escaped or (f"\\u{ord(letter):04X}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08X}")


def _is_seen(text: str) -> bool:
    # Zero-width joiners aren't printable, but emojis need them.
    return text.replace("\u200d", "").replace("\u200c", "").isprintable()


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    lines = value.split("\n")
    style = None
    if not all(map(_is_seen, lines)):
        style = '"'  # escapes control characters, and what other readers take for a line break
    elif len(lines) > 1:
        # A block can't begin with a space, and nobody sees a space at the end of a line.
        block = not value[0].isspace() and not any(line.endswith(" ") for line in lines)
        style = "|" if block else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)
# The class quotes texts that YAML 1.1 reads as numbers. This adds texts that JSON and YAML 1.2 read as numbers, and
# texts that other readers might (YAML 1.1 reads 00:05:00 as 300).
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z|[-+0-9][0-9:._]*\Z"),
    list("-+0123456789"),
)

"""Breaks text for a terminal between words, never inside of a word, a path, a URL, or a command to copy. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_8x8.styling import join_letters, styled_letters, unstyled, width_of

#: A command to copy: the program, its subcommands, and what can only be an option, a value, or a place.
_COMMAND = re.compile(
    r"(?<!\S)[\"'`(]?(?:\$ )?(?:pulumi-8x8|pulumi|pip)(?: [a-z][a-z-]*){1,2}"
    r"(?: (?:--?[a-z][\w-]*(?:[ =][^\s-]\S*)?|\S*[:/=<>_.\d'\"*]\S*))*\S*"
)
_WORD = re.compile(r"\S+")
_TAB = 8
#: Scripts without spaces between words: a line may end after each character, but not before these signs.
_IDEOGRAPHS = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}][、。，．！？：；」』）】》…]*|[^{_IDEOGRAPHS}]+")


def wrapped_text(text: str, width: int, hanging: int = 2) -> str:
    """A text, styled or not, with lines of at most ``width`` columns, unless one word is longer.

    :param hanging: the columns by which further lines of a line are indented, more than the line itself.
    """
    return "\n".join(part for line in text.split("\n") for part in _parts(_without_tabs(line), width, hanging))


def _without_tabs(line: str) -> str:
    before, *others = line.split("\t")
    for each in others:
        before += " " * (_TAB - width_of(before) % _TAB) + each
    return before


def _parts(line: str, width: int, hanging: int) -> Iterator[str]:
    if width_of(line) <= width:
        yield line
        return
    plain, letters = unstyled(line), styled_letters(line)
    indent = len(plain) - len(plain.lstrip())
    hanging = min(indent + hanging, width // 2)
    begin, end, room, before = 0, 0, width, ""
    for start, stop in _chunks(plain):
        if end and width_of(plain[begin:stop]) > room:
            yield before + join_letters(letters[begin:end])
            begin, room, before = start, width - hanging, " " * hanging
        end = stop
    yield before + join_letters(letters[begin:end])


def _chunks(line: str) -> Iterator[tuple[int, int]]:
    """Where the parts of a line begin and end between which it may be broken."""
    at = 0
    for command in _COMMAND.finditer(line):
        yield from _words(line, at, command.start())
        yield command.span()
        at = command.end()
    yield from _words(line, at, len(line))


def _words(line: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    for word in _WORD.finditer(line, start, stop):
        if word[0].isascii() or "/" in word[0]:
            yield word.span()
        else:
            yield from (part.span() for part in _IDEOGRAPH.finditer(line, *word.span()))

"""Distinguishes workflow tests written as tables from files of other tools that have the same ending.

Pytest imports this module in every project that has the package installed, so it imports nothing slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Any

#: The endings of table files' names.
ENDINGS = (".test.yaml", ".test.yml", ".test.json")

# Bytes. What comes later in a file doesn't change what it is.
_ENOUGH = 200_000
_DO = re.compile(r"""(?:^|[\s{\[,])["']?do["']?\s*:""", re.MULTILINE)
_TOP = re.compile(r"""^[{\s]{0,8}["']?([A-Za-z]{3,12})["']?\s*:""", re.MULTILINE)


class Kind(Enum):
    """What a file with such an ending is."""

    TABLE = "a table"
    PERHAPS = "perhaps a table: it has a part of one"
    OTHER = "a file of another tool"


def kind_of(path: str | Path) -> Kind:
    """What the file at ``path`` is, by its members; misspelled ones count. A file that can't be read is another's."""
    from pulumi_8x8.bounded import read_file

    try:
        data = read_file(path)[:_ENOUGH]
    except (OSError, ValueError):
        return Kind.OTHER
    # Reading a table in UTF-16 fails with the reason, so it has to be recognised.
    text = data.replace(b"\0", b"").decode("utf-8-sig", "replace")
    # Cheap, so that another tool's file costs nothing. A table without these words is like any other file.
    if not (_DO.search(text) or _resembles(_TOP.findall(text), "workflow", "program")):
        return Kind.OTHER
    return _kind_of_text(str(path), text)


def _kind_of_text(name: str, text: str) -> Kind:
    from pulumi_8x8.definition import parse_source
    from pulumi_8x8.errors import SourceError

    top: Iterable[Any]
    try:
        body = parse_source(name, text.encode()).body
    except SourceError:  # then its error has to be shown, if it is a table
        top, does = _TOP.findall(text), bool(_DO.search(text))
    else:
        lists = [value for value in body.values() if isinstance(value, list)]
        top, does = body, any(isinstance(each, dict) and "do" in each for items in lists for each in items)
    names = [each for each in top if isinstance(each, str)]
    tested, tests = _resembles(names, "workflow", "program"), _resembles(names, "tests")
    if tested and does:
        return Kind.TABLE
    return Kind.PERHAPS if tested + tests + does > 1 else Kind.OTHER


def _resembles(names: Iterable[str], *wanted: str) -> bool:
    from difflib import get_close_matches

    return any(get_close_matches(each, wanted, n=1, cutoff=0.8) for each in names)

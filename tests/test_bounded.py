"""Files and JSON from outside: what is refused, and that it is refused immediately."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.api.journal import Journal
from pulumi_8x8.bounded import NotReadable, RefusedJson, TooDeep, is_deeper, parse_json, read_file
from pulumi_8x8.definition import read_sub_accounts
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.resources.config import parsed


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "an infinity": ('{"a": [1e400]}', "a number that is too large"),
    "a negative infinity": ("-1e999", "a number that is too large"),
    "endless digits": ("1" * 100_000, "a number of more than 4,300 digits"),
    "half a character": (r'["\ud83d"]', "a text with half a character"),
    "the other half, as a key": (r'{"\uDE00": 1}', "a text with half a character"),
    "halves in the wrong order": (r'"\ude00\ud83d"', "a text with half a character"),
    "129 levels": (_nested(129), "nested more than 128 levels deep"),
    "129 levels of objects": ('{"a":' * 129 + "1" + "}" * 129, "nested more than 128 levels deep"),
    "100,000 levels": ("[" * 100_000, "nested more than 128 levels deep"),
    "Latin 1": ('"ü"'.encode("latin-1"), "not UTF-8 text"),
    "UTF-16": ("{}".encode("utf-16"), "not UTF-8 text"),
    "half a character in UTF-8": (b'"\xed\xa0\xbd"', "not UTF-8 text"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_json(text: str | bytes, message: str) -> None:
    """What other programs refuse, or what would take quadratic time, is refused with its kind, never quoted."""
    with pytest.raises(RefusedJson, match=message):
        parse_json(text)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "-Infinity", "{'a': 1}", b"\0", '"\n"'])
def test_no_json(text: str | bytes) -> None:
    """What isn't JSON stays the error of Python's parser, which has the place."""
    with pytest.raises(json.JSONDecodeError):
        parse_json(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"\ud83d\ude00": "😀 \u2028"}', {"😀": "😀 \u2028"}),
        ('["\\\\ud83d"]', [r"\ud83d"]),
        (b"\xef\xbb\xbf[1.5, 1e300, true]", [1.5, 1e300, True]),
        (_nested(128), json.loads(_nested(128))),
        ("[" + ",".join(["[]"] * 1_000) + "]", [[]] * 1_000),
        ("9" * 4_300, int("9" * 4_300)),
    ],
)
def test_accepted_json(text: str | bytes, value: Any) -> None:
    """All other JSON is read as Python reads it."""
    assert parse_json(text) == value


def test_depth() -> None:
    """Depth is a number of lists and objects around each other, counted without recursion."""
    deep = json.loads(_nested(500))
    assert [is_deeper(deep, most) for most in (499, 500)] == [True, False]
    assert not is_deeper([1, {"a": "b"}], 2)
    with pytest.raises(TooDeep):
        parse_json(_nested(500), 499)


def test_files(tmp_path: Path) -> None:
    """A file of exactly the limit is read; a larger one isn't, even if it grows while it is read."""
    path = tmp_path / "x"
    path.write_bytes(b"x" * (1 << 20))
    assert len(read_file(path, 1 << 20)) == 1 << 20
    with pytest.raises(NotReadable, match="larger than 0 MiB"):
        read_file(path, (1 << 20) - 1)
    with pytest.raises(NotReadable, match="larger than 0 MiB"):
        read_file("/proc/self/environ", 1)  # a file whose size isn't known
    with pytest.raises(NotReadable, match="a device, not a file"):
        read_file("/dev/zero")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"urn": 1e400}', b"null", None])
def test_notes_that_are_broken(tmp_path: Path, content: bytes | None) -> None:
    """A broken note on disk, or a pipe instead of it, is as good as none."""
    journal = Journal(tmp_path, "here")
    journal.keep_secret("id", [("steps", "a")])
    (note,) = tmp_path.iterdir()
    note.unlink()
    if content is None:
        os.mkfifo(note)
    else:
        note.write_bytes(content)
    assert journal.secret_places("id") == frozenset()
    assert journal.find("id") is None


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": 1e400}', r'{"a": "\ud83d"}', "{"])
def test_settings_that_are_broken(text: str) -> None:
    """A setting that isn't JSON is a text, which the setting's own check refuses with one message."""
    assert parsed(text) == text
    with pytest.raises(SettingsError, match="8x8:subAccounts is not an object of texts"):
        read_sub_accounts(text)

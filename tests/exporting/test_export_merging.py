"""Modules that were changed by hand: how a change on the service gets into them."""

from __future__ import annotations

import pytest

from pulumi_8x8.exporting.python.merging import lines_by_hand, merge

BASE = """\
def declare():
    a = sms("a", text="Hello")
    b = sms("b", text="Bye")
    a.then(b)
    return workflow(a)
"""

#: What was changed by hand, what changes on the service, and the result; ``None`` if there is none with both.
MERGES = {
    "nothing by hand": ([], [("Hello", "Hi")], [("Hello", "Hi")]),
    "other line breaks": (
        [("    a.then(b)\n", "    a.then(\n        b\n    )\n")],
        [("Hello", "Hi")],
        [("Hello", "Hi")],
    ),
    "another line": (
        [("Bye", "See you")],
        [("Hello", "Hi")],
        [("Bye", "See you"), ("Hello", "Hi")],
    ),
    "a line before": (
        [("    a = sms", "    # The greeting.\n    a = sms")],
        [("Hello", "Hi")],
        [("    a = sms", "    # The greeting.\n    a = sms"), ("Hello", "Hi")],
    ),
    "a comment in the line": (
        [('"Hello")', '"Hello")  # short')],
        [("Hello", "Hi")],
        [('"Hello")', '"Hi")  # short')],
    ),
    "a comment in a line that goes": ([("a.then(b)", "a.then(b)  # both")], [("    a.then(b)\n", "")], None),
    "the same line": ([("Hello", "Good day")], [("Hello", "Hi")], None),
    "the same change": ([("Hello", "Hi")], [("Hello", "Hi")], [("Hello", "Hi")]),
    "a function": (
        [("def declare", "def text():\n    return 1\n\n\ndef declare"), ('"Bye"', "text()")],
        [("Hello", "Hi")],
        [("def declare", "def text():\n    return 1\n\n\ndef declare"), ('"Bye"', "text()"), ("Hello", "Hi")],
    ),
    "a new step": (
        [('"Bye")', '"Bye")  # last')],
        [("    a.then(b)", "    c = sms(c)\n    a.then(c)")],
        [('"Bye")', '"Bye")  # last'), ("    a.then(b)", "    c = sms(c)\n    a.then(c)")],
    ),
}


def _changed(changes: list[tuple[str, str]]) -> str:
    text = BASE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(("by_hand", "on_service", "result"), MERGES.values(), ids=MERGES.keys())
def test_merge(
    by_hand: list[tuple[str, str]], on_service: list[tuple[str, str]], result: list[tuple[str, str]] | None
) -> None:
    """Both changes stay, or nothing is merged."""
    merged = merge(BASE, _changed(by_hand), _changed(on_service))
    assert merged == (None if result is None else _changed(result))


def test_lines_by_hand() -> None:
    """The numbers of the lines that an export wouldn't write."""
    assert lines_by_hand(BASE, _changed([("Bye", "See you"), ("    a.then", "    # x\n    a.then")])) == [3, 4]

"""Texts with their changed words marked, and text made harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.review.sentences import Code, likeness, mark_words, plain, sentence

TEXTS = st.lists(st.sampled_from(["a", "b", " ", "\n", "{{data.x}}", "é", "👋", ".", "word"]), max_size=30).map("".join)


@given(TEXTS, TEXTS)
def test_nothing_is_lost(old: str, new: str) -> None:
    """What is not removed makes the new text, and what is not added the old one."""
    words = mark_words(old, new)
    assert "".join(word.text for word in words if word.kind != "added") == old
    assert "".join(word.text for word in words if word.kind != "removed") == new


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("Hello there", "Hello you", "Hello [-there-]{+you+}"),
        ("please press 1", "kindly enter 1", "[-please press-]{+kindly enter+} 1"),
        ("Hi {{data.a}}!", "Hi {{data.b}}!", "Hi [-{{data.a}}-]{+{{data.b}}+}!"),
        ("", "new", "{+new+}"),
        ("same", "same", "same"),
    ],
)
def test_marks(old: str, new: str, marked: str) -> None:
    """Whole words and whole scripts are marked, and a run of changed words as one."""
    assert plain(mark_words(old, new)) == marked


def test_very_long_texts() -> None:
    """The whole of a text of a hundred thousand words is replaced, instead of being compared for minutes."""
    old, new = "word " * 100_000, "other " * 100_000
    assert [word.kind for word in mark_words(old, new)] == ["removed", "added"]
    assert likeness(old, new) == 0
    assert likeness(old, old) == 1


def test_printable_lines() -> None:
    """Terminal commands and reversed text show as what they are; line ends and emoji stay."""
    assert printable_lines("\x1b[2J\u202ebad\ud800\r\nline 👨\u200d💻") == "\\x1b[2J\\u202ebad\\ud800\nline 👨\u200d💻"


def test_sentences_take_braces_for_what_they_are() -> None:
    """What is put into a sentence is never looked at for places to put something in."""
    assert sentence("{} and {}", "{}", ("{}",)) == (Code("{}"), " and ", "{}")

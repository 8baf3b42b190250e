"""Sentences about a change, in pieces: plain words, code from a definition, and runs of changed words. No I/O.

A definition may contain anything, such as terminal commands and HTML. Each format escapes every piece, whatever its
kind. The kind only decides how the piece looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

#: A whole script, white space, a word, or any other single character.
_WORD = re.compile(r"\{\{.*?\}\}|\s+|\w+(?:['’]\w+)*|.", re.DOTALL)
#: Comparing is quadratic in the length. The longest message that the service sends has about 4,000 characters.
_MOST_WORDS = 3_000


@dataclass(frozen=True)
class Code:
    """Code from a definition: a step's id, a value, a script."""

    text: str


@dataclass(frozen=True)
class WordRun:
    """A run of words that both texts have, or only the old or the new one."""

    kind: Literal["same", "removed", "added"]
    text: str


#: Pieces in the order of reading. A plain ``str`` is ordinary text.
Sentence: TypeAlias = tuple[str | Code | WordRun, ...]


def sentence(template: str, *codes: str | Sentence) -> Sentence:
    """``template`` with each ``{}`` replaced: a text becomes :class:`Code`, a sentence stays unchanged.

    >>> sentence("after {} comes {}", "menu", (Code("bye"), " now"))
    ('after ', Code(text='menu'), ' comes ', Code(text='bye'), ' now')
    """
    pieces: list[str | Code | WordRun] = []
    for position, ours in enumerate(template.split("{}")):
        if position:
            given = codes[position - 1]
            pieces.extend((Code(given),) if isinstance(given, str) else given)
        if ours:
            pieces.append(ours)
    return tuple(pieces)


def joined(phrases: Sequence[Sentence], between: str) -> Sentence:
    """All ``phrases`` in one, with ``between`` between them."""
    together: Sentence = ()
    for position, each in enumerate(phrases):
        together = (*together, between, *each) if position else each
    return together


def plain(phrase: Sentence) -> str:
    """The sentence as text, in the style of ``git diff --word-diff``: for JSON, and for output without colours.

    >>> plain((Code("hello"), " is now ", WordRun("removed", "Hi"), WordRun("added", "Hello")))
    '`hello` is now [-Hi-]{+Hello+}'
    """
    return "".join(_plain(piece) for piece in phrase)


def _plain(piece: str | Code | WordRun) -> str:
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Code):
        return f"`{piece.text}`"
    return {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}[piece.kind].format(piece.text)


def mark_words(old: str, new: str) -> tuple[WordRun, ...]:
    """Combines both texts, and marks the words that only one of them has.

    >>> mark_words("Press 1 for sales", "Press 2 for sales")  # doctest: +NORMALIZE_WHITESPACE
    (WordRun(kind='same', text='Press '), WordRun(kind='removed', text='1'), WordRun(kind='added', text='2'),
     WordRun(kind='same', text=' for sales'))
    """
    return tuple(_joined(_runs(_WORD.findall(old), _WORD.findall(new))))


def likeness(old: str, new: str) -> float:
    """The share of equal words in two texts, from 0 to 1; 0 for less than half, and for long texts that differ."""
    one, other = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if len(one) + len(other) > _MOST_WORDS // 5 or matcher.quick_ratio() < 0.5:
        return 1.0 if old == new else 0.0
    return matcher.ratio()


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs of a part of the old text and the part of the new text that replaces it."""
    if len(old) + len(new) > _MOST_WORDS:
        yield "".join(old), "".join(new)
        return
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((word, word) for word in old[a:b])
        else:
            yield "".join(old[a:b]), "".join(new[c:d])


def _joined(runs: Iterator[tuple[str, str]]) -> Iterator[WordRun]:
    same = ""
    removed = added = ""
    for old, new in runs:
        if old != new:
            # White space between two changed words belongs to the change: one phrase instead of single words.
            blank = same if (removed or added) and same.strip() == "" else ""
            if same and not blank:
                yield from _changed(removed, added)
                yield WordRun("same", same)
                removed = added = ""
            removed, added, same = removed + blank + old, added + blank + new, ""
        else:
            same += old
    yield from _changed(removed, added)
    if same:
        yield WordRun("same", same)


def _changed(removed: str, added: str) -> Iterator[WordRun]:
    if removed:
        yield WordRun("removed", removed)
    if added:
        yield WordRun("added", added)

"""Text for terminals: its styles, and the columns that it takes. No I/O.

A styled text is a plain ``str`` with the codes of ANSI terminals before and after the words that have a style. A style
ends with its line at the latest, and styles don't nest. What prints the text removes the codes if it prints elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, pairwise
from operator import itemgetter
from unicodedata import category, east_asian_width

from pulumi_8x8.phrasing import for_terminal

_STYLES = {"bold": 1, "dim": 2, "underline": 4, "strike": 9, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
_RESET = "\x1b[0m"
_ANY_STYLE = "|".join(map(str, _STYLES.values()))
#: No other code reaches a terminal.
_CODE = re.compile(f"(\x1b\\[(?:0|(?:{_ANY_STYLE})(?:;(?:{_ANY_STYLE}))*)m)")
#: What a terminal shows in the cells of the emoji before it: a joined emoji, and the colour of the skin.
_JOINED = re.compile("\u200d.\ufe0f?|[\U0001f3fb-\U0001f3ff]")
#: The vowel and the end of a Korean syllable, in the cells of its first letter; blanks without a width.
_KOREAN = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\u3164\uffa0]")


def styled(text: str, style: str) -> str:
    """``text`` in a style, such as ``bold red``; of several colours, the last counts. Nothing in it remains a code."""
    codes = ";".join(str(_STYLES[each]) for each in style.split())
    lines = for_terminal(text).split("\n")
    return "\n".join(f"\x1b[{codes}m{line}{_RESET}" if codes and line else line for line in lines)


def only_styles(text: str) -> str:
    """A styled text without anything else that a terminal takes as a command, and with the end of its last style."""
    parts = _CODE.split(text)
    shown = "".join(part if number % 2 else for_terminal(part) for number, part in enumerate(parts))
    return shown if parts[-2:-1] in ([], [_RESET]) else shown + _RESET


def unstyled(text: str) -> str:
    """A styled text without its styles."""
    return _CODE.sub("", text)


def styled_letters(text: str) -> list[tuple[str, str]]:
    """The codes and the letter of each letter of a styled text, to cut it anywhere."""
    letters, codes = [], ""
    for number, part in enumerate(_CODE.split(text)):
        if number % 2:
            codes = "" if part == _RESET else codes + part
        else:
            letters += [(codes, letter) for letter in part]
    return letters


def join_letters(letters: Iterable[tuple[str, str]]) -> str:
    """The styled text of what :func:`styled_letters` returned, or of a part of it."""
    runs = ((codes, "".join(letter for _, letter in run)) for codes, run in groupby(letters, key=itemgetter(0)))
    return "".join(f"{codes}{run}{_RESET}" if codes else run for codes, run in runs)


def width_of(text: str) -> int:
    """The columns that a line takes in a terminal: two for a Chinese character or an emoji, none for an accent."""
    text = unstyled(text)
    if text.isascii():
        return len(text)
    # The selector after a sign, such as a heart, makes it an emoji.
    following = pairwise(f"{_JOINED.sub('', text)} ")
    return sum(2 if after == "\ufe0f" else _columns(letter) for letter, after in following)


@lru_cache(maxsize=4096)
def _columns(letter: str) -> int:
    kind = category(letter)
    if kind[0] == "M" or kind == "Cf" or _KOREAN.match(letter):  # marks, such as accents, and what nobody sees
        return 0
    return 2 if east_asian_width(letter) in "FW" else 1

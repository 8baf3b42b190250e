"""Pieces of messages: places, printable text, counts and durations in words, names and suggestions. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Any


def show_path(path: tuple[str | int, ...]) -> str:
    """A path in a definition as text: ``steps.send_CA.inputs.content.components[0].text``.

    >>> show_path(("steps", "a b", "do", 0, "send", "inputs"))
    'steps["a b"].do[0].send.inputs'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "a").replace("-", "a").isalnum():
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def printable(text: object, keep: str = "") -> str:
    """``text`` on one line, without anything that a terminal takes as a command or that makes text run backwards.

    :param keep: characters that stay although they aren't printable.
    """
    text = str(text)
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text)


def printable_lines(text: str) -> str:
    """Like :func:`printable`, but line ends stay, as ``\\n``, and so do tabs and the joiners inside emoji."""
    return printable(text.replace("\r\n", "\n").replace("\r", "\n"), keep="\n\t\u200c\u200d")


#: What a terminal takes as a command, what makes text run backwards, and what nobody sees. Line ends, tabs and the
#: joiners inside emoji stay.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def for_terminal(text: str, escape: Callable[[str], str] = lambda letter: ascii(letter)[1:-1]) -> str:
    """A whole output, of any lines, without anything that a terminal takes as a command. All output passes here.

    :param escape: shows a letter that it must not contain.
    """
    return _UNSAFE.sub(lambda found: escape(found[0]), text)


def count(number: float, what: str) -> str:
    """A number with its noun: ``1 step``, ``1,200 steps``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def duration_in_words(length: timedelta) -> str:
    """A duration as text, to the second: ``1 day 6 hours``.

    >>> duration_in_words(timedelta(minutes=5))
    '5 minutes'
    """
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = {"day": length.days, "hour": hours, "minute": minutes, "second": seconds}
    return " ".join(count(number, unit) for unit, number in parts.items() if number) or "0 seconds"


def natural(name: object) -> tuple[tuple[tuple[str, int, str], ...], str]:
    """The key that people sort names by: ``a2`` before ``a10``, and equal numbers by how they are written.

    >>> sorted(["a10", "a2", "B1"], key=natural)
    ['B1', 'a2', 'a10']
    """
    text = str(name)
    pieces = _DIGITS.split(text)  # texts and numbers in turn
    numbers = [each.lstrip("0") for each in (*pieces[1::2], "")]
    return tuple((each, len(number), number) for each, number in zip(pieces[::2], numbers, strict=True)), text


_DIGITS = re.compile("([0-9]+)")


def camel_case(name: str) -> str:
    """The service's name of a field: ``subAccountId`` for ``sub_account_id``, ``from`` for ``from_``."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def did_you_mean(wrong: str, right: Iterable[str], cutoff: float = 0.75) -> str:
    """``did you mean "…"?`` with the nearest of ``right``; empty if none is near."""
    near = closest(wrong, right, cutoff)
    return f'did you mean "{near}"?' if near else ""


def closest(wrong: str, right: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The nearest of ``right`` to the misspelled ``wrong``; ``None`` if none is near.

    :param cutoff: the smallest ratio that ``difflib`` counts as near: 1 is equal.
    """
    return _closest(wrong, tuple(sorted(right)), cutoff)


@lru_cache(maxsize=256)  # a file may have the same mistake in thousands of steps
def _closest(wrong: str, right: tuple[str, ...], cutoff: float) -> str | None:
    from difflib import get_close_matches  # only for errors

    by_lower = {each.lower(): each for each in right}
    if wrong.lower() in by_lower:
        return by_lower[wrong.lower()]
    # Comparing is quadratic in the length; nobody misspells more than this.
    near = get_close_matches(wrong.lower()[:100], by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def kind_of(value: Any) -> str:
    """The kind of ``value``, for messages: ``a list``."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number" if isinstance(value, int | float) else "nothing"

"""Formats Python as ``ruff format`` and ``black`` do, for lines of 88 characters. No I/O.

Everything that doesn't fit into a line has an item on each line, with a comma at the end. Formatters keep that for any
length of lines. So only conditions and sums, which are broken before their operators, depend on the length.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pulumi_8x8.definition import Json

#: Characters of a line, as both formatters have it by default.
_WIDTH = 88
_INDENT = 4
#: Escapes that both formatters keep.
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Piece:
    """A piece of an expression.

    :cvar breaks: it can't be on one line.
    """

    @cached_property
    def flat(self) -> str:
        """The piece on one line."""
        raise NotImplementedError

    @cached_property
    def breaks(self) -> bool:
        return False

    def lines(self, indent: int, used: float, after: int) -> str:
        """The piece on several lines.

        :param indent: columns before the line that it begins in.
        :param used: columns of this line before it.
        :param after: columns that follow it in its last line.
        """
        return self.flat

    def text(self, indent: int, used: float, after: int = 0) -> str:
        """The piece, on one line if it fits."""
        fits = not self.breaks and used + _columns(self.flat) + after <= _WIDTH
        return self.flat if fits else self.lines(indent, used, after)


@dataclass(frozen=True)
class Atom(Piece):
    """What is never broken: a name, a member, a literal."""

    code: str

    @cached_property
    def flat(self) -> str:
        return self.code

    @cached_property
    def breaks(self) -> bool:
        return _columns(self.code) == math.inf


@dataclass(frozen=True)
class Bracketed(Piece):
    """Items between brackets: a call, a list, a dictionary.

    :param items: what comes before each item (``text=``), and the item.
    :param comment: it follows the opening bracket.
    :param on_lines: an item is on each line even if all fit on one.
    """

    opening: str
    items: Sequence[tuple[str, Piece]]
    closing: str
    comment: str = ""
    on_lines: bool = False

    @cached_property
    def flat(self) -> str:
        return f"{self.opening}{', '.join(before + item.flat for before, item in self.items)}{self.closing}"

    @cached_property
    def breaks(self) -> bool:
        breaking = (item.breaks or _columns(before) == math.inf for before, item in self.items)
        return self.on_lines or bool(self.comment) or any(breaking)

    def lines(self, indent: int, used: float, after: int) -> str:
        if not self.items:
            return self.flat
        inner = indent + _INDENT
        written = "".join(
            f"{' ' * inner}{before}{item.text(inner, inner + _columns(before), 1)},\n" for before, item in self.items
        )
        return f"{self.opening}{self.comment}\n{written}{' ' * indent}{self.closing}"


@dataclass(frozen=True)
class Operands(Piece):
    """Operands with the same operator between them."""

    operands: Sequence[Piece]
    sign: str

    @cached_property
    def flat(self) -> str:
        return f" {self.sign} ".join(each.flat for each in self.operands)

    @cached_property
    def breaks(self) -> bool:
        return any(each.breaks for each in self.operands)

    def lines(self, indent: int, used: float, after: int) -> str:
        first, *others = self.operands
        sign = f"{self.sign} "
        last = len(others) - 1
        parts = [first.text(indent, used)]
        for position, each in enumerate(others):
            parts.append(sign + each.text(indent, indent + len(sign), after if position == last else 0))
        return f"\n{' ' * indent}".join(parts)


@dataclass(frozen=True)
class Parentheses(Piece):
    """A piece in brackets, which are on lines of their own if it doesn't fit.

    :param before: ``~``.
    """

    inner: Piece
    before: str = ""

    @cached_property
    def flat(self) -> str:
        return f"{self.before}({self.inner.flat})"

    @cached_property
    def breaks(self) -> bool:
        return self.inner.breaks

    def lines(self, indent: int, used: float, after: int) -> str:
        inner = indent + _INDENT
        return f"{self.before}(\n{' ' * inner}{self.inner.text(inner, inner)}\n{' ' * indent})"


@dataclass(frozen=True)
class LongText(Piece):
    """A text of several lines. If it is too long for a line of the program, each of its lines is a literal.

    :param whole: the literal of the whole text.
    :param parts: the literals of its lines.
    """

    whole: str
    parts: Sequence[str]

    @cached_property
    def flat(self) -> str:
        return self.whole

    @cached_property
    def breaks(self) -> bool:
        return _columns(self.whole) == math.inf

    def lines(self, indent: int, used: float, after: int) -> str:
        inner = indent + _INDENT
        # Formatters join the literals if that fits. Whatever the width of the other letters is, ASCII counts.
        if len(self.parts) < 2 or inner + sum(letter.isascii() for letter in self.whole) <= _WIDTH:
            return self.whole
        written = "".join(f"{' ' * inner}{each}\n" for each in self.parts)
        return f"(\n{written}{' ' * indent})"


@dataclass(frozen=True)
class Replaceable(Piece):
    """A piece, and what replaces it if formatters might break it in another way than this module.

    :param breakable: its lines are sure.
    """

    wanted: Piece
    otherwise: Piece
    breakable: bool

    @cached_property
    def flat(self) -> str:
        return self.wanted.flat

    @cached_property
    def breaks(self) -> bool:
        return self.wanted.breaks

    def lines(self, indent: int, used: float, after: int) -> str:
        is_sure = self.breakable and used != math.inf
        return (self.wanted if is_sure else self.otherwise).lines(indent, used, after)


def call(function: str, *arguments: Piece, **named: Piece) -> Bracketed:
    """A call: ``function(argument, name=value)``."""
    items = [("", each) for each in arguments] + [(f"{name}=", each) for name, each in named.items()]
    return Bracketed(f"{function}(", items, ")")


def listed(items: Sequence[Piece]) -> Bracketed:
    """A list."""
    return Bracketed("[", [("", each) for each in items], "]")


def mapped(members: Mapping[str, Piece]) -> Bracketed:
    """A dictionary."""
    return Bracketed("{", [(f"{literal(key)}: ", each) for key, each in members.items()], "}")


def statement(before: str, code: Piece, indent: int) -> str:
    """A line of a program, or several: ``ask = automation.SMS(…)``.

    :param before: what precedes the expression: ``ask = ``, ``return ``.
    """
    return f"{' ' * indent}{before}{code.text(indent, indent + len(before))}\n"


def fits(code: Piece, used: float) -> bool:
    """Whether a piece fits into a line after ``used`` columns."""
    return used + _columns(code.flat) <= _WIDTH


def number(value: Json) -> str:
    """A number, true, false or null."""
    return repr(value).replace("e+", "e")


def literal(text: str) -> str:
    """A text: in double quotes, unless that needs more escapes.

    >>> print(literal('An "a"'), literal("It's Grüße"))
    'An "a"' "It's Grüße"
    """
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{escaped(text, quote)}{quote}"


def escaped(text: str, quote: str) -> str:
    """The inside of a literal."""
    return "".join(f"\\{letter}" if letter == quote else _ESCAPES.get(letter) or _seen(letter) for letter in text)


def _seen(letter: str) -> str:
    # Emojis need joiners, which aren't printable.
    return letter if letter.isprintable() or letter in "\u200c\u200d" else ascii(letter)[1:-1]


def _columns(text: str) -> float:
    """The columns of a text on a screen; infinite where formatters may count otherwise, so that the text gets a line
    of its own."""
    if text.isascii():
        return len(text)
    columns = 0
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF" and unicodedata.category(letter) == "Lo":
            columns += 2
        elif letter < "\u0300" and letter != "\u00ad":
            columns += 1
        else:
            return math.inf
    return columns

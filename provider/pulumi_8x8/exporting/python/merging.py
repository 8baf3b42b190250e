"""Brings changes of a workflow into a module that was changed by hand: a merge of three texts, line by line. No I/O."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple


class _Hunk(NamedTuple):
    """Lines that replace those from ``start`` to ``end`` of the base."""

    start: int
    end: int
    lines: Sequence[str]


def merge(base: str, current: str, new: str) -> str | None:
    """``current`` with the changes from ``base`` to ``new``; ``None`` if both change the same lines.

    A comment at the end of a line stays if the line changes.

    :param base: what an export writes for the workflow that ``current`` declares.
    :param current: the module.
    :param new: what an export writes for the workflow that the module must declare.
    """
    if only_formatted(base, current):
        return new
    before = base.splitlines(keepends=True)
    mine, comments = _without_comments(before, _hunks(before, current.splitlines(keepends=True)))
    theirs = list(_hunks(before, new.splitlines(keepends=True)))
    merged: list[str] = []
    done = 0
    for hunk in sorted({*mine, *theirs}, key=lambda each: (each.start, each.end, each in theirs)):
        is_new = hunk in theirs
        loses_comments = is_new and len(hunk.lines) != hunk.end - hunk.start and _has_comment(hunk, comments)
        if hunk.start < done or loses_comments:
            return None
        merged += [*_commented(before, done, hunk.start, comments), *_replaced(hunk, comments if is_new else {})]
        done = hunk.end
    return "".join([*merged, *_commented(before, done, len(before), comments)])


def lines_by_hand(base: str, current: str) -> list[int]:
    """The numbers of the lines of ``current`` that ``base`` doesn't have."""
    found = SequenceMatcher(None, base.splitlines(), current.splitlines()).get_opcodes()
    return [line + 1 for tag, _, _, start, end in found if tag != "equal" for line in range(start, end)]


def only_formatted(base: str, current: str) -> bool:
    """Whether two modules are the same except for line breaks and blank lines."""
    try:
        same = ast.dump(ast.parse(base)) == ast.dump(ast.parse(current))
        return same and [*_comments(base)] == [*_comments(current)]
    except (SyntaxError, ValueError, RecursionError, tokenize.TokenError):
        return False


def _comments(text: str) -> Iterator[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return (each.string for each in tokens if each.type == tokenize.COMMENT)


def _hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[_Hunk]:
    for tag, start, end, first, last in SequenceMatcher(None, before, after).get_opcodes():
        if tag != "equal":
            yield _Hunk(start, end, tuple(after[first:last]))


def _without_comments(before: Sequence[str], hunks: Iterator[_Hunk]) -> tuple[list[_Hunk], dict[int, str]]:
    """The hunks that do more than adding comments to lines; and these comments, by the number of the line."""
    others: list[_Hunk] = []
    comments: dict[int, str] = {}
    for hunk in hunks:
        pairs = list(zip(before[hunk.start : hunk.end], hunk.lines, strict=False))
        added = [_comment(old, line) for old, line in pairs]
        if len(hunk.lines) == hunk.end - hunk.start and all(each is not None for each in added):
            comments.update((hunk.start + at, each) for at, each in enumerate(added) if each)
        else:
            others.append(hunk)
    return others, comments


def _comment(old: str, line: str) -> str | None:
    """What follows the code of a line, if that is all that was added."""
    code = old.rstrip("\n")
    rest = line.removeprefix(code)
    return rest.rstrip("\n") if line.startswith(code) and rest.strip().startswith("#") else None


def _commented(before: Sequence[str], start: int, end: int, comments: dict[int, str]) -> Iterator[str]:
    for at in range(start, end):
        yield f"{before[at].removesuffix(chr(10))}{comments[at]}\n" if at in comments else before[at]


def _replaced(hunk: _Hunk, comments: dict[int, str]) -> Iterator[str]:
    for at, line in enumerate(hunk.lines, hunk.start):
        yield f"{line.removesuffix(chr(10))}{comments[at]}\n" if at in comments else line


def _has_comment(hunk: _Hunk, comments: dict[int, str]) -> bool:
    return any(at in comments for at in range(hunk.start, hunk.end))

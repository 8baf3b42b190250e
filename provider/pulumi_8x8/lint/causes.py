"""Describes problems of lint for people: problems with one cause as one, with all its places. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple, TypeAlias

from pulumi_8x8.lint.problems import Problem, by_cause
from pulumi_8x8.phrasing import count, printable, printable_lines, show_path
from pulumi_8x8.styling import width_of

#: What a line shows: where and what is wrong, a part of it, a script, what to write instead, a further place.
Role: TypeAlias = Literal["what", "part", "script", "remedy", "place"]


class ProblemLine(NamedTuple):
    """A line of the description of a problem.

    :param indent: in columns.
    :param text: a script has two lines, the second with a caret.
    """

    role: Role
    indent: int
    text: str


def describe_problem(group: Sequence[Problem]) -> Iterator[ProblemLine]:
    """The lines about problems with one cause; the first without file, line and severity.

    Each place is in it: in the first line if it is the only one, and otherwise in a line of its own.
    """
    first = group[0]
    variants = _variants(group)
    if len(group) == 1:
        where = f"{show_path(first.path)}: " if first.path else ""
        yield ProblemLine("what", 0, f"{where}{printable_lines(first.message)} [{first.rule}]{_made(first)}")
        yield from _remedy(first, 4)
        return
    differ = len({each.message for each in group}) > 1  # then the cause is the same
    what = first.cause if differ else first.message
    yield ProblemLine("what", 0, f"{printable_lines(what)} ({count(len(group), 'place')}) [{first.rule}]")
    for each, *others in variants:
        if differ:
            yield ProblemLine("part", 4, printable_lines(_own_part(each, variants)))
        indent = 6 if differ else 4
        yield from _remedy(each, indent)
        for place in (each, *others):
            yield ProblemLine("place", indent, printable(f"{place.place}{show_path(place.path)}{_made(place)}"))


def _own_part(problem: Problem, variants: Sequence[Sequence[Problem]]) -> str:
    """The message without the words at the beginning that all variants share."""
    words = [each[0].message.split(" ") for each in variants]
    shared = sum(1 for _ in takewhile(lambda word: len({*word}) == 1, zip(*words, strict=False)))
    return " ".join(problem.message.split(" ")[shared:]) or problem.message


def _variants(group: Sequence[Problem]) -> list[list[Problem]]:
    """Problems with the same words together."""
    variants: dict[tuple[str, ...], list[Problem]] = {}
    for each in group:
        variants.setdefault((each.message, each.hint), []).append(each)
    return list(variants.values())


def _remedy(problem: Problem, indent: int) -> Iterator[ProblemLine]:
    if problem.excerpt:
        script = "\n".join(printable(line, keep="\t") for line in problem.excerpt.splitlines())
        yield ProblemLine("script", indent, script)
    if problem.hint:
        yield ProblemLine("remedy", indent, f"→ {printable_lines(problem.hint)}")


def _made(problem: Problem) -> str:
    return f" ({problem.detail})" if problem.detail else ""


def cut_script(script: str, columns: int) -> str:
    """A script with its caret, cut around the caret so that a terminal breaks neither line."""
    line, _, caret = script.partition("\n")
    if width_of(line) <= columns or caret.strip() != "^":
        return script
    at = len(caret) - 1
    start = max(0, min(at - columns // 2, len(line) - columns))
    cut = ("…" if start else "") + line[start + bool(start) :]
    while width_of(cut) > columns:
        cut = cut.removesuffix("…")[:-1] + "…"
    return f"{cut}\n{' ' * width_of(cut[: at - start])}^"


def in_text(group: Sequence[Problem]) -> str:
    """The lines about problems with one cause as one text, with the place in front and without styles."""
    first, *others = describe_problem(group)
    lines = [f"{' ' * line.indent}{part}" for line in others for part in line.text.split("\n")]
    return "\n".join([printable(group[0].place) + first.text, *lines])


def count_causes(problems: Sequence[Problem]) -> str:
    """How many problems there are: ``1 error, 2 warnings in 14 places``."""
    groups = by_cause(problems)
    errors = sum(group[0].severity == "error" for group in groups)
    places = f" in {count(len(problems), 'place')}" if len(problems) > len(groups) else ""
    return f"{count(errors, 'error')}, {count(len(groups) - errors, 'warning')}{places}"

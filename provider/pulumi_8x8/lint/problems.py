"""Defines the problems that lint reports, with their severities and places. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pulumi_8x8.definition.files import Source
from pulumi_8x8.definition.values import Path
from pulumi_8x8.phrasing import printable, show_path

#: ``error``: the service refuses it, or it can never work. ``warning``: almost certainly a mistake.
Severity: TypeAlias = Literal["error", "warning"]
#: The levels of a rule.
Level: TypeAlias = Literal["off", "warning", "error"]


#: Instead of a rule: the file can't be read, so no rule was tried. No level changes it.
UNREADABLE = "unreadable-file"
#: Instead of a rule: a definition has more problems than are shown.
MORE_PROBLEMS = "more-problems"

#: What people can read. A file of a megabyte can have fifty thousand, and code scanning services take 25,000.
_MOST_PROBLEMS = 1000


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a definition.

    :param rule: id of the rule that found it.
    :param path: its place in the canonical form, such as ``("steps", "send_CA", "inputs", "user", "msisdn")``.
    :param message: what is wrong, and why it matters.
    :param hint: what to write instead; may be empty.
    :param excerpt: for problems inside a script: the script, and a second line with a caret under the place.
    :param file: the file's name as the user wrote it, if it is known.
    :param line: the line, from 1, if it is known.
    :param column: the column, from 1 in UTF-16 units, if it is known.
    :param detail: the line of the helper that made the step, if the author called one: ``in reply, main.py:8``.
    :param cause: what else has to change if this isn't a mistake by itself; the message if it is empty. See
        :func:`by_cause`.
    """

    rule: str
    severity: Severity
    path: Path
    message: str
    hint: str = ""
    excerpt: str = ""
    file: str | None = None
    line: int | None = None
    detail: str = ""
    column: int | None = None
    cause: str = ""

    def __str__(self) -> str:
        """One line: ``flow.json:12: steps.send_CA.inputs.user: what, why, what to write instead [rule]``."""
        text = self.message + (f"; {self.hint}" if self.hint else "")
        if self.path:
            text = f"{show_path(self.path)}: {text}"
        made = f" ({self.detail})" if self.detail else ""
        return printable(f"{self.place}{text} [{self.rule}]{made}")

    @property
    def place(self) -> str:
        """The file and line as far as they are known: ``flow.json:12: ``; empty without a file."""
        if self.file is None:
            return ""
        return f"{self.file}: " if self.line is None else f"{self.file}:{self.line}: "


def by_cause(problems: Iterable[Problem]) -> list[tuple[Problem, ...]]:
    """The problems that one change solves together: of one rule, in one file, with the same cause or message.

    People read them as one problem with several places. The groups are in the order of their first problems.
    """
    groups: dict[tuple[object, ...], list[Problem]] = {}
    for each in problems:
        key = (each.rule, each.severity, each.file, each.cause or each.message)
        groups.setdefault(key, []).append(each)
    return [tuple(group) for group in groups.values()]


def unreadable(file: str, message: str) -> tuple[Problem, ...]:
    """A file that can't be checked, as problems, so that every format shows it."""
    lines = message.split("\n")
    if not all(line.startswith(f"{file}:") for line in lines):
        lines = [f"{file}: {message}"]
    found = []
    for each in lines:
        number, colon, what = each[len(file) + 1 :].partition(":")
        if not (colon and number.isdecimal()):
            number, what = "", each[len(file) + 1 :]
        found.append(Problem(UNREADABLE, "error", (), what.strip(), file=file, line=int(number) if number else None))
    return tuple(found)


def shortened(problems: tuple[Problem, ...], hint: str) -> tuple[Problem, ...]:
    """``problems`` of one workflow, with their levels; of very many the first, errors before warnings, and one that has
    their number. It is an error if any of them is.

    :param hint: of that one.
    """
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    errors = [place for place, each in enumerate(problems) if each.severity == "error"]
    warnings = [place for place, each in enumerate(problems) if each.severity != "error"]
    kept = sorted([*errors, *warnings][:_MOST_PROBLEMS])
    severity: Severity = "error" if errors else "warning"
    message = f"lint found {len(problems):,} problems, and shows {_MOST_PROBLEMS:,} of them"
    more = Problem(MORE_PROBLEMS, severity, (), message, hint, file=problems[0].file)
    return (*(problems[place] for place in kept), more)


def locate(problems: Iterable[Problem], where: Source | Mapping[str, str]) -> tuple[Problem, ...]:
    """``problems`` with file and line.

    :param where: the linted file, or ``file:line`` by step id, which a program records
        (:attr:`Step.where <pulumi_8x8.definition.Step.where>`); the key ``""`` has the workflow's own line.
    """
    if isinstance(where, Source):
        placed = []
        for each in problems:
            line, column = where.position_of(each.path) or (None, None)
            placed.append(replace(each, file=where.path, line=line, column=column))
        return tuple(sorted(placed, key=lambda each: each.line or 0))
    return tuple(_placed(problem, where) for problem in problems)


def _placed(problem: Problem, lines: Mapping[str, str]) -> Problem:
    # The innermost step with a line: a step inside a `do` has its own.
    steps = [part for part in problem.path if isinstance(part, str) and part in lines]
    place = lines.get(steps[-1]) if steps and problem.path[0] == "steps" else None
    author, _, detail = (place or lines.get("", "")).partition(" (in ")
    file, _, line = author.rpartition(":")
    made = f"in {detail.removesuffix(')')}" if detail else ""
    return replace(problem, file=file, line=int(line), detail=made) if line.isdigit() else problem

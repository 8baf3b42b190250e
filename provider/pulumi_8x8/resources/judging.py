"""Lint on the way through Pulumi: once in the program, and again in check() where values were not known there yet.

What the program found, and where it wrote what, goes to check() in a note that is never stored.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.definition import Definition, Json, Source, find_sub_accounts, is_script, read_source, show_path
from pulumi_8x8.errors import SourceError
from pulumi_8x8.lint import Problem, lint, locate
from pulumi_8x8.lint.problems import printable

#: The member of what the program knows of itself that only check() sees.
NOTE = "lint"

#: Likewise: why another stack has to run the workflow first; empty when it does.
GATE = "gate"

#: Where a program says what: its workflow file, or ``file:line`` by step id, that of the workflow under ``""``.
Where = Source | Mapping[str, str]


@dataclass(frozen=True)
class Judgement:
    """What is wrong with a workflow, and the note to send to check()."""

    problems: tuple[Problem, ...]
    note: str

    @property
    def refused(self) -> bool:
        """There is an error among the problems."""
        return any(problem.severity == "error" for problem in self.problems)


def judge_in_program(
    definition: Definition, where: Where, levels: Mapping[str, str], shared: Mapping[str, str]
) -> Judgement:
    """Lints a workflow where files and lines are known.

    :param levels: levels of lint rules for this workflow.
    :param shared: levels of lint rules for the whole stack.
    """
    problems = tuple(locate(lint(definition, levels, shared), where))
    note: dict[str, Json] = {}
    if definition.has_holes():
        note["levels"], note["shared"] = dict(levels), dict(shared)
        if isinstance(where, Source):
            note["file"] = os.path.abspath(where.path)
        else:
            note["lines"] = dict(where)
    else:
        note["errors"] = sum(problem.severity == "error" for problem in problems)
    return Judgement(problems, json.dumps(note))


class Bench:
    """Judges the workflows of a program one after another, while the engine is busy with those before.

    The SDK sends nothing before the program is through, and the engine would have to wait for a thousand judgements.
    When one is refused the notes of all others are kept back until all are judged and told: the first resource that
    the engine refuses ends the program.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[], Judgement], asyncio.Future[str]]] = deque()
        self._work: asyncio.Future[None] | None = None

    def note(self, judge: Callable[[], Judgement]) -> asyncio.Future[str]:
        """The note of what ``judge`` will find, and tell."""
        note = asyncio.get_event_loop().create_future()
        self._waiting.append((judge, note))
        if self._work is None:
            self._work = asyncio.ensure_future(self._judge_all())
        return note

    async def _judge_all(self) -> None:
        kept: list[tuple[asyncio.Future[str], str]] = []
        while self._waiting:
            judge, note = self._waiting.popleft()
            try:
                judgement = judge()
            except Exception as error:  # noqa: BLE001 - told by the registration that waits for the note
                note.set_exception(error)
                continue
            if judgement.refused or kept:
                kept.append((note, judgement.note))
            else:
                note.set_result(judgement.note)
                await asyncio.sleep(0)  # lets it be sent
        self._work = None
        for note, text in kept:
            note.set_result(text)


def judge_sub_accounts(definition: Definition, where: Where, names: Mapping[str, str]) -> Iterator[str]:
    """What to warn of: sub-accounts that are none of this stack, where its config names those.

    :param definition: after logical names were replaced.
    :param names: sub-accounts by logical name.
    """
    if not names:
        return
    own = set(names.values())
    for path, value in find_sub_accounts(definition):
        if isinstance(value, str) and value not in own and not is_script(value):
            (placed,) = locate([Problem("", "warning", path, "")], where)
            yield printable(
                f'{placed.place}{show_path(path)}: "{value}" is not one of 8x8:subAccounts ({", ".join(names)}); '
                "a sub-account of another environment?"
            )


def judge_in_check(definition: Definition, note: str | None) -> list[str]:
    """Why ``definition`` is refused, one text for each reason; holes that are still in it are none."""
    known: dict[str, Any] = json.loads(note or "{}")
    if "errors" in known:
        count = known["errors"]
        return [f"its definition has {count} error{'s' * (count > 1)}, told under the stack"] if count else []
    problems = lint(definition, known.get("levels"), known.get("shared"))
    errors = [problem for problem in problems if problem.severity == "error"]
    return [str(problem) for problem in locate(errors, _where(known))] if errors else []


def _where(known: Mapping[str, Any]) -> Where:
    if "file" not in known:
        return dict(known.get("lines", {}))
    try:
        return read_source(os.path.relpath(known["file"]))
    except (SourceError, ValueError):  # it changed under us; it is on another drive
        return {}

"""Lint on the way through Pulumi: once in the program, and again in check() where values were not known there yet.

What the program found, and where it wrote what, goes to check() in a note that is never stored.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from pulumi_8x8.definition import Definition, Json, Source, read_source
from pulumi_8x8.errors import SourceError
from pulumi_8x8.lint import Problem, lint, locate

#: The member of what the program knows of itself that only check() sees.
NOTE = "lint"

#: Where a program says what: its workflow file, or ``file:line`` by step id, that of the workflow under ``""``.
Where = Source | Mapping[str, str]


def judge_in_program(
    definition: Definition, where: Where, levels: Mapping[str, str], shared: Mapping[str, str]
) -> tuple[list[Problem], str]:
    """What is wrong, and the note to send to check().

    :param levels: levels of lint rules for this workflow.
    :param shared: levels of lint rules for the whole stack.
    """
    problems = locate(lint(definition, levels, shared), where)
    note: dict[str, Json] = {}
    if definition.has_holes():
        note["levels"], note["shared"] = dict(levels), dict(shared)
        if isinstance(where, Source):
            note["file"] = os.path.abspath(where.path)
        else:
            note["lines"] = dict(where)
    else:
        note["errors"] = sum(problem.severity == "error" for problem in problems)
    return list(problems), json.dumps(note)


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

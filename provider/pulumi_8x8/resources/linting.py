"""Lint in Pulumi: in the program, and again in check() if the program didn't know all values.

A note that is never stored carries to check() what it needs: levels, the number of errors, the file or the lines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pulumi_8x8.definition import Definition, Json, Path, Source, find_sub_accounts, is_script, read_source, show_path
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.errors import SourceError
from pulumi_8x8.lint import Problem, by_cause, lint, load_own_rules, locate
from pulumi_8x8.lint.causes import in_text
from pulumi_8x8.phrasing import count, printable

#: Where a workflow comes from: its file, or ``file:line`` by step id, with the workflow's own under ``""``.
Where = Source | Mapping[str, str]


def lint_in_program(
    definition: Definition,
    where: Where,
    levels: Mapping[str, str],
    shared: Mapping[str, str],
    *,
    later: bool = False,
) -> tuple[list[Problem], str]:
    """Lints a definition; returns the problems, and the note to send to check().

    :param levels: of lint rules, for this workflow.
    :param shared: the same for the whole stack.
    :param later: whether the reader of the note lints, and not the program.
    """
    problems = () if later else locate(lint(definition, levels, shared), where)
    note: dict[str, Json] = {"levels": dict(levels), "shared": dict(shared)}
    if isinstance(where, Source):
        note["file"] = os.path.abspath(where.path)
    elif later or definition.has_holes():
        note["lines"] = dict(where)
    if not later and not definition.has_holes():
        # If a transform changes the definition later, check() lints it again.
        note["digest"] = definition.digest()
        note["errors"] = sum(group[0].severity == "error" for group in by_cause(problems))
    return list(problems), json.dumps(note)


def foreign_sub_accounts(definition: Definition, where: Where, names: Mapping[str, str]) -> Iterator[str]:
    """Returns warnings about sub-accounts that ``8x8:subAccounts`` doesn't have, if it is set.

    :param definition: after logical names were replaced.
    :param names: sub-accounts by logical name.
    """
    if not names:
        return
    own = set(names.values())
    for path, value in find_sub_accounts(definition):
        if isinstance(value, str) and value not in own and not is_script(value):
            place = _place(path, where)
            yield printable(
                f"{place and f'{place}: '}{show_path(path)}: 8x8:subAccounts ({', '.join(names)}) doesn't contain "
                f'the sub-account "{value}"; does it belong to another environment?'
            )


def lint_in_check(
    definition: Definition, note: str | None, without_secrets: Callable[[], Definition] | None = None
) -> list[str]:
    """Returns the errors of ``definition``, a text each; a hole isn't an error.

    :param without_secrets: returns ``definition`` with holes instead of its secrets, if it has any.
    """
    known: dict[str, Any] = json.loads(note or "{}")
    if "errors" in known and known.get("digest", "") in ("", definition.digest()):
        errors = known["errors"]
        return [f"its definition has {count(errors, 'error')}; see the diagnostics of the stack"] if errors else []
    if wrong := list(wrong_values(definition)):
        where = _where(known)
        return [printable(str(each if each.where else each._replace(where=_place(each.path, where)))) for each in wrong]
    load_own_rules()  # this process runs in the program's folder
    problems = lint(definition, known.get("levels"), known.get("shared"))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors and without_secrets is not None:
        # A message quotes parts of scripts; hide() doesn't recognise a part of a secret.
        # So only what lint reports without the secrets is shown, in the words that it has without them.
        found = lint(without_secrets(), known.get("levels"), known.get("shared"))
        others = {(each.rule, each.path): each for each in found}
        errors = [others.get((each.rule, each.path)) or _silent(each) for each in errors]
    return [in_text(group) for group in by_cause(locate(errors, _where(known)))] if errors else []


def _silent(problem: Problem) -> Problem:
    message = "the error comes from a secret, so it isn't shown"
    return replace(problem, message=message, hint=f"for the rule: pulumi-8x8 lint --explain {problem.rule}", excerpt="")


def _place(path: Path, where: Where) -> str:
    (placed,) = locate([Problem("", "error", path, "")], where)
    return placed.place.removesuffix(": ")


def _where(known: Mapping[str, Any]) -> Where:
    if "file" not in known:
        return dict(known.get("lines", {}))
    try:
        return read_source(os.path.relpath(known["file"]))
    except (SourceError, ValueError):  # it has changed since; it is on another drive
        return {}

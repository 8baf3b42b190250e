"""Levels of rules: how much each counts in a workflow, a stack or a project."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from pulumi_8x8.definition.values import Json
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.problems import Level, Problem, Severity
from pulumi_8x8.lint.registry import RULES, Found, rule
from pulumi_8x8.phrasing import did_you_mean

_LEVELS: tuple[str, ...] = get_args(Level)


def read_levels(setting: Json) -> dict[str, str]:
    """Levels by rule id, from a setting: ``{"unreachable-step": "off"}``, or the text ``unreachable-step=off, …``.

    Ids aren't checked here: lint reports unknown ones.

    :raises SettingsError: it is neither, or a level is not ``off``, ``warning`` or ``error``.
    """
    if setting is None:
        return {}
    if isinstance(setting, str):
        parts = [part.partition("=") for part in setting.split(",") if part.strip()]
        setting = {id.strip(): level.strip() for id, _, level in parts}
    if not isinstance(setting, Mapping):
        raise SettingsError(
            'lint levels must be a mapping, such as {"rule-id": "off"}, or a text, such as "rule-id=off". Check '
            "lint=, 8x8:lint and --level."
        )
    for id, level in setting.items():
        if level not in _LEVELS:
            raise SettingsError(
                f"lint levels: the level of {id} must be off, warning or error. Check lint=, 8x8:lint and --level."
            )
    return {str(id): str(level) for id, level in setting.items()}


def apply_levels(problems: Iterable[Problem], levels: Mapping[str, str]) -> tuple[Problem, ...]:
    """``problems`` with the severities in ``levels``, without the problems of rules that are off."""
    kept = []
    for problem in problems:
        level = levels.get(problem.rule, problem.severity)
        severity: Severity = "error" if level == "error" else "warning"
        if level != "off":
            kept.append(problem if severity == problem.severity else replace(problem, severity=severity))
    return tuple(kept)


def check_levels(problems: Iterable[Problem], levels: Mapping[str, str], unused: bool = True) -> Iterator[Problem]:
    """What is wrong with ``levels`` themselves.

    :param problems: as found, before any level.
    :param unused: whether a rule that is off must have found something.
    """
    found = {problem.rule for problem in problems}
    for id, level in levels.items():
        if id not in RULES:
            yield Problem("unknown-rule", "warning", (), f'lint rule "{id}" doesn\'t exist', did_you_mean(id, RULES))
        elif level not in _LEVELS:
            yield Problem("unknown-rule", "warning", (), f'"{level}" isn\'t a level', "write off, warning or error")
        elif unused and level == "off" and id not in found and id not in ("unknown-rule", "unused-suppression"):
            yield Problem(
                "unused-suppression",
                "warning",
                (),
                f'lint rule "{id}" is off, but it finds nothing here',
                "remove this setting, or it hides the next mistake",
            )


@rule("unknown-rule", "warning", "A level is set for a rule that doesn't exist.")
@rule("unused-suppression", "warning", "A rule is off for a workflow, but finds nothing in it.")
def _levels(_context: Context) -> Iterable[Found]:
    # Reported by check_levels, which sees the levels; here so that they have an id, a severity and a description.
    return ()

"""Finds what is wrong with a definition before it is sent: rules, problems, levels.

Lint makes no calls to the service. A value that isn't known yet (a hole) is never a problem. A team's own rules use
:func:`rule`, :class:`Context`, :class:`Found`, :func:`at` and :func:`is_script`; docs/own-rules.md describes them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pulumi_8x8.definition.files import Source
from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.steps import is_script
from pulumi_8x8.definition.values import Json
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.levels import apply_levels, check_levels, read_levels
from pulumi_8x8.lint.own_rules import guarded, load_own_rules
from pulumi_8x8.lint.problems import Level, Problem, Severity, by_cause, locate, shortened
from pulumi_8x8.lint.registry import RULES, Found, Rule, at, rule
from pulumi_8x8.lint.rules import (
    comparing,
    data,
    flow,
    inputs,
    message_contents,
    scripting,
    sending,
    structure,
    timing,
)

__all__ = [
    "RULES",
    "Context",
    "Found",
    "Level",
    "Problem",
    "Rule",
    "Severity",
    "apply_levels",
    "at",
    "by_cause",
    "check_levels",
    "find",
    "is_script",
    "lint",
    "lint_source",
    "load_own_rules",
    "locate",
    "read_levels",
    "rule",
    "shortened",
]

# Importing them fills RULES.
_ = (structure, inputs, message_contents, sending, flow, timing, scripting, data, comparing)


def lint(
    definition: Definition,
    levels: Mapping[str, str] | None = None,
    shared: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with ``definition``, sorted by place; see :func:`shortened`. Never raises.

    :param levels: levels of rules for this workflow: ``{"unreachable-step": "off"}``. If a rule is off here and finds
        nothing, lint reports the setting, unless a value that isn't known yet might have the problem.
    :param shared: levels of rules for many workflows (a stack, a project); ``levels`` comes first.
    """
    found = _leveled(find(definition), levels or {}, shared or {}, bool(levels) and definition.has_holes())
    return shortened(found, "solve these first")


def lint_source(
    source: Source,
    levels: Mapping[str, str] | None = None,
    shared: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Like :func:`lint`, for a file: problems have its lines, and rules check the spellings in the file."""
    return lint_at(source.definition, source, levels, shared)


def lint_at(
    definition: Definition,
    where: Source | Mapping[str, str],
    levels: Mapping[str, str] | None = None,
    shared: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Like :func:`lint`, for a workflow of a program or a file: problems have its lines; see :func:`locate`. It has all
    problems, since the caller may have other levels.

    :param definition: what ``where`` declares. If that is a file, rules check the spellings in the file too.
    """
    body = where.body if isinstance(where, Source) else None
    uncertain = bool(levels) and definition.has_holes()
    return locate(_leveled(find(definition, body), levels or {}, shared or {}, uncertain), where)


def find(definition: Definition, body: Mapping[str, Json] | None = None) -> tuple[Problem, ...]:
    """The problems that all rules find, each with its own severity, sorted by place: the parts, then the steps.

    :param body: the source of the definition, for what its canonical form no longer shows.
    """
    with _no_collecting():
        context = Context(definition, body)
        problems = [
            Problem(rule.id, rule.severity, found.path, found.message, found.hint, found.excerpt, cause=found.cause)
            for rule in RULES.values()
            for found in (guarded(rule, context) if rule.is_own else rule.check(context))
        ]
        return tuple(sorted(problems, key=lambda problem: context.place(problem.path)))


@contextmanager
def _no_collecting() -> Iterator[None]:
    # Lint makes thousands of small objects and no cycles. Garbage collection would find nothing, and in a program with
    # a thousand workflows it would take as long as lint itself.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _leveled(
    problems: tuple[Problem, ...], own: Mapping[str, str], shared: Mapping[str, str], holes: bool = False
) -> tuple[Problem, ...]:
    about_levels = (
        # Who knows what is in a hole; and what is off for many workflows may well find nothing in this one.
        *check_levels(problems, own, unused=not holes),
        *check_levels(problems, shared, unused=False),
    )
    return apply_levels((*about_levels, *problems), {**shared, **own})

"""The rules of lint, and what a rule finds. A rule registers itself when its module is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.values import Path
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.problems import Severity


class Found(NamedTuple):
    """What a rule yields: a problem without the rule's own id and severity."""

    path: Path
    message: str
    hint: str = ""
    excerpt: str = ""


def at(use: Use, offset: int, message: str, hint: str = "") -> Found:
    """What a rule finds at ``offset`` of a script."""
    return Found(use.path, message, hint, use.excerpt(offset))


Check: TypeAlias = Callable[[Context], Iterable[Found]]


class Rule(NamedTuple):
    """A rule of lint.

    :param id: what it is called in settings, output and ``docs/lint.md``.
    :param severity: unless a level says otherwise.
    :param about: one sentence: what it finds.
    """

    id: str
    severity: Severity
    about: str
    check: Check


#: All rules by id, in the order of the documentation.
RULES: dict[str, Rule] = {}


def rule(id: str, severity: Severity, about: str) -> Callable[[Check], Check]:
    """Makes a function a rule: ``Context`` in, :class:`Found` out, one for each place that is wrong."""

    def add(check: Check) -> Check:
        RULES[id] = Rule(id, severity, about, check)
        return check

    return add

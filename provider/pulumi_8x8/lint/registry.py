"""Registers the rules of lint. A rule registers itself when its module is imported. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.values import Path
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.problems import Severity

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Found(NamedTuple):
    """The result of a rule: a problem without the rule's id and severity.

    :param cause: a sentence. The results of a rule with the same cause show as one problem with several places, and so
        do results with the same message.
    """

    path: Path
    message: str
    hint: str = ""
    excerpt: str = ""
    cause: str = ""


def at(use: Use, offset: int, message: str, hint: str = "", cause: str = "") -> Found:
    """The result of a rule at ``offset`` of a script."""
    return Found(use.path, message, hint, use.excerpt(offset), cause)


Check: TypeAlias = Callable[[Context], Iterable[Found]]


class Rule(NamedTuple):
    """A rule of lint.

    :param id: its name in settings, output and ``docs/lint.md``.
    :param severity: its severity without a level.
    :param about: what it finds, in one sentence.
    :param is_own: whether a team wrote it, so that it isn't in this package.
    """

    id: str
    severity: Severity
    about: str
    check: Check
    is_own: bool = False


#: All rules by id, in the order of the documentation.
RULES: dict[str, Rule] = {}


def rule(id: str, severity: Severity, about: str) -> Callable[[Check], Check]:
    """Registers a function as a rule: it takes a ``Context`` and yields a :class:`Found` for each wrong place.

    :param id: words in lower case, joined by hyphens. A team's own begin with its name: ``acme-opt-out``.
    :raises SettingsError: the id has another form, or there is such a rule already.
    """
    if not _ID.fullmatch(id):
        raise SettingsError(
            f'"{id}" can\'t be the id of a rule. Write words in lower case, joined by hyphens: acme-opt-out.'
        )

    def add(check: Check) -> Check:
        if id in RULES:
            raise SettingsError(f'there is a rule "{id}" already, in {RULES[id].check.__module__}. Choose another id.')
        RULES[id] = Rule(id, severity, about, check, is_own=not check.__module__.startswith("pulumi_8x8."))
        return check

    return add

"""What lint finds, and how much each rule counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

from pulumi_8x8.definition.files import Source
from pulumi_8x8.definition.values import Json, Path, show_path
from pulumi_8x8.errors import SettingsError

if TYPE_CHECKING:
    from pulumi_8x8.lint.context import Context

#: ``error``: the service refuses it, or it can never work. ``warning``: almost surely a mistake.
Severity: TypeAlias = Literal["error", "warning"]
#: What a rule can be set to.
Level: TypeAlias = Literal["off", "warning", "error"]

_LEVELS: tuple[str, ...] = get_args(Level)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a definition.

    :param rule: id of the rule that found it.
    :param path: where it stands in the canonical form, e.g. ``("steps", "send_CA", "inputs", "user", "msisdn")``.
    :param message: what is wrong, and why it matters.
    :param hint: what to write instead; may be empty.
    :param excerpt: for problems inside a script: the script, and a second line with a caret under the place.
    :param file: as the user wrote it, where it is known.
    :param line: from 1, where it is known.
    """

    rule: str
    severity: Severity
    path: Path
    message: str
    hint: str = ""
    excerpt: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        """One line: ``flow.json:12: steps.send_CA.inputs.user: what, why, what to write instead [rule]``."""
        text = self.message + (f"; {self.hint}" if self.hint else "")
        if self.path:
            text = f"{show_path(self.path)}: {text}"
        return printable(f"{self.place}{text} [{self.rule}]")

    @property
    def place(self) -> str:
        """``flow.json:12: ``, as much of it as is known; empty without a file."""
        if self.file is None:
            return ""
        return f"{self.file}: " if self.line is None else f"{self.file}:{self.line}: "


def printable(text: str) -> str:
    """``text`` on one line, and without anything that a terminal could take as a command."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


class Found(NamedTuple):
    """What a rule yields: a problem without the rule's own id and severity."""

    path: Path
    message: str
    hint: str = ""
    excerpt: str = ""


Check: TypeAlias = "Callable[[Context], Iterable[Found]]"


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


def read_levels(setting: Json) -> dict[str, str]:
    """Levels by rule id, from a setting: ``{"unreachable-step": "off"}``, or the text ``unreachable-step=off, …``.

    Ids are not judged here: lint itself reports those that it does not know.

    :raises SettingsError: it is neither, or a level is not ``off``, ``warning`` or ``error``.
    """
    if setting is None:
        return {}
    if isinstance(setting, str):
        parts = [part.partition("=") for part in setting.split(",") if part.strip()]
        setting = {id.strip(): level.strip() for id, _, level in parts}
    if not isinstance(setting, Mapping):
        raise SettingsError(f'lint levels: {setting!r} is not {{"rule-id": "off"}} or "rule-id=off, …"')
    for id, level in setting.items():
        if level not in _LEVELS:
            raise SettingsError(f'lint levels: {id}: "{level}" is not a level; write off, warning or error')
    return {str(id): str(level) for id, level in setting.items()}


def apply_levels(problems: Iterable[Problem], levels: Mapping[str, str]) -> tuple[Problem, ...]:
    """``problems`` with the severities that ``levels`` says, without those of rules that are off."""
    kept = []
    for problem in problems:
        level = levels.get(problem.rule, problem.severity)
        if level != "off":
            kept.append(replace(problem, severity="error" if level == "error" else "warning"))
    return tuple(kept)


def judge_levels(problems: Iterable[Problem], levels: Mapping[str, str], unused: bool = True) -> Iterator[Problem]:
    """What is wrong with ``levels`` themselves.

    :param problems: as found, before any level.
    :param unused: whether a rule that is off must have found something.
    """
    found = {problem.rule for problem in problems}
    for id, level in levels.items():
        if id not in RULES:
            yield Problem("unknown-rule", "warning", (), f'there is no lint rule "{id}"', did_you_mean(id, RULES))
        elif level not in _LEVELS:
            yield Problem("unknown-rule", "warning", (), f'"{level}" is not a level', "write off, warning or error")
        elif unused and level == "off" and id not in found and id not in ("unknown-rule", "unused-suppression"):
            yield Problem(
                "unused-suppression",
                "warning",
                (),
                f'lint rule "{id}" is off, but it finds nothing here',
                "take the suppression out, or it will hide the next mistake",
            )


def locate(problems: Iterable[Problem], where: Source | Mapping[str, str]) -> tuple[Problem, ...]:
    """``problems`` with file and line.

    :param where: the file that was linted; or ``file:line`` by step id, as a program records them
        (:attr:`Step.where <pulumi_8x8.definition.Step.where>`), with that of the workflow itself under ``""``.
    """
    if isinstance(where, Source):
        placed = [replace(each, file=where.path, line=where.line_of(each.path)) for each in problems]
        return tuple(sorted(placed, key=lambda each: each.line or 0))
    return tuple(_placed(problem, where) for problem in problems)


def _placed(problem: Problem, lines: Mapping[str, str]) -> Problem:
    # The innermost step that has a line: a step inside a `do` says its own.
    steps = [part for part in problem.path if isinstance(part, str) and part in lines]
    place = lines.get(steps[-1]) if steps and problem.path[0] == "steps" else None
    file, _, line = (place or lines.get("", "")).rpartition(":")
    return replace(problem, file=file, line=int(line)) if line.isdigit() else problem


def did_you_mean(wrong: str, right: Iterable[str], cutoff: float = 0.75) -> str:
    """``did you mean "…"?`` for the nearest of ``right``; empty when none is near."""
    near = closest(wrong, right, cutoff)
    return f'did you mean "{near}"?' if near else ""


def closest(wrong: str, right: Iterable[str], cutoff: float = 0.75) -> str | None:
    """The one of ``right`` that ``wrong`` is most likely a misspelling of, ``None`` when none is near.

    :param cutoff: how near, as ``difflib`` measures it: 1 is equal.
    """
    from difflib import get_close_matches  # only where something is wrong

    by_lower = {each.lower(): each for each in sorted(right)}
    if wrong.lower() in by_lower:
        return by_lower[wrong.lower()]
    # Comparing is quadratic in the length; nobody misspells more than this.
    near = get_close_matches(wrong.lower()[:100], by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def kind_of(value: Json) -> str:
    """What ``value`` is, for messages: ``a list``."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, list):
        return "a list"
    return "a text" if isinstance(value, str) else "a number" if isinstance(value, int | float) else "nothing"


@rule("unknown-rule", "warning", "A level is set for a rule that does not exist.")
@rule("unused-suppression", "warning", "A rule is turned off for a workflow in which it finds nothing.")
def _levels(_context: Context) -> Iterable[Found]:
    # Reported by judge_levels, which sees the levels; here so that they have an id, a severity and a description.
    return ()

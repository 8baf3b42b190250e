"""What lint finds, as text: for people, programs, code scanning services and GitHub Actions. No I/O."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pulumi_8x8.lint.causes import Role, count_causes, cut_script, describe_problem
from pulumi_8x8.lint.problems import MORE_PROBLEMS, UNREADABLE, Problem, by_cause
from pulumi_8x8.lint.registry import RULES
from pulumi_8x8.phrasing import count, printable, show_path
from pulumi_8x8.styling import styled

_NO_RULES = {
    UNREADABLE: "The file can't be read, so it wasn't checked.",
    MORE_PROBLEMS: "There are more problems than lint shows.",
}
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: By the role of a line.
_STYLES: dict[Role, str] = {"remedy": "green", "script": "dim"}


def to_text(problems: Sequence[Problem], files: int, columns: int | None = None) -> str:
    """The lines about each problem, those with one cause as one, and the counts in the last line; with colours.

    :param columns: of the terminal; a script is cut to fit, with the place of its caret.
    """
    lines = []
    for group in by_cause(problems):
        first = group[0]
        severity = styled(f"{first.severity}: ", "red" if first.severity == "error" else "yellow")
        what, *others = describe_problem(group)
        text, rule, made = what.text.rpartition(f" [{first.rule}]")
        place, text, rule = styled(printable(first.place), "bold"), styled(text, ""), styled(rule, "dim")
        lines.append(place + severity + text + rule + styled(made, ""))
        for line in others:
            text = cut_script(line.text, columns - line.indent) if line.role == "script" and columns else line.text
            style = _STYLES.get(line.role, "")
            lines += [" " * line.indent + styled(part, style) for part in text.split("\n")]
    lines.append(f"{count(files, 'file')}: {count_causes(problems)}")
    return "".join(f"{line}\n" for line in lines)


def to_data(problem: Problem) -> dict[str, Any]:
    """A problem as a JSON object."""
    return {
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "path": show_path(problem.path),
        "file": problem.file,
        "line": problem.line,
    }


def to_json(problems: Sequence[Problem], files: int) -> str:
    """A JSON list of objects."""
    return json.dumps([to_data(problem) for problem in problems], indent=2) + "\n"


def to_sarif(problems: Sequence[Problem], files: int) -> str:
    """SARIF 2.1.0, as code scanning services read it."""

    def result(problem: Problem) -> dict[str, Any]:
        location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": show_path(problem.path)}]}
        if problem.file is not None:
            location["physicalLocation"] = {
                "artifactLocation": {"uri": _uri(problem.file)},
                "region": {
                    "startLine": problem.line or 1,
                    **({"startColumn": problem.column} if problem.column else {}),
                },
            }
        return {
            "ruleId": problem.rule,
            "ruleIndex": order[problem.rule],
            "level": problem.severity,
            "message": {"text": problem.message + (f"; {problem.hint}" if problem.hint else "")},
            "locations": [location],
        }

    complete = all(problem.rule != UNREADABLE for problem in problems)
    rules: list[dict[str, Any]] = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.about},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in RULES.values()
    ]
    rules += [
        {"id": id, "shortDescription": {"text": about}, "defaultConfiguration": {"level": "error"}}
        for id, about in _NO_RULES.items()
        if any(problem.rule == id for problem in problems)
    ]
    order = {rule["id"]: place for place, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": "pulumi-8x8", "rules": rules}},
        "invocations": [{"executionSuccessful": complete}],
        "columnKind": "utf16CodeUnits",
        "results": [result(each) for each in problems],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _uri(file: str) -> str:
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def to_github(problems: Sequence[Problem], files: int) -> str:
    """Workflow commands, which GitHub Actions shows beside the lines of a pull request."""

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return escape(text).replace(":", "%3A").replace(",", "%2C")

    lines = ""
    for problem in problems:
        column = f",col={problem.column}" if problem.column else ""
        place = f"file={value(problem.file or '')},line={problem.line or 1}{column},title={value(problem.rule)}"
        lines += f"::{problem.severity} {place}::{escape(str(replace(problem, file=None)))}\n"
    return lines


#: Each takes the problems and the number of files, and ends its last line.
FORMATS: dict[str, Callable[[Sequence[Problem], int], str]] = {
    "text": to_text,
    "json": to_json,
    "sarif": to_sarif,
    "github": to_github,
}

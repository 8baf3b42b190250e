"""``pulumi-8x8 lint``: checks workflow files, for people, pre-commit and CI."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# What checks and shows is imported where it is used, so that `--help` and completion come at once.
if TYPE_CHECKING:
    from pulumi_8x8.definition import Source
    from pulumi_8x8.lint import Problem

_SUFFIXES = (".json", ".yaml", ".yml")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="For people, or programs.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    help="Exit with 1 from this severity on.",
    show_default=True,
)
@click.option("--level", "levels", metavar="RULE=LEVEL", multiple=True, help="Set a rule to off, warning or error.")
def lint(paths: Sequence[str], form: str, fail_on: str, levels: Sequence[str]) -> None:
    """Check workflow files, and all workflow files in folders.

    The rules are explained in docs/lint.md.

    \b
    $ pulumi-8x8 lint workflows/
    $ pulumi-8x8 lint menu.json --format github --level unreachable-step=error

    Exits with 0, with 1 when there are problems, and with 2 when something could not be checked.
    """
    from pulumi_8x8.errors import SettingsError
    from pulumi_8x8.lint import apply_levels, judge_levels, lint_source, read_levels

    try:
        chosen = read_levels(",".join(levels))
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    sources, failures = _read(paths)
    problems = [problem for source in sources for problem in lint_source(source)]
    # A rule that is off is useless only when it finds nothing in any of the files.
    problems = list(apply_levels([*judge_levels(problems, chosen), *problems], chosen))
    for failure in failures:
        click.echo(failure, err=True)
    if form == "text":
        _show_text(problems, len(sources))
    else:
        click.echo({"json": _json, "sarif": _sarif, "github": _github}[form](problems), nl=form != "github")
    failing = [problem for problem in problems if problem.severity == "error" or fail_on == "warning"]
    sys.exit(2 if failures else 1 if failing else 0)


def _read(paths: Sequence[str]) -> tuple[list[Source], list[str]]:
    """The workflow files at ``paths``, and what could not be read."""
    from pulumi_8x8.definition import read_source
    from pulumi_8x8.errors import SourceError

    sources: list[Source] = []
    failures: list[str] = []
    for given in paths:
        folder = Path(given).is_dir()
        before = len(sources) + len(failures)
        for path in _files(Path(given)) if folder else [Path(given)]:
            try:
                source = read_source(path)
            except SourceError as error:
                failures.append(str(error))
            else:
                # A folder may hold other JSON and YAML; a file that is named is meant.
                if not folder or {"trigger", "definition"} & source.body.keys():
                    sources.append(source)
        if folder and len(sources) + len(failures) == before:
            failures.append(f"{given}: no workflow file in it: one is JSON or YAML, with trigger and definition")
    return sources, failures


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") or part == "node_modules" for part in path.relative_to(folder).parts)
        if path.suffix.lower() in _SUFFIXES and path.is_file() and not hidden and _mentions_steps(path):
            yield path


def _mentions_steps(path: Path) -> bool:
    # Before parsing: what is no workflow need not be valid JSON either (a tsconfig.json with comments).
    try:
        text = path.read_bytes()
    except OSError:
        return True
    return b"definition" in text and b"trigger" in text


def _show_text(problems: Sequence[Problem], files: int) -> None:
    # click's own colours: importing rich takes as long as linting a hundred files.
    from dataclasses import replace

    from pulumi_8x8.phrasing import count, printable

    color = True if os.environ.get("FORCE_COLOR") else False if os.environ.get("NO_COLOR") else None
    for problem in problems:
        tint = "red" if problem.severity == "error" else "yellow"
        text = str(replace(problem, file=None)).removesuffix(f" [{problem.rule}]")
        severity = click.style(f"{problem.severity}: ", fg=tint)
        rule = click.style(f" [{problem.rule}]", dim=True)
        click.echo(click.style(printable(problem.place), bold=True) + severity + text + rule, color=color)
        for line in problem.excerpt.splitlines():
            click.echo(f"    {line}", color=color)
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{count(files, 'file')}: {count(errors, 'error')}, {count(len(problems) - errors, 'warning')}")


def _json(problems: Sequence[Problem]) -> str:
    from pulumi_8x8.definition import show_path

    return json.dumps(
        [
            {
                "rule": problem.rule,
                "severity": problem.severity,
                "message": problem.message,
                "hint": problem.hint,
                "path": show_path(problem.path),
                "file": problem.file,
                "line": problem.line,
            }
            for problem in problems
        ],
        indent=2,
    )


def _sarif(problems: Sequence[Problem]) -> str:
    """SARIF 2.1.0, as code scanning services read it."""
    from pulumi_8x8.definition import show_path
    from pulumi_8x8.lint import RULES

    def result(problem: Problem) -> dict[str, Any]:
        location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": show_path(problem.path)}]}
        if problem.file is not None:
            location["physicalLocation"] = {
                "artifactLocation": {"uri": _uri(problem.file)},
                "region": {"startLine": problem.line or 1},
            }
        return {
            "ruleId": problem.rule,
            "ruleIndex": list(RULES).index(problem.rule),
            "level": problem.severity,
            "message": {"text": problem.message + (f"; {problem.hint}" if problem.hint else "")},
            "locations": [location],
        }

    rules = [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.about},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in RULES.values()
    ]
    run = {"tool": {"driver": {"name": "pulumi-8x8", "rules": rules}}, "results": [result(each) for each in problems]}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _uri(file: str) -> str:
    from urllib.parse import quote

    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _github(problems: Sequence[Problem]) -> str:
    """Workflow commands, which GitHub Actions shows beside the lines of a pull request."""
    from dataclasses import replace

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    def value(text: str) -> str:
        return escape(text).replace(":", "%3A").replace(",", "%2C")

    lines = ""
    for problem in problems:
        place = f"file={value(problem.file or '')},line={problem.line or 1},title={value(problem.rule)}"
        lines += f"::{problem.severity} {place}::{escape(str(replace(problem, file=None)))}\n"
    return lines

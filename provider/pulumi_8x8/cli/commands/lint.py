"""``pulumi-8x8 lint``: checks workflow files for people, pre-commit, and CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.vocabulary import ExitCode, format_option, level_option

# The linter is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.definition import Source


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@format_option("text", "json", "sarif", "github", former={}, help="For people, or programs.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    help="The lowest severity that fails the command.",
    show_default=True,
)
@level_option
def lint(paths: Sequence[str], format: str, fail_on: str, levels: Mapping[str, str]) -> None:
    """Check workflow files, and all workflow files in folders.

    docs/lint.md explains the rules.

    \b
    $ pulumi-8x8 lint workflows/
    $ pulumi-8x8 lint menu.json --format github --level unreachable-step=error

    Exits with 0, with 1 if there are problems, or with 2 if a file can't be checked.
    """
    from pulumi_8x8.lint import apply_levels, check_levels, lint_source, load_own_rules
    from pulumi_8x8.lint.formats import FORMATS

    load_own_rules()
    sources, failures = _read(paths)
    problems = [problem for source in sources for problem in lint_source(source)]
    # Setting a rule to off has no effect only if the rule finds nothing in any of the files.
    problems = list(apply_levels([*check_levels(problems, levels), *problems], levels))
    for failure in failures:
        click.echo(failure, err=True)
    color = True if os.environ.get("FORCE_COLOR") else False if os.environ.get("NO_COLOR") else None
    click.echo(FORMATS[format](problems, len(sources)), nl=False, color=color)
    failing = any(problem.severity == "error" or fail_on == "warning" for problem in problems)
    sys.exit(ExitCode.FAILED if failures else ExitCode.FOUND if failing else ExitCode.DONE)


def _read(paths: Sequence[str]) -> tuple[list[Source], list[str]]:
    """Returns the workflow files at ``paths``, and a message for each that can't be read."""
    from pulumi_8x8.definition import read_source
    from pulumi_8x8.definition.files import NO_WORKFLOW_FILE, holds_workflow
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
                # A folder may hold other JSON and YAML files. A named file must be a workflow file.
                if not folder or holds_workflow(source):
                    sources.append(source)
        if folder and len(sources) + len(failures) == before:
            failures.append(f"{given}: {NO_WORKFLOW_FILE}")
    return sources, failures


def _files(folder: Path) -> Iterator[Path]:
    from pulumi_8x8.definition.files import is_candidate, mentions_workflow

    for path in sorted(folder.rglob("*")):
        if is_candidate(path.relative_to(folder).as_posix()) and path.is_file():
            try:
                mentioned = mentions_workflow(path.read_bytes())
            except OSError:
                mentioned = True  # reading it again fails with the reason
            if mentioned:
                yield path

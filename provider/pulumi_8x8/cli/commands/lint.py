"""``pulumi-8x8 lint``: checks workflow files and programs for people, pre-commit, and CI."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import columns, echo, print_document, show_printed
from pulumi_8x8.cli.support.pages import explain_rule, print_page
from pulumi_8x8.cli.support.vocabulary import (
    ExitCode,
    format_option,
    level_option,
    program_options,
)

# The linter is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.programs.loading import ProgramSettings


@click.command(epilog="More: pulumi-8x8 docs lint")
@click.argument("paths", nargs=-1, type=click.Path())
@format_option("text", "json", "sarif", "github", former={}, help="For people, or programs.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    help="The lowest severity that fails the command.",
    show_default=True,
)
@level_option
@click.option("--explain", metavar="RULE", help="Explain a rule, with an example that fails and one that passes.")
@program_options
def lint(
    paths: Sequence[str],
    format: str,
    fail_on: str,
    levels: Mapping[str, str],
    explain: str | None,
    settings: ProgramSettings,
) -> None:
    """Check workflow files and Python programs, and all of them in folders.

    A program is a .py file, or the folder of a Pulumi project. It runs on this machine with your rights, without the
    engine, a stack's state, and the service. Secrets and values that only a deployment knows aren't checked.

    \b
    $ pulumi-8x8 lint .
    $ pulumi-8x8 lint menu.json --format github --level unreachable-step=error
    $ pulumi-8x8 lint --explain unreachable-step

    Exits with 0, with 1 if there are problems, or with 2 if a file or a program can't be checked.
    """
    if explain is not None:
        print_page(explain_rule(explain, _own_rules()))
        return
    if not paths:
        raise click.UsageError("Missing argument 'PATHS...'.")
    from pulumi_8x8.programs.loading import load

    loaded = load(paths, settings, meanwhile=["pulumi_8x8.lint"])
    show_printed(loaded.printed)
    from pulumi_8x8.lint import apply_levels, check_levels, lint_at, load_own_rules, shortened
    from pulumi_8x8.lint.formats import FORMATS, to_text
    from pulumi_8x8.lint.problems import unreadable

    load_own_rules()
    workflows, failures = loaded.workflows, loaded.failures
    by_workflow = [lint_at(each.definition, each.where, each.levels, each.shared) for each in workflows]
    # Setting a rule to off has no effect only if the rule finds nothing in any of the files.
    about_levels = check_levels([problem for each in by_workflow for problem in each], levels)
    # A list is shortened after all levels are applied, so that each problem counts.
    listed = [shortened(apply_levels(each, levels), "solve these first") for each in by_workflow]
    problems = [*apply_levels(about_levels, levels), *(problem for each in listed for problem in each)]
    shown = [problem for failure in failures for problem in unreadable(failure.path, failure)]
    if format != "text" or not sys.stdout.isatty():
        for failure in failures:
            echo(failure, err=True)  # also for people, who look at the log of a pipeline and not at its files
    found, files = [*shown, *problems], loaded.files + len({failure.path for failure in failures})
    if format == "text":
        echo(to_text(found, files, columns()), nl=False, styles=True)
        if problems and sys.stdout.isatty():
            echo(f"More: pulumi-8x8 lint --explain {problems[0].rule}")
    else:
        print_document(FORMATS[format](found, files))
    failing = any(problem.severity == "error" or fail_on == "warning" for problem in problems)
    sys.exit(ExitCode.FAILED if failures else ExitCode.FOUND if failing else ExitCode.DONE)


def _own_rules() -> dict[str, str]:
    """What the team's own rules find, by rule."""
    from pulumi_8x8.lint import RULES, load_own_rules

    load_own_rules()
    return {rule.id: f"{rule.about} ({rule.severity.capitalize()})" for rule in RULES.values()}

"""``pulumi-8x8 test``: runs workflow tests in table files."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.vocabulary import ExitCode, needs
from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.styling import styled


@click.command(epilog="More: pulumi-8x8 docs emulator tests-of-workflows")
@click.argument("paths", nargs=-1, required=True, type=click.Path())
@click.option("--coverage", is_flag=True, help="Show the steps and edges that no test covers.")
@click.option(
    "--minimum", type=click.IntRange(0, 100), default=0, help="The lowest percentage of covered steps and edges."
)
@needs("emulator")
def test(paths: Sequence[str], coverage: bool, minimum: int) -> None:
    """Run workflow tests: files named *.test.yaml, *.test.yml or *.test.json, and all of those in folders.

    \b
    $ pulumi-8x8 test . --coverage --minimum 90

    Exits with 0, with 1 if a test fails or the coverage is too low, or with 2 if a file can't be read.
    """
    from pulumi_8x8.errors import SourceError
    from pulumi_8x8.testing.coverage import Coverage, percent
    from pulumi_8x8.testing.tables import Play, ScenarioFailed, read_scenarios

    covered: dict[str, Coverage] = {}
    passed = failed = unreadable = 0
    files, others = _files(paths)
    for path in files:
        try:
            scenarios = read_scenarios(path)
        except SourceError as error:
            echo(str(error), err=True)
            unreadable += 1
            continue
        for scenario in scenarios:
            play = Play(scenario)
            try:
                play.run()
            except ScenarioFailed as failure:
                failed += 1
                echo(f"{styled('FAILED', 'red')} {printable_lines(str(failure))}\n", styles=True)
            else:
                passed += 1
            covered.setdefault(scenario.workflow, Coverage(scenario.workflow, scenario.body)).add(play.simulation.trace)
    if others:
        echo(f"not workflow tests, so not run: {', '.join(others)}", err=True)
    taken, total = sum(each.taken for each in covered.values()), sum(each.total for each in covered.values())
    if coverage or minimum:
        for each in covered.values():
            echo(str(each))
    if not passed + failed + unreadable:
        echo(f"no workflow tests in {', '.join(paths)}: they are files named *.test.yaml", err=True)
        sys.exit(ExitCode.FAILED)
    echo(f"{passed} passed, {failed} failed; {percent(taken, total)}% of all steps and edges covered")
    short = percent(taken, total) < minimum
    if short:
        echo(f"The minimum is {minimum}%.", err=True)
    sys.exit(ExitCode.FAILED if unreadable else ExitCode.FOUND if failed or short else ExitCode.DONE)


def _files(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """The tests among ``paths`` and in their folders, and the files of other tools in these folders."""
    from pulumi_8x8.definition.folders import walk
    from pulumi_8x8.testing.table_files import ENDINGS, Kind, kind_of

    tests: list[str] = []
    others: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            tests.append(path)
            continue
        for name, unreadable in walk(Path(path)):
            found = Path(path, name)
            if unreadable:
                tests.append(str(found))  # reading it fails with the reason
            elif found.name.endswith(ENDINGS):
                (others if kind_of(found) is Kind.OTHER else tests).append(str(found))
    return tests, others

"""``pulumi-8x8 backtest``: shows what a changed workflow would have done to recorded conversations."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import in_parallel, print_document, progress_bar, show_printed, write_file
from pulumi_8x8.cli.support.selection import since_option
from pulumi_8x8.cli.support.target import of_a_stack
from pulumi_8x8.cli.support.vocabulary import ExitCode, config_option, format_option, needs, output_option

if TYPE_CHECKING:
    from pulumi_8x8.cli.support.target import ServiceAccess, Target
    from pulumi_8x8.definition import Definition
    from pulumi_8x8.evidence.backtest import Backtest
    from pulumi_8x8.programs.loading import ProgramSettings

#: How many conversations a backtest reads by default.
LAST = 200


@click.command(epilog="More: pulumi-8x8 docs review backtest")
@click.argument("path", metavar="FILE-OR-PROGRAM", type=click.Path())
@click.option("--workflow", required=True, metavar="NAME", help="The workflow in the stack, or the id of a definition.")
@click.option("--last", type=click.IntRange(1), metavar="N", help=f"The newest conversations. Default: {LAST}.")
@since_option
@click.option("--show-data", is_flag=True, help="Include texts of messages, with names and numbers of customers.")
@format_option("text", "markdown", "html", "json", former={})
@output_option(former={}, help="Write to this file.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a conversation would have gone otherwise.")
@config_option
@of_a_stack
@needs("emulator")
def backtest(
    service: ServiceAccess,
    path: str,
    workflow: str,
    last: int | None,
    since: datetime | None,
    show_data: bool,
    format: str,
    output: str | None,
    exit_code: bool,
    config: Mapping[str, str],
) -> None:
    """Show what a changed workflow would have done to recorded conversations.

    The command reads the instances of the deployed workflow, runs the version of each again, and then runs the workflow
    of FILE-OR-PROGRAM on what came in: the event that started it, answers of customers and of HTTP requests, and times.
    It claims only what the record shows, and sends nothing. Without --show-data, the output has nothing of a customer.

    \b
    $ pulumi-8x8 backtest menu.yaml --workflow menu
    $ pulumi-8x8 backtest __main__.py --workflow menu --last 500
    $ pulumi-8x8 backtest menu.yaml --workflow menu --since 7d --format html --output backtest.html

    Exits with 0, with 1 if a conversation would have gone otherwise and --exit-code is set, or with 2 if the workflow,
    the stack or the service can't be read.
    """
    from pulumi_8x8.evidence.formats import FORMATS
    from pulumi_8x8.programs.loading import ProgramSettings

    if last is not None and since is not None:
        raise click.UsageError("Use either --last or --since, not both.")
    target = service.find(workflow)
    settings = ProgramSettings(service.stack.name if service.stack else None, config)
    new = _definition(path, target, workflow, settings)
    tested = run_backtest(target, new, LAST if last is None and since is None else last, since)
    shown = FORMATS[format]([tested], show_data)
    if output is not None:
        write_file(output, shown)
    else:
        print_document(shown)
    sys.exit(ExitCode.FOUND if exit_code and tested.changed else ExitCode.DONE)


def run_backtest(target: Target, new: Definition, last: int | None, since: datetime | None = None) -> Backtest:
    """Backtests a definition on the conversations of a deployed workflow, with progress on standard error."""
    from pulumi_8x8.evidence.backtest import backtest as test
    from pulumi_8x8.evidence.records import read_records

    records = read_records(target.client, target.id, last=last, since=since, gather=in_parallel)
    with progress_bar(len(records.records), "running conversations") as advance:
        return test(target.label, records, new, advance)


def _definition(path: str, target: Target, workflow: str, settings: ProgramSettings) -> Definition:
    from pulumi_8x8.programs.loading import load

    loaded = load([path], settings)
    show_printed(loaded.printed)
    name = target.managed.name if target.managed else workflow
    return loaded.named(None if len(loaded.workflows) == 1 else name).definition

"""``pulumi-8x8 instances logs`` and ``start``: follow an instance from start to end, step by step."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.commands.instances.formats import fault_data, fault_lines, instance_key, log_data, log_seconds
from pulumi_8x8.cli.support.output import ask, echo, print_json, seconds_between, show_moment, show_seconds
from pulumi_8x8.cli.support.target import of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import ExitCode, Failed, data_option, read_data, text_or_json, yes_option
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Instance, Log
    from pulumi_8x8.cli.support.target import ServiceAccess, Target

#: Seconds between two reads of an instance: at first, and at most if nothing happens.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0


@click.command()
@workflow_argument()
@click.argument("instance")
@click.option(
    "-f", "--follow", is_flag=True, help="Follow the instance until it ends. Ctrl-C ends the command, not the instance."
)
@text_or_json
@of_a_stack
def logs(service: ServiceAccess, workflow: str, instance: str, follow: bool, format: str) -> None:
    """Show what the steps of an instance do. With --follow, show each step when it happens.

    --format json prints one JSON object for each line.

    \b
    $ pulumi-8x8 instances logs menu 65f1a0b2c3d4e5f60718293a --follow

    Exits with 0, with 1 if the instance was terminated (by an error or manually), with 2 if it can't be read, or with
    130 after Ctrl-C.
    """
    target = service.find(workflow)
    sys.exit(_follow(target, instance, follow, format))


@click.command()
@workflow_argument()
@data_option("A JSON object with the data of the instance, as the trigger would provide it.")
@click.option("--version", type=click.IntRange(1), metavar="N", help="The version. Default: the newest.")
@click.option("-f", "--follow", is_flag=True, help="Then show what its steps do, until it ends.")
@yes_option
@text_or_json
@of_a_stack
def start(
    service: ServiceAccess, workflow: str, data: str | None, version: int | None, follow: bool, yes: bool, format: str
) -> None:
    """Start an instance manually. It really sends messages, makes calls, and counts as usage.

    \b
    $ pulumi-8x8 instances start menu --data inbound.json --follow

    Exits with 0, with 1 if you answer no or the followed instance was terminated, with 2 if it can't start, or with 130
    after Ctrl-C.
    """
    target = service.find(workflow)
    content = {} if data is None else read_data(data)
    history = target.client.history(target.id)
    stored = next((each for each in history if version in (None, each.version)), None)
    if stored is None:
        known = ", ".join(str(each.version) for each in history)
        raise Failed(f"{target.label} has no version {version}. It has {known}. Nothing was started.")
    account = target.client.settings.account_id
    ask(
        f"{target.label}, version {stored.version} ({stored.status}), in the account {account}: an instance really "
        "sends messages. Start it?",
        yes,
    )
    started = target.client.start(target.id, content, stored.version)
    if format == "json":
        print_json(instance_key(target, started, stored.version), on_one_line=follow)
    else:
        echo(f"started {started} on version {stored.version}")
    if follow:
        sys.exit(_follow(target, started, follow, format))
    if format == "text":
        echo(f"pulumi-8x8 instances logs {target.label} {started} --follow", err=True)


def _follow(target: Target, instance_id: str, follow: bool, format: str) -> ExitCode:
    """Shows what the steps do, and returns the exit code."""
    shown: dict[str, Log] = {}
    status = ""
    pause = _FIRST_PAUSE
    try:
        while True:
            found = target.instance(instance_id, logs=True)
            news = [log for log in found.logs if shown.get(log.id) != log and log.status != "Pending"]
            for log in news:
                shown[log.id] = log
                _print_log(log, format)
            if follow and found.status != status and (status or found.status == "Suspended") and not found.is_over:
                echo(f"status: {printable(found.status)}", err=True)
            status = found.status
            if found.is_over or not follow:
                break
            pause = _FIRST_PAUSE if news else min(pause * 1.5, _LONGEST_PAUSE)
            time.sleep(pause)
    except KeyboardInterrupt:
        echo(f"\nThe instance continues. Its last known status: {printable(status) or 'none'}.", err=True)
        return ExitCode.INTERRUPTED
    _print_end(target, found, format)
    return ExitCode.FOUND if found.status == "Terminated" else ExitCode.DONE


def _print_log(log: Log, format: str) -> None:
    if format == "json":
        print_json(log_data(log), on_one_line=True)
        return
    moment = show_moment(log.completed_at or log.started_at)
    echo(f"{moment}  {printable(log.step):20}  {printable(log.status):15}  {log_seconds(log)}".rstrip())


def _print_end(target: Target, found: Instance, format: str) -> None:
    faults = target.client.faults(target.id, found.id) if found.status == "Terminated" else []
    if format == "json":
        errors = list(map(fault_data, faults))
        end = {"status": found.status, "completedAt": found.completed_at or None, "errors": errors}
        print_json(end, on_one_line=True)
        return
    took = show_seconds(seconds_between(found.started_at, found.completed_at))
    echo(f"{printable(found.status)} {'after' if found.is_over else 'for'} {took}")
    if found.status == "Terminated":
        echo("\n".join(fault_lines(faults)))

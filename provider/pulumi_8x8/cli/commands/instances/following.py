"""``pulumi-8x8 instances logs`` and ``start``: an instance from its start to its end, step by step."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pulumi_8x8.cli.support.output import (
    ask,
    output_option,
    print_json,
    print_json_line,
    seconds_between,
    show_moment,
    show_seconds,
)
from pulumi_8x8.cli.support.target import Failed, of_a_stack, workflow_argument
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Fault, Instance, Log
    from pulumi_8x8.cli.support.target import ServiceAccess, Target

#: What to do about instances that stopped at an error.
NEXT = "What has stopped cannot go on. A change of the workflow, once it is deployed, helps those that start then."

#: Seconds between two looks at an instance: at first, and at most when nothing happens.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 10.0

#: Part of a published run-time error -> what it means and what to do (the vendor's page on troubleshooting).
_HINTS = {
    "Unexpected character encountered while parsing value": (
        "the HTTP request was answered with something other than JSON: try its URL with curl"
    ),
    "Invalid 'msisdn'": "the number is not one in E.164 form, such as +6512345678: look where the step has it from",
    "Empty 'user'": "the step's user is empty: look where the step has it from",
    "Failed to evaluate the expression": (
        "a script asks for a member of something that is not there: guard it, such as data.reply != null"
    ),
    "Invalid subaccount id": "the step's subAccountId is not one of this account",
}


def what_to_do(message: str) -> str | None:
    """What a published error message means, ``None`` for another one."""
    return next((hint for part, hint in _HINTS.items() if part.lower() in message.lower()), None)


def told_errors(faults: Sequence[Fault]) -> Iterator[str]:
    """Why an instance was terminated, in lines."""
    for fault in faults:
        yield f"error in {printable(fault.step)}, {show_moment(fault.time)}: {printable(fault.message)}"
        if hint := what_to_do(fault.message):
            yield f"  {hint}"
    if not faults:
        yield "It has no error: it was terminated by hand."


@click.command()
@workflow_argument()
@click.argument("instance")
@click.option("-f", "--follow", is_flag=True, help="Go on until it is over. Ctrl-C stops looking, not the instance.")
@output_option
@of_a_stack
def logs(service: ServiceAccess, workflow: str, instance: str, follow: bool, output: str) -> None:
    """Tell what the steps of an instance do, and with --follow each as it happens.

    With --output json, one JSON object a line.

    \b
    $ pulumi-8x8 instances logs menu 65f1a0b2c3d4e5f60718293a --follow

    Exits with 0, with 1 when the instance was terminated (by an error or by hand), with 2 when it cannot be read, and
    with 130 after Ctrl-C.
    """
    target = service.find(workflow)
    sys.exit(_tell(target, instance, follow, output))


@click.command()
@workflow_argument()
@click.option(
    "--data", "data_file", metavar="FILE|-", help="JSON object that becomes its data, as the trigger would bring it."
)
@click.option("--version", type=click.IntRange(1), metavar="N", help="Of this version; default: the newest.")
@click.option("-f", "--follow", is_flag=True, help="Then tell what its steps do, until it is over.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask first.")
@output_option
@of_a_stack
def start(
    service: ServiceAccess,
    workflow: str,
    data_file: str | None,
    version: int | None,
    follow: bool,
    yes: bool,
    output: str,
) -> None:
    """Start an instance by hand. It really sends its messages, makes its calls, and counts as usage.

    \b
    $ pulumi-8x8 instances start menu --data inbound.json --follow

    Exits with 0, with 1 when the answer is no, or when the instance that is followed was terminated, with 2 when it
    cannot be started, and with 130 after Ctrl-C.
    """
    target = service.find(workflow)
    data = {} if data_file is None else _read_data(data_file)
    history = target.client.history(target.id)
    stored = next((each for each in history if version in (None, each.version)), None)
    if stored is None:
        known = ", ".join(str(each.version) for each in history)
        raise Failed(f"{target.label} has no version {version}; it has {known}. Nothing was started.")
    account = target.client.settings.account_id
    ask(
        f"{target.label}, version {stored.version} ({stored.status}), in the account {account}: starting it really "
        "sends its messages. Start it?",
        yes,
    )
    started = target.client.start(target.id, data, stored.version)
    if output == "json":
        say = print_json_line if follow else print_json
        say({"workflow": target.label, "definitionId": target.id, "instanceId": started, "version": stored.version})
    else:
        click.echo(f"started {started} on version {stored.version}")
    if follow:
        sys.exit(_tell(target, started, follow, output))
    if output == "text":
        click.echo(f"pulumi-8x8 instances logs {target.label} {started} --follow", err=True)


def _read_data(path: str) -> dict[str, Any]:
    shown = "standard input" if path == "-" else path
    try:
        text = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        data = json.loads(text)
    except OSError as error:
        raise Failed(f"{shown}: {error.strerror or error}. Nothing was started.") from None
    except (ValueError, RecursionError) as error:
        raise Failed(f"{shown}: not JSON: {error}. Nothing was started.") from None
    if not isinstance(data, dict):
        raise Failed(f"{shown}: it must hold a JSON object. Nothing was started.")
    return data


def _tell(target: Target, instance_id: str, follow: bool, output: str) -> int:
    """Tells what the steps do; the exit code."""
    told: dict[str, Log] = {}
    status = ""
    pause = _FIRST_PAUSE
    try:
        while True:
            found = target.instance(instance_id, logs=True)
            news = [log for log in found.logs if told.get(log.id) != log and log.status != "Pending"]
            for log in news:
                told[log.id] = log
                _tell_log(log, output)
            if follow and found.status != status and (status or found.status == "Suspended") and not found.is_over:
                click.echo(f"it is {printable(found.status)}", err=True)
            status = found.status
            if found.is_over or not follow:
                break
            pause = _FIRST_PAUSE if news else min(pause * 1.5, _LONGEST_PAUSE)
            time.sleep(pause)
    except KeyboardInterrupt:
        click.echo(f"\nStopped looking; the instance is {printable(status) or 'not known'} and goes on.", err=True)
        return 130
    _tell_end(target, found, output)
    return 1 if found.status == "Terminated" else 0


def _tell_log(log: Log, output: str) -> None:
    if output == "json":
        print_json_line(
            {
                "id": log.id,
                "step": log.step,
                "status": log.status,
                "startedAt": log.started_at or None,
                "completedAt": log.completed_at or None,
            }
        )
        return
    took = show_seconds(seconds_between(log.started_at, log.completed_at)) if log.completed_at else ""
    moment = show_moment(log.completed_at or log.started_at)
    click.echo(f"{moment}  {printable(log.step):20}  {printable(log.status):15}  {took}".rstrip())


def _tell_end(target: Target, found: Instance, output: str) -> None:
    faults = target.client.faults(target.id, found.id) if found.status == "Terminated" else []
    if output == "json":
        errors = [{"step": each.step, "message": each.message, "time": each.time} for each in faults]
        print_json_line({"status": found.status, "completedAt": found.completed_at or None, "errors": errors})
        return
    took = show_seconds(seconds_between(found.started_at, found.completed_at))
    click.echo(f"{printable(found.status)} {'after' if found.is_over else 'for'} {took}")
    if found.status == "Terminated":
        for line in told_errors(faults):
            click.echo(line)
        if faults:
            click.echo(NEXT)

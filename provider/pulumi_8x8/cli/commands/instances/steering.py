"""``pulumi-8x8 instances suspend``, ``resume`` and ``terminate``: some instances, or all that fit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import click

from pulumi_8x8.cli.support.output import (
    ask,
    in_parallel,
    print_json,
    print_table,
    show_moment,
)
from pulumi_8x8.cli.support.selection import FoundInstance, Selection, select, selecting
from pulumi_8x8.cli.support.target import of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import ExitCode, text_or_json, yes_option
from pulumi_8x8.errors import ApiError, NotFound, Unauthorized
from pulumi_8x8.phrasing import count, printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Status, Steering
    from pulumi_8x8.cli.support.target import ServiceAccess

_F = TypeVar("_F", bound=Callable[..., Any])

#: ``over``: it was over already, or meanwhile.
_What: TypeAlias = Literal["done", "over", "failed", "not tried"]

#: Command -> statuses that it is for, what was done, how it is asked.
_COMMANDS: dict[Steering, tuple[tuple[Status, ...], str, str]] = {
    "suspend": (("Runnable",), "suspended", "Suspend"),
    "resume": (("Suspended",), "resumed", "Resume"),
    "terminate": (("Runnable", "Suspended"), "terminated", "Terminate, for good,"),
}


@dataclass(frozen=True)
class _Outcome:
    found: FoundInstance
    what: _What
    why: str = ""


def _of_instances(command: _F) -> _F:
    """Arguments and options of a command that steers instances."""
    for decorate in (
        of_a_stack,
        text_or_json,
        yes_option,
        click.option("--all", "every", is_flag=True, help="All that there are, whatever version and time."),
        selecting,
        click.argument("ids", metavar="[INSTANCE]...", nargs=-1),
        workflow_argument(required=False),
    ):
        command = decorate(command)
    return command


@click.command()
@_of_instances
def suspend(**options: Any) -> None:
    """Suspend instances: they stay where they are until they are resumed.

    Without INSTANCE, all running ones that fit the options, of WORKFLOW or of all workflows of the stack; how many is
    told and asked first. What comes for a suspended instance waits as well.

    \b
    $ pulumi-8x8 instances suspend menu 65f1a0b2c3d4e5f60718293a
    $ pulumi-8x8 instances suspend menu --version 7

    Exits with 0, with 1 when one could not be suspended or the answer is no, and with 2 when nothing was tried.
    """
    _steer("suspend", **options)


@click.command()
@_of_instances
def resume(**options: Any) -> None:
    """Resume instances that are suspended.

    Without INSTANCE, all suspended ones that fit the options, of WORKFLOW or of all workflows of the stack; how many
    is told and asked first.

    \b
    $ pulumi-8x8 instances resume menu --all

    Exits with 0, with 1 when one could not be resumed or the answer is no, and with 2 when nothing was tried.
    """
    _steer("resume", **options)


@click.command()
@click.option("--status", type=click.Choice(["Runnable", "Suspended"]), help="Only those in this status.")
@_of_instances
def terminate(status: Status | None, **options: Any) -> None:
    """Terminate instances for good: their customers get nothing more from them.

    Without INSTANCE, all that are not over and fit the options, of WORKFLOW or of all workflows of the stack. How
    many is told and asked first. One that is over already is no failure.

    \b
    $ pulumi-8x8 instances terminate menu 65f1a0b2c3d4e5f60718293a
    $ pulumi-8x8 instances terminate --status Suspended --started-before 7d --yes

    Exits with 0, with 1 when one could not be terminated or the answer is no, and with 2 when nothing was tried.
    """
    _steer("terminate", status=status, **options)


def _steer(
    command: Steering,
    *,
    service: ServiceAccess,
    workflow: str | None,
    ids: Sequence[str],
    wanted: Selection,
    every: bool,
    yes: bool,
    format: str,
    status: Status | None = None,
) -> None:
    statuses, done, asked = _COMMANDS[command]
    if ids and (every or status or not wanted.is_everything):
        raise click.UsageError("Name instances, or say by options which to look for, not both.")
    if not ids and not every and not status and wanted.is_everything:
        raise click.UsageError(
            f"Say which: INSTANCE, or --version, --started-before, --started-after"
            f"{', --status' if command == 'terminate' else ''}, or --all."
        )
    over: list[FoundInstance] = []
    if ids:
        target = service.find(workflow or "")
        found = [
            FoundInstance(target, each) for each in in_parallel(target.instance, list(dict.fromkeys(ids)), "reading")
        ]
        over = [each for each in found if each.instance.is_over]
        found = [each for each in found if not each.instance.is_over]
    else:
        targets = service.targets() if workflow is None else [service.find(workflow)]
        found = select(targets, replace(wanted, statuses=(status,) if status else statuses))
    if found and (not ids or command == "terminate"):
        if format == "text" and not (yes and ids):
            _show_counts(found)
        ask(f"{asked} {count(len(found), 'instance')}?", yes)
    outcomes = [_Outcome(each, "over", f"it is {each.instance.status} already") for each in over]
    outcomes += _carry_out(command, found, status)
    _report(command, done, outcomes, format)


def _show_counts(found: Sequence[FoundInstance]) -> None:
    groups: dict[tuple[str, int, str], list[str]] = {}
    for each in found:
        key = (each.target.label, each.instance.version, each.instance.status)
        groups.setdefault(key, []).append(each.instance.started_at)
    print_table(
        ("WORKFLOW", "VERSION", "STATUS", "INSTANCES", "OLDEST"),
        [(*key, f"{len(starts):,}", show_moment(min(starts))) for key, starts in sorted(groups.items())],
    )


def _carry_out(command: Steering, found: Sequence[FoundInstance], only: Status | None = None) -> list[_Outcome]:
    """Does it to each; one that fails does not stop the others. Ctrl-C does, and what was done is still told.

    :param only: those that are still in this status: it may have taken a while to answer the question.
    """
    stop: list[str] = []
    outcomes: dict[str, _Outcome] = {}

    def carry_out(each: FoundInstance) -> None:
        if stop:
            return
        client, definition_id, instance_id = each.target.client, each.target.id, each.instance.id
        try:
            if only and (now := client.instance(definition_id, instance_id)).status != only:
                what: _What = "over" if now.is_over else "failed"
                outcomes[instance_id] = _Outcome(each, what, f"it is {now.status} meanwhile")
                return
            client.steer(definition_id, instance_id, command)
            outcomes[instance_id] = _Outcome(each, "done")
        except ApiError as error:
            if isinstance(error, Unauthorized):  # it will not be for the others
                stop.append(str(error))
            outcomes[instance_id] = _Outcome(each, "failed", str(error))
            try:
                now = client.instance(definition_id, instance_id)
            except NotFound:
                outcomes[instance_id] = _Outcome(each, "over", "it was deleted meanwhile")
            except ApiError:
                pass  # the first error says more
            else:
                if now.is_over:
                    outcomes[instance_id] = _Outcome(each, "over", f"it is {now.status} meanwhile")

    try:
        in_parallel(carry_out, found, command)
    except KeyboardInterrupt:
        stop.append("stopped by Ctrl-C")
    return [outcomes.get(each.instance.id, _Outcome(each, "not tried", stop[0] if stop else "")) for each in found]


def _report(command: Steering, done: str, outcomes: Sequence[_Outcome], format: str) -> None:
    """Tells what came of it, and exits."""
    counts = {what: sum(each.what == what for each in outcomes) for what in ("done", "over", "failed", "not tried")}
    # To suspend or resume what is over was not possible; to terminate it was not necessary.
    fine = ("done", "over") if command == "terminate" else ("done",)
    bad = [each for each in outcomes if each.what not in fine]
    if format == "json":
        print_json(
            {
                "command": command,
                "instances": [
                    {
                        "workflow": each.found.target.label,
                        "definitionId": each.found.target.id,
                        "instanceId": each.found.instance.id,
                        "version": each.found.instance.version,
                        "outcome": each.what,
                        "reason": each.why or None,
                    }
                    for each in outcomes
                ],
            }
        )
    elif not outcomes:
        click.echo("No such instance; nothing was changed.")
    else:
        why_not = next((each.why for each in outcomes if each.what == "not tried"), "")
        if why_not:
            click.echo(f"The others were not tried: {why_not}", err=True)
        for each in (each for each in bad if each.what != "not tried"):
            why = printable(each.why.partition("\n")[0])
            click.echo(f"{each.found.target.label} {each.found.instance.id}: not {done}: {why}", err=True)
        said = [f"{count(counts['done'], 'instance')} {done}"]
        said += [f"{counts['over']:,} over already"] if counts["over"] else []
        said += [f"{counts['failed']:,} failed"] if counts["failed"] else []
        said += [f"{counts['not tried']:,} not tried"] if counts["not tried"] else []
        click.echo(", ".join(said))
    sys.exit(ExitCode.FOUND if bad else ExitCode.DONE)

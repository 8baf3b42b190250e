"""``pulumi-8x8 instances suspend``, ``resume`` and ``terminate``: control some instances, or all that match."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import click

from pulumi_8x8.cli.commands.instances.formats import instance_key
from pulumi_8x8.cli.support.output import ask, echo, in_parallel, print_json, print_table, show_moment
from pulumi_8x8.cli.support.selection import FoundInstance, Selection, select, selecting
from pulumi_8x8.cli.support.target import of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import ExitCode, text_or_json, yes_option
from pulumi_8x8.errors import ApiError, NotFound, Unauthorized
from pulumi_8x8.phrasing import count, natural, printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Status, Steering
    from pulumi_8x8.cli.support.target import ServiceAccess

_F = TypeVar("_F", bound=Callable[..., Any])

#: ``over``: the instance had ended before, or ended meanwhile.
_What: TypeAlias = Literal["done", "over", "failed", "not tried"]

#: Command -> the statuses that it applies to, its past participle, and the verb in the question.
_COMMANDS: dict[Steering, tuple[tuple[Status, ...], str, str]] = {
    "suspend": (("Runnable",), "suspended", "Suspend"),
    "resume": (("Suspended",), "resumed", "Resume"),
    "terminate": (("Runnable", "Suspended"), "terminated", "Permanently terminate"),
}


@dataclass(frozen=True)
class _Outcome:
    found: FoundInstance
    what: _What
    why: str = ""


def _of_instances(command: _F) -> _F:
    """Adds the arguments and options of a command that controls instances."""
    for decorate in (
        of_a_stack,
        text_or_json,
        yes_option,
        click.option("--all", "every", is_flag=True, help="All instances, with any version and start time."),
        selecting,
        click.argument("ids", metavar="[INSTANCE]...", nargs=-1),
        workflow_argument(required=False),
    ):
        command = decorate(command)
    return command


@click.command()
@_of_instances
def suspend(**options: Any) -> None:
    """Suspend instances: they pause until they are resumed.

    Without INSTANCE, the command suspends all running instances that match the options, of WORKFLOW or of all workflows
    in the stack. It shows their number and asks first. Messages for a suspended instance wait, too.

    \b
    $ pulumi-8x8 instances suspend menu 65f1a0b2c3d4e5f60718293a
    $ pulumi-8x8 instances suspend menu --version 7

    Exits with 0, with 1 if an instance wasn't suspended or you answer no, or with 2 if nothing was tried.
    """
    _steer("suspend", **options)


@click.command()
@_of_instances
def resume(**options: Any) -> None:
    """Resume suspended instances.

    Without INSTANCE, the command resumes all suspended instances that match the options, of WORKFLOW or of all
    workflows in the stack. It shows their number and asks first.

    \b
    $ pulumi-8x8 instances resume menu --all

    Exits with 0, with 1 if an instance wasn't resumed or you answer no, or with 2 if nothing was tried.
    """
    _steer("resume", **options)


@click.command()
@click.option("--status", type=click.Choice(["Runnable", "Suspended"]), help="Only instances with this status.")
@_of_instances
def terminate(status: Status | None, **options: Any) -> None:
    """Terminate instances permanently: they send nothing more to their customers.

    Without INSTANCE, the command terminates all unfinished instances that match the options, of WORKFLOW or of all
    workflows in the stack. It shows their number and asks first. An instance that has already ended isn't a failure.

    \b
    $ pulumi-8x8 instances terminate menu 65f1a0b2c3d4e5f60718293a
    $ pulumi-8x8 instances terminate --status Suspended --started-before 7d --yes

    Exits with 0, with 1 if an instance wasn't terminated or you answer no, or with 2 if nothing was tried.
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
        raise click.UsageError("Use either INSTANCE or options that select instances, not both.")
    if not ids and not every and not status and wanted.is_everything:
        raise click.UsageError(
            f"Select instances: INSTANCE, or --version, --started-before, --started-after"
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
    outcomes = [_Outcome(each, "over", f"its status is already {each.instance.status}") for each in over]
    outcomes += _carry_out(command, found, status)
    _report(command, done, outcomes, format)


def _show_counts(found: Sequence[FoundInstance]) -> None:
    groups: dict[tuple[str, int, str], list[str]] = {}
    for each in found:
        key = (each.target.label, each.instance.version, each.instance.status)
        groups.setdefault(key, []).append(each.instance.started_at)
    print_table(
        ("WORKFLOW", "VERSION", "STATUS", "INSTANCES", "OLDEST"),
        [
            (*key, f"{len(groups[key]):,}", show_moment(min(groups[key])))
            for key in sorted(groups, key=lambda key: [natural(part) for part in key])
        ],
    )


def _carry_out(command: Steering, found: Sequence[FoundInstance], only: Status | None = None) -> list[_Outcome]:
    """Controls each instance. A failure doesn't stop the others. Ctrl-C does, and the report still covers everything.

    :param only: skips instances whose status has changed since, which may happen while the user decides.
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
                outcomes[instance_id] = _Outcome(each, what, f"its status is {now.status} now")
                return
            client.steer(definition_id, instance_id, command)
            outcomes[instance_id] = _Outcome(each, "done")
        except ApiError as error:
            if isinstance(error, Unauthorized):  # the other calls would fail, too
                stop.append(str(error))
            outcomes[instance_id] = _Outcome(each, "failed", str(error))
            try:
                now = client.instance(definition_id, instance_id)
            except NotFound:
                outcomes[instance_id] = _Outcome(each, "over", "it was deleted meanwhile")
            except ApiError:
                pass  # the first error is more useful
            else:
                if now.is_over:
                    outcomes[instance_id] = _Outcome(each, "over", f"its status is {now.status} now")

    try:
        in_parallel(carry_out, found, command)
    except KeyboardInterrupt:
        stop.append("stopped by Ctrl-C")
    return [outcomes.get(each.instance.id, _Outcome(each, "not tried", stop[0] if stop else "")) for each in found]


def _facts(outcome: _Outcome) -> dict[str, Any]:
    instance = outcome.found.instance
    key = instance_key(outcome.found.target, instance.id, instance.version)
    return {**key, "outcome": outcome.what, "reason": outcome.why or None}


def _report(command: Steering, done: str, outcomes: Sequence[_Outcome], format: str) -> None:
    """Reports the outcomes, and exits."""
    counts = {what: sum(each.what == what for each in outcomes) for what in ("done", "over", "failed", "not tried")}
    # An ended instance can't be suspended or resumed. It need not be terminated.
    fine = ("done", "over") if command == "terminate" else ("done",)
    bad = [each for each in outcomes if each.what not in fine]
    if format == "json":
        print_json({"command": command, "instances": [_facts(each) for each in outcomes]})
    elif not outcomes:
        echo("No instance found. Nothing was changed.")
    else:
        why_not = next((each.why for each in outcomes if each.what == "not tried"), "")
        if why_not:
            echo(f"The others were not tried: {why_not}", err=True)
        for each in (each for each in bad if each.what != "not tried"):
            why = printable(each.why.partition("\n")[0])
            echo(f"{each.found.target.label} {each.found.instance.id}: not {done}: {why}", err=True)
        parts = [f"{count(counts['done'], 'instance')} {done}"]
        parts += [f"{counts['over']:,} already ended"] if counts["over"] else []
        parts += [f"{counts['failed']:,} failed"] if counts["failed"] else []
        parts += [f"{counts['not tried']:,} not tried"] if counts["not tried"] else []
        echo(", ".join(parts))
    sys.exit(ExitCode.FOUND if bad else ExitCode.DONE)

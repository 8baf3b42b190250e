"""``pulumi-8x8 instances``: shows instances of workflows, and controls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.commands.instances import formats
from pulumi_8x8.cli.commands.instances.following import logs, start
from pulumi_8x8.cli.commands.instances.stats import stats
from pulumi_8x8.cli.commands.instances.steering import resume, suspend, terminate
from pulumi_8x8.cli.support.output import echo, in_parallel, print_json, print_table, show_moment, show_seconds
from pulumi_8x8.cli.support.selection import FoundInstance, Selection, select, selecting
from pulumi_8x8.cli.support.target import Ordered, of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import text_or_json
from pulumi_8x8.phrasing import count, printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Status
    from pulumi_8x8.cli.support.target import ServiceAccess


@click.group(cls=Ordered, epilog="More: pulumi-8x8 docs deploy")
def instances() -> None:
    """Show and control the instances of workflows: running and finished conversations.

    WORKFLOW is the name of a resource in the stack, or the id of a definition. Without a Pulumi project in --cwd,
    PULUMI_8X8_ACCOUNT_ID, PULUMI_8X8_API_KEY and PULUMI_8X8_BASE_URL select the account. Times are in UTC.
    """


@instances.command("list")
@workflow_argument("workflows", nargs=-1, metavar="[WORKFLOW]...")
@click.option(
    "--status",
    "statuses",
    type=click.Choice(["Runnable", "Suspended", "Complete", "Terminated"]),
    multiple=True,
    help="Only instances with this status. Repeatable. Runnable includes waiting and sleeping instances.",
)
@selecting
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="The largest number of instances.")
@text_or_json
@of_a_stack
def list_(
    service: ServiceAccess,
    workflows: Sequence[str],
    statuses: tuple[Status, ...],
    wanted: Selection,
    limit: int,
    format: str,
) -> None:
    """List instances of these workflows, or of all workflows in the stack, the newest first.

    The list includes all versions, since an instance finishes on the version that it started with. --version newest
    makes fewer calls to the service.

    \b
    $ pulumi-8x8 instances list
    $ pulumi-8x8 instances list menu --status Runnable --started-before 2d

    Exits with 0, or with 2 if the service or the stack can't be read.
    """
    targets = [service.find(each) for each in workflows] if workflows else service.targets()
    found = select(targets, replace(wanted, statuses=statuses), limit + 1)
    more, found = found[limit:], found[:limit]
    if format == "json":
        print_json([formats.instance_data(each.target, each.instance) for each in found])
        return
    if not found:
        echo("No instance found." if targets else "The stack has no workflow.")
        return
    print_table(("WORKFLOW", "INSTANCE", "VERSION", "STATUS", "STARTED", "TOOK", "FOR"), [_row(each) for each in found])
    if more:
        echo(f"The list shows only the newest {limit:,}. To show more: --limit", err=True)


def _row(found: FoundInstance) -> tuple[object, ...]:
    each = found.instance
    lasting = show_seconds(formats.seconds(each))
    took, since = (lasting, "") if each.is_over else ("", lasting)
    return found.target.label, each.id, each.version, each.status, show_moment(each.started_at), took, since


@instances.command()
@workflow_argument()
@click.argument("instance")
@click.option("--data", "with_data", is_flag=True, help="Include its data, with the customer's messages and number.")
@text_or_json
@of_a_stack
def show(service: ServiceAccess, workflow: str, instance: str, with_data: bool, format: str) -> None:
    """Show one instance: its status, the steps that ran, and why it stopped.

    Only --data shows its data, which contains the customer's messages and number.

    \b
    $ pulumi-8x8 instances show menu 65f1a0b2c3d4e5f60718293a

    Exits with 0, or with 2 if the instance doesn't exist or can't be read.
    """
    target = service.find(workflow)
    found = target.instance(instance, logs=True)
    faults = target.client.faults(target.id, found.id) if found.status == "Terminated" else []
    if format == "json":
        steps, errors = map(formats.log_data, found.logs), map(formats.fault_data, faults)
        data = {"data": found.data} if with_data else {}
        print_json({**formats.instance_data(target, found), "steps": list(steps), "errors": list(errors), **data})
        return
    took = show_seconds(formats.seconds(found))
    echo(f"{target.label}, instance {printable(found.id)}, on version {found.version}")
    echo(f"{printable(found.status)}{f' after {took}' if found.is_over and took else f', for {took}'}")
    ended = f", ended {show_moment(found.completed_at)}" if found.completed_at else ""
    echo(f"started {show_moment(found.started_at)}{ended}")
    if found.logs:
        echo()
        print_table(
            ("STEP", "STATUS", "STARTED", "TOOK"),
            [(log.step, log.status, show_moment(log.started_at), formats.log_seconds(log)) for log in found.logs],
        )
    if found.status == "Terminated":
        echo()
        echo("\n".join(formats.fault_lines(faults)))
    if with_data:
        echo()
        print_json(found.data)


@instances.command()
@workflow_argument()
@click.argument("instance", required=False)
@selecting
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The largest number of instances.")
@text_or_json
@of_a_stack
def errors(
    service: ServiceAccess, workflow: str, instance: str | None, wanted: Selection, limit: int, format: str
) -> None:
    """Show why an instance stopped, or why the newest terminated instances stopped.

    \b
    $ pulumi-8x8 instances errors menu
    $ pulumi-8x8 instances errors menu 65f1a0b2c3d4e5f60718293a

    Exits with 0, or with 2 if the instance doesn't exist or can't be read.
    """
    target = service.find(workflow)
    if instance is not None:
        if not wanted.is_everything:
            raise click.UsageError("Use either INSTANCE, or --version and --started-…, not both.")
        found = [target.instance(instance)]
    else:
        found = [each.instance for each in select([target], replace(wanted, statuses=("Terminated",)), limit)]
    faults = in_parallel(lambda each: target.client.faults(target.id, each.id), found, "reading errors")
    if format == "json":
        print_json(
            [
                {**formats.instance_data(target, each), "errors": list(map(formats.fault_data, its))}
                for each, its in zip(found, faults, strict=True)
            ]
        )
        return
    if instance is not None and found[0].status != "Terminated" and not faults[0]:
        echo(f"The instance didn't stop at an error. Its status is {printable(found[0].status)}.")
        return
    by_hand = 0
    for each, its in zip(found, faults, strict=True):
        if its or instance is not None:
            echo(f"{printable(each.id)}, on version {each.version}, started {show_moment(each.started_at)}")
            for line in formats.fault_lines(its, following=False):
                echo(f"  {line}")
        else:
            by_hand += 1
    if any(faults):
        echo(formats.NEXT)
    if by_hand:
        echo(f"Terminated manually, without an error: {count(by_hand, 'instance')}.")
    elif not found:
        echo("No instance was terminated.")
    if instance is None and len(found) == limit:
        echo(
            f"The command shows only the newest {count(limit, 'terminated instance')}. To show more: --limit",
            err=True,
        )


for _command in (stats, logs, start, suspend, resume, terminate):
    instances.add_command(_command)

"""``pulumi-8x8 list``: lists the workflow definitions of an account, and what manages each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.inventory import list_workflows
from pulumi_8x8.cli.support.output import echo, print_json, print_table, show_moment
from pulumi_8x8.cli.support.target import of_a_stack
from pulumi_8x8.cli.support.vocabulary import text_or_json

if TYPE_CHECKING:
    from pulumi_8x8.cli.support.inventory import FoundWorkflow
    from pulumi_8x8.cli.support.target import ServiceAccess

_TITLES = ("NAME", "TRIGGER", "SUB-ACCOUNT", "STATUS", "VERSION", "CREATED", "MANAGED BY", "ID")


@click.command(epilog="More: pulumi-8x8 docs accounts")
@click.option("--name", help="Only workflows whose name contains this text, in any case of letters.")
@click.option("--trigger", metavar="TRIGGER", help="Only workflows with this trigger, such as http_request.")
@click.option("--sub-account", metavar="NAME", help="Only workflows of this sub-account, or of this logical name.")
@click.option("--status", type=click.Choice(["enabled", "disabled"]), help="Only workflows with this status.")
@click.option("--managed-by", metavar="STACK", help="Only workflows that this stack manages, or 'nobody'.")
@text_or_json
@of_a_stack
def list(
    service: ServiceAccess,
    name: str | None,
    trigger: str | None,
    sub_account: str | None,
    status: str | None,
    managed_by: str | None,
    format: str,
) -> None:
    """List the workflow definitions of an account, and which resource of which stack manages each of them.

    The accounts are the stack's account, and the accounts in the account= of its workflows. Without a Pulumi project in
    --cwd, the environment names the account, and it isn't known who manages a workflow. "nobody" means that no stack of
    this project manages the workflow. CREATED is the time of the newest version.

    \b
    $ pulumi-8x8 list
    $ pulumi-8x8 list --trigger http_request --status enabled --format json

    Exits with 0, or with 2 if the service or the stacks can't be read.
    """
    if sub_account is not None:
        sub_account = service.sub_account(sub_account)
    held = list_workflows(service)
    found = [
        each
        for each in held
        if (name is None or name.casefold() in each.name.casefold())
        and trigger in (None, each.trigger)
        and sub_account in (None, each.sub_account)
        and status in (None, each.stored.status)
        and (managed_by is None or managed_by in each.stacks)
    ]
    if format == "json":
        print_json([each.facts() for each in found])
        return
    if found:
        print_table(_TITLES, [_row(each) for each in found])
        return
    accounts = ", ".join(each.settings.account_id for each in service.clients())
    echo(f"No workflow found in the account {accounts}.")
    if not held:  # a service that doesn't know the account may answer like this too
        from pulumi_8x8.api import ask_to_register

        for client in service.clients():
            echo(f"If it should have workflows: {ask_to_register(client.settings.account_id)}", err=True)


def _row(each: FoundWorkflow) -> tuple[object, ...]:
    return (
        each.name,
        each.trigger,
        each.sub_account or "any",
        each.stored.status,
        each.stored.version,
        show_moment(each.stored.created_at),
        each.managed_by,
        each.stored.id,
    )

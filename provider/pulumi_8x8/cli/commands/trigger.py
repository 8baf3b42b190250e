"""``pulumi-8x8 trigger``: sends an event to the trigger ``http_request``, as an outside system does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.inventory import describe
from pulumi_8x8.cli.support.output import ask, echo, print_json
from pulumi_8x8.cli.support.target import of_a_stack
from pulumi_8x8.cli.support.vocabulary import data_option, read_data, text_or_json, yes_option
from pulumi_8x8.errors import ApiError
from pulumi_8x8.phrasing import count, printable

if TYPE_CHECKING:
    from pulumi_8x8.api import StoredDefinition
    from pulumi_8x8.cli.support.target import ServiceAccess


@click.command(epilog="More: pulumi-8x8 docs http-trigger")
@data_option("A JSON object, which becomes the data of each instance.", required=True)
@click.option(
    "--sub-account", metavar="NAME", help="The sub-account that the event is for, or its logical name. Default: none."
)
@yes_option
@text_or_json
@of_a_stack
def trigger(service: ServiceAccess, data: str, sub_account: str | None, yes: bool, format: str) -> None:
    """Send an event to the trigger http_request, as a system outside does. It starts every workflow that waits for it.

    The event starts the enabled workflows with this trigger whose sub-account is --sub-account, and those without a
    sub-account. They really send messages, make calls, and count as usage. The service doesn't answer what it started,
    so the command shows the workflows that the account lists. On a terminal, it asks before it sends.

    \b
    $ pulumi-8x8 trigger --data receipt.json --sub-account acme_corp_chatapps

    Exits with 0, with 1 if you answer no, or with 2 if the event isn't sent, or it isn't known whether it was.
    """
    content = read_data(data)
    if sub_account is not None:
        sub_account = service.sub_account(sub_account)
    client = service.client()
    try:
        waiting = [each for each in client.list_definitions() if _waits(each, sub_account)]
    except ApiError as error:
        error.args = (f"{error}\nThe event wasn't sent.",)
        raise
    found = [describe(service, client, each) for each in waiting]  # before: it may fail
    account = client.settings.account_id
    where = f"the account {account}, {f'sub-account {sub_account}' if sub_account else 'without a sub-account'}"
    question = f"{where}: the event starts {count(len(found), 'workflow')}. They really send messages. Send it?"
    ask(question, yes or not sys.stdin.isatty())  # a script sends events as other systems do
    client.trigger(content, sub_account)
    if format == "json":
        print_json({"accountId": account, "subAccountId": sub_account, "workflows": [each.facts() for each in found]})
        return
    echo(f"Sent to {printable(where)}.")
    for each in found:
        echo(f"  {printable(each.name)}: pulumi-8x8 instances list {each.stored.id}")
    if not found:
        echo(
            "The account lists no enabled workflow that this event starts. To see the workflows and their "
            "sub-accounts: pulumi-8x8 list --trigger http_request",
            err=True,
        )


def _waits(stored: StoredDefinition, sub_account: str | None) -> bool:
    from pulumi_8x8.definition.triggers import HTTP_REQUEST

    definition = stored.definition
    is_meant = definition.sub_account_id in (None, "", sub_account)
    return definition.trigger == HTTP_REQUEST and stored.status == "enabled" and is_meant

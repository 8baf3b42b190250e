"""``pulumi-8x8 usage``: shows how many workflows the account has started, and may start."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from pulumi_8x8.cli.support.output import bar, echo, print_json, print_table
from pulumi_8x8.cli.support.target import of_a_stack
from pulumi_8x8.cli.support.vocabulary import ExitCode, text_or_json
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Client, Month, Usage
    from pulumi_8x8.cli.support.target import ServiceAccess

_BAR = 30


@click.command(epilog="More: pulumi-8x8 docs accounts")
@click.option("--history", is_flag=True, help="Include the previous months.")
@text_or_json
@of_a_stack
def usage(service: ServiceAccess, history: bool, format: str) -> None:
    """Show how many workflows an account has started this month, and how many it may start.

    The accounts are the stack's account, and the accounts in the account= of its workflows. Without a Pulumi project in
    --cwd, the environment names the account.

    \b
    $ pulumi-8x8 usage --history

    Exits with 0, with 1 if an account has reached its limit and can't start workflows, or with 2 if the service
    can't be read.
    """
    read = [(each, each.usage(), each.usage_history() if history else []) for each in service.clients()]
    if format == "json":
        print_json([_facts(*each) for each in read])
    else:
        for number, (client, used, months) in enumerate(read):
            if number:
                echo()
            _print_usage(client, used, months)
    sys.exit(ExitCode.FOUND if any(used.used_up for _, used, _ in read) else ExitCode.DONE)


def _facts(client: Client, used: Usage, months: list[Month]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "accountId": client.settings.account_id,
        "executed": used.executed,
        "allowed": used.allowed,
        "overageAllowed": used.overage_allowed,
        "overagePrice": used.overage_price,
        "percent": _percent(used),
        "usedUp": used.used_up,
    }
    if months:
        facts["months"] = [{"year": each.year, "month": each.month, "executed": each.executed} for each in months]
    return facts


def _percent(used: Usage) -> float | None:
    return round(100 * used.executed / used.allowed, 1) if used.executed is not None and used.allowed else None


def _print_usage(client: Client, used: Usage, months: list[Month]) -> None:
    percent = _percent(used)
    executed = "an unknown number" if used.executed is None else f"{used.executed:,}"
    allowed = "" if used.allowed is None else f" of {used.allowed:,}"
    share = "" if percent is None else f" ({percent:g} %)"
    echo(f"{printable(client.settings.account_id)}: {executed}{allowed} workflows started this month{share}")
    if used.used_up:
        echo("The account has reached its limit. Nothing starts until next month.")
    elif used.overage_allowed:
        price = "" if used.overage_price is None else f" at {used.overage_price:g} each"
        over = max(0, (used.executed or 0) - used.allowed) if used.allowed is not None else 0
        more = f"{over:,} of them are" if over else "The account may start workflows"
        echo(f"{more} above {'the' if over else 'its'} limit{price}.")
    else:
        echo("The account can't start workflows above its limit.")
    if months:
        most = max(1, *(each.executed for each in months))
        in_order = sorted(months, key=lambda each: (each.year, each.month))
        rows = [
            (
                f"{each.year}-{each.month:02}",
                f"{each.executed:,}".rjust(len(f"{most:,}")),
                bar(each.executed / most, _BAR),
            )
            for each in in_order
        ]
        print_table(("MONTH", "STARTED", ""), rows)

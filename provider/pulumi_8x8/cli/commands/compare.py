"""``pulumi-8x8 compare``: compares what two stacks have deployed, and what the service holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import echo, has_styles, in_parallel, print_document
from pulumi_8x8.cli.support.target import ServiceAccess, Target, cwd_option, stack_of, verbose_option
from pulumi_8x8.cli.support.vocabulary import ExitCode, format_option
from pulumi_8x8.errors import NotFound, StackError
from pulumi_8x8.phrasing import natural

# The comparison is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.review.environments import Environment
    from pulumi_8x8.stacks import Stack


@click.command(epilog="More: pulumi-8x8 docs promote")
@click.argument("stacks", nargs=2, metavar="STACK STACK")
@cwd_option
@click.option(
    "--other-cwd", metavar="FOLDER", help="The folder of the second stack's project. Default: the same project."
)
@format_option("text", "json", "markdown", former={"--output": None, "--markdown": "markdown"})
@click.option("--exit-code", is_flag=True, help="Exit with 1 if the stacks differ.")
@verbose_option
def compare(stacks: tuple[str, str], cwd: str, other_cwd: str | None, format: str, exit_code: bool) -> None:
    """Compare what two stacks have deployed: equal workflows, differences by step, and missing workflows.

    The differences are what the second stack would get if it became equal to the first. Sub-accounts are compared by
    their logical names (8x8:subAccounts), so that only real differences show. The output also shows drift: what
    somebody changed outside of Pulumi in either stack. Secrets aren't compared.

    \b
    $ pulumi-8x8 compare staging production
    $ pulumi-8x8 compare acme/shop/staging acme/shop/production --format markdown

    Exits with 0, with 1 if the stacks differ and --exit-code is set, or with 2 if it can't compare them.
    """
    from pulumi_8x8.review.environments import compare_environments
    from pulumi_8x8.review.formats import comparison

    first, second = stacks
    read = (stack_of(first, cwd), stack_of(second, other_cwd or cwd))
    made = compare_environments(*map(_environment, read, (cwd, other_cwd or cwd)))
    if format == "text":
        echo(comparison.to_text(made, coloured=has_styles()), nl=False, styles=True)
    else:
        print_document((comparison.to_json if format == "json" else comparison.to_markdown)(made))
    sys.exit(ExitCode.FOUND if exit_code and made.differs else ExitCode.DONE)


def _environment(stack: Stack, folder: str) -> Environment:
    """Returns what a stack deployed, and what the service holds.

    :raises Pulumi8x8Error: the service can't be read, or the stack's config is wrong.
    """
    from pulumi_8x8.api import Client, Snapshot
    from pulumi_8x8.definition import read_sub_accounts
    from pulumi_8x8.definition.masking import without_digests
    from pulumi_8x8.review.environments import Deployed, Environment

    snapshots: dict[Client, Snapshot] = {}
    # The engine keeps no order of resources.
    targets = sorted(ServiceAccess(stack, folder).targets(), key=lambda target: natural(target.label))
    for target in targets:
        snapshots.setdefault(target.client, Snapshot(target.client)).expect(len(targets))

    def read(target: Target) -> tuple[str, Deployed]:
        managed = target.managed
        assert managed is not None  # it comes from the stack's state
        deployed_to, account = managed.outputs.get("accountId"), target.client.settings.account_id
        if deployed_to not in (None, account):  # otherwise the workflow would look deleted
            raise StackError(
                f'the stack {stack.name}: workflow "{managed.name}" was deployed to the account {deployed_to}, but '
                f"8x8:accountId (PULUMI_8X8_ACCOUNT_ID) is {account} now. Nothing was changed. Set 8x8:accountId back "
                f"to {deployed_to}."
            )
        try:
            held = managed.mask([snapshots[target.client].get(target.id).definition], stack.secret_texts())
            live = without_digests(held[0])  # nobody decrypts the secrets in the state to compare them
        except NotFound:
            live = None
        return managed.name, Deployed(target.id, managed.version, managed.definition, live)

    found = dict(in_parallel(read, targets, f"reading {stack.name}"))
    return Environment(stack.name, read_sub_accounts(stack.config.get("8x8:subAccounts")), found)

"""``pulumi-8x8 compare``: what two stacks have deployed, and what the service holds of it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import console, in_parallel, print_json
from pulumi_8x8.cli.support.target import Failed, ServiceAccess
from pulumi_8x8.phrasing import count, printable

# What reads, compares and shows is imported where it is used, so that `--help` and completion come at once.
if TYPE_CHECKING:
    from pulumi_8x8.review.environments import Environment, EnvironmentComparison
    from pulumi_8x8.review.reviews import Review
    from pulumi_8x8.stacks import Stack

#: The reviews are shown one below the other, and together they have to fit into one comment.
_LONGEST = 20_000


@click.command()
@click.argument("stacks", nargs=2, metavar="STACK STACK")
@click.option("-C", "--cwd", metavar="FOLDER", default=".", help="The folder of the Pulumi project.")
@click.option("--other-cwd", metavar="FOLDER", help="That of the second stack, when it is another project.")
@click.option("--output", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option("--markdown", is_flag=True, help="The same as --output markdown.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when they are not the same.")
def compare(
    stacks: tuple[str, str], cwd: str, other_cwd: str | None, output: str, markdown: bool, exit_code: bool
) -> None:
    """Compare what two stacks have deployed: which workflows are the same, what differs, by step, and what is missing.

    Differences are told as what the second stack would get if it became as the first one is. Sub-accounts are compared
    by their logical names (8x8:subAccounts), so that only real differences show. Then comes what was changed outside of
    Pulumi: where the service of either stack does not hold what was deployed. Secrets are not compared.

    \b
    $ pulumi-8x8 compare staging production
    $ pulumi-8x8 compare acme/shop/staging acme/shop/production --markdown

    Exits with 0, with 1 when they are not the same and --exit-code is given, and with 2 when it cannot tell.
    """
    from pulumi_8x8.errors import Pulumi8x8Error, StackError
    from pulumi_8x8.review.environments import compare_environments
    from pulumi_8x8.stacks import find_project, read_stack

    try:
        folders = (cwd, other_cwd or cwd)
        for folder in folders:
            if find_project(folder) is None:
                raise StackError(f"{folder}: there is no Pulumi project (Pulumi.yaml) here or above; name one: --cwd")
        read = [read_stack(stack, folder) for stack, folder in zip(stacks, folders, strict=True)]
        made = compare_environments(*map(_environment, read))
    except Pulumi8x8Error as error:
        raise Failed(str(error)) from None
    {"text": _print, "json": _print_data, "markdown": _print_markdown}["markdown" if markdown else output](made)
    sys.exit(1 if exit_code and made.differs else 0)


def _environment(stack: Stack) -> Environment:
    """What a stack deployed, and what the service holds of it.

    :raises Pulumi8x8Error: the service cannot be read, or the stack's config makes no sense.
    """
    from pulumi_8x8.api import Client, Snapshot
    from pulumi_8x8.cli.support.target import Target
    from pulumi_8x8.definition import read_sub_accounts
    from pulumi_8x8.definition.masking import without_digests
    from pulumi_8x8.errors import NotFound, StackError
    from pulumi_8x8.review.environments import Deployed, Environment

    snapshots: dict[Client, Snapshot] = {}
    # The engine keeps no order.
    targets = sorted(ServiceAccess(stack).targets(), key=lambda target: target.label)
    for target in targets:
        snapshots.setdefault(target.client, Snapshot(target.client)).expect(len(targets))

    def read(target: Target) -> tuple[str, Deployed]:
        managed = target.managed
        assert managed is not None  # it is from the stack's state
        deployed_to, account = managed.outputs.get("accountId"), target.client.settings.account_id
        if deployed_to not in (None, account):  # or it would be taken for deleted
            raise StackError(
                f'the stack {stack.name}: workflow "{managed.name}" was deployed to the account {deployed_to}, and '
                f"8x8:accountId (PULUMI_8X8_ACCOUNT_ID) is {account} now. Nothing was changed."
            )
        try:
            held = managed.mask([snapshots[target.client].get(target.id).definition], stack.secret_texts())
            live = without_digests(held[0])  # nobody opens the state's, to see whether they are the same
        except NotFound:
            live = None
        return managed.name, Deployed(target.id, managed.version, managed.definition, live)

    found = dict(in_parallel(read, targets, f"reading {stack.name}"))
    return Environment(stack.name, read_sub_accounts(stack.config.get("8x8:subAccounts")), found)


def _lines(made: EnvironmentComparison) -> list[tuple[str, str]]:
    """What there is to say of all workflows: what, and which."""
    first, second = made.environments
    said = [
        ("the same", made.same),
        ("different", made.different),
        (f"only in {first}", made.only_in_first),
        (f"only in {second}", made.only_in_second),
    ]
    for name, drift in zip(made.environments, made.drifts, strict=True):
        said.append((f"changed outside of Pulumi in {name}", tuple(each.label for each in drift.workflows)))
    return [(f"{len(names):,} {what}", ", ".join(names)) for what, names in said if names]


def _title(made: EnvironmentComparison) -> str:
    total = len(made.same) + len(made.different) + len(made.only_in_first) + len(made.only_in_second)
    verdict = "not the same" if made.differs else "the same"
    return f"{' and '.join(made.environments)}: {count(total, 'workflow')}, {verdict}"


def _reviews(made: EnvironmentComparison) -> list[Review]:
    return [each for each in (made.promotion, *made.drifts) if each.changed or each.notes]


def _print(made: EnvironmentComparison) -> None:
    from rich.text import Text

    from pulumi_8x8.review.formats import print_review

    screen = console()
    screen.print(Text(printable(_title(made)), style="bold"), soft_wrap=True)
    for what, names in _lines(made):
        screen.print(Text(printable(f"  {what}: {names}")), soft_wrap=True)
    for each in _reviews(made):
        screen.print()
        print_review(each, screen)


def _print_markdown(made: EnvironmentComparison) -> None:
    from pulumi_8x8.review.formats import to_markdown
    from pulumi_8x8.review.formats.markdown import MARKER, escape

    lines = "".join(f"- {escape(f'{what}: {names}')}\n" for what, names in _lines(made))
    parts = [f"## {escape(_title(made))}\n\n{lines}"]
    # The marker is for finding the comment with the review of a change, and this is none.
    parts += [to_markdown(each, _LONGEST).removeprefix(f"{MARKER}\n") for each in _reviews(made)]
    sys.stdout.buffer.write("\n".join(parts).encode("utf-8", "replace"))


def _print_data(made: EnvironmentComparison) -> None:
    from pulumi_8x8.review.formats import to_json

    first, second = made.environments
    print_json(
        {
            "stacks": [first, second],
            "differs": made.differs,
            "same": made.same,
            "different": made.different,
            "onlyIn": {first: made.only_in_first, second: made.only_in_second},
            "promotion": json.loads(to_json(made.promotion)),
            "drift": {name: json.loads(to_json(each)) for name, each in zip((first, second), made.drifts, strict=True)},
        }
    )

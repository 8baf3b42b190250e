"""``pulumi-8x8 versions``: shows the versions of a workflow, and what changed between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pulumi_8x8.cli.support.history import History, read_history
from pulumi_8x8.cli.support.output import echo, has_styles, print_document, print_json, show_moment, write_file
from pulumi_8x8.cli.support.target import Ordered, of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import format_option, output_option, text_or_json
from pulumi_8x8.phrasing import count, printable
from pulumi_8x8.styling import styled

if TYPE_CHECKING:
    from pulumi_8x8.cli.support.target import ServiceAccess
    from pulumi_8x8.definition import Definition


class _Versions(Ordered):
    """``versions WORKFLOW`` means ``versions list WORKFLOW``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if args[0] in self.commands else ["list", *args])


@click.group(cls=_Versions, epilog="More: pulumi-8x8 docs deploy")
def versions() -> None:
    """Show the versions of a workflow, compare them, and get an older version back.

    `pulumi-8x8 versions WORKFLOW` lists them. WORKFLOW is the name of a resource in the stack, or the id of a
    definition. Secrets in the stack's state aren't shown.
    """


@versions.command("list")
@workflow_argument()
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The largest number of versions.")
@text_or_json
@of_a_stack
def list_(service: ServiceAccess, workflow: str, limit: int, format: str) -> None:
    """List the versions of a workflow, the newest first, and what changed in each, step by step.

    The service doesn't record who made a version. A version that is newer than the stack's state comes from the
    browser, from another stack, or from an interrupted update of this stack.

    \b
    $ pulumi-8x8 versions auto-reply

    Exits with 0, or with 2 if the service or the stack can't be read.
    """
    history = read_history(service, service.find(workflow))
    shown = range(min(limit, len(history.stored)))
    if format == "json":
        print_json([_facts(history, position) for position in shown])
        return
    from pulumi_8x8.review.formats import edits_to_text

    for position in shown:
        stored = history.stored[position]
        remark = history.remark(stored.version)
        line = f"version {stored.version}, {show_moment(stored.created_at)}, {stored.status}"
        echo(styled(f"{line}, {remark}" if remark else line, "bold"), styles=True)
        if position + 1 == len(history.stored):
            first = "" if stored.version == 1 else "; the earlier versions were deleted"
            echo(f"  {count(len(stored.definition.steps), 'step')}{first}")
        elif review := history.review(position + 1, position).workflows:
            echo(edits_to_text(review[0], indent=2, coloured=has_styles()), nl=False, styles=True)
        else:
            echo("  no changes")
    if len(shown) < len(history.stored):
        echo(f"{count(len(history.stored) - len(shown), 'older version')} not shown. To show more: --limit", err=True)


def _facts(history: History, position: int) -> dict[str, Any]:
    from pulumi_8x8.review.formats import to_data

    stored = history.stored[position]
    ours = history.target.managed.version if history.target.managed else None
    changes = None
    if position + 1 < len(history.stored):
        workflows = to_data(history.review(position + 1, position))["workflows"]
        changes = workflows[0]["edits"] if workflows else []
    return {
        "workflow": history.target.label,
        "definitionId": history.target.id,
        "version": stored.version,
        "createdAt": stored.created_at,
        "status": stored.status,
        "inStackState": None if ours is None else stored.version == ours,
        "changes": changes,
    }


@versions.command()
@workflow_argument()
@click.argument("old", metavar="VERSION", type=click.IntRange(1))
@click.argument("new", metavar="[VERSION]", type=click.IntRange(1), required=False)
@format_option("text", "markdown", "json", former={"--output": None})
@of_a_stack
def diff(service: ServiceAccess, workflow: str, old: int, new: int | None, format: str) -> None:
    """Compare two versions of a workflow, or one with the newest: the changed steps, and the effects on customers.

    \b
    $ pulumi-8x8 versions diff auto-reply 3 5
    $ pulumi-8x8 versions diff auto-reply 3 --format markdown

    Exits with 0, or with 2 if the version doesn't exist, or the service or the stack can't be read.
    """
    from pulumi_8x8.review.formats import FORMATS, to_text

    history = read_history(service, service.find(workflow))
    review = history.review(history.at(old), history.at(new))
    if format == "text":
        echo(to_text(review, coloured=has_styles()), nl=False, styles=True)
    else:
        print_document(FORMATS[format](review))


@versions.command()
@workflow_argument()
@click.argument("version", type=click.IntRange(1), required=False)
@format_option(
    "text",
    "file",
    "body",
    former={"--as": None},
    help="Text to read, a workflow file, or the body of a request to the service.",
)
@output_option(former={"--to": None}, help="Write to this file, in JSON if its name ends in .json.")
@click.option("--show-secrets", is_flag=True, help="Show the secrets in the stack's state in plain text.")
@of_a_stack
def show(
    service: ServiceAccess, workflow: str, version: int | None, format: str, output: str | None, show_secrets: bool
) -> None:
    """Show one version of a workflow, or write it to a file. Without VERSION, the newest.

    --format file is the format that Workflow(source=…), lint, run and review read. It has the logical names of
    8x8:subAccounts. No format contains the secrets in the stack's state: <secret:crmToken> stands for crmToken in the
    config.

    \b
    $ pulumi-8x8 versions show auto-reply 7
    $ pulumi-8x8 versions show auto-reply 7 --format file --output workflows/auto-reply.yaml

    Exits with 0, or with 2 if the version doesn't exist, or something can't be read or written.
    """
    from pulumi_8x8.exporting.yaml_writer import write_body

    history = read_history(service, service.find(workflow))
    position = history.at(version)
    stored = history.stored[position]
    definition = stored.definition
    left_out: dict[str, str] = {}
    if not show_secrets:
        definition, left_out = history.without_secrets(service, position)
    if format == "file":
        definition = _logical(service, definition)
    body = definition.body()
    text = write_body(body, "body.json" if format == "body" else output or "body.yaml")
    if format == "text":
        heading = f"{history.target.label}, version {stored.version}, {show_moment(stored.created_at)}"
        remark = history.remark(stored.version)
        text = f"# {printable(heading)}{f', {remark}' if remark else ''}\n{text}"
    if output is None:
        print_document(text)
    else:
        write_file(output, text)
        echo(f"Wrote {output}.", err=True)
    if left_out and format != "text":
        echo("The output has placeholders for secrets (--show-secrets shows them). Not in the config yet:", err=True)
        for name, place in left_out.items():
            echo(f"  pulumi config set --secret {name}    # {place}", err=True)


def _logical(service: ServiceAccess, definition: Definition) -> Definition:
    """Returns the definition with logical names of sub-accounts, if reading it back restores the real names."""
    from pulumi_8x8.definition import logical_names, read_sub_accounts, rename_sub_accounts

    names = read_sub_accounts(service.stack.config.get("8x8:subAccounts")) if service.stack else {}
    logical = rename_sub_accounts(definition, logical_names(names))
    if rename_sub_accounts(logical, names) == definition:
        return logical
    echo(
        "A sub-account has the same name as a logical name in 8x8:subAccounts. The output keeps the real names.",
        err=True,
    )
    return definition

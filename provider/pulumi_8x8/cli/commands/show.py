"""``pulumi-8x8 show``: shows one workflow definition that the service holds, in any version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.history import read_history
from pulumi_8x8.cli.support.inventory import describe, find_workflow
from pulumi_8x8.cli.support.output import print_document, print_json, show_moment
from pulumi_8x8.cli.support.target import of_a_stack, workflow_argument
from pulumi_8x8.cli.support.vocabulary import text_or_json
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi_8x8.cli.support.target import ServiceAccess


@click.command(epilog="More: pulumi-8x8 docs deploy")
@workflow_argument()
@click.argument("version", type=click.IntRange(1), required=False)
@text_or_json
@of_a_stack
def show(service: ServiceAccess, workflow: str, version: int | None, format: str) -> None:
    """Show one workflow definition: who manages it, and its steps. Without VERSION, the newest version.

    WORKFLOW is the name of a resource in the stack, the id of a definition, or its name on the service. The text is
    YAML, which lint, run and Workflow(source=…) read. It has a placeholder for each secret in the state:
    `pulumi-8x8 versions show` can show the secrets.

    \b
    $ pulumi-8x8 show auto-reply
    $ pulumi-8x8 show "Auto Reply ChatApps" 1 --format json

    Exits with 0, or with 2 if the workflow or the version doesn't exist, or something can't be read.
    """
    target = find_workflow(service, workflow)
    history = read_history(service, target)
    position = history.at(version)
    found = describe(service, target.client, history.stored[position])
    found = replace(found, definition=history.masked[position])
    definition, _ = history.without_secrets(service, position)
    versions = [each.version for each in history.stored]
    if format == "json":
        print_json({**found.facts(), "versions": versions, "body": definition.body()})
        return
    from pulumi_8x8.exporting.yaml_writer import write_body

    heading = {
        "name": found.name,
        "id": found.stored.id,
        "account": target.client.settings.account_id,
        "version": f"{found.stored.version}, created {show_moment(found.stored.created_at)}",
        "versions": ", ".join(map(str, versions)),
        "managed by": found.managed_by,
    }
    lines = "".join(f"# {what}: {printable(value)}\n" for what, value in heading.items())
    print_document(lines + write_body(definition.body(), "body.yaml"))

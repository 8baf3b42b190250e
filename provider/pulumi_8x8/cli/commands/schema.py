"""``pulumi-8x8 schema``: prints the JSON Schemas of files, for editors and other tools."""

from __future__ import annotations

import click

from pulumi_8x8.cli.support.output import print_document, write_file
from pulumi_8x8.cli.support.pages import shipped
from pulumi_8x8.cli.support.vocabulary import output_option


@click.command(epilog="More: pulumi-8x8 docs files in-an-editor")
@click.argument("file", type=click.Choice(["workflow", "tests", "stubs"]), default="workflow")
@output_option(former={}, help="Write the schema to FILE, not to standard output.")
def schema(file: str, output: str | None) -> None:
    """Print the JSON Schema of workflow files, of table tests (*.test.yaml), or of stubs for HTTP calls.

    With it, an editor completes and checks such files. In a YAML file, its first line names the schema:
    "# yaml-language-server: $schema=workflow.schema.json".

    \b
    $ pulumi-8x8 schema --output workflow.schema.json
    $ pulumi-8x8 schema tests --output .vscode/tests.schema.json

    Exits with 0, or with 2 if the file can't be written.
    """
    content = (shipped("docs") / f"{file}.schema.json").read_text("utf-8")
    if output is None:
        print_document(content)
    else:
        write_file(output, content)

"""``pulumi-8x8 graph``: draws the steps of a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import echo, print_document, show_printed, write_file
from pulumi_8x8.cli.support.vocabulary import (
    Failed,
    format_option,
    output_option,
    program_options,
    workflow_option,
)

# The layout is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.programs.loading import ProgramSettings


@click.command(epilog="More: pulumi-8x8 docs authoring")
@click.argument("path", type=click.Path())
@workflow_option
@format_option("mermaid", "svg", former={})
@output_option(former={}, help="Write to this file.")
@program_options
def graph(path: str, name: str | None, format: str, output: str | None, settings: ProgramSettings) -> None:
    """Draw the steps of a workflow and the paths between them, as Mermaid or SVG.

    PATH is a workflow file, a Python program (a .py file, or the folder of a Pulumi project), or a folder with several.
    A program runs with your rights, without the engine, a stack's state, and the service. GitHub and GitLab show
    Mermaid in Markdown. The SVG needs no other file, and is for light and dark mode.

    \b
    $ pulumi-8x8 graph menu.yaml
    $ pulumi-8x8 graph . --workflow menu --format svg --output menu.svg

    Exits with 0, or with 2 if the workflow can't be read.
    """
    from pulumi_8x8.programs.loading import load

    loaded = load([path], settings, meanwhile=["pulumi_8x8.review.formats.markdown"])
    show_printed(loaded.printed)
    from pulumi_8x8.review.formats.markdown import is_too_large, to_mermaid
    from pulumi_8x8.review.formats.svg import to_standalone_svg
    from pulumi_8x8.review.pictures import picture_of

    workflow = loaded.named(name)
    picture = picture_of(workflow.definition)
    if picture is None:
        raise Failed(f"{workflow.label}: its steps are secret, or known only after a deployment")
    if format == "mermaid":
        drawn = to_mermaid(picture)
        if is_too_large(picture, drawn):
            echo("The picture is too large for GitHub and GitLab. Use --format svg.", err=True)
    else:
        drawn = to_standalone_svg(picture, workflow.resource or workflow.path)
    if output is None:
        print_document(drawn)
    else:
        write_file(output, drawn)

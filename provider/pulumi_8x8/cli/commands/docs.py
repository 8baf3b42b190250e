"""``pulumi-8x8 docs``: prints the pages of the documentation, which come with the package."""

from __future__ import annotations

import click

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.pages import find_section, pages, print_page, read_page, shipped, title_of


@click.command()
@click.argument("page", required=False)
@click.argument("section", required=False)
def docs(page: str | None, section: str | None) -> None:
    """Print a page of the documentation, or one section of it, in Markdown. Without arguments, list the pages.

    The page authoring is a guide to writing workflows. The page errors describes every message; to find one, paste
    it, or words of it. The pages come with the package, in the version that you use.

    \b
    $ pulumi-8x8 docs
    $ pulumi-8x8 docs authoring
    $ pulumi-8x8 docs authoring operators
    $ pulumi-8x8 docs errors "already has a definition"

    Exits with 0, or with 2 if the page or section doesn't exist.
    """
    if page is None:
        for name, path in pages().items():
            echo(f"{name:20}{title_of(path.read_text('utf-8'))}")
        echo(f"\nThe pages are files in {shipped('docs')}, and so are the JSON Schemas of files (pulumi-8x8 schema).")
    elif section is None:
        print_page(read_page(page))
    else:
        print_page(find_section(page, section))

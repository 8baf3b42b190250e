"""``pulumi-8x8 review``: shows what a change does, for the people who approve it."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pulumi_8x8.cli.support.output import console, in_parallel, print_bytes, write_file
from pulumi_8x8.cli.support.target import ServiceAccess
from pulumi_8x8.cli.support.vocabulary import ExitCode, format_option, level_option, output_option
from pulumi_8x8.errors import ApiError, NotFound, SourceError

# The comparison is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.review.reviews import Review
    from pulumi_8x8.review.sources.preview import Preview

#: The newest versions of a workflow, whose running instances the command counts: two calls each.
_VERSIONS = 10


@click.command()
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--git", "revisions", metavar="A..B", help="Compare two revisions. A...B starts at their merge base.")
@format_option("text", "markdown", "html", "json", former={})
@output_option(former={}, help="Write to this file.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something changes.")
@level_option
@click.option("--running", is_flag=True, help="Show how many instances of the changed workflows run.")
@click.option("-s", "--stack", metavar="NAME", help="With --running: the stack. Default: the stack in the preview.")
@click.option("-C", "--cwd", metavar="FOLDER", default=".", help="With --running: the folder of the Pulumi project.")
def review(
    paths: Sequence[str],
    revisions: str | None,
    format: str,
    output: str | None,
    exit_code: bool,
    levels: Mapping[str, str],
    running: bool,
    stack: str | None,
    cwd: str,
) -> None:
    """Show what a change does to workflows: the changed steps, the effects on customers, new and solved problems.

    The change is a preview, the difference between two files or folders, or the difference between two git revisions.

    \b
    $ pulumi preview --json | pulumi-8x8 review
    $ pulumi-8x8 review preview.json --running
    $ pulumi-8x8 review old.json new.json
    $ pulumi-8x8 review before/ after/
    $ pulumi-8x8 review --git main...HEAD flows/

    Exits with 0, with 1 if something changes and --exit-code is set, or with 2 if the review can't be made or the
    preview failed. docs/review.md has more.
    """
    made = _make(paths, revisions, levels, (stack, cwd) if running else None)
    _write(made, format, output)
    sys.exit(ExitCode.FAILED if made.incomplete else ExitCode.FOUND if exit_code and made.changed else ExitCode.DONE)


def _make(
    paths: Sequence[str], revisions: str | None, levels: Mapping[str, str], ask: tuple[str | None, str] | None
) -> Review:
    """:param ask: the stack and the folder of the project, if the review includes running instances."""
    from pulumi_8x8.lint import load_own_rules
    from pulumi_8x8.review.reviews import review as make
    from pulumi_8x8.review.sources.preview import read_preview
    from pulumi_8x8.review.sources.sides import from_git, from_paths

    load_own_rules()
    if revisions is not None or len(paths) == 2:
        if ask:
            raise SourceError("--running needs a preview: files don't contain the ids of definitions")
        sides = from_paths(*paths) if revisions is None else from_git(revisions, paths)
        return make(sides.title, sides.pairs, unchanged=sides.unchanged, levels=levels)
    if len(paths) > 2:
        raise SourceError("expected a preview, two files or folders (before and after), or --git with revisions")
    name = paths[0] if paths else "-"
    if Path(name).is_dir():
        raise SourceError(
            f"{name}: a folder. Name two folders (before and after), or compare revisions: --git main...HEAD {name}"
        )
    preview = read_preview(_read(name), "standard input" if name == "-" else name)
    running, notes = _running(preview, *ask) if ask else ({}, [])
    notes = [*preview.notes, *notes]
    return make(preview.stack, preview.pairs, running=running, levels=levels, notes=notes, incomplete=preview.failed)


def _running(preview: Preview, stack: str | None, folder: str) -> tuple[Mapping[str, Mapping[int, int]], list[str]]:
    """Counts the running instances of the changed workflows, by definition id and version; and notes about them.

    :raises StackError: the stack can't be read.
    :raises SettingsError: the account or the key isn't set.
    """
    from pulumi_8x8.stacks import find_project, read_stack

    stack = stack or preview.stack.rpartition("/")[2] or None
    service = ServiceAccess(read_stack(stack, folder) if find_project(folder) else None)
    known = {id: pair.label for pair in preview.pairs if (id := pair.id or pair.adopts)}
    found: dict[str, Mapping[int, int]] = {}
    notes = []
    try:
        in_parallel(lambda id: found.update(_count(service, id, known[id])), list(known), "reading running instances")
    except ApiError as error:
        notes.append(f"the review lacks some numbers of running instances: {error.summary}")
    return found, notes


def _count(service: ServiceAccess, definition_id: str, label: str) -> Mapping[str, Mapping[int, int]]:
    """Counts the running instances of one definition, by version. The result is empty if the definition is gone."""
    from pulumi_8x8.api import find_running

    known = service.stack.workflows.get(label) if service.stack else None
    client = service.client(known.account if known else None)
    try:
        history = client.history(definition_id)[:_VERSIONS]
    except NotFound:
        return {}
    return {definition_id: dict(find_running(client, history).counts)}


def _read(name: str) -> bytes:
    if name == "-":
        if sys.stdin.isatty():
            raise SourceError(
                "the preview is missing. Name a file, or pipe it: pulumi preview --json | pulumi-8x8 review"
            )
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise SourceError(f"{name}: {what} (current folder: {Path.cwd()})") from None


def _write(made: Review, format: str, output: str | None) -> None:
    from pulumi_8x8.review.formats import FORMATS, print_review

    if output is not None:
        write_file(output, FORMATS[format](made))
    elif format == "text":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # the encoding of the terminal may lack the arrows
        print_review(made, console())
    else:
        print_bytes(FORMATS[format](made))

"""``pulumi-8x8 review``: what a change does, for those who have to approve it."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

# What reads, compares and shows is imported where it is used, so that `--help` and completion come at once.
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_8x8.cli.support.target import ServiceAccess
    from pulumi_8x8.review.reviews import Review
    from pulumi_8x8.review.sources.preview import Preview

#: Versions of a workflow that are looked at for running instances, the newest first: two calls each.
_VERSIONS = 10
#: Workflows that are asked for at the same time.
_AT_ONCE = 8


class _WrongUse(click.UsageError):
    exit_code = 1  # 2 says that something changed


class _Review(click.Command):
    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **options)
        except click.UsageError as error:
            raise _WrongUse(error.format_message(), error.ctx) from None


@click.command(cls=_Review)
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--git", "revisions", metavar="A..B", help="Compare two revisions; A...B: from where they parted.")
@click.option("--format", "form", type=click.Choice(["text", "markdown", "html", "json"]), default="text")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write to this file.")
@click.option("--exit-code", is_flag=True, help="Exit with 2 when something changes.")
@click.option("--level", "levels", metavar="RULE=LEVEL", multiple=True, help="Set a rule to off, warning or error.")
@click.option("--running", is_flag=True, help="Ask the service how many instances run, of the workflows that change.")
@click.option("-s", "--stack", metavar="NAME", help="With --running: the stack; default: that of the preview.")
@click.option("-C", "--cwd", metavar="FOLDER", default=".", help="With --running: the folder of the Pulumi project.")
def review(
    paths: Sequence[str],
    revisions: str | None,
    form: str,
    output: str | None,
    exit_code: bool,
    levels: Sequence[str],
    running: bool,
    stack: str | None,
    cwd: str,
) -> None:
    """Show what a change does to workflows: step by step, what customers will notice, new and solved problems.

    \b
    $ pulumi preview --json | pulumi-8x8 review
    $ pulumi-8x8 review preview.json --running
    $ pulumi-8x8 review old.json new.json
    $ pulumi-8x8 review before/ after/
    $ pulumi-8x8 review --git main...HEAD flows/

    Exits with 0, with 2 when something changes and --exit-code is given, and with 1 when it cannot tell. More in
    docs/review.md.
    """
    from pulumi_8x8.errors import Pulumi8x8Error

    try:
        made = _make(paths, revisions, levels, (stack, cwd) if running else None)
    except Pulumi8x8Error as error:
        raise click.ClickException(str(error)) from None
    _write(made, form, output)
    sys.exit(1 if made.incomplete else 2 if exit_code and made.changed else 0)


def _make(
    paths: Sequence[str], revisions: str | None, levels: Sequence[str], ask: tuple[str | None, str] | None
) -> Review:
    """:param ask: the stack and the folder of the project, to ask the service for running instances."""
    from pulumi_8x8.errors import SourceError
    from pulumi_8x8.lint import read_levels
    from pulumi_8x8.review.reviews import review as make
    from pulumi_8x8.review.sources.preview import read_preview
    from pulumi_8x8.review.sources.sides import from_git, from_paths

    chosen = read_levels(",".join(levels))
    if revisions is not None or len(paths) == 2:
        if ask:
            raise SourceError("--running goes with a preview; files do not say which definitions they are")
        sides = from_paths(*paths) if revisions is None else from_git(revisions, paths)
        return make(sides.title, sides.pairs, unchanged=sides.unchanged, levels=chosen)
    if len(paths) > 2:
        raise SourceError("name a preview, or two files or folders (before and after), or --git with revisions")
    name = paths[0] if paths else "-"
    if Path(name).is_dir():
        raise SourceError(
            f"{name}: a folder; name two, before and after, or compare revisions: --git main...HEAD {name}"
        )
    preview = read_preview(_read(name), "standard input" if name == "-" else name)
    running, notes = _running(preview, *ask) if ask else ({}, [])
    notes = [*preview.notes, *notes]
    return make(preview.stack, preview.pairs, running=running, levels=chosen, notes=notes, incomplete=preview.failed)


def _running(preview: Preview, stack: str | None, folder: str) -> tuple[Mapping[str, Mapping[int, int]], list[str]]:
    """How many instances run, by definition id and version, of the workflows that change; and notes about it.

    :raises StackError: the stack cannot be read.
    :raises SettingsError: account or key are not set.
    """
    from concurrent.futures import ThreadPoolExecutor

    from pulumi_8x8.cli.support.target import ServiceAccess
    from pulumi_8x8.errors import ApiError
    from pulumi_8x8.stacks import find_project, read_stack

    stack = stack or preview.stack.rpartition("/")[2] or None
    service = ServiceAccess(read_stack(stack, folder) if find_project(folder) else None)
    found: dict[str, Mapping[int, int]] = {}
    failures: list[ApiError] = []

    def ask(definition_id: str, label: str) -> None:
        if not failures:  # a service that is down is not asked for each
            try:
                found.update(_count(service, definition_id, label))
            except ApiError as error:
                failures.append(error)

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        known = [(pair.id or pair.adopts, pair.label) for pair in preview.pairs]
        waiting = [threads.submit(ask, id, label) for id, label in known if id]
    for each in waiting:
        each.result()
    if not failures:
        return found, []
    return found, [f"how many instances are running is not known of all workflows: {failures[0].summary}"]


def _count(service: ServiceAccess, definition_id: str, label: str) -> Mapping[str, Mapping[int, int]]:
    """The running instances of one definition, by version; nothing when the definition is gone."""
    from pulumi_8x8.api import find_running
    from pulumi_8x8.errors import NotFound

    known = service.stack.workflows.get(label) if service.stack else None
    client = service.client(known.account if known else None)
    try:
        history = client.history(definition_id)[:_VERSIONS]
    except NotFound:
        return {}
    return {definition_id: dict(find_running(client, history).counts)}


def _read(name: str) -> bytes:
    from pulumi_8x8.errors import SourceError

    if name == "-":
        if sys.stdin.isatty():
            raise SourceError("name a preview, or pipe it: pulumi preview --json | pulumi-8x8 review")
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        what = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise SourceError(f"{name}: {what}; it is looked for from {Path.cwd()}") from None


def _write(made: Review, form: str, output: str | None) -> None:
    from rich.console import Console

    from pulumi_8x8.cli.support.output import console
    from pulumi_8x8.review.formats import print_review, to_html, to_json, to_markdown

    if form == "text" and output is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal may lack the arrows
        print_review(made, console())
        return
    if form == "text":
        text = io.StringIO()
        print_review(made, Console(file=text))
        content = text.getvalue()
    else:
        content = {"markdown": to_markdown, "html": to_html, "json": to_json}[form](made)
    data = (content if content.endswith("\n") else f"{content}\n").encode("utf-8", "replace")
    if output is None:
        # Bytes: an HTML page says that it is UTF-8, whatever the terminal's encoding is.
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        Path(output).write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror or error}") from None

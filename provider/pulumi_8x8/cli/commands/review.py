"""``pulumi-8x8 review``: shows what a change does, for the people who approve it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pulumi_8x8.bounded import LARGEST_OUTPUT, read_file, read_stream, why_unreadable
from pulumi_8x8.cli.commands.backtest import run_backtest
from pulumi_8x8.cli.support.output import echo, has_styles, in_parallel, print_document, show_printed, write_file
from pulumi_8x8.cli.support.target import ServiceAccess, Target, verbose_option
from pulumi_8x8.cli.support.vocabulary import (
    ExitCode,
    config_option,
    format_option,
    level_option,
    output_option,
)
from pulumi_8x8.errors import ApiError, NotFound, SourceError
from pulumi_8x8.installation import require

# The comparison is imported where it is used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.analysis.counts import Traffic
    from pulumi_8x8.api import Client
    from pulumi_8x8.evidence.backtest import Backtest
    from pulumi_8x8.programs.loading import ProgramSettings
    from pulumi_8x8.review.reviews import Review
    from pulumi_8x8.review.sources.preview import Preview

#: The newest versions of a workflow, whose running instances the command counts: two calls each.
_VERSIONS = 10


@click.command(epilog="More: pulumi-8x8 docs review")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--git", "revisions", metavar="A..B", help="Compare two revisions. A...B starts at their merge base.")
@format_option("text", "markdown", "html", "json", former={})
@output_option(former={}, help="Write to this file.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something changes.")
@level_option
@click.option("--running", is_flag=True, help="Show how many instances of the changed workflows run.")
@click.option(
    "--traffic",
    type=click.IntRange(1),
    metavar="N",
    help="Show how many of the newest N conversations took each step and path.",
)
@click.option(
    "--backtest",
    type=click.IntRange(1),
    metavar="N",
    help="Show what the change would have done to the newest N conversations of each workflow.",
)
@click.option(
    "-s",
    "--stack",
    metavar="NAME",
    help="With the three options before: the stack. Default: the stack in the preview. For programs: the stack whose "
    "config they get.",
)
@config_option
@click.option(
    "-C", "--cwd", metavar="FOLDER", default=".", help="With the same options: the folder of the Pulumi project."
)
@verbose_option
def review(
    paths: Sequence[str],
    revisions: str | None,
    format: str,
    output: str | None,
    exit_code: bool,
    levels: Mapping[str, str],
    running: bool,
    traffic: int | None,
    backtest: int | None,
    stack: str | None,
    config: Mapping[str, str],
    cwd: str,
) -> None:
    """Show what a change does to workflows: the changed steps, the effects on customers, new and solved problems.

    The change is a preview, the difference between two files, programs or folders, or the difference between two git
    revisions. Python programs run on both sides, without the engine, a stack's state, and the service.

    With --git, only programs at PATHS run. The code of a revision runs on this machine with your rights: name programs
    only if you trust both revisions.

    \b
    $ pulumi preview --json | pulumi-8x8 review
    $ pulumi-8x8 review preview.json --running --traffic 500 --backtest 200
    $ pulumi-8x8 review old.json new.json
    $ pulumi-8x8 review before/ after/
    $ pulumi-8x8 review --git main...HEAD flows/
    $ pulumi-8x8 review --git HEAD .

    Exits with 0, with 1 if something changes and --exit-code is set, or with 2 if the review can't be made or the
    preview failed.
    """
    from pulumi_8x8.programs.loading import ProgramSettings

    if backtest is not None:
        require("emulator", "`pulumi-8x8 review --backtest`")
    settings = ProgramSettings(stack, config)
    made, tested = _make(paths, revisions, levels, settings, _Asked(running, traffic, backtest, stack, cwd))
    _write(made, tested, format, output)
    sys.exit(ExitCode.FAILED if made.incomplete else ExitCode.FOUND if exit_code and made.changed else ExitCode.DONE)


@dataclass(frozen=True)
class _Asked:
    """What the review includes from the service: running instances, the traffic or backtest of so many conversations.

    :param stack, folder: of the project.
    """

    running: bool
    traffic: int | None
    backtest: int | None
    stack: str | None
    folder: str

    @property
    def option(self) -> str:
        """The first option that needs the service; empty if none does."""
        options = {"--running": self.running, "--traffic": self.traffic, "--backtest": self.backtest}
        return next((name for name, given in options.items() if given), "")


def _make(
    paths: Sequence[str],
    revisions: str | None,
    levels: Mapping[str, str],
    settings: ProgramSettings,
    asked: _Asked,
) -> tuple[Review, list[Backtest]]:
    from pulumi_8x8.lint import load_own_rules
    from pulumi_8x8.review.reviews import review as make
    from pulumi_8x8.review.sources.preview import read_preview
    from pulumi_8x8.review.sources.sides import from_git, from_paths

    load_own_rules()
    if revisions is not None or len(paths) == 2:
        if asked.option:
            raise SourceError(f"{asked.option} needs a preview: files don't contain the ids of definitions")
        sides = from_paths(paths[0], paths[1], settings) if revisions is None else from_git(revisions, paths, settings)
        show_printed(sides.printed)
        for failure in sides.failures:
            echo(failure, err=True)
        made = make(
            sides.title,
            sides.pairs,
            unchanged=sides.unchanged,
            levels=levels,
            notes=[*sides.notes, *sides.failures],
            incomplete="not every file can be read" if sides.failures else "",
        )
        return made, []
    if len(paths) > 2:
        raise SourceError("expected a preview, two files or folders (before and after), or --git with revisions")
    name = paths[0] if paths else "-"
    if os.path.isdir(name):
        raise SourceError(
            f"{name}: a folder. Name two folders (before and after), or compare revisions: --git main...HEAD {name}, "
            f"or --git HEAD {name} for what isn't committed"
        )
    preview = read_preview(_read(name), "standard input" if name == "-" else name)
    notes = [*preview.notes]
    running: Mapping[str, Mapping[int, int]] = {}
    traffic: Mapping[str, Traffic] = {}
    tested: list[Backtest] = []
    if asked.option:
        with _service(preview, asked) as service:
            if asked.running:
                running, more = _running(preview, service)
                notes += more
            if asked.traffic:
                traffic, more = _traffic(preview, service, asked.traffic)
                notes += more
            if asked.backtest:
                tested, more = _backtests(preview, service, asked.backtest)
                notes += more
    made = make(
        preview.stack,
        preview.pairs,
        running=running,
        traffic=traffic,
        levels=levels,
        notes=notes,
        incomplete=preview.incomplete,
    )
    return made, tested


def _backtests(preview: Preview, service: ServiceAccess, last: int) -> tuple[list[Backtest], list[str]]:
    """Backtests each changed workflow on its newest conversations; and notes about what is missing."""
    found: list[Backtest] = []
    notes = []
    for pair in preview.pairs:
        id = pair.id or pair.adopts
        if id is None or pair.new is None or not pair.differs:
            continue
        try:
            tested = run_backtest(Target(_client(service, pair.label), id), pair.new.definition, last)
            found.append(replace(tested, label=pair.label))
        except (ApiError, SourceError) as error:
            reason = error.summary if isinstance(error, ApiError) else str(error)
            notes.append(f"the review lacks the backtest of {pair.label}: {reason}")
    return found, notes


def _service(preview: Preview, asked: _Asked) -> ServiceAccess:
    """The accounts of the stack in the preview, or of the environment.

    :raises StackError: the stack can't be read.
    """
    from pulumi_8x8.stacks import find_project, read_stack

    stack = asked.stack or preview.stack.rpartition("/")[2] or None
    return ServiceAccess(read_stack(stack, asked.folder) if find_project(asked.folder) else None, asked.folder)


def _client(service: ServiceAccess, label: str) -> Client:
    """A client of the account of a workflow. :raises SettingsError: the account or the key isn't set."""
    known = service.stack.workflows.get(label) if service.stack else None
    return service.client(known.account if known else None)


def _traffic(preview: Preview, service: ServiceAccess, last: int) -> tuple[Mapping[str, Traffic], list[str]]:
    """Counts the newest conversations of each changed workflow, by definition id; and notes about them."""
    from pulumi_8x8.cli.support.conversations import read_traffic

    found: dict[str, Traffic] = {}
    for pair in preview.pairs:
        if pair.id is None or pair.old is None or not pair.differs:
            continue
        client, shown = _client(service, pair.label), pair.old.definition
        try:
            found[pair.id], _ = read_traffic(client, pair.id, last=last, shown=shown)
        except NotFound:
            continue
        except ApiError as error:
            return found, [f"the review lacks some numbers of conversations: {error.summary}"]
    return found, []


def _running(preview: Preview, service: ServiceAccess) -> tuple[Mapping[str, Mapping[int, int]], list[str]]:
    """Counts the running instances of the changed workflows, by definition id and version; and notes about them."""
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

    client = _client(service, label)
    try:
        history = client.history(definition_id)[:_VERSIONS]
    except NotFound:
        return {}
    return {definition_id: dict(find_running(client, history).counts)}


def _read(name: str) -> bytes:
    if name == "-" and sys.stdin.isatty():
        raise SourceError("the preview is missing. Name a file, or pipe it: pulumi preview --json | pulumi-8x8 review")
    try:
        return read_stream(sys.stdin.buffer, LARGEST_OUTPUT) if name == "-" else read_file(name, LARGEST_OUTPUT)
    except (OSError, ValueError) as error:
        shown = "standard input" if name == "-" else name
        raise SourceError(f"{shown}: {why_unreadable(error)} (current folder: {Path.cwd()})") from None


def _write(made: Review, tested: Sequence[Backtest], format: str, output: str | None) -> None:
    from pulumi_8x8.evidence.formats import REVIEWS, to_text
    from pulumi_8x8.review.formats import to_text as review_to_text

    if output is not None:
        write_file(output, REVIEWS[format](made, tested))
    elif format == "text":
        echo(review_to_text(made, coloured=has_styles()), nl=False, styles=True)
        for each in tested:
            echo(f"\n{to_text([each])}", nl=False)
    else:
        print_document(REVIEWS[format](made, tested))

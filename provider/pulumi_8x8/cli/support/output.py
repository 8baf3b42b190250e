"""How commands print: tables, times, JSON, and how far they are with what takes its time."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pulumi_8x8.cli.support.vocabulary import ExitCode, Failed
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_T = TypeVar("_T")
_R = TypeVar("_R")

#: Calls of the service that are under way at the same time.
_AT_ONCE = 8
#: Seconds after which a person wants to see how far it is.
_NOTICEABLE = 2.0


def print_json(value: Any) -> None:
    """A value as JSON: what a command prints with ``--format json``."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_json_line(value: Any) -> None:
    """A value as JSON on one line, at once: for what comes bit by bit."""
    click.echo(json.dumps(value, ensure_ascii=False))


def print_bytes(content: str) -> None:
    """Prints a document in UTF-8, whatever the terminal's encoding is: an HTML page says that it is UTF-8."""
    sys.stdout.buffer.write(_document(content))
    sys.stdout.buffer.flush()


def write_file(path: str, content: str) -> None:
    """Writes a document to the file that ``--output`` names."""
    try:
        Path(path).write_bytes(_document(content))
    except OSError as error:
        raise Failed(f"{path}: cannot be written: {error.strerror or error}") from None


def _document(content: str) -> bytes:
    return (content if content.endswith("\n") else f"{content}\n").encode("utf-8", "replace")


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table; nothing in it is ever cut.

    On a terminal that is too narrow for it, each row becomes a paragraph.
    """
    from rich.text import Text

    screen = console()
    head = [Text(title, style="bold") for title in titles]
    cells = [[_tinted(printable(cell)) for cell in row] for row in rows]
    widths = [max(cell.cell_len for cell in column) for column in zip(head, *cells, strict=True)]
    if screen.is_terminal and sum(widths) + 2 * (len(widths) - 1) > screen.width:
        longest = max(title.cell_len for title in head)
        for number, row in enumerate(cells):
            if number:
                screen.print()
            for title, cell in zip(head, row, strict=True):
                if cell:
                    screen.print(Text.assemble(_padded(title, longest), cell), soft_wrap=True)
        return
    for row in [head, *cells]:
        line = Text().join(_padded(cell, width) for cell, width in zip(row, widths, strict=True))
        line.rstrip()
        screen.print(line, soft_wrap=True)


_TINTS = {"Runnable": "green", "Suspended": "yellow", "Terminated": "red", "Failed": "red"}


def _tinted(cell: str) -> Text:
    from rich.text import Text

    return Text(cell, style=_TINTS.get(cell, ""))


def _padded(cell: Text, width: int) -> Text:
    padded = cell.copy()
    padded.pad_right(width - cell.cell_len + 2)
    return padded


def console(*, err: bool = False) -> Console:
    """Where text for people goes; without colours where the output is no terminal."""
    from rich.console import Console

    return Console(stderr=err, highlight=False, markup=False, emoji=False)


def read_moment(text: str) -> datetime | None:
    """A moment as the service writes it; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def show_moment(text: str) -> str:
    """A moment of the service in UTC, to the second: ``2026-03-01 12:00:00Z``."""
    moment = read_moment(text)
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else text


def seconds_between(start: str, end: str) -> float | None:
    """Seconds from one moment to another, to now when there is no ``end``; ``None`` without a start."""
    begun, over = read_moment(start), read_moment(end) if end else datetime.now(UTC)
    # Our clock may be behind the service's.
    return max(0.0, (over - begun).total_seconds()) if begun and over else None


def show_seconds(seconds: float | None) -> str:
    """A length as the service writes one, ``1.06:30:15``; empty for ``None``."""
    from pulumi_8x8.definition import show_duration

    return "" if seconds is None else show_duration(timedelta(seconds=round(seconds)))


def ask(question: str, yes: bool) -> None:
    """Lets a person decide; ends the command with 1 when the answer is no, and with 2 when there is nobody to ask.

    :param yes: it is decided already.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failed(f"{question}\nThere is no terminal to answer on. Nothing was changed. To do it: --yes")
    if not click.confirm(question, default=False, err=True):
        click.echo("Nothing was changed.", err=True)
        sys.exit(ExitCode.FOUND)


def in_parallel(work: Callable[[_T], _R], items: Sequence[_T], what: str) -> list[_R]:
    """``work(item)`` of each, in the order of ``items``; where it takes longer, with a bar on standard error.

    An error, or Ctrl-C, keeps what has not begun from beginning.

    :param what: is said beside the bar.
    """
    from concurrent.futures import ThreadPoolExecutor

    if len(items) == 1:
        return [work(items[0])]
    with _bar(len(items), what) as advance, ThreadPoolExecutor(_AT_ONCE) as threads:
        under_way = [threads.submit(work, item) for item in items]
        try:
            results = []
            for each in under_way:
                results.append(each.result())
                advance()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
    return results


@contextmanager
def _bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A bar that shows when it takes longer than people like to wait, on a terminal only."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    screen = console(err=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    task = progress.add_task(what, total=total)
    late = threading.Timer(_NOTICEABLE, progress.start)
    late.daemon = True
    late.start()
    try:
        yield lambda: progress.advance(task)
    finally:
        late.cancel()
        late.join()
        progress.stop()

"""How commands print: tables, times, JSON, documents, questions, and progress. It writes only to ``--output``.

No command prints in another way, so that one place decides what happens to a text that standard output can't take.
Text for people is wrapped on a terminal only, and styled there or if ``FORCE_COLOR`` is set. ``NO_COLOR`` and
``TERM=dumb`` leave out all styles.
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any, NoReturn, TextIO, TypeVar

import click

from pulumi_8x8.cli.support.vocabulary import ExitCode, Failed
from pulumi_8x8.cli.support.wrapping import wrapped_text
from pulumi_8x8.phrasing import duration_in_words, for_terminal, printable
from pulumi_8x8.styling import only_styles, styled, width_of

_T = TypeVar("_T")
_R = TypeVar("_R")

#: Concurrent calls of the service.
_AT_ONCE = 8
#: Seconds after which a person wants to see the progress.
_NOTICEABLE = 1.0
#: Seconds between two pictures of the progress.
_REDRAWN = 0.2
_LONGEST_BAR = 20
_progress_is_shown = threading.Event()
#: Columns of a terminal of unknown width.
_USUAL = 80


#: Signs for characters in the commands' own texts that the encoding of the output may lack.
_SIGNS = dict.fromkeys("“”", '"') | dict.fromkeys("‘’", "'") | dict.fromkeys("–—·", "-")
_SIGNS |= {"→": "->", "…": "...", "×": "x", "•": "*", "█": "#"}


def _readable(error: UnicodeError) -> tuple[str, int]:
    """Replaces a character by similar signs, or by an escape such as ``\\u00e9``."""
    assert isinstance(error, UnicodeEncodeError)
    wrong = error.object[error.start : error.end]
    return "".join(_SIGNS.get(each) or each.encode("ascii", "backslashreplace").decode() for each in wrong), error.end


def prepare_streams() -> None:
    """Makes the standard streams take any text. A closed stream is as good as ``/dev/null``."""
    codecs.register_error("pulumi-8x8", _readable)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="pulumi-8x8")


@contextmanager
def writing() -> Iterator[None]:
    """Ends the command if nobody takes its output."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        _lose_output(error)


def _lose_output(error: OSError) -> NoReturn:
    """Ends the command, whose output can't be written.

    A closed pipe (``| head``) ends it silently, as it ends other programs: with 128 plus the number of the signal.
    """
    is_pipe = isinstance(error, BrokenPipeError)
    if not is_pipe and (error.filename is not None or error.errno not in _NOT_WRITTEN):
        raise error  # of something else
    # Otherwise Python writes the rest when it ends, and shows a traceback.
    for stream in (sys.stdout, sys.stderr) if is_pipe else (sys.stdout,):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if not is_pipe:
        echo(f"Error: the output can't be written: {error.strerror}", err=True)
    sys.exit(ExitCode.PIPE_CLOSED if is_pipe else ExitCode.FAILED)


_NOT_WRITTEN = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


def echo(text: str = "", *, err: bool = False, nl: bool = True, styles: bool = False) -> None:
    """Prints a text for people. All commands print through this module only.

    :param err: on standard error. :param nl: end the line.
    :param styles: the text has styles, and whatever is from outside went through :func:`styled`.
    """
    stream = sys.stderr if err else sys.stdout
    text = only_styles(text) if styles else for_terminal(text)
    if stream.isatty():
        text = wrapped_text(text, _columns_of(stream))
        if err and _progress_is_shown.is_set():  # the text is written over its line, which may be longer
            first, end, rest = text.partition("\n")
            text = first + " " * (_columns_of(stream) - 1 - width_of(first)) + end + rest
    click.echo(text, file=stream, nl=nl, color=_is_styled(stream))


def _is_styled(stream: TextIO) -> bool:
    """Whether styles and colours show there: on a terminal, unless the environment wants it otherwise."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def has_styles() -> bool:
    """Whether standard output shows styles, for a text that needs other words without them."""
    return _is_styled(sys.stdout)


def _columns_of(stream: TextIO) -> int:
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdecimal() and int(wanted):
        return int(wanted)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    return _USUAL


def columns() -> int | None:
    """The columns of the terminal that people see; ``None`` if standard output is none, so that lines stay whole."""
    return _columns_of(sys.stdout) if sys.stdout.isatty() else None


def fitting(message: str, taken: int = 0) -> str:
    """A message that another library prints on standard error, wrapped if that is a terminal.

    :param taken: columns that the library itself needs in a line.
    """
    if not sys.stderr.isatty():
        return message
    first = "x" * taken  # instead of what the library writes there
    return wrapped_text(f"{first}{message}", _columns_of(sys.stderr))[taken:]


def show_printed(text: str) -> None:
    """Shows what programs printed, on standard error, so that the output of the command stays clean."""
    if text.strip():
        echo(text.rstrip(), err=True, styles=True)  # the programs' own


def print_json(value: Any, *, on_one_line: bool = False) -> None:
    """Prints a value as JSON, for ``--format json``; on one line for output that arrives over time."""
    # JSON is in UTF-8. In another encoding, only ASCII is the same.
    text = json.dumps(value, indent=None if on_one_line else 2, ensure_ascii=not writes_unicode())
    click.echo(for_terminal(text, lambda letter: json.dumps(letter)[1:-1]))


def writes_unicode() -> bool:
    """Whether standard output takes any character."""
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")


def print_document(content: str) -> None:
    """Prints a document that programs read, in UTF-8 whatever the encoding of standard output is.

    On a terminal, people read it, and it is in the terminal's encoding.
    """
    if sys.stdout.isatty():
        click.echo(for_terminal(content), nl=not content.endswith("\n"))
    elif content:
        sys.stdout.flush()
        sys.stdout.buffer.write(_document(for_terminal(content)))
        sys.stdout.flush()


def write_file(path: str, content: str) -> None:
    """Writes a document to the file that ``--output`` names."""
    try:
        Path(path).write_bytes(_document(content))
    except OSError as error:
        raise Failed(f"{path}: can't be written: {error.strerror or error}") from None


def _document(content: str) -> bytes:
    return (content if content.endswith("\n") else f"{content}\n").encode("utf-8", "replace")


def print_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table, and never truncates a cell.

    On a terminal that is too narrow, a row has as many cells as fit, and the others follow below it with their titles.
    """
    head = [styled(title, "bold") for title in titles]
    cells = [[styled(text, _TINTS.get(text, "")) for text in map(printable, row)] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(head, *cells, strict=True)]
    room = columns()
    ends = accumulate(each + 2 for each in widths)  # with two blanks after each column
    fit = len(widths) if room is None else max(1, sum(end - 2 <= room for end in ends))
    for row in [head, *cells]:
        padded = (cell + " " * (width - width_of(cell)) for cell, width in zip(row[:fit], widths, strict=False))
        echo("  ".join(padded).rstrip(), styles=True)
        # The cells that don't fit; below the titles there is nothing to add.
        below = [f"{styled(title, 'dim')} {cell}" for title, cell in zip(titles, row, strict=True) if cell]
        if row is not head and room is not None:
            _print_below(room, below[sum(bool(cell) for cell in row[:fit]) :])


def _print_below(room: int, cells: Sequence[str]) -> None:
    """Prints cells side by side, as many in a line as fit."""
    line = ""
    for cell in cells:
        if line and width_of(line) + 2 + width_of(cell) > room:
            echo(line, styles=True)
            line = ""
        line += f"  {cell}"
    if line:
        echo(line, styles=True)


_TINTS = {"Runnable": "green", "Suspended": "yellow", "Terminated": "red", "Failed": "red"}


def bar(share: float, width: int) -> str:
    """A bar for a share from 0 to 1.

    :param width: of the bar for 1, in characters.
    """
    return ("█" if writes_unicode() else "#") * round(share * width)


def read_moment(text: str) -> datetime | None:
    """Reads a moment in the service's form; ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def show_moment(text: str) -> str:
    """A moment from the service in UTC, to the second: ``2026-03-01 12:00:00Z``."""
    moment = read_moment(text)
    return f"{moment:%Y-%m-%d %H:%M:%S}Z" if moment else text


def seconds_between(start: str, end: str) -> float | None:
    """Seconds from ``start`` to ``end``, or to now if ``end`` is empty; ``None`` without a start."""
    begun, over = read_moment(start), read_moment(end) if end else datetime.now(UTC)
    # This machine's clock may be behind the service's.
    return max(0.0, (over - begun).total_seconds()) if begun and over else None


def show_seconds(seconds: float | None) -> str:
    """A duration in the service's form, ``1.06:30:15``; empty for ``None``."""
    from pulumi_8x8.definition import show_duration

    return "" if seconds is None else show_duration(timedelta(seconds=round(seconds)))


def ask(question: str, yes: bool) -> None:
    """Asks for confirmation. Ends the command with 1 if the answer is no, and with 2 if there is nobody to ask.

    :param yes: the user has confirmed already.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failed(f"{question}\nThere is no terminal to ask on. Nothing was changed. To confirm: --yes")
    if not click.confirm(fitting(question, taken=len(" [y/N]: ")), default=False, err=True):
        echo("Nothing was changed.", err=True)
        sys.exit(ExitCode.FOUND)


def in_parallel(work: Callable[[_T], _R], items: Sequence[_T], what: str) -> list[_R]:
    """Returns ``work(item)`` of each item, in the order of ``items``, with a bar on standard error if it takes long.

    After an error or Ctrl-C, no further work starts.

    :param what: the text beside the bar.
    """
    from concurrent.futures import ThreadPoolExecutor

    if len(items) == 1:
        return [work(items[0])]
    with progress_bar(len(items), what) as advance, ThreadPoolExecutor(_AT_ONCE) as threads:
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
def progress_bar(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A line with a bar that appears when the work takes long, on a terminal only, and disappears at the end."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    what = for_terminal(what)
    done, over, begun = 0, threading.Event(), time.monotonic()

    def advance() -> None:
        nonlocal done
        done += 1

    def draw() -> None:
        longest = 0
        while not over.wait(_REDRAWN if longest else _NOTICEABLE):
            room = _columns_of(sys.stderr) - 1
            counts = f" {done}/{total}"
            if done:
                left = timedelta(seconds=round((time.monotonic() - begun) / done * (total - done)))
                counts += f", {duration_in_words(left)} left"
            width = max(0, min(_LONGEST_BAR, room - width_of(f"{what} {counts}")))
            line = f"{what} {bar(done / max(1, total), width).ljust(width)}{counts}"
            while width_of(line) > room:
                line = line[:-1]
            longest = min(room, max(longest, width_of(line)))
            _progress_is_shown.set()
            show(line + " " * (longest - width_of(line)))
        if longest:
            show(" " * longest)

    def show(line: str) -> None:
        # The cursor is in front of it, so that a message in the meantime is written over it.
        with suppress(OSError):
            click.echo(f"\r{line}\r", file=sys.stderr, nl=False)

    drawing = threading.Thread(target=draw, daemon=True)
    drawing.start()
    try:
        yield advance
    finally:
        over.set()
        drawing.join()
        _progress_is_shown.clear()

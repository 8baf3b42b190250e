"""The vocabulary of all commands: options that mean the same everywhere, and what each exit code means.

``--format`` is always a format, and ``--output`` always a file. The module reads only files that an option names.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


class ExitCode(IntEnum):
    """What a command exits with, the same in every command.

    :ivar meaning: a sentence for the help.
    """

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    DONE = 0, "The command did what you asked for."
    FOUND = 1, "The command found a problem, a failure, or a difference, or you answered no."
    FAILED = 2, "The command couldn't do what you asked for, or its arguments are wrong."
    INTERRUPTED = 130, "Ctrl-C interrupted the command."
    PIPE_CLOSED = 141, "The reader of the output stopped reading, as in | head."


class Failed(click.ClickException):
    """The command can't do what the user asked for."""

    exit_code = ExitCode.FAILED


class _Option(click.Option):
    """An option that also takes the spellings that it had in 0.1.0, which no help shows.

    :param former: each spelling, and the value that it stands for; ``None`` if a value follows it.
    """

    def __init__(self, *names: Any, former: Mapping[str, str | None], **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.former = former

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        super().add_to_parser(parser, ctx)
        for spelling, value in self.former.items():
            parser.add_option(self, [spelling], self.name, "store_const" if value else "store", const=value)


def format_option(
    *formats: str, former: Mapping[str, str | None], help: str = "The format of the output."
) -> Callable[[_F], _F]:
    """``--format``, the argument ``format``; the first of ``formats`` is the default."""
    choice = click.Choice(formats)
    return click.option(
        "--format", cls=_Option, former=former, type=choice, default=formats[0], show_default=True, help=help
    )


#: ``--format text|json``.
text_or_json = format_option("text", "json", former={"--output": None})


def output_option(former: Mapping[str, str | None], help: str) -> Callable[[_F], _F]:
    """``--output``, the argument ``output``: the file to write, ``None`` for standard output."""
    file = click.Path(dir_okay=False)
    return click.option("-o", "--output", cls=_Option, former=former, metavar="FILE", type=file, help=help)


def data_option(help: str) -> Callable[[_F], _F]:
    """``--data``, the argument ``data``: a file for :func:`read_data`, ``None`` without one."""
    return click.option("--data", metavar="FILE|-", help=help)


def _read_levels(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    from pulumi_8x8.lint import read_levels

    return read_levels(",".join(given))


#: ``--level``, the argument ``levels``: the level of each lint rule that it sets.
level_option = click.option(
    "--level",
    "levels",
    metavar="RULE=LEVEL",
    multiple=True,
    callback=_read_levels,
    help="Set a lint rule to off, warning, or error. Repeatable.",
)

yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask for confirmation.")


def read_data(path: str) -> dict[str, Any]:
    """The JSON object in the file at ``path``, or on standard input for ``-``.

    :raises Failed: the file can't be read, or doesn't hold a JSON object.
    """
    shown = "standard input" if path == "-" else path
    try:
        data = json.loads(sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes())
    except OSError as error:
        raise Failed(f"{shown}: {error.strerror or error}. Nothing was started.") from None
    except json.JSONDecodeError as error:
        where = shown if path == "-" else f"{shown}:{error.lineno}"
        raise Failed(f"{where}: not JSON: {error.msg}. Nothing was started.") from None
    except (ValueError, RecursionError) as error:
        raise Failed(f"{shown}: not JSON: {error}. Nothing was started.") from None
    if not isinstance(data, dict):
        raise Failed(f"{shown}: not a JSON object. Nothing was started.")
    return data

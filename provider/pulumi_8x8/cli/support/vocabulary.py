"""The vocabulary of all commands: options that mean the same everywhere, and what each exit code means.

``--format`` is always a format, and ``--output`` always a file. The module reads only files that an option names.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import IO, Any, TypeVar

import click

from pulumi_8x8.errors import SourceError
from pulumi_8x8.installation import Extra, require

_F = TypeVar("_F", bound=Callable[..., Any])

_NOT_STARTED = "Nothing was started."


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

    def show(self, file: IO[Any] | None = None) -> None:
        # click's own choice is another encoding if standard error has ASCII.
        super().show(file or sys.stderr)


class WholeSummaries(click.Group):
    """A group whose help has the whole first sentence of each command, on as many lines as it needs."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=1000)) for name, each in commands if each])


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


def data_option(help: str, *, required: bool = False) -> Callable[[_F], _F]:
    """``--data``, the argument ``data``: a file for :func:`read_data`, ``None`` without one."""
    return click.option("--data", metavar="FILE|-", required=required, help=help)


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


def _read_config(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    for text in given:
        if not text.partition("=")[0].strip() or "=" not in text:
            raise click.BadParameter(f'"{text}" isn\'t a value of the config. Write KEY=VALUE', ctx, param)
    return {key.strip(): value for key, _, value in (text.partition("=") for text in given)}


#: ``--config``, the argument ``config``: values of the config of programs.
config_option = click.option(
    "--config",
    metavar="KEY=VALUE",
    multiple=True,
    callback=_read_config,
    help="For programs: a value of the config, instead of the stack's. Repeatable.",
)


def program_options(command: _F) -> _F:
    """Adds ``--stack`` and ``--config`` to a command, which gets the argument ``settings``, for programs, instead."""

    @click.option(
        "-s",
        "--stack",
        metavar="NAME",
        help="For programs: the stack whose config they get, from Pulumi.NAME.yaml. Default: the only stack with such "
        "a file.",
    )
    @config_option
    @functools.wraps(command)
    def wrapper(*args: Any, stack: str | None, config: Mapping[str, str], **options: Any) -> Any:
        from pulumi_8x8.programs.loading import ProgramSettings

        return command(*args, settings=ProgramSettings(stack, config), **options)

    return wrapper  # type: ignore[return-value]


#: ``--workflow``, the argument ``name``: one of the workflows at a path.
workflow_option = click.option(
    "--workflow",
    "name",
    metavar="NAME",
    help="The workflow, if there are several: the name of its resource, its file, or its own name.",
)


def needs(extra: Extra) -> Callable[[_F], _F]:
    """Ends a command, before it does anything, if an extra of this package isn't installed. The help works anyway."""

    def add(command: _F) -> _F:
        @functools.wraps(command)
        def wrapper(*args: Any, **options: Any) -> Any:
            require(extra, f"`pulumi-8x8 {click.get_current_context().info_name}`")
            return command(*args, **options)

        return wrapper  # type: ignore[return-value]

    return add


yes_option = click.option("-y", "--yes", is_flag=True, help="Don't ask for confirmation.")


def read_data(path: str) -> dict[str, Any]:
    """The JSON object in the file at ``path``, or on standard input for ``-``.

    :raises Failed: the file can't be read, or doesn't hold a JSON object that can be sent.
    """
    from pulumi_8x8.bounded import LARGEST_DATA, read_file, read_stream, why_unreadable
    from pulumi_8x8.definition import parse_source

    shown = "standard input" if path == "-" else path
    try:
        data = read_stream(sys.stdin.buffer, LARGEST_DATA) if path == "-" else read_file(path, LARGEST_DATA)
    except (OSError, ValueError) as error:
        raise Failed(f"{shown}: {why_unreadable(error)}. {_NOT_STARTED}") from None
    try:
        return dict(parse_source(shown, data, "the data is a JSON object", only_json=True).body)
    except SourceError as error:
        raise Failed(f"{error}. {_NOT_STARTED}") from None

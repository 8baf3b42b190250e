"""The command line ``pulumi-8x8``. Each command is a module of its own, which is imported when the command runs.

The help of a command describes what the command does and what it exits with ("Exits with 0, …"). It has an example: a
line that begins with ``$`` in a block after ``\\b``. docs/cli.md is generated from the help.
"""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from pulumi_8x8.cli.support.output import fitting, prepare_streams, writing
from pulumi_8x8.cli.support.vocabulary import ExitCode, Failed, WholeSummaries
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.phrasing import for_terminal

# The objects that a command creates live until it ends. Collecting garbage among them, above all at the end, takes a
# seventh of the time of a short command.
gc.set_threshold(50_000)
atexit.register(gc.freeze)

#: In the order of the help. Each is a function in a module of the same name.
_COMMANDS = [
    "new",
    "lint",
    "run",
    "test",
    "graph",
    "emulator",
    "review",
    "backtest",
    "compare",
    "list",
    "show",
    "trigger",
    "instances",
    "versions",
    "export",
    "usage",
    "docs",
    "schema",
    "completion",
]


class _Lazy(WholeSummaries):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return _COMMANDS

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"pulumi_8x8.cli.commands.{cmd_name}"), cmd_name)
        return command

    def main(self, *arguments: Any, **options: Any) -> Any:
        prepare_streams()
        with writing():
            return super().main(*arguments, **options)

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _ending():
            return super().make_context(*arguments, **options)  # prints the help

    def invoke(self, ctx: click.Context) -> Any:
        with _ending():
            return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code.value), code.meaning) for code in ExitCode])


@contextmanager
def _ending() -> Iterator[None]:
    """Ends a command that fails with one message. Ctrl-C ends it silently, with 128 plus the number of the signal."""
    try:
        with writing():  # before click sees a closed pipe
            yield
    except Pulumi8x8Error as error:
        raise Failed(_shown(f"{error}{error.more}")) from None
    except OSError as error:  # of a file or folder that the command reads or writes; any other is a mistake of its own
        if error.filename is None:
            raise
        raise Failed(_shown(f"{error.filename}: {error.strerror}")) from None
    except click.ClickException as error:
        shown = _shown(error.format_message())
        error.format_message = lambda: shown  # type: ignore[method-assign]  # click prints it by itself
        raise
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)


def _shown(message: str) -> str:
    return fitting(for_terminal(message), taken=len("Error: "))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulumi-8x8")
def main() -> None:
    """Check, review, promote, and operate workflows of the 8x8 Automation API, and emulate the service on this
    machine.

    A guide to writing workflows: pulumi-8x8 docs authoring
    """

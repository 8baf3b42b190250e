"""The content of docs/cli.md, made from the help of the commands."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import click

from pulumi_8x8.cli import main
from pulumi_8x8.cli.support.vocabulary import ExitCode

PROGRAM = "pulumi-8x8"

HEAD = """\
# Commands

For whoever uses the command line: each command, its options and its exit codes. `make docs` writes this page from the
commands' own help (`pulumi-8x8 COMMAND --help`).

All commands print text for people, in colour on a terminal if `NO_COLOR` isn't set. `--format` chooses another format,
and `--output` writes to a file. An error is one message on standard error. Shells complete commands, options and the
names of workflows: see `pulumi-8x8 completion`.

Commands that call the service read account and key from the config of a Pulumi stack (`--stack`, `--cwd`). Outside a
project, they read `PULUMI_8X8_ACCOUNT_ID`, `PULUMI_8X8_API_KEY` and `PULUMI_8X8_BASE_URL`.
"""


@dataclass(frozen=True)
class Command:
    """A command as its help has it.

    :param path: ``("instances", "list")``.
    :param text: paragraphs, without examples and exit codes.
    :param examples: command lines.
    :param exits: the paragraph about exit codes; empty when there is none.
    """

    path: tuple[str, ...]
    command: click.Command
    text: tuple[str, ...]
    examples: tuple[str, ...]
    exits: str

    @property
    def words(self) -> str:
        return " ".join((PROGRAM, *self.path))


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[Command]:
    """All commands, groups before what is in them."""
    context = click.Context(group, info_name=PROGRAM)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield read(command, (*path, name))
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def read(command: click.Command, path: tuple[str, ...]) -> Command:
    """The parts of a command's help."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(command.help or ""))
    blocks = [each for each in paragraphs if each.startswith("\b")]
    examples = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    rest = [" ".join(each.split()) for each in paragraphs if each and each not in blocks]
    exits = [each for each in rest if each.startswith("Exits with ")]
    text = tuple(each for each in rest if each not in exits)
    return Command(path, command, text, tuple(examples), " ".join(exits))


def document() -> str:
    """docs/cli.md as it should be."""
    every = list(commands())
    lines = [HEAD, "## Exit codes", "", "The same in every command:", "", "| exit code | |", "|---|---|"]
    lines += [f"| {code.value} | {_cell(code.meaning)} |" for code in ExitCode]
    lines += ["", "## All commands", "", "| command | what it does |", "|---|---|"]
    for each in every:
        anchor = each.words.replace(" ", "-")
        if len(each.path) == 1 or not isinstance(each.command, click.Group):
            lines.append(f"| [`{each.words}`](#{anchor}) | {_cell(each.text[0])} |")
    for each in every:
        lines += ["", f"{'#' * (len(each.path) + 1)} {each.words}", "", *_section(each)]
    return "\n".join(lines) + "\n"


def _section(each: Command) -> Iterator[str]:
    context = click.Context(each.command, info_name=each.words)
    pieces = " ".join(each.command.collect_usage_pieces(context))
    yield f"```\n{each.words} {pieces}\n```"
    for paragraph in each.text:
        yield f"\n{_wrapped(paragraph)}"
    if each.examples:
        yield "\n```console"
        yield from (f"$ {line}" for line in each.examples)
        yield "```"
    options = [
        record
        for param in each.command.params
        if isinstance(param, click.Option) and (record := param.get_help_record(context))
    ]
    if options:
        yield "\n| option | |\n|---|---|"
        yield from (f"| `{_cell(names)}` | {_cell(_escaped(help))} |" for names, help in options)
    if each.exits:
        yield f"\n{_wrapped(each.exits)}"
    if more := re.fullmatch(r"More: pulumi-8x8 docs (\S+)(?: (\S+))?", each.command.epilog or ""):
        yield f"\nMore: [{more[1]}]({more[1]}.md{f'#{more[2]}' if more[2] else ''})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _escaped(text: str) -> str:
    return re.sub(r"([<*_])(?=\S)", r"\\\1", text)


def _wrapped(text: str) -> str:
    return textwrap.fill(_escaped(text), 120, break_long_words=False, break_on_hyphens=False)

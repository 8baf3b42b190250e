"""The code blocks of the documents, and who runs each of them. Comments that no reader sees are before a block:

- ``<!-- not run: REASON -->``: nobody runs it. Its calls of ``pulumi-8x8`` must still have arguments that exist.
- ``<!-- run by: TEST -->``: another test runs it.
- ``<!-- with: NAME=SOURCE … -->``: files or folders of this repository that are in its folder.
- ``<!-- given: CODE -->``: what comes before it, in its language.

All others are run by a test that knows their kind (:func:`runner_of`), or in a folder of their own.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from pulumi_8x8.cli import main
from tools.docs import ROOT, transcripts
from tools.docs.commands import PROGRAM

#: Each page whose blocks count. The recipes of CONTRIBUTING.md have a test of their own.
PAGES = [
    "README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
    *(f"examples/{path.parent.name}/README.md" for path in sorted((ROOT / "examples").glob("*/README.md"))),
]

#: Why generated parts aren't run, by their name.
_NOT_RUN = {"account": "it needs an account of one's own"}

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n`]*)\n(.*?)^ *\2[ \t]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- ([\w ]+):\s((?:(?!-->).)*?)\s-->\n+\Z", re.DOTALL)
_MARK = re.compile(r"^<!-- (/?)([\w ]+) -->$", re.MULTILINE)


class Block(NamedTuple):
    """A code block.

    :param about: what follows the language, such as ``file=menu.yaml``.
    :param notes: the comments before it, by their first words.
    :param part: the name of the generated part of the page that it is in.
    :param below: the heading that it is below.
    """

    page: str
    line: int
    language: str
    about: str
    content: str
    notes: dict[str, str]
    part: str
    below: str

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str) -> Iterator[Block]:
    """The code blocks of a page."""
    text = (ROOT / page).read_text("utf-8")
    for found in _FENCE.finditer(text):
        before, notes = text[: found.start()], {}
        rest = before
        while note := _COMMENT.search(rest):
            notes[note[1]] = note[2]
            rest = rest[: note.start()]
        language, _, about = found[3].strip().partition(" ")
        content = re.sub(f"^{found[1]}", "", found[4], flags=re.MULTILINE)
        part, heading = _part(before), (re.findall(r"^#+ .+", before, re.MULTILINE) or [""])[-1]
        notes |= {"not run": why} if (why := _NOT_RUN.get(part)) else {}
        yield Block(page, before.count("\n") + 1, language, about, content, notes, part, heading)


def _part(before: str) -> str:
    opened = ""
    for end, name in _MARK.findall(before):
        opened = "" if end else name
    return opened


def runner_of(block: Block) -> str:
    """The name of the test that runs a block of this kind; empty if no test of its own does."""
    if by := block.notes.get("run by"):
        return by
    if block.page in transcripts.DOCUMENTS and (block.language == "console" or "=" in block.about):
        return "test_document"
    if block.page == "docs/review.md":
        return "test_review_document"
    if block.about.startswith(("program=", "test=")):
        return "test_program"
    if block.part == "try":
        return "test_life"
    if block.page == "docs/cli.md":
        return "test_examples_are_command_lines" if block.language else "test_up_to_date"
    is_rule = (
        block.page == "docs/lint.md" and (ROOT / block.page).read_text("utf-8").index("\n## ") and block.part == ""
    )
    if block.part.startswith(("forms ", "picture", "messages")) or (is_rule and _below_first_rule(block)):
        return "test_up_to_date"
    return ""


def _below_first_rule(block: Block) -> bool:
    text = (ROOT / block.page).read_text("utf-8")
    return block.line > text[: text.index("\n## ")].count("\n")


def own_calls(line: str) -> list[list[str]]:
    """Of a shell's command line, the arguments of each call of this program; redirections are left out."""
    if PROGRAM not in line:
        return []
    words = shlex.split(re.sub(r"\s\d?>>?\s*\S+", "", line), comments=True)
    calls: list[list[str]] = [[]]
    for word in words:
        if word in ("|", "&&", "||") or word.endswith(";"):
            calls[-1] += [word[:-1]] if len(word) > 1 and word.endswith(";") else []
            calls.append([])
        elif calls[-1] or not re.fullmatch(r"\w+=.*", word):
            calls[-1].append(word)
    return [call[1:] for call in calls if call[:1] == [PROGRAM]]


def parse(arguments: list[str]) -> str:
    """The words of the command that these arguments call.

    :raises click.ClickException: there is no such command, or it doesn't take them.
    """
    context, rest, path = main.make_context(PROGRAM, [*arguments]), arguments, [PROGRAM]
    group: click.Command = main
    while isinstance(group, click.Group) and (rest or group is main):
        name, command, rest = group.resolve_command(context, rest)
        assert name is not None
        assert command is not None
        path.append(name)
        context = command.make_context(name, list(rest), parent=context)
        group = command
    return " ".join(path)


def lines_of(block: Block) -> list[str]:
    """The command lines of a block in a shell's language; each begins with ``$`` if the block also has output."""
    text = block.content.replace("\\\n", " ")
    if block.language == "console":
        return [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in text.splitlines() if line.strip()]


def sources(block: Block) -> dict[str, Path]:
    """What is in the folder of a block: files and folders of this repository by name."""
    pairs = (each.split("=") for each in block.notes.get("with", "").split())
    return {name: ROOT / source for name, source in pairs}

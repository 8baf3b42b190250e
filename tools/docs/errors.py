"""The content of docs/errors.md: what each message means, from ``errors.yaml``, and the messages, from the code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from inspect import cleandoc
from pathlib import Path

import yaml

from pulumi_8x8 import errors
from pulumi_8x8.cli.support.vocabulary import ExitCode
from tools.docs.authoring import DOCS, filled
from tools.docs.code_messages import CodeMessage, exceptions, messages

PAGE = DOCS / "errors.md"

#: Texts that no user sees as a message about an error, by place; and exceptions that stay inside the package.
INTERNAL: Mapping[str, str] = {
    "evidence/attempt.py:*": "a reason why a backtest makes no claim: docs/review.md",
    "evidence/backtest.py:*": "a reason why a backtest makes no claim: docs/review.md",
    "evidence/interpreter.py:*": "a reason why a backtest makes no claim: docs/review.md",
    "evidence/replay.py:*": "a reason why a backtest makes no claim: docs/review.md",
    "evidence/rerun.py:*": "a reason why a backtest makes no claim: docs/review.md",
    "definition/messages/words.py:*": "a part of a message to customers",
}
INTERNAL_EXCEPTIONS: Mapping[str, str] = {
    "Pulumi8x8Error": "the base class of all others",
    "Undetermined": "a backtest makes no claim",
    "_Race": "a backtest makes no claim about the end of a conversation",
    "WrongWay": "a backtest tries another way",
    "Refuted": "a backtest tries another way",
    "_Cannot": "an export writes the thing in another form",
    "Unclear": "a script runs in a process of its own",
    "TimedOut": "becomes the message of a script that takes too long",
    "Crashed": "becomes the message of a script that ends its process",
    "AnswerLost": "the emulator loses an answer, as ordered",
    "Shown": "carries the message of another exception to the engine",
}


@dataclass(frozen=True)
class Entry:
    """What the page has about messages of one cause.

    :param id: its heading, and so its anchor.
    """

    id: str
    group: str
    about: str
    changed: str
    do: str
    places: Sequence[str] = ()
    raises: Sequence[str] = ()

    def has(self, message: CodeMessage) -> bool:
        return any(fnmatchcase(message.place, place) for place in self.places)


@cache
def entries() -> tuple[Entry, ...]:
    """All entries, in the order of the page."""
    groups = yaml.safe_load((Path(__file__).parent / "errors.yaml").read_text("utf-8"))
    return tuple(Entry(id, group, **entry) for group, every in groups.items() for id, entry in every.items())


@cache
def user_messages() -> tuple[CodeMessage, ...]:
    """The messages that users see."""
    return tuple(each for each in messages() if not any(fnmatchcase(each.place, place) for place in INTERNAL))


def page() -> str:
    """The page with new content between its markers."""
    text = filled(PAGE.read_text("utf-8"), "exceptions", "\n".join(_tree()))
    text = filled(text, "exit codes", "\n".join(_exit_codes()))
    return filled(text, "messages", "\n".join(_sections()).rstrip())


def _tree() -> Iterator[str]:
    yield "| exception | what it means | see |\n|---|---|---|"
    for entry in entries():
        for name in entry.raises:
            if hasattr(errors, name):
                yield f"| `{name}` | {_first_line(name)} | [{entry.id}](#{entry.id}) |"


def _first_line(name: str) -> str:
    return cleandoc(getattr(errors, name).__doc__).partition("\n")[0].replace("``", "`")


def _exit_codes() -> Iterator[str]:
    yield "| exit code | |\n|---|---|"
    for code in ExitCode:
        meaning = code.meaning.replace("|", "\\|")
        yield f"| {code.value} | {meaning} |"


def _sections() -> Iterator[str]:
    group = ""
    for entry in entries():
        if entry.group != group:
            group = entry.group
            yield f"## {group}\n"
        raised = [name for name in entry.raises if name in exceptions()]
        yield f"### {entry.id}\n\n{entry.about}\n"
        if raised:
            yield f"- **Exception:** {', '.join(f'`{name}`' for name in raised)}"
        yield f"- **Changed:** {entry.changed}\n- **Do:** {entry.do}\n"
        texts = dict.fromkeys(text for each in user_messages() if entry.has(each) for text in [_shown(each.text)])
        if texts:
            yield "```text"
            yield from texts
            yield "```\n"


def _shown(text: str) -> str:
    return "\n".join(line for line in text.strip().splitlines() if line.strip())

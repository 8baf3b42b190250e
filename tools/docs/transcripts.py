"""Documents with commands and what they print: runs the commands, and fills in what they print.

In a document, a block that begins with

- `````console`` has commands after ``$`` (their further lines after ``>``) and the output of each. A line ``…`` stands
  for any number of lines.
- `````console background`` has one command that keeps running: the emulator.
- `````yaml file=NAME``, in any language, is the content of a file.
- `````python append=NAME`` is added at the end of a file.
- `````python after=TEXT in=NAME`` is added after the only line of a file that begins with this text, indented like it;
  ``before=`` adds it before the line, ``instead=`` replaces the line.

All commands of a document run in one shell, in their own folder, on the real engine and an emulator.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.prefix) / "bin"
DOCUMENTS = ("docs/deploy.md", "docs/promote.md")

_BLOCK = re.compile(
    r"^(?P<fence>`{3,4})(?P<language>\w+)(?: (?P<about>[^\n]+))?\n(?P<content>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_CHANGE = re.compile(r"(?P<kind>file|append|after|before|instead)=(?:(?P<line>.+) in=)?(?P<name>\S+)")
_COMMAND = re.compile(r"^\$ (?P<command>.*\n(?:> .*\n)*)(?P<printed>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_PORT = "8088"
_END = "end-of-command-3f1c"

#: What differs from run to run, and what stands for it when a document is compared.
NORMALISATIONS: Sequence[tuple[str, str]] = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<id>"),  # definitions
    (r"\b[0-9a-f]{24}\b", "<id>"),  # instances
    (r"\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,12}\b", "<digest>"),  # shortened digests
    (r"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?", "<time>"),
    (r"(?<![\w.])\d+(\.\d+)?(ms| ?s|m\d+s)\b( ago)?|\b\d+ (seconds?|minutes?)\b", "<duration>"),
    (r"\(\d+(\.\d+)?s\)", "(<duration>)"),
    (r"^\d+ passed, \d+ deselected\b", "<number> passed"),  # tests of this project
    (r"(?<!\S)\d\d:\d\d:\d\d$", "<duration>"),
    (r"file://\S+", "<backend>"),
    (r"[ \t]+", " "),  # columns are as wide as what is in them
    (r"─+", "─"),
)
#: Progress of the engine: a line for each second or so.
_PROGRESS = re.compile(r"^@ \w+.*\n|^\.+\n", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command of a document.

    :param start, end: the position of its output in the document.
    """

    text: str
    printed: str
    start: int
    end: int

    def agrees(self, printed: str) -> bool:
        """Whether ``printed`` equals the output in the document."""
        parts = [re.escape(_normal(part)) for part in re.split(r"^…\n", self.printed, flags=re.MULTILINE)]
        return re.fullmatch("(?:.*\n)*?".join(parts), _normal(printed)) is not None


def _normal(text: str) -> str:
    for pattern, instead in NORMALISATIONS:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text


def run(text: str, folder: Path, work: Path | None = None) -> Iterator[tuple[Command, str]]:
    """Each command of the document ``text`` with what it printed, as soon as it did.

    :param folder: an empty one, which becomes the home of the commands.
    :param work: where they run, if it isn't a new folder in ``folder``.
    """
    with _Shell(folder, work or folder / "work") as shell:
        for block in _BLOCK.finditer(text):
            content, about = block["content"], block["about"] or ""
            if change := _CHANGE.fullmatch(about):
                shell.change(change, content)
            elif about == "background":
                shell.start(content.removeprefix("$ ").strip())
            elif block["language"] == "console":
                for found in _COMMAND.finditer(content):
                    begin = block.start("content") + found.start("printed")
                    command = Command(
                        found["command"].replace("\n> ", "\n"),
                        found["printed"],
                        begin,
                        begin + len(found["printed"]),
                    )
                    yield command, shell.run(command.text)


class _Shell:
    """One shell. The emulator has another port than in the document, which doesn't show."""

    def __init__(self, folder: Path, work: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = str(free.getsockname()[1])
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "GIT"))}
        environ = {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "PULUMI_HOME": str(folder / ".pulumi-home"),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "COLUMNS": "100",
        }
        self.work = work
        self.work.mkdir(exist_ok=True)
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=self.work,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._environ = environ
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> _Shell:
        return self

    def __exit__(self, *_: object) -> None:
        for process in [*self._running, self._bash]:
            process.terminate()
            process.communicate(timeout=20)

    def run(self, command: str) -> str:
        """What the command prints, to both of its outputs."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{{ {command.replace(_PORT, self.port)}\n}} </dev/null 2>&1\necho {_END}\n")
        self._bash.stdin.flush()
        printed = ""
        while _END not in printed:
            line = self._bash.stdout.readline()
            assert line, f"the shell ended in: {command}"
            printed += line
        for settings in self.work.glob("**/Pulumi.*.yaml"):
            settings.write_text(settings.read_text("utf-8").replace(_PORT, self.port), "utf-8")
        printed = printed.partition(_END)[0]
        printed += "\n" if printed and not printed.endswith("\n") else ""
        printed = re.sub(r" +$", "", printed.replace(self.port, _PORT), flags=re.MULTILINE)
        return _PROGRESS.sub("", printed).rstrip("\n") + "\n" if printed.strip() else ""

    def start(self, command: str) -> None:
        """Starts the emulator where the shell is."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command} --port {self.port}"],
            cwd=self.run("pwd").strip(),
            env=self._environ,
            text=True,
            stdout=subprocess.PIPE,
        )
        self._running.append(process)
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()

    def change(self, change: re.Match[str], content: str) -> None:
        """Makes or changes a file, whose path begins at the shell's current folder."""
        file = Path(self.run("pwd").strip()) / change["name"]
        file.parent.mkdir(parents=True, exist_ok=True)
        if change["kind"] == "append":
            content = f"{file.read_text('utf-8').rstrip()}\n\n\n{content}"
        elif change["line"]:
            lines = file.read_text("utf-8").splitlines(keepends=True)
            ((number, line),) = [each for each in enumerate(lines) if each[1].lstrip().startswith(change["line"])]
            content = textwrap.indent(content, line[: -len(line.lstrip())])
            gap = "\n\n" if content.startswith("def ") else ""
            kept = {"after": [line, content], "before": [content, gap, line], "instead": [content]}
            content = "".join([*lines[:number], *kept[change["kind"]], *lines[number + 1 :]])
        file.write_text(content.replace(_PORT, self.port), "utf-8")


def filled(text: str, folder: Path) -> str:
    """The document with what its commands print; output that already agrees stays unchanged."""
    made, done = "", 0
    for command, printed in run(text, folder):
        made += text[done : command.start] + (command.printed if command.agrees(printed) else printed)
        done = command.end
    return made + text[done:]

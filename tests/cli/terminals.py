"""Runs commands in terminals of any width, and shows what arrives there.

A process of its own imports the commands once and forks for each run, since a new interpreter takes most of the time of
a short command.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

#: Seconds after which a command that shows nothing more is stopped.
_SILENT = 20


@dataclass(frozen=True)
class Run:
    """A command in a terminal.

    :param environment: variables of the environment, besides what this process has.
    :param typed: the answer to a question.
    """

    arguments: Sequence[str]
    columns: int
    environment: Mapping[str, str] = field(default_factory=dict)
    typed: str = "n\n"


@dataclass(frozen=True)
class Shown:
    """What a terminal received, standard output and standard error together, with line ends as ``\\n``."""

    text: str
    code: int


def in_terminals(runs: Sequence[Run]) -> list[Shown]:
    """What each of the runs shows."""
    given = json.dumps([asdict(each) for each in runs])
    done = subprocess.run([sys.executable, __file__], input=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [Shown(**each) for each in json.loads(done.stdout)]


def _show(run: dict[str, Any]) -> dict[str, Any]:
    child, terminal = pty.fork()
    if not child:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, run["columns"], 0, 0))
        for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            os.environ.pop(name, None)
        os.environ.update({"TERM": "xterm-256color", **run["environment"]})
        from pulumi_8x8.cli import main

        sys.argv = ["pulumi-8x8", *run["arguments"]]
        try:
            main(prog_name="pulumi-8x8")
        except SystemExit as ended:
            code = ended.code
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)
    received = b""
    settings = termios.tcgetattr(terminal)
    settings[3] &= ~termios.ECHO  # what is typed would appear anywhere in the output
    termios.tcsetattr(terminal, termios.TCSANOW, settings)
    os.write(terminal, run["typed"].encode())
    while select.select([terminal], [], [], _SILENT)[0]:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the command has ended
            break
        if not more:
            break
        received += more
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return {"text": received.decode().replace("\r\n", "\n"), "code": os.waitstatus_to_exitcode(status)}


def _main() -> None:
    from importlib import import_module

    from pulumi_8x8 import cli

    for name in ("lint", "programs.loading", "simulator", "review", "stacks", "api", "exporting", "evidence"):
        import_module(f"pulumi_8x8.{name}")
    for name in cli._COMMANDS:
        import_module(f"pulumi_8x8.cli.commands.{name}")
    json.dump([_show(each) for each in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    sys.path[:0] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    _main()

"""Runs a program in a process of its own, within a limit of time, and describes how it failed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pulumi_8x8.errors import ProgramError
from pulumi_8x8.programs.pulumi_yaml import Config, PulumiProject
from pulumi_8x8.programs.recorder import CONFIG, MODULE, REQUEST, RESULT, TIME

#: Seconds that a program may take. One that declares a thousand workflows takes a tenth of that.
LIMIT = 60.0
#: Further seconds, for loading Pulumi. Then a program is ended that runs no Python, and so can't be interrupted.
_GRACE = 20.0
#: Bytes of what a program prints that are kept.
_MOST_OUTPUT = 200_000

#: Variables of the environment that a program doesn't get, since it isn't deployed.
_WITHHELD = ("PULUMI_8X8_API_KEY",)


class Recorded(NamedTuple):
    """What a program declared and printed.

    :param workflows: ``name``, ``parent`` and ``inputs`` of each, as the engine would get them.
    """

    workflows: list[dict[str, Any]]
    printed: str


class Execution:
    """A run of a program.

    :param program: its file.
    :param shown_from: the folder from which messages name files.
    """

    def __init__(self, program: Path, project: PulumiProject, config: Config, shown_from: str) -> None:
        self._program, self._project, self._config = program, project, config
        self._seconds = LIMIT
        self._request = {
            "program": str(program.resolve()),
            "shownFrom": shown_from,
            "project": project.name,
            "stack": config.stack or "stack",
            "config": dict(config.values),
            "secretKeys": list(config.secret_keys),
            "seconds": self._seconds,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._printed = bytearray()

    def run(self) -> Recorded:
        """Runs the program in a process of its own, and waits for it.

        :raises ProgramError: the program fails, or its time is over.
        """
        with tempfile.TemporaryDirectory(prefix="pulumi-8x8-", ignore_cleanup_errors=True) as folder:
            Path(folder, REQUEST).write_text(json.dumps(self._request), "utf-8")
            self._run_in(folder)
            try:
                result = json.loads(Path(folder, RESULT).read_text("utf-8"))
            except (OSError, ValueError):
                result = {"kind": "", "failure": "its process ended early"}
        printed = bytes(self._printed).decode("utf-8", "replace")
        if "failure" in result:
            raise ProgramError(self._message(result, printed))
        return Recorded(result["workflows"], printed)

    def stop(self) -> None:
        """Ends it."""
        self._stopped = True
        if self._process is not None:
            self._process.kill()

    def _run_in(self, folder: str) -> None:
        if self._stopped:
            return
        code = "from pulumi_8x8.programs.recorder import main; main()"
        self._process = subprocess.Popen(
            # Without -P, a file of the program's folder would hide a module of Python's.
            [sys.executable, "-P", "-c", code, folder],
            cwd=self._program.resolve().parent,
            env={key: value for key, value in os.environ.items() if key not in _WITHHELD},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if self._stopped:  # meanwhile
            self._process.kill()
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            self._process.wait(self._seconds + _GRACE)
        except subprocess.TimeoutExpired:
            result = {"kind": TIME, "failure": ""}
            Path(folder, RESULT).write_text(json.dumps(result), "utf-8")
        finally:
            self._process.kill()
            self._process.wait()
        reader.join(1.0)  # a process that the program started may still hold its output

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while chunk := os.read(self._process.stdout.fileno(), 1 << 16):
            self._printed += chunk[: max(0, _MOST_OUTPUT - len(self._printed))]

    def _message(self, result: Mapping[str, Any], printed: str) -> str:
        place, failure = result.get("place", ""), result["failure"]
        if result["kind"] == TIME:
            failure = f"the program still runs after {self._seconds:g} seconds, so it was stopped"
        lines = [f"{place}: {failure}" if place else f"the program {self._program} fails: {failure}"]
        if result.get("source"):
            lines.append(f"    {result['source']}")
        lines += [f"    {call}" for call in result.get("calls", ())]
        if result["kind"] == CONFIG:
            lines.append(self._about_config())
        if result["kind"] == MODULE:
            lines.append(f"The program runs with {sys.executable}. Install the module there, or install pulumi-8x8 in")
            lines[-1] += " the environment of the program."
        if printed.strip():
            lines.append(f"The program printed:\n{printed.rstrip()}")
        return "\n".join(lines)

    def _about_config(self) -> str:
        if self._config.stack is not None:
            return f"The program ran with the settings of the stack {self._config.stack}. For others: --stack, --config"
        stacks = self._project.stacks()
        which = f" It has settings of {', '.join(stacks)}: --stack {stacks[0]}." if stacks else ""
        return f"The program ran without the settings of a stack.{which} For one value: --config KEY=VALUE"

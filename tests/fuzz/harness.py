"""Runs what a fuzzer makes up, each case in a process of its own with bounds of time and memory.

A target is a module in ``targets/`` with a function ``make(random) -> Case``; nothing else has to know of it. The short
version in the suite makes the same cases in every run. ``make fuzz`` makes others for ``FUZZ_SECONDS`` a target, and
prints the seed of a case that fails; ``FUZZ_SEED`` repeats it.
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

#: What a case may take. The time is of the processor, since other work on the machine doesn't count.
SECONDS = 1.0
MEGABYTES = 200
#: How often a case that takes too long is repeated; the quickest run counts.
_AGAIN = 2
#: Against a case that never ends.
_WALL_SECONDS = 60
_ADDRESS_SPACE = 2 << 30


@dataclass(frozen=True)
class Outcome:
    """How a case ended.

    :ivar code: the exit code; 128 plus the number of a signal. :ivar folder: where it ran, as it left it.
    """

    code: int
    stdout: bytes
    stderr: bytes
    seconds: float
    megabytes: float
    folder: Path


@dataclass(frozen=True)
class Case:
    """One thing to try.

    :ivar about: what it is, for the report. :ivar run: what to do, in an empty folder; it may exit.
    :ivar check: what is wrong with the outcome, besides time, memory and tracebacks; empty if nothing is.
    :ivar prepare: what to put into the folder before, without bounds. :ivar seconds: what it may take.
    """

    about: str
    run: Callable[[], object]
    check: Callable[[Outcome], str] = field(default=lambda _: "")
    prepare: Callable[[Path], object] = field(default=lambda _: None)
    seconds: float = SECONDS


def violation(case: Case, slack: float = 1) -> str:
    """What ``case`` does against the promises; empty if it keeps them.

    :param slack: how many times longer it may take: the suite also runs on slow machines.
    """
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        case.prepare(folder)
        outcome = run(case.run, folder)
        shown = outcome.stderr.decode("utf-8", "replace")[-2_000:]
        if "Traceback (most recent call last)" in shown or (outcome.code > 128 and outcome.code not in (130, 141)):
            return f"exit code {outcome.code}:\n{shown}"
        if outcome.seconds > case.seconds * slack and all(
            run(case.run, folder).seconds > case.seconds * slack for _ in range(_AGAIN)
        ):  # other work on the machine also slows the processor itself down
            return f"{outcome.seconds:.2f} s of processor time"
        if outcome.megabytes > MEGABYTES:
            return f"{outcome.megabytes:.0f} MB"
        return case.check(outcome)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(work: Callable[[], object], folder: Path) -> Outcome:
    """Runs ``work`` in a copy of this process, so that nothing has to be imported again."""
    out, err = folder.with_suffix(".out"), folder.with_suffix(".err")
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()  # the copy begins with it
    process = os.fork()
    if process == 0:
        _child(work, folder, out, err)
    timer = time.monotonic()
    while True:
        ended, status, used = os.wait4(process, os.WNOHANG)
        if ended:
            break
        if time.monotonic() - timer > _WALL_SECONDS:
            os.kill(process, signal.SIGKILL)
            timer += 10**9
        time.sleep(0.002)
    code = os.waitstatus_to_exitcode(status)
    try:
        return Outcome(
            128 - code if code < 0 else code,
            out.read_bytes(),
            err.read_bytes(),
            used.ru_utime + used.ru_stime,
            used.ru_maxrss / 1024 - before / 2**20,
            folder,
        )
    finally:
        out.unlink()
        err.unlink()


def _child(work: Callable[[], object], folder: Path, out: Path, err: Path) -> None:
    code: object = 1
    try:
        os.chdir(folder)
        for number, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CPU, (_WALL_SECONDS, _WALL_SECONDS))
        work()
        code = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - the parent looks for it
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)

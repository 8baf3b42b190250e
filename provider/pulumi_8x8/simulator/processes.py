"""Starts, asks and ends the processes that run scripts (:mod:`.worker`).

A process is started when the first script runs, is used again, and is replaced after a script has brought it down. It
ends with this one: when this one closes its pipe, which the system also does for a process that is killed.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.installation import require
from pulumi_8x8.simulator import worker

#: Seconds until a process is ended that doesn't answer at all. Processor time ends it much sooner; this limit is for a
#: process that doesn't get any, and generous, so that a busy machine changes no result.
WALL_LIMIT = 30.0


class WorkerError(Pulumi8x8Error):
    """The process that runs scripts can't be started."""


class TimedOut(Exception):
    """The process was ended, since a script didn't stop at its limit."""


class Crashed(Exception):
    """The process ended by itself."""


class Process:
    """A running worker. :param arguments: more arguments of the program."""

    def __init__(self, *arguments: str) -> None:
        require("emulator", "running a script")
        found = importlib.util.find_spec("_quickjs")
        if found is None or found.origin is None or not sys.executable:
            raise WorkerError("can't run scripts: the path of Python, or of the package quickjs-ng, isn't known")
        command = [sys.executable, "-I", "-S", worker.__file__, str(Path(found.origin).parent), *arguments]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, "TZ": "UTC"},  # a Date has the same local time on each machine
                # The Ctrl-C of a terminal doesn't reach it: it is for this process, which may finish a step.
                process_group=None if os.name == "nt" else 0,
                creationflags=0x200 if os.name == "nt" else 0,
            )
        except OSError as error:
            raise WorkerError(f"can't start the process that runs scripts: {error.strerror or error}") from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout.fileno()
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(self._from, select.POLLIN)

    @property
    def pid(self) -> int:
        pid: int = self._process.pid
        return pid

    def ask(self, request: list[str]) -> list[str]:
        """The reply to a request. After an exception, the process has ended.

        :raises TimedOut: a script didn't stop. :raises Crashed: the process ended.
        """
        try:
            self._ends = time.monotonic() + WALL_LIMIT
            message = memoryview(worker.pack(request))
            while message:
                message = message[self._to.write(message) :]
            return worker.unpack(self._reply())
        except (EOFError, BrokenPipeError):
            code = self._process.wait()
            self.end()
            if code in (worker.TIMER_EXIT, -getattr(signal, "SIGPROF", 0)):
                raise TimedOut from None
            raise Crashed(f"signal {-code}" if code < 0 else f"exit code {code}") from None
        except BaseException:  # such as KeyboardInterrupt; nobody may read the reply that is due
            self.end()
            raise

    def _reply(self) -> bytes:
        reply, length = bytearray(), 4
        while len(reply) < length:
            if self._poll is not None and not self._poll.poll(max(0, self._ends - time.monotonic()) * 1000):
                raise TimedOut
            part = os.read(self._from, max(1 << 16, length - len(reply)))
            if not part:
                raise EOFError
            reply += part
            if length == 4 and len(reply) >= 4:
                length += int.from_bytes(reply[:4], "little")
        return bytes(reply)

    def end(self) -> None:
        """Ends the process immediately, and waits for its end."""
        with suppress(OSError):
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        self._process.wait()

    def forget(self) -> None:
        """Closes the pipes, in a process that was forked from the one that started this one."""
        self._process.returncode = 0
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


_idle: list[Process] = []
_lock = threading.Lock()


def ask(request: list[str]) -> list[str]:
    """The reply to a request, by a process that is idle, or by a new one.

    :raises WorkerError: no process can be started. :raises TimedOut: a script didn't stop at its limit.
    :raises Crashed: the process ended by itself, also at a second try.
    """
    for again in (False, True):
        with _lock:
            mine = _idle.pop() if _idle else None
        mine = mine or Process()
        try:
            reply = mine.ask(request)
        except Crashed:
            if again:
                raise
            continue
        with _lock:
            _idle.append(mine)
        return reply
    raise AssertionError


def end_all() -> None:
    """Ends the idle processes."""
    with _lock:
        while _idle:
            _idle.pop().end()


def _forget() -> None:
    global _lock
    _lock = threading.Lock()
    while _idle:  # they belong to the parent
        _idle.pop().forget()


atexit.register(end_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

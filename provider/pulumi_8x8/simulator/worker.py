"""The program of the process that runs scripts: ``python -I -S worker.py FOLDER-OF-QUICKJS``. It imports no package.

It answers each message with one message. A message is a list of texts: the length of all that follows, their number,
their lengths in bytes, the texts. A request has the names of the functions, ``data`` and ``step`` as JSON, and the
seconds for all scripts together. For each script, its source, the results of the functions that it has called so far
(JSON), and the seconds that it has follow. The reply has the seconds that each script took (a JSON list), and the
result of each. An error is the last result.

QuickJS checks the time in the loops and calls of a script, but not inside JavaScript's own functions. So a timer also
ends the process. All times are processor time, so that a busy machine changes no result.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

VALUE, ERROR = "v", "e"  # the first letter of a result; its JSON or the message follows
MEMORY_LIMIT = 16 * 1024 * 1024  # bytes of one script, and of the results of one message; the emulator's choice
GRACE = 0.1  # seconds after a script's limit until the timer ends the process
TOO_MUCH = "The results of one step are larger than 16 MiB."
STACK = "stack overflow"
NOT_JSON = "The value can't be written as JSON."

# A context is used once: a script may change everything in it.
_WORLD = """
var run = (names, data, step, answers) => {
  const evaluate = eval, stringify = JSON.stringify, parse = JSON.parse;
  let calls = 0, wanted = null;
  answers = parse(answers);
  const ask = name => (...args) => {
    if (calls < answers.length) return answers[calls++];
    wanted = [name, args];
    throw new Error('wanted');
  };
  for (const name of parse(names)) {
    const [owner, member] = name.split('.');
    if (member) globalThis[owner][member] = ask(name); else globalThis[owner] = ask(name);
  }
  // Nothing of this machine: neither how long it has been running, nor its time in a Date.
  delete globalThis.performance;
  const RealDate = Date;
  globalThis.Date = RealDate.prototype.constructor = new Proxy(RealDate, {
    apply: real => new real(real.now()).toString(),
    construct: (real, args, target) => Reflect.construct(real, args.length ? args : [real.now()], target),
  });
  globalThis.data = parse(data);
  globalThis.step = parse(step);
  return script => {
    let value;
    try { value = evaluate(parse(script)); } catch (error) { if (!wanted) throw error; }
    return stringify(wanted ? { wanted } : { value });
  };
};
"""


class Worker:
    """Runs scripts. :param alarm: called with the seconds until the process ends, and with 0 to stop that."""

    def __init__(self, quickjs: Any, alarm: Callable[[float], None]) -> None:
        self._quickjs = quickjs
        self._alarm = alarm

    def answer(self, request: list[str]) -> list[str]:
        """The reply to a request."""
        names, data, step, seconds, *scripts = request
        left, size = float(seconds), 0
        results: list[str] = []
        times: list[float] = []
        last = time.process_time()
        for source, answers, limit in zip(*[iter(scripts)] * 3, strict=True):
            longest = max(min(float(limit), left), 1e-6)
            self._alarm(longest + GRACE)
            result = self._run(names, data, step, source, answers, longest)
            size += len(result)
            if size > MEMORY_LIMIT and len(results) > 1:
                result = ERROR + TOO_MUCH
            results.append(result)
            now = time.process_time()
            times.append(now - last)
            left, last = left - times[-1], now
            if result[0] == ERROR:
                break
        self._alarm(0)
        return [json.dumps(times), *results]

    def _run(self, names: str, data: str, step: str, script: str, answers: str, seconds: float) -> str:
        context = self._quickjs.Context()
        context.set_memory_limit(MEMORY_LIMIT)
        context.set_time_limit(seconds)
        try:
            context.eval(_WORLD)
            run = context.get("run")(names, data, step, answers)
            result = run(json.dumps(script))
        except self._quickjs.StackOverflow:
            return ERROR + STACK
        except self._quickjs.JSException as error:
            return ERROR + str(error).partition("\n")[0]
        except ValueError:
            return ERROR + NOT_JSON
        return VALUE + result if isinstance(result, str) else ERROR + NOT_JSON


def read(stream: BinaryIO) -> list[str] | None:
    """The next message. ``None``: there is none."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return unpack(head + stream.read(int.from_bytes(head, "little")))


def pack(texts: list[str]) -> bytes:
    """A message as bytes."""
    parts = [text.encode("utf-8", "surrogatepass") for text in texts]
    head = struct.pack(f"<{len(parts) + 1}I", len(parts), *map(len, parts))
    return b"".join([(len(head) + sum(map(len, parts))).to_bytes(4, "little"), head, *parts])


def unpack(message: bytes) -> list[str]:
    """The texts of a message."""
    (count,) = struct.unpack_from("<I", message, 4)
    texts, start = [], 8 + 4 * count
    for length in struct.unpack_from(f"<{count}I", message, 8):
        texts.append(message[start : start + length].decode("utf-8", "surrogatepass"))
        start += length
    return texts


def ends_by_timer(seconds: float) -> None:
    """Ends the process after ``seconds`` of processor time, whatever it does; 0: never."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


class EndsByThread:
    """Does the same where there is no such timer (Windows). QuickJS lets other threads run while it works."""

    def __init__(self) -> None:
        self._end: float | None = None
        self._armed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def __call__(self, seconds: float) -> None:
        self._end = time.process_time() + seconds if seconds else None
        if seconds:
            self._armed.set()

    def _watch(self) -> None:
        while self._armed.wait():
            time.sleep(0.05)
            end = self._end
            if end is None:
                self._armed.clear()
            elif time.process_time() > end:
                os._exit(TIMER_EXIT)


TIMER_EXIT = 86


def main(folder: str, timer: bool) -> None:
    sys.path.append(folder)
    import _quickjs  # type: ignore[import-not-found]

    worker = Worker(_quickjs, ends_by_timer if timer else EndsByThread())
    while (request := read(sys.stdin.buffer)) is not None:
        try:
            sys.stdout.buffer.write(pack(worker.answer(request)))
            sys.stdout.buffer.flush()
        except BrokenPipeError:  # the parent has ended
            os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], hasattr(signal, "setitimer") and sys.argv[2:] != ["thread"])

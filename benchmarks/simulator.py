"""How fast the simulator runs steps, in one process: unchanged, and with its scripts run in other ways."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

import _quickjs  # type: ignore[import-not-found]

from emulator import AUTO_REPLY, NOW, show
from pulumi_8x8.simulator import Engine, ManualClock, message_body, sandbox, worker, written
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.preparing import prepare

DATA = message_body(written("Hi"), "whatsapp", "+6581968289", "s", NOW, Random(0))
SECONDS = 3.0
_prepare = prepare


def run(engine: Engine) -> int:
    """One auto reply. Returns the number of its steps."""
    instance, steps = engine.start(DATA), 0
    while (advance := engine.advance(instance)) is not None:
        instance, steps = advance.instance, steps + 1
    assert instance.status == "Complete", instance.errors
    return steps


def measure(what: str, clock: Callable[[], float] = time.perf_counter) -> None:
    engine = Engine(AUTO_REPLY, ManualClock(NOW))
    run(engine)
    begins, steps = clock(), 0
    while clock() - begins < SECONDS:
        steps += run(engine)
    show(what, f"{steps / (clock() - begins):,.0f} /s")


def one_context_each(request: list[str]) -> list[str]:
    """What a process for scripts does, in this one."""
    mine = worker.Worker(_quickjs, lambda _: None)
    return mine.answer(request)


def main() -> None:
    measure("steps, simple scripts in one context", time.process_time)
    measure("the same by the clock on the wall")
    sandbox.prepare = lambda *script: replace(_prepare(*script), simple=False)  # type: ignore[attr-defined]
    measure("steps, each script in another process, by the clock")
    sandbox.processes.ask = one_context_each  # type: ignore[attr-defined]
    measure("steps, each script in a context of its own (before)", time.process_time)
    scripts = sandbox.Scripts(functions(ManualClock(NOW)), "null")
    begins = time.process_time()
    for _ in range(200):
        scripts.evaluate("{{data.payload.content.text}}", DATA)
    show("one script in a context of its own", f"{(time.process_time() - begins) / 200 * 1e6:,.0f} µs")


if __name__ == "__main__":
    main()

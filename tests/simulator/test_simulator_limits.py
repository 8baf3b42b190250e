"""Scripts that do all they can to run without an end, to take all memory, or to leave something behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from test_simulator_engine import Scenario, branch, say, wait

from pulumi_8x8.simulator import ManualClock, ScriptError, Simulation, processes, simple
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.preparing import prepare
from pulumi_8x8.simulator.sandbox import Scripts

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FUNCTIONS = functions(ManualClock(START))
DATA = {"a": [1, 2], "t": "text", "o": {"k": 1}}
HUGE = "{length: 9007199254740991}"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the time, so that a test is cheap. The limits work in the same way."""
    monkeypatch.setattr("pulumi_8x8.simulator.sandbox.TIME_LIMIT", 0.05)


def evaluate(value: Any, data: Any = DATA) -> Any:
    return Scripts(FUNCTIONS, "null").evaluate(value, data)


@pytest.mark.parametrize(
    "script",
    [
        f"[].reverse.call({HUGE})",
        f"[].indexOf.call({HUGE}, 1)",
        f"[].join.call({HUGE})",
        f"[].sort.call({HUGE})",
        f"[].copyWithin.call({HUGE}, 1, 5)",
        f"[].flat.call({HUGE})",
        f"[].unshift.call({HUGE.replace('991', '900')}, 1)",
        f"String.raw({{raw: {HUGE}}})",
        "Array(4294967295).join('x').length",
        "Array(4294967295) + ''",
        "('a'.repeat(2e6) + 'b').indexOf('a'.repeat(1e6) + 'c')",
        "(10n ** 300000n).toString().length",
        "/^(a+)+$/.test('a'.repeat(40) + 'b')",
        "[1, 2].sort(() => { while (true) {} })",
        "({toString: () => { for (;;); }}) + ''",
        "JSON.stringify({toJSON: () => { for (;;); }})",
        "isDayOfWeek({toJSON: () => { for (;;); }})",
        "Reflect.construct(Proxy, [{}, {get: () => { for (;;); }}]).x",
        "[...{[Symbol.iterator]: () => ({next: () => { for (;;); }})}]",
        "(() => { try { for (;;); } catch { for (;;); } })()",
        "Function('for (;;);')()",
    ],
)
def test_every_script_is_stopped(script: str) -> None:
    """A script can be stopped whatever it calls, and the next script runs as if nothing had happened."""
    with pytest.raises(ScriptError, match=r"Error: The operation has timed out\.$"):
        evaluate(f"{{{{{script}}}}}")
    assert evaluate("{{data.t + 1}}") == "text1"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (f"[].fill.call({HUGE}, 1)", "memory|timed out"),
        ("Array.from({length: 4294967295})", "memory|timed out"),
        ("'x'.repeat(5e8)", "memory"),
        ("'x'.padEnd(5e8, 'ab')", "memory"),
        ("JSON.parse('['.repeat(5e6))", "call stack"),
        ("Reflect.construct(ArrayBuffer, [1e12])", "invalid array buffer length"),
        ("[...(function* () { for (;;) yield 1 })()]", "memory|timed out"),
        ("2n ** 999999999n", "too large"),
    ],
)
def test_no_script_takes_all_memory(script: str, reason: str) -> None:
    """A script that needs much memory fails."""
    with pytest.raises(ScriptError, match=reason):
        evaluate(f"{{{{{script}}}}}")


def test_many_large_results() -> None:
    """All results of one step together have a limit, too."""
    with pytest.raises(ScriptError, match=r"The results of one step are larger than 16 MiB\."):
        evaluate(["{{'x'.repeat(5e6)}}"] * 10)


# What a script could leave behind for another, each with what the other would see.
LEFT = {
    "global": ("Object.assign(globalThis, {left: 1})", "typeof left", "undefined"),
    "data": ("Object.assign(data.o, {left: 1}) && data.a.push(3)", "data.o.left == null && data.a.length", 2),
    "prototype": ("Object.assign(Object.prototype, {left: 1})", "data.o.left", None),
    "method": ("Object.assign(String.prototype, {trim: () => 'left'})", "data.t.trim()", "text"),
    "array": ("Object.assign(Array.prototype, {join: () => 'left'})", "data.a.toString()", "1,2"),
    "function": ("Object.assign(globalThis, {uuid: () => 'left'})", "uuid() == 'left'", False),
    "result": ("Object.assign(Object.prototype, {toJSON: () => 'left'})", "data.t", "text"),
    "method of a literal": (
        "({includes: data.constructor.assign}).includes(data.__proto__, {left: 1})",
        "data.o.left",
        None,
    ),
    "callback": ("['left'].map(data.__defineGetter__, data.__proto__)", "data.o[0]", None),
    "implicit call": ("'' + ({toString: data.a.pop, length: 2, __proto__: data.a})", "data.a.length", 2),
    "callee": ("(data.a.reverse)()", "data.a[0]", 1),
    "subscript": ("data.a['reverse']()", "data.a[0]", 1),
    "tag": ("Object.assign`x`", "data.t", "text"),
}


@pytest.mark.parametrize(("script", "other", "seen"), LEFT.values(), ids=LEFT)
def test_nothing_is_left_for_others(script: str, other: str, seen: Any) -> None:
    """A script that changes its world changes nothing for scripts after it: in its step, and in other instances."""

    def try_it(value: Any) -> Any:
        try:
            return evaluate(value)
        except ScriptError:
            return None

    evaluate(f"{{{{{other}}}}}")  # the shared context exists
    together = try_it([f"{{{{({script}) && 0}}}}", f"{{{{{other}}}}}"])
    assert together is None or together[1] == seen
    for _ in range(2):
        try_it(f"{{{{{script}}}}}")
        assert evaluate(f"{{{{{other}}}}}") == seen
    assert not prepare(script, True, frozenset(FUNCTIONS)).simple


def test_the_shared_context_is_frozen() -> None:
    """Even if a script that changes something passed for simple, it couldn't change what the others share."""
    world = simple.World(("uuid",))
    world.enter({"uuid": lambda: 1}, "{}", "null")
    for attack in (
        "Object.assign(Object.prototype, {left: 1})",
        "Object.assign(globalThis, {left: 1})",
        "Array.prototype.push = 1",
        "Object.setPrototypeOf(Array.prototype, {left: 1})",
        "Reflect.defineProperty([].values().__proto__, 'next', {value: 1})",
        "Reflect.defineProperty(globalThis, 'uuid', {value: 1})",
    ):
        with suppress(simple.Unclear):
            world.run(attack)
    seen = world.run("[typeof left, ({}).left, typeof [].push, [].left, [...[1]].length, typeof call, uuid()]")
    assert json.loads(seen)["value"] == ["undefined", None, "function", None, 1, "undefined", 1]


@pytest.mark.parametrize(
    ("script", "simple"),
    [
        ("data.a.b", True),
        ("data.rating === 5", True),
        ("data.x != null && !stringContains(data.t, 'a') || data['k'][0] > 1", True),
        ("`${data.t} ${1 + 1}`.trim().toLowerCase();", True),
        ("data.t.startsWith('x') && data.a.includes('x')", True),
        ("data.n ? {a: 1, 'b': [data.t]} : -1", True),
        ("Date.now()", False),
        ("data.t.includes(data.u)", False),
        ("'x'.repeat(9)", False),
        ("data.a.join('x')", False),
        ("2n ** 999999999n", False),
        ("data.a.map(x => x)", False),
        ("({toJSON: data.t})", False),
        ("({[data.t]: 1})", False),
        ("delete data.a", False),
        ("data.a, 1", False),
        ("data.t; data.t", False),
        ("this", False),
        ("uuid", False),
        ("globalThis.x", False),
        ("data.a.push(1)", False),
        ("data.t.replace('a', data.t)", False),
        ("1 // comment", False),
        ("/a/.test(data.t)", False),
        ("...data.a", False),
    ],
)
def test_which_scripts_are_simple(script: str, simple: bool) -> None:
    """Only one expression of reads, comparisons and calls that change nothing shares a context."""
    assert prepare(script, True, frozenset(FUNCTIONS)).simple is simple


def test_half_characters() -> None:
    """Half of an emoji becomes U+FFFD, in values, names and texts. Two halves that meet are an emoji again."""
    halves = "{{'😀'.substring(0, 1)}}"
    assert evaluate([halves, halves + "{{'😀'.substring(1)}}", "{{({['😀'[0]]: ['😀'[1]]})}}"]) == [
        "\ufffd",
        "\ufffd\ufffd",
        {"\ufffd": ["\ufffd"]},
    ]


BUSY = "{{Array(%d).fill(1).reduce((a, b) => a + b)}}"


def test_budgets() -> None:
    """The scripts of a step, the steps between two pauses, and the paths have limits. The fault shows which."""
    slow = BUSY % 100_000
    run = Scenario([say("a", slow * 40)], max_step_time=0.02)
    assert "The scripts of this step take longer than 0.02 s together." in run.instance.errors[0].message
    loop = [branch({"a": None}, "b") | {"outputs": {"x": slow}}, branch({"b": None}, "a")]
    run = Scenario(loop, max_busy_time=0.05)
    assert "takes longer than 0.05 s of processor time without a pause" in run.instance.errors[0].message
    forks = [branch({"v": "{{true}}", "w": "{{true}}"}), wait("v", "00:01:00", nextStepId="b")]
    run = Scenario([*forks, wait("w", "00:01:00", nextStepId="b")], max_paths=20)
    for _ in range(10):
        run.run(60)
    assert "more than 20 paths at the same time" in run.instance.errors[0].message
    assert run.instance.runs == ()


def test_a_pause_starts_a_new_budget() -> None:
    """What an instance did before it slept doesn't count afterwards."""
    run = Scenario([wait("w", "00:01:00", nextStepId="w", outputs={"x": BUSY % 50_000})], max_busy_time=0.05)
    for _ in range(12):
        run.run(60)
    assert run.instance.status == "Runnable"


def test_a_step_costs_the_same_after_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state of an instance that loops for days stays small, and so does the work of one step."""
    steps = [{"id": "w", "stepType": "Wait", "inputs": {"duration": "00:01:00"}, "nextStepId": "w"}]
    body = {"trigger": "http_request", "definition": {"name": "x", "steps": steps}}
    simulation = Simulation(body, START)
    simulation.start({})
    looked_at: list[int] = []
    advance = type(simulation._engine).advance
    monkeypatch.setattr(
        type(simulation._engine), "advance", lambda engine, it: (looked_at.append(len(it.runs)), advance(engine, it))[1]
    )
    simulation.move_to(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert len(simulation.runs()) == 121
    assert set(looked_at) == {1}


# The process


def test_a_thread_stops_scripts_where_there_is_no_timer() -> None:
    """On Windows, a thread of the process ends it."""
    process = processes.Process("thread")
    request = ["[]", "{}", "null", "9", f"[].reverse.call({HUGE})", "[]", "0.05"]
    with pytest.raises(processes.TimedOut):
        process.ask(request)
    calm = processes.Process("thread")
    assert calm.ask(["[]", "{}", "null", "9", "1 + 1", "[]", "0.05"])[1] == 'v{"value":2}'
    calm.end()


def test_a_process_that_dies_is_replaced() -> None:
    """If somebody ends the process, a script runs in another one."""
    evaluate("{{[data.t].pop()}}")
    (pid,) = {each.pid for each in processes._idle}
    os.kill(pid, signal.SIGKILL)
    assert evaluate("{{[data.t].pop()}}") == "text"
    assert pid not in {each.pid for each in processes._idle}
    with pytest.raises(ProcessLookupError):  # and isn't a zombie
        os.kill(pid, 0)


def test_a_script_that_crashes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """If a script ends the process twice, its instance has an error about it."""
    monkeypatch.setattr(processes.Process, "ask", lambda *_: (_ for _ in ()).throw(processes.Crashed("signal 11")))
    with pytest.raises(ScriptError, match=r"The script ended the process that runs scripts \(signal 11\)\."):
        evaluate("{{[data.t].pop()}}")


def test_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """If no process can be started, the message shows why."""
    processes.end_all()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(processes.WorkerError, match="can't start the process that runs scripts: No such file"):
        evaluate("{{[data.t].pop()}}")


def test_threads_do_not_share_a_process() -> None:
    """Several threads evaluate at the same time, each with its own result."""
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        results[number] = [evaluate(f"{{{{[data.n].pop() + {number}}}}}", {"n": each}) for each in range(30)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: [each + number for each in range(30)] for number in range(4)}


PARENT = f"""
import os, signal, sys, threading
from datetime import UTC, datetime
from pulumi_8x8.simulator import ManualClock, processes, sandbox
from pulumi_8x8.simulator.functions import functions
# A shell starts what runs in the background with this signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
sandbox.TIME_LIMIT = 20
scripts = sandbox.Scripts(functions(ManualClock(datetime(2026, 3, 2, tzinfo=UTC))), "null")
scripts.evaluate("{{{{[data].pop()}}}}", {{}})
print(processes._idle[0].pid, flush=True)
if sys.argv[1] == "end": sys.exit()
if sys.argv[1] == "fork":
    if os.fork() == 0:
        assert scripts.evaluate("{{{{[data.a].pop()}}}}", {{"a": 5}}) == 5
        os._exit(0)
    sys.exit(os.wait()[1])
scripts.evaluate("{{{{[].reverse.call({HUGE})}}}}", {{}})
"""


@pytest.mark.parametrize("how", ["end", "fork", "SIGINT", "SIGTERM", "SIGKILL"])
def test_no_process_is_left(how: str) -> None:
    """The process ends with its parent: at its end, after a fork, and if a signal ends it while a script hangs."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    if how.startswith("SIG"):
        time.sleep(0.2)
        parent.send_signal(getattr(signal, how))
    assert parent.wait(timeout=20) == (-getattr(signal, how) if how.startswith("SIG") else 0)
    parent.communicate()
    if how in ("SIGTERM", "SIGKILL"):
        return  # nothing of the parent runs now; the timer of the process ends it
    deadline = time.monotonic() + 20
    while _runs(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

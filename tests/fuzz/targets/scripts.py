"""Scripts: whatever a stranger writes between ``{{`` and ``}}``, alone and in a workflow that runs."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from fuzz.harness import Case, Outcome
from fuzz.mutations import mutated, odd
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.simulator import ManualClock, ScriptError, Simulation
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.sandbox import Scripts

#: Cases in the suite.
SHORT = 40

_START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_DATA = {"a": [1, 2], "o": {"x": "1", "n": None}, "t": "text", "payload": {"body": "Hi 😀", "from": "+6581968289"}}
_HUGE = "{length: 9007199254740991}"
#: Expressions; ``@`` is another one.
_GRAMMAR = [
    "data", "step", "data.t", "data.a[0]", "data.o?.x", "data.payload.body", "1", "-0", "NaN", "'a'", "null", "''",
    "[]", "{}", "`${@}`", "/(a+)+$/", "10n", "globalThis", "this", "Symbol.iterator", _HUGE,
    "@ + @", "@ === @", "@ && @", "@ ? @ : @", "@[@]", "@.x", "(@)(@)", "[@, @]", "({x: @})", "!@", "typeof @",
    "[...@]", "(() => @)()", "new Array(@)", "@ ** @", "@ < @", "@ in Object(@)", "@ instanceof Object",
    "[].reverse.call(@)", "[].join.call(@)", "Array.from(@)", "String(@)", "JSON.stringify(@)", "JSON.parse(@)",
    "@.toString()", "'x'.repeat(@)", "'x'.padEnd(@, 'ab')", "Object.assign(@, @)", "Object.keys(Object(@))",
    "Reflect.apply(Function, null, [@])", "Reflect.construct(Array, [@])", "eval(@)", "Function(@)()",
    "(() => { for (;;); })()", "(() => { while (@) {} })()", "[@].map(x => @)", "[3, 1].sort(() => @)",
    "new Proxy({}, {get: () => @}).x", "({get x() { return @ }}).x", "({toString: () => @}) + ''",
    "({toJSON: () => @})", "(async () => @)()", "Promise.resolve(@)", "(function* () { yield @ })().next()",
    "isDayOfWeek(@, @)", "isTimeOfDayBetween(@, @, @)", "isCountryCode(@, @)", "uuid()", "utcNow()", "1e9", "5e8",
    "0xFFFFFFFF", "'\\ud83d'", "data.payload.body.substring(0, 4)", "data.o.x = @", "delete data.o", "throw @",
]  # fmt: skip
_PIECES = [b"{{", b"}}", b"`", b"'", b"${", b"/*", b"//", b"\\", b"\0", b";", b"(", b")", b"=>", "\u2028".encode()]
_WORKFLOWS = [
    json.loads(path.read_text("utf-8")) for path in sorted((Path(__file__).parents[2] / "corpus").glob("0*.json"))
]


def make(random: Random) -> Case:
    """A script, or a workflow with some."""
    return random.choice((_alone, _alone, _workflow))(random)


def _script(random: Random, depth: int = 0) -> str:
    text = random.choice(_GRAMMAR if depth < 5 else _GRAMMAR[:12])
    while "@" in text:
        text = text.replace("@", _script(random, depth + 1), 1)
    return text


def _value(random: Random) -> str:
    script = _script(random)
    if random.random() < 0.2:
        script = mutated(random, script.encode(), _PIECES).decode("utf-8", "replace")
    return random.choice(("{{%s}}", "{{%s}}", "a {{%s}} b", "{{ %s }}{{1}}")) % script


def _alone(random: Random) -> Case:
    """The next script runs as if nothing had happened."""
    value = _value(random)

    def run() -> None:
        scripts = Scripts(functions(ManualClock(_START)), "null")
        with suppress(ScriptError):
            json.dumps(scripts.evaluate(value, _DATA))
        print(scripts.evaluate("{{data.t + Object.keys(data).join()}}", _DATA))

    def check(outcome: Outcome) -> str:
        shown = outcome.stdout.decode()
        return "" if shown == "texta,o,t,payload\n" else f"the next script returns {shown!r}"

    return Case(f"the script {value[:200]!r}", run, check, seconds=1.5)


def _workflow(random: Random) -> Case:
    """A run ends, with an error or without one."""
    body = json.loads(json.dumps(random.choice(_WORKFLOWS)))
    body = body if "definition" in body else {"trigger": "inbound_sms", "definition": body}

    def with_scripts(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: with_scripts(each) for key, each in value.items()}
        if isinstance(value, list):
            return [with_scripts(each) for each in value]
        return _value(random) if isinstance(value, str) and "{{" in value and random.random() < 0.3 else value

    steps = odd(random, with_scripts(body["definition"].get("steps", [])), 0.01)
    data = odd(random, _DATA)

    def run() -> None:
        try:
            simulation = Simulation({"trigger": "http_request", "definition": {"name": "x", "steps": steps}}, _START)
            simulation.start(data if isinstance(data, dict) else {})
            str(simulation)
        except (Pulumi8x8Error, ValueError) as error:
            print(type(error).__name__)

    return Case(f"the steps {json.dumps(steps)[:300]}", run, seconds=8)

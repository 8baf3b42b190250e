from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_8x8.simulator import ManualClock, ScriptError
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.sandbox import TIME_LIMIT, Scripts

CLOCK = ManualClock(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
DATA = {
    "n": 5,
    "t": "hi",
    "yes": True,
    "none": None,
    "o": {"a": [1, 2.5, {"b": None}], "z": "é😀"},
    "odd": {"__proto__": {"a": 1}, "2": 0, "constructor": None},
}


def evaluate(value: Any, step: Any = None, null_member: str = "null") -> Any:
    return Scripts(functions(CLOCK), null_member).evaluate(value, DATA, step)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("plain", "plain"),
        ("{{data.n}}", 5),
        ("{{ data.n }}", 5),
        ("{{data.n;}}", 5),
        ("{{data.n / 2}}", 2.5),
        ("{{data.o}}", DATA["o"]),
        ("{{data.o.a[2]}}", {"b": None}),
        ("{{data.odd}}", {"2": 0, "__proto__": {"a": 1}, "constructor": None}),
        ("{{data.yes}}", True),
        ("{{'a' + 'x'.repeat(100000)}}", "a" + "x" * 100000),
        ("{{'x'.repeat(100000) + data.t + 'x'.repeat(100000)}}", "x" * 100000 + "hi" + "x" * 100000),
        ("{{undefined}}", None),
        ("{{() => 1}}", None),
        ("{{data.none}}", None),
        ("{{data.missing}}", None),
        ("{{null}}", None),
        ("{{data.o['z']}}", "é😀"),
        ("{{data.n == '5'}}", True),
        ("{{data.n != null && !(data.n < 3)}}", True),
        ("{{step.reply}}", {"x": 1}),
        ("{{'umid: ' + data.t}}", "umid: hi"),
        ("umid: {{data.t}}", "umid: hi"),
        ("{{data.t}} {{data.n}}", "hi 5"),
        ("{{data.t}}{{data.n}}", "hi5"),
        (" {{data.n}}", " 5"),
        ("<{{data.none}}|{{data.yes}}|{{data.o.a}}>", '<|true|[1,2.5,{"b":null}]>'),
        ("Hello {{1}}, {{data.t}} {{ 2 }}", "Hello {{1}}, hi {{ 2 }}"),
        ("{{1}}", "{{1}}"),
        ("{{data.t", "{{data.t"),
        ("a\n{{\ndata.n\n}}", "a\n5"),
        ({"{{data.n}}": ["{{data.n}}", 1, None, {"x": "{{data.t}}"}]}, {"{{data.n}}": [5, 1, None, {"x": "hi"}]}),
        ("{{data.t.toUpperCase()}}", "HI"),
        ("{{data.o.a.map(x => x == 1 ? 'one' : x)[0]}}", "one"),
        ("{{[1, 2].includes(data.n) ? {a: 1} : 'no'}}", "no"),
        ("{{Date.now()}}", 1772445600000),
        ("{{uuid() == uuid()}}", False),
        ("{{typeof std + typeof os + typeof require + typeof process}}", "undefined" * 4),
    ],
)
def test_values(value: Any, result: Any) -> None:
    """One script keeps the type of its value, text around scripts makes a string, ``{{1}}`` isn't a script."""
    found = evaluate(value, {"reply": {"x": 1}})
    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("step.reply.payload.content.text", None),
        ("data.none.x['y'].z()", None),
        ("data.none.x == null", True),
        ("data.o.missing.x != null", False),
        ("stringContains(data.none.text, '1')", False),
        ("'a.b[c] ' + data.none.x", "a.b[c] undefined"),
    ],
)
def test_members_of_null(script: str, result: Any) -> None:
    """A member of null is null, as published exports rely on; with the other setting it is the published error."""
    assert evaluate(f"{{{{{script}}}}}", {"reply": None}) == result
    with pytest.raises(ScriptError, match=r"^Failed to evaluate the expression\. Error: Object reference not set"):
        evaluate(f"{{{{{script}}}}}", {"reply": None}, "fault")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("'" + "x" * 999 + "'", "longer than 1000 characters"),
        ("data.n = 1", "cannot contain assignments"),
        ("data.n += 1", "cannot contain assignments"),
        ("data.n++", "cannot contain assignments"),
        ("let x = 1", "cannot contain assignments"),
        ("var x", "cannot contain assignments"),
        ("new Date()", "cannot contain allocations"),
        ("class A {}", "cannot contain type declarations"),
        ("nobody", "'?nobody'? is not defined"),
        ("1 +", "SyntaxError"),
        ("", None),
        ("data.t()", "not a function"),
        ("(() => { throw 'oops' })()", "oops"),
        ("while (true) {}", "timed out"),
        ("(f => f(f))(f => f(f))", "call stack"),
        ("'a'.repeat(1e9)", "Out of memory"),
        ("globalThis.self", None),
        ("1n", "BigInt"),
        ("(x => Object.assign(x, {x}))({})", "circular"),
        ("'x'.repeat(129).split('').reduce(a => [a], 1)", "nested deeper than 128"),
        ("isDayOfWeek('x'.repeat(200).split('').reduce(a => [a], 1))", "nested deeper than 128"),
        ("Object.assign(Object.prototype, {toJSON: () => 5})", "can't be written as JSON"),
        ("Object.assign(Object.prototype, {toJSON: () => undefined})", "can't be written as JSON"),
        ("Object.assign(Object.prototype, {toJSON: () => ({wanted: ['os.system', []]}) })", "call stack"),
        ("isDayOfWeek()", "isDayOfWeek doesn't take 0 arguments"),
        ("isDayOfWeek('x', 'Monday')", "isDayOfWeek: 'x' isn't a date or timestamp"),
        ("[uuid, uuid].map(x => 'x'.repeat(101).split('').map(x => uuid()))", "More than 100 function calls"),
    ],
)
def test_limits(script: str, reason: str | None) -> None:
    """A script over the service's limits, or one that fails, raises a ScriptError with the reason; it never hangs."""
    if reason is None:
        assert evaluate(f"{{{{{script}}}}}") is None
        return
    with pytest.raises(ScriptError, match=f"(?s)^Failed to evaluate the expression. Error: .*{reason}"):
        evaluate(f"{{{{{script}}}}}")


def test_scripts_share_nothing() -> None:
    """What a script leaves in its world is not there for the next one, not even in the same string."""
    leave = "{{Object.assign(globalThis, {left: 1, data: {n: 6} }) && 'x'}}"
    assert evaluate(leave + "{{typeof left}} {{data.n}}") == "xundefined 5"


def test_answers_stay_with_their_questions() -> None:
    """Functions called several times in one script, in a way that chance decides, each get their own answer."""
    numbers = itertools.count(1)
    table = {**functions(CLOCK), "uuid": lambda: next(numbers)}
    script = "{{(Math.random() < 0.5 ? [uuid(), isDayOfWeek('2026-03-02', 'monday')] : [uuid(), true]).concat(uuid())}}"
    for _ in range(10):
        first, monday, second = Scripts(table, "null").evaluate(script, {})
        assert (monday, second) == (True, first + 1)


def test_the_time_limit_is_for_the_whole_script() -> None:
    """Calling functions doesn't give a script more time, and what the functions take isn't the script's."""
    work = "Array(300000).fill(1).reduce((a, b) => a + b)"

    def slow() -> int:
        time.sleep(TIME_LIMIT * 1.2)
        return 1

    assert Scripts({"uuid": slow}, "null").evaluate(f"{{{{{work} + uuid()}}}}", {}) == 300001
    calls = ", ".join(["uuid()"] * 90)
    with pytest.raises(ScriptError, match="timed out"):
        Scripts({"uuid": lambda: 1}, "null").evaluate(f"{{{{[{work}, {calls}].length}}}}", {})


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("isCountryCode('+6581968289', 'SG')", True),
        ("isCountryCode('6581968289', 'sg')", True),
        ("isCountryCode('+6581968289', 'US')", False),
        ("isCountryCode('+15551234567', 'US')", True),
        ("isCountryCode('+16045551234', 'CA')", True),
        ("isCountryCode('+16045551234', 'US')", False),
        ("isCountryCode('US.13491208655302741918', 'US')", False),
        ("isCountryCode(null, 'US')", False),
        ("stringContains('Register me', 'Register')", True),
        ("stringContains('register me', 'Register')", False),
        ("stringContains('register me', 'Register', true)", True),
        ("stringContains(null, '1', true)", False),
        ("stringContains(true, 'true')", True),
        ("isDayOfWeek('2021-05-25', 'Tuesday')", True),
        ("isDayOfWeek('2021-05-25T23:59:59.9999999+08:00', 'TUESDAY')", True),
        ("isDayOfWeek('2021-05-25', 'Monday')", False),
        ("isTimeOfDayBetween('2026-01-01T01:00:00.000Z', '09:00:00', '18:00:00', 'Singapore Standard Time')", True),
        ("isTimeOfDayBetween('2026-01-01T10:00:00Z', '09:00:00', '18:00:00', 'Singapore Standard Time')", True),
        ("isTimeOfDayBetween('2026-01-01T10:00:01Z', '09:00:00', '18:00:00', 'Singapore Standard Time')", False),
        ("isTimeOfDayBetween('2026-01-01T15:00:00Z', '22:00:00', '06:00:00', 'Singapore Standard Time')", True),
        ("isTimeOfDayBetween('2026-01-01T04:00:00Z', '22:00:00', '06:00:00', 'Singapore Standard Time')", False),
        ("uuid().length", 36),
    ],
)
def test_functions(call: str, result: Any) -> None:
    """The service's five functions return what the Functions page describes."""
    assert evaluate(f"{{{{{call}}}}}") == result


@pytest.mark.parametrize(
    "call",
    [
        "isTimeOfDayBetween(data.t, '09:00:00', '18:00:00', 'UTC')",
        "isTimeOfDayBetween('2026-01-01', '9 am', '18:00:00', 'UTC')",
        "isTimeOfDayBetween('2026-01-01', '09:00:00', '18:00:00', 'Asia/Singapore')",
        "isTimeOfDayBetween('2026-01-01', '09:00:00', '18:00:00', [])",
        "isDayOfWeek('2026-01-01', 'Montag')",
        "isDayOfWeek(5, 'Monday')",
        "isTimeOfDayBetween('0001-01-01T00:00:00+14:00', '09:00:00', '18:00:00', 'UTC')",
        "isTimeOfDayBetween('2026-01-01', '09:00:00Z', '18:00:00', 'UTC')",
    ],
)
def test_functions_refuse(call: str) -> None:
    """Wrong arguments fail the script with the function's name and the value."""
    with pytest.raises(ScriptError, match=rf"Error: {call.partition('(')[0]}: .* isn't a"):
        evaluate(f"{{{{{call}}}}}")


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("typeof performance", "undefined"),
        ("Date()", "Mon Mar 02 2026 10:00:00 GMT+0000"),
        ("Reflect.construct(Date, [])", "2026-03-02T10:00:00.000Z"),
        ("Date.prototype.constructor()", "Mon Mar 02 2026 10:00:00 GMT+0000"),
        ("Reflect.construct(Date, [0]).getTimezoneOffset()", 0),
        ("Reflect.construct(Date, [0]) instanceof Date", True),
    ],
)
def test_nothing_of_this_machine(script: str, result: Any) -> None:
    """A script sees the simulation's time instead of the machine's, no time zone, and no uptime."""
    assert evaluate(f"{{{{{script}}}}}") == result

"""The reasons that a trace shows for a condition come from its evaluation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_8x8.simulator import ManualClock
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.sandbox import Reason, Scripts

SCRIPTS = Scripts(functions(ManualClock(datetime(2026, 3, 2, tzinfo=UTC))), "null")
DATA = {"a": 1, "b": "1", "c": None, "d": [1], "e": {"k": ""}, "t": "x" * 300, "n": 0.5}


def reasons(script: str, data: Any = DATA) -> list[Reason]:
    found: list[tuple[Reason, ...]] = []
    SCRIPTS.fill(SCRIPTS.template({"x": f"{{{{{script}}}}}"}), data, None, None, found)
    return list(found[0])


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("data.a == data.b", [('1 == "1"', "true")]),
        ("data.c.x.y === undefined", [("undefined === undefined", "true")]),
        ("data.a > 0 && data.b != null", [("1 > 0", "true"), ('"1" != null', "true")]),
        ("data.a > 1 && data.b != null", [("1 > 1", "false")]),
        ("data.c ? data.a : data.n < 1", [("", "null"), ("0.5 < 1", "true")]),
        ("!(data.d == 1)", [("[1] == 1", "true")]),
        ("data.c ?? data.e", [("", "null"), ("", '{"k":""}')]),
        ("data.t === 'x'", [(f'"{"x" * 100}…" === "x"', "false")]),
        ("data.t.slice(0, 2) === 'xx'", [('"xx" === "xx"', "true")]),
        ("data.a + 1 >= data.n * 4", [("2 >= 2", "true")]),
        ("isCountryCode('+6581968289', 'SG')", [('isCountryCode("+6581968289", "SG")', "true")]),
        ("uuid() == 1 || true", [None]),
        ("0 / 0 == data.a", [("NaN == 1", "false")]),
        ("true", []),
        ("[1].map(x => x == 1)[0]", []),
    ],
)
def test_reasons(script: str, values: list[Any]) -> None:
    """Each part that was evaluated has a reason with its values; a skipped part has none."""
    found = reasons(script)
    assert [seen and (each.values, each.result) for each, seen in zip(found, values, strict=True)] == values


LEAVES = st.sampled_from(["data.a", "data.b", "data.c", "data.c.x", "data.d", "data.e.k", "data.n", "1", "'1'", "null"])
COMPARED = st.builds("({} {} {})".format, LEAVES, st.sampled_from(["==", "===", "!=", "!==", "<", ">="]), LEAVES)
CONDITIONS = st.recursive(
    COMPARED | LEAVES,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner)
        | st.builds("!{}".format, inner)
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(script=CONDITIONS)
def test_reasons_are_true(script: str) -> None:
    """A watched script has the same value as the script alone, and what a reason claims is what JavaScript finds."""
    watched: list[tuple[Reason, ...]] = []
    value = SCRIPTS.fill(SCRIPTS.template(f"{{{{({script})}}}}"), DATA, None, None, watched)
    assert value == SCRIPTS.evaluate(f"{{{{({script})}}}}", DATA)
    for reason in watched[0]:
        alone = SCRIPTS.evaluate(f"{{{{[{reason.expression}].pop()}}}}", DATA)
        assert json.loads("null" if reason.result == "undefined" else reason.result) == alone
        if reason.values and "[" not in reason.values and "{" not in reason.values:
            assert SCRIPTS.evaluate(f"{{{{{reason.values}}}}}", DATA) == json.loads(reason.result)

"""The table of operators is what expressions do: a model of each row in Python, compared with the simulator."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pulumi_8x8 as automation
from pulumi_8x8.definition.expressions import Expression
from pulumi_8x8.definition.flows import compile_steps
from pulumi_8x8.definition.operators import OPERATORS
from pulumi_8x8.simulator import ManualClock
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.sandbox import Scripts

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SCRIPTS = Scripts(functions(ManualClock(NOW)), "null")


class Missing:
    """What a member that doesn't exist is."""


MISSING = Missing()


def compiled(value: Any) -> Any:
    """What a step's input becomes."""
    found = compile_steps([automation.HttpRequest("a", url="u", method="GET", body=value)])
    assert not found.wrong
    return found.steps[0].body


def evaluated(value: Any, data: dict[str, Any]) -> Any:
    return SCRIPTS.evaluate(compiled(value), data)


# The model of each row


def number(value: Any) -> float:
    if isinstance(value, str):
        text = value.strip()
        return (
            float(text or 0) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)?", text) and text not in ("+", "-") else math.nan
        )
    return math.nan if value is MISSING else float(value or 0)


def equal(left: Any, right: Any) -> bool:
    if left in (None, MISSING) or right in (None, MISSING):
        return left in (None, MISSING) and right in (None, MISSING)
    return left == right if type(left) is type(right) is str else number(left) == number(right)


def ordered(sign: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return sign(left.encode("utf-16-be"), right.encode("utf-16-be"))
        return sign(number(left), number(right))

    return compare


def text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "undefined" if value is MISSING else "NaN" if value != value else str(value)


def plus(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return text(left) + text(right)
    total = number(left) + number(right)
    return int(total) if total.is_integer() else total


def contains(whole: Any, part: Any, ignore_case: bool) -> bool:
    if any(each in (None, MISSING) or each != each for each in (whole, part)):
        return False
    one, other = text(whole), text(part)
    return other.casefold() in one.casefold() if ignore_case else other in one


DATA = {
    "word": "Order", "empty": "", "nine": "9", "ten": "10", "blank": " 5 ", "umlaut": "ä€", "face": "😀",
    "one": 1, "five": 5, "half": 0.5, "minus": -2, "zero": 0, "yes": True, "no": False, "null": None,
    "phone": "+6581234567", "sent": "2026-03-01T23:30:00Z",
}  # fmt: skip
_Pair = tuple[Any, Any]


def member(name: str) -> _Pair:
    return automation.data[name], DATA.get(name, MISSING)


MEMBERS = st.sampled_from([member(name) for name in (*DATA, "gone")])
LITERALS = st.sampled_from(["", "5", "9", "Order", "it's", "a\\b\n", "{{x}}", "😁", 0, 5, -1, 0.5, True, None]).map(
    lambda value: (value, value)
)
LEAVES = st.one_of(MEMBERS, LITERALS)

COMPARISONS: dict[str, tuple[Any, Any]] = {
    "equal": (operator.eq, equal),
    "not equal": (operator.ne, lambda left, right: not equal(left, right)),
    "less": (operator.lt, ordered(operator.lt)),
    "at most": (operator.le, ordered(operator.le)),
    "greater": (operator.gt, ordered(operator.gt)),
    "at least": (operator.ge, ordered(operator.ge)),
}


def comparison(name: str, left: _Pair, right: _Pair) -> _Pair:
    make, model = COMPARISONS[name]
    return make(left[0], right[0]), model(left[1], right[1])


def after(left: _Pair, right: _Pair) -> bool:
    """At least one side is an expression."""
    return isinstance(left[0], Expression) or isinstance(right[0], Expression)


def values(inner: st.SearchStrategy[_Pair], conditions: st.SearchStrategy[_Pair]) -> st.SearchStrategy[_Pair]:
    two = st.tuples(inner, inner).filter(lambda pair: after(*pair))
    return st.one_of(
        inner,
        two.map(lambda pair: (pair[0][0] + pair[1][0], plus(pair[0][1], pair[1][1]))),
        st.tuples(conditions, inner, inner).map(
            lambda each: (automation.if_else(each[0][0], each[1][0], each[2][0]), each[1 if each[0][1] else 2][1])
        ),
    )


def of_values(inner: st.SearchStrategy[_Pair]) -> st.SearchStrategy[_Pair]:
    """Conditions about values."""
    two = st.tuples(inner, inner).filter(lambda pair: after(*pair))
    own = inner.filter(lambda pair: isinstance(pair[0], Expression))
    return st.one_of(
        st.tuples(st.sampled_from(sorted(COMPARISONS)), two).map(lambda each: comparison(each[0], *each[1])),
        own.map(lambda each: (each[0].is_null(), equal(each[1], None))),
        own.map(lambda each: (each[0].is_not_null(), not equal(each[1], None))),
        st.tuples(own, inner, st.booleans()).map(
            lambda each: (
                each[0][0].contains(each[1][0], ignore_case=each[2]),
                contains(each[0][1], each[1][1], each[2]),
            )
        ),
    )


def joined(inner: st.SearchStrategy[_Pair]) -> st.SearchStrategy[_Pair]:
    """Conditions about conditions."""
    return st.one_of(
        st.tuples(inner, inner).map(lambda each: (each[0][0] & each[1][0], each[0][1] and each[1][1])),
        st.tuples(inner, inner).map(lambda each: (each[0][0] | each[1][0], each[0][1] or each[1][1])),
        inner.map(lambda each: (~each[0], not each[1])),
        st.tuples(st.sampled_from(sorted(COMPARISONS)), inner, LEAVES).map(lambda each: comparison(*each)),
    )


CONDITIONS = st.recursive(of_values(LEAVES), joined, max_leaves=4)
VALUES = st.recursive(LEAVES, lambda inner: values(inner, CONDITIONS), max_leaves=4)
EXPRESSIONS = st.one_of(CONDITIONS, VALUES, of_values(VALUES)).filter(lambda pair: isinstance(pair[0], Expression))


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_follows_the_table(pair: _Pair) -> None:
    """However operators are nested, the simulator returns what their rows declare."""
    expression, wanted = pair
    if len(compiled(expression)) > 1000:
        return  # the service refuses it, and lint reports it
    absent = wanted is MISSING or wanted != wanted  # JSON has neither
    assert evaluated(expression, DATA) == (None if absent else wanted), compiled(expression)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=20)


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=20),
    st.sampled_from(["{", "}", "{{", "}}", "'", ""]),
)
def test_any_literal_stays_itself(literal: str, around: str) -> None:
    """Quoting is right for any text, with braces of a script in it too, and next to an expression in a text."""
    literal = f"{around}{literal}{around}"
    assert evaluated(automation.if_else(automation.data.yes.is_null(), 0, literal), DATA) == literal
    plain = literal.replace("{{", "{").replace("}}", "}")  # braces in pairs are the author's own script
    if "{{" in plain or "}}" in plain:
        return
    assert evaluated(f"{plain}{automation.data.word}{plain}", DATA) == f"{plain}Order{plain}"


#: The rows that have one right answer for a value, in Python's own terms.
SINGLE: dict[str, list[tuple[Any, Any]]] = {
    "country": [
        (automation.data.phone.is_country_code("SG"), True), (automation.data.word.is_country_code("SG"), False),
    ],
    "time of day": [
        (automation.data.sent.is_time_of_day_between(start, end, "Singapore Standard Time"), inside)
        for start, end, inside in (
            ("07:30:00", "08:00:00", True), ("07:31:00", "08:00:00", False), ("22:00:00", "07:30:00", True),
        )
    ],
    "day of week": [(automation.data.sent.is_day_of_week(day), day == "Sunday") for day in ("Sunday", "Monday")],
    "member": [
        (automation.data["word"], "Order"), (automation.data.word["a name"], None), (automation.data.word[1], "r"),
        (automation.data.gone.below.further, None),
    ],
    "text": [
        (f"Hello {automation.data.word}!", "Hello Order!"), (f"<{automation.data.null}>", "<>"),
        (f"{{{automation.data.five}}}", "{5}"), (f"{automation.data.five}", 5), (f"{automation.data.yes}.", "true."),
    ],
    "script": [(automation.script("data.five * 2"), 10), (automation.script("{{data.five * 2}}") + 1, 11)],
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_single_rows(name: str) -> None:
    """The rows that the property doesn't build."""
    for expression, wanted in SINGLE[name]:
        assert evaluated(expression, DATA) == wanted


def test_uuid() -> None:
    """Each evaluation makes another one."""
    made = {evaluated(automation.uuid(), DATA) for _ in range(2)}
    assert len(made) == 2
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in made)


def test_every_row_has_a_model() -> None:
    """No row of the table is without a test."""
    in_property = {*COMPARISONS, "null", "not null", "and", "or", "not", "plus", "choice", "contains"}
    assert [row.name for row in OPERATORS if row.name not in in_property | {*SINGLE, "uuid"}] == []


def test_what_has_no_row_is_refused() -> None:
    """Python's other operators raise an error that names the program's line, and what to write."""
    x, a = automation.data.five, automation.data.word == "b"
    delta = timedelta(1)
    refused: list[tuple[Callable[[], Any], str]] = [
        *((lambda each=each: each(x, 2), "isn't an operator of expressions") for each in (
            operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow, operator.xor,
            operator.lshift, operator.rshift, operator.matmul,
        )),
        (lambda: 2 - x, "isn't an operator of expressions"),
        (lambda: -x, "isn't an operator of expressions"),
        (lambda: abs(x), "isn't an operator of expressions"),
        (lambda: a and a, "a & b instead of a and b"),
        (lambda: a or a, "a | b instead of a or b"),
        (lambda: not a, "~a instead of not a"),
        (lambda: 1 if a else 2, "automation.if_else(a, x, y) instead of x if a else y"),
        (lambda: 1 < x < 6, "(x < y) & (y < z) instead of x < y < z"),
        (lambda: x in [1, 2], "(x == y) | (x == z) instead of x in [y, z]"),
        (lambda: "x" in x, 'x.contains("text") instead of "text" in x'),
        (lambda: list(x), "has no elements while the program runs"),
        (lambda: len(x), "has no length while the program runs"),
        (lambda: int(x), "isn't a number while the program runs"),
        (lambda: x.upper(), "can't be called"),
        (lambda: x & a, "& joins conditions"),
        (lambda: a & x, "a condition is expected, and this is a value"),
        (lambda: ~x, "~ negates a condition"),
        (lambda: x == {"a": 1}, "can't use a value of the type dict"),
        (lambda: x + b"a", "can't use a value of the type bytes"),
        (lambda: x < delta, "can't use a value of the type timedelta"),
        (lambda: x == float("nan"), "can't use a value of the type float"),
        (lambda: x == 2**60, "can't use a value of the type int"),
        (lambda: x == f"{x}1", "isn't an operand"),
        (lambda: f"{x:>10}", "can't be applied to an expression"),
        (lambda: automation.inbound_sms().payload == "a", "an object can only be compared with None"),
        (lambda: automation.if_else("a", 1, 2), "a condition is expected, not a value of the type str"),  # type: ignore[arg-type]
        (lambda: automation.script(""), "not an empty text"),
        (lambda: automation.script(5), "a script is a text"),  # type: ignore[arg-type]
        (lambda: automation.data[True], "a member's name is a text or a number"),
    ]  # fmt: skip
    for do, wanted in refused:
        with pytest.raises((TypeError, ValueError)) as raised:
            do()
        assert wanted in str(raised.value)
        assert str(raised.value).startswith("tests/definition/test_operators.py:")


def test_a_member_that_does_not_exist() -> None:
    """The message names the nearest member, in Python's spelling."""
    message = automation.inbound_chat_apps()
    with pytest.raises(
        AttributeError, match=r'data.payload has no member "sub_acount_id"; did you mean "sub_account_id"\?'
    ):
        _ = message.payload.sub_acount_id  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"the members are msisdn, channel_user_id"):
        _ = message.payload.user.zzz  # type: ignore[attr-defined]
    assert not hasattr(message, "zzz")

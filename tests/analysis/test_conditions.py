"""Conditions are tried with the values that make a difference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.analysis.conditions import Condition, _combinations, _true, both, none_of, outcome, show
from pulumi_8x8.analysis.javascript import facts_of


def _condition(code: str) -> Condition:
    return facts_of(code).condition


#: Pairs of conditions, and whether both can be true together.
PAIRS = [
    ("data.a == '1'", "data.a == '2'", False),
    ("data.a == '1'", "data.a == 1", True),  # JavaScript takes the text "1" for the number
    ("data.a === '1'", "data.a === 1", False),
    ("data.a == '1'", "data.a != '2'", True),
    ("data.a == null", "data.a != null", False),
    ("data.a == null", "data.a == undefined", True),
    ("data.a", "!data.a", False),
    ("!!data.a", "data.a != null", True),
    ("data.a > 1", "data.a > 2", True),
    ("data.a > 1", "data.a <= 1", False),
    ("data.a >= 200 && data.a < 300", "data.a >= 300", False),
    ("data.a >= 200 && data.a < 300", "data.a == 200 || data.a == 404", True),
    ("data.a == 'x' && data.b", "data.a == 'x' && !data.b", False),
    ("stringContains(data.a, 'yes')", "stringContains(data.a, 'no')", True),
    ("stringContains(data.a, 'yes')", "!stringContains(data.a, 'yes')", False),
    ("stringContains(data.a, 'yes')", "data.a == 'YES'", False),
    ("stringContains(data.a, 'yes', true)", "data.a == 'YES'", True),
    ("stringContains(data.a, 'yes')", "data.a == null", False),
    ("isCountryCode(data.a, 'SG')", "isCountryCode(data.a, 'MY')", False),
    ("isCountryCode(data.a, 'SG')", "isCountryCode(data.a, 'sg')", True),
    ("isDayOfWeek(data.a, 'Sunday')", "isDayOfWeek(data.a, 'Monday')", False),
    ("step.reply == null", "step.reply.payload.body == 'a'", False),
    ("true", "true", True),
    ("false", "false", False),
    # What can't be compared has no result.
    ("data.a == '1'", "data.b == '2'", False),
    ("step.reply", "step.reply.payload.body == 'a'", False),
    ("data.a == data.b", "data.a != data.b", False),
    ("open(data.a) && data.b", "shut(data.a) && data.b", False),
    ("open(data.a) && data.b", "open(data.a) && data.b == '1'", True),
]


@pytest.mark.parametrize(("first", "second", "overlap"), PAIRS)
def test_both(first: str, second: str, overlap: bool) -> None:
    """Two conditions overlap exactly where some value makes both true, whichever comes first."""
    assert (both(_condition(first), _condition(second)) is not None) == overlap
    assert (both(_condition(second), _condition(first)) is not None) == overlap


@pytest.mark.parametrize(
    ("codes", "gap"),
    [
        (["data.a == null", "data.a != null"], False),
        (["data.a", "!data.a"], False),
        (["data.a == '1'", "data.a != '1'"], False),
        (["data.a == '1'", "data.a == '2'"], True),
        (["data.a > 1", "data.a <= 1"], True),  # a text
        (["true"], False),
        (["open(data.a)", "!open(data.a)"], False),
        (["open(data.a)", "shut(data.a)"], True),
        ([f"data.{letter} == '{number}'" for letter in "abcdefgh" for number in range(9)], True),
    ],
)
def test_none_of(codes: list[str], gap: bool) -> None:
    """There is a gap exactly if some value makes none true; if that isn't known, there may be one."""
    assert (none_of([_condition(code) for code in codes]) is not None) == gap


@pytest.mark.parametrize(
    ("code", "when_null", "otherwise"),
    [
        ("step.reply == null", True, False),
        ("step.reply != null", False, True),
        ("!step.reply", True, False),
        ("step.reply.payload.body == 'a'", False, None),
        ("step.reply == null || step.reply.payload.body == 'a'", True, None),
        ("step.reply == null || data.tries > 3", True, None),
        ("step.reply == null && data.tries > 3", None, False),
        ("data.tries > 3", None, None),
        ("step.replyTo == null", None, None),
    ],
)
def test_outcome(code: str, when_null: bool | None, otherwise: bool | None) -> None:
    """What an edge does when nobody answers, and when somebody does; None where other values decide."""
    assert outcome(_condition(code), "step.reply", null=True) is when_null
    assert outcome(_condition(code), "step.reply", null=False) is otherwise


def test_values_are_shown_as_people_write_them() -> None:
    """A message shows the values that make two conditions true."""
    values = both(_condition("stringContains(data.a, 'yes')"), _condition("stringContains(data.a, 'no')"))
    assert show(values or {}) == 'data.a is "yes no"'


_COMPARED = st.builds(
    "data.a {} {}".format,
    st.sampled_from(["==", "===", "!=", "!=="]),
    st.sampled_from(["'1'", "'2'", "1", "null", "true"]),
)


@given(_COMPARED, _COMPARED)
def test_both_without_a_trial(first: str, second: str) -> None:
    """What excludes each other at sight excludes each other in a trial, too."""
    one, other = _condition(first), _condition(second)
    tried = any(_true(one, values) and _true(other, values) for values in _combinations([one, other]))
    assert (both(one, other) is not None) == tried

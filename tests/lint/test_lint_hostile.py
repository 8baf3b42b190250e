"""For any definition, lint returns, and soon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_8x8.definition import STEP_KINDS, UNKNOWN, Definition
from pulumi_8x8.definition.model import STATUS_NAMES, TRIGGER_NAMES
from pulumi_8x8.definition.steps import inputs_of
from pulumi_8x8.lint import lint

WITHIN_A_SECOND = settings(
    max_examples=300, deadline=timedelta(seconds=1), suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

#: Pieces that scripts are made of, whole or broken.
TOKENS = """
    data step data.payload.user.msisdn step.reply data.a null undefined true 1 0x 'a' "b" 'c ` ${ { } ( ) [ ] , ; : ?
    ?. . .. ... => = == === != !== < > <= && || ?? ! + - * / // /* */ new function return var let class if else for
    while isCountryCode stringContains isTimeOfDayBetween isDayOfWeek uuid 'SG' '09:00:00' Date \\ \\u{ @ # é 😀 “
    {{ }} async await yield import this
""".split()  # noqa: SIM905 - a list of a hundred signs in quotes is harder to read
code = st.lists(st.sampled_from(TOKENS), max_size=30).map(" ".join) | st.text(max_size=60)
script = code.map(lambda text: "{{" + text + "}}")
text = st.text(max_size=10) | script | st.sampled_from(["{{", "}}", "{{1}}", "", "00:05:00", "5", "a", "b"])

scalar = st.none() | st.booleans() | st.integers() | st.floats() | text | st.just(UNKNOWN)
json = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=15
)
ids = st.sampled_from(["a", "b", "c", "#0", "", "a b"])
names = sorted({name for kind in STEP_KINDS for name in inputs_of(kind)})


def members(**known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with some of these members, each as it should be or anything else."""
    return st.fixed_dictionaries({}, optional={name: value | json for name, value in known.items()})


def step_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return members(
        id=ids,
        stepType=st.sampled_from([*STEP_KINDS, "branch", "Unknown"]),
        inputs=st.dictionaries(st.sampled_from(names), text | json, max_size=4),
        outputs=st.dictionaries(st.sampled_from(["a", "b", "payload"]), script | json, max_size=3),
        nextStepId=ids,
        selectNextStep=st.dictionaries(ids, script | st.none() | json, max_size=4),
        do=st.lists(st.lists(inner, max_size=3), max_size=2),
    )


step = st.recursive(step_of(json), step_of, max_leaves=4)
definition = members(
    trigger=st.sampled_from(TRIGGER_NAMES),
    status=st.sampled_from(STATUS_NAMES),
    definition=members(name=text, steps=st.lists(step | json, max_size=6)),
)


@WITHIN_A_SECOND
@given(st.dictionaries(text, json, max_size=5) | definition)
def test_any_json_can_be_linted(body: dict[str, Any]) -> None:
    """Random JSON, and random definitions with anything in any place: problems at most, never an exception."""
    for problem in lint(Definition.from_body(body)):
        assert str(problem).isprintable()


@WITHIN_A_SECOND
@given(st.lists(script | text, min_size=1, max_size=6))
def test_any_script_can_be_linted(scripts: list[str]) -> None:
    """Random scripts in every place where one can stand: never an exception."""
    steps = [
        {
            "id": f"s{index}",
            "stepType": "WaitForReply",
            "inputs": {"from": each, "channel": "whatsapp"},
            "outputs": {"a": each, "b": "{{step.reply}}"},
            "selectNextStep": {"s0": each, f"s{index + 1}": f"{{{{!({each})}}}}", "s2": None},
        }
        for index, each in enumerate(scripts)
    ]
    lint(Definition.from_body({"trigger": "inbound_sms", "definition": {"name": "x", "steps": steps}}))

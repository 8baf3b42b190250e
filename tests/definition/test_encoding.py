"""The way through Pulumi: encode, engine, decode is the identity."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from pulumi_8x8.definition import UNKNOWN, Definition, Hole, decode, encode, from_inputs, to_inputs

from .test_model import JSON


def engine(value: Any, seed: int = 0) -> Any:
    """What the real engine does to a value: nulls go, numbers become floats, keys come in any order.

    ``tests/engine`` holds it to that.
    """
    return _through(value, random.Random(seed))


def _through(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = [key for key, item in value.items() if item is not None]
        return {key: _through(value[key], chance) for key in chance.sample(keys, len(keys))}
    if isinstance(value, list):
        return [_through(item, chance) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("name", corpus.FILES)
def test_corpus_survives(name: str) -> None:
    """Every published definition comes through the engine with the body that it had."""
    definition = Definition.from_body(corpus.BODIES[name])
    assert from_inputs(engine(to_inputs(definition))) == definition
    assert from_inputs(engine(to_inputs(definition))).digest() == definition.digest()


@given(value=JSON | st.sampled_from(["(null)", "((null))", "(int 5)", "(((int 5)))", "(x)", "()"]))
def test_any_json_survives(value: Any) -> None:
    """Encode, engine, decode is the identity, for nulls, any integers, and strings that look like marks."""
    assert decode(engine(encode(value))) == value


INPUTS = {
    None: "(null)",
    "(null)": "((null))",
    "((null))": "(((null)))",
    "(int 7)": "((int 7))",
    "null": "null",
    2**53: 2**53,
    2**53 + 1: "(int 9007199254740993)",
    -(10**20): "(int -100000000000000000000)",
    "(a note)": "(a note)",
}


@pytest.mark.parametrize(("value", "encoded"), INPUTS.items(), ids=repr)
def test_what_a_preview_shows(value: Any, encoded: Any) -> None:
    """The marks are readable, and only what needs one has one: this text is in users' state."""
    assert encode(value) == encoded
    assert decode(encoded) == value


def test_inputs_are_keyed_by_step_id() -> None:
    """The shape in users' state: the parts of the definition, steps by id, the start by name, the order as a text."""
    definition = Definition.from_body(corpus.BODIES["29-step-branch-country"])
    inputs = to_inputs(definition)
    assert inputs.keys() == {"name", "trigger", "status", "start", "steps", "__order"}
    assert inputs["start"] == "step_1"
    assert inputs["steps"]["step_1"]["selectNextStep"]["branch3"] == "(null)"


def test_steps_that_become_known_late_are_put_into_canonical_form() -> None:
    """Steps from an Output arrive as a list with a builder's noise, and are read as if they had been plain."""
    steps = [{"id": "a", "stepType": "sms", "do": [], "nextStepId": None}]
    late = from_inputs({"name": "x", "steps": engine(encode(steps))})
    assert late == Definition.of(name="x", trigger=None, status=None, sub_account_id=None, steps=steps)


def test_a_step_may_be_called_like_a_mark() -> None:
    """The start survives whatever its id is."""
    steps = [{"id": "(int 7)", "stepType": "Wait"}, {"id": "(null)", "stepType": "Wait"}]
    definition = Definition.of(name="x", trigger=None, status=None, sub_account_id=None, steps=steps)
    assert from_inputs(engine(to_inputs(definition))) == definition


def test_holes_stay_where_they_are() -> None:
    """A value that is not known yet is a leaf like any other, and goes to the caller's encoder."""
    steps = [{"id": "a", "stepType": "SMS", "inputs": {"text": UNKNOWN}}]
    definition = Definition.of(name=UNKNOWN, trigger="inbound_sms", status=None, sub_account_id=None, steps=steps)
    inputs = to_inputs(definition, lambda hole: "later")
    assert (inputs["name"], inputs["steps"]["a"]["inputs"]["text"]) == ("later", "later")
    assert isinstance(from_inputs(to_inputs(definition)).steps["a"]["inputs"]["text"], Hole)

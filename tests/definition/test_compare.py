"""Comparison finds every difference between two definitions, whatever their members are called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.compare import compare, differ, same

NAMES = st.sampled_from(["a", "b", "__a", "__b__", "_", "root['a']", "t1", "0", ""])
LEAVES = st.sampled_from([None, True, False, 0, 1, 1.5, "", "1", "{{data.a}}", "true"])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))


def definition(inputs: object) -> Definition:
    """A definition with one step that has ``inputs``."""
    steps = [{"id": "call", "stepType": "HttpRequest", "inputs": {"body": inputs}}]
    return Definition.from_body({"trigger": "inbound_sms", "definition": {"name": "a", "steps": steps}})


@given(old=VALUES, new=VALUES)
def test_every_difference(old: object, new: object) -> None:
    """Two definitions compare as equal exactly if their contents are the same."""
    before, after = definition(old), definition(new)
    assert bool(compare(before, after)) == differ(before, after) == (not same(before.steps, after.steps))


def test_two_underscores() -> None:
    """A member whose name begins with two underscores counts, and the change names its place."""
    (change,) = compare(definition({"__mode": 1}), definition({"__mode": 2}))
    assert change.path == ("steps", "call", "inputs", "body", "__mode")

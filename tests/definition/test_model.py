"""The canonical form: what means the same is equal, what does not is not, and nothing that has a meaning is lost."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from pulumi_8x8.definition import Definition

Body = dict[str, Any]


def _menu() -> Body:
    return copy.deepcopy(corpus.BODIES["05-docs-menu-waitforreply"])


def _each_step(change: Callable[[Body], None]) -> Callable[[Body], None]:
    def apply(body: Body) -> None:
        for step in body["definition"]["steps"]:
            change(step)

    return apply


def _noise(step: Body) -> None:
    for member, nothing in {"do": [], "inputs": {}, "outputs": {}, "selectNextStep": {}, "nextStepId": None}.items():
        step.setdefault(member, nothing)


def _other_spelling(body: Body) -> None:
    body["subaccountId"] = body.pop("subAccountId")
    for step in body["definition"]["steps"]:
        step["stepType"] = step["stepType"].lower()


def _added_by_service(body: Body) -> None:
    body |= {"accountId": "acme", "createdAt": "2021-07-12T04:49:30.27Z", "id": "x", "version": 3}
    body["definition"] |= {"id": "ae54eaf1-b86d-43c5-8982-2818f9bbe52c", "version": 7}


def _reorder(body: Body) -> None:
    body["definition"]["steps"][1:] = reversed(body["definition"]["steps"][1:])


SAME = {
    "a builder's empty members": _each_step(_noise),
    "spelling of subaccountId and of step types": _other_spelling,
    "what the service adds": _added_by_service,
    "order of the steps after the first": _reorder,
    "null for no sub-account spelled twice": lambda body: body.update(subaccountId=None),
    "1.0 for 1": lambda body: body["definition"]["steps"][0]["inputs"].update(n=1.0),
}

DIFFERENT: dict[str, Callable[[Body], Any]] = {
    "a text": lambda body: body["definition"]["steps"][3]["inputs"]["content"].update(text="other"),
    "a null default edge gone": lambda body: body["definition"]["steps"][2]["selectNextStep"].update(branch1=None),
    "null inside inputs": lambda body: body["definition"]["steps"][1]["inputs"].update(channel=None),
    "the first step": lambda body: body["definition"]["steps"].reverse(),
    "an unknown member of a step": lambda body: body["definition"]["steps"][0].update(errorBehavior="retry"),
    "an unknown member of the envelope": lambda body: body.update(tags=["a"]),
    "an unknown member of definition": lambda body: body["definition"].update(description="x"),
    "an empty list inside inputs": lambda body: body["definition"]["steps"][0]["inputs"].update(list=[]),
    "true for 1": lambda body: body["definition"]["steps"][0]["inputs"].update(n=True),
    "status": lambda body: body.update(status="disabled"),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME.keys())
def test_what_means_the_same_is_equal(change: Callable[[Body], Any]) -> None:
    """A body changed in a way that has no meaning has the same canonical form and digest."""
    before, after = _menu(), _menu()
    before["definition"]["steps"][0]["inputs"]["n"] = after["definition"]["steps"][0]["inputs"]["n"] = 1
    change(after)
    assert Definition.from_body(before) == Definition.from_body(after)
    assert Definition.from_body(before).digest() == Definition.from_body(after).digest()


@pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_differs_is_not_equal(change: Callable[[Body], Any]) -> None:
    """A body changed in a way that has a meaning has another digest, and the change is in the body that is sent."""
    before, after = _menu(), _menu()
    before["definition"]["steps"][0]["inputs"]["n"] = after["definition"]["steps"][0]["inputs"]["n"] = 1
    change(after)
    assert Definition.from_body(before).digest() != Definition.from_body(after).digest()
    assert json.dumps(Definition.from_body(after).body()) != json.dumps(Definition.from_body(before).body())


@pytest.mark.parametrize("name", corpus.FILES)
def test_corpus_survives(name: str) -> None:
    """Model -> API body -> model is the identity, and each step's members come through, but for the noise."""
    body = corpus.BODIES[name]
    definition = Definition.from_body(body)
    sent = definition.body()
    assert Definition.from_body(sent) == definition
    assert sent["definition"]["name"] == body["definition"]["name"]
    assert sent["definition"]["steps"][0]["id"] == body["definition"]["steps"][0]["id"]
    by_id = {step["id"]: step for step in sent["definition"]["steps"]}
    for step in body["definition"]["steps"]:
        meant = {key: value for key, value in step.items() if value not in (None, {}, [])}
        kept = by_id[step["id"]]
        assert {**kept, "stepType": kept["stepType"].lower()} == {**meant, "stepType": meant["stepType"].lower()}


def test_steps_of_a_flow_are_sent_in_its_order() -> None:
    """The start first, then along the edges, the default edge last; what nothing reaches comes at the end."""
    steps = [
        {"id": "b", "stepType": "Branch", "selectNextStep": {"other": None, "yes": "{{true}}"}},
        {"id": "a_orphan", "stepType": "Wait", "inputs": {"duration": "1"}},
        {"id": "other", "stepType": "Wait", "inputs": {"duration": "1"}},
        {"id": "after", "stepType": "Wait", "inputs": {"duration": "1"}},
        {"id": "yes", "stepType": "Wait", "inputs": {"duration": "1"}, "nextStepId": "after"},
    ]
    definition = Definition.from_body({"definition": {"name": "x", "steps": steps}})
    assert definition.flow_order() == ["b", "yes", "after", "other", "a_orphan"]
    assert [step["id"] for step in definition.body()["definition"]["steps"]] == definition.flow_order()


MALFORMED: dict[str, Any] = {
    "the same id twice": [{"id": "a", "stepType": "Wait"}, {"id": "a", "stepType": "SMS"}],
    "no id": [{"stepType": "Wait"}, {"id": "", "stepType": "Wait"}, {"id": 5}],
    "an id like our keys": [{"id": "#1"}, {"id": "#0"}],
    "steps that are no objects": ["x", 1, None, [{"id": "a"}]],
    "no list": "steps",
    "an object": {"a": {"stepType": "Wait"}},
    "nothing": [],
    "members of a wrong kind": [{"id": "a", "stepType": 1, "do": 5, "selectNextStep": "x", "nextStepId": {}}],
    "sequences of a wrong kind": [{"id": "a", "do": [1, [2, {"id": "b", "do": [[None]]}], {}]}],
}


@pytest.mark.parametrize("steps", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_steps_are_kept(steps: Any) -> None:
    """Making the canonical form never judges and never loses a step: what is wrong is still there to be named."""
    definition = Definition.from_body({"definition": {"name": "x", "steps": steps}})
    sent = definition.body()["definition"]["steps"]
    if isinstance(steps, list):
        assert len(sent) == len(steps)
        assert sorted(map(_text, sent)) == sorted(map(_text, steps))
    else:
        assert sent == steps


def _text(step: Any) -> str:
    return json.dumps(step, sort_keys=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
STEP = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b", "c", "#1", ""]) | JSON},
    optional={
        "stepType": st.sampled_from(["SMS", "branch", "New"]) | JSON,
        "inputs": JSON,
        "outputs": JSON,
        "nextStepId": st.sampled_from(["a", "b"]) | JSON,
        "selectNextStep": st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON) | JSON,
        "do": st.lists(st.lists(JSON, max_size=2), max_size=2) | JSON,
        "more": JSON,
    },
)


@given(steps=st.lists(STEP | JSON, max_size=5) | JSON, more=st.dictionaries(st.text(), JSON, max_size=3))
def test_any_json_has_a_canonical_form(steps: Any, more: dict[str, Any]) -> None:
    """No JSON makes the model raise, and what it sends has as many steps as it was given."""
    definition = Definition.from_body({**more, "definition": {"name": "x", "steps": steps}})
    sent = definition.body()["definition"]["steps"]
    if isinstance(steps, list):
        assert len(sent) == len(steps)
    definition.digest()

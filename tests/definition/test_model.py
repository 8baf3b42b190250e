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
from pulumi_8x8.definition import Branch, Definition, Wait
from pulumi_8x8.definition.steps import published_step_type

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


def _turn_members(body: Body) -> None:
    body["definition"]["steps"] = [turned(step) for step in body["definition"]["steps"]]


def turned(value: Any) -> Any:
    """``value`` with the members of all mappings in it the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(item) for item in value] if isinstance(value, list) else value


SAME = {
    "a builder's empty members": _each_step(_noise),
    "spelling of subaccountId and of step types": _other_spelling,
    "what the service adds": _added_by_service,
    "order of the steps after the first": _reorder,
    "order of edges and members": _turn_members,
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
    """Model -> API body -> model is the identity, and each step's members come through, except for the noise."""
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


def test_the_order_of_the_flow() -> None:
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


def without_noise(body: Body) -> Body:
    """``body`` without what the canonical form removes, in its own order."""
    added = ("id", "version", "createdAt", "accountId")
    envelope = {"subAccountId" if key == "subaccountId" else key: value for key, value in body.items()}
    inner = {key: value for key, value in envelope["definition"].items() if key not in added}
    inner["steps"] = [_without_noise(step) for step in inner["steps"]]
    kept = {key: value for key, value in envelope.items() if value is not None and key not in added}
    return {**kept, "definition": inner}


def _without_noise(step: Body) -> Body:
    noise: tuple[Any, ...] = (None, {}, [])
    members = ("nextStepId", "do", "inputs", "outputs", "selectNextStep")
    kept = {key: value for key, value in step.items() if key not in members or value not in noise}
    kept["stepType"] = published_step_type(step["stepType"])
    if "do" in kept:
        kept["do"] = [[_without_noise(each) for each in sequence] for sequence in kept["do"]]
    return kept


@pytest.mark.parametrize("name", corpus.FILES)
def test_the_order_of_a_file_is_sent(name: str) -> None:
    """What is sent has steps, edges and members in the order of the file, to the byte."""
    body = corpus.BODIES[name]
    assert json.dumps(Definition.from_body(body).body()) == json.dumps(without_noise(body))


def test_the_order_of_a_program_is_sent() -> None:
    """Steps and edges as the program has them; typed steps have their members in the usual order."""
    steps = [
        Branch("z", select_next_step={"b": "{{x}}", "a": None}),
        Wait("b", duration="1", next_step_id="a", outputs={"y": "1", "x": "2"}),
        {"stepType": "Wait", "nextStepId": "z", "id": "a", "inputs": {"unit": "x", "duration": "1"}},
    ]
    definition = Definition.of(name="n", trigger="t", status=None, sub_account_id=None, steps=steps)
    assert json.dumps(definition.body()["definition"]["steps"]) == json.dumps(
        [
            {"id": "z", "stepType": "Branch", "selectNextStep": {"b": "{{x}}", "a": None}},
            {
                "id": "b",
                "stepType": "Wait",
                "inputs": {"duration": "1"},
                "outputs": {"y": "1", "x": "2"},
                "nextStepId": "a",
            },
            {"stepType": "Wait", "nextStepId": "z", "id": "a", "inputs": {"unit": "x", "duration": "1"}},
        ]
    )


def test_the_start_comes_first() -> None:
    """Steps by key are sent with the start first, wherever it stands."""
    definition = Definition.of(
        name="n", trigger="t", status=None, sub_account_id=None, steps={"b": {}, "a": {}, "c": {}}, start="c"
    )
    assert [step["id"] for step in definition.body()["definition"]["steps"]] == ["c", "b", "a"]


#: Of published definitions, as they were before the order was kept: gates compare them with what stacks export.
DIGESTS = {
    "05-docs-menu-waitforreply": "8027f23f3089ad42b2f574db526fef445810f2432da168b435f17072298d7823",
    "08-tutorial-whatsapp-google-calendar-v25": "bb22d917d0d24d1b4565e03af8ba2b6c16957edd0aa528e2ae67940d88b049e2",
    "34-step-if": "5a9921a92f0f9ff69ab478fdcee52e94e288b7be9f3fe34149f22e2d4618a163",
}


@pytest.mark.parametrize(("name", "digest"), DIGESTS.items())
def test_digests_stay(name: str, digest: str) -> None:
    """Digests that users' stacks have exported stay what they are."""
    assert Definition.from_body(corpus.BODIES[name]).digest() == digest


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
    """Making the canonical form never validates and never loses a step: lint can still report what is wrong."""
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

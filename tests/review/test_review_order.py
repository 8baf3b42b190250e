"""One place decides whether another order is another definition, and the comparison, the review and the digest
obey."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

import corpus
from changes_kit import MENU, Body, step
from pulumi_8x8.definition import Definition, model
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.review.edits import compare_steps
from pulumi_8x8.review.formats import to_html, to_json, to_markdown
from pulumi_8x8.review.reviews import Pair, Side, review
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.review.wording import describe

DO = [[{"id": "in", "stepType": "Wait", "inputs": {"duration": "1", "unit": "x"}}]]


def _turn(mapping: Body) -> None:
    turned = dict(reversed(mapping.items()))
    mapping.clear()
    mapping.update(turned)


#: What is turned around, and the places where that shows.
ORDERS: dict[str, tuple[Callable[[Body], Any], list[str]]] = {
    "steps": (
        lambda body: body["definition"].update(
            steps=[body["definition"]["steps"][0], *reversed(body["definition"]["steps"][1:])]
        ),
        ["steps reordered"],
    ),
    "edges": (lambda body: _turn(step(body, "choice")["selectNextStep"]), ["steps.choice.selectNextStep reordered"]),
    "members of inputs": (lambda body: _turn(step(body, "wait")["inputs"]), ["steps.wait.inputs reordered"]),
    "members of a step": (lambda body: _turn(step(body, "hello")), ["steps.hello reordered"]),
    "members inside of a do": (
        lambda body: _turn(step(body, "hello")["do"][0][0]["inputs"]),
        ["steps.hello.do[0][0].inputs reordered"],
    ),
    "members of the body": (_turn, ["body reordered"]),
    "members of the definition": (lambda body: _turn(body["definition"]), ["definition reordered"]),
}


def _both(change: Callable[[Body], Any]) -> tuple[Definition, Definition]:
    before = copy.deepcopy(MENU)
    step(before, "hello")["do"] = copy.deepcopy(DO)
    after = copy.deepcopy(before)
    change(after)
    assert json.dumps(before) != json.dumps(after)
    return Definition.from_body(before), Definition.from_body(after)


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize(("change", "places"), ORDERS.values(), ids=ORDERS.keys())
def test_whether_order_counts(
    change: Callable[[Body], Any], places: list[str], counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The constant decides for all of them; what is sent has the order in either case."""
    before, after = _both(change)
    assert json.dumps(before.body()) != json.dumps(after.body())
    monkeypatch.setattr(model, "ORDER_COUNTS", counts)
    assert [str(each) for each in compare(before, after)] == (places if counts else [])
    assert (before.digest() != after.digest()) == counts
    shown = review("x", [Pair("menu", Side(before), Side(after))])
    assert shown.changed == counts
    said = [plain(describe(edit)) for each in shown.workflows for edit in each.edits]
    assert [each.split(": ")[0] + " reordered" for each in said] == (places if counts else [])
    for show in (to_markdown, to_html, to_json):
        show(shown)


def test_it_does_not_count_by_default() -> None:
    """Nobody has published that it has a meaning, and a builder may store another order than it was given."""
    assert model.ORDER_COUNTS is False


def test_another_order_beside_other_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """It shows too; what is on one side only has no order to compare."""
    monkeypatch.setattr(model, "ORDER_COUNTS", True)

    def change(body: Body) -> None:
        _turn(step(body, "wait")["inputs"])
        step(body, "wait")["inputs"]["timeout"] = "5"
        step(body, "hello")["inputs"] = {"source": "x", **step(body, "hello")["inputs"]}

    before, after = _both(change)
    assert [str(each) for each in compare(before, after)] == [
        "steps.hello.inputs.source added",
        "steps.wait.inputs reordered",
        "steps.wait.inputs.timeout added",
    ]
    assert [(each.step, each.kind) for each in compare_steps(before, after).edits] == [
        ("hello", "value changed"),
        ("wait", "value changed"),
        (None, "value changed"),
    ]


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("name", corpus.FILES)
def test_they_agree(name: str, counts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of published definitions, shuffled a little, the digests differ exactly when the comparison finds something."""
    monkeypatch.setattr(model, "ORDER_COUNTS", counts)
    definition = Definition.from_body(corpus.BODIES[name])
    for seed in range(8):
        other = Definition.from_body(_shuffled(corpus.BODIES[name], random.Random(seed), 0.1))
        same = definition.digest() == other.digest()
        assert same == (not compare(definition, other))
        assert same == (not counts or json.dumps(definition.body()) == json.dumps(other.body()))


def _shuffled(value: Any, chance: random.Random, share: float) -> Any:
    if isinstance(value, dict):
        names = chance.sample([*value], len(value)) if chance.random() < share else [*value]
        return {name: _shuffled(value[name], chance, share) for name in names}
    return [_shuffled(item, chance, share) for item in value] if isinstance(value, list) else value

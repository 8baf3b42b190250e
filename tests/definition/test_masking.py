"""Values that are not shown: Pulumi's secrets, and credentials in plain text."""

from __future__ import annotations

from typing import Any

import pytest

from changes_kit import MENU, changed, step
from pulumi_8x8.definition import UNKNOWN, Definition, Json
from pulumi_8x8.definition.masking import Secret, mask
from pulumi_8x8.review.edits import ABSENT, compare_steps
from pulumi_8x8.review.pictures import pictures_of
from pulumi_8x8.review.reviews import Pair, Side, review
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.review.wording import describe

PLACE = ("steps", "hello", "inputs", "text")


@pytest.mark.parametrize(
    ("old", "new", "shown", "unseen"),
    [
        (Secret(), Secret(), [], [PLACE]),
        (Secret("a"), Secret("a"), [], []),
        (Secret("a"), Secret("b"), ["text: the secret value changed"], []),
        (Secret("a"), "other words", ["text: the secret value changed"], []),
        ("some words", Secret(), ["text: now a secret"], []),
        (Secret(), "some words", ["text: no longer a secret"], []),
        (ABSENT, Secret(), ["text: (secret) (new)"], []),
        (Secret(), ABSENT, ["text: removed, was (secret)"], []),
    ],
)
def test_secret_values(old: Json, new: Json, shown: list[str], unseen: list[Any]) -> None:
    """A change of a secret shows if it is known; its value, and what may be its value, never does."""

    def definition(text: Json) -> Definition:
        inputs = {} if text is ABSENT else {"text": text}
        steps = {"hello": {"stepType": "SMS", "inputs": {"destination": "1", **inputs}}}
        return Definition.of(name="x", trigger="t", status=None, sub_account_id=None, steps=steps, start="hello")

    comparison = compare_steps(definition(old), definition(new))
    assert [plain(describe(edit)) for edit in comparison.edits] == shown
    assert list(comparison.unseen) == unseen
    assert "words" not in repr(comparison.edits)


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [(Secret(), "steps: now a secret"), (UNKNOWN, "steps: `6 steps` → (known after the update)")],
)
def test_all_steps_hidden(hidden: Json, shown: str) -> None:
    """If all steps are one secret on one side, the steps of the other side are neither listed nor drawn."""
    before, after = changed(lambda body: body["definition"].update(steps=hidden))
    comparison = compare_steps(before, after)
    assert [plain(describe(edit)) for edit in comparison.edits] == [shown]
    assert pictures_of(comparison)[1] is None
    assert "Goodbye" not in repr(comparison.edits)


def test_credentials_in_plain_text() -> None:
    """A credential that lint finds is masked before anything shows it, also in steps inside an If."""

    def move_into_an_if(body: Any) -> None:
        call = step(body, "call")
        call["inputs"]["headers"]["Authorization"] = "Bearer fedcba9876543210"
        body["definition"]["steps"][-1] = {"id": "if", "stepType": "If", "do": [[call]]}

    before, after = changed(move_into_an_if)
    made = review("", [Pair("x", Side(before), Side(after))])
    texts = [plain(describe(edit)) for edit in made.workflows[0].edits if edit.step == "call"]
    assert texts[1:] == ["headers.Authorization: the secret value changed"]
    assert "0123456789abcdef" not in repr(made)
    assert "fedcba9876543210" not in repr(made)


def test_mask_touches_nothing_else() -> None:
    """Only the places that are named are masked; equal values get equal masks."""
    menu = Definition.from_body(MENU)
    assert mask(menu, []) is menu
    masked = mask(menu, [PLACE])
    assert masked.steps["hello"]["inputs"]["text"] == mask(menu, [PLACE]).steps["hello"]["inputs"]["text"]
    assert {key: value for key, value in masked.steps.items() if key != "hello"} == {
        key: value for key, value in menu.steps.items() if key != "hello"
    }

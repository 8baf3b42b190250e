"""The order of a program or file, through the real engine, which keeps none."""

from __future__ import annotations

import json
from typing import Any

import pytest

import corpus
from definition.test_model import without_noise

from .conftest import Stack

pytestmark = pytest.mark.engine

STEPS = [
    {"stepType": "Wait", "id": "zero", "inputs": {"unit": "x", "duration": "1"}, "nextStepId": "ask"},
    {
        "id": "ask",
        "stepType": "Branch",
        "selectNextStep": {"yes": "{{data.a}}", "no": "{{data.b}}", "maybe": None},
        "notes": {"q": [{"z": 1, "y": 2, "x": {"n": 1, "m": 2}}], "p": 1},
    },
    *({"id": name, "stepType": "Wait", "inputs": {"duration": "1"}} for name in ("yes", "orphan", "no", "maybe")),
]
COPIES = 6


def _sent(stack: Stack) -> set[str]:
    """The steps of all definitions, as the service holds them."""
    return {json.dumps(each["definition"]["steps"]) for each in stack.account.definitions()}


def test_the_order_of_a_program(stack: Stack) -> None:
    """Several copies are stored with steps, edges and members as the program has them; the record is not shown."""
    (stack.folder / "steps.json").write_text(json.dumps(STEPS))
    stack.write(f"""
        steps = json.load(open("steps.json"))
        for number in range({COPIES}):
            automation.Workflow(f"copy{{number}}", trigger="http_request", steps=steps)
    """)
    assert "__order" not in stack.preview("--diff").text
    stack.up()
    assert _sent(stack) == {json.dumps(STEPS)}
    assert stack.preview("--diff", "--expect-no-changes").counts == {"unchanged": COPIES + 1}


def test_a_state_of_an_older_version(stack: Stack) -> None:
    """A state without the record shows no changes, also when it is refreshed; the next update sends the order."""
    program = """
        steps = json.load(open("steps.json"))
        steps[0]["inputs"]["duration"] = DURATION
        automation.Workflow("menu", trigger="http_request", steps=steps)
    """
    (stack.folder / "steps.json").write_text(json.dumps(STEPS))
    stack.write(program.replace("DURATION", "'1'"))
    stack.up()
    state: Any = json.loads(stack.run("stack", "export").out)
    for resource in state["deployment"]["resources"]:
        for kind in ("inputs", "outputs"):
            resource.get(kind, {}).pop("__order", None)
    (stack.folder / "state.json").write_text(json.dumps(state))
    stack.run("stack", "import", "--file", "state.json")
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 2}
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stack.write(program.replace("DURATION", "'2'"))
    stack.up()
    changed = [{**STEPS[0], "inputs": {"unit": "x", "duration": "2"}}, *STEPS[1:]]
    assert _sent(stack) == {json.dumps(changed)}


def test_the_order_of_files(stack: Stack) -> None:
    """Every published file is stored with its steps, edges and members in its own order, except for ids."""
    stack.write_corpus()
    stack.up()
    stored = {each["definition"]["name"]: each["definition"]["steps"] for each in stack.account.definitions()}
    for name, body in corpus.BODIES.items():
        assert _text(stored[name]) == _text(without_noise(body)["definition"]["steps"]), name


def _text(steps: list[dict[str, Any]]) -> str:
    return json.dumps([{"id": step.pop("id"), **step} for step in steps])

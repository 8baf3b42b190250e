"""An update of a file changes only the places that differ; comments and everything else stay."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import pytest

import corpus
from pulumi_8x8.definition import Definition, parse_source
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.exporting.yaml_edits import edit
from pulumi_8x8.exporting.yaml_writer import to_yaml

from .export_kit import generated

Body = dict[str, Any]

FILE = """\
# Written by hand.
trigger: inbound_sms   # or chat
status: enabled
definition:
  name: Menu
  steps:
    # The question.
    - id: ask
      stepType: sms
      do: []
      inputs:
        text: 'Press 1'   # short
        options: [a, b]   # letters
        user: {name: Ann, age: 5}
        # who sends it
        subAccountId: chat
      nextStepId: wait

    # And then we wait.
    - id: wait
      stepType: WaitForReply
      inputs: {from: x, channel: sms}
      nextStepId: ~
      selectNextStep:
        yes_1: "{{step.reply != null}}"
        no_1: null   # nobody answered
    - id: yes_1
      stepType: Wait
      inputs:
        duration: |
          00:00:05
    # the end
"""


def _steps(body: Body) -> dict[str, Body]:
    return {step["id"]: step for step in body["definition"]["steps"]}


def _removed(body: Body) -> None:
    body["definition"]["steps"] = [step for step in body["definition"]["steps"] if step["id"] != "yes_1"]


def _inserted(body: Body) -> None:
    _steps(body)["ask"]["nextStepId"] = "pause"
    body["definition"]["steps"].insert(1, {"id": "pause", "stepType": "Wait", "nextStepId": "wait"})


#: What changes, and the lines of the file that are replaced by others.
EDITS: dict[str, tuple[Callable[[Body], Any], dict[str, str]]] = {
    "nothing": (lambda body: None, {}),
    "a text": (
        lambda body: _steps(body)["ask"]["inputs"].update(text="Press no"),
        {"        text: 'Press 1'   # short\n": "        text: Press no   # short\n"},
    ),
    "a block text": (
        lambda body: _steps(body)["yes_1"]["inputs"].update(duration="00:00:09"),
        {"        duration: |\n          00:00:05\n": '        duration: "00:00:09"\n'},
    ),
    "an item in brackets": (
        lambda body: _steps(body)["ask"]["inputs"].update(options=["a", "c"]),
        {"[a, b]   # letters": '[a, "c"]   # letters'},
    ),
    "a member in braces": (
        lambda body: _steps(body)["ask"]["inputs"]["user"].update(age=6),
        {"{name: Ann, age: 5}": "{name: Ann, age: 6}"},
    ),
    "a part of the envelope": (
        lambda body: body.update(status="disabled"),
        {"status: enabled\n": "status: disabled\n"},
    ),
    "the name": (lambda body: body["definition"].update(name="true"), {"  name: Menu\n": '  name: "true"\n'}),
    "a further input": (
        lambda body: _steps(body)["ask"]["inputs"].update(source="a\nb"),
        {"        subAccountId: chat\n": "        subAccountId: chat\n        source: |-\n          a\n          b\n"},
    ),
    "an input less": (
        lambda body: _steps(body)["ask"]["inputs"].pop("text"),
        {"        text: 'Press 1'   # short\n": ""},
    ),
    "an edge less": (
        lambda body: _steps(body)["wait"]["selectNextStep"].pop("no_1"),
        {"        no_1: null   # nobody answered\n": ""},
    ),
    "braces that become longer": (
        lambda body: _steps(body)["wait"]["inputs"].update(timeout="5"),
        {
            "      inputs: {from: x, channel: sms}\n": "      inputs:\n        from: x\n        channel: sms\n"
            '        timeout: "5"\n'
        },
    ),
    "a step more": (
        _inserted,
        {
            "      nextStepId: wait\n": "      nextStepId: pause\n"
            "    - id: pause\n      stepType: Wait\n      nextStepId: wait\n"
        },
    ),
    "a step less": (
        _removed,
        {"    - id: yes_1\n      stepType: Wait\n      inputs:\n        duration: |\n          00:00:05\n": ""},
    ),
    "an unknown member": (
        lambda body: body.update(notPublished={"a": [1]}, definition=body.pop("definition")),
        {"status: enabled\n": "status: enabled\nnotPublished:\n  a:\n    - 1\n"},
    ),
}


@pytest.mark.parametrize(("change", "replaced"), EDITS.values(), ids=EDITS.keys())
def test_edits(change: Callable[[Body], Any], replaced: dict[str, str]) -> None:
    """Only the lines of what changed are others; what a builder leaves (`do: []`) and spellings stay."""
    source = parse_source("flow.yaml", FILE.encode())
    body = copy.deepcopy(dict(source.body))
    change(body)
    expected = FILE
    for old, new in replaced.items():
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert edit(source, Definition.from_body(body)) == expected


def test_what_cannot_be_edited_is_reported() -> None:
    """Another first step, an anchor for two places, a file in braces: no edit, and never a wrong one."""
    source = parse_source("flow.yaml", FILE.encode())
    body = copy.deepcopy(dict(source.body))
    body["definition"]["steps"].reverse()
    assert edit(source, Definition.from_body(body)) is None
    text = FILE.replace("text: 'Press 1'", "text: &text Press").replace("name: Ann", "name: *text")
    anchored = parse_source("flow.yaml", text.encode())
    body = copy.deepcopy(dict(anchored.body))
    _steps(body)["ask"]["inputs"]["text"] = "changed"
    assert edit(anchored, Definition.from_body(body)) is None
    inline = parse_source("flow.yaml", b'{"trigger": "inbound_sms", "definition": {"name": "a", "steps": []}}')
    assert (
        edit(inline, Definition.from_body({"trigger": "x", "status": "enabled", "definition": {"name": "b"}})) is None
    )


def test_an_edit_has_the_wanted_result_or_there_is_none() -> None:
    """Of definitions changed at random places: what is edited means the change, and most can be edited."""
    dice = random.Random(8)
    done = 0
    bodies = [*corpus.BODIES.values(), *generated(150)]
    for body in bodies:
        before = Definition.from_body(body)
        source = parse_source("flow.yaml", to_yaml(before.body()).encode())
        changed = before.body()
        for _ in range(3):
            _change(changed, dice)
        wanted = Definition.from_body(changed)
        text = edit(source, wanted)
        if text is not None:
            done += 1
            assert not compare(parse_source("flow.yaml", text.encode()).definition, wanted)
    assert done > len(bodies) * 0.7


def _change(value: Any, dice: random.Random) -> None:
    """Changes a place somewhere in ``value``."""
    if isinstance(value, dict) and value:
        key = dice.choice(list(value))
        if isinstance(value[key], dict | list) and value[key] and dice.random() < 0.9:
            _change(value[key], dice)
        elif dice.random() < 0.2 and key not in ("definition", "steps", "id"):
            del value[key]
        elif key not in ("id", "definition", "steps"):
            value[key] = dice.choice(("changed", 5, None, {"a": "no"}, ["x"], "two\nlines"))
    elif isinstance(value, list) and value:
        _change(dice.choice(value), dice)

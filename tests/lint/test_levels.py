"""Rules can be turned off and raised, for one workflow and for many; problems get files and lines."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_8x8.definition import SMS, UNKNOWN, Definition, Wait
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint import RULES, Problem, apply_levels, check_levels, lint, locate, read_levels

#: Breaks missing-status (a warning) and unknown-step (an error).
BROKEN = Definition.from_body(
    {
        "trigger": "inbound_sms",
        "definition": {
            "name": "x",
            "steps": [{"id": "a", "stepType": "Wait", "inputs": {"duration": "1"}, "nextStepId": "b"}],
        },
    }
)


def _seen(problems: tuple[Problem, ...]) -> set[tuple[str, str]]:
    return {(problem.rule, problem.severity) for problem in problems}


@pytest.mark.parametrize(
    ("levels", "shared", "seen"),
    [
        ({}, {}, {("missing-status", "warning"), ("unknown-step", "error")}),
        ({"missing-status": "off"}, {}, {("unknown-step", "error")}),
        ({"missing-status": "error"}, {}, {("missing-status", "error"), ("unknown-step", "error")}),
        ({"unknown-step": "warning"}, {}, {("missing-status", "warning"), ("unknown-step", "warning")}),
        ({}, {"missing-status": "off"}, {("unknown-step", "error")}),
        (
            {"missing-status": "error"},
            {"missing-status": "off"},
            {("missing-status", "error"), ("unknown-step", "error")},
        ),
        (
            {"missing-name": "off"},
            {},
            {("missing-status", "warning"), ("unknown-step", "error"), ("unused-suppression", "warning")},
        ),
        ({}, {"missing-name": "off"}, {("missing-status", "warning"), ("unknown-step", "error")}),
        (
            {"missing-name": "off", "unused-suppression": "off"},
            {},
            {("missing-status", "warning"), ("unknown-step", "error")},
        ),
        (
            {"missing-nam": "off"},
            {},
            {("missing-status", "warning"), ("unknown-step", "error"), ("unknown-rule", "warning")},
        ),
        (
            {},
            {"missing-nam": "error"},
            {("missing-status", "warning"), ("unknown-step", "error"), ("unknown-rule", "warning")},
        ),
        (
            {"missing-name": "loud"},
            {},
            {("missing-status", "warning"), ("unknown-step", "error"), ("unknown-rule", "warning")},
        ),
    ],
)
def test_levels(levels: dict[str, str], shared: dict[str, str], seen: set[tuple[str, str]]) -> None:
    """A workflow's own levels come before the shared ones; useless and unknown ones are reported."""
    assert _seen(lint(BROKEN, levels, shared)) == seen


def test_a_suppression_may_be_of_use_in_a_hole() -> None:
    """A rule that is off is not called useless while a value that it may find something in is not known yet."""
    steps = [{"id": "a", "stepType": "Wait", "inputs": {"duration": UNKNOWN}}]
    definition = Definition.from_body({"trigger": "inbound_sms", "status": "enabled", "definition": {"steps": steps}})
    assert _seen(lint(definition, {"malformed-duration": "off"})) == {("missing-name", "error")}


def test_an_unknown_rule_gets_a_suggestion() -> None:
    """A misspelled rule id is reported with the nearest id."""
    (problem,) = check_levels([], {"unknown-stp": "off"})
    assert problem.hint == 'did you mean "unknown-step"?'


def test_every_rule_can_be_turned_off() -> None:
    """Off means off, whatever the rule."""
    everything = tuple(Problem(rule.id, rule.severity, (), "wrong") for rule in RULES.values())
    assert apply_levels(everything, dict.fromkeys(RULES, "off")) == ()


@pytest.mark.parametrize(
    ("setting", "levels"),
    [
        (None, {}),
        ("", {}),
        ({}, {}),
        ({"no-steps": "off"}, {"no-steps": "off"}),
        ("no-steps=off, missing-name = warning", {"no-steps": "off", "missing-name": "warning"}),
    ],
)
def test_settings(setting: Any, levels: dict[str, str]) -> None:
    """Levels are read from an object, or from a text as a command line and a stack's config have it."""
    assert read_levels(setting) == levels


@pytest.mark.parametrize("setting", [["no-steps"], 5, {"no-steps": "loud"}, {"no-steps": None}, "no-steps"])
def test_settings_that_are_none(setting: Any) -> None:
    """A wrong setting of levels is refused, with what to write instead."""
    with pytest.raises(SettingsError, match="off"):
        read_levels(setting)


def test_lines_of_a_program() -> None:
    """Problems of a step get the step's line, and problems of the workflow the workflow's line."""
    steps = [
        Wait("pause", duration="soon", next_step_id="reply"),
        SMS("reply", sub_account_id="a", destination="+6512345678", text="{{data.payload.sorce}}"),
    ]
    definition = Definition.of(name="", trigger="inbound_sms", status="enabled", sub_account_id=None, steps=steps)
    lines = {"": "program.py:7", **{step.id: step.where for step in steps}}
    found = {problem.rule: (problem.file, problem.line) for problem in locate(lint(definition), lines)}
    file, _, line = steps[0].where.rpartition(":")
    assert found == {
        "missing-name": ("program.py", 7),
        "malformed-duration": (file, int(line)),
        "trigger-path": (file, int(line) + 1),
    }


def test_a_problem_is_one_line_without_control_characters() -> None:
    """Texts of strangers cannot break a log's lines or steer a terminal."""
    problem = Problem("no-steps", "error", ("steps", "a\nb"), "wrong \x1b[31m\u202e", "right")
    assert str(problem) == 'steps["a\\nb"]: wrong \\x1b[31m\\u202e; right [no-steps]'

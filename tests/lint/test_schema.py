"""The JSON Schema of workflow files says what the models say, and refuses nothing that is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import corpus
from lint.examples import example
from pulumi_8x8.definition import STEP_KINDS, read_source
from pulumi_8x8.definition.schema import workflow_schema
from pulumi_8x8.definition.steps import input_names
from pulumi_8x8.lint import RULES

FILE = Path(__file__).parents[2] / "docs" / "workflow.schema.json"
VALIDATOR = jsonschema.Draft202012Validator(workflow_schema())

#: Rules whose failing example an editor should underline, too.
SEEN_BY_EDITORS = {
    "missing-name",
    "unknown-trigger",
    "unknown-status",
    "no-steps",
    "not-a-step",
    "missing-step-id",
    "missing-step-type",
    "missing-input",
    "wrong-type",
    "number-for-text",
}


def test_the_file_is_made_from_the_models() -> None:
    """docs/workflow.schema.json is what ``python -m pulumi_8x8.definition.schema`` prints."""
    assert json.loads(FILE.read_text(encoding="utf-8")) == workflow_schema()


def test_it_is_a_schema() -> None:
    """It is a valid schema of its draft, and knows every published step type with all inputs."""
    jsonschema.Draft202012Validator.check_schema(workflow_schema())
    known = workflow_schema()["$defs"]
    for name, kind in STEP_KINDS.items():
        assert list(known[name]["properties"]["inputs"]["properties"]) == input_names(kind)


def _errors(body: Any) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(body)]


@pytest.mark.parametrize("name", corpus.BODIES)
def test_published_definitions_are_valid(name: str) -> None:
    """The corpus is valid, but for the If without a condition that is wrong in it."""
    assert _errors(corpus.BODIES[name]) == (["$.definition.steps[5]"] if name.startswith("11-") else [])


@pytest.mark.parametrize("rule", RULES)
def test_it_agrees_with_lint(rule: str) -> None:
    """What passes lint is valid; of what fails, everything that a schema can see is not."""
    assert _errors(read_source(example(rule, "passes")).body) == []
    assert bool(_errors(read_source(example(rule, "fails")).body)) == (rule in SEEN_BY_EDITORS)


def test_scripts_and_unknown_members_pass() -> None:
    """A script stands for any type; unknown step types, inputs and members are left alone."""
    step = {
        "id": "a",
        "stepType": "ChatAppsMessage",
        "inputs": {"subAccountId": "a", "user": "{{data.user}}", "type": "text", "content": "{{data.c}}", "new": 1},
        "more": True,
    }
    body = {
        "trigger": "inbound_sms",
        "more": 1,
        "definition": {"name": "x", "steps": [step, {**step, "stepType": "Fax"}]},
    }
    assert _errors(body) == []

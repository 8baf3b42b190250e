"""The JSON Schema of workflow files agrees with the models, and refuses nothing that is published."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

import corpus
from pulumi_8x8.definition import STEP_KINDS, UNKNOWN, Definition, read_source
from pulumi_8x8.definition.steps import inputs_of
from pulumi_8x8.lint import RULES, lint
from pulumi_8x8.phrasing import camel_case
from tools.docs.rules import example
from tools.docs.schema import workflow_schema

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
    "empty-message",
    "message-limit",
}


def test_it_is_a_schema() -> None:
    """It is a valid schema of its draft, and knows every published step type with all inputs."""
    jsonschema.Draft202012Validator.check_schema(workflow_schema())
    known = workflow_schema()["$defs"]
    for name in STEP_KINDS:
        assert list(known[name]["properties"]["inputs"]["properties"]) == list(inputs_of(name))


@pytest.mark.parametrize("name", STEP_KINDS)
def test_lint_and_the_models_agree(name: str) -> None:
    """For each input, lint accepts what the model accepts, a script that computes it, and
    what is not known yet."""
    about = {"wrong-type", "number-for-text"}
    kinds = get_type_hints(STEP_KINDS[name])
    for field in fields(STEP_KINDS[name]):
        if (wire := camel_case(field.name)) not in inputs_of(name):
            continue
        model = TypeAdapter(kinds[field.name])
        for value in ("text", "5", 5, 0.5, [], {}, [1], {"a": 1}, "{{data.a}}", UNKNOWN):
            body = {"definition": {"steps": [{"id": "a", "stepType": name, "inputs": {wire: value}}]}}
            found = {problem.rule for problem in lint(Definition.from_body(body))} & about
            try:
                model.validate_python(value)
                refused = False
            except ValidationError:
                refused = value is not UNKNOWN and value != "{{data.a}}"
            assert bool(found) == refused, (wire, value)


def _errors(body: Any) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(body)]


@pytest.mark.parametrize("name", corpus.BODIES)
def test_published_definitions_are_valid(name: str) -> None:
    """The corpus is valid, except for a wrong If without a condition."""
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

"""The JSON Schema of workflow files, so that editors complete and check them: ``docs/workflow.schema.json``.

Made from the step types, and as tolerant as the service: unknown members, inputs and step types pass. ``make docs``
writes the file.
"""

from __future__ import annotations

import json
import re
from inspect import cleandoc
from typing import Any

from pydantic import TypeAdapter

from pulumi_8x8.definition.model import STATUS_NAMES, TRIGGER_NAMES
from pulumi_8x8.definition.steps import STEP_KINDS, Step, inputs_of, wire_name

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_SCRIPT: Schema = {"type": "string", "pattern": r"\{\{"}


def workflow_schema() -> Schema:
    """The schema, draft 2020-12."""
    definition = {
        "type": "object",
        "required": ["name", "steps"],
        "properties": {
            "name": {**_TEXT, "description": "What people call the workflow; it need not be unique."},
            "steps": {
                "type": "array",
                "description": "The first one is where the workflow starts.",
                "minItems": 1,
                "items": {"$ref": "#/$defs/step"},
            },
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "8x8 Automation API workflow",
        "type": "object",
        "required": ["trigger", "definition"],
        "properties": {
            "subAccountId": {
                "type": ["string", "null"],
                "description": "Whose messages trigger it; without it, those of any sub-account of the account.",
            },
            "trigger": {"enum": list(TRIGGER_NAMES), "description": "What starts an instance."},
            "status": {
                "enum": list(STATUS_NAMES),
                "description": "Without it, the service leaves the workflow disabled.",
            },
            "definition": definition,
        },
        "$defs": {
            "step": _any_step(),
            "sequences": {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/step"}}},
            **{name: _step(kind) for name, kind in STEP_KINDS.items()},
        },
    }


def _any_step() -> Schema:
    return {
        "type": "object",
        "required": ["id", "stepType"],
        "properties": {
            "id": {**_TEXT, "description": "Unique in the definition."},
            # The names are offered, and others pass.
            "stepType": {"anyOf": [{"enum": list(STEP_KINDS)}, _TEXT]},
            "inputs": {"type": ["object", "null"]},
            "outputs": {
                "type": ["object", "null"],
                "description": "What is stored on data when the step is done: {name: script}.",
            },
            "nextStepId": {
                "type": ["string", "null"],
                "description": "The step after this one; without it, the path ends here.",
            },
            "selectNextStep": {
                "type": ["object", "null"],
                "description": "{step id: script}; every edge that is true runs, null marks the default edge.",
                "additionalProperties": {"type": ["string", "boolean", "null"]},
            },
            "do": {"anyOf": [{"$ref": "#/$defs/sequences"}, {"type": "null"}]},
        },
        "allOf": [
            {
                "if": {"properties": {"stepType": {"const": name}}, "required": ["stepType"]},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in STEP_KINDS
        ],
    }


def _step(kind: type[Step]) -> Schema:
    flat = TypeAdapter(kind).json_schema(by_alias=False)["properties"]
    about, parameters = _docstring(kind)
    kinds = inputs_of(kind.step_type)
    required = [name for name, each in kinds.items() if each.required]
    inputs: Schema = {"type": "object" if required else ["object", "null"], "properties": {}}
    for field_name, value in flat.items():
        if (name := wire_name(field_name)) in kinds and field_name != "do":
            inputs["properties"][name] = _value(value)
            if name in parameters:
                inputs["properties"][name]["description"] = parameters[name]
    schema: Schema = {"description": about, "properties": {"inputs": inputs}}
    if required:
        inputs["required"] = required
        schema["required"] = ["inputs"]
    return schema


def _value(given: Schema) -> Schema:
    """The schema of an input: what the type says, or a script that computes it."""
    kinds = [each for each in given.get("anyOf", [given]) if each.keys() - {"title", "default"}]
    schemas = [{key: each[key] for key in ("type",) if key in each} for each in kinds]
    if {"null"} == {schema.get("type") for schema in schemas}:
        return {}  # anything
    if not any(schema == _TEXT for schema in schemas):
        schemas.append(_SCRIPT)
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _docstring(kind: type[Step]) -> tuple[str, dict[str, str]]:
    """What the class is about, and its parameters, by the service's names."""
    about, *parameters = re.split(r"^:param (\w+): ", cleandoc(kind.__doc__ or ""), flags=re.MULTILINE)
    texts = {wire_name(name): _plain(text) for name, text in zip(parameters[::2], parameters[1::2], strict=True)}
    return _plain(about.split("\n\n")[0]), texts


def _plain(text: str) -> str:
    return " ".join(text.replace("``", "").split())


if __name__ == "__main__":
    print(json.dumps(workflow_schema(), indent=2, ensure_ascii=False))

"""The JSON Schema of workflow files, so that editors complete and check them: ``docs/workflow.schema.json``.

Pydantic makes it of the declarations of the step types. It is as tolerant as the service: unknown members, inputs and
step types pass.
"""

from __future__ import annotations

import json
from inspect import getdoc
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from pulumi_8x8.definition.model import STATUS_NAMES, TRIGGER_NAMES
from pulumi_8x8.definition.steps import STEP_KINDS, Step
from pulumi_8x8.definition.steps.base import inputs_adapter
from tools.docs.messages_schema import MessageSchemas

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}


def text() -> str:
    """The content of the file."""
    return json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n"


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
    messages = MessageSchemas()
    parts = {
        "ChatAppsMessage": messages.chat_apps_message(),
        "SMS": messages.sms(),
        "VoiceMessage": messages.voice_message(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "8x8 Automation API workflow",
        "type": "object",
        "required": ["trigger", "definition"],
        "properties": {
            "subAccountId": {
                "type": ["string", "null"],
                "description": "The sub-account whose messages trigger it; without it, any sub-account of the account.",
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
            **{name: _step(kind, parts.get(name, {})) for name, kind in STEP_KINDS.items()},
            **messages.definitions,
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


def _step(kind: type[Step], parts: Schema) -> Schema:
    inputs = inputs_adapter(kind).json_schema(schema_generator=_Untitled)
    del inputs["title"]
    for name, part in parts.get("properties", {}).items():
        # What the step type has about an input stays.
        inputs["properties"][name] = {**part, **_about(inputs["properties"][name])}
    inputs |= {key: value for key, value in parts.items() if key == "allOf"}
    required = "required" in inputs
    if not required:
        inputs["type"] = ["object", "null"]
    about = (getdoc(kind) or "").split("\n\n")[0].replace("``", "")
    schema: Schema = {"description": " ".join(about.split()), "properties": {"inputs": inputs}}
    return schema | {"required": ["inputs"]} if required else schema


def _about(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key in ("description", "examples", "default")}


class _Untitled(GenerateJsonSchema):
    """Without titles that repeat a name, and without a note that an object may have any member; unsorted."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def sort(self, value: Schema, parent_key: str | None = None) -> Schema:
        return value

    def dict_schema(self, schema: Any) -> Schema:
        return {"type": "object"}

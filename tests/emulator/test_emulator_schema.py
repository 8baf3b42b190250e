"""The emulator against the vendor's OpenAPI file (``automation_api.json``, as published)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import schemathesis
from emulator_kit import START, chat, definition, payload, wait
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pulumi_8x8.emulator import Store, create_app
from pulumi_8x8.simulator import ManualClock

UNKNOWN = {"description": "Unknown account, path or method; too large; not authenticated."}


def overlay(document: dict[str, Any]) -> dict[str, Any]:
    """The published file with its known mistakes corrected, each with its reason beside it."""
    schemas = document["components"]["schemas"]
    # Every example, and every export of the visual builder, has id and version inside of `definition`.
    answer = schemas["definition"]["allOf"][1]
    inner = {name: answer["properties"].pop(name) for name in ("id", "version")}
    answer["required"] = ["accountId", "createdAt"]
    answer["properties"]["definition"] = {"type": "object", "properties": inner, "required": ["id", "version"]}
    # `accountId` is in the path, not in the body of any example; answers require it by the schema above.
    schemas["definitionInput"]["required"] = ["trigger", "definition"]
    # Its description speaks of "if the subaccount id is null".
    schemas["definitionInput"]["properties"]["subAccountId"]["nullable"] = True
    # `If` and `SendToConverse` are published on pages and not here; of 23 published definitions none fits these steps.
    schemas["definitionInput"]["properties"]["definition"]["properties"]["steps"]["items"] = {"type": "object"}
    # The description has "Otherwise, null".
    for name in ("workflowInstance", "workflowInstanceWithLogs"):
        schemas[name]["properties"]["completedAt"]["nullable"] = True
    # A step that is Pending or Running has not begun or ended yet.
    for name in ("startedAt", "completedAt"):
        schemas["workflowLog"]["properties"][name]["nullable"] = True
    # Nothing distinguishes the two shapes, so an instance always fits both: any, not one.
    status = document["paths"]["/api/v1/accounts/{accountId}/definitions/{definitionId}/workflows/{workflowId}"]["get"]
    shown = status["responses"]["200"]["content"]["application/json"]["schema"]
    shown["anyOf"] = shown.pop("oneOf")
    # The examples have null, texts and booleans.
    parameter = schemas["function"]["properties"]["parameters"]["items"]["properties"]
    parameter["default"], parameter["example"] = {}, {}
    # The example is one object; the schema has an array of them.
    usage = document["paths"]["/api/v1/accounts/{accountId}/usage"]["get"]["responses"]["200"]
    usage["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/usage"}
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            # Neither 400 nor 404 are listed for calls that can have them, nor anything for a missing key.
            for status_code in ("400", "401", "404", "405", "413"):
                operation["responses"].setdefault(status_code, UNKNOWN)
            # A body is needed wherever one is described; it has no `required`.
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return document


PUBLISHED = json.loads((Path(__file__).parent / "automation_api.json").read_text())
KEY = {"Authorization": "Bearer emulator-key"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Known:
    """An emulator with content: one definition, and an instance in each kind of state."""

    def __init__(self) -> None:
        self.app = create_app(Store(), clock=ManualClock(START))
        client = self.app.test_client()
        steps = [wait("w", "1", nextStepId="a"), chat("a", "{{nobody}}")]
        base = "/api/v1/accounts/acme"
        path = client.post(f"{base}/definitions", json=definition(steps), headers=KEY).headers["Location"]
        self.instances = []
        for state in ("suspend", "resume", "terminate"):
            body = payload("inbound_chat_apps_v2_text")
            instance = client.post(f"{path}/workflows", json=body, headers=KEY).headers["Location"]
            client.patch(instance, json={"status": state}, headers=KEY)
            self.instances.append(instance.rpartition("/")[2])
        client.post("/_emulator/clock", json={"seconds": 86400})
        self.definition = path.rpartition("/")[2]


KNOWN = Known()
SCHEMA = schemathesis.openapi.from_dict(overlay(json.loads(json.dumps(PUBLISHED))))
SCHEMA.app = KNOWN.app


@SCHEMA.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_answers_fit_the_published_schema(case: schemathesis.Case) -> None:
    """For any request, there is no server error and no answer that the published file doesn't describe."""
    ids = case.path_parameters
    # Nothing that is drawn at random is an id that exists, so half of them are replaced by one.
    if len(str(ids)) % 2:
        ids["accountId"] = "acme"
        if "definitionId" in ids:
            ids["definitionId"] = KNOWN.definition
        if "workflowId" in ids:
            ids["workflowId"] = KNOWN.instances[len(str(case.query)) % 3]
    if case.method == "DELETE":
        ids["accountId"] = "nobody"
    case.call_and_validate(headers=KEY, checks=CHECKS)

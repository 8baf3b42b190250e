"""A workflow's life on the real engine, against the emulator over HTTP, with the calls that it takes."""

from __future__ import annotations

from typing import Any

import pytest

import corpus
from pulumi_8x8.definition import Definition

from .conftest import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
    workflow = automation.Workflow(
        "auto-reply",
        name="Auto Reply ChatApps",
        trigger="inbound_chat_apps",
        sub_account_id="acme_corp_chatapps",
        status="%(status)s",
        steps=[
            automation.ChatAppsMessage(
                "send_CA",
                sub_account_id="acme_corp_chatapps",
                user={"msisdn": "{{data.payload.user.msisdn}}"},
                type="text",
                content={"text": "%(text)s"},
                next_step_id="pause",
            ),
            automation.Wait("pause", duration="00:00:05", inputs={"createdAt": 1}),
        ],
    )
    pulumi.export("steps", workflow.steps)
    for output in ("id", "version", "created_at", "status", "account_id"):
        pulumi.export(output, getattr(workflow, output))
"""

FIRST = PROGRAM % {"status": "enabled", "text": "Hello"}
OTHER_TEXT = PROGRAM % {"status": "enabled", "text": "Good day"}
DISABLED = PROGRAM % {"status": "disabled", "text": "Good day"}

POST, PUT, DELETE = "POST /definitions", "PUT /definitions/{id}", "DELETE /definitions/{id}"
READ = "GET /definitions/{id}"


@pytest.fixture
def deployed(stack: Stack) -> Stack:
    stack.write(FIRST)
    with stack.account.calls() as calls:
        assert stack.up().counts == {"created": 2}
    assert [call for call in calls if not call.startswith("GET")] == [POST]
    return stack


def test_created(deployed: Stack) -> None:
    """`pulumi up` stores the program's definition, and outputs its id, version, time, status, account."""
    stored = deployed.account.only()
    assert stored["trigger"] == "inbound_chat_apps"
    assert stored["status"] == "enabled"
    assert [step["id"] for step in stored["definition"]["steps"]] == ["send_CA", "pause"]
    assert deployed.outputs() == {
        "id": stored["definition"]["id"],
        "version": 1,
        "created_at": stored["createdAt"],
        "status": "enabled",
        "account_id": deployed.account.id,
        "steps": {
            "send_CA": {key: value for key, value in stored["definition"]["steps"][0].items() if key != "id"},
            "pause": {"stepType": "Wait", "inputs": {"createdAt": 1, "duration": "00:00:05"}},
        },
    }


def test_nothing_to_do(deployed: Stack) -> None:
    """A preview, an up and a refresh without a change report none, only read, and keep inputs and outputs."""
    before = [(each["inputs"], each["outputs"]) for each in deployed.resources()]
    with deployed.account.calls() as calls:
        assert deployed.preview().counts == {"unchanged": 2}
        assert deployed.up().counts == {"unchanged": 2}
        assert deployed.run("refresh", "--yes", "--skip-preview").counts == {"unchanged": 2}
    assert set(calls) <= {READ, "GET /definitions"}
    assert [(each["inputs"], each["outputs"]) for each in deployed.resources()] == before


def test_one_step_changed(deployed: Stack) -> None:
    """A preview shows the changed field of the changed step and nothing else; the update is one PUT, version 2."""
    deployed.write(OTHER_TEXT)
    preview = deployed.preview("--diff", "--suppress-outputs")
    changed = [line.strip() for line in preview.out.splitlines() if line.strip().startswith(("~", "+", "-"))]
    assert changed == [
        "~ pulumi-python:dynamic/8x8:Workflow: (update)",
        "~ steps       : {",
        "~ send_CA: {",
        "~ inputs    : {",
        "~ content     : {",
        '~ text: "Hello" => "Good day"',
        "~ 1 to update",
    ]
    with deployed.account.calls() as calls:
        assert deployed.up().counts == {"updated": 1, "unchanged": 1}
    assert [call for call in calls if not call.startswith("GET")] == [PUT]
    assert deployed.account.only()["definition"]["version"] == deployed.outputs()["version"] == 2


def test_disabled(deployed: Stack) -> None:
    """Disabling is an update of one field, and an output."""
    deployed.write(DISABLED)
    deployed.up()
    assert deployed.account.only()["status"] == deployed.outputs()["status"] == "disabled"
    deployed.write(OTHER_TEXT)
    assert '~ status      : "disabled" => "enabled"' in deployed.preview("--diff").out


EDIT = {
    "inputs": {
        "subAccountId": "acme_corp_chatapps",
        "user": {"msisdn": "{{data.payload.user.msisdn}}"},
        "type": "text",
        "content": {"text": "edited in the builder"},
    },
    "do": [],
    "outputs": {},
    "addedByService": True,
}


def test_drift(deployed: Stack) -> None:
    """An edit in the vendor's builder shows at a plain preview, by step, and `pulumi up` puts it back; a member that
    only the service knows stays."""
    deployed.account.edit(EDIT)
    preview = deployed.preview()
    assert preview.counts == {"update": 1, "unchanged": 1}
    assert 'workflow "auto-reply" was changed outside Pulumi (version 2, ' in preview.text
    assert "steps.send_CA.inputs.content.text changed" in preview.text
    assert "edited in the builder" not in preview.text, "values may be secret"
    deployed.up()
    stored = deployed.account.only()
    assert stored["definition"]["version"] == 3
    assert [step.get("addedByService") for step in stored["definition"]["steps"]] == [True, None]
    assert deployed.preview().counts == {"unchanged": 2}


def test_refreshed_drift(deployed: Stack) -> None:
    """`pulumi refresh` shows what changed by step, changes nothing on the service, and up puts it right after it."""
    deployed.account.edit(EDIT)
    with deployed.account.calls() as calls:
        refresh = deployed.run("refresh", "--yes", "--diff", "--skip-preview")
    assert all(call.startswith("GET") for call in calls)
    assert '~ text: "Hello" => "edited in the builder"' in refresh.out
    assert "addedByService" not in refresh.out
    assert deployed.up().counts == {"updated": 1, "unchanged": 1}
    assert "text" not in deployed.account.only()["definition"]["steps"][0]["inputs"]


def test_noise_never_shows(deployed: Stack) -> None:
    """A builder's empty members, another spelling, members added by the service: no operation shows a change."""
    noise: dict[str, Any] = {"stepType": "chatappsmessage", "do": [], "outputs": {}, "selectNextStep": {}, "new": 1}
    deployed.account.edit(noise)
    assert deployed.preview("--expect-no-changes").counts == {"unchanged": 2}
    deployed.run("refresh", "--yes", "--skip-preview")
    assert deployed.preview("--diff", "--expect-no-changes").counts == {"unchanged": 2}


def test_deleted_by_somebody(deployed: Stack) -> None:
    """A definition deleted outside Pulumi is created again by the next up, and a preview shows it."""
    gone = deployed.account.only()["definition"]["id"]
    deployed.account.call("DELETE", f"/{gone}")
    while deployed.account.call("GET", f"/{gone}"):
        pass  # the emulator deletes a little later, as the service does
    assert "was deleted outside Pulumi; this update creates it again" in deployed.preview().text
    deployed.up()
    assert deployed.account.only()["definition"]["id"] == deployed.outputs()["id"] != gone


def test_destroyed(deployed: Stack) -> None:
    """`pulumi destroy` deletes the definition; when it is already gone, that is as good."""
    with deployed.account.calls() as calls:
        deployed.run("destroy", "--yes", "--skip-preview")
    assert DELETE in calls
    assert not [call for call in calls if call.startswith(("POST", "PUT"))]
    assert deployed.resources() == []


def test_corpus(stack: Stack) -> None:
    """Every published definition comes through the real engine with the body that its author published."""
    stack.write_corpus()
    assert stack.up().counts == {"created": 1 + len(corpus.BODIES)}
    stored = {each["definition"]["name"]: Definition.from_body(each) for each in stack.account.definitions()}
    for name, body in corpus.BODIES.items():
        wanted = {"status": "enabled", **body, "definition": {**body["definition"], "name": name}}
        assert stored[name] == Definition.from_body(wanted)
        assert stored[name].digest() == Definition.from_body(wanted).digest()
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 1 + len(corpus.BODIES)}

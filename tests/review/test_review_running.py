"""``pulumi-8x8 review --running``: how many instances run, asked of the emulator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from review_kit import run, workflow, write

from kit import API_KEY, Account


@pytest.fixture
def environment(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """Settings of the account, in a folder that isn't a Pulumi project."""
    monkeypatch.chdir(tmp_path)
    return {
        "PULUMI_8X8_ACCOUNT_ID": account.id,
        "PULUMI_8X8_API_KEY": API_KEY,
        "PULUMI_8X8_BASE_URL": account.base_url,
    }


def _waiting(text: str) -> dict[str, Any]:
    body = workflow(text=text)
    body["definition"]["steps"] = [{"id": "hold", "stepType": "Wait", "inputs": {"duration": "5", "note": text}}]
    return body


def _store(account: Account, *running: int) -> str:
    """A definition with a version for each of ``running``, so many instances of which run; its id."""
    id = ""
    for version, count in enumerate(running, start=1):
        body = _waiting(f"version {version}")
        made = account.call("PUT", f"/{id}", json=body) if id else account.call("POST", json=body)
        id = made["definition"]["id"]
        for _ in range(count):
            account.call("POST", f"/{id}/workflows", json={})
    return id


def _preview(*steps: dict[str, Any]) -> bytes:
    return json.dumps({"steps": steps}).encode()


def _step(label: str, op: str, id: str | None = None, **new: Any) -> dict[str, Any]:
    """A step of a preview; an update changes the workflow, ``same`` does not."""
    urn = f"urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::{label}"

    def state(text: str) -> dict[str, Any]:
        steps = {"hello": {"stepType": "Wait", "inputs": {"duration": "1", "note": text}}}
        return {"id": id, "inputs": {"name": label, "trigger": "inbound_sms", "steps": steps}}

    made: dict[str, Any] = {"op": op, "urn": urn}
    if op != "create":
        made["oldState"] = state("old")
    if op != "delete":
        made["newState"] = state("old" if op == "same" else "new")
        made["newState"]["inputs"] |= new
    return made


def _effects(result: Result) -> dict[str, list[str]]:
    """What shows of instances, by workflow."""
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)["workflows"]
    return {
        each["workflow"]: [one for one in each["effects"] if "running on" in one or "no inst" in one] for each in made
    }


def test_instances_by_version(account: Account, environment: dict[str, str]) -> None:
    """Running and suspended instances are counted, by version; those that are over are not; nor is a creation asked."""
    id, adopted, idle = _store(account, 1, 3), _store(account, 2), _store(account, 0)
    first, second, *_ = account.call("GET", f"/{id}/workflows?version=2")
    account.call("PATCH", f"/{id}/workflows/{first['workflowId']}", json={"status": "suspend"})
    account.call("PATCH", f"/{id}/workflows/{second['workflowId']}", json={"status": "terminate"})
    steps = [_step("menu", "update", id), _step("gone", "delete", id), _step("taken", "create", adopt=adopted)]
    steps += [_step("idle", "update", idle), _step("new", "create")]
    made = run("--running", "--format", "json", stdin=_preview(*steps), **environment)
    assert _effects(made) == {
        "gone": ["2 instances are running on version 2", "1 instance is running on version 1"],
        "idle": ["no instance is running"],
        "menu": [
            "2 instances are running on version 2 and will finish on it",
            "1 instance is running on version 1 and will finish on it",
        ],
        "new": [],
        "taken": ["2 instances are running on version 1 and will finish on it"],
    }


def test_few_calls(account: Account, environment: dict[str, str]) -> None:
    """Only workflows that change are read, by one call and two for each of their ten newest versions."""
    id, same = _store(account, *[0] * 11, 1), _store(account, 1)
    with account.calls() as calls:
        run("--running", stdin=_preview(_step("menu", "update", id), _step("same", "same", same)), **environment)
    assert sorted(calls) == ["GET /definitions/{id}"] + ["GET /definitions/{id}/workflows"] * 20
    with account.calls() as calls:
        run(stdin=_preview(_step("menu", "update", id)), **environment)
    assert calls == []


def test_a_service_that_fails(account: Account, environment: dict[str, str]) -> None:
    """A service that does not answer as it should is a note, and the review continues; what is gone isn't running."""
    id, gone = _store(account, 1), "00000000-0000-4000-8000-000000000000"
    preview = _preview(_step("menu", "update", id), _step("gone", "update", gone))
    assert _effects(run("--running", "--format", "json", stdin=preview, **environment))["gone"] == []
    refused = run("--running", "--format", "json", stdin=preview, **{**environment, "PULUMI_8X8_API_KEY": "wrong"})
    assert _effects(refused) == {"gone": [], "menu": []}
    (note,) = json.loads(refused.stdout)["notes"]
    assert note.startswith("the review lacks some numbers of running instances: ")
    assert "401" in note
    assert "wrong" not in note


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"PULUMI_8X8_API_KEY": ""}, "Error: the API key of the 8x8 Automation API is not set: "),
        ({"PULUMI_8X8_BASE_URL": "x"}, "Error: 8x8:baseUrl (or PULUMI_8X8_BASE_URL) isn't a plain http(s)"),
    ],
)
def test_wrong_settings(changed: dict[str, str], message: str, environment: dict[str, str]) -> None:
    """Settings that cannot work are one message and exit code 1."""
    result = run("--running", stdin=_preview(_step("menu", "update", "x")), **{**environment, **changed})
    assert (result.exit_code, result.stderr.startswith(message)) == (2, True), result.output


def test_files_have_no_instances(tmp_path: Path) -> None:
    """Two files don't name their definitions."""
    file = write(tmp_path / "a.json", workflow())
    result = run(file, file, "--running")
    assert (result.exit_code, result.stderr.startswith("Error: --running needs a preview")) == (2, True)

"""The vendor's getting-started page, step by step: on the real engine against the emulator, in one deployment."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from kit import API_KEY, BIN
from pulumi_8x8.cli import main
from pulumi_8x8.definition import Definition

from .conftest import TESTS, Stack

pytestmark = pytest.mark.engine

PAGE = (TESTS / "documents" / "getting_started.txt").read_text("utf-8")
#: The example at the end of the page.
EXAMPLE: dict[str, Any] = json.loads(PAGE[PAGE.index("{\n") :])
SUB_ACCOUNT = EXAMPLE["subAccountId"]
REPLY = EXAMPLE["definition"]["steps"][0]["inputs"]["content"]["text"]

PROGRAM = """
automation.Workflow("auto-reply", source="page.json")
pause = automation.Wait("pause", duration="1")
sign_up = automation.Workflow("sign-up", trigger="http_request", sub_account_id="crm & shop", steps=[pause])
open_to_all = automation.Workflow("open", trigger="http_request", steps=[pause])
faulty = automation.ChatAppsMessage(
    "say", sub_account_id="crm", user={"msisdn": "{{data.phone}}"}, type="text", content={"text": "Hi"}
)
automation.Workflow("faulty", trigger="http_request", sub_account_id="faulty", steps=[faulty])
pulumi.export("url", sign_up.trigger_url)
pulumi.export("openUrl", open_to_all.trigger_url)
"""


def test_the_path(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step of the page does what it promises: create, list, verify, change, start, follow, control, delete."""
    account = stack.account
    (stack.folder / "page.json").write_text(json.dumps(EXAMPLE))
    stack.write(PROGRAM)
    for name, value in {"ACCOUNT_ID": account.id, "API_KEY": API_KEY, "BASE_URL": account.base_url}.items():
        monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
    monkeypatch.chdir(stack.folder.parent)  # outside of the project, so that reading the stack takes no time

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(main, list(arguments))
        assert result.exit_code == 0, result.output
        return result.stdout

    def in_project(*arguments: str) -> Any:
        environ = {**stack.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        command = [str(BIN / "pulumi-8x8"), *arguments, "--format", "json"]
        done = subprocess.run(command, cwd=stack.folder, env=environ, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def instances(id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(call("instances", "list", id, "--format", "json"))
        return found

    # 1: create a definition. Nothing else is needed for a message to be answered.
    assert stack.up().counts["created"] == 5
    stored = {each["definition"]["name"]: each for each in account.definitions()}
    page = stored[EXAMPLE["definition"]["name"]]
    assert Definition.from_body(page) == Definition.from_body(EXAMPLE)
    inbound = json.loads((TESTS / "payloads" / "inbound_chat_apps_v2_text.json").read_text("utf-8"))
    inbound["payload"]["subAccountId"] = SUB_ACCOUNT
    url = f"{account.base_url}/_emulator/inbound"
    httpx.post(url, params={"accountId": account.id}, json=inbound).raise_for_status()
    ids = {name: each["definition"]["id"] for name, each in stored.items()}
    (answered,) = instances(ids["Auto Reply ChatApps"])
    assert answered["status"] == "Complete"

    # 2 and 3: get all definitions, and one, to verify it.
    listed = {each["name"]: each for each in in_project("list")}
    assert {name: each["managedBy"][0]["resource"] for name, each in listed.items()} == {
        "Auto Reply ChatApps": "auto-reply",
        "sign-up": "sign-up",
        "open": "open",
        "faulty": "faulty",
    }
    assert {each["managedBy"][0]["stack"] for each in listed.values()} == {"test"}
    shown = in_project("show", "auto-reply")
    assert Definition.from_body(shown["body"]) == Definition.from_body(EXAMPLE)
    assert (shown["definitionId"], shown["version"]) == (ids["Auto Reply ChatApps"], 1)

    # The trigger: the address that the program exports, with the key in the header and not in the address.
    urls = stack.outputs()
    assert "key" not in str(urls).lower()
    event = {"customer_id": "42", "user": {"contact": "+6581968289"}}
    headers = {"Authorization": f"Bearer {API_KEY}"}
    assert httpx.post(urls["url"], json=event).status_code == 401
    httpx.post(urls["url"], json=event, headers=headers).raise_for_status()
    (signed_up,) = account.call("GET", f"/{ids['sign-up']}/workflows")
    assert signed_up["data"] | event == signed_up["data"]
    assert signed_up["data"]["subAccountId"] == "crm & shop"
    assert len(instances(ids["open"])) == 1
    httpx.post(urls["openUrl"], json=event, headers=headers).raise_for_status()
    Path("event.json").write_text(json.dumps(event))
    call("trigger", "--data", "event.json", "--sub-account", "faulty")
    assert {name: len(instances(id)) for name, id in ids.items()} == {
        "Auto Reply ChatApps": 1,
        "sign-up": 1,
        "open": 3,
        "faulty": 1,
    }

    # 6: trigger it manually.
    Path("message.json").write_text(json.dumps(inbound))
    started = json.loads(
        call("instances", "start", ids["Auto Reply ChatApps"], "--data", "message.json", "--yes", "--format", "json")
    )["instanceId"]
    data = json.loads(call("instances", "show", ids["Auto Reply ChatApps"], started, "--data", "--format", "json"))
    assert data["status"] == "Complete"
    assert [step["step"] for step in data["steps"]] == ["send_CA"]
    assert data["data"]["payload"] == inbound["payload"]

    # 7, 8: the instances of one definition; suspend, resume, terminate.
    run = instances(ids["sign-up"])[0]["instanceId"]
    for command, status in (("suspend", "Suspended"), ("resume", "Runnable"), ("terminate", "Terminated")):
        call("instances", command, ids["sign-up"], run, "--yes")
        assert instances(ids["sign-up"])[0]["status"] == status
    # 9: the errors of an instance.
    faulted = instances(ids["faulty"])[0]["instanceId"]
    (error,) = json.loads(call("instances", "errors", ids["faulty"], faulted, "--format", "json"))
    assert error["errors"][0]["step"] == "say"
    for each in instances(ids["open"]):
        call("instances", "terminate", ids["open"], each["instanceId"], "--yes")

    # 4: modify it. 5: delete it.
    changed = json.dumps(EXAMPLE).replace(REPLY, "We answer within an hour.")
    (stack.folder / "page.json").write_text(changed)
    assert stack.up().counts == {"updated": 1, "unchanged": 4}
    versions = {name: len(account.call("GET", f"/{id}")) for name, id in ids.items()}
    assert versions == {"Auto Reply ChatApps": 2, "sign-up": 1, "open": 1, "faulty": 1}
    for version, text in ((1, REPLY), (2, "We answer within an hour.")):
        assert text in call("show", "Auto Reply ChatApps", str(version))
    stack.run("destroy", "--yes", "--skip-preview")
    assert account.definitions() == []

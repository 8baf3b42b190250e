"""What happens to other people's work and to running conversations, on the real engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kit import BIN, Account
from pulumi_8x8.definition import Definition

from .conftest import Stack

pytestmark = pytest.mark.engine

WAITING: dict[str, Any] = {
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {"name": "menu", "steps": [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}]},
}
PROGRAM = """
    workflow = automation.Workflow("menu", trigger="inbound_sms", {arguments}steps=[
        automation.Wait("pause", duration="{duration}"),
    ])
    pulumi.export("id", workflow.id)
    pulumi.export("version", workflow.version)
"""


def program(arguments: str = "", duration: str = "1") -> str:
    return PROGRAM.replace("{arguments}", arguments).replace("{duration}", duration)


def other(account: Account, body: dict[str, Any] = WAITING) -> str:
    """Somebody else creates a definition; its id."""
    return str(account.call("POST", json=body)["definition"]["id"])


def test_an_equal_named_definition_stops_the_creation(stack: Stack) -> None:
    """A preview names the id of a different definition of that name, and the argument that takes it over."""
    there = other(stack.account)
    stack.write(program(duration="2"))
    refused = stack.preview(code=1)
    assert f'adopt="{there}"' in refused.diagnostics
    assert "Traceback" not in refused.text
    stack.write(program(f'adopt="{there}", ', duration="2"))
    assert "steps.pause.inputs.duration changed" in stack.preview().text
    stack.up()
    assert stack.outputs() == {"id": there, "version": 2}
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 2}


def test_adopting_what_is_equal_makes_no_version(stack: Stack) -> None:
    """`adopt=` of a definition that equals the program's writes nothing; a preview reports a wrong id."""
    there = other(stack.account)
    stack.write(program('adopt="00000000-0000-4000-8000-000000000000", '))
    assert "has no workflow definition 00000000" in stack.preview(code=1).diagnostics
    stack.write(program(f'adopt="{there}", '))
    with stack.account.calls() as calls:
        stack.up()
    assert all(call.startswith("GET") for call in calls)
    assert stack.outputs() == {"id": there, "version": 1}


def test_get_reads_and_lookups_list(stack: Stack) -> None:
    """`Workflow.get` returns an unmanaged definition's outputs; look-ups return plain values; neither writes."""
    there = other(stack.account)
    stack.write(f"""
        read = automation.Workflow.get("read", "{there}")
        pulumi.export("version", read.version)
        pulumi.export("account", read.account_id)
        pulumi.export("digest", read.digest)
        pulumi.export("step", read.steps.apply(lambda steps: steps["pause"]["inputs"]["duration"]))
        (found,) = automation.get_workflows(name="menu", trigger="inbound_sms")
        versions = automation.get_workflow_versions(found.id)
        pulumi.export("found", [found.id, automation.get_workflow(found.id).version, len(versions)])
        pulumi.export("zones", len(automation.get_time_zones("singapore")))
        pulumi.export("functions", sorted(each["name"] for each in automation.get_script_functions())[0])
        pulumi.export("used_up", automation.get_usage().used_up)
    """)
    with stack.account.calls() as calls:
        stack.up()
    assert all(call.startswith("GET") for call in calls)
    assert stack.outputs() == {
        "version": 1,
        "account": stack.account.id,
        "digest": replace(Definition.from_body(WAITING), status=None).digest(),
        "step": "1",
        "found": [there, 1, 1],
        "zones": 1,
        "functions": "isCountryCode",
        "used_up": False,
    }
    stack.run("destroy", "--yes", "--skip-preview")
    assert stack.account.only()["definition"]["id"] == there, "what was only read is not destroyed"


def test_an_edit_between_diff_and_update_stops_it(stack: Stack) -> None:
    """Somebody stores a version between the comparison and the PUT: it stays; the message names version and step."""
    stack.write(program())
    stack.up()
    edited = json.loads(json.dumps(WAITING).replace('"1"', '"9"'))
    stack.account.call("PUT", f"/{stack.outputs()['id']}", json=WAITING)  # a second version, just like the first
    stack.write(program(duration="2"))
    # The second read of the operation is the one before the PUT.
    stack.account.fault({"method": "GET", "delay": 0.0, "path": "definitions/"}, {"method": "GET", "edit": edited})
    stopped = stack.up(code=1)
    assert "was changed by somebody else: it is now version 3" in stopped.diagnostics
    assert "steps.pause.inputs.duration changed" in stopped.diagnostics
    assert "Traceback" not in stopped.text
    assert stack.account.only()["definition"]["steps"][0]["inputs"]["duration"] == "9"
    stack.up()
    assert stack.account.only()["definition"]["steps"][0]["inputs"]["duration"] == "2"


def test_running_conversations_stop_a_deletion(stack: Stack) -> None:
    """A destroy is refused with the counts; with on_delete="wait" the workflow is disabled and deleted at their end."""
    stack.write(program())
    stack.up()
    id = stack.outputs()["id"]
    instances = f"{stack.account.url}/{id}/workflows"
    headers = {"Authorization": "Bearer emulator-key"}
    for _ in range(2):
        httpx.post(instances, json={}, headers=headers).raise_for_status()
    refused = stack.run("destroy", "--yes", "--skip-preview", code=1)
    assert "2 instances are running or suspended (version 1: 2), the oldest since 20" in refused.diagnostics
    assert "Traceback" not in refused.text
    assert stack.account.only()["status"] == "enabled"

    stack.write(program('on_delete={"wait": "00:00:01"}, '))
    with stack.account.calls() as calls:
        assert stack.up().counts == {"updated": 1, "unchanged": 1}
    assert not [call for call in calls if not call.startswith("GET")], "it is kept in the state only"
    assert "after 00:00:01, 2 instances are running" in stack.run("destroy", "--yes", "-f", code=1).diagnostics
    assert stack.account.only()["status"] == "disabled"
    for instance in httpx.get(f"{instances}?version=1", headers=headers).json():
        url = f"{instances}/{instance['workflowId']}"
        httpx.patch(url, json={"status": "terminate"}, headers=headers).raise_for_status()
    stack.run("destroy", "--yes", "--skip-preview")
    assert stack.account.definitions() == []


def test_protected_and_retained(stack: Stack) -> None:
    """`protect` refuses the deletion, and `retain_on_delete` leaves the definition where it is."""
    stack.write(program("opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True), "))
    stack.up()
    assert "protect" in stack.run("destroy", "--yes", "--skip-preview", code=1).text
    stack.write(program("opts=pulumi.ResourceOptions(retain_on_delete=True), "))
    stack.up()
    stack.run("destroy", "--yes", "--skip-preview")
    assert stack.account.only()["definition"]["version"] == 1


def test_a_killed_creation_leaves_no_second_copy(stack: Stack) -> None:
    """The engine is killed after the POST and before the state is written; the next up knows what it made."""
    stack.write(program())
    stack.account.fault({"method": "POST", "delay": 5})
    command = [str(BIN / "pulumi"), "up", "--yes", "--skip-preview", "--non-interactive"]
    engine = subprocess.Popen(
        command, cwd=stack.folder, env=stack.environ, stdout=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not any(call.startswith("GET") for call in stack.account.made()) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(2.5)  # that there is nothing was asked twice; the POST is under way, and delayed
    plugins = _descendants(engine.pid)  # each in a group of its own
    os.killpg(engine.pid, signal.SIGKILL)
    engine.wait()
    while not stack.account.definitions() and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in plugins:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    made = stack.account.only()["definition"]["id"]
    assert stack.resources() == []
    stack.run("cancel", "--yes")
    up = stack.up()
    assert f"the definition {made} was created by an earlier operation that ended before it saved the state" in up.text
    assert stack.outputs() == {"id": made, "version": 1}


def _descendants(ancestor: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in listed.splitlines())
    found = [ancestor]
    for each in found:  # grows while it is walked
        found += [pid for pid, parent in parents.items() if parent == each]
    return found[1:]


def test_another_account_and_no_key_anywhere(stack: Stack) -> None:
    """`account=` puts a workflow elsewhere with its own key, and no operation writes a key anywhere."""
    stack.run("config", "set", "--secret", "8x8:otherKey", "emulator-key")
    stack.run("config", "set", "--secret", "8x8:apiKey", "emulator-key")
    elsewhere = Account(stack.account.base_url, f"{stack.account.id}-other")
    stack.write(
        program(f'account=automation.Account("{elsewhere.id}", api_key="8x8:otherKey"), ')
        + '    automation.Workflow("mine", trigger="inbound_sms", steps=[automation.Wait("pause", duration="1")])\n'
    )
    written = [stack.preview("--json", PULUMI_8X8_API_KEY="").text, stack.up(PULUMI_8X8_API_KEY="").text]
    assert elsewhere.only()["definition"]["name"] == "menu"
    assert stack.account.only()["definition"]["name"] == "mine"
    written += [stack.run("refresh", "--yes", "--diff", PULUMI_8X8_API_KEY="").text, stack.run("stack", "export").out]
    written += [path.read_text() for path in stack.folder.glob("*.yaml")]
    written += [stack.run("destroy", "--yes", PULUMI_8X8_API_KEY="").text]
    assert not [text for text in written if "emulator-key" in text]
    assert elsewhere.definitions() == stack.account.definitions() == []

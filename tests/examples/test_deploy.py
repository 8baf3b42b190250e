"""Each example on the real engine, deployed to the emulator as its README describes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.conftest import Stack
from kit import Account
from tools.docs.readmes import EXAMPLES, FOLDER, workflows

pytestmark = pytest.mark.engine

Tried = Callable[[str], tuple[Stack, str]]


def _names(example: str) -> list[str]:
    return sorted(body["definition"]["name"] for body in workflows(example).values())


def _stored(account: Account) -> dict[str, Any]:
    return {each["definition"]["name"]: each for each in account.definitions()}


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def _trigger(example: str, stack: Stack) -> None:
    """Calls the trigger as the README shows, if it does, which starts the only workflow."""
    readme = (FOLDER / example / "README.md").read_text("utf-8").replace("\\\n", "")
    call = re.search(
        r"^\$ curl -H '(.+): (.+)' --json '?(.+?)'? +\"\$\(pulumi stack output triggerUrl\)\"$", readme, re.MULTILINE
    )
    assert bool(call) == (next(iter(workflows(example).values()))["trigger"] == "http_request")
    if call is None:
        return
    header, value, data = call.groups()
    body = (FOLDER / example / data[1:]).read_text("utf-8") if data.startswith("@") else data
    url = stack.outputs()["triggerUrl"]
    httpx.post(url, headers={header: value}, json=json.loads(body)).raise_for_status()
    instances = f"/{stack.account.only()['definition']['id']}/workflows"
    (started,) = stack.account.call("GET", instances)
    assert started["data"] | json.loads(body) == started["data"]
    stack.account.call("PATCH", f"{instances}/{started['workflowId']}", json={"status": "terminate"})


@pytest.mark.parametrize("example", EXAMPLES)
def test_life(example: str, tried: Tried) -> None:
    """With the README's commands, an example is tested and deployed without a warning, updated and destroyed."""
    stack, printed = tried(example)
    assert "0 failed; 100% of all steps and edges covered" in printed
    assert "warning" not in printed
    stored = _stored(stack.account)
    assert sorted(stored) == _names(example)
    assert {each["status"] for each in stored.values()} == {"enabled"}
    _trigger(example, stack)

    file = next(path for path in (stack.folder / "appointment.json", stack.folder / "__main__.py") if path.exists())
    text = re.sub(r'("?name"?[=:] ?")', r"\1My ", file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    assert stack.up().counts["updated"] == len(stored)
    changed = {f"My {name}": 2 for name in stored}
    assert {name: each["definition"]["version"] for name, each in _stored(stack.account).items()} == changed

    stack.run("destroy", "--yes", "--skip-preview")
    assert stack.account.definitions() == []


def test_adoption(tried: Tried) -> None:
    """The builder's definition is taken over where its id is given, and else never made a second time."""
    stack, _ = tried("from_builder")
    stack.run("destroy", "--yes", "--skip-preview")
    export = json.loads((stack.folder / "appointment.json").read_text("utf-8"))
    export["definition"]["steps"][0]["inputs"]["content"]["text"] = "As it was in the builder"
    stack.account.call("POST", json=export)
    before = stack.account.only()
    assert "adopt" in stack.up(code=1).text
    assert stack.account.only() == before
    stack.run("config", "set", "adopt", before["definition"]["id"])
    stack.up()
    after = stack.account.only()["definition"]
    assert (after["id"], after["version"]) == (before["definition"]["id"], 2)
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 2}


def test_gate(tried: Tried) -> None:
    """Production takes nothing but what staging runs."""
    stack, _ = tried("environments")
    for name in ("staging", "production"):
        _replace(stack.folder / f"Pulumi.{name}.yaml", "http://127.0.0.1:8088", stack.account.base_url)
        stack.run("stack", "init", name)
    assert "unknown stack" not in stack.up("--stack", "staging").text
    assert stack.up("--stack", "production").counts["created"] >= 2
    _replace(stack.folder / "__main__.py", "we are looking into it", "we are on it")
    refused = stack.up("--stack", "production", code=1)
    assert re.search(r"staging runs the digest [0-9a-f]{8}, and this stack would deploy [0-9a-f]{8}", refused.text)
    assert "Traceback" not in refused.text
    stack.up("--stack", "staging")
    assert stack.up("--stack", "production").counts["updated"] == 1

"""A review of the real engine's previews, from the first `pulumi up` on."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from review_kit import run

from engine.conftest import Stack, pulumi_home, stack
from kit import BIN, Account

pytestmark = pytest.mark.engine

__all__ = ["pulumi_home", "stack"]  # fixtures

PROGRAM = """
    def sms(text, **more):
        inputs = {{"subAccountId": "acme", "destination": "{{{{data.payload.source}}}}", "text": text}}
        return {{"id": "hello", "stepType": "SMS", "inputs": inputs, **more}}

    def workflow(name, *steps, **more):
        return automation.Workflow(name, trigger="inbound_sms", steps=list(steps), **more)

    workflow("same", sms("Hello"))
    workflow("secret", sms(pulumi.Output.secret("{secret}")))
    workflow("quiet", sms("Hello {quiet}"), lint={{"data-never-written": "off"}})
    workflow("loud", sms("Hello {loud}"))
    hold = {{"id": "hold", "stepType": "Wait", "inputs": {{"duration": "5"}}, "nextStepId": "hello"}}
    workflow("other", hold, sms("Hello {loud}"), account=automation.Account("{other}"))
    {more}
"""


def _review(stack: Stack, *options: str) -> dict[str, Any]:
    preview = stack.preview("--json", *options).out.encode()
    # The stack is the one that the preview names; the settings come from its config.
    environment = {**stack.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = "--format", "json", "--running", "--backtest", "5", "--cwd", stack.folder
    result = run(*command, stdin=preview, **environment)
    assert result.exit_code == 0, result.output
    made: dict[str, Any] = json.loads(result.stdout)
    return {each["workflow"]: each for each in made["workflows"]} | {"": made}


def test_review(stack: Stack) -> None:
    """Created, changed and deleted workflows; secrets unseen; warnings but those that the program turned off; drift.

    The backtest of each changed workflow takes the deployed secret, since a preview doesn't show it.
    """
    other = f"{stack.account.id}-other"
    stack.write(PROGRAM.format(other=other, secret="one", quiet="", loud="", more='workflow("gone", sms("Hello"))'))
    created = _review(stack)
    assert {each["operation"] for name, each in created.items() if name} == {"create"}
    assert len(created) == 7
    stack.up()
    assert _review(stack)[""]["changed"] is False
    Account(stack.account.base_url, other).call("POST", f"/{_id(stack, 'other')}/workflows", json={})
    for name in ("loud", "secret"):
        message = {"payload": {"source": "+6581968289"}, "x": "Ann"}
        stack.account.call("POST", f"/{_id(stack, name)}/workflows", json=message)

    stack.write(
        PROGRAM.format(
            other=other, secret="two", quiet="{{data.x}}", loud="{{data.x}}", more='workflow("new", sms("Hi"))'
        )
    )
    made = _review(stack)
    assert {name: each["operation"] for name, each in made.items() if name} == {
        "gone": "delete",
        "loud": "update",
        "new": "create",
        "other": "update",
        "quiet": "update",
        "secret": "update",
    }
    assert [made[name]["effects"][-1] for name in ("gone", "loud")] == ["no instance is running"] * 2
    assert made["other"]["effects"][-1] == "1 instance is running on version 1 and will finish on it"
    assert made["secret"]["changesNotShown"] is True
    assert made["secret"]["secretNotCompared"] == ["steps.hello.inputs.text"]
    assert [each["text"] for each in made["quiet"]["edits"]] == ["text: Hello {+{{data.x}}+}"]
    assert [each["rule"] for each in made["loud"]["newProblems"]] == ["data-never-written"]
    assert made["quiet"]["newProblems"] == []
    assert (made["loud"]["version"], made["loud"]["id"]) == (1, _id(stack, "loud"))
    tested = {each["workflow"]: each for each in made[""]["backtests"]}
    assert {name: {kind: n for kind, n in each["outcomes"].items() if n} for name, each in tested.items()} == {
        "loud": {"text": 1},
        "other": {"undetermined": 1},
        "quiet": {},
        "secret": {"same": 1},
    }
    assert tested["loud"]["groups"][0]["text"] == "`hello` has another text"
    assert (tested["loud"]["asDeployed"], tested["secret"]["asDeployed"]) == ([], ["steps.hello.inputs.text"])

    stack.up()
    loud = stack.account.call("GET", f"/{_id(stack, 'loud')}")[0]
    loud["definition"]["steps"][0]["inputs"]["text"] = "Edited in the builder"
    stack.account.call("PUT", f"/{_id(stack, 'loud')}", json=loud)
    drift = _review(stack)
    assert drift["loud"]["changesNotShown"] is True
    assert "steps.hello.inputs.text changed" in drift[""]["notes"][0]
    refreshed = _review(stack, "--refresh")
    assert refreshed["loud"]["edits"][0]["text"] == "text: [-Edited in the builder-]{+Hello {{data.x}}+}"
    assert refreshed["loud"]["version"] == 3


def _id(stack: Stack, name: str) -> str:
    (found,) = [each["id"] for each in stack.resources() if each["urn"].endswith(f"::{name}")]
    return str(found)

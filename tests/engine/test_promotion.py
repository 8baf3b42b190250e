"""From one environment to the next, back to an older version, and smoke tests, on the real engine."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from kit import BIN, Account

from .conftest import Run, Stack

pytestmark = pytest.mark.engine

SUPPORT = """
    support = automation.Workflow("support", trigger="inbound_chat_apps", sub_account_id="chat", {arguments}steps=[
        automation.ChatAppsMessage("reply", sub_account_id="chat", user={{"msisdn": "{to}"}}, type="text",
            content={{"text": "{text}"}}),
    ])
    other = automation.Workflow("other", trigger="http_request", steps=[automation.Wait("pause", duration="00:00:01")])
"""
EXPORT = '    pulumi.export("digests", automation.digests())\n'


def program(text: str, arguments: str = "", to: str = "+6512345678", more: str = "") -> str:
    return SUPPORT.format(text=text, arguments=arguments, to=to) + EXPORT + more


def environment(stack: Stack, name: str, *lines: str) -> Account:
    """Another stack of the project, with an account and sub-accounts of its own."""
    account = Account(stack.account.base_url, f"{stack.account.id}-{name}")
    settings = [
        f"8x8:accountId: {account.id}",
        f"8x8:baseUrl: {account.base_url}",
        f"8x8:subAccounts: {{chat: {name}_chat, pager: {name}_pager}}",
        *lines,
    ]
    (stack.folder / f"Pulumi.{name}.yaml").write_text("config:\n" + "".join(f"  {line}\n" for line in settings))
    stack.run("stack", "init", name)
    return account


def texts(account: Account) -> list[tuple[str, str, int]]:
    """Sub-account, text and version of what an account has of the workflow."""
    found = [each for each in account.definitions() if each["definition"]["name"] == "support"]
    steps = [each["definition"]["steps"][0]["inputs"] for each in found]
    return [
        (step["subAccountId"], step["content"]["text"], each["definition"]["version"])
        for step, each in zip(steps, found, strict=True)
    ]


def compared(stack: Stack, *arguments: str, code: int) -> str:
    command = [str(BIN / "pulumi-8x8"), "compare", "staging", "production", "--cwd", str(stack.folder), *arguments]
    environ = {**stack.environ, "PATH": f"{BIN}:{stack.environ['PATH']}"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def refusal(run: Run) -> str:
    """The only error under the workflow."""
    assert "Traceback" not in run.text
    (line,) = [line.strip() for line in run.diagnostics.splitlines() if "has a problem" in line]
    return line.partition("has a problem: ")[2]


def test_promotion(stack: Stack) -> None:
    """Production takes what staging runs and nothing else, with the same program; `compare` shows what differs."""
    staging, production = (
        environment(stack, "staging"),
        environment(stack, "production", "8x8:requiresDigestFrom: staging"),
    )
    stack.write(program("Hi"))
    with production.calls() as calls:
        assert 'the stack organization/project/staging has no output "digests"' in refusal(
            stack.up("-s", "production", code=1)
        )
    assert [call for call in calls if not call.startswith("GET")] == []
    stack.up("-s", "staging")
    stack.up("-s", "production")
    assert (texts(staging), texts(production)) == ([("staging_chat", "Hi", 1)], [("production_chat", "Hi", 1)])
    assert "staging and production: 2 workflows, the same\n" in compared(stack, "--exit-code", code=0)

    stack.write(program("Bye"))
    refused = refusal(stack.preview("-s", "production", code=1))
    assert refused.startswith('workflow "support": staging runs ')
    assert refused.endswith(
        ". The workflow wasn't changed. Deploy it to staging first: pulumi up --stack organization/project/staging. To "
        "remove this gate, change requires_digest_from (or 8x8:requiresDigestFrom)."
    )
    stack.write(program("Hi", 'status="disabled", '))
    stack.up("-s", "production")
    statuses = {each["definition"]["name"]: each["status"] for each in production.definitions()}
    assert statuses["support"] == "disabled", "a status is not held up"

    stack.write(program("Bye"))
    # Another resource only: what runs in staging differs from its program.
    stack.up("-s", "staging", "--target", "**other**")
    assert 'staging doesn\'t run it as declared ("not as its program says")' in refusal(
        stack.preview("-s", "production", code=1)
    )
    stack.up("-s", "staging")
    printed = compared(stack, "--exit-code", code=1)
    assert "  1 the same: other\n  1 different: support\n" in printed
    assert "content.text: `Hi` → `Bye`" in printed
    assert "_chat" not in printed, "sub-accounts have the same logical names"
    stack.up("-s", "production")
    assert (texts(staging), texts(production)) == ([("staging_chat", "Bye", 2)], [("production_chat", "Bye", 3)])

    stack.write(program("Something else"))
    stack.run("destroy", "--yes", "--skip-preview", "-s", "production")
    assert production.definitions() == []


def test_an_unknown_stack(stack: Stack) -> None:
    """A gate of a stack that there is not is one message with its name, and nothing is written."""
    environment(stack, "production")
    stack.write(program("Hi", 'requires_digest_from="acme/shop/stagin", '))
    refused = stack.preview("-s", "production", code=1)
    assert "StackReference (8x8-digests-of-acme/shop/stagin)" in refused.diagnostics
    assert "Traceback" not in refused.text


def test_pinned(stack: Stack) -> None:
    """A preview shows what the pin restores; up stores it as a new version, and exports the pinned version's digest,
    which names the same content as a pin; the program counts again without it."""
    digests = []
    for text in ("first", "second"):
        stack.write(program(text))
        stack.up()
        digests.append(stack.outputs()["digests"]["support"])
    stack.write(program("third", "pin_version=1, "))
    preview = stack.preview()
    assert preview.counts == {"update": 1, "unchanged": 2}
    for part in (
        'workflow "support" is pinned to version 1 and is now at version 2. This update stores the pinned content as a',
        "steps.reply.inputs.content.text changed",
        "warning: pinned to version 1: Pulumi doesn't deploy changes in the program until you remove pin_version (or "
        "the stack's 8x8:pins)",
    ):
        assert preview.diagnostics.count(part) == 1, preview.diagnostics
    assert "Traceback" not in preview.text
    stack.up()
    assert texts(stack.account) == [("chat", "first", 3)]
    assert stack.outputs()["digests"]["support"] == digests[0]
    unchanged = stack.preview("--expect-no-changes")
    assert unchanged.diagnostics.count("warning: pinned to version 1: ") == 1
    stack.write(program("third", "pin_version=9, "))
    refused = stack.preview(code=1)
    versions = f"3 ({digests[0][:8]}), 2 ({digests[1][:8]}), 1 ({digests[0][:8]})"
    assert (
        refused.diagnostics.count(
            f"has no version 9 (pin_version). Its versions: {versions}. The workflow wasn't changed."
        )
        == 1
    )
    assert "Traceback" not in refused.text
    stack.write(program("third", f'pin_version="{digests[1]}", '))
    stack.up()
    assert texts(stack.account) == [("chat", "second", 4)]
    stack.write(program("third"))
    stack.up()
    assert texts(stack.account) == [("chat", "third", 5)]


SMOKE = """
    run = automation.WorkflowRun("smoke", workflow=support, timeout="00:00:20",
        data={"text": "Hi", "nothing": None, "token": pulumi.Output.secret("s3cr3t-token")},
        expect={"steps": ["reply"], "data": {"text": "Hi", "token": pulumi.Output.secret("s3cr3t-token")}})
    pulumi.export("run", [run.instance_id, run.status, run.started_at, run.completed_at])
"""


def started(account: Account) -> list[dict[str, Any]]:
    (support,) = [each for each in account.definitions() if each["definition"]["name"] == "support"]
    id, newest = support["definition"]["id"], support["definition"]["version"]
    return [
        instance
        for version in range(1, newest + 1)
        for instance in account.call("GET", f"/{id}/workflows?version={version}")
    ]


def test_smoke_test(stack: Stack) -> None:
    """A run after each change of the workflow, and no other; a failing one fails the update and keeps the digest."""
    stack.write(program("Hi", more=SMOKE))
    assert stack.preview().counts == {"create": 4}
    assert stack.account.definitions() == []
    stack.up()
    (instance,) = started(stack.account)
    outputs = stack.outputs()
    assert outputs["run"][:2] == [instance["workflowId"], "Complete"]
    assert (instance["data"]["token"], instance["data"]["nothing"]) == ("s3cr3t-token", None)

    everything = stack.preview("--expect-no-changes", "--json").text
    stack.up()
    everything += stack.run("refresh", "--yes", "--skip-preview", "--diff").text + stack.run("stack", "export").out
    assert len(started(stack.account)) == 1
    assert "s3cr3t" not in everything

    stack.write(program("Bye", to="{{'nobody'}}", more=SMOKE))
    assert stack.preview().counts == {"update": 2, "unchanged": 2}
    failed = stack.up(code=1)
    assert "error: RunFailed: the instance " in failed.diagnostics
    assert "its status is Terminated, not Complete" in failed.diagnostics
    assert "reply: Failed to send chat apps message because Invalid 'msisdn'" in failed.diagnostics
    assert "Steps that ran: reply Failed." in failed.diagnostics
    assert "Traceback" not in failed.text
    assert "s3cr3t" not in failed.text
    assert stack.outputs()["digests"] == outputs["digests"], "who waits for this one is still refused"
    assert [each["version"] for each in started(stack.account)] == [1, 2]

    stack.write(program("Bye", more=SMOKE))
    stack.up()
    assert stack.outputs()["digests"] != outputs["digests"]
    assert [each["version"] for each in started(stack.account)] == [1, 2, 3]
    stack.run("destroy", "--yes", "--skip-preview")
    assert stack.account.definitions() == []

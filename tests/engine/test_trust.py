"""What a program's reorganisation, other people and other stacks do to live workflows, on the real engine."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit import API_KEY, BIN, Account

from .conftest import Run, Stack

pytestmark = pytest.mark.engine

#: A component of the program, and a workflow in it or beside it.
HEAD = """
    class Team(pulumi.ComponentResource):
        def __init__(self, name, kind="Team", opts=None):
            super().__init__(f"acme:index:{kind}", name, None, opts)

    class Mine(automation.Workflow):
        pass

    def reply(name="reply", duration="1", kind=automation.Workflow, parent=None, opts=None, **more):
        steps = [automation.Wait("pause", duration=duration)]
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(parent=parent))
        return kind(name, name="Reply", trigger="inbound_sms", steps=steps, opts=opts, **more)
"""
WRITES = ("POST", "PUT", "DELETE", "PATCH")


def deploy(stack: Stack, *lines: str, code: int = 0, options: tuple[str, ...] = ()) -> Run:
    stack.write(HEAD + "".join(f"    {line}\n" for line in lines))
    return stack.up(*options, code=code)


def start(stack: Stack) -> None:
    """A conversation with the only workflow begins."""
    id = stack.account.only()["definition"]["id"]
    answer = httpx.post(
        f"{stack.account.url}/{id}/workflows", json={}, headers={"Authorization": f"Bearer {API_KEY}"}, timeout=30
    )
    answer.raise_for_status()


def running(stack: Stack) -> int:
    """Conversations that are not over, of all versions of the only workflow."""
    body = stack.account.only()["definition"]
    return sum(
        len(stack.account.call("GET", f"/{body['id']}/workflows?version={version}&status=Runnable"))
        for version in range(1, body["version"] + 1)
    )


def written(calls: list[str]) -> list[str]:
    return [call for call in calls if call.startswith(WRITES)]


#: Ways to reorganise a program, one after the other; each makes another URN of the same workflow.
MOVES = {
    "under a component": ('reply(parent=Team("team"))',),
    "with another text at the same time": ('reply(parent=Team("team", "Squad"), duration="2")',),
    "under two components": (
        'reply(parent=Team("team", "Squad", pulumi.ResourceOptions(parent=Team("all"))), duration="2")',
    ),
    "the outer component's type is renamed": (
        'reply(parent=Team("team", "Squad", pulumi.ResourceOptions(parent=Team("all", "All"))), duration="2")',
    ),
    "out again, as a subclass": ('reply(kind=Mine, duration="2")',),
    "the resource is renamed": ('reply("answer", duration="2")',),
    "beside a new one of the same resource name": (
        'reply("answer", parent=Team("team"), duration="2")',
        'automation.Workflow("other", trigger="inbound_sms", steps=[automation.Wait("w", duration="1")])',
        'automation.Workflow("one", name="Two", trigger="inbound_sms", steps=[automation.Wait("w", duration="1")])',
    ),
}


def test_moves(stack: Stack) -> None:
    """However the program is reorganised, the definition keeps its id and its conversations, and nothing is doubled."""
    deploy(stack, "reply()")
    start(stack)
    id = stack.account.only()["definition"]["id"]
    for how, lines in MOVES.items():
        stack.write(HEAD + "".join(f"    {line}\n" for line in lines))
        assert f"the definition {id} moves here from" in stack.preview().diagnostics, how
        with stack.account.calls() as calls:
            up = stack.up()
        assert "moves here from" in up.diagnostics, how
        assert "the definition " + id + " stays" in up.diagnostics, how
        assert not any(call.startswith("DELETE") for call in calls), how
        held = {body["definition"]["id"]: body["definition"]["name"] for body in stack.account.definitions()}
        assert held[id] == "Reply", how
        assert sorted(held.values()) == sorted(["Reply"] if len(lines) == 1 else ["Reply", "other", "Two"]), how
        assert {each["id"] for each in stack.resources()} == set(held), how
    stack.write(HEAD + "    reply('answer', parent=Team('team'), duration='2')\n")
    stack.up()
    assert running(stack) == 1


#: Workflows that exchange resource names, so that only the aliases distinguish them: the new program, by how the
#: aliases are written.
BEFORE = (
    'named("one", "One")',
    'named("two", "Two")',
    'named("late", "Late", team("in", team("old")))',
)
EXCHANGES = {
    "the workflow's own": (
        'named("one", "Two", team("team"), aliases=[pulumi.Alias(name="two", parent=pulumi.ROOT_STACK_RESOURCE)])',
        'named("three", "One")',
        'named("late", "Late", team("in", team("old")))',
    ),
    "a URN": (
        'named("one", "Two", team("team"), aliases=[f"{URN}two"])',
        'named("three", "One")',
        'named("late", "Late", team("in", team("old")))',
    ),
    "of another parent": (
        'named("one", "One")',
        'named("three", "Late", aliases=[pulumi.Alias(name="late", parent=team("in", team("old")))])',
        'named("late", "Two", team("team"))',
    ),
    "of another name and type": (
        'named("one", "Two", kind=Mine, aliases=[pulumi.Alias(name="two", type_=TYPE)])',
        'named("three", "One")',
        'named("late", "Late", team("in", team("old")))',
    ),
    "of the component": (
        'named("late", "One")',
        'named("two", "Two")',
        'named("late", "Other", team("in", team("old"), "Squad", [WAS_TEAM]))',
    ),
    "of the component around the component": (
        'named("late", "One")',
        'named("two", "Two")',
        'named("late", "Other", team("in", team("old", None, "Squad", [WAS_TEAM])))',
    ),
}


@pytest.mark.parametrize("how", EXCHANGES)
def test_resource_names_exchanged(stack: Stack, how: str) -> None:
    """Workflows that exchange resource names keep their definitions: an alias counts more than a resource name."""
    head = (
        HEAD
        + """
    TYPE = "pulumi-python:dynamic/8x8:Workflow"
    URN = f"urn:pulumi:{pulumi.get_stack()}::project::{TYPE}::"

    WAS_TEAM = pulumi.Alias(type_="acme:index:Team")

    def team(name, parent=None, kind="Team", aliases=None):
        return Team(name, kind, pulumi.ResourceOptions(parent=parent, aliases=aliases))

    def named(name, title, parent=None, aliases=None, kind=automation.Workflow):
        options = pulumi.ResourceOptions(parent=parent, aliases=aliases)
        steps = [automation.Wait("pause", duration="1")]
        kind(name, name=title, trigger="inbound_sms", steps=steps, opts=options)

"""
    )
    stack.write(head + "".join(f"    {line}\n" for line in BEFORE))
    stack.up()
    before = {body["definition"]["name"]: body["definition"]["id"] for body in stack.account.definitions()}
    stack.write(head + "".join(f"    {line}\n" for line in EXCHANGES[how]))
    with stack.account.calls() as calls:
        stack.up()
    assert not [call for call in written(calls) if not call.startswith("PUT")], "one was made anew, or deleted"
    after = {body["definition"]["name"]: body["definition"]["id"] for body in stack.account.definitions()}
    assert {after.get(title, after.get("Other")) for title in before} == set(before.values())
    assert after["One"] == before["One"]
    assert after["Two"] == before["Two"]


def test_moves_with_targets(stack: Stack) -> None:
    """A move of which only the new half is targeted leaves two URNs with one definition; neither deletes it."""
    deploy(stack, "reply()")
    id = stack.account.only()["definition"]["id"]
    urns = [each["urn"] for each in stack.resources()]
    new = urns[0].replace("pulumi-python:dynamic", "acme:index:Team$pulumi-python:dynamic")
    deploy(
        stack,
        'reply(parent=Team("team"))',
        options=("--target", new, "--target", f"{urns[0].partition('::pulumi-')[0]}::acme:index:Team::team"),
    )
    assert [each["id"] for each in stack.resources()] == [id, id]
    kept = stack.run("destroy", "--yes", "--skip-preview", "--target", urns[0])
    assert f"the definition {id} stays" in kept.text
    assert stack.account.only()["definition"]["id"] == id
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 3}


@pytest.mark.parametrize("how", ["--replace", "taint", "replace_on_changes"])
def test_replacement(stack: Stack, how: str) -> None:
    """A requested replacement is refused, before anything is created, while conversations run; with
    `on_delete` in the same deployment it is carried out."""
    deploy(stack, "reply()")
    start(stack)
    (old,) = stack.resources()
    changes, options = 'duration="1"', ("--replace", old["urn"]) if how == "--replace" else ()
    if how == "replace_on_changes":
        changes = 'duration="3", opts=pulumi.ResourceOptions(replace_on_changes=["steps"])'
    if how == "taint":
        stack.run("state", "taint", old["urn"], "--yes")
    with stack.account.calls() as calls:
        refused = deploy(stack, f"reply({changes})", code=1, options=options)
    assert "1 instance is running" in refused.diagnostics
    assert written(calls) == []
    deploy(stack, f'reply({changes}, on_delete="terminate")', options=options)
    assert stack.account.only()["definition"]["id"] != old["id"]
    assert [each["id"] for each in stack.resources()] == [stack.account.only()["definition"]["id"]]


def test_equal_is_not_owned(stack: Stack) -> None:
    """A second stack with the same program is refused at preview with id, age and version; destroyed, it deletes
    nothing. With adopt= for that stack alone it takes the definition over, and a setting accepts what is equal."""
    deploy(stack, "reply()")
    id = stack.account.only()["definition"]["id"]
    stack.run("stack", "init", "second")
    (stack.folder / "Pulumi.second.yaml").write_text((stack.folder / "Pulumi.test.yaml").read_text())
    second = ("--stack", "second")
    for refused in (stack.preview(*second, code=1), stack.up(*second, code=1)):
        assert f'adopt="{id}"   (version 1, ' in refused.diagnostics
        assert "hours old" in refused.diagnostics
        assert "Traceback" not in refused.text
    stack.run("destroy", "--yes", "--skip-preview", *second)
    assert stack.account.only()["definition"]["version"] == 1
    stack.run("config", "set", "8x8:adoptEqual", "true", *second)
    assert f"the definition {id} is equal" in stack.preview(*second).diagnostics
    stack.run("config", "rm", "8x8:adoptEqual", *second)
    stack.run("config", "set", "--path", "8x8:adopt.reply", id, *second)
    with stack.account.calls() as calls:
        stack.up(*second)
    assert written(calls) == []


IGNORED = {
    "status": (["status"], {"status": "disabled"}, {}),
    "a text deep in a step": (["steps.say.inputs.text"], {}, {"text": "edited"}),
    "a whole step": (["steps.say"], {}, {"text": "edited", "destination": "+6599999999"}),
    "any step's inputs": (["steps.*.inputs"], {}, {"text": "edited"}),
}


def test_ignore_changes(stack: Stack) -> None:
    """An ignored place stays unchanged on the service: at a plain up, beside other changes, with --refresh, in a plan;
    when it is no longer ignored, it is the program's again."""

    def write(name: str, text: str, *, ignored: bool) -> None:
        """A workflow for each way, all with this name before the way."""
        ways = {way: paths if ignored else [] for way, (paths, _, _) in IGNORED.items()}
        stack.write(f"""
        for way, paths in {ways!r}.items():
            automation.Workflow(way, name=f"{name} {{way}}", trigger="inbound_sms", steps=[
                automation.SMS("say", sub_account_id="a", destination="+6512345678", text={text!r}),
            ], opts=pulumi.ResourceOptions(ignore_changes=paths))
        """)

    def held(name: str) -> dict[str, tuple[Any, Any]]:
        """Status and inputs by way; all have this name."""
        bodies = stack.account.definitions()
        assert {body["definition"]["name"].partition(" ")[0] for body in bodies} == {name}
        return {
            body["definition"]["name"].partition(" ")[2]: (body["status"], body["definition"]["steps"][0]["inputs"])
            for body in bodies
        }

    write("One", "Hello", ignored=True)
    stack.up()
    for body in stack.account.definitions():
        _, envelope, inputs = IGNORED[body["definition"]["name"].partition(" ")[2]]
        body |= envelope
        body["definition"]["steps"][0]["inputs"] |= inputs
        stack.account.call("PUT", f"/{body['definition']['id']}", json=body)
    edited = held("One")
    with stack.account.calls() as calls:
        assert stack.up("--expect-no-changes").counts == {"unchanged": 5}
    assert written(calls) == []
    write("Two", "Hello", ignored=True)
    assert stack.up("--refresh").counts["updated"] == 4
    assert held("Two") == edited
    write("Three", "Hello", ignored=True)
    plan = str(stack.folder / "plan.json")
    stack.preview("--save-plan", plan, PULUMI_EXPERIMENTAL="true")
    stack.up("--plan", plan, PULUMI_EXPERIMENTAL="true")
    assert held("Three") == edited
    write("Three", "Good day", ignored=False)
    stack.up()
    ours = ("enabled", {"subAccountId": "a", "destination": "+6512345678", "text": "Good day"})
    assert held("Three") == dict.fromkeys(IGNORED, ours)


def test_drift_policies(stack: Stack) -> None:
    """What somebody else changed shows as a warning beside the resource; the policy decides what happens to it."""

    def edit(duration: str) -> None:
        body = stack.account.only()
        body["definition"]["steps"][0]["inputs"]["duration"] = duration
        stack.account.call("PUT", f"/{body['definition']['id']}", json=body)

    def duration() -> str:
        return str(stack.account.only()["definition"]["steps"][0]["inputs"]["duration"])

    deploy(stack, "reply()")
    edit("7")
    found = json.loads(stack.preview("--json").out)["diagnostics"]
    (drift,) = (each for each in found if "changed outside Pulumi" in each["message"])
    assert drift["urn"].endswith("Workflow::reply")
    assert drift["severity"] == "warning"
    assert "steps.pause.inputs.duration changed" in drift["message"]
    stack.run("config", "set", "8x8:onDrift", "stop")
    with stack.account.calls() as calls:
        assert "8x8:onDrift or on_drift is stop" in stack.up(code=1).diagnostics
        stack.run("config", "set", "8x8:onDrift", "warn")
        assert "The change stays" in stack.up().diagnostics
    assert (written(calls), duration()) == ([], "7")
    # Another place of the program changes: that is stored, and theirs is kept.
    deploy(stack, 'reply(status="disabled")')
    assert (stack.account.only()["status"], duration()) == ("disabled", "7")
    refused = deploy(stack, 'reply(status="disabled", duration="2")', code=1)
    assert "The program changes the same places" in refused.diagnostics
    deploy(stack, 'reply(status="disabled", duration="2", on_drift="overwrite")')
    assert duration() == "2"


def test_secrets(stack: Stack) -> None:
    """A secret that somebody copied in the browser appears in no file of the state and on no screen."""
    token, pin = "s3cr3t-TOKEN-77", "4711"
    stack.run("config", "set", "--secret", "token", token)
    stack.run("config", "set", "--secret", "pin", pin)
    program = """
    config = pulumi.Config()
    automation.Workflow("reply", trigger="inbound_sms", steps=[
        automation.HttpRequest("call", url="https://crm.example", method="POST", next_step_id="say", headers={
            "Authorization": config.require_secret("token"), "X-Pin": config.require_secret("pin")}),
        automation.SMS("say", sub_account_id="a", destination="+6512345678", text="Hello", next_step_id="pause"),
        automation.Wait("pause", duration="1"),
    ]%s)
    """
    stack.write(program % "")
    seen = [stack.up("--diff").text]
    body = stack.account.only()
    steps = body["definition"]["steps"]
    renamed = json.loads(json.dumps(steps[0])) | {"id": "renamed", "nextStepId": "say"}
    del renamed["inputs"]["headers"]["X-Pin"]
    steps[0]["nextStepId"] = "renamed"
    steps[1]["inputs"]["text"] = f"Hello, my token is {token}, and"
    steps[2]["outputs"] = {"note": f"pin {pin}"}
    steps.append(renamed)
    stack.account.call("PUT", f"/{body['definition']['id']}", json=body)
    seen += [run.text for run in (stack.preview("--diff"), stack.preview("--json"))]
    refreshed = stack.run("refresh", "--yes", "--diff", "--skip-preview").out
    assert "Authorization: [secret]" in refreshed, "the leaf, so that the other changes are readable"
    assert '~ nextStepId: "say" => "renamed"' in refreshed
    stack.run("config", "set", "--secret", "token", "another-TOKEN-88")
    seen += [refreshed, stack.up("--diff").text, stack.up("--refresh", "--diff").text]
    stack.write(program % ", pin_version=2")  # with the token of before, in three places
    seen += [stack.up("--diff").text, stack.run("refresh", "--yes", "--diff").text, stack.preview("--json").text]
    files = [file for file in stack.folder.parent.rglob("*") if file.is_file()]
    texts = {str(file): file.read_bytes().decode(errors="replace") for file in files}
    for text in (*seen, *texts.values(), stack.run("stack", "export").out):
        assert token not in text
        assert "another-TOKEN-88" not in text
        assert f'"{pin}"' not in text
        assert f"pin {pin}" not in text
    assert Path(stack.folder / "Pulumi.test.yaml").exists()


def test_interrupted_wait(stack: Stack) -> None:
    """Ctrl-C ends all waiting deletions immediately, and reports what was and wasn't done."""
    lines = [f'reply("r{n}", on_delete={{"wait": "1.00:00:00"}})' for n in range(5)]
    deploy(stack, *lines)
    for body in stack.account.definitions():
        stack.account.call("POST", f"/{body['definition']['id']}/workflows", json={})
    command = [str(BIN / "pulumi"), "destroy", "--yes", "--skip-preview", "--non-interactive", "--color", "never"]
    engine = subprocess.Popen(command, cwd=stack.folder, env=stack.environ, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while any(body["status"] == "enabled" for body in stack.account.definitions()) and time.monotonic() < deadline:
        time.sleep(0.2)
    engine.send_signal(signal.SIGINT)  # to the engine alone: its plugins are in groups of their own
    out, _ = engine.communicate(timeout=60)
    assert out.count("interrupted during the wait before its deletion: 1 instance is running") >= 5
    assert "The workflow wasn't deleted. It is disabled, so nothing new starts." in out
    assert "Traceback" not in out
    assert len(stack.account.definitions()) == len(stack.resources()) == 5
    assert {body["status"] for body in stack.account.definitions()} == {"disabled"}


def test_another_account_while_conversations_run(stack: Stack) -> None:
    """The account changes while a conversation runs: it is refused before anything is created in the other account, and
    and the message's advice works."""
    elsewhere = Account(stack.account.base_url, f"{stack.account.id}-other")
    deploy(stack, "reply()")
    start(stack)
    account = f'account=automation.Account("{elsewhere.id}")'
    for refused in (stack.preview, stack.up):
        stack.write(f"{HEAD}    reply({account})\n")
        found = refused(code=1).diagnostics
        assert "1 instance is running" in found
        assert "nothing was created" in found
    assert elsewhere.definitions() == []
    deploy(stack, f'reply({account}, on_delete="terminate")')
    assert [len(each.definitions()) for each in (stack.account, elsewhere)] == [0, 1]
    assert stack.preview("--expect-no-changes").counts == {"unchanged": 2}


def test_keys_and_ids_in_the_config(stack: Stack) -> None:
    """An API key in plain config draws a warning; an account id or sub-account that is a secret is refused with what to
    do, since it could not stay one."""
    stack.write("")
    stack.run("config", "set", "8x8:apiKey", "plain-key-123")
    stack.write('automation.Workflow("w", trigger="inbound_sms", steps=[automation.Wait("a", duration="1")])\n')
    assert "warning: 8x8:apiKey is in plain text in the stack's config" in stack.preview(code=-1).text
    stack.run("config", "set", "--secret", "8x8:apiKey", API_KEY)
    assert "is in plain text" not in stack.preview().text
    stack.run("config", "set", "--path", "--secret", "8x8:subAccounts.chat", "acme_chat_77")
    refused = stack.preview(code=1)
    assert "8x8:subAccounts is set as a secret, but the state" in refused.diagnostics
    assert "acme_chat_77" not in refused.text

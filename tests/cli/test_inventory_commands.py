"""``pulumi-8x8 list``, ``show`` and ``trigger``: what an account holds, who manages it, and starting it over HTTP."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_kit import MENU, MakeStack, Workflows, lines, pulumi, run, say

from kit import API_KEY, BIN
from pulumi_8x8 import stacks
from pulumi_8x8.definition import Definition, read_source
from pulumi_8x8.errors import StackError
from standin import StandIn

PAUSE = [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}]


def listed(*options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads("\n".join(lines(run("list", "--format", "json", *options))))
    return found


def names(*options: str) -> list[str]:
    return sorted(each["name"] for each in listed(*options))


@pytest.fixture
def three(workflows: Workflows) -> Workflows:
    """An account with three workflows that differ in everything that the list filters by."""
    workflows.store("Menu", MENU)
    workflows.store("Menu", MENU[:1])
    workflows.store("CRM", PAUSE, trigger="http_request", subAccountId="shop")
    workflows.store("crm, old", PAUSE, trigger="http_request", status="disabled")
    return workflows


def test_list(three: Workflows) -> None:
    """A row for each definition, with its newest version; outside a project it isn't known who manages it."""
    head, *rows = lines(run("list"))
    assert head.split() == ["NAME", "TRIGGER", "SUB-ACCOUNT", "STATUS", "VERSION", "CREATED", "MANAGED", "BY", "ID"]
    assert [row.split()[0] for row in rows] == ["Menu", "CRM", "crm,"]
    assert all("not known" in row for row in rows)
    menu, crm, old = listed()
    stored = three.account.call("GET", f"/{three.ids['Menu']}")[0]
    assert menu == {
        "definitionId": three.ids["Menu"],
        "name": "Menu",
        "accountId": three.account.id,
        "trigger": "inbound_chat_apps",
        "subAccountId": None,
        "status": "enabled",
        "version": 2,
        "createdAt": stored["createdAt"],
        "managedBy": None,
    }
    assert (crm["subAccountId"], old["status"]) == ("shop", "disabled")


FILTERS: dict[str, tuple[list[str], list[str]]] = {
    "name": (["--name", "crm"], ["CRM", "crm, old"]),
    "trigger": (["--trigger", "http_request"], ["CRM", "crm, old"]),
    "sub-account": (["--sub-account", "shop"], ["CRM"]),
    "status": (["--status", "disabled"], ["crm, old"]),
    "all of them": (["--name", "crm", "--status", "enabled", "--trigger", "http_request"], ["CRM"]),
    "nothing has it": (["--trigger", "inbound_sms"], []),
    "nobody's, which isn't known": (["--managed-by", "nobody"], []),
}


def test_filters(three: Workflows) -> None:
    """Each filter shows what it names; several show what all of them name."""
    assert {case: names(*options) for case, (options, _) in FILTERS.items()} == {
        case: expected for case, (_, expected) in FILTERS.items()
    }
    assert lines(run("list", "--name", "?")) == [f"No workflow found in the account {three.account.id}."]
    refused = run("list", "--sub-account", " ")
    assert (refused.exit_code, "is empty" in refused.stderr) == (2, True)


def test_an_empty_account(workflows: Workflows) -> None:
    """An account without workflows may be one that the service doesn't know."""
    result = run("list")
    assert (result.exit_code, result.stdout) == (0, f"No workflow found in the account {workflows.account.id}.\n")
    assert "If it should have workflows: The account" in result.stderr
    assert "ask your 8x8 account manager to register this account" in result.stderr
    assert run("list", "--format", "json").stdout == "[]\n"


def test_show(three: Workflows) -> None:
    """By id or by name, any version: YAML that is a workflow file, and JSON with the same content and facts."""
    id = three.ids["Menu"]
    text = run("show", "Menu").stdout
    assert text == run("show", id).stdout
    heading = [line for line in text.splitlines() if line.startswith("# ")]
    assert heading[:3] == ["# name: Menu", f"# id: {id}", f"# account: {three.account.id}"]
    assert heading[3].startswith("# version: 2, created 20")
    assert heading[4:] == ["# versions: 2, 1", "# managed by: not known"]
    Path("menu.yaml").write_text(text)
    assert read_source("menu.yaml").definition == Definition.from_body(three.account.call("GET", f"/{id}")[0])
    data = json.loads(run("show", "Menu", "--format", "json").stdout)
    assert data["body"] == yaml.safe_load(text)
    assert {**data, "body": None, "versions": None} == {**listed("--name", "Menu")[0], "body": None, "versions": None}
    first = json.loads(run("show", id, "1", "--format", "json").stdout)
    assert (first["version"], first["versions"], data["versions"]) == (1, [2, 1], [2, 1])
    assert len(Definition.from_body(first["body"]).steps) == 3


NOT_SHOWN: dict[str, tuple[list[str], str]] = {
    "no such name": (["Nothing"], "lists no definition with this name either"),
    "no such version": (["Menu", "3"], "has no version 3. It has 2, 1"),
    "no such id": (["3f0c2f4e-0000-4000-8000-000000000001"], "has no workflow definition 3f0c2f4e"),
    "two of one name": (["Twin"], 'have the name "Twin". Use an id:\n  '),
}


@pytest.mark.parametrize(("arguments", "message"), NOT_SHOWN.values(), ids=NOT_SHOWN)
def test_not_shown(three: Workflows, arguments: list[str], message: str) -> None:
    """What doesn't exist, or isn't one workflow, is one message and exit code 2."""
    for _ in range(2):
        three.ids.pop("Twin", None)
        three.store("Twin", PAUSE)
    result = run("show", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_trigger(three: Workflows) -> None:
    """It starts what the service starts: the enabled workflows of that sub-account, and those without one."""
    Path("event.json").write_text('{"customer": "42"}')
    sent = lines(run("trigger", "--data", "event.json", "--sub-account", "shop"))
    crm = three.ids["CRM"]
    assert sent == [
        f"Sent to the account {three.account.id}, sub-account shop.",
        f"  CRM: pulumi-8x8 instances list {crm}",
    ]
    (instance,) = three.account.call("GET", f"/{crm}/workflows")
    assert (instance["data"]["customer"], instance["data"]["subAccountId"]) == ("42", "shop")

    piped = run("trigger", "--data", "-", "--sub-account", "shop", "--format", "json", stdin=b"{}")
    assert [each["definitionId"] for each in json.loads(piped.stdout)["workflows"]] == [crm]
    assert json.loads(piped.stdout)["subAccountId"] == "shop"
    assert len(three.account.call("GET", f"/{crm}/workflows")) == 2

    nobody = run("trigger", "--data", "event.json")
    assert (nobody.exit_code, nobody.stdout) == (0, f"Sent to the account {three.account.id}, without a sub-account.\n")
    assert "lists no enabled workflow that this event starts" in nobody.stderr
    assert len(three.account.call("GET", f"/{crm}/workflows")) == 2


REFUSED_DATA: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "not JSON: Expecting property name"),
    "nothing": (b"", "not JSON: Expecting value"),
    "no object": (b"[1]", "the data is a JSON object, not a list"),
    "not a number": (b'{"a": NaN}', "a: NaN or an infinity"),
    "an infinity": (b'{"a": [-Infinity]}', "a[0]: NaN or an infinity"),
    "too large a number": (b'{"a": 1e999}', "a: NaN or an infinity"),
    "too many digits": (b'{"a": %s}' % (b"9" * 5_000), "a number of more than 4,300 digits"),
    "a member twice": (b'{"a": 1, "b": {"a": 1, "a": 2}}', '"a" is there twice in one object'),
    "half a character": (b'{"a": "\\ud800"}', "a: a text with half a character"),
    "no text": (b"\xff\xfe{", "not UTF-8 text"),
    "too deep": (b'{"a": %s1%s}' % (b"[" * 200, b"]" * 200), "nested more than 100 levels deep"),
    "far too deep": (b'{"a": %s1%s}' % (b"[" * 100_000, b"]" * 100_000), "nested more than 100 levels deep"),
    "too large": (b'{"a": "%s"}' % (b"x" * (16 << 20)), "larger than 16 MiB"),
}


def test_refused_data(three: Workflows) -> None:
    """What can't be sent as one JSON object is refused before anything is sent, wherever data is read."""
    for case, (data, message) in REFUSED_DATA.items():
        for command in (["trigger"], ["instances", "start", three.ids["CRM"], "--yes"]):
            result = run(*command, "--data", "-", stdin=data)
            assert (result.exit_code, result.stdout) == (2, ""), case
            assert "standard input:" in result.stderr, case
            assert message in result.stderr, case
            assert "Nothing was started." in result.stderr, case
    wrong = {"/dev/zero": "a device, not a file", ".": "Is a directory", "none": "the file doesn't exist"}
    for path, message in wrong.items():
        assert message in run("trigger", "--data", path).stderr
    assert "Missing option '--data'" in run("trigger").stderr
    assert "POST /triggers/http_request" not in three.account.made()


def test_a_terminal_is_asked(three: Workflows) -> None:
    """A person confirms what an event starts; no ends with 1, and sends nothing."""
    Path("event.json").write_text("{}")
    for answer, code, sent in (("n", 1, 0), ("y", 0, 1)):
        ours, theirs = pty.openpty()
        os.write(ours, f"{answer}\n".encode())
        command = [str(BIN / "pulumi-8x8"), "trigger", "--data", "event.json", "--sub-account", "shop"]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=30)
        os.close(ours)
        os.close(theirs)
        assert done.returncode == code, done.stderr
        assert "sub-account shop: the event starts 1 workflow. They really send messages. Send it?" in done.stderr
        assert len(three.account.call("GET", f"/{three.ids['CRM']}/workflows")) == sent


LIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a lost answer": ({"fault": "break", "carried_out": True}, 1, "could start everything a second time"),
    "a proxy's page": ({"fault": 200}, 0, "could start everything a second time"),
    "an error": ({"fault": 500}, 0, "could start everything a second time"),
    "not registered": ({"fault": 401}, 0, "ask your 8x8 account manager to register this account"),
}


@pytest.mark.parametrize(("habits", "done", "message"), LIES.values(), ids=LIES)
def test_lies(habits: dict[str, Any], done: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the service answers, one event is sent once, and an unclear answer is exit code 2 with what to do."""
    standin = StandIn()
    monkeypatch.chdir(tmp_path)
    Path("event.json").write_text("{}")
    body = {"trigger": "http_request", "status": "enabled", "definition": {"name": "CRM", "steps": PAUSE}}
    standin.create("acme", body)
    with standin.serve() as base_url:
        for name, value in {"ACCOUNT_ID": "acme", "API_KEY": API_KEY, "BASE_URL": base_url}.items():
            monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
        standin.next(1, "trigger", **habits)
        result = run("trigger", "--data", "event.json")
        assert (result.exit_code, result.stdout) == (2, "")
        assert message in result.stderr
        assert [call.operation for call in standin.calls()].count("trigger") == 1
        assert len(standin.instances) == done
        # What can't be listed isn't sent.
        standin.next(1, "list", fault=401)
        result = run("trigger", "--data", "event.json")
        assert (result.exit_code, "The event wasn't sent." in result.stderr) == (2, True)
        assert "ask your 8x8 account manager" in result.stderr
        assert [call.operation for call in standin.calls()].count("trigger") == 1
        # A list that leaves everything out stops nothing.
        standin.next(1, "list", listing="empty")
        result = run("trigger", "--data", "event.json")
        assert (result.exit_code, len(standin.instances)) == (0, done + 1)
        for command in (["list"], ["show", "CRM"]):
            standin.next(9, fault=403)
            result = run(*command)
            assert (result.exit_code, "ask your 8x8 account manager" in result.stderr) == (2, True)
            standin.behave()


@pytest.mark.engine
def test_who_manages(workflows: Workflows, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """All stacks of the project count, also for secrets; a definition that a program only reads is nobody's."""
    workflows.store("menu", [say("ask", "s3cr3t-text")])
    workflows.store("crm", PAUSE, trigger="http_request", subAccountId="shop_dev")
    make_stack(
        config={"8x8:subAccounts": {"shop": "shop_dev"}},
        secrets={"menu": ("ask", "inputs", "content", "text")},
        outputs={"accountId": workflows.account.id},
    )
    state = json.loads(pulumi("stack", "export"))
    root, menu, crm = state["deployment"]["resources"]
    gone = {**crm, "urn": crm["urn"].replace("::crm", "::gone"), "id": "3f0c2f4e-0000-4000-8000-000000000001"}
    read = {**crm, "external": True}
    workflows.ids.clear()
    strange = workflows.store("strange", PAUSE)

    def keep(stack: str, *resources: dict[str, Any]) -> None:
        text = json.dumps({**state, "deployment": {**state["deployment"], "resources": [*resources]}})
        pulumi("stack", "import", "--stack", stack, given=text.replace("urn:pulumi:dev", f"urn:pulumi:{stack}"))

    pulumi("stack", "init", "prod", "--no-select")
    keep("prod", {**root, "urn": root["urn"].replace("-dev", "-prod")}, menu, gone)
    keep("dev", root, read)

    found = run("list", "--format", "json")
    by_name = {each["name"]: each["managedBy"] for each in json.loads(found.stdout)}
    assert by_name == {"menu": [{"stack": "prod", "resource": "menu"}], "crm": [], "strange": []}
    assert found.stderr.splitlines() == [
        f"prod: gone: the account {workflows.account.id} has no definition 3f0c2f4e-0000-4000-8000-000000000001"
    ]
    for options, expected in (
        (["--managed-by", "nobody"], ["crm", "strange"]),
        (["--managed-by", "prod"], ["menu"]),
        (["--sub-account", "shop"], ["crm"]),
    ):
        assert [each["name"] for each in json.loads(run("list", "--format", "json", *options).stdout)] == expected

    shown = run("show", "menu")
    assert "# managed by: prod: menu" in shown.stdout
    assert "s3cr3t-text" not in shown.stdout + run("show", "menu", "--format", "json").stdout
    assert strange in run("show", "strange").stdout

    # The list of the service leaves out what isn't active: what a stack manages is read by id.
    workflows.account.fault({"method": "GET", "path": "definitions$", "status": 200, "body": []})
    assert [each["name"] for each in json.loads(run("list", "--format", "json").stdout)] == ["menu"]

    # A stack that can't be read isn't nobody.
    real = stacks._pulumi

    def fails(folder: object, *arguments: str, **options: Any) -> str:
        if "prod" in arguments:
            raise StackError("no passphrase")
        return real(str(folder), *arguments, **options)

    monkeypatch.setattr(stacks, "_pulumi", fails)
    unread = run("list")
    assert unread.exit_code == 0
    assert "The stack prod can't be read, so it isn't known what it manages" in unread.stderr
    assert "nobody" not in unread.stdout

"""``pulumi-8x8 versions``: what changed between versions, an older one as a file, and never a secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_kit import FAULTY, MENU, MakeStack, Workflows, body, lines, run, say

from corpus import BODIES
from pulumi_8x8.definition import Definition, read_source, rename_sub_accounts

TOKEN = "Bearer t0ken-4711"


def call(id: str, **headers: str) -> dict[str, Any]:
    inputs = {"url": "https://crm.example/", "method": "GET", "headers": headers}
    return {"id": id, "stepType": "HttpRequest", "inputs": inputs}


def test_list(workflows: Workflows) -> None:
    """The newest first, each with its time and what was done to the one before it; the first with its size."""
    menu = workflows.store("menu", [say("ask", "1 or 2?")])
    workflows.store("menu", [say("ask", "1, 2 or 3?")])
    workflows.store("menu", [say("ask", "1, 2 or 3?")])
    workflows.store("menu", [say("ask", "1, 2 or 3?", "bye"), say("bye", "Bye")], status="disabled")
    printed = [re.sub(r"20.*Z", "TIME", line) for line in lines(run("versions", menu))]
    assert printed == [
        "version 4, TIME, disabled",
        "  ~ the workflow",
        "      status: `enabled` → `disabled`",
        "  ~ `ask`",
        "      next step: `bye` (new)",
        "  + `bye` `ChatAppsMessage`",
        "      subAccountId: `s`",
        "      user.msisdn: `{{data.payload.user.msisdn}}`",
        "      type: `text`",
        "      content.text: `Bye`",
        "version 3, TIME, enabled",
        "  no changes",
        "version 2, TIME, enabled",
        "  ~ `ask`",
        "      content.text: 1{+, 2+} or [-2-]{+3+}?",
        "version 1, TIME, enabled",
        "  1 step",
    ]
    assert lines(run("versions", "list", menu)) == lines(run("versions", menu))


def test_limit(workflows: Workflows) -> None:
    """Only the newest are shown, each still with what changed; the output has the number of others."""
    menu = workflows.store("menu", [say("ask", "one")])
    for text in ("two", "three words here"):
        workflows.store("menu", [say("ask", text)])
    result = run("versions", menu, "--limit", "1")
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr == "2 older versions not shown. To show more: --limit\n"


def test_what_the_state_knows(workflows: Workflows, make_stack: MakeStack) -> None:
    """The version in the stack's state is marked; a newer one is not by its last update."""
    workflows.store("menu", [say("ask", "one")])
    workflows.store("menu", [say("ask", "two")])
    make_stack()
    workflows.store("menu", [say("ask", "three")])
    heads = [line for line in lines(run("versions", "menu")) if line.startswith("version")]
    assert [re.sub(r", 20.*Z, enabled", "", head) for head in heads] == [
        "version 3, not from this stack's last update",
        "version 2, in this stack's state",
        "version 1",
    ]
    found = json.loads(run("versions", "menu", "--format", "json").stdout)
    assert [each["inStackState"] for each in found] == [False, True, False]
    assert [each["version"] for each in found] == [3, 2, 1]
    assert found[0]["changes"][0]["step"] == "ask"
    assert found[2]["changes"] is None


FORMS = {
    "text": r"~ `menu`|~ `[0-9a-f-]{36}` “menu”",
    "markdown": r"### Review of workflows: [0-9a-f-]{36}, version 1 → 3\n",
    "json": r'"changed": true',
}


@pytest.mark.parametrize(("form", "part"), FORMS.items(), ids=FORMS)
def test_diff(workflows: Workflows, form: str, part: str) -> None:
    """A review of two versions in the requested format; without the second, against the newest."""
    menu = workflows.store("menu", [say("ask", "one")])
    workflows.store("menu", [say("ask", "two")])
    workflows.store("menu", [say("ask", "three")])
    printed = run("versions", "diff", menu, "1", "--format", form)
    assert printed.exit_code == 0
    assert re.search(part, printed.stdout)
    assert "one" in printed.stdout
    assert "three" in printed.stdout
    between = run("versions", "diff", menu, "2", "1", "--format", form).stdout
    assert "two" in between
    assert "three" not in between


def test_equal_versions(workflows: Workflows) -> None:
    """Nothing changes between a version and itself."""
    menu = workflows.store("menu", MENU)
    assert lines(run("versions", "diff", menu, "1", "1")) == [
        f"{menu}, version 1 → 1: no workflow changes, 1 unchanged"
    ]


@pytest.mark.parametrize("name", BODIES)
def test_a_file_means_the_same(workflows: Workflows, name: str) -> None:
    """A version that is written as a file reads as what the service holds; the text is always the same."""
    stored = workflows.account.call("POST", json=BODIES[name])
    id = stored["definition"]["id"]
    for file, first in {"flow.yaml": "", "flow.json": "{"}.items():
        result = run("versions", "show", id, "1", "--format", "file", "--output", file)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"Wrote {file}.\n")
        assert read_source(file).definition == Definition.from_body(stored)
        assert Path(file).read_text().startswith(first)
    assert run("versions", "show", id, "--format", "file").stdout == Path("flow.yaml").read_text()
    sent = json.loads(run("versions", "show", id, "--format", "body").stdout)
    assert Definition.from_body(sent) == Definition.from_body(stored)


def test_the_file_can_be_linted_and_run(workflows: Workflows) -> None:
    """What is written is what the other commands read."""
    menu = workflows.store("menu", MENU)
    workflows.store("menu", FAULTY)
    assert run("versions", "show", menu, "1", "--format", "file", "-o", "menu.yaml").exit_code == 0
    assert run("lint", "menu.yaml").exit_code == 0
    assert "1 or 2?" in run("run", "menu.yaml", "--message", "Hi").stdout


def test_text(workflows: Workflows, make_stack: MakeStack) -> None:
    """To read: the version, its time and what the state knows of it, above the file."""
    workflows.store("menu", MENU)
    make_stack()
    first, *rest = lines(run("versions", "show", "menu"))
    assert re.fullmatch(r"# menu, version 1, 20.*Z, in this stack's state", first)
    assert yaml.safe_load("\n".join(rest))["definition"]["steps"][0]["id"] == "ask"


NAMES = {"chat": "acme_dev_chat", "crm": "acme_dev_crm"}


def test_logical_sub_accounts(workflows: Workflows, make_stack: MakeStack) -> None:
    """A file has the logical names of the stack's config, at any depth; the body has the real ones."""
    steps = [{**say("ask", "Hi"), "inputs": {**say("ask", "Hi")["inputs"], "subAccountId": "acme_dev_crm"}}]
    workflows.store("menu", steps, subAccountId="acme_dev_chat")
    make_stack(config={"8x8:subAccounts": NAMES})
    run("versions", "show", "menu", "--format", "file", "--output", "menu.yaml")
    read = read_source("menu.yaml").definition
    assert read.sub_account_id == "chat"
    assert read.steps["ask"]["inputs"]["subAccountId"] == "crm"
    real = json.loads(run("versions", "show", "menu", "--format", "body").stdout)
    assert rename_sub_accounts(read, NAMES) == Definition.from_body(real)
    assert real["subAccountId"] == "acme_dev_chat"


def test_a_sub_account_that_is_called_like_a_logical_name(workflows: Workflows, make_stack: MakeStack) -> None:
    """If a file with logical names would mean something else, it has the real ones, which is reported."""
    workflows.store("menu", MENU, subAccountId="chat")
    make_stack(config={"8x8:subAccounts": NAMES})
    result = run("versions", "show", "menu", "--format", "file")
    assert "same name as a logical name" in result.stderr
    assert yaml.safe_load(result.stdout)["subAccountId"] == "chat"


@pytest.fixture
def secretive(workflows: Workflows, make_stack: MakeStack) -> None:
    """A workflow with a secret header in its state; its step had another id, and other content, before."""
    workflows.store("crm", [call("old_id", Authorization=TOKEN, Accept="a/b"), say("bye", f"Not {TOKEN}!")])
    workflows.store("crm", [call("call", Authorization="Bearer an0ther-one", Accept="a/b")])
    workflows.store("crm", [call("call", Authorization=TOKEN, Accept="a/c")])
    make_stack(secrets={"crm": ("call", "inputs", "headers", "Authorization")})


COMMANDS = [
    ["crm"],
    ["crm", "--format", "json"],
    *(["diff", "crm", "1", "3", "--format", form] for form in ("text", "markdown", "json")),
    *(["diff", "crm", "2", "3", "--format", form] for form in ("text", "markdown", "json")),
    *(["show", "crm", version, "--format", form] for version in "123" for form in ("text", "file", "body")),
]


@pytest.mark.usefixtures("secretive")
def test_secrets_are_never_shown() -> None:
    """No command shows a secret of the state: not in an older version, not in another place."""
    for command in COMMANDS:
        result = run("versions", *command)
        assert result.exit_code == 0, result.output
        assert "t0ken" not in result.output, command
        assert "an0ther" not in result.output, command
    printed = "\n".join(lines(run("versions", "crm")))
    assert "headers.Authorization: the secret value changed" in printed
    assert "headers.Accept: `a/b` → `a/c`" in printed


@pytest.mark.usefixtures("secretive")
def test_secrets_in_a_file() -> None:
    """A file has placeholders, which are reported, unless the secrets are requested."""
    result = run("versions", "show", "crm", "1", "--format", "file")
    steps = {each["id"]: each for each in yaml.safe_load(result.stdout)["definition"]["steps"]}
    assert steps["old_id"]["inputs"]["headers"] == {"Authorization": "<secret:Authorization>", "Accept": "a/b"}
    assert steps["bye"]["inputs"]["content"] == {"text": "<secret:text>"}
    assert result.stderr.splitlines() == [
        "The output has placeholders for secrets (--show-secrets shows them). Not in the config yet:",
        "  pulumi config set --secret Authorization    # steps.old_id.inputs.headers.Authorization",
        "  pulumi config set --secret text    # steps.bye.inputs.content.text",
    ]
    plain = run("versions", "show", "crm", "1", "--format", "file", "--show-secrets")
    assert (plain.stdout.count(TOKEN), plain.stderr) == (2, "")


WRONG: dict[str, tuple[list[str], str]] = {
    "no workflow": ([], "Usage"),
    "no such version": (["show", "MENU", "7"], "has no version 7. It has 1"),
    "no such version to compare": (["diff", "MENU", "1", "2"], "has no version 2. It has 1"),
    "no definition": (["3f0c2f4e-0000-4000-8000-000000000001"], "has no workflow definition"),
    "a folder": (["show", "MENU", "--output", "."], "is a directory"),
    "no folder": (["show", "MENU", "--output", "no/where.yaml"], "no/where.yaml: can't be written: No such file"),
    "no form": (["show", "MENU", "--format", "xml"], "'xml' is not one of"),
    "no number": (["show", "MENU", "x"], "'x' is not a valid integer"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(workflows: Workflows, arguments: list[str], message: str) -> None:
    """One message, and exit code 2."""
    menu = workflows.store("menu", MENU)
    result = run("versions", *(menu if each == "MENU" else each for each in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_malformed_sub_accounts(workflows: Workflows, make_stack: MakeStack) -> None:
    """One message about a setting that isn't an object of texts."""
    workflows.store("menu", MENU)
    make_stack(config={"8x8:subAccounts": "chat"})
    result = run("versions", "show", "menu", "--format", "file")
    assert result.exit_code == 2
    assert "8x8:subAccounts is not an object of texts" in result.stderr


CONFIG: dict[str, tuple[dict[str, str], str, list[str]]] = {
    "the secret itself": ({"key": TOKEN}, "<secret:key>", []),
    "behind a scheme": ({"token": "t0ken-4711"}, "Bearer <secret:token>", []),
    "part of something else": ({"part": "4711"}, "<secret:Authorization>", ["Authorization"]),
    "its name is taken": ({"Authorization": "another"}, "<secret:Authorization2>", ["Authorization2"]),
}


@pytest.mark.parametrize(("config", "written", "missing"), CONFIG.values(), ids=CONFIG)
def test_secrets_of_the_config(config: dict[str, str], written: str, missing: list[str]) -> None:
    """A secret in the config keeps its name there; another secret gets a name of its own."""
    from pulumi_8x8.definition.masking import mask
    from pulumi_8x8.exporting.secret_extraction import without_secrets

    definition = Definition.from_body(body("crm", [call("call", Authorization=TOKEN)]))
    place = ("steps", "call", "inputs", "headers", "Authorization")
    filled, names = without_secrets(definition, mask(definition, [place]), config)
    assert filled.steps["call"]["inputs"]["headers"]["Authorization"] == written
    assert [*names] == missing

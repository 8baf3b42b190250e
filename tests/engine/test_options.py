"""What Pulumi's resource options and commands do with a workflow, on the real engine: rows of ``docs/pulumi.md``.

The options share one history of five operations, each option has workflows of its own in it; so do the commands.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit import BIN, Account, made_once
from pulumi_8x8.definition import Definition

from .conftest import Run, Stack, make_stack
from .test_promotion import started
from .test_trust import deploy, written

pytestmark = pytest.mark.engine

HEAD = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Team", name)

def flow(name, duration="1", on_delete=None, adopt=None, title=None, **options):
    return automation.Workflow(name, name=title or name, trigger="inbound_sms", on_delete=on_delete, adopt=adopt,
        steps=[automation.Wait("pause", duration=duration)], opts=pulumi.ResourceOptions(**options))
"""
PREFIX = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::"


@dataclass(frozen=True)
class Done:
    """What one operation did.

    :ivar calls: method and definition, in their order; a list and a creation have no definition.
    :ivar state: resources by their names.
    :ivar held: what the account has afterwards, by names.
    """

    run: Run
    calls: list[tuple[str, str]]
    state: dict[str, dict[str, Any]]
    held: dict[str, dict[str, Any]]

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    def id(self, name: str) -> str:
        return str(self.state[name]["id"])

    def messages(self, name: str) -> str:
        """The messages under one resource."""
        _, _, after = self.run.diagnostics.partition(f"Workflow ({name}):\n")
        return after.partition("\n  pulumi")[0]


class Operations:
    """A stack whose operations are recorded."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self._done = stack, 0

    def write(self, *lines: str) -> None:
        self.stack.write(HEAD + "\n".join(map(textwrap.dedent, lines)))

    def run(self, *arguments: str, code: int = 0, **environ: str) -> Done:
        calls = self._calls()
        del calls
        run = self.stack.run(*arguments, code=code, **environ)
        made = self._calls()
        state = {each["urn"].rpartition("::")[2]: each for each in self.stack.resources()}
        held = {each["definition"]["name"]: each for each in self.stack.account.definitions()}
        return Done(run, made, state, held)

    def up(self, *options: str, code: int = 0, **environ: str) -> Done:
        return self.run("up", "--yes", "--skip-preview", *options, code=code, **environ)

    def _calls(self) -> list[tuple[str, str]]:
        """Those since the last time."""
        prefix = f"/api/v1/accounts/{self.stack.account.id}/definitions"
        all_calls = httpx.get(f"{self.stack.account.base_url}/_emulator/calls").json()
        made = [
            (call["method"], call["path"].removeprefix(prefix).strip("/").partition("/")[0])
            for call in all_calls
            if call["path"].startswith(prefix)
        ]
        before, self._done = self._done, len(made)
        return made[before:]

    def start(self, id: str) -> None:
        """A conversation begins."""
        self.stack.account.call("POST", f"/{id}/workflows", json={})

    def edit(self, body: dict[str, Any], **changes: Any) -> None:
        """Somebody else stores another duration or status."""
        body = json.loads(json.dumps(body))
        if "duration" in changes:
            body["definition"]["steps"][0]["inputs"]["duration"] = changes.pop("duration")
        self.stack.account.call("PUT", f"/{body['definition']['id']}", json={**body, **changes})


def duration(done: Done, name: str) -> str:
    return str(done.held[name]["definition"]["steps"][0]["inputs"]["duration"])


OPTIONS = """
    from pulumi import ResourceTransformResult, ResourceTransformationResult

    def five(args):
        args.props["steps"]["pause"]["inputs"]["duration"] = "5"
        return ResourceTransformResult(args.props, args.opts)

    def leave_status(args):
        args.opts.ignore_changes = ["status"]
        return ResourceTransformResult(args.props, args.opts)

    def six(args):
        args.props["steps"]["pause"]["inputs"]["duration"] = "6"
        return ResourceTransformationResult(args.props, args.opts)

    after = pulumi.ResourceHook("after", lambda args: pulumi.log.warn(f"after {args.name}"))
    SECOND = %r
    twice = "2" if SECOND in ("protected", "ends") else "1"

    flow("texts", transforms=[five])
    flow("paths", transforms=[leave_status])
    flow("older", transformations=[six])
    first = flow("first", title="a first")
    flow("second", depends_on=[first])
    flow("protected", twice, protect=True, replace_on_changes=["steps"] if SECOND == "protected" else [])
    flow("hidden", twice, hide_diffs=["steps"])
    flow("secret", additional_secret_outputs=["steps"])
    flow("versioned", version="1.2.3")
    flow("url", plugin_download_url="https://example.com")
    flow("hooked", twice, hooks=pulumi.ResourceHookBinding(after_update=[after]))
    flow("forced", delete_before_replace=True)
    ends = "terminate" if SECOND == "ends" else None
    triggered = flow("triggered", on_delete=ends, replacement_trigger="2" if SECOND in ("refused", "ends") else "1")
    flow("followed", replace_with=[triggered])
    flow("timed", on_delete={"wait": "00:01:00"},
         custom_timeouts=pulumi.CustomTimeouts(delete="2s"))
    if SECOND == "ends":
        team = Team("team")
        flow("alias", parent=team, aliases=[pulumi.Alias(name="aliased", parent=pulumi.ROOT_STACK_RESOURCE)],
             title="aliased")
        flow("kept", parent=team, retain_on_delete=True)
    else:
        owner = flow("owner")
        flow("owned", deleted_with=owner)
        flow("aliased")
        flow("kept", retain_on_delete=True)
"""


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory, emulator: str, pulumi_home: Path) -> dict[str, Done]:
    """The operations, by name."""
    stack = make_stack(tmp_path_factory.mktemp("options"), Account(emulator, "options"), pulumi_home)
    return made_once(tmp_path_factory, "options", lambda: _options(stack))


def _options(stack: Stack) -> dict[str, Done]:
    operations = Operations(stack)

    def program(second: str) -> None:
        operations.write(OPTIONS % second)

    program("")
    first = operations.up()
    operations.start(first.id("triggered"))
    operations.start(first.id("timed"))
    operations.edit(first.held["paths"], status="disabled")
    program("protected")
    made = {"first": first, "protected": operations.run("preview", code=1)}
    program("refused")
    made["guarded"] = operations.up(code=1)
    program("ends")
    made["preview"] = operations.run("preview", "--diff")
    made["second"] = operations.up("--replace", f"{PREFIX}forced")
    stack.run("state", "unprotect", f"{PREFIX}protected", "--yes")
    made["destroy"] = operations.run("destroy", "--yes", "--skip-preview", "--continue-on-error", code=1)
    return made


def test_aliases(options: dict[str, Done]) -> None:
    """With an alias the engine itself finds the old resource: the same id, no message, nothing is written."""
    first, second = options["first"], options["second"]
    assert second.id("alias") == first.id("aliased")
    assert second.messages("alias") == ""
    assert first.id("aliased") not in [id for _, id in second.writes]
    assert second.held["aliased"]["definition"]["version"] == 1


def test_depends_on(options: dict[str, Done]) -> None:
    """What depends on a workflow is created after it, and is gone before the deletion of it begins."""
    first, destroy = options["first"], options["destroy"]
    assert first.held["a first"]["createdAt"] <= first.held["second"]["createdAt"]
    last_look = max(place for place, (_, id) in enumerate(destroy.calls) if id == first.id("second"))
    assert last_look < destroy.calls.index(("DELETE", first.id("first")))


def test_protect_and_replacement(options: dict[str, Done]) -> None:
    """A replacement of what is protected is refused by the engine, at preview, and an update isn't; `state unprotect`
    removes the protection."""
    refused = options["protected"]
    assert refused.writes == []
    assert f'error: unable to replace resource "{PREFIX}protected"' in refused.messages("protected")
    assert duration(options["second"], "protected") == "2"
    assert "protected" not in options["destroy"].held


def test_retain_on_delete_and_a_move(options: dict[str, Done]) -> None:
    """A definition that is retained moves like any other, with its id; destroyed, it stays on the service."""
    first, second, destroy = (options[each] for each in ("first", "second", "destroy"))
    assert second.id("kept") == first.id("kept")
    assert f"the definition {first.id('kept')} moves here from {PREFIX}kept" in second.messages("kept")
    assert (destroy.held["kept"]["definition"]["version"], destroy.held["kept"]["status"]) == (1, "enabled")
    assert "kept" not in destroy.state


def test_deleted_with(options: dict[str, Done]) -> None:
    """A definition is not deleted by the deletion of what it is `deleted_with`: it stays on the service, unmanaged."""
    second = options["second"]
    assert ("DELETE", options["first"].id("owner")) in second.writes
    assert "owned" not in second.state
    assert (second.held["owned"]["definition"]["version"], second.held["owned"]["status"]) == (1, "enabled")


@pytest.mark.parametrize("name", ["triggered", "followed", "forced"])
def test_replaced(options: dict[str, Done], name: str) -> None:
    """`replacement_trigger`, `replace_with` and `--replace` make another definition and delete the old one."""
    first, second = options["first"], options["second"]
    assert second.id(name) == second.held[name]["definition"]["id"] != first.id(name)
    assert ("DELETE", first.id(name)) in second.writes


def test_delete_before_replace(options: dict[str, Done]) -> None:
    """The old definition is gone before the new one is stored."""
    shown = options["second"].run.out
    assert shown.index("Workflow forced deleted") < shown.index("Workflow forced creat")


def test_a_replacement_is_guarded(options: dict[str, Done]) -> None:
    """While conversations run, `replacement_trigger` creates and deletes nothing, unless `on_delete` allows it."""
    guarded = options["guarded"]
    assert "1 instance is running" in guarded.messages("triggered")
    assert guarded.writes == []
    assert options["second"].id("triggered") != options["first"].id("triggered")


def test_hide_diffs(options: dict[str, Done]) -> None:
    """The engine hides the change in its display; it is deployed all the same."""
    assert "~ steps (hidden)" in options["preview"].run.out
    assert duration(options["second"], "hidden") == "2"


def test_additional_secret_outputs(options: dict[str, Done]) -> None:
    """The output is encrypted in the state; the input is not, since the program's value isn't a secret."""
    state = options["first"].state["secret"]
    assert state["outputs"]["steps"].keys() == {"4dabf18193072939515e22adb298388d", "ciphertext"}
    assert state["inputs"]["steps"]["pause"]["inputs"] == {"duration": "1"}


def test_custom_timeouts(options: dict[str, Done]) -> None:
    """A wait of `on_delete` ends with the time of the option; the definition is disabled, and not deleted."""
    destroy = options["destroy"]
    messages = destroy.messages("timed")
    assert (
        "the operation reached the time limit in custom_timeouts during the wait before its deletion: 1 instance is "
        "running"
    ) in messages
    assert "Traceback" not in destroy.run.text
    assert destroy.held["timed"]["status"] == "disabled"
    assert set(destroy.state) == {"timed"}, "it is the only one that is left"


@pytest.mark.parametrize(("name", "stored"), [("texts", "5"), ("older", "6")])
def test_transforms(options: dict[str, Done], name: str, stored: str) -> None:
    """The text that a transform or a transformation makes is deployed, and isn't a change afterwards."""
    assert duration(options["first"], name) == stored
    assert options["second"].held[name]["definition"]["version"] == 1


def test_transforms_set_options(options: dict[str, Done]) -> None:
    """`ignore_changes` that a transform sets counts: what somebody else changed there stays."""
    second = options["second"].held["paths"]
    assert (second["status"], second["definition"]["version"]) == ("disabled", 2)


def test_version(options: dict[str, Done]) -> None:
    """The engine warns that the plugin has another version, and deploys the workflow."""
    assert "pulumi-python is expected to have version >=1.2.3" in options["first"].run.diagnostics
    assert "versioned" in options["first"].held


def test_plugin_download_url(options: dict[str, Done]) -> None:
    """The workflow is deployed, and there is nothing to do for it afterwards."""
    first, second = options["first"], options["second"]
    assert first.held["url"] == second.held["url"]
    assert first.messages("url") == second.messages("url") == ""


def test_hooks(options: dict[str, Done]) -> None:
    """Hooks run in the program, around what is done with the workflow."""
    assert "warning: after hooked" in options["second"].run.diagnostics


REFUSED = {
    "transforms": (
        """
        def wrong(args):
            args.props["steps"]["pause"]["inputs"]["duration"] = "soon"
            return pulumi.ResourceTransformResult(args.props, args.opts)
        flow("a", transforms=[wrong])
        """,
        'steps.pause.inputs.duration: "soon" is not a duration',
    ),
    "provider": (
        'flow("a", provider=pulumi.ProviderResource("pulumi-python", "mine", {}))',
        "the account id of the 8x8 Automation API is not set",
    ),
}


@pytest.mark.parametrize("option", REFUSED)
def test_refused(stack: Stack, option: str) -> None:
    """Unavailable options, and transforms that make an error, are refused at preview with one message."""
    program, expected = REFUSED[option]
    stack.write(HEAD + textwrap.dedent(program))
    with stack.account.calls() as calls:
        refused = stack.preview(code=1)
    assert refused.diagnostics.count(expected) == 1
    assert "Traceback" not in refused.text
    assert written(calls) == []


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("state_migrations=[lambda args: None]", "The Pulumi CLI does not support state migrations."),
        ("env_var_mappings={'A': 'B'}", "envVarMappings can only be used with provider resources"),
    ],
)
def test_not_for_workflows(stack: Stack, option: str, expected: str) -> None:
    """The engine in use takes the option for no workflow: the program ends, and nothing is written."""
    stack.write(f"{HEAD}flow('a', {option})")
    with stack.account.calls() as calls:
        assert expected in stack.preview(code=1).diagnostics
    assert written(calls) == []


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory, emulator: str, pulumi_home: Path) -> dict[str, Done]:
    """The operations, by name."""
    stack = make_stack(tmp_path_factory.mktemp("commands"), Account(emulator, "commands"), pulumi_home)
    return made_once(tmp_path_factory, "commands", lambda: _commands(stack))


def _commands(stack: Stack) -> dict[str, Done]:
    operations = Operations(stack)

    def program(*durations: str, one: str = "one", adopt: str | None = None, three: bool = True) -> None:
        first, second, third = durations
        operations.write(
            f"one = flow({one!r}, {first!r}, title='one', adopt={adopt!r})",
            f"flow('two', {second!r}, depends_on=[one])",
            f"flow('three', {third!r})" if three else "",
        )

    program("1", "1", "1")
    made = {"first": operations.up()}
    operations.edit(made["first"].held["one"], duration="9")
    made["up --refresh"] = operations.up("--refresh")

    program("2", "2", "2")
    made["exclude"] = operations.up("--exclude", f"{PREFIX}three")
    program("3", "3", "3")
    made["dependents"] = operations.up("--target", f"{PREFIX}one", "--target-dependents")

    plan, experimental = str(stack.folder / "plan.json"), {"PULUMI_EXPERIMENTAL": "true"}
    program("3", "3", "1")
    operations.run("preview", "--save-plan", plan, **experimental)
    operations.edit(made["dependents"].held["one"], duration="9")
    made["plan"] = operations.up("--plan", plan, code=1, **experimental)
    operations.up()

    stack.run("state", "rename", f"{PREFIX}one", "uno", "--yes")
    program("3", "3", "1", one="uno")
    made["rename"] = operations.up("--expect-no-changes")
    made["repair"] = operations.run("state", "repair", "--yes")
    exported = str(stack.folder / "state.json")
    stack.run("stack", "export", "--file", exported)
    stack.run("stack", "import", "--file", exported)
    made["stack import"] = operations.run("preview", "--expect-no-changes")
    made["import"] = operations.run("import", "pulumi-python:dynamic/8x8:Workflow", "x", "1-2", "--yes", code=-1)

    stack.run("state", "delete", f"{PREFIX}uno", "--target-dependents", "--yes")
    program("3", "3", "1", one="uno")
    made["state delete"] = operations.up("--target", f"{PREFIX}uno", code=1)
    for name in ("one", "two"):
        id = made["first"].held[name]["definition"]["id"]
        stack.run("config", "set", "--path", f"8x8:adopt.{'uno' if name == 'one' else name}", id)
    made["adopted"] = operations.up()

    stack.run("stack", "init", "second")
    (stack.folder / "Pulumi.second.yaml").write_text((stack.folder / "Pulumi.test.yaml").read_text())
    stack.run("state", "move", "--source", "test", "--dest", "second", f"{PREFIX}three", "--yes")
    stack.run("stack", "select", "second")
    operations.write("flow('three', '1')")
    made["move"] = operations.up("--expect-no-changes")
    stack.run("stack", "select", "test")
    program("3", "3", "1", one="uno", three=False)
    made["moved away"] = operations.up("--expect-no-changes")
    operations.write("flow('uno', '3', title='one', on_delete='terminate')")
    operations.start(made["adopted"].id("uno"))
    made["destroy"] = operations.run("destroy", "--run-program", "--yes", "--skip-preview", code=1)
    return made


def test_up_with_refresh(commands: dict[str, Done]) -> None:
    """`up --refresh` shows what somebody else changed, and puts it back."""
    done = commands["up --refresh"]
    assert duration(done, "one") == "1"
    assert done.held["one"]["definition"]["version"] == 3
    assert 'workflow "one" was changed outside Pulumi' in done.messages("one")


@pytest.mark.parametrize(("operation", "durations"), [("exclude", "221"), ("dependents", "331")])
def test_targets(commands: dict[str, Done], operation: str, durations: str) -> None:
    """`--exclude` and `--target` with `--target-dependents` write nothing else, and other definitions don't matter."""
    done = commands[operation]
    assert "".join(duration(done, name) for name in ("one", "two", "three")) == durations
    assert [method for method, _ in done.writes] == ["PUT", "PUT"]


def test_a_plan_and_an_edit(commands: dict[str, Done]) -> None:
    """What somebody else edits after the plan was made stops `up --plan` before it changes that definition."""
    done = commands["plan"]
    assert "not allowed by the plan" in done.run.diagnostics
    assert duration(done, "one") == "9"
    assert done.held["one"]["definition"]["id"] not in [id for _, id in done.writes]


@pytest.mark.parametrize("operation", ["rename", "repair", "stack import"])
def test_state_is_edited(commands: dict[str, Done], operation: str) -> None:
    """`state rename`, `state repair`, `stack export` and `stack import` keep the ids, and nothing is to be done."""
    done, first = commands[operation], commands["first"]
    assert {each["id"] for each in done.state.values()} == {each["id"] for each in first.state.values()}
    assert set(done.state) == {"uno", "two", "three"}
    assert done.writes == []


def test_pulumi_import(commands: dict[str, Done]) -> None:
    """`pulumi import` fails in Pulumi's SDK, before this package is asked; nothing is changed."""
    done = commands["import"]
    assert done.run.code != 0
    assert "KeyError: '__provider'" in done.run.text
    assert done.calls == []
    assert set(done.state) == {"uno", "two", "three"}


def test_state_delete(commands: dict[str, Done]) -> None:
    """What the state no longer has is refused as a stranger's; `adopt` takes it over and writes nothing."""
    refused, adopted, first = (commands[each] for each in ("state delete", "adopted", "first"))
    assert f'adopt="{first.id("one")}"' in refused.messages("uno")
    assert refused.writes == adopted.writes == []
    assert (adopted.id("uno"), adopted.id("two")) == (first.id("one"), first.id("two"))


def test_state_move(commands: dict[str, Done]) -> None:
    """A workflow that moves to another stack keeps its id there; neither stack has anything to do."""
    moved = commands["move"]
    assert moved.id("three") == commands["first"].id("three")
    assert moved.writes == commands["moved away"].writes == []


def test_destroy_with_the_program(commands: dict[str, Done]) -> None:
    """`destroy --run-program` deletes the stack's definitions, and no others; a conversation stops it, as long as the
    program's `on_delete` isn't deployed."""
    done = commands["destroy"]
    assert "1 instance is running" in done.messages("uno")
    assert set(done.state) == {"uno"}
    assert set(done.held) == {"one", "three"}


def test_a_move_that_fails(stack: Stack) -> None:
    """With --continue-on-error nothing is deleted when the new half of a move fails; the next `up` finishes it."""
    deploy(stack, "reply()")
    id = stack.account.only()["definition"]["id"]
    stack.account.fault({"method": "PUT", "status": 400, "body": {"code": 5001, "message": "No."}})
    with stack.account.calls() as calls:
        failed = deploy(stack, 'reply(parent=Team("team"), duration="2")', code=1, options=("--continue-on-error",))
    assert "failed to take it over" in failed.diagnostics
    assert written(calls) == ["PUT /definitions/{id}"]
    deploy(stack, 'reply(parent=Team("team"), duration="2")')
    stored = stack.account.only()["definition"]
    assert (stored["id"], stored["version"]) == (id, 2)
    assert [each["id"] for each in stack.resources()] == [id]


RUN = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Team", name)

support = automation.Workflow("support", trigger="http_request", steps=[automation.Wait("pause", duration="00:00:00")])
parent = Team("team") if {moved} else None
automation.WorkflowRun("smoke", workflow=support, opts=pulumi.ResourceOptions(parent=parent))
"""


def test_runs(stack: Stack) -> None:
    """A run that moves, or is refreshed, also after somebody's edit, starts no instance; --replace and a taint do."""

    def instances() -> int:
        return len(started(stack.account))

    def urn() -> str:
        (found,) = (each["urn"] for each in stack.resources() if each["type"].endswith("WorkflowRun"))
        return str(found)

    stack.write(RUN.format(moved=False))
    stack.up()
    assert instances() == 1
    stack.write(RUN.format(moved=True))
    assert "is otherwise unchanged; no instance is started" in stack.up().diagnostics
    assert instances() == 1
    stack.up("--replace", urn())
    assert instances() == 2
    stack.run("state", "taint", urn(), "--yes")
    stack.up()
    assert instances() == 3
    stack.account.edit({"inputs": {"duration": "00:00:01"}})
    stack.run("refresh", "--yes", "--skip-preview")
    assert instances() == 3


#: Two stacks in one process: one after the other, and at the same time.
AUTOMATION = """
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pulumi
import pulumi_8x8 as automation
from pulumi import automation as auto

folder, base_url, passphrase = sys.argv[1:]
both = Barrier(2)


def program(name, text, wait):
    def run():
        with_sub_account = automation.Workflow("reply", trigger="inbound_sms", sub_account_id="chat",
                                               steps=[automation.Wait("pause", duration=text)])
        if wait:
            both.wait(120)  # the other program has begun, and is not at its end
        automation.Workflow(name, trigger="inbound_sms", steps=[automation.Wait("pause", duration=text)])
        if wait:
            both.wait(120)
        pulumi.export("digests", automation.digests())
        pulumi.export("account", with_sub_account.account_id)
        pulumi.export("found", [each.definition.name for each in automation.get_workflows()])
    return run


def up(name, text, wait):
    project = auto.ProjectSettings(f"project-{name}", "python", backend=auto.ProjectBackend(f"file://{folder}"))
    stack = auto.create_or_select_stack(
        "test", project_name=f"project-{name}", program=program(name, text, wait),
        opts=auto.LocalWorkspaceOptions(project_settings=project),
    )
    stack.set_all_config({
        "8x8:accountId": auto.ConfigValue(f"automation-{name}"),
        "8x8:baseUrl": auto.ConfigValue(base_url),
        "8x8:subAccounts": auto.ConfigValue(json.dumps({"chat": f"chat-{name}"})),
    })
    result = stack.up()
    return {"summary": result.summary.resource_changes, **{key: each.value for key, each in result.outputs.items()}}


rounds = [[up("a", "1", False), up("b", "1", False)]]
with ThreadPoolExecutor(2) as threads:
    rounds.append(list(threads.map(up, "ab", "22", [True, True])))
print(json.dumps(rounds))
"""


def test_two_stacks_in_one_process(tmp_path: Path, emulator: str, pulumi_home: Path) -> None:
    """Programs of the Automation API, one after the other and at the same time, see nothing of each other: each has its
    own workflows, digests, account and sub-accounts."""
    (tmp_path / "state").mkdir()
    (tmp_path / "other").mkdir()
    environ = make_stack(tmp_path / "other", Account(emulator, "automation"), pulumi_home).environ
    environ |= {"PATH": f"{BIN}:{environ['PATH']}"}
    (tmp_path / "program.py").write_text(AUTOMATION)
    run = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), str(tmp_path / "state"), emulator, "test"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    one, other = json.loads(run.stdout.splitlines()[-1])
    for number, round in enumerate((one, other)):
        for name, outputs in zip("ab", round, strict=True):
            account = Account(emulator, f"automation-{name}")
            assert outputs["account"] == account.id
            assert set(outputs["digests"]) == {"reply", name}
            assert sorted(outputs["found"]) == (sorted(["reply", name]) if number else [])
            assert outputs["summary"] == ({"update": 2, "same": 1} if number else {"create": 3})
    digests = [[outputs["digests"] for outputs in round] for round in (one, other)]
    assert digests[0][0]["reply"] == digests[0][1]["reply"] != digests[1][0]["reply"] == digests[1][1]["reply"]
    for name in "ab":
        stored = {each["definition"]["name"]: each for each in Account(emulator, f"automation-{name}").definitions()}
        assert set(stored) == {"reply", name}
        assert Definition.from_body(stored["reply"]).sub_account_id == f"chat-{name}"
        assert {each["definition"]["steps"][0]["inputs"]["duration"] for each in stored.values()} == {"2"}

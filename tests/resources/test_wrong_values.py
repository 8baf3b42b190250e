"""Wrong arguments of resources and look-ups: one message with resource, place and line, and nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import pulumi_8x8 as automation
from pulumi_8x8.definition import from_inputs
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.resources import WorkflowRunProvider
from pulumi_8x8.resources.linting import lint_in_check
from pulumi_8x8.resources.properties import ABOUT

from .harness import Plugin, request
from .program_kit import Ran, later, run_program

SECRET = "s3cr3t-v4lue"
SENTINEL = "Calling __str__ on an Output[T] is not supported."
STEP = automation.Wait("pause", duration="1")
SMS = {"sub_account_id": "acme", "destination": "+6581234567", "text": "Hello"}


def workflow(**arguments: Any) -> automation.Workflow:
    return automation.Workflow("menu", **{"trigger": "inbound_sms", "steps": [STEP], **arguments})


def output(value: Any = SECRET) -> pulumi.Output[Any]:
    return pulumi.Output.from_input(value)


async def coroutine() -> str:
    return SECRET


def refusal(program: Callable[[], Any], config: dict[str, str] | None = None) -> str:
    """Why the program ends."""
    with pytest.raises(pulumi.RunError) as raised:
        run_program(lambda: program() and None, config)
    message = str(raised.value)
    assert SECRET not in message
    return message


#: The arguments of a workflow, and the message about them.
ARGUMENTS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    # The definition
    "an empty name": (lambda: {"name": ""}, "name: empty; leave it out to call the workflow like the resource"),
    "an Output in a name": (lambda: {"name": f"a {SENTINEL}"}, "name: a text that was made of an Output before"),
    "bytes for a trigger": (lambda: {"trigger": b"inbound_sms"}, "trigger: bytes; write a text"),
    "an object for a status": (lambda: {"status": object()}, "status: an object of the class object"),
    "a set for a sub-account": (lambda: {"sub_account_id": {SECRET}}, "subAccountId: a set"),
    "a coroutine for a name": (lambda: {"name": coroutine()}, "name: a coroutine or Future"),
    "an input": (
        lambda: {"steps": [automation.Wait("a", duration=b"1")]},  # type: ignore[arg-type]
        "steps.a.inputs.duration: bytes; write a text",
    ),
    # The list of steps
    "a generator": (lambda: {"steps": (each for each in [STEP])}, "steps: a generator; write a list: list(value)"),
    "a class": (lambda: {"steps": automation.Wait}, "steps: the class Wait; write an instance of it"),
    "a text": (lambda: {"steps": "pause"}, "steps: a text; steps is a list of steps: [step, step]"),
    "a mapping": (lambda: {"steps": {"pause": STEP}}, "steps: a mapping; steps is a list of steps"),
    "a list in the list": (lambda: {"steps": [[STEP]]}, 'steps["#0"]: a list instead of a step; write *steps'),
    "a class in the list": (lambda: {"steps": [automation.Wait]}, 'steps["#0"]: the class Wait instead of a step'),
    "None in the list": (
        lambda: {"steps": [STEP, None]},
        ('steps["#1"]: None instead of a step; remove it from the list'),
    ),
    "an expression for a name": (lambda: {"name": automation.data.name}, "name: an expression, which has a value only"),
    "a text with an expression for a name": (
        lambda: {"name": f"Hi {automation.data.name}"},
        "name: a text with an expression in it, which only the values of steps can have",
    ),
    "an expression for a key": (
        lambda: {"steps": [automation.HttpRequest("a", url="u", method="GET", headers={automation.uuid(): "x"})]},  # type: ignore[dict-item]
        "steps.a.inputs.headers: key number 1 is an expression",
    ),
    "a changed text": (
        lambda: {"steps": [automation.Wait("a", duration=f"{automation.data.days}".upper())]},
        "steps.a.inputs.duration: a text that was changed after an expression was put into it",
    ),
    "a text for debugging": (
        lambda: {"steps": [automation.Wait("a", duration=f"{automation.data.days!r}")]},
        "steps.a.inputs.duration: the text that Python prints for an expression",
    ),
    "a result of another workflow": (
        lambda: {"steps": [automation.Wait("a", duration=f"{automation.SMS('b', **SMS).umid}")]},
        'steps.a.inputs.duration: reads umid of "b", which isn\'t in this workflow; add the step, or link it',
    ),
    "steps for sequences": (
        lambda: {"steps": [automation.If("a", condition="{{true}}", do=[STEP])]},  # type: ignore[list-item]
        "steps.a.do[0]: a step instead of a list of steps; write do=[[step, step]]",
    ),
    "an Output for all inputs": (
        lambda: {"steps": [automation.Wait("a", duration="1", inputs=output({}))]},  # type: ignore[arg-type]
        "steps.a.inputs: an Output",
    ),
    # Options
    "an Output to adopt": (
        lambda: {"adopt": output()},
        "adopt: an Output, and this id must be known when the program runs; write the id itself, or read it from plain "
        'config: pulumi.Config().require("…")',
    ),
    "an Output in a text to adopt": (lambda: {"adopt": SENTINEL}, "adopt: it is a text that was made of an Output"),
    "nothing to adopt": (lambda: {"adopt": ""}, "adopt: it is empty"),
    "a folder to adopt": (lambda: {"adopt": ".."}, "adopt: it can't be an id, because a URL reads dots as a folder"),
    "a path to adopt": (lambda: {"adopt": "a/b"}, "adopt: it has a space, a slash or an invisible character"),
    "a number to adopt": (lambda: {"adopt": 5}, "adopt: it is a number"),
    "a step to adopt": (lambda: {"adopt": STEP}, "adopt: it is a step"),
    "an Output for a pin": (lambda: {"pin_version": output(1)}, "pin_version: an Output, and this must be known"),
    "a text for a pin": (lambda: {"pin_version": "1"}, "pin_version: a text; write the number of a version, 1 or more"),
    "an Output for overwrite": (lambda: {"overwrite": output(True)}, "overwrite: an Output, and this must be known"),
    "a text for overwrite": (lambda: {"overwrite": "no"}, "overwrite: a text; write True or False"),
    "an Output for on_delete": (lambda: {"on_delete": output()}, "on_delete: an Output, and this must be known"),
    "an Output in on_delete": (lambda: {"on_delete": {"wait": output()}}, "on_delete: it contains an Output"),
    "a set for on_delete": (lambda: {"on_delete": {SECRET}}, "on_delete: a set"),
    "an Output for lint": (lambda: {"lint": output()}, "lint: an Output, and this must be known when the program runs"),
    "an Output for a level": (lambda: {"lint": {"short-day": output()}}, "lint: it contains an Output"),
    "a list for lint": (lambda: {"lint": ["short-day"]}, 'lint: a list; write {"<rule>": "off"}'),
    "an Output for a stack": (lambda: {"requires_digest_from": output()}, "requires_digest_from: an Output, and this"),
    "an Output in a stack's name": (
        lambda: {"requires_digest_from": f"a-{SENTINEL}"},
        "requires_digest_from: a text that",
    ),
    "an Output for a source": (lambda: {"source": output()}, "source: an Output, and this must be known"),
    "a source in bytes": (lambda: {"source": b"menu.json"}, "source: bytes; write a text"),
    "an Output in a source": (lambda: {"source": f"{SENTINEL}.json"}, "source: a text that was made of an Output"),
    "a source with a NUL": (
        lambda: {"source": "menu\0.json"},
        "source: a text with a NUL, which isn't valid in a path",
    ),
    "an account's id": (lambda: {"account": SECRET}, 'account: a text; write automation.Account("<its id>")'),
    "an Output for an account": (lambda: {"account": output()}, "account: an Output"),
    "an account with an Output": (
        lambda: {"account": automation.Account(output())},
        "account.id: an Output, and this id",
    ),  # type: ignore[arg-type]
    "an account without an id": (lambda: {"account": automation.Account("")}, "account.id: it is empty"),
    "an account that is a folder": (lambda: {"account": automation.Account(".")}, "account.id: it can't be an id"),
    "an account's URL": (
        lambda: {"account": automation.Account("a", base_url=output())},  # type: ignore[arg-type]
        "account.base_url: an Output, and this must be known",
    ),
    "an account's key": (
        lambda: {"account": automation.Account("a", api_key=SECRET.encode())},  # type: ignore[arg-type]
        "account.api_key: bytes",
    ),
    "an import": (
        lambda: {"opts": pulumi.ResourceOptions(import_="3f8a9c52")},
        'opts.import_: Pulumi cannot import resources of dynamic providers; write adopt="<its id>" on the workflow',
    ),
    "an id to read": (
        lambda: {"opts": pulumi.ResourceOptions(id="3f8a9c52")},
        "opts.id: with this option, Pulumi only reads the resource; to read a definition, write "
        "automation.Workflow.get(name, id)",
    ),
    "a URN to read": (
        lambda: {"opts": pulumi.ResourceOptions(urn="urn:x")},
        "opts.urn: with this option, Pulumi only reads",
    ),
    "options in a mapping": (lambda: {"opts": {"protect": True}}, "opts: a mapping; write pulumi.ResourceOptions(…)"),
}


@pytest.mark.parametrize("case", ARGUMENTS)
def test_arguments_of_a_workflow(case: str) -> None:
    """The workflow, the line and the place; the kind of the value, and what to write instead."""
    arguments, wanted = ARGUMENTS[case]
    message = refusal(lambda: workflow(**arguments()))
    head, *lines = message.splitlines()
    assert head == 'workflow "menu": not sent, because these values are wrong:'
    (line,) = lines
    place, _, found = line.strip().partition(": ")
    assert place.startswith("tests/resources/test_wrong_values.py:")
    assert found.startswith(wanted)


#: Names of resources.
NAMES: dict[str, tuple[Any, str]] = {
    "none": ("", "resource_name: empty; a resource has a name"),
    "a number": (7, "resource_name: a number"),
    "an Output": (output, "resource_name: an Output"),
    "an Output in a text": (f"a-{SENTINEL}", "resource_name: a text that was made of an Output"),
    "half a character": ("a\ud83d", "resource_name: a text with half a character"),
}


@pytest.mark.parametrize("case", NAMES)
def test_names_of_resources(case: str) -> None:
    """A resource's name is a text; one that cannot be shown is left out of the message."""
    name, wanted = NAMES[case]
    made = name() if callable(name) else name
    for make in (
        lambda: automation.Workflow(made, trigger="inbound_sms", steps=[STEP]),
        lambda: automation.Workflow.get(made, id="x"),
        lambda: automation.WorkflowRun(made, workflow=workflow()),
    ):
        message = refusal(make)
        assert f": {wanted}" in message
        assert message.isprintable() or message.replace("\n", "").isprintable()


def test_everything_at_once() -> None:
    """All that is wrong with one workflow is one message of at most 20 places, each with the line of its step."""
    steps = [automation.Wait(f"s{number}", duration=b"1") for number in range(30)]  # type: ignore[arg-type]
    lines = refusal(lambda: workflow(name="", steps=steps, adopt="..")).splitlines()
    assert len(lines) == 22
    assert lines[1].endswith("name: empty; leave it out to call the workflow like the resource")
    assert "steps.s0.inputs.duration: bytes" in lines[2]
    assert lines[-1] == "  and 12 more"


def test_a_workflow_file(tmp_path: Path) -> None:
    """A text of the SDK in a file has the file's line; the file can be read all the same."""
    file = tmp_path / "menu.json"
    body = {"trigger": "inbound_sms", "definition": {"name": "x", "steps": [{"id": "a", "stepType": "Wait"}]}}
    text = json.dumps(body, indent=1).replace('"Wait"', f'"Wait",\n "inputs": {{"duration": "{SENTINEL}"}}')
    file.write_text(text)
    message = refusal(lambda: automation.Workflow("menu", source=file))
    assert f"\n  {file}:9: steps.a.inputs.duration: a text that was made of an Output" in message
    assert message.startswith('workflow "menu": ')


def test_a_missing_file() -> None:
    """As before: one message."""
    assert refusal(lambda: workflow(source="nowhere.json")).startswith("nowhere.json: the file doesn't exist")


#: Look-ups and runs, and the message.
OTHERS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "an Output to look up": (
        lambda: automation.get_workflow(output()),
        "get_workflow",
        "id: an Output, and this id must",
    ),  # type: ignore[arg-type]
    "None to look up": (
        lambda: automation.get_workflow(None),
        "get_workflow",
        "id: None; write the id of a definition",
    ),  # type: ignore[arg-type]
    "nothing to look up": (lambda: automation.get_workflow(""), "get_workflow", "id: it is empty"),
    "a folder to look up": (
        lambda: automation.get_workflow_versions(".."),
        "get_workflow_versions",
        "id: it can't be an id",
    ),
    "an Output to look for": (
        lambda: automation.get_workflows(name=output()),  # type: ignore[arg-type]
        "get_workflows",
        "name: an Output, and this must be known",
    ),
    "an Output in a text to look for": (
        lambda: automation.get_workflows(trigger=SENTINEL),
        "get_workflows",
        "trigger: a text that was made of an Output",
    ),
    "an account's id": (lambda: automation.get_usage("acme"), "get_usage", "account: a text; write automation.Account"),  # type: ignore[arg-type]
    "an account without an id": (
        lambda: automation.get_script_functions(automation.Account("")),
        "get_script_functions",
        "account.id: it is empty",
    ),
    "bytes to look for": (lambda: automation.get_time_zones(b"x"), "get_time_zones", "contains: bytes; write a text"),  # type: ignore[arg-type]
    "nothing to get": (lambda: automation.Workflow.get("menu", ""), 'workflow "menu"', "id: it is empty"),
    "a folder to get": (lambda: automation.Workflow.get("menu", "."), 'workflow "menu"', "id: it can't be an id"),
    "a coroutine to get": (
        lambda: automation.Workflow.get("menu", coroutine()),
        'workflow "menu"',
        "id: it is a coroutine",
    ),
    "an import to get": (
        lambda: automation.Workflow.get("menu", "x", pulumi.ResourceOptions(import_="x")),
        'workflow "menu"',
        "opts.import_: Pulumi cannot import resources of dynamic providers; write the id as the argument id",
    ),
    "an id to run": (lambda: run(workflow="x"), 'workflow run "smoke"', "workflow: a text; write the workflow itself"),
    "a class to run": (
        lambda: run(workflow=automation.Workflow),
        'workflow run "smoke"',
        "workflow: the class Workflow; write an instance of it, or a value; write the workflow itself",
    ),
    "nothing to run": (lambda: run(workflow=None), 'workflow run "smoke"', "workflow: None; write the workflow itself"),
    "an Output to run": (lambda: run(workflow=output()), 'workflow run "smoke"', "workflow: an Output"),
    "bytes to send": (lambda: run(data={"a": [b"x"]}), 'workflow run "smoke"', "data.a[0]: bytes; write a text"),
    "a list to send": (lambda: run(data=[]), 'workflow run "smoke"', "data: a list; data is a mapping"),
    "NaN to expect": (
        lambda: run(expect={"data": {"x": float("nan")}}),
        'workflow run "smoke"',
        "expect.data.x: NaN or an infinity",
    ),
    "a step to expect": (
        lambda: run(expect={"steps": [STEP]}),
        'workflow run "smoke"',
        "expect.steps[0]: a step; write its",
    ),
    "a time for a timeout": (
        lambda: run(timeout=120),
        'workflow run "smoke"',
        "timeout: a number; write a text, such as",
    ),
    "an Output in a timeout": (
        lambda: run(timeout=SENTINEL),
        'workflow run "smoke"',
        "timeout: a text that was made of",
    ),
    "an import of a run": (
        lambda: run(opts=pulumi.ResourceOptions(import_="x")),
        'workflow run "smoke"',
        "opts.import_: Pulumi cannot import resources of dynamic providers; leave it out",
    ),
}


def run(**arguments: Any) -> automation.WorkflowRun:
    return automation.WorkflowRun("smoke", **{"workflow": workflow(), **arguments})


@pytest.mark.parametrize("case", OTHERS)
def test_look_ups_and_runs(case: str) -> None:
    """Likewise, with the name of the function or of the run; no client is made before."""
    call, what, wanted = OTHERS[case]
    head, line = refusal(call).splitlines()
    assert head == f"{what}: not sent, because these values are wrong:"
    assert line.strip().startswith("tests/resources/test_wrong_values.py:")
    assert f": {wanted}" in line


#: The value of an Output, and the message of check() about it.
LATE: dict[str, tuple[Any, str]] = {
    "bytes": (SECRET.encode(), "bytes; write a text"),
    "a set": ({"a": {SECRET}}, "a set"),
    "an integer as key": ({1: SECRET}, "key number 1 is a number"),
    "a list that contains itself": ((lambda value: value.append(value) or value)([SECRET]), "contains itself"),
    "NaN": ([float("nan")], "NaN or an infinity"),
    "half a character": (f"{SECRET}\ud83d", "a text with half a character"),
    "an Output in a text": (SENTINEL, "a text that was made of an Output"),
    "the mark of an unknown value": ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "the engine's placeholder for a value"),
    "the engine's own key": ({"4dabf18193072939515e22adb298388d": SECRET}, "key number 1 is reserved for the engine"),
    "a step": (STEP, "a step; write its id"),
    "an object": (object(), "an object of the class object"),
    "deep inside": ({"a": output([output(b"x")])}, "bytes; write a text"),
}


def checked_in_the_plugin(ran: Ran, name: str) -> list[str]:
    inputs = ran.inputs[name]
    return lint_in_check(from_inputs(inputs), inputs[ABOUT]["lint"])


@pytest.mark.parametrize("case", LATE)
def test_outputs_that_turn_out_wrong(case: str) -> None:
    """No exception in the program, whose traceback would show; check() reports it with the program's line, and
    the value is in no input."""
    value, wanted = LATE[case]
    step = automation.HttpRequest(
        "call", url="https://example.com", method="POST", body={"x": output(0).apply(lambda _: value)}
    )
    ran = run_program(lambda: workflow(steps=[step]) and None)
    (reason,) = checked_in_the_plugin(ran, "menu")
    assert reason.startswith(f"{step.where}: steps.call.inputs.body.x")
    assert wanted in reason
    assert SECRET not in json.dumps(ran.inputs) + reason
    digest = run_program(lambda: workflow(steps=[step]).digest)
    assert isinstance(digest.value, str), "the digest of a program's output is an exception"


@pytest.mark.parametrize("case", LATE)
def test_runs_whose_data_turns_out_wrong(case: str) -> None:
    """Likewise for what a run sends, expects and waits."""
    value, wanted = LATE[case]
    late = output(0).apply(lambda _: value)
    ran = run_program(lambda: run(data={"x": late}, expect={"data": late}, timeout=late) and None)
    provider = WorkflowRunProvider()
    provider.configure_with({}.get)
    asked = request("urn:pulumi:test::shop::run::smoke", olds={}, news=ran.inputs["smoke"])
    failures = Plugin(provider).Check(asked).failures
    found = [failure.reason for failure in failures]
    assert [reason.partition(":")[0][:6] for reason in found[:3]] == ["data.x", "expect", "timeou"]
    assert all(wanted in reason for reason in found[:3])
    assert SECRET not in json.dumps(ran.inputs)


def test_steps_that_turn_out_wrong() -> None:
    """Steps from an Output may be typed; what is wrong in them has its place and its own line."""
    step = automation.Wait("late", duration=SECRET.encode())  # type: ignore[arg-type]
    ran = run_program(lambda: workflow(steps=output(0).apply(lambda _: [step])) and None)
    (reason,) = checked_in_the_plugin(ran, "menu")
    assert reason.startswith(f"{step.where}: steps.late.inputs.duration: bytes")
    right = run_program(lambda: workflow(steps=output(0).apply(lambda _: [STEP])) and None)
    assert right.definition("menu").steps == run_program(lambda: workflow() and None).definition("menu").steps
    assert checked_in_the_plugin(right, "menu") == []


def test_a_secret_that_turns_out_wrong_is_reported() -> None:
    """The message about a wrong secret isn't a secret itself: check() reads it."""
    ran = run_program(lambda: workflow(name=pulumi.Output.secret(SECRET.encode())) and None)
    marked = ran.inputs["menu"]["name"]
    assert SECRET not in json.dumps(marked)
    assert "bytes" in next(wrong_values({"name": from_inputs({"name": marked["value"]}).name})).message


def test_what_is_not_known_at_preview() -> None:
    """A value that isn't known yet isn't a problem, wherever an Output is allowed."""
    ran = run_program(
        lambda: (
            run(workflow=workflow(name=later(), steps=later()), data={"x": later()}, expect=later(), timeout=later())
            and None
        ),
        preview=True,
    )
    assert checked_in_the_plugin(ran, "menu") == []


def test_a_get_by_an_output() -> None:
    """The id of a workflow that is only read may come from an Output."""
    assert run_program(lambda: automation.Workflow.get("menu", output("x")) and None).inputs

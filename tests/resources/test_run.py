"""``WorkflowRun``'s provider in this process, against the emulator."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown

import pulumi_8x8 as automation
from definition.test_encoding import engine
from pulumi_8x8.api import Client, Instance, Log, Settings
from pulumi_8x8.definition import Definition, encode
from pulumi_8x8.resources import WorkflowRunProvider
from pulumi_8x8.resources.base_provider import Shown
from pulumi_8x8.resources.properties import ABOUT
from pulumi_8x8.resources.run import Expected, run_key

from .harness import API_KEY, IMPATIENT, SIGNATURE, Calls, Service, definition
from .program_kit import run_program

START, PATCH = "POST /definitions/{id}/workflows", "PATCH /definitions/{id}/workflows/{id}"

GREET = definition(
    "greet",
    steps=[
        {
            "id": "choose",
            "stepType": "Branch",
            "outputs": {"chosen": "{{data.kind}}", "more": "{{data.list}}"},
            "selectNextStep": {"hello": "{{data.kind == 'hello'}}", "fail": None},
        },
        {"id": "hello", "stepType": "SMS", "inputs": {"subAccountId": "a", "destination": "+6512345678", "text": "Hi"}},
        {"id": "fail", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "a", "user": {}, "type": "text"}},
    ],
)
PAUSE = definition("pause", steps=[{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}])
HELLO = {"kind": "hello", "list": [1, {"deep": None}], "number": 12345678901234567890}


class LocalRuns(WorkflowRunProvider):
    def __init__(self, service: Service, account: dict[str, object] | None = None) -> None:
        self.service = service
        self.configure_with({"8x8:accountId": "acme", "8x8:apiKey": API_KEY, **(account or {})}.get)

    def client(self, settings: Settings) -> Client:
        return Client(settings, self.service.transport, IMPATIENT, self.service.messages.append, self._clock)

    def warn(self, message: str) -> None:
        self.service.messages.append(self.hide(message))


class Smoke:
    """A deployed workflow, and runs of it."""

    def __init__(self, wanted: Definition = GREET, account_id: str = "acme") -> None:
        self.service = Service(account_id=account_id)
        self.id = self.service.call("POST", json=wanted.body())["definition"]["id"]
        self.service.calls()
        self.provider = Calls(LocalRuns(self.service))

    def inputs(self, data: Any = HELLO, expect: Any = None, timeout: str = "00:00:10", **more: Any) -> dict[str, Any]:
        given = {"definitionId": self.id, "version": 1, "timeout": timeout, **more}
        checked = engine({**given, "data": encode(data), "expect": encode(expect or {})})
        result = self.provider.check({}, checked)
        assert not result.failures, result.failures[0].reason
        found: dict[str, Any] = result.inputs
        return found

    def run(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        outputs: dict[str, Any] = self.provider.create(self.inputs(*arguments, **options)).outs
        return outputs

    def failure(self, *arguments: Any, **options: Any) -> str:
        with pytest.raises(Exception) as raised:
            self.run(*arguments, **options)
        assert type(raised.value) is Shown, "the engine shows a traceback"
        return str(raised.value)

    def instances(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.service.call("GET", f"/{self.id}/workflows")
        return listed


def test_as_expected() -> None:
    """One instance of that version is started with the unchanged data; its end is the outputs."""
    smoke = Smoke()
    outputs = smoke.run(HELLO, {"status": "Complete", "steps": ["choose", "hello"], "data": {"chosen": "hello"}})
    (instance,) = smoke.instances()
    assert smoke.service.calls().count(START) == 1
    assert {key: instance["data"][key] for key in HELLO} == HELLO
    assert (outputs["instanceId"], outputs["status"]) == (instance["workflowId"], "Complete")
    assert (outputs["startedAt"], outputs["completedAt"]) == (instance["startedAt"], instance["completedAt"])


#: What the context must contain, and the message if it doesn't.
CONTEXTS: dict[str, tuple[Any, list[str]]] = {
    "nothing": ({}, []),
    "a part": ({"kind": "hello", "list": [1, {}]}, []),
    "a number as a float": ({"list": [1.0, {}]}, []),
    "null": ({"list": [1, {"deep": None}]}, []),
    "an integer that no float holds": ({"number": 12345678901234567890}, []),
    "another value": ({"kind": "bye"}, ["data.kind isn't as expected"]),
    "true for 1": ({"list": [True, {}]}, ["data.list[0] isn't as expected"]),
    "a shorter list": ({"list": [1]}, ["data.list isn't as expected"]),
    "what is not there": ({"list": [1, {"x": 1}], "y": None}, ["data.list[1].x is missing", "data.y is missing"]),
    "a list for a mapping": ({"kind": ["hello"]}, ["data.kind isn't as expected"]),
}


@pytest.mark.parametrize("case", CONTEXTS)
def test_context(case: str) -> None:
    """The context must contain what is expected; the message names missing places, without a value."""
    expected, wanted = CONTEXTS[case]
    smoke = Smoke()
    if not wanted:
        smoke.run(expect={"data": expected})
        return
    message = smoke.failure(expect={"data": expected})
    assert message.splitlines()[1:-2] == [f"  {line}" for line in wanted]
    assert "hello" not in message.replace("hello Complete", "")


def test_not_as_expected() -> None:
    """The message has the instance, what is otherwise, the service's errors, and the steps that ran."""
    smoke = Smoke()
    message = smoke.failure({"kind": "other"}, {"steps": ["hello"]})
    (instance,) = smoke.instances()
    head, *lines = message.splitlines()
    assert head == (
        f"RunFailed: the instance {instance['workflowId']} of version 1 of the workflow definition {smoke.id} did not "
        "end as expected:"
    )
    assert lines[:2] == ["  its status is Terminated, not Complete", "  the step hello did not run"]
    assert lines[2].startswith("  fail: Failed to send chat apps message because ")
    assert lines[3:] == [
        "Steps that ran: choose Complete, fail Failed.",
        "The workflow stays deployed; the next `pulumi up` starts another instance.",
    ]


def test_a_failure_can_be_expected() -> None:
    """An instance that must stop at a fault is as good."""
    assert Smoke().run({"kind": "other"}, {"status": "Terminated", "steps": ["fail"]})["status"] == "Terminated"


def test_not_in_time() -> None:
    """It is terminated, so that it sends nothing more and no deletion is refused; the message reports it."""
    smoke = Smoke(PAUSE)
    message = smoke.failure(timeout="00:00:00")
    assert "did not end within 00:00:00:\n  it was terminated and sends nothing more\n" in message
    assert "Steps that ran: pause Sleeping." in message
    assert [each["status"] for each in smoke.instances()] == ["Terminated"]


def test_not_in_time_and_not_terminated() -> None:
    """If it can't be terminated, the message reports that it still runs, and why."""
    smoke = Smoke(PAUSE)
    smoke.service.fault({"method": "PATCH", "status": 400, "body": {"code": 5000, "message": "No."}})
    message = smoke.failure(timeout="00:00:00")
    assert "  it is still running, and could not be terminated: PATCH http" in message
    assert [each["status"] for each in smoke.instances()] == ["Runnable"]


@pytest.mark.parametrize(
    "fault",
    [{"drop": True}, {"status": 502}, {"status": 201, "body": "<html>"}],
    ids=["no answer", "a proxy's error", "no Location"],
)
def test_a_lost_answer_starts_no_second_one(fault: dict[str, Any]) -> None:
    """If it isn't known whether one was started, none is started again; the message describes how to find out."""
    smoke = Smoke()
    smoke.service.fault({"method": "POST", **fault})
    message = smoke.failure()
    assert smoke.service.calls().count(START) == 1
    assert "didn't repeat the call, because that could start a second instance" in message
    assert "To see what started: pulumi-8x8 instances list" in message
    assert "starts another instance" in message


def test_one_that_was_not_begun_with_is_tried_again() -> None:
    """A throttled start did nothing, so it is repeated."""
    smoke = Smoke()
    smoke.service.fault({"method": "POST", "status": 429, "headers": {"Retry-After": "0"}})
    smoke.run()
    assert len(smoke.instances()) == 1


def test_lost_while_following() -> None:
    """The message names what was started if the service no longer answers."""
    smoke = Smoke()
    smoke.service.fault({"method": "GET", "status": 500, "times": 99})
    message = smoke.failure()
    assert "was started, but its result is unknown: GET http" in message
    smoke.service.clear_faults()
    assert smoke.instances()[0]["workflowId"] in message


CHANGES: dict[str, tuple[dict[str, Any], bool]] = {
    "nothing": ({}, False),
    "another key for the account": ({"account": {"id": "acme", "apiKey": "8x8:k"}}, False),
    "the version": ({"version": 2.0}, True),
    "the definition": ({"definitionId": "other"}, True),
    "the data": ({"data": {"kind": "bye"}}, True),
    "what is expected": ({"expect": {"steps": ["hello"]}}, True),
    "the time": ({"timeout": "00:01:00"}, True),
    "a version that is not known yet": ({"version": Unknown()}, True),
}


@pytest.mark.parametrize("case", CHANGES)
def test_when_it_runs_again(case: str) -> None:
    """Only when the workflow, the data, what is expected or the time changed; nothing is asked of the service."""
    smoke = Smoke()
    outputs = engine(smoke.run())
    smoke.service.calls()
    change, runs = CHANGES[case]
    assert smoke.provider.diff(smoke.id, outputs, {**smoke.inputs(), **change}).changes is runs
    read = smoke.provider.read(smoke.id, outputs)
    assert (read.id, read.outs) == (smoke.id, outputs)
    smoke.provider.delete(smoke.id, outputs)
    assert smoke.service.calls() == []


def test_an_update_runs_the_new_version() -> None:
    """The version that is deployed now is run, and no other."""
    smoke = Smoke()
    outputs = engine(smoke.run())
    smoke.service.call("PUT", f"/{smoke.id}", json=GREET.body())
    updated = smoke.provider.update(smoke.id, outputs, smoke.inputs(version=2)).outs
    assert [each["version"] for each in smoke.instances()] == [2]
    assert updated["instanceId"] != outputs["instanceId"]
    smoke.run(version=1)
    assert len(smoke.service.call("GET", f"/{smoke.id}/workflows?version=1")) == 2


def moved(smoke: Smoke, outputs: dict[str, Any], **more: Any) -> tuple[Calls, dict[str, Any]]:
    """A run under another URN that the program declares as the successor of ``outputs``; its provider and inputs."""
    provider = Calls(LocalRuns(smoke.service), "component/smoke")
    left = {key: outputs[key] for key in ("instanceId", "status", "startedAt", "completedAt")}
    previous = {**left, "urn": "urn:pulumi:test::project::type::smoke", "key": run_key(outputs)}
    checked = provider.check({}, {**smoke.inputs(), "__previous": previous, **more})
    assert "__previous" not in checked.inputs
    return provider, checked.inputs


def test_moved() -> None:
    """A run that moves is the run that it was: no instance is started, so no message is sent once more."""
    smoke = Smoke()
    outputs = engine(smoke.run())
    provider, inputs = moved(smoke, outputs)
    created = provider.create(inputs)
    assert len(smoke.instances()) == 1
    assert engine(created.outs) == outputs
    assert smoke.service.messages == [
        'run "smoke" moves here from urn:pulumi:test::project::type::smoke and is otherwise unchanged; no '
        "instance is started"
    ]


def test_moved_and_changed() -> None:
    """A run that moves and has other data runs."""
    smoke = Smoke()
    provider, inputs = moved(smoke, engine(smoke.run()), data=engine(encode({"kind": "hello", "list": []})))
    provider.create(inputs)
    assert len(smoke.instances()) == 2


def test_secrets_are_sealed() -> None:
    """The data's secrets are marked in the inputs, and hidden in messages."""
    smoke = Smoke()
    secret = {"kind": "s3cr3t-kind", "list": []}
    about = {"secrets": [["data", "kind"]]}
    assert SIGNATURE in smoke.inputs(secret, **{ABOUT: about})["data"]["kind"]
    assert "s3cr3t" not in smoke.failure(secret, {"steps": ["s3cr3t-kind"]}, **{ABOUT: about})


def test_interrupted() -> None:
    """An interruption ends the waiting; the message reports that the instance continues, and how to find it."""
    smoke = Smoke(PAUSE)
    provider = LocalRuns(smoke.service)
    provider._clock.stop()
    with pytest.raises(
        Shown, match=r"^Interrupted: the instance .* was started and continues to run. The provider stopped waiting"
    ):
        Calls(provider).create(smoke.inputs())
    (instance,) = smoke.instances()
    assert instance["status"] == "Runnable"


def test_a_step_that_has_not_begun() -> None:
    """A step that only waits for its turn did not run."""
    logs = tuple(Log("id", step, status, "", "") for step, status in (("a", "Complete"), ("b", "Pending")))
    ended = Instance("id", 1, "Complete", "", logs=logs)
    assert list(Expected(steps=("a", "b")).differences(ended)) == ["the step b did not run"]


def test_another_account() -> None:
    """It runs where the workflow is, with the key that is named there; no key is in the outputs."""
    smoke = Smoke(account_id="other")
    smoke.provider = Calls(LocalRuns(smoke.service, {"8x8:apiKey": "not-this-key", "8x8:otherKey": API_KEY}))
    outputs = smoke.run(account={"id": "other", "apiKey": "8x8:otherKey"})
    assert len(smoke.instances()) == 1
    assert API_KEY not in repr(outputs)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a key of expect": (
        {"expect": {"state": "Complete"}},
        "expect.state is unknown; known are status, data, steps",
    ),
    "expect": ({"expect": ["x"]}, "expect must be an object"),
    "a status": (
        {"expect": {"status": "Runnable"}},
        'expect.status must be "Complete" or "Terminated"',
    ),
    "the context": ({"expect": {"data": [1]}}, "expect.data must be a mapping of what the context must contain"),
    "steps": ({"expect": {"steps": "hello"}}, "expect.steps must be a list of step ids"),
    "a step": ({"expect": {"steps": [1.0]}}, "expect.steps[0] must be a text"),
    "data": ({"data": [1.0]}, "data must be a mapping with the content of the trigger's webhook"),
    "the time": ({"timeout": "soon"}, "timeout isn't a duration"),
}


@pytest.mark.parametrize("case", WRONG)
def test_refused_before_anything_is_started(case: str) -> None:
    """check() refuses wrong options, so a preview shows them."""
    wrong, wanted = WRONG[case]
    smoke = Smoke()
    (failure,) = smoke.provider.check({}, {**smoke.inputs(), **wrong}).failures
    assert failure.reason.startswith(wanted)


def test_values_that_are_not_known_yet() -> None:
    """They aren't a problem at preview."""
    smoke = Smoke()
    later = {"data": Unknown(), "expect": {"steps": Unknown()}, "timeout": Unknown(), "version": Unknown()}
    assert smoke.provider.check({}, {**smoke.inputs(), **later}).failures == []


def test_what_the_program_sends() -> None:
    """The workflow's id, version and account; nulls and large integers that come through the engine; nothing else."""

    def program() -> None:
        account = automation.Account("other", api_key="8x8:otherKey")
        step = automation.Wait("pause", duration="00:00:01")
        workflow = automation.Workflow("menu", trigger="http_request", steps=[step], account=account)
        automation.WorkflowRun("smoke", workflow=workflow, data={"nothing": None, "large": 2**60})
        automation.WorkflowRun("again", workflow=workflow, expect=pulumi.Output.from_input({"data": {"x": None}}))

    inputs = run_program(program).inputs
    known = {"definitionId": "menu-id", "version": 1, "account": {"id": "other", "apiKey": "8x8:otherKey"}}
    sent = {"data": {"nothing": "(null)", "large": f"(int {2**60})"}, "expect": {}, "timeout": "00:02:00"}
    assert {key: value for key, value in inputs["smoke"].items() if key != "__provider"} == {**known, **sent}
    assert inputs["again"]["expect"] == {"data": {"x": "(null)"}}

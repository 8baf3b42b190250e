from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.simulator import Engine, Instance, ManualClock, Run, Simulation, SimulatorSettings
from pulumi_8x8.simulator.behaviour import BEHAVIOUR
from pulumi_8x8.simulator.chance import CHANCE, new_id
from pulumi_8x8.simulator.engine import Advance

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CORPUS = Path(__file__).parents[1] / "corpus"


class Scenario:
    """Runs one instance, through JSON between any two steps, and keeps the texts it sends."""

    def __init__(self, steps: list[Any], data: dict[str, Any] | None = None, **settings: Any) -> None:
        self.clock = ManualClock(START)
        self.engine = Engine(steps, self.clock, SimulatorSettings(**settings))
        self.sent: list[Any] = []
        self.instance = self.engine.start(data or {})
        self.ended: list[Run] = []
        self.run()

    def run(self, seconds: float = 0) -> None:
        """Move the clock and do what is due then."""
        self.clock.move(seconds)
        while (advance := self.engine.advance(self.instance)) is not None:
            if advance.sent is not None:
                self.sent.append(advance.sent.body["text"])
            self.ended += advance.ended
            self.instance = Instance.from_json(json.loads(json.dumps(advance.instance.to_json())))
            assert self.instance == advance.instance

    @property
    def steps(self) -> list[str]:
        runs = sorted([*self.ended, *self.instance.runs], key=lambda run: run.number)
        return [f"{run.step_id}:{run.status}" for run in runs]


def say(id: str, text: str | None = None, **more: Any) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "destination": "+6581968289", "text": text or id}
    return {"id": id, "stepType": "SMS", "inputs": inputs, **more}


def wait(id: str, duration: Any, **more: Any) -> dict[str, Any]:
    return {"id": id, "stepType": "Wait", "inputs": {"duration": duration}, **more}


def branch(edges: dict[str, Any], id: str = "b") -> dict[str, Any]:
    return {"id": id, "stepType": "Branch", "selectNextStep": edges}


def test_steps_follow_each_other() -> None:
    """From the first step along nextStepId; an absent one, null or an id that does not exist ends the path."""
    ends: list[dict[str, Any]] = [
        {},
        {"nextStepId": None},
        {"nextStepId": "nowhere"},
        {"nextStepId": None, "selectNextStep": {}},
    ]
    for end in ends:
        run = Scenario([say("a", nextStepId="c"), say("b"), say("c", **end)])
        assert (run.sent, run.instance.status) == (["a", "c"], "Complete")
        assert run.instance.completed_at == START


@pytest.mark.parametrize(
    ("edges", "taken"),
    [
        ({"x": "{{data.n == 1}}", "y": "{{data.n == 2}}", "z": None}, ["x"]),
        ({"x": "{{data.n == 1}}", "y": "{{data.n < 2}}", "z": None}, ["x", "y"]),
        ({"x": "{{data.n == 3}}", "y": None}, ["y"]),
        ({"y": None, "x": "{{data.n == 1}}"}, ["x"]),
        ({"x": None, "y": None}, ["x", "y"]),
        ({"x": "{{data.n == 3}}"}, []),
        ({"x": "{{data.n == 3}}", "nowhere": None}, []),
        ({"x": "{{data.missing}}", "y": "{{''}}", "z": "{{1 - 1}}"}, []),
        ({"x": "{{data.list}}", "y": "{{'no'}}"}, ["x", "y"]),
    ],
)
def test_branch(edges: dict[str, Any], taken: list[str]) -> None:
    """Every true edge runs, in the order of the edges; a null one only when no other is true."""
    run = Scenario([branch(edges), say("x"), say("y"), say("z")], {"n": 1, "list": []})
    assert (run.sent, run.instance.status) == (taken, "Complete")


def test_step_type_in_any_case() -> None:
    """Published definitions write ``branch``."""
    assert Scenario([{**branch({"x": None}), "stepType": "branch"}, say("x")]).sent == ["x"]


def test_outputs_and_the_life_of_step() -> None:
    """Outputs go to data before edges are evaluated; both can read ``step``, and the next step can't."""
    run = Scenario(
        [
            say(
                "a",
                outputs={"state": "{{step.status}}", "all": "{{step}}", "from": "fixed"},
                selectNextStep={"b": "{{data.state == 'QUEUED' && step.umid == data.all.umid}}", "c": None},
            ),
            say("b", "[{{step.status}}] {{data.state}} {{data.from}}"),
            say("c"),
        ]
    )
    assert run.sent == ["a", "[] QUEUED fixed"]
    assert {"requestId", "umid", "status", "description"} <= run.instance.data["all"].keys()
    assert "step" not in run.instance.data


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("00:05:00", 300), ("0.00:01:00", 60), ("1.6:30:15", 109815), ("5", 432000), ("00:00:00", 0)],
)
def test_wait(duration: str, seconds: int) -> None:
    """A Wait sleeps exactly for its duration."""
    run = Scenario([wait("w", duration, nextStepId="a"), say("a")])
    if seconds:
        assert (run.steps, run.instance.status, run.sent) == (["w:Sleeping"], "Runnable", [])
        assert run.instance.due() == datetime.fromtimestamp(START.timestamp() + seconds, UTC)
        run.run(seconds - 0.001)
        assert run.sent == []
        run.run(0.001)
    assert (run.sent, run.instance.status, run.instance.due()) == (["a"], "Complete", None)


def test_paths_run_beside_each_other() -> None:
    """One path sleeps while the other continues; the instance ends with the last of them."""
    run = Scenario(
        [
            branch({"w": "{{true}}", "v": "{{true}}"}),
            wait("w", "00:02:00", nextStepId="x"),
            wait("v", "00:01:00", nextStepId="y"),
            say("x"),
            say("y"),
        ]
    )
    run.run(60)
    assert (run.sent, run.instance.status) == (["y"], "Runnable")
    run.run(60)
    assert (run.sent, run.instance.status) == (["y", "x"], "Complete")


def test_what_is_late_is_done_in_the_order_of_its_time() -> None:
    """If several paths are due at the same time, the path that was due first runs first."""
    steps = [
        branch({"w": "{{true}}", "v": "{{true}}"}),
        wait("w", "00:02:00", nextStepId="x"),
        wait("v", "00:01:00", nextStepId="y"),
        say("x"),
        say("y"),
    ]
    run = Scenario(steps)
    run.run(300)
    assert run.sent == ["y", "x"]


def if_(condition: str, *sequences: list[Any], **more: Any) -> dict[str, Any]:
    return {"id": "if", "stepType": "If", "inputs": {"condition": condition}, "do": list(sequences), **more}


def test_if() -> None:
    """All sequences run when the condition is true, and what follows comes after the last of them has ended."""
    inner = [wait("w", "00:01:00", nextStepId="x"), say("x")]
    run = Scenario([if_("{{data.n == 1}}", inner, [say("y")], [], nextStepId="z"), say("z")], {"n": 1})
    assert (run.sent, run.steps[:3]) == (["y"], ["if:Running", "w:Sleeping", "y:Complete"])
    run.run(60)
    assert (run.sent, run.instance.status) == (["y", "x", "z"], "Complete")


def test_if_not() -> None:
    """Nothing inside runs when the condition is false, or when there is nothing inside."""
    for step in (if_("{{data.n == 2}}", [say("x")], nextStepId="z"), {**if_("{{true}}", nextStepId="z"), "do": None}):
        assert Scenario([step, say("z")], {"n": 1}).sent == ["z"]


def test_if_inside_if() -> None:
    """The outer one continues after the inner one."""
    inner = {**if_("{{true}}", [wait("w", "00:01:00")], nextStepId="x"), "id": "inner"}
    run = Scenario([if_("{{true}}", [inner, say("x")], nextStepId="z"), say("z")])
    run.run(60)
    assert (run.sent, run.instance.status) == (["x", "z"], "Complete")
    assert all(step.endswith(":Complete") for step in run.steps)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown type": (
        {"id": "a", "stepType": "Teleport"},
        "Step type 'Teleport' isn't known. The known types are Branch",
    ),
    "no type": ({"id": "a"}, "Step type None isn't known"),
    "script": (say("a", "{{nobody}}"), r"^Failed to evaluate the expression\. Error: .*nobody"),
    "output": (say("a", outputs={"x": "{{nobody}}"}), "Failed to evaluate the expression"),
    "edge": (branch({"a": "{{nobody}}"}, "a"), "Failed to evaluate the expression"),
    "duration": (wait("a", "soon"), 'Invalid duration: "soon" is not a duration'),
    "no duration": (wait("a", None), 'Invalid duration: "" is not a duration'),
    "sub-account": (
        {"id": "a", "stepType": "SMS", "inputs": {"destination": "+6581968289"}},
        r"^Invalid subaccount id\.$",
    ),
    "no user": (
        {"id": "a", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "s"}},
        "because Empty 'user'. Error id: ",
    ),
    "scoped id as msisdn": (
        {"id": "a", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "s", "user": {"msisdn": "US.1349"}}},
        r"^Failed to send chat apps message because Invalid 'msisdn'\.\. Error id: ",
    ),
    "inputs a list": ({"id": "a", "stepType": "SMS", "inputs": []}, "Invalid subaccount id"),
}


@pytest.mark.parametrize(("step", "message"), FAULTS.values(), ids=FAULTS)
def test_faults(step: dict[str, Any], message: str) -> None:
    """A step that fails terminates the instance with an error that names it; other paths are cancelled."""
    run = Scenario([branch({"w": "{{true}}", "a": "{{true}}"}), wait("w", "1"), step])
    assert (run.instance.status, run.instance.completed_at) == ("Terminated", START)
    assert run.steps == ["b:Complete", "w:Cancelled", "a:Failed"]
    (error,) = run.instance.errors
    assert error.step_id == "a"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(error.message)
    sent = list(run.sent)
    run.run(10**6)
    assert run.sent == sent


def test_the_end_of_time() -> None:
    """A sleep that would end after the last year that a date can have is a fault."""
    run = Scenario([wait("w", "999999", nextStepId="w")])
    for _ in range(2):
        run.run(999_999 * 86400)
    assert "after the year 9999" in run.instance.errors[0].message


def test_circles() -> None:
    """An instance that loops is stopped, one that sleeps in between isn't."""
    run = Scenario([branch({"b": None})], max_busy_steps=10)
    assert "loops: it ran 10 steps without a pause" in run.instance.errors[0].message
    run = Scenario([wait("w", "00:00:00", nextStepId="w")], max_busy_steps=10)
    assert run.instance.status == "Terminated"
    run = Scenario([wait("w", "00:01:00", nextStepId="w")], max_busy_steps=10)
    for _ in range(20):
        run.run(60)
    assert (run.instance.status, len(run.steps), len(run.instance.runs)) == ("Runnable", 21, 1)


def test_odd_definitions() -> None:
    """Without steps, an instance completes immediately; of equal ids the first counts; odd shapes don't crash."""
    assert Scenario([]).instance.status == "Complete"
    assert Scenario([say("a", nextStepId="x"), say("x", "one"), say("x", "two")]).sent == ["a", "one"]
    odd = {"id": "a", "stepType": "Branch", "selectNextStep": [], "nextStepId": 7, "do": [5, [5]], "outputs": 1}
    assert Scenario([odd, say("z", "seven") | {"id": 7}]).sent == ["seven"]
    for kind in sorted(BEHAVIOUR):
        for inputs in (True, 5, "x", [1], None):
            steps = [{"id": "a", "stepType": kind, "inputs": inputs}]
            Simulation({"trigger": "http_request", "definition": {"name": "x", "steps": steps}}, START).start({})


def test_suspended_sleeps_on() -> None:
    """A suspended instance does nothing; resumed, it does everything that is due. Ended ones stay ended."""
    run = Scenario([wait("w", "00:01:00", nextStepId="a"), say("a")])
    run.instance = run.engine.suspend(run.instance)
    assert (run.instance.status, run.instance.due()) == ("Suspended", None)
    run.run(60)
    assert run.sent == []
    run.instance = run.engine.resume(run.instance)
    run.run()
    assert (run.sent, run.instance.status) == (["a"], "Complete")
    for command in (run.engine.suspend, run.engine.resume):
        assert command(run.instance) == run.instance
    assert run.engine.terminate(run.instance) == Advance(run.instance)


@pytest.mark.parametrize(
    ("phone", "hour", "sent"), [("6281234567890", 20, "Halo"), ("6281234567890", 3, None), ("6581968289", 3, "Hello")]
)
def test_out_of_office(phone: str, hour: int, sent: str | None) -> None:
    """The published out-of-office definition answers by country and by the time of day there."""
    document = json.loads((CORPUS / "03-docs-out-of-office-country-branch.json").read_text())
    payload = {"timestamp": f"2026-03-02T{hour:02}:00:00.000Z", "user": {"channelUserId": phone}}
    clock = ManualClock(START)
    engine = Engine(document["definition"]["steps"], clock)
    instance, texts = engine.start({"payload": payload}), []
    while (advance := engine.advance(instance)) is not None:
        instance = advance.instance
        texts += [advance.sent.body["content"]["text"]] if advance.sent else []
    assert instance.status == "Complete"
    assert [text.partition(",")[0] for text in texts] == ([sent] if sent else [])


def _ids(step: dict[str, Any]) -> list[str]:
    simulation = Simulation({"trigger": "inbound_sms", "definition": {"name": "x", "steps": [step]}}, START)
    simulation.say("Hi")
    printed = " ".join(json.dumps(event.to_json()) for event in simulation.trace)
    return list(dict.fromkeys(re.findall(r"[0-9a-fA-F-]{36}", printed)))


CALL = {"params": {"destination": "+6512345678"}, "clientRequestId": "{{uuid()}}"}
RANDOM: dict[str, tuple[dict[str, Any], int]] = {
    "a script": (say("a", "{{uuid()}} {{uuid()}}"), 2),
    "a call": ({"id": "a", "stepType": "VoiceMessage", "inputs": CALL}, 2),
    "a fault": ({"id": "a", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "s"}}, 1),
}


@pytest.mark.parametrize(("step", "count"), RANDOM.values(), ids=RANDOM.keys())
def test_a_simulation_is_the_same_each_time(step: dict[str, Any], count: int) -> None:
    """Ids in it differ from each other, and are the same in every run; an emulator's ids are always new."""
    ids = _ids(step)
    assert ids == _ids(step)
    assert len(ids) == count
    assert new_id(CHANCE) != new_id(CHANCE)


@pytest.mark.parametrize(("setting", "number"), [("keep", "+6581968289"), ("store", "variable 0")])
def test_outputs_without_a_script(setting: str, number: str) -> None:
    """An output without a script leaves the trigger's value alone, unless set otherwise. It sets any other name."""
    steps = [
        say("a", outputs={"number": "variable 0", "state": "asked"}, nextStepId="b"),
        say("b", "{{data.number}} {{data.state}}", outputs={"number": None, "state": "done", "x": 5}, nextStepId="c"),
        say("c", "{{data.number}} {{data.state}} {{data.x}}", outputs={"number": "{{data.x}}"}),
    ]
    for _ in range(2):  # nothing that one instance does stays in the definition
        played = Scenario(steps, {"number": "+6581968289"}, plain_output=setting)
        after = number if setting == "keep" else ""
        assert played.sent == ["a", f"{number} asked", f"{after} done 5"]
        assert played.instance.data == {"number": 5, "state": "done", "x": 5}


@pytest.mark.parametrize(
    "definition", [None, "x", [], {"steps": -1}, {"steps": "ab"}, {"steps": {"a": 1}}, {"steps": [1]}]
)
def test_steps_that_are_no_steps(definition: Any) -> None:
    """A definition without a list of steps runs none: an instance completes."""
    simulation = Simulation({"trigger": "http_request", "definition": definition}, START)
    simulation.start({})
    assert [each.status for each in simulation.instances] == ["Complete"]

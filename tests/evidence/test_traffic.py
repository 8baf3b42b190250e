"""Traffic: which steps and edges instances took, compared with the emulator's trace."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from evidence_kit import START, World, chat_message, workflow, world

from pulumi_8x8.analysis.counts import FaultTraffic, How, Link, Traffic, traffic_data
from pulumi_8x8.api import Steering
from pulumi_8x8.definition import Definition
from pulumi_8x8.emulator import EmulatorSettings
from pulumi_8x8.emulator.counting import traffic_of
from pulumi_8x8.emulator.runner import Runner
from pulumi_8x8.evidence.journeys import Journey, Routes, StepRun
from pulumi_8x8.evidence.records import Record, read_records
from pulumi_8x8.evidence.traffic import count_traffic, kind_of_fault
from pulumi_8x8.simulator import Advance, Event, SimulatorSettings

#: Random flows with random conversations; ``make soak`` tries more.
FLOWS = int(os.environ.get("TRAFFIC_FLOWS", "8"))
_CONVERSATIONS = 8
_COMMANDS: tuple[Steering, ...] = ("terminate", "suspend", "resume")
_CONDITIONS = ("{{data.k == '1'}}", "{{data.k == '2'}}", "{{data.k != '1'}}", "{{true}}", "{{data.k == null}}", None)


def journey(record: Record) -> Journey:
    faults = tuple((fault.step, fault.message) for fault in record.faults)
    return Journey(record.version, record.status, record.started, record.ended, record.runs, faults)


def count(service: World, id: str, version: int | None = None) -> Traffic:
    """The traffic by the logs of the API."""
    read = read_records(service.client, id, logs="all", faults="all")
    shown = read.versions[version or read.newest.version]
    definitions = {number: each.definition for number, each in read.versions.items()}
    return count_traffic(shown.definition, shown.version, definitions, map(journey, read.records))


class _Random:
    """A random flow: every step type that waits, sends, branches or contains others, loops, and ids without a step."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._ids = [f"s{number}" for number in range(chance.randint(3, 9))]
        inner = chance.randint(0, min(3, len(self._ids) - 2))
        self._inside = self._ids[len(self._ids) - inner :]
        self.steps = [self._step(id) for id in self._ids[: len(self._ids) - inner]]
        if self._inside:
            sequences: list[list[dict[str, Any]]] = [[]]
            for id in self._inside:
                if sequences[-1] and chance.random() < 0.4:
                    sequences.append([])
                sequences[-1].append(self._step(id))
            condition = chance.choice([each for each in _CONDITIONS if each])
            around = chance.choice(self.steps)
            around |= {"stepType": "If", "inputs": {"condition": condition}, "do": sequences}
            around.pop("outputs", None)

    def _step(self, id: str) -> dict[str, Any]:
        chance = self._chance
        kind = chance.choice(["say", "say", "wait", "reply", "Branch", "Branch", "fault"])
        user = "{{data.payload.user.msisdn}}"
        step: dict[str, Any] = {"id": id, "stepType": "Branch"}
        if kind == "say" or (kind == "fault" and chance.random() < 0.7):
            step |= {"stepType": "ChatAppsMessage"}
            step["inputs"] = {"subAccountId": "s", "user": {"msisdn": user}, "type": "text", "content": {"text": id}}
        elif kind == "fault":
            step |= {"stepType": "Teleport"}
        elif kind == "wait":
            step |= {"stepType": "Wait", "inputs": {"duration": chance.choice(["00:00:00", "02:00:00", "1"])}}
        elif kind == "reply":
            step |= {"stepType": "WaitForReply", "inputs": {"from": user, "channel": "whatsapp", "timeout": "01:00:00"}}
            step["outputs"] = {"k": "{{step.reply.payload.content.text}}"}
        targets = [*self._ids, *self._ids[1:], "gone", "away"]
        if kind == "Branch" or chance.random() < 0.2:
            chosen = chance.sample(targets, chance.randint(1, 3))
            step["selectNextStep"] = {target: chance.choice(_CONDITIONS) for target in chosen}
        elif chance.random() < 0.8:
            step["nextStepId"] = chance.choice(targets)
        return step


def _converse(service: World, id: str, chance: Random) -> None:
    """Starts conversations, and lets customers, the clock and somebody with a browser continue them."""
    customers = [f"+65810000{number:02}" for number in range(_CONVERSATIONS)]
    started = []
    for customer in customers:
        body = {**chat_message(chance.choice("123"), customer), "k": chance.choice("12")}
        started.append(service.service.start("acme", id, None, body).id)
        if chance.random() < 0.3:
            service.move(chance.choice([0, 1, 400, 90_000]))
    for _ in range(20):
        if chance.random() < 0.3:
            service.move(chance.choice([0, 1, 400, 4000, 90_000]))
        customer = chance.choice(customers)
        service.service.receive(chat_message(chance.choice("123"), customer), "acme")
        if chance.random() < 0.05:
            command = chance.choice(_COMMANDS)
            service.service.command("acme", id, chance.choice(started), command)


@contextmanager
def _traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[Event]]]:
    """What the engine reports of each instance, by its id."""
    events: dict[str, list[Event]] = {}
    save = Runner.save

    def traced(self: Runner, stored: Any, advance: Advance) -> Any:
        events.setdefault(stored.id, []).extend(advance.events)
        return save(self, stored, advance)

    with monkeypatch.context() as patched:
        patched.setattr(Runner, "save", traced)
        yield events


def _edges(events: list[Event]) -> set[Link]:
    how: dict[str, How] = {"next": "next", "inside": "inside"}
    edges = [each for each in events if each.kind == "edge"]
    return {Link(each.step_id, each.detail["to"], how.get(each.detail["why"], "select")) for each in edges}


@pytest.mark.parametrize("pace", ["standing still", "running"])
def test_random_flows(pace: str, monkeypatch: pytest.MonkeyPatch, record_property: Any) -> None:
    """What logs prove is true, and nothing true is excluded; the emulator's own counts are exact."""
    proved = open = 0
    for seed in range(FLOWS):
        chance = Random(seed)
        simulator = SimulatorSettings(max_busy_steps=25, max_paths=6)
        with _traced(monkeypatch) as events, world(EmulatorSettings(simulator=simulator)) as service:
            if pace == "running":
                _let_run(service, monkeypatch)
            id = service.store(workflow(*_Random(chance).steps))
            _converse(service, id, chance)
            read = read_records(service.client, id, logs="all", faults="all")
            mine = traffic_of(service.service, "acme", id)
        routes = Routes(read.newest.definition)
        took, ran = Counter[Link](), Counter[str]()
        for record in read.records:
            true = _edges(events[record.id])
            took.update(true)
            ran.update({each.step_id for each in events[record.id] if each.kind == "step"})
            paths = routes.paths(journey(record))
            assert paths is not None, (seed, record)
            assert paths.sure <= true, (seed, record, paths.sure - true)
            assert true <= paths.sure | paths.perhaps, (seed, record, true - paths.sure - paths.perhaps)
            between = {way for way in paths.perhaps if way.target in routes.kinds}
            proved, open = proved + len(paths.sure), open + len(between)
        traffic = count_traffic(read.newest.definition, 1, {1: read.newest.definition}, map(journey, read.records))
        assert {each.step: each.took for each in traffic.steps} == {id: ran[id] for id in routes.kinds}, seed
        for each, exact in zip(traffic.steps, mine.steps, strict=True):
            assert each.ended <= exact.ended, (seed, each, exact)  # several may end at the same time
            assert replace(each, waits=None, ended=0) == replace(exact, waits=None, ended=0), seed
        for way in mine.links:
            if way.link.target in routes.kinds:
                assert (way.took, way.either) == (took[way.link], 0), (seed, way)
            else:
                assert way.took <= took[way.link] <= way.took + way.either
    record_property("printed", f"clock {pace}: {open / (open + proved):.1%} of edges between steps aren't sure")


def _let_run(service: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the clock run ahead a little each time that somebody reads it, as a real one does."""
    clock, now = service.clock, type(service.clock).now

    def running() -> datetime:
        clock.move(0.001)
        return now(clock)

    monkeypatch.setattr(clock, "now", running)


def _runs(*steps: tuple[str, float, float | None], status: str = "Complete") -> tuple[StepRun, ...]:
    """Runs of steps, each with its start and end in seconds; without an end, it waits."""

    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else START + timedelta(seconds=seconds)

    return tuple(
        StepRun(str(number), step, status if end is not None else "WaitingForEvent", at(begin), at(end))
        for number, (step, begin, end) in enumerate(steps)
    )


def _branch(id: str, **edges: str | None) -> dict[str, Any]:
    return {"id": id, "stepType": "Branch", "selectNextStep": edges}


def _wait(id: str, next: str | None = None) -> dict[str, Any]:
    return {"id": id, "stepType": "Wait", "inputs": {"duration": "1"}, "nextStepId": next}


def _if(id: str, *inside: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, "stepType": "If", "inputs": {"condition": "{{data.a}}"}, "do": [list(inside)]}


_A, _B = "{{data.a}}", "{{data.b}}"

#: A flow, the steps that ran, the edges that are sure, the edges that aren't sure, and the step at the end.
PATHS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, float, float | None]], str, str, str | None]] = {
    "a loop, and its default edge": (
        [_wait("ask", "choose"), _branch("choose", end=_A, ask=None), _wait("end")],
        [("ask", 0, 1), ("choose", 1, 1), ("ask", 1, 2), ("choose", 2, 2), ("end", 2, 3)],
        "ask>choose choose>ask choose>end",
        "",
        "end",
    ),
    "two parallel paths lead to one step, which ran once": (
        [_branch("fork", left=_A, right=_B), _branch("left", end=_A), _branch("right", end=_A), _wait("end")],
        [("fork", 0, 0), ("left", 1, 2), ("right", 1, 2), ("end", 3, 4)],
        "fork>left fork>right",
        "left>end right>end",
        "end",
    ),
    "both lead to it, since it ran twice": (
        [_branch("fork", left=_A, right=_B), _branch("left", end=_A), _branch("right", end=_A), _wait("end")],
        [("fork", 0, 0), ("left", 1, 2), ("right", 1, 2), ("end", 3, 4), ("end", 3, 4)],
        "fork>left fork>right left>end right>end",
        "",
        "end",
    ),
    "only one of them was over": (
        [_branch("fork", left=_A, right=_B), _branch("left", end=_A), _branch("right", end=_A), _wait("end")],
        [("fork", 0, 0), ("left", 1, 2), ("right", 1, 9), ("end", 3, 4)],
        "fork>left fork>right left>end",
        "",
        "right",
    ),
    "a nextStepId isn't optional": (
        [_branch("fork", left=_A, end=_B), _wait("left", "end"), _wait("end")],
        [("fork", 0, 0), ("left", 1, 2), ("end", 3, 4)],
        "fork>left left>end",
        "",
        "end",
    ),
    "a default edge to an id without a step": (
        [_branch("choose", end=_A, stop=None), _wait("end")],
        [("choose", 0, 0)],
        "choose>stop",
        "",
        "choose",
    ),
    "a condition that leads to an id without a step": (
        [_branch("choose", end=_A, stop=_B), _wait("end")],
        [("choose", 0, 0), ("end", 1, 2)],
        "choose>end",
        "choose>stop",
        "end",
    ),
    "the steps inside an If end before it": (
        [_if("maybe", _wait("one", "two"), _wait("two"))],
        [("maybe", 0, 5), ("one", 0, 1), ("two", 1, 5)],
        "maybe>one one>two",
        "",
        "maybe",
    ),
    "two steps end at the same moment": (
        [_branch("fork", left=_A, right=_B), _wait("left"), _wait("right")],
        [("fork", 0, 0), ("left", 1, 2), ("right", 1, 2)],
        "fork>left fork>right",
        "",
        None,
    ),
    "one of two runs of a step led on, whichever it was": (
        [_wait("ask", "choose"), _branch("choose", ask=_A, end=_B), _wait("end")],
        [("ask", 0, 1), ("choose", 1, 1), ("ask", 1, 2), ("choose", 2, 2), ("end", 2, 3)],
        "ask>choose choose>ask choose>end",
        "",
        "end",
    ),
    "everything happens at once": (
        [_branch("one", two=_A), _branch("two", two=_B)],
        [("one", 0, 0), ("two", 0, 0)],
        "one>two",
        "",
        "two",
    ),
}


@pytest.mark.parametrize("case", PATHS)
def test_paths(case: str) -> None:
    """An edge is sure if each explanation of the log has it, in whatever order the log is."""
    steps, ran, sure, perhaps, last = PATHS[case]
    routes = Routes(Definition.from_body(workflow(*steps)))
    for runs in (_runs(*ran), _runs(*ran)[::-1]):
        paths = routes.paths(Journey(1, "Complete", START, START, runs))
        assert paths is not None
        assert {f"{each.source}>{each.target}" for each in paths.sure} == set(sure.split())
        assert {f"{each.source}>{each.target}" for each in paths.perhaps} == set(perhaps.split())
        assert paths.last == last


def test_before_the_end() -> None:
    """Before the end, the log of a finished step may lack the step after it; a failed step leads nowhere."""
    routes = Routes(
        Definition.from_body(
            workflow(_branch("fork", left=_A, right=_B), _wait("left", "end"), _wait("right", "end"), _wait("end"))
        )
    )
    started = _runs(("fork", 0, 0), ("left", 0, 1), ("right", 0, 1))
    paths = routes.paths(Journey(1, "Runnable", START, None, started))
    assert paths is not None
    assert {each.target for each in paths.sure} == {"left", "right"}
    assert (paths.perhaps, paths.last) == (frozenset(), None)
    stopped = (*started[:2], replace(started[2], status="Failed"), *_runs(("end", 1, 2), status="Cancelled"))
    paths = routes.paths(Journey(1, "Terminated", START, START, stopped))
    assert paths is not None
    assert (Link("left", "end", "next") in paths.sure, paths.perhaps) == (True, frozenset())


@pytest.mark.parametrize(
    "ran",
    [
        [("end", 0, 1)],
        [("ask", 0, 1), ("other", 1, 2)],
        [("ask", 0, 5), ("end", 1, 2)],
        [("ask", 0, 1), ("end", 1, 2), ("end", 1, 2)],
        [("ask", 0, 1)],
    ],
    ids=["another start", "an unknown step", "a step before its cause", "a step too many", "a step too few"],
)
def test_unexplained(ran: list[tuple[str, float, float | None]]) -> None:
    """A log that the definition can't explain counts for no edge, and is reported."""
    definition = Definition.from_body(workflow(_wait("ask", "end"), _wait("end")))
    found = count_traffic(definition, 1, {1: definition}, [Journey(1, "Complete", START, START, _runs(*ran))])
    assert (found.unexplained, [each.took for each in found.links]) == (1, [0])


def test_a_later_step_explains_no_earlier_one() -> None:
    """A loop whose last step must lead on, and doesn't, isn't explained by the edges of earlier rounds."""
    steps = [_wait("ask", "choose"), _branch("choose", ask=_A, end=_B), _wait("end", "ask")]
    routes = Routes(Definition.from_body(workflow(*steps)))
    ran = [*["ask", "choose", "end"], *["ask", "choose"] * 2, *["ask", "choose", "end"]]
    runs = _runs(*((step, number, number + 0.5) for number, step in enumerate(ran)))
    assert routes.paths(Journey(1, "Complete", START, START, runs)) is None
    assert routes.paths(Journey(1, "Complete", START, START, runs[:-1])) is not None


def _taken(traffic: Traffic) -> dict[str, tuple[int, int]]:
    return {f"{each.link.source}>{each.link.target}": (each.of, each.took) for each in traffic.links}


def test_other_versions() -> None:
    """Instances of another version count where it has the same step or edge; the rest has another denominator."""
    old = workflow(_branch("ask", one=_A, two=None), _wait("one"), _wait("two", "one"))
    new = workflow(_branch("ask", one=_B, two=None), _wait("one"), {"id": "two", "stepType": "Branch"})
    with world() as service:
        id = service.store(old)
        for a in (True, False, False):
            service.service.start("acme", id, None, {"a": a})
        service.store(new, id)
        service.service.start("acme", id, None, {"b": True})
        service.move(200_000)
        found, before = count(service, id), count(service, id, 1)
        exact = traffic_of(service.service, "acme", id)
    assert [(each.version, each.instances, each.same) for each in found.versions] == [(2, 1, True), (1, 3, False)]
    assert [(each.step, each.of, each.took) for each in found.steps] == [("ask", 4, 4), ("one", 4, 4), ("two", 1, 0)]
    assert _taken(found) == {"ask>one": (1, 1), "ask>two": (1, 0)}
    assert _taken(before) == {"ask>one": (3, 1), "ask>two": (3, 2), "two>one": (3, 2)}
    assert replace(exact, steps=(), first=None, last=None) == replace(found, steps=(), first=None, last=None)


def test_where_they_stop() -> None:
    """Instances that wait, ended, faulted, were terminated or suspended are counted at their step, with how long."""
    call = {"id": "call", "stepType": "HttpRequest", "inputs": {"url": "{{data.url}}", "method": "GET"}}
    with world() as service:
        id = service.store(workflow(_branch("ask", call="{{data.url != null}}", rest=None), _wait("rest"), call))
        ended = [service.service.start("acme", id, None, {}).id for _ in range(2)]
        service.move(86_400)
        service.service.start("acme", id, None, {"url": "for Alice +6581968289"})
        stopped, suspended, _ = [service.service.start("acme", id, None, {}).id for _ in range(3)]
        service.move(60)
        service.service.command("acme", id, stopped, "terminate")
        service.service.command("acme", id, suspended, "suspend")
        found, exact = count(service, id), traffic_of(service.service, "acme", id)
    assert len(ended) == 2
    assert found == exact
    at = {each.step: each for each in found.steps}
    rest = at["rest"]
    assert (rest.took, rest.ended, rest.faulted, rest.terminated, rest.waiting) == (5, 2, 0, 1, 2)
    assert rest.waits is not None
    assert (rest.waits.median, rest.waits.p95) == (86_400, 86_400)
    assert (at["call"].took, at["call"].faulted, at["call"].waits) == (1, 1, None)
    assert found.statuses == {"complete": 2, "faulted": 1, "terminated": 1, "waiting": 1, "suspended": 1}
    assert found.faults == (FaultTraffic("call", "invalid URL", None, 1),)
    assert "Alice" not in repr(found) + str(traffic_data(found))


def test_a_termination_ends_no_wait() -> None:
    """The time of a run that a termination cuts off doesn't count; a wait that timed out does."""
    definition = Definition.from_body(workflow(_wait("ask", "rest"), _wait("rest")))
    runs = _runs(("ask", 0, 5), ("rest", 5, 9), status="Cancelled")
    found = count_traffic(definition, 1, {1: definition}, [Journey(1, "Terminated", START, runs[1].ended, runs)])
    assert [each.waits and each.waits.median for each in found.steps] == [5, None]
    assert [each.terminated for each in found.steps] == [0, 1]


def test_times() -> None:
    """The median and the 95th percentile count each finished run."""
    definition = Definition.from_body(workflow(_wait("ask")))
    journeys = [Journey(1, "Complete", START, START, _runs(("ask", 0, seconds))) for seconds in range(1, 101)]
    (step,) = count_traffic(definition, 1, {1: definition}, journeys).steps
    assert step.waits is not None
    assert (step.waits.median, step.waits.p95) == (50.5, 95)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Failed to send chat apps message because Invalid 'msisdn'.. Error id: 6f1", ("invalid number", None)),
        ("Failed to send chat apps message because Empty 'user'", ("empty user", None)),
        ("Failed to send the message because Invalid Alice (code 1026)", ("message refused", 1026)),
        ("Unexpected character encountered while parsing value: <. Path ''", ("answer isn't JSON", None)),
        ("Invalid subaccount id.", ("unknown sub-account", None)),
        ("Alice +6581968289", ("another error", None)),
    ],
)
def test_kinds_of_faults(message: str, kind: tuple[str, int | None]) -> None:
    """A fault is counted by its kind and code; nothing else of its message remains."""
    assert kind_of_fault(message) == kind


def test_calls() -> None:
    """200 instances of a flow of ten steps take at most ten calls besides their logs."""
    steps = [_wait(f"s{number}", f"s{number + 1}" if number < 9 else None) for number in range(10)]
    with world() as service:
        id = service.store(workflow(*steps))
        for _ in range(200):
            service.service.start("acme", id, None, {})
        service.calls.clear()
        read_records(service.client, id, last=200, logs="all", faults="all")
        besides = [call for call in service.calls if "includeLogs" not in call]
    assert len(service.calls) == 200 + len(besides)
    assert len(besides) <= 10

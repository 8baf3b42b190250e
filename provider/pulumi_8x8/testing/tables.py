"""Workflow tests as tables: a YAML or JSON file next to the workflow, with what happens and what is expected then.

::

    workflow: menu.json                  # beside this file; or a definition itself; or, of a Pulumi program:
    program: .                           # its folder (then workflow is the name of one of its resources),
    config: {subAccountId: acme}         # and the stack's configuration
    at: 2026-03-01T20:00+08:00           # when the tests start
    http:                                # answers to HTTP calls
      - {url: "https://example.com/*", status: 200, body: {ok: true}}
    tests:
      - name: a reply in time
        do:
          - message: Hi                  # a customer writes; or {text, from, channel}, or {body: <webhook body>}
          - sent: Hello, press 1 or 2    # the next message sent; or {step, channel, text, body: <part of it>}
          - wait: "00:04:00"             # time passes
          - message: "1"
          - sent: Thanks!
          - press: "2"                   # keys in a call
          - start: {customer: 5}         # start an instance by hand, or by an HTTP trigger
          - path: [hello, wait, thanks]  # the steps done so far, each also as "wait:Cancelled"
          - data: {choice: "1"}          # part of the instance's context
          - fault: Invalid subaccount id # part of the error that ended it
          - status: Complete

Every message sent must be expected, before the next thing happens and at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pulumi_8x8.definition import Json, Source, parse_duration, read_source, show_path
from pulumi_8x8.definition.compare import lacking
from pulumi_8x8.errors import DurationError, ProgramError, SourceError
from pulumi_8x8.simulator.clock import read_moment
from pulumi_8x8.simulator.events import EventError, read_inbound
from pulumi_8x8.simulator.http import Stubs
from pulumi_8x8.simulator.outcomes import Message
from pulumi_8x8.simulator.simulation import Simulation, read_workflow

#: What the names of table files end in.
ENDINGS = (".test.yaml", ".test.yml", ".test.json")

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
_EVENTS = ("message", "press", "wait", "start")
_EXPECTATIONS = ("sent", "path", "data", "fault", "status")
_STATUSES = ("Runnable", "Suspended", "Complete", "Terminated")


@dataclass(frozen=True)
class Scenario:
    """One test of a file.

    :ivar where: ``file:line``. :ivar workflow: what reports call the workflow. :ivar body: the workflow.
    :ivar lines: ``file:line`` of each item of ``script``.
    """

    name: str
    where: str
    workflow: str
    body: Mapping[str, Json]
    at: datetime
    stubs: Sequence[Json]
    script: Sequence[tuple[str, Json]]
    lines: Sequence[str]


class ScenarioFailed(Exception):
    """Something else happened than was expected. The message says what and where; the trace follows it."""


def read_scenarios(path: str | Path) -> list[Scenario]:
    """The tests in a file. :raises SourceError: it, or its workflow, cannot be read, with the line."""
    source = read_source(path)
    reader = _Reader(source)
    reader.members(source.body, (), ("workflow", "program", "config", "at", "http", "tests"))
    workflow, body = reader.workflow()
    tests = source.body.get("tests")
    if not isinstance(tests, list) or not tests:
        raise reader.error((), "tests must be a list of tests")
    return [reader.scenario(index, test, workflow, body) for index, test in enumerate(tests)]


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source

    def where(self, path: tuple[str | int, ...]) -> str:
        line = self._source.line_of(path)
        return self._source.path if line is None else f"{self._source.path}:{line}"

    def error(self, path: tuple[str | int, ...], message: str) -> SourceError:
        return SourceError(f"{self.where(path)}: {message}")

    def members(self, value: Json, path: tuple[str | int, ...], known: Sequence[str]) -> None:
        if not isinstance(value, dict):
            raise self.error(path, f"must be an object with {', '.join(known)}")
        unknown = [str(name) for name in value if name not in known]
        if unknown:
            raise self.error((*path, unknown[0]), f"unknown {', '.join(unknown)}; known are {', '.join(known)}")

    def workflow(self) -> tuple[str, Mapping[str, Json]]:
        """What to call the workflow under test, and its body."""
        folder, body = Path(self._source.path).parent, self._source.body
        workflow, program, config = body.get("workflow"), body.get("program"), body.get("config")
        if not isinstance(program, str | None):
            raise self.error(("program",), "program must be the folder of a Pulumi program")
        if config is not None and (program is None or not isinstance(config, dict)):
            raise self.error(("config",), "config must be an object, with the settings of a program")
        if program is not None:
            from pulumi_8x8.programs import workflow_of_program  # what runs one takes time to import

            if not isinstance(workflow, str | None):
                raise self.error(("workflow",), "workflow must be the name of a resource of the program")
            try:
                name, declared = workflow_of_program(folder / program, workflow, config)
            except ProgramError as error:
                raise self.error(("program",), str(error)) from None
            return f"{folder / program}: {name}", declared
        if isinstance(workflow, dict):
            return self._source.path, workflow
        if not isinstance(workflow, str):
            raise self.error((), "workflow must be a file's name or a definition")
        return str(folder / workflow), read_workflow(folder / workflow)

    def scenario(self, index: int, test: Json, workflow: str, body: Mapping[str, Json]) -> Scenario:
        path = ("tests", index)
        self.members(test, path, ("name", "at", "http", "do"))
        script = test.get("do")
        if not isinstance(script, list):
            raise self.error(path, "do must be a list of what happens and what is expected")
        at = test.get("at", self._source.body.get("at"))
        stubs = test.get("http", self._source.body.get("http", []))
        Stubs(stubs, self.where(path))
        return Scenario(
            name=str(test.get("name", f"test {index + 1}")),
            where=self.where(path),
            workflow=workflow,
            body=body,
            at=START if at is None else self.moment(at, path),
            stubs=stubs,
            script=[self.item(item, (*path, "do", position)) for position, item in enumerate(script)],
            lines=[self.where((*path, "do", position)) for position in range(len(script))],
        )

    def moment(self, value: Json, path: tuple[str | int, ...]) -> datetime:
        try:
            return read_moment(value)
        except ValueError as error:
            raise self.error((*path, "at"), str(error)) from None

    def item(self, item: Json, path: tuple[str | int, ...]) -> tuple[str, Json]:
        known = (*_EVENTS, *_EXPECTATIONS)
        self.members(item, path, known)
        if len(item) != 1:
            raise self.error(path, f"must have exactly one of {', '.join(known)}")
        ((kind, value),) = item.items()
        problem = _ITEMS[kind](value)
        if problem:
            raise self.error(path, f"{kind} {problem}")
        return kind, value


def _is(kind: type | tuple[type, ...], what: str) -> Callable[[Json], str | None]:
    return lambda value: None if isinstance(value, kind) else f"must be {what}"


def _message(value: Json) -> str | None:
    if isinstance(value, str):
        return None
    if not isinstance(value, dict) or value.keys() - {"text", "from", "channel", "body"}:
        return "must be a text, or an object with text, from and channel, or with body"
    if "body" not in value:
        texts = [value.get("text"), value.get("from", ""), value.get("channel", "")]
        return None if all(isinstance(text, str) for text in texts) else "needs texts for text, from and channel"
    try:
        read_inbound(value["body"] if isinstance(value["body"], dict) else {})
    except EventError as error:
        return f"body: {error}"
    return None


def _sent(value: Json) -> str | None:
    if isinstance(value, str):
        return None
    known = {"step", "channel", "text", "body"}
    good = isinstance(value, dict) and value and not value.keys() - known
    return None if good else "must be a text, or an object with step, channel, text, body"


def _wait(value: Json) -> str | None:
    try:
        parse_duration(value if isinstance(value, str) else str(value))
    except DurationError as error:
        return f": {error}"
    return None


#: What is wrong with the value of an item, ``None``: nothing.
_ITEMS: dict[str, Callable[[Json], str | None]] = {
    "message": _message,
    "press": _is((str, int), "the keys"),
    "wait": _wait,
    "start": _is(dict, "an object"),
    "sent": _sent,
    "path": _is(list, "a list of step ids"),
    "data": _is(dict, "an object"),
    "fault": _is(str, "a text"),
    "status": lambda value: None if value in _STATUSES else f"must be one of {', '.join(_STATUSES)}",
}


class Play:
    """A scenario while it is played. :ivar simulation: what has happened so far."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.simulation = Simulation(scenario.body, scenario.at, Stubs(scenario.stubs))
        self._seen = 0

    def run(self) -> None:
        """Play it. :raises ScenarioFailed: something else happened than was expected."""
        where = self._scenario.where
        for (kind, value), where in zip(self._scenario.script, self._scenario.lines, strict=True):
            if kind in _EVENTS:
                self._nothing_else(where)
                self._event(kind, value, where)
            elif kind == "sent":
                self._expect_sent(value, where)
            else:
                self._expect(kind, value, where)
        self._nothing_else(where)

    def _event(self, kind: str, value: Json, where: str) -> None:
        simulation = self.simulation
        if kind == "message" and isinstance(value, str):
            simulation.say(value)
        elif kind == "message" and "body" in value:
            simulation.receive(value["body"])
        elif kind == "message":
            sender = {"sender": value["from"]} if "from" in value else {}
            simulation.say(value["text"], channel=value.get("channel"), **sender)
        elif kind == "press":
            if not simulation.press(str(value)):
                raise self._failure(where, "nothing waits for keys")
        elif kind == "wait":
            try:
                simulation.move(parse_duration(str(value)))
            except DurationError as error:
                raise self._failure(where, str(error)) from None
        else:
            simulation.start(value)

    def _nothing_else(self, where: str) -> None:
        if len(self.simulation.sent) > self._seen:
            raise self._failure(where, f"this was sent, too: {_show(self.simulation.sent[self._seen])}")

    def _expect_sent(self, value: Json, where: str) -> None:
        if len(self.simulation.sent) == self._seen:
            raise self._failure(where, f"expected {value!r} to be sent, nothing was")
        message = self.simulation.sent[self._seen]
        self._seen += 1
        expected = {"text": value} if isinstance(value, str) else value
        actual = {"step": message.step_id, "channel": message.channel, "text": message.text, "body": message.body}
        problem = _differs(expected, actual)
        if problem:
            raise self._failure(where, f"sent was {_show(message)}: {problem}")

    def _expect(self, kind: str, value: Json, where: str) -> None:
        if not self.simulation.instances:
            raise self._failure(where, "no instance has been started")
        instance = self.simulation.instances[-1]
        problem = ""
        if kind == "status" and instance.status != value:
            problem = f"the status is {instance.status}, not {value}"
        elif kind == "data":
            problem = _differs(value, instance.data)
        elif kind == "fault":
            messages = [error.message for error in instance.errors]
            if not any(value in message for message in messages):
                problem = f"the faults are {messages}, none with {value!r}"
        elif kind == "path":
            runs = [run for run in instance.runs if run.started_at is not None]
            path = [
                f"{run.step_id}:{run.status}" if index < len(value) and ":" in str(value[index]) else run.step_id
                for index, run in enumerate(runs)
            ]
            problem = "" if path == value else f"the path is {path}, not {value}"
        if problem:
            raise self._failure(where, problem)

    def _failure(self, where: str, problem: str) -> ScenarioFailed:
        return ScenarioFailed(f"{where}: {self._scenario.name}: {problem}\n{self.simulation}")


def _show(message: Message) -> str:
    return f"{message.text!r} by step {message.step_id} ({message.channel})"


def _differs(expected: Json, actual: Json) -> str:
    """Where ``actual`` lacks something of ``expected``, the first place; empty: nowhere."""
    for lack in lacking(expected, actual):
        why = "is missing" if lack.kind == "removed" else f"is {lack.new!r}, not {lack.old!r}"
        return f"{show_path(lack.path)} {why}".lstrip()
    return ""

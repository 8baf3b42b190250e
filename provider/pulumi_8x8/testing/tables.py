"""Runs workflow tests that are tables: YAML or JSON files next to workflows, with events and expectations.

::

    workflow: menu.json                  # a file beside this one, or a definition; for a Pulumi program:
    program: .                           # the program's folder (workflow is then the name of a resource),
    config: {subAccountId: acme}         # and the stack's config
    at: 2026-03-01T20:00+08:00           # the time when the tests start
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
          - start: {customer: 5}         # starts an instance by hand, or by an HTTP trigger
          - path: [hello, wait, thanks]  # the steps so far; a status is optional: "wait:Cancelled"
          - data: {choice: "1"}          # a part of the instance's context
          - fault: Invalid subaccount id # a part of the error that ended the instance
          - status: Complete

A test has to expect every message, before the next event and at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, cast

from pulumi_8x8.definition import Json, Source, parse_duration, read_source, show_path
from pulumi_8x8.definition.compare import lacking
from pulumi_8x8.errors import DurationError, ProgramError, SourceError
from pulumi_8x8.simulator.clock import read_moment
from pulumi_8x8.simulator.events import read_inbound
from pulumi_8x8.simulator.http import Stub, Stubs
from pulumi_8x8.simulator.outcomes import Message
from pulumi_8x8.simulator.simulation import Simulation, read_workflow
from pulumi_8x8.validation import Invalid, Misfit, Must, Parsed

#: The endings of table files' names.
ENDINGS = (".test.yaml", ".test.yml", ".test.json")

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday
_EVENTS = ("message", "press", "wait", "start")


def _webhook(value: Json) -> Json:
    read_inbound(value if isinstance(value, dict) else {})
    return value


@dataclass(frozen=True)
class _Written:
    """The text that a customer writes, or its webhook body."""

    __pydantic_config__: ClassVar = {"extra": "forbid", "alias_generator": lambda name: name.rstrip("_")}

    text: str | None = None
    from_: str | None = None
    channel: str | None = None
    body: Annotated[Json, Parsed(_webhook)] = None

    def __post_init__(self) -> None:
        if self.text is None and self.body is None:
            raise ValueError("needs text or body")


_Sent: TypeAlias = Annotated[
    str | dict[Literal["step", "channel", "text", "body"], Json],
    Must("be a text, or an object with step, channel, text, body", lambda sent: sent != {}),
]


@dataclass(frozen=True)
class Item:
    """One event or expectation: exactly one field is set."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    message: str | _Written | None = None
    press: Annotated[str | int, Must("be the keys")] | None = None
    wait: Annotated[timedelta, Parsed(lambda length: parse_duration(str(length)))] | None = None
    start: dict[str, Json] | None = None
    sent: _Sent | None = None
    path: Annotated[list[Json], Must("be a list of step ids")] | None = None
    data: dict[str, Json] | None = None
    fault: str | None = None
    status: Literal["Runnable", "Suspended", "Complete", "Terminated"] | None = None

    def __post_init__(self) -> None:
        if len(self._set()) != 1:
            raise ValueError(f"must have exactly one of {', '.join(each.name for each in fields(self))}")

    def _set(self) -> list[tuple[str, Any]]:
        members = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, value) for name, value in members if value is not None]

    @property
    def kind(self) -> str:
        """The name of the field that is set."""
        return self._set()[0][0]


@dataclass(frozen=True)
class _Test:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    do: Annotated[list[Item], Must("be a list of what happens and what is expected")]
    name: Json = None
    at: Annotated[datetime, Parsed(read_moment)] | None = None
    http: list[Stub] | None = None


@dataclass(frozen=True, kw_only=True)
class _Table:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    workflow: Annotated[str | dict[str, Json], Must("be a file's name or a definition")] | None = None
    program: Annotated[str, Must("be the folder of a Pulumi program")] | None = None
    config: Annotated[dict[str, Json], Must("be an object with the settings of a program")] | None = None
    at: Annotated[datetime, Parsed(read_moment)] = START
    http: list[Stub] = field(default_factory=list)
    tests: Annotated[list[_Test], Must("be a list of tests", len)]

    def __post_init__(self) -> None:
        if self.program is None and self.config is not None:
            raise Invalid(Misfit(("config",), "needs program; it has the settings of a program"))
        if self.program is None and self.workflow is None:
            raise ValueError("workflow must be a file's name or a definition")
        if self.program is not None and isinstance(self.workflow, dict):
            raise Invalid(Misfit(("workflow",), "must be the name of a resource of the program"))


@dataclass(frozen=True)
class Scenario:
    """One test of a file.

    :ivar where: ``file:line``. :ivar workflow: the workflow's name in reports. :ivar body: the workflow.
    :ivar lines: ``file:line`` of each item of ``script``.
    """

    name: str
    where: str
    workflow: str
    body: Mapping[str, Json]
    at: datetime
    stubs: Sequence[Stub]
    script: Sequence[Item]
    lines: Sequence[str]


class ScenarioFailed(Exception):
    """An expectation failed. The message describes what happened and where, followed by the trace."""


def read_scenarios(path: str | Path) -> list[Scenario]:
    """The tests in a file. :raises SourceError: the file or its workflow can't be read; the message has the line."""
    source = read_source(path)
    table = source.read_as(_Table)
    workflow, body = _workflow(source, table)
    return [
        Scenario(
            name=f"test {number + 1}" if test.name is None else str(test.name),
            where=source.place_of(("tests", number)),
            workflow=workflow,
            body=body,
            at=test.at or table.at,
            stubs=table.http if test.http is None else test.http,
            script=test.do,
            lines=[source.place_of(("tests", number, "do", position)) for position in range(len(test.do))],
        )
        for number, test in enumerate(table.tests)
    ]


def _workflow(source: Source, table: _Table) -> tuple[str, Mapping[str, Json]]:
    """The name of the workflow under test, and its body."""
    folder, workflow = Path(source.path).parent, table.workflow
    if table.program is not None:
        from pulumi_8x8.programs import workflow_of_program  # slow to import

        try:
            name, declared = workflow_of_program(folder / table.program, cast("str | None", workflow), table.config)
        except ProgramError as error:
            raise SourceError(f"{source.place_of(('program',))}: {error}") from None
        return f"{folder / table.program}: {name}", declared
    if isinstance(workflow, str):
        return str(folder / workflow), read_workflow(folder / workflow)
    return source.path, cast("dict[str, Json]", workflow)


class Play:
    """A scenario in progress. :ivar simulation: what has happened so far."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self.simulation = Simulation(scenario.body, scenario.at, Stubs(scenario.stubs))
        self._seen = 0

    def run(self) -> None:
        """Runs the scenario. :raises ScenarioFailed: an expectation failed."""
        where = self._scenario.where
        for item, where in zip(self._scenario.script, self._scenario.lines, strict=True):
            if item.kind in _EVENTS:
                self._nothing_else(where)
                self._event(item, where)
            elif item.sent is not None:
                self._expect_sent(item.sent, where)
            else:
                self._expect(item, where)
        self._nothing_else(where)

    def _event(self, item: Item, where: str) -> None:
        simulation = self.simulation
        match item.message:
            case str(text):
                simulation.say(text)
            case _Written(body=None, text=str(text), channel=channel, from_=sender):
                simulation.say(text, channel=channel, **({} if sender is None else {"sender": sender}))
            case _Written(body=body):
                simulation.receive(body)
        if item.press is not None and not simulation.press(str(item.press)):
            raise self._failure(where, "nothing waits for keys")
        if item.wait is not None:
            try:
                simulation.move(item.wait)
            except DurationError as error:
                raise self._failure(where, str(error)) from None
        if item.start is not None:
            simulation.start(item.start)

    def _nothing_else(self, where: str) -> None:
        if len(self.simulation.sent) > self._seen:
            raise self._failure(where, f"this message isn't expected: {_show(self.simulation.sent[self._seen])}")

    def _expect_sent(self, value: _Sent, where: str) -> None:
        if len(self.simulation.sent) == self._seen:
            raise self._failure(where, f"expected a message {value!r}, but nothing was sent")
        message = self.simulation.sent[self._seen]
        self._seen += 1
        expected = {"text": value} if isinstance(value, str) else value
        actual = {"step": message.step_id, "channel": message.channel, "text": message.text, "body": message.body}
        problem = _differs(expected, actual)
        if problem:
            raise self._failure(where, f"the message is {_show(message)}: {problem}")

    def _expect(self, item: Item, where: str) -> None:
        if not self.simulation.instances:
            raise self._failure(where, "no instance has started")
        instance = self.simulation.instances[-1]
        problem = ""
        if item.status not in (None, instance.status):
            problem = f"the status is {instance.status}, not {item.status}"
        elif item.data is not None:
            problem = _differs(item.data, instance.data)
        elif item.fault is not None:
            messages = [error.message for error in instance.errors]
            if not any(item.fault in message for message in messages):
                problem = f"no fault has {item.fault!r}; the faults are {messages}"
        elif item.path is not None:
            wanted = item.path
            runs = [run for run in instance.runs if run.started_at is not None]
            path = [
                f"{run.step_id}:{run.status}" if index < len(wanted) and ":" in str(wanted[index]) else run.step_id
                for index, run in enumerate(runs)
            ]
            problem = "" if path == wanted else f"the path is {path}, not {wanted}"
        if problem:
            raise self._failure(where, problem)

    def _failure(self, where: str, problem: str) -> ScenarioFailed:
        return ScenarioFailed(f"{where}: {self._scenario.name}: {problem}\n{self.simulation}")


def _show(message: Message) -> str:
    return f"{message.text!r} by step {message.step_id} ({message.channel})"


def _differs(expected: Json, actual: Json) -> str:
    """The first place where ``actual`` lacks a part of ``expected``; empty if there is none."""
    for lack in lacking(expected, actual):
        why = "is missing" if lack.kind == "removed" else f"is {lack.new!r}, not {lack.old!r}"
        return f"{show_path(lack.path)} {why}".lstrip()
    return ""

"""Runs workflow tests that are tables: YAML or JSON files next to workflows, with events and expectations.

::

    workflow: menu.json                  # a file beside this one, or a definition; with program, a resource's name
    program: .                           # the folder of the Pulumi program that declares the workflow
    config: {subAccountId: acme}         # the stack's config for the program
    at: 2026-03-01T20:00+08:00           # the time when the tests start
    http:                                # answers to HTTP calls
      - {url: "https://example.com/*", status: 200, body: {ok: true}}
    tests:
      - name: a reply in time
        do:
          - message: Hi                  # a customer writes; or {text, image, location, …, from, channel}, {body: …}
          - sent: Hello, press 1 or 2    # the next message: its text, or all that the customer reads; or
                                         # {step, channel, text, words, header, footer, choices, body: <part of it>}
          - tap: Book a table            # what the customer taps: a title or an id; or {id, title, step, answers, …}
          - wait: "00:04:00"             # time passes
          - message: "1"
          - sent: Thanks!
          - press: "2"                   # keys in a call
          - refuse: 3038                 # the messaging API refuses the next message; or {code, message, times}
          - refused: Template not found  # the next message, which the API refused; or {step, code, message, text, …}
          - start: {customer: 5}         # starts an instance by hand, or by an HTTP trigger
          - path: [hello, wait, thanks]  # the steps so far; a status is optional: "wait:Cancelled"
          - data: {choice: "1"}          # a part of the instance's context
          - fault: Invalid subaccount id # a part of the error that ended the instance
          - status: Complete

A test has to expect every message, before the next event and at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, cast

from pulumi_8x8.definition import Json, Source, read_source, show_path
from pulumi_8x8.definition.compare import lacking
from pulumi_8x8.definition.messages import in_one_line
from pulumi_8x8.errors import DurationError, ProgramError, SourceError
from pulumi_8x8.simulator.clock import read_moment
from pulumi_8x8.simulator.events import EventError
from pulumi_8x8.simulator.http import Stub, Stubs
from pulumi_8x8.simulator.outcomes import Message
from pulumi_8x8.simulator.simulation import Simulation, read_workflow
from pulumi_8x8.simulator.taps import label
from pulumi_8x8.testing.items import EVENTS, Item, Refuse, Tapped, Written
from pulumi_8x8.validation import Invalid, Misfit, Must, Parsed

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class _Test:
    """A test, with a name, a time and stubs of its own."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    do: Annotated[list[Item], Must("be a list of what happens and what is expected")]
    name: Json = None
    at: Annotated[datetime, Parsed(read_moment)] | None = None
    http: list[Stub] | None = None


@dataclass(frozen=True, kw_only=True)
class TableFile:
    """A file of tests. ``docs/tests.schema.json`` is made of it, and of the comments at the top of this module."""

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
    table = source.read_as(TableFile)
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


def _workflow(source: Source, table: TableFile) -> tuple[str, Mapping[str, Json]]:
    """The name of the workflow under test, and its body."""
    folder, workflow = Path(source.path).parent, table.workflow
    if table.program is not None:
        from pulumi_8x8.programs.loading import workflow_of_program  # slow to import

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
            if item.kind in EVENTS:
                self._nothing_else(where)
                self._event(item, where)
            elif item.sent is not None:
                self._expect_sent(item.sent, where)
            elif item.refused is not None:
                self._expect_refused(item.refused, where)
            else:
                self._expect(item, where)
        self._nothing_else(where)

    def _event(self, item: Item, where: str) -> None:
        simulation = self.simulation
        try:
            match item.kind, item.value:
                case "message", str(text):
                    simulation.say(text)
                case "message", Written(body=None) as message:
                    simulation.say(message.incoming(), message.from_, message.channel)
                case "message", Written(body=body):
                    simulation.receive(body)
                case "tap", Tapped() as tapped:
                    simulation.tap(tapped.tap(), tapped.from_, tapped.channel)
                case "tap", choice:
                    simulation.tap(str(choice))
                case "refuse", Refuse(code=code, message=reason, times=times):
                    simulation.refuse(code, reason, times)
                case "refuse", code:
                    simulation.refuse(code)
                case "press", keys:
                    if not simulation.press(str(keys)):
                        raise self._failure(where, "nothing waits for keys")
                case "wait", length:
                    simulation.move(length)
                case "start", data:
                    simulation.start(data)
        except (EventError, DurationError) as error:
            raise self._failure(where, str(error)) from None

    def _nothing_else(self, where: str) -> None:
        if len(self.simulation.sent) > self._seen:
            raise self._failure(where, f"this message isn't expected: {_show(self.simulation.sent[self._seen])}")

    def _expect_sent(self, value: Any, where: str) -> None:
        message = self._next(f"a message {value!r}", where)
        problem = "it was refused" if message.refused else _differs_shown(value, message, ("text", "words"))
        if problem:
            raise self._failure(where, f"the message is {_show(message)}: {problem}")

    def _expect_refused(self, value: Any, where: str) -> None:
        message = self._next(f"a refused message {value!r}", where)
        if message.refused is None:
            problem = "it wasn't refused"
        elif isinstance(value, str):
            problem = "" if value in str(message.refused) else f"the reason lacks {value!r}"
        else:
            problem = _differs(value, _facts(message))
        if problem:
            raise self._failure(where, f"the message is {_show(message)}: {problem}")

    def _next(self, expected: str, where: str) -> Message:
        if len(self.simulation.sent) == self._seen:
            raise self._failure(where, f"expected {expected}, but nothing was sent")
        self._seen += 1
        return self.simulation.sent[self._seen - 1]

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
            runs = [run for run in self.simulation.runs() if run.started_at is not None]
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
    """The message in one line. One that has more than a text shows all that its receiver reads."""
    shown = message.text if message.words in ("", message.text) else in_one_line(message.shown, 300)
    refused = f", refused: {message.refused}" if message.refused else ""
    return f"{shown!r} by step {message.step_id} ({message.channel}{refused})"


def _facts(message: Message) -> dict[str, Any]:
    shown = message.shown
    return {
        "step": message.step_id,
        "channel": message.channel,
        "text": message.text,
        "words": message.words,
        "header": shown.header,
        "footer": shown.footer,
        "choices": [label(choice) for choice in shown.all_choices],
        "body": message.body,
        **({"code": message.refused.code, "message": message.refused.message} if message.refused else {}),
    }


def _differs_shown(expected: Any, message: Message, names: Sequence[str]) -> str:
    """Like :func:`_differs` for a message. A text may be any of ``names``."""
    facts = _facts(message)
    if not isinstance(expected, str):
        return _differs(expected, facts)
    # A block of YAML ends with a line end, which no message shows.
    if any(expected in (facts[name], f"{facts[name]}\n") for name in names):
        return ""
    name = names[-1] if "\n" in expected.strip() else names[0]
    return _differs({name: expected}, facts)


def _differs(expected: Json, actual: Json) -> str:
    """The first place where ``actual`` lacks a part of ``expected``; empty if there is none."""
    for lack in lacking(expected, actual):
        why = "is missing" if lack.kind == "removed" else f"is {lack.new!r}, not {lack.old!r}"
        return f"{show_path(lack.path)} {why}".lstrip()
    return ""

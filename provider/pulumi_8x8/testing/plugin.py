"""A pytest plugin that tests workflows. It reads workflow files and programs; it deploys and sends nothing.

::

    def test_menu(workflow):                          # the fixture of this plugin
        menu = workflow("menu.json", at="2026-03-01T20:00+08:00")
        menu.message("Hi")
        assert menu.sent_texts() == ["Hello, press 1 or 2"]
        menu.wait("00:05:00")
        assert menu.data["reply"] is None

A failing test shows what happened in each of its workflows. The plugin also collects tests written as tables
(``menu.test.yaml``, see :mod:`pulumi_8x8.testing.tables`). At the end it lists the steps and edges that no test took.
If tests take less than ``workflow_coverage_minimum`` (a percentage in pytest's configuration), the run fails.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.definition import Json, parse_duration
from pulumi_8x8.errors import ProgramError
from pulumi_8x8.programs import workflow_of_program, workflows_of_program
from pulumi_8x8.simulator import (
    Instance,
    Message,
    Simulation,
    Stubs,
    Tap,
    TapError,
    media,
    place,
    read_moment,
    read_workflow,
)
from pulumi_8x8.testing.coverage import Coverage, percent
from pulumi_8x8.testing.tables import ENDINGS, Play, Scenario, ScenarioFailed, read_scenarios

__all__ = ["ProgramError", "WorkflowUnderTest", "workflow", "workflows_of_program"]

_START = "2026-03-02T10:00Z"  # a Monday
_COVERAGE = pytest.StashKey[dict[str, Coverage]]()
_SIMULATIONS = pytest.StashKey[list[Simulation]]()


class WorkflowUnderTest:
    """A simulated workflow, with a clock that the test moves.

    :param body: the definition in the service's shape. :param at: the time at the start, ISO 8601.
    :param http: answers to HTTP calls, see :class:`pulumi_8x8.simulator.Stubs`.
    """

    def __init__(self, body: Mapping[str, Json], at: str = _START, http: Sequence[Mapping[str, Json]] = ()) -> None:
        self.simulation = Simulation(body, read_moment(at), Stubs(list(http)))

    def message(self, text: str, **about: str) -> None:
        """A customer writes. :param about: ``sender`` (a phone number), ``channel`` (``sms``, ``whatsapp``, …)."""
        self.simulation.say(text, **about)

    def tap(
        self,
        choice: str | None = None,
        *,
        id: str | None = None,
        title: str | None = None,
        step: str | None = None,
        answers: Mapping[str, Any] | None = None,
        location: Mapping[str, Any] | None = None,
        accepts: bool = True,
        **about: str,
    ) -> None:
        """A customer taps what one of the last messages offers: ``tap("Book a table")``, ``tap("book")``.

        :param choice: a title or an id. :param id: only an id. :param title: only a title.
        :param step: the step that sent the message, if it isn't one of the last.
        :param answers: what the customer enters into a form. :param location: the place that the customer sends.
        :param accepts: whether the customer allows calls. :param about: as in :meth:`message`.
        :raises AssertionError: it isn't offered, it could mean several, or it sends nothing.
        """
        where = None if location is None else place(**location)
        try:
            self.simulation.tap(Tap(choice, id, title, step, answers or {}, where, accepts), **about)
        except TapError as error:
            raise AssertionError(str(error)) from None

    def send(self, kind: str, url: str, text: str | None = None, **about: str) -> None:
        """A customer sends an ``image``, ``audio``, ``video`` or ``file``. :param text: its caption."""
        self.simulation.say(media(kind, url, text), **about)

    def refuse(self, code: int, message: str | None = None, times: int = 1) -> None:
        """Lets the messaging API refuse the next messages, with a code such as 3038."""
        self.simulation.refuse(code, message, times)

    def receive(self, body: dict[str, Any]) -> None:
        """A webhook body of the service comes in. :raises EventError: ``body`` isn't an inbound message."""
        self.simulation.receive(body)

    def start(self, data: dict[str, Any] | None = None) -> None:
        """Starts an instance by hand or by an HTTP trigger. ``data`` becomes its context."""
        self.simulation.start(data or {})

    def press(self, keys: str) -> None:
        """The customer presses keys in a call. :raises AssertionError: nothing waits for keys."""
        assert self.simulation.press(keys), "nothing waits for keys"

    def wait(self, length: str | timedelta) -> None:
        """Lets time pass: a timedelta, ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days. :raises DurationError: otherwise."""
        self.simulation.move(length if isinstance(length, timedelta) else parse_duration(length))

    @property
    def sent(self) -> list[Message]:
        """The messages sent so far."""
        return self.simulation.sent

    def sent_texts(self) -> list[str]:
        """The texts of the messages sent so far: of one with buttons, its main text."""
        return [message.text for message in self.simulation.sent]

    def sent_words(self) -> list[str]:
        """The messages sent so far as their receiver reads them: header, text, footer and choices, each on a line."""
        return [message.words for message in self.simulation.sent]

    @property
    def instance(self) -> Instance:
        """The newest instance. :raises AssertionError: no instance has started."""
        assert self.simulation.instances, "no instance has started"
        return self.simulation.instances[-1]

    @property
    def data(self) -> dict[str, Any]:
        """The context of the newest instance."""
        return self.instance.data

    @property
    def status(self) -> str:
        """The newest instance's status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``."""
        return self.instance.status

    @property
    def errors(self) -> list[str]:
        """Why the newest instance faulted."""
        return [error.message for error in self.instance.errors]

    def path(self) -> list[str]:
        """The ids of the steps that the newest instance has begun, in order."""
        assert self.simulation.instances, "no instance has started"
        return [run.step_id for run in self.simulation.runs() if run.started_at is not None]

    def __str__(self) -> str:
        """What happened."""
        return str(self.simulation)


@pytest.fixture
def workflow(request: pytest.FixtureRequest) -> Callable[..., WorkflowUnderTest]:
    """Loads workflows: ``workflow("menu.json", at=…, http=…)``; from a program: ``workflow(program=".", name="menu")``.

    A path is relative to the test's folder. The first argument can also be a definition.
    """

    def load(
        source: str | Path | Mapping[str, Json] | None = None,
        *,
        program: str | Path | None = None,
        name: str | None = None,
        config: Mapping[str, Json] | None = None,
        at: str = _START,
        http: Sequence[Mapping[str, Json]] = (),
    ) -> WorkflowUnderTest:
        folder = request.path.parent
        if isinstance(source, Mapping):
            inner = source.get("definition")
            label, body = str(inner.get("name") if isinstance(inner, Mapping) else "a definition"), source
        elif source is not None:
            label, body = str(_relative(folder / source)), read_workflow(folder / source)
        elif program is not None:
            name, body = workflow_of_program(folder / program, name, config)
            label = f"{_relative(folder / program)}: {name}"
        else:
            raise TypeError("workflow() needs a file, a definition, or program=…")
        under_test = WorkflowUnderTest(body, at, http)
        _watch(request.node, label, body, under_test.simulation)
        return under_test

    return load


def _watch(node: pytest.Item, label: str, body: Mapping[str, Json], simulation: Simulation) -> None:
    node.stash.setdefault(_SIMULATIONS, []).append(simulation)
    node.config.stash[_COVERAGE].setdefault(label, Coverage(label, body))
    node.addfinalizer(lambda: node.config.stash[_COVERAGE][label].add(simulation.trace))


# Tests written as tables


class _TableFile(pytest.File):
    def collect(self) -> Iterator[_TableItem]:
        for scenario in read_scenarios(_relative(self.path)):
            yield _TableItem.from_parent(self, name=scenario.name, scenario=scenario)


class _TableItem(pytest.Item):
    def __init__(self, *, scenario: Scenario, **options: Any) -> None:
        super().__init__(**options)
        self._scenario = scenario

    def runtest(self) -> None:
        play = Play(self._scenario)
        _watch(self, self._scenario.workflow, self._scenario.body, play.simulation)
        play.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        line = self._scenario.where.rpartition(":")[2]
        return self.path, int(line) - 1 if line.isdigit() else 0, self.name


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


# Hooks


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "the percentage of the steps and edges of tested workflows that tests must take"
    parser.addini("workflow_coverage_minimum", about, default="0")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_COVERAGE] = {}
    text = str(config.getini("workflow_coverage_minimum"))
    if not text.isdigit() or int(text) > 100:
        raise pytest.UsageError(f"workflow_coverage_minimum must be a percentage from 0 to 100, not {text!r}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.name.endswith(ENDINGS):
        return _TableFile.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed and not isinstance(item, _TableItem):
        for simulation in item.stash.get(_SIMULATIONS, []):
            report.sections.append(("workflow", str(simulation)))
    return report


def _total(config: pytest.Config) -> tuple[int, int]:
    covered = config.stash[_COVERAGE].values()
    return percent(sum(each.taken for each in covered), sum(each.total for each in covered)), int(
        config.getini("workflow_coverage_minimum")
    )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reached, minimum = _total(session.config)
    if exitstatus == 0 and session.config.stash[_COVERAGE] and reached < minimum:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    covered = config.stash[_COVERAGE]
    if not covered:
        return
    reached, minimum = _total(config)
    terminalreporter.section("workflow coverage")
    for each in covered.values():
        terminalreporter.line(str(each))
    terminalreporter.line(f"{reached}% of all steps and edges covered")
    if reached < minimum:
        terminalreporter.line(f"the coverage is below workflow_coverage_minimum ({minimum}%)", red=True)

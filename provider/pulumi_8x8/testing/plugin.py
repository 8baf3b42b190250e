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
If tests take less than ``workflow_coverage_minimum`` (a percentage in pytest's configuration), the run fails, unless it
runs only a selection of the tests.

Pytest loads this module in every project where the package is installed. So it imports what it needs at first use.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pulumi_8x8.testing.table_files import ENDINGS, Kind, kind_of

if TYPE_CHECKING:
    from pulumi_8x8.definition import Json
    from pulumi_8x8.simulator import Simulation
    from pulumi_8x8.testing.coverage import Coverage
    from pulumi_8x8.testing.tables import Scenario
    from pulumi_8x8.testing.under_test import WorkflowUnderTest

_COVERAGE: pytest.StashKey[dict[str, Coverage]] = pytest.StashKey()
_SIMULATIONS: pytest.StashKey[list[Simulation]] = pytest.StashKey()
_SELECTS = pytest.StashKey[bool]()
# The name under which a worker of pytest-xdist reports to the process that started it.
_OF_WORKER = "workflow_coverage"


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
        at: str | None = None,
        http: Sequence[Mapping[str, Json]] = (),
    ) -> WorkflowUnderTest:
        __tracebackhide__ = True
        from pulumi_8x8.errors import MissingExtra
        from pulumi_8x8.installation import require

        try:
            require("testing", "the fixture workflow")
        except MissingExtra as error:
            pytest.fail(str(error), pytrace=False)

        from pulumi_8x8.programs.loading import workflow_of_program
        from pulumi_8x8.simulator import read_workflow
        from pulumi_8x8.testing.under_test import START, WorkflowUnderTest

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
        under_test = WorkflowUnderTest(body, at or START, http)
        _watch(request.node, label, body, under_test.simulation)
        return under_test

    return load


def _watch(node: pytest.Item, label: str, body: Mapping[str, Json], simulation: Simulation) -> None:
    from pulumi_8x8.testing.coverage import Coverage

    node.stash.setdefault(_SIMULATIONS, []).append(simulation)
    node.config.stash[_COVERAGE].setdefault(label, Coverage(label, body))
    node.addfinalizer(lambda: node.config.stash[_COVERAGE][label].add(simulation.trace))


# Tests written as tables


class _TableFile(pytest.File):
    def collect(self) -> Iterator[_TableItem]:
        from pulumi_8x8.errors import MissingExtra, SourceError
        from pulumi_8x8.installation import require
        from pulumi_8x8.testing.tables import read_scenarios

        try:
            require("testing", "a test of workflows")
            scenarios = read_scenarios(_relative(self.path))
        except (MissingExtra, SourceError) as error:
            raise self.CollectError(str(error)) from None
        for scenario in scenarios:
            yield _TableItem.from_parent(self, name=scenario.name, scenario=scenario)


class _TableItem(pytest.Item):
    def __init__(self, *, scenario: Scenario, **options: Any) -> None:
        super().__init__(**options)
        self._scenario = scenario

    def runtest(self) -> None:
        from pulumi_8x8.testing.tables import Play

        play = Play(self._scenario)
        _watch(self, self._scenario.workflow, self._scenario.body, play.simulation)
        play.run()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from pulumi_8x8.testing.tables import ScenarioFailed

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
    config.stash[_SELECTS] = any("::" in argument for argument in config.args)
    text = str(config.getini("workflow_coverage_minimum"))
    if not text.isdecimal() or int(text) > 100:
        raise pytest.UsageError(f"workflow_coverage_minimum must be a percentage from 0 to 100, not {text!r}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if not file_path.name.endswith(ENDINGS):
        return None
    kind = kind_of(file_path)
    if kind is Kind.PERHAPS and not parent.session.isinitpath(file_path):
        warning = "has a part of a workflow test, but isn't run: a test needs workflow or program, and tests with do"
        parent.warn(pytest.PytestCollectionWarning(f"{_relative(file_path)} {warning}"))
        return None
    return None if kind is Kind.OTHER else _TableFile.from_parent(parent, path=file_path)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    for item in items[:1]:
        item.config.stash[_SELECTS] = True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed and not isinstance(item, _TableItem):
        for simulation in item.stash.get(_SIMULATIONS, []):
            report.sections.append(("workflow", str(simulation)))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Adds what a worker of pytest-xdist has covered."""
    sent = getattr(node, "workeroutput", {}).get(_OF_WORKER)
    if sent is None:  # it crashed, or has another version of this plugin
        return
    from pulumi_8x8.testing.coverage import Coverage

    node.config.stash[_SELECTS] |= sent["selects"]
    for record in sent["covered"]:
        covered = Coverage.from_record(record)
        node.config.stash[_COVERAGE].setdefault(covered.name, covered).merge(covered)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    covered = session.config.stash[_COVERAGE]
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        selects = session.config.stash[_SELECTS]
        output[_OF_WORKER] = {"selects": selects, "covered": [each.record() for each in covered.values()]}
    elif exitstatus == 0 and covered and _is_short(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _reached(config: pytest.Config) -> int:
    from pulumi_8x8.testing.coverage import percent

    covered = config.stash[_COVERAGE].values()
    return percent(sum(each.taken for each in covered), sum(each.total for each in covered))


def _minimum(config: pytest.Config) -> int:
    return int(config.getini("workflow_coverage_minimum"))


def _is_short(config: pytest.Config) -> bool:
    return not _selects(config) and _reached(config) < _minimum(config)


def _selects(config: pytest.Config) -> bool:
    # --last-failed leaves out whole files without deselecting their tests.
    return config.stash[_SELECTS] or bool(config.getoption("lf", default=False))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    covered = config.stash[_COVERAGE]
    if not covered:
        return
    terminalreporter.section("workflow coverage")
    for each in covered.values():
        terminalreporter.line(str(each))
    terminalreporter.line(f"{_reached(config)}% of all steps and edges covered")
    minimum = _minimum(config)
    if _is_short(config):
        terminalreporter.line(f"the coverage is below workflow_coverage_minimum ({minimum}%)", red=True)
    elif minimum and _selects(config):
        terminalreporter.line(f"workflow_coverage_minimum ({minimum}%) isn't checked: this run selected tests")

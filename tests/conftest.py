"""The real parts that tests run against: the emulator as a server of its own, one account of it for each test."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from kit import PRINTED, Account, emulator_on

# CI must not fail for the example that it happens to draw, nor for a slow machine.
settings.register_profile("default", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("default")

# For all programs that the tests start; see quick/sitecustomize.py and quick/pip/__main__.py.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(Path(__file__).parent / "quick"), os.environ.get("PYTHONPATH")))
)
# The engine is short-lived here. With Go's own setting it collects garbage for a tenth of its time.
os.environ.setdefault("GOGC", "400")


def pytest_configure(config: pytest.Config) -> None:
    """Each `pytest` that a test starts loads no plugin that only this suite needs: that takes two of three seconds."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):  # where tests run
        os.environ["PYTEST_ADDOPTS"] = "-p no:schemathesis -p no:hypothesispytest -p no:anyio"


#: Files that take longest, the longest first.
_LONG = (
    "test_ci_runs.py",
    "test_trust.py",
    "test_sequences.py",
    "test_deploy.py",
    "test_options.py",
    "test_life.py",
    "test_documents.py",
    "test_plugin.py",
    "test_promotion.py",
    "test_surprises.py",
    "test_export_engine.py",
    "test_review_page.py",
    "test_compare_command.py",
    "test_recipes.py",
    "test_export_python.py",
    "test_output.py",
    "test_wrong_input.py",
    "test_site.py",
    "test_versions_commands.py",
    "test_fuzz.py",
    "test_model_engine.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first: a worker runs a whole file, and a long one at the end would run alone."""
    items.sort(key=lambda item: _LONG.index(item.path.name) if item.path.name in _LONG else len(_LONG))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == PRINTED:
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of an emulator that serves every account."""
    with emulator_on(tmp_path_factory.mktemp("emulator") / "emulator.sqlite") as base_url:
        yield base_url


_numbers = itertools.count(1)


@pytest.fixture
def account(emulator: str) -> Account:
    """An account that no other test uses."""
    return Account(emulator, f"account-{next(_numbers)}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "this test needs Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()

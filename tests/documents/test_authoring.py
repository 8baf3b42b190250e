"""The guides to writing workflows and messages are true: their programs run, and pass their tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint
from pulumi_8x8.testing.tables import Play, read_scenarios
from tools.docs import authoring, messages

PAGES = [authoring.PAGE, messages.PAGE]
PROGRAMS = {name: text for page in PAGES for name, text in authoring.programs(page).items()}
TESTS = {name: tests for page in PAGES for name, tests in authoring.tests(page).items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str, tmp_path: Path) -> None:
    """A program is clean to lint, has no scripts of its own, and behaves as the tests beside it describe."""
    body = authoring.body_of(PROGRAMS[name])
    assert lint(Definition.from_body(body)) == ()
    assert "{{" not in PROGRAMS[name]
    file = tmp_path / f"{name}.test.json"
    file.write_text(json.dumps({"workflow": body, "tests": TESTS[name]}))
    scenarios = list(read_scenarios(file))
    assert scenarios
    for scenario in scenarios:
        Play(scenario).run()

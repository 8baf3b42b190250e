"""The guide to writing workflows is true: its programs run, and pass its tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint
from pulumi_8x8.testing.tables import Play, read_scenarios
from tools.docs import authoring

PROGRAMS = authoring.programs()
TESTS = authoring.tests()


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

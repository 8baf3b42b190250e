"""The JSON Schemas of tests and stubs agree with what reads these files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pulumi_8x8.definition import read_source
from pulumi_8x8.errors import SourceError
from pulumi_8x8.simulator.http import read_stubs
from pulumi_8x8.testing.tables import read_scenarios
from tools.docs import GENERATED, ROOT

VALIDATORS = {
    kind: jsonschema.Draft202012Validator(json.loads(GENERATED[f"docs/{kind}.schema.json"]()))
    for kind in ("tests", "stubs")
}
TABLES = sorted([*ROOT.glob("examples/*/*.test.yaml"), *ROOT.glob("tests/scenarios/*.yaml")])
STUBS = sorted(ROOT.glob("examples/*/stubs.yaml"))
WORKFLOW = {"trigger": "http_request", "definition": {"name": "a", "steps": []}}


@pytest.mark.parametrize("kind", VALIDATORS)
def test_it_is_a_schema(kind: str) -> None:
    """It is a valid schema of its draft, and every event and expectation has a description."""
    schema = VALIDATORS[kind].schema
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, member in schema["$defs"].get("Item", {}).get("properties", {}).items():
        assert member.get("description") or name == "status", name


@pytest.mark.parametrize("path", [*TABLES, *STUBS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_are_valid(path: Path) -> None:
    """The files of this project are valid."""
    errors = VALIDATORS["stubs" if path in STUBS else "tests"].iter_errors(read_source(path).body)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"do": [{"message": "Hi"}, {"sent": "Hello", "step": "a"}]},
        {"do": [{"say": "Hi"}]},
        {"do": [{}]},
        {"do": {"message": "Hi"}},
        {"do": [{"message": {"text": "Hi", "form": "+65"}}]},
        {"do": [{"sent": {"txt": "Hi"}}]},
        {"do": [{"status": "Done"}]},
        {"do": [{"refuse": {"message": "no code"}}]},
        {"name": "no do"},
        {"do": [], "http": [{"url": "https://example.com/", "error": "slow"}]},
        {"do": [], "http": [{"status": 200}]},
    ],
    ids=str,
)
def test_what_is_refused(changed: dict[str, Any], tmp_path: Path) -> None:
    """A structure that the reader refuses isn't valid either, so an editor marks it."""
    table = {"workflow": WORKFLOW, "tests": [changed]}
    file = tmp_path / "a.test.json"
    file.write_text(json.dumps(table))
    with pytest.raises(SourceError):
        read_scenarios(file)
    assert not VALIDATORS["tests"].is_valid(table)


def test_wrong_stubs(tmp_path: Path) -> None:
    """A stub that the reader refuses isn't valid, and one that it takes is."""
    for stub, valid in (
        ({"url": "https://a.example/*", "times": 2}, True),
        ({"url": "https://a.example/*", "x": 1}, False),
    ):
        file = tmp_path / "stubs.json"
        file.write_text(json.dumps({"stubs": [stub]}))
        assert VALIDATORS["stubs"].is_valid({"stubs": [stub]}) == valid
        if valid:
            assert len(read_stubs(file)) == 1
        else:
            with pytest.raises(SourceError):
                read_stubs(file)

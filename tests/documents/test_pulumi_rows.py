"""``docs/pulumi.md`` has a row for each resource option, and each row is held by a test."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pulumi
import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "pulumi.md").read_text(encoding="utf-8").splitlines()
ROWS = [line.strip("|").split("|") for line in LINES if line.startswith("| ")]
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("row", [row for row in ROWS if row[-1].strip() != "test"], ids=lambda row: row[0].strip())
def test_a_row(row: list[str]) -> None:
    """Each row has three cells, one or a few short sentences, and tests that exist."""
    _, holds, tests = row
    assert holds.strip().endswith((".", ".**"))
    assert len(holds) <= 220
    assert quoted(tests)
    for name in quoted(tests):
        assert re.search(rf"^def {re.escape(name)}\(", TESTS, re.MULTILINE), name


def test_each_option_has_a_row() -> None:
    """The first table has the options that the SDK in use knows, once each, and no others."""
    second = next(number for number, row in enumerate(ROWS) if row[0].strip() == "command")
    rows = [name for row in ROWS[1:second] for name in quoted(row[0])]
    assert sorted(rows) == sorted(set(inspect.signature(pulumi.ResourceOptions).parameters))

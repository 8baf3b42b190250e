"""``docs/api-facts.md`` names code and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "api-facts.md").read_text(encoding="utf-8").splitlines()
ROWS = [line.strip("|").split("|") for line in LINES if line.startswith("| ")][1:]
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip() for row in ROWS])
def test_a_row(row: list[str]) -> None:
    """Each row has four cells; its code and its test exist."""
    _, _, where, test = row
    file, what = re.findall(r"`([^`]+)`", where)
    assert what in (ROOT / "provider" / "pulumi_8x8" / file).read_text(encoding="utf-8")
    (name,) = re.findall(r"`([^`]+)`", test)
    scenario = (ROOT / "tests" / "scenarios" / f"{name}.yaml").exists()
    assert scenario or re.search(rf"^def {re.escape(name)}\(", TESTS, re.MULTILINE)

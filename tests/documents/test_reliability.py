"""``docs/reliability.md`` names tests that exist for each promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROMISES, NO_PROMISES = PAGE.split("\n## What isn't promised\n")
ROWS = [line.strip("|").split("|") for line in PROMISES.splitlines() if line.startswith("| ")]
TESTS = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
#: What earlier pages already exclude, in a word that the last section must have.
EXCLUDED = ["If-Match", "-v=9", "PULUMI_DEBUG_GRPC", "Plain values", "short secrets", "api-facts.md"]


@pytest.mark.parametrize("row", [row for row in ROWS if row[0].strip() != "promise"], ids=lambda row: row[0].strip())
def test_a_row(row: list[str]) -> None:
    """Each row has three cells, which are sentences, and tests that exist."""
    promise, how, tests = (cell.strip() for cell in row)
    assert promise.endswith(".")
    assert how.endswith(".")
    names = re.findall(r"`(\w+)`", tests)
    assert names
    assert tests == ", ".join(f"`{name}`" for name in names)
    missing = [name for name in names if not re.search(rf"^def {name}\(", TESTS, re.MULTILINE)]
    assert not missing


@pytest.mark.parametrize("what", EXCLUDED)
def test_what_is_not_promised(what: str) -> None:
    """What can't be promised is at the end, and so nowhere among the promises."""
    assert what in NO_PROMISES
    assert what not in PROMISES

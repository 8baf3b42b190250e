"""The promises of docs/compatibility.md."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = (Path(__file__).parent / "public_names.txt").read_text("utf-8").split()
PAGE = (ROOT / "docs" / "compatibility.md").read_text("utf-8")
ROWS = re.findall(r"^\| (?!what |---)(.*?) \|.*\| (.*?) ?\|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("module", ["pulumi_8x8", "pulumi_8x8.testing"])
def test_public_names(module: str) -> None:
    """Every name of the list is offered, and exists. A new name gets its line when it is released."""
    offered = import_module(module)
    kept = {name.rpartition(".")[2] for name in NAMES if name.rpartition(".")[0] == module}
    assert kept
    assert kept <= set(offered.__all__)
    assert all(getattr(offered, name) is not None for name in offered.__all__)


@pytest.mark.parametrize(("promise", "tests"), ROWS)
def test_rows(promise: str, tests: str) -> None:
    """What a row names as its test exists."""
    for name in re.findall(r"`(.+?)`", tests):
        if name.startswith("test_"):
            assert any(f"def {name}(" in file.read_text("utf-8") for file in Path(__file__).parent.glob("*.py"))
        elif not name.startswith("make "):
            assert (ROOT / name).exists(), promise

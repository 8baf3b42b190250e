"""The recipes of CONTRIBUTING.md work: each is followed in a copy of the repository."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tools.docs import ROOT
from tools.docs.transcripts import run

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("\n## Recipes\n")[2]
PARTS = re.split(r"^### (.+)\n", TEXT, flags=re.MULTILINE)[1:]
RECIPES = dict(zip(PARTS[::2], PARTS[1::2], strict=True))
COPIED = (
    "provider",
    "tests",
    "tools",
    "docs",
    "examples",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "ARCHITECTURE.md",
)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the repository, which Python prefers to what is installed."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    monkeypatch.setenv("PYTHONPATH", str(copy / "provider"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return copy


def test_recipes() -> None:
    """There is a recipe for what people add most."""
    assert [*RECIPES] == ["A step type", "A lint rule", "A command", "A format", "A documentation page"]


@pytest.mark.parametrize("name", RECIPES)
def test_recipe(name: str, copy: Path, tmp_path: Path) -> None:
    """Whoever follows the recipe gets what it shows."""
    home = tmp_path / "home"
    home.mkdir()
    commands = 0
    for command, printed in run(re.sub("^   ", "", RECIPES[name], flags=re.MULTILINE), home, work=copy):
        assert command.agrees(printed), f"{command.text}\nthe recipe shows:\n{command.printed}\nit prints:\n{printed}"
        commands += 1
    assert commands >= 2

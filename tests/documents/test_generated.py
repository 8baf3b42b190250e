"""What ``make docs`` generates is up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs import GENERATED, ROOT
from tools.docs.__main__ import main


@pytest.mark.parametrize("name", GENERATED)
def test_up_to_date(name: str) -> None:
    """Each generated file is what its generator returns; ``test_documents.py`` checks the transcripts."""
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name](), "run: make docs"


def test_nothing_to_write(capsys: pytest.CaptureFixture[str]) -> None:
    """The command writes the named files, and reports only files that changed."""
    times = {name: (ROOT / name).stat().st_mtime_ns for name in GENERATED}
    assert main([*GENERATED]) == 0
    assert capsys.readouterr().out == ""
    assert {name: (ROOT / name).stat().st_mtime_ns for name in GENERATED} == times


def test_a_file_that_is_not_generated(capsys: pytest.CaptureFixture[str]) -> None:
    """Another file is refused, with a list of those that are generated."""
    assert main(["docs/emulator.md"]) == 2
    assert "docs/emulator.md" in (printed := capsys.readouterr().err)
    assert "\ndocs/cli.md\n" in printed


def test_make_docs() -> None:
    """``make docs`` runs the command, and ``make help`` lists it."""
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\ndocs: engine\n\t@$(BIN)/python -m tools.docs\n" in makefile
    assert "@echo 'make docs " in makefile

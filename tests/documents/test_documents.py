"""The documents are true: their commands are run in order, and what they print is compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.docs import ROOT
from tools.docs.transcripts import DOCUMENTS, Command, run

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", DOCUMENTS)
def test_document(name: str, tmp_path: Path) -> None:
    """Every command prints the output in the document."""
    text = (ROOT / name).read_text("utf-8")
    commands = 0
    for command, printed in run(text, tmp_path):
        assert command.agrees(printed), (
            f"{command.text}\nthe document shows:\n{command.printed}\nit prints:\n{printed}\n"
            f"After a look at it: python -m tools.docs {name}"
        )
        commands += 1
    in_background = text.count("```console background\n")
    assert commands == len(re.findall(r"^\$ ", text, re.MULTILINE)) - in_background > 0
    assert len(text.splitlines()) <= 160  # two pages


@pytest.mark.parametrize(
    ("documented", "printed", "agrees"),
    [
        ("done\n", "done\n", True),
        ("done\n", "done\nmore\n", False),
        ("done\n…\n", "done\nmore\nand more\n", True),
        ("…\ndone\n…\n", "done\n", True),
        ("…\ndone\n…\n", "not done\n", False),
        ("a\n…\nb\n", "a\nb\nc\n", False),
        ("created (0.1s)\n", "created (12s)\n", True),
        ("3 created\n", "4 created\n", False),
        ("runs 9f323e9e, this is 8546c973\n", "runs 00000a0a, this is 8546c974\n", True),
        ("version 2, 2026-11-24 07:20:58Z, enabled\n", "version 2, 2027-01-01 00:00:00Z, enabled\n", True),
        ("version 2, 2026-11-24 07:20:58Z, enabled\n", "version 3, 2026-11-24 07:20:58Z, enabled\n", False),
        ("", "error\n", False),
    ],
)
def test_what_agrees(documented: str, printed: str, agrees: bool) -> None:
    """Only what is different each time may be different."""
    assert Command("", documented, 0, 0).agrees(printed) == agrees

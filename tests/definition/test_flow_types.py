"""What a type checker reports about flows: nothing about good ones, and one error at each wrong line."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

TYPED = Path(__file__).parents[1] / "typed"


def _errors(name: str) -> dict[int, str]:
    """The code of the error at each line."""
    shown, broken, _ = api.run(["--hide-error-context", "--no-pretty", "--warn-unused-ignores", str(TYPED / name)])
    assert not broken
    found = re.findall(rf"{name}:(\d+): error: .*\[([\w-]+)\]$", shown, re.MULTILINE)
    return {int(line): code for line, code in found}


def test_good_flows() -> None:
    """Nothing is wrong with the flows that the guide shows."""
    assert _errors("good_flows.py") == {}


def test_wrong_flows() -> None:
    """Every mistake is an error at its line, and no other line has one."""
    lines = (TYPED / "wrong_flows.py").read_text(encoding="utf-8").splitlines()
    marked = ((number, re.search(r"# E: ([\w-]+)", line)) for number, line in enumerate(lines, 1))
    wanted = {number: found[1] for number, found in marked if found}
    assert len(wanted) >= 30
    assert _errors("wrong_flows.py") == wanted

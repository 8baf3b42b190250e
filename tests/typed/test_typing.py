"""Typed messages and flows, for mypy and pyright: right programs pass, and each wrong line is an error at its line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = ("right.py", "wrong.py", "good_flows.py", "wrong_flows.py")

#: The errors of mypy and of pyright by the reason in ``wrong.py``; ``wrong_flows.py`` has the errors themselves.
REASONS = {
    "call-arg": "call",
    "arg-type": "type",
    "list-item": "type",
    "reportCallIssue": "call",
    "reportArgumentType": "type",
}
_MARK = re.compile(r"# wrong (\w+):|# E: ([\w-]+) (\w+)$")

Found = dict[tuple[str, int], set[str]]


def _expected(position: int) -> dict[tuple[str, int], str]:
    """The reason, or the error of mypy (2) or of pyright (3), by program and line."""
    found: dict[tuple[str, int], str] = {}
    for name in PROGRAMS:
        for number, line in enumerate((HERE / name).read_text(encoding="utf-8").splitlines(), 1):
            if mark := _MARK.search(line):
                found[name, number] = mark[1] or mark[position]
    return found


def _missed(found: Found, expected: Mapping[tuple[str, int], str]) -> dict[tuple[str, int], object]:
    """Lines without the expected error, and lines with an error that isn't expected."""
    reasons = {at: {*codes, *(REASONS[code] for code in codes if code in REASONS)} for at, codes in found.items()}
    places = {*found, *expected}
    return {at: found.get(at) for at in places if at not in expected or expected[at] not in reasons.get(at, ())}


def test_mypy() -> None:
    """Strict mypy finds exactly the expected errors."""
    files = [str(HERE / name) for name in PROGRAMS]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found: Found = {}
    for file, line, code in re.findall(r"^(.*?):(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE):
        found.setdefault((Path(file).name, int(line)), set()).add(code)
    assert _missed(found, _expected(2)) == {}, done.stdout


def test_pyright() -> None:
    """Pyright, in its strict mode, finds exactly the expected errors."""
    command = ["basedpyright", "--project", str(HERE), "--pythonpath", sys.executable, "--outputjson"]
    command[0] = str(Path(sys.executable).parent / command[0])
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found: Found = {}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        at = Path(each["file"]).name, each["range"]["start"]["line"] + 1
        found.setdefault(at, set()).add(each["rule"])
    assert _missed(found, _expected(3)) == {}, done.stdout


@pytest.mark.parametrize("program", ["wrong.py", "wrong_flows.py"])
def test_there_is_enough(program: str) -> None:
    """The wrong programs have many errors, of several kinds."""
    reasons = [reason for (name, _), reason in _expected(3).items() if name == program]
    assert len(reasons) >= 30
    assert len(set(reasons)) >= 2

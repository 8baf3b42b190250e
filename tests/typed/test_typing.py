"""The typed parts of messages, for mypy and pyright: right programs pass, wrong ones don't."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

#: The errors of mypy and of pyright by the reason in ``wrong.py``.
REASONS = {
    "call-arg": "call",
    "arg-type": "type",
    "list-item": "type",
    "reportCallIssue": "call",
    "reportArgumentType": "type",
}


def _expected() -> dict[int, str]:
    """The reason by line."""
    lines = (HERE / "wrong.py").read_text(encoding="utf-8").splitlines()
    found = ((number, re.search(r"# wrong (\w+):", line)) for number, line in enumerate(lines, 1))
    return {number: match[1] for number, match in found if match}


def test_mypy() -> None:
    """Strict mypy finds exactly the expected errors."""
    files = [str(HERE / name) for name in ("right.py", "wrong.py")]
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *files]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    errors = re.findall(r"^(.*?):(\d+): error: .*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert [file for file, _, _ in errors if not file.endswith("wrong.py")] == [], done.stdout
    assert {int(line): REASONS.get(code, code) for _, line, code in errors} == _expected(), done.stdout


def test_pyright() -> None:
    """Pyright, in its strict mode, finds exactly the expected errors."""
    command = ["basedpyright", "--project", str(HERE), "--pythonpath", sys.executable, "--outputjson"]
    command[0] = str(Path(sys.executable).parent / command[0])
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    files = {Path(each["file"]).name for each in found}
    assert files == {"wrong.py"}, [each for each in found if not each["file"].endswith("wrong.py")]
    reasons = {each["range"]["start"]["line"] + 1: REASONS.get(each["rule"], each["rule"]) for each in found}
    assert reasons == _expected(), found


def test_there_is_enough() -> None:
    """The wrong programs have errors of both kinds in each kind of message."""
    assert len(_expected()) >= 30
    assert set(_expected().values()) == {"call", "type"}

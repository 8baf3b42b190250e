"""A package list that the tests make themselves replaces pip here; both lists are equal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

QUICK = Path(__file__).parents[1] / "quick"


def test_the_list_is_pips() -> None:
    """The same packages, versions and places; other commands are pip's own."""

    def pip(*arguments: str, quick: bool) -> str:
        environ = {**os.environ, "PYTHONPATH": str(QUICK) if quick else ""}
        command = [sys.executable, "-m", "pip", *arguments]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, cwd="/").stdout

    def packages(quick: bool) -> list[tuple[str, str, str]]:
        listed = json.loads(pip("list", "-v", "--format", "json", quick=quick))
        return sorted((each["name"].lower(), each["version"], each["location"]) for each in listed)

    assert packages(quick=True) == packages(quick=False)
    assert pip("--version", quick=True) == pip("--version", quick=False)

"""docs/review.md is true: its commands are run, and what they print is compared."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from kit import BIN

DOCUMENT = Path(__file__).parents[2] / "docs" / "review.md"
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What "somebody" of the document does to the file.
CHANGES = {
    "Answer 1 for sales, 2 for support": "Answer 1 for sales, 2 for support, 3 for our hours",
    "timeout: 1.00:00:00": "timeout: 00:05:00",
    "        bye: null\n": "        send_hours: \"{{data.reply.payload.body == '3'}}\"\n        bye: null\n",
    "Thank you, goodbye\n": """Goodbye
    - id: send_hours
      stepType: SMS
      inputs:
        subAccountId: acme
        destination: "{{data.payload.source}}"
        text: We are open from 9 to 5
""",
}


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which git works without anybody's configuration."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": "a@acme.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**kept, **who, "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull, "PATH": path, "NO_COLOR": "1"}


def test_document(tmp_path: Path, shell: dict[str, str]) -> None:
    """Every command prints the output in the document."""
    blocks = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    ((_, name, text),) = [block for block in blocks if block[1]]
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")

    def run(command: str) -> str:
        return subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=shell, text=True, stdout=-1, stderr=subprocess.STDOUT
        ).stdout

    run("git init --quiet --initial-branch main && git add --all && git commit --quiet --message first")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    commands = 0
    for language, _, content in blocks:
        if language == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.MULTILINE):
                assert run(command) == expected, command
                commands += 1
    assert commands == 5
    assert (tmp_path / "review.html").stat().st_size > 5_000

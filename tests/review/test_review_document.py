"""docs/review.md is true: its commands are run, and what they print is compared."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import pytest

from kit import API_KEY, BIN, Account, emulator_on
from pulumi_8x8.definition import parse_source
from pulumi_8x8.simulator import message_body, written
from tools.docs.transcripts import Command

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


#: What the customers of the deployed menu answered, and after how many minutes; ``None``: nothing.
ANSWERS: tuple[tuple[str | None, int], ...] = (
    *(("1", 2),) * 5,
    *(("2", 3),) * 3,
    *(("3", 1),) * 2,
    *(("1", 20),) * 2,
    ("hello", 4),
    (None, 0),
)


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An environment with an account of an emulator, where the menu of the document has had conversations."""
    with emulator_on(tmp_path / "emulator.sqlite") as url:
        account = Account(url, "acme")
        ((_, _, text),) = [block for block in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")) if block[1]]
        menu = account.call("POST", json=parse_source("menu.yaml", text.encode()).body)["definition"]["id"]
        for number, (answer, minutes) in enumerate(ANSWERS):
            phone = f"+658196{number:04}"
            for each, wait in (("hi", 60 * minutes), (answer, 2 * 86400)):
                if each is not None:
                    message = message_body(written(each), "sms", phone, "acme", datetime.now(UTC), Random(number))
                    httpx.post(f"{url}/_emulator/inbound?accountId=acme", json=message).raise_for_status()
                httpx.post(f"{url}/_emulator/clock", json={"seconds": wait}).raise_for_status()
        yield {
            "MENU": menu,
            "PULUMI_8X8_ACCOUNT_ID": "acme",
            "PULUMI_8X8_API_KEY": API_KEY,
            "PULUMI_8X8_BASE_URL": url,
        }


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment in which git works without anybody's configuration."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": "a@acme.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return {**kept, **who, "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull, "PATH": path, "NO_COLOR": "1"}


def test_document(tmp_path: Path, shell: dict[str, str], deployed: dict[str, str]) -> None:
    """Every command prints the output in the document."""
    blocks = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    ((_, name, text),) = [block for block in blocks if block[1]]
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")

    def run(command: str) -> str:
        return subprocess.run(
            ["bash", "-c", command], cwd=tmp_path, env=shell | deployed, text=True, stdout=-1, stderr=subprocess.STDOUT
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
                printed = run(command)
                assert Command(command, expected, 0, 0).agrees(printed), f"{command}\n{printed}"
                commands += 1
    assert commands == 10
    assert (tmp_path / "review.html").stat().st_size > 5_000

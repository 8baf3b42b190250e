"""Running ``pulumi-8x8 review``, and files to run it on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from pulumi_8x8.cli import main

PREVIEWS = Path(__file__).parent / "previews"


def run(*arguments: str | Path, stdin: bytes | None = None, **environment: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(main, ["review", *map(str, arguments)], input=stdin, env=environment)


def workflow(name: str = "Menu", text: str = "Hello", **inputs: Any) -> dict[str, Any]:
    """A workflow of one message."""
    sms = {"subAccountId": "acme", "destination": "{{data.payload.source}}", "text": text, **inputs}
    steps = [{"id": "hello", "stepType": "SMS", "inputs": sms}]
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": name, "steps": steps}}


def write(path: Path, content: Any) -> Path:
    """``content`` as a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path

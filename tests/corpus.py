"""The published definitions in ``corpus/`` (see its INDEX.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "corpus"

#: Every file, by its stem.
FILES: dict[str, Path] = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}


def body(name: str) -> dict[str, Any]:
    """The content of the file ``name``; a single step is wrapped into a definition."""
    content: dict[str, Any] = json.loads(FILES[name].read_text(encoding="utf-8"))
    if "definition" in content:
        return content
    return {"trigger": "http_request", "status": "enabled", "definition": {"name": name, "steps": [content]}}


BODIES: dict[str, dict[str, Any]] = {name: body(name) for name in FILES}

#: The published inputs of steps ChatAppsMessage in ``corpus/messages/``, by the stem of their files.
MESSAGES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "messages").glob("*.json"))
}

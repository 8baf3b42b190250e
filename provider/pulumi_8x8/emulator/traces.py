"""What happened in an instance: its events as the database keeps them, and as the page gets them. No I/O."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.simulator import Event

_MAX_EVENT = 20_000  # characters of JSON


@dataclass(frozen=True)
class Trace:
    """What happened in an instance: the last events. :ivar last: the number of the last one, from 1."""

    events: list[dict[str, Any]]
    last: int


def event_line(event: Event) -> str:
    """An event as one line of JSON. A value that is too long is cut, and shows that."""
    value = event.to_json()
    line = json.dumps(value)
    if len(line) <= _MAX_EVENT:
        return line
    return json.dumps({name: _cut(member, _MAX_EVENT // 10) for name, member in value.items()})


def _cut(value: Any, most: int) -> Any:
    line = value if isinstance(value, str) else json.dumps(value)
    return value if len(line) <= most else f"{line[:most]}… (cut: {len(line):,} characters)"


def read_event(line: str) -> dict[str, Any]:
    """An event in the database. Earlier versions of this program wrote lines for people."""
    try:
        value = json.loads(line)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"time": None, "step": "", "kind": "line", "text": line}

"""Describes what happened in a simulation, for people to read and tests to compare. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pulumi_8x8.simulator.clock import timestamp
from pulumi_8x8.simulator.conversions import text


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    :ivar step_id: the step; empty if the event is about the whole instance.
    :ivar kind: ``start``, ``step``, ``message``, ``sleep``, ``wait``, ``received``, ``timeout``, ``call``,
        ``answer``, ``edge``, ``fault``, ``complete``.
    :ivar detail: members that depend on the kind: JSON values and moments.
    """

    time: datetime
    step_id: str
    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        detail = {
            name: timestamp(value) if isinstance(value, datetime) else value for name, value in self.detail.items()
        }
        return {"time": timestamp(self.time), "step": self.step_id, "kind": self.kind, **detail}

    def __str__(self) -> str:
        """One line, without the time."""
        detail = self.detail
        match self.kind:
            case "start":
                what = f"starts: {_short(detail['trigger'])}"
            case "step":
                what = f"{self.step_id} ({text(detail['type'])})"
            case "message":
                what = f"  sends by {detail['channel']}: {_short(detail['text'] or detail['body'])}"
            case "sleep":
                what = f"  sleeps until {timestamp(detail['until'])}"
            case "wait":
                what = f"  waits for {detail['event']} until {timestamp(detail['until'])}"
            case "received":
                what = f"{self.step_id} received {_short(_content(detail['body']))}"
            case "timeout":
                what = f"{self.step_id} timed out"
            case "call":
                what = f"  calls {detail['method']} {detail['url']}"
            case "answer":
                answer = detail["failure"] or f"{detail['status']} {detail['reason']} {_short(detail['text'])}".rstrip()
                what = f"{self.step_id} got {answer}"
            case "edge":
                end = "" if detail["exists"] else ", which doesn't exist: this path ends"
                why = {"next": "", "default": "otherwise ", "inside": "inside "}.get(detail["why"])
                because = f"because {detail['why']} " if why is None else why
                what = f"  {because}-> {detail['to']}{end}"
            case "fault":
                what = f"{self.step_id} FAULT: {detail['message']}"
            case _:
                what = self.kind
        return what


def _content(body: Mapping[str, Any]) -> Any:
    """The text or keys that a customer sent, or the whole body."""
    payload, action = body.get("payload"), body.get("actionDetails")
    if isinstance(payload, dict):
        content = payload.get("content")
        return payload.get("body") or (content.get("text") or content if isinstance(content, dict) else payload)
    return action.get("dtmf") if isinstance(action, dict) else body


def _short(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 200 else line[:199] + "…"


def show(events: list[Event]) -> str:
    """The events, one a line. A line shows the time if it differs from the line before."""
    lines, last = [], None
    for event in events:
        moment = timestamp(event.time)
        lines.append(f"{moment if moment != last else '':24}  {event}")
        last = moment
    return "\n".join(lines)


def show_json(events: list[Event]) -> str:
    """The events, each as a JSON object on a line of its own."""
    return "\n".join(json.dumps(event.to_json(), ensure_ascii=False) for event in events)

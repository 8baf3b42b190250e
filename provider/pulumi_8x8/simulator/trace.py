"""Describes what happened in a simulation, for people to read and tests to compare. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pulumi_8x8.analysis.credentials import find_credentials
from pulumi_8x8.definition.masking import HIDDEN
from pulumi_8x8.phrasing import printable, printable_lines
from pulumi_8x8.simulator.clock import timestamp
from pulumi_8x8.simulator.conversions import text
from pulumi_8x8.styling import styled


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    :ivar step_id: the step; empty if the event is about the whole instance.
    :ivar kind: ``start``, ``step``, ``inputs``, ``message``, ``sleep``, ``wait``, ``received``, ``timeout``, ``call``,
        ``answer``, ``outputs``, ``condition``, ``edge``, ``warning``, ``fault``, ``complete``.
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
        """Without the time, in one line; a message has all lines that its receiver reads."""
        detail = self.detail
        match self.kind:
            case "start":
                what = f"starts: {_short(detail['trigger'])}"
            case "step":
                what = f"{self.step_id} ({text(detail['type'])})"
            case "inputs":
                what = f"  inputs {_short(detail['inputs'])}"
            case "outputs":
                what = f"  sets {_short(detail['data'])}"
            case "condition":
                what = f"  {detail['to']}? {printable(_condition(detail))}"
            case "message":
                refused = detail.get("refused")
                failed = f"\n  refused: {refused['code']} {printable(refused['message'])}" if refused else ""
                what = f"  sends by {detail['channel']}:{_quoted(detail['words'])}{failed}"
            case "sleep":
                what = f"  sleeps until {timestamp(detail['until'])}"
            case "wait":
                what = f"  waits for {detail['event']} until {timestamp(detail['until'])}"
            case "received":
                what = f"{self.step_id} received {_short(received_in_words(detail['body']))}"
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
            case "warning":
                what = f"  warning: {detail['message']}"
            case "fault":
                what = f"{self.step_id} FAULT: {detail['message']}"
            case _:
                what = self.kind
        return what


def _condition(detail: Mapping[str, Any]) -> str:
    """Why a condition is true or false, as far as its evaluation shows it."""
    result = json.dumps(detail["result"])
    reasons = [
        f"{each['expression']}: {each['values']} is {each['result']}"
        if each["values"]
        else f"{each['expression']} is {each['result']}"
        for each in detail["because"]
    ]
    if not reasons:
        return f"{detail['script']} is {result}"
    if [each["result"] for each in detail["because"]] == [result]:
        return reasons[0]
    return f"{result}: {'; '.join(reasons)}"


def without_credentials(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs as a trace shows them: with :data:`HIDDEN` for what looks like a credential."""
    return {name: _hide(("inputs", name), value) for name, value in inputs.items()}


def _hide(path: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _hide((*path, name), member) for name, member in value.items()}
    if not isinstance(value, str):
        return value
    for found in reversed(find_credentials(path, value)):
        value = value[: found.start] + HIDDEN + value[found.end :]
    return value


def received_in_words(body: Mapping[str, Any]) -> Any:
    """What a customer sent: the text, the title of what was tapped, the URL of a picture, the keys; else the body."""
    payload, action = body.get("payload"), body.get("actionDetails")
    if not isinstance(payload, dict):
        return action.get("dtmf") if isinstance(action, dict) else body.get("body", body)
    content = payload.get("content")
    if payload.get("body") or not isinstance(content, dict):
        return payload.get("body") or payload
    interactive = content.get("interactive")
    if isinstance(interactive, dict):
        tapped = interactive.get(str(interactive.get("type")))
        names = ("title", "responseJson", "response")
        found = [tapped[name] for name in names if name in tapped] if isinstance(tapped, dict) else []
        return found[0] if found else interactive
    return content.get("text") or content.get("url") or content


def _quoted(words: str) -> str:
    """A message on the line of its step, or each of its lines behind a mark."""
    lines = printable_lines(words).split("\n")
    return f" {lines[0]}" if len(lines) == 1 else "".join(f"\n    | {line}".rstrip() for line in lines)


def _short(value: Any) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 200 else line[:199] + "…"


#: By the kind of an event.
_STYLES = {
    "start": "bold",
    "step": "bold",
    "inputs": "dim",
    "condition": "dim",
    "message": "green",
    "received": "cyan",
    "timeout": "yellow",
    "warning": "yellow",
    "fault": "red",
    "complete": "bold",
}
#: In fewer columns, the time has a line of its own.
_WIDE = 100


def show(events: list[Event], *, coloured: bool = False, columns: int | None = None) -> str:
    """The events, one a line. A line shows the time if it differs from the line before.

    :param columns: of the terminal.
    """

    def in_style(text: str, style: str) -> str:
        return styled(text, style) if coloured else text

    above = columns is not None and columns < _WIDE
    lines, last = [], None
    for event in events:
        moment = timestamp(event.time)
        new = moment if moment != last else ""
        if above and new:
            lines.append(in_style(new, "dim"))
        before = "  " if above else f"{in_style(new, 'dim')}{' ' * (26 - len(new))}"
        for line in str(event).split("\n"):
            style = "red" if line.startswith("  refused:") else _STYLES.get(event.kind, "")
            indent = len(line) - len(line.lstrip())
            lines.append(f"{before}{line[:indent]}{in_style(line[indent:], style)}")
            before = "  " if above else " " * 26
        last = moment
    return "\n".join(lines)


def show_json(events: list[Event]) -> str:
    """The events, each as a JSON object on a line of its own."""
    return "\n".join(json.dumps(event.to_json(), ensure_ascii=False) for event in events)

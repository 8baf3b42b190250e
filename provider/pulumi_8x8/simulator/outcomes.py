"""Defines the outcomes of a step. A step only returns an outcome; the engine applies it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pulumi_8x8.simulator.conversions import text
from pulumi_8x8.simulator.http import HttpCall


@dataclass(frozen=True)
class Next:
    """The step is done. ``result`` is the value of ``step`` in scripts until the next steps are chosen."""

    result: Any = None


@dataclass(frozen=True)
class Message:
    """A message that a step sends.

    :ivar body: the step's inputs, scripts evaluated. The service sends them to its messaging API.
    """

    channel: Literal["sms", "chat_apps", "voice", "converse"]
    step_id: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The text that the receiver reads or hears, or a template's name; empty if there is none."""
        holder = {"sms": self.body, "chat_apps": self.body.get("content"), "voice": self.body.get("params")}
        content = holder.get(self.channel)
        if not isinstance(content, dict):
            return ""
        template = content.get("template")
        return text(content.get("text", template.get("name") if isinstance(template, dict) else None))


@dataclass(frozen=True)
class Send:
    """The step sends a message and is done. ``result`` as in :class:`Next`."""

    message: Message
    result: dict[str, Any]


@dataclass(frozen=True)
class Sleep:
    """The step is done after ``duration``."""

    duration: timedelta


@dataclass(frozen=True)
class WaitFor:
    """The step is done when an event arrives, or after ``timeout``.

    :ivar event: the event's key; see :mod:`pulumi_8x8.simulator.events`.
    """

    event: str
    timeout: timedelta


@dataclass(frozen=True)
class Call:
    """The step is done when its HTTP call has an answer."""

    call: HttpCall


@dataclass(frozen=True)
class Inside:
    """The step is done when all paths that start at these steps have ended."""

    starts: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """The step failed, which terminates the instance with this error."""

    message: str


Outcome = Next | Send | Sleep | WaitFor | Call | Inside | Fault

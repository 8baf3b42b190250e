"""Defines the outcomes of a step. A step only returns an outcome; the engine applies it. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from pulumi_8x8.definition import messages
from pulumi_8x8.definition.steps import SMS, ChatAppsMessage, SendToConverse, VoiceMessage
from pulumi_8x8.simulator.conversions import text
from pulumi_8x8.simulator.http import HttpCall


@dataclass(frozen=True)
class Next:
    """The step is done. ``result`` is the value of ``step`` in scripts until the next steps are chosen."""

    result: Any = None


@dataclass(frozen=True)
class Refusal:
    """Why the messaging API refuses a message: its code, and the reason."""

    code: int
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.message}"


@dataclass(frozen=True)
class Message:
    """A message that a step sends.

    :ivar body: the step's inputs, scripts evaluated. The service sends them to its messaging API.
    :ivar umid: the message's id in the messaging API.
    :ivar refused: why the message doesn't arrive; ``None``: it arrives.
    """

    channel: Literal["sms", "chat_apps", "voice", "converse"]
    step_id: str
    body: dict[str, Any]
    umid: str = ""
    refused: Refusal | None = None

    @property
    def step_type(self) -> str:
        """The type of the step that sends it; the channel, if no model describes its messages."""
        return _STEP_TYPES.get(self.channel, self.channel)

    @cached_property
    def shown(self) -> messages.Message:
        """The message as its receiver sees it."""
        shown = messages.read_message(self.step_type, self.body)
        return shown or messages.Message(self.channel, self.channel, body=text(self.body.get("text", self.body)))

    @property
    def words(self) -> str:
        """The message as its receiver reads it, a part a line."""
        return messages.in_words(self.shown)

    @property
    def text(self) -> str:
        """The main text that the receiver reads or hears, or a template's name; empty if there is none."""
        return self.shown.body or self.shown.template


_STEP_TYPES = {
    "sms": SMS.step_type,
    "chat_apps": ChatAppsMessage.step_type,
    "voice": VoiceMessage.step_type,
    "converse": SendToConverse.step_type,
}


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

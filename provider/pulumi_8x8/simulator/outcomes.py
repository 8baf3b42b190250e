"""What a step can say should happen. Steps only say it; the engine does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal


@dataclass(frozen=True)
class Next:
    """The step is done. ``result`` is what ``step`` is until the next steps are chosen."""

    result: Any = None


@dataclass(frozen=True)
class Message:
    """A message on its way out.

    :ivar body: the step's inputs, scripts evaluated: the request that the messaging API would get.
    """

    channel: Literal["sms", "chat_apps"]
    step_id: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Send:
    """The message goes out, and the step is done. ``result`` as in :class:`Next`."""

    message: Message
    result: dict[str, Any]


@dataclass(frozen=True)
class Sleep:
    """The step is done when ``duration`` has passed."""

    duration: timedelta


@dataclass(frozen=True)
class Inside:
    """The step is done when the paths that start at these steps have ended. All of them run."""

    starts: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """The step failed: the instance is terminated with this error."""

    message: str


Outcome = Next | Send | Sleep | Inside | Fault

"""Where the time comes from. Everything that runs workflows asks a clock, so tests can move it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    :param start: timezone-aware; the moment that it shows first.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        """Move on by ``seconds``."""
        self._now += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Move on to ``moment``; never back."""
        self._now = max(self._now, moment)


class ShiftedClock:
    """Another clock, some time ahead of it.

    :ivar shift: how much.
    """

    def __init__(self, clock: Clock, shift: timedelta = timedelta(0)) -> None:
        self._clock = clock
        self.shift = shift

    def now(self) -> datetime:
        return self._clock.now() + self.shift

    def move_to(self, moment: datetime) -> None:
        """Move on to ``moment``; never back."""
        self.shift += max(timedelta(0), moment - self.now())


def timestamp(moment: datetime) -> str:
    """``2021-07-12T04:49:30.270Z``: how the service writes a moment (OpenAPI file, every example)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(value: Any) -> datetime:
    """An ISO 8601 date and time; without a zone it is UTC. :raises ValueError: it is none."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is not a date and time such as 2026-03-01T20:00+08:00") from None

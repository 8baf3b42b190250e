"""Provides clocks. Everything that runs workflows reads the time from a clock, so that tests can move it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """The current moment, timezone-aware, in UTC."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves by calls of its methods.

    :param start: the first moment, timezone-aware.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def move(self, seconds: float) -> None:
        """Moves forward by ``seconds``."""
        self._now += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Moves forward to ``moment``; never back."""
        self._now = max(self._now, moment)


class ShiftedClock:
    """A clock that is ahead of another clock.

    :ivar shift: the difference.
    """

    def __init__(self, clock: Clock, shift: timedelta = timedelta(0)) -> None:
        self._clock = clock
        self.shift = shift

    def now(self) -> datetime:
        return self._clock.now() + self.shift

    def move_to(self, moment: datetime) -> None:
        """Moves forward to ``moment``; never back."""
        self.shift += max(timedelta(0), moment - self.now())


def timestamp(moment: datetime) -> str:
    """A moment as the service writes it: ``2021-07-12T04:49:30.270Z`` (OpenAPI file, every example)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moment(value: Any) -> datetime:
    """Parses an ISO 8601 date and time; without a zone, UTC. :raises ValueError: ``value`` isn't one."""
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} isn't a date and time such as 2026-03-01T20:00+08:00") from None

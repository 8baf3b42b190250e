"""Trying again: only where that cannot do harm, no longer than a limit, and all threads slowed down together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import stamina

from pulumi_8x8.errors import ApiError, BadAnswer, Throttled, Unreachable

_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """How long to go on trying, in seconds.

    :param attempts: tries of one call, the first included.
    :param limit: when so long has passed, the next error is the last; no wait is begun that the service wants longer.
    :param first_wait: before the second try; doubles from then on, up to ``longest_wait``, and half as much jitter.
    :param poll: between two looks at something that takes its time; grows to ten times that.
    """

    attempts: int = 6
    limit: float = 120.0
    first_wait: float = 0.5
    longest_wait: float = 20.0
    poll: float = 0.2


class Gate:
    """What a throttled thread learned holds for all: nobody calls before the time that the service named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = 0.0

    def close_for(self, seconds: float) -> None:
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)

    def wait(self) -> None:
        while (left := self._opens - time.monotonic()) > 0:  # it may close again meanwhile
            time.sleep(left)


def retry(
    call: Callable[[], _T],
    patience: Patience,
    gate: Gate,
    again: Callable[[ApiError], bool],
    tell: Callable[[str], None],
) -> _T:
    """``call()``, tried again while ``again(error)`` says that repeating it is safe.

    :param tell: is told once when the waiting gets noticeable.
    :raises ApiError: the last one, with how often and how long it was tried.
    """
    started = time.monotonic()
    told = False
    tries = 0

    def backoff(error: Exception) -> bool | float:
        nonlocal told
        if not isinstance(error, ApiError) or not again(error):
            return False
        wait = error.retry_after
        if wait is not None:
            if time.monotonic() - started + wait > patience.limit:
                return False
            gate.close_for(wait)
        if not told and (wait or 0) + time.monotonic() - started > 2:
            told = True
            what = "it does not answer" if error.status is None else f"{error.status} {error.detail}"
            tell(f"waiting for the service, up to {patience.limit:.0f} s: {what}")
        return True if wait is None else wait

    try:
        for attempt in stamina.retry_context(
            on=backoff,
            attempts=patience.attempts,
            timeout=patience.limit,
            wait_initial=patience.first_wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.first_wait / 2,
        ):
            with attempt:
                tries += 1
                gate.wait()
                return call()
    except ApiError as error:
        if tries > 1:
            error.args = (f"{error} Tried {tries} times in {time.monotonic() - started:.0f} s.",)
        raise
    raise AssertionError("a retry context ends by returning or raising")


def when_reading(error: ApiError) -> bool:
    """A call that changes nothing may be repeated whenever another try could end better."""
    return isinstance(error, Unreachable | Throttled) or (isinstance(error, BadAnswer) and (error.status or 0) >= 500)


def when_nothing_was_done(error: ApiError) -> bool:
    """A call that changes something may be repeated when the service did not even begin with it."""
    return (isinstance(error, Throttled) and error.status == 429) or (isinstance(error, Unreachable) and error.not_sent)


def is_unclear(error: ApiError) -> bool:
    """A call that changes something may have been carried out: its answer was lost, or is a server's error."""
    return not error.call.startswith("GET") and when_reading(error) and not when_nothing_was_done(error)


def parse_retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a ``Retry-After`` header: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())

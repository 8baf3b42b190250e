"""Trying again: only where that cannot do harm, no longer than a limit, and all threads slowed down together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from pulumi_8x8.errors import ApiError, BadAnswer, Interrupted, Throttled, Unreachable

_T = TypeVar("_T")


@dataclass(frozen=True)
class Patience:
    """How long to go on trying, in seconds.

    :param attempts: tries of one call, the first included.
    :param limit: when so long has passed, the next error is the last; no wait is begun that the service wants longer.
    :param first_wait: before the second try; doubles from then on, up to ``longest_wait``, and half as much jitter.
    :param poll: between two looks at something that takes its time; grows to ten times that.
    :param confirm: between two answers that something is gone, before it counts as gone.
    """

    attempts: int = 6
    limit: float = 120.0
    first_wait: float = 0.5
    longest_wait: float = 20.0
    poll: float = 0.2
    confirm: float = 1.0


class Timer:
    """Waits, until it is stopped or a time is over.

    An operation that the user interrupts must not go on waiting for a conversation to end.

    :param is_wanted: is asked after each wait; when it says no, the clock stops.
    """

    def __init__(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        self._is_wanted = is_wanted
        self._stopped = threading.Event()
        self._limits = threading.local()

    def stop(self) -> None:
        """Ends all waits of all threads, those to come too."""
        self._stopped.set()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """What this thread does inside waits no longer than ``seconds`` together; 0 means no limit."""
        self._limits.ends = time.monotonic() + seconds if seconds else None
        try:
            yield
        finally:
            self._limits.ends = None

    def wait(self, seconds: float) -> None:
        """:raises Interrupted: the clock was stopped, or the thread's time is over."""
        ends = getattr(self._limits, "ends", None)
        left = seconds if ends is None else min(seconds, ends - time.monotonic())
        if not self._stopped.wait(max(0.0, left)) and not self._is_wanted():
            self.stop()
        if self._stopped.is_set():
            raise Interrupted("interrupted while waiting for the service")
        if left < seconds:
            error = Interrupted("the time that the resource option custom_timeouts gives is over")
            error.why = "the time that custom_timeouts gives was over"
            raise error


class Gate:
    """What a throttled thread learned holds for all: nobody calls before the time that the service named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = 0.0

    def close_for(self, seconds: float) -> None:
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)

    def wait(self, clock: Timer) -> None:
        """:raises Interrupted: the clock was stopped."""
        while (left := self._opens - time.monotonic()) > 0:  # it may close again meanwhile
            clock.wait(left)


def retry(
    call: Callable[[], _T],
    patience: Patience,
    gate: Gate,
    clock: Timer,
    again: Callable[[ApiError], bool],
    tell: Callable[[str], None],
) -> _T:
    """``call()``, tried again while ``again(error)`` says that repeating it is safe.

    :param tell: is called once when the waiting gets noticeable.
    :raises ApiError: the last one, with how often and how long it was tried.
    :raises Interrupted: the clock was stopped; it says what came of the last try.
    """
    started = time.monotonic()
    told = False
    last = ""

    def worth_it(error: BaseException) -> bool:
        if not isinstance(error, ApiError) or not again(error):
            return False
        wait = error.retry_after
        if wait is not None:
            if time.monotonic() - started + wait > patience.limit:
                return False
            gate.close_for(wait)
        return True

    def pause(state: tenacity.RetryCallState) -> float:
        nonlocal told, last
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, ApiError)
        last = str(error)
        wait = error.retry_after
        if not told and (wait or 0) + time.monotonic() - started > 2:
            told = True
            what = "it does not answer" if error.status is None else f"{error.status} {error.detail}"
            tell(f"waiting for the service, up to {patience.limit:.0f} s: {what}")
        return backoff(state) if wait is None else wait

    def rest(seconds: float) -> None:
        try:
            clock.wait(seconds)
        except Interrupted as stop:
            raise Interrupted(f"{stop.why} before the next try. {last}") from None

    def attempt() -> _T:
        gate.wait(clock)
        return call()

    growing = tenacity.wait_exponential(multiplier=patience.first_wait, max=patience.longest_wait)
    backoff = growing + tenacity.wait_random(0, patience.first_wait / 2)
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(worth_it),
        stop=tenacity.stop_after_attempt(patience.attempts) | tenacity.stop_after_delay(patience.limit),
        wait=pause,
        sleep=rest,
        reraise=True,
    )
    try:
        return retrying(attempt)
    except ApiError as error:
        tries = retrying.statistics.get("attempt_number", 1)
        if tries > 1:
            error.args = (f"{error} Tried {tries} times in {time.monotonic() - started:.0f} s.",)
        raise


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

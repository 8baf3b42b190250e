"""Repeats calls: only if that can't do harm, within a time limit, and with all threads slowed down together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import tenacity

from pulumi_8x8.errors import ApiError, BadAnswer, Interrupted, Throttled, Unreachable

_T = TypeVar("_T")

#: How often the call that this thread makes was tried before, with the tries of the operation that it belongs to.
_repeats: ContextVar[int] = ContextVar("repeats", default=0)

#: Seconds, about three years: a longer wait that a service asks for counts as this one.
_LONGEST_WAIT = 1e8


@dataclass(frozen=True)
class Patience:
    """How long to try, in seconds.

    :param attempts: tries of one call, including the first.
    :param limit: after this time, the next error is the last. If the service asks for a longer wait, no wait begins.
    :param first_wait: before the second try; then it doubles up to ``longest_wait``, with jitter of half of it.
    :param poll: between two looks at something that takes time; grows to ten times this.
    :param confirm: between two answers that something is gone, before it counts as gone.
    """

    attempts: int = 6
    limit: float = 120.0
    first_wait: float = 0.5
    longest_wait: float = 20.0
    poll: float = 0.2
    confirm: float = 1.0


class Timer:
    """Waits, until somebody stops it or a time is over.

    If the user interrupts an operation, it must stop waiting for a conversation to end.

    :param is_wanted: called after each wait; if it returns false, the clock stops.
    """

    def __init__(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        self._is_wanted = is_wanted
        self._stopped = threading.Event()
        self._limits = threading.local()
        self._waited = threading.local()

    def stop(self) -> None:
        """Ends all waits of all threads, also the future ones."""
        self._stopped.set()

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Limits the waits of this thread inside the block to ``seconds`` in total; 0 means no limit."""
        self._limits.ends = time.monotonic() + seconds if seconds else None
        try:
            yield
        finally:
            self._limits.ends = None

    def wait(self, seconds: float) -> None:
        """Waits. :raises Interrupted: the clock was stopped, or the thread's time is over."""
        ends = getattr(self._limits, "ends", None)
        left = seconds if ends is None else min(seconds, ends - time.monotonic())
        self._waited.seconds = getattr(self._waited, "seconds", 0.0) + max(0.0, left)
        if not self._stopped.wait(max(0.0, left)) and not self._is_wanted():
            self.stop()
        if self._stopped.is_set():
            raise Interrupted("interrupted while waiting for the service")
        if left < seconds:
            error = Interrupted("the operation reached the time limit in the resource option custom_timeouts")
            error.why = "the operation reached the time limit in custom_timeouts"
            raise error

    def take_waited(self) -> float:
        """Returns the seconds that this thread waited since it asked last."""
        waited: float = getattr(self._waited, "seconds", 0.0)
        self._waited.seconds = 0.0
        return waited


class Gate:
    """Makes all threads wait until the time that the service named to one of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opens = 0.0

    def close_for(self, seconds: float) -> None:
        with self._lock:
            self._opens = max(self._opens, time.monotonic() + seconds)

    def wait(self, clock: Timer) -> None:
        """Waits until calls are allowed. :raises Interrupted: the clock was stopped."""
        while (left := self._opens - time.monotonic()) > 0:  # it may close again meanwhile
            clock.wait(left)


def retry(
    call: Callable[[], _T],
    patience: Patience,
    gate: Gate,
    clock: Timer,
    again: Callable[[ApiError], bool],
    notify: Callable[[str], None],
) -> _T:
    """Returns ``call()``, repeated while ``again(error)`` reports that repeating it is safe.

    :param notify: called once when the wait becomes noticeable.
    :raises ApiError: the last one, with the number of tries and their time.
    :raises Interrupted: the clock was stopped; the message has the error of the last try.
    """
    started = time.monotonic()
    notified = False
    last = ""
    before = _repeats.get()

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
        nonlocal notified, last
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, ApiError)
        last = str(error)
        wait = error.retry_after
        if not notified and (wait or 0) + time.monotonic() - started > 2:
            notified = True
            what = "it doesn't answer" if error.status is None else f"{error.status} {error.detail}"
            notify(f"waiting for the service, up to {patience.limit:.0f} s: {what}")
        # A service that asks for no wait, or for one in the past, isn't called faster than one that asks for nothing.
        return max(backoff(state), wait or 0.0)

    def rest(seconds: float) -> None:
        try:
            clock.wait(seconds)
        except Interrupted as stop:
            raise Interrupted(f"{stop.why} before the next try. {last}") from None

    def attempt() -> _T:
        gate.wait(clock)
        token = _repeats.set(before + retrying.statistics["attempt_number"] - 1)
        try:
            return call()
        finally:
            _repeats.reset(token)

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


def count_repeats() -> int:
    """Returns how often the call that this thread makes was tried before."""
    return _repeats.get()


def when_reading(error: ApiError) -> bool:
    """Reports whether to repeat a call that changes nothing: another try could succeed."""
    return isinstance(error, Unreachable | Throttled) or (isinstance(error, BadAnswer) and (error.status or 0) >= 500)


def when_nothing_was_done(error: ApiError) -> bool:
    """Reports whether to repeat a call that changes something: the service didn't begin it."""
    return (isinstance(error, Throttled) and error.status == 429) or (isinstance(error, Unreachable) and error.not_sent)


def is_unclear(error: ApiError) -> bool:
    """Reports whether a call that changes something may have been carried out: no answer, or a server's error."""
    return not error.call.startswith("GET") and when_reading(error) and not when_nothing_was_done(error)


def may_be_done(error: ApiError) -> bool:
    """Reports whether a call that must not be sent twice may have been carried out: also by a 2xx nobody can read."""
    return is_unclear(error) or is_unreadable(error)


def is_unreadable(error: Exception) -> bool:
    """Reports whether a call that changes something was answered with a 2xx that nobody can read."""
    return isinstance(error, BadAnswer) and (error.status or 0) < 300 and not error.call.startswith("GET")


def parse_retry_after(value: str | None) -> float | None:
    """Returns the seconds to wait, from a ``Retry-After`` header: seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        when = parse_http_date(value)
        if when is None:
            return None
        seconds = (when - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _LONGEST_WAIT)


def parse_http_date(value: str) -> datetime | None:
    """Returns the moment in a header such as ``Date`` (RFC 9110, 5.6.7); ``None`` if it isn't one."""
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)

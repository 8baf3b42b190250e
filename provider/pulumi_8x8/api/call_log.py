"""Reports each try of a call to the logger ``pulumi_8x8.calls``, and counts them where they are shown.

A line never has a key, a body, or a customer's data: it consists of parts that are known to be harmless, and everything
else is ``…``. The logger has no handler until a program adds one; :func:`showing_calls` adds one for a while.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pulumi_8x8.errors import ApiError, SettingsError
from pulumi_8x8.phrasing import count, printable

if TYPE_CHECKING:
    import httpx

#: The logger of all calls. A record's attribute ``call`` is its :class:`CallRecord`.
LOGGER = logging.getLogger("pulumi_8x8.calls")

#: The environment variable that shows calls: ``debug``, or ``info`` for the summary alone.
VARIABLE = "PULUMI_8X8_LOG"

Detail = Literal["debug", "info"]

#: Parameters of a query whose values show nothing about a customer.
_PLAIN = {"limit", "offset", "version", "status", "includeLogs", "startTimeFrom", "startTimeTo"}

#: Parts of paths below an account.
_WORDS = {
    "definitions",
    "workflows",
    "errors",
    "triggers",
    "http_request",
    "usage",
    "history",
    "steps",
    "timezones",
    "functions",
}

#: An id as the service makes them. A phone number is shorter, and a key that somebody took for an id has other letters.
_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_HIDDEN = "…"

#: Seconds: a shorter wait isn't worth words.
_SHORTEST_WAIT = 0.05

#: Characters of the reason for a failed connection.
_LONGEST_FAILURE = 200


@dataclass(frozen=True)
class CallRecord:
    """One try of a call.

    :param url: without what could be secret.
    :param status: of the answer; ``None`` without one.
    :param seconds: from the connection to the last byte of the answer.
    :param repeats: how often the call, or the operation that it belongs to, was tried before.
    :param waited: seconds that its thread waited since its last call: between tries, or for the service to finish.
    :param error_id: the service's ``errorId``; empty if there is none.
    :param failure: why there is no answer that can be used, such as ``ReadTimeout``; empty otherwise.
    """

    method: str
    url: str
    status: int | None
    seconds: float
    repeats: int = 0
    waited: float = 0.0
    error_id: str = ""
    failure: str = ""

    def __str__(self) -> str:
        result = str(self.status) if self.status else "no answer"
        more = [
            self.failure,
            f"errorId {self.error_id}" if self.error_id else "",
            f"try {self.repeats + 1}" if self.repeats else "",
            f"after a wait of {self.waited:.1f} s" if self.waited >= _SHORTEST_WAIT else "",
        ]
        return ", ".join([f"{self.method} {self.url}: {result} in {self.seconds:.3f} s", *filter(None, more)])


def report(record: CallRecord) -> None:
    """Passes ``record`` to whoever listens to :data:`LOGGER`."""
    LOGGER.debug("%s", record, extra={"call": record})


def shown_url(url: httpx.URL, account: httpx.URL, key: str) -> str:
    """Returns ``url`` without what could be secret, or be about a customer.

    :param account: the account's own URL, which it begins with.
    :param key: the API key, which a URL could have by mistake.
    """
    from pulumi_8x8.definition.masking import SecretValues

    head = str(account).rstrip("/")
    below = url.path.removeprefix(account.path.rstrip("/"))
    path = "/".join(part if part in _WORDS or _ID.fullmatch(part) else part and _HIDDEN for part in below.split("/"))
    query = "&".join(f"{name}={value if name in _PLAIN else _HIDDEN}" for name, value in url.params.multi_items())
    text = f"{head}{path}?{query}" if query else f"{head}{path}"
    return printable(SecretValues(frozenset([key])).hide(text))


def shown_error_id(error_id: str | None) -> str:
    """Returns an ``errorId``; ``…`` if it isn't an id, since a server may put anything there."""
    return "" if not error_id else error_id if _ID.fullmatch(error_id) else _HIDDEN


def shown_failure(error: BaseException) -> str:
    """Returns why a call has no answer that can be used: the kind of error; empty if the service refused it.

    A text could quote what a server sent. Only the text of a failed connection, which the system made, is shown.
    """
    import httpx

    cause = error.__context__ if isinstance(error, ApiError) else error
    if cause is None or isinstance(cause, ApiError):  # the caller handles that one by another call
        return ""
    text = f" ({printable(str(cause)[:_LONGEST_FAILURE])})" if isinstance(cause, httpx.ConnectError) else ""
    return f"{type(cause).__name__}{text}"


class CallLog(logging.Handler):
    """Shows records of :data:`LOGGER`, and counts them. Safe from any thread.

    :param write: receives each line; an ``OSError`` of it is ignored.
    """

    def __init__(self, write: Callable[[str], None], detail: Detail) -> None:
        super().__init__(logging.DEBUG)
        self._write = write
        self._detail = detail
        self._counting = threading.Lock()
        self._calls, self._repeated, self._seconds, self._waited = 0, 0, 0.0, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        call = getattr(record, "call", None)
        if isinstance(call, CallRecord):
            with self._counting:
                self._calls += 1
                self._repeated += call.repeats > 0
                self._seconds += call.seconds
                self._waited += call.waited
        if self._detail == "debug":
            with suppress(OSError):
                self._write(record.getMessage())

    def summarize(self) -> None:
        """Shows the sums since the last summary; nothing if there was no call."""
        with self._counting:
            sums = self._calls, self._repeated, self._seconds, self._waited
            self._calls, self._repeated, self._seconds, self._waited = 0, 0, 0.0, 0.0
        calls, repeated, seconds, waited = sums
        if calls:
            again = f", {count(repeated, 'repetition')} among them" if repeated else ""
            between = f"; waits: {waited:.1f} s" if waited >= _SHORTEST_WAIT else ""
            with suppress(OSError):
                self._write(f"{count(calls, 'call')} of the service: {seconds:.1f} s{again}{between}")


def wanted_detail(environ: Mapping[str, str]) -> Detail | None:
    """Returns what :data:`VARIABLE` asks for; ``None`` if it isn't set. :raises SettingsError: it is something else."""
    match environ.get(VARIABLE, "").strip().lower():
        case "":
            return None
        case "debug" | "info" as detail:
            return detail
    raise SettingsError(
        f"the environment variable {VARIABLE} must be debug (each call of the service and a summary) or info (the "
        "summary). Nothing was sent."
    )


def show_calls(detail: Detail, write: Callable[[str], None]) -> CallLog:
    """Shows calls from now on."""
    log = CallLog(write, detail)
    LOGGER.addHandler(log)
    LOGGER.setLevel(logging.DEBUG)
    return log


@contextmanager
def showing_calls(detail: Detail, write: Callable[[str], None]) -> Iterator[None]:
    """Shows the calls inside the block, and their sums at its end."""
    level = LOGGER.level
    log = show_calls(detail, write)
    try:
        yield
    finally:
        LOGGER.removeHandler(log)
        LOGGER.setLevel(level)
        log.summarize()

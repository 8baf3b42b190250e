"""Makes HTTP calls of workflows: stubs answer first, then allowed hosts. It reaches no other host."""

from __future__ import annotations

import codecs
import queue
import threading
import time
from collections.abc import Callable, Iterable

import httpx

from pulumi_8x8.emulator.log import log_error
from pulumi_8x8.fetching import ACCEPTED, TooLarge, fetch, limit_reads
from pulumi_8x8.simulator import HttpAnswer, HttpCall, Stubs, timed_out, unreachable

_LARGEST = 4 * 1024 * 1024  # bytes of an answer; the emulator's choice
_THREADS = 64  # calls at the same time, which mostly wait; for another one, the time in the queue counts
#: The body is always JSON (HTTP request page).
_OURS = ("accept-encoding", "content-length", "content-type", "host", "transfer-encoding")
_SLOW = {"idna", "punycode"}  # Python's own, with quadratic time


class Outside:
    """Answers calls from stubs, or makes them in its own threads.

    :param allowed: ``host`` or ``host:port``; the hosts that calls may really reach.
    """

    def __init__(self, stubs: Stubs, allowed: Iterable[str]) -> None:
        self._stubs = stubs
        self._allowed = {host.lower() for host in allowed}
        self._waiting: queue.SimpleQueue[tuple[float, HttpCall, Callable[[HttpAnswer], None]]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    def answer(self, call: HttpCall) -> HttpAnswer | None:
        """Returns the answer if no call is needed; ``None``: :meth:`call` has to make the call."""
        answer = self._stubs.answer(call)
        if answer is not None:
            return answer
        try:
            url = httpx.URL(call.url)  # httpx also makes the call, so both use the same host
        except httpx.InvalidURL:
            return unreachable(call)
        port = url.port or (443 if url.scheme == "https" else 80)
        return None if self._allowed & {url.host, f"{url.host}:{port}"} else unreachable(call)

    def call(self, call: HttpCall, then: Callable[[HttpAnswer], None]) -> None:
        """Makes a call in another thread, and passes its answer to ``then`` there."""
        self._waiting.put((time.monotonic(), call, then))
        if len(self._threads) < _THREADS:
            thread = threading.Thread(target=self._work, name="emulator-call", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            since, call, then = self._waiting.get()
            try:
                then(make(call, time.monotonic() - since))
            except Exception as error:  # noqa: BLE001 - the thread is for the next calls, too
                log_error(error)


def make(call: HttpCall, waited: float = 0.0) -> HttpAnswer:
    """Makes a call. It doesn't follow redirects, which could lead to any host (the emulator's choice).

    :param waited: the seconds of its timeout that are over; the rest is for everything, to the last byte.
    """
    seconds = call.timeout - waited
    if seconds <= 0:
        return timed_out(call)
    headers = {name: value for name, value in call.headers.items() if name.lower() not in _OURS}
    arguments = {} if call.body is None else {"json": call.body}
    try:
        with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client:
            limit_reads(client)
            headers["Accept-Encoding"] = ACCEPTED
            request = client.build_request(call.method, call.url, headers=headers, **arguments)
            response = fetch(client, request, seconds, _LARGEST)
            return HttpAnswer(response.status_code, response.reason_phrase, _text(response))
    except TooLarge as error:
        return HttpAnswer(failure=f"The answer of {call.host} {error}.")
    except httpx.TimeoutException:
        return timed_out(call)
    except httpx.ConnectError:
        return HttpAnswer(failure=f"Connection refused ({call.host})")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return HttpAnswer(failure=f"An error occurred while sending the request to {call.host}: {error}")


def _text(response: httpx.Response) -> str:
    """Returns the body as text. A character set that no web server means is read as UTF-8."""
    try:
        codec = codecs.lookup(response.charset_encoding or "utf-8").name
        return response.content.decode("utf-8" if codec in _SLOW else codec, "replace")
    except (LookupError, ValueError):
        return response.content.decode("utf-8", "replace")

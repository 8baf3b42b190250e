"""Makes HTTP calls of workflows: stubs answer first, then allowed hosts. It reaches no other host."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable

import httpx

from pulumi_8x8.emulator.log import log_error
from pulumi_8x8.simulator import HttpAnswer, HttpCall, Stubs, timed_out, unreachable

_LARGEST = 4 * 1024 * 1024  # bytes of an answer; the emulator's choice
_THREADS = 8
_OURS = ("host", "content-length", "content-type", "transfer-encoding")  # the body is always JSON (HTTP request page)


class Outside:
    """Answers calls from stubs, or makes them in its own threads.

    :param allowed: ``host`` or ``host:port``; the hosts that calls may really reach.
    """

    def __init__(self, stubs: Stubs, allowed: Iterable[str]) -> None:
        self._stubs = stubs
        self._allowed = {host.lower() for host in allowed}
        self._waiting: queue.SimpleQueue[tuple[HttpCall, Callable[[HttpAnswer], None]]] = queue.SimpleQueue()
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
        self._waiting.put((call, then))
        if len(self._threads) < _THREADS:
            thread = threading.Thread(target=self._work, name="emulator-call", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self) -> None:
        while True:
            call, then = self._waiting.get()
            try:
                then(make(call))
            except Exception as error:  # noqa: BLE001 - the thread is for the next calls, too
                log_error(error)


def make(call: HttpCall) -> HttpAnswer:
    """Makes a call. It doesn't follow redirects, which could lead to any host (the emulator's choice)."""
    ends = time.monotonic() + call.timeout
    headers = {name: value for name, value in call.headers.items() if name.lower() not in _OURS}
    arguments = {} if call.body is None else {"json": call.body}
    try:
        with (
            httpx.Client(timeout=call.timeout, trust_env=False, follow_redirects=False) as client,
            client.stream(call.method, call.url, headers=headers, **arguments) as response,
        ):
            received = b""
            for piece in response.iter_bytes():
                received += piece
                if len(received) > _LARGEST:
                    return HttpAnswer(failure=f"The answer of {call.host} is larger than {_LARGEST} bytes.")
                if time.monotonic() > ends:
                    return timed_out(call)
            text = received.decode(response.charset_encoding or "utf-8", "replace")
            return HttpAnswer(response.status_code, response.reason_phrase, text)
    except httpx.TimeoutException:
        return timed_out(call)
    except httpx.ConnectError:
        return HttpAnswer(failure=f"Connection refused ({call.host})")
    except (httpx.HTTPError, httpx.InvalidURL, LookupError, ValueError) as error:
        return HttpAnswer(failure=f"An error occurred while sending the request to {call.host}: {error}")

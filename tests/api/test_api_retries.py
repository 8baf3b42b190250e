"""Trying again: what, how often, how long, and all threads together."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace

import httpx
import pytest
from api_kit import ID, SETTINGS, THRICE, Script, client, stored

from pulumi_8x8.api import Client, Patience, Timer
from pulumi_8x8.api.retries import Gate, parse_retry_after
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import ApiError, Interrupted, Throttled

OK = httpx.Response(200, json=[stored()])
DONE = httpx.Response(200, json=stored())
WAIT = httpx.Response(429, headers={"Retry-After": "0"})
LATER = httpx.Response(503, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
NOT_NOW, BAD, BROKEN = httpx.Response(503), httpx.Response(502), httpx.Response(500)
LOST, SLOW, REFUSED, NO_CONNECTION = httpx.ReadError, httpx.ReadTimeout, httpx.ConnectError, httpx.ConnectTimeout
OTHER = [httpx.Response(status) for status in (301, 400, 401, 403, 404, 409)]

Answer = httpx.Response | type[httpx.HTTPError]

REPEATED: dict[str, list[Answer]] = {
    "GET": [WAIT, LATER, NOT_NOW, BAD, BROKEN, LOST, SLOW, REFUSED, NO_CONNECTION],
    "DELETE": [WAIT, LATER, NOT_NOW, BAD, BROKEN, LOST, SLOW, REFUSED, NO_CONNECTION],
    "POST": [WAIT, REFUSED, NO_CONNECTION],
    "PUT": [WAIT, REFUSED, NO_CONNECTION],
}
NOT_REPEATED: dict[str, list[Answer]] = {
    "GET": [*OTHER],
    "DELETE": [*OTHER],
    "POST": [LATER, NOT_NOW, BAD, BROKEN, LOST, SLOW, *OTHER],
    "PUT": [LATER, NOT_NOW, BAD, BROKEN, LOST, SLOW, *OTHER],
}


def send(service: Script, method: str) -> None:
    menu = Definition.from_body(stored())
    with client(service) as calling:
        match method:
            case "GET":
                calling.history(ID)
            case "POST":
                calling.create(menu)
            case "PUT":
                calling.update(ID, menu)
            case "DELETE":
                calling.delete(ID)


def cases(table: dict[str, list[Answer]]) -> list[object]:
    return [
        pytest.param(method, answer, id=f"{method} {getattr(answer, 'status_code', None) or answer.__name__}")
        for method, answers in table.items()
        for answer in answers
    ]


@pytest.mark.parametrize(("method", "answer"), cases(REPEATED))
def test_repeated_where_it_does_no_harm(method: str, answer: Answer) -> None:
    """A call that changes nothing, ends the same when repeated, or was not begun with is sent again until it works."""
    service = Script([answer, answer, OK if method == "GET" else DONE])
    send(service, method)
    assert service.calls == [method] * 3


@pytest.mark.parametrize(("method", "answer"), cases(NOT_REPEATED))
def test_never_repeated_where_it_could(method: str, answer: Answer) -> None:
    """What could be done twice, or would only be refused again, is sent exactly once."""
    service = Script([answer, OK])
    with pytest.raises(ApiError):
        send(service, method)
    assert service.calls == [method]


def test_the_limit() -> None:
    """Tries end with their number and with the time; a wait that the service names beyond it is not begun."""
    for patience, answer, calls in (
        (THRICE, BAD, 3),
        (replace(THRICE, attempts=5), BAD, 5),
        (Patience(attempts=1000, limit=0.3, first_wait=0.3), BAD, 2),
        (replace(THRICE, limit=5.0), httpx.Response(429, headers={"Retry-After": "6"}), 1),
    ):
        service = Script([answer])
        with client(service, patience) as calling, pytest.raises(ApiError) as raised:
            calling.history(ID)
        assert len(service.calls) == calls
        assert (f"Tried {calls} times in " in str(raised.value)) == (calls > 1)


def test_a_long_wait_is_reported_once() -> None:
    """Who is made to wait for seconds learns why, and for how long at most; nobody is bothered for less."""
    reported: list[str] = []
    with client(Script([WAIT, WAIT, OK]), reported=reported) as calling:
        calling.history(ID)
    assert reported == []
    slow = httpx.Response(429, json={"message": "Quota exceeded."}, headers={"Retry-After": "2.01"})
    with client(Script([slow, WAIT, OK]), reported=reported) as calling:
        calling.history(ID)
    assert reported == ["waiting for the service, up to 30 s: 429 Quota exceeded."]


RETRY_AFTER = {
    None: None,
    "": None,
    "soon": None,
    "Mon, 99 Foo 2026": None,
    "Mon, 01 Jan 99999 00:00:00 GMT": None,
    "3": 3.0,
    " 3": 3.0,
    "-3": 0.0,
    "nan": 0.0,
    "Fri, 31 Dec 1999 23:59:59 GMT": 0.0,
    "Fri, 31 Dec 1999 23:59:59": 0.0,
}


@pytest.mark.parametrize(("header", "seconds"), RETRY_AFTER.items(), ids=repr)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """`Retry-After` is seconds or a date; the past means no wait, and anything else counts as absent."""
    assert parse_retry_after(header) == seconds


def test_retry_after_a_date() -> None:
    """A date in the future is the seconds until then."""
    at = datetime.now(UTC) + timedelta(hours=1)
    assert 3000 < (parse_retry_after(format_datetime(at, usegmt=True)) or 0) <= 3600


@pytest.mark.parametrize("status", [429, 503])
def test_one_gate_for_all_threads(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """An answer to one thread holds for all: no call begins before the time that the service named."""
    closed = 0.25
    opens = 0.0
    too_early: list[str] = []
    throttled = threading.Event()
    lock = threading.Lock()

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal opens
        with lock:
            if not opens:
                opens = time.monotonic() + closed
                return httpx.Response(status, headers={"Retry-After": str(closed)})
            if time.monotonic() < opens:
                too_early.append(request.url.path)
        return OK

    with client(answer) as calling, ThreadPoolExecutor(8) as threads:
        close_for = calling._gate.close_for

        def close_and_note(seconds: float) -> None:
            close_for(seconds)
            throttled.set()

        monkeypatch.setattr(calling._gate, "close_for", close_and_note)
        first = threads.submit(calling.history, ID)
        assert throttled.wait(10)
        others = [threads.submit(calling.history, ID) for _ in range(7)]
        assert {len(each.result()) for each in (first, *others)} == {1}
    assert too_early == []


def test_the_gate_may_close_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads that wait when another one gets a later time wait until then."""
    gate = Gate()
    waited: list[float] = []

    class Recorded(Timer):
        def wait(self, seconds: float) -> None:
            if not waited:
                gate.close_for(5)
            waited.append(seconds)

    monkeypatch.setattr("pulumi_8x8.api.retries.time", SimpleNamespace(monotonic=lambda: sum(waited)))
    gate.close_for(2)
    gate.wait(Recorded())
    assert waited == [2, 3]


def test_a_stopped_clock_ends_all_waits() -> None:
    """When the user interrupts the operation, current and later waits end immediately."""
    clock = Timer()
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(clock.wait, 600) for _ in range(2)]
        clock.stop()
        assert all(isinstance(each.exception(), Interrupted) for each in waiting)
    with pytest.raises(Interrupted):
        clock.wait(0)


def test_a_clock_that_nobody_wants_stops() -> None:
    """After the engine is killed, a deletion that waits for a conversation stops."""
    clock = Timer(is_wanted=lambda: False)
    with pytest.raises(Interrupted):
        clock.wait(0)


def test_interrupted_while_the_service_does_not_answer() -> None:
    """An interruption ends the tries of a call, and reports the result of the last one."""
    clock = Timer()
    clock.stop()
    script = Script([httpx.Response(500)])
    with pytest.raises(Interrupted, match=r"^interrupted before the next try\. GET .*: 500 "):
        Client(SETTINGS, httpx.MockTransport(script), THRICE, clock=clock).history(ID)
    assert len(script.calls) == 1


def test_errors_carry_when_to_come_back() -> None:
    """Who catches the error finds the seconds on it."""
    with (
        client(Script([httpx.Response(429, headers={"Retry-After": "99"})])) as calling,
        pytest.raises(Throttled) as raised,
    ):
        calling.history(ID)
    assert raised.value.retry_after == 99

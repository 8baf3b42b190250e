"""HTTP calls of workflows to servers that misbehave: the timeout is for the whole call, and memory has a bound."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_8x8.emulator import outside
from pulumi_8x8.emulator.outside import Outside, make
from pulumi_8x8.simulator import HttpAnswer, HttpCall, Stubs
from servers import CHUNKED, OK, Answer, chunk, drip, flood, once, packed, serving

LATE = "The request was canceled: no answer from"
LARGE = "is larger than 4 MiB."

#: What a server does, and how the call fails.
SERVERS: dict[str, tuple[Answer, str]] = {
    "silence": (lambda _, over: over.wait(60) and None, LATE),
    "dripped headers": (drip(b"HTTP/1.1 200 OK\r\n", b"x"), LATE),
    "dripped lines of headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), LATE),
    "endless provisional answers": (drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), LATE),
    "a dripped body": (drip(OK + b"\r\n", b" "), LATE),
    "dripped chunks": (drip(CHUNKED, chunk(b" ")), LATE),
    "a dripped size of a chunk": (drip(CHUNKED, b"0"), LATE),
    "an endless header": (flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000), "An error occurred while sending"),
    "an endless body": (flood(OK + b"\r\n", b" " * 100_000), LARGE),
    "endless chunks": (flood(CHUNKED, chunk(b" " * 100_000)), LARGE),
    "a gzip bomb": (packed(gzip.compress(b" " * (64 << 20))), LARGE),
    "another packing": (packed(b"x", b"br"), "An error occurred while sending"),
    "no HTTP": (once(b"SSH-2.0-OpenSSH_9.2\r\n"), "An error occurred while sending"),
}


def call(url: str, timeout: float = 0.4, **more: Any) -> HttpCall:
    return HttpCall("GET", url, more.pop("headers", {}), more.pop("body", None), timeout)


@pytest.mark.parametrize(("server", "failure"), SERVERS.values(), ids=SERVERS)
def test_servers(server: Answer, failure: str) -> None:
    """Each ends in a failure, by the clock of the call: none of the servers ends by itself."""
    seconds = 20 if failure == LARGE else 0.4
    with serving(server) as url:
        assert failure in make(call(url, seconds)).failure


def test_a_server_that_reads_nothing() -> None:
    """A large request that nobody reads ends as well."""
    with serving(lambda _, over: over.wait(60) and None) as url:
        assert LATE in make(call(url, body="x" * (16 << 20))).failure


def test_a_resolver_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time to find the host's address counts, although the system's resolver can't be stopped."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    assert LATE in make(call("http://slow.example/")).failure
    over.set()


def test_all_addresses_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with a dead address is reached at its next one; a host without any that answers fails."""
    with serving(once(OK + b"Content-Length: 2\r\n\r\n{}")) as url:
        port = int(url.rpartition(":")[2])
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.9", "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        monkeypatch.setattr(socket, "create_connection", refuse_nine(socket.create_connection))
        assert make(call(f"http://two.example:{port}/", 20)).text == "{}"
        found.pop()
        assert "Connection refused" in make(call(f"http://two.example:{port}/", 20)).failure


def refuse_nine(connect: Callable[..., socket.socket]) -> Callable[..., socket.socket]:
    def connected(address: tuple[str, int], *more: Any, **options: Any) -> socket.socket:
        if address[0] == "127.0.0.9":
            raise ConnectionRefusedError
        monkeyed = socket.socket(socket.AF_INET)
        monkeyed.connect(address)
        monkeyed.settimeout(20)
        return monkeyed

    return connected


@pytest.mark.parametrize("charset", ["punycode", "idna", "zip", "unicode_escape", "nonsense", "utf-8", "latin-1"])
def test_character_sets(charset: str) -> None:
    """A text is read in any character set, or as UTF-8, and never with a codec that takes quadratic time."""
    body = b"a-" + b"0" * 1_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=%b\r\nContent-Length: %d\r\n\r\n"
    with serving(once(head % (charset.encode(), len(body)) + body)) as url:
        assert make(call(url, 20)).text == body.decode()


def test_the_reason_stays() -> None:
    """What a server calls its answer is in the answer."""
    with serving(once(b"HTTP/1.1 418 Short and stout\r\nContent-Length: 0\r\n\r\n")) as url:
        assert make(call(url, 20)) == HttpAnswer(418, "Short and stout", "")


def test_the_queue_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that waits for a thread for all of its time is not made at all."""
    monkeypatch.setattr(outside, "_THREADS", 1)
    made = Outside(Stubs(), ["127.0.0.1"])
    answers: list[HttpAnswer] = []
    done = threading.Event()
    with serving(lambda _, over: over.wait(60) and None) as silent, serving(once(OK + b"\r\n{}")) as other:
        made.call(call(silent, 0.5), answers.append)
        made.call(call(other, 0.1), lambda answer: answers.append(answer) or done.set())
        assert done.wait(60)
    assert [LATE in answer.failure for answer in answers] == [True, True]

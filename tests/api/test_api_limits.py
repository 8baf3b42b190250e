"""A server that never ends, or answers too much: each call is bounded in time and memory, and reports what happened.

The servers are real, and the tries end by the clock of the call. No test measures how long that takes.
"""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from dataclasses import replace

import httpx
import pytest
from api_kit import ID, SETTINGS, THRICE, Script, client, stored

from pulumi_8x8.api import Client, Patience, Settings
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import ApiError, BadAnswer, Unreachable
from servers import CHUNKED, OK, Answer, chunk, drip, flood, once, packed, serving

MENU = Definition.from_body(stored())
LATE = "the answer wasn't complete after 0.4 s"
ONCE = Patience(attempts=1)


def calling(url: str, seconds: float = 0.4) -> Client:
    settings = Settings("acme", "s3cr3t-key", url, timeout=30.0, call_timeout=seconds, answer_limit=1)
    return Client(settings, patience=ONCE)


BOMB = gzip.compress(b" " * (64 << 20))
#: What a server does, and the kind and the message of the error.
SERVERS: dict[str, tuple[Answer, type[ApiError], str]] = {
    "silence": (lambda _, over: over.wait(60) and None, Unreachable, LATE),
    "half a status line": (lambda c, over: c.sendall(b"HTTP/1.1 2") or (over.wait(60) and None), Unreachable, LATE),
    "dripped headers": (drip(b"HTTP/1.1 200 OK\r\n", b"x"), Unreachable, LATE),
    "dripped lines of headers": (drip(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), Unreachable, LATE),
    "endless provisional answers": (drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), Unreachable, LATE),
    "a dripped body": (drip(OK + b"\r\n[", b" "), Unreachable, LATE),
    "a dripped body of known length": (drip(OK + b"Content-Length: 100000\r\n\r\n[", b" "), Unreachable, LATE),
    "dripped chunks": (drip(CHUNKED, chunk(b" ")), Unreachable, LATE),
    "a dripped size of a chunk": (drip(CHUNKED, b"0"), Unreachable, LATE),
    "endless headers": (flood(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n" * 100), Unreachable, "no answer"),
    "an endless header": (flood(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 1000), Unreachable, "no answer"),
    "endless provisional answers, fast": (flood(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 99), Unreachable, LATE),
    "an endless body": (flood(OK + b"\r\n[", b"1," * 10_000), BadAnswer, "the answer is larger than 1 MiB"),
    "endless chunks": (flood(CHUNKED, chunk(b"1," * 10_000)), BadAnswer, "the answer is larger than 1 MiB"),
    "a large body of known length": (
        flood(OK + b"Content-Length: 99999999999\r\n\r\n", b" " * 10_000),
        BadAnswer,
        "the answer is larger than 1 MiB",
    ),
    "a gzip bomb": (packed(BOMB), BadAnswer, "the answer is larger than 1 MiB"),
    "a deflate bomb": (
        packed(zlib.compress(b" " * (64 << 20)), b"deflate"),
        BadAnswer,
        "the answer is larger than 1 MiB",
    ),
    "a bomb in a bomb": (packed(gzip.compress(BOMB), b"gzip, gzip"), Unreachable, "packed in a way"),
    "another packing": (packed(b"x", b"br"), Unreachable, "packed in a way"),
    "broken packing": (packed(b"not gzip"), Unreachable, "its compressed body is broken"),
    "half a packing": (packed(gzip.compress(b"[]" * 9999)[:20]), Unreachable, "its compressed body is broken"),
    "many small values": (
        once(OK + b"\r\n[" + b"{}," * 300_000 + b"{}]"),
        BadAnswer,
        "the answer has more than 65,536",
    ),
    "less than it said": (once(OK + b"Content-Length: 100\r\n\r\n[]"), Unreachable, "no answer"),
    "two lengths": (once(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]"), Unreachable, "no answer"),
    "no HTTP": (once(b"SSH-2.0-OpenSSH_9.2\r\n"), Unreachable, "no answer"),
    "no status": (once(b"HTTP/1.1 abc\r\n\r\n"), Unreachable, "no answer"),
    "nothing": (once(b""), Unreachable, "no answer"),
}


@pytest.mark.parametrize(("answer", "kind", "message"), SERVERS.values(), ids=SERVERS)
def test_servers(answer: Answer, kind: type[ApiError], message: str) -> None:
    """Each ends in its error: reading changed nothing, and of a write it isn't known whether it was carried out."""
    seconds = 0.4 if message is LATE else 30.0
    with serving(answer) as url:
        with calling(url, seconds) as client, pytest.raises(ApiError) as read:
            client.history(ID)
        with calling(url, seconds) as client, pytest.raises(ApiError) as write:
            client.update(ID, MENU)
    for error, done in ((read.value, "Nothing was changed."), (write.value, "may or may not have carried it out")):
        assert type(error) is kind
        assert message in str(error)
        assert done in str(error)
        assert len(str(error)) < 1000


def test_a_server_that_reads_nothing() -> None:
    """A large request that nobody reads ends as well."""
    big = replace(MENU, more={"notes": "x" * (16 << 20)})

    def read_nothing(_connection: socket.socket, over: threading.Event) -> None:
        over.wait(60)

    with serving(read_nothing) as url, calling(url) as client, pytest.raises(Unreachable, match=LATE):
        client.update(ID, big)


def test_a_connection_is_used_again() -> None:
    """Each call has the time, not the connection."""
    calls = iter(range(2))

    def answer(connection: socket.socket, over: threading.Event) -> None:
        for _ in calls:
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]")
            connection.recv(1 << 16)
        drip(b"", b" ")(connection, over)

    with serving(answer) as url, calling(url, 2.0) as client:
        assert list(client.list_definitions()) == list(client.list_definitions()) == []
        with pytest.raises(Unreachable):
            list(client.list_definitions())


def test_an_answer_too_many() -> None:
    """What follows an answer, such as the same answer again, isn't taken for the answer to the next call."""

    def answer(connection: socket.socket, _over: threading.Event) -> None:
        for _ in range(2):
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]" + OK + b"Content-Length: 3\r\n\r\n[1]")
            if not connection.recv(1 << 16):
                return

    with serving(answer) as url, calling(url, 30.0) as client:
        assert list(client.list_definitions()) == []
        with pytest.raises(Unreachable, match="the answer came before the request"):
            list(client.list_definitions())
        assert list(client.list_definitions()) == []


def test_cookies_are_not_sent_back() -> None:
    """A flood of cookies doesn't make the next request larger."""
    requests: list[bytes] = []
    head = OK + b"".join(b"Set-Cookie: a%d=b; Path=/\r\n" % number for number in range(900))

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(head + b"Content-Length: 2\r\n\r\n[]")
        requests.append(connection.recv(1 << 16))
        connection.sendall(OK + b"Content-Length: 2\r\n\r\n[]")

    with serving(answer) as url, calling(url, 30.0) as client:
        assert list(client.list_definitions()) == list(client.list_definitions()) == []
    assert requests[0].startswith(b"GET ")
    assert b"cookie" not in requests[0].lower()


@pytest.mark.parametrize(
    "answer",
    [OK + b"Bearer s3cr3t-key\r\n\r\n", b"Authorization: Bearer s3cr3t-key\r\n\r\n", CHUNKED + b"s3cr3t-key\r\n"],
    ids=["header", "status", "chunk"],
)
def test_a_broken_answer_with_the_key(answer: bytes) -> None:
    """The error of an answer that isn't HTTP quotes what isn't, without the key."""
    with serving(once(answer)) as url, calling(url, 30.0) as client, pytest.raises(Unreachable) as error:
        list(client.list_definitions())
    assert "illegal" in str(error.value)
    assert "[secret]" in str(error.value)
    assert "s3cr3t" not in str(error.value) + error.value.detail


def test_a_proxy_that_drips() -> None:
    """A proxy keeps the time as well, before and after it connects to the service."""
    with serving(drip(b"HTTP/1.1 200 OK\r\n", b"x")) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTP_PROXY", url)
        patch.setenv("HTTPS_PROXY", url)
        for service in ("http://service.example", "https://service.example"):
            with calling(service) as client, pytest.raises(Unreachable, match=LATE):
                client.history(ID)


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "bare", "identity"])
def test_packed_answers(encoding: str) -> None:
    """Answers may be packed in the ways that the client accepts."""
    body = b"[]" + b" " * 1000
    bare = zlib.compressobj(wbits=-15)
    bodies = {"deflate": zlib.compress(body), "bare": bare.compress(body) + bare.flush(), "identity": body}
    answer = packed(bodies.get(encoding, gzip.compress(body)), encoding.replace("bare", "deflate").encode())
    with serving(answer) as url, calling(url, 30.0) as client:
        assert list(client.list_definitions()) == []


def test_a_redirect_is_not_followed() -> None:
    """Another server could get the key: a redirect, also to itself, is an error after one call."""
    loop = Script([httpx.Response(302, headers={"Location": f"{SETTINGS.base_url}/again"})])
    with pytest.raises(BadAnswer, match="It redirects to"):
        client(loop).history(ID)
    assert loop.calls == ["GET"]


BODIES = {
    "a number beyond all": (b'[{"id": 1e400}]', "a number that is too large"),
    "a negative one": (b"[-1e999]", "a number that is too large"),
    "NaN": (b"[NaN]", "is not JSON"),
    "Infinity": (b"[-Infinity]", "is not JSON"),
    "half a character": (b'["\\ud83d"]', "half a character"),
    "the other half": (b'["\\uDE00 \\uD83D"]', "half a character"),
    "half a character as bytes": (b'["\xed\xa0\xbd"]', "not UTF-8 text"),
    "another encoding": ("[]".encode("utf-16"), "not UTF-8 text"),
    "a number of 5,000 digits": (b"[" + b"1" * 5000 + b"]", "a number of more than 4,300 digits"),
    "900 levels": (b"[" * 900 + b"]" * 900, "nested more than 128 levels deep"),
    "129 levels": (b'{"a":' * 129 + b"1" + b"}" * 129, "nested more than 128 levels deep"),
    "100,000 levels": (b"[" * 100_000, "nested more than 128 levels deep"),
    "half a list": (b'[{"token": "s3cr3t', "is not JSON, or only a part of it"),
}


@pytest.mark.parametrize(("body", "why"), BODIES.values(), ids=BODIES)
def test_what_json_does_not_mean(body: bytes, why: str) -> None:
    """What looks like JSON and isn't is refused, and not quoted."""
    with pytest.raises(BadAnswer, match=rf"the answer .*{why}.*\n") as raised:
        client(Script([httpx.Response(200, content=body)])).history(ID)
    assert "s3cr3t" not in str(raised.value)


def test_the_deepest_answer() -> None:
    """An answer that is just not too deep is read, compared and shown."""
    deep: object = "x"
    for _ in range(120):
        deep = {"a": deep}
    answer = stored(other=deep)
    found = client(Script([httpx.Response(200, json=[answer])])).latest(ID)
    assert found.definition.body()["other"] == deep


def test_pauses_grow_whatever_the_service_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that asks for no wait, or for one in the past, isn't called faster than one that asks for nothing."""
    patience = replace(THRICE, attempts=5, first_wait=1.0, longest_wait=20.0)
    for asked in (None, "0", "-5", "0.0", "Fri, 31 Dec 1999 23:59:59 GMT", "nan", "soon", "1e-9"):
        waited: list[float] = []
        headers = {} if asked is None else {"Retry-After": asked}
        calling = client(Script([httpx.Response(429, headers=headers)]), patience)
        monkeypatch.setattr(calling.clock, "wait", waited.append)
        with pytest.raises(ApiError, match="Tried 5 times"):
            calling.history(ID)
        assert [int(each) for each in waited if each > 0.9] == [1, 2, 4, 8]


@pytest.mark.parametrize("asked", ["121", "99999999999", "1e30", "inf", "Fri, 31 Dec 9999 23:59:59 GMT", "9" * 5000])
def test_no_wait_beyond_patience(asked: str) -> None:
    """A service that asks for more than the client's patience isn't waited for: the message has the wait."""
    service = Script([httpx.Response(429, headers={"Retry-After": asked})])
    with pytest.raises(ApiError, match=r"Try again in \d+ s\."):
        client(service, Patience()).history(ID)
    assert service.calls == ["GET"]

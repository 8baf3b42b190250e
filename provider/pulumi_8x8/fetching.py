"""Sends one request and reads its whole answer, within a time and a size that hold whatever the other side does.

httpx limits the time of each read, and no size. A server that sends a byte now and then would hold the client without
end, and an endless or well packed answer would fill the memory.
"""

from __future__ import annotations

import logging
import math
import socket
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl

    import httpx

#: What an answer may be packed with. One layer: several could unpack to any size in a single step.
ACCEPTED = "gzip, deflate"

#: How much goes to the network between two looks at the clock, in bytes.
_SLICE = 1 << 14

#: Bytes of the largest body for each of its values. In memory, a value takes about five times that.
_BYTES_PER_VALUE = 16

#: When the call of this thread must be over (``time.monotonic``).
_ends: ContextVar[float] = ContextVar("ends", default=math.inf)


class TooLarge(Exception):
    """A body has more than is read. The message is a predicate: ``is larger than 32 MiB``."""


def fetch(http: httpx.Client, request: httpx.Request, seconds: float, size: int) -> httpx.Response:
    """Sends ``request``, and returns the answer with its whole body, unpacked.

    :param seconds: for everything, from the connection to the last byte.
    :param size: the largest body, in bytes, packed and unpacked.
    :raises httpx.HTTPError: there is no answer, or not the whole answer in time.
    :raises TooLarge: the body is larger, or has too many values.
    """
    import httpx

    ends = time.monotonic() + seconds
    with _until(ends):
        try:
            response = http.send(request, stream=True)
            try:
                stream = response.extensions.get("network_stream")
                if isinstance(stream, _Stream) and not stream.is_answered:
                    raise httpx.RemoteProtocolError("the answer came before the request", request=request)
                if response.is_stream_consumed:  # a transport without a network
                    body = _whole([response.content], size)
                else:
                    body = _unpacked(response, _whole(response.iter_raw(), size), size)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            if time.monotonic() < ends:
                raise
            raise type(error)(f"the answer wasn't complete after {seconds:g} s", request=request) from None
    _check_values(body, size)
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_TRANSFER]
    phrase = {name: value for name, value in response.extensions.items() if name == "reason_phrase"}
    return httpx.Response(response.status_code, headers=headers, content=body, request=request, extensions=phrase)


#: Headers that describe the bytes on the network, and not the body that :func:`fetch` returns.
_OF_THE_TRANSFER = {b"content-encoding", b"content-length", b"transfer-encoding"}


def _check_values(body: bytes, size: int) -> None:
    """Checks that ``body`` has only as many values as memory is for. :raises TooLarge: it has more than that."""
    most = size // _BYTES_PER_VALUE
    if len(body) > most and body.count(b",") + body.count(b"[") + body.count(b"{") > most:
        raise TooLarge(f"has more than {most:,} values")


#: The loggers of httpx and its parts. Their lines have whole URLs, and the headers of answers.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


def _of_others(_: logging.LogRecord) -> bool:
    """Whether a line isn't about a call of :func:`fetch`."""
    return _ends.get() == math.inf


def limit_reads(http: httpx.Client) -> None:
    """Makes all connections of ``http``, also those to a proxy, keep the time of :func:`fetch`, and httpx log none.

    Neither httpx nor httpcore publishes a way to limit the time of the headers. If a later version keeps its network
    elsewhere, only that limit is lost; a test notices.
    """
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_of_others)
    for transport in (http._transport, *http._mounts.values()):
        pool: Any = getattr(transport, "_pool", None)
        if isinstance(getattr(pool, "_network_backend", None), httpcore.NetworkBackend):
            pool._network_backend = _Network(pool._network_backend)


@contextmanager
def _until(ends: float) -> Iterator[None]:
    before = _ends.set(ends)
    try:
        yield
    finally:
        _ends.reset(before)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Returns the seconds for the next step of the call. :raises late: none are left."""
    left = _ends.get() - time.monotonic()
    if left <= 0:
        raise late("timed out")
    if timeout is None:
        return None if left == math.inf else left
    return min(timeout, left)


def _whole(parts: Iterable[bytes], size: int) -> bytes:
    import httpx

    body = bytearray()
    for part in parts:
        body += part
        if len(body) > size:
            raise _too_large(size)
        _left(None, httpx.ReadTimeout)
    return bytes(body)


def _unpacked(response: httpx.Response, body: bytes, size: int) -> bytes:
    import httpx

    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed in ("", "identity") or not body:
        return body
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError("it is packed in a way that the client doesn't accept")
    for window in (47, -15):  # gzip or zlib by its first bytes; some servers send a bare deflate
        unpacking = zlib.decompressobj(window)
        try:
            unpacked = unpacking.decompress(body, size + 1)
        except zlib.error:
            continue
        if len(unpacked) > size:
            raise _too_large(size)
        if unpacking.eof:
            return unpacked
        break
    raise httpx.DecodingError("its compressed body is broken")


def _too_large(size: int) -> TooLarge:
    return TooLarge(f"is larger than {size >> 20} MiB")


def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """Returns the addresses of a host, at least one.

    The system's resolver takes no timeout, and would take all of it for each address. So it runs in a thread, which may
    outlive the call.

    :raises httpcore.ConnectError: the host has none. :raises httpcore.ConnectTimeout: the resolver takes too long.
    """
    found: list[str] = []
    errors: list[Exception] = []

    def resolve() -> None:
        try:
            found.extend(
                dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
            )
        except (OSError, UnicodeError) as error:
            errors.append(error)

    resolving = threading.Thread(target=resolve, name="resolve", daemon=True)
    resolving.start()
    resolving.join(seconds)
    if resolving.is_alive():
        raise httpcore.ConnectTimeout("timed out")
    if not found:
        raise httpcore.ConnectError(str(errors[0]) if errors else "no address")
    return found


class _Network(httpcore.NetworkBackend):
    """A network whose connections keep the time of the call that uses them."""

    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = _addresses(host, port, _left(timeout, httpcore.ConnectTimeout))
        for address in others:
            with suppress(httpcore.ConnectError):
                left = _left(timeout, httpcore.ConnectTimeout)
                return _Stream(self._network.connect_tcp(address, port, left, local_address, socket_options))
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_tcp(last, port, left, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._network.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._network.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    """A connection.

    :ivar is_answered: something was read after the last request. Otherwise, what the client takes for the answer was
        sent after an earlier answer, for instance by a proxy that repeats one.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self.is_answered = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.is_answered = True
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.is_answered = False
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

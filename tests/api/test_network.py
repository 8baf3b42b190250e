"""docs/network.md is true: a real proxy and a real TLS server on this machine, with an authority of their own."""

from __future__ import annotations

import ast
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
import pytest

from pulumi_8x8.api import Client, Settings
from pulumi_8x8.api.retries import Patience
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.errors import ApiError, Unreachable
from tools.docs import ROOT

PAGE = (ROOT / "docs" / "network.md").read_text("utf-8")
#: A key that no other byte of a connection has.
KEY = "key-5d1f0c"
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True)
class Certificates:
    """An authority, and a server's certificate that it signed for 127.0.0.1 and localhost.

    :ivar folder: with the authority's certificate under the name of its hash.
    """

    authority: Path
    server: Path
    key: Path
    folder: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> str:
        return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")  # Python 3.13 wants it
    openssl(*new, *usage, "-subj", "/CN=Acme authority", "-keyout", "ca.key", "-out", "ca.pem")
    names = "subjectAltName=IP:127.0.0.1,DNS:localhost"
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", names, "-addext", "basicConstraints=critical,CA:false")
    openssl(*new, "-subj", "/CN=localhost", *signed, "-keyout", "server.key", "-out", "server.pem")
    (folder / "hashed").mkdir()
    shutil.copy(
        folder / "ca.pem", folder / "hashed" / (openssl("x509", "-hash", "-noout", "-in", "ca.pem").strip() + ".0")
    )
    return Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key", folder / "hashed")


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that refuses the certificate ends the connection."""


@contextmanager
def emulator(certificates: Certificates | None) -> Iterator[str]:
    """The address of an emulator, with TLS if there are certificates."""
    server = _Threaded(("127.0.0.1", 0), _Quiet)
    server.set_app(create_app(Store(), EmulatorSettings(api_key=KEY)))
    if certificates is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.server, certificates.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http{'s' if certificates else ''}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def secure(certificates: Certificates) -> Iterator[str]:
    with emulator(certificates) as url:
        yield url


@dataclass
class Proxy:
    """A proxy: connects to what ``CONNECT`` names, and passes on requests for whole addresses.

    :ivar wants: the header that it asks for, if any. :ivar heads: the beginning of each request.
    :ivar passed: all bytes that came from clients.
    """

    url: str
    wants: bytes = b""
    heads: list[str] = field(default_factory=list)
    passed: bytearray = field(default_factory=bytearray)


class _Converses(socketserver.BaseRequestHandler):
    proxy: ClassVar[Proxy]

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (got := self.request.recv(1 << 16)):
                return
            head += got
        self.proxy.passed += head
        first = head.partition(b"\r\n")[0].decode()
        self.proxy.heads.append(first)
        if self.proxy.wants and self.proxy.wants not in head:
            self.request.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = first.split()
        place = target if method == "CONNECT" else httpx.URL(target).netloc.decode()
        host, _, port = place.rpartition(":")
        with socket.create_connection((host, int(port))) as service:
            if method == "CONNECT":
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                service.sendall(head.replace(target.encode(), httpx.URL(target).raw_path, 1))
            threading.Thread(target=_pump, args=(service, self.request, None), daemon=True).start()
            _pump(self.request, service, self.proxy.passed)


def _pump(source: socket.socket, sink: socket.socket, note: bytearray | None) -> None:
    try:
        while data := source.recv(1 << 16):
            if note is not None:
                note += data
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    handler = type("Handler", (_Converses,), {})
    with Server(("127.0.0.1", 0), handler) as server:
        handler.proxy = made = Proxy(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def usage(base_url: str) -> str:
    """The account that a call of the service is about."""
    with Client(Settings("acme", KEY, base_url), patience=Patience(attempts=1)) as client:
        client.usage()
        return client.settings.account_id


def test_an_authority_of_ones_own(secure: str, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only certificates of known authorities are accepted. ``SSL_CERT_FILE`` replaces these, and so does
    ``SSL_CERT_DIR`` without it."""
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        usage(secure)
    for name, place in (("SSL_CERT_FILE", certificates.authority), ("SSL_CERT_DIR", certificates.folder)):
        with monkeypatch.context() as patch:
            patch.setenv(name, str(place))
            assert usage(secure) == "acme"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_for_https(
    secure: str, certificates: Certificates, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A proxy for HTTPS connects to the service. It sees its host, and neither the path nor the key."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    monkeypatch.setenv(variable, proxy.url)
    assert usage(secure) == "acme"
    assert proxy.heads == [f"CONNECT {secure.removeprefix('https://')} HTTP/1.1"]
    assert KEY.encode() not in proxy.passed
    assert b"acme" not in proxy.passed


def test_a_proxy_for_http(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy for HTTP passes on the request, and so it sees the key. HTTPS_PROXY has no effect then."""
    with emulator(None) as url:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert usage(url) == "acme"
        assert proxy.heads == []
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert usage(url) == "acme"
    assert proxy.heads[0].startswith(f"GET {url}/api/v1/accounts/acme/")
    assert KEY.encode() in proxy.passed


@pytest.mark.parametrize(
    ("hosts", "direct"),
    [
        ("127.0.0.1", True),
        ("acme.example,127.0.0.1", True),
        ("*", True),
        ("acme.example", False),
        ("127.0.0.0/8", False),
    ],
)
def test_hosts_without_a_proxy(
    secure: str, certificates: Certificates, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, hosts: str, direct: bool
) -> None:
    """``NO_PROXY`` names hosts that are called directly, or all of them; a network isn't a host."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", hosts)
    assert usage(secure) == "acme"
    assert (proxy.heads == []) == direct


def test_a_proxy_with_a_password(
    secure: str, certificates: Certificates, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy's address has user and password. Without them, the message has the proxy's refusal, and no password."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    proxy.wants = b"Proxy-Authorization: Basic YWRhOnBhc3MtMTIz"
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(ApiError, match="407 Proxy Authentication Required"):
        usage(secure)
    for password, right in (("pass-123", True), ("wrong-pass", False)):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", f"://ada:{password}@"))
        if right:
            assert usage(secure) == "acme"
        else:
            with pytest.raises(ApiError) as error:
                usage(secure)
            assert password not in str(error.value)


def test_a_proxy_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that isn't there is an error of the connection: no call is made without it."""
    with emulator(None) as url, socket.create_server(("127.0.0.1", 0)) as taken:
        gone = taken.getsockname()[1]
        taken.close()
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{gone}")
        with pytest.raises(Unreachable):
            usage(url)


def test_every_variable_has_a_row() -> None:
    """The page has each variable that the HTTP library reads, and those without an effect are named as such."""
    import httpx._config

    tree = ast.parse(Path(httpx._config.__file__).read_text("utf-8"))
    read = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "os.environ.get"
        and isinstance(node.args[0], ast.Constant)
    }
    assert read == {"SSL_CERT_FILE", "SSL_CERT_DIR"}
    for name in VARIABLES:
        assert f"`{name}`" in PAGE

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from emulator_kit import Emulator, chat, definition, payload

from pulumi_8x8.emulator.server import work_off

COMMAND = [sys.executable, "-c", "from pulumi_8x8.cli import main; main()", "emulator"]
DEFINITIONS = "/api/v1/accounts/acme/definitions"
Serve = Callable[..., tuple[subprocess.Popen[str], httpx.Client]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Runs the command in an empty folder until it prints its address."""
    running: list[tuple[subprocess.Popen[str], httpx.Client]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[str], httpx.Client]:
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"Automation API emulator at (http://127\.0\.0\.1:\d+) \(API key (.+)\)\n", line)
        assert found, (line, process.stderr and process.stderr.read())
        key = "secret" if found[2] == "as given" else found[2]
        client = httpx.Client(base_url=found[1], headers={"Authorization": f"Bearer {key}"})
        running.append((process, client))
        return running[-1]

    yield run
    for process, client in running:
        client.close()
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_served_until_a_signal(serve: Serve, tmp_path: Path, number: signal.Signals) -> None:
    """A definition made over HTTP is in the default database after a signal, which ends the command cleanly."""
    process, client = serve()
    made = client.post(DEFINITIONS, json=definition([chat("a", "hello")])).json()
    assert client.post("/_emulator/inbound", json=payload("inbound_chat_apps_v2_text")).status_code == 200
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
    assert (tmp_path / ".dev" / "emulator.sqlite").exists()
    _, again = serve()
    assert again.get(DEFINITIONS).json() == [made]
    assert len(again.get("/_emulator/outbox").json()) == 1


def test_killed_and_started_again(serve: Serve) -> None:
    """What was answered before a kill is there after it."""
    process, client = serve("--database", "kept.sqlite", "--api-key", "secret", "--account", "acme")
    made = client.post(DEFINITIONS, json=definition([])).json()
    assert client.get("/api/v1/accounts/other/definitions").status_code == 401
    process.kill()
    process.communicate()
    _, again = serve("--database", "kept.sqlite", "--api-key", "secret")
    assert again.get(DEFINITIONS).json() == [made]


def test_lost_answer_over_a_socket(serve: Serve) -> None:
    """A dropped answer closes the connection without a byte; the work was done, nothing is printed, it serves on."""
    process, client = serve("--database", ":memory:")
    client.post("/_emulator/faults", json=[{"method": "POST", "path": "/api", "drop": True}])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(DEFINITIONS, json=definition([]))
    assert len(client.get(DEFINITIONS).json()) == 1
    assert client.get("/_emulator/calls").json()[0]["status"] is None
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20) == ("", "")


def test_only_on_loopback(serve: Serve) -> None:
    """Nothing listens on the machine's other addresses."""
    _, client = serve("--database", ":memory:")
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", client.base_url.port or 0), timeout=5):
        pass


def _used_port() -> str:
    listening = socket.create_server(("127.0.0.1", 0))
    _open.append(listening)
    return str(listening.getsockname()[1])


_open: list[socket.socket] = []


def _another_database(folder: Path) -> str:
    path = folder / "theirs.sqlite"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE mine (id)")
    db.close()
    return str(path)


CANNOT_START: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "port in use": (
        lambda _: ["--port", _used_port()],
        r"can't listen on 127\.0\.0\.1:\d+: .*in use\. If another emulator runs there, stop it\.",
    ),
    "port out of range": (lambda _: ["--port", "70000"], "70000 is not in the range"),
    "another program's database": (
        lambda folder: ["--database", _another_database(folder)],
        "another program's database",
    ),
    "folder as database": (lambda folder: ["--database", str(folder)], "can't open the database"),
    "key with a space": (lambda _: ["--api-key", "a "], "--api-key must be printable ASCII"),
    "no stubs": (lambda _: ["--http", "nowhere.yaml"], r"nowhere\.yaml: the file doesn't exist"),
    "no list of stubs": (lambda _: ["--http", __file__], "not YAML"),
    "empty key": (lambda _: ["--api-key", ""], "--api-key must be printable ASCII"),
}


@pytest.mark.parametrize(("arguments", "message"), CANNOT_START.values(), ids=CANNOT_START)
def test_cannot_start(tmp_path: Path, arguments: Callable[[Path], list[str]], message: str) -> None:
    """What makes a start impossible is one message and exit code 2."""
    command = [*COMMAND, "--database", ":memory:", *arguments(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    while _open:
        _open.pop().close()
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(message, done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def test_later_work_needs_no_request(start: Callable[..., Emulator]) -> None:
    """While it serves, what is due later is done without a request coming in, also what was ordered meanwhile."""
    emulator = start(delete_delay=0)
    service, stopping = emulator.app.extensions["pulumi_8x8"], threading.Event()
    worker = threading.Thread(target=work_off, args=(service, stopping))
    worker.start()
    try:
        for _ in range(3):
            emulator.client.delete(emulator.create(definition([])))
            deadline = time.monotonic() + 20
            while (left := emulator.store.newest("acme")) and time.monotonic() < deadline:
                pass
            assert left == []
    finally:
        stopping.set()
        service.wake()
        worker.join()


def test_connections_that_send_nothing(serve: Serve) -> None:
    """Hundreds of half requests keep nobody else from being served, and a body that is too large isn't read."""
    _, client = serve()
    where = client.base_url.host, client.base_url.port
    half = f"POST {DEFINITIONS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{{".encode()
    opened = [socket.create_connection(where) for _ in range(400)]
    try:
        for each in opened:
            each.sendall(half)
        assert client.get(DEFINITIONS).json() == []
        with socket.create_connection(where, timeout=60) as large:
            large.sendall(half.replace(b"1000", str(1 << 30).encode()))
            assert large.recv(12) == b"HTTP/1.1 413"
    finally:
        for each in opened:
            each.close()

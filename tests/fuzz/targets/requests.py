"""HTTP requests to the emulator: bytes on its socket, and calls of any program, with any body."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
from waitress.server import create_server

from fuzz.harness import Case, Outcome
from fuzz.mutations import mutated, odd
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.simulator import ManualClock

#: Cases in the suite.
SHORT = 40

_START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
_TESTS = Path(__file__).parents[2]
_KEY = {"Authorization": "Bearer emulator-key"}
_API = "/api/v1/accounts/acme/"
_CORPUS = [json.loads(path.read_text("utf-8")) for path in sorted((_TESTS / "corpus").glob("0*.json"))]
_WEBHOOKS = [json.loads(path.read_text("utf-8")) for path in sorted((_TESTS / "payloads").glob("inbound*.json"))]
_ASK = {
    "trigger": "inbound_chat_apps",
    "status": "enabled",
    "definition": {
        "name": "ask",
        "steps": [
            {
                "id": "say",
                "stepType": "ChatAppsMessage",
                "inputs": {
                    "subAccountId": "s",
                    "user": {"msisdn": "{{data.payload.user.msisdn}}"},
                    "type": "Interactive",
                    "content": {
                        "interactive": {
                            "type": "button",
                            "body": {"text": "?"},
                            "action": {"buttons": [{"id": "y", "type": "reply", "title": "Yes"}]},
                        }
                    },
                },
                "nextStepId": "wait",
            },
            {
                "id": "wait",
                "stepType": "WaitForReply",
                "inputs": {"from": "{{data.payload.user.msisdn}}", "channel": "whatsapp", "timeout": "01:00:00"},
                "outputs": {"reply": "{{step.reply.payload}}"},
            },
        ],
    },
}
_PIECES = [
    b"\r\n", b"\r\n\r\n", b"\0", b":", b" ", b"\t", b"Host: evil.example\r\n", b"Content-Length: -1\r\n", b"%00", b"%",
    b"Content-Length: 99999999999999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffff\r\n", b"\xff",
    b"Expect: 100-continue\r\n", b"X: " + b"x" * 70_000 + b"\r\n", b"HTTP/0.9", b"HTTP/1.0", b"[" * 5_000, b"../", b"?",
    b'"\\ud83d"', b"1e400", b"NaN", b"?limit=-1", b"?limit=99999999999999999999", b"?offset=x", b"/_emulator/",
]  # fmt: skip


def make(random: Random) -> Case:
    """Bytes on the socket, or calls one after another."""
    return random.choice((_bytes, _calls, _calls))(random)


def _call(random: Random) -> tuple[str, str, Any]:
    """A call that a program could make."""
    body = random.choice(_CORPUS)
    body = body if "definition" in body else {"trigger": "inbound_sms", "definition": body}
    webhook = random.choice(_WEBHOOKS)
    customer = {"number": "+6581968289", "channel": random.choice(("whatsapp", "sms"))}
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"{_API}definitions", None),
        ("POST", f"{_API}definitions", body),
        ("PUT", f"{_API}definitions/<id>", body),
        ("GET", f"{_API}definitions/<id>", None),
        ("DELETE", f"{_API}definitions/<id>?version=1", None),
        ("GET", f"{_API}definitions/<id>/workflows?status=Runnable&limit=5", None),
        ("POST", f"{_API}definitions/<id>/workflows?version=1", {"payload": {"body": "x", "n": 1}}),
        ("GET", f"{_API}definitions/<id>/workflows/<run>?includeLogs=true", None),
        ("PATCH", f"{_API}definitions/<id>/workflows/<run>", {"status": random.choice(("suspend", "resume"))}),
        ("GET", f"{_API}definitions/<id>/workflows/<run>/errors", None),
        ("POST", f"{_API}triggers/http_request", {"a": 1}),
        ("GET", f"{_API}steps/timezones?contains=a", None),
        ("GET", f"{_API}usage", None),
        ("POST", "/_emulator/inbound?accountId=acme", webhook),
        ("POST", "/_emulator/dtmf", {"clientRequestId": "1", "actionDetails": {"dtmf": "5"}}),
        ("POST", "/_emulator/messages", {**customer, "text": "Hi"}),
        ("POST", "/_emulator/messages", {**customer, "kind": "image", "url": "https://example.com/a.png"}),
        ("POST", "/_emulator/taps", {"number": "6581968289", "choice": "Yes"}),
        ("POST", "/_emulator/taps", {"number": "6581968289", "sequence": 1, "id": "y"}),
        ("POST", "/_emulator/keys", {"sequence": 1, "keys": "1"}),
        ("POST", "/_emulator/refusals", {"code": 3038, "times": 2}),
        ("POST", "/_emulator/clock", {"seconds": random.choice((1, 3600, 86_400 * 400))}),
        ("POST", "/_emulator/faults", [{"path": "zones", "status": 429}]),
        ("GET", "/_emulator/outbox?after=1", None),
        ("GET", "/_emulator/workflows/<run>", None),
        ("GET", "/_emulator/definitions/acme/<id>", None),
        ("GET", "/_emulator/definitions/acme/<id>/traffic", None),
    ]
    return random.choice(calls)


def _calls(random: Random) -> Case:
    """Each is answered as its caller's mistake or carried out, and others are served afterwards."""
    calls = []
    for _ in range(random.randrange(1, 8)):
        method, path, body = _call(random)
        content = None
        if body is not None:
            content = json.dumps(odd(random, body)).encode()
            if random.random() < 0.3:
                content = mutated(random, content, _PIECES)
        if random.random() < 0.2:
            path = mutated(random, path.encode(), [piece for piece in _PIECES if len(piece) < 50]).decode("latin-1")
        calls.append((method, path, content))

    def run() -> None:
        app = create_app(Store(), EmulatorSettings(max_jump_time=0.3, delete_delay=1), ManualClock(_START))
        with httpx.Client(
            transport=httpx.WSGITransport(app, raise_app_exceptions=True), base_url="http://127.0.0.1", headers=_KEY
        ) as client:
            made = client.post(f"{_API}definitions", json=_ASK).json()["definition"]["id"]
            started = client.post("/_emulator/inbound", json=_WEBHOOKS[0]).json()["instances"]
            run_id = started[0]["id"] if started else "0" * 24
            for method, path, content in calls:
                with suppress(httpx.InvalidURL, ValueError):  # which the client refuses
                    url = httpx.URL("http://127.0.0.1").join(path.replace("<id>", made).replace("<run>", run_id))
                    if url.host == "127.0.0.1":
                        answer = client.request(method, url, content=content)
                        print(answer.status_code, method, path, answer.text[:200].replace("\n", " "))
            print(client.get("/_emulator/status").status_code, "at the end")

    def check(outcome: Outcome) -> str:
        lines = outcome.stdout.decode("utf-8", "replace").splitlines()
        wrong = [line for line in lines if line[:1] == "5" and "takes longer than" not in line]
        if wrong:
            return f"{wrong[0]}\n{outcome.stderr.decode('utf-8', 'replace')[-2000:]}"
        return "" if lines and lines[-1] == "200 at the end" else f"the end is {lines[-1:]}"

    return Case(
        f"the calls {[(method, path, (body or b'')[:120]) for method, path, body in calls]}", run, check, seconds=3
    )


def _bytes(random: Random) -> Case:
    """The server answers or closes, and answers the next connection."""
    method, path, body = _call(random)
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer emulator-key\r\n"
    whole = mutated(random, head.encode() + b"Content-Length: %d\r\n\r\n" % len(content) + content, _PIECES)
    parts = random.choice((1, 1, 2, 5))

    def run() -> None:
        app = create_app(Store(), EmulatorSettings(max_jump_time=0.3), ManualClock(_START))
        with socket.create_server(("127.0.0.1", 0)) as listening:
            server = create_server(app, sockets=[listening], threads=2, log_socket_errors=False)
            threading.Thread(target=server.run, daemon=True).start()
            address = listening.getsockname()
            with socket.create_connection(address, timeout=5) as client, suppress(OSError):
                for part in range(parts):
                    client.sendall(whole[len(whole) * part // parts : len(whole) * (part + 1) // parts])
                client.shutdown(socket.SHUT_WR)
                print(client.recv(1 << 16)[:60])
            answer = httpx.get(f"http://127.0.0.1:{address[1]}/_emulator/status", timeout=20, trust_env=False)
            print(answer.status_code, "at the end")

    def check(outcome: Outcome) -> str:
        lines = outcome.stdout.decode("utf-8", "replace").splitlines()
        if any(line.startswith("b'HTTP/1.1 500") for line in lines):
            return f"{lines}\n{outcome.stderr.decode('utf-8', 'replace')[-2000:]}"
        return "" if lines and lines[-1] == "200 at the end" else f"the end is {lines[-1:]}"

    return Case(f"the bytes {whole[:300]!r}", run, check, seconds=2)

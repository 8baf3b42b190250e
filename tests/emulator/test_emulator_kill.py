"""Killed again and again while 200 instances run. ``EMULATOR_KILLS=50`` kills more often than the default."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulator_kit import definition, wait

KILLS = int(os.environ.get("EMULATOR_KILLS", "10"))
EACH = 25  # instances of a kind
HOUR = 3600
BASE = "/api/v1/accounts/acme/definitions"
COMMAND = [sys.executable, "-c", "from pulumi_8x8.cli import main; main()", "emulator"]


def say(id: str, text: str, **more: Any) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "destination": "+6581968289", "text": text}
    return {"id": id, "stepType": "SMS", "inputs": inputs, **more}


def fork(**edges: str) -> dict[str, Any]:
    return {"id": "fork", "stepType": "Branch", "selectNextStep": dict.fromkeys(edges.values(), "{{true}}")}


def reply(timeout: str) -> dict[str, Any]:
    return {
        "id": "reply",
        "stepType": "WaitForReply",
        "inputs": {"from": "{{data.from}}", "channel": "sms", "timeout": timeout},
        "outputs": {"said": "{{step.reply.payload.body}}"},
        "nextStepId": "b",
    }


@dataclass(frozen=True)
class Kind:
    """One kind of workflow: its steps, what happens to it meanwhile, and how its instances must end."""

    steps: list[dict[str, Any]]
    texts: list[str]
    log: list[str]
    status: str = "Complete"
    event: str = ""


KINDS = {
    "quick": Kind(
        [say("a", "1", nextStepId="b"), say("b", "2", nextStepId="c"), say("c", "3")],
        ["1", "2", "3"],
        ["a:Complete", "b:Complete", "c:Complete"],
    ),
    "sleeping": Kind(
        [say("a", "1", nextStepId="w"), wait("w", "01:00:00", nextStepId="b"), say("b", "2")],
        ["1", "2"],
        ["a:Complete", "w:Complete", "b:Complete"],
    ),
    "waiting for a reply": Kind(
        [say("a", "?", nextStepId="reply"), reply("5"), say("b", "said {{data.said}}")],
        ["?", "said yes"],
        ["a:Complete", "reply:Complete", "b:Complete"],
        event="reply",
    ),
    "waiting in vain": Kind(
        [reply("01:00:00"), say("b", "said {{data.said}}")], ["said "], ["reply:Cancelled", "b:Complete"]
    ),
    "two paths": Kind(
        [fork(x="w", y="a"), wait("w", "01:00:00", nextStepId="b"), say("a", "1"), say("b", "2")],
        ["1", "2"],
        ["fork:Complete", "w:Complete", "a:Complete", "b:Complete"],
    ),
    "calling": Kind(
        [
            {
                "id": "h",
                "stepType": "HttpRequest",
                "inputs": {"url": "{{data.url}}", "method": "GET"},
                "outputs": {"code": "{{step.responseCode}}"},
                "nextStepId": "a",
            },
            say("a", "got {{data.code}}"),
        ],
        ["got 200"],
        ["h:Complete", "a:Complete"],
    ),
    "waiting for keys": Kind(
        [
            {
                "id": "d",
                "stepType": "WaitForDTMF",
                "inputs": {"dtmfRequestId": "{{data.from}}"},
                "outputs": {"keys": "{{step.dtmfData.actionDetails.dtmf}}"},
                "nextStepId": "a",
            },
            say("a", "pressed {{data.keys}}"),
        ],
        ["pressed 5"],
        ["d:Complete", "a:Complete"],
        event="keys",
    ),
    "suspended, then failing": Kind(
        [wait("w", "01:00:00", nextStepId="x"), {"id": "x", "stepType": "Teleport"}],
        [],
        ["w:Complete", "x:Failed"],
        status="Terminated",
        event="suspend",
    ),
}


class Killed:
    """An emulator that is killed while calls are made to it, and started again on the same port and database."""

    def __init__(self, folder: Path, kills: int, calls: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._command = [
            *COMMAND,
            "--port",
            str(port),
            "--database",
            str(folder / "e.sqlite"),
            "--allow-host",
            "127.0.0.1",
        ]
        self._errors = (folder / "errors").open("w+")
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": "Bearer emulator-key"}, timeout=30
        )
        self._random = random.Random(8)
        # A kill belongs to a call: it comes a moment after the call has been sent.
        self._due = sorted(self._random.sample(range(1, calls), kills))
        self._made = 0
        self.kills = 0
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._errors, text=True)
        assert self._process.stdout is not None
        assert "Automation API" in self._process.stdout.readline(), self.errors()

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The answer's JSON; ``None``: the emulator was killed, whether before or after it did the work."""
        self._made += 1
        killer = None
        if self._due and self._made >= self._due[0]:
            del self._due[0]
            killer = threading.Timer(self._random.uniform(0, 0.02), self._process.kill)
            killer.start()
        try:
            answer = self._client.request(method, path, **options)
            result = answer.json() if answer.content else {}
            assert answer.status_code < 300, answer.text
        except httpx.TransportError:
            assert killer, self.errors()
            result = None
        if killer:
            killer.join()
            self._process.communicate()
            self.kills += 1
            self._start()
        return result

    def sure(self, method: str, path: str, **options: Any) -> Any:
        """As :meth:`call`, again until there is an answer; for what may be done twice."""
        while (answer := self.call(method, path, **options)) is None:
            pass
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._client.close()
        self._errors.close()


@pytest.fixture
def url() -> Iterator[str]:
    """Where something answers 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def _start_once(emulator: Killed, path: str, data: dict[str, Any]) -> str:
    """Start an instance, once, and give its path."""
    while emulator.call("POST", f"{path}/workflows", json=data) is None:
        if any(each["data"]["n"] == data["n"] for each in emulator.sure("GET", f"{path}/workflows?limit=500")):
            break
    (found,) = (each for each in emulator.sure("GET", f"{path}/workflows?limit=500") if each["data"]["n"] == data["n"])
    return f"{path}/workflows/{found['workflowId']}"


def _log(emulator: Killed, instance: str) -> list[str]:
    logs = emulator.sure("GET", f"{instance}?includeLogs=true")["logs"]
    return [f"{log['stepName']}:{log['status']}" for log in logs]


def _deliver(emulator: Killed, event: str, instance: str, sender: str) -> None:
    def again(send: Callable[[], Any]) -> None:
        # The work may have been done before the answer was lost, so only an instance that still waits gets it again.
        while send() is None and any(entry.endswith(":WaitingForEvent") for entry in _log(emulator, instance)):
            pass

    if event == "reply":
        payload = {"source": sender, "body": "yes"}
        message = {"namespace": "SMS", "eventType": "inbound_message_received", "payload": payload}
        again(lambda: emulator.call("POST", "/_emulator/inbound", json=message))
    elif event == "keys":
        body = {"clientRequestId": sender, "actionDetails": {"dtmf": "5"}}
        again(lambda: emulator.call("POST", "/_emulator/dtmf", json=body))
    elif event == "suspend":
        emulator.sure("PATCH", instance, json={"status": "suspend"})


def _jump(emulator: Killed, seconds: int) -> None:
    """Move the clock to so many seconds ahead, from wherever it is."""
    while (ahead := emulator.sure("GET", "/_emulator/clock")["ahead"]) < seconds:
        emulator.call("POST", "/_emulator/clock", json={"seconds": seconds - ahead})


def test_kills_change_nothing(tmp_path: Path, url: str) -> None:
    """However often it is killed, every instance ends as it would have, and every message was sent exactly once."""
    emulator = Killed(tmp_path, KILLS, calls=EACH * len(KINDS) * 2)
    try:
        paths = {}
        for name, kind in KINDS.items():
            body = definition(kind.steps, name=name, trigger="http_request")
            while emulator.call("POST", BASE, json=body) is None:
                if any(each["definition"]["name"] == name for each in emulator.sure("GET", BASE)):
                    break
            (made,) = (each for each in emulator.sure("GET", BASE) if each["definition"]["name"] == name)
            paths[name] = f"{BASE}/{made['definition']['id']}"
        work = [(name, number) for name in KINDS for number in range(EACH)]
        random.Random(1).shuffle(work)
        instances: dict[str, tuple[Kind, str]] = {}
        for index, (name, _) in enumerate(work):
            sender = str(15_550_000_000 + index)
            instance = _start_once(emulator, paths[name], {"n": index, "from": sender, "url": url})
            instances[instance] = (KINDS[name], sender)
            _deliver(emulator, KINDS[name].event, instance, sender)
        for part in range(1, 5):
            _jump(emulator, part * HOUR // 2)
        for instance, (kind, _) in instances.items():
            if kind.event == "suspend":
                assert emulator.sure("GET", instance)["status"] == "Suspended"
                emulator.sure("PATCH", instance, json={"status": "resume"})
        assert emulator.kills == KILLS

        for instance, (kind, _) in instances.items():
            while emulator.sure("GET", instance)["status"] == "Runnable":
                pass  # its HTTP call was made again after the last kill
            shown = emulator.sure("GET", instance)
            assert shown["status"] == kind.status
            assert sorted(_log(emulator, instance)) == sorted(kind.log)
        texts: dict[str, list[str]] = {}
        for sent in emulator.sure("GET", "/_emulator/outbox"):
            texts.setdefault(sent["instanceId"], []).append(sent["message"]["text"])
        for instance, (kind, _) in instances.items():
            assert texts.get(instance.rpartition("/")[2], []) == kind.texts
        assert emulator.errors() == ""
    finally:
        emulator.close()

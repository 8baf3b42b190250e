"""What the tests of evidence share: an emulator in this process with a clock that tests move, and its client."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from pulumi_8x8.api import Client, Patience, Settings
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.simulator import ManualClock

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CUSTOMER = "+6581968289"


@dataclass
class World:
    """An emulated service, the client of its account, and the calls that the client made."""

    service: Service
    client: Client
    clock: ManualClock
    calls: list[str]
    app: Any

    def client_of(self, account: str) -> Client:
        """The client of another account."""
        return Client(Settings(account, "emulator-key", "http://127.0.0.1"), _Counting(self.app, self.calls))

    def store(self, body: Mapping[str, Any], id: str | None = None) -> str:
        """A definition, or its next version; its id."""
        document = json.loads(json.dumps({"status": "enabled", **body}))
        stored = self.service.create("acme", document) if id is None else self.service.update("acme", id, document)
        return stored.id

    def move(self, seconds: float) -> None:
        """Moves the clock ahead; everything that is due happens at its time."""
        self.service.jump(seconds)


class _Counting(httpx.WSGITransport):
    def __init__(self, app: Any, calls: list[str]) -> None:
        super().__init__(app=app)
        self._calls = calls

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._calls.append(f"{request.method} {request.url.raw_path.decode()}")
        return super().handle_request(request)


@contextmanager
def world(settings: EmulatorSettings | None = None) -> Iterator[World]:
    """An emulator without a socket, whose clock stands still."""
    clock, calls = ManualClock(START), list[str]()
    store = Store(":memory:")
    app = create_app(store, settings or EmulatorSettings(), clock)
    service: Service = app.extensions["pulumi_8x8"]
    account = Settings("acme", "emulator-key", "http://127.0.0.1")
    with Client(account, _Counting(app, calls), Patience(attempts=1)) as client:
        yield World(service, client, clock, calls, app)
    service.close()
    store.close()


def chat_message(text: str, sender: str = CUSTOMER, channel: str = "whatsapp") -> dict[str, Any]:
    """The webhook body of a text message."""
    user = {"msisdn": sender, "channelUserId": sender.lstrip("+"), "name": "Customer"}
    payload = {"user": user, "recipient": {"channel": channel}, "type": "Text", "content": {"text": text}}
    return {"namespace": "ChatApps", "eventType": "inbound_message_received", "payload": payload}


def workflow(*steps: dict[str, Any], trigger: str = "inbound_chat_apps") -> dict[str, Any]:
    return {"trigger": trigger, "status": "enabled", "definition": {"name": "menu", "steps": list(steps)}}


def say(id: str, text: str, next: str | None = None, **more: Any) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "user": {"msisdn": CUSTOMER}, "type": "text", "content": {"text": text}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, "nextStepId": next, **more}


def ask(id: str, next: str | None = None, timeout: str = "01:00:00", **more: Any) -> dict[str, Any]:
    inputs = {"from": CUSTOMER, "channel": "whatsapp", "timeout": timeout}
    return {"id": id, "stepType": "WaitForReply", "inputs": inputs, "nextStepId": next, **more}

"""What the emulator's tests share: bodies to send, and an emulator with a client in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from flask import Flask

from pulumi_8x8.emulator import Store
from pulumi_8x8.emulator.here import OnlyFromHere
from pulumi_8x8.simulator import ManualClock

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "payloads"


def definition(steps: list[Any], **envelope: Any) -> dict[str, Any]:
    """A body for POST or PUT; enabled, started by chat messages."""
    name = envelope.pop("name", "test")
    return {
        "trigger": "inbound_chat_apps",
        "status": "enabled",
        **envelope,
        "definition": {"name": name, "steps": steps},
    }


def chat(id: str, text: str, **more: Any) -> dict[str, Any]:
    """A step that answers the chat message."""
    inputs = {"subAccountId": "s", "user": {"msisdn": "{{data.payload.user.msisdn}}"}, "content": {"text": text}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}


def wait(id: str, duration: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "stepType": "Wait", "inputs": {"duration": duration}, **more}


def make_schema_2(store: Store) -> None:
    """Takes from a database what its schema 2 doesn't have."""
    for table in ("run", "trace", "thread"):
        store.rows(f"DROP TABLE {table}")
    store.rows("DROP INDEX outbox_instance")
    for column in ("umid", "refused"):
        store.rows(f"ALTER TABLE outbox DROP COLUMN {column}")
    store.rows("PRAGMA user_version = 2")


def payload(name: str, sub_account: str | None = None) -> dict[str, Any]:
    """A published webhook body, sent to another sub-account when one is given."""
    body: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    if sub_account is not None:
        body["payload"]["subAccountId"] = sub_account
    return body


@dataclass
class Emulator:
    """An emulator in this process: a client that has the key, its store, and a clock that is moved by hand."""

    client: httpx.Client
    store: Store
    clock: ManualClock
    app: Flask
    definitions: str = "/api/v1/accounts/acme/definitions"

    def from_the_network(self) -> httpx.Client:
        """A client of what the server serves; a program in the same process needs no guard."""
        transport = httpx.WSGITransport(app=OnlyFromHere(self.app, self.clock))
        return httpx.Client(transport=transport, base_url="http://127.0.0.1:8088", headers=self.client.headers)

    def create(self, body: dict[str, Any]) -> str:
        """The path of a new definition."""
        answer = self.client.post(self.definitions, content=json.dumps(body))
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deliver(self, body: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        """The instances that a message started."""
        answer = self.client.post("/_emulator/inbound", json=body, params=query)
        assert answer.status_code == 200, answer.text
        instances: list[dict[str, Any]] = answer.json()["instances"]
        return instances

    def texts(self) -> list[str]:
        """The texts of the chat messages sent."""
        return [sent["message"]["content"]["text"] for sent in self.get("/_emulator/outbox")]

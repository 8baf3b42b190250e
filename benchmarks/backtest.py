"""How long a backtest of 200 and of 2,000 conversations takes, and how many calls it makes."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from emulator import show
from pulumi_8x8.api import Client, Settings
from pulumi_8x8.definition import Definition
from pulumi_8x8.emulator import Store, create_app
from pulumi_8x8.evidence.backtest import backtest
from pulumi_8x8.evidence.records import read_records
from pulumi_8x8.simulator import ManualClock, message_body, written

CUSTOMERS = 50


def chat(id: str, text: str, next: str | None = None) -> dict[str, Any]:
    inputs = {"subAccountId": "s", "user": {"msisdn": "{{data.payload.user.msisdn}}"}, "content": {"text": text}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, "nextStepId": next}


def question(id: str, edges: dict[str, str | None]) -> dict[str, Any]:
    inputs = {"from": "{{data.payload.user.msisdn}}", "channel": "whatsapp", "timeout": "01:00:00"}
    outputs = {id: "{{step.reply}}"}
    return {"id": id, "stepType": "WaitForReply", "inputs": inputs, "outputs": outputs, "selectNextStep": edges}


#: Every conversation runs ten steps.
STEPS: list[dict[str, Any]] = [
    chat("hello", "Hello {{data.payload.user.name}}", "ask"),
    chat("ask", "1 or 2?", "first"),
    question("first", {"one": "{{data.first.payload.content.text == '1'}}", "two": None}),
    chat("one", "You chose one", "branch"),
    chat("two", "You chose two", "branch"),
    {"id": "branch", "stepType": "Branch", "selectNextStep": {"again": "{{data.first != null}}", "bye": None}},
    chat("again", "How was it, from 1 to 5?", "second"),
    question("second", {"good": "{{data.second.payload.content.text == '5'}}", "bad": None}),
    chat("good", "Thank you", "pause"),
    chat("bad", "Please forgive us", "pause"),
    {"id": "pause", "stepType": "Wait", "inputs": {"duration": "00:05:00"}, "nextStepId": "bye"},
    chat("bye", "Goodbye"),
]


@contextmanager
def recorded(conversations: int) -> Iterator[tuple[Client, str, list[str]]]:
    """A service with recorded conversations, the definition's id, and the calls that are made."""
    store, calls = Store(":memory:"), list[str]()
    app = create_app(store, clock=ManualClock(datetime(2026, 3, 2, tzinfo=UTC)))
    service = app.extensions["pulumi_8x8"]
    body = {"trigger": "inbound_chat_apps", "status": "enabled", "definition": {"name": "menu", "steps": STEPS}}
    id_ = service.create("acme", body).id
    random = Random(0)
    for number in range(conversations):
        for text in ("hi", random.choice("12"), random.choice("12345")):
            phone = f"+65815{number % CUSTOMERS:05}"
            moment = service.clock.now()
            service.receive(message_body(written(text), "whatsapp", phone, "s", moment, random), "acme")
            service.jump(60)
        service.jump(3 * 86400 / CUSTOMERS)

    class Counting(httpx.WSGITransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            calls.append(str(request.url))
            return super().handle_request(request)

    with Client(Settings("acme", "emulator-key", "http://127.0.0.1"), Counting(app)) as client:
        yield client, id_, calls
    store.close()


def main() -> None:
    changed = copy.deepcopy(STEPS)
    changed[8]["inputs"]["content"]["text"] = "Thank you!"
    changed[2]["selectNextStep"] = {"two": "{{data.first.payload.content.text == '2'}}", "one": None}
    new = Definition.from_body({"trigger": "inbound_chat_apps", "status": "enabled", "definition": {"steps": changed}})
    took: list[float] = []
    for conversations in (200, 2000):
        with recorded(conversations) as (client, id_, calls):
            records = read_records(client, id_, last=conversations)
            logs = sum("includeLogs" in call for call in calls)
            show(f"calls for {conversations:,} conversations, besides {logs:,} logs", f"{len(calls) - logs}")
            begins = time.process_time()
            made = backtest("menu", records, new)
            took.append(time.process_time() - begins)
            runs = sum(len(record.runs) for record in records.records)
            show(f"backtest of {conversations:,} conversations of {runs / conversations:g} steps", f"{took[-1]:.2f} s")
            show("claims", ", ".join(f"{group.kind} {group.count:,}" for group in made.groups))
    show("2,000 conversations to 200", f"{took[1] / took[0]:.1f} ×")


if __name__ == "__main__":
    main()

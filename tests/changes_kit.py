"""A small workflow to change, and the ways to change it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from pulumi_8x8.definition import Definition

Body = dict[str, Any]

MENU: Body = {
    "trigger": "inbound_sms",
    "subAccountId": "acme",
    "status": "enabled",
    "definition": {
        "name": "Menu",
        "steps": [
            {
                "id": "hello",
                "stepType": "SMS",
                "inputs": {
                    "subAccountId": "acme",
                    "destination": "{{data.payload.source}}",
                    "text": "Press 1 for sales",
                },
                "nextStepId": "wait",
            },
            {
                "id": "wait",
                "stepType": "WaitForReply",
                "inputs": {"from": "{{data.payload.source}}", "channel": "sms"},
                "outputs": {"reply": "{{step.reply}}"},
                "selectNextStep": {"choice": "{{data.reply != null}}", "bye": "{{data.reply == null}}"},
            },
            {
                "id": "choice",
                "stepType": "Branch",
                "selectNextStep": {"sales": "{{data.reply.payload.body == '1'}}", "bye": None},
            },
            {"id": "sales", "stepType": "SendToConverse", "inputs": {"payload": "{{data.payload}}"}},
            {
                "id": "bye",
                "stepType": "SMS",
                "inputs": {"subAccountId": "acme", "destination": "{{data.payload.source}}", "text": "Goodbye"},
                "nextStepId": "call",
            },
            {
                "id": "call",
                "stepType": "HttpRequest",
                "inputs": {
                    "url": "https://crm.acme.test/end",
                    "method": "POST",
                    "headers": {"Authorization": "Bearer 0123456789abcdef"},
                    "body": {"tags": ["a", "b", "c"], "note": None, "retries": 1},
                },
            },
        ],
    },
}


def step(body: Body, id: str) -> dict[str, Any]:
    """The step ``id`` of ``body``, to be changed."""
    found: dict[str, Any] = next(each for each in body["definition"]["steps"] if each["id"] == id)
    return found


def changed(change: Callable[[Body], object], base: Body = MENU) -> tuple[Definition, Definition]:
    """The definition before and after ``change``."""
    after = copy.deepcopy(base)
    change(after)
    return Definition.from_body(base), Definition.from_body(after)

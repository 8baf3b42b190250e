"""``relay.py`` of the example ``fallback``, as a process of its own, before a service that lies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit import API_KEY
from pulumi_8x8.api import trigger_url
from standin import StandIn
from tools.docs.readmes import FOLDER

RECEIPT = json.loads((FOLDER / "fallback" / "undelivered.json").read_text("utf-8"))
SUB_ACCOUNT = RECEIPT["payload"]["subAccountId"]


@pytest.fixture(scope="module")
def standin() -> StandIn:
    standin = StandIn()
    body = {"trigger": "http_request", "status": "enabled", "subAccountId": SUB_ACCOUNT}
    standin.create("acme", {**body, "definition": {"name": "Fallback", "steps": []}})
    return standin


@pytest.fixture(scope="module")
def relay(standin: StandIn) -> Iterator[str]:
    """Its address."""
    with standin.serve() as base_url:
        environ = {
            **os.environ,
            "PULUMI_8X8_API_KEY": API_KEY,
            "RELAY_SECRET": "s3cr3t",
            "TRIGGER_URL": trigger_url(base_url, "acme", SUB_ACCOUNT),
        }
        command = [sys.executable, str(Path(FOLDER, "fallback", "relay.py")), "0"]
        process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=20)
            assert API_KEY not in errors
            assert "s3cr3t" not in errors


def receipt(umid: str, state: str = "undelivered") -> dict[str, Any]:
    return {**RECEIPT, "payload": {**RECEIPT["payload"], "umid": umid, "status": {"state": state}}}


def started(standin: StandIn, umid: str) -> int:
    return sum(each.shown["data"].get("payload", {}).get("umid") == umid for each in standin.instances.values())


#: How the service answers the first time, what the relay answers the first time, and how often the workflow starts.
FIRST: dict[str, tuple[dict[str, Any], int]] = {
    "as documented": ({}, 200),
    "throttled": ({"fault": 429}, 503),
    "refused": ({"fault": 403}, 503),
    "a lost answer": ({"fault": "break", "carried_out": True}, 200),
    "an error after it was done": ({"fault": 502, "carried_out": True}, 200),
}


@pytest.mark.parametrize(("habits", "status"), FIRST.values(), ids=FIRST)
def test_undelivered(relay: str, standin: StandIn, habits: dict[str, Any], status: int) -> None:
    """A receipt that the sender repeats starts the workflow once, with the whole receipt as its data."""
    umid = f"{status} {habits}"
    standin.next(1, "trigger", **habits)
    answers = [httpx.post(f"{relay}/s3cr3t", json=receipt(umid)).status_code for _ in range(3)]
    assert answers == [status, 200, 200]
    assert started(standin, umid) == 1
    (instance,) = [each for each in standin.instances.values() if each.shown["data"] == receipt(umid)]
    assert instance.status == "Runnable"


OTHERS: dict[str, tuple[str, bytes, int]] = {
    "delivered": ("s3cr3t", json.dumps(receipt("d", "delivered")).encode(), 200),
    "another secret": ("guess", json.dumps(receipt("g")).encode(), 404),
    "no secret": ("", json.dumps(receipt("g")).encode(), 404),
    "not JSON": ("s3cr3t", b"{", 400),
    "no receipt": ("s3cr3t", b'{"payload": []}', 400),
    "too large": ("s3cr3t", b" " * (1 << 20) + b"1", 413),
}


@pytest.mark.parametrize(("path", "body", "status"), OTHERS.values(), ids=OTHERS)
def test_others(relay: str, standin: StandIn, path: str, body: bytes, status: int) -> None:
    """Everything else starts nothing."""
    before = len(standin.calls())
    try:
        assert httpx.post(f"{relay}/{path}", content=body).status_code == status
    except httpx.WriteError:  # it doesn't read what is too large
        assert status == 413
    assert len(standin.calls()) == before

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulator_kit import Emulator, definition

from pulumi_8x8.emulator import Store


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:8088"}, 200),
        ({"Host": "localhost"}, 200),
        ({"Host": "[::1]:1"}, 200),
        ({"Host": "LOCALHOST:8088", "Origin": "http://localhost:8088"}, 200),
        ({"Host": "127.0.0.1:8088", "Origin": "http://127.0.0.1:8088", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": "[127.0.0.1"}, 403),
        ({"Host": "evil.example@127.0.0.1"}, 403),
        ({"Host": "127.0.0.1, evil.example"}, 403),
        ({"Host": "0.0.0.0:8088"}, 403),
        ({"Host": "[::ffff:127.0.0.1]"}, 403),
        ({"Host": "localhost.evil.example:8088"}, 403),
        ({"Host": "localhost:80:80"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "127.0.0.1:8088", "Origin": "http://127.0.0.1:9"}, 403),
        ({"Host": "127.0.0.1:8088", "Origin": "null"}, 403),
        ({"Host": "127.0.0.1:8088", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_emulator/outbox"),
        ("POST", "/_emulator/faults"),
        ("GET", "/api/v1/accounts/acme/definitions"),
        ("GET", "/api/v1/accounts/acme/steps/functions"),
    ],
)
def test_not_for_web_pages(emulator: Emulator, headers: dict[str, str], status: int, method: str, path: str) -> None:
    """All calls need a loopback host name and no foreign origin; what is refused is as if it had not come."""
    order(emulator, {"path": "steps", "drop": True})
    before = emulator.get("/_emulator/calls")
    if status == 200:
        emulator.client.delete("/_emulator/faults")
    answer = emulator.from_the_network().request(method, path, headers=headers, json=[])
    assert answer.status_code == status, answer.text
    if status != 200:
        assert "Nothing was done." in answer.json()["message"]
        assert emulator.get("/_emulator/calls") == before


def test_the_page_needs_a_loopback_name(emulator: Emulator) -> None:
    """A link in another page may lead to the emulator's page, but not under another host name."""
    link = {"Sec-Fetch-Site": "cross-site"}
    client = emulator.from_the_network()
    assert client.get("/", headers=link).status_code == 200
    assert client.get("/", headers={**link, "Host": "evil.example"}).status_code == 403


def test_status(start: Callable[..., Emulator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status distinguishes emulators: by process, database (absolute) and version."""
    monkeypatch.chdir(tmp_path)
    about = {"pid": os.getpid(), "version": version("pulumi-8x8")}
    assert start().get("/_emulator/status") == {**about, "database": ":memory:"}
    database = str(tmp_path / "emulator.sqlite")
    assert start(Store("emulator.sqlite")).get("/_emulator/status") == {**about, "database": database}


def order(emulator: Emulator, *rules: dict[str, Any]) -> None:
    answer = emulator.client.post("/_emulator/faults", json=list(rules))
    assert (answer.status_code, answer.json()) == (200, {"rules": len(rules)}), answer.text


def test_refusal_on_order(emulator: Emulator) -> None:
    """A rule with a status answers instead of doing the work, and is used up; ``DELETE`` removes it."""
    order(
        emulator,
        {
            "method": "post",
            "path": "/definitions$",
            "status": 429,
            "headers": {"Retry-After": "1"},
            "body": {"code": 429},
            "times": 2,
        },
        {"path": "", "status": 502, "body": "<html>"},
    )
    for _ in range(2):
        answer = emulator.client.post(emulator.definitions, json=definition([]))
        assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (429, "1", {"code": 429})
    answer = emulator.client.post(emulator.definitions, json=definition([]))
    assert (answer.status_code, answer.text) == (502, "<html>")
    assert emulator.get(emulator.definitions) == []
    order(emulator, {"status": 503, "times": 99})
    assert emulator.client.get(emulator.definitions).status_code == 503
    assert emulator.client.delete("/_emulator/faults").status_code == 204
    assert emulator.get(emulator.definitions) == []


def test_lost_answer_on_order(emulator: Emulator) -> None:
    """A dropped answer is a transport error for the client, and the work was done; a drop with a status did none."""
    order(emulator, {"method": "POST", "drop": True})
    with pytest.raises(httpx.TransportError):
        emulator.client.post(emulator.definitions, json=definition([]))
    assert len(emulator.get(emulator.definitions)) == 1
    order(emulator, {"method": "POST", "drop": True, "status": 500})
    with pytest.raises(httpx.TransportError):
        emulator.client.post(emulator.definitions, json=definition([]))
    assert len(emulator.get(emulator.definitions)) == 1


def test_edit_on_order(emulator: Emulator) -> None:
    """An edit is another writer's PUT right before the request: the request sees it."""
    path = emulator.create(definition([], name="mine"))
    order(emulator, {"method": "PUT", "path": path, "edit": definition([], name="theirs")})
    assert emulator.client.put(path, json=definition([], name="mine")).json()["definition"]["version"] == 3
    assert [found["definition"]["name"] for found in emulator.get(path)] == ["mine", "theirs", "mine"]
    order(emulator, {"edit": definition([])})
    assert emulator.client.get(emulator.definitions).status_code == 200


def test_delay_on_order(emulator: Emulator) -> None:
    """A delay changes nothing about the answer."""
    order(emulator, {"delay": 0.001})
    assert emulator.get(emulator.definitions) == []


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({}, "rules must be a list"),
        ([1], "rules[0] must be an object"),
        ([{}, {"stauts": 500}], "rules[1].stauts is unknown; did you mean"),
        ([{"path": "("}], "rules[0].path: not a regular expression (missing )"),
        ([{"path": 1}], "path: not a regular expression ("),
        ([{"method": 1}], "method must be a string"),
        ([{"status": 99}], "status must be a number from 200 to 599"),
        ([{"status": True}], "status must be a number from 200 to 599"),
        ([{"delay": -1}], "delay must be a number of seconds from 0 to 60"),
        ([{"drop": 1}], "drop must be true or false"),
        ([{"times": 0}], "times must be a number of 1 or more"),
        ([{"body": "x"}], "rules[0] needs a status to go with body and headers"),
        ([{"status": 200, "headers": []}], "headers must be an object"),
        ([{"status": 200, "headers": {"a": "b\r\nc: d"}}], "headers must be an object of printable ASCII strings"),
        ([{"edit": {}}], "Invalid workflow: definition is missing"),
    ],
)
def test_refused_rules(emulator: Emulator, rules: Any, message: str) -> None:
    """An invalid rule is refused with its number, and none of the rules counts."""
    answer = emulator.client.post("/_emulator/faults", json=rules)
    assert (answer.status_code, message in answer.text) == (400, True), answer.text
    assert emulator.get(emulator.definitions) == []


def test_calls_are_recorded(emulator: Emulator) -> None:
    """Every call of /api is listed with its status, refused and lost ones too; the emulator's own calls are not."""
    emulator.get(emulator.definitions, limit=5)
    emulator.client.post(emulator.definitions, content=b"")
    order(emulator, {"drop": True}, {"status": 503})
    with pytest.raises(httpx.TransportError):
        emulator.client.get(emulator.definitions)
    emulator.client.get(emulator.definitions)
    assert [tuple(call.values()) for call in emulator.get("/_emulator/calls")] == [
        ("GET", emulator.definitions, "limit=5", 200),
        ("POST", emulator.definitions, "", 400),
        ("GET", emulator.definitions, "", None),
        ("GET", emulator.definitions, "", 503),
    ]
    assert emulator.client.delete("/_emulator/calls").status_code == 204
    assert emulator.get("/_emulator/calls") == []

"""The emulator counts the traffic of a definition by itself."""

from __future__ import annotations

import pytest
from emulator_kit import Emulator, chat, definition, wait

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_traffic_of_a_definition(emulator: Emulator) -> None:
    """It counts the newest instances of all versions on the steps of one version."""
    path = emulator.create(definition([chat("hello", "Hi", nextStepId="pause"), wait("pause", "1")]))
    for _ in range(3):
        emulator.client.post(f"{path}/workflows", json={"payload": {"user": {"msisdn": "+6581968289"}}})
    emulator.client.put(path, json=definition([wait("pause", "1", nextStepId="hello"), chat("hello", "Hi")]))
    emulator.client.post(f"{path}/workflows", json={})
    traffic = f"/_emulator/definitions/acme/{path.rpartition('/')[2]}/traffic"
    newest, first, two = emulator.get(traffic), emulator.get(traffic, version=1), emulator.get(traffic, limit=2)
    assert [(each["version"], each["conversations"], each["same"]) for each in newest["versions"]] == [
        (2, 1, True),
        (1, 3, False),
    ]
    assert newest["edges"] == [{"from": "pause", "to": "hello", "how": "next", "of": 1, "took": 0, "either": 0}]
    assert first["edges"] == [{"from": "hello", "to": "pause", "how": "next", "of": 3, "took": 3, "either": 0}]
    assert [(each["step"], each["waiting"]) for each in first["steps"]] == [("hello", 0), ("pause", 4)]
    assert (first["version"], two["conversations"]) == (1, 2)


@pytest.mark.parametrize(
    ("id", "query", "status"),
    [("x", "", 400), (UNKNOWN, "", 404), (UNKNOWN, "?version=0", 400), ("", "?version=7", 404)],
)
def test_no_traffic(emulator: Emulator, id: str, query: str, status: int) -> None:
    """An unknown definition or version is an error with the service's shape."""
    path = emulator.create(definition([wait("pause", "1")]))
    answer = emulator.client.get(f"/_emulator/definitions/acme/{id or path.rpartition('/')[2]}/traffic{query}")
    assert answer.status_code == status
    assert answer.json()["message"]

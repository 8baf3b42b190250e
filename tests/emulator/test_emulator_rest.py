"""The calls beside definitions and lists of instances."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from emulator_kit import START, Emulator, chat, definition, payload, wait

from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.simulator import Instance, InstanceError, Run, SimulatorSettings
from pulumi_8x8.simulator.functions import functions

ACCOUNT = "/api/v1/accounts/acme"


def test_http_trigger(emulator: Emulator) -> None:
    """The body's members stand on ``data``, beside the service's own; the sub-account chooses as for messages."""
    paths = {sub: emulator.create(definition([], trigger="http_request", subAccountId=sub)) for sub in (None, "s")}
    emulator.create(definition([chat("a", "not an HTTP trigger's")]))
    answer = emulator.client.post(f"{ACCOUNT}/triggers/http_request", json=payload("http_request"))
    assert (answer.status_code, answer.content) == (200, b"")
    (instance,) = emulator.get(f"{paths[None]}/workflows")
    assert instance["data"] == {
        **payload("http_request"),
        "accountId": "acme",
        "triggeredAt": "2026-03-02T10:00:00.000Z",
    }
    assert emulator.get(f"{paths['s']}/workflows") == []
    emulator.client.post(f"{ACCOUNT}/triggers/http_request?subAccountId=s", json={})
    (instance,) = emulator.get(f"{paths['s']}/workflows")
    assert instance["data"]["subAccountId"] == "s"
    assert len(emulator.get(f"{paths[None]}/workflows")) == 2
    assert emulator.client.post(f"{ACCOUNT}/triggers/http_request", json=[]).json()["code"] == 1000


def test_started_by_hand(emulator: Emulator) -> None:
    """The newest version starts, or the one asked for, disabled too; ``Location`` is the instance."""
    path = emulator.create(definition([], status="disabled"))
    emulator.client.put(path, json=definition([wait("w", "1")], status="disabled"))
    body = payload("inbound_chat_apps_v2_text")
    answer = emulator.client.post(f"{path}/workflows", json=body)
    assert (answer.status_code, answer.content) == (201, b"")
    shown = emulator.get(answer.headers["Location"])
    assert (shown["version"], shown["status"]) == (2, "Runnable")
    assert shown["data"] == {
        **body,
        "accountId": "acme",
        "subAccountId": "SubAccount-1",
        "triggeredAt": "2026-03-02T10:00:00.000Z",
    }
    old = emulator.client.post(f"{path}/workflows?version=1", json={}).headers["Location"]
    assert (emulator.get(old)["version"], emulator.get(old)["status"]) == (1, "Complete")
    assert emulator.client.post(f"{path}/workflows?version=3", json={}).json()["code"] == 1300
    assert emulator.client.post(f"{path}/workflows?version=0", json={}).json()["code"] == 1000
    assert emulator.client.post(f"{path}/workflows", content=b"").json()["code"] == 1000


def test_disabled_ones_by_hand_can_be_forbidden(start: Callable[..., Emulator]) -> None:
    """With the other setting a disabled definition cannot be started by hand; an enabled one can."""
    emulator = start(start_disabled=False)
    path = emulator.create(definition([], status="disabled"))
    assert "is disabled" in emulator.client.post(f"{path}/workflows", json={}).text
    emulator.client.put(path, json=definition([]))
    assert emulator.client.post(f"{path}/workflows", json={}).status_code == 201


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2, 1, 0]),
        ({"startTimeFrom": "2026-03-02T10:01:00Z"}, [3, 2, 1]),
        ({"startTimeFrom": "2026-03-02T18:01:00.00+08:00"}, [3, 2, 1]),
        ({"startTimeFrom": "2026-03-02T10:01:00.001Z"}, [3, 2]),
        ({"startTimeTo": "2026-03-02T10:02:00Z"}, [2, 1, 0]),
        ({"startTimeFrom": "2026-03-02T10:01:00", "startTimeTo": "2026-03-02T10:02:00"}, [2, 1]),
        ({"startTimeFrom": "2026-03-02T10:01:00Z", "limit": 1, "offset": 1}, [2]),
        ({"startTimeFrom": "2026-03-02T10:01:00Z", "status": "Terminated"}, []),
        ({"startTimeFrom": "2026-03-03"}, []),
    ],
)
def test_filters(emulator: Emulator, query: dict[str, Any], found: list[int]) -> None:
    """Instances are filtered by the time of their start, both ends included, and paged after that."""
    path = emulator.create(definition([wait("w", "1")]))
    ids = []
    for _ in range(4):
        ids.append(emulator.client.post(f"{path}/workflows", json={}).headers["Location"].rpartition("/")[2])
        emulator.clock.move(60)
    assert [ids.index(each["workflowId"]) for each in emulator.get(f"{path}/workflows", **query)] == found


@pytest.mark.parametrize("name", ["startTimeFrom", "startTimeTo"])
def test_malformed_filters(emulator: Emulator, name: str) -> None:
    """A time that is none is refused with its name."""
    path = emulator.create(definition([]))
    answer = emulator.client.get(f"{path}/workflows", params={name: "yesterday"})
    assert (answer.status_code, name in answer.text) == (400, True)


def test_all_seven_statuses_in_the_log(emulator: Emulator) -> None:
    """A log shows each step's status in the service's words, with null for what has not happened yet."""
    path = emulator.create(definition([]))
    statuses: Any = ("Pending", "Running", "Complete", "Sleeping", "WaitingForEvent", "Failed", "Cancelled")
    runs = tuple(
        Run(
            id=f"run-{index}",
            step_id=f"s{index}",
            status=status,
            event="reply sms 1" if status == "WaitingForEvent" else None,
            started_at=None if status == "Pending" else START,
            completed_at=START if status in ("Complete", "Failed", "Cancelled") else None,
        )
        for index, status in enumerate(statuses)
    )
    instance = Instance("Suspended", {}, START, runs=runs, errors=(InstanceError("s5", "no", START),))
    id = "60dbe307fe55d99fc083db61"
    emulator.store.save(StoredInstance(id, "acme", path.rpartition("/")[2], 1, instance))
    logs = emulator.get(f"{path}/workflows/{id}", includeLogs="true")["logs"]
    at = "2026-03-02T10:00:00.000Z"
    assert [tuple(log.values()) for log in logs] == [
        (
            f"run-{index}",
            f"s{index}",
            None if status == "Pending" else at,
            at if status in ("Complete", "Failed", "Cancelled") else None,
            status,
        )
        for index, status in enumerate(statuses)
    ]
    assert emulator.store.instance(id) == StoredInstance(id, "acme", path.rpartition("/")[2], 1, instance)


def test_time_zones(emulator: Emulator) -> None:
    """Every Windows zone of CLDR is listed once, as published; ``contains`` looks at id and name in any case."""
    zones = emulator.get(f"{ACCOUNT}/steps/timezones")
    assert len({zone["id"] for zone in zones}) == len(zones) > 135
    by_id = {zone["id"]: zone["name"] for zone in zones}
    assert by_id["Central European Standard Time"] == "Sarajevo, Skopje, Warsaw, Zagreb (UTC+01:00)"
    assert by_id["UTC"] == "UTC (UTC+00:00)"
    assert by_id["Nepal Standard Time"].endswith("(UTC+05:45)")
    assert by_id["Newfoundland Standard Time"].endswith("(UTC-03:30)")
    assert by_id["GMT Standard Time"].endswith("(UTC+00:00)")
    published = {
        "W. Europe Standard Time",
        "Central Europe Standard Time",
        "Central European Standard Time",
        "E. Europe Standard Time",
    }
    assert {zone["id"] for zone in emulator.get(f"{ACCOUNT}/steps/timezones", contains="EUROPE")} == published
    assert [zone["id"] for zone in emulator.get(f"{ACCOUNT}/steps/timezones", contains="kathmandu")] == [
        "Nepal Standard Time"
    ]
    assert emulator.get(f"{ACCOUNT}/steps/timezones", contains="Atlantis") == []


def test_functions(emulator: Emulator) -> None:
    """The service's five functions are listed with their parameters, and each example can be called."""
    listed = emulator.get(f"{ACCOUNT}/steps/functions")
    table = functions(emulator.clock)
    assert {function["name"] for function in listed} == {name for name in table if "." not in name}
    for function in listed:
        table[function["name"]](*(parameter["example"] for parameter in function["parameters"]))


def test_usage(emulator: Emulator) -> None:
    """Started instances are counted by account and month, and stay counted when they are deleted."""
    path = emulator.create(definition([]))
    emulator.client.post("/api/v1/accounts/other/definitions", json=definition([]))
    for _ in range(2):
        emulator.client.post(f"{path}/workflows", json={})
    emulator.clock.move(31 * 86400)
    emulator.deliver(payload("inbound_chat_apps_v2_text"), accountId="acme")
    emulator.client.delete(path)
    emulator.clock.move(1)
    assert emulator.get(f"{ACCOUNT}/usage") == {
        "accountId": "acme",
        "allowedWorkflowCount": 50000,
        "allowedOverage": True,
        "overagePrice": 0.005,
        "executedWorkflowCount": 1,
        "countStartedMonth": 4,
        "countStartedYear": 2026,
    }
    history = emulator.get(f"{ACCOUNT}/usage/history")
    assert [(each["executedWorkflowCount"], each["month"], each["year"]) for each in history] == [
        (1, 4, 2026),
        (2, 3, 2026),
    ]
    assert {(len(each["id"]), each["accountId"]) for each in history} == {(24, "acme")}
    assert emulator.get("/api/v1/accounts/other/usage/history") == []


def test_until_a_deletion_is_done(start: Callable[..., Emulator]) -> None:
    """An accepted DELETE is done later; until then the definition exists, starts, and takes new versions."""
    emulator = start(delete_delay=60)
    path = emulator.create(definition([]))
    assert emulator.client.delete(path).status_code == 202
    assert emulator.client.put(path, json=definition([])).json()["definition"]["version"] == 2
    assert len(emulator.deliver(payload("inbound_chat_apps_v2_text"))) == 1
    emulator.clock.move(60)
    assert emulator.get(path) == []


def test_no_sub_account_is_null(emulator: Emulator) -> None:
    """An answer has ``subaccountId: null`` when none was sent."""
    assert emulator.get(emulator.create(definition([])))[0]["subaccountId"] is None


def test_http_statuses_are_codes(emulator: Emulator) -> None:
    """Errors that have no published code carry the HTTP status as theirs."""
    foreign = emulator.from_the_network().get("/_emulator/outbox", headers={"Origin": "http://evil.example"})
    unknown = emulator.client.get("/api/v2")
    wrong = emulator.client.put(emulator.definitions)
    assert [answer.json()["code"] for answer in (foreign, unknown, wrong)] == [403, 404, 405]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"offset": "item"}, "offset must be items or pages"),
        ({"delete_delay": -1}, "delete_delay must be a number of seconds, 0 or more"),
        ({"simulator": SimulatorSettings(max_busy_steps=0)}, "simulator.max_busy_steps must be a number of 1 or more"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """A setting that isn't a choice is refused by its name, before anything is served."""
    with pytest.raises(SettingsError, match=f"the emulator's settings: {re.escape(message)}. It isn't started."):
        create_app(Store(), EmulatorSettings(**settings))

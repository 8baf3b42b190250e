from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulator_kit import START, Emulator, chat, definition, payload, wait
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_8x8.definition import STEP_KINDS
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.simulator import ManualClock, SimulatorSettings

UNKNOWN = "2aa9465e-dec7-4c3e-8fa6-bd168af9eaca"
SMS = {
    "id": "sms",
    "stepType": "SMS",
    "inputs": {"subAccountId": "s", "destination": "{{data.payload.source}}", "text": "got {{data.payload.body}}"},
}


def test_sms_answer(emulator: Emulator) -> None:
    """A delivered SMS starts the definition, and the outbox has the whole message that it sends."""
    path = emulator.create(definition([SMS], trigger="inbound_sms"))
    (instance,) = emulator.deliver(payload("inbound_sms"))
    (sent,) = emulator.get("/_emulator/outbox")
    assert [{name: sent[name] for name in sent if name not in ("shown", "umid")}] == [
        {
            "sequence": 1,
            "time": "2026-03-02T10:00:00.000Z",
            "channel": "sms",
            "stepId": "sms",
            "definitionId": path.rpartition("/")[2],
            "instanceId": instance["id"],
            "receiver": "+6581968289",
            "refused": None,
            "words": "got Test MO message",
            "message": {"subAccountId": "s", "destination": "+6581968289", "text": "got Test MO message"},
        }
    ]
    assert emulator.get("/_emulator/outbox", after=1) == []


@pytest.mark.parametrize(
    ("name", "started"),
    [
        ("inbound_sms", "inbound_sms"),
        ("inbound_sms_legacy", "inbound_sms"),
        ("inbound_chat_apps_v2_text", "inbound_chat_apps"),
        ("inbound_chat_apps_v3_text", "inbound_chat_apps"),
        ("inbound_chat_apps_v3_viber", "inbound_chat_apps"),
        ("inbound_chat_apps_image", "inbound_chat_apps"),
        ("inbound_chat_apps_button_reply", "inbound_chat_apps"),
        ("inbound_chat_apps_flow_reply", "inbound_chat_apps"),
    ],
)
def test_published_payloads(emulator: Emulator, name: str, started: str) -> None:
    """Every published webhook body starts the definitions of its trigger only; it and three members are data."""
    paths = {
        trigger: emulator.create(definition([], trigger=trigger))
        for trigger in ("inbound_sms", "inbound_chat_apps", "http_request")
    }
    body = payload(name)
    (instance,) = emulator.deliver(body)
    assert {
        "definitionId": paths[started].rpartition("/")[2],
        "version": 1,
        "status": "Complete",
    }.items() <= instance.items()
    added = {"accountId": "acme", "triggeredAt": "2026-03-02T10:00:00.000Z"}
    if name != "inbound_sms_legacy":
        added["subAccountId"] = "SubAccount-1"
    assert emulator.get(f"{paths[started]}/workflows/{instance['id']}")["data"] == {**body, **added}


def test_who_is_started(emulator: Emulator) -> None:
    """Enabled newest versions are, of the message's sub-account or of none, in every account or the one asked for."""
    message = payload("inbound_chat_apps_v2_text", "sub")
    other = emulator.definitions.replace("acme", "umbrella")
    bodies: dict[str, dict[str, Any]] = {
        "any": definition([chat("a", "any")]),
        "sub": definition([chat("a", "sub")], subAccountId="sub"),
        "blank": definition([chat("a", "blank")], subAccountId=""),
        "other sub": definition([chat("a", "other sub")], subAccountId="Sub"),
        "disabled": definition([chat("a", "disabled")], status="disabled"),
        "off since": definition([chat("a", "off since")]),
        "changed": definition([chat("a", "old")]),
    }
    paths = {name: emulator.create(body) for name, body in bodies.items()}
    emulator.client.put(paths["off since"], json=bodies["disabled"])
    emulator.client.put(paths["changed"], json=definition([chat("a", "new")]))
    emulator.client.post(other, json=definition([chat("a", "umbrella")]))
    assert [instance["version"] for instance in emulator.deliver(message)] == [1, 1, 1, 2, 1]
    assert emulator.texts() == ["any", "sub", "blank", "new", "umbrella"]
    emulator.deliver(message, accountId="umbrella")
    assert emulator.texts()[5:] == ["umbrella"]
    emulator.deliver(message, accountId="nobody")
    assert len(emulator.texts()) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"namespace": "Voice"}, "'namespace' must be SMS or ChatApps"),
        ({"namespace": []}, "'namespace' must be SMS or ChatApps"),
        ({"eventType": "outbound_message_status_changed"}, "'eventType' must be inbound_message_received"),
        ({"payload": None}, "'payload' must be an object"),
        ({"payload": {"subAccountId": 1}}, "'payload.subAccountId' must be a string"),
    ],
)
def test_not_an_inbound_message(emulator: Emulator, change: dict[str, Any], message: str) -> None:
    """A body that isn't an inbound message is refused with the wrong member."""
    answer = emulator.client.post("/_emulator/inbound", json=payload("inbound_sms") | change)
    assert (answer.status_code, message in answer.text) == (400, True), answer.text


def test_answers_of_an_instance(emulator: Emulator) -> None:
    """An instance shows as the OpenAPI file has it; its log with ``includeLogs`` only; the end is null before it."""
    path = emulator.create(definition([wait("w", "1.00:00:00")]))
    (started,) = emulator.deliver(payload("inbound_chat_apps_v2_text"))
    instance = f"{path}/workflows/{started['id']}"
    shown = emulator.get(instance)
    assert list(shown) == ["workflowId", "data", "definitionId", "version", "status", "startedAt", "completedAt"]
    assert (shown["status"], shown["startedAt"], shown["completedAt"]) == (
        "Runnable",
        "2026-03-02T10:00:00.000Z",
        None,
    )
    (log,) = emulator.get(instance, includeLogs="true")["logs"]
    assert (log["stepName"], log["status"], log["completedAt"]) == ("w", "Sleeping", None)
    emulator.clock.move(86400)
    (log,) = emulator.get(instance, includeLogs="true")["logs"]
    assert (log["status"], log["completedAt"]) == ("Complete", "2026-03-03T10:00:00.000Z")
    assert emulator.get(instance)["completedAt"] == "2026-03-03T10:00:00.000Z"
    assert emulator.get(f"{path}/workflows") == [emulator.get(instance)]


def test_errors_of_an_instance(emulator: Emulator) -> None:
    """A fault terminates the instance, is listed, and what came before it was sent."""
    path = emulator.create(definition([chat("a", "hi", nextStepId="b"), {"id": "b", "stepType": "Teleport"}]))
    (started,) = emulator.deliver(payload("inbound_chat_apps_v2_text"))
    assert started["status"] == "Terminated"
    (error,) = emulator.get(f"{path}/workflows/{started['id']}/errors")
    assert list(error) == ["workflowId", "step", "message", "errorTime"]
    assert (error["workflowId"], error["step"]) == (started["id"], "b")
    assert "'Teleport' isn't known" in error["message"]
    assert emulator.texts() == ["hi"]


def test_list_of_instances(emulator: Emulator) -> None:
    """The list has instances of the newest version, or of ``version``; newest first, by status, in pages."""
    path = emulator.create(definition([wait("w", "1")]))
    instances = f"{path}/workflows"
    old = [emulator.deliver(payload("inbound_chat_apps_v2_text"))[0]["id"] for _ in range(3)]
    emulator.client.patch(f"{instances}/{old[1]}", json={"status": "suspend"})
    emulator.client.put(path, json=definition([wait("w", "1")]))
    (new,) = emulator.deliver(payload("inbound_chat_apps_v2_text"))

    def ids(**query: Any) -> list[str]:
        return [found["workflowId"] for found in emulator.get(instances, **query)]

    assert ids() == ids(version=2) == [new["id"]]
    assert ids(version=1) == old[::-1]
    assert ids(version=1, limit=1, offset=1) == [old[1]]
    assert ids(version=1, status="Suspended") == [old[1]]
    assert ids(version=1, status="Runnable") == [old[2], old[0]]
    assert emulator.client.get(instances, params={"version": 3}).status_code == 404
    assert emulator.client.get(instances, params={"status": "runnable"}).json()["code"] == 1000


def test_suspend_resume_terminate(emulator: Emulator) -> None:
    """A suspended instance sleeps past its time. Resumed, it continues immediately; a terminated one never does."""
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "awake")]))
    started = [emulator.deliver(payload("inbound_chat_apps_v2_text"))[0]["id"] for _ in range(2)]
    first, second = (f"{path}/workflows/{id}" for id in started)

    def command(instance: str, word: str) -> str:
        answer = emulator.client.patch(instance, json={"status": word})
        assert (answer.status_code, answer.content) == (200, b"")
        return str(emulator.get(instance)["status"])

    assert command(first, "suspend") == "Suspended"
    assert command(second, "terminate") == "Terminated"
    emulator.clock.move(120)
    assert (emulator.texts(), emulator.get(first)["status"]) == ([], "Suspended")
    assert command(first, "resume") == "Complete"
    assert emulator.texts() == ["awake"]
    assert command(second, "resume") == "Terminated"
    assert emulator.get(second, includeLogs="true")["logs"][0]["status"] == "Cancelled"
    bodies: list[Any] = [{"status": "stop"}, {"status": None}, {}, []]
    for body in bodies:
        assert emulator.client.patch(first, json=body).json()["code"] == 1000


def test_deleting_takes_the_instances(emulator: Emulator) -> None:
    """A carried-out DELETE ends a definition's instances for good; instances of other definitions continue."""
    gone = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "gone")]))
    kept = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "kept")]))
    ids = [started["id"] for started in emulator.deliver(payload("inbound_chat_apps_v2_text"))]
    emulator.client.delete(gone)
    emulator.clock.move(120)
    assert emulator.texts() == ["kept"]
    assert emulator.client.get(f"{gone}/workflows/{ids[0]}").status_code == 404
    assert emulator.get(f"{kept}/workflows/{ids[1]}")["status"] == "Complete"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("x/workflows", 400, 1000),
        (f"{UNKNOWN}/workflows", 404, 1300),
        (f"{UNKNOWN}/workflows/60dbe307fe55d99fc083db61", 404, 1300),
        ("KNOWN/workflows/60dbe307fe55d99fc083db61", 404, 1300),
        ("KNOWN/workflows/5", 400, 1000),
        (f"KNOWN/workflows/{UNKNOWN}/errors", 400, 1000),
    ],
)
def test_unknown_instances(emulator: Emulator, path: str, status: int, code: int) -> None:
    """Unknown ids get a 404, malformed ones the published 400."""
    known = emulator.create(definition([])).rpartition("/")[2]
    answer = emulator.client.get(f"{emulator.definitions}/{path.replace('KNOWN', known)}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_versions_in_flight(start: Callable[..., Emulator]) -> None:
    """An instance finishes on the version that it started with."""
    emulator = start()
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "old")]))
    emulator.deliver(payload("inbound_chat_apps_v2_text"))
    emulator.client.put(path, json=definition([chat("a", "new")]))
    emulator.clock.move(60)
    assert emulator.texts() == ["old"]


SCRIPTS = st.sampled_from(
    [
        "{{data}}",
        "{{step}}",
        "{{({a: data.x})}}",
        "{{data.payload.x.y}}",
        "{{nobody}}",
        "{{1}}",
        "{{",
        "{{''}}",
        "a{{uuid()}}",
    ]
)
VALUES = st.recursive(
    SCRIPTS | st.text(max_size=3) | st.none() | st.booleans() | st.integers(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "x"]), inner, max_size=2),
    max_leaves=4,
)
STEP_TYPES = [*STEP_KINDS, "branch"]
IDS = st.sampled_from(["a", "b", "c"])
NEXT = st.dictionaries(IDS, st.none() | SCRIPTS, max_size=2) | VALUES
STEPS = st.recursive(
    st.fixed_dictionaries(
        {
            "id": IDS | VALUES,
            "stepType": st.sampled_from(STEP_TYPES) | VALUES,
        },
        optional={
            "inputs": st.fixed_dictionaries(
                {
                    "subAccountId": st.just("s"),
                    "destination": st.just("+6581968289"),
                    "user": st.just({"channelUserId": "x"}),
                },
                optional={
                    "duration": st.sampled_from(["00:00:00", "1"]),
                    "condition": SCRIPTS,
                    "text": VALUES,
                    "url": st.just("http://x/") | VALUES,
                    "method": st.just("GET") | VALUES,
                    "headers": VALUES,
                    "parameters": VALUES,
                    "body": VALUES,
                    "timeoutSeconds": VALUES,
                    "from": st.just("15551234567") | VALUES,
                    "channel": st.just("whatsapp") | VALUES,
                    "timeout": st.just("1") | VALUES,
                    "dtmfRequestId": VALUES,
                    "clientRequestId": VALUES,
                    "action": st.just("say") | VALUES,
                    "params": st.just({"destination": "+6581968289"}) | VALUES,
                    "payload": VALUES,
                },
            )
            | VALUES,
            "outputs": st.dictionaries(st.sampled_from(["x", "payload"]), VALUES, max_size=2) | VALUES,
            "nextStepId": IDS | VALUES,
            "selectNextStep": NEXT,
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {"id": IDS, "stepType": st.just("If"), "inputs": st.just({"condition": "{{true}}"})},
        optional={"do": st.lists(st.lists(inner, max_size=2) | VALUES, max_size=2), "nextStepId": IDS},
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=4))
def test_any_definition_can_be_run(steps: list[dict[str, Any]]) -> None:
    """Whatever a definition holds, its instance sleeps, completes or faults with an error; the emulator lives."""
    store, clock = Store(), ManualClock(START)
    stubs = [{"url": "http://x/", "body": {}}]
    chosen = EmulatorSettings(stubs=stubs, simulator=SimulatorSettings(max_busy_steps=20))
    client = create_app(store, chosen, clock).test_client()
    key = {"Authorization": "Bearer emulator-key"}
    path = client.post("/api/v1/accounts/a/definitions", json=definition(steps), headers=key).headers["Location"]
    (started,) = client.post("/_emulator/inbound", json=payload("inbound_chat_apps_v2_text")).get_json()["instances"]
    for _ in range(3):
        client.post("/_emulator/inbound", json=payload("inbound_chat_apps_v2_text"))
        clock.move(86400)
        shown = client.get(f"{path}/workflows/{started['id']}", headers=key)
        assert shown.status_code == 200, shown.text
        errors = client.get(f"{path}/workflows/{started['id']}/errors", headers=key).get_json()
        assert bool(errors) == (shown.get_json()["status"] == "Terminated")
    store.close()


def test_the_page_gets_the_values(emulator: Emulator) -> None:
    """The page's call for an instance has what `pulumi-8x8 run` prints: inputs, outputs, conditions with values."""
    step = {
        "id": "b",
        "stepType": "Branch",
        "outputs": {"n": "{{1 + 1}}"},
        "selectNextStep": {"a": "{{data.n === 3}}", "c": None},
    }
    emulator.create(definition([step]))
    (instance,) = emulator.deliver(payload("inbound_chat_apps_v2_text"))
    trace = emulator.get(f"/_emulator/workflows/{instance['id']}/trace")
    moment = {"time": "2026-03-02T10:00:00.000Z", "step": "b"}
    because = [{"expression": "data.n === 3", "values": "2 === 3", "result": "false"}]
    condition = {"to": "a", "script": "{{data.n === 3}}", "value": False, "result": False, "because": because}
    assert trace["events"] == [
        {**moment, "kind": "step", "type": "Branch"},
        {**moment, "kind": "outputs", "data": {"n": 2}},
        {**moment, "kind": "condition", **condition},
        {**moment, "kind": "edge", "to": "c", "why": "default", "exists": False},
        {**moment, "step": "", "kind": "complete"},
    ]
    assert trace["last"] == 5
    assert emulator.get(f"/_emulator/workflows/{instance['id']}/trace", after=3)["events"] == trace["events"][3:]

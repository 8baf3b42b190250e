"""What one bad instance, a full disk and a long jump of the clock do to everything else: nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition, make_schema_2, payload, wait

from pulumi_8x8.emulator import Store
from pulumi_8x8.emulator import runner as runner_module
from pulumi_8x8.emulator import store as store_module
from pulumi_8x8.emulator.server import work_off
from pulumi_8x8.simulator import Engine, SimulatorSettings

Start = Callable[..., Emulator]
MESSAGE = payload("inbound_chat_apps_v2_text")


def reply(sender: str) -> dict[str, Any]:
    return {
        "id": "r",
        "stepType": "WaitForReply",
        "inputs": {"from": sender, "channel": "whatsapp", "timeout": "00:01:00"},
    }


def faulty(emulator: Emulator, path: str) -> str:
    """The error of the only instance of a definition."""
    (instance,) = emulator.get(f"{path}/workflows")
    assert instance["status"] == "Terminated"
    (error,) = emulator.get(f"{path}/workflows/{instance['workflowId']}/errors")
    return str(error["message"])


def test_a_bad_instance_ends_alone(start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An instance that the emulator can't run ends with an error. The others continue, also after a restart."""
    file = tmp_path / "emulator.sqlite"
    emulator = start(Store(file))
    half = emulator.create(definition([reply("{{data.payload.content.text.substring(0, 1)}}")]))
    bad = emulator.create(definition([reply("HALF")]))
    # As an earlier version stored it; this one refuses it.
    emulator.store.rows("UPDATE version SET document = replace(document, 'HALF', '\\ud83d')")
    good = emulator.create(definition([chat("a", "one", nextStepId="w"), wait("w", "00:01:00"), chat("b", "two")]))
    body = json.loads(json.dumps(MESSAGE))
    body["payload"]["content"]["text"] = "😀"
    assert len(emulator.deliver(body)) == 3
    assert "UnicodeEncodeError" in faulty(emulator, bad)
    assert "The emulator stops the instance" in capsys.readouterr().err
    (waits,) = emulator.get(f"{half}/workflows")
    assert waits["status"] == "Runnable"
    emulator.store.close()
    again = start(Store(file), emulator.clock)
    again.clock.move(60)
    assert [each["status"] for each in again.get(f"{good}/workflows")] == ["Complete"]
    assert "UnicodeEncodeError" in faulty(again, bad)


def test_any_exception_ends_only_its_instance(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with an instance, the timer works off those that are due after it."""
    emulator = start()
    paths = [emulator.create(definition([wait(id, "00:01:00", nextStepId="b"), chat("b", id)])) for id in "xyz"]
    emulator.deliver(MESSAGE)
    advance = Engine.advance

    def fail(engine: Engine, instance: Any) -> Any:
        if any(run.step_id == "y" for run in instance.runs):
            raise RuntimeError("a mistake in the emulator")
        return advance(engine, instance)

    monkeypatch.setattr(Engine, "advance", fail)
    emulator.clock.move(60)
    assert emulator.texts() == ["x", "z"]
    assert faulty(emulator, paths[1]) == "The emulator can't run this step: RuntimeError: a mistake in the emulator"


@pytest.mark.parametrize("state", ["{", "[]", '{"status": "Runnable"}', '{"status": "Runnable", "runs": [{}], "x": 1}'])
def test_an_instance_that_cannot_be_read(start: Start, state: str) -> None:
    """A row that another program has spoilt is an instance that has ended; lists and the timer continue."""
    emulator = start()
    spoilt = emulator.create(definition([wait("w", "00:01:00")]))
    emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "hello")]))
    emulator.deliver(MESSAGE)
    emulator.store.rows("UPDATE instance SET state = ? WHERE definition_id = ?", (state, spoilt.rpartition("/")[2]))
    assert "can't read the instance in its database" in faulty(emulator, spoilt)
    emulator.clock.move(60)
    assert emulator.texts() == ["hello"]
    assert emulator.store.next_due() is None


def fill(emulator: Emulator) -> Callable[[], None]:
    """Fills the disk. Returns what makes room again."""
    ((pages,),) = emulator.store.rows("PRAGMA page_count")
    emulator.store.rows(f"PRAGMA max_page_count = {pages}")
    return lambda: emulator.store.rows("PRAGMA max_page_count = 1000000") and None


def test_a_full_disk(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that can't be stored are refused and change nothing, reads are served, and work continues afterwards."""
    monkeypatch.setattr(runner_module, "_PAUSES", (0.0,))
    emulator = start(Store(tmp_path / "emulator.sqlite"))
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "x" * 20_000)]))
    emulator.deliver(MESSAGE)
    make_room = fill(emulator)
    answer = emulator.client.post(emulator.definitions, json=definition([chat("a", "y" * 100_000)]))
    assert answer.status_code == 503
    assert "database or disk is full. Repeat the request later." in answer.json()["message"]
    emulator.clock.move(60)
    assert [each["status"] for each in emulator.get(f"{path}/workflows")] == ["Runnable"]
    assert emulator.texts() == []
    make_room()
    assert len(emulator.get(emulator.definitions)) == 1
    assert emulator.texts() == ["x" * 20_000]


def test_a_refusal_survives_a_full_disk(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal that was ordered for the next message is for the message that is stored, and only for that one."""
    monkeypatch.setattr(runner_module, "_PAUSES", (0.0,))
    emulator = start(Store(tmp_path / "emulator.sqlite"))
    emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "x" * 4000, nextStepId="w")]))
    emulator.deliver(MESSAGE)
    emulator.client.post("/_emulator/refusals", json={"code": 3038})
    make_room = fill(emulator)
    emulator.clock.move(60)
    assert emulator.texts() == []
    make_room()
    emulator.get(emulator.definitions)
    emulator.clock.move(60)
    emulator.get(emulator.definitions)
    codes = [each.message.refused and each.message.refused.code for each in emulator.store.outbox()]
    assert codes == [3038, None]


def test_the_timer_survives_a_full_disk(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that works off what is due tries again, without using the processor meanwhile."""
    monkeypatch.setattr(runner_module, "_PAUSES", (0.05,))
    emulator = start()
    emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "hello")]))
    emulator.deliver(MESSAGE)
    tries, save = [], Store.save

    def full(*arguments: Any) -> None:
        tries.append(1)
        if len(tries) < 4:
            raise sqlite3.OperationalError("database or disk is full")
        save(*arguments)

    monkeypatch.setattr(Store, "save", full)
    service, stopping = emulator.app.extensions["pulumi_8x8"], threading.Event()
    emulator.clock.move(60)
    worker = threading.Thread(target=work_off, args=(service, stopping))
    worker.start()
    deadline = time.monotonic() + 20
    while not emulator.store.outbox() and time.monotonic() < deadline:
        time.sleep(0.01)
    service.close()
    stopping.set()
    service.wake()
    worker.join()
    assert [each.message.text for each in emulator.store.outbox()] == ["hello"]


def test_an_http_answer_survives_a_full_disk(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that can't be stored is kept until it can."""
    monkeypatch.setattr(runner_module, "_PAUSES", (0.0,))
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}))
    call = {"id": "c", "stepType": "HttpRequest", "inputs": {"url": "http://127.0.0.1:1/", "method": "GET"}}
    path = emulator.create(definition([call]))
    service = emulator.app.extensions["pulumi_8x8"]
    monkeypatch.setattr(service._runner._outside, "call", lambda call, then: calls.append(then))
    calls: list[Any] = []
    emulator.deliver(MESSAGE)
    save = Store.save
    monkeypatch.setattr(Store, "save", lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("full")))
    calls[0](runner_module.HttpAnswer(200, "OK", "{}"))
    assert emulator.get(f"{path}/workflows")[0]["status"] == "Runnable"
    monkeypatch.setattr(Store, "save", save)
    assert emulator.get(f"{path}/workflows")[0]["status"] == "Complete"


def test_a_jump_has_a_limit(start: Start) -> None:
    """A jump over too much work stops with an error. The clock has moved, and another jump does the rest."""
    emulator = start(max_jump_time=1e-9)
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="w")]))
    emulator.deliver(MESSAGE)
    answer = emulator.client.post("/_emulator/clock", json={"seconds": 180})
    assert answer.status_code == 503
    assert answer.json()["message"] == (
        "What is due until 2026-03-02T10:03:00.000Z takes longer than 1e-09 s. "
        "The clock shows 2026-03-02T10:01:00.000Z now. Repeat the jump for the rest."
    )
    (instance,) = emulator.get(f"{path}/workflows")
    log = emulator.get(f"{path}/workflows/{instance['workflowId']}", includeLogs="true")["logs"]
    assert [each["status"] for each in log] == ["Complete", "Sleeping"]
    assert emulator.client.post("/_emulator/clock", json={"seconds": 30}).status_code == 200


def test_a_loop_costs_the_same_after_days(start: Start) -> None:
    """What the database writes for a step doesn't grow with the steps before it, and the log has them all."""
    emulator = start()
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="w")]))
    (instance,) = emulator.deliver(MESSAGE)
    sizes = []
    for _ in range(2):
        emulator.client.post("/_emulator/clock", json={"seconds": 3600})
        ((state,),) = emulator.store.rows("SELECT state FROM instance")
        sizes.append(len(state))
    assert abs(sizes[1] - sizes[0]) < 50
    log = emulator.get(f"{path}/workflows/{instance['id']}", includeLogs="true")["logs"]
    assert [each["status"] for each in log] == ["Complete"] * 120 + ["Sleeping"]


def test_a_trace_has_a_limit(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database keeps the last events of an instance, until the instance is deleted."""
    monkeypatch.setattr(store_module, "MAX_TRACE", 20)
    emulator = start(delete_delay=0)
    path = emulator.create(definition([wait("w", "00:01:00", nextStepId="a"), chat("a", "1\n2\n3", nextStepId="w")]))
    (instance,) = emulator.deliver(MESSAGE)
    sizes = []
    for _ in range(2):
        emulator.client.post("/_emulator/clock", json={"seconds": 600})
        ((size,),) = emulator.store.rows("SELECT sum(length(lines)) FROM trace")
        sizes.append(size)
    assert sizes[0] == sizes[1]
    trace = emulator.get(f"/_emulator/workflows/{instance['id']}/trace")
    assert len(trace["events"]) == 20
    assert trace["last"] > 40
    assert trace["events"][-1]["until"] == "2026-03-02T10:21:00.000Z"
    emulator.client.delete(path)
    assert emulator.get(emulator.definitions) == []
    assert [emulator.store.rows(f"SELECT * FROM {table}") for table in ("instance", "run", "trace")] == [[]] * 3


def test_one_step_with_more_events_than_are_kept(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step with more events than a trace keeps leaves its last ones."""
    monkeypatch.setattr(store_module, "MAX_TRACE", 5)
    emulator = start()
    ways = {f"s{number}": "{{true}}" for number in range(20)}
    emulator.create(definition([{"id": "a", "stepType": "Branch", "selectNextStep": ways}]))
    (instance,) = emulator.deliver(MESSAGE)
    events = emulator.get(f"/_emulator/workflows/{instance['id']}/trace")["events"]
    assert [event.get("to") for event in events] == ["s16", "s17", "s18", "s19", None]


def test_a_long_value_in_a_trace_is_cut(start: Start) -> None:
    """An event with a long value shows that the value is cut, and how long it was."""
    emulator = start()
    emulator.create(definition([chat("a", "x" * 50_000)]))
    (instance,) = emulator.deliver(MESSAGE)
    events = emulator.get(f"/_emulator/workflows/{instance['id']}/trace")["events"]
    words = next(event["words"] for event in events if event["kind"] == "message")
    assert words == "x" * 2_000 + "… (cut: 50,000 characters)"


def test_a_trace_of_the_version_before(start: Start) -> None:
    """Lines that an earlier version wrote for people stay readable."""
    emulator = start()
    emulator.create(definition([chat("a", "x")]))
    (instance,) = emulator.deliver(MESSAGE)
    emulator.store.rows("UPDATE trace SET lines = '2026-03-02  a (ChatAppsMessage)\n  complete'")
    events = emulator.get(f"/_emulator/workflows/{instance['id']}/trace")["events"]
    assert [(event["kind"], event["text"]) for event in events][-1] == ("line", "  complete")


def test_a_busy_instance_does_not_stop_the_others(start: Start) -> None:
    """Scripts that use up the time of their step end their instance; another one runs at the same message."""
    emulator = start(simulator=SimulatorSettings(max_step_time=0.05))
    busy = emulator.create(
        definition([{"id": "a", "stepType": "Branch", "outputs": {"x": "{{(() => {for (;;);})()}}"}}])
    )
    emulator.create(definition([chat("a", "hello")]))
    emulator.deliver(MESSAGE)
    assert "The scripts of this step take longer than 0.05 s together." in faulty(emulator, busy)
    assert emulator.texts() == ["hello"]


OLD_RUN = {"id": "1", "stepId": "w", "startedAt": "2026-03-02T10:00:00+00:00"}


def test_a_database_of_the_version_before(start: Start, tmp_path: Path) -> None:
    """A file whose instances have their runs in one text is read. Its instances continue, except a spoilt one."""
    file = tmp_path / "emulator.sqlite"
    old = start(Store(file))
    path = old.create(definition([wait("w", "00:01:00", nextStepId="w")]))
    (instance,) = old.deliver(MESSAGE)
    spoilt = old.create(definition([wait("w", "00:01:00")]))
    old.client.post(f"{spoilt}/workflows", json={})
    ((text,),) = old.store.rows("SELECT state FROM instance WHERE id = ?", (instance["id"],))
    state = json.loads(text)
    runs = [{**OLD_RUN, "status": "Complete", "completedAt": "2026-03-02T10:00:00+00:00"}, *state["runs"]]
    for run in runs:
        run.pop("number", None)
    for name in ("begun", "busyTime"):
        state.pop(name, None)
    old.store.rows("UPDATE instance SET state = '{'")
    values = (json.dumps({**state, "runs": runs}), instance["id"])
    old.store.rows("UPDATE instance SET state = ? WHERE id = ?", values)
    make_schema_2(old.store)
    old.store.close()
    new = start(Store(file), old.clock)
    new.clock.move(60)
    log = new.get(f"{path}/workflows/{instance['id']}", includeLogs="true")["logs"]
    assert [each["status"] for each in log] == ["Complete", "Complete", "Sleeping"]
    assert "can't read the instance in its database" in faulty(new, spoilt)

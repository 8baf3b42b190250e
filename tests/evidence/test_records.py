"""Records: which instances are read, with how many calls."""

from __future__ import annotations

from datetime import timedelta

from evidence_kit import START, World, ask, chat_message, say, workflow, world

from pulumi_8x8.evidence.records import StepRun, by_version, read_records

MENU = workflow(say("ask", "1 or 2?", "wait"), ask("wait", "bye"), say("bye", "Bye"))


def _start(service: World, id: str, times: int, version: int | None = None) -> None:
    for _ in range(times):
        service.service.start("acme", id, version, chat_message("hi"))


def test_a_record() -> None:
    """A record has the data and the log of one moment, with the times of each run."""
    with world() as service:
        id = service.store(MENU)
        _start(service, id, 1)
        service.move(60)
        service.service.receive(chat_message("2"), "acme")
        (record,) = read_records(service.client, id).records
    assert (record.version, record.status, record.started) == (1, "Complete", START)
    assert [(run.step, run.status) for run in record.runs] == [(each, "Complete") for each in ("ask", "wait", "bye")]
    wait = record.runs[1]
    assert wait == StepRun(wait.id, "wait", "Complete", START, START + timedelta(seconds=60))
    assert "hi" not in repr(record)


def test_all_versions() -> None:
    """The newest instances of all versions are read, also on old versions that somebody started by hand."""
    with world() as service:
        id = service.store(MENU)
        _start(service, id, 3)
        service.move(10)
        service.store(MENU, id)
        _start(service, id, 2)
        service.move(10)
        _start(service, id, 1, version=1)
        read = read_records(service.client, id, last=4)
        since = read_records(service.client, id, since=START + timedelta(seconds=5))
    assert [record.version for record in read.records] == [1, 2, 2, 1]
    assert read.more
    assert list(read.versions) == [2, 1]
    assert {version: len(records) for version, records in by_version(since.records).items()} == {1: 1, 2: 2}
    assert not since.more


def test_calls() -> None:
    """200 instances of several versions take one call a version, one for the versions, and one for each log."""
    with world() as service:
        id = service.store(MENU)
        for _ in range(20):
            service.move(1)
            service.store(MENU, id)
            _start(service, id, 15)
        service.move(3601)
        service.calls.clear()
        read = read_records(service.client, id, last=200)
        logs = [call for call in service.calls if "includeLogs" in call]
    assert len(read.records) == len(logs) == 200
    assert len(service.calls) - len(logs) <= 16
    assert read.unread == tuple(range(7, 0, -1))


def test_running_instances_need_no_log() -> None:
    """The log of a running instance is only read if somebody wants it."""
    with world() as service:
        id = service.store(MENU)
        _start(service, id, 1)
        (without,) = read_records(service.client, id).records
        (with_log,) = read_records(service.client, id, logs="all").records
    assert (without.has_log, without.runs) == (False, ())
    assert [(run.step, run.status) for run in with_log.runs] == [("ask", "Complete"), ("wait", "WaitingForEvent")]

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition, make_schema_2, payload, wait

from pulumi_8x8.emulator import Store, StoreError


def test_everything_survives_a_restart(start: Callable[..., Emulator], tmp_path: Path) -> None:
    """After a restart, versions, the outbox, sleeping instances and accepted deletions exist and continue."""
    file = tmp_path / "made" / "emulator.sqlite"
    before = start(Store(file), delete_delay=10)
    kept = before.create(
        definition([chat("a", "first", nextStepId="w"), wait("w", "00:01:00", nextStepId="b"), chat("b", "second")])
    )
    before.client.put(kept, json=before.get(kept)[0])
    gone = before.create(definition([], status="disabled"))
    (instance,) = before.deliver(payload("inbound_chat_apps_v3_text"))
    before.client.delete(gone)
    versions = before.get(kept)
    before.store.close()

    after = start(Store(file), before.clock)
    assert after.get(kept) == versions
    assert after.texts() == ["first"]
    assert after.get(f"{kept}/workflows/{instance['id']}")["status"] == "Runnable"
    after.clock.move(60)
    assert after.get(gone) == []
    assert after.texts() == ["first", "second"]
    assert after.get(f"{kept}/workflows/{instance['id']}")["status"] == "Complete"


class Dying(Store):
    """A store whose process ends before the second writing of an instance."""

    saved = 0

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.saved += 1
        if self.saved == 2:
            raise KeyboardInterrupt
        super().save(*args, **kwargs)


def test_an_instance_not_run_yet_is_run_after_a_restart(start: Callable[..., Emulator], tmp_path: Path) -> None:
    """What was written and not yet done, because the process ended there, is done at the next start, once."""
    file = tmp_path / "emulator.sqlite"
    before = start(Dying(file))
    before.create(definition([chat("a", "hello")]))
    with pytest.raises(KeyboardInterrupt):
        before.deliver(payload("inbound_chat_apps_v2_text"))
    before.store.close()
    after = start(Store(file), before.clock)
    assert after.texts() == ["hello"]
    assert after.texts() == ["hello"]


def _other_program(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (id)")
    db.close()


def _newer(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def _sql(path: Path, statement: str) -> None:
    if "application_id" not in statement:
        Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(statement)
    db.close()


def _filled(path: Path, damage: Callable[[bytes], bytes]) -> None:
    store = Store(path)
    for number in range(50):
        store.add_version("acme", str(number), "", {"trigger": "", "status": "", "text": "x" * 500})
    store.close()
    path.write_bytes(damage(path.read_bytes()))


CANNOT_OPEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "not SQLite": (lambda path: path.write_bytes(b"x" * 5000), "is not an SQLite database; choose another file"),
    "another program's": (_other_program, "is another program's database; choose another file"),
    "newer": (_newer, r"newer pulumi-8x8 \(schema 99, this one has 4\); update pulumi-8x8"),
    "a folder": (lambda path: path.mkdir(), "it is a folder; choose another file"),
    "a pipe": (os.mkfifo, "it isn't a file; choose another file"),
    "a device": (lambda path: path.symlink_to("/dev/null"), "it isn't a file; choose another file"),
    "a circle of links": (lambda path: path.symlink_to(path), "choose another file"),
    "another program's, still empty": (lambda path: _sql(path, "PRAGMA application_id = 7"), "another program's"),
    "half a file": (lambda path: _filled(path, lambda b: b[: len(b) // 2]), r"is damaged \("),
    "without its end": (lambda path: _filled(path, lambda b: b[:-4096]), r"is damaged \("),
    "zeros inside": (lambda path: _filled(path, lambda b: b[:4096] + bytes(8192) + b[12288:]), r"is damaged \("),
    "a table is missing": (lambda path: _sql(path, "DROP TABLE outbox"), r"damaged \(it lacks outbox\.channel, "),
    "a column is missing": (lambda path: _sql(path, "ALTER TABLE version RENAME trigger TO x"), r"version\.trigger"),
    "the clock is missing": (lambda path: _sql(path, "DELETE FROM clock"), "its clock is wrong"),
    "the clock is a text": (lambda path: _sql(path, "UPDATE clock SET shift = 'x'"), "its clock is wrong"),
    "the clock is too late": (lambda path: _sql(path, f"UPDATE clock SET shift = {2**62}"), "its clock is wrong"),
    "in use": (lambda path: _kept.append(Store(path)), "is in use by another program; stop it or choose another"),
}
_kept: list[Store] = []


@pytest.mark.parametrize(("prepare", "message"), CANNOT_OPEN.values(), ids=CANNOT_OPEN)
def test_files_that_cannot_be_used(tmp_path: Path, prepare: Callable[[Path], object], message: str) -> None:
    """A file that isn't an emulator's database, or is in use, is refused with its name, and doesn't change."""
    path = tmp_path / "emulator.sqlite"
    prepare(path)
    content = path.read_bytes() if path.is_file() else None
    with pytest.raises(StoreError, match=message) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    assert content == (path.read_bytes() if path.is_file() else None)
    while _kept:
        _kept.pop().close()


def _rights(folder: Path) -> dict[str, str]:
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.rglob("*")}


@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_a_new_file_is_private(tmp_path: Path, umask: int) -> None:
    """Whatever the umask, only this user can read the file, what SQLite puts beside it, and the folders made for it."""
    before = os.umask(umask)
    try:
        store = Store(tmp_path / "a" / "b" / "e.sqlite")
        found = _rights(tmp_path)
    finally:
        os.umask(before)
    store.close()
    assert {**found, "a": "0o700", "b": "0o700"} == found
    assert {found[name] for name in ("e.sqlite", "e.sqlite-wal")} == {"0o600"}


@pytest.mark.parametrize("content", ["an emulator's", "nothing"])
def test_an_old_file_becomes_private(tmp_path: Path, content: str) -> None:
    """A file with more rights loses them, and so does what a killed emulator left beside it."""
    path = tmp_path / "e.sqlite"
    if content == "an emulator's":
        Store(path).close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").touch()
        Path(f"{path}{suffix}").chmod(0o666)
    store = Store(path)
    assert set(_rights(tmp_path).values()) == {"0o600"}
    store.close()


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only file is refused with the reason."""
    path = tmp_path / "e.sqlite"
    Store(path).close()
    monkeypatch.setattr(os, "access", lambda *_: False)  # the user who runs the tests may be root
    with pytest.raises(StoreError, match="this user can't read and write it; choose another file"):
        Store(path)


def test_a_file_that_cannot_be_made_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of somebody else, or on a file system without rights, is used with a warning."""
    path = tmp_path / "e.sqlite"
    path.touch(0o666)
    path.chmod(0o666)

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    Store(path).close()
    assert "can't make" in (shown := capsys.readouterr().err)
    assert "Other users may read its conversations." in shown


def test_a_name_that_no_file_has(tmp_path: Path) -> None:
    """A path that the system doesn't take is one message, without commands to a terminal."""
    for name in ("a\0b", "x" * 5000, "", "\x1b[31m" * 200):
        with pytest.raises(StoreError, match="choose another file") as caught:
            Store(name and f"{tmp_path}/{name}")
        assert "\x1b" not in str(caught.value)
        assert "\0" not in str(caught.value)


@pytest.mark.parametrize("seed", range(12))
def test_damage_while_it_runs(
    start: Callable[..., Emulator], tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: int
) -> None:
    """Random bytes in the file: each answer is right or has one message, which is logged once, without a traceback."""
    random, path = Random(seed), tmp_path / "e.sqlite"
    emulator = start(Store(path))
    for number in range(40):
        emulator.create(definition([wait("w", "1", notes="x" * 500)], name=str(number)))
    emulator.deliver(payload("inbound_chat_apps_v2_text"))
    emulator.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    emulator.store.rows("PRAGMA shrink_memory")
    with path.open("r+b") as file:
        for _ in range(200):
            file.seek(random.randrange(100 if seed % 2 else 0, path.stat().st_size))
            file.write(random.randbytes(1))
    messages = set()
    for call in ("/api/v1/accounts/acme/definitions", "/_emulator/workflows", "/_emulator/outbox") * 3:
        answer = emulator.client.get(call)
        if answer.status_code != 200:
            messages.add(answer.json()["message"])
    assert all(f"database {path}" in message or f"{path} is not" in message for message in messages), messages
    assert "Traceback" not in (logged := capsys.readouterr().err)
    assert len(logged.splitlines()) == len(set(logged.splitlines()))


def test_spoilt_values(start: Callable[..., Emulator], capsys: pytest.CaptureFixture[str]) -> None:
    """A spoilt definition is never left out of a list: the list fails with the place. Everything else is served."""
    emulator = start()
    spoilt, whole = (emulator.create(definition([], name=name)) for name in "ab")
    emulator.store.rows(
        "UPDATE version SET document = CAST(x'7bff' AS TEXT) WHERE id = ?", (spoilt.rpartition("/")[2],)
    )
    for path in (emulator.definitions, spoilt, spoilt):
        answer = emulator.client.get(path)
        assert answer.status_code == 500
        assert "is damaged (a value in version.document is wrong); restore a copy" in answer.json()["message"]
    assert len(emulator.get(whole)) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_file_of_the_version_before(tmp_path: Path) -> None:
    """A file of the schema before opens with its outbox, and keeps what is sent from then on."""
    path = tmp_path / "emulator.sqlite"
    old = Store(path)
    make_schema_2(old)
    columns = "(time, channel, step_id, definition_id, instance_id, message)"
    old.rows(f"INSERT INTO outbox {columns} VALUES ('', 'sms', '\"a\"', '', '', '{{\"text\": \"Hi\"}}')")
    old.close()
    for _ in range(2):
        store = Store(path)
        assert [(sent.message.words, sent.message.umid, sent.message.refused) for sent in store.outbox()] == [
            ("Hi", "", None)
        ]
        store.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file below something that isn't a folder is refused with its name."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"can't open the database .*file/emulator\.sqlite"):
        Store(tmp_path / "file" / "emulator.sqlite")


def test_idle_costs_nothing_more_with_many_asleep(start: Callable[..., Emulator]) -> None:
    """Looking for what is due, and for who waits for a message, takes as long with many instances as with few."""
    emulator = start()
    emulator.create(definition([wait("w", "1")]))
    work: list[int] = []

    def measure() -> int:
        work.clear()
        emulator.store._db.set_progress_handler(lambda: work.append(1), 1)
        emulator.store.next_due()
        emulator.store.due_instances(emulator.clock.now(), 10)
        emulator.store.waiting_instances(None, ["reply sms 1"])
        emulator.store.calling_instances()
        emulator.store._db.set_progress_handler(None, 1)
        return len(work)

    emulator.deliver(payload("inbound_chat_apps_v2_text"))
    few = measure()
    for _ in range(200):
        emulator.deliver(payload("inbound_chat_apps_v2_text"))
    assert measure() == few

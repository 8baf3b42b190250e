from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
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


CANNOT_OPEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "not SQLite": (lambda path: path.write_bytes(b"x" * 5000), "is not an SQLite database; choose another file"),
    "another program's": (_other_program, "is another program's database; choose another file"),
    "newer": (_newer, r"newer pulumi-8x8 \(schema 99, this one has 4\); update pulumi-8x8"),
    "a folder": (lambda path: path.mkdir(), "unable to open database file; choose another file"),
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

"""Opens one SQLite file safely; has its tables and its transactions."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi_8x8.emulator.threads import channel_of, customer, receiver
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.simulator import Message

_APPLICATION = 0x38783861  # "8x8a": distinguishes the emulator's files from other databases
_SCHEMA = 4
# Moments are whole microseconds since 1970, or texts if the service shows them.
_TABLES = """
CREATE TABLE definition (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, id TEXT NOT NULL, last_version INTEGER NOT NULL,
    UNIQUE (account, id)
);
CREATE TABLE version (
    account TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, created_at TEXT NOT NULL,
    trigger TEXT NOT NULL, status TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (account, id, version)
);
CREATE TABLE deletion (
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, id TEXT NOT NULL, version INTEGER, due INTEGER NOT NULL
);
CREATE INDEX deletion_due ON deletion (due);
CREATE TABLE instance (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, definition_id TEXT NOT NULL,
    version INTEGER NOT NULL, status TEXT NOT NULL, started INTEGER NOT NULL, due INTEGER, calling INTEGER NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX instance_definition ON instance (account, definition_id, version);
CREATE INDEX instance_due ON instance (due) WHERE due IS NOT NULL;
CREATE INDEX instance_calling ON instance (seq) WHERE calling;
CREATE TABLE run (
    instance_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (instance_id, number)
) WITHOUT ROWID;
CREATE TABLE trace (
    instance_id TEXT NOT NULL, number INTEGER NOT NULL, lines TEXT NOT NULL, PRIMARY KEY (instance_id, number)
) WITHOUT ROWID;
CREATE TABLE waiting (instance_id TEXT NOT NULL, account TEXT NOT NULL, event TEXT NOT NULL);
CREATE INDEX waiting_event ON waiting (event, account);
CREATE INDEX waiting_instance ON waiting (instance_id);
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, channel TEXT NOT NULL, step_id TEXT NOT NULL,
    definition_id TEXT NOT NULL, instance_id TEXT NOT NULL, message TEXT NOT NULL, umid TEXT NOT NULL DEFAULT '',
    refused TEXT
);
CREATE INDEX outbox_instance ON outbox (instance_id, seq);
CREATE TABLE thread (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, channel TEXT NOT NULL, time TEXT NOT NULL,
    sent INTEGER, written TEXT
);
CREATE INDEX thread_customer ON thread (customer, channel, seq);
CREATE TABLE usage (
    id TEXT NOT NULL, account TEXT NOT NULL, year INTEGER NOT NULL, month INTEGER NOT NULL,
    executed INTEGER NOT NULL, PRIMARY KEY (account, year, month)
);
CREATE TABLE clock (shift INTEGER NOT NULL);
INSERT INTO clock VALUES (0);
"""


class StoreError(Pulumi8x8Error):
    """The emulator can't open its database; the message names the file and the remedy."""


class Database:
    """An open database, safe from any thread. A statement outside of :meth:`transaction` is one by itself.

    :param path: the path of the file, created if it doesn't exist; ``":memory:"`` keeps nothing.
    :raises StoreError: the file can't be opened, is in use by another emulator, or isn't an emulator's database.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._lock = threading.RLock()
        self._in_transaction = False
        #: Absolute, or ``":memory:"``.
        self.path = str(path) if str(path) == ":memory:" else str(Path(path).resolve())
        try:
            if str(path) != ":memory:":
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=1)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"can't open the database {path}: {error}; choose another file") from None
        try:
            self._open(path)
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(_explain(path, error)) from None
        except StoreError:
            self._db.close()
            raise

    def _open(self, path: str | Path) -> None:
        db = self._db
        # Each file has one emulator; a second one would run the same sleeping instances again.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (schema,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != _APPLICATION:
            raise StoreError(f"{path} is another program's database; choose another file")
        if tables and schema not in (2, 3, _SCHEMA):
            age, remedy = ("a newer", "update pulumi-8x8") if schema > _SCHEMA else ("an older", "delete it")
            raise StoreError(
                f"{path} was written by {age} pulumi-8x8 (schema {schema}, this one has {_SCHEMA}); "
                f"{remedy} or choose another file"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("BEGIN IMMEDIATE")
        if not tables:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
        else:
            if schema == 2:
                _add_refusals(db)
                _separate_runs(db)
            if schema < _SCHEMA:
                _add_threads(db)
        db.execute(f"PRAGMA user_version = {_SCHEMA}")
        db.execute("COMMIT")

    def close(self) -> None:
        """Closes the database for good."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Writes everything inside together or, after an exception, nothing. Transactions may nest."""
        with self._lock:
            if self._in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._in_transaction = True
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite ends it by itself after some errors, such as a full disk
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._in_transaction = False

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()


def _add_refusals(db: sqlite3.Connection) -> None:
    """Adds the ids of messages, and why the API refused them, which schema 2 doesn't have."""
    db.execute("ALTER TABLE outbox ADD COLUMN umid TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE outbox ADD COLUMN refused TEXT")


def _separate_runs(db: sqlite3.Connection) -> None:
    """Moves the runs that have ended out of their instances, where schema 2 has them."""
    for statement in _TABLES.split(";"):
        if "TABLE run " in statement or "TABLE trace " in statement:
            db.execute(statement)
    for id, state in db.execute("SELECT id, state FROM instance").fetchall():
        try:
            value = json.loads(state)
            runs = [{**run, "number": number} for number, run in enumerate(value["runs"])]
            ended = [run for run in runs if run["status"] in ("Complete", "Failed", "Cancelled")]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # its instance ends when the emulator reads it
        rows = [(id, run["number"], json.dumps(run)) for run in ended]
        db.executemany("INSERT INTO run VALUES (?, ?, ?)", rows)
        value |= {"runs": [run for run in runs if run not in ended], "begun": len(runs)}
        db.execute("UPDATE instance SET state = ? WHERE id = ?", (json.dumps(value), id))


def _add_threads(db: sqlite3.Connection) -> None:
    """Adds the threads, which schema 3 doesn't have, with what was sent. It has no record of what customers wrote."""
    for statement in _TABLES.split(";"):
        if "thread" in statement or "outbox_instance" in statement:
            db.execute(statement)
    rows = db.execute("SELECT seq, time, channel, step_id, message FROM outbox ORDER BY seq").fetchall()
    for seq, time, channel, step, body in rows:
        message = Message(channel, json.loads(step), json.loads(body))
        thread = customer(receiver(message)), channel_of(message, {}) or "whatsapp"
        db.execute("INSERT INTO thread (customer, channel, time, sent) VALUES (?, ?, ?, ?)", (*thread, time, seq))


def _explain(path: str | Path, error: sqlite3.Error) -> str:
    text = str(error)
    if "not a database" in text:
        return f"{path} is not an SQLite database; choose another file"
    if "locked" in text:
        return f"the database {path} is in use by another program; stop it or choose another file"
    return f"can't use the database {path}: {text}; choose another file"

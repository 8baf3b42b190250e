"""Everything that the emulator remembers, in one SQLite file. No SQL stands anywhere else."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_8x8.emulator.wire import Definition
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.simulator import Instance, Message

_APPLICATION = 0x38783861  # "8x8a": tells our files from other programs' databases
_SCHEMA = 1
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
    seq INTEGER PRIMARY KEY, account TEXT NOT NULL, id TEXT NOT NULL, version INTEGER, due REAL NOT NULL
);
CREATE INDEX deletion_due ON deletion (due);
CREATE TABLE instance (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, definition_id TEXT NOT NULL,
    version INTEGER NOT NULL, status TEXT NOT NULL, due REAL, state TEXT NOT NULL
);
CREATE INDEX instance_definition ON instance (account, definition_id, version);
CREATE INDEX instance_due ON instance (due) WHERE due IS NOT NULL;
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, channel TEXT NOT NULL, step_id TEXT NOT NULL,
    definition_id TEXT NOT NULL, instance_id TEXT NOT NULL, message TEXT NOT NULL
);
"""


class StoreError(Pulumi8x8Error):
    """The emulator's database cannot be opened; the message names the file and what to do."""


@dataclass(frozen=True)
class StoredInstance:
    """An instance and what it was started from.

    :ivar id: 24 hex digits. :ivar definition_id: UUID. :ivar version: of the definition.
    """

    id: str
    account: str
    definition_id: str
    version: int
    instance: Instance


@dataclass(frozen=True)
class Deletion:
    """A DELETE that was accepted and is still to be done. ``version`` ``None``: all of them."""

    seq: int
    account: str
    definition_id: str
    version: int | None


class Store:
    """One SQLite database; every method is one transaction, safe from any thread.

    :param path: of the file, made when it is not there; ``":memory:"`` for one that lives as long as the store.
    :raises StoreError: it cannot be opened, is in use by another emulator, or is not an emulator's database.
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
            raise StoreError(f"cannot open the database {path}: {error}; choose another file") from None
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
        # One emulator a file: a second one would run the same sleeping instances again.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (schema,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables and application != _APPLICATION:
            raise StoreError(f"{path} is another program's database; choose another file")
        if schema > _SCHEMA:
            raise StoreError(
                f"{path} was written by a newer pulumi-8x8 (schema {schema}, this one knows {_SCHEMA}); "
                "update pulumi-8x8 or choose another file"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("BEGIN IMMEDIATE")
        if not tables:
            for statement in _TABLES.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {_SCHEMA}")
        db.execute("COMMIT")

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What happens inside is written together or, when an exception leaves it, not at all. Nests."""
        with self._lock:
            if self._in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._in_transaction = True
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._in_transaction = False

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    # Definitions

    def add_version(self, account: str, id: str, created_at: str, document: dict[str, Any]) -> Definition:
        """The first version of a new definition, or the next one of an existing."""
        with self.transaction():
            ((version,),) = self._rows(
                "INSERT INTO definition (account, id, last_version) VALUES (?, ?, 1)"
                " ON CONFLICT DO UPDATE SET last_version = last_version + 1 RETURNING last_version",
                (account, id),
            )
            self._rows(
                "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, id, version, created_at, document["trigger"], document["status"], json.dumps(document)),
            )
        return Definition(account, id, version, created_at, document)

    def versions(self, account: str, id: str, limit: int = -1, offset: int = 0) -> list[Definition]:
        """The versions of a definition, newest first; empty for an unknown one. ``limit`` -1: all."""
        rows = self._rows(
            "SELECT account, id, version, created_at, document FROM version WHERE account = ? AND id = ?"
            " ORDER BY version DESC LIMIT ? OFFSET ?",
            (account, id, limit, offset),
        )
        return [_definition(row) for row in rows]

    def version(self, account: str, id: str, version: int) -> Definition | None:
        """One version of a definition."""
        rows = self._rows(
            "SELECT account, id, version, created_at, document FROM version"
            " WHERE account = ? AND id = ? AND version = ?",
            (account, id, version),
        )
        return _definition(rows[0]) if rows else None

    def newest(
        self,
        account: str | None,
        *,
        trigger: str | None = None,
        enabled_only: bool = False,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Definition]:
        """The newest version of each definition in the order of creation.

        :param account: ``None``: of every account. :param trigger: ``None``: with any.
        """
        rows = self._rows(
            "SELECT v.account, v.id, v.version, v.created_at, v.document"
            " FROM definition d JOIN version v ON v.account = d.account AND v.id = d.id AND v.version ="
            " (SELECT max(version) FROM version WHERE account = d.account AND id = d.id)"
            " WHERE (?1 IS NULL OR d.account = ?1) AND (?2 IS NULL OR v.trigger = ?2)"
            " AND (NOT ?3 OR v.status = 'enabled') ORDER BY d.seq LIMIT ?4 OFFSET ?5",
            (account, trigger, enabled_only, limit, offset),
        )
        return [_definition(row) for row in rows]

    def schedule_deletion(self, account: str, id: str, version: int | None, due: float) -> None:
        """Note that a definition is to be deleted at ``due`` (seconds since 1970).

        :param version: ``None``: all of it.
        """
        self._rows(
            "INSERT INTO deletion (account, id, version, due) VALUES (?, ?, ?, ?)", (account, id, version, due)
        )

    def due_deletions(self, now: float) -> list[Deletion]:
        """The deletions whose time has come, oldest first."""
        rows = self._rows("SELECT seq, account, id, version FROM deletion WHERE due <= ? ORDER BY due, seq", (now,))
        return [Deletion(*row) for row in rows]

    def carry_out(self, deletion: Deletion) -> None:
        """Delete the definition's version or all of it, and with it the instances that ran on it."""
        where = (deletion.account, deletion.definition_id, deletion.version)
        with self.transaction():
            for table, column in (("version", "id"), ("instance", "definition_id")):
                self._rows(
                    f"DELETE FROM {table} WHERE account = ?1 AND {column} = ?2 AND (?3 IS NULL OR version = ?3)",
                    where,
                )
            self._rows(
                "DELETE FROM definition WHERE account = ?1 AND id = ?2"
                " AND NOT EXISTS (SELECT 1 FROM version WHERE account = ?1 AND id = ?2)",
                where[:2],
            )
            self._rows("DELETE FROM deletion WHERE seq = ?", (deletion.seq,))

    # Instances

    def save(self, stored: StoredInstance, due: float | None, sent: Sequence[tuple[str, Message]] = ()) -> None:
        """Write an instance and the messages that it has sent since it was last written.

        :param due: seconds since 1970 when it has something to do again; ``None``: nothing by itself.
        :param sent: each with the time of sending as the service writes it.
        """
        with self.transaction():
            self._rows(
                "INSERT INTO instance (id, account, definition_id, version, status, due, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE"
                " SET status = excluded.status, due = excluded.due, state = excluded.state",
                (
                    stored.id,
                    stored.account,
                    stored.definition_id,
                    stored.version,
                    stored.instance.status,
                    due,
                    json.dumps(stored.instance.to_json()),
                ),
            )
            for time, message in sent:
                self._rows(
                    "INSERT INTO outbox (time, channel, step_id, definition_id, instance_id, message)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        time,
                        message.channel,
                        json.dumps(message.step_id),
                        stored.definition_id,
                        stored.id,
                        json.dumps(message.body),
                    ),
                )

    def instance(self, account: str, definition_id: str, id: str) -> StoredInstance | None:
        """One instance."""
        rows = self._rows(
            "SELECT id, account, definition_id, version, state FROM instance"
            " WHERE account = ? AND definition_id = ? AND id = ?",
            (account, definition_id, id),
        )
        return _instance(rows[0]) if rows else None

    def instances(
        self, account: str, definition_id: str, version: int, status: str | None, limit: int, offset: int
    ) -> list[StoredInstance]:
        """Instances of one version, newest first. ``status`` ``None``: in any."""
        rows = self._rows(
            "SELECT id, account, definition_id, version, state FROM instance"
            " WHERE account = ?1 AND definition_id = ?2 AND version = ?3 AND (?4 IS NULL OR status = ?4)"
            " ORDER BY seq DESC LIMIT ?5 OFFSET ?6",
            (account, definition_id, version, status, limit, offset),
        )
        return [_instance(row) for row in rows]

    def due_instances(self, now: float) -> list[StoredInstance]:
        """The instances that have something to do, longest due first."""
        rows = self._rows(
            "SELECT id, account, definition_id, version, state FROM instance WHERE due <= ? ORDER BY due, seq", (now,)
        )
        return [_instance(row) for row in rows]

    def next_due(self) -> float | None:
        """Seconds since 1970 when the next instance or deletion is due; ``None``: nothing is to be done."""
        ((due,),) = self._rows(
            "SELECT min(due) FROM (SELECT min(due) AS due FROM instance WHERE due IS NOT NULL"
            " UNION ALL SELECT min(due) FROM deletion)"
        )
        return None if due is None else float(due)

    def outbox(self, after: int = 0) -> list[dict[str, Any]]:
        """What was sent after sequence number ``after``, newest last."""
        rows = self._rows(
            "SELECT seq, time, channel, step_id, definition_id, instance_id, message FROM outbox"
            " WHERE seq > ? ORDER BY seq",
            (after,),
        )
        return [
            {
                "sequence": seq,
                "time": time,
                "channel": channel,
                "stepId": json.loads(step_id),
                "definitionId": definition_id,
                "instanceId": instance_id,
                "message": json.loads(message),
            }
            for seq, time, channel, step_id, definition_id, instance_id, message in rows
        ]


def _explain(path: str | Path, error: sqlite3.Error) -> str:
    text = str(error)
    if "not a database" in text:
        return f"{path} is not an SQLite database; choose another file"
    if "locked" in text:
        return f"the database {path} is in use by another program; stop it or choose another file"
    return f"cannot use the database {path}: {text}; choose another file"


def _definition(row: tuple[Any, ...]) -> Definition:
    account, id, version, created_at, document = row
    return Definition(account, id, version, created_at, json.loads(document))


def _instance(row: tuple[Any, ...]) -> StoredInstance:
    id, account, definition_id, version, state = row
    return StoredInstance(id, account, definition_id, version, Instance.from_json(json.loads(state)))

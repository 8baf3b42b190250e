"""Opens one SQLite file safely; has its tables and its transactions."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pulumi_8x8.emulator.log import log
from pulumi_8x8.emulator.threads import channel_of, customer, receiver
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.phrasing import printable
from pulumi_8x8.simulator import Message

_APPLICATION = 0x38783861  # "8x8a": distinguishes the emulator's files from other databases
_SCHEMA = 4
_LONGEST_SHIFT = 10**6 * 86_400 * 365 * 7_000  # microseconds; the calendar ends with the year 9999
#: The columns with JSON; a spoilt instance has ended, which needs no other message.
_JSON = {
    ("version", "document"),
    ("run", "state"),
    ("outbox", "step_id"),
    ("outbox", "message"),
    ("outbox", "refused"),
    ("thread", "written"),
}
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
    """The emulator can't use its database; the message names the file and the remedy."""


class Database:
    """An open database, safe from any thread. A statement outside of :meth:`transaction` is one by itself.

    :param path: the path of the file, created if it doesn't exist; ``":memory:"`` keeps nothing.
    :raises StoreError: the file can't be opened, is in use by another emulator, or isn't an emulator's database.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        self._lock = threading.RLock()
        self._in_transaction = False
        #: Absolute, or ``":memory:"``.
        self.path = str(path)
        try:
            if self.path != ":memory:":
                self.path = str(make_file(Path(path)))
            self._db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=1)
        except (OSError, ValueError, RuntimeError, sqlite3.Error) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise StoreError(f"can't open the database {printable(str(path))}: {reason}; choose another file") from None
        try:
            self._open(printable(str(path)))
            if self.path != ":memory:":
                make_private(Path(self.path))
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(explain(path, error)) from None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # while it is converted
            self._db.close()
            raise StoreError(_damaged(path, "an older version's value in it is wrong")) from None
        except StoreError:
            self._db.close()
            raise

    def _open(self, path: str) -> None:
        db = self._db
        db.text_factory = _text
        # Each file has one emulator; a second one would run the same sleeping instances again.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (schema,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if application != _APPLICATION and (tables or application or schema):
            raise StoreError(f"{path} is another program's database; choose another file")
        if tables and schema not in (2, 3, _SCHEMA):
            age, remedy = ("a newer", "update pulumi-8x8") if schema > _SCHEMA else ("an older", "delete it")
            raise StoreError(
                f"{path} was written by {age} pulumi-8x8 (schema {schema}, this one has {_SCHEMA}); "
                f"{remedy} or choose another file"
            )
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if tables and (why := _damage(db)):
            raise StoreError(_damaged(path, why))
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
        if why := _other_columns(db) or _wrong_clock(db):
            db.execute("ROLLBACK")
            raise StoreError(_damaged(path, why))
        db.execute(f"PRAGMA user_version = {_SCHEMA}")
        db.execute("COMMIT")

    def unusable(self, error: Exception) -> str:
        """Returns why the database can't be used after ``error``, and what to do; empty: it isn't to blame.

        An error of another kind than SQLite's may follow from a value that has been damaged, so this reads everything.
        """
        if isinstance(error, sqlite3.Error):
            return explain(self.path, error)
        if isinstance(error, StoreError):
            return str(error)
        with self._lock:
            try:
                why = _damage(self._db) or _wrong_clock(self._db) or _wrong_value(self._db)
            except sqlite3.Error as found:
                return explain(self.path, found)
        return _damaged(self.path, why) if why else ""

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


def make_file(path: Path) -> Path:
    """Makes an empty file, and the folders above it, for this user only. Returns its absolute path.

    :raises OSError: it can't be made, or opened, or isn't a file.
    """
    path = path.resolve()
    for folder in reversed(path.parents):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)  # whatever the umask
    try:
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if path.is_dir():
            raise OSError("it is a folder") from None
        if not path.is_file():
            raise OSError("it isn't a file") from None
        # Not by opening it: closing it would end the locks of an emulator in this process.
        if not os.access(path, os.R_OK | os.W_OK):
            raise OSError("this user can't read and write it") from None
        return path
    os.fchmod(made, 0o600)
    os.close(made)
    return path


def make_private(path: Path) -> None:
    """Takes the rights of other users on a database and SQLite's files beside it, which hold conversations."""
    for each in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        try:
            mode = stat.S_IMODE(each.stat().st_mode)
            if mode & 0o077:
                each.chmod(mode & 0o700)
        except FileNotFoundError:
            continue
        except OSError as error:
            log(f"The emulator can't make {each} private ({error.strerror}). Other users may read its conversations.")


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is to blame, so that another try wouldn't help."""
    return any(each in str(error) for each in ("malformed", "not a database", "no such table", "no such column"))


def explain(path: str | Path, error: sqlite3.Error) -> str:
    """Returns why a database can't be used, and what to do."""
    text = str(error)
    if "not a database" in text:
        return f"{path} is not an SQLite database; choose another file"
    if is_damage(error):
        return _damaged(path, text)
    if "locked" in text or "locking" in text:
        return f"the database {path} is in use by another program; stop it or choose another file"
    if "readonly" in text:
        return f"the database {path} can't be written; make it writable or choose another file"
    return f"can't use the database {path}: {text}; choose another file"


def _damaged(path: str | Path, why: str) -> str:
    return f"the database {path} is damaged ({why}); restore a copy, delete it, or choose another file"


def _damage(db: sqlite3.Connection) -> str:
    """What is wrong with the pages of a database; empty if nothing is. :raises sqlite3.Error: it can't be read."""
    found = [str(text) for (text,) in db.execute("PRAGMA quick_check(1)")]
    return "" if found == ["ok"] else " ".join(" ".join(found).split())[:200]


def _columns(db: sqlite3.Connection) -> set[tuple[str, str, str]]:
    return set(
        db.execute(
            "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'"
        )
    )


def _expected() -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_TABLES)
        return _columns(db)


def _other_columns(db: sqlite3.Connection) -> str:
    missing = sorted(f"{table}.{column}" for table, column, _ in _expected() - _columns(db))
    return f"it lacks {', '.join(missing[:3])}" if missing else ""


def _wrong_clock(db: sqlite3.Connection) -> str:
    shifts = [shift for (shift,) in db.execute("SELECT shift FROM clock LIMIT 2")]
    right = len(shifts) == 1 and isinstance(shifts[0], int) and 0 <= shifts[0] < _LONGEST_SHIFT
    return "" if right else "its clock is wrong"


def _wrong_value(db: sqlite3.Connection) -> str:
    """The place of a value that the emulator didn't write; empty: there is none. Reads the whole database."""
    for table, column, kind in sorted(_expected()):
        wrong = f"typeof({column}) NOT IN ('{kind.lower()}', 'null')"
        if (table, column) in _JSON:
            wrong = f"({wrong} OR NOT json_valid({column}))"
        if db.execute(f"SELECT 1 FROM {table} WHERE {column} IS NOT NULL AND {wrong} LIMIT 1").fetchone():
            return f"a value in {table}.{column} is wrong"
    return ""


def _text(raw: bytes) -> str:
    """A text in the database; one that isn't UTF-8, which the emulator never writes, is empty."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return ""

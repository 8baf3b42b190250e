"""Stores everything that the emulator remembers. Tables are in :mod:`.database`, the page's lists in :mod:`.lists`."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_8x8.emulator.database import Database
from pulumi_8x8.emulator.threads import Thread
from pulumi_8x8.emulator.traces import Trace, event_line, read_event
from pulumi_8x8.emulator.wire import DefinitionBody, Query
from pulumi_8x8.simulator import Event, Instance, InstanceError, Message, Refusal, Run


@dataclass(frozen=True)
class StoredInstance:
    """An instance and the version that started it.

    :ivar id: 24 hex digits. :ivar definition_id: UUID. :ivar version: the definition's version.
    """

    id: str
    account: str
    definition_id: str
    version: int
    instance: Instance


@dataclass(frozen=True)
class Sent:
    """A message in the outbox. :ivar sequence: its number, from 1. :ivar time: in the service's format."""

    sequence: int
    time: str
    definition_id: str
    instance_id: str
    message: Message


@dataclass(frozen=True)
class Deletion:
    """An accepted DELETE that isn't carried out yet. ``version`` ``None``: of all versions."""

    seq: int
    account: str
    definition_id: str
    version: int | None


#: The emulator keeps the last events of an instance, so that a loop doesn't fill the disk.
MAX_TRACE = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = "SELECT account, id, version, created_at, document FROM version WHERE account = ?1 AND id = ?2"


class Store(Database):
    """The emulator's tables in one SQLite database. Every method is one transaction, safe from any thread."""

    # Definitions

    def add_version(self, account: str, id: str, created_at: str, document: dict[str, Any]) -> DefinitionBody:
        """Stores the first version of a new definition, or the next version of an existing one."""
        with self.transaction():
            ((version,),) = self.rows(
                "INSERT INTO definition (account, id, last_version) VALUES (?, ?, 1)"
                " ON CONFLICT DO UPDATE SET last_version = last_version + 1 RETURNING last_version",
                (account, id),
            )
            self.rows(
                "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?)",
                (account, id, version, created_at, document["trigger"], document["status"], json.dumps(document)),
            )
        return DefinitionBody(account, id, version, created_at, document)

    def versions(self, account: str, id: str, limit: int = -1, offset: int = 0) -> list[DefinitionBody]:
        """Lists the versions of a definition, newest first; empty for an unknown one. ``limit`` -1: all."""
        rows = self.rows(f"{_VERSION} ORDER BY version DESC LIMIT ?3 OFFSET ?4", (account, id, limit, offset))
        return [_definition(row) for row in rows]

    def version(self, account: str, id: str, version: int | None) -> DefinitionBody | None:
        """Returns one version of a definition; ``version`` ``None``: the newest."""
        rows = self.rows(
            f"{_VERSION} AND (?3 IS NULL OR version = ?3) ORDER BY version DESC LIMIT 1", (account, id, version)
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
    ) -> list[DefinitionBody]:
        """Lists the newest version of each definition in the order of creation.

        :param account: ``None``: all accounts. :param trigger: ``None``: any trigger.
        """
        rows = self.rows(
            "SELECT v.account, v.id, v.version, v.created_at, v.document"
            " FROM definition d JOIN version v ON v.account = d.account AND v.id = d.id AND v.version ="
            " (SELECT max(version) FROM version WHERE account = d.account AND id = d.id)"
            " WHERE (?1 IS NULL OR d.account = ?1) AND (?2 IS NULL OR v.trigger = ?2)"
            " AND (NOT ?3 OR v.status = 'enabled') ORDER BY d.seq LIMIT ?4 OFFSET ?5",
            (account, trigger, enabled_only, limit, offset),
        )
        return [_definition(row) for row in rows]

    def schedule_deletion(self, account: str, id: str, version: int | None, due: datetime) -> None:
        """Schedules the deletion of a definition at ``due``; ``version`` ``None``: of all versions."""
        self.rows(
            "INSERT INTO deletion (account, id, version, due) VALUES (?, ?, ?, ?)", (account, id, version, _micros(due))
        )

    def due_deletions(self, now: datetime) -> list[Deletion]:
        """Lists the deletions that are due, oldest first."""
        rows = self.rows(
            "SELECT seq, account, id, version FROM deletion WHERE due <= ? ORDER BY due, seq", (_micros(now),)
        )
        return [Deletion(*row) for row in rows]

    def carry_out(self, deletion: Deletion) -> None:
        """Deletes one version or all versions of a definition, with their instances."""
        where = (deletion.account, deletion.definition_id, deletion.version)
        with self.transaction():
            for table in ("waiting", "run", "trace"):
                self.rows(
                    f"DELETE FROM {table} WHERE instance_id IN (SELECT id FROM instance"
                    " WHERE account = ?1 AND definition_id = ?2 AND (?3 IS NULL OR version = ?3))",
                    where,
                )
            for table, column in (("version", "id"), ("instance", "definition_id")):
                self.rows(
                    f"DELETE FROM {table} WHERE account = ?1 AND {column} = ?2 AND (?3 IS NULL OR version = ?3)", where
                )
            self.rows(
                "DELETE FROM definition WHERE account = ?1 AND id = ?2"
                " AND NOT EXISTS (SELECT 1 FROM version WHERE account = ?1 AND id = ?2)",
                where[:2],
            )
            self.rows("DELETE FROM deletion WHERE seq = ?", (deletion.seq,))

    # Instances

    def save(
        self,
        stored: StoredInstance,
        sent: Sequence[tuple[str, Message, Thread]] = (),
        ended: Sequence[Run] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """Writes an instance, and what happened since it was last written.

        :param sent: each message that it sent, with its time in the service's format and the thread where it arrives.
        :param ended: the runs that ended. :param events: the same for people.
        """
        instance = stored.instance
        due = instance.due()
        with self.transaction():
            self.rows(
                "INSERT INTO instance (id, account, definition_id, version, status, started, due, calling, state)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET status = excluded.status, due = excluded.due,"
                " calling = excluded.calling, state = excluded.state",
                (
                    stored.id,
                    stored.account,
                    stored.definition_id,
                    stored.version,
                    instance.status,
                    _micros(instance.started_at),
                    _micros(due),
                    bool(instance.calling()),
                    json.dumps(instance.to_json()),
                ),
            )
            self.rows("DELETE FROM waiting WHERE instance_id = ?", (stored.id,))
            for run in instance.waiting():
                self.rows("INSERT INTO waiting VALUES (?, ?, ?)", (stored.id, stored.account, run.event))
            for run in ended:
                self.rows(
                    "INSERT OR REPLACE INTO run VALUES (?, ?, ?)", (stored.id, run.number, json.dumps(run.to_json()))
                )
            if events:
                self._add_trace(stored.id, [event_line(event) for event in events])
            for time, message, thread in sent:
                ((number,),) = self.rows(
                    "INSERT INTO outbox (time, channel, step_id, definition_id, instance_id, message, umid, refused)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq",
                    (
                        time,
                        message.channel,
                        json.dumps(message.step_id),
                        stored.definition_id,
                        stored.id,
                        json.dumps(message.body),
                        message.umid,
                        None if message.refused is None else json.dumps(vars(message.refused)),
                    ),
                )
                self._add_to(thread, time, number, None)

    def runs(self, stored: StoredInstance) -> list[Run]:
        """Lists all runs of an instance, past and pending ones, in the order of their creation."""
        rows = self.rows("SELECT state FROM run WHERE instance_id = ?", (stored.id,))
        runs = [*(Run.from_json(json.loads(state)) for (state,) in rows), *stored.instance.runs]
        return sorted(runs, key=lambda run: run.number)

    def _add_trace(self, id: str, lines: Sequence[str]) -> None:
        # The number of a row is the one of its last line. The rows together have a few lines too many, never too few.
        ((before,),) = self.rows("SELECT coalesce(max(number), 0) FROM trace WHERE instance_id = ?", (id,))
        last = before + len(lines)
        self.rows("INSERT INTO trace VALUES (?, ?, ?)", (id, last, "\n".join(lines[-MAX_TRACE:])))
        self.rows("DELETE FROM trace WHERE instance_id = ? AND number <= ?", (id, last - MAX_TRACE))

    def trace(self, stored: StoredInstance, after: int = 0) -> Trace:
        """Returns what happened in an instance. :param after: only events with a higher number."""
        rows = self.rows("SELECT number, lines FROM trace WHERE instance_id = ? ORDER BY number", (stored.id,))
        last = rows[-1][0] if rows else 0
        lines = [line for number, text in rows if number > after for line in text.split("\n")]
        wanted = max(0, min(MAX_TRACE, last - after, len(lines)))
        return Trace([read_event(line) for line in lines[len(lines) - wanted :]], last)

    def traced(self, stored: StoredInstance) -> int:
        """The number of the last event in the trace of an instance."""
        ((last,),) = self.rows("SELECT coalesce(max(number), 0) FROM trace WHERE instance_id = ?", (stored.id,))
        return int(last)

    def instance(self, id: str) -> StoredInstance | None:
        return next(iter(self._instances("WHERE id = ?", id)), None)

    def instances(self, definition: DefinitionBody, query: Query, offset: int) -> list[StoredInstance]:
        """Lists instances of one version, newest first.

        :param query: which of them, and how many. :param offset: how many to skip.
        """
        of = (definition.account, definition.id, definition.version, query.status)
        between = (_micros(query.started_from), _micros(query.started_to))
        return self._instances(
            "WHERE account = ?1 AND definition_id = ?2 AND version = ?3 AND (?4 IS NULL OR status = ?4)"
            " AND (?5 IS NULL OR started >= ?5) AND (?6 IS NULL OR started <= ?6)"
            " ORDER BY seq DESC LIMIT ?7 OFFSET ?8",
            *of,
            *between,
            query.limit,
            offset,
        )

    def instances_of(self, account: str, id: str, limit: int) -> list[tuple[StoredInstance, list[Run]]]:
        """Lists the newest instances of all versions of a definition, newest first, with all of their runs."""
        found = self._instances("WHERE account = ? AND definition_id = ? ORDER BY seq DESC LIMIT ?", account, id, limit)
        ended: dict[str, list[Run]] = {stored.id: [] for stored in found}
        rows = self.rows(
            "SELECT instance_id, state FROM run WHERE instance_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ended)),),
        )
        for instance_id, state in rows:
            ended[instance_id].append(Run.from_json(json.loads(state)))
        return [(stored, [*ended[stored.id], *stored.instance.runs]) for stored in found]

    def due_instances(self, now: datetime, limit: int) -> list[StoredInstance]:
        """Lists the first instances that have something to do, longest due first."""
        return self._instances("WHERE due <= ? ORDER BY due, seq LIMIT ?", _micros(now), limit)

    def waiting_instances(self, account: str | None, keys: Sequence[str]) -> list[StoredInstance]:
        """Lists the instances that wait for one of some events, oldest first. ``account`` ``None``: all accounts."""
        return self._instances(
            "WHERE id IN (SELECT instance_id FROM waiting WHERE"
            " event IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR account = ?2)) ORDER BY seq",
            json.dumps(list(keys)),
            account,
        )

    def calling_instances(self) -> list[StoredInstance]:
        """Lists the instances with HTTP calls that have no answer yet."""
        return self._instances("WHERE calling ORDER BY seq")

    def next_due(self) -> datetime | None:
        """Returns when the next instance or deletion is due; ``None``: never."""
        ((due,),) = self.rows(
            "SELECT min(due) FROM (SELECT min(due) AS due FROM instance WHERE due IS NOT NULL"
            " UNION ALL SELECT min(due) FROM deletion)"
        )
        return None if due is None else _EPOCH + timedelta(microseconds=due)

    def _instances(self, which: str, *values: Any) -> list[StoredInstance]:
        """Lists instances. ``which`` are the clauses that choose and order them, with the parameters ``values``."""
        rows = self.rows(f"SELECT id, account, definition_id, version, state FROM instance {which}", values)
        return [
            StoredInstance(id, account, definition_id, version, _instance(state))
            for id, account, definition_id, version, state in rows
        ]

    # The rest

    def count_execution(self, account: str, moment: datetime) -> None:
        """Counts one more started instance."""
        self.rows(
            "INSERT INTO usage VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET executed = executed + 1",
            (os.urandom(12).hex(), account, moment.year, moment.month),
        )

    def usage(self, account: str) -> list[tuple[str, int, int, int]]:
        """Lists the months with started instances, newest first: an id, the year, the month, the number."""
        rows = self.rows(
            "SELECT id, year, month, executed FROM usage WHERE account = ? ORDER BY year DESC, month DESC", (account,)
        )
        return [(id, year, month, executed) for id, year, month, executed in rows]

    @property
    def shift(self) -> timedelta:
        """How far the clock is ahead."""
        ((micros,),) = self.rows("SELECT shift FROM clock")
        return timedelta(microseconds=micros)

    @shift.setter
    def shift(self, shift: timedelta) -> None:
        self.rows("UPDATE clock SET shift = ?", (shift // timedelta(microseconds=1),))

    def hear(self, thread: Thread, time: str, written: dict[str, Any]) -> None:
        """Writes down what a customer wrote. :param time: in the service's format."""
        self._add_to(thread, time, None, json.dumps(written))

    def _add_to(self, thread: Thread, time: str, sent: int | None, written: str | None) -> None:
        self.rows(
            "INSERT INTO thread (customer, channel, time, sent, written) VALUES (?, ?, ?, ?, ?)",
            (thread.customer, thread.channel, time, sent, written),
        )

    def newest_thread(self, customer: str) -> Thread | None:
        """The thread in which something was sent to a customer, or written by the customer, last."""
        rows = self.rows("SELECT channel FROM thread WHERE customer = ? ORDER BY seq DESC LIMIT 1", (customer,))
        return Thread(customer, rows[0][0]) if rows else None

    def outbox(self, after: int = 0, instance_id: str | None = None, only: Sequence[int] | None = None) -> list[Sent]:
        """Lists the messages sent after sequence number ``after``, newest last.

        :param instance_id: only messages of this instance. :param only: only those with these sequence numbers.
        """
        rows = self.rows(
            "SELECT seq, time, definition_id, instance_id, channel, step_id, message, umid, refused FROM outbox"
            " WHERE seq > ?1 AND (?2 IS NULL OR instance_id = ?2)"
            " AND (?3 IS NULL OR seq IN (SELECT value FROM json_each(?3))) ORDER BY seq",
            (after, instance_id, None if only is None else json.dumps(list(only))),
        )
        return [
            Sent(sequence, time, definition_id, instance_id, _message(*columns))
            for sequence, time, definition_id, instance_id, *columns in rows
        ]


def _message(channel: Any, step_id: str, body: str, umid: str, refused: str | None) -> Message:
    why = None if refused is None else Refusal(**json.loads(refused))
    return Message(channel, json.loads(step_id), json.loads(body), umid, why)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // timedelta(microseconds=1)


def _instance(state: str) -> Instance:
    """The instance in a row. One that can't be read has ended, so that it doesn't stop the others."""
    try:
        return Instance.from_json(json.loads(state))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = InstanceError("", f"The emulator can't read the instance in its database: {error!r}", _EPOCH)
        return Instance("Terminated", {}, _EPOCH, _EPOCH, errors=(reason,))


def _definition(row: tuple[Any, ...]) -> DefinitionBody:
    account, id, version, created_at, document = row
    return DefinitionBody(account, id, version, created_at, json.loads(document))

"""The lists of the page: searched, filtered, a page at a time, so that a long one costs no more than a short one."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi_8x8.emulator.store import Store, StoredInstance
from pulumi_8x8.emulator.threads import Thread, thread_of
from pulumi_8x8.simulator import EventError, Message, Run, read_inbound, timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 25
_LOG_PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What a list shows.

    :ivar search: a part of a name or an id. :ivar status: one status; empty for all.
    :ivar definition: the id of the definition whose instances it shows; empty for all.
    :ivar page: from 1. :ivar with_: the id of what must be on the page, if it is in the list; it chooses the page.
    """

    search: str = ""
    status: str = ""
    definition: str = ""
    page: int = 1
    with_: str = ""

    @property
    def pattern(self) -> str:
        """For LIKE, with ``\\`` as the escape."""
        return _pattern(self.search)

    @property
    def json_pattern(self) -> str:
        """The same for a text in JSON."""
        return _pattern(json.dumps(self.search)[1:-1])


def _pattern(text: str) -> str:
    for sign in "\\%_":
        text = text.replace(sign, f"\\{sign}")
    return f"%{text}%"


def definitions(store: Store, wanted: Wanted) -> dict[str, Any]:
    """The newest version of each definition, by name, with the number of its instances."""
    found = (
        "SELECT d.seq, v.account, v.id, v.version, v.created_at, v.trigger, v.status AS status,"
        " json_extract(v.document, '$.definition.name') AS name"
        " FROM definition d JOIN version v ON v.account = d.account AND v.id = d.id AND v.version ="
        " (SELECT max(version) FROM version WHERE account = d.account AND id = d.id)"
        " WHERE name LIKE ?1 ESCAPE '\\' OR v.id LIKE ?1 ESCAPE '\\' OR v.account LIKE ?1 ESCAPE '\\'"
    )
    order = "name COLLATE NOCASE, seq"
    rows, about = _page(store, found, order, "id", wanted, (wanted.pattern,))
    names = ("accountId", "definitionId", "version", "createdAt", "trigger", "status", "name")
    items = [dict(zip(names, row[1:], strict=True)) for row in rows]
    for item in items:
        ((item["instances"],),) = store.rows(
            "SELECT count(*) FROM instance WHERE account = ? AND definition_id = ?",
            (item["accountId"], item["definitionId"]),
        )
    return {"items": items, **about}


def instances(store: Store, wanted: Wanted) -> dict[str, Any]:
    """The instances, newest first. The search also finds what an instance has in its data, such as a number."""
    found = (
        "SELECT i.seq, i.id AS id, i.account, i.definition_id, i.version, i.status AS status, i.started,"
        " (SELECT json_extract(document, '$.definition.name') FROM version v WHERE v.account = i.account"
        " AND v.id = i.definition_id AND v.version = i.version) AS name FROM instance i"
        " WHERE (?1 = '' OR i.definition_id = ?1) AND (?2 = '%%' OR i.id LIKE ?2 ESCAPE '\\'"
        " OR i.state LIKE ?3 ESCAPE '\\' OR name LIKE ?2 ESCAPE '\\')"
    )
    values = (wanted.definition, wanted.pattern, wanted.json_pattern)
    rows, about = _page(store, found, "seq DESC", "id", wanted, values)
    names = ("workflowId", "accountId", "definitionId", "version", "status", "startedAt", "name")
    items = [dict(zip(names, row[1:], strict=True)) for row in rows]
    for item in items:
        item["startedAt"] = timestamp(_EPOCH + timedelta(microseconds=item["startedAt"]))
    return {"items": items, **about}


def threads(store: Store, wanted: Wanted) -> dict[str, Any]:
    """The customers' threads, the one with the newest message first."""
    found = (
        "SELECT max(seq) AS seq, customer, channel, count(*), channel AS status, customer || ' ' || channel AS id"
        " FROM thread WHERE customer LIKE ?1 ESCAPE '\\' GROUP BY customer, channel"
    )
    pattern = _pattern(wanted.search.strip().lstrip("+"))
    rows, about = _page(store, found, "seq DESC", "id", wanted, (pattern,))
    items = [{"customer": row[1], "channel": row[2], "messages": row[3]} for row in rows]
    return {"items": items, **about}


def _page(
    store: Store, found: str, order: str, id: str, wanted: Wanted, values: Sequence[Any]
) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    """The rows of one page, and what the list has: ``{total, counts, page, pages}``, with counts by status."""
    counts = dict(store.rows(f"SELECT status, count(*) FROM ({found}) GROUP BY status ORDER BY status", values))
    chosen, status = f"SELECT * FROM ({found})", f"?{len(values) + 1}"
    chosen = f"{chosen} WHERE {status} = '' OR status = {status} ORDER BY {order}"
    values = (*values, wanted.status)
    total = counts.get(wanted.status, 0) if wanted.status else sum(counts.values())
    pages = max(1, -(-total // _PAGE))
    page = min(wanted.page, pages)
    if wanted.with_:
        ids = [each for (each,) in store.rows(f"SELECT {id} FROM ({chosen})", values)]
        page = ids.index(wanted.with_) // _PAGE + 1 if wanted.with_ in ids else page
    rows = store.rows(f"{chosen} LIMIT {_PAGE} OFFSET {(page - 1) * _PAGE}", values)
    return rows, {"total": total, "counts": counts, "page": page, "pages": pages}


@dataclass(frozen=True)
class Progress:
    """How far an instance is.

    :ivar log: one page of its runs in the order of their creation, each with the message that it sent.
    :ivar about: of the log: ``{total, page, pages}``.
    :ivar steps: by step, the status of its last run, and how often it ran.
    :ivar taken: how often the instance went from one step to another.
    """

    log: list[tuple[Run, Message | None]]
    about: dict[str, int]
    steps: dict[str, tuple[str, int]]
    taken: Counter[tuple[str, str]]


def progress(store: Store, stored: StoredInstance, page: int | None) -> Progress:
    """:param page: of the log; ``None``: the last."""
    ended = store.rows(
        "SELECT number, json_extract(state, '$.id'), json_extract(state, '$.after'), json_extract(state, '$.stepId'),"
        " json_extract(state, '$.status') FROM run WHERE instance_id = ?",
        (stored.id,),
    )
    active = [(run.number, run.id, run.after, run.step_id, run.status) for run in stored.instance.runs]
    runs = sorted([*ended, *active])
    names = {id: step for _, id, _, step, _ in runs}
    times = Counter(step for *_, step, _ in runs)
    pages = max(1, -(-len(runs) // _LOG_PAGE))
    page = pages if page is None else min(page, pages)
    return Progress(
        _log(store, stored, {row[0] for row in ended}, runs, page),
        {"total": len(runs), "page": page, "pages": pages},
        {step: (status, times[step]) for *_, step, status in runs},
        Counter((names[after], step) for _, _, after, step, _ in runs if after in names),
    )


def _log(
    store: Store, stored: StoredInstance, ended: set[int], runs: Sequence[tuple[Any, ...]], page: int
) -> list[tuple[Run, Message | None]]:
    """The runs of one page. A step that ran several times sent its messages in that order."""
    shown = runs[(page - 1) * _LOG_PAGE : page * _LOG_PAGE]
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for number, step in store.rows("SELECT seq, step_id FROM outbox WHERE instance_id = ? ORDER BY seq", (stored.id,)):
        waiting[json.loads(step)].append(number)
    sent = {row[0]: waiting[row[3]].popleft() for row in runs if row[0] in ended and waiting[row[3]]}
    numbers = [row[0] for row in shown]
    only = [sent[number] for number in numbers if number in sent]
    messages = {each.sequence: each.message for each in store.outbox(only=only)}
    rows = store.rows(
        "SELECT state FROM run WHERE instance_id = ? AND number IN (SELECT value FROM json_each(?))",
        (stored.id, json.dumps(numbers)),
    )
    found = [*(Run.from_json(json.loads(state)) for (state,) in rows), *stored.instance.runs]
    by_number = {run.number: run for run in found}
    return [(by_number[number], messages.get(sent.get(number, 0))) for number in numbers]


def entries(store: Store, thread: Thread, after: int, before: int | None, limit: int) -> list[tuple[Any, ...]]:
    """The last entries of a thread, oldest first: number, time, the number in the outbox, what the customer wrote.

    :param after, before: only entries with a higher and a lower number.
    """
    rows = store.rows(
        "SELECT seq, time, sent, written FROM thread WHERE customer = ?1 AND channel = ?2 AND seq > ?3"
        " AND (?4 IS NULL OR seq < ?4) ORDER BY seq DESC LIMIT ?5",
        (thread.customer, thread.channel, after, before, limit),
    )
    return [(*row, None if written is None else json.loads(written)) for *row, written in reversed(rows)]


def versions(store: Store, account: str, id: str) -> list[dict[str, Any]]:
    """The newest versions of a definition, newest first, without their contents."""
    rows = store.rows(
        "SELECT version, created_at, status FROM version WHERE account = ? AND id = ? ORDER BY version DESC LIMIT 100",
        (account, id),
    )
    return [dict(zip(("version", "createdAt", "status"), row, strict=True)) for row in rows]


def thread_with(store: Store, stored: StoredInstance) -> Thread | None:
    """The thread that an instance is about: where it sent its last message, or else with whoever started it."""
    # Without an index, which would slow down each message. A person mostly looks at what has just sent something.
    rows = store.rows(
        "SELECT customer, channel FROM thread WHERE sent = (SELECT max(seq) FROM outbox WHERE instance_id = ?)"
        " ORDER BY seq DESC LIMIT 1",
        (stored.id,),
    )
    if rows:
        return Thread(*rows[0])
    try:
        return thread_of(read_inbound(stored.instance.data))
    except EventError:
        return None

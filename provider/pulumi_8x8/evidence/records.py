"""Reads what the service recorded about the instances of a workflow: lists, logs, and the versions that ran.

One call reads all versions of the definition, one call each page of 500 instances of a version, and one call the log of
an instance. A log and the data that belongs to it come from the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal, Protocol, TypeAlias, TypeVar

from pulumi_8x8.api import Client, Fault, Instance, Log, StoredDefinition
from pulumi_8x8.definition import Json
from pulumi_8x8.errors import NotFound
from pulumi_8x8.evidence.journeys import StepRun

_T = TypeVar("_T")
_R = TypeVar("_R")

#: Which instances to read the logs or faults of.
Which: TypeAlias = Literal["none", "ended", "all"]

#: The newest versions, which are always asked for instances: somebody may start an older version by hand.
_ALWAYS = 8

_NEVER = datetime.min.replace(tzinfo=UTC)


class Gather(Protocol):
    """Applies a function to each item and returns the results in order, perhaps in threads and with progress."""

    def __call__(self, work: Callable[[_T], _R], items: Sequence[_T], what: str, /) -> list[_R]: ...


def in_turn(work: Callable[[_T], _R], items: Sequence[_T], what: str, /) -> list[_R]:
    """The :class:`Gather` that works in this thread, and reports nothing."""
    return [work(item) for item in items]


@dataclass(frozen=True)
class Record:
    """One instance, as the service recorded it.

    :ivar version: of the definition. :ivar status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``.
    :ivar started: ``None`` if its time can't be read. :ivar ended: ``None`` before its end, too.
    :ivar data: its context at the end, or now. A customer's messages are in it.
    :ivar runs: its log, in the order of the service; empty if nobody asked for it, see :attr:`has_log`.
    :ivar faults: why it stopped, if somebody asked for that.
    """

    id: str
    version: int
    status: str
    started: datetime | None
    ended: datetime | None = None
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)
    runs: tuple[StepRun, ...] = ()
    has_log: bool = False
    faults: tuple[Fault, ...] = field(default=(), repr=False)

    @property
    def is_over(self) -> bool:
        """Whether it is complete, was terminated, or stopped at a fault."""
        return self.status in ("Complete", "Terminated")


@dataclass(frozen=True)
class Records:
    """The instances of one workflow, and the definitions that they ran.

    :ivar versions: the versions of the definition by their number, newest first.
    :ivar records: the newest first.
    :ivar more: there are older instances than these.
    :ivar unread: the older versions that weren't asked for instances. No trigger started them in this time.
    """

    definition_id: str
    versions: Mapping[int, StoredDefinition]
    records: tuple[Record, ...]
    more: bool = False
    unread: tuple[int, ...] = ()

    @property
    def newest(self) -> StoredDefinition:
        """The deployed version."""
        return next(iter(self.versions.values()))


def read_records(
    client: Client,
    definition_id: str,
    *,
    last: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    version: int | None = None,
    logs: Which = "ended",
    faults: Which = "none",
    gather: Gather = in_turn,
) -> Records:
    """Reads the instances of all versions of a workflow.

    :param last: at most this many, the newest. :param since, until: only those that started then, both included.
    :param version: only instances of this version.
    :param logs: whose logs to read, a call each; ``ended``: of instances that are over.
    :param faults: whose faults to read, a call for each terminated instance.
    :param gather: makes the calls for logs and faults; :func:`in_turn` by default.
    :raises NotFound: no definition has that id.
    :raises ApiError: the service doesn't answer.
    """
    versions = {stored.version: stored for stored in client.history(definition_id)}
    listed, unread = _list(client, [*versions.values()], version, last, since, until)
    listed.sort(key=lambda record: (record.started or _NEVER, record.id), reverse=True)
    wanted = listed if last is None else listed[:last]
    read = gather(lambda record: _complete(client, definition_id, record, logs, faults), wanted, "reading logs")
    kept = tuple(record for record in read if record is not None)
    return Records(definition_id, versions, kept, more=len(listed) > len(wanted), unread=unread)


def _list(
    client: Client,
    versions: Sequence[StoredDefinition],
    only: int | None,
    last: int | None,
    since: datetime | None,
    until: datetime | None,
) -> tuple[list[Record], tuple[int, ...]]:
    """Lists instances version by version, the newest version first, until older ones can't have a wanted instance."""
    found: dict[str, Record] = {}
    for place, stored in enumerate(versions):
        if only not in (None, stored.version):
            continue
        replaced = moment(versions[place - 1].created_at) if place else None  # then triggers started the next version
        enough = last is not None and len(found) > last
        too_old = since is not None and replaced is not None and replaced < since
        if place >= _ALWAYS and (enough or too_old):
            return list(found.values()), tuple(each.version for each in versions[place:])
        with suppress(NotFound):  # somebody deleted this version meanwhile
            limit = None if last is None else last + 1
            instances = client.instances(
                stored.id, version=stored.version, started_from=since, started_to=until, limit=limit
            )
            found.update((record.id, record) for record in map(_record, instances))
    return list(found.values()), ()


def _complete(client: Client, definition_id: str, record: Record, logs: Which, faults: Which) -> Record | None:
    """The record with its log and faults; ``None`` if somebody deleted the instance meanwhile."""
    try:
        if logs == "all" or (logs == "ended" and record.is_over):
            record = _record(client.instance(definition_id, record.id, logs=True), has_log=True)
        if record.status == "Terminated" and faults != "none":
            record = replace(record, faults=tuple(client.faults(definition_id, record.id)))
    except NotFound:
        return None
    return record


def _record(instance: Instance, has_log: bool = False) -> Record:
    return Record(
        instance.id,
        instance.version,
        instance.status,
        moment(instance.started_at),
        moment(instance.completed_at),
        instance.data,
        tuple(map(_run, instance.logs)),
        has_log,
    )


def _run(log: Log) -> StepRun:
    return StepRun(log.id, log.step, log.status, moment(log.started_at), moment(log.completed_at))


def moment(text: str) -> datetime | None:
    """A moment from the service, in UTC; ``None`` if it is empty or can't be read."""
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def by_version(records: Iterable[Record]) -> dict[int, list[Record]]:
    """The records of each version, in their order."""
    grouped: dict[int, list[Record]] = {}
    for record in records:
        grouped.setdefault(record.version, []).append(record)
    return grouped

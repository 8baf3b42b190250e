"""Counts the running instances that a deletion would kill, with the service's lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pulumi_8x8.api.client import PAGE, Client
from pulumi_8x8.api.wire import Instance, Status, StoredDefinition
from pulumi_8x8.errors import NotFound

_ALIVE: tuple[Status, ...] = ("Runnable", "Suspended")


@dataclass(frozen=True)
class OnDelete:
    """What to do about running instances before a deletion, which would kill them.

    :param how: ``refuse`` the deletion, ``terminate`` them with it, or ``wait`` until they have ended.
    :param limit: the longest wait.
    """

    how: Literal["refuse", "terminate", "wait"] = "refuse"
    limit: timedelta = timedelta()


@dataclass(frozen=True)
class Running:
    """Instances that haven't ended: how many of each version, and when the oldest started."""

    counts: tuple[tuple[int, int], ...] = ()
    oldest: str = ""

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    def __str__(self) -> str:
        by_version = ", ".join(f"version {version}: {count}" for version, count in self.counts)
        plural = "instance is" if self.total == 1 else "instances are"
        since = f", the oldest since {self.oldest}" if self.oldest else ""
        return f"{self.total} {plural} running or suspended ({by_version}){since}"


def find_running(client: Client, history: Sequence[StoredDefinition]) -> Running:
    """Counts the instances of all versions of a definition that haven't ended."""
    return _count(_alive(client, history[0].id, [stored.version for stored in history]) if history else ())


def find_running_twice(client: Client, definition_id: str, versions: Sequence[int]) -> Running:
    """Counts them before a deletion that would kill them. Two different calls for each version must agree on none."""
    long: set[int] = set()  # versions with more instances than the first page shows
    for size in (PAGE, PAGE - 1):  # another size, so that nothing in between answers the second from its memory
        for version in versions:
            # The service lists the newest first. It has instances of every status if the call names none.
            page = [*_instances(client, definition_id, version, None, size)] if version not in long else []
            if len(page) == size:
                long.add(version)
            if not all(each.is_over for each in page):
                return _count(_alive(client, definition_id, versions)) or _count(page)
    return _count(_alive(client, definition_id, sorted(long)))


def _alive(client: Client, definition_id: str, versions: Iterable[int]) -> Iterator[Instance]:
    for version in versions:
        for status in _ALIVE:
            yield from _instances(client, definition_id, version, status)


def _instances(
    client: Client, definition_id: str, version: int, status: Status | None, limit: int | None = None
) -> Iterator[Instance]:
    # A version that somebody deleted meanwhile has no instances; the caller notices if all versions are gone.
    with suppress(NotFound):
        yield from client.instances(definition_id, version=version, status=status, limit=limit)


def _count(instances: Iterable[Instance]) -> Running:
    found = [each for each in instances if not each.is_over]
    counts = Counter(each.version for each in found)
    return Running(tuple(sorted(counts.items(), reverse=True)), min((each.started_at for each in found), default=""))

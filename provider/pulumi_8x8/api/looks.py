"""Looks at definitions now, before and after a deletion. Threads that want to look at the same time share a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pulumi_8x8.api.client import Client
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.errors import ApiError, NotFound

#: The most versions whose numbers are taken for 1 to the newest, since a list has only the newest.
_FEW_VERSIONS = 5

#: Pages of an account before anything is known of it. With 0, a look alone lists, too.
_PAGES = 1


@dataclass(frozen=True)
class Seen:
    """What the service held at a time after the look began.

    :param stored: the newest version.
    :param versions: the numbers of all versions; perhaps also of versions that were deleted.
    :param listed: it is in the list, so that a later list without it means something.
    """

    stored: StoredDefinition
    versions: tuple[int, ...]
    listed: bool


class _Batch:
    """Looks that one list may serve."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.found: Mapping[str, StoredDefinition] | None = None  # None: each reads its own
        self.done = threading.Event()


class Looks:
    """Each look sees what the service holds after the look began, as if it were a call of its own.

    The first thread of a batch waits a moment for others. Then it lists the account if that takes fewer calls than
    reading each definition by id. A list that fails, or that lacks a definition, proves nothing: the definition is read
    by id.
    """

    def __init__(self, client: Client, snapshot: Snapshot) -> None:
        self._client = client
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._next: _Batch | None = None
        self._pages = _PAGES  # of the account, as far as is known
        self._active = 0  # deletions

    @contextmanager
    def of_one_more(self) -> Iterator[None]:
        """The looks of one more deletion; while there are several, a look waits a moment for others."""
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1

    def see(self, definition_id: str, at_least: int = 0) -> Seen:
        """Returns what the service holds now.

        :param at_least: a version that the service has had; a list with an older one is late.
        :raises NotFound: there is no definition of that id.
        """
        found = self._listed(definition_id)
        stored = found.get(definition_id) if found is not None else None
        if stored is None or not at_least <= stored.version <= _FEW_VERSIONS:
            history = self._snapshot.history(definition_id)
            return Seen(history[0], tuple(each.version for each in history), listed=stored is not None)
        self._snapshot.put(stored)
        return Seen(stored, tuple(range(stored.version, 0, -1)), listed=True)

    def is_denied(self, seen: Seen) -> bool:
        """Whether the service denies now that it has the definition; one denial proves nothing."""
        if seen.listed and (found := self._listed(seen.stored.id)) is not None:
            return seen.stored.id not in found
        try:
            self._client.latest(seen.stored.id)
        except NotFound:
            return True
        return False

    def _listed(self, definition_id: str) -> Mapping[str, StoredDefinition] | None:
        """Returns those definitions of a batch that the list has; ``None``: nobody listed."""
        with self._lock:
            leads = self._next is None
            batch = self._next = self._next or _Batch()
            batch.ids.add(definition_id)
        if not leads:
            batch.done.wait()
            return batch.found
        try:
            if self._active > 1:
                self._client.clock.wait(self._client.patience.poll / 2)
        finally:
            with self._lock:
                self._next = None  # who comes from now on must see what happens from now on
            try:
                batch.found = self._list(batch.ids)
            finally:
                batch.done.set()
        return batch.found

    def _list(self, ids: set[str]) -> Mapping[str, StoredDefinition] | None:
        if len(ids) <= self._pages:
            return None
        try:
            found = self._client.newest(ids, max(1, len(ids) - 1))
        except ApiError:
            return None
        if found is None:
            self._pages = len(ids)
        return found

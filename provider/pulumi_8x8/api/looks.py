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

#: How often a look waits a quarter of ``Patience.poll`` for the looks of others, then continues without them; and how
#: often if nobody comes meanwhile.
_MOMENTS, _QUIET_MOMENTS = 40, 10


@dataclass(frozen=True)
class Seen:
    """What the service held at a time after the look began.

    :param stored: the newest version.
    :param versions: the numbers of all versions; perhaps also of versions that were deleted.
    """

    stored: StoredDefinition
    versions: tuple[int, ...]


class _Batch:
    """Looks that one list may serve."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.found: Mapping[str, StoredDefinition] | None = None  # None: each reads its own
        self.done = threading.Event()


class Looks:
    """Each look sees what the service holds after the look began, as if it were a call of its own.

    Deletions at the same time go through their looks in step: the first thread of a batch waits for the others. Then it
    lists the account if that takes fewer calls than reading each definition by id. A list that fails, or that lacks a
    definition, proves nothing: the definition is read by id.
    """

    def __init__(self, client: Client, snapshot: Snapshot) -> None:
        self._client = client
        self._snapshot = snapshot
        self._lock = threading.Lock()
        self._next: _Batch | None = None
        self._pages = _PAGES  # of the account, as far as is known
        self._active: set[str] = set()  # definitions that are being deleted
        self._alone: set[str] = set()  # definitions whose looks aren't shared
        self._waiting: set[str] = set()  # definitions whose deletions wait for conversations
        self._together = 0  # as many as the engine deletes at the same time

    @contextmanager
    def of(self, definition_id: str) -> Iterator[None]:
        """The looks of one deletion."""
        with self._lock:
            self._active.add(definition_id)
            self._together = max(self._together, len(self._active - self._waiting))
        try:
            yield
        finally:
            with self._lock:
                self._active.discard(definition_id)
                self._alone.discard(definition_id)
                self._waiting.discard(definition_id)

    def leave(self, definition_id: str) -> None:
        """This deletion waits for conversations: its looks are calls of its own, and others don't wait for them."""
        with self._lock:
            self._alone.add(definition_id)
            self._waiting.add(definition_id)

    def see(self, definition_id: str, at_least: int = 0) -> Seen:
        """Returns what the service holds now.

        :param at_least: a version that the service has had; a list with an older one is late.
        :raises NotFound: there is no definition of that id.
        """
        found = self._listed(definition_id, starts=True)
        stored = found.get(definition_id) if found is not None else None
        if stored is None or not at_least <= stored.version <= _FEW_VERSIONS:
            history = self._snapshot.history(definition_id)
            if stored is None:
                with self._lock:
                    self._alone.add(definition_id)
            return Seen(history[0], tuple(each.version for each in history))
        self._snapshot.put(stored)
        return Seen(stored, tuple(range(stored.version, 0, -1)))

    def is_denied(self, definition_id: str) -> bool:
        """Whether the service denies now that it has the definition; one denial proves nothing."""
        # A list had it, so that a list without it means something.
        if definition_id not in self._alone and (found := self._listed(definition_id, starts=False)) is not None:
            return definition_id not in found
        try:
            self._client.latest(definition_id)
        except NotFound:
            return True
        return False

    def _listed(self, definition_id: str, starts: bool) -> Mapping[str, StoredDefinition] | None:
        """Returns those definitions of a batch that the list has; ``None``: nobody listed."""
        with self._lock:
            if self._pages >= self._together:
                return None
            leads = self._next is None
            batch = self._next = self._next or _Batch()
            batch.ids.add(definition_id)
        if not leads:
            while not batch.done.wait(self._client.patience.poll / 4):
                self._client.clock.wait(0)  # ends with this deletion's own time, whatever the list takes
            return batch.found
        try:
            try:
                self._gather(batch, starts)
            finally:
                with self._lock:
                    self._next = None  # who comes from now on must see what happens from now on
            batch.found = self._list(batch.ids)
        finally:
            batch.done.set()  # also if this deletion ends here: the others read by id
        return batch.found

    def _gather(self, batch: _Batch, starts: bool) -> None:
        """Waits for the looks of others.

        :param starts: also for deletions that the engine begins now, after others have ended.
        """
        here = quiet = 0
        for _ in range(_MOMENTS):
            with self._lock:
                quiet = quiet + 1 if len(batch.ids) == here else 0
                here = len(batch.ids)
                is_expected = starts and here < self._together and quiet < _QUIET_MOMENTS
                if not is_expected and self._active - self._alone <= batch.ids:
                    break
            self._client.clock.wait(self._client.patience.poll / 4)
        if starts:
            self._together = here

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

"""Reads what the service holds, once for all workflows of an operation, and confirms that something is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from contextlib import suppress

from pulumi_8x8.api.client import PAGE, Client
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.errors import Conflict, NotFound


class Snapshot:
    """Reads each definition at most once, with few calls; threads may share it.

    To read N workflows in an account of A definitions, it makes at most min(N, ceil(A / 500)) + 2 calls. Its user
    calls :meth:`expect` with N first. One tiny call then shows whether N lists would hold the whole account; the
    snapshot lists all definitions, or reads each by id. A list has "active" definitions only, so the snapshot reads
    by id what a list lacks: one more call for each.

    One answer that a definition is gone proves nothing. A definition counts as gone when two different calls with a
    pause between them (``Patience.confirm``) report it. If it reappears after that, the operation stops.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, StoredDefinition] = {}
        self._gone: set[str] = set()
        self._reading: dict[str, threading.Lock] = {}
        self._expected = 1
        self._decided = False
        self._listed_at: float | None = None
        self._is_empty = False  # two answers confirmed it
        self._first_list: tuple[float, Collection[str]] | None = None  # its time and its ids

    def expect(self, count: int) -> None:
        """Announces about how many definitions will be read; the largest ``count`` so far counts."""
        with self._lock:
            self._expected = max(self._expected, count)

    def get(self, definition_id: str, at_least: int = 0) -> StoredDefinition:
        """Returns the newest version of one definition, as it was at some time since the snapshot began.

        :param at_least: a version that the service has had; the snapshot reads an older one again.
        :raises NotFound: no definition has that id.
        :raises Conflict: the definition exists again after this operation confirmed that it was gone.
        """
        with self._lock:
            if definition_id not in self._known and not self._decided:
                self._decided = True
                if self._expected > 1 and not self._client.holds_more_than(PAGE * self._expected):
                    self._list()
            found = self._known.get(definition_id)
            reading = self._reading.setdefault(definition_id, threading.Lock())
        if found is not None and found.version >= at_least:
            return found
        with reading:  # threads that want another definition don't wait
            with self._lock:
                found = self._known.get(definition_id)
            if found is None or found.version < at_least:
                found = self.read(definition_id, at_least)
            return found

    def read(self, definition_id: str, at_least: int = 0) -> StoredDefinition:
        """Reads the newest version of one definition now.

        :param at_least: as for :meth:`get`.
        :raises NotFound: no definition has that id.
        :raises Conflict: the definition exists again after this operation confirmed that it was gone.
        """
        try:
            stored = self._client.latest(definition_id)
        except NotFound:
            if definition_id in self._gone:
                raise
            stored = self._confirmed(definition_id)
        if stored.version < at_least:
            # A stale answer, or somebody deleted the newer version: the second answer counts.
            self._client.clock.wait(self._client.patience.confirm)
            with suppress(NotFound):  # a single denial of what existed a moment ago
                stored = self._client.latest(definition_id)
        self.put(stored)
        return stored

    def history(self, definition_id: str) -> list[StoredDefinition]:
        """Reads all current versions of one definition now, the newest first.

        :raises NotFound: there is none of that id.
        :raises Conflict: the definition exists again after this operation confirmed that it was gone.
        """
        try:
            versions = self._client.history(definition_id)
        except NotFound:
            self.read(definition_id)  # one answer that it doesn't exist proves nothing
            versions = self._client.history(definition_id)
        self.put(versions[0])
        return versions

    def all(self, *, again: bool = False) -> list[StoredDefinition]:
        """Returns all definitions that the service lists. If there are none, it asks twice.

        :param again: whether to read them again.
        :raises Conflict: a definition exists again after this operation confirmed that it was gone.
        """
        with self._lock:
            if again or self._listed_at is None:
                self._list()
                if not self._known and not self._is_empty:
                    self._client.clock.wait(self._client.patience.confirm)
                    self._list()
                    self._is_empty = not self._known
            return list(self._known.values())

    def put(self, stored: StoredDefinition) -> None:
        """Stores what was just read or written. :raises Conflict: this operation confirmed that it was gone."""
        with self._lock:
            self._refuse_return(stored)
            self._known[stored.id] = stored

    def is_gone(self, definition_id: str) -> bool:
        """Whether two answers confirmed that there is no definition of that id."""
        with self._lock:
            return definition_id in self._gone

    def forget(self, definition_id: str) -> None:
        """Forgets a definition: it was deleted, or must be read again."""
        with self._lock:
            self._known.pop(definition_id, None)

    def _confirmed(self, definition_id: str) -> StoredDefinition:
        """Returns what the service denied once, if it exists nevertheless.

        :raises NotFound: another call confirms the denial after a pause.
        """
        now = time.monotonic()
        with self._lock:
            denied = self._denied_since(definition_id, now)
        pause = self._client.patience.confirm - (now - denied)
        if denied == now or pause > 0:
            self._client.clock.wait(pause)
            with self._lock:
                if self._listed_at is None or self._listed_at < now:
                    self._list()
                found = self._known.get(definition_id)
            if found is not None:
                return found
            try:
                return self._client.latest(definition_id)
            except NotFound:
                with self._lock:
                    self._gone.add(definition_id)
                raise
        with self._lock:
            self._gone.add(definition_id)
        # A list lacked it, and now a call by id denies it: two calls with time between them.
        raise NotFound(
            f"the account {self._client.settings.account_id} has no workflow definition {definition_id}: it was "
            "deleted, or belongs to another account",
            call=f"GET /definitions/{definition_id}",
        )

    def _denied_since(self, definition_id: str, now: float) -> float:
        """Returns since when lists lack it. Of many definitions that are gone, only the first ones cause a wait."""
        if self._listed_at is None or definition_id in self._known:
            return now
        if self._first_list is not None and definition_id not in self._first_list[1]:
            return self._first_list[0]
        return self._listed_at

    def _list(self) -> None:
        known = {stored.id: stored for stored in self._client.list_definitions()}
        for stored in known.values():
            self._refuse_return(stored)
        # A stale list doesn't replace newer versions.
        newer = {id for id in known if id in self._known and self._known[id].version > known[id].version}
        self._known = {id: self._known[id] if id in newer else stored for id, stored in known.items()}
        self._decided, self._listed_at = True, time.monotonic()
        if self._first_list is None:
            self._first_list = self._listed_at, known.keys()

    def _refuse_return(self, stored: StoredDefinition) -> None:
        if stored.id in self._gone:
            raise Conflict(
                f"the workflow definition {stored.id} (version {stored.version}, {stored.created_at}) exists again: "
                "the service reported twice that it was gone, and now returns it. This operation stops here, so "
                "that nothing is created twice or deleted. Run the same command again."
            )

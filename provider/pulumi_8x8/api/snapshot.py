"""What the service holds, read once for all workflows of an operation."""

from __future__ import annotations

import threading

from pulumi_8x8.api.client import PAGE, Client
from pulumi_8x8.api.wire import StoredDefinition


class Snapshot:
    """Reads each definition at most once, with few calls; threads may share it.

    To read N workflows in an account of A definitions it makes at most min(N, ceil(A / 500)) + 2 calls, as long as
    it is told N before it is first asked: one tiny call tells whether N lists would hold the whole account, then it
    lists all, or asks for each by id. What a list lacks is asked for by id, since it holds "active" definitions only:
    one call more for each.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._known: dict[str, StoredDefinition] = {}
        self._reading: dict[str, threading.Lock] = {}
        self._expected = 1
        self._decided = self._listed = False

    def expect(self, count: int) -> None:
        """There will be about ``count`` different definitions to read; the largest number that was told counts."""
        with self._lock:
            self._expected = max(self._expected, count)

    def get(self, definition_id: str) -> StoredDefinition:
        """The newest version of one definition, as it was at some time since the snapshot began.

        :raises NotFound: there is none of that id.
        """
        with self._lock:
            if definition_id not in self._known and not self._decided:
                self._decided = True
                if self._expected > 1 and not self._client.holds_more_than(PAGE * self._expected):
                    self._list()
            if definition_id in self._known:
                return self._known[definition_id]
            reading = self._reading.setdefault(definition_id, threading.Lock())
        with reading:  # those who want another one need not wait for it
            with self._lock:
                if definition_id in self._known:
                    return self._known[definition_id]
            stored = self._client.latest(definition_id)
            self.put(stored)
            return stored

    def all(self, *, anew: bool = False) -> list[StoredDefinition]:
        """All definitions that the service lists.

        :param anew: read them again, though they were read before.
        """
        with self._lock:
            if anew or not self._listed:
                self._list()
            return list(self._known.values())

    def put(self, stored: StoredDefinition) -> None:
        """This is what the service holds now; for what was just read or written."""
        with self._lock:
            self._known[stored.id] = stored

    def forget(self, definition_id: str) -> None:
        """This was deleted, or has to be read again."""
        with self._lock:
            self._known.pop(definition_id, None)

    def _list(self) -> None:
        self._known = {stored.id: stored for stored in self._client.list_definitions()}
        self._decided = self._listed = True

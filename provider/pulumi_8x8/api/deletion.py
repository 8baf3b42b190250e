"""Deletes definitions, and no conversation or edit with them that must stay.

A deletion looks at the definition and at its instances, asks for the deletion, and waits until it is carried out. It
takes 2 calls for each version and 1 for the deletion. Deletions at the same time share the looks (``looks.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from pulumi_8x8.api.client import Client
from pulumi_8x8.api.looks import Looks
from pulumi_8x8.api.ownership import name_of
from pulumi_8x8.api.refusing import naming, refuse_conflict
from pulumi_8x8.api.running import OnDelete, Running, find_running_twice
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.definition import Definition, Path, show_duration
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import covers, without_additions
from pulumi_8x8.errors import ApiError, Interrupted, NotFound, StillRunning


class Deletions:
    """The deletions of one account in one operation; threads may share it.

    :param disable: stores a version that starts nothing, given the URN and what the service holds.
    """

    def __init__(self, client: Client, snapshot: Snapshot, disable: Callable[[str, StoredDefinition], object]) -> None:
        self._client = client
        self._snapshot = snapshot
        self._disable = disable
        self._looks = Looks(client, snapshot)

    def delete(
        self,
        urn: str,
        definition_id: str,
        deployed: Definition,
        on_delete: OnDelete,
        *,
        version: int,
        ignored: Sequence[Path],
        overwrite: bool,
        limit: float,
    ) -> None:
        """Deletes a definition with all its versions; see :meth:`ManagedAccount.delete`.

        :param limit: seconds to wait until the service carries it out.
        :raises NotFound: it is gone.
        :raises Conflict: somebody changed it since.
        :raises StillRunning: instances are running, and ``on_delete`` doesn't allow to terminate them.
        """
        with self._looks.of(definition_id):
            with naming(urn):
                seen = self._looks.see(definition_id, version)
            if not overwrite and seen.stored.version != version:
                # A deletion that waits disables the workflow first.
                live = without_additions(seen.stored.definition, deployed)
                drift = compare(deployed, replace(live, status=deployed.status))
                drift = tuple(each for each in drift if not any(covers(pattern, each.path) for pattern in ignored))
                refuse_conflict(urn, seen.stored, drift, "deletion")
            if on_delete.how == "refuse":
                refuse_running(self._client, urn, definition_id, seen.versions)
            elif on_delete.how == "wait":
                self._looks.leave(definition_id)  # a list may lack what is disabled
                self._wait_until_over(urn, seen.stored, on_delete.limit)
            with naming(urn):
                try:
                    self._client.delete(definition_id)
                except NotFound:
                    self._snapshot.read(definition_id)  # it may exist nevertheless
                    self._client.delete(definition_id)
                self._wait_until_gone(urn, definition_id, limit)

    def _wait_until_over(self, urn: str, stored: StoredDefinition, limit: timedelta) -> None:
        """Disables the trigger, so that nothing new starts, and waits until all instances have ended."""
        if stored.status == "enabled":
            self._disable(urn, stored)
        running = Running()

        def progress(_passed: float) -> str:
            return f'workflow "{name_of(urn)}": waiting up to {show_duration(limit)} to delete it: {running}'

        try:
            for _ in self._client.poll(limit.total_seconds(), progress):
                versions = [each.version for each in self._snapshot.history(stored.id)]
                running = find_running_twice(self._client, stored.id, versions)
                if not running.total:
                    return
        except Interrupted as error:
            raise Interrupted(
                f'workflow "{name_of(urn)}" ({stored.id}): {error.why} during the wait before its deletion: '
                f"{running}. The workflow wasn't deleted. It is disabled, so nothing new starts. Run the same command "
                "again to continue waiting."
            ) from None
        raise StillRunning(
            f'workflow "{name_of(urn)}" ({stored.id}) wasn\'t deleted: after {show_duration(limit)}, {running}. It '
            "is disabled, so nothing new starts. Run the same command again to continue waiting. To wait longer or to "
            "terminate the instances, change on_delete and deploy first."
        )

    def _wait_until_gone(self, urn: str, id: str, limit: float) -> None:
        denied = 0
        waited = "waiting for the service to carry out the deletion of"
        try:
            self._client.clock.wait(self._client.patience.poll)  # an immediate look would be in vain
            for _ in self._client.poll(limit, lambda _passed: f'workflow "{name_of(urn)}": {waited} {id}'):
                denied = denied + 1 if self._looks.is_denied(id) else 0  # a single answer proves nothing
                if denied == 2:
                    return
        except Interrupted as error:
            raise Interrupted(
                f'workflow "{name_of(urn)}": the service accepted the deletion of {id}, but this operation '
                f"ended first ({error.why}). Run the same command again. It also succeeds if the definition is "
                "already gone."
            ) from None
        raise ApiError(
            f"the service accepted the deletion of {id} but has not carried it out within "
            f"{limit:.0f} s. Run the same command again. It also succeeds if the definition is already gone.",
            call=f"DELETE /definitions/{id}",
        )


def refuse_running(client: Client, urn: str, definition_id: str, versions: Sequence[int]) -> None:
    """:raises StillRunning: instances are running, which a deletion would terminate."""
    running = find_running_twice(client, definition_id, versions)
    if running.total:
        raise StillRunning(
            f'workflow "{name_of(urn)}" ({definition_id}) is not deleted: {running}. '
            "A deletion would terminate them for good. Nothing was changed. Wait until they end, or set "
            'on_delete={"wait": "1.00:00:00"} or on_delete="terminate" on the workflow, and deploy that. If the '
            "program no longer has the workflow, add it again with that argument, deploy, and then remove it."
        )

"""One account, written to without surprises: nobody's edit is lost, nothing is doubled, no conversation is killed.

Every write first reads what is there now, also when it is tried again after an answer was lost; so a write that was
carried out without our knowing is found, and not repeated.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from pulumi_8x8.api.client import Client
from pulumi_8x8.api.retries import is_unclear
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import Status, StoredDefinition
from pulumi_8x8.changes import Change, compare, without_additions
from pulumi_8x8.definition import Definition, Json, show_duration
from pulumi_8x8.errors import AlreadyThere, ApiError, Conflict, NotFound, Rejected, StillRunning

#: Seconds after which an accepted deletion that is not carried out is given up on. The service promises no time.
DELETION_LIMIT = 300.0

#: Seconds between two words about something that takes its time.
_PROGRESS = 30.0


@dataclass(frozen=True)
class OnDelete:
    """What to do about running instances before a deletion, which would kill them.

    :param how: ``refuse`` the deletion, ``terminate`` them with it, or ``wait`` until they are over.
    :param limit: how long to wait.
    """

    how: Literal["refuse", "terminate", "wait"] = "refuse"
    limit: timedelta = timedelta()


@dataclass(frozen=True)
class Running:
    """Instances that are not over: how many of which version, and since when the oldest runs."""

    counts: tuple[tuple[int, int], ...]
    oldest: str

    @property
    def total(self) -> int:
        return sum(count for _, count in self.counts)

    def __str__(self) -> str:
        by_version = ", ".join(f"version {version}: {count}" for version, count in self.counts)
        plural = "instance is" if self.total == 1 else "instances are"
        return f"{self.total} {plural} running or suspended ({by_version}), the oldest since {self.oldest}"


def means(stored: StoredDefinition, wanted: Definition) -> bool:
    """Whether what the service holds is ``wanted``."""
    return not compare(without_additions(stored.definition, wanted), wanted)


def list_places(changes: Sequence[Change]) -> str:
    """One line for each change, values left out."""
    return "\n".join(f"  {change}" for change in changes)


class ManagedAccount:
    """What one operation reads and writes in one account; threads may share it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.snapshot = Snapshot(client)
        self._lock = threading.Lock()
        self._holders: dict[str, tuple[str, Json]] = {}
        self._usage_told = False

    def hold(self, definition_id: str, holder: str, wanted: Definition) -> None:
        """Says that ``holder`` (the name of a resource) manages a definition, and makes it ``wanted``.

        :raises Conflict: another one does already in this operation.
        """
        with self._lock:
            other, _ = self._holders.setdefault(definition_id, (holder, wanted.name))
        if other != holder:
            raise Conflict(
                f'both "{other}" and "{holder}" of this program manage the workflow definition {definition_id}. '
                "Nothing was changed. Let one of them go (pulumi state delete <its URN>), or rename it back."
            )

    def holder(self, definition_id: str) -> str | None:
        """The resource that manages a definition in this operation, as far as it is known yet."""
        with self._lock:
            return self._holders.get(definition_id, (None, None))[0]

    def create(self, wanted: Definition, holder: str, siblings: int = 1) -> StoredDefinition:
        """Stores a new definition; one that is just like it, and that nobody here manages, is taken over instead.

        That is what a creation looks like whose answer was lost.

        :param siblings: how many workflows of this name the program has. With several, which is whose cannot be told:
            then nothing is taken over, and never are there more of the name than the program has.
        :raises AlreadyThere: there is a different definition of that name.
        """
        self._tell_usage()
        before: set[str] | None = None

        def attempt() -> StoredDefinition:
            nonlocal before
            if before is None:
                found = self._of_that_name(wanted, siblings)
                before = {stored.id for stored in found}
                if alike := self._alike(found, wanted, siblings):
                    # Looked at once more: the snapshot may be old, and its resource may have shown up meanwhile.
                    alike = self._look_again(alike, wanted) or self._alike(
                        self._of_that_name(wanted, siblings, anew=True), wanted, siblings
                    )
                if alike:
                    self.client.tell(
                        f'workflow "{wanted.name}": the definition {alike.id} is just like it and nothing in this '
                        "program manages it: taken over, instead of creating a second one"
                    )
                    return alike
            else:  # the answer was lost: what came since the first look is ours
                found = self._of_that_name(wanted, siblings, anew=True)
                came = [stored for stored in found if stored.id not in before and self.holder(stored.id) is None]
                if ours := self._alike(came, wanted, siblings=1):
                    return ours
            return self.client.create(wanted)

        with _naming(wanted):
            stored = self.client.retry(attempt, is_unclear)
        self.snapshot.put(stored)
        self.hold(stored.id, holder, wanted)
        return stored

    def look_for_room(self, wanted: Definition, siblings: int = 1) -> None:
        """Finds out before a creation what :meth:`create` would refuse.

        :raises AlreadyThere: there is a different definition of that name.
        """
        self._alike(self._of_that_name(wanted, siblings), wanted, siblings)

    def adopt(
        self, definition_id: str, wanted: Definition, holder: str, *, overwrite: bool = False
    ) -> StoredDefinition:
        """Takes over an existing definition; it gets a new version only when it is not ``wanted`` already.

        :param overwrite: as for :meth:`update`.
        :raises NotFound: there is none of that id.
        """
        compared = self.snapshot.get(definition_id)  # as the preview showed it
        self.hold(definition_id, holder, wanted)
        return self.update(definition_id, wanted, compared, overwrite=overwrite)

    def update(
        self, definition_id: str, wanted: Definition, compared: StoredDefinition | None, *, overwrite: bool = False
    ) -> StoredDefinition:
        """Stores a new version, unless what is there is ``wanted`` already.

        :param compared: what the change was decided on; ``None`` is whatever is there.
        :param overwrite: store it over whatever somebody else stored meanwhile.
        :raises Conflict: somebody stored something else meanwhile.
        """

        def attempt() -> StoredDefinition:
            stored = self.client.latest(definition_id)
            if means(stored, wanted):
                return stored
            if compared is not None and not overwrite:
                refuse_conflict(stored, compare(compared.definition, stored.definition), "update")
            try:
                return self.client.update(definition_id, wanted)
            except Rejected as error:
                places = list_places(compare(without_additions(stored.definition, wanted), wanted))
                error.args = (f"{error}\nIt would not change this in version {stored.version}:\n{places}",)
                raise

        with _naming(wanted):
            try:
                stored = self.client.retry(attempt, is_unclear)
            except NotFound as error:
                error.args = (
                    f"the definition {definition_id} was deleted by somebody else meanwhile. Nothing was changed. "
                    "Try again: a preview shows what there is to do now.",
                )
                raise
        self.snapshot.put(stored)
        return stored

    def delete(
        self,
        definition_id: str,
        deployed: Definition,
        on_delete: OnDelete,
        *,
        overwrite: bool = False,
    ) -> None:
        """Deletes a definition with all its versions, and waits until it is gone; gone already is as good.

        :param deployed: what was deployed last.
        :param overwrite: delete it even though somebody else changed it since.
        :raises Conflict: somebody changed it since.
        :raises StillRunning: instances are running, and ``on_delete`` does not say what to do about them.
        """
        try:
            history = self.client.history(definition_id)
            if not overwrite:
                # Disabling is what we do ourselves before we wait.
                live = without_additions(history[0].definition, deployed)
                drift = compare(deployed, replace(live, status=deployed.status))
                refuse_conflict(history[0], drift, "deletion")
            if on_delete.how == "wait":
                self._wait_until_over(history[0], on_delete.limit)
            elif on_delete.how == "refuse" and (running := self.running(history)).total:
                raise StillRunning(
                    f'workflow "{history[0].definition.name}" ({definition_id}) is not deleted: {running}. '
                    "Deleting it would kill them for good. Nothing was changed. Let them end, or say in the program, "
                    'and deploy that before the deletion: on_delete={"wait": "1.00:00:00"} or on_delete="terminate".'
                )
            with _naming(deployed):
                self.client.delete(definition_id)
                self._wait_until_gone(definition_id)
        except NotFound:
            pass
        self.snapshot.forget(definition_id)

    def running(self, history: Sequence[StoredDefinition]) -> Running:
        """The instances of all versions that are not over."""
        counts: Counter[int] = Counter()
        oldest: list[str] = []
        statuses: tuple[Status, ...] = ("Runnable", "Suspended")
        for stored in history:
            for status in statuses:
                # A version that somebody deleted meanwhile has no instances; whether all are gone is seen elsewhere.
                with suppress(NotFound):
                    for instance in self.client.instances(stored.id, version=stored.version, status=status):
                        counts[instance.version] += 1
                        oldest.append(instance.started_at)
        return Running(tuple(sorted(counts.items(), reverse=True)), min(oldest, default=""))

    def _look_again(self, alike: StoredDefinition, wanted: Definition) -> StoredDefinition | None:
        try:
            stored = self.client.latest(alike.id)
        except NotFound:
            return None
        return stored if means(stored, wanted) and self.holder(stored.id) is None else None

    def _of_that_name(self, wanted: Definition, siblings: int, *, anew: bool = False) -> list[StoredDefinition]:
        listed = [stored for stored in self.snapshot.all(anew=anew) if stored.definition.name == wanted.name]
        if siblings == 1:
            return [stored for stored in listed if self.holder(stored.id) is None]
        # Those of this program count as well, but for one that is about to get another name.
        with self._lock:
            names = {stored.id: self._holders.get(stored.id, ("", wanted.name))[1] for stored in listed}
        return [stored for stored in listed if names[stored.id] == wanted.name]

    def _alike(self, found: Sequence[StoredDefinition], wanted: Definition, siblings: int) -> StoredDefinition | None:
        """The one of ``found`` to take over, ``None`` when there is room for a new one."""
        if siblings > 1:
            if len(found) < siblings:
                return None
        else:
            if not found:
                return None
            if len(found) == 1 and means(found[0], wanted):  # beside another one, customers would be answered twice
                return found[0]
        account_id = self.client.settings.account_id
        ids = "\n".join(
            f'  adopt="{stored.id}"   (version {stored.version}, {stored.created_at}, {stored.status})'
            for stored in found
        )
        raise AlreadyThere(
            f'the account {account_id} already has a workflow definition named "{wanted.name}" that this program does '
            "not manage; with another one, customers could be answered twice. Nothing was changed.\n"
            f"To take it over, give the workflow this argument; otherwise give the workflow another name:\n{ids}"
        )

    def _wait_until_over(self, stored: StoredDefinition, limit: timedelta) -> None:
        """Disables the trigger, so that nothing new starts, and waits until what runs has ended."""
        if stored.status == "enabled":
            self.update(stored.id, replace(stored.definition, status="disabled"), compared=stored)
        running = Running((), "")

        def progress() -> str:
            return f'workflow "{stored.definition.name}": waiting up to {show_duration(limit)} to delete it: {running}'

        for _ in self._looks(limit.total_seconds(), progress):
            running = self.running(self.client.history(stored.id))
            if not running.total:
                return
        raise StillRunning(
            f'workflow "{stored.definition.name}" ({stored.id}) is not deleted: after {show_duration(limit)}, '
            f"{running}. It is disabled, so nothing new starts. Try again, wait longer, or terminate them (on_delete)."
        )

    def _wait_until_gone(self, definition_id: str) -> None:
        for _ in self._looks(
            DELETION_LIMIT, lambda: f"waiting for the service to carry out the deletion of {definition_id}"
        ):
            self.client.latest(definition_id)  # raises NotFound in the end
        raise ApiError(
            f"the service accepted the deletion of {definition_id} but has not carried it out within "
            f"{DELETION_LIMIT:.0f} s. Run the same command again: deleting what is gone succeeds.",
            call=f"DELETE /definitions/{definition_id}",
        )

    def _looks(self, limit: float, progress: Callable[[], str]) -> Iterator[None]:
        """Lets its caller look again and again, ever more seldom, until ``limit`` seconds are over."""
        started = told = time.monotonic()
        pause = self.client.patience.poll
        while True:
            yield
            now = time.monotonic()
            if now - started >= limit:
                return
            if now - told >= _PROGRESS:
                told = now
                self.client.tell(progress())
            time.sleep(min(pause, limit - (now - started)))
            pause = min(pause * 1.5, self.client.patience.poll * 10)

    def _tell_usage(self) -> None:
        with self._lock:
            if self._usage_told:
                return
            self._usage_told = True
        try:
            usage = self.client.usage()
        except ApiError:
            return  # a creation does not depend on it
        if usage.used_up:
            self.client.tell(
                f"the account {self.client.settings.account_id} has used up its {usage.allowed} workflows a month "
                f"({usage.executed} were started): what is deployed now does not start before the next"
            )


@contextmanager
def _naming(workflow: Definition) -> Iterator[None]:
    """Says in an error of the service which workflow it is about, and how to find out what became of it."""
    try:
        yield
    except ApiError as error:
        then = "\nRun the same command again: it looks first for what was done." if is_unclear(error) else ""
        error.args = (f'workflow "{workflow.name}": {error}{then}',)
        raise


def refuse_conflict(stored: StoredDefinition, drift: Sequence[Change], what: str) -> None:
    """:raises Conflict: there is any ``drift`` between what was compared and what is stored."""
    if drift:
        raise Conflict(
            f'workflow "{stored.definition.name}" ({stored.id}) was changed by somebody else: it is now version '
            f"{stored.version}, {stored.created_at}, with\n{list_places(drift)}\n"
            f"The {what} was not carried out. Look at it with `pulumi refresh` and `pulumi preview --diff`, then try "
            "again; or say overwrite=True on the workflow."
        )

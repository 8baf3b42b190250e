"""Writes to one account safely: no edit is lost, nothing is created twice, no conversation is killed.

Every write first reads what the service holds, also when it repeats a call whose answer was lost. So it finds a write
that the service carried out unnoticed, and doesn't repeat it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from pulumi_8x8.api.client import Client
from pulumi_8x8.api.deletion import Deletions, refuse_running
from pulumi_8x8.api.journal import Journal, Note
from pulumi_8x8.api.ownership import Claim, Ledger, Origin, name_of
from pulumi_8x8.api.refusing import already_there, list_places, naming, read_moment, refuse_conflict
from pulumi_8x8.api.retries import is_unclear, is_unreadable, may_be_done
from pulumi_8x8.api.running import OnDelete
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.definition import Definition, Path
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import Plan, reconcile, without_additions
from pulumi_8x8.errors import ApiError, Conflict, Interrupted, NotFound, Rejected

#: Seconds to wait until the service carries out a deletion that it accepted. It promises no time.
DELETION_LIMIT = 300.0

#: How often to look for a definition after its POST got no answer, before the POST is repeated.
_LOOKS = 4

#: Seconds by which the clocks of the service's machines may differ.
_CLOCK_SKEW = 10.0


def means(stored: StoredDefinition, wanted: Definition) -> bool:
    """Whether the service holds ``wanted``."""
    return not reconcile(wanted, stored.definition).changes


class ManagedAccount:
    """Reads and writes one account in one operation; threads may share it.

    Its messages name a workflow by its resource, since the workflow's own name may be secret.

    :param journal: notes creations before the POST.
    """

    def __init__(self, client: Client, journal: Journal | None = None) -> None:
        self.client = client
        self.snapshot = Snapshot(client)
        self.ledger = Ledger()
        self._journal = journal or Journal()
        self._lock = threading.Lock()
        self._usage_reported = False
        self._deletions = Deletions(client, self.snapshot, self._disable)

    def keep(self, urn: str, definition_id: str) -> None:
        """Claims ``definition_id`` for ``urn``: the state has it, and the program still has the resource.

        :raises Conflict: another resource of the program manages the definition.
        """
        self.ledger.enter(Claim(urn, definition_id, "state"))
        self._journal.close(urn)

    def settle(self) -> None:
        """Closes the notes of what the operation created: it ends, so the state has them."""
        for claim in self.ledger.claims():
            if claim.proof in ("created", "record"):
                self._journal.close(claim.urn)

    @contextmanager
    def noting_secrets(self, definition_id: str, places: Collection[Path], known: Collection[Path]) -> Iterator[None]:
        """Notes the places of secrets while an update stores them: a killed operation leaves them in no state.

        :param places: in what is about to be stored.
        :param known: those that the state has.
        """
        noted = self._journal.secret_places(definition_id)
        if not noted.union(places) <= set(known):
            self._journal.keep_secret(definition_id, noted.union(places))
        yield
        if not set(places) <= set(known):
            self._journal.keep_secret(definition_id, places)  # until the next update: the state isn't saved yet
        elif noted:
            self._journal.forget_secrets(definition_id)

    def secret_places(self, definition_id: str) -> frozenset[Path]:
        """Returns the places of secrets in what this machine stored last."""
        return self._journal.secret_places(definition_id)

    def resolve(self, reference: str) -> str:
        """Returns the id of a definition that the state names by id or by ``createdAt/version``; empty: none exists."""
        created_at, slash, version = reference.rpartition("/")
        if not slash:
            return reference
        found = (each for each in self.snapshot.all() if (each.created_at, str(each.version)) == (created_at, version))
        return next((each.id for each in found), "")

    def history(self, definition_id: str) -> list[StoredDefinition]:
        """Reads all current versions of one definition, the newest first.

        :raises NotFound: there is none of that id.
        """
        return self.snapshot.history(definition_id)

    def version_of(self, definition_id: str, version: int) -> Definition | None:
        """Reads one version; ``None`` if the service no longer has it."""
        with suppress(NotFound):
            return next((each.definition for each in self.history(definition_id) if each.version == version), None)
        return None

    def look_ahead(self, urn: str, wanted: Definition, origin: Origin, *, accept_equal: bool = False) -> Claim | None:
        """Returns what :meth:`create` would take over; ``None`` if it would create a definition.

        :raises AlreadyThere: a definition of that name exists, and nothing proves that this stack owns it.
        """
        # A note of this machine is a proof; that a workflow follows another one is a guess.
        if noted := self._noted(urn, wanted, origin):
            return Claim(urn, noted.id, "record")
        if origin.moved and (definition_id := self.resolve(origin.moved)):
            self.ledger.announce(urn, definition_id)
            with suppress(NotFound):
                return Claim(urn, self.snapshot.get(definition_id).id, "moved")
        namesakes = self._namesakes(wanted)
        owned = self._held() | set(map(self.resolve, filter(None, (origin.own, origin.moved, *origin.namesakes))))
        strangers = [stored for stored in namesakes if stored.id not in owned]
        if not strangers:
            return None
        if accept_equal and len(strangers) == 1 and means(strangers[0], wanted):
            return Claim(urn, strangers[0].id, "equal")
        raise already_there(self.client.settings.account_id, urn, strangers)

    def create(
        self, urn: str, wanted: Definition, origin: Origin, *, accept_equal: bool = False
    ) -> tuple[StoredDefinition, Claim]:
        """Stores a new definition, or returns the one that this stack has proof of having stored.

        The returned definition may differ from ``wanted``: the program may move and change a workflow together.

        :param accept_equal: whether an equal definition counts as this stack's, whoever stored it.
        :raises AlreadyThere: a definition of that name exists, and nothing proves that this stack owns it.
        """
        if claim := self.look_ahead(urn, wanted, origin, accept_equal=accept_equal):
            with suppress(NotFound):  # somebody deleted it after the snapshot
                stored = self.snapshot.read(claim.id)
                if claim.proof != "equal" or means(stored, wanted):
                    self.ledger.enter(claim)
                    return stored, claim
                raise already_there(
                    self.client.settings.account_id, urn, [stored]
                )  # somebody changed it after the snapshot
        self._report_usage()
        before = {stored.id for stored in self._namesakes(wanted)}  # this operation created what appears later
        may_be_stored = False

        def attempt() -> StoredDefinition:
            nonlocal may_be_stored
            if may_be_stored and (created := self._appeared(urn, wanted, before)):
                return created
            self._journal.begin(urn, before, _shape(wanted), self.client.service_time())
            try:
                return self.client.create(wanted)
            except (ApiError, Interrupted) as error:
                may_be_stored |= isinstance(error, ApiError) and may_be_done(error)
                if not may_be_stored:
                    self._journal.close(urn)
                elif is_unreadable(error) and (created := self._appeared(urn, wanted, before)):
                    return created  # the service did it: it isn't sent again
                raise

        with naming(urn):
            stored = self.client.retry(attempt, is_unclear)
        self._journal.created(urn, stored.id)
        self.snapshot.put(stored)
        claim = Claim(urn, stored.id, "created")
        self.ledger.enter(claim)
        return stored, claim

    def adopt(self, urn: str, definition_id: str) -> StoredDefinition:
        """Takes over the definition that the program names.

        :raises NotFound: no definition has that id.
        :raises Conflict: another resource of the program manages it.
        """
        stored = self.snapshot.get(definition_id)
        self.ledger.enter(Claim(urn, stored.id, "adopted"))
        return stored

    def update(
        self,
        urn: str,
        definition_id: str,
        decide: Callable[[StoredDefinition], Plan],
        compared: StoredDefinition | None,
        *,
        overwrite: bool = False,
    ) -> tuple[StoredDefinition, Plan]:
        """Stores a new version, unless nothing changes.

        :param decide: decides what to store, given what the service holds.
        :param compared: the version that the change is based on; ``None``: any.
        :param overwrite: whether to overwrite what somebody else stored meanwhile.
        :raises Conflict: somebody stored something else meanwhile.
        :returns: what the service holds afterwards, and the plan.
        """
        sent: Plan | None = None

        def attempt() -> tuple[StoredDefinition, Plan]:
            nonlocal sent
            stored = self.snapshot.read(definition_id, 0 if compared is None else compared.version)
            plan = decide(stored)
            if not plan.changes:
                return stored, plan
            if compared is not None and not overwrite:
                declared = plan.declared or plan.target
                # The service's own members, such as a stamp of each version, aren't an edit, and are kept.
                edits = compare(*(without_additions(each.definition, declared) for each in (compared, stored)))
                if sent is not None:  # the answer was lost: this operation made these changes
                    edits = tuple(edit for edit in edits if edit.path not in {each.path for each in sent.changes})
                refuse_conflict(urn, stored, edits, "update")
            sent = plan
            try:
                return self.client.update(definition_id, plan.target), plan
            except Rejected as error:
                error.args = (
                    f"{error}\nThe service refused these changes to version {stored.version}:\n"
                    f"{list_places(plan.changes)}",
                )
                raise

        with naming(urn):
            try:
                stored, plan = self.client.retry(attempt, may_be_done)
            except NotFound as error:
                error.args = (
                    f"somebody else deleted the definition {definition_id} meanwhile. Nothing was changed. "
                    "Run the same command again; a preview shows what it does now.",
                )
                raise
        self.snapshot.put(stored)
        self._journal.forget_disabled(definition_id)
        return stored, plan

    def delete(
        self,
        urn: str,
        definition_id: str,
        deployed: Definition,
        on_delete: OnDelete,
        *,
        version: int = 0,
        ignored: Sequence[Path] = (),
        overwrite: bool = False,
    ) -> None:
        """Deletes a definition with all its versions, and waits until it is gone. It may already be gone.

        :param deployed: what was deployed last, or read since.
        :param version: its version; as long as the service holds this version, nobody else changed anything.
        :param ignored: places where the program ignores changes.
        :param overwrite: whether to delete it although somebody else changed it since.
        :raises Conflict: somebody changed it since, or another resource manages it.
        :raises StillRunning: instances are running, and ``on_delete`` doesn't allow to terminate them.
        """
        if other := self.ledger.keeper(urn, definition_id):
            raise Conflict(
                f'workflow "{name_of(urn)}": the definition {definition_id} wasn\'t deleted, because '
                f'"{name_of(other)}" manages it now'
            )
        if other := self.ledger.expects(definition_id, besides=urn):
            # Without this entry of the state, the next operation wouldn't know the owner.
            raise Conflict(
                f'workflow "{name_of(urn)}" ({definition_id}) wasn\'t deleted, because "{name_of(other)}" failed '
                "to take it over. The workflow wasn't changed. Run the same command again."
            )
        try:
            self._deletions.delete(
                urn,
                definition_id,
                deployed,
                on_delete,
                version=version,
                ignored=ignored,
                overwrite=overwrite,
                limit=DELETION_LIMIT,
            )
        except NotFound as error:
            if self._exists(definition_id):  # the state must keep it
                raise Rejected(
                    f'workflow "{name_of(urn)}" ({definition_id}) wasn\'t deleted: the service has it, but answered '
                    "that it doesn't. Run the same command again.",
                    call=error.call,
                    status=error.status,
                ) from None
        self.snapshot.forget(definition_id)
        self.close(urn, definition_id)
        self._journal.forget_secrets(definition_id)
        self._journal.forget_disabled(definition_id)

    def close(self, urn: str, definition_id: str) -> None:
        """Closes the note that ``definition_id`` was created for ``urn``, which no longer has it."""
        note = self._journal.find(urn)
        if note is not None and note.id == definition_id:
            self._journal.close(urn)

    def guard(self, urn: str, definition_id: str, on_delete: OnDelete) -> None:
        """Checks before a deletion that it kills no conversation that it must not kill.

        :raises StillRunning: instances are running, and ``on_delete`` doesn't allow to terminate them.
        """
        if on_delete.how == "refuse":
            versions = [stored.version for stored in self.history(definition_id)]
            refuse_running(self.client, urn, definition_id, versions)

    def _exists(self, definition_id: str) -> bool:
        """Whether a definition exists though one answer denied it."""
        with suppress(NotFound):
            if not self.snapshot.is_gone(definition_id):
                self.snapshot.read(definition_id)
                return True
        return False

    def _disable(self, urn: str, stored: StoredDefinition) -> None:
        disabled = replace(stored.definition, status="disabled")
        self._journal.keep_disabled(stored.id, stored.version + 1)  # in case that this operation is killed
        now, _ = self.update(urn, stored.id, lambda held: reconcile(disabled, held.definition), compared=stored)
        self._journal.keep_disabled(stored.id, now.version)

    def disabled_by_deletion(self, stored: StoredDefinition, deployed: int) -> bool:
        """Whether a deletion stored what the service holds, to disable the workflow, and failed later."""
        return deployed < stored.version == self._journal.disabled(stored.id)

    def _namesakes(self, wanted: Definition, *, again: bool = False) -> list[StoredDefinition]:
        return [stored for stored in self.snapshot.all(again=again) if stored.definition.name == wanted.name]

    def _held(self) -> set[str]:
        return {claim.id for claim in self.ledger.claims()}

    def _noted(self, urn: str, wanted: Definition, origin: Origin) -> StoredDefinition | None:
        """Finds what an earlier operation on this machine created for ``urn`` before it was killed.

        A definition that the state has doesn't count. The next operation closes a note, but a replacement or a move of
        what was created may come first.
        """
        note = self._journal.find(urn)
        if note is None:
            return None
        known = {origin.own, origin.moved, *origin.namesakes}
        known |= set(map(self.resolve, known))

        def is_free(definition_id: str) -> bool:
            held = self.ledger.holder(definition_id, urn) or self.ledger.expects(definition_id, urn)
            return definition_id not in known and held is None

        if note.id:
            with suppress(NotFound):
                return self.snapshot.get(note.id) if is_free(note.id) else None
            return None
        came = [each for each in self._namesakes(wanted) if each.id not in note.before and is_free(each.id)]
        alike = [each for each in came if _shape(each.definition) == note.shape]
        return alike[0] if len(alike) == 1 and len(came) == 1 and self._stems_from(note, alike[0]) else None

    def _stems_from(self, note: Note, stored: StoredDefinition) -> bool:
        """Whether a definition was created when the POST of ``note`` could have arrived, not later by somebody else."""
        try:
            first = stored if stored.version == 1 else self.history(stored.id)[-1]
            passed = (read_moment(first.created_at) - read_moment(note.at)).total_seconds()
        except (ValueError, NotFound):  # a time that can't be read; or somebody deleted the definition meanwhile
            return False
        longest = self.client.patience.limit + self.client.settings.call_timeout
        return first.version == 1 and -_CLOCK_SKEW <= passed <= longest + _CLOCK_SKEW

    def _appeared(self, urn: str, wanted: Definition, before: Collection[str]) -> StoredDefinition | None:
        """Finds what a POST without an answer has stored. It looks several times, since a list may be late.

        :raises AlreadyThere: several definitions of that name have appeared; it isn't clear which one is this stack's.
        """
        pause = self.client.patience.poll
        for look in range(_LOOKS):
            if look:
                self.client.clock.wait(pause)
                pause *= 2
            held = self._held()
            namesakes = self._namesakes(wanted, again=True)
            came = [stored for stored in namesakes if stored.id not in before and stored.id not in held]
            alike = [stored for stored in came if _shape(stored.definition) == _shape(wanted)]
            if len(alike) == 1 and len(came) == 1:
                return alike[0]
            if came:
                raise already_there(self.client.settings.account_id, urn, came)
        return None

    def _report_usage(self) -> None:
        with self._lock:
            if self._usage_reported:
                return
            self._usage_reported = True
        try:
            usage = self.client.usage()
        except ApiError:
            return  # a creation doesn't depend on it
        if usage.used_up:
            self.client.notify(
                f"the account {self.client.settings.account_id} has reached its limit of {usage.allowed} workflows "
                f"for this month ({usage.executed} were started). What you deploy now can't start before next month"
            )


def _shape(definition: Definition) -> str:
    """Returns the SHA-256 of what identifies a workflow, although the service may have normalized its texts."""
    identity = [definition.name, definition.trigger, sorted(definition.steps)]
    return hashlib.sha256(json.dumps(identity, default=str).encode("utf-8", "surrogatepass")).hexdigest()

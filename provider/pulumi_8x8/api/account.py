"""Writes to one account safely: no edit is lost, nothing is created twice, no conversation is killed.

Every write first reads what the service holds, also when it repeats a call whose answer was lost. So it finds a write
that the service carried out unnoticed, and doesn't repeat it.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pulumi_8x8.api.client import Client
from pulumi_8x8.api.journal import Journal, Note
from pulumi_8x8.api.ownership import Claim, Ledger, Origin, name_of
from pulumi_8x8.api.retries import is_unclear
from pulumi_8x8.api.running import OnDelete, Running, find_running_twice
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.definition import Definition, Path, show_duration
from pulumi_8x8.definition.compare import Change, compare
from pulumi_8x8.definition.reconcile import Plan, covers, reconcile, without_additions
from pulumi_8x8.errors import AlreadyThere, ApiError, Conflict, Interrupted, NotFound, Rejected, StillRunning

#: Seconds to wait until the service carries out a deletion that it accepted. It promises no time.
DELETION_LIMIT = 300.0

#: How often to look for a definition after its POST got no answer, before the POST is repeated.
_LOOKS = 4

#: Seconds by which the clocks of the service's machines may differ.
_CLOCK_SKEW = 10.0

_AGAIN = "Run the same command again: it first checks what was done."


def means(stored: StoredDefinition, wanted: Definition) -> bool:
    """Whether the service holds ``wanted``."""
    return not reconcile(wanted, stored.definition).changes


def list_places(changes: Sequence[Change]) -> str:
    """Returns one line for each change, without values."""
    return "\n".join(f"  {change}" for change in changes)


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
        try:
            return self.client.history(definition_id)
        except NotFound:
            self.snapshot.read(definition_id)  # one answer that it doesn't exist proves nothing
            return self.client.history(definition_id)

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
        raise self._already_there(urn, strangers)

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
                raise self._already_there(urn, [stored])  # somebody changed it after the snapshot
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
                may_be_stored |= isinstance(error, ApiError) and is_unclear(error)
                if not may_be_stored:
                    self._journal.close(urn)
                raise

        with _naming(urn):
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

        with _naming(urn):
            try:
                stored, plan = self.client.retry(attempt, is_unclear)
            except NotFound as error:
                error.args = (
                    f"somebody else deleted the definition {definition_id} meanwhile. Nothing was changed. "
                    "Run the same command again; a preview shows what it does now.",
                )
                raise
        self.snapshot.put(stored)
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
            stored = self.snapshot.read(definition_id)
            if not overwrite and stored.version != version:
                # A deletion that waits disables the workflow first.
                live = without_additions(stored.definition, deployed)
                drift = compare(deployed, replace(live, status=deployed.status))
                drift = tuple(each for each in drift if not any(covers(pattern, each.path) for pattern in ignored))
                refuse_conflict(urn, stored, drift, "deletion")
            if on_delete.how == "wait":
                self._wait_until_over(urn, stored, on_delete.limit)
            else:
                self.guard(urn, definition_id, on_delete)
            with _naming(urn):
                try:
                    self.client.delete(definition_id)
                except NotFound:
                    self.snapshot.read(definition_id)  # it may exist nevertheless
                    self.client.delete(definition_id)
                self._wait_until_gone(urn, definition_id)
        except NotFound:
            pass
        self.snapshot.forget(definition_id)
        self.close(urn, definition_id)
        self._journal.forget_secrets(definition_id)

    def close(self, urn: str, definition_id: str) -> None:
        """Closes the note that ``definition_id`` was created for ``urn``, which no longer has it."""
        note = self._journal.find(urn)
        if note is not None and note.id == definition_id:
            self._journal.close(urn)

    def guard(self, urn: str, definition_id: str, on_delete: OnDelete) -> None:
        """Checks before a deletion that it kills no conversation that it must not kill.

        :raises StillRunning: instances are running, and ``on_delete`` doesn't allow to terminate them.
        """
        if on_delete.how != "refuse":
            return
        running = find_running_twice(self.client, self.history(definition_id))
        if running.total:
            raise StillRunning(
                f'workflow "{name_of(urn)}" ({definition_id}) is not deleted: {running}. '
                "A deletion would terminate them for good. Nothing was changed. Wait until they end, or set "
                'on_delete={"wait": "1.00:00:00"} or on_delete="terminate" on the workflow, and deploy that. If the '
                "program no longer has the workflow, add it again with that argument, deploy, and then remove it."
            )

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
            passed = (_moment(first.created_at) - _moment(note.at)).total_seconds()
        except (ValueError, NotFound):  # a time that can't be read; or somebody deleted the definition meanwhile
            return False
        longest = self.client.patience.limit + self.client.settings.timeout
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
                raise self._already_there(urn, came)
        return None

    def _already_there(self, urn: str, found: Sequence[StoredDefinition]) -> AlreadyThere:
        account_id, name = self.client.settings.account_id, name_of(urn)
        # Pulumi's config takes a dot for a level of its own.
        member = f".{name}" if re.fullmatch(r"[\w-]+", name) else f'["{name}"]'
        ids = "\n".join(
            f'  adopt="{stored.id}"   (version {stored.version}, {stored.created_at}{_age(stored)}, {stored.status})'
            for stored in found
        )
        return AlreadyThere(
            f'workflow "{name}": the account {account_id} already has a definition of the same name, and nothing '
            "proves that this stack created it. A second definition could send customers every reply twice. The "
            f"existing definition wasn't changed.\nTo take it over, add this argument to the workflow:\n{ids}\nTo "
            f"take it over in this stack only, run instead: pulumi config set --path '8x8:adopt{member}' <id>\nTo "
            "create a second definition, give the workflow another name."
        )

    def _wait_until_over(self, urn: str, stored: StoredDefinition, limit: timedelta) -> None:
        """Disables the trigger, so that nothing new starts, and waits until all instances have ended."""
        if stored.status == "enabled":
            disabled = replace(stored.definition, status="disabled")
            self.update(urn, stored.id, lambda held: reconcile(disabled, held.definition), compared=stored)
        running = Running()

        def progress(_passed: float) -> str:
            return f'workflow "{name_of(urn)}": waiting up to {show_duration(limit)} to delete it: {running}'

        try:
            for _ in self.client.poll(limit.total_seconds(), progress):
                running = find_running_twice(self.client, self.history(stored.id))
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

    def _wait_until_gone(self, urn: str, definition_id: str) -> None:
        denied = 0
        waited = "waiting for the service to carry out the deletion of"
        try:
            for _ in self.client.poll(
                DELETION_LIMIT, lambda _passed: f'workflow "{name_of(urn)}": {waited} {definition_id}'
            ):
                try:
                    self.client.latest(definition_id)
                    denied = 0
                except NotFound:
                    denied += 1  # a single answer proves nothing
                if denied == 2:
                    return
        except Interrupted as error:
            raise Interrupted(
                f'workflow "{name_of(urn)}": the service accepted the deletion of {definition_id}, but this operation '
                f"ended first ({error.why}). Run the same command again. It also succeeds if the definition is "
                "already gone."
            ) from None
        raise ApiError(
            f"the service accepted the deletion of {definition_id} but has not carried it out within "
            f"{DELETION_LIMIT:.0f} s. Run the same command again. It also succeeds if the definition is already gone.",
            call=f"DELETE /definitions/{definition_id}",
        )

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


@contextmanager
def _naming(urn: str) -> Iterator[None]:
    """Adds to an error of the service which workflow it is about, and how to find out what was done."""
    try:
        yield
    except Interrupted as error:
        if "workflow" in str(error):
            raise
        raise Interrupted(f'workflow "{name_of(urn)}": {error}\n{_AGAIN}') from None
    except ApiError as error:
        then = f"\n{_AGAIN}" if is_unclear(error) else ""
        error.args = (f'workflow "{name_of(urn)}": {error}{then}',)
        raise


def refuse_conflict(urn: str, stored: StoredDefinition, drift: Sequence[Change], what: str) -> None:
    """Refuses a write if there is any ``drift`` between what was compared and what is stored.

    :raises Conflict: there is.
    """
    if drift:
        raise Conflict(
            f'workflow "{name_of(urn)}" ({stored.id}) was changed by somebody else: it is now version '
            f"{stored.version}, {stored.created_at}, with these changes:\n{list_places(drift)}\nThe {what} wasn't "
            "carried out. To see the changes, run `pulumi refresh` and `pulumi preview --diff`. Then run the same "
            "command again. To overwrite the changes, set overwrite=True on the workflow."
        )


def _shape(definition: Definition) -> str:
    """Returns the SHA-256 of what identifies a workflow, although the service may have normalized its texts."""
    identity = [definition.name, definition.trigger, sorted(definition.steps)]
    return hashlib.sha256(json.dumps(identity, default=str).encode("utf-8", "surrogatepass")).hexdigest()


def _moment(text: str) -> datetime:
    """Reads a time in ISO 8601, in UTC if it has no zone. :raises ValueError: it isn't one."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _age(stored: StoredDefinition) -> str:
    """Returns ``, 3 days old``; empty if the service's time isn't readable."""
    try:
        age = datetime.now(UTC) - _moment(stored.created_at)
    except ValueError:
        return ""
    if age.days >= 2:
        return f", {age.days} days old"
    return f", {max(0, int(age.total_seconds() // 3600))} hours old"

"""What the Automation API does, without HTTP: definitions, instances, triggers, and the work left for later."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store, StoredInstance
from pulumi_8x8.emulator.wire import NOT_FOUND, Definition, Refused, bad_request, definition_not_found
from pulumi_8x8.simulator import Clock, Engine, Message, timestamp


class Service:
    """One emulated service. Safe from any thread.

    What is due later (deletions, sleeping instances) is done by :meth:`catch_up`; whoever serves calls it before each
    request, and in between when the store's :meth:`~pulumi_8x8.emulator.store.Store.next_due` comes.
    """

    def __init__(self, store: Store, settings: EmulatorSettings, clock: Clock) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        # No instance may be run by two threads at once.
        self._running = threading.RLock()
        self._changed = threading.Event()

    # Definitions

    def create(self, account: str, document: dict[str, Any]) -> Definition:
        """Version 1 of a new definition."""
        return self.store.add_version(account, str(uuid.uuid4()), timestamp(self.clock.now()), document)

    def update(self, account: str, id: str, document: dict[str, Any]) -> Definition:
        """The next version of a definition. :raises Refused: there is none with this id."""
        with self.store.transaction():
            self._latest(account, id)
            return self.store.add_version(account, id, timestamp(self.clock.now()), document)

    def definitions(self, account: str, limit: int, offset: int) -> list[Definition]:
        """The newest version of each definition in the order of creation (the emulator's choice)."""
        only = not self.settings.list_disabled
        return self.store.newest(account, enabled_only=only, limit=limit, offset=self._skip(limit, offset))

    def history(self, account: str, id: str, limit: int, offset: int) -> list[Definition]:
        """The versions of a definition, newest first; empty for an unknown id."""
        return self.store.versions(account, id, limit, self._skip(limit, offset))

    def delete(self, account: str, id: str, version: int | None) -> None:
        """Have a version or, with ``None``, all of a definition deleted soon. :raises Refused: it is not there."""
        with self.store.transaction():
            self._version(account, id, version)
            due = self.clock.now().timestamp() + self.settings.delete_delay
            self.store.schedule_deletion(account, id, version, due)
        self._changed.set()

    def _skip(self, limit: int, offset: int) -> int:
        return offset * limit if self.settings.offset == "pages" else offset

    def _latest(self, account: str, id: str) -> Definition:
        return self._version(account, id, None)

    def _version(self, account: str, id: str, version: int | None) -> Definition:
        if version is None:
            found = next(iter(self.store.versions(account, id, limit=1)), None)
        else:
            found = self.store.version(account, id, version)
        if found is None:
            raise definition_not_found(id)
        return found

    # Instances

    def instances(
        self, account: str, id: str, version: int | None, status: str | None, limit: int, offset: int
    ) -> list[StoredInstance]:
        """Instances of a version, ``None``: of the newest; newest first. :raises Refused: unknown definition."""
        found = self._version(account, id, version)
        skip = self._skip(limit, offset)
        return self.store.instances(account, id, found.version, status, limit, skip)

    def instance(self, account: str, id: str, workflow_id: str) -> StoredInstance:
        """One instance. :raises Refused: unknown definition or instance."""
        self._latest(account, id)
        found = self.store.instance(account, id, workflow_id)
        if found is None:
            raise Refused(404, NOT_FOUND, f"Workflow {workflow_id} not found.")
        return found

    def command(self, account: str, id: str, workflow_id: str, command: str) -> None:
        """Suspend, resume or terminate an instance. What has ended stays as it is (the emulator's choice).

        :raises Refused: unknown definition, instance or command.
        """
        with self._running:
            stored = self.instance(account, id, workflow_id)
            engine = self._engine(stored)
            commands = {"suspend": engine.suspend, "resume": engine.resume, "terminate": engine.terminate}
            if command not in commands:
                raise bad_request(f"Invalid status: it must be one of {', '.join(commands)}.")
            stored = replace(stored, instance=commands[command](stored.instance))
            self._save(stored)
            self._run(stored, engine)

    def trigger(
        self, kind: str, body: dict[str, Any], sub_account: str | None, account: str | None
    ) -> list[StoredInstance]:
        """Start what waits for an event, run it as far as it goes at once, and return it as it is then.

        :param kind: the trigger. :param body: becomes ``data``. :param account: ``None``: every account.
        """
        now = self.clock.now()
        started: list[tuple[StoredInstance, Engine]] = []
        with self._running:
            # All of them are written before one of them runs: none is lost if this process ends here.
            with self.store.transaction():
                for definition in self.store.newest(account, trigger=kind, enabled_only=True):
                    if definition.sub_account not in (None, sub_account):
                        continue
                    data = {**body, "accountId": definition.account, "triggeredAt": timestamp(now)}
                    if sub_account is not None:
                        data["subAccountId"] = sub_account
                    engine = Engine(definition.steps, self.clock, self.settings.simulator)
                    new = StoredInstance(
                        id=f"{int(now.timestamp()):08x}{os.urandom(8).hex()}",
                        account=definition.account,
                        definition_id=definition.id,
                        version=definition.version,
                        instance=engine.start(data),
                    )
                    self._save(new)
                    started.append((new, engine))
            return [self._run(new, engine) for new, engine in started]

    def _engine(self, stored: StoredInstance) -> Engine:
        definition = self._version(stored.account, stored.definition_id, stored.version)
        return Engine(definition.steps, self.clock, self.settings.simulator)

    def _run(self, stored: StoredInstance, engine: Engine) -> StoredInstance:
        """Do step after step until nothing is due, and write the instance after each."""
        while (advance := engine.advance(stored.instance)) is not None:
            stored = replace(stored, instance=advance.instance)
            sent = [] if advance.sent is None else [(timestamp(self.clock.now()), advance.sent)]
            self._save(stored, sent)
        self._changed.set()
        return stored

    def _save(self, stored: StoredInstance, sent: Sequence[tuple[str, Message]] = ()) -> None:
        due = stored.instance.due()
        self.store.save(stored, None if due is None else due.timestamp(), sent)

    # Later

    def catch_up(self) -> None:
        """Do what is due by now."""
        now = self.clock.now().timestamp()
        due = self.store.next_due()
        if due is None or due > now:
            return  # without waiting for instances that are being run
        with self._running:
            for deletion in self.store.due_deletions(now):
                self.store.carry_out(deletion)
            for stored in self.store.due_instances(now):
                self._run(stored, self._engine(stored))

    def wait_for_change(self, seconds: float) -> None:
        """Return after ``seconds``, or when something new may be due earlier."""
        self._changed.wait(seconds)
        self._changed.clear()

    def wake(self) -> None:
        """End a :meth:`wait_for_change`."""
        self._changed.set()


def instance_answer(stored: StoredInstance, *, logs: bool = False) -> dict[str, Any]:
    """An instance as the service shows it (OpenAPI file, ``workflowInstance`` and ``workflowInstanceWithLogs``)."""
    instance = stored.instance
    answer: dict[str, Any] = {
        "workflowId": stored.id,
        "data": instance.data,
        "definitionId": stored.definition_id,
        "version": stored.version,
        "status": instance.status,
        "startedAt": timestamp(instance.started_at),
        "completedAt": timestamp(instance.completed_at) if instance.completed_at else None,
    }
    if logs:
        answer["logs"] = [
            {
                "id": run.id,
                "stepName": run.step_id,
                "startedAt": timestamp(run.started_at) if run.started_at else None,
                "completedAt": timestamp(run.completed_at) if run.completed_at else None,
                "status": run.status,
            }
            for run in instance.runs
        ]
    return answer

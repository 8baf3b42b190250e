"""Does what the Automation API does, without HTTP: definitions, instances, triggers, and work that is due later."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from pulumi_8x8.emulator.runner import Runner
from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store, StoredInstance
from pulumi_8x8.emulator.threads import customer, thread_of, written
from pulumi_8x8.emulator.wire import (
    SERVER_ERROR,
    Command,
    DefinitionBody,
    Query,
    RefusedRequest,
    bad_request,
    not_found,
)
from pulumi_8x8.simulator import Clock, Engine, Refusal, Run, ShiftedClock, read_dtmf, read_inbound, timestamp


class Service:
    """One emulated service. Safe from any thread.

    What is due later (deletions, sleeping instances) is done by :meth:`catch_up`; whoever serves calls it before each
    request, and in between after each :meth:`wait`.

    :ivar clock: the given clock, plus what :meth:`jump` has added.
    :raises SourceError: a stub isn't valid.
    """

    def __init__(self, store: Store, settings: EmulatorSettings, clock: Clock) -> None:
        self.store = store
        self.settings = settings
        self.clock = ShiftedClock(clock, store.shift)
        self._runner = Runner(store, settings, self.clock)
        self._running = self._runner.lock
        self._jumping = threading.Lock()
        for stored in store.calling_instances():  # the previous process ended before the answers came
            self._runner.run(stored)

    # Definitions

    def create(self, account: str, document: dict[str, Any]) -> DefinitionBody:
        """Stores version 1 of a new definition."""
        return self.store.add_version(account, str(uuid.uuid4()), timestamp(self.clock.now()), document)

    def update(self, account: str, id: str, document: dict[str, Any]) -> DefinitionBody:
        """Stores the next version of a definition. :raises RefusedRequest: no definition has this id."""
        with self.store.transaction():
            self._version(account, id)
            return self.store.add_version(account, id, timestamp(self.clock.now()), document)

    def definitions(self, account: str, query: Query) -> list[DefinitionBody]:
        """Lists the newest version of each definition in the order of creation (the emulator's choice)."""
        only = not self.settings.list_disabled
        return self.store.newest(account, enabled_only=only, limit=query.limit, offset=self._skip(query))

    def history(self, account: str, id: str, query: Query) -> list[DefinitionBody]:
        """Lists the versions of a definition, newest first; empty for an unknown id."""
        return self.store.versions(account, id, query.limit, self._skip(query))

    def delete(self, account: str, id: str, version: int | None) -> None:
        """Schedules the deletion of a version, ``None``: of all. :raises RefusedRequest: it doesn't exist."""
        with self.store.transaction():
            self._version(account, id, version)
            due = self.clock.now() + timedelta(seconds=self.settings.delete_delay)
            self.store.schedule_deletion(account, id, version, due)
        self._runner.wake()

    def _skip(self, query: Query) -> int:
        return query.offset * query.limit if self.settings.offset == "pages" else query.offset

    def _version(self, account: str, id: str, version: int | None = None) -> DefinitionBody:
        found = self.store.version(account, id, version)
        if found is None:
            raise not_found(f"Definition {id}")
        return found

    # Instances

    def instances(self, account: str, id: str, query: Query) -> list[StoredInstance]:
        """Lists instances of a version, newest first. :raises RefusedRequest: unknown definition."""
        return self.store.instances(self._version(account, id, query.version), query, self._skip(query))

    def instance(self, account: str, id: str, workflow_id: str) -> StoredInstance:
        """Returns one instance. :raises RefusedRequest: unknown definition or instance."""
        self._version(account, id)
        found = self.store.instance(workflow_id)
        if found is None or (found.account, found.definition_id) != (account, id):
            raise not_found(f"Workflow {workflow_id}")
        return found

    def command(self, account: str, id: str, workflow_id: str, command: Command) -> None:
        """Suspends, resumes or terminates an instance. An ended instance doesn't change (the emulator's choice).

        :raises RefusedRequest: unknown definition or instance.
        """
        with self._running:
            stored = self.instance(account, id, workflow_id)
            engine = self._runner.engine(stored)
            if command == "terminate":
                stored = self._runner.save(stored, engine.terminate(stored.instance))
            else:
                commands = {"suspend": engine.suspend, "resume": engine.resume}
                stored = replace(stored, instance=commands[command](stored.instance))
                self.store.save(stored)
            self._runner.run(stored, engine)

    def start(self, account: str, id: str, version: int | None, body: dict[str, Any]) -> StoredInstance:
        """Starts an instance by hand, of the newest version or of ``version``.

        :raises RefusedRequest: the definition is unknown, or is disabled and the settings forbid that.
        """
        with self._running:
            definition = self._version(account, id, version)
            if not definition.enabled and not self.settings.start_disabled:
                raise bad_request(f"Definition {id} is disabled.")
            payload = body.get("payload")
            sub_account = payload.get("subAccountId") if isinstance(payload, dict) else None
            with self.store.transaction():
                new = self._new(definition, body, sub_account if isinstance(sub_account, str) else None)
            return self._runner.run(*new)

    def trigger(self, body: dict[str, Any], sub_account: str | None, account: str) -> None:
        """Starts what waits for an HTTP request, and runs it as far as possible now. ``body`` becomes ``data``."""
        with self._running:
            # It writes all instances before it runs the first one, so none is lost if this process ends here.
            with self.store.transaction():
                started = self._start_all("http_request", body, sub_account, account)
            for new, engine in started:
                self._runner.run(new, engine)

    def receive(self, body: dict[str, Any], account: str | None) -> tuple[list[StoredInstance], list[StoredInstance]]:
        """Receives a message. :returns: the instances that it started, and the instances that waited for it.

        A definition whose instance waited for it starts no other (WaitForReply page).

        :raises EventError: it isn't an inbound message.
        """
        inbound = read_inbound(body)
        with self._running:
            with self.store.transaction():
                self.store.hear(thread_of(inbound), timestamp(self.clock.now()), written(body))
                resumed = self._deliver(inbound.keys(self.settings.simulator), body, account)
                busy = {(stored.account, stored.definition_id) for stored, _ in resumed}
                started = self._start_all(inbound.trigger, body, inbound.sub_account, account, busy)
            on = [self._runner.run(stored, engine) for stored, engine in resumed]
            return [self._runner.run(new, engine) for new, engine in started], on

    def press(self, body: dict[str, Any], account: str | None) -> list[StoredInstance]:
        """Receives keys of a call. :returns: the instances that waited for them. :raises EventError: not a callback."""
        keys = read_dtmf(body)
        with self._running:
            with self.store.transaction():
                resumed = self._deliver(keys, body, account)
                thread = self.store.newest_thread(customer(str(body.get("destination") or "")))
                if resumed and thread is not None:
                    self.store.hear(thread, timestamp(self.clock.now()), {**written(body), "keys": True})
            return [self._runner.run(stored, engine) for stored, engine in resumed]

    def _deliver(
        self, keys: Sequence[str], body: dict[str, Any], account: str | None
    ) -> list[tuple[StoredInstance, Engine]]:
        resumed = []
        for stored in self.store.waiting_instances(account, keys):
            engine = self._runner.engine(stored)
            instance = engine.deliver(stored.instance, keys, body)
            if instance is not None:
                resumed.append((replace(stored, instance=instance), engine))
                self.store.save(resumed[-1][0])
        return resumed

    def _start_all(
        self,
        trigger: str,
        body: dict[str, Any],
        sub_account: str | None,
        account: str | None,
        but: Collection[tuple[str, str]] = (),
    ) -> list[tuple[StoredInstance, Engine]]:
        return [
            self._new(definition, body, sub_account)
            for definition in self.store.newest(account, trigger=trigger, enabled_only=True)
            if definition.sub_account in (None, sub_account) and (definition.account, definition.id) not in but
        ]

    def _new(
        self, definition: DefinitionBody, body: dict[str, Any], sub_account: str | None
    ) -> tuple[StoredInstance, Engine]:
        now = self.clock.now()
        data = {**body, "accountId": definition.account, "triggeredAt": timestamp(now)}
        if sub_account is not None:
            data["subAccountId"] = sub_account
        engine = self._runner.engine_of(definition)
        new = StoredInstance(
            id=f"{int(now.timestamp()):08x}{os.urandom(8).hex()}",
            account=definition.account,
            definition_id=definition.id,
            version=definition.version,
            instance=engine.start(data),
        )
        self.store.save(new)
        self.store.count_execution(definition.account, now)
        return new, engine

    def refuse(self, refusals: Sequence[Refusal] | None) -> None:
        """Lets the messaging API refuse the next messages; ``None``: it accepts them again."""
        with self._running:
            self._runner.refuse(refusals)

    # Usage

    def usage(self, account: str) -> dict[str, Any]:
        """Returns the account's usage of this month, in the shape of the published example."""
        now = self.clock.now()
        counted = [row for row in self.store.usage(account) if row[1:3] == (now.year, now.month)]
        return {
            "accountId": account,
            "allowedWorkflowCount": 50000,
            "allowedOverage": True,
            "overagePrice": 0.005,
            "executedWorkflowCount": counted[0][3] if counted else 0,
            "countStartedMonth": now.month,
            "countStartedYear": now.year,
        }

    # Later

    def catch_up(self, patience: float = threading.TIMEOUT_MAX) -> None:
        """Does what is due by now. :param patience: seconds after which the rest is left for later."""
        self._runner.catch_up(patience)

    def jump(self, seconds: float) -> None:
        """Moves the clock ahead, and does everything that is due meanwhile at its time.

        :raises RefusedRequest: that takes too long. The clock keeps the time that it has reached.
        """
        ends = time.monotonic() + self.settings.max_jump_time
        with self._jumping:
            target = self.clock.now() + timedelta(seconds=seconds)
            shift = self.clock.shift + timedelta(seconds=seconds)
            while not self._runner.closed and (due := self.store.next_due()) is not None and due <= target:
                with self._running:
                    self.clock.move_to(due)
                    self.store.shift = self.clock.shift
                    self._runner.work_off()
                if time.monotonic() > ends:
                    raise RefusedRequest(
                        503,
                        SERVER_ERROR,
                        f"What is due until {timestamp(target)} takes longer than {self.settings.max_jump_time:g} s. "
                        f"The clock shows {timestamp(self.clock.now())} now. Repeat the jump for the rest.",
                    )
            with self._running:
                self.store.shift = self.clock.shift = max(shift, self.clock.shift)
        self._runner.wake()

    def wait(self) -> None:
        """Waits until something may be due, or for :meth:`wake`."""
        self._runner.wait()

    def wake(self) -> None:
        """Ends a :meth:`wait`."""
        self._runner.wake()

    def close(self) -> None:
        """Stops all work of its own after the current step, so that the store can be closed."""
        self._runner.closed = True
        with self._running:
            pass


def instance_answer(stored: StoredInstance, runs: Sequence[Run] | None = None) -> dict[str, Any]:
    """Shows an instance in the service's shape (OpenAPI file, ``workflowInstance``, ``workflowInstanceWithLogs``).

    :param runs: all of its runs, for the log.
    """
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
    if runs is not None:
        answer["logs"] = [
            {
                "id": run.id,
                "stepName": run.step_id,
                "startedAt": timestamp(run.started_at) if run.started_at else None,
                "completedAt": timestamp(run.completed_at) if run.completed_at else None,
                "status": run.status,
            }
            for run in runs
        ]
    return answer

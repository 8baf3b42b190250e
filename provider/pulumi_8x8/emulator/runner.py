"""Runs stored instances. What goes wrong with one ends that one; what goes wrong with the disk is tried again later."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from pulumi_8x8.emulator.log import log, log_error
from pulumi_8x8.emulator.outside import Outside
from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store, StoredInstance
from pulumi_8x8.emulator.threads import Thread, channel_of, customer, receiver, usual_channel
from pulumi_8x8.emulator.wire import DefinitionBody
from pulumi_8x8.simulator import (
    CHANCE,
    Advance,
    Clock,
    Engine,
    HttpAnswer,
    Message,
    Refusal,
    Stubs,
    WorkerError,
    refusal,
    timestamp,
)

_CHUNK = 200  # due instances in one read
_SLICE = 1.0  # seconds in which other threads don't get the lock
#: Faults of this machine: a full or broken disk, too many processes. No instance is to blame.
MACHINE_FAULTS = (sqlite3.Error, OSError, WorkerError)
_PAUSES = (1.0, 2.0, 5.0, 15.0)  # seconds until the next try after such a fault


class Runner:
    """Runs the instances of a store. Its methods need :attr:`lock`, unless a docstring has "Needs no lock".

    :ivar lock: two threads must not run the same instance. :ivar closed: no instance may do another step.
    """

    def __init__(self, store: Store, settings: EmulatorSettings, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.closed = False
        self._store = store
        self._settings = settings
        self._clock = clock
        self._outside = Outside(Stubs(settings.stubs), settings.allowed_hosts)
        self._calling: set[str] = set()
        self._answers: dict[tuple[str, str], HttpAnswer] = {}  # those that no instance has yet
        self._ordered: deque[Refusal] = deque()  # for the next messages
        self._changed = threading.Event()
        self._faults = 0  # of the machine, one after another
        self._resume_at = 0.0

    def engine(self, stored: StoredInstance) -> Engine:
        """The engine of an instance's version."""
        return self.engine_of(self._store.version(stored.account, stored.definition_id, stored.version))

    def engine_of(self, version: DefinitionBody | None) -> Engine:
        """The engine of a version; ``None``: of one without steps."""
        steps = version.steps if version else ()
        return Engine(steps, self._clock, self._settings.simulator, CHANCE, self._refused)

    def refuse(self, refusals: Sequence[Refusal] | None) -> None:
        """Lets the messaging API refuse the next messages; ``None``: it accepts them again."""
        if refusals is None:
            self._ordered.clear()
        else:
            self._ordered.extend(refusals)

    def _refused(self, message: Message) -> Refusal | None:
        return refusal(message) or (self._ordered[0] if self._ordered else None)

    def run(self, stored: StoredInstance, engine: Engine | None = None) -> StoredInstance:
        """Runs an instance until nothing is due. After a fault of the machine, the rest is done later."""
        try:
            return self._run(stored, engine)
        except MACHINE_FAULTS as error:
            self._pause(error)
            with suppress(sqlite3.Error):
                stored = self._store.instance(stored.id) or stored
            return stored
        finally:
            self._changed.set()

    def _run(self, stored: StoredInstance, engine: Engine | None = None) -> StoredInstance:
        try:
            engine = engine or self.engine(stored)
            while not self.closed and (done := self._step(stored, engine)) is not None:
                stored = done
        except MACHINE_FAULTS:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other instances
            log(f"The emulator stops the instance {stored.id}:")
            if why := self._store.unusable(error):
                log(why)
            else:
                log_error(error)
            stored = self._store.instance(stored.id) or stored
            message = f"The emulator can't run this step: {type(error).__name__}: {error}"
            stored = self.save(stored, Engine((), self._clock).fault(stored.instance, message))
        return stored

    def _step(self, stored: StoredInstance, engine: Engine) -> StoredInstance | None:
        """Does the next thing that is due, and writes it. ``None``: nothing is due."""
        advance = engine.advance(stored.instance)
        if advance is None:
            return self._call(stored, engine)
        begins = time.thread_time()
        stored = self.save(stored, advance)
        return replace(stored, instance=engine.charge(stored.instance, time.thread_time() - begins))

    def save(self, stored: StoredInstance, advance: Advance) -> StoredInstance:
        """Writes the result of an advance."""
        stored = replace(stored, instance=advance.instance)
        message = advance.sent
        sent = [] if message is None else [(timestamp(self._clock.now()), message, self._thread(stored, message))]
        self._store.save(stored, sent, advance.ended, advance.events)
        # Only now: a message that a full disk keeps out of the database is sent again.
        if self._ordered and advance.sent is not None and advance.sent.refused is self._ordered[0]:
            self._ordered.popleft()
        return stored

    def _thread(self, stored: StoredInstance, message: Message) -> Thread:
        """The thread where a message arrives: on the channel that it names, or that its workflow is on."""
        to = customer(receiver(message))
        channel = channel_of(message, stored.instance.data)
        known = self._store.newest_thread(to) if channel is None else None
        if channel is None and known is not None and (message.channel == "voice" or known.channel != "sms"):
            channel = known.channel
        if channel is None:
            channel = usual_channel(self._store.version(stored.account, stored.definition_id, stored.version))
        return Thread(to, channel)

    def _call(self, stored: StoredInstance, engine: Engine) -> StoredInstance | None:
        """Makes the HTTP calls that haven't begun. Returns the instance if a stub has answered one of them."""
        for run in stored.instance.calling():
            if run.call is None or run.id in self._calling:
                continue
            answer = self._outside.answer(run.call)
            if answer is not None:
                return replace(stored, instance=engine.answer(stored.instance, run.id, answer))
            self._calling.add(run.id)
            self._outside.call(run.call, partial(self._answered, stored.id, run.id))
        return None

    def _answered(self, workflow_id: str, run_id: str, answer: HttpAnswer) -> None:
        """Takes an answer from a thread that made a call. Needs no lock."""
        with self.lock:
            self._answers[workflow_id, run_id] = answer
        self.catch_up()

    def _take_answers(self) -> None:
        for workflow_id, run_id in list(self._answers):
            stored = self._store.instance(workflow_id)
            if stored is not None:  # it wasn't deleted meanwhile
                engine = self.engine(stored)
                answered = engine.answer(stored.instance, run_id, self._answers[workflow_id, run_id])
                stored = replace(stored, instance=answered)
                self._store.save(stored)
            del self._answers[workflow_id, run_id]
            self._calling.discard(run_id)
            if stored is not None:
                self._run(stored)

    def catch_up(self, patience: float = threading.TIMEOUT_MAX) -> None:
        """Does what is due by now. Needs no lock.

        :param patience: seconds after which the rest is left for later.
        """
        ends = time.monotonic() + patience
        try:
            while (left := ends - time.monotonic()) > 0 and self._is_due():
                # A few at a time, so that other threads get their turn in between.
                if not self.lock.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
                    return
                try:
                    if self.closed:
                        return  # the next start makes the calls again
                    self.work_off()
                    self._faults = 0
                finally:
                    self.lock.release()
        except MACHINE_FAULTS as error:
            self._pause(error)

    def _is_due(self) -> bool:
        if self.closed or time.monotonic() < self._resume_at:
            return False
        return bool(self._answers) or ((due := self._store.next_due()) is not None and due <= self._clock.now())

    def work_off(self) -> None:
        """Does a part of what is due by now. :raises MACHINE_FAULTS: the rest has to be done later."""
        self._take_answers()
        now, ends = self._clock.now(), time.monotonic() + _SLICE
        for deletion in self._store.due_deletions(now):
            self._store.carry_out(deletion)
        for stored in self._store.due_instances(now, _CHUNK):
            if stored.instance.ended:  # it can't be read, and is written as such
                self._store.save(stored)
            self._run(stored)
            if time.monotonic() > ends:
                break

    def _pause(self, error: Exception) -> None:
        pause = _PAUSES[min(self._faults, len(_PAUSES) - 1)]
        if not self._faults:
            log(f"The emulator can't continue: {error}. It tries again.")
        self._faults += 1
        self._resume_at = time.monotonic() + pause

    def wait(self) -> None:
        """Waits until something may be due, or for :meth:`wake`. Needs no lock."""
        pause = self._resume_at - time.monotonic()
        try:
            due = self._store.next_due() if pause <= 0 else None
            left = (due - self._clock.now()).total_seconds() if due else threading.TIMEOUT_MAX
        except MACHINE_FAULTS as error:
            self._pause(error)
            left = _PAUSES[0]
        self._changed.wait(pause if pause > 0 else min(max(0.0, left), threading.TIMEOUT_MAX))
        self._changed.clear()

    def wake(self) -> None:
        """Ends a :meth:`wait`. Needs no lock."""
        self._changed.set()

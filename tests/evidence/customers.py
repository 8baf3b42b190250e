"""Customers whose messages are a function of what they received and when, and the worlds that they live in."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self
from unittest import mock

from evidence_kit import World, world
from random_flows import CUSTOMER, STAFF, WORDS

from pulumi_8x8.emulator import EmulatorSettings, outside, runner
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.evidence.records import Records, read_records
from pulumi_8x8.simulator import (
    Engine,
    HttpAnswer,
    HttpCall,
    SimulatorSettings,
    behaviour,
    dtmf_body,
    message_body,
    timestamp,
    written,
)
from pulumi_8x8.simulator import engine as simulator_engine

_BEHAVIOUR = dict(behaviour.BEHAVIOUR)
#: A conversation is watched for this long, and for this many moments at which something happens.
LONGEST = timedelta(days=10)
_MOST = 40
#: A customer acts within this time upon what it got within this time.
MEMORY = timedelta(days=1)
#: The service is slow by less than a second in total, and everything else happens at full seconds.
_SLOWEST = timedelta(milliseconds=900)


@dataclass
class Customer:
    """Someone who writes.

    :ivar seed: who it is. :ivar heard: the messages that it received, with their times.
    """

    seed: str
    channel: str
    heard: list[tuple[datetime, str]] = field(default_factory=list)
    planned: list[tuple[datetime, float, str, str]] = field(default_factory=list)

    def begins(self, now: datetime) -> None:
        """What it writes without being asked."""
        random = Random(f"{self.seed} begins")
        if random.random() < 0.03:
            self._plan(now, random, random.choice((3, 20, 400, 4000)))
        if random.random() < 0.03:
            self._plan(now, random, random.choice((10, 100, 2000)), STAFF)  # somebody else, who knows nothing of it

    def receives(self, now: datetime, what: str) -> None:
        """Plans what it writes after a message. All that it has received matters, and when.

        In which order messages come within a second doesn't: for two conversations, slowness decides that.
        """
        self._hear(now, what)
        before = [each for each in self.heard if each[0] < now]
        random = Random(f"{self.seed} {before} {now} {what}")
        if random.random() < 0.1:  # it changes its mind
            self.planned = [each for each in self.planned if each[2] == STAFF or each[1] == now.timestamp()]
        chance = random.random()
        if chance < (0.15 if "?" in what and len(before) < 6 else 0.92):
            return  # few people answer what isn't a question, or many messages
        self._plan(
            now, random, random.choice((5, 25, 29, 31, 200, 299, 301, 1500, 7000, 80000, random.randint(3, 9000)))
        )
        if chance > 0.96:
            self._plan(now, random, random.choice((6, 40, 500, 8000)))

    def calls(self, now: datetime, request: str) -> None:
        """Plans which keys it presses in a call."""
        self._hear(now, f"call {request}")
        before = [each for each in self.heard if each[0] < now]
        random = Random(f"{self.seed} {before} {now} {request}")
        if random.random() < 0.7:
            moment = now + timedelta(seconds=random.choice((3, 20, 400)))
            self.planned.append((moment, now.timestamp(), f"keys {request}", random.choice("12#")))

    def _hear(self, now: datetime, what: str) -> None:
        self.heard = [(at, each) for at, each in self.heard if now - at < MEMORY] + [(now, what)]

    def _plan(self, now: datetime, random: Random, seconds: int, sender: str = CUSTOMER) -> None:
        self.planned.append((now + timedelta(seconds=seconds), now.timestamp(), sender, random.choice(WORDS)))

    def next(self) -> datetime | None:
        return min(self.planned)[0] if self.planned else None


@dataclass(frozen=True)
class Truth:
    """What really happened in an instance, from the emulator's own store.

    :ivar sent: the messages: when, by which step, what. :ivar ran: the steps: when, after which other, and which.
    :ivar heard: the waits: the step, whom it waited for, how it ended, and when.
    """

    started: datetime
    ended: datetime | None
    status: str
    sent: tuple[tuple[datetime, str, str], ...]
    ran: tuple[tuple[datetime, str, str], ...]
    heard: tuple[tuple[str, str, str, datetime | None], ...]
    data: Mapping[str, Any]
    calls: tuple[tuple[datetime, str], ...]

    def over(self, until: datetime) -> bool:
        """Whether it ended before a moment."""
        return self.ended is not None and self.ended < until


@dataclass(frozen=True)
class Talk:
    """A conversation with one customer.

    :ivar ids: its instances. :ivar until: when nobody watched it longer; what a loop does afterwards isn't known.
    """

    ids: list[str]
    until: datetime


class Life:
    """One workflow in a world. Conversations happen one after another.

    :param account: its own, so that nothing of another workflow is in the way.
    :param of: the workflow that recorded conversations ran, which decides what begins them.
    :param side: ``before`` or ``after`` the change. Before it, people interfere with instances.
    """

    def __init__(self, service: World, account: str, body: Mapping[str, Any], of: Mapping[str, Any], side: str) -> None:
        self.world = service
        self.service = service.service
        self.account = self.seed = account
        self.side = side
        self.id = self.service.create(account, json.loads(json.dumps(body))).id
        self.trigger = str(of["trigger"])
        self.channel = "sms" if self.trigger == "inbound_sms" else "whatsapp"
        self.sub_account = str(of["subAccountId"]) if "subAccountId" in of else None
        self.calls: dict[str, list[str]] = {}  # by instance
        self.timed: dict[str, list[tuple[datetime, str]]] = {}
        self.calling = ""
        self.later: list[tuple[datetime, int, Callable[[], object]]] = []  # what happens besides
        self.slowness = Random(f"{account} {side} slowness")

    def converse(self, number: int, begins: datetime) -> Talk:
        """A conversation with another customer."""
        seed = f"{self.seed} {number}"
        customer = Customer(seed, self.channel)
        runner.CHANCE.seed(seed)
        self._move(begins)
        before = self._newest("instance")
        self._seen = self._newest("outbox")
        self.later = []
        if self.side == "before":
            self._interfere(Random(f"{seed} people"), begins)
        customer.begins(begins)
        self._event(seed)
        self._listen(customer)
        until = begins + LONGEST
        for _ in range(_MOST):
            moments = self.service.store.next_due(), customer.next(), min(self.later)[0] if self.later else None
            now = min((each for each in moments if each is not None), default=until)
            if now >= until:
                break
            self._move(now)
            self._listen(customer)
            while self.later and min(self.later)[0] <= now:
                first = min(self.later)
                self.later.remove(first)
                first[2]()
                self._listen(customer)
            while customer.planned and min(customer.planned)[0] <= now:
                planned = min(customer.planned)
                customer.planned.remove(planned)
                if self._is_lost(*planned):
                    customer.planned.append((planned[0] + timedelta(seconds=1), *planned[1:]))
                    continue
                self._write(customer, *planned)
                self._listen(customer)
        else:
            until = second(self.service.clock.now())
        rows = self.service.store.rows(
            "SELECT id FROM instance WHERE account = ? AND seq > ? ORDER BY seq", (self.account, before)
        )
        return Talk([id_ for (id_,) in rows], until)

    def _is_lost(self, moment: datetime, _: float, to: str, text: str) -> bool:
        """Whether slowness decides if a wait hears it, and no record shows that it came: it begins no conversation."""
        if self.trigger.startswith("inbound_") and not to.startswith("keys "):
            return False
        rows = self.service.store._instances("WHERE account = ?", self.account)
        waits = [run for each in rows for run in self.service.store.runs(each) if run.event is not None]
        edges = {at for run in waits for at in (run.started_at, run.wake_at, run.completed_at) if at is not None}
        return any(second(edge) == second(moment) for edge in edges)

    def at(self, moment: datetime, happens: Callable[[], object]) -> None:
        """Something happens later."""
        self.later.append((moment, len(self.later), happens))

    def _interfere(self, random: Random, begins: datetime) -> None:
        """Now and then, somebody terminates what runs, or suspends it and resumes it later."""
        moment = begins + timedelta(seconds=random.choice((7, 250, 1000, 5000)))
        if random.random() < 0.02:
            self.at(moment, self.stop)
        elif random.random() < 0.04:
            self.at(moment, lambda: self._suspend(timedelta(seconds=random.choice((30, 400, 5000, 100000)))))

    def _suspend(self, pause: timedelta) -> None:
        """Suspends an instance that only waits for time to pass. A suspension of less than a minute is slowness."""
        for each in self._instances():
            rests = [run for run in each.instance.runs if run.wake_at is not None or run.call is not None]
            if each.instance.status == "Runnable" and len(rests) == 1 and rests[0].event is None and not rests[0].call:
                due = rests[0].wake_at
                assert due is not None
                resumes = second(self.service.clock.now()) + pause
                if due <= resumes < due + timedelta(seconds=70):
                    resumes = second(due) + timedelta(seconds=70)
                self.service.command(self.account, self.id, each.id, "suspend")
                self.at(resumes, lambda id_=each.id: self.service.command(self.account, self.id, id_, "resume"))
                return

    def stop(self) -> None:
        """Ends what still runs of the last conversation."""
        for each in self._instances():
            if not each.instance.ended:
                self.service.command(self.account, self.id, each.id, "terminate")

    def records(self) -> Records:
        """What the service recorded."""
        with self.world.client_of(self.account) as client:
            return read_records(client, self.id)

    def begun(self, id_: str) -> str:
        """What began an instance, and when."""
        stored = self.service.store.instance(id_)
        assert stored is not None
        payload = stored.instance.data.get("payload") or {}
        return f"{second(stored.instance.started_at)} {payload.get('umid')}"

    def _instances(self) -> list[StoredInstance]:
        """Those that haven't ended."""
        which = "WHERE account = ? AND status NOT IN ('Complete', 'Terminated') ORDER BY seq"
        return self.service.store._instances(which, self.account)

    def _newest(self, table: str) -> int:
        ((last,),) = self.service.store.rows(f"SELECT coalesce(max(seq), 0) FROM {table}")
        return int(last)

    def _move(self, moment: datetime) -> None:
        left = (moment - self.service.clock.now()).total_seconds()
        if left > 0:
            self.service.jump(left)

    def _event(self, seed: str) -> None:
        now = self.service.clock.now()
        random = Random(f"{seed} event")
        kind = self.trigger
        sub_account = random.choice(("acme", "acme", "other"))
        sub_account = self.sub_account or sub_account
        if kind == "http_request":
            body = {"phone": CUSTOMER, "answer": random.choice(WORDS), "name": "Ann"}
            self.service.trigger(body, sub_account, self.account)
            return
        channel = "sms" if kind == "inbound_sms" else "whatsapp"
        incoming = written(random.choice(WORDS))
        self.service.receive(message_body(incoming, channel, CUSTOMER, sub_account, now, random), self.account)

    def _write(self, customer: Customer, moment: datetime, _: float, to: str, text: str) -> None:
        random = Random(f"{customer.seed} {timestamp(moment)} {to} {text}")
        if to.startswith("keys "):
            self.service.press(dtmf_body(to.removeprefix("keys "), text, CUSTOMER, moment, random), self.account)
            return
        body = message_body(written(text), self.channel, to, self.sub_account or "acme", moment, random)
        self.service.receive(body, self.account)

    def _listen(self, customer: Customer) -> None:
        for sent in self.service.store.outbox(self._seen):
            self._seen = sent.sequence
            at = second(datetime.fromisoformat(sent.time))
            body = {name: value for name, value in sent.message.body.items() if name != "uid"}
            if sent.message.channel == "voice":
                customer.calls(at, str(sent.message.body.get("clientRequestId")))
            else:
                customer.receives(at, json.dumps([sent.message.channel, body], sort_keys=True))

    def truth(self, id_: str) -> Truth:
        """What happened in an instance."""
        stored = self.service.store.instance(id_)
        assert stored is not None
        sent = tuple(
            (second(datetime.fromisoformat(each.time)), each.message.step_id, _what(each.message))
            for each in self.service.store.outbox(0, id_)
        )
        runs = self.service.store.runs(stored)
        steps = {run.id: run.step_id for run in runs}
        waits = tuple(
            (run.step_id, run.event, run.status, run.completed_at and second(run.completed_at))
            for run in runs
            if run.event is not None
        )
        return Truth(
            second(stored.instance.started_at),
            max((run.completed_at or run.started_at or stored.instance.started_at for run in runs), default=None)
            if stored.instance.ended
            else None,
            stored.instance.status,
            sent,
            tuple(
                (second(run.started_at), steps.get(run.after or "", ""), run.step_id)
                for run in runs
                if run.started_at is not None
            ),
            waits,
            stored.instance.data,
            tuple(self.timed.get(id_, ())),
        )


def second(moment: datetime) -> datetime:
    """A moment without the slowness of the service, which is part of every time that it records."""
    return moment.replace(microsecond=0)


def without_slowness(text: str) -> str:
    """A text with times, without the slowness of the service."""
    return re.sub(r"(T\d\d:\d\d:\d\d)\.\d+", r"\1", text)


def _what(message: Any) -> str:
    body = {name: value for name, value in message.body.items() if message.channel != "voice" or name != "uid"}
    return json.dumps([message.channel, body], sort_keys=True, ensure_ascii=False)


def _no_time() -> float:
    return 0.0


def _no_answer(*_: object) -> None:
    return None


class Worlds:
    """Emulators with the settings that conversations need, each used for many of them. Use it as a context."""

    def __init__(self) -> None:
        self._made: dict[tuple[SimulatorSettings, str], World] = {}
        self._stack = ExitStack()
        self.life: Life

    def __enter__(self) -> Self:
        for patch in (
            mock.patch.object(simulator_engine, "BEHAVIOUR", {k: self._known(k, act) for k, act in _BEHAVIOUR.items()}),
            mock.patch.object(runner, "CHANCE", Random(0)),
            mock.patch.object(runner.Runner, "_call", self._calling()),
            mock.patch.object(runner.Runner, "_step", self._slow()),
            mock.patch.object(time, "thread_time", _no_time),  # no limit that depends on this machine
            mock.patch.object(outside.Outside, "answer", _no_answer),
            mock.patch.object(outside.Outside, "call", lambda _, call, then: self._answer(call, then)),
        ):
            self._stack.enter_context(patch)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def live(
        self, side: str, settings: SimulatorSettings, account: str, body: Mapping[str, Any], of: Mapping[str, Any]
    ) -> Life:
        """The life of a workflow, in a world of its side."""
        if (settings, side) not in self._made:
            opened = world(EmulatorSettings(simulator=settings, max_jump_time=3600))
            self._made[settings, side] = self._stack.enter_context(opened)
        self.life = Life(self._made[settings, side], account, body, of, side)
        return self.life

    def _known(self, kind: str, act: Any) -> Any:
        """What a step's answer has of its own follows from what the step sends, and when."""

        def acts(call: Any) -> Any:
            about = json.dumps([kind, call.inputs], sort_keys=True)
            now = second(self.life.service.clock.now())
            return act(replace(call, chance=Random(f"{self.life.seed} {without_slowness(about)} {now}")))

        return acts

    def _calling(self) -> Any:
        calling = runner.Runner._call

        def call(runner: Any, stored: StoredInstance, engine: Engine) -> StoredInstance | None:
            self.life.calling = stored.id
            return calling(runner, stored, engine)

        return call

    def _slow(self) -> Any:
        doing = runner.Runner._step

        def slow(runner: Any, stored: StoredInstance, engine: Engine) -> StoredInstance | None:
            now = self.life.service.clock.now()
            lasts = timedelta(milliseconds=self.life.slowness.choice((0, 1, 4, 20)))
            if now + lasts < second(now) + _SLOWEST:
                self.life.service.clock.move_to(now + lasts)
            return doing(runner, stored, engine)

        return slow

    def _answer(self, call: HttpCall, then: Callable[[HttpAnswer], None]) -> None:
        """An HTTP server answers after a while."""
        before = self.life.calls.setdefault(self.life.calling, [])
        what = without_slowness(
            json.dumps([call.method, call.url, call.headers, call.body, call.timeout], sort_keys=True)
        )
        now = self.life.service.clock.now()
        random = Random(f"{self.life.seed} {what} {second(now)} {before}")
        before.append(what)
        self.life.timed.setdefault(self.life.calling, []).append((second(now), what))
        answer = self._answered(random)
        self.life.at(now + timedelta(seconds=random.choice((1, 1, 2, 9))), lambda: then(answer))

    def _answered(self, random: Random) -> HttpAnswer:
        if random.random() < 0.1:
            return HttpAnswer(failure="no answer") if random.random() < 0.5 else HttpAnswer(200, "OK", "<html>")
        open_ = {"open": random.random() < 0.5, "slots": random.randint(0, 3)}
        return HttpAnswer(random.choice((200, 200, 404)), "OK", json.dumps(random.choice((open_, open_, None, "x"))))

"""Customers whose messages are a function of what they received and when, and the worlds that they live in."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
#: After this time, customers send nothing, and what still waits has timed out.
LONGEST = timedelta(days=10)
#: A customer acts within this time upon what it got within this time.
MEMORY = timedelta(days=1)
_MOST = 40  # messages of one customer


@dataclass
class Customer:
    """Someone who writes.

    :ivar seed: who it is. :ivar heard: the messages that it received, with their times.
    """

    seed: str
    channel: str
    heard: list[tuple[datetime, str]] = field(default_factory=list)
    planned: list[tuple[datetime, int, str, str]] = field(default_factory=list)

    def begins(self, now: datetime) -> None:
        """What it writes without being asked."""
        random = Random(f"{self.seed} begins")
        if random.random() < 0.03:
            self._plan(now, random, random.choice((3, 20, 400, 4000)))
        if random.random() < 0.03:
            self._plan(now, random, random.choice((10, 100, 2000)), STAFF)  # somebody else, who knows nothing of it

    def receives(self, now: datetime, what: str) -> None:
        """Plans what it writes after a message. All that it has received matters, and when."""
        self._hear(now, what)
        random = Random(f"{self.seed} {self.heard}")
        if random.random() < 0.1:
            self.planned = [each for each in self.planned if each[2] == STAFF]  # it changes its mind
        chance = random.random()
        if chance < (0.15 if "?" in what and len(self.heard) < 6 else 0.92):
            return  # few people answer what isn't a question, or many messages
        self._plan(
            now, random, random.choice((5, 25, 29, 31, 200, 299, 301, 1500, 7000, 80000, random.randint(3, 9000)))
        )
        if chance > 0.96:
            self._plan(now, random, random.choice((6, 40, 500, 8000)))

    def calls(self, now: datetime, request: str) -> None:
        """Plans which keys it presses in a call."""
        self._hear(now, f"call {request}")
        random = Random(f"{self.seed} {self.heard}")
        if random.random() < 0.7:
            moment = now + timedelta(seconds=random.choice((3, 20, 400)))
            self.planned.append((moment, len(self.heard), f"keys {request}", random.choice("12#")))

    def _hear(self, now: datetime, what: str) -> None:
        self.heard = [(at, each) for at, each in self.heard if now - at < MEMORY] + [(now, what)]

    def _plan(self, now: datetime, random: Random, seconds: int, sender: str = CUSTOMER) -> None:
        self.planned.append((now + timedelta(seconds=seconds), len(self.planned), sender, random.choice(WORDS)))

    def next(self) -> datetime | None:
        return min(self.planned)[0] if self.planned else None


@dataclass(frozen=True)
class Truth:
    """What really happened in an instance, from the emulator's own store.

    :ivar sent: the messages: when, by which step, what. :ivar ran: the steps, in the order of their beginnings.
    :ivar heard: the waits: the step, whom it waited for, how it ended, and when.
    """

    status: str
    sent: tuple[tuple[datetime, str, str], ...]
    ran: tuple[str, ...]
    heard: tuple[tuple[str, str, str, datetime | None], ...]
    data: Mapping[str, Any]
    faults: tuple[str, ...]
    calls: tuple[tuple[datetime, str], ...]


class Life:
    """One workflow in a world. Conversations happen one after another.

    :param account: its own, so that nothing of another workflow is in the way.
    :param of: the workflow that recorded conversations ran, which decides what begins them.
    """

    def __init__(self, service: World, account: str, body: Mapping[str, Any], of: Mapping[str, Any], seed: str) -> None:
        self.world = service
        self.service = service.service
        self.account, self.seed = account, seed
        self.id = self.service.create(account, json.loads(json.dumps(body))).id
        self.trigger = str(of["trigger"])
        self.channel = "sms" if self.trigger == "inbound_sms" else "whatsapp"
        self.sub_account = str(of["subAccountId"]) if "subAccountId" in of else None
        self.calls: dict[str, list[str]] = {}  # by instance
        self.timed: dict[str, list[tuple[datetime, str]]] = {}
        self.calling = ""

    def converse(self, number: int, begins: datetime) -> list[str]:
        """A conversation; the ids of its instances."""
        seed = f"{self.seed} {number}"
        customer = Customer(seed, self.channel)
        runner.CHANCE.seed(seed)
        self._move(begins)
        before = {each.id for each in self._instances()}
        self._seen = self._last_message()
        customer.begins(begins)
        self._event(seed)
        self._listen(customer)
        ends = begins + LONGEST
        for _ in range(_MOST):
            due, planned = self.service.store.next_due(), customer.next()
            now = min((each for each in (due, planned) if each is not None), default=ends)
            if now >= ends:
                break
            self._move(now)
            self._listen(customer)
            while customer.planned and min(customer.planned)[0] <= now:
                first = min(customer.planned)
                customer.planned.remove(first)
                self._write(customer, *first)
                self._listen(customer)
        return [each.id for each in self._instances() if each.id not in before]

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
        return f"{stored.instance.started_at} {payload.get('umid')}"

    def _instances(self) -> list[StoredInstance]:
        return self.service.store._instances("WHERE account = ? ORDER BY seq", self.account)

    def _last_message(self) -> int:
        ((last,),) = self.service.store.rows("SELECT coalesce(max(seq), 0) FROM outbox")
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

    def _write(self, customer: Customer, moment: datetime, _: int, to: str, text: str) -> None:
        random = Random(f"{customer.seed} {timestamp(moment)} {to} {text}")
        if to.startswith("keys "):
            self.service.press(dtmf_body(to.removeprefix("keys "), text, CUSTOMER, moment, random), self.account)
            return
        body = message_body(written(text), self.channel, to, self.sub_account or "acme", moment, random)
        self.service.receive(body, self.account)

    def _listen(self, customer: Customer) -> None:
        for sent in self.service.store.outbox(self._seen):
            self._seen = sent.sequence
            at = datetime.fromisoformat(sent.time)
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
            (datetime.fromisoformat(each.time), each.message.step_id, _what(each.message))
            for each in self.service.store.outbox(0, id_)
        )
        runs = self.service.store.runs(stored)
        waits = tuple((run.step_id, run.event, run.status, run.completed_at) for run in runs if run.event is not None)
        faults = tuple(error.step_id for error in stored.instance.errors)
        return Truth(
            stored.instance.status,
            sent,
            tuple(run.step_id for run in runs if run.started_at is not None),
            waits,
            stored.instance.data,
            faults,
            tuple(self.timed.get(id_, ())),
        )


def _what(message: Any) -> str:
    body = {name: value for name, value in message.body.items() if message.channel != "voice" or name != "uid"}
    return json.dumps([message.channel, body], sort_keys=True, ensure_ascii=False)


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
            mock.patch.object(outside.Outside, "answer", lambda _, call: self._answer(call)),
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
            opened = world(EmulatorSettings(simulator=settings))
            self._made[settings, side] = self._stack.enter_context(opened)
        self.life = Life(self._made[settings, side], account, body, of, account)
        return self.life

    def _known(self, kind: str, act: Any) -> Any:
        """What a step's answer has of its own follows from what the step sends, and when."""

        def acts(call: Any) -> Any:
            about = json.dumps([kind, call.inputs], sort_keys=True)
            return act(replace(call, chance=Random(f"{self.life.seed} {about} {self.life.service.clock.now()}")))

        return acts

    def _calling(self) -> Any:
        calling = runner.Runner._call

        def call(runner: Any, stored: StoredInstance, engine: Engine) -> StoredInstance | None:
            self.life.calling = stored.id
            return calling(runner, stored, engine)

        return call

    def _answer(self, call: HttpCall) -> HttpAnswer:
        before = self.life.calls.setdefault(self.life.calling, [])
        what = json.dumps([call.method, call.url, call.headers, call.body, call.timeout], sort_keys=True)
        random = Random(f"{self.life.seed} {what} {self.life.service.clock.now()} {before}")
        before.append(what)
        self.life.timed.setdefault(self.life.calling, []).append((self.life.service.clock.now(), what))
        if random.random() < 0.1:
            return HttpAnswer(failure="no answer") if random.random() < 0.5 else HttpAnswer(200, "OK", "<html>")
        open_ = {"open": random.random() < 0.5, "slots": random.randint(0, 3)}
        return HttpAnswer(random.choice((200, 200, 404)), "OK", json.dumps(random.choice((open_, open_, None, "x"))))

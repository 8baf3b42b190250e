"""Simulates one workflow with a manual clock, for `pulumi-8x8 run` and tests. Reads only the workflow's file."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pulumi_8x8.definition import Definition, Json, read_source
from pulumi_8x8.errors import DurationError, SourceError
from pulumi_8x8.simulator.clock import ManualClock, timestamp
from pulumi_8x8.simulator.engine import Advance, Engine
from pulumi_8x8.simulator.events import dtmf_key, read_dtmf, read_inbound
from pulumi_8x8.simulator.http import Stubs, unreachable
from pulumi_8x8.simulator.inbound import Incoming, dtmf_body, message_body, written
from pulumi_8x8.simulator.instance import Instance, Run
from pulumi_8x8.simulator.outcomes import Message, Refusal
from pulumi_8x8.simulator.refusals import REASONS, refusal
from pulumi_8x8.simulator.settings import SimulatorSettings
from pulumi_8x8.simulator.taps import Tap, find, reply, unread
from pulumi_8x8.simulator.trace import Event, show

CUSTOMER = "+6581968289"
SUB_ACCOUNT = "SubAccount-1"
#: Of one move of the clock: an endless workflow would fill the memory.
_MOST_EVENTS = 50_000


def read_workflow(path: str | Path) -> Mapping[str, Json]:
    """The workflow in a JSON or YAML file. :raises SourceError: the file can't be read, or has no workflow."""
    body = read_source(path).body
    inner = body.get("definition")
    if not isinstance(inner, dict) or not isinstance(inner.get("steps"), list):
        raise SourceError(f"{path}:1: not a workflow: it needs trigger and definition, with name and steps")
    return body


class Simulation:
    """Runs the instances of one definition, as far as they can run at the current time. The status has no effect.

    Every run is the same: ids and random numbers in scripts repeat.

    :param body: the definition in the service's shape.
    :param at: the time at the start, timezone-aware.
    :param stubs: answers to HTTP calls. A call without a stub fails as if its host didn't exist.
    :ivar instances: the instances in the order of their start. :ivar sent: the messages that they sent.
    :ivar trace: what happened.
    """

    def __init__(
        self, body: Json, at: datetime, stubs: Stubs | None = None, settings: SimulatorSettings | None = None
    ) -> None:
        definition = Definition.from_body(body)
        self.trigger = definition.trigger if isinstance(definition.trigger, str) else "http_request"
        sub_account = definition.sub_account_id
        self._sub_account = sub_account if isinstance(sub_account, str) and sub_account else None
        self.channel = "sms" if self.trigger == "inbound_sms" else "whatsapp"
        self.clock = ManualClock(at)
        self.stubs = stubs or Stubs()
        inner = body.get("definition") if isinstance(body, dict) else None
        steps = inner.get("steps") if isinstance(inner, dict) else None
        self._chance = Random(0)
        sound = [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []
        self._engine = Engine(sound, self.clock, settings, self._chance, self._refused)
        self._source = json.dumps(sound)
        #: Who has written, by number: on which channel last, and how many messages had been sent then.
        self._heard: dict[str, tuple[str, int]] = {}
        self._ordered: deque[Refusal] = deque()
        self.instances: list[Instance] = []
        self._ended: list[list[Run]] = []
        self._live: list[int] = []  # the instances that haven't ended, so that the others cost nothing
        self.sent: list[Message] = []
        self.trace: list[Event] = []

    def say(self, incoming: str | Incoming, sender: str | None = None, channel: str | None = None) -> None:
        """A customer sends a message.

        :param incoming: a text, or see :mod:`pulumi_8x8.simulator.inbound`.
        :param channel: by default the trigger's: SMS or WhatsApp; for HTTP, the channel that an instance waits for.
        :raises EventError: the channel can't have such a message.
        """
        body = message_body(
            written(incoming) if isinstance(incoming, str) else incoming,
            channel or self._waited_channel() or self.channel,
            sender or CUSTOMER,
            self._sub_account or SUB_ACCOUNT,
            self.clock.now(),
            self._chance,
        )
        self.receive(body)

    def tap(self, tap: str | Tap, sender: str | None = None, channel: str | None = None) -> None:
        """A customer taps something that a message offers: one of those sent since the customer's last message.

        :param tap: an id, a title, or more of it. :param sender: by default who got the last message.
        :param channel: by default the channel of the customer's last message.
        :raises TapError: it isn't offered, it could mean several, or it sends nothing.
        """
        tap = Tap(tap) if isinstance(tap, str) else tap
        receivers = [message.shown.receiver for message in self.sent if message.channel == "chat_apps"]
        customer = sender or (receivers[-1] if receivers and receivers[-1] else CUSTOMER)
        used, since = self._heard.get(_key(customer), (None, 0))
        messages = self.sent if tap.step is not None else self.sent[since:]
        mine = [message for message in messages if _key(message.shown.receiver) == _key(customer)]
        incoming = reply(tap, find(tap, mine, customer), self.clock.now())
        warning = unread(incoming, self._source)
        if warning is not None:
            self.trace.append(Event(self.clock.now(), "", "warning", {"message": warning}))
        self.say(incoming, customer, channel or used)

    def refuse(self, code: int, message: str | None = None, times: int = 1) -> None:
        """Lets the messaging API refuse the next messages. :param message: the reason; by default the published one."""
        self._ordered.extend([Refusal(code, message or REASONS.get(code, "Refused"))] * times)

    def _refused(self, message: Message) -> Refusal | None:
        return refusal(message) or (self._ordered.popleft() if self._ordered else None)

    def receive(self, body: dict[str, Any]) -> None:
        """A message comes in. It continues the instances that wait for it; if none does, it may start an instance.

        :raises EventError: ``body`` isn't an inbound message.
        """
        inbound = read_inbound(body)
        for sender in {_key(id) for id in (inbound.msisdn, inbound.channel_user_id) if id}:
            self._heard[sender] = inbound.channel, len(self.sent)
        mine = inbound.trigger == self.trigger and self._sub_account in (None, inbound.sub_account)
        if self._deliver(inbound.keys(self._engine.settings), body) or not mine:
            return
        added = {} if inbound.sub_account is None else {"subAccountId": inbound.sub_account}
        self.start({**body, **added})

    def press(self, keys: str) -> bool:
        """The customer presses keys in a call. Returns whether a WaitForDTMF waits for them."""
        waiting = [run.event or "" for run in self.waiting() if (run.event or "").startswith("dtmf ")]
        if not waiting:
            return False
        call = next((each for each in reversed(self.sent) if waiting[0] in _call_keys(each)), None)
        request_id = waiting[0].partition(" ")[2]
        called = call.shown.receiver if call else None
        body = dtmf_body(request_id, keys, called, self.clock.now(), self._chance, call.umid if call else None)
        return self._deliver(read_dtmf(body), body)

    def start(self, data: dict[str, Any]) -> None:
        """Starts an instance. Its context is ``data`` with the members that the service adds."""
        now = self.clock.now()
        self.trace.append(Event(now, "", "start", {"trigger": self.trigger}))
        data = {**data, "accountId": "account", "triggeredAt": timestamp(now)}
        self.instances.append(self._engine.start(data))
        self._ended.append([])
        self._live.append(len(self.instances) - 1)
        self._run()

    def _deliver(self, keys: Sequence[str], body: dict[str, Any]) -> bool:
        waited = False
        for index in self._live:
            resumed = self._engine.deliver(self.instances[index], keys, body)
            if resumed is not None:
                self.instances[index], waited = resumed, True
        self._run()
        return waited

    def _run(self) -> None:
        for index in self._live:
            while (advance := self._advance(self.instances[index])) is not None:
                self.instances[index] = advance.instance
                self._ended[index] += advance.ended
                self.trace += advance.events
                self.sent += [advance.sent] if advance.sent else []
        self._live = [index for index in self._live if not self.instances[index].ended]

    def _advance(self, instance: Instance) -> Advance | None:
        for run in instance.calling():
            if run.call is not None:
                answer = self.stubs.answer(run.call) or unreachable(run.call)
                return Advance(self._engine.answer(instance, run.id, answer))
        return self._engine.advance(instance)

    def runs(self, index: int = -1) -> list[Run]:
        """All runs of an instance, past and pending ones, in the order of their creation."""
        return sorted([*self._ended[index], *self.instances[index].runs], key=lambda run: run.number)

    def waiting(self) -> list[Run]:
        """The runs that wait for an event, oldest first."""
        return [run for index in self._live for run in self.instances[index].waiting()]

    def _waited_channel(self) -> str | None:
        if self.trigger != "http_request":
            return None
        keys = (run.event or "" for run in self.waiting())
        return next((key.split(" ")[1] for key in keys if key.startswith("reply ")), None)

    def next_due(self) -> datetime | None:
        """When an instance does something by itself next; ``None`` if none does."""
        moments = (self.instances[index].due() for index in self._live)
        return min((due for due in moments if due is not None), default=None)

    def move(self, length: timedelta) -> None:
        """Moves the clock forward. Everything that is due meanwhile happens at its time.

        :raises DurationError: the clock would pass the year 9999, or too much happens meanwhile. The clock keeps the
            time that it has reached.
        """
        try:
            moment = self.clock.now() + length
        except OverflowError:
            raise DurationError("the clock can't go beyond the year 9999") from None
        self.move_to(moment)

    def move_to(self, moment: datetime) -> None:
        """Like :meth:`move`, to a moment."""
        most = len(self.trace) + _MOST_EVENTS
        while (due := self.next_due()) is not None and due <= moment:
            if len(self.trace) >= most:
                raise DurationError(
                    f"more than {_MOST_EVENTS:,} events happen until {timestamp(moment)}. The clock stopped at "
                    f"{timestamp(self.clock.now())}. Wait for a shorter time."
                )
            self.clock.move_to(due)
            self._run()
        self.clock.move_to(moment)

    def __str__(self) -> str:
        return show(self.trace)


def _key(number: str) -> str:
    """Published definitions write numbers with and without ``+``."""
    return number.strip().lstrip("+")


def _call_keys(message: Message) -> Iterator[str]:
    if message.channel == "voice":
        ids = (message.body.get("clientRequestId"), message.umid)
        yield from (dtmf_key(id) for id in ids if isinstance(id, str))

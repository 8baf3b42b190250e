"""How a conversation went: what the world outside notices, in its order. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pulumi_8x8.definition import Json
from pulumi_8x8.simulator import Advance, HttpCall, Message, Run


@dataclass(frozen=True)
class Act:
    """Something that is noticed outside, or that comes from there.

    :ivar kind: a message or an HTTP call; an answer of the customer, or none in time; a fault; the end.
    :ivar at: when, if a step takes no time. :ivar what: its content, as one text to compare.
    :ivar message: the message. :ivar reason: why it failed.
    """

    kind: Literal["message", "call", "heard", "silent", "fault", "end"]
    step: str
    at: datetime
    what: str
    message: Message | None = field(default=None, compare=False, repr=False)
    reason: str = field(default="", compare=False, repr=False)

    @property
    def words(self) -> str:
        """What a customer reads, or why it failed; a customer's data may be in it."""
        return self.reason if self.message is None else self.message.words


@dataclass(frozen=True)
class Ran:
    """A step that ran.

    :ivar after: the step that led to it; empty at the start. :ivar decides: it only decides which step follows.
    :ivar at: when it began if steps take no time.
    """

    step: str
    after: str
    decides: bool
    at: datetime


@dataclass(frozen=True)
class Listening:
    """A time in which an instance listened to a customer.

    :ivar key: whom, see :mod:`pulumi_8x8.simulator.events`. :ivar deadline: the end of the wait.
    :ivar end: when it stopped. :ivar how: why.
    :ivar name: what came; waits for the same customer get the same. :ivar heard: ``step`` afterwards.
    """

    key: str
    step: str
    start: datetime
    deadline: datetime
    end: datetime
    how: Literal["heard", "silent", "cut"]
    name: str = ""
    heard: Any = None


@dataclass
class Course:
    """How a conversation went: what was noticed outside, the steps that ran, and when it listened.

    :ivar after: why the rest is unknown. :ivar until: where it begins.
    :ivar rests: there, it waits for a customer, and nothing else happens at that time.
    """

    acts: list[Act] = field(default_factory=list)
    ran: list[Ran] = field(default_factory=list)
    listened: list[Listening] = field(default_factory=list)
    status: str = ""
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)
    after: str | None = None
    until: datetime | None = None
    rests: bool = False

    def until_then(self, moment: datetime, why: str) -> Course:
        """The course until a customer may do something else. :param why: why the rest isn't known."""
        # If it begins to listen at this moment, what it did before at the same moment is known.
        begins = any(each.start == moment < each.end for each in self.listened)
        return Course(
            [act for act in self.acts if act.at < moment or (begins and act.at == moment)],
            [ran for ran in self.ran if ran.at < moment or (begins and ran.at == moment)],
            [
                each if each.end <= moment else replace(each, end=moment, how="cut", name="", heard=None)
                for each in self.listened
                if each.start <= moment
            ],
            after=why,
            until=moment,
        )


def content(message: Message) -> dict[str, Any]:
    """What a step sends. The simulator's id of a call isn't part of it."""
    return {name: value for name, value in message.body.items() if message.channel != "voice" or name != "uid"}


def call_text(call: HttpCall) -> str:
    """An HTTP call as one text."""
    return json.dumps([call.method, call.url, call.headers, call.body, call.timeout], sort_keys=True)


def acts_of(advance: Advance, run: Run, at: datetime) -> list[Act]:
    """What an advance shows outside."""
    acts = []
    if advance.sent is not None:
        what = json.dumps([advance.sent.channel, content(advance.sent)], sort_keys=True, ensure_ascii=False)
        acts.append(Act("message", run.step_id, at, what, advance.sent))
    for event in advance.events:
        if event.kind == "call":
            what = next(call_text(each.call) for each in advance.instance.runs if each.id == run.id and each.call)
            acts.append(Act("call", run.step_id, at, what))
        elif event.kind == "fault":
            acts.append(Act("fault", event.step_id, at, "", reason=str(event.detail["message"])))
        elif event.kind == "complete":
            acts.append(Act("end", "", at, ""))
    return acts


def call_key(call: str, at: datetime, before: Sequence[str]) -> str:
    """The name of an HTTP call: what it calls, when, and after which others."""
    return json.dumps([call, at.isoformat(), list(before)])

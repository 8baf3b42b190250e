"""Soundness of backtests: what they claim about a conversation is what happens.

Random workflows talk with random customers on the emulator, whose settings for unsettled facts are random, too, and
unknown to the backtest. Then the workflow changes, and a backtest claims what the change would have done. For each
conversation where it claims something, the changed workflow really runs with the same customer.

The service is slow: each step takes a few milliseconds, differently before and after the change. HTTP servers take
seconds. Before the change, people terminate instances, or suspend them while they wait for time to pass. Nothing
that is compared includes the service's slowness, which stays below a second: all else happens at full seconds.

Messages are compared with their step, their content, and the second at which they were sent; steps with the step that
led to them, and the second at which they began. The order within a second isn't compared. If two paths of an instance
continue at the same second, a millisecond of slowness decides which one is first, also if the same version runs twice,
so a backtest doesn't claim it. Within one path, the steps that led to others are its order. If the order of two paths
changes a text, the data or the way, it is compared like everything else.

What the model can't do that the world does:

- The service is never slow by more than a second. If a recorded one was, customers got messages later than the backtest
  takes them to have been sent.
- Nobody suspends an instance while it waits for a customer or an HTTP server, since its log doesn't show it.
- A customer is a function of what it received, and when, but not of the order within a second. People also know what
  happened elsewhere.
- The answers of HTTP servers are a function of the call, its time, and the calls before it in the conversation. The ids
  that the messaging API returns are a function of the message and its time. Random values follow one after another, so
  they are the same as long as the changed workflow does exactly the same.
- The messaging API refuses only what the simulator refuses. The real one also refuses for other reasons.
- A message that no wait hears, and that begins nothing, doesn't come in the second in which a wait begins or ends. No
  record shows it, and a few milliseconds of slowness decide whether the wait hears it.
- Nobody starts an instance by hand; no other workflow talks to the customer.
- Each conversation is with another customer, as far as the backtest knows. What runs after ten days is terminated.
- A workflow that loops is watched for 40 moments. What it does later isn't compared: it takes 28,800 timeouts to see
  what a loop of half a minute does in ten days. A run prints the number of such conversations.
- A person's clock and the service's are the same.

There are three kinds of workflows (:class:`~random_flows.Flows`): the full range, where outputs keep what comes from
outside, or not; and workflows in which only replies decide. For each kind, a long run prints the share of conversations
without a claim. Instances that these tests terminate, since they never end, don't count in it. The limit leaves out the
conversations that another one with the same customer makes unknown, whose share a run prints, too: here, every third
conversation begins within minutes of another one with the same customer.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import get_args

import pytest
from customers import LONGEST, Truth, Worlds, second, without_slowness
from evidence_kit import START
from random_flows import Flows, Kind, change

from kit import PRINTED
from pulumi_8x8.definition import Definition
from pulumi_8x8.evidence.backtest import NEIGHBOUR, Assessment, Revision, assess, with_neighbours
from pulumi_8x8.evidence.course import Course
from pulumi_8x8.evidence.differences import undetermined
from pulumi_8x8.evidence.unknowns import fits
from pulumi_8x8.simulator import SimulatorSettings

#: Conversations in a run of ``make soak``, of all kinds of workflows together; a run has a few more.
CONVERSATIONS = int(os.environ.get("BACKTEST_CONVERSATIONS", "0"))
#: The largest share of conversations without a claim, if outputs keep replies, and only replies decide.
MOST_UNKNOWN = 0.1
#: Workflows in the same worlds.
BLOCK = 100


def random_settings(random: Random) -> SimulatorSettings:
    return SimulatorSettings(
        null_member="fault" if random.random() < 0.25 else "null",
        reply_sender="any" if random.random() < 0.3 else "channel_user_id",
        refused_message="fault" if random.random() < 0.3 else "status",
        plain_output="store" if random.random() < 0.3 else "keep",
    )


def check(worlds: Worlds, case: int, conversations: int, kind: Kind, counts: Counter[str]) -> None:
    """One workflow, one change, some conversations."""
    random = Random(f"case {case}")
    flows = Flows(random, kind)
    old = flows.body()
    what, new = change(flows, old)
    settings = random_settings(random)
    made = Revision(Definition.from_body(old), Definition.from_body(new))
    account = f"case-{case}-{kind}"
    first = case % BLOCK * conversations  # the emulator's ids of instances last until 2106
    begins = [START + (first + number) * (LONGEST + timedelta(days=1)) for number in range(conversations)]
    recorded = worlds.live("before", settings, account, old, old)
    talks = []
    for number, moment in enumerate(begins):
        talks.append(recorded.converse(number, moment))
        recorded.stop()
    records = recorded.records()
    version = {1: made}
    assessed = assess(records.records, version)
    by_id = dict(zip((record.id for record in records.records), assessed, strict=True))
    claims: dict[str, Assessment] = {}
    for talk in talks:  # each with another customer
        mine = [record for record in records.records if record.id in talk.ids]
        outcomes = with_neighbours(mine, [by_id[record.id] for record in mine], version)
        for record, outcome in zip(mine, outcomes, strict=True):
            claims[record.id] = replace(by_id[record.id], outcome=outcome)
    changed = worlds.live("after", settings, account, new, old)
    for number, talk in enumerate(talks):
        for id_ in talk.ids:
            _count(claims[id_], counts)
        if not any(_claimed(claims[id_]) for id_ in talk.ids):
            continue
        again = changed.converse(number, begins[number])
        until = min(talk.until, again.until)
        ran = {changed.begun(id_): id_ for id_ in again.ids}
        for id_ in talk.ids:
            claim, was, now = claims[id_], recorded.truth(id_), ran.get(recorded.begun(id_))
            label = f"case {case} {kind} ({what}), conversation {number}, {settings}: {claim.outcome}"
            if not _claimed(claim) or was.started >= until:
                continue
            assert (now is None) == (claim.outcome.kind == "start"), label
            if now is not None:
                compare(claim, was, changed.truth(now), until, label)
                counts["watched for some time"] += until < begins[number] + LONGEST
        changed.stop()


def _claimed(claim: Assessment) -> bool:
    return claim.outcome.kind != "undetermined"


def _count(claim: Assessment, counts: Counter[str]) -> None:
    counts["all"] += 1
    counts[claim.outcome.kind] += 1
    counts["partly"] += claim.outcome.rest is not None
    counts["neighbour"] += claim.outcome == undetermined(NEIGHBOUR)
    counts["terminated"] += claim.outcome == undetermined("somebody terminated it")
    if claim.outcome.kind == "undetermined" and os.environ.get("BACKTEST_WHY"):
        counts["".join(each if isinstance(each, str) else "X" for each in claim.outcome.what)] += 1


def _unknown(counts: Counter[str], besides: int = 0) -> float:
    """The share of conversations without a claim, of those that nobody terminated.

    :param besides: conversations without a claim that don't count.
    """
    besides += counts["terminated"]
    return (counts["undetermined"] - besides) / (counts["all"] - besides)


def compare(claim: Assessment, was: Truth, now: Truth, until: datetime, label: str) -> None:
    """The claim is true of what really happened until a moment, as far as it shows by then."""
    assert claim.replay is not None
    assert claim.course is not None
    follows(claim.replay.course, was, until, f"{label}\nthe replay of what was")
    follows(claim.course, now, until, label)
    if not (was.over(until) and now.over(until)):
        return
    same = was.sent == now.sent and was.calls == now.calls and was.status == now.status and was.heard == now.heard
    match claim.outcome.kind:
        case "same":
            assert Counter(each[::2] for each in was.sent) == Counter(each[::2] for each in now.sent), label
            assert (was.calls, was.status) == (now.calls, now.status), label
        case "fault":
            assert now.status == "Terminated", label
        case "text" | "time" | "way" | "no answer":
            assert not same or (claim.outcome.kind == "way" and was.ran != now.ran), label


def follows(course: Course, truth: Truth, until: datetime, label: str) -> None:
    """A course is the beginning of what really happened until a moment, or all of it."""
    sent = Counter(
        (second(act.at), act.step, act.what) for act in course.acts if act.kind == "message" and act.at < until
    )
    real = Counter(each for each in truth.sent if each[0] < until)
    known = Counter({each: number for each, number in sent.items() if "᚛" not in each[2]})
    assert known <= real, f"{label}\n{known - real}\n{real - known}"
    assert _places(sent) <= _places(real), f"{label}\n{sent}\n{real}"
    ran = Counter((second(each.at), each.after, each.step) for each in course.ran if each.at < until)
    really = Counter(each for each in truth.ran if each[0] < until)
    assert ran <= really, f"{label}\n{ran - really}\n{really - ran}"
    if course.until is not None:
        more = [*(at for at, _ in _places(real) - _places(sent)), *(at for at, _, _ in really - ran)]
        assert all(at >= second(course.until) for at in more), f"{label}\n{sent}\n{real}\n{really - ran}"
    else:
        assert _places(sent) == _places(real), f"{label}\n{sent}\n{real}"
        assert ran == really, f"{label}\n{really - ran}"
        if truth.over(until):
            data = json.loads(without_slowness(json.dumps([course.data, truth.data])))
            assert course.status == truth.status, f"{label}\n{course.status} {truth.status}"
            assert not course.data or fits(*data), f"{label}\n{data}"


def _places(sent: Counter[tuple[datetime, str, str]]) -> Counter[tuple[datetime, str]]:
    """Messages without their content."""
    return Counter(each[:2] for each in sent.elements())


@pytest.mark.parametrize("kind", get_args(Kind))
def test_claims_are_true(kind: Kind) -> None:
    """Every claim about conversations of random workflows is true."""
    counts: Counter[str] = Counter()
    with Worlds() as worlds:
        for case in range(30):
            check(worlds, case, 5, kind, counts)
    assert counts["same"] > 50


@pytest.mark.skipif(not CONVERSATIONS, reason="make soak")
@pytest.mark.parametrize("kind", get_args(Kind))
def test_many_claims_are_true(kind: Kind, record_property: Callable[[str, object], None]) -> None:
    """The same for many more; and few conversations are without a claim if outputs keep all that decides."""
    counts: Counter[str] = Counter()
    case = int(os.environ.get("BACKTEST_FIRST", "1000"))
    while counts["all"] < CONVERSATIONS / len(get_args(Kind)):
        with Worlds() as worlds:
            for each in range(case, case + BLOCK):
                check(worlds, each, 20, kind, counts)
        case += BLOCK
    alone = _unknown(counts, counts["neighbour"])
    shares = f"{_unknown(counts):.1%} without a claim; {alone:.1%}, if no other conversation is the reason"
    record_property(PRINTED, f"{kind}: {shares}; {dict(counts)}")
    assert kind != "replies" or alone < MOST_UNKNOWN

"""Soundness of backtests: what they claim about a conversation is what happens.

Random workflows talk with random customers on the emulator, whose settings for unsettled facts are random, too, and
unknown to the backtest. Then the workflow changes, and a backtest claims what the change would have done. For each
conversation where it claims something, the changed workflow really runs with the same customer.

What the model can't do that the world does:

- Steps take no time, and HTTP servers answer immediately. The service takes time for each step.
- A customer is a function of what it received, and when. People also know what happened elsewhere.
- The answers of HTTP servers are a function of the call, its time, and the calls before it in the conversation. The ids
  that the messaging API returns are a function of the message and its time. Random values follow one after another, so
  they are the same as long as the changed workflow does exactly the same.
- The messaging API refuses only what the simulator refuses. The real one also refuses for other reasons.
- Nobody suspends, resumes or terminates an instance, or starts one by hand; no other workflow talks to the customer.
- A person's clock and the service's are the same.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from customers import LONGEST, Truth, Worlds
from evidence_kit import START
from random_flows import Flows, change

from kit import PRINTED
from pulumi_8x8.definition import Definition
from pulumi_8x8.evidence.backtest import NEIGHBOUR, Assessment, Change, assess, with_neighbours
from pulumi_8x8.evidence.outcomes import undetermined
from pulumi_8x8.evidence.unknowns import fits
from pulumi_8x8.simulator import SimulatorSettings

#: Conversations in a run of ``make soak``.
CONVERSATIONS = int(os.environ.get("BACKTEST_CONVERSATIONS", "0"))
#: The largest share of conversations without a claim, if outputs keep replies.
MOST_UNKNOWN = 0.2
#: Workflows in the same worlds.
BLOCK = 100


def random_settings(random: Random) -> SimulatorSettings:
    return SimulatorSettings(
        null_member="fault" if random.random() < 0.25 else "null",
        reply_sender="any" if random.random() < 0.3 else "channel_user_id",
        refused_message="fault" if random.random() < 0.3 else "status",
        plain_output="store" if random.random() < 0.3 else "keep",
    )


def check(worlds: Worlds, case: int, conversations: int, keeps: bool, counts: Counter[str]) -> None:
    """One workflow, one change, some conversations."""
    random = Random(f"case {case}")
    flows = Flows(random, keeps)
    old = flows.body()
    what, new = change(flows, old)
    settings = random_settings(random)
    made = Change(Definition.from_body(old), Definition.from_body(new))
    account = f"case-{case}-{keeps}"
    first = case % BLOCK * conversations  # the emulator's ids of instances last until 2106
    begins = [START + (first + number) * (LONGEST + timedelta(days=1)) for number in range(conversations)]
    recorded = worlds.live("before", settings, account, old, old)
    talks = []
    for number, moment in enumerate(begins):
        talks.append(recorded.converse(number, moment))
        recorded.stop()
    records = recorded.records()
    version = {1: made}
    assessed = [assess(record, made) for record in records.records]
    outcomes = with_neighbours(records.records, assessed, version)
    claims = {
        record.id: (replace(each, outcome=outcome), record)
        for record, each, outcome in zip(records.records, assessed, outcomes, strict=True)
    }
    changed = worlds.live("after", settings, account, new, old)
    for number, ids in enumerate(talks):
        for id_ in ids:
            _count(claims[id_][0], counts)
        if not any(_claimed(claims[id_][0]) for id_ in ids):
            continue
        ran = {changed.begun(id_): id_ for id_ in changed.converse(number, begins[number])}
        for id_ in ids:
            claim, _ = claims[id_]
            label = f"case {case} {keeps} ({what}), conversation {number}, {settings}: {claim.outcome}"
            mine = ran.get(recorded.begun(id_))
            if _claimed(claim):
                assert (mine is None) == (claim.outcome.kind == "start"), label
            if mine is not None and _claimed(claim):
                compare(claim, recorded.truth(id_), changed.truth(mine), label)
        changed.stop()


def _claimed(claim: Assessment) -> bool:
    return claim.outcome.kind != "undetermined"


def _count(claim: Assessment, counts: Counter[str]) -> None:
    counts["all"] += 1
    counts[claim.outcome.kind] += 1
    counts["partly"] += claim.outcome.rest is not None
    counts["neighbour"] += claim.outcome == undetermined(NEIGHBOUR)
    if claim.outcome.kind == "undetermined" and os.environ.get("BACKTEST_WHY"):
        counts["".join(each if isinstance(each, str) else "X" for each in claim.outcome.what)] += 1


def _unknown_alone(counts: Counter[str]) -> float:
    """The share of conversations without a claim, if no other conversation with the same customer is the reason."""
    return (counts["undetermined"] - counts["neighbour"]) / counts["all"]


def compare(claim: Assessment, was: Truth, now: Truth, label: str) -> None:
    """The claim is true of what really happened."""
    assert claim.replay is not None
    assert claim.course is not None
    follows(claim.replay.course, was, f"{label}\nthe replay of what was")
    follows(claim.course, now, label)
    same = was.sent == now.sent and was.calls == now.calls and was.status == now.status
    match claim.outcome.kind:
        case "same":
            assert [each[::2] for each in was.sent] == [each[::2] for each in now.sent], label
            assert (was.calls, was.status) == (now.calls, now.status), label
        case "fault":
            assert now.status == "Terminated", label
        case "text" | "time" | "way" | "no answer":
            assert not same or claim.outcome.kind == "way", label


def follows(course: Any, truth: Truth, label: str) -> None:
    """A course is the beginning of what really happened, or all of it."""
    sent = [(act.at, act.step, act.what) for act in course.acts if act.kind == "message"]
    for mine, real in zip(sent, truth.sent, strict=False):
        assert mine[:2] == real[:2], f"{label}\n{mine}\n{real}"
        assert mine[2] == real[2] or "᚛" in mine[2], f"{label}\n{mine}\n{real}"
    assert len(sent) <= len(truth.sent), label
    ran = [each.step for each in course.ran]
    assert list(truth.ran[: len(ran)]) == ran, f"{label}\n{ran}\n{truth.ran}"
    if course.after is None:
        assert len(sent) == len(truth.sent), f"{label}\n{sent}\n{truth.sent}"
        assert len(ran) == len(truth.ran), f"{label}\n{ran}\n{truth.ran}"
        assert course.status == truth.status, f"{label}\n{course.status} {truth.status}"
        assert fits(dict(course.data), dict(truth.data)), f"{label}\n{course.data}\n{truth.data}"
    else:
        assert all(at >= course.until for at, _, _ in truth.sent[len(sent) :]), f"{label}\n{sent}\n{truth.sent}"


@pytest.mark.parametrize("keeps", [True, False])
def test_claims_are_true(keeps: bool) -> None:
    """Every claim about conversations of random workflows is true."""
    counts: Counter[str] = Counter()
    with Worlds() as worlds:
        for case in range(30):
            check(worlds, case, 5, keeps, counts)
    assert counts["same"] > 50
    assert not keeps or _unknown_alone(counts) < MOST_UNKNOWN


@pytest.mark.skipif(not CONVERSATIONS, reason="make soak")
@pytest.mark.parametrize("keeps", [True, False])
def test_many_claims_are_true(keeps: bool, record_property: Callable[[str, object], None]) -> None:
    """The same for many more."""
    counts: Counter[str] = Counter()
    case = int(os.environ.get("BACKTEST_FIRST", "1000"))
    while counts["all"] < CONVERSATIONS // 2:
        with Worlds() as worlds:
            for each in range(case, case + BLOCK):
                check(worlds, each, 20, keeps, counts)
        case += BLOCK
    record_property(PRINTED, f"outputs keep replies: {keeps}: {dict(counts)}")
    assert not keeps or _unknown_alone(counts) < MOST_UNKNOWN

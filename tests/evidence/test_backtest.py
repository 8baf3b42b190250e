"""Backtests: what they claim about recorded conversations, and what they leave open."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from evidence_kit import World, ask, chat_message, say, workflow, world

from pulumi_8x8.definition import Definition
from pulumi_8x8.evidence.backtest import NEIGHBOUR, Backtest, backtest
from pulumi_8x8.evidence.records import read_records
from pulumi_8x8.evidence.unknowns import may_be_same
from pulumi_8x8.review.sentences import plain

MENU = workflow(
    say("ask", "1 or 2?", "answer"),
    {
        **ask("answer"),
        "outputs": {"reply": "{{step.reply}}"},
        "selectNextStep": {"one": "{{data.reply != null && data.reply.payload.content.text == '1'}}", "bye": None},
    },
    say("one", "You chose one", "bye"),
    say("bye", "Bye"),
)


#: A customer remembers a conversation for less than this.
LONG = 3 * 86400


def _edit(place: int, **change: Any) -> dict[str, Any]:
    """The menu with other members of one step."""
    body = copy.deepcopy(MENU)
    body["definition"]["steps"][place] |= change
    return body


def _talk(service: World, answers: list[str | None], body: dict[str, Any] = MENU) -> str:
    """Conversations, each with one answer after a minute; ``None``: no answer."""
    id = service.store(body)
    for answer in answers:
        service.service.start("acme", id, None, chat_message("hi"))
        service.move(60)
        if answer is not None:
            service.service.receive(chat_message(answer), None)
        service.move(LONG)
    return id


def _groups(new: dict[str, Any], answers: list[str | None], old: dict[str, Any] = MENU) -> list[tuple[str, str, int]]:
    with world() as service:
        id = _talk(service, answers, old)
        return _shown(backtest("menu", read_records(service.client, id), Definition.from_body(new)))


def _shown(made: Backtest) -> list[tuple[str, str, int]]:
    return [(group.kind, plain(group.what), group.count) for group in made.groups]


#: The menu without outputs: the reply is only read where it comes in.
FORGETS = copy.deepcopy(MENU)
FORGETS["definition"]["steps"][1] |= {
    "outputs": {},
    "selectNextStep": {"one": "{{step.reply.payload.content.text == '1'}}", "bye": None},
}


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (MENU, [("same", "", 3)]),
        (_edit(3, inputs=say("bye", "Goodbye")["inputs"]), [("text", "`bye` has another text", 3)]),
        (_edit(2, nextStepId=None), [("way", "after `one`: to the end instead of `bye`", 1), ("same", "", 2)]),
        (_edit(0, inputs=say("ask", "1, 2 or 3?")["inputs"]), [("text", "`ask` has another text", 3)]),
        (
            _edit(1, selectNextStep={}),
            [("no answer", "", 1), ("no answer", "", 1), ("way", "", 1)],
        ),
        (_edit(3, inputs={**say("bye", "Bye")["inputs"], "user": {}}), [("fault", "`bye` fails", 3)]),
        (
            _edit(1, inputs=ask("answer", timeout="00:00:30")["inputs"]),
            [("way", "`answer` no longer waits for its answer", 2), ("time", "`bye` sends earlier", 1)],
        ),
        (
            _edit(1, inputs=ask("answer", timeout="02:00:00")["inputs"]),
            [("time", "`answer` waits longer for an answer", 1), ("same", "", 2)],
        ),
        (
            _edit(1, inputs={**ask("answer")["inputs"], "from": "+6599999999"}),
            [("way", "`answer` waits for somebody else", 3)],
        ),
        ({**MENU, "status": "disabled"}, [("start", "the workflow is disabled", 3)]),
        ({**MENU, "trigger": "http_request"}, [("start", "its trigger no longer starts the workflow", 3)]),
    ],
)
def test_outcomes(new: dict[str, Any], expected: list[tuple[str, str, int]]) -> None:
    """Three conversations (1, 2, no answer) have the outcomes that follow from the change."""
    found = _groups(new, ["1", "2", None])
    for (kind, what, number), (wanted, words, many) in zip(found, expected, strict=False):
        assert (kind, number) == (wanted, many), found
        assert not words or what == words, found


def test_a_message_that_nothing_waits_for() -> None:
    """A message that the change no longer waits for begins another conversation, whose messages nobody recorded.

    So nothing that the customer does afterwards is known. If a call begins conversations, a message begins none.
    """

    def body(timeout: str, pause: str, trigger: str) -> dict[str, Any]:
        reply = {"outputs": {"reply": "{{step.reply}}"}}
        return workflow(
            say("hello", "Hello", "first"),
            {**ask("first", "pause", timeout=timeout), **reply},
            {"id": "pause", "stepType": "Wait", "inputs": {"duration": pause}, "nextStepId": "second"},
            {**ask("second", "bye"), **reply},
            say("bye", "Bye"),
            trigger=trigger,
        )

    for trigger, rest in (
        (
            "inbound_chat_apps",
            "`second` waits after a message that begins another conversation, since nothing waits for it",
        ),
        ("http_request", None),
    ):
        with world() as service:
            id = service.store(body("02:00:00", "00:00:10", trigger))
            service.service.start("acme", id, None, chat_message("hi"))
            for pause in (1800, 2400):
                service.move(pause)
                service.service.receive(chat_message("yes"), None)
            service.move(LONG)
            records = read_records(service.client, id)
        made = backtest("menu", records, Definition.from_body(body("00:05:00", "01:00:00", trigger)))
        assert _shown(made) == [("way", "`first` no longer waits for its answer", 1)]
        assert made.groups[0].rest == (() if rest is None else ((rest, 1),))


def test_a_reply_just_after_another() -> None:
    """Two messages in the same millisecond are two replies: what one wait kept isn't what the other received."""

    def body(text: str) -> dict[str, Any]:
        read = "{{step.reply.payload.content.text}}"
        return workflow(
            say("hello", "1 or 2?", "first"),
            {**ask("first", "second"), "outputs": {"one": read}},
            {**ask("second", "bye"), "outputs": {"two": read}},
            say("bye", text),
        )

    with world() as service:
        id = service.store(body("You chose {{data.one}}"))
        service.service.start("acme", id, None, chat_message("hi"))
        service.move(60)
        for answer in ("1", "2"):
            service.service.receive(chat_message(answer), None)
        service.move(LONG)
        records = read_records(service.client, id)
    new = body("You chose {{data.one}}!")
    new["definition"]["steps"][1]["selectNextStep"] = {"bye": None}
    (group,) = backtest("menu", records, Definition.from_body(new)).groups
    assert [example.after for example in group.examples] == ["You chose 1!"]


def test_a_reply_at_the_end_of_a_wait() -> None:
    """A reply in the last milliseconds of a wait counts, unless it was only in time since the wait began late."""
    with world() as service:
        id = service.store(MENU)
        service.service.start("acme", id, None, chat_message("hi"))
        service.move(3599.998)
        service.service.receive(chat_message("1"), None)
        service.move(LONG)
        records = read_records(service.client, id)
    (record,) = records.records
    assert record.started is not None
    late = replace(records, records=(replace(record, started=record.started - timedelta(milliseconds=2)),))
    why = "the answer came at about the time when `answer` ends"
    for made, outcome in ((records, ("same", "", 1)), (late, ("undetermined", why, 1))):
        assert _shown(backtest("menu", made, Definition.from_body(MENU))) == [outcome]


def test_a_message_just_after_the_end_of_a_wait() -> None:
    """A message that began a conversation when another one ended to wait may be its answer the next time."""
    for pause, outcomes in ((3600.002, {("undetermined", NEIGHBOUR, 2)}), (3610, {("same", "", 2)})):
        with world() as service:
            id = service.store(MENU)
            service.service.receive(chat_message("hi"), None)
            service.move(pause)
            service.service.receive(chat_message("1"), None)
            service.move(LONG)
            records = read_records(service.client, id)
        assert set(_shown(backtest("menu", records, Definition.from_body(MENU)))) == outcomes


def test_a_fault_ends_the_other_path() -> None:
    """If another path of the instance continues when a step fails, slowness decides whether it still does something."""
    for pause, outcome in (("00:00:30", RACE), ("00:10:00", "")):
        fork = {"id": "fork", "stepType": "Branch", "selectNextStep": {"other": "{{true}}", "pause": "{{true}}"}}
        waits = [
            {"id": id, "stepType": "Wait", "inputs": {"duration": lasts}, "nextStepId": then}
            for id, lasts, then in (("other", "00:00:30", "hi"), ("pause", pause, "bad"))
        ]
        body = workflow(fork, *waits, say("hi", "Hi"), say("bad", "{{nowhere.at.all}}"))
        with world() as service:
            id = service.store(body)
            service.service.receive(chat_message("hi"), None)
            service.move(LONG)
            records = read_records(service.client, id)
        assert [words for _, words, _ in _shown(backtest("menu", records, Definition.from_body(body)))] == [outcome]


RACE = "`bad` fails at about the time when another path continues"


def test_an_unknown_conversation_may_take_the_message_of_another() -> None:
    """What would have happened in a terminated conversation is unknown: it may wait for whoever begins the next one."""
    staff = "+6599999999"

    def body(sender: str) -> dict[str, Any]:
        writer = "{{data.payload.user.msisdn}}"
        asks, waits = say("ask", "1 or 2?", "answer"), ask("answer")
        asks["inputs"]["user"] = {"msisdn": writer}
        waits["inputs"]["from"] = sender
        return workflow(asks, waits)

    with world() as service:
        id = service.store(body("{{data.payload.user.msisdn}}"))
        (first,), _ = service.service.receive(chat_message("hi"), None)
        service.move(600)
        service.service.receive(chat_message("hi", staff), None)
        service.service.command("acme", id, first.id, "terminate")
        service.move(LONG)
        records = read_records(service.client, id)
    for sender, outcome in ((staff, NEIGHBOUR), ("{{data.payload.user.msisdn}}", "")):
        found = {words for _, words, _ in _shown(backtest("menu", records, Definition.from_body(body(sender))))}
        assert found == {"somebody terminated it", outcome}


def test_replies_that_no_output_kept() -> None:
    """The log shows the result of a condition that reads a lost reply, and of no other one."""
    assert _groups(FORGETS, ["1", "2", None], FORGETS) == [("same", "", 3)]
    other = copy.deepcopy(FORGETS)
    read = "step.reply.payload.content.text"
    other["definition"]["steps"][1]["selectNextStep"] = {"one": f"{{{{{read} == '2'}}}}", "bye": None}
    assert _groups(other, ["1", "2"], FORGETS) == [
        ("undetermined", f"`answer` decides by {read}, which no output kept", 2)
    ]


def test_unsettled_facts() -> None:
    """If the outcome depends on a member of null, which may be null or a fault, it is unknown."""
    new = _edit(1, selectNextStep={"one": "{{data.reply.payload.content.text != '9'}}", "bye": None})
    assert ("undetermined", "it depends on what isn't settled about the service: `null_member`", 1) in _groups(
        new, [None]
    )


def test_a_settled_fact() -> None:
    """What one conversation shows about an unsettled fact holds for all: here a member of null was null."""
    read = "{{data.reply.payload.content.text == '1'}}"
    new = _edit(1, selectNextStep={"one": "{{data.reply.payload.content.text != '9'}}", "bye": None})
    with world() as service:
        id = _talk(service, [None], _edit(1, selectNextStep={"one": read, "bye": None}))
        service.store(MENU, id)
        service.service.start("acme", id, None, chat_message("hi"))
        service.move(LONG)
        made = backtest("menu", read_records(service.client, id), Definition.from_body(new))
    assert (made.total("way"), made.total("undetermined")) == (2, 0)


def test_another_call() -> None:
    """A changed HTTP request is a difference by itself; what follows it is unknown."""
    call = {"id": "call", "stepType": "HttpRequest", "inputs": {"url": "http://127.0.0.1:9/a", "method": "GET"}}
    old, new = workflow(call, say("bye", "Bye")), copy.deepcopy(workflow(call, say("bye", "Bye")))
    new["definition"]["steps"][0]["inputs"]["url"] += "/new"
    with world() as service:
        made = backtest("menu", read_records(service.client, _talk(service, [None], old)), Definition.from_body(new))
    (group,) = made.groups
    assert (group.kind, plain(group.what), bool(group.rest)) == ("way", "`call` calls something else", True)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"text": "Hello ᚛1᚜"}', '{"text": "Hello Ann"}', True),
        ('{"text": "Hello ᚛1᚜"}', '{"text": "Goodbye Ann"}', False),
        ('{"text": "᚛1᚜, hello"}', '{"text": "᚛2᚜, bye"}', False),
        ('{"text": "᚛1᚜ hello"}', '{"text": "Ann ᚛2᚜"}', True),
        ('{"content": "᚛1᚜"}', '{"content": {"text": "a"}}', True),
        ('{"content": {"᚛rest᚜": "᚛1᚜"}}', '{"content": {"text": "a"}}', True),
        ("a", "b", False),
    ],
)
def test_unknown_texts(one: str, other: str, same: bool) -> None:
    """Texts with unknown values differ only if no values make them the same."""
    assert may_be_same(one, other) == may_be_same(other, one) == same


def test_one_message_more() -> None:
    """A message more, with the text of another one at the same time, concerns the next conversation, too."""
    menu = workflow(say("a", "Hi", "b"), say("b", "Hi", "c"), say("c", "Bye"))
    new = copy.deepcopy(menu)
    new["definition"]["steps"][0]["nextStepId"] = "c"
    with world() as service:
        id = service.store(menu)
        for _ in range(2):
            service.service.receive(chat_message("hi"), "acme")
            service.move(3600)
        made = backtest("menu", read_records(service.client, id), Definition.from_body(new))
    assert (made.total("way"), made.total("undetermined")) == (1, 1)


def test_running() -> None:
    """Nothing is claimed about a conversation that hasn't ended."""
    with world() as service:
        id = service.store(MENU)
        service.service.start("acme", id, None, chat_message("hi"))
        made = backtest("menu", read_records(service.client, id), Definition.from_body(MENU))
    assert _shown(made) == [("undetermined", "it hasn't ended yet", 1)]


def test_suspended() -> None:
    """Nothing is claimed about a conversation that somebody suspended, terminated, or held for long."""
    with world() as service:
        id = service.store(MENU)
        for command in ("suspend", "terminate"):
            started = service.service.start("acme", id, None, chat_message("hi"))
            service.service.command("acme", id, started.id, command)  # type: ignore[arg-type]
            service.move(LONG)
            service.service.command("acme", id, started.id, "resume")
        made = backtest("menu", read_records(service.client, id), Definition.from_body(MENU))
    assert sorted(what for _, what, _ in _shown(made)) == [
        "its times don't follow from its steps: somebody suspended it, or the service was slow",
        "somebody terminated it",
    ]


def test_all_versions() -> None:
    """Each conversation is compared with the version that it ran."""
    with world() as service:
        id = _talk(service, ["1"])
        service.store(_edit(3, inputs=say("bye", "Goodbye")["inputs"]), id)
        service.service.start("acme", id, None, chat_message("hi"))
        service.move(LONG)
        made = backtest("menu", read_records(service.client, id), Definition.from_body(MENU))
    assert made.versions == {2: 1, 1: 1}
    assert _shown(made) == [("text", "`bye` has another text", 1), ("same", "", 1)]


def test_neighbours() -> None:
    """A conversation soon after another one with the same customer is unknown, if the other one would go otherwise."""
    new = Definition.from_body(_edit(3, inputs=say("bye", "Goodbye")["inputs"]))
    for pause, known in ((3600.0, 1), (LONG, 2)):
        with world() as service:
            id = service.store(MENU)
            for _ in range(2):
                service.service.receive(chat_message("hi"), "acme")
                service.move(60)
                service.service.receive(chat_message("1"), "acme")
                service.move(pause)
            made = backtest("menu", read_records(service.client, id), new)
        assert made.total("text") == known


def test_another_log() -> None:
    """A log that doesn't follow from the version that ran proves nothing."""
    with world() as service:
        id = _talk(service, ["1"])
        records = read_records(service.client, id)
        (record,) = records.records
        runs = tuple(replace(run, step="bye") if run.step == "one" else run for run in record.runs)
        made = backtest("menu", replace(records, records=(replace(record, runs=runs),)), Definition.from_body(MENU))
    ((kind, what, _),) = _shown(made)
    assert (kind, what.startswith("version 1 doesn't go as its log shows")) == ("undetermined", True)

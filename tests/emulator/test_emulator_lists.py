"""What the page asks the emulator: lists a page at a time, the way and the log of an instance, customers' threads."""

from __future__ import annotations

from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition, make_schema_2, wait

from pulumi_8x8.emulator import Store
from pulumi_8x8.emulator.threads import usual_channel
from pulumi_8x8.emulator.wire import DefinitionBody

CUSTOMER = "+6581968289"
LOOP = [chat("ask", "Again?", nextStepId="answer"), wait("answer", "00:01:00", nextStepId="ask")]


def write(emulator: Emulator, text: str = "Hi", number: str = CUSTOMER, channel: str = "whatsapp", **more: Any) -> Any:
    body = {"number": number, "channel": channel, "text": text, **more}
    return emulator.client.post("/_emulator/messages", json=body).json()


def listed(emulator: Emulator, what: str, **query: Any) -> tuple[list[str], dict[str, Any]]:
    """The names on a page of a list, and what else the answer has."""
    answer = emulator.get(f"/_emulator/{what}", **query)
    name = {"definitions": "name", "workflows": "workflowId", "threads": "customer"}[what]
    return [item[name] for item in answer.pop("items")], answer


@pytest.fixture
def names(emulator: Emulator) -> list[str]:
    """Sixty definitions, every third one disabled."""
    names = [f"Flow {number:02}" for number in range(60)]
    for number, name in enumerate(names):
        status = "enabled" if number % 3 else "disabled"
        emulator.create(definition([chat("a", "x")], name=name, status=status, trigger="http_request"))
    return names


def test_pages_of_definitions(emulator: Emulator, names: list[str]) -> None:
    """A page has 25 items at most; the counts cover all pages; a page after the last one is the last one."""
    about = {"total": 60, "counts": {"disabled": 20, "enabled": 40}, "pages": 3}
    assert listed(emulator, "definitions") == (names[:25], {**about, "page": 1})
    assert listed(emulator, "definitions", page=3) == (names[50:], {**about, "page": 3})
    assert listed(emulator, "definitions", page=9) == (names[50:], {**about, "page": 3})
    found, about = listed(emulator, "definitions", status="disabled", search="flow 0")
    assert found == ["Flow 00", "Flow 03", "Flow 06", "Flow 09"]
    assert about == {"total": 4, "counts": {"disabled": 4, "enabled": 6}, "page": 1, "pages": 1}


def test_the_page_with_a_definition(emulator: Emulator, names: list[str]) -> None:
    """A list shows the page with what must be on it, and its first page if the list doesn't have that."""
    ids = {item["name"]: item["definitionId"] for item in emulator.get("/_emulator/definitions", page=2)["items"]}
    assert names[30] in listed(emulator, "definitions", **{"with": ids[names[30]]})[0]
    assert listed(emulator, "definitions", status="enabled", **{"with": ids[names[30]]})[1]["page"] == 1


@pytest.mark.parametrize("sign", ["%", "_", "\\", '"', "é", "'"])
def test_a_search_takes_every_sign_as_it_is(emulator: Emulator, sign: str) -> None:
    """A search finds a sign where it is, in names and in the data of instances, and nowhere else."""
    for name in (f"Before {sign} after", "Other"):
        emulator.create(definition([chat("a", "x")], name=name, status="disabled"))
    assert listed(emulator, "definitions", search=sign)[0] == [f"Before {sign} after"]
    emulator.create(definition([chat("a", "x")], name="Started"))
    (first,) = write(emulator, f"so {sign} far")["instances"]
    write(emulator, "else", "+15551234567")
    assert listed(emulator, "workflows", search=f"so {sign} f")[0] == [first["id"]]


def test_lists_of_instances(emulator: Emulator) -> None:
    """Instances are listed newest first, by status, by definition, by name, by id and by the customer's number."""
    emulator.create(definition([chat("a", "x")], name="Short"))
    loop = emulator.create(definition(LOOP, name="Long"))
    started = [write(emulator, number=f"+155512340{number:02}")["instances"] for number in range(20)]
    long = [next(each["id"] for each in both if each["definitionId"] in loop) for both in started][::-1]
    found, about = listed(emulator, "workflows", definition=loop.split("/")[-1])
    assert (found, about["counts"]) == (long, {"Runnable": 20})
    assert listed(emulator, "workflows", search="Long", status="Complete")[0] == []
    assert listed(emulator, "workflows")[1] == {
        "total": 40,
        "counts": {"Complete": 20, "Runnable": 20},
        "page": 1,
        "pages": 2,
    }
    assert listed(emulator, "workflows", search=long[3])[0] == [long[3]]
    assert len(listed(emulator, "workflows", search="15551234007")[0]) == 2


def test_the_log_has_pages(emulator: Emulator) -> None:
    """The log shows 50 runs at a time, the last ones first asked for, each with the message that it sent."""
    emulator.create(definition([chat("ask", "{{data.n}}", nextStepId="w"), wait("w", "00:01:00", nextStepId="ask")]))
    steps = [chat("say", "Number {{data.n}}", nextStepId="w"), wait("w", "00:01:00", nextStepId="say")]
    steps[0]["outputs"] = {"n": "{{(data.n || 0) + 1}}"}
    emulator.create(definition(steps, name="Counts"))
    instance = write(emulator)["instances"][1]
    emulator.client.post("/_emulator/clock", json={"seconds": 3600})
    path = f"/_emulator/workflows/{instance['id']}"
    last = emulator.get(path)
    assert last["log"] == {"total": 122, "page": 3, "pages": 3}
    assert [log["sent"] for log in last["logs"]][-4:] == ["Number 59", None, "Number 60", None]
    first = emulator.get(path, page=1)["logs"]
    assert (len(first), first[2]["sent"], first[49]["stepName"]) == (50, "Number 1", "w")
    assert last["steps"] == {"say": {"status": "Complete", "times": 61}, "w": {"status": "Sleeping", "times": 61}}
    assert last["taken"] == [{"from": "say", "to": "w", "times": 61}, {"from": "w", "to": "say", "times": 60}]


def test_a_version_has_its_drawing(emulator: Emulator) -> None:
    """A version comes with the layout that reviews have, its messages in words, and the channel of its customers."""
    path = emulator.create(definition(LOOP))
    account, id = path.split("/")[4], path.split("/")[-1]
    about = emulator.get(f"/_emulator/definitions/{account}/{id}")
    assert [version["version"] for version in about["versions"]] == [1]
    assert "steps" not in about["definition"]
    version = emulator.get(f"/_emulator/definitions/{account}/{id}/versions/1")
    assert [box["id"] for box in version["graph"]["boxes"]] == ["ask", "answer"]
    assert [(arrow["from"], arrow["to"]) for arrow in version["graph"]["arrows"]] == [
        ("ask", "answer"),
        ("answer", "ask"),
    ]
    assert version["words"] == {"ask": "Again?"}
    assert version["channel"] == "whatsapp"
    for path in (f"{account}/{id}/versions/2", f"{account}/00000000-0000-0000-0000-000000000000"):
        assert emulator.client.get(f"/_emulator/definitions/{path}").status_code == 404


WAITS = {"id": "w", "stepType": "WaitForReply", "inputs": {"from": "x", "channel": "Viber"}}
SMS = {"id": "s", "stepType": "SMS", "inputs": {}}


@pytest.mark.parametrize(
    ("trigger", "steps", "channel"),
    [
        ("inbound_sms", [chat("a", "x")], "sms"),
        ("inbound_chat_apps", [chat("a", "x")], "whatsapp"),
        ("inbound_chat_apps", [{**WAITS, "inputs": {"channel": "{{data.channel}}"}}], "whatsapp"),
        (
            "inbound_chat_apps",
            [{"id": "b", "inputs": {"condition": "{{data.payload.recipient.channel == 'line'}}"}}],
            "line",
        ),
        (
            "inbound_chat_apps",
            [{"id": "b", "selectNextStep": {"a": '{{data.channel === "rcs"}}'}, "inputs": None}],
            "rcs",
        ),
        ("http_request", [SMS, WAITS], "viber"),
        ("http_request", [SMS], "sms"),
        ("http_request", [SMS, chat("a", "x")], "whatsapp"),
        ("http_request", [], "whatsapp"),
    ],
)
def test_the_usual_channel(trigger: str, steps: list[Any], channel: str) -> None:
    """The phone is on the channel of the workflow: of its trigger, what it waits for or compares, what it sends."""
    assert usual_channel(DefinitionBody("a", "i", 1, "", definition(steps, trigger=trigger))) == channel


def thread(emulator: Emulator, number: str = CUSTOMER, channel: str = "whatsapp", **query: Any) -> list[str]:
    entries = emulator.get("/_emulator/thread", number=number, channel=channel, **query)["entries"]
    return [
        f"> {each['written']['text'] or each['written']['media'][0]['kind']}"
        if each["written"]
        else each["sent"]["words"]
        for each in entries
    ]


def test_threads(emulator: Emulator) -> None:
    """A thread has what one customer wrote and got on one channel, in order, a part at a time."""
    emulator.create(definition([chat("a", "You: {{data.payload.content.text}}")]))
    for channel in ("whatsapp", "Viber"):
        write(emulator, channel, channel=channel)
    write(emulator, kind="image", url="https://example.com/a.jpg", text=None, channel="LINE")
    write(emulator, "other", "+15551234567")
    assert thread(emulator) == ["> whatsapp", "You: whatsapp"]
    assert thread(emulator, CUSTOMER[1:], "VIBER") == ["> Viber", "You: Viber"]
    assert thread(emulator, channel="line")[0] == "> image"
    assert listed(emulator, "threads") == (
        ["15551234567", "6581968289", "6581968289", "6581968289"],
        {"total": 4, "counts": {"line": 1, "viber": 1, "whatsapp": 2}, "page": 1, "pages": 1},
    )
    assert listed(emulator, "threads", search="+1555", status="whatsapp")[0] == ["15551234567"]
    for number in range(30):
        write(emulator, str(number))
    last = emulator.get("/_emulator/thread", number=CUSTOMER, channel="whatsapp", limit=3)
    assert last["earlier"]
    assert thread(emulator, limit=2, before=last["entries"][0]["entry"]) == ["You: 27", "> 28"]
    assert thread(emulator, after=last["entries"][1]["entry"]) == ["You: 29"]


def test_the_thread_of_a_message(emulator: Emulator) -> None:
    """A message arrives where its customer is: on the channel that started the instance, that the message names, that
    the customer wrote on last, or else that the workflow waits for."""
    sends = chat("a", "Hello")
    sends["inputs"]["user"]["msisdn"] = CUSTOMER
    named = {**sends, "inputs": {**sends["inputs"], "channels": [{"channel": "RCS"}]}}
    call = {"action": "say", "params": {"destination": CUSTOMER, "text": "Ring"}}
    by_hand = [
        emulator.create(definition(steps, trigger="http_request"))
        for steps in (
            [sends, WAITS],
            [named],
            [{"id": "v", "stepType": "VoiceMessage", "inputs": call}],
        )
    ]
    for path in by_hand:
        emulator.client.post(f"{path}/workflows", json={})
    assert thread(emulator, channel="viber") == ["Hello"]
    assert thread(emulator, channel="rcs") == ["Hello", "Ring"]
    write(emulator)
    emulator.client.post(f"{by_hand[0]}/workflows", json={})
    assert thread(emulator)[-1] == "Hello"
    (details,) = [emulator.get(f"/_emulator/workflows/{listed(emulator, 'workflows')[0][0]}")]
    assert details["thread"] == {"customer": CUSTOMER[1:], "channel": "whatsapp"}


def test_the_outbox_of_a_version_before_is_in_threads(start: Any, tmp_path: Any) -> None:
    """Threads of a file of the schema before have what was sent."""
    old = start(Store(tmp_path / "old.sqlite"))
    old.create(definition([chat("a", "Hello")]))
    write(old)
    make_schema_2(old.store)
    old.store.close()
    assert thread(start(Store(tmp_path / "old.sqlite"))) == ["Hello"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=-1"])
def test_a_page_that_is_no_number(emulator: Emulator, query: str) -> None:
    """A page that isn't a number from 1 is refused."""
    answer = emulator.client.get(f"/_emulator/definitions?{query}")
    assert (answer.status_code, answer.json()["message"]) == (400, "page must be a whole number of 1 or more.")

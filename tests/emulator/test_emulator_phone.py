"""The phones of customers: what they get, and what they write, tap and press."""

from __future__ import annotations

from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition

CUSTOMER = "+6581968289"


def buttons(id: str, **titles: str) -> dict[str, Any]:
    """A step that sends buttons."""
    shown = [{"type": "reply", "reply": {"id": id, "title": title}} for id, title in titles.items()]
    step = chat(id, "")
    body = {"type": "button", "body": {"text": "Welcome!"}, "action": {"buttons": shown}}
    step["inputs"] |= {"type": "interactive", "content": {"interactive": body}}
    return step


MENU = [
    buttons("menu", book="Book a table", faq="FAQ") | {"nextStepId": "wait"},
    {
        "id": "wait",
        "stepType": "WaitForReply",
        "inputs": {"from": "{{data.payload.user.channelUserId}}", "channel": "{{data.payload.recipient.channel}}"},
        "outputs": {"reply": "{{step.reply.payload}}"},
        "selectNextStep": {
            "booked": "{{data.reply.content.interactive.button_reply.id == 'book'}}",
            "seen": "{{data.reply.type == 'Image'}}",
        },
    },
    chat("booked", "Booked."),
    chat("seen", "{{data.reply.content.url}}"),
]


def post(emulator: Emulator, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = emulator.client.post(f"/_emulator/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def write(emulator: Emulator, **body: Any) -> Any:
    return post(emulator, "messages", {"number": CUSTOMER, "channel": "whatsapp", **body})


def test_a_conversation_by_taps(emulator: Emulator) -> None:
    """A customer writes, gets buttons, and taps one, which resumes the instance with the channel's reply."""
    path = emulator.create(definition(MENU))
    (started,) = write(emulator, text="Hi")["instances"]
    (sent,) = emulator.get("/_emulator/outbox")
    assert sent["words"] == "Welcome!\n[Book a table]\n[FAQ]"
    assert [(choice["title"], choice["sends"]) for choice in sent["shown"]["choices"]] == [
        ("Book a table", True),
        ("FAQ", True),
    ]
    tapped = post(emulator, "taps", {"number": CUSTOMER, "sequence": 1, "title": "Book a table"})
    assert (tapped["text"], [each["id"] for each in tapped["resumed"]]) == ("Book a table", [started["id"]])
    (instance,) = emulator.get(f"{path}/workflows")
    reply = instance["data"]["reply"]
    assert reply["content"]["interactive"]["button_reply"] == {"id": "book", "title": "Book a table"}
    assert (reply["replyToUmid"], reply["subAccountId"]) == (sent["umid"], "s")
    details = emulator.get(f"/_emulator/workflows/{started['id']}")
    assert [(log["sent"], log["received"]) for log in details["logs"]] == [
        ("Welcome!\n[Book a table]\n[FAQ]", None),
        (None, "Book a table"),
        ("Booked.", None),
    ]


def test_a_picture(emulator: Emulator) -> None:
    """A customer sends a picture, a place, or by SMS only texts."""
    emulator.create(definition(MENU))
    write(emulator, text="Hi")
    assert write(emulator, kind="image", url="https://example.com/a.jpg", text="Look")["text"] == "[image] Look"
    assert emulator.get("/_emulator/outbox")[-1]["words"] == "https://example.com/a.jpg"
    assert write(emulator, location={"latitude": 1.3, "longitude": 103.8})["text"] == "[location] 1.3, 103.8"
    refused = post(emulator, "messages", {"number": "+1", "channel": "sms", "kind": "file", "url": "https://x"}, 400)
    assert refused["message"] == "An SMS has only text, so it can't have [file] https://x."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"choice": "agent"}, "the last messages offer 'Book a table' (id 'book'), 'FAQ' (id 'faq')."),
        ({"choice": "book", "sequence": 7}, "nothing was sent"),
        ({"choice": "book", "number": "+15551234567"}, "isn't offered to +15551234567: nothing was sent."),
        ({}, "needs choice, id or title"),
        ({"choise": "book"}, "needs choice, id or title"),
    ],
)
def test_taps_on_nothing(emulator: Emulator, body: dict[str, Any], message: str) -> None:
    """A tap on what that phone doesn't show is refused, with what it shows."""
    emulator.create(definition(MENU))
    write(emulator, text="Hi")
    assert message in post(emulator, "taps", {"number": CUSTOMER, **body}, 400)["message"]


def test_keys_of_a_call(emulator: Emulator) -> None:
    """Keys are pressed in a call, which is a message in the outbox."""
    params = {"destination": CUSTOMER, "text": "Press a key."}
    call = {"id": "call", "stepType": "VoiceMessage", "inputs": {"action": "say&capture", "params": params}}
    ask = {
        "id": "keys",
        "stepType": "WaitForDTMF",
        "inputs": {"dtmfRequestId": "{{data.uid}}"},
        "outputs": {"pressed": "{{step.dtmfData}}"},
    }
    path = emulator.create(
        definition([call | {"outputs": {"uid": "{{step.response.uid}}"}, "nextStepId": "keys"}, ask])
    )
    write(emulator, text="Hi")
    assert len(post(emulator, "keys", {"sequence": 1, "keys": "5"})["resumed"]) == 1
    pressed = emulator.get(f"{path}/workflows")[0]["data"]["pressed"]
    assert (pressed["actionDetails"]["dtmf"], pressed["destination"]) == ("5", CUSTOMER)
    assert post(emulator, "keys", {"sequence": 2, "keys": "5"}, 404)["message"] == "Call 2 not found."


def test_refused_messages(emulator: Emulator) -> None:
    """A refused message doesn't arrive, with the API's code: an empty one by itself, others on order."""
    steps = [chat("empty", "{{data.no}}", nextStepId="full"), chat("full", "Hi", nextStepId="more"), chat("more", "Ho")]
    for step in steps:
        step["inputs"]["type"] = "text"
    emulator.create(definition(steps))
    assert post(emulator, "refusals", {"code": 3038}) == {"refusals": 1}
    (instance,) = write(emulator, text="Hi")["instances"]
    refusals = [sent["refused"] for sent in emulator.get("/_emulator/outbox")]
    assert [each and each["code"] for each in refusals] == [1000, 3038, None]
    assert instance["status"] == "Complete"
    post(emulator, "refusals", {"code": 429, "times": 5})
    assert emulator.client.delete("/_emulator/refusals").status_code == 204
    write(emulator, text="Hi")
    assert emulator.get("/_emulator/outbox")[-1]["refused"] is None

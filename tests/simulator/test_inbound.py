"""What comes in from customers: bodies as the service sends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pulumi_8x8.simulator import (
    EventError,
    Incoming,
    dtmf_body,
    media,
    message_body,
    place,
    read_dtmf,
    read_inbound,
    written,
)

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PAYLOADS = Path(__file__).parents[1] / "payloads"


def made(incoming: Incoming, channel: str = "whatsapp", sender: str = "+15551234567") -> dict[str, Any]:
    return message_body(incoming, channel, sender, "SubAccount-1", START, Random(0))


def members(value: Any, path: str = "") -> Iterator[str]:
    for name, member in value.items():
        yield f"{path}{name}"
        if isinstance(member, dict):
            yield from members(member, f"{path}{name}.")


#: A published body, the body that the simulator makes for it, and the members that it adds.
BODIES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "inbound_sms": (made(written("Hi"), "sms"), set()),
    "inbound_chat_apps_v2_text": (made(written("Hi")), {"payload.user.name"}),
    "inbound_chat_apps_image": (made(media("image", "https://example.com/media.jpg")), {"payload.user.name"}),
    "dtmf_callback": (dtmf_body("1", "2", "+15551234567", START, Random(0)), set()),
}


@pytest.mark.parametrize(("name", "body", "added"), [(name, *rest) for name, rest in BODIES.items()], ids=BODIES)
def test_bodies_are_complete(name: str, body: dict[str, Any], added: set[str]) -> None:
    """A body has every member of the published one."""
    published = json.loads((PAYLOADS / f"{name}.json").read_text())
    assert set(members(body)) == set(members(published)) | added


def test_a_customer_without_a_number() -> None:
    """An id of the chat app comes without a number, in webhook version 3."""
    published = json.loads((PAYLOADS / "inbound_chat_apps_v3_text.json").read_text())
    body = made(written("Hi"), sender="US.13491208655302741918")
    assert body["version"] == published["version"]
    assert body["payload"]["user"] == {"channelUserId": "US.13491208655302741918", "name": "Customer"}


@pytest.mark.parametrize(
    ("text", "encoding", "count"),
    [("x" * 160, "GSM7", 1), ("é" * 161, "GSM7", 2), ("ł" * 70, "UCS2", 1), ("ł" * 71, "UCS2", 2)],
)
def test_the_parts_of_an_sms(text: str, encoding: str, count: int) -> None:
    """An SMS has its encoding, the number of its parts, and the price of all of them."""
    payload = made(written(text), "sms")["payload"]
    assert (payload["encoding"], payload["smsCount"]) == (encoding, count)
    assert payload["price"]["total"] == pytest.approx(payload["price"]["perSms"] * count)


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("inbound_*.json")), ids=lambda path: path.stem)
def test_published_bodies_can_be_read(path: Path) -> None:
    """Every published inbound message is one."""
    body = json.loads(path.read_text())
    inbound = read_inbound(body)
    assert inbound.trigger == ("inbound_sms" if "sms" in path.stem else "inbound_chat_apps")
    assert inbound.msisdn


def test_a_call_is_named_by_both_ids() -> None:
    """Pressed keys are an event of the call's request id and of its uid."""
    assert len(read_dtmf(dtmf_body("mine", "1", None, START, Random(0), "U"))) == 2


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 0), (0, -181)])
def test_no_such_place(latitude: float, longitude: float) -> None:
    """A place is on the globe."""
    with pytest.raises(EventError, match="latitude must be from -90 to 90"):
        place(latitude, longitude)

"""The trigger ``http_request``: where it is sent, and what is certain when the service lies about it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from api_kit import SETTINGS, THRICE, client
from hypothesis import given
from hypothesis import strategies as st

from kit import API_KEY
from pulumi_8x8.api import Client, Settings, trigger_url
from pulumi_8x8.errors import ApiError
from standin import StandIn

BODY = {
    "trigger": "http_request",
    "status": "enabled",
    "subAccountId": "shop",
    "definition": {"name": "crm", "steps": [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}]},
}
EVENT = {"customer_id": "42", "event": "new sign up"}


def lying(standin: StandIn) -> Client:
    return Client(Settings("acme", API_KEY, "http://service"), standin.transport, THRICE, [].append)


@given(st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_the_url_is_where_the_client_sends_to(sub_account: str | None) -> None:
    """The URL that a program exports is the one that the client posts to, whatever the sub-account is called."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    client(answer).trigger(EVENT, sub_account)
    (request,) = seen
    exported = httpx.URL(trigger_url(SETTINGS.base_url, SETTINGS.account_id, sub_account))
    assert (request.url.path, dict(request.url.params)) == (exported.path, dict(exported.params))
    assert dict(exported.params) == ({} if sub_account is None else {"subAccountId": sub_account})
    assert json.loads(request.content) == EVENT
    assert SETTINGS.api_key not in str(exported)


#: The service's habits for the first call, and: calls, carried out, whether the error states that it is not known.
LIES: dict[str, tuple[dict[str, Any], int, int, bool | None]] = {
    "the truth": ({}, 1, 1, None),
    "a lost answer": ({"fault": "break", "carried_out": True}, 1, 1, True),
    "a lost request": ({"fault": "break"}, 1, 0, True),
    "an error after it was done": ({"fault": 500, "carried_out": True}, 1, 1, True),
    "a proxy's error after it was done": ({"fault": 502, "carried_out": True}, 1, 1, True),
    "unavailable": ({"fault": 503}, 1, 0, True),
    "a proxy's page with 200": ({"fault": 200}, 1, 0, True),
    "throttled, so nothing was done": ({"fault": 429}, 2, 1, None),
    "refused": ({"fault": 400}, 1, 0, False),
    "an account that isn't registered": ({"fault": 403}, 1, 0, False),
    "unknown": ({"fault": 404}, 1, 0, False),
}


@pytest.mark.parametrize(("habits", "calls", "done", "is_unclear"), LIES.values(), ids=LIES)
def test_lies(habits: dict[str, Any], calls: int, done: int, is_unclear: bool | None) -> None:
    """It is never carried out twice; an error states whether it may have been, and only then how to find out."""
    standin = StandIn()
    standin.create("acme", BODY)
    standin.next(1, "trigger", **habits)
    message = ""
    try:
        lying(standin).trigger(EVENT, "shop")
    except ApiError as error:
        message = str(error)
    assert [call.operation for call in standin.calls()] == ["trigger"] * calls
    assert len(standin.instances) == done
    assert bool(message) is (is_unclear is not None)
    assert ("may or may not have carried it out" in message) is bool(is_unclear)
    assert ("could start everything a second time" in message) is bool(is_unclear)
    assert ("pulumi-8x8 instances list --started-after 20" in message) is bool(is_unclear)
    assert ("ask your 8x8 account manager" in message) is (habits.get("fault") == 403)
    assert API_KEY not in message


@pytest.mark.parametrize("answer", [b"", b" \n", b"{}", b"true"])
def test_an_answer_with_a_document(answer: bytes) -> None:
    """The documented answer is empty; JSON in it isn't an error."""
    client(lambda _: httpx.Response(202, content=answer)).trigger(EVENT)

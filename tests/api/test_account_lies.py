"""Writes to a service that lies: it loses answers, changes what it stores, denies what it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from api_kit import THRICE

from kit import API_KEY
from pulumi_8x8.api import Client, ManagedAccount, OnDelete, Origin, Settings, Timer
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.reconcile import reconcile
from pulumi_8x8.errors import AlreadyThere, Conflict, Interrupted, StillRunning
from standin import StandIn

URN = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::menu"


def wanted(name: str) -> Definition:
    steps = [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}]
    return Definition.of(name=name, trigger="inbound_sms", status="enabled", sub_account_id=None, steps=steps)


@pytest.fixture
def there() -> StandIn:
    there = StandIn()
    there.set(trims=True, unknown=frozenset({"envelope", "definition", "step", "inputs"}))
    return there


def account_of(there: StandIn, clock: Timer | None = None) -> ManagedAccount:
    settings = Settings(account_id="acme", api_key=API_KEY, base_url="http://stand-in.example")
    return ManagedAccount(Client(settings, there.transport, THRICE, clock=clock))


def test_a_stamp_of_each_version_is_nobodys_edit(there: StandIn) -> None:
    """What the service itself changes with each version doesn't stop the write after a lost answer."""
    account = account_of(there)
    id = there.create("acme", wanted("menu").body())
    before = account.snapshot.get(id)
    there.next(1, "update", fault="break", carried_out=True)
    stored, _ = account.update(URN, id, lambda held: reconcile(wanted("Menu "), held.definition), before)
    assert stored.definition.name == "Menu"


def test_an_edit_beside_the_lost_update(there: StandIn) -> None:
    """What somebody else changed meanwhile is one, and is left."""
    account = account_of(there)
    id = there.create("acme", wanted("menu").body())
    before = account.snapshot.get(id)
    there.edit("acme", id, lambda body: body.update(status="disabled"))
    there.next(1, "update", fault="break")
    with pytest.raises(Conflict, match="status changed"):
        account.update(URN, id, lambda held: reconcile(wanted("Menu "), held.definition), before)
    assert there.alive("acme")[id]["version"] == 2


def test_interrupted_while_it_is_tried_again(there: StandIn) -> None:
    """The message names the workflow, the possible update, and the next step."""
    clock = Timer()
    account = account_of(there, clock)
    id = there.create("acme", wanted("menu").body())
    before = account.snapshot.get(id)
    there.next(1, "update", fault=503, carried_out=True)
    clock.stop()
    with pytest.raises(Interrupted) as raised:
        account.update(URN, id, lambda held: reconcile(wanted("Menu"), held.definition), before)
    message = str(raised.value)
    assert message.startswith('workflow "menu": interrupted before the next try. PUT ')
    assert "The service may or may not have carried it out." in message
    assert message.endswith("Run the same command again: it first checks what was done.")


#: What the service does to the answer of a write that it carries out.
UNREADABLE = {
    "a page of a proxy": lambda _: httpx.Response(200, html="<html>Proxy</html>"),
    "nothing": lambda _: httpx.Response(200),
    "another definition": lambda body: httpx.Response(200, json=body | {"id": str(uuid4())}),
    "an id that is a folder": lambda body: httpx.Response(200, json=body | {"id": ".."}),
    "too much": lambda _: httpx.Response(200, content=b" " * (2 << 20)),
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_nobody_can_read(there: StandIn, answer: Callable[[Any], httpx.Response]) -> None:
    """A write that was carried out, and answered so, is found by reading, and isn't sent twice."""

    def lie(request: httpx.Request) -> httpx.Response:
        response = there.transport.handle_request(request)
        response.read()
        return answer(response.json()) if request.method in ("POST", "PUT") else response

    settings = Settings("acme", API_KEY, "http://stand-in.example", answer_limit=1)
    account = ManagedAccount(Client(settings, httpx.MockTransport(lie), THRICE))
    if answer is UNREADABLE["another definition"]:
        id = there.create("acme", wanted("menu").body())
    else:
        id = account.create(URN, wanted("menu"), Origin())[0].id
    stored, _ = account.update(
        URN, id, lambda held: reconcile(wanted("Menu"), held.definition), account.snapshot.get(id)
    )
    assert (stored.id, stored.version, stored.definition.name) == (id, 2, "Menu")
    assert list(there.alive("acme")) == [id]
    assert there.alive("acme")[id]["version"] == 2


@pytest.mark.parametrize(("name", "key"), [("menu", "8x8:adopt.menu"), ("my.menu", '8x8:adopt["my.menu"]')])
def test_the_config_to_adopt(there: StandIn, name: str, key: str) -> None:
    """The line to paste names the resource so that Pulumi's config takes its name for one member."""
    there.create("acme", wanted("menu").body())
    with pytest.raises(AlreadyThere, match=re.escape(f"--path '{key}' <id>")):
        account_of(there).create(URN.replace("::menu", f"::{name}"), wanted("menu"), Origin())


@pytest.mark.parametrize("how", ["refuse", "terminate", "wait"])
@pytest.mark.parametrize("lie", ["history", "DELETE"])
def test_denied_once_while_it_is_deleted(there: StandIn, lie: str, how: Literal["refuse", "terminate", "wait"]) -> None:
    """Whichever call of a deletion is denied once, the definition is deleted, and not taken for gone."""
    for skipped in range(8):
        account = account_of(there)
        id = there.create("acme", wanted("menu").body())
        if lie == "history":
            there.next(1, "history", skip=skipped, history="empty")
        else:
            there.next(1, "delete", fault=404)
        account.delete(URN, id, wanted("menu"), OnDelete(how, timedelta(seconds=9)), version=1)
        there.behave()
        assert there.alive("acme") == {}


@pytest.mark.parametrize("how", ["refuse", "wait"])
def test_one_empty_list_of_instances(there: StandIn, how: Literal["refuse", "wait"]) -> None:
    """Two calls must agree that nothing runs: one false answer ends no conversation."""
    account = account_of(there)
    id = there.create("acme", wanted("menu").body())
    there.start("acme", id)
    for skipped in range(3):
        there.next(1, "instances", skip=skipped, fault=404)
        with pytest.raises(StillRunning):
            account.delete(URN, id, wanted("menu"), OnDelete(how, timedelta(seconds=0)), version=1)
        there.behave()
    assert there.killed_instances == []

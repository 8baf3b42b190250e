"""Deletions: how many calls many of them take together, and that sharing calls loses no edit and no conversation."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from api_kit import THRICE

from kit import API_KEY
from pulumi_8x8.api import Client, ManagedAccount, OnDelete, Settings
from pulumi_8x8.api.looks import Looks
from pulumi_8x8.api.retries import Timer
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import Conflict, Interrupted, Rejected, StillRunning
from standin import StandIn

STEPS = [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}]
#: Deletions at the same time: so many does an engine on two processors have.
AT_ONCE = 8
SETTINGS = Settings("acme", API_KEY, "http://stand-in.example")


def wanted(name: str) -> Definition:
    return Definition.of(name=name, trigger="inbound_sms", status="enabled", sub_account_id=None, steps=STEPS)


def urn_of(name: str) -> str:
    return f"urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::{name}"


def account_of(there: StandIn, before: Callable[[httpx.Request], object] = lambda _: None) -> ManagedAccount:
    """An account whose calls go through ``before`` first; a look waits a tenth of a second for others."""

    def handle(request: httpx.Request) -> httpx.Response:
        before(request)
        return there.transport.handle_request(request)

    return ManagedAccount(Client(SETTINGS, httpx.MockTransport(handle), replace(THRICE, poll=0.2)))


def delete_all(account: ManagedAccount, ids: dict[str, str], versions: int = 1, how: Any = "refuse") -> dict[str, Any]:
    """The errors by name of deleting all of ``ids``, eight at a time."""

    def delete(name: str) -> BaseException | None:
        try:
            account.delete(urn_of(name), ids[name], wanted(name), OnDelete(how), version=versions)
        except (Conflict, StillRunning) as error:
            return error
        return None

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return {name: error for name, error in zip(ids, threads.map(delete, ids), strict=True) if error}


def made(there: StandIn, count: int, versions: int = 1) -> dict[str, str]:
    ids = {f"w{number}": there.create("acme", wanted(f"w{number}").body()) for number in range(count)}
    for id in ids.values():
        for _ in range(versions - 1):
            there.edit("acme", id, lambda body: None)
    return ids


@pytest.mark.parametrize(("count", "versions"), [(40, 1), (24, 3), (8, 8)])
def test_calls(count: int, versions: int) -> None:
    """Each takes two calls for each version and the DELETE; those at the same time share one list before, two after."""
    there = StandIn()
    ids = made(there, count, versions)
    assert delete_all(account_of(there), ids, versions) == {}
    assert there.alive("acme") == {}
    calls = Counter(call.operation for call in there.calls("acme"))
    assert calls["instances"] == 2 * versions * count
    assert calls["delete"] == count
    assert calls["list"] <= 3 * (1 + -(-count // AT_ONCE))
    assert calls["history"] <= 9 + (count if versions > 5 else 0)  # of those that begin before there are others


def test_calls_of_an_engine_that_takes_its_time() -> None:
    """Deletions share lists also if the engine begins them one after the other, and their calls take long."""
    there = StandIn()
    ids = made(there, 24)
    lock = threading.Lock()

    def slowly(request: httpx.Request) -> None:
        if request.method == "DELETE":
            with lock:  # ends at different times
                time.sleep(0.05)

    assert delete_all(account_of(there, slowly), ids) == {}
    calls = Counter(call.operation for call in there.calls("acme"))
    assert calls["list"] + calls["history"] <= 9 + 3 * (1 + 24 // AT_ONCE)


def test_nobody_waits_for_a_conversation_of_others() -> None:
    """A deletion that waits for a conversation delays no other one, and looks by itself."""
    there = StandIn()
    ids = made(there, 9)
    there.start("acme", ids["w0"])
    account = account_of(there)

    def wait() -> None:
        limit = OnDelete("wait", timedelta(minutes=1))
        account.delete(urn_of("w0"), ids["w0"], wanted("w0"), limit, version=1)

    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(wait)
        others = {name: id for name, id in ids.items() if name != "w0"}
        assert delete_all(account, others) == {}
        assert list(there.alive("acme")) == [ids["w0"]]
        assert not waiting.done()
        there.finish(ids["w0"])
    waiting.result()
    assert there.alive("acme") == {}


def test_one_alone_asks_by_id() -> None:
    """A deletion alone lists nothing, and waits for nobody."""
    there = StandIn()
    ids = made(there, 1)
    assert delete_all(account_of(there), ids) == {}
    assert Counter(str(call) for call in there.calls("acme")) == {
        "GET /definitions/{id}": 3,
        "GET /definitions/{id}/workflows": 2,
        "DELETE /definitions/{id}": 1,
    }


@contextmanager
def at_the_list(number: int, change: Callable[[], object]) -> Iterator[Callable[[httpx.Request], object]]:
    """What does ``change`` once, just before the ``number``-th list."""
    lists, lock = 0, threading.Lock()

    def before(request: httpx.Request) -> None:
        nonlocal lists
        if request.method == "GET" and request.url.path.endswith("/definitions"):
            with lock:
                lists += 1
                if lists == number:
                    change()

    yield before
    assert lists >= number


@pytest.mark.parametrize("late", [False, True])
def test_an_edit_before_the_shared_list(late: bool) -> None:
    """Somebody's edit is seen, also after other deletions began: no list is older than the deletion that uses it."""
    there = StandIn()
    ids = made(there, 16)
    edited = "w15" if late else "w7"  # the last one begins after the first list
    edit = lambda: there.edit("acme", ids[edited], lambda body: body.update(status="disabled", trigger="x"))  # noqa: E731
    with at_the_list(1, edit) as before:
        errors = delete_all(account_of(there, before), ids)
    assert list(errors) == [edited]
    assert isinstance(errors[edited], Conflict)
    assert list(there.alive("acme")) == [ids[edited]]


@pytest.mark.parametrize("lie", ["empty", "every second"])
def test_a_list_that_lies_about_what_is_gone(lie: str) -> None:
    """A list without a definition proves nothing before its deletion, and one list nothing after it."""
    there = StandIn()
    ids = made(there, 8)
    for skipped in range(3):
        there.next(1, "list", skip=skipped, listing=lie)
    assert delete_all(account_of(there), ids) == {}
    there.behave()
    assert there.alive("acme") == {}


def test_what_the_list_never_has() -> None:
    """Disabled definitions that the list doesn't show are deleted, and their deletion is confirmed by id."""
    there = StandIn()
    there.set(list_disabled=False, delete_after=10)
    ids = made(there, 8)
    for id in ids.values():
        there.edit("acme", id, lambda body: body.update(status="disabled"))
    assert delete_all(account_of(there), ids, versions=2) == {}
    assert there.alive("acme") == {}


def test_a_list_that_fails() -> None:
    """If the list can't be read, since another definition in it is broken, the deletions continue by id."""
    there = StandIn()
    ids = made(there, 8)
    there.set(fault=0)
    there.next(100, "list", fault=400)
    assert delete_all(account_of(there), ids) == {}
    assert there.alive("acme") == {}


class _Announcing(Timer):
    """A clock that reports when somebody first waits."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = threading.Event()

    def wait(self, seconds: float) -> None:
        self.is_waited_for.set()
        super().wait(seconds)


@contextmanager
def three_looks(before: Callable[[httpx.Request], object] = lambda _: None) -> Iterator[tuple[Looks, _Announcing, Any]]:
    """The looks of three deletions, so that two wait for the third."""
    there = StandIn()
    ids = made(there, 3)

    def handle(request: httpx.Request) -> httpx.Response:
        before(request)
        return there.transport.handle_request(request)

    clock = _Announcing()
    client = Client(SETTINGS, httpx.MockTransport(handle), replace(THRICE, poll=0.2), clock=clock)
    looks = Looks(client, Snapshot(client))
    with looks.of(ids["w0"]), looks.of(ids["w1"]), looks.of(ids["w2"]):
        yield looks, clock, (there, ids)


def test_a_deletion_whose_time_is_over_waits_for_no_list() -> None:
    """``custom_timeouts`` also ends the wait for a list that another deletion asks for, and the others continue."""
    is_over = threading.Event()

    def hold(request: httpx.Request) -> None:
        if request.url.path.endswith("/definitions"):
            is_over.wait(20)

    with three_looks(hold) as (looks, clock, (_, ids)), ThreadPoolExecutor(2) as threads:
        others = [threads.submit(looks.see, ids["w0"])]
        clock.is_waited_for.wait(20)  # now it waits for others, and will list
        others.append(threads.submit(looks.see, ids["w1"]))
        with clock.limited(0.2), pytest.raises(Interrupted, match="custom_timeouts"):
            looks.see(ids["w2"])
        assert not is_over.is_set()
        assert not any(each.done() for each in others)
        is_over.set()
        assert [each.result().stored.id for each in others] == [ids["w0"], ids["w1"]]


def test_a_deletion_that_ends_before_its_list() -> None:
    """If the deletion that would list for others ends first, it doesn't list, and the others read by id."""
    with three_looks() as (looks, clock, (there, ids)), ThreadPoolExecutor(2) as threads:

        def limited() -> None:
            with clock.limited(0.2):
                looks.see(ids["w0"])

        first = threads.submit(limited)
        clock.is_waited_for.wait(20)
        assert looks.see(ids["w1"]).stored.id == ids["w1"]
        with pytest.raises(Interrupted):
            first.result()
    assert [call.operation for call in there.calls("acme")] == ["history"]


@pytest.mark.parametrize(("operation", "how"), [("delete", "refuse"), ("update", "wait")])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_false_denial(operation: str, how: Any, times: int) -> None:
    """A definition that the service denies to a DELETE or to a PUT, and has, doesn't leave the state."""
    there = StandIn()
    ids = made(there, 1)
    there.next(times, operation, fault=404)
    account = account_of(there)
    with suppress(Rejected):
        account.delete(urn_of("w0"), ids["w0"], wanted("w0"), OnDelete(how, timedelta(minutes=1)), version=1)
        assert there.alive("acme") == {}
    there.behave()
    account_of(there).delete(urn_of("w0"), ids["w0"], wanted("w0"), OnDelete(how, timedelta(minutes=1)), version=1)
    assert there.alive("acme") == {}


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("lied", [0, 1])
def test_a_conversation_on_any_version(version: int, lied: int) -> None:
    """A running instance of any version stops its deletion, also if one of the two answers about it is false."""
    there = StandIn()
    ids = made(there, 1, versions=3)
    there.start("acme", ids["w0"], version=version)
    there.next(1, "instances", skip=3 * lied + 3 - version, fault=404)
    errors = delete_all(account_of(there), ids, versions=3)
    assert isinstance(errors["w0"], StillRunning)
    assert there.killed_instances == []


def test_a_conversation_behind_many_that_ended() -> None:
    """Of a version with more instances than a page, the call by status finds the running ones."""
    there = StandIn()
    ids = made(there, 1)
    first = there.start("acme", ids["w0"])
    for _ in range(600):
        there.start("acme", ids["w0"]).status = "Complete"
    errors = delete_all(account_of(there), ids)
    assert "1 instance is running" in str(errors["w0"])
    first.status = "Complete"
    assert delete_all(account_of(there), ids) == {}

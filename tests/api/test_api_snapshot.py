"""Reading at scale: how many calls it takes, and that nothing is missed, doubled or taken for gone."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from typing import Literal

import httpx
import pytest
from api_kit import ManyDefinitions, client
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_8x8.api import Client, Settings, Snapshot
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.errors import NotFound

Offset = Literal["items", "pages"]
OFFSETS: tuple[Offset, ...] = ("items", "pages")

#: Managed workflows, definitions in the account, calls that reading them may take.
SCALE = [
    (1, 1, 1),
    (1, 100_000, 1),
    (2, 2, 2),
    (2, 501, 4),
    (2, 1_001, 3),
    (3, 1_001, 5),
    (10, 100_000, 12),
    (500, 500, 3),
    (1_000, 1_000, 4),
    (39, 20_000, 40),
]


@pytest.mark.parametrize(
    ("managed", "there", "most", "offset"),
    [*((*scale, offset) for scale in SCALE for offset in OFFSETS), (1_000, 100_000, 202, "items")],
)
def test_calls(managed: int, there: int, most: int, offset: Offset) -> None:
    """Reading N workflows in an account of A takes at most min(N, ceil(A / 500)) + 2 calls; these numbers exactly."""
    service = ManyDefinitions(there, offset)
    snapshot = Snapshot(client(service))
    snapshot.expect(managed)
    step = there // managed
    wanted = [service.id(number * step) for number in range(managed)]
    assert [snapshot.get(id).id for id in wanted] == wanted
    assert service.calls <= most <= min(managed, ceil(there / 500)) + 2


@settings(max_examples=60)
@given(data=st.data(), offset=st.sampled_from(OFFSETS), there=st.integers(0, 2_600), told=st.booleans())
def test_any_account(data: st.DataObject, offset: Offset, there: int, told: bool) -> None:
    """Whatever is managed, hidden from the list or gone, each is found or known to be gone, within the bound.

    What the list lacks takes one call more for each, since it is asked for by id.
    """
    numbers = data.draw(st.lists(st.integers(0, there + 20), min_size=1, max_size=12, unique=True))
    hidden = data.draw(st.sets(st.sampled_from(numbers)))
    service = ManyDefinitions(there, offset, hidden)
    snapshot = Snapshot(client(service))
    if told:
        snapshot.expect(len(numbers))
    for number in numbers:
        if number < there:
            assert snapshot.get(service.id(number)).id == service.id(number)
        else:
            with pytest.raises(NotFound):
                snapshot.get(service.id(number))
    lacking = sum(number in hidden or number >= there for number in numbers)
    bound = len(numbers) if not told else min(len(numbers), ceil(there / 500)) + 2 + lacking
    assert service.calls <= bound
    assert max(Counter(service.read).values(), default=0) <= 1


@pytest.mark.parametrize(("managed", "there", "hidden"), [(200, 900, range(0, 200, 20)), (16, 100_000, ())])
def test_threads_share_one_snapshot(managed: int, there: int, hidden: range) -> None:
    """Eight threads that want the same definitions at once read each at most once, within the same bound."""
    service = ManyDefinitions(there, hidden=hidden)
    snapshot = Snapshot(client(service))
    snapshot.expect(managed)
    wanted = [service.id(number) for number in range(managed)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(snapshot.get, [id for id in wanted for _ in range(8)]))
    assert [each.id for each in found] == [id for id in wanted for _ in range(8)]
    assert service.calls <= min(managed, ceil(there / 500)) + 2 + len(hidden)
    assert max(Counter(service.read).values(), default=0) <= 1


def test_what_was_written_is_known() -> None:
    """A write is known without another call, a deletion is forgotten, and a list anew holds what came since."""
    service = ManyDefinitions(3)
    calling = client(service)
    snapshot = Snapshot(calling)
    assert len(snapshot.all()) == len(snapshot.all()) == 3
    assert service.calls == 1
    (written,) = client(lambda _: httpx.Response(200, json=[_versioned(service.id(1), 7)])).history(service.id(1))
    snapshot.put(written)
    assert snapshot.get(service.id(1)).version == 7
    snapshot.forget(service.id(2))
    assert snapshot.get(service.id(2)).version == 1
    assert service.read == [service.id(2)]
    assert {each.version for each in snapshot.all(anew=True)} == {1}


def _versioned(id: str, version: int) -> dict[str, object]:
    return {"trigger": "inbound_sms", "definition": {"id": id, "version": version, "name": "menu", "steps": []}}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 999, 1000, 1001, 1500, 1501])
def test_lists_are_whole(count: int, offset: Offset) -> None:
    """Every definition once, in the service's order, at the edges of pages."""
    service = ManyDefinitions(count, offset)
    assert [each.id for each in client(service).list_definitions()] == [service.id(each) for each in range(count)]
    assert service.calls <= ceil(count / 500) + 1


@pytest.mark.parametrize("offset", OFFSETS)
def test_a_list_of_all_versions(offset: Offset) -> None:
    """Should the list hold every version, also when they are on different pages, the newest is taken."""
    service = ManyDefinitions(401, offset, versions=3)
    found = list(client(service).list_definitions())
    assert [each.id for each in found] == [service.id(each) for each in range(401)]
    assert {each.version for each in found} == {3}


def test_an_offset_that_nobody_heeds() -> None:
    """A service that gives the same full page to any offset does not keep us for ever."""
    service = ManyDefinitions(500)

    def ignore_offset(request: httpx.Request) -> httpx.Response:
        return service(httpx.Request("GET", request.url.copy_set_param("offset", 0)))

    assert len(list(client(ignore_offset).list_definitions())) == 500
    assert service.calls == 3


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("count", [499, 500, 501, 1000, 1001])
def test_real_pages(count: int, offset: Offset) -> None:
    """The emulator's own pages of definitions, with either meaning of its offset."""
    store = Store(":memory:")
    try:
        app = create_app(store, EmulatorSettings(offset=offset))
        service = app.extensions["pulumi_8x8"]
        with store.transaction():
            for number in range(count):
                body = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": str(number), "steps": []}}
                service.create("acme", body)
        calling = Client(Settings("acme", "emulator-key", "http://127.0.0.1"), httpx.WSGITransport(app=app))
        names = [each.definition.name for each in calling.list_definitions()]
        assert names == [str(number) for number in range(count)]
        assert calling.holds_more_than(count - 1)
        assert not calling.holds_more_than(count)
    finally:
        store.close()

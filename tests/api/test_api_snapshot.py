"""Reading at scale: how many calls it takes, and that nothing is missed, doubled or taken for gone."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from typing import Literal

import httpx
import pytest
from api_kit import SETTINGS, THRICE, Answers, ManyDefinitions, client
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_8x8.api import Client, Settings, Snapshot, StoredDefinition, Timer
from pulumi_8x8.definition import Definition
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.errors import BadAnswer, Conflict, NotFound

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
@given(data=st.data(), offset=st.sampled_from(OFFSETS), there=st.integers(0, 2_600), announced=st.booleans())
def test_any_account(data: st.DataObject, offset: Offset, there: int, announced: bool) -> None:
    """Whatever is managed, hidden from the list or gone, each is found or known to be gone, within the bound.

    What the list lacks takes one call more for each, by id. That something is gone takes two
    more lists and two more calls, however many are, as long as only pauses take time.
    """
    numbers = data.draw(st.lists(st.integers(0, there + 20), min_size=1, max_size=12, unique=True))
    hidden = data.draw(st.sets(st.sampled_from(numbers)))
    service = ManyDefinitions(there, offset, hidden)
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        if announced:
            snapshot.expect(len(numbers))
        for number in numbers:
            if number < there:
                assert snapshot.get(service.id(number)).id == service.id(number)
            else:
                with pytest.raises(NotFound):
                    snapshot.get(service.id(number))
    lacking = sum(number in hidden or number >= there for number in numbers)
    bound = len(numbers) if not announced else min(len(numbers), ceil(there / 500)) + 2 + lacking
    gone = [service.id(number) for number in numbers if number >= there]
    assert service.calls <= bound + min(2, len(gone)) * (ceil(there / 500) + 2)
    assert len(time.waited) <= min(2, len(gone))
    asked = Counter(service.read)
    assert max((count for id, count in asked.items() if id not in gone), default=0) <= 1
    assert sum(asked[id] for id in gone) <= len(gone) + 2


@pytest.mark.parametrize(("managed", "there", "hidden"), [(200, 900, range(0, 200, 20)), (16, 100_000, ())])
def test_threads_share_one_snapshot(managed: int, there: int, hidden: range) -> None:
    """Eight threads that want the same definitions read each at most once, within the same bound."""
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
    """A write is known without another call, a deletion is forgotten, and a late list takes no newer version back."""
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
    assert sorted(each.version for each in snapshot.all(again=True)) == [1, 1, 7]


class Time:
    """Time that passes in waits, and a little at each look at the clock."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self._looks = itertools.count()
        self.clock = Timer()
        self.clock.wait = self.waited.append  # type: ignore[method-assign]

    def monotonic(self) -> float:
        return sum(self.waited) + next(self._looks) * 1e-6

    def client(self, answer: Answers) -> Client:
        return Client(SETTINGS, httpx.MockTransport(answer), replace(THRICE, confirm=2.0), clock=self.clock)


@contextmanager
def slow_time() -> Iterator[Time]:
    time = Time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pulumi_8x8.api.snapshot.time", time)
        yield time


class Account:
    """A service with prepared lists and answers by id: each call takes the next of them, and the last one repeats.

    :param lists: versions by number.
    :param by_id: the version that an answer by id has, 0 for none; by number.
    """

    def __init__(self, lists: Sequence[Mapping[int, int]], **by_id: Sequence[int]) -> None:
        self.calls: list[str] = []
        self._lists = list(lists)
        self._by_id = {ManyDefinitions.id(int(key[1:])): list(versions) for key, versions in by_id.items()}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        if last == "definitions":
            self.calls.append("list")
            held = self._lists.pop(0) if len(self._lists) > 1 else self._lists[0]
            return httpx.Response(200, json=[_versioned(ManyDefinitions.id(key), held[key]) for key in held])
        self.calls.append("read")
        versions = self._by_id[last]
        version = versions.pop(0) if len(versions) > 1 else versions[0]
        return httpx.Response(200, json=[_versioned(last, version)] if version else [])


FIRST = ManyDefinitions.id(1)

#: Lists, answers by id, and how the first definition is found: its version (0: gone), with which calls, pauses.
DENIALS: dict[str, tuple[list[dict[int, int]], list[int], int, str, int]] = {
    "it is there": ([{}], [1], 1, "read", 0),
    "denied once, then listed": ([{1: 3}], [0], 3, "read list", 1),
    "denied once, not listed, then there": ([{}], [0, 2], 2, "read list read", 1),
    "denied twice": ([{}], [0], 0, "read list read", 1),
}


@pytest.mark.parametrize("case", DENIALS)
def test_one_denial_proves_nothing(case: str) -> None:
    """A definition is gone if two different calls, with a pause between them, agree; otherwise it is found."""
    lists, by_id, version, calls, pauses = DENIALS[case]
    service = Account(lists, _1=by_id)
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        if version:
            assert snapshot.get(FIRST).version == version
        else:
            with pytest.raises(NotFound, match=f"no workflow definition {FIRST}"):
                snapshot.get(FIRST)
    assert service.calls == calls.split()
    assert time.waited == [2.0] * pauses


def test_an_old_list_and_an_answer_are_two_denials() -> None:
    """What a list lacked that is older than the pause is gone at the first denial by id, without another pause."""
    service = Account([{2: 1}], _1=[0])
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        snapshot.all()
        time.waited.append(5.0)
        with pytest.raises(NotFound, match=f"the account acme has no workflow definition {FIRST}"):
            snapshot.get(FIRST)
    assert service.calls == ["list", "read"]
    assert time.waited == [5.0]


@pytest.mark.parametrize("announced", [False, True])
def test_many_that_are_gone(announced: bool) -> None:
    """An account that somebody emptied costs two pauses at most, not one for each workflow."""
    service = ManyDefinitions(600)
    gone = [service.id(number) for number in range(1_000, 1_100)]
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        if announced:
            snapshot.expect(len(gone))
        for id in gone:
            with pytest.raises(NotFound):
                snapshot.get(id)
    assert sum(time.waited) <= 4.0
    assert service.calls <= 1 + 3 * 2 + len(gone) + 2


def test_gone_stays_gone() -> None:
    """What is known to be gone is read once more at most, with no pause."""
    service = Account([{}], _1=[0])
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        for _ in range(2):
            with pytest.raises(NotFound):
                snapshot.get(FIRST)
    assert len(time.waited) == 1
    assert service.calls == ["read", "list", "read", "read"]


#: What brings back a definition that was gone.
RETURNS: dict[str, Callable[[Snapshot], object]] = {
    "an answer by id": lambda snapshot: snapshot.get(FIRST),
    "a list": lambda snapshot: snapshot.all(again=True),
    "what was written": lambda snapshot: snapshot.put(StoredDefinition(FIRST, 4, "now", "acme", Definition())),
}


@pytest.mark.parametrize("way", RETURNS)
def test_what_comes_back_stops_the_operation(way: str) -> None:
    """A definition that exists again after it was gone leaves nothing to be believed: that is a conflict."""
    service = Account([{}, {1: 4}], _1=[0, 0, 4])
    with slow_time() as time:
        snapshot = Snapshot(time.client(service))
        with pytest.raises(NotFound):
            snapshot.get(FIRST)
        with pytest.raises(Conflict, match=f"the workflow definition {FIRST} .version 4, .* exists again"):
            RETURNS[way](snapshot)


#: Versions that answers have, the version that the service is known to have had; what is taken, pauses.
STALE: dict[str, tuple[list[int], int, int, int]] = {
    "as new as known": ([3], 3, 3, 0),
    "newer": ([4], 3, 4, 0),
    "late": ([2, 3], 3, 3, 1),
    "the newer one was deleted": ([2], 3, 2, 1),
}


@pytest.mark.parametrize("case", STALE)
def test_a_late_answer(case: str) -> None:
    """If a version is older than one that was seen, it is read again after a pause; the second answer counts."""
    versions, known, taken, pauses = STALE[case]
    service = Account([{}], _1=versions)
    with slow_time() as time:
        assert Snapshot(time.client(service)).get(FIRST, known).version == taken
    assert service.calls == ["read"] * (1 + pauses)
    assert len(time.waited) == pauses


def test_a_late_list() -> None:
    """If a list has an older version than is known, the definition is read by id."""
    service = Account([{1: 2, 2: 1}], _1=[3])
    snapshot = Snapshot(client(service))
    snapshot.all()
    assert snapshot.get(FIRST, 2).version == 2
    assert snapshot.get(FIRST, 3).version == 3
    assert service.calls == ["list", "read"]


@pytest.mark.parametrize(("lists", "found", "calls"), [([{}, {1: 1}], 1, 2), ([{}], 0, 2), ([{1: 1}], 1, 1)])
def test_an_empty_list_is_asked_for_twice(lists: list[dict[int, int]], found: int, calls: int) -> None:
    """That an account holds nothing is believed at the second list only, after a pause."""
    service = Account(lists)
    with slow_time() as time:
        assert len(Snapshot(time.client(service)).all()) == found
    assert service.calls == ["list"] * calls
    assert len(time.waited) == calls - 1


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
    """A service that returns the same full page for any offset causes no endless loop, and no incomplete list."""
    service = ManyDefinitions(500)

    def ignore_offset(request: httpx.Request) -> httpx.Response:
        return service(httpx.Request("GET", request.url.copy_set_param("offset", 0)))

    with pytest.raises(BadAnswer, match="repeats what it returned before, whatever the offset: 1001"):
        list(client(ignore_offset).list_definitions())
    assert service.calls == 4


def test_a_page_of_what_was_created_meanwhile() -> None:
    """A full page that holds nothing new, since much was created meanwhile, doesn't end the list."""
    service = ManyDefinitions(1_700)

    def shifted(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        return service(httpx.Request("GET", request.url.copy_set_param("offset", max(0, offset - 500))))

    assert len(list(client(shifted).list_definitions())) == 1_700


def test_a_list_without_an_end() -> None:
    """A list that never ends stops at the limit, with what to set if the account is really that large."""
    service = ManyDefinitions(3_000)
    with (
        Client(replace(SETTINGS, page_limit=5), httpx.MockTransport(service), THRICE) as calling,
        pytest.raises(BadAnswer, match=r"is page 5 of a list that doesn't end.*8x8:pageLimit"),
    ):
        list(calling.list_definitions())
    assert service.calls == 5


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

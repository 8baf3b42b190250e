"""The stand-in for the service does what the vendor publishes, and lies only as set."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from kit import API_KEY
from standin import Habits, StandIn

UNKNOWN = "2aa9465e-dec7-4c3e-8fa6-bd168af9eaca"
NO_INSTANCE = "60dbe307fe55d99fc083db61"
NOISE: dict[str, Any] = {"do": [], "inputs": {}, "outputs": {}, "selectNextStep": {}, "nextStepId": None}


class Api:
    """The API of one account, called in this process."""

    def __init__(self, stand_in: StandIn, account: str = "acme", key: str = API_KEY) -> None:
        self.http = httpx.Client(
            transport=stand_in.transport,
            base_url=f"http://127.0.0.1/api/v1/accounts/{account}",
            headers={"Authorization": f"Bearer {key}"},
        )

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        return self.http.request(method, path, json=body, params=query or None)

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, **query).raise_for_status().json()

    def create(self, name: str = "menu", **envelope: Any) -> str:
        answer = self.ask("POST", "/definitions", a_body(name, **envelope)).raise_for_status().json()
        return str(answer.get("id") or answer["definition"]["id"])

    def update(self, id: str, name: str) -> None:
        self.ask("PUT", f"/definitions/{id}", a_body(name)).raise_for_status()

    def names(self, id: str) -> list[str]:
        return [each["definition"]["name"] for each in self.get(f"/definitions/{id}")]

    def listed(self, **query: Any) -> list[str]:
        return [each["definition"]["name"] for each in self.get("/definitions", **query)]


def a_body(name: str = "menu", *, steps: list[dict[str, Any]] | None = None, **envelope: Any) -> dict[str, Any]:
    sms = {"id": "say", "stepType": "SMS", "inputs": {"subAccountId": "a", "text": "Hello"}}
    inner = {"name": name, "steps": [sms] if steps is None else steps}
    return {"trigger": "inbound_sms", "status": "enabled", "definition": inner, **envelope}


def rename(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda body: body["definition"].update(name=name)


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def api(stand_in: StandIn) -> Api:
    return Api(stand_in)


# --- What the vendor publishes


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/definitions", a_body(""), 400, 5001),
        ("POST", "/definitions", a_body() | {"definition": {"steps": []}}, 400, 5001),
        ("POST", "/definitions", ["no object"], 400, 1000),
        ("PUT", "/definitions/{unknown}", a_body(), 404, 1300),
        ("DELETE", "/definitions/{unknown}", None, 404, 1300),
        ("DELETE", "/definitions/{id}?version=7", None, 404, 1300),
        ("GET", "/definitions/no-uuid", None, 400, 1000),
        ("PUT", "/definitions/no-uuid", a_body(), 400, 1000),
        ("DELETE", "/definitions/no-uuid", None, 400, 1000),
        ("GET", "/definitions/{unknown}/workflows", None, 404, 1300),
        ("POST", "/definitions/{id}/workflows?version=2", {}, 404, 1300),
        ("GET", "/definitions/{id}/workflows/no-id", None, 400, 1000),
        ("GET", "/definitions/{id}/workflows/{no_instance}", None, 404, 1300),
        ("GET", "/definitions/{id}/workflows/{no_instance}/errors", None, 404, 1300),
    ],
)
def test_refused(api: Api, method: str, path: str, body: Any, status: int, code: int) -> None:
    """It refuses what the vendor documents as refused, with the status and code."""
    filled = path.format(id=api.create(), unknown=UNKNOWN, no_instance=NO_INSTANCE)
    answer = api.ask(method, filled, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message", "errorId", "timestamp"}


def test_creation(api: Api) -> None:
    """POST answers 201 and the definition with what the service adds."""
    answer = api.ask("POST", "/definitions", a_body())
    stored = answer.json()
    assert answer.status_code == 201
    assert stored.keys() - a_body().keys() == {"accountId", "id", "version", "createdAt"}


def test_status_is_disabled_when_left_out(api: Api) -> None:
    """A definition without a status is stored as disabled."""
    body = a_body()
    del body["status"]
    assert api.ask("POST", "/definitions", body).json()["status"] == "disabled"


def test_history_is_newest_first(api: Api) -> None:
    """PUT adds a version, and GET answers all, the newest first."""
    id = api.create("one")
    api.update(id, "two")
    assert [(each["version"], each["definition"]["name"]) for each in api.get(f"/definitions/{id}")] == [
        (2, "two"),
        (1, "one"),
    ]


def test_unknown_id_has_an_empty_history(api: Api) -> None:
    """GET of an unknown id answers an empty list."""
    assert api.get(f"/definitions/{UNKNOWN}") == []


@pytest.mark.parametrize(("query", "left"), [({}, []), ({"version": 2}, ["one"]), ({"version": 1}, ["two"])])
def test_deletion(api: Api, query: dict[str, int], left: list[str]) -> None:
    """DELETE answers 202, and takes all versions, or the one that it names."""
    id = api.create("one")
    api.update(id, "two")
    assert api.ask("DELETE", f"/definitions/{id}", **query).status_code == 202
    assert api.names(id) == left


def test_version_numbers_are_not_used_again(api: Api) -> None:
    """The version after one that was deleted has a new number."""
    id = api.create("one")
    api.update(id, "two")
    api.ask("DELETE", f"/definitions/{id}", version=2)
    api.update(id, "three")
    assert [each["version"] for each in api.get(f"/definitions/{id}")] == [3, 1]


def test_what_a_client_sends_back_is_not_stored(api: Api) -> None:
    """The service's own members count for nothing in a body."""
    sent = a_body(id=UNKNOWN, version=9, accountId="other", createdAt="never")
    stored = api.ask("POST", "/definitions", sent).json()
    assert stored["id"] != UNKNOWN
    assert (stored["version"], stored["accountId"]) == (1, "acme")
    assert stored["createdAt"] != "never"


@pytest.mark.parametrize(
    ("offset", "number", "page"),
    [("items", 1, ["b", "c"]), ("pages", 1, ["c", "d"]), ("pages", 2, ["e"]), ("items", 5, [])],
)
def test_pages(stand_in: StandIn, api: Api, offset: str, number: int, page: list[str]) -> None:
    """The offset of the list counts items or pages, as set."""
    for name in "abcde":
        stand_in.create("acme", a_body(name))
    stand_in.set(offset=offset)
    assert api.listed(limit=2, offset=number) == page


def test_list_has_100_items_unless_asked(stand_in: StandIn, api: Api) -> None:
    """The default of limit is 100."""
    for _ in range(101):
        stand_in.create("acme", a_body())
    assert len(api.listed()) == 100


def test_accounts_are_apart(stand_in: StandIn, api: Api) -> None:
    """One account neither lists, reads, changes nor deletes what another has."""
    id, other = api.create(), Api(stand_in, "other")
    assert other.listed() == other.names(id) == []
    assert other.ask("PUT", f"/definitions/{id}", a_body()).status_code == 404
    assert other.ask("DELETE", f"/definitions/{id}").status_code == 404


def test_other_paths(api: Api) -> None:
    """A path that the API lacks is answered by something that isn't the API."""
    answer = api.ask("GET", "/definition")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


# --- Instances


def test_instance_by_hand(stand_in: StandIn, api: Api) -> None:
    """A started instance has the body as its data, runs until a test ends it, and has logs."""
    id = api.create()
    answer = api.ask("POST", f"/definitions/{id}/workflows", {"payload": 1})
    assert answer.status_code == 201
    path = answer.headers["Location"].removeprefix("/api/v1/accounts/acme")
    running = api.get(path)
    assert (running["status"], running["data"]["payload"]) == ("Runnable", 1)
    stand_in.finish(id)
    over = api.get(path)
    assert (over["status"], over["logs"][0]["stepName"]) == ("Complete", "say")
    assert api.get(f"{path}/errors") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [3, 2]),
        ({"version": 1}, [1]),
        ({"status": "Runnable"}, [3]),
        ({"status": "Complete"}, [2]),
        ({"version": 9}, []),
        ({"limit": 1, "offset": 1}, [2]),
    ],
)
def test_instances_are_filtered(stand_in: StandIn, api: Api, query: dict[str, Any], found: list[int]) -> None:
    """Instances come newest first, of the newest version unless one is named, and pass every filter."""
    id = api.create("one")
    started = [stand_in.start("acme", id)]
    api.update(id, "two")
    started.append(stand_in.start("acme", id))
    stand_in.finish(id)
    started.append(stand_in.start("acme", id))
    numbers = {instance.id: number for number, instance in enumerate(started, 1)}
    assert [numbers[each["workflowId"]] for each in api.get(f"/definitions/{id}/workflows", **query)] == found


def test_instances_of_a_deleted_version_are_gone(stand_in: StandIn, api: Api) -> None:
    """With a version its instances go, for the list and by id."""
    id = api.create("one")
    instance = stand_in.start("acme", id)
    api.update(id, "two")
    api.ask("DELETE", f"/definitions/{id}", version=1)
    assert api.get(f"/definitions/{id}/workflows", version=1) == []
    assert api.ask("GET", f"/definitions/{id}/workflows/{instance.id}").status_code == 404


def test_instance_of_another_definition(stand_in: StandIn, api: Api) -> None:
    """An instance is found below its own definition only."""
    instance = stand_in.start("acme", api.create())
    assert api.ask("GET", f"/definitions/{api.create()}/workflows/{instance.id}").status_code == 404


def test_running_instances_finish_on_their_version(stand_in: StandIn, api: Api) -> None:
    """A new version leaves instances of the older one alone."""
    id = api.create()
    instance = stand_in.start("acme", id)
    api.update(id, "two")
    assert (instance.status, instance.version) == ("Runnable", 1)


# --- What is recorded


def test_calls_are_recorded(stand_in: StandIn, api: Api) -> None:
    """Every call is recorded in order, refused and lost ones too."""
    id = api.create()
    Api(stand_in, "other", "wrong").ask("GET", "/definitions", limit=3)
    stand_in.next(1, "update", fault="break")
    with pytest.raises(httpx.ReadError):
        api.update(id, "two")
    assert [(str(call), call.account, call.status) for call in stand_in.calls()] == [
        ("POST /definitions", "acme", 201),
        ("GET /definitions", "other", 401),
        ("PUT /definitions/{id}", "acme", None),
    ]
    assert stand_in.calls()[1].query == {"limit": "3"}
    assert [call.body["definition"]["name"] for call in stand_in.calls("acme")] == ["menu", "two"]
    assert [call.operation for call in stand_in.calls(since=2)] == ["update"]


def test_all_that_was_ever_alive_is_recorded(stand_in: StandIn, api: Api) -> None:
    """What was deleted, by which call, and every version that there was, by whom, can be asked for."""
    first, second = api.create("one"), api.create("other")
    stand_in.edit("acme", first, rename("two"))
    api.ask("DELETE", f"/definitions/{first}", version=1)
    api.ask("DELETE", f"/definitions/{first}")
    stand_in.remove("acme", second)
    kept = stand_in.definitions[first]
    assert [(version.number, version.by and version.by.number) for version in kept.versions] == [(1, 1), (2, None)]
    assert {id: by and by.number for id, by in stand_in.deleted("acme").items()} == {first: 4, second: None}
    assert stand_in.alive("acme") == {}


@pytest.mark.parametrize(("query", "killed"), [({}, True), ({"version": 1}, True), ({"version": 2}, False)])
def test_killed_conversations(stand_in: StandIn, api: Api, query: Any, killed: bool) -> None:
    """A deletion kills what is active of the versions that go, and it is recorded by which call."""
    id = api.create()
    instance = stand_in.start("acme", id)
    api.update(id, "two")
    api.ask("DELETE", f"/definitions/{id}", **query)
    assert stand_in.killed_instances == [instance] * killed
    assert instance.killed_by is (stand_in.calls()[-1] if killed else None)


def test_what_is_over_is_not_killed(stand_in: StandIn, api: Api) -> None:
    """Neither a conversation that is over counts as killed, nor one that somebody else ended."""
    first, second = api.create(), api.create()
    stand_in.start("acme", first)
    stand_in.start("acme", second)
    stand_in.finish(first)
    api.ask("DELETE", f"/definitions/{first}")
    stand_in.remove("acme", second)
    assert stand_in.killed_instances == []


def test_copies(stand_in: StandIn) -> None:
    """Stored values are copies, of what a caller passes and of what a caller gets."""
    body = a_body()
    id = stand_in.create("acme", body)
    body["definition"]["name"] = "changed"
    stand_in.alive("acme")[id]["definition"]["name"] = "changed too"
    assert stand_in.alive("acme")[id]["definition"]["name"] == "menu"


# --- How it lies


@pytest.mark.parametrize(
    ("habits", "history", "listed"),
    [
        ({}, (200, ["menu2", "menu"]), ["other", "menu2"]),
        ({"history": "empty"}, (200, []), ["other", "menu2"]),
        ({"history": "not found"}, (404, 1300), ["other", "menu2"]),
        ({"listing": "empty"}, (200, ["menu2", "menu"]), []),
        ({"listing": "every second"}, (200, ["menu2", "menu"]), ["menu2"]),
        ({"list_versions": "all"}, (200, ["menu2", "menu"]), ["other", "menu2", "menu"]),
        ({"list_disabled": False}, (200, ["menu2", "menu"]), ["menu2"]),
    ],
)
def test_reads_lie(stand_in: StandIn, api: Api, habits: Any, history: Any, listed: list[str]) -> None:
    """Reads return less than is stored, or lag, as configured; the stored values stay."""
    api.create("other", status="disabled")
    id = api.create("menu")
    api.update(id, "menu2")
    before = stand_in.alive("acme")
    stand_in.set(**habits)
    answer = api.ask("GET", f"/definitions/{id}")
    found = answer.json()
    result = [each["definition"]["name"] for each in found] if isinstance(found, list) else found["code"]
    assert ((answer.status_code, result), api.listed()) == (history, listed)
    assert stand_in.alive("acme") == before


@pytest.mark.parametrize("habits", [{"stale_reads": 2}, {"stale_calls": 2}])
@pytest.mark.parametrize(
    ("write", "before", "after"),
    [
        (lambda api, id: api.update(id, "two"), ["one"], ["two", "one"]),
        (lambda api, id: api.ask("DELETE", f"/definitions/{id}"), ["one"], []),
        (lambda api, id: None, [], ["one"]),
    ],
    ids=["update", "deletion", "creation"],
)
def test_stale_reads(stand_in: StandIn, api: Api, habits: Any, write: Any, before: Any, after: Any) -> None:
    """What is written is not seen by the next two reads (or up to two calls later), in the list nor by id."""
    if not before:
        stand_in.set(**habits)
    id = api.create("one")
    stand_in.set(**habits)
    write(api, id)
    assert [api.names(id), api.listed(), api.names(id), api.listed()] == [before, before, after, after[:1]]


@pytest.mark.parametrize(("delete_after", "seen"), [(0, [0, 0, 0]), (1, [1, 0, 0]), (2, [1, 1, 0])])
def test_late_deletion(stand_in: StandIn, api: Api, delete_after: int, seen: list[int]) -> None:
    """A deletion is carried out after so many calls, and only then kills what runs."""
    stand_in.set(delete_after=delete_after)
    id = api.create()
    instance = stand_in.start("acme", id)
    api.ask("DELETE", f"/definitions/{id}")
    assert [(int(instance.status == "Runnable"), len(api.names(id))) for _ in seen] == [(each, each) for each in seen]
    assert instance.killed_by is stand_in.calls()[1]


@pytest.mark.parametrize("carried_out", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind", "retry_after"),
    [
        ("break", None, None),
        (200, "text/html; charset=utf-8", None),
        (404, "application/json", None),
        (429, "application/json", "3"),
        (500, "application/json", None),
        (502, "text/html; charset=utf-8", None),
        (503, "application/json", "3"),
        (504, "text/html; charset=utf-8", None),
    ],
)
def test_lost_answers(
    stand_in: StandIn, api: Api, fault: Any, kind: str | None, retry_after: str | None, carried_out: bool
) -> None:
    """An answer is lost or is another one, and the call is carried out or not, as set, for one call."""
    stand_in.next(1, "create", fault=fault, carried_out=carried_out, retry_after="3")
    if fault == "break":
        with pytest.raises(httpx.ReadError):
            api.create("one")
    else:
        answer = api.ask("POST", "/definitions", a_body("one"))
        headers = (answer.headers["content-type"], answer.headers.get("retry-after"))
        assert (answer.status_code, headers) == (fault, (kind, retry_after))
    api.create("two")
    assert api.listed() == ["one"] * carried_out + ["two"]


def test_lost_by_not_found(stand_in: StandIn, api: Api) -> None:
    """A 404 that is a lie looks like a true one."""
    id = api.create()
    stand_in.next(1, "update", fault=404)
    assert api.ask("PUT", f"/definitions/{id}", a_body()).json()["code"] == 1300


HTTP = {"id": "d", "stepType": "HttpRequest", "inputs": {"headers": {"authorization": "key", "X": "y"}}}
RICH: list[dict[str, Any]] = [
    {"id": "a", "stepType": "sms", "inputs": {"text": " hi ", "urgent": False, "n": 0, "x": [7, "", True]}},
    {"id": "b", "stepType": "Branch", "selectNextStep": {"c": None}},
    {"id": "c", "stepType": "If", "do": [[HTTP]]},
    {"id": "e", "stepType": "SMS", "inputs": {}},
]


SEND, CALL = "definition.steps.0", "definition.steps.2.do.0.0"


@pytest.mark.parametrize(
    ("habits", "changed"),
    [
        ({}, {}),
        ({"defaults": (("SMS", "encoding", "AUTO"),)}, {f"{SEND}.inputs.encoding": "AUTO"}),
        ({"drops_false": True}, {f"{SEND}.inputs.urgent": None}),
        ({"trims": True}, {f"{SEND}.inputs.text": "hi"}),
        ({"numbers_as_texts": True}, {f"{SEND}.inputs.n": "0", f"{SEND}.inputs.x.0": "7"}),
        ({"masks": {"Authorization"}}, {f"{CALL}.inputs.headers.authorization": "***"}),
        ({"unknown": {"envelope"}}, {"rev": 1}),
        ({"unknown": {"definition"}}, {"definition.rev": 1}),
        (
            {"unknown": {"step"}},
            {f"{place}.rev": 1 for place in [*(f"definition.steps.{number}" for number in range(4)), CALL]},
        ),
        ({"unknown": {"inputs"}}, {f"{SEND}.inputs.rev": 1, f"{CALL}.inputs.rev": 1}),
    ],
)
@pytest.mark.parametrize("echo", [False, True])
def test_normalised(stand_in: StandIn, api: Api, habits: Any, changed: dict[str, Any], echo: bool) -> None:
    """Each habit changes only its part of what is stored; with an echo, not yet in the answer to a write."""
    stand_in.set(**habits, echo=echo)
    sent = a_body(steps=RICH)
    answer = api.ask("POST", "/definitions", sent).json()
    added = {key: answer[key] for key in ("id", "version", "accountId", "createdAt")}
    expected = {place: value for place, value in {**leaves(sent | added), **changed}.items() if value is not None}
    (stored,) = api.get("/definitions")
    (kept,) = stand_in.alive("acme", as_sent=True).values()
    assert leaves(stored) == expected
    assert leaves(answer) == (leaves(sent | added) if echo else expected)
    assert kept == sent | added


def leaves(value: Any, place: str = "") -> dict[str, Any]:
    """What is not empty, by place."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if inner is None:
        return {} if value is None else {place[1:]: value}
    return {deeper: leaf for key, each in inner for deeper, leaf in leaves(each, f"{place}.{key}").items()}


@pytest.mark.parametrize(
    ("habits", "check"),
    [
        ({"ids_in": "definition"}, lambda a: "id" not in a and a["definition"]["version"] == 1),
        ({"ids_in": "both"}, lambda a: a["id"] == a["definition"]["id"]),
        ({}, lambda a: a["version"] == 1 and "id" not in a["definition"]),
        ({}, lambda a: a["subAccountId"] == "sub"),
        ({"sub_account_key": "subaccountId"}, lambda a: a["subaccountId"] == "sub" and "subAccountId" not in a),
        ({"upper_ids": True}, lambda a: a["id"].isupper()),
        ({}, lambda a: a["id"].islower()),
        ({"noise": True}, lambda a: a["definition"]["steps"] == [NOISE | step for step in RICH[:2]]),
    ],
)
def test_spellings(stand_in: StandIn, api: Api, habits: Any, check: Callable[[Any], bool]) -> None:
    """The same definition is spelled in several ways, in every answer."""
    stand_in.set(**habits)
    answer = api.ask("POST", "/definitions", a_body(steps=RICH[:2], subAccountId="sub")).json()
    assert check(answer)
    assert check(api.get("/definitions")[0])


def test_upper_case_ids_are_known(stand_in: StandIn, api: Api) -> None:
    """An id means the same in both cases, in calls and in what a test asks for."""
    stand_in.set(upper_ids=True)
    id = api.create("one")
    api.update(id, "two")
    stand_in.edit("acme", id, rename("three"))
    assert api.names(id.lower()) == ["three", "two", "one"]


def test_shuffle(stand_in: StandIn, api: Api) -> None:
    """Keys and later steps come in any order, another in each answer, the same again with the same seed."""
    steps = [{"id": id, "stepType": "Wait", "inputs": {"duration": "1"}} for id in "abcdef"]

    def answers() -> list[Any]:
        stand_in = StandIn(Habits(shuffle=5))
        api = Api(stand_in)
        api.create(steps=steps)
        return [api.get("/definitions")[0] for _ in range(5)]

    once = answers()
    assert len({tuple(each) for each in once}) > 1
    found = [each["definition"]["steps"] for each in once]
    assert [str(each["definition"]["steps"]) for each in answers()] == [str(steps) for steps in found]
    assert len({str(steps) for steps in found}) == 5
    assert {each[0]["id"] for each in found} == {"a"}
    assert all(sorted(each, key=lambda step: step["id"]) == steps for each in found)


# --- For which calls


@pytest.mark.parametrize(
    ("ahead", "empty"),
    [
        ({"count": 2}, [True, True, False, False]),
        ({"count": 1, "skip": 2}, [False, False, True, False]),
    ],
)
def test_habits_of_the_next_calls(stand_in: StandIn, api: Api, ahead: Any, empty: list[bool]) -> None:
    """Habits hold for the next calls that match, and only for these."""
    id = api.create()
    stand_in.next(ahead["count"], "history", skip=ahead.get("skip", 0), history="empty")
    assert [api.names(id) == [] for _ in empty] == empty


def test_other_operations_do_not_count(stand_in: StandIn, api: Api) -> None:
    """Calls of other operations use up nothing."""
    id = api.create()
    stand_in.next(1, "history", history="empty")
    api.listed()
    assert (api.names(id), api.names(id)) == ([], ["menu"])


def test_wrong_names_are_refused(stand_in: StandIn) -> None:
    """A misspelled operation or habit is an error, since otherwise it would have no effect."""
    with pytest.raises(AssertionError):
        stand_in.next(1, "hsitory", history="empty")
    with pytest.raises(TypeError):
        stand_in.next(1, "history", hsitory="empty")
    with pytest.raises(TypeError):
        stand_in.set(hsitory="empty")


def test_it_can_be_made_to_behave(stand_in: StandIn, api: Api) -> None:
    """All lies end, and what is due is done."""
    first, second = api.create("one"), api.create("two")
    stand_in.set(delete_after=99, stale_reads=99, upper_ids=True)
    stand_in.edit("acme", first, rename("new"))
    api.ask("DELETE", f"/definitions/{second}")
    stand_in.next(99, fault=503)
    stand_in.behave()
    assert api.listed() == ["new"]


# --- As a server


@pytest.fixture
def served(stand_in: StandIn) -> Any:
    with (
        stand_in.serve() as url,
        httpx.Client(base_url=f"{url}/api/v1/accounts/acme", headers={"Authorization": f"Bearer {API_KEY}"}) as http,
    ):
        yield http


def test_server_answers_alike(stand_in: StandIn, served: httpx.Client) -> None:
    """Over HTTP the answers are the same as in-process."""
    id = served.post("/definitions", json=a_body()).json()["id"]
    assert served.get(f"/definitions/{id}").json() == Api(stand_in).get(f"/definitions/{id}")
    assert served.delete(f"/definitions/{id}").status_code == 202


@pytest.mark.parametrize("carried_out", [False, True])
def test_server_breaks_connections(stand_in: StandIn, served: httpx.Client, carried_out: bool) -> None:
    """Over HTTP too a connection breaks, after or before the call is carried out, and the next call is answered."""
    stand_in.next(1, fault="break", carried_out=carried_out)
    with pytest.raises(httpx.RemoteProtocolError):
        served.post("/definitions", json=a_body())
    assert len(served.get("/definitions").json()) == carried_out


def test_server_takes_many_at_once(stand_in: StandIn, served: httpx.Client) -> None:
    """Threads that create at the same time get a definition each."""
    threads = [
        threading.Thread(target=served.post, args=("/definitions",), kwargs={"json": a_body()}) for _ in "12345678"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stand_in.alive("acme")) == 8

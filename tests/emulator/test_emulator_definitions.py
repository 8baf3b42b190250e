from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

UNKNOWN = "2aa9465e-dec7-4c3e-8fa6-bd168af9eaca"
CORPUS = {
    path.name: document
    for path in sorted((Path(__file__).parents[1] / "corpus").glob("*.json"))
    if "trigger" in (document := json.loads(path.read_text()))
}


def assert_error(answer: Any, status: int, code: int, message: str) -> None:
    """The published error body: exactly four members, the id a UUID, the time with a fraction and Z."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert re.search(message, body["message"]), body
    assert list(body) == ["code", "message", "errorId", "timestamp"]
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", body["errorId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", body["timestamp"])


def test_answer_has_the_published_shape(emulator: Emulator) -> None:
    """A created definition comes back with the members, spelling and order of the OpenAPI file's example."""
    example = CORPUS["12-oas-definition-created.json"]
    sent = {
        "subAccountId": example["subaccountId"],
        "trigger": example["trigger"],
        "status": "enabled",
        "definition": {key: value for key, value in example["definition"].items() if key not in ("id", "version")},
    }
    answer = emulator.client.post(emulator.definitions, json=sent)
    made = answer.json()
    id = made["definition"]["id"]
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{emulator.definitions}/{id}"
    expected = {**example, "accountId": "acme", "createdAt": "2026-03-02T10:00:00.000Z"}
    expected["definition"] = {**example["definition"], "id": id}
    assert json.dumps(made) == json.dumps(expected)
    assert emulator.get(f"{emulator.definitions}/{id}") == [made] == emulator.get(emulator.definitions)


@pytest.mark.parametrize("document", CORPUS.values(), ids=CORPUS)
def test_corpus_comes_back_untouched(emulator: Emulator, document: dict[str, Any]) -> None:
    """Every published definition is accepted, and its name and steps come back byte for byte."""
    made = emulator.get(emulator.create(document))[0]
    inner = {key: value for key, value in made["definition"].items() if key not in ("id", "version")}
    sent = {key: value for key, value in document["definition"].items() if key not in ("id", "version")}
    assert json.dumps(inner) == json.dumps(sent)
    assert made["status"] == document.get("status", "disabled")


def test_the_unknown_is_kept(emulator: Emulator) -> None:
    """Unknown members, step types, nulls, numbers and the order of members survive; so do ids that lead nowhere."""
    steps = [{"z": None, "stepType": "Später", "a": [1, 1.0, 1e300, "😀"], "id": 7, "nextStepId": "nowhere"}, {}]
    body = definition(steps, other={"b": None, "a": {}}, subaccountId="sub")
    body["definition"] |= {"id": "mine", "version": 99, "tags": [None]}
    made = emulator.get(emulator.create(body))[0]
    assert json.dumps(made["definition"]["steps"]) == json.dumps(steps)
    assert json.dumps(made["other"]) == '{"b": null, "a": {}}'
    assert made["subaccountId"] == "sub"
    assert (made["definition"]["version"], made["definition"]["tags"]) == (1, [None])
    assert made["definition"]["id"] != "mine"


def test_versions(emulator: Emulator) -> None:
    """PUT makes the next version and keeps the old ones; the history is newest first and can be paged.

    An id may be written in capital letters.
    """
    path = emulator.create(definition([], name="one"))
    emulator.clock.move(60)
    shouted = f"{emulator.definitions}/{path.rpartition('/')[2].upper()}"
    answer = emulator.client.put(shouted, json=definition([], name="two", status=None))
    assert answer.status_code == 200
    two, one = emulator.get(path)
    assert answer.json() == two
    assert [(d["definition"]["version"], d["definition"]["name"], d["status"]) for d in (two, one)] == [
        (2, "two", "disabled"),
        (1, "one", "enabled"),
    ]
    assert (one["createdAt"], two["createdAt"]) == ("2026-03-02T10:00:00.000Z", "2026-03-02T10:01:00.000Z")
    assert emulator.get(path, limit=1, offset=1) == [one]
    assert emulator.get(emulator.definitions) == [two]


@pytest.mark.parametrize(("meaning", "second"), [("items", [1, 2, 3]), ("pages", [3, 4, 5])])
def test_paging(start: Callable[..., Emulator], meaning: str, second: list[int]) -> None:
    """``offset=1`` skips one definition or one page, depending on the setting; the list is in order of creation."""
    emulator = start(offset=meaning)
    paths = [emulator.create(definition([], name=str(number))) for number in range(7)]
    emulator.client.put(paths[0], json=definition([], name="0"))

    def names(**query: Any) -> list[int]:
        return [int(found["definition"]["name"]) for found in emulator.get(emulator.definitions, **query)]

    assert names() == list(range(7))
    assert names(limit=3) == [0, 1, 2]
    assert names(limit=3, offset=1) == second
    assert names(limit=500, offset=999_999_999_999_999) == []


def test_default_limit(emulator: Emulator) -> None:
    """Without ``limit`` a list holds 100."""
    for _ in range(101):
        emulator.create(definition([]))
    assert len(emulator.get(emulator.definitions)) == 100
    assert len(emulator.get(emulator.definitions, limit=500)) == 101


@pytest.mark.parametrize(("setting", "count"), [(True, 2), (False, 1)])
def test_disabled_in_the_list(start: Callable[..., Emulator], setting: bool, count: int) -> None:
    """Whether the list holds disabled definitions is a setting; the history holds them always."""
    emulator = start(list_disabled=setting)
    emulator.create(definition([]))
    off = emulator.create(definition([], status="disabled"))
    assert len(emulator.get(emulator.definitions)) == count
    assert len(emulator.get(off)) == 1


def test_accounts_do_not_see_each_other(emulator: Emulator) -> None:
    """A definition of one account is unknown to another."""
    path = emulator.create(definition([]))
    other = path.replace("/acme/", "/umbrella/")
    assert emulator.get(other) == []
    assert emulator.get("/api/v1/accounts/umbrella/definitions") == []
    assert emulator.client.put(other, json=definition([])).status_code == 404
    assert emulator.client.delete(other).status_code == 404


def test_delete_is_done_later(start: Callable[..., Emulator]) -> None:
    """DELETE is accepted immediately and done after the delay; until then GET still answers. An id isn't reused."""
    emulator = start(delete_delay=5)
    path = emulator.create(definition([]))
    answer = emulator.client.delete(path)
    assert (answer.status_code, answer.content) == (202, b"")
    emulator.clock.move(4.9)
    assert len(emulator.get(path)) == len(emulator.get(emulator.definitions)) == 1
    assert emulator.client.delete(path).status_code == 202
    emulator.clock.move(0.1)
    assert emulator.get(path) == emulator.get(emulator.definitions) == []
    assert_error(emulator.client.delete(path), 404, 1300, "^Definition .* not found.$")


def test_delete_one_version(emulator: Emulator) -> None:
    """DELETE with ``version`` deletes only that version; the numbers continue; the last one deletes the definition."""
    path = emulator.create(definition([]))
    emulator.client.put(path, json=definition([]))
    assert emulator.client.delete(path, params={"version": 2}).status_code == 202
    emulator.clock.move(1)
    assert [found["definition"]["version"] for found in emulator.get(path)] == [1]
    assert_error(emulator.client.delete(path, params={"version": 2}), 404, 1300, "not found")
    assert emulator.client.put(path, json=definition([])).json()["definition"]["version"] == 3
    for version in (1, 3):
        emulator.client.delete(path, params={"version": version})
    emulator.clock.move(1)
    assert emulator.get(path) == emulator.get(emulator.definitions) == []
    assert emulator.client.put(path, json=definition([])).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_malformed_id(emulator: Emulator, method: str) -> None:
    """An id that isn't a UUID gets the published 400."""
    answer = emulator.client.request(method, f"{emulator.definitions}/123", json=definition([]))
    assert_error(answer, 400, 1000, r"^Invalid definition id\.$")


def test_unknown_id(emulator: Emulator) -> None:
    """An unknown id has an empty history, and PUT and DELETE of it get the published 404."""
    path = f"{emulator.definitions}/{UNKNOWN}"
    assert emulator.get(path) == []
    for method in ("PUT", "DELETE"):
        answer = emulator.client.request(method, path, json=definition([]))
        assert_error(answer, 404, 1300, rf"^Definition {UNKNOWN} not found\.$")


def _without(*path: str) -> dict[str, Any]:
    body = definition([])
    target = body
    for name in path[:-1]:
        target = target[name]
    del target[path[-1]]
    return body


REFUSED: dict[str, tuple[Any, int, str]] = {
    "not JSON": (b"{", 1000, "not valid JSON"),
    "empty": (b"", 1000, "not valid JSON"),
    "not UTF-8": (b'"\xff"', 1000, "not valid JSON"),
    "NaN": (b'{"a": NaN}', 1000, "not valid JSON"),
    "an infinity": (b'{"a": 1e400}', 1000, "not valid JSON: a number that is too large"),
    "half a character": (b'{"a": "\\ud83d"}', 1000, "not valid JSON: a text with half a character"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), 1000, "not valid JSON: not UTF-8 text"),
    "huge number": (b'{"a": ' + b"9" * 5000 + b"}", 1000, "not valid JSON: a number of more than 4,300 digits"),
    "too deep for Python": (b"[" * 100_000, 1000, "nested deeper than 128 levels"),
    "too deep": (b"[" * 200 + b"]" * 200, 1000, "deeper than 128"),
    "an array": ([definition([])], 1000, "body must be an object"),
    "no definition": (_without("definition"), 5000, "definition is missing"),
    "definition a list": ({**definition([]), "definition": []}, 5000, "definition must be an object"),
    "no name": (_without("definition", "name"), 5001, r"^Workflow name is required\.$"),
    "blank name": (definition([], name=" "), 5001, r"^Workflow name is required\.$"),
    "name a number": (definition([], name=5), 5000, "name must be a string"),
    "no trigger": (
        _without("trigger"),
        5000,
        "trigger is missing; it must be inbound_sms, inbound_chat_apps or",
    ),
    "unknown trigger": (definition([], trigger="inbound_fax"), 5000, "trigger must be inbound_sms"),
    "trigger a list": (definition([], trigger=[]), 5000, "trigger must be inbound_sms"),
    "unknown status": (definition([], status="on"), 5000, "status must be enabled or disabled"),
    "sub-account a number": (definition([], subAccountId=5), 5000, "subAccountId must be a string"),
    "no steps": (_without("definition", "steps"), 5000, "steps is missing; it must be an array"),
    "steps an object": (definition({}), 5000, "steps must be an array"),  # type: ignore[arg-type]
    "step a string": (definition([{}, "x"]), 5000, r"steps\[1\] must be an object"),
}


@pytest.mark.parametrize(("body", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_definitions(emulator: Emulator, body: Any, code: int, message: str) -> None:
    """A body that no definition can be made of is refused by POST and by PUT, and nothing is written."""
    path = emulator.create(definition([]))
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    for method, target in (("POST", emulator.definitions), ("PUT", path)):
        assert_error(emulator.client.request(method, target, content=content), 400, code, message)
    assert [found["definition"]["version"] for found in emulator.get(emulator.definitions)] == [1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=",
        "limit=-1",
        "limit=٣",
        "offset=-1",
        "offset=1.5",
        "limit=" + "9" * 5000,
    ],
)
def test_refused_queries(emulator: Emulator, query: str) -> None:
    """A limit outside of 1–500 or an offset that isn't a whole number gets a 400 that names it."""
    answer = emulator.client.get(f"{emulator.definitions}?{query}")
    assert_error(answer, 400, 1000, f"{query.partition('=')[0]} must be a whole number")


@pytest.mark.parametrize("version", ["0", "x", "99999999999999999999"])
def test_refused_versions(emulator: Emulator, version: str) -> None:
    """A version that isn't a whole number from 1 gets a 400, and nothing is deleted."""
    path = emulator.create(definition([]))
    assert_error(emulator.client.delete(path, params={"version": version}), 400, 1000, "version must be a whole number")
    emulator.clock.move(9)
    assert len(emulator.get(path)) == 1


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "bearer emulator-key", "Basic emulator-key"])
@pytest.mark.parametrize("path", ["/api/v1/accounts/acme/definitions", "/api/v1/nothing"])
def test_key_is_needed(emulator: Emulator, given: str | None, path: str) -> None:
    """Without the Bearer key every path under /api answers 401, code 1200."""
    del emulator.client.headers["Authorization"]
    headers = {} if given is None else {"Authorization": given}
    assert_error(emulator.client.get(path, headers=headers), 401, 1200, "not authenticated")


def test_accounts_can_be_limited(start: Callable[..., Emulator]) -> None:
    """With accounts given, another account's calls answer as a wrong key does."""
    emulator = start(accounts=frozenset({"acme"}))
    assert emulator.get(emulator.definitions) == []
    assert_error(emulator.client.get("/api/v1/accounts/other/definitions"), 401, 1200, "not authenticated")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v2", 404), ("PATCH", "/api/v1/accounts/a/definitions", 405)]
)
def test_unknown_calls(emulator: Emulator, method: str, path: str, status: int) -> None:
    """An unknown path or method gets the service's error body as well."""
    assert_error(emulator.client.request(method, path), status, status, path)


def test_too_large_body(emulator: Emulator) -> None:
    """A body over 16 MiB gets a 413."""
    assert_error(emulator.client.post(emulator.definitions, content=b" " * (16 * 2**20 + 1)), 413, 413, "Large")


@pytest.mark.parametrize("account", ["a%0Ab", "%C3%BC", "%00", "a%20b", "%FF", "%2e%2e"])
def test_odd_accounts(emulator: Emulator, account: str) -> None:
    """Whatever the name of an account is, ``Location`` has the address of its new definition."""
    environ = {"HTTP_AUTHORIZATION": "Bearer emulator-key"}
    client = emulator.app.test_client()
    made = client.post(f"/api/v1/accounts/{account}/definitions", json=definition([]), environ_base=environ)
    assert made.status_code == 201
    found = client.get(made.headers["Location"], environ_base=environ)
    assert found.get_json() == [made.get_json()]


def test_many_threads(emulator: Emulator) -> None:
    """Writers in several threads lose nothing and never get the same version."""
    path = emulator.create(definition([]))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: emulator.client.put(path, json=definition([chat("a", "x")])), range(40)))
    assert sorted(answer.json()["definition"]["version"] for answer in answers) == list(range(2, 42))
    assert len(emulator.get(path)) == 41


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "trigger": st.sampled_from(["inbound_sms", "http_request"]) | JSON,
        "status": st.sampled_from(["enabled", "disabled"]) | JSON,
        "subAccountId": st.text() | JSON,
        "definition": st.fixed_dictionaries(
            {}, optional={"name": st.text() | JSON, "steps": st.lists(JSON, max_size=3) | JSON, "x": JSON}
        )
        | JSON,
    },
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES | JSON)
def test_never_a_server_error(emulator: Emulator, body: Any) -> None:
    """Whatever JSON is sent, it is taken and comes back, or is refused with a 400; nothing else."""
    answer = emulator.client.post(emulator.definitions, content=json.dumps(body))
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 201:
        assert emulator.get(answer.headers["Location"])[0]["definition"]["steps"] == body["definition"]["steps"]
    assert emulator.client.get(emulator.definitions).status_code == 200

"""Every refusal, odd answer and missing answer of the service: what it is raised as, and the whole message."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from api_kit import ID, KEY, THRICE, Script, client, stored
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.api import Client, Patience, Settings
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import (
    ApiError,
    BadAnswer,
    NotFound,
    Rejected,
    Throttled,
    Unauthorized,
    Unreachable,
)
from resources.harness import API_KEY

if TYPE_CHECKING:
    from kit import Account

#: Errors that the messaging APIs of the same vendor publish.
PUBLISHED: dict[int, dict[str, Any]] = {
    error["code"]: error
    for error in json.loads((Path(__file__).parents[1] / "payloads" / "messaging_api_errors.json").read_text())
}
MENU = Definition.from_body(stored())
INSTANCE = "65f1a0b2c3d4e5f60718293a"

CALLS: dict[str, Callable[[Client], object]] = {
    "list": lambda client: list(client.list_definitions()),
    "history": lambda client: client.history(ID),
    "create": lambda client: client.create(MENU),
    "update": lambda client: client.update(ID, MENU),
    "delete": lambda client: client.delete(ID),
    "instances": lambda client: list(client.instances(ID)),
    "limited": lambda client: list(client.instances(ID, version=1, status="Runnable", limit=2)),
    "start": lambda client: client.start(ID, {"payload": {}}),
    "trigger": lambda client: client.trigger({"event": "new sign up"}, "shop"),
    "instance": lambda client: client.instance(ID, INSTANCE, logs=True),
    "faults": lambda client: client.faults(ID, INSTANCE),
    "steer": lambda client: client.steer(ID, INSTANCE, "suspend"),
    "usage": lambda client: client.usage(),
    "usage history": lambda client: client.usage_history(),
    "zones": lambda client: client.time_zones("singapore"),
    "functions": lambda client: client.functions(),
}
URL = "https://service.example/api/v1/accounts/acme"
RUNS = f"{URL}/definitions/{ID}/workflows"
ONE = f"{RUNS}/{INSTANCE}"
LIST, GET, POST = f"GET {URL}/definitions", f"GET {URL}/definitions/{ID}", f"POST {URL}/definitions"
PUT, DELETE = f"PUT {URL}/definitions/{ID}", f"DELETE {URL}/definitions/{ID}"

TRIGGER = f"POST {URL}/triggers/http_request"

NOTHING, UNKNOWN = "Nothing was changed.", "The service may or may not have carried it out."
OTHER = (
    "The answer doesn't seem to come from the Automation API. Check 8x8:baseUrl (PULUMI_8X8_BASE_URL), and any proxy "
    "between this machine and the service."
)
REGISTER = (
    "The account acme may not be registered in the automation service, which is in early access: ask your 8x8 account "
    "manager to register this account for the Automation API."
)
KEY_ADVICE = (
    "The service did not accept the key for the account acme. Nothing was changed. Check 8x8:apiKey "
    "(PULUMI_8X8_API_KEY) and 8x8:accountId (PULUMI_8X8_ACCOUNT_ID): pulumi config set --secret 8x8:apiKey <key>\n"
    f"{REGISTER}"
)
STARTED = (
    "The client didn't repeat the call, because that could start a second instance. To see what started: "
    f"pulumi-8x8 instances list {ID}"
)
TRIED = " Tried 3 times in 0 s."
HTML = "<html>\n <head><title>Bad gateway</title></head>\n</html>"
HTML_QUOTED = "<html> <head><title>Bad gateway</title></head> </html>"


def html(status: int) -> httpx.Response:
    return httpx.Response(status, html=HTML)


def error(status: int, code: int, message: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": message, **more})


REFUSALS: dict[str, tuple[str, httpx.Response, type[ApiError], str]] = {
    "401": (
        "list",
        httpx.Response(401, json=PUBLISHED[1200]),
        Unauthorized,
        f"{LIST}: 401 Request was not authenticated properly (code 1200). "
        f"Its errorId is db9dced4-3534-4d86-9d18-6b448af0d621.\n{KEY_ADVICE}",
    ),
    "403 without a body": ("create", httpx.Response(403), Unauthorized, f"{POST}: 403 Forbidden.\n{KEY_ADVICE}"),
    "404": (
        "update",
        error(404, 1300, f"Definition {ID} not found.", errorId="e-1"),
        NotFound,
        f"{PUT}: 404 Definition {ID} not found (code 1300). Its errorId is e-1.\n{NOTHING}",
    ),
    "an empty history": (
        "history",
        httpx.Response(200, json=[]),
        NotFound,
        f"the account acme has no workflow definition {ID}: it was deleted, or belongs to another account",
    ),
    "404 by something else": ("delete", html(404), Rejected, f"{DELETE}: 404 {HTML_QUOTED}.\n{NOTHING} {OTHER}"),
    "404 for another reason": (
        "history",
        error(404, 404, "Not Found: GET /x"),
        Rejected,
        f"{GET}: 404 Not Found: GET /x (code 404).\n{NOTHING} {OTHER}\n{REGISTER}",
    ),
    "404 for an unknown account": (
        "list",
        error(404, 1301, "Account acme not found."),
        Rejected,
        f"{LIST}: 404 Account acme not found (code 1301).\n{NOTHING} {OTHER}\n{REGISTER}",
    ),
    "400 for an unknown account": (
        "trigger",
        error(400, 1000, "Invalid account id."),
        Rejected,
        f"{TRIGGER}: 400 Invalid account id (code 1000).\n{NOTHING}\n{REGISTER}",
    ),
    "400 for an unknown sub-account": (
        "trigger",
        error(400, 1000, "Invalid subaccount id."),
        Rejected,
        f"{TRIGGER}: 400 Invalid subaccount id (code 1000).\n{NOTHING}",
    ),
    "400": (
        "create",
        error(400, 5001, "Workflow name is required."),
        Rejected,
        f"{POST}: 400 Workflow name is required (code 5001).\n{NOTHING}",
    ),
    "an array of errors": (
        "create",
        httpx.Response(400, json=[{"code": 5001, "message": "One", "errorId": "e-1"}, {"message": "Two"}]),
        Rejected,
        f"{POST}: 400 One; Two (code 5001). Its errorId is e-1.\n{NOTHING}",
    ),
    "an empty array": ("update", httpx.Response(400, json=[]), Rejected, f"{PUT}: 400 [].\n{NOTHING} {OTHER}"),
    "an error in another shape": (
        "update",
        httpx.Response(422, json={"title": "Invalid"}),
        Rejected,
        f"{PUT}: 422 {{'title': 'Invalid'}}.\n{NOTHING} {OTHER}",
    ),
    "400 without a body": ("update", httpx.Response(400), Rejected, f"{PUT}: 400 Bad Request.\n{NOTHING} {OTHER}"),
    "429": (
        "create",
        httpx.Response(429, json=PUBLISHED[429], headers={"Retry-After": "0"}),
        Throttled,
        f"{POST}: 429 Quota exceeded. Please try again in 1 second(s) (code 429). "
        f"Its errorId is c8a41b47-57bf-ea11-8273-00155d466a31.\n{NOTHING} Try again in 0 s.{TRIED}",
    ),
    "429 for longer than we wait": (
        "list",
        httpx.Response(429, headers={"Retry-After": "3600"}),
        Throttled,
        f"{LIST}: 429 Too Many Requests.\n{NOTHING} Try again in 3600 s.",
    ),
    "503 for a read": (
        "usage",
        html(503),
        Throttled,
        f"GET {URL}/usage: 503 {HTML_QUOTED}.\n{NOTHING} Try again later.{TRIED}",
    ),
    "503 for a write": ("update", html(503), Throttled, f"{PUT}: 503 {HTML_QUOTED}.\n{UNKNOWN} Try again later."),
    "502 for a read": ("list", html(502), BadAnswer, f"{LIST}: 502 {HTML_QUOTED}.\n{NOTHING}{TRIED}"),
    "502 for a write": ("create", html(502), BadAnswer, f"{POST}: 502 {HTML_QUOTED}.\n{UNKNOWN}"),
    "500": (
        "update",
        httpx.Response(500, json=PUBLISHED[2000]),
        BadAnswer,
        f"{PUT}: 500 Internal server error (code 2000). "
        f"Its errorId is db9dced4-3534-4d86-9d18-6b448af0d621.\n{UNKNOWN}",
    ),
    "500 for a deletion, which can be repeated": (
        "delete",
        httpx.Response(500),
        BadAnswer,
        f"{DELETE}: 500 Internal Server Error.\n{UNKNOWN}{TRIED}",
    ),
    "a redirect": (
        "create",
        httpx.Response(301, headers={"Location": "https://login.example/"}),
        BadAnswer,
        f"{POST}: 301 Moved Permanently.\n{NOTHING} It redirects to https://login.example/. {OTHER}",
    ),
    "HTML with 200": (
        "list",
        html(200),
        BadAnswer,
        f"{LIST}: the answer (200, text/html; charset=utf-8) is not JSON: '{HTML_QUOTED}'\n{NOTHING} {OTHER}",
    ),
    "an empty 200": (
        "list",
        httpx.Response(200),
        BadAnswer,
        f"{LIST}: the answer (200, no content type) is empty\n{NOTHING} {OTHER}",
    ),
    "an empty 201": (
        "create",
        httpx.Response(201),
        BadAnswer,
        f"{POST}: the answer (201, no content type) is empty\n{UNKNOWN} {OTHER}",
    ),
    "too deep": (
        "zones",
        httpx.Response(200, content=b"[" * 100_000),
        BadAnswer,
        f"GET {URL}/steps/timezones: the answer (200, no content type) can't be read: nested more than 128 levels "
        "deep\n"
        f"{NOTHING} {OTHER}",
    ),
    "no list": (
        "history",
        httpx.Response(200, json={"items": []}),
        BadAnswer,
        f"{GET}: the answer (200, application/json) isn't as documented: answer must be a list\n{NOTHING} {OTHER}",
    ),
    "a list of something else": (
        "functions",
        httpx.Response(200, json=["uuid()"]),
        BadAnswer,
        f"GET {URL}/steps/functions: the answer (200, application/json) isn't as documented: "
        "answer[0] must be an object\n"
        f"{NOTHING} {OTHER}",
    ),
    "no object": (
        "update",
        httpx.Response(200, json=[stored()]),
        BadAnswer,
        f"{PUT}: the answer (200, application/json) isn't as documented: answer must be an object\n{UNKNOWN} {OTHER}",
    ),
    "no id": (
        "list",
        httpx.Response(200, json=[{"id": ["x"], "version": 1}]),
        BadAnswer,
        f"{LIST}: the answer (200, application/json) isn't as documented: "
        f"answer[0].id must be a text\n{NOTHING} {OTHER}",
    ),
    "404 for an instance": (
        "instance",
        error(404, 1300, f"Workflow {INSTANCE} not found."),
        NotFound,
        f"GET {ONE}: 404 Workflow {INSTANCE} not found (code 1300).\n{NOTHING}",
    ),
    "an instance in another shape": (
        "instance",
        httpx.Response(200, json={"workflowId": INSTANCE, "version": "1"}),
        BadAnswer,
        f"GET {ONE}: the answer (200, application/json) isn't as documented: "
        f"answer.version must be a whole number\n{NOTHING} {OTHER}",
    ),
    "errors that are none": (
        "faults",
        httpx.Response(200, json="none"),
        BadAnswer,
        f"GET {ONE}/errors: the answer (200, application/json) isn't as documented: "
        f"answer must be a list\n{NOTHING} {OTHER}",
    ),
    "a start that does not say what": (
        "start",
        httpx.Response(201),
        BadAnswer,
        f"POST {RUNS}: the answer (201, no content type) doesn't name the new instance "
        f"in the header Location\n{UNKNOWN} {OTHER}\n{STARTED}",
    ),
    "502 for a start, which is not repeated": (
        "start",
        html(502),
        BadAnswer,
        f"POST {RUNS}: 502 {HTML_QUOTED}.\n{UNKNOWN}\n{STARTED}",
    ),
    "500 for a command, which can be repeated": (
        "steer",
        httpx.Response(500),
        BadAnswer,
        f"PATCH {ONE}: 500 Internal Server Error.\n{UNKNOWN}{TRIED}",
    ),
    "a command that does not fit": (
        "steer",
        error(400, 1000, "Invalid definition id."),
        Rejected,
        f"PATCH {ONE}: 400 Invalid definition id (code 1000).\n{NOTHING}",
    ),
    "a month without its number": (
        "usage history",
        httpx.Response(200, json=[{"year": 2026, "executedWorkflowCount": 3}]),
        BadAnswer,
        f"GET {URL}/usage/history: the answer (200, application/json) isn't as documented: "
        f"answer[0].month is missing; it must be a whole number\n{NOTHING} {OTHER}",
    ),
    "an instance without an id": (
        "instances",
        httpx.Response(200, json=[{"workflowId": {}, "version": 1}]),
        BadAnswer,
        f"{GET}/workflows: the answer (200, application/json) isn't as documented: "
        f"answer[0].workflowId must be a text\n{NOTHING} {OTHER}",
    ),
}


def untimed(message: str) -> str:
    """``message`` without how long it was tried, and without the system's number of an error."""
    return re.sub(r"(Tried \d+ times in) \d+ s", r"\1 0 s", re.sub(r"\[Errno \d+\] ", "", message))


@pytest.mark.parametrize(("call", "answer", "kind", "message"), REFUSALS.values(), ids=REFUSALS)
def test_refusals(call: str, answer: httpx.Response, kind: type[ApiError], message: str) -> None:
    """Each answer raises its error, and the message has the answer, whether it was done, and what to do."""
    with pytest.raises(ApiError) as raised:
        CALLS[call](client(Script([answer])))
    assert type(raised.value) is kind
    assert untimed(str(raised.value)) == message
    assert raised.value.status == answer.status_code


@pytest.mark.parametrize("call", CALLS)
def test_the_key_is_a_bearer_key(call: str) -> None:
    """Every call has the key in the header Authorization, and nowhere else."""
    seen: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(401)

    with pytest.raises(Unauthorized) as raised:
        CALLS[call](client(refuse))
    assert [request.headers["Authorization"] for request in seen] == [f"Bearer {KEY}"]
    rest = f"{seen[0].url} {seen[0].content!r} {[*seen[0].headers.values()]}".replace(f"Bearer {KEY}", "")
    assert KEY not in rest + str(raised.value)


NO_IDS = [
    "",
    " ",
    ".",
    "..",
    "...",
    "a/b",
    "a\\b",
    f"{ID}\n",
    "%2e%2e",
    "%2F",
    f"{ID}?version=1",
    f"{ID}#",
    f"{ID};",
    "é",
    "０",
    "\0",
]


@pytest.mark.parametrize("id", [*NO_IDS, "a" * 201, ID * 100_000], ids=lambda id: id[:20])
def test_no_id(id: str) -> None:
    """A text that isn't an id would make another URL: it is refused as the service refuses it, and no call is made."""
    service = Script([httpx.Response(200, json=[stored()])])
    asked = client(service)
    for call in (
        lambda: asked.latest(id),
        lambda: asked.update(id, MENU),
        lambda: asked.delete(id),
        lambda: list(asked.instances(id)),
        lambda: asked.faults(ID, id),
        lambda: asked.start(id, {}),
        lambda: asked.instance(ID, id),
        lambda: asked.steer(ID, id, "terminate"),
    ):
        with pytest.raises(Rejected, match=r"^no definition or instance has this id: it .+ Nothing was sent\.$"):
            call()
    assert service.calls == []


def test_what_an_error_carries() -> None:
    """Code, message, errorId and the call are on the exception, for those who catch it."""
    with pytest.raises(Rejected) as raised:
        CALLS["create"](client(Script([httpx.Response(400, json=[PUBLISHED[1002]])])))
    assert (raised.value.call, raised.value.status, raised.value.code) == (POST, 400, 1002)
    assert raised.value.detail == "Invalid MSISDN format (not E.164 international number)"
    assert raised.value.error_id == "b4478860-b76c-e811-814e-022a35cc1c71"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "version", "definition", "steps", "status", "workflowId", "code", "message", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    body=JSON | st.lists(JSON, max_size=3), status=st.sampled_from([200, 201, 400, 404]), call=st.sampled_from([*CALLS])
)
def test_any_json_is_an_answer_or_an_error(body: Any, status: int, call: str) -> None:
    """For any JSON, a call returns what it promises or raises one of this package's errors."""
    try:
        CALLS[call](client(Script([httpx.Response(status, content=json.dumps(body))])))
    except ApiError as error:
        assert error.call.startswith(("GET ", "POST ", "PUT ", "DELETE ", "PATCH "))  # noqa: PT017


def test_refused_connection() -> None:
    """Nobody listens: tried again, since nothing was sent, a POST too."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Client(Settings("acme", "key", url), patience=THRICE) as unreachable, pytest.raises(Unreachable) as raised:
        unreachable.create(MENU)
    assert untimed(str(raised.value)) == (
        f"POST {url}/api/v1/accounts/acme/definitions: no answer (Connection refused). {NOTHING}\n"
        f"Check the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address.{TRIED}"
    )
    assert raised.value.not_sent


LOST = {
    "too late": ({"delay": 1.0, "times": 3}, "timed out"),
    "connection closed": ({"drop": True, "times": 3}, "Server disconnected without sending a response."),
}


@pytest.mark.parametrize(("fault", "detail"), LOST.values(), ids=LOST)
def test_no_answer(account: Account, fault: dict[str, Any], detail: str) -> None:
    """An answer that does not come, or too late: reading is tried again, writing is not."""
    settings = Settings(account.id, API_KEY, account.base_url, timeout=0.3 if "delay" in fault else 30.0)
    with Client(settings, patience=Patience(attempts=2, first_wait=0.001)) as patient:
        account.fault(fault)
        with pytest.raises(Unreachable) as read:
            list(patient.list_definitions())
        with pytest.raises(Unreachable) as write:
            patient.create(MENU)
    advice = "Check the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address."
    assert untimed(str(read.value)) == (
        f"GET {account.url}: no answer ({detail}). {NOTHING}\n{advice} Tried 2 times in 0 s."
    )
    assert str(write.value) == f"POST {account.url}: no answer ({detail}). {UNKNOWN}\n{advice}"
    assert {read.value.not_sent, write.value.not_sent} == {False}

"""The log of calls: a line for each try, and nothing in it that is secret or a customer's."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_kit import ID, THRICE

from kit import API_KEY, Account
from pulumi_8x8.api import Client, Settings
from pulumi_8x8.api.call_log import LOGGER, CallRecord, showing_calls, wanted_detail
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import ApiError, Interrupted, SettingsError, Unauthorized

NUMBER, TEXT, SUB_ACCOUNT = "+6591234567", "Your balance is 42", "acme_corp_sms"
STEPS = [{"id": "pause", "stepType": "Wait", "inputs": {"duration": "00:00:05"}}]
MENU = Definition.from_body({"trigger": "http_request", "definition": {"name": TEXT, "steps": STEPS}})
#: What a server could repeat of a request, and where.
ECHO = {"errorId": f"{API_KEY} {NUMBER}", "message": f"Bearer {API_KEY} {NUMBER} {TEXT}", "code": 1}
ERROR_ID = "9f323e9e-0000-4000-8000-000000000001"


@pytest.fixture
def calling(account: Account) -> Iterator[Client]:
    with Client(Settings(account.id, API_KEY, account.base_url), patience=THRICE, notify=lambda _: None) as client:
        yield client


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines shown so far."""
    shown: list[str] = []
    with showing_calls("debug", shown.append):
        yield shown


def shapes(lines: list[str], account: Account) -> list[str]:
    """Lines without what differs in each run: the account's URL and seconds."""
    here = account.url.removesuffix("/definitions")
    words = [line.replace(here, "").split() for line in lines]
    return [
        " ".join("N" if word.replace(".", "").isdigit() and "." in word else word for word in line) for line in words
    ]


def test_a_line_for_each_try(account: Account, calling: Client, lines: list[str]) -> None:
    """Each try is one line, with its answer, the errorId, the number of the try and the wait before it."""
    account.fault(
        {"path": "usage", "status": 429, "headers": {"Retry-After": "0.1"}},
        {"path": "usage", "status": 500, "body": {"errorId": ERROR_ID}},
        {"path": "usage", "drop": True},
    )
    with pytest.raises(ApiError):
        calling.usage()
    calling.usage()
    with pytest.raises(ApiError):
        calling.latest(ID)
    first, *others = shapes(lines, account)
    assert first == "GET /usage: 429 in N s"
    assert others[0].startswith(f"GET /usage: 500 in N s, errorId {ERROR_ID}, try 2, after a wait of N s")
    assert others[1].startswith("GET /usage: no answer in N s, RemoteProtocolError, try 3")
    assert others[2] == "GET /usage: 200 in N s"
    assert others[3].startswith(f"GET /definitions/{ID}: ")


def do_everything(client: Client) -> None:
    """Makes calls whose URL, body or answer has a secret or something of a customer; whether they succeed or not."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    calls: list[Callable[[], Any]] = [
        lambda: client.update(client.create(MENU).id, MENU),
        lambda: client.trigger({"phone": NUMBER, "text": TEXT}, SUB_ACCOUNT),
        lambda: client.start(next(client.list_definitions()).id, {"phone": NUMBER}),
        lambda: [client.instance(each.id, NUMBER.strip("+")) for each in client.list_definitions()],
        lambda: client.latest(API_KEY),
        lambda: client.latest(NUMBER.strip("+")),
        lambda: [*client.instances(ID, version=3, status="Complete", started_from=moment)],
        lambda: client.time_zones(TEXT),
        client.usage,
    ]
    for call in calls:
        with suppress(ApiError, Interrupted, StopIteration):
            call()


@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"status": 404, "body": ECHO},
        {"status": 429, "headers": {"Retry-After": "0"}, "body": ECHO},
        {"status": 500, "body": [ECHO]},
        {"status": 302, "headers": {"Location": f"https://elsewhere.example/{API_KEY}/{NUMBER}"}},
        {"status": 200, "body": f"<html>{API_KEY} {NUMBER} {TEXT}"},
        {"delay": 0.3},
        {"drop": True},
    ],
    ids=lambda fault: "no fault" if fault is None else " ".join(map(str, [*fault][:1] + [*fault.values()][:1])),
)
def test_nothing_secret_in_a_line(account: Account, fault: dict[str, Any] | None) -> None:
    """Whatever the service answers, no line has the key, a number, a text, or a sub-account, and httpx writes none."""
    if fault:
        account.fault({**fault, "times": 1000})
    every: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: every.append(f"{record.getMessage()} {record.__dict__}")  # type: ignore[method-assign]
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    settings = replace(Settings(account.id, API_KEY, account.base_url), timeout=0.1 if fault == {"delay": 0.3} else 5.0)
    shown: list[str] = []
    try:
        with showing_calls("debug", shown.append), Client(settings, patience=THRICE, notify=lambda _: None) as client:
            do_everything(client)
        httpx.get(f"{account.base_url}/_emulator/calls")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert len(shown) > 8
    assert any("HTTP Request" in line for line in every), "a program's own calls of httpx stay visible"
    text = "\n".join([*shown, *(line for line in every if "_emulator" not in line)])
    assert "pulumi_8x8.calls" in text
    for secret in (API_KEY, NUMBER, NUMBER.strip("+"), TEXT, TEXT.replace(" ", "+"), "balance", SUB_ACCOUNT):
        assert secret not in text
    assert not [line for line in every if f"accounts/{account.id}" in line and "pulumi_8x8.calls" not in line]


def test_what_a_url_shows(account: Account, calling: Client, lines: list[str]) -> None:
    """A line names the definition, the page and the filters of a list; other values are ``…``."""
    made = calling.create(MENU)
    calling.trigger({}, SUB_ACCOUNT)
    list(calling.instances(made.id, version=1, limit=3))
    assert [line.partition(": ")[0] for line in shapes(lines, account)] == [
        "POST /definitions",
        "POST /triggers/http_request?subAccountId=…",
        f"GET /definitions/{made.id}/workflows?version=1&limit=3&offset=0",
    ]


def test_a_key_in_a_url(account: Account, lines: list[str]) -> None:
    """The key is hidden where somebody took it for an id or made it part of the address."""
    key = "0123456789abcdef01234567"
    with Client(Settings(account.id, key, f"{account.base_url}/{key}"), patience=THRICE) as client:
        for call in (lambda: client.latest(key), lambda: client.instance(ID, key)):
            with pytest.raises(ApiError):
                call()
    assert lines
    assert not [line for line in lines if key in line]


def test_a_call_after_a_failed_one(account: Account, calling: Client, lines: list[str]) -> None:
    """A line has the reason of its own call only, also where the call is made because another one failed."""
    account.fault({"method": "POST", "drop": True})

    def create_or_look() -> None:
        try:
            calling.create(MENU)
        except ApiError:
            calling.instance(ID, ID)

    with pytest.raises(ApiError):
        create_or_look()
    assert "RemoteProtocolError" in lines[0]
    assert "Error" not in lines[1]


def test_an_operation_that_is_repeated(account: Account, calling: Client, lines: list[str]) -> None:
    """The calls of an operation that is tried again count as repetitions, though each of them is made once."""
    account.fault({"method": "POST", "status": 503})

    def both() -> None:
        calling.usage()
        calling.clock.wait(0.06)
        calling.create(MENU)  # itself, it repeats nothing that the service may have done

    calling.retry(both, lambda _: True)
    assert ["try 2" in line for line in lines] == [False, False, True, True]
    assert ["after a wait of 0.1 s" in line for line in lines] == [False, True, False, True]


def test_a_summary(account: Account, calling: Client) -> None:
    """The sums are shown at the end: calls, time, repetitions, waits. ``info`` shows only them; no call, nothing."""
    shown: list[str] = []
    with showing_calls("info", shown.append):
        pass
    assert shown == []
    account.fault({"path": "usage", "status": 429, "headers": {"Retry-After": "0.2"}})
    with showing_calls("info", shown.append):
        calling.usage()
    (line,) = shapes(shown, account)
    assert line == "2 calls of the service: N s, 1 repetition among them; waits: N s"


def test_the_logger_is_a_librarys(account: Account) -> None:
    """An import adds no handler; after a block, the logger is as before. A record has the facts for other formats."""
    program = (
        "import logging, pulumi_8x8.api.client as c; print(logging.root.handlers, c.LOGGER.handlers, c.LOGGER.level)"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert printed == "[] [] 0\n"
    assert (LOGGER.handlers, LOGGER.level) == ([], logging.NOTSET)
    with showing_calls("debug", lambda _: None):
        assert LOGGER.handlers
    assert (LOGGER.handlers, LOGGER.level) == ([], logging.NOTSET)


def test_records(account: Account, calling: Client, caplog: pytest.LogCaptureFixture) -> None:
    """A program's own handler gets each call with its facts."""
    with caplog.at_level(logging.DEBUG, "pulumi_8x8.calls"):
        calling.usage()
    (call,) = [getattr(record, "call", None) for record in caplog.records]
    assert isinstance(call, CallRecord)
    assert (call.method, call.status, call.repeats) == ("GET", 200, 0)


def test_the_page() -> None:
    """The page about debugging names each fact of a record, and its lines are real ones."""
    page = (Path(__file__).parents[2] / "docs" / "debugging.md").read_text("utf-8")
    assert all(f"`{each.name}`" in page for each in fields(CallRecord))
    url = "https://automation.8x8.com/api/v1/accounts/acme/usage"
    for record in (CallRecord("GET", url, 429, 0.024), CallRecord("GET", url, 500, 0.345, 1, 1.0, ERROR_ID)):
        assert f"\n{record}\n" in page


def test_a_reader_that_went_away(calling: Client) -> None:
    """A call doesn't fail because nobody can read its line."""

    def write(_: str) -> None:
        raise BrokenPipeError

    with showing_calls("debug", write):
        assert calling.usage().allowed


@pytest.mark.parametrize(
    ("value", "detail"), [(None, None), ("", None), (" ", None), ("debug", "debug"), ("INFO ", "info")]
)
def test_the_variable(value: str | None, detail: str | None) -> None:
    assert wanted_detail({} if value is None else {"PULUMI_8X8_LOG": value}) == detail


def test_a_wrong_variable() -> None:
    """Another value is refused with the values that there are."""
    with pytest.raises(SettingsError, match=r"PULUMI_8X8_LOG must be debug .* or info .* Nothing was sent"):
        wanted_detail({"PULUMI_8X8_LOG": "loud"})


def test_a_proxy(account: Account, monkeypatch: pytest.MonkeyPatch, lines: list[str]) -> None:
    """A client calls through the proxy of the environment, except for hosts in ``NO_PROXY``."""
    monkeypatch.setenv("HTTP_PROXY", account.base_url)  # the emulator gets the call, and refuses another host
    monkeypatch.delenv("NO_PROXY", raising=False)
    settings = Settings(account.id, API_KEY, "http://automation.invalid")
    with (
        Client(settings, patience=THRICE) as client,
        pytest.raises(Unauthorized, match="only requests to this"),
    ):
        client.usage()
    monkeypatch.setenv("NO_PROXY", "automation.invalid")
    with Client(settings, patience=THRICE, notify=lambda _: None) as client, pytest.raises(ApiError):
        client.usage()
    assert [": 403 in" in line for line in lines] == [True, False, False, False]
    assert all("no answer" in line and "ConnectError (" in line for line in lines[1:])


def run(account: Account, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PULUMI_8X8_ACCOUNT_ID": account.id,
        "PULUMI_8X8_API_KEY": API_KEY,
        "PULUMI_8X8_BASE_URL": account.base_url,
        **environ,
    }
    command = [sys.executable, "-c", "from pulumi_8x8.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **own}, cwd="/")


def test_json_output_stays_json(account: Account) -> None:
    """Calls are shown on standard error, by the option and by the variable, so that the output stays JSON."""
    for arguments, environ in ((["--verbose"], {}), ([], {"PULUMI_8X8_LOG": "debug"})):
        done = run(account, "usage", "--format", "json", *arguments, **environ)
        assert json.loads(done.stdout)[0]["accountId"] == account.id
        assert len(done.stderr.splitlines()) == 2
        assert done.stderr.startswith("GET http")
    assert run(account, "usage").stderr == ""
    wrong = run(account, "usage", PULUMI_8X8_LOG="loud")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("Error: the environment variable PULUMI_8X8_LOG must be debug")

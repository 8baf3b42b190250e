"""Replies, pressed keys, the clock, and HTTP calls of workflows, over the emulator's HTTP interface."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from emulator_kit import Emulator, chat, definition, payload, wait

from pulumi_8x8.emulator import Store

Start = Callable[..., Emulator]
ASK: list[dict[str, Any]] = [
    chat("ask", "1 or 2?", nextStepId="reply"),
    {
        "id": "reply",
        "stepType": "WaitForReply",
        "inputs": {"from": "{{data.payload.user.channelUserId}}", "channel": "whatsapp", "timeout": "00:05:00"},
        "outputs": {"said": "{{step.reply.payload.content.text}}"},
        "nextStepId": "thanks",
    },
    chat("thanks", "you said {{data.said}}"),
]
CALL: list[dict[str, Any]] = [
    {
        "id": "call",
        "stepType": "HttpRequest",
        "inputs": {"url": "{{data.url}}", "method": "POST", "body": {"a": 1}, "parameters": {"q": "x y"}},
        "outputs": {"got": "{{step}}"},
        "nextStepId": "after",
    },
    wait("after", "1"),
]


def message(text: str) -> dict[str, Any]:
    body = payload("inbound_chat_apps_v2_text")
    body["payload"]["content"]["text"] = text
    return body


def inbound(emulator: Emulator, body: dict[str, Any], **query: Any) -> tuple[list[Any], list[Any]]:
    answer = emulator.client.post("/_emulator/inbound", json=body, params=query).json()
    return answer["instances"], answer["resumed"]


def test_a_reply_goes_on_and_starts_nothing(emulator: Emulator) -> None:
    """A reply resumes the waiting instance and starts none of its definition, only of other definitions."""
    emulator.create(definition(ASK))
    ((first,), _) = inbound(emulator, message("Hi"))
    other = emulator.create(definition([chat("a", "other")]))
    started, resumed = inbound(emulator, message("1"))
    assert [instance["id"] for instance in resumed] == [first["id"]]
    assert [instance["definitionId"] for instance in started] == [other.rpartition("/")[2]]
    assert resumed[0]["status"] == "Complete"
    assert emulator.texts() == ["1 or 2?", "you said 1", "other"]


def test_a_reply_is_for_its_account(emulator: Emulator) -> None:
    """A message that is delivered to one account does not reach an instance of another that waits for the same."""
    emulator.create(definition(ASK))
    inbound(emulator, message("Hi"))
    assert inbound(emulator, message("1"), accountId="other") == ([], [])
    assert emulator.texts() == ["1 or 2?"]


def test_a_timeout_at_its_time(emulator: Emulator) -> None:
    """Without a reply the instance continues after the timeout; a reply then starts a new one."""
    path = emulator.create(definition(ASK))
    ((first,), _) = inbound(emulator, message("Hi"))
    emulator.clock.move(300)
    logs = emulator.get(f"{path}/workflows/{first['id']}", includeLogs="true")["logs"]
    assert [(log["stepName"], log["status"]) for log in logs] == [
        ("ask", "Complete"),
        ("reply", "Cancelled"),
        ("thanks", "Complete"),
    ]
    started, resumed = inbound(emulator, message("1"))
    assert (len(started), resumed) == (1, [])
    assert emulator.texts() == ["1 or 2?", "you said ", "1 or 2?"]


def test_a_reply_to_a_suspended_instance(emulator: Emulator) -> None:
    """A suspended instance keeps what comes for it, past its timeout, and looks at it when it is resumed."""
    path = emulator.create(definition(ASK))
    ((first,), _) = inbound(emulator, message("Hi"))
    instance = f"{path}/workflows/{first['id']}"
    emulator.client.patch(instance, json={"status": "suspend"})
    (_, (resumed,)) = inbound(emulator, message("2"))
    assert (resumed["status"], emulator.texts()) == ("Suspended", ["1 or 2?"])
    emulator.clock.move(86400)
    emulator.client.patch(instance, json={"status": "resume"})
    assert (emulator.get(instance)["status"], emulator.texts()[1:]) == ("Complete", ["you said 2"])


def test_ended_instances_wait_for_nothing(emulator: Emulator) -> None:
    """A reply for a terminated instance starts a new one."""
    path = emulator.create(definition(ASK))
    ((first,), _) = inbound(emulator, message("Hi"))
    emulator.client.patch(f"{path}/workflows/{first['id']}", json={"status": "terminate"})
    started, resumed = inbound(emulator, message("1"))
    assert (len(started), resumed) == (1, [])


def test_keys(emulator: Emulator) -> None:
    """A DTMF callback resumes the instance that waits for its call, by request id or uid."""
    voice = {"action": "say&capture", "clientRequestId": "r-1", "params": {"destination": "+6581968289", "text": "1?"}}
    steps = [
        {"id": "v", "stepType": "VoiceMessage", "inputs": voice, "nextStepId": "d"},
        {
            "id": "d",
            "stepType": "WaitForDTMF",
            "inputs": {"dtmfRequestId": "r-1"},
            "outputs": {"keys": "{{step.dtmfData.actionDetails.dtmf}}"},
        },
    ]
    path = emulator.create(definition(steps))
    emulator.deliver(message("Hi"))
    (sent,) = emulator.get("/_emulator/outbox")
    assert (sent["channel"], sent["message"]["params"]["text"], len(sent["message"]["uid"])) == ("voice", "1?", 36)
    callback = payload("dtmf_callback")
    assert emulator.client.post("/_emulator/dtmf", json=callback).json() == {"resumed": []}
    (resumed,) = emulator.client.post("/_emulator/dtmf", json=callback | {"clientRequestId": "r-1"}).json()["resumed"]
    assert resumed["status"] == "Complete"
    assert emulator.get(f"{path}/workflows")[0]["data"]["keys"] == "2"
    assert "'clientRequestId' or 'uid'" in emulator.client.post("/_emulator/dtmf", json={}).text


def test_the_clock_jumps(start: Start, tmp_path: Path) -> None:
    """A jump does what is due on the way at its time, and the clock stays ahead after a restart."""
    file = tmp_path / "emulator.sqlite"
    before = start(Store(file))
    path = before.create(
        definition([wait("a", "1", nextStepId="b"), chat("b", "one", nextStepId="c"), wait("c", "1", nextStepId="a")])
    )
    (instance,) = before.deliver(message("Hi"))
    answer = before.client.post("/_emulator/clock", json={"seconds": 5 * 86400 + 3600})
    ahead = {"now": "2026-03-07T11:00:00.000Z", "ahead": 435600}
    assert answer.json() == before.get("/_emulator/clock") == ahead
    assert [sent["time"][:10] for sent in before.get("/_emulator/outbox")] == ["2026-03-03", "2026-03-05", "2026-03-07"]
    before.store.close()
    after = start(Store(file), before.clock)
    assert after.get("/_emulator/clock") == ahead
    assert after.get(f"{path}/workflows/{instance['id']}")["status"] == "Runnable"
    for seconds in (-1, True, "1", None, 1e12):
        assert "the clock only goes forward" in after.client.post("/_emulator/clock", json={"seconds": seconds}).text


class Server:
    """An HTTP server on this machine; ``gate`` holds its answers back."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any, Any]] = []
        self.answer = (200, {"Content-Type": "application/json"}, b'{"ok": true}')
        self.gate = threading.Event()
        self.gate.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.calls.append((self.command, self.path, dict(self.headers), body))
                server.gate.wait(20)
                status, headers, content = server.answer
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/hook"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.httpd.serve_forever)
    thread.start()
    yield server
    server.gate.set()
    server.httpd.shutdown()
    thread.join()
    server.httpd.server_close()


def until(condition: Callable[[], Any]) -> Any:
    """The value of the condition once it is true."""
    deadline = time.monotonic() + 20
    while not (found := condition()):
        assert time.monotonic() < deadline
    return found


def begin(emulator: Emulator, url: str) -> str:
    """The path of an instance that calls ``url``."""
    path = emulator.create(definition(CALL, trigger="http_request"))
    answer = emulator.client.post(f"{path}/workflows", json={"url": url})
    return str(answer.headers["Location"])


def test_calls_to_allowed_hosts_only(start: Start, server: Server) -> None:
    """A host that is not allowed is never called and looks unreachable; an allowed one gets the request."""
    stranger = start()
    (error,) = stranger.get(f"{begin(stranger, server.url)}/errors")
    assert error["message"] == f"No such host is known. (127.0.0.1:{server.httpd.server_port})"
    other_port = start(allowed_hosts=frozenset({"127.0.0.1:1"}))
    assert other_port.get(begin(other_port, server.url))["status"] == "Terminated"
    assert server.calls == []

    friend = start(allowed_hosts=frozenset({"127.0.0.1"}))
    instance = begin(friend, server.url)
    data = until(lambda: friend.get(instance)["data"].get("got"))
    assert data == {"responseCode": 200, "reasonPhrase": "OK", "responseBody": {"ok": True}}
    ((method, path, headers, body),) = server.calls
    assert (method, path, headers["Content-Type"], body) == ("POST", "/hook?q=x+y", "application/json", {"a": 1})


def test_redirects_lead_nowhere(start: Start, server: Server) -> None:
    """An allowed host cannot send a call on to one that is not."""
    server.answer = (302, {"Location": "http://localhost:1/"}, b"{}")
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}))
    instance = begin(emulator, server.url)
    assert until(lambda: emulator.get(instance)["data"].get("got"))["responseCode"] == 302


def test_a_slow_call_holds_nothing_up(start: Start, server: Server) -> None:
    """While a call waits for its answer, other instances run, and a suspended one keeps the answer until resumed."""
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}))
    server.gate.clear()
    instance = begin(emulator, server.url)
    until(lambda: server.calls)
    emulator.create(definition([chat("a", "hello")]))
    emulator.deliver(message("Hi"))
    assert emulator.texts() == ["hello"]
    assert emulator.get(instance, includeLogs="true")["logs"][0]["status"] == "Running"
    emulator.client.patch(instance, json={"status": "suspend"})
    server.gate.set()
    until(lambda: emulator.store.calling_instances() == [])
    assert "got" not in emulator.get(instance)["data"]
    emulator.client.patch(instance, json={"status": "resume"})
    assert emulator.get(instance)["data"]["got"]["responseCode"] == 200
    assert len(server.calls) == 1


def test_a_call_without_its_answer_is_made_again(start: Start, server: Server, tmp_path: Path) -> None:
    """When the emulator ended before the answer came, the next one makes the call again."""
    file = tmp_path / "emulator.sqlite"
    before = start(Store(file), allowed_hosts=frozenset({"127.0.0.1"}))
    server.gate.clear()
    instance = begin(before, server.url)
    until(lambda: server.calls)
    before.app.extensions["pulumi_8x8"].close()
    before.store.close()
    server.gate.set()
    after = start(Store(file), before.clock, allowed_hosts=frozenset({"127.0.0.1"}))
    assert until(lambda: after.get(instance)["data"].get("got"))["responseCode"] == 200
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((200, {}, b"<html>"), "Unexpected character encountered while parsing value: <. Path '', line 0, position 0"),
        ((200, {}, b"x" * 5_000_000), "is larger than 4 MiB"),
        ((200, {}, b"[" * 200 + b"]" * 200), "nested deeper than 128 levels"),
        ((200, {}, b"[" * 100_000), "nested deeper than 128 levels"),
        ((200, {}, b"[1e400]"), "The answer has a number that is too large, which can't be read."),
        (
            (200, {}, b'["\\ud83d"]'),
            "The answer has a text with half a character (a lone surrogate), which can't be read.",
        ),
        ((200, {}, b"NaN"), "Unexpected character encountered while parsing value: N"),
        ((200, {"Content-Encoding": "gzip"}, b"{}"), "An error occurred while sending the request"),
    ],
)
def test_answers_that_make_a_fault(start: Start, server: Server, answer: Any, message: str) -> None:
    """An answer that isn't JSON, is too large or broken faults the instance with a message about it."""
    server.answer = answer
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}))
    instance = begin(emulator, server.url)
    (error,) = until(lambda: emulator.get(f"{instance}/errors"))
    assert message in error["message"]


def test_nobody_listens(start: Start) -> None:
    """A refused connection is a fault."""
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}))
    instance = begin(emulator, "http://127.0.0.1:1/")
    assert "Connection refused (127.0.0.1:1)" in until(lambda: emulator.get(f"{instance}/errors"))[0]["message"]


def test_deleted_during_a_call(start: Start, server: Server) -> None:
    """The answer for a deleted instance is dropped; the emulator continues to make calls for others."""
    emulator = start(allowed_hosts=frozenset({"127.0.0.1"}), delete_delay=0)
    server.gate.clear()
    instance = begin(emulator, server.url)
    until(lambda: server.calls)
    emulator.client.delete(instance.partition("/workflows")[0])
    assert emulator.client.get(instance).status_code == 404
    server.gate.set()
    second = begin(emulator, server.url)
    assert until(lambda: emulator.get(second)["data"].get("got"))

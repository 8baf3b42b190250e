"""``pulumi-8x8 run`` and ``pulumi-8x8 test``, as a user calls them."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import corpus
from pulumi_8x8.cli import main
from pulumi_8x8.definition import read_source

AT = "2026-03-01T20:00+08:00"
MENU = str(corpus.FILES["05-docs-menu-waitforreply"])
KEYWORD = str(corpus.FILES["04-docs-keyword-detection-promo-register"])
ASK: dict[str, Any] = {
    "trigger": "http_request",
    "definition": {
        "name": "ask",
        "steps": [
            {
                "id": "call",
                "stepType": "VoiceMessage",
                "inputs": {"clientRequestId": "r", "action": "say&capture", "params": {"destination": "+6581968289"}},
                "nextStepId": "keys",
            },
            {
                "id": "keys",
                "stepType": "WaitForDTMF",
                "inputs": {"dtmfRequestId": "r", "timeout": "00:01:00"},
                "outputs": {"keys": "{{step.dtmfData.actionDetails.dtmf}}"},
                "selectNextStep": {"call": "{{data.keys == null}}", "call_api": None},
            },
            {
                "id": "call_api",
                "stepType": "HttpRequest",
                "inputs": {"url": "https://example.com/{{data.keys}}", "method": "GET"},
            },
        ],
    },
}


def call(*arguments: str, text: str | None = None) -> Result:
    result = CliRunner().invoke(main, list(arguments), input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def without_values(trace: str) -> list[str]:
    """The lines of a trace, except those about inputs, outputs and conditions."""
    return [line for line in map(str.strip, trace.splitlines()) if not re.match(r"inputs |sets |\w+\? ", line)]


def test_a_conversation() -> None:
    """The output shows messages, waits, the reply and the branches with their reasons, in order."""
    result = call("run", MENU, "--message", "Hi", "--reply", "2", "--at", AT)
    assert result.exit_code == 0
    lines = without_values(result.stdout)
    assert lines[0] == '2026-03-01T12:00:00.000Z  starts: "inbound_chat_apps"'
    assert lines[1] == "Hello (ChatAppsMessage)"
    department = "This department will get back to you shortly"
    assert lines[2:4] == ["sends by chat_apps:", "| Hello, 👋"]
    assert lines[lines.index("-> wait1") :] == [
        "-> wait1",
        "wait1 (WaitForReply)",
        "waits for reply whatsapp 6581968289 until 2026-03-01T12:05:00.000Z",
        '2026-03-01T12:00:00.000Z  wait1 received "2"',
        "because {{data.reply1 != null}} -> success",
        "success (Branch)",
        "because {{ data.reply1.payload.content.text == '2'}} -> branch2",
        "branch2 (ChatAppsMessage)",
        "sends by chat_apps:",
        "| Thanks for choosing 2️⃣ Product Questions!",
        f"|  {department}",
        "complete",
    ]


def test_without_a_reply_the_clock_jumps() -> None:
    """A wait for a reply that is not given times out, at its time."""
    result = call("run", MENU, "--message", "Hi", "--at", AT)
    assert (result.exit_code, "2026-03-01T12:05:00.000Z  wait1 timed out" in result.stdout) == (0, True)


def test_as_json() -> None:
    """``--format json`` is one JSON object a line."""
    result = call("run", KEYWORD, "--message", "Register", "--at", AT, "--format", "json")
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["kind"] for event in events] == ["start", "step", "condition", "edge", "complete"]
    assert events[3] == {
        "time": "2026-03-01T12:00:00.000Z",
        "step": "keyword",
        "kind": "edge",
        "to": "others",
        "why": "default",
        "exists": False,
    }


VALUES = """
trigger: http_request
definition:
  name: survey
  steps:
    - id: rate
      stepType: HttpRequest
      inputs:
        url: https://api.test/{{data.rating}}
        method: POST
        headers: {Authorization: Bearer d41d8cd98f00, x-api-key: 4b825dc642cb}
        parameters: {token: 9e107d9d372b}
      outputs: {code: "{{step.responseCode}}"}
      selectNextStep:
        five: "{{data.rating === 5}}"
        low: "{{data.rating < 3 || stringContains(data.words, 'bad') && data.never}}"
        odd: "{{/x/.test(data.rating)}}"
        check: "{{!data.missing}}"
    - id: check
      stepType: If
      inputs: {condition: "{{data.code == 200}}"}
      do: []
"""


def test_values(tmp_path: Path) -> None:
    """A step shows its inputs, its outputs, and each condition with the values that it compared; no credential."""
    (tmp_path / "survey.yaml").write_text(VALUES)
    (tmp_path / "stubs.yaml").write_text("stubs: [{url: 'https://api.test/*', status: 200}]")
    (tmp_path / "data.json").write_text('{"rating": "5", "words": "so bad"}')
    options = ("run", str(tmp_path / "survey.yaml"), "--data", str(tmp_path / "data.json"))
    options = (*options, "--http", str(tmp_path / "stubs.yaml"), "--at", AT)
    result = call(*options)
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert [line for line in lines if line.startswith(("inputs", "sets")) or "? " in line] == [
        'inputs {"url": "https://api.test/5", "method": "POST", "headers": {"Authorization": "Bearer [secret]", '
        '"x-api-key": "[secret]"}, "parameters": {"token": "[secret]"}}',
        'sets {"code": 200}',
        'five? data.rating === 5: "5" === 5 is false',
        'low? false: data.rating < 3: "5" < 3 is false; '
        'stringContains(data.words, \'bad\'): stringContains("so bad", "bad") is true; data.never is undefined',
        "odd? {{/x/.test(data.rating)}} is false",
        "check? true: data.missing is undefined",
        'inputs {"condition": true}',
        "inside? data.code == 200: 200 == 200 is true",
    ]
    events = [json.loads(line) for line in call(*options, "--format", "json").stdout.splitlines()]
    (five,) = [event for event in events if event.get("to") == "five"]
    assert {name: five[name] for name in ("kind", "script", "value", "result", "because")} == {
        "kind": "condition",
        "script": "{{data.rating === 5}}",
        "value": False,
        "result": False,
        "because": [{"expression": "data.rating === 5", "values": '"5" === 5', "result": "false"}],
    }


def test_keys_stubs_and_data(tmp_path: Path) -> None:
    """Keys are pressed when waited for, calls are answered from the stubs, ``--data`` starts with a context."""
    workflow, stubs, data = tmp_path / "ask.json", tmp_path / "stubs.yaml", tmp_path / "data.json"
    workflow.write_text(json.dumps(ASK))
    stubs.write_text("stubs: [{url: https://example.com/7, body: {ok: true}}]")
    data.write_text('{"customer": 5}')
    result = call("run", str(workflow), "--data", str(data), "--keys", "7", "--http", str(stubs), "--at", AT)
    assert (result.exit_code, 'call_api got 200 OK "{\\"ok\\": true}"' in result.stdout) == (0, True), result.output
    result = call("run", str(workflow), "--keys", "7", "--at", AT)
    assert (result.exit_code, "call_api FAULT: No such host is known. (example.com:443)" in result.stdout) == (1, True)


@pytest.mark.parametrize(("duration", "message"), [("100", "after 366 days"), ("00:00:01", "after 5,000 events")])
def test_endless_workflows_are_stopped(tmp_path: Path, duration: str, message: str) -> None:
    """An endless workflow is stopped after a year of simulated time, or many waits."""
    workflow = tmp_path / "loop.yaml"
    workflow.write_text(
        "trigger: http_request\n"
        f"definition: {{name: loop, steps: [{{id: w, stepType: Wait, inputs: {{duration: '{duration}'}}, "
        "nextStepId: w}]}"
    )
    result = call("run", str(workflow), "--at", AT)
    assert (result.exit_code, f"still runs {message}" in result.stderr) == (0, True)


@pytest.mark.parametrize(("steps", "text"), [(400, "x"), (1, "x" * 500_000)], ids=["many steps", "a long text"])
def test_an_endless_workflow_prints_a_limited_amount(tmp_path: Path, steps: int, text: str) -> None:
    """What an endless workflow does between its waits counts as well: each event, and the length of its output."""
    inputs = {"subAccountId": "a", "source": "a", "destination": "+6581968289", "text": text}
    sends = [{"id": f"s{n}", "stepType": "SMS", "inputs": inputs, "nextStepId": f"s{n + 1}"} for n in range(steps)]
    wait = {"id": f"s{steps}", "stepType": "Wait", "inputs": {"duration": "00:00:01"}, "nextStepId": "s0"}
    workflow = tmp_path / "loop.json"
    workflow.write_text(
        json.dumps({"trigger": "http_request", "definition": {"name": "loop", "steps": [*sends, wait]}})
    )
    result = call("run", str(workflow), "--at", AT)
    assert (result.exit_code, "events. The simulation stopped." in result.stderr) == (0, True)
    assert len(result.stdout) < 5_000_000


def test_interactive_with_an_http_trigger(tmp_path: Path) -> None:
    """A workflow that no message can start starts before the chat, with a note."""
    workflow = tmp_path / "ask.json"
    workflow.write_text(json.dumps(ASK))
    result = call("run", str(workflow), "--interactive", "--at", AT, text="/keys 7\n")
    assert (result.exit_code, 'keys received "7"' in result.stdout) == (1, True)


BOOKING = str(Path(__file__).parents[1] / "scenarios" / "taps.yaml")


@pytest.fixture
def booking(tmp_path: Path) -> str:
    """A workflow file with buttons, then a list."""
    path = tmp_path / "booking.json"
    path.write_text(json.dumps(read_source(BOOKING).body["workflow"]))
    return str(path)


def test_taps(booking: str) -> None:
    """Taps and replies answer the waits in their order on the command line."""
    result = call("run", booking, "--message", "Hi", "--tap", "Book a table", "--reply", "19:00", "--at", AT)
    assert result.exit_code == 0
    lines = without_values(result.stdout)
    assert lines[2:8] == [
        "sends by chat_apps:",
        "| Trattoria",
        "| Welcome!",
        "| Open daily",
        "| [Book a table]",
        "| [Send a photo]",
    ]
    assert '2026-03-01T12:00:00.000Z  tapped received "Book a table"' in result.stdout
    assert lines.index('2026-03-01T12:00:00.000Z  chosen received "19:00"') > lines.index("|   [20:00]")
    assert call("run", booking, "--message", "Hi", "--reply", "x", "--tap", "t19", "--at", AT).exit_code == 2


def test_a_tap_on_nothing(booking: str) -> None:
    """A tap on what isn't offered is an error with what is offered; a chat continues."""
    result = call("run", booking, "--message", "Hi", "--tap", "Bok", "--at", AT)
    assert result.exit_code == 2
    offered = "the last messages offer 'Book a table' (id 'book'), 'Send a photo' (id 'photo')."
    assert f"--tap: 'Bok' isn't offered to +6581968289: {offered}" in result.stderr
    result = call("run", booking, "--interactive", text="Hi\n/tap Bok\n/tap book\n/quit\n")
    assert result.exit_code == 0
    assert offered in result.stderr
    assert "times (ChatAppsMessage)" in result.stdout


def test_what_was_never_waited_for() -> None:
    """Replies that nothing waited for are named."""
    result = call("run", KEYWORD, "--message", "x", "--reply", "a", "--keys", "1")
    assert (
        result.exit_code,
        "Not used, since the workflow didn't wait for it: --reply 'a', --keys '1'" in result.stderr,
    ) == (0, True)


def test_interactive() -> None:
    """A terminal chat: messages start and continue instances, commands move the clock, errors are explained."""
    text = "Hi\n/wait soon\n/keys 1\n/nonsense\n\n/wait 00:04:00\n3\nagain\n/wait 1\n"
    result = call("run", MENU, "--interactive", "--at", AT, text=text)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if re.search("wait1 (received|timed out)", line)] == [
        '2026-03-01T12:04:00.000Z  wait1 received "3"',
        "2026-03-01T12:09:00.000Z  wait1 timed out",
    ]
    help = "Enter a message, '/tap Yes', '/wait"
    for part in ('"soon" is not a duration', "The workflow doesn't wait for keys.", help):
        assert part in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.json"], "nowhere.json: the file doesn't exist"),
        ([str(corpus.FILES["33-step-wait"])], "33-step-wait.json:1: not a workflow: it needs trigger and definition"),
        ([MENU], "needs --message or --data to start"),
        ([MENU, "--message", "Hi", "--at", "soon"], "--at: 'soon' isn't a date and time"),
        ([MENU, "--message", "Hi", "--http", "nowhere.yaml"], "nowhere.yaml: the file doesn't exist"),
        (
            [MENU, "--message", "Hi", "--channel", "sms"],
            "no message starts the workflow: its trigger is inbound_chat",
        ),
        ([MENU, "--data", "nowhere.json"], "nowhere.json: the file doesn't exist"),
        ([MENU, "--data", __file__], "not JSON"),
    ],
)
def test_cannot_run(arguments: list[str], message: str) -> None:
    """What makes a run impossible is one message and exit code 2."""
    result = call("run", *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "the data is a JSON object, not a list"),
        (b"[" * 100_000, "data.json:1: nested more than 100 levels deep"),
        (b"{\n\xff", "data.json:2: not UTF-8 text"),
    ],
)
def test_data_that_cannot_be_used(tmp_path: Path, content: bytes, message: str) -> None:
    """If ``--data`` isn't a JSON object, there is one message and exit code 2."""
    (tmp_path / "data.json").write_bytes(content)
    result = call("run", MENU, "--data", str(tmp_path / "data.json"))
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_the_end_of_the_calendar(tmp_path: Path) -> None:
    """The clock can't pass the last year that a date can have; a message reports it, and nothing breaks."""
    text = "Hi\n" + "/wait 999999\n" * 3 + "Hi\n"
    result = call("run", MENU, "--interactive", "--at", AT, text=text)
    assert (result.exit_code, result.stderr.count("can't go beyond the year 9999")) == (0, 1)
    waits = ", ".join(["{wait: '999999'}"] * 3)
    (tmp_path / "x.test.yaml").write_text(f"workflow: {MENU}\ntests: [{{do: [{waits}]}}]")
    result = call("test", str(tmp_path))
    assert (result.exit_code, "can't go beyond the year 9999" in result.stdout) == (1, True)


def test_a_reply_of_somebody_else() -> None:
    """If a reply doesn't match, the message names what the workflow waits for."""
    workflow = str(corpus.FILES["35-step-waitforreply"].parent / "05-docs-menu-waitforreply.json")
    result = call("run", workflow, "--message", "Hi", "--reply", "1", "--channel", "viber")
    assert (
        result.exit_code,
        "waits for another reply: reply whatsapp 6581968289. Set --from and --channel" in result.stderr,
    ) == (
        2,
        True,
    )


TABLE = f"""
workflow: {MENU}
tests:
  - name: works
    do: [{{message: Hi}}, {{sent: {{step: Hello}}}}, {{message: "1"}}, {{sent: {{step: branch1}}}}]
  - name: fails
    do: [{{message: Hi}}, {{sent: {{step: Bye}}}}]
"""


def test_tables(tmp_path: Path) -> None:
    """``pulumi-8x8 test`` runs the tables of a folder, shows the trace of a failure and what was not covered."""
    (tmp_path / "menu.test.yaml").write_text(TABLE)
    (tmp_path / "other.yaml").write_text("no: table")
    result = call("test", str(tmp_path), "--coverage")
    assert result.exit_code == 1
    assert f"{tmp_path}/menu.test.yaml:7: fails: the message is 'Hello, " in result.stdout
    assert ": step is 'Hello', not 'Bye'" in result.stdout
    assert "wait1 (WaitForReply)" in result.stdout
    assert "never taken: branch5" in result.stdout
    assert "never taken: wait1 -> failure" in result.stdout
    assert "1 passed, 1 failed; 41% of all steps and edges covered" in result.stdout
    (tmp_path / "menu.test.yaml").write_text(TABLE[: TABLE.index("  - name: fails")])
    assert call("test", str(tmp_path), "--minimum", "41").exit_code == 0
    result = call("test", str(tmp_path), "--minimum", "42")
    assert (result.exit_code, "The minimum is 42%." in result.stderr) == (1, True)


BAD = {
    "no workflow": ("tests: [{do: []}]", ":1: workflow must be a file's name or a definition"),
    "no such workflow": ("workflow: nowhere.json\ntests: [{do: []}]", "nowhere.json: the file doesn't exist"),
    "no tests": ("workflow: {}", ":1: tests is missing; it must be a list of tests"),
    "unknown member": (
        "workflow: {}\ntests: []\ntest: 1",
        ':3: test is unknown; did you mean "tests"? Known are workflow, program, config, at, http, tests',
    ),
    "no script": (
        "workflow: {}\ntests:\n  - name: x",
        ":3: tests[0].do is missing; it must be a list of what happens and what is expected",
    ),
    "unknown item": (
        "workflow: {}\ntests:\n  - do:\n    - mesage: x",
        ':4: tests[0].do[0].mesage is unknown; did you mean "message"? Known are message, tap, press',
    ),
    "two items": (
        "workflow: {}\ntests:\n  - do:\n    - {wait: '1', press: 1}",
        ":4: tests[0].do[0] must have exactly one of message",
    ),
    "no duration": (
        "workflow: {}\ntests:\n  - do:\n    - wait: soon",
        ':4: tests[0].do[0].wait: "soon" is not a duration',
    ),
    "bad message": (
        "workflow: {}\ntests:\n  - do:\n    - message: {txt: x}",
        ':4: tests[0].do[0].message.txt is unknown; did you mean "text"? Known are text, image, ',
    ),
    "bad body": (
        "workflow: {}\ntests:\n  - do:\n    - message: {body: {}}",
        ":4: tests[0].do[0].message.body: Not an inbound message",
    ),
    "bad status": (
        "workflow: {}\ntests:\n  - do:\n    - status: Done",
        ":4: tests[0].do[0].status must be Runnable, Suspended, Complete or Terminated",
    ),
    "bad time": ("workflow: {}\nat: soon\ntests: [{do: []}]", "'soon' isn't a date and time"),
    "bad stub": (
        "workflow: {}\nhttp: [{url: x}]\ntests: [{do: []}]",
        ":2: http[0].url must be a text such as https",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_tables_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    """A wrong table is refused with file and line, and exit code 2."""
    (tmp_path / "x.test.yaml").write_text(text)
    result = call("test", str(tmp_path / "x.test.yaml"))
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_no_tables(tmp_path: Path) -> None:
    """A folder without tables is a mistake in the call."""
    result = call("test", str(tmp_path))
    assert (result.exit_code, "they are files named *.test.yaml" in result.stderr) == (2, True)


WRONG = {
    "too much": ("{message: Hi}", "this message isn't expected: 'Hello"),
    "too little": ("{wait: '1'}, {sent: x}", "expected a message 'x', but nothing was sent"),
    "text": ("{message: Hi}, {sent: Hallo}", "text is 'Hello, "),
    "body": ("{message: Hi}, {sent: {body: {user: {msisdn: '1'}}}}", "body.user.msisdn is '6581968289', not '1'"),
    "missing": ("{message: Hi}, {sent: {body: {usr: 1}}}", "body.usr is missing"),
    "path": ("{message: Hi}, {sent: {step: Hello}}, {path: [Hello]}", "the path is ['Hello', 'wait1'], not ['Hello']"),
    "status": ("{message: Hi}, {sent: {step: Hello}}, {status: Complete}", "the status is Runnable, not Complete"),
    "data": ("{message: Hi}, {sent: {step: Hello}}, {data: {user_msisdn: 1}}", "user_msisdn is '6581968289', not 1"),
    "fault": ("{message: Hi}, {sent: {step: Hello}}, {fault: x}", "no fault has 'x'; the faults are []"),
    "keys": ("{press: 1}", "nothing waits for keys"),
    "nothing": ("{status: Complete}", "no instance has started"),
    "a tap": ("{message: Hi}, {sent: {step: Hello}}, {tap: x}", "'x' isn't offered to 6581968289: the last messages"),
    "not refused": ("{message: Hi}, {refused: x}", "(chat_apps): it wasn't refused"),
    "refused": ("{refuse: 429}, {message: Hi}, {sent: {step: Hello}}", "refused: 429 Quota exceeded. Please try again"),
    "another reason": ("{refuse: 429}, {message: Hi}, {refused: number}", "the reason lacks 'number'"),
    "another code": ("{refuse: 429}, {message: Hi}, {refused: {code: 1}}", "code is 429, not 1"),
    "words": ("{message: Hi}, {sent: {words: x}}", "words is 'Hello, "),
}


@pytest.mark.parametrize(("script", "message"), WRONG.values(), ids=WRONG)
def test_tables_that_fail(tmp_path: Path, script: str, message: str) -> None:
    """A table fails if something unexpected happens, and reports it."""
    (tmp_path / "x.test.yaml").write_text(f"workflow: {MENU}\ntests: [{{do: [{script}]}}]")
    result = call("test", str(tmp_path))
    assert (result.exit_code, message in result.stdout) == (1, True), result.output


def test_tables_in_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """A table in another encoding is an error. Everything else that can't be read is named; a pipe blocks nothing."""
    table = f"workflow: {json.dumps(MENU)}\ntests: [{{do: [{{status: Complete}}]}}]\n"
    (tmp_path / "a.test.yaml").write_text(table, "utf-16")
    os.mkfifo(tmp_path / "b.test.yaml")
    (tmp_path / "c.test.json").symlink_to("/dev/zero")
    result = call("test", str(tmp_path))
    assert result.exit_code == 2
    assert "a.test.yaml:1: not UTF-8 text" in result.stderr
    assert f"so not run: {tmp_path}/b.test.yaml, {tmp_path}/c.test.json" in result.stderr


def test_a_move_over_an_endless_workflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A move of the clock ends after a limited number of events, with a message; what happened until then stays."""
    monkeypatch.setattr("pulumi_8x8.simulator.simulation._MOST_EVENTS", 500)
    loop = tmp_path / "loop.json"
    step = {"id": "again", "stepType": "Wait", "inputs": {"duration": "00:01:00"}, "nextStepId": "again"}
    loop.write_text(json.dumps({"trigger": "inbound_sms", "definition": {"name": "Loop", "steps": [step]}}))
    result = call("run", str(loop), "--interactive", "--at", AT, text="Hi\n/wait 300\n/wait 00:02:00\n")
    assert (result.exit_code, result.stderr.count("more than 500 events happen until 2")) == (0, 1), result.stderr
    assert result.stdout.count("again (Wait)") > 100
    (tmp_path / "x.test.yaml").write_text("workflow: loop.json\ntests: [{do: [{message: Hi}, {wait: '300'}]}]")
    result = call("test", str(tmp_path))
    assert (result.exit_code, result.stdout.count("more than 500 events happen until 2")) == (1, 1)

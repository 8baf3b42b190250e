"""Nothing from outside reaches a terminal as a command to it: escape sequences, text that runs back.

A service puts them into everything that it answers, and a stranger into everything in a workflow file and its name.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_kit import run
from terminals import Run, in_terminals
from werkzeug import Request, Response
from werkzeug.serving import make_server

import pulumi_8x8
from pulumi_8x8.styling import unstyled

ID, INSTANCE = "3f0c2f4e-0000-4000-8000-000000000001", "65f1a0b2c3d4e5f60718293a"
#: A title of the window, a colour, a bell, a C1 sequence, text from right to left, a line of its own, a zero width.
EVIL = "a\x1b]0;owned\x07b\x1b[31mc\x9b2Jd\u202ee\u2066f\rError: g\x08\x7f\x00h\u200b\ufeff\u2028i"
LINE = f"{EVIL}\nNothing was changed. "
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def evil_steps() -> list[dict[str, Any]]:
    return [
        {"id": LINE, "stepType": "Wait", "inputs": {"duration": "00:00:01", LINE: LINE}, "nextStepId": "b"},
        {"id": "b", "stepType": LINE, "inputs": {"text": "{{" + LINE}, "outputs": {LINE: LINE}},
        {"id": "c", "stepType": "Branch", "selectNextStep": {LINE: "{{data.x == '" + LINE + "'}}", "d": None}},
        {"id": "d", "stepType": "HttpRequest", "inputs": {"url": LINE, "method": LINE}},
    ]


def evil(version: int = 1) -> dict[str, Any]:
    inner = {"id": ID, "version": version, "name": LINE, "steps": evil_steps()[version - 1 :]}
    envelope = {"accountId": LINE, "createdAt": LINE, "trigger": LINE, "status": LINE, "subAccountId": LINE}
    return {**envelope, "definition": inner, LINE: LINE}


LOG = {"id": LINE, "stepName": LINE, "status": LINE, "startedAt": LINE, "completedAt": LINE}
RUN = {
    "workflowId": INSTANCE, "version": 1, "status": LINE, "startedAt": LINE, "completedAt": LINE,
    "data": {LINE: LINE}, "logs": [LOG],
}  # fmt: skip
ERROR = {"code": 5000, "message": LINE, "errorId": LINE}
FAULTS = [{"workflowId": INSTANCE, "step": LINE, "message": LINE, "errorTime": LINE}]


def answer(request: Request) -> Response:
    path = request.path.split("/acme", 1)[-1]
    if request.headers.get("Authorization") != "Bearer good-key-0123":
        response = Response(json.dumps(ERROR), 400)
        response.headers["Content-Type"] = "x/\x85y"
        return response
    found: Any = {
        "/definitions": [evil(2)],
        f"/definitions/{ID}": [evil(2), evil(1)],
        f"/definitions/{ID}/workflows": [RUN, {**RUN, "workflowId": INSTANCE[::-1], "status": "Terminated"}],
        f"/definitions/{ID}/workflows/{INSTANCE}": RUN,
        f"/definitions/{ID}/workflows/{INSTANCE}/errors": FAULTS,
        f"/definitions/{ID}/workflows/{INSTANCE[::-1]}/errors": FAULTS,
        "/usage": {"allowedWorkflowCount": 3, "executedWorkflowCount": 1},
        "/usage/history": [],
    }.get(path)
    return Response(json.dumps(ERROR), 404) if found is None else Response(json.dumps(found), 200)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, Request.application(answer), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


SERVICE = {
    "list": ("list",),
    "show": ("show", ID),
    "versions": ("versions", ID),
    "versions diff": ("versions", "diff", ID, "1", "2"),
    "versions show": ("versions", "show", ID),
    "instances list": ("instances", "list", ID),
    "instances show": ("instances", "show", ID, INSTANCE, "--with-data"),
    "instances logs": ("instances", "logs", ID, INSTANCE),
    "instances errors": ("instances", "errors", ID),
    "instances suspend": ("instances", "suspend", ID, INSTANCE, "--yes"),
    "trigger": ("trigger", "--yes"),
    "usage": ("usage", "--history"),
    "another id": ("show", f"{ID[:-1]}2"),
    "a wrong option": ("list", f"--{EVIL}"),
    "a wrong command": (EVIL,),
    "a wrong value": ("instances", "list", ID, "--version", EVIL),
    "a wrong workflow": ("show", EVIL),
    "a file that isn't there": ("lint", f"{EVIL.replace(chr(0), '')}.yaml"),
}


def check(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    found = CONTROL.search(result.stdout + result.stderr)
    assert found is None, (found, result.output)


@pytest.mark.parametrize("key", ["good-key-0123", "another-key-0123"])
@pytest.mark.parametrize("command", SERVICE)
def test_a_hostile_service(
    service: str, command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command prints a control character of an answer, or of its own arguments."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ACCOUNT_ID": "acme", "API_KEY": key, "BASE_URL": service}.items():
        monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
    check(SERVICE[command])


FILES = {
    "lint": ("lint", "FILE"),
    "lint for GitHub": ("lint", "--format", "github", "FILE"),
    "run": ("run", "FILE", "--data", "data.json"),
    "review": ("review", "FILE", "OTHER"),
    "review in Markdown": ("review", "--format", "markdown", "FILE", "OTHER"),
    "test": ("test", "FILE"),
    "stubs": ("run", "FILE", "--stubs", "FILE"),
}


@pytest.mark.parametrize("format", ["json", "yaml"])
@pytest.mark.parametrize("command", FILES)
def test_a_hostile_file(command: str, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No command prints a control character of a file, or of its name."""
    monkeypatch.chdir(tmp_path)
    Path("data.json").write_text(json.dumps({LINE: LINE}))
    names = {"FILE": f"f{EVIL.replace(chr(0), '').replace('/', '')}.{format}", "OTHER": f"other.{format}"}
    for number, name in enumerate(names.values()):
        definition = {"name": LINE, "steps": evil_steps()[number:]}
        body = {"trigger": "http_request", "status": "enabled", "definition": definition}
        Path(name).write_text(json.dumps(body))
    check(tuple(names.get(each, each) for each in FILES[command]))
    Path(names["FILE"]).write_text(f'{{"trigger": "{EVIL}')
    check(tuple(names.get(each, each) for each in FILES[command]))


def test_a_terminal(service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal, nothing but the project's own styles arrives, and nothing from outside is one of them."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"ACCOUNT_ID": "acme", "API_KEY": "good-key-0123", "BASE_URL": service}.items():
        monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
    Path("data.json").write_text(json.dumps({LINE: LINE}))
    names = {"FILE": f"f{EVIL.replace(chr(0), '').replace('/', '')}.json", "OTHER": "other.json"}
    for number, name in enumerate(names.values()):
        definition = {"name": LINE, "steps": evil_steps()[number:]}
        Path(name).write_text(json.dumps({"trigger": "http_request", "status": "enabled", "definition": definition}))
    commands = [*FILES.values(), *(SERVICE[each] for each in ("list", "versions", "instances list", "instances logs"))]
    arguments = [[names.get(each, each).replace("\0", "") for each in command] for command in commands]
    for given, shown in zip(arguments, in_terminals([Run(each, 80) for each in arguments]), strict=True):
        text = unstyled(shown.text)
        assert CONTROL.search(text) is None, (given, text)
        assert "bc" not in text, (given, text)  # the colour between them was taken as a style
        styles = re.findall("\x1b.*?m", shown.text)
        assert styles[-1:] in ([], ["\x1b[0m"]), (given, shown.text)


#: Modules that write to a standard stream, each through a function that escapes.
PRINTS = {
    "cli/support/output.py",  # all commands
    "emulator/log.py",  # the emulator, while it serves
    "api/client.py",  # a client that waits, outside of an operation
    "resources/seam.py",  # warnings of the plugin, which resources/base_provider.py has escaped
    "simulator/worker.py",  # to a process of its own
}


def test_who_prints() -> None:
    """No other module writes to standard output or standard error, nor shows a traceback."""
    package = Path(pulumi_8x8.__file__).parent
    writes = re.compile(r"\bprint\(|sys\.(stdout|stderr)\.(write|buffer)|click\.s?echo\(|print_exception|print_exc\b")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for line in path.read_text().splitlines()
        if writes.search(line.partition("#")[0]) and ">>> print" not in line
    }
    assert found == PRINTS

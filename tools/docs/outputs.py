"""The content of docs/json.md: the members of what commands print with ``--format json``.

The commands run in this process, on an emulator with a few workflows and conversations.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner
from waitress.server import create_server

from pulumi_8x8.cli import main
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from tools.docs.commands import PROGRAM, commands

_HEAD = """\
# JSON outputs

For whoever writes scripts around the commands: what each command prints with `--format json`. `make docs` runs the
commands on an emulator, and writes this page from what they print.

- Standard output has the JSON and nothing else. Errors, questions and `--verbose` go to standard error, so that
  `pulumi-8x8 list --format json | jq` works. The [exit code](cli.md#exit-codes) is the same in all formats.
- Commands that follow something print one object a line: `run`, `instances logs`, `instances start --follow`.
- Times are ISO 8601 in UTC. Durations are seconds.
- Members stay within a major version. New ones may come, so ignore those that you don't know.
- [Review](review.md#json) describes the members of `review`, `backtest` and `instances stats`.

Below, a type stands for each value. A list shows one item, with the members of all items. An empty list, or `null`, has
nothing in these examples, and may have something elsewhere. A member without a value is `null`.
"""
#: Commands whose outputs another part of the documents describes.
ELSEWHERE = {
    "review": "[Review](review.md#json) describes them.",
    "backtest": "[Review](review.md#json) describes them.",
    "compare": "An object with `stacks`, the names of both, and `differs`. `same` and `different` are names of "
    "workflows, and `onlyIn` has the names that only one stack has, by stack. `promotion` is "
    "[a review](review.md#json) of what the second stack would get. `drift` has a review for each stack, by its name.",
}
_ACCOUNT = "acme"
_NUMBER = "+6581968289"


def _message(id: str, text: str, **more: Any) -> dict[str, Any]:
    user = {"msisdn": "{{data.payload.user.msisdn}}"}
    inputs = {"subAccountId": "acme_chat", "user": user, "type": "text", "content": {"text": text}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}


_WAIT = {
    "id": "wait",
    "stepType": "WaitForReply",
    "inputs": {"from": "{{data.payload.user.msisdn}}", "channel": "whatsapp", "timeout": "1.00:00:00"},
    "nextStepId": "thanks",
}
_MENU = [_message("ask", "1 or 2?", nextStepId="wait"), _WAIT, _message("thanks", "Thank you")]
_FAULTY = [{"id": "call", "stepType": "HttpRequest", "inputs": {"url": "https://crm.example/", "method": "GET"}}]


def _body(name: str, steps: list[dict[str, Any]], trigger: str = "inbound_chat_apps") -> dict[str, Any]:
    return {"trigger": trigger, "status": "enabled", "definition": {"name": name, "steps": steps}}


def page() -> str:
    """``docs/json.md``. :raises ValueError: a command is missing here, or printed no JSON."""
    parts = [_HEAD]
    with _world() as calls:
        known = {**ELSEWHERE, **calls}
        for each in commands():
            formats = next((param for param in each.command.params if param.name == "format"), None)
            if formats is None or "json" not in getattr(formats.type, "choices", ()):
                continue
            name = " ".join(each.path)
            if name not in known:
                raise ValueError(f"tools/docs/outputs.py has no call of {each.words}")
            parts.append(f"## {name}\n\n{ELSEWHERE[name]}\n" if name in ELSEWHERE else _section(name, calls[name]))
    return "\n".join(parts)


def _section(name: str, arguments: list[str]) -> str:
    printed = _run(arguments)
    try:
        values, lines = [json.loads(printed)], False
    except ValueError:
        values, lines = [json.loads(line) for line in printed.splitlines()], True
    shapes = _shapes(values)
    about = "One of these a line:\n" if lines else ""
    shown = "\n".join(json.dumps(shape, indent=2, ensure_ascii=False) for shape in shapes)
    return f"## {name}\n\n{about}\n<!-- run by: test_up_to_date -->\n```json\n{shown}\n```\n".replace("\n\n\n", "\n\n")


def _run(arguments: list[str]) -> str:
    result = CliRunner().invoke(main, [*arguments, "--format", "json"], prog_name=PROGRAM)
    if result.exit_code not in (0, 1) or not result.stdout:
        raise ValueError(f"{PROGRAM} {' '.join(arguments)}: {result.output}")
    return result.stdout


def _shapes(values: list[Any]) -> list[Any]:
    """The shapes of values; objects with the same first member are of one kind."""
    kinds: dict[str, Any] = {}
    for value in values:
        kind = next(iter(value), "") if isinstance(value, dict) else ""
        kinds[kind] = merged(kinds[kind], shape_of(value)) if kind in kinds else shape_of(value)
    return [*kinds.values()]


def shape_of(value: Any) -> Any:
    """A value with types instead of values."""
    if isinstance(value, Mapping):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        shapes = [shape_of(each) for each in value]
        for other in shapes[1:]:
            shapes[0] = merged(shapes[0], other)
        return shapes[:1]
    return {bool: "true or false", str: "text", int: "number", float: "number", type(None): "null"}[type(value)]


def merged(one: Any, other: Any) -> Any:
    """The shape of values of both shapes: all members, and ``text or null``."""
    if isinstance(one, dict) and isinstance(other, dict):
        both = {name: merged(shape, other[name]) if name in other else shape for name, shape in one.items()}
        return both | {name: shape for name, shape in other.items() if name not in one}
    if isinstance(one, list) and isinstance(other, list):
        return [merged(one[0], other[0])] if one and other else one or other
    if isinstance(one, str) and isinstance(other, str):
        return one if other in one.split(" or ") else f"{one} or {other}".replace("null or text", "text or null")
    return other if isinstance(one, str) else one


@contextmanager
def _world() -> Iterator[dict[str, list[str]]]:
    """An emulator, and the calls that show its workflows and conversations, by command."""
    store = Store()
    app = create_app(store, EmulatorSettings())
    listening = socket.create_server(("127.0.0.1", 0))
    server = create_server(app, sockets=[listening], threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = {"ACCOUNT_ID": _ACCOUNT, "API_KEY": EmulatorSettings.api_key, "BASE_URL": url}
    before, here = dict(os.environ), Path.cwd()
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ |= {f"PULUMI_8X8_{name}": value for name, value in settings.items()}
            os.chdir(folder)
            try:
                yield _calls(url)
            finally:
                os.chdir(here)
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.close()
        app.extensions["pulumi_8x8"].close()
        thread.join(timeout=10)
        store.close()


def _calls(url: str) -> dict[str, list[str]]:
    """Fills the emulator and the current folder."""
    headers = {"Authorization": f"Bearer {EmulatorSettings.api_key}"}
    with httpx.Client(base_url=url, headers=headers) as client:

        def call(method: str, path: str, body: Any) -> httpx.Response:
            return client.request(
                method, f"/api/v1/accounts/{_ACCOUNT}/definitions{path}", json=body
            ).raise_for_status()

        def store(body: dict[str, Any]) -> str:
            return str(call("POST", "", body).json()["definition"]["id"])

        def start(id: str) -> str:
            made = call("POST", f"/{id}/workflows", {"payload": {"user": {"msisdn": _NUMBER}}})
            return made.headers["Location"].rpartition("/")[2]

        menu, faulty = store(_body("Menu", _MENU)), store(_body("Faulty", _FAULTY))
        store(_body("Hook", _MENU[2:], "http_request"))
        call("PUT", f"/{menu}", _body("Menu", [*_MENU[:2], _message("thanks", "Thanks!")]))
        waiting, stopped = start(menu), start(faulty)
        start(menu)
    Path("menu.json").write_text(json.dumps(_body("Menu", _MENU)))
    Path("wrong.json").write_text(json.dumps(_body("Menu", [_message("ask", "Hi", nextStepId="nowhere")])))
    Path("event.json").write_text(json.dumps({"payload": {"user": {"msisdn": _NUMBER}}}))
    return {
        "lint": ["lint", "wrong.json"],
        "run": ["run", "menu.json", "--message", "Hi", "--reply", "1"],
        "list": ["list"],
        "show": ["show", menu],
        "trigger": ["trigger", "--data", "event.json", "--yes"],
        "instances list": ["instances", "list", menu, faulty],
        "instances show": ["instances", "show", faulty, stopped, "--data"],
        "instances errors": ["instances", "errors", faulty],
        "instances stats": ["instances", "stats", menu],
        "instances logs": ["instances", "logs", menu, waiting],
        "instances start": ["instances", "start", menu, "--data", "event.json", "--yes"],
        "instances suspend": ["instances", "suspend", menu, waiting, "--yes"],
        "instances resume": ["instances", "resume", menu, waiting, "--yes"],
        "instances terminate": ["instances", "terminate", menu, waiting, "--yes"],
        "versions list": ["versions", "list", menu],
        "versions diff": ["versions", "diff", menu, "1", "2"],
        "export": ["export", "--all", "--to", "exported"],
        "usage": ["usage", "--history"],
    }

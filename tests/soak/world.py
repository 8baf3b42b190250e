"""The real parts of the soak: a Pulumi stack, an emulator that may be killed, somebody with a browser, and faults."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx

from engine.conftest import Stack, make_stack
from kit import API_KEY, BIN, Account

_T = TypeVar("_T")

ACCOUNT = "soak"
#: Planted as a secret: it must be nowhere in plain text, except in the service.
SECRET = "sesame-0123456789"
HOUR = 3600
#: The workflow that only somebody else edits. Its program never changes, and it has ``on_drift="stop"``.
KEPT = "kept"
NAMES = ("a", "b", "c", "d")

#: What the service, or a proxy, does to the next calls.
FAULTS: list[dict[str, Any]] = [
    {"status": 429, "headers": {"Retry-After": "1"}, "body": {"code": 429}, "times": 3},
    {"status": 503, "body": {"code": 2000, "message": "busy"}, "times": 2},
    {"status": 500, "method": "PUT", "body": {"code": 2000, "message": "no"}},
    {"status": 502, "method": "POST", "body": "<html>Bad gateway"},
    {"drop": True, "method": "POST"},
    {"drop": True, "method": "PUT"},
    {"drop": True, "method": "DELETE"},
    {"drop": True, "method": "GET", "times": 2},
    {"delay": 1.0, "times": 3},
    {"delay": 2.0, "method": "POST"},
    {"method": "GET", "path": "/definitions$", "status": 200, "body": []},
    {"method": "GET", "path": "/definitions/[^/]+$", "status": 200, "body": []},
    {"method": "GET", "status": 200, "body": '[{"trigger": "http_req'},
    {"method": "GET", "status": 200, "body": "<html>Sign in"},
]


def steps(text: str, secret: object = None) -> list[dict[str, Any]]:
    """A conversation that sends two messages, an hour apart."""

    def say(id: str, what: str, **more: Any) -> dict[str, Any]:
        inputs = {"subAccountId": "s", "destination": "+6581968289", "text": f"{{{{data.n}}}}:{what}"}
        return {"id": id, "stepType": "SMS", "inputs": inputs, **more}

    last = say("last", "2")
    if secret is not None:
        last["inputs"]["clientMessageId"] = secret
    pause = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "01:00:00"}, "nextStepId": "last"}
    return [say("first", f"1 {text}", nextStepId="pause"), pause, last]


def source(program: dict[str, str]) -> str:
    """A program in Python that declares workflows by name with their text, and the one that stays."""
    lines = [f"S = pulumi.Output.secret({SECRET!r})"]
    for name, text in {**program, KEPT: "kept"}.items():
        declared = repr(steps(text, "<S>" if name == "a" else None)).replace("'<S>'", "S")
        stop = ", on_drift='stop'" if name == KEPT else ""
        lines.append(f"automation.Workflow({name!r}, name={name!r}, trigger='http_request', steps={declared}{stop})")
    return "\n".join(lines)


class Emulator:
    """An emulator on one port and one database, killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.database = folder / "emulator.sqlite"
        self._log = folder / "emulator.log"
        self.start()

    def start(self) -> None:
        command = [str(BIN / "pulumi-8x8"), "emulator", "--port", str(self._port), "--database", str(self.database)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        assert "Automation API" in self._process.stdout.readline(), self.log()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()

    def fill_disk(self, full: bool) -> None:
        """Lets no file of the emulator grow, as on a full disk."""
        _, most = resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (4096 if full else most, most))

    def log(self) -> str:
        return self._log.read_text()


@dataclass
class World:
    """Everything, and what the driver knows must hold.

    :ivar program: what the stack declares: texts by name. :ivar theirs: bodies of somebody else's definitions, by id.
    :ivar started: numbers of the conversations. :ivar edited: what ``kept`` must hold after an edit.
    """

    random: Random
    emulator: Emulator
    stack: Stack
    account: Account
    folder: Path
    home: Path
    program: dict[str, str] = field(default_factory=dict)
    theirs: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[int] = field(default_factory=list)
    edited: dict[str, Any] | None = None
    unedited: dict[str, Any] | None = None
    shown: list[str] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    decks: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def make(cls, seed: int, folder: Path, home: Path) -> World:
        emulator = Emulator(folder)
        account = Account(emulator.url, ACCOUNT)
        world = cls(Random(seed), emulator, make_stack(folder, account, home), account, folder, home)
        for text in ("theirs", "one"):
            body = {"trigger": "http_request", "status": "enabled", "definition": {"name": text, "steps": steps(text)}}
            made = account.call("POST", json=body)
            world.theirs[made["definition"]["id"]] = made
        return world

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def draw(self, deck: str, cards: Sequence[_T]) -> _T:
        """Draws one of ``cards`` at random, each of them once before any of them again."""
        if not self.decks.get(deck):
            self.decks[deck] = self.random.sample(cards, len(cards))
        card: _T = self.decks[deck].pop()
        return card

    # Somebody else

    def mine(self) -> dict[str, list[dict[str, Any]]]:
        """The newest versions of all definitions that aren't somebody else's, by name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for each in self.account.definitions():
            if each["definition"]["id"] not in self.theirs:
                found.setdefault(each["definition"]["name"], []).append(each)
        return found

    def converse(self) -> None:
        """Starts a conversation with a workflow that stays in the program."""
        there = [each for name, (each, *_) in self.mine().items() if name in {*self.program, KEPT}]
        if there:
            number = len(self.started)
            self.account.call("POST", f"/{self.random.choice(there)['definition']['id']}/workflows", json={"n": number})
            self.started.append(number)
            self.count("conversation")

    def edit(self) -> None:
        """Somebody edits the workflow that stays, or one that isn't the stack's."""
        if self.random.random() < 0.5:
            body = self.account.call("GET", f"/{self.random.choice(sorted(self.theirs))}")[0]
        elif KEPT in (mine := self.mine()):
            body = mine[KEPT][0]
            self.unedited = self.unedited or json.loads(json.dumps(body))
        else:
            return
        id = body["definition"]["id"]
        body["definition"]["steps"][0]["inputs"]["text"] = f"{{{{data.n}}}}:1 edit {self.random.random()}"
        made = self.account.call("PUT", f"/{id}", json=body)
        if id in self.theirs:
            self.theirs[id] = made
        else:
            self.edited = made
        self.count("edit")

    def undo_edit(self) -> None:
        if self.unedited is not None:
            self.account.call("PUT", f"/{self.unedited['definition']['id']}", json=self.unedited)
        self.edited = self.unedited = None

    def jump(self, seconds: float) -> None:
        httpx.post(f"{self.emulator.url}/_emulator/clock", json={"seconds": seconds}, timeout=60).raise_for_status()
        self.count("clock jump")

    def order(self, *rules: dict[str, Any]) -> None:
        self.account.fault(*rules)
        self.count("fault")

    def stale(self) -> dict[str, Any] | None:
        """A rule that answers once with what a workflow was before its newest version."""
        there = [each for name, (each, *_) in self.mine().items() if name != KEPT]
        if not there:
            return None
        id = self.random.choice(there)["definition"]["id"]
        older = self.account.call("GET", f"/{id}")[1:]
        return {"method": "GET", "path": f"/definitions/{id}$", "status": 200, "body": older} if older else None

    def no_faults(self) -> None:
        httpx.delete(f"{self.emulator.url}/_emulator/faults").raise_for_status()

    # The stack

    def operation(self, *arguments: str) -> subprocess.Popen[str]:
        """Begins an operation of the engine, in a session of its own."""
        self.stack.write(source(self.program))
        self.count(arguments[0])
        return subprocess.Popen(
            [str(BIN / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.stack.folder,
            env=self.stack.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def end(self, running: subprocess.Popen[str]) -> tuple[int, str]:
        out, _ = running.communicate(timeout=240)
        self.shown.append(out)
        return running.returncode, out

    def kill_engine(self, running: subprocess.Popen[str]) -> None:
        plugins = _descendants(running.pid)
        os.killpg(running.pid, signal.SIGKILL)
        for pid in plugins:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.count("kill -9 of the engine")

    @property
    def is_locked(self) -> bool:
        """Whether a killed operation has left its lock."""
        return any((self.folder / "state" / ".pulumi" / "locks").rglob("*.json"))

    def kill_plugin(self, running: subprocess.Popen[str]) -> None:
        plugins = _descendants(running.pid)
        if plugins:
            with suppress(ProcessLookupError):
                os.kill(self.random.choice(plugins), signal.SIGKILL)
            self.count("kill -9 of a plugin")

    def kill_emulator(self) -> None:
        self.emulator.kill()
        time.sleep(self.random.uniform(0, 0.5))
        self.emulator.start()
        self.count("kill -9 of the emulator")

    def fill_disk(self) -> None:
        self.emulator.fill_disk(True)
        time.sleep(self.random.uniform(0.2, 2))
        self.emulator.fill_disk(False)
        self.count("full disk")

    # What must hold

    def violations(self) -> list[str]:
        """What is wrong now, whatever happened before."""
        wrong = []
        for id, body in self.theirs.items():
            history = self.account.call("GET", f"/{id}")
            if not history or history[0] != body:
                wrong.append(f"somebody else's definition {id} was changed")
        mine = self.mine()
        wrong += [f"{name} is there {len(found)} times" for name, found in mine.items() if len(found) > 1]
        if self.edited is not None and mine.get(KEPT, [None])[0] != self.edited:
            wrong.append("somebody's edit was overwritten unasked")
        sent = self.sent()
        wrong += [f"message {text} was sent {count} times" for text, count in sent.items() if count > 1]
        wrong += self.leaks()
        if "Traceback" in self.emulator.log():
            wrong.append(f"the emulator's log has a traceback: {self.emulator.log()[-2000:]}")
        return wrong

    def sent(self) -> dict[str, int]:
        """How often each message was sent: ``3:1`` is the first one of conversation 3."""
        found: dict[str, int] = {}
        for each in httpx.get(f"{self.emulator.url}/_emulator/outbox", timeout=60).json():
            text = each["message"]["text"].partition(" ")[0]
            found[text] = found.get(text, 0) + 1
        return found

    def leaks(self) -> list[str]:
        program = self.stack.folder / "__main__.py"
        files = [path for root in (self.folder, self.home) for path in root.rglob("*") if path.is_file()]
        texts = {
            str(path): path.read_bytes()
            for path in files
            if path != program  # and Python's copy of it
            and not (path.parent.name == "__pycache__" or path.name.startswith("emulator."))
            and path.stat().st_size < 1 << 22
        }
        texts["the screen"] = "\n".join(self.shown).encode()
        return [
            f"{where} has {what}"
            for where, content in texts.items()
            for what, value in (("the secret", SECRET), ("the API key", API_KEY))
            if value.encode() in content
        ]

    def deployed(self) -> list[str]:
        """What is wrong after an operation that succeeded: the account holds the program."""
        texts = {
            name: found[0]["definition"]["steps"][0]["inputs"]["text"].partition(" ")[2]
            for name, found in self.mine().items()
        }
        expected = {**self.program, KEPT: "kept"}
        return [] if texts == expected else [f"the account holds {texts}, and the program {expected}"]

    def lost(self) -> list[str]:
        """The messages that haven't arrived, after the clock has passed all waits."""
        sent = self.sent()
        expected = {f"{number}:{part}" for number in self.started for part in (1, 2)}
        return [f"message {text} was lost" for text in sorted(expected - set(sent))]


def _descendants(ancestor: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = dict(map(int, line.split()) for line in listed.splitlines())
    found = [ancestor]
    for each in found:  # grows while it is walked
        found += [pid for pid, parent in parents.items() if parent == each]
    return found[1:]

"""A stand-in for the Automation API that lies, to find out what a client then does to somebody's account.

It follows the published facts only, shares nothing with the emulator, and records the truth, whatever it answers.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal
from uuid import uuid4

import httpx
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from kit import API_KEY

Json = dict[str, Any]
OPERATIONS = {
    "GET /definitions": "list", "POST /definitions": "create", "GET /definitions/{id}": "history",
    "PUT /definitions/{id}": "update", "DELETE /definitions/{id}": "delete",
    "GET /definitions/{id}/workflows": "instances", "POST /definitions/{id}/workflows": "start",
    "POST /triggers/http_request": "trigger",
    "GET /definitions/{id}/workflows/{id}": "instance", "GET /definitions/{id}/workflows/{id}/errors": "errors",
}  # fmt: skip
IDS = re.compile(r"(?<=/definitions/)[^/]+|(?<=/workflows/)[^/]+")
MARKS = {"envelope": "definition", "definition": "steps", "step": "stepType"}  # by which each is known
Version = namedtuple("Version", "number status sent stored at by")  # `by` is the call; None: somebody else
Instance = SimpleNamespace  # with kept, version, id, shown, status and killed_by (a call, or None)
Broken = type("Broken", (httpx.ReadError, ConnectionError), {})  # for a client in this process, and for the server
NOISE: Json = {"do": [], "inputs": {}, "outputs": {}, "selectNextStep": {}, "nextStepId": None}


@dataclass(frozen=True)
class Habits:
    """How it answers. What a write stores, and when it shows, goes by the habits at the time of the write."""

    history: Literal["there", "empty", "not found"] = "there"
    listing: Literal["whole", "empty", "every second"] = "whole"
    stale_reads: int = 0  # a write (creation and deletion too) shows after so many reads of its definition
    stale_calls: int = 0  # and after so many calls of any kind
    fault: Literal["break"] | int = 0  # a broken connection, or that status
    carried_out: bool = False  # before the fault
    retry_after: str = "0"  # with 429 and 503; empty: no such header
    delete_after: int = 0  # so many calls go by before a deletion is carried out
    defaults: tuple[tuple[str, str, Any], ...] = ()  # stored in addition, such as ("SMS", "encoding", "AUTO")
    drops_false: bool = False
    trims: bool = False
    numbers_as_texts: bool = False
    masks: frozenset[str] = frozenset()  # headers, such as "Authorization"
    unknown: frozenset[Literal["envelope", "definition", "step", "inputs"]] = frozenset()  # which get a new member
    echo: bool = False  # the answer to a write is what was sent, not what is stored
    ids_in: Literal["envelope", "definition", "both"] = "envelope"
    sub_account_key: Literal["subAccountId", "subaccountId"] = "subAccountId"
    upper_ids: bool = False
    noise: bool = False
    shuffle: int | None = None  # a seed
    offset: Literal["items", "pages"] = "items"
    list_disabled: bool = True
    list_versions: Literal["newest", "all"] = "newest"

    def stored(self, sent: str, version: int) -> str:
        def tidied(members: Json) -> Json:
            kept = {key: value for key, value in members.items() if not (self.drops_false and value is False)}
            if self.trims:
                kept = {key: value.strip() if isinstance(value, str) else value for key, value in kept.items()}
            if "stepType" in kept and kept.get("inputs"):
                added = {name: value for kind, name, value in self.defaults if kind.lower() == kept["stepType"].lower()}
                kept["inputs"] = added | kept["inputs"] | ({"rev": version} if "inputs" in self.unknown else {})
                headers = kept["inputs"].get("headers", {})
                headers |= {name: "***" for name in headers if name.title() in self.masks}
            return kept | ({"rev": version} if any(MARKS.get(place) in kept for place in self.unknown) else {})

        numbers = {"parse_int": str, "parse_float": str} if self.numbers_as_texts else {}
        return json.dumps({"status": "disabled"} | json.loads(sent, object_hook=tidied, **numbers))


class Call(SimpleNamespace):  # with number (from 1), method, path (below the account), query, body, account
    operation: str = ""  # empty for a path that the API lacks
    status: int | None = None  # None: the connection broke

    def __str__(self) -> str:
        return f"{self.method} {IDS.sub('{id}', self.path)}"


@dataclass(eq=False)
class Kept:  # a definition that is or was alive; versions are oldest first, but newest first when read
    account: str
    id: str = field(default_factory=lambda: str(uuid4()))
    versions: list[Version] = field(default_factory=list)  # all that ever were
    there: list[Version] = field(default_factory=list)
    deleted_by: Call | None = None
    seen: list[tuple[int, int, list[Version]]] = field(default_factory=lambda: [(0, 0, [])])  # after reads and calls
    reads: int = 0

    def read(self, call: Call) -> list[Version]:
        self.reads += 1
        return [there for reads, calls, there in self.seen if self.reads > reads and call.number > calls][-1][::-1]

    def shown(self, version: Version, habits: Habits, sent: bool = False) -> Json:
        draw = random.Random(f"{habits.shuffle} {self.reads}")
        body: Json = json.loads(version.sent if sent else version.stored)
        ids = {"id": self.id.upper() if habits.upper_ids else self.id, "version": version.number}
        body |= {"accountId": self.account, "createdAt": f"{version.at:%Y-%m-%dT%H:%M:%S.%fZ}"}
        body |= ids if habits.ids_in != "definition" else {}
        body["definition"] |= ids if habits.ids_in != "envelope" else {}
        steps = body["definition"].get("steps", [])
        steps[1:] = draw.sample(steps[1:], len(steps[1:])) if habits.shuffle is not None else steps[1:]

        def spelled(members: Json) -> Json:
            members = NOISE | members if habits.noise and "stepType" in members else members
            return members if habits.shuffle is None else dict(draw.sample(list(members.items()), len(members)))

        text = json.dumps({habits.sub_account_key if key == "subAccountId" else key: body[key] for key in body})
        return dict(json.loads(text, object_hook=spelled))


class StandIn:
    """The service with all accounts, each with the key that tests use. ``create`` to ``finish`` is somebody else."""

    def __init__(self, habits: Habits | None = None) -> None:
        self.habits, self.clock = habits or Habits(), lambda: datetime.now(UTC)
        self.transport = httpx.WSGITransport(app=Request.application(self.answer))
        self.definitions: dict[str, Kept] = {}  # all that ever were
        self.instances: dict[str, Instance] = {}  # all that ever started
        self.killed_instances: list[Instance] = []  # those that a DELETE ended while they ran
        self._calls: list[Call] = []
        self._due: list[tuple[int, Kept, int | None, Habits, Call]] = []
        self._ahead: list[tuple[tuple[str, ...], Iterator[bool], Json]] = []
        self._lock = threading.RLock()

    @contextmanager
    def serve(self) -> Iterator[str]:
        quiet = type("Quiet", (WSGIRequestHandler,), {"log": lambda *_: None, "protocol_version": "HTTP/1.0"})
        server = make_server("127.0.0.1", 0, self.transport.app, threaded=True, request_handler=quiet)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()

    def set(self, **habits: Any) -> None:
        self.habits = replace(self.habits, **habits)

    def next(self, count: int, *operations: str, skip: int = 0, **habits: Any) -> None:
        """Habits of the next ``count`` calls, after ``skip`` others, of these operations (none named: of all)."""
        assert set(operations) <= set(OPERATIONS.values()), f"unknown operation: {operations}"
        replace(self.habits, **habits)  # refuses unknown habits
        self._ahead.append((operations, iter([False] * skip + [True] * count), habits))

    def behave(self) -> None:  # ends the lies, and does what is due; what was stored stays
        with self._lock:
            self.habits, self._ahead = Habits(), []
            self._catch_up(float("inf"))
            for kept in self.definitions.values():
                kept.seen = [(0, 0, kept.there)]

    def calls(self, account: str | None = None, since: int = 0) -> list[Call]:
        return [call for call in self._calls[since:] if account in (None, call.account)]

    def alive(self, account: str, as_sent: bool = False) -> dict[str, Json]:
        there = [kept for kept in list(self.definitions.values()) if kept.account == account and kept.there]
        return {kept.id: kept.shown(kept.there[-1], Habits(), as_sent) for kept in there}

    def deleted(self, account: str) -> dict[str, Call | None]:
        return {k.id: k.deleted_by for k in list(self.definitions.values()) if k.account == account and not k.there}

    def create(self, account: str, body: Json) -> str:
        return self._store(Kept(account), body, self.habits).id

    def edit(self, account: str, id: str, change: Callable[[Json], object]) -> None:
        kept = self.definitions[id.lower()]
        change(body := json.loads(kept.there[-1].stored))
        self._store(kept, body, self.habits)

    def remove(self, account: str, id: str, version: int | None = None) -> None:
        self._remove(self.definitions[id.lower()], version, self.habits)

    def start(self, account: str, id: str, data: Json | None = None, version: int | None = None) -> Instance:
        kept = self.definitions[id.lower()]
        (run,) = [each for each in kept.there if each.number == version] or kept.there[-1:]
        own = {"workflowId": uuid4().hex[:24], "definitionId": kept.id, "version": run.number, "data": data or {}}
        steps = json.loads(run.sent)["definition"]["steps"]
        new = Instance(kept=kept, id=own["workflowId"], version=run.number, status="Runnable", killed_by=None)
        new.shown = {**own, "logs": [{"stepName": step["id"], "status": "Complete"} for step in steps]}
        return self.instances.setdefault(new.id, new)

    def finish(self, id: str) -> None:
        for instance in [each for each in list(self.instances.values()) if each.kept.id == id.lower()]:
            instance.status = "Complete" if instance.status == "Runnable" else instance.status

    def answer(self, request: Request) -> Response:
        account, path = re.fullmatch(r"(?:/api/v1/accounts/([^/]+))?(/.*)", request.path).groups("")
        body = request.get_json(force=True) if request.content_length else None
        with self._lock:
            call = Call(number=len(self._calls) + 1, method=request.method, path=path, account=account, body=body)
            call.operation, call.query = OPERATIONS.get(account and str(call), ""), request.args.to_dict()
            self._calls.append(call)
            habits = self.habits
            for operations, wanted, changes in self._ahead:
                if (not operations or call.operation in operations) and next(wanted, False):
                    habits = replace(habits, **changes)
            response = reply(401, 1200)
            if request.headers.get("Authorization") == f"Bearer {API_KEY}":
                response = self._carry_out(call, habits) if habits.carried_out or not habits.fault else response
            self._catch_up(call.number)
            if habits.fault == "break":
                raise Broken("the connection broke")
            if habits.fault:
                response = reply(habits.fault, 1300 if habits.fault == 404 else habits.fault)
            if habits.fault in (429, 503) and habits.retry_after:
                response.headers["Retry-After"] = habits.retry_after
            if not call.operation or habits.fault in (200, 502, 504):  # not by the service, but before it
                response = Response("<html><body>Proxy</body></html>", response.status, mimetype="text/html")
            call.status, response.date = response.status_code, self.clock()
            return response

    def _carry_out(self, call: Call, habits: Habits) -> Response:
        ids = [id.lower() for id in IDS.findall(call.path)]
        if any(len(id) not in (24, 36) for id in ids) or not isinstance(call.body, dict | None):
            return reply(400, 1000)
        mine = [kept for kept in self.definitions.values() if kept.account == call.account]
        kept = next((kept for kept in mine if kept.id in ids), Kept(call.account))
        there = [version.number for version in kept.there]
        number = int(call.query.get("version", there[-1] if there else 0))
        limit, offset = int(call.query.get("limit", 100)), int(call.query.get("offset", 0))
        first = offset * limit if habits.offset == "pages" else offset
        known = number in there or call.operation in ("create", "trigger") or (call.operation == "instances" and there)
        match call.operation:
            case "list":
                read = [[(each, version) for version in each.read(call)] for each in mine]
                read = [each for each in read if each and (habits.list_disabled or each[0][1].status == "enabled")]
                read = {"whole": read, "empty": [], "every second": read[1::2]}[habits.listing]
                found = [pair for each in read for pair in each[: 1 if habits.list_versions == "newest" else None]]
                return reply(200, [each.shown(version, habits) for each, version in found[first : first + limit]])
            case "history" if habits.history != "not found":
                versions = kept.read(call)[first : first + limit]
                return reply(200, [kept.shown(each, habits) for each in versions if habits.history == "there"])
            case operation if operation in ("", "history") or not known:
                return reply(404, 1300)
            case "create" | "update":
                if not (call.body or {}).get("definition", {}).get("name"):
                    return reply(400, 5001)
                self._store(kept, call.body, habits, call)
                return reply(200 if there else 201, kept.shown(kept.there[-1], habits, habits.echo))
            case "trigger":
                bodies = {kept.id: json.loads(kept.there[-1].stored) for kept in mine if kept.there}
                for id, body in bodies.items():
                    is_meant = body.get("subAccountId") in (None, call.query.get("subAccountId"))
                    if (body["trigger"], body["status"]) == ("http_request", "enabled") and is_meant:
                        self.start(call.account, id, call.body)
                return Response(status=200)
            case "delete":
                version = call.query.get("version") and number  # all, unless one is named
                self._due.append((call.number + habits.delete_after, kept, version, habits, call))
                return Response(status=202)
            case "start":
                id = self.start(call.account, kept.id, call.body, number).id
                return Response(status=201, headers={"Location": f"/api/v1/accounts/{call.account}{call.path}/{id}"})
        run = [each for each in self.instances.values() if each.kept is kept and each.version in there]
        if call.operation == "instances":
            states = call.query.get("status", "Runnable Complete Terminated")
            run = [each for each in run[::-1] if each.version == number and each.status in states]
            return reply(200, [each.shown | {"status": each.status} for each in run[first : first + limit]])
        found = [each.shown | {"status": each.status} for each in run if each.id == ids[1]]
        return reply(200, found[0] if call.operation == "instance" else []) if found else reply(404, 1300)

    def _store(self, kept: Kept, body: Json, habits: Habits, by: Call | None = None) -> Kept:
        with self._lock:
            number, sent = len(kept.versions) + 1, json.dumps(body)
            stored = Version(number, body.get("status"), sent, habits.stored(sent, number), self.clock(), by)
            kept.versions.append(stored)
            self._show(kept, [*kept.there, stored], habits)
            return self.definitions.setdefault(kept.id, kept)

    def _remove(self, kept: Kept, version: int | None, habits: Habits, by: Call | None = None) -> None:
        with self._lock:
            kept.deleted_by = by
            gone = [each.number for each in kept.there if version in (None, each.number)]
            self._show(kept, [each for each in kept.there if each.number not in gone], habits)
            for instance in self.instances.values():
                if instance.kept is kept and instance.version in gone and instance.status == "Runnable":
                    instance.status, instance.killed_by = "Terminated", by
                    self.killed_instances += [instance] if by else []

    def _show(self, kept: Kept, there: list[Version], habits: Habits) -> None:
        kept.there = there
        kept.seen.append((kept.reads + habits.stale_reads, len(self._calls) + habits.stale_calls, there))

    def _catch_up(self, number: float) -> None:
        for late in [late for late in self._due if late[0] <= number]:
            self._due.remove(late)
            self._remove(*late[1:])


def reply(status: int, content: Any) -> Response:
    """A number is the code of an error."""
    error = {"code": content, "message": "Refused.", "errorId": str(uuid4()), "timestamp": "2026-01-01T00:00:00Z"}
    return Response(json.dumps(error if isinstance(content, int) else content), status, mimetype="application/json")

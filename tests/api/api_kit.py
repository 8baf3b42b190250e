"""Services for the tests of the client: one with prepared answers, and one with many definitions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import httpx

from pulumi_8x8.api import Client, Patience, Settings

KEY = "s3cr3t-key"
ID = "3f0c2f4e-0000-4000-8000-000000000001"
#: Tries three times, and hardly waits where the service names no time.
THRICE = Patience(attempts=3, limit=30.0, first_wait=0.001, longest_wait=0.001, poll=0.001, confirm=0.001)
SETTINGS = Settings("acme", KEY, "https://service.example")

Answers = Callable[[httpx.Request], httpx.Response]


def client(answer: Answers, patience: Patience = THRICE, reported: list[str] | None = None) -> Client:
    """A client of a service that answers with ``answer``."""
    return Client(SETTINGS, httpx.MockTransport(answer), patience, [].append if reported is None else reported.append)


def stored(id: str = ID, version: int = 1, **envelope: Any) -> dict[str, Any]:
    """A definition as the service answers it."""
    inner = {"id": id, "version": version, "name": "menu", "steps": []}
    return {"accountId": "acme", "trigger": "inbound_sms", "status": "enabled", "definition": inner, **envelope}


@dataclass
class Script:
    """A service that returns its answers in order, and repeats the last one."""

    answers: Iterable[httpx.Response | type[httpx.HTTPError]]
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = list(self.answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.method)
        answer = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        if isinstance(answer, httpx.Response):
            # A response belongs to one request.
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        raise answer("lost", request=request)


class ManyDefinitions:
    """A service that holds ``count`` definitions, small ones.

    :ivar hidden: numbers of definitions that exist, but that the list lacks.
    :ivar read: ids that calls named, with repetitions.
    """

    def __init__(
        self, count: int, offset: Literal["items", "pages"] = "items", hidden: Iterable[int] = (), versions: int = 1
    ) -> None:
        self.count = count
        self.offset = offset
        self.hidden = frozenset(hidden)
        self.calls = 0
        self.read: list[str] = []
        self._lock = threading.Lock()
        self._listed = [
            (number, version)
            for number in range(count)
            if number not in self.hidden
            for version in range(1, versions + 1)
        ]
        self._text = json.dumps(stored("ID", -1))

    @staticmethod
    def id(number: int) -> str:
        return str(UUID(int=number + 1))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        last = request.url.path.rpartition("/")[2]
        with self._lock:
            self.calls += 1
            if last != "definitions":
                self.read.append(last)
        if last == "definitions":
            limit, offset = int(request.url.params["limit"]), int(request.url.params["offset"])
            first = offset * limit if self.offset == "pages" else offset
            page = (
                self._text.replace("ID", self.id(number)).replace("-1", str(version))
                for number, version in self._listed[first : first + limit]
            )
            return httpx.Response(200, text=f"[{','.join(page)}]")
        number = UUID(last).int - 1
        return httpx.Response(200, json=[stored(last)] if number < self.count else [])

"""Carries out faults on order (delays, refusals, lost answers, edits by others), and records the calls."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Annotated, Any, ClassVar

import httpx
from werkzeug.http import http_date

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.validation import Must, Parsed

_PATH = re.compile(r"/api/v1/accounts/([^/]+)/definitions/([^/]+)")


class AnswerLost(httpx.ReadError, OSError):
    """The work was done, and the answer is lost.

    It has two bases. In-process, it is the error that a client sees for a lost answer. Under waitress, an ``OSError``
    closes the connection without writing a byte.
    """

    def __init__(self) -> None:
        super().__init__("a fault rule makes the emulator lose this answer")


def _pattern(value: Any) -> re.Pattern[str]:
    try:
        return re.compile(value)
    except (re.error, RecursionError, TypeError) as error:
        raise ValueError(f"not a regular expression ({error})") from None


def _are_headers(value: dict[str, str]) -> bool:
    return all(text.isascii() and text.isprintable() for text in (*value, *value.values()))


@dataclass(frozen=True)
class FaultRule:
    """What happens to the next ``times`` requests with this method and a path that the pattern matches.

    :ivar method: any, if it isn't set. :ivar status: the answer, instead of the work. :ivar body: the body of that
        answer: JSON, or a string that is sent unchanged. :ivar delay: seconds before anything happens.
    :ivar drop: whether to do the work and lose the answer. :ivar edit: a body for PUT that somebody else sends for the
        same definition just before.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    method: Annotated[str, Must("be a string")] | None = None
    path: Annotated[re.Pattern[str], Parsed(_pattern)] = field(default_factory=lambda: re.compile(""))
    status: Annotated[int, Must("be a number from 200 to 599", range(200, 600).__contains__)] | None = None
    body: Any = None
    delay: Annotated[float, Must("be a number of seconds from 0 to 60", lambda delay: 0 <= delay <= 60)] = 0.0
    drop: Annotated[bool, Must("be true or false")] = False
    times: Annotated[int, Must("be a number of 1 or more", lambda times: times >= 1)] = 1
    headers: Annotated[dict[str, str], Must("be an object of printable ASCII strings", _are_headers)] = field(
        default_factory=dict
    )
    edit: Annotated[dict[str, Any], Parsed(wire.check_definition)] | None = None

    def __post_init__(self) -> None:
        if self.status is None and (self.body is not None or self.headers):
            raise ValueError("needs a status to go with body and headers")

    def fits(self, method: str, path: str) -> bool:
        return (self.method is None or self.method.upper() == method) and self.path.search(path) is not None


def read_rules(value: Any) -> list[FaultRule]:
    """Reads the rules in a JSON value. :raises RefusedRequest: one of them isn't a rule."""
    return wire.read(list[FaultRule], _without_nulls(value, 2), "rules")


def _without_nulls(value: Any, levels: int) -> Any:
    if isinstance(value, list) and levels:
        return [_without_nulls(each, levels - 1) for each in value]
    return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value


class Faults:
    """The rules in force and the recorded calls. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._calls: list[dict[str, Any]] = []

    def add(self, rules: Iterable[FaultRule]) -> None:
        """Adds rules behind the rules in force."""
        with self._lock:
            self._rules += rules

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, method: str, path: str) -> FaultRule | None:
        """Returns the first rule for a request, and uses it once; ``None``: no rule applies."""
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.fits(method, path):
                    if rule.times > 1:
                        self._rules[index] = replace(rule, times=rule.times - 1)
                    else:
                        del self._rules[index]
                    return rule
        return None

    def record(self, method: str, path: str, query: str, status: int | None) -> None:
        """Records a call; ``status`` ``None``: its answer was lost."""
        with self._lock:
            self._calls.append({"method": method, "path": path, "query": query, "status": status})

    def calls(self) -> list[dict[str, Any]]:
        """Returns the calls of ``/api`` since the start or :meth:`forget_calls`, oldest first."""
        with self._lock:
            return list(self._calls)

    def forget_calls(self) -> None:
        with self._lock:
            self._calls.clear()


class Interception:
    """Wraps the emulator's WSGI application: carries out the rules and records the calls of ``/api``."""

    def __init__(self, app: Callable[..., Iterable[bytes]], faults: Faults, service: Service) -> None:
        self._app = app
        self._faults = faults
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if not path.startswith("/api/"):
            return self._app(environ, start_response)
        rule = self._faults.take(method, path) or FaultRule()
        status: int | None = None

        def note(line: str, headers: Any, *rest: Any) -> Any:
            nonlocal status
            status = int(line.split()[0])
            if not any(
                name.lower() == "date" for name, _ in headers
            ):  # the emulator's, which may not be this machine's
                headers = [*headers, ("Date", http_date(self._service.clock.now()))]
            return (lambda _: None) if rule.drop else start_response(line, headers, *rest)

        try:
            if rule.delay:
                time.sleep(rule.delay)
            if rule.edit is not None:
                self._edit(path, rule.edit)
            body = _refusal(rule, note) if rule.status is not None else self._app(environ, note)
            if rule.drop:
                status = None
                raise AnswerLost
        finally:
            self._faults.record(method, path, environ.get("QUERY_STRING", ""), status)
        return body

    def _edit(self, path: str, document: dict[str, Any]) -> None:
        match = _PATH.match(path)
        if match:
            with suppress(wire.RefusedRequest):  # there is no such definition to edit
                self._service.update(match[1], match[2].lower(), document)


def _refusal(rule: FaultRule, start_response: Callable[..., Any]) -> list[bytes]:
    status = rule.status or 500
    text = rule.body if isinstance(rule.body, str) else json.dumps(rule.body)
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Fault"
    headers = {"Content-Type": "application/json", **rule.headers}
    body = b"" if rule.body is None else text.encode("utf-8", "replace")
    start_response(f"{status} {phrase}", [*headers.items(), ("Content-Length", str(len(body)))])
    return [body]

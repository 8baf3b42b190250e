"""Faults on order: delays, refusals, lost answers and edits by somebody else; and a record of the calls made."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

import httpx

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.service import Service

_RULE_FIELDS = ("method", "path", "status", "body", "delay", "drop", "times", "headers", "edit")
_PATH = re.compile(r"/api/v1/accounts/([^/]+)/definitions/([^/]+)")


class AnswerLost(httpx.ReadError, OSError):
    """The work was done and the answer never comes.

    Two things at once: in-process it is the error that a client sees for a lost answer; under waitress, an
    ``OSError`` makes it close the connection without writing a byte.
    """

    def __init__(self) -> None:
        super().__init__("the emulator was told to lose this answer")


@dataclass(frozen=True)
class FaultRule:
    """What happens to the next ``times`` requests with this method and a path that the pattern is found in.

    :ivar method: ``None``: any. :ivar status: answered instead of doing the work. :ivar body: of that answer; JSON,
        or a string as it is. :ivar delay: seconds before anything happens. :ivar drop: do the work, lose the answer.
    :ivar edit: a body for PUT that somebody else sends for the same definition just before.
    """

    path: re.Pattern[str]
    method: str | None = None
    status: int | None = None
    body: Any = None
    delay: float = 0.0
    drop: bool = False
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    edit: dict[str, Any] | None = None


def read_rules(value: Any) -> list[FaultRule]:
    """The rules in a JSON value. :raises Refused: one of them is not a rule; none is taken then."""
    if not isinstance(value, list):
        raise wire.bad_request("The rules must be an array.")
    return [_read_rule(rule, f"rule {index}") for index, rule in enumerate(value)]


def _read_rule(value: Any, where: str) -> FaultRule:
    def need(fits: bool, what: str) -> None:
        if not fits:
            raise wire.bad_request(f"{where}: {what}")

    need(isinstance(value, dict), "must be an object")
    unknown = [name for name in value if name not in _RULE_FIELDS]
    need(not unknown, f"unknown {', '.join(unknown)}; known are {', '.join(_RULE_FIELDS)}")
    rule = {name: member for name, member in value.items() if member is not None}
    method, status, headers = rule.get("method"), rule.get("status"), rule.get("headers", {})
    need(isinstance(method, str | None), "method must be a string")
    need(status is None or (_is_number(status, int) and 200 <= status <= 599), "status must be from 200 to 599")
    need(_is_number(rule.get("delay", 0), int | float) and 0 <= rule.get("delay", 0) <= 60, "delay must be 0 to 60 s")
    need(isinstance(rule.get("drop", False), bool), "drop must be true or false")
    need(_is_number(rule.get("times", 1), int) and rule.get("times", 1) >= 1, "times must be 1 or more")
    need("status" in rule or not rule.keys() & {"body", "headers"}, "body and headers need a status to go with")
    texts = [*headers, *headers.values()] if isinstance(headers, dict) else [None]
    plain = all(isinstance(text, str) and text.isascii() and text.isprintable() for text in texts)
    need(plain, "headers must be an object of printable ASCII strings")
    need(isinstance(rule.get("path", ""), str), "path must be a regular expression")
    try:
        path = re.compile(rule.get("path", ""))
    except (re.error, RecursionError) as error:
        raise wire.bad_request(f"{where}: path is not a regular expression: {error}") from None
    edit = wire.read_definition(json.dumps(rule["edit"]).encode()) if "edit" in rule else None
    plain_fields = ("status", "body", "delay", "drop", "times", "headers")
    given = {name: rule[name] for name in plain_fields if name in rule}
    return FaultRule(path, method.upper() if method else None, edit=edit, **given)


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


class Faults:
    """The rules in force and the calls made. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []
        self._calls: list[dict[str, Any]] = []

    def add(self, rules: Iterable[FaultRule]) -> None:
        """Put rules behind those in force."""
        with self._lock:
            self._rules += rules

    def clear(self) -> None:
        """Take all rules away."""
        with self._lock:
            self._rules.clear()

    def take(self, method: str, path: str) -> FaultRule | None:
        """The first rule for a request, used up by one; ``None``: nothing is to happen to it."""
        with self._lock:
            for index, rule in enumerate(self._rules):
                if rule.method in (None, method) and rule.path.search(path):
                    if rule.times > 1:
                        self._rules[index] = replace(rule, times=rule.times - 1)
                    else:
                        del self._rules[index]
                    return rule
        return None

    def record(self, method: str, path: str, query: str, status: int | None) -> None:
        """Remember a call; ``status`` ``None``: its answer was lost."""
        with self._lock:
            self._calls.append({"method": method, "path": path, "query": query, "status": status})

    def calls(self) -> list[dict[str, Any]]:
        """The calls of ``/api`` since the start or :meth:`forget_calls`, oldest first."""
        with self._lock:
            return list(self._calls)

    def forget_calls(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._calls.clear()


class Interception:
    """WSGI around the emulator: carries the rules out and records the calls of ``/api``."""

    def __init__(self, app: Callable[..., Iterable[bytes]], faults: Faults, service: Service) -> None:
        self._app = app
        self._faults = faults
        self._service = service

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if not path.startswith("/api/"):
            return self._app(environ, start_response)
        rule = self._faults.take(method, path) or FaultRule(re.compile(""))
        status: int | None = None

        def note(line: str, headers: Any, *rest: Any) -> Any:
            nonlocal status
            status = int(line.split()[0])
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

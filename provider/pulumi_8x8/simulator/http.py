"""HTTP calls that workflows make, as values. Nothing here calls: whoever runs a workflow does, or has stubs."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from pulumi_8x8.definition import Json, read_source
from pulumi_8x8.errors import SourceError
from pulumi_8x8.simulator.conversions import MAX_DEPTH, nested_too_deep

_STUB_FIELDS = ("url", "method", "status", "body", "text", "error", "times")


class NotJson(Exception):
    """An answer's body is not JSON; worded as the service words it (Troubleshooting page)."""


@dataclass(frozen=True)
class HttpCall:
    """A call to be made.

    :ivar url: with the query. :ivar body: sent as JSON; ``None``: none. :ivar timeout: seconds.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Json
    timeout: float

    @property
    def host(self) -> str:
        """``name:port``."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


@dataclass(frozen=True)
class HttpAnswer:
    """What came back; or, with ``failure``, why nothing did."""

    status: int = 0
    reason: str = ""
    text: str = ""
    failure: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def result(self) -> dict[str, Any]:
        """What ``step`` is after the call (HTTP request page). :raises NotJson: the body is not JSON.

        No body at all gives null (the emulator's choice).
        """
        return {
            "responseCode": self.status,
            "reasonPhrase": self.reason,
            "responseBody": _parse(self.text) if self.text.strip() else None,
        }


def _parse(text: str) -> Json:
    def constant(name: str) -> Json:
        raise json.JSONDecodeError("not JSON", name, 0)

    try:
        value = json.loads(text, parse_constant=constant)
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc):
            raise NotJson(f"Unexpected end when reading JSON. Path '', line {error.lineno - 1}.") from None
        raise NotJson(
            f"Unexpected character encountered while parsing value: {error.doc[error.pos]}. "
            f"Path '', line {error.lineno - 1}, position {error.colno - 1}"
        ) from None
    except (ValueError, RecursionError):
        raise NotJson("The answer holds a number or a nesting that cannot be read.") from None
    if nested_too_deep(value):
        raise NotJson(f"The answer is nested deeper than {MAX_DEPTH} levels.")
    return value


def unreachable(call: HttpCall) -> HttpAnswer:
    """What a call to a host that is not there gives."""
    return HttpAnswer(failure=f"No such host is known. ({call.host})")


def timed_out(call: HttpCall) -> HttpAnswer:
    """What a call gives that is not answered within its timeout."""
    return HttpAnswer(failure=f"The request was canceled: no answer from {call.host} within {call.timeout:g} s.")


@dataclass
class _Stub:
    url: str
    method: str | None
    answer: HttpAnswer = field(default_factory=HttpAnswer)
    error: str | None = None
    times: int | None = None


class Stubs:
    """Answers that the user gives for calls that are not really made. Safe from any thread.

    :param rules: JSON objects: ``url`` (of the call without its query; ``*`` stands for any text), ``method``
        (default: any), ``status`` (default 200), ``body`` (JSON) or ``text`` (as it is), or ``error``
        (``unreachable`` or ``timeout``); ``times``: after so many calls the rule is used up.
    :param where: what errors name: a file.
    :raises SourceError: a rule makes no sense.
    """

    def __init__(self, rules: Sequence[Json] = (), where: str = "stubs") -> None:
        self._lock = threading.Lock()
        if not isinstance(rules, list | tuple):
            raise SourceError(f"{where}: the stubs must be a list")
        self._stubs = [_read_stub(rule, f"{where}: stub {number}") for number, rule in enumerate(rules, 1)]

    def answer(self, call: HttpCall) -> HttpAnswer | None:
        """The answer of the first rule that fits, ``None`` when none does."""
        with self._lock:
            for stub in self._stubs:
                fits = stub.method in (None, call.method) and fnmatchcase(call.url.partition("?")[0], stub.url)
                if not fits or stub.times == 0:
                    continue
                if stub.times is not None:
                    stub.times -= 1
                if stub.error is not None:
                    return timed_out(call) if stub.error == "timeout" else unreachable(call)
                return stub.answer
        return None


def read_stubs(path: str | Path) -> list[Json]:
    """The rules in a YAML or JSON file: its list ``stubs``. :raises SourceError: they cannot be read."""
    stubs = read_source(path).body.get("stubs")
    if not isinstance(stubs, list):
        raise SourceError(f"{path}:1: a file of stubs holds an object with stubs, a list")
    Stubs(stubs, str(path))
    return stubs


def _read_stub(rule: Json, where: str) -> _Stub:
    def need(fits: bool, what: str) -> None:
        if not fits:
            raise SourceError(f"{where}: {what}")

    need(isinstance(rule, dict), "must be an object with a url")
    unknown = [str(name) for name in rule if name not in _STUB_FIELDS]
    need(not unknown, f"unknown {', '.join(unknown)}; known are {', '.join(_STUB_FIELDS)}")
    url, method, status, times = rule.get("url"), rule.get("method"), rule.get("status", 200), rule.get("times")
    need(isinstance(url, str) and "://" in url, "url must be a text such as https://example.com/orders/*")
    need(isinstance(method, str | None), "method must be a text such as POST")
    need(type(status) is int and 100 <= status <= 599, "status must be a number from 100 to 599")
    need(times is None or (type(times) is int and times >= 1), "times must be a number of 1 or more")
    need(rule.get("error") in (None, "unreachable", "timeout"), "error must be unreachable or timeout")
    need(isinstance(rule.get("text"), str | None), "text must be a text; use body for JSON")
    need(len({"body", "text", "error"} & rule.keys()) <= 1, "give one of body, text and error")
    text = rule["text"] if "text" in rule else json.dumps(rule["body"]) if "body" in rule else ""
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return _Stub(
        cast(str, url), method.upper() if method else None, HttpAnswer(status, reason, text), rule.get("error"), times
    )

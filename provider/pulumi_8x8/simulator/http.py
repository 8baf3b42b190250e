"""Defines the HTTP calls of workflows, their answers, and stubs. Makes no calls; reads only stub files."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pulumi_8x8.bounded import TooDeep, parse_json
from pulumi_8x8.definition import Json, read_source
from pulumi_8x8.errors import SourceError
from pulumi_8x8.simulator.conversions import MAX_DEPTH
from pulumi_8x8.validation import Invalid, Must, validated

_ABSENT = object()  # a body may be null


class NotJson(Exception):
    """An answer's body isn't JSON. The wording is the service's (Troubleshooting page)."""


@dataclass(frozen=True)
class HttpCall:
    """A call that a step makes.

    :ivar url: the URL with its query. :ivar body: the body, sent as JSON; ``None``: no body. :ivar timeout: seconds.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: Json
    timeout: float

    @property
    def host(self) -> str:
        """The host and port: ``name:port``."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


@dataclass(frozen=True)
class HttpAnswer:
    """The answer to a call, or with ``failure`` the reason why there is none."""

    status: int = 0
    reason: str = ""
    text: str = ""
    failure: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def result(self) -> dict[str, Any]:
        """The value of ``step`` after the call (HTTP request page). :raises NotJson: the body isn't JSON.

        An empty body is null (the emulator's choice).
        """
        return {
            "responseCode": self.status,
            "reasonPhrase": self.reason,
            "responseBody": _parse(self.text) if self.text.strip() else None,
        }


def _parse(text: str) -> Json:
    try:
        return parse_json(text, MAX_DEPTH)
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc):
            raise NotJson(f"Unexpected end when reading JSON. Path '', line {error.lineno - 1}.") from None
        raise NotJson(
            f"Unexpected character encountered while parsing value: {error.doc[error.pos]}. "
            f"Path '', line {error.lineno - 1}, position {error.colno - 1}"
        ) from None
    except TooDeep:
        raise NotJson(f"The answer is nested deeper than {MAX_DEPTH} levels.") from None
    except ValueError as error:
        raise NotJson(f"The answer has {error}, which can't be read.") from None


def unreachable(call: HttpCall) -> HttpAnswer:
    """The answer to a call if its host doesn't exist."""
    return HttpAnswer(failure=f"No such host is known. ({call.host})")


def timed_out(call: HttpCall) -> HttpAnswer:
    """The answer to a call that times out."""
    return HttpAnswer(failure=f"The request was canceled: no answer from {call.host} within {call.timeout:g} s.")


@dataclass(frozen=True)
class Stub:
    """A user's answer to calls, instead of a real call.

    :param url: the call's URL without its query; ``*`` matches any text.
    :param method: the call's method; by default any.
    :param body: the answer's body, as JSON. :param text: the answer's body, verbatim.
    :param times: how many calls the stub answers; by default all.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    url: Annotated[str, Must("be a text such as https://example.com/orders/*", lambda url: "://" in url)]
    method: Annotated[str | None, Must("be a text such as POST")] = None
    status: Annotated[int, Must("be a number from 100 to 599", range(100, 600).__contains__)] = 200
    body: Json = _ABSENT
    text: Annotated[str, Must("be a text; use body for JSON")] | None = None
    error: Literal["unreachable", "timeout"] | None = None
    times: Annotated[int, Must("be a number of 1 or more", lambda times: times >= 1)] | None = None

    def __post_init__(self) -> None:
        if (self.body is not _ABSENT) + (self.text is not None) + (self.error is not None) > 1:
            raise ValueError("must have only one of body, text and error")

    def fits(self, call: HttpCall) -> bool:
        same = self.method is None or self.method.upper() == call.method
        return same and fnmatchcase(call.url.partition("?")[0], self.url)

    def answer(self, call: HttpCall) -> HttpAnswer:
        if self.error is not None:
            return timed_out(call) if self.error == "timeout" else unreachable(call)
        reason = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else ""
        return HttpAnswer(self.status, reason, self.text or ("" if self.body is _ABSENT else json.dumps(self.body)))


class Stubs:
    """The stubs of one run, and how often each has answered. Thread-safe.

    :param stubs: each a :class:`Stub`, or an object with its members.
    :raises SourceError: a stub is wrong.
    """

    def __init__(self, stubs: Sequence[Json] = ()) -> None:
        self._lock = threading.Lock()
        try:
            self._stubs = validated(list[Stub], stubs, ("stubs",))
        except Invalid as error:
            raise SourceError(str(error)) from None
        self._left = [math.inf if stub.times is None else stub.times for stub in self._stubs]

    def answer(self, call: HttpCall) -> HttpAnswer | None:
        """The answer of the first stub that fits; ``None`` if none does."""
        with self._lock:
            for number, stub in enumerate(self._stubs):
                if self._left[number] and stub.fits(call):
                    self._left[number] -= 1
                    return stub.answer(call)
        return None


@dataclass(frozen=True)
class StubFile:
    """A file of stubs. ``docs/stubs.schema.json`` is made of it."""

    stubs: list[Stub]


def read_stubs(path: str | Path) -> list[Stub]:
    """The list ``stubs`` in a YAML or JSON file. :raises SourceError: it can't be read; the message has the line."""
    return read_source(path).read_as(StubFile).stubs

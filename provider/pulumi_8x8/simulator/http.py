"""HTTP calls that workflows make, as values. Nothing here calls: whoever runs a workflow does, or has stubs."""

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

from pulumi_8x8.definition import Json, read_source
from pulumi_8x8.errors import SourceError
from pulumi_8x8.simulator.conversions import MAX_DEPTH, nested_too_deep
from pulumi_8x8.validation import Invalid, Must, validated

_ABSENT = object()  # a body may be null


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


@dataclass(frozen=True)
class Stub:
    """An answer that the user gives for calls that are not really made.

    :param url: of the call without its query; ``*`` stands for any text.
    :param method: any, if it isn't set.
    :param body: of the answer, as JSON. :param text: of the answer, verbatim.
    :param times: after so many calls the stub is used up.
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
        """Whether it answers ``call``."""
        same = self.method is None or self.method.upper() == call.method
        return same and fnmatchcase(call.url.partition("?")[0], self.url)

    def answer(self, call: HttpCall) -> HttpAnswer:
        """What ``call`` gets."""
        if self.error is not None:
            return timed_out(call) if self.error == "timeout" else unreachable(call)
        reason = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else ""
        return HttpAnswer(self.status, reason, self.text or ("" if self.body is _ABSENT else json.dumps(self.body)))


class Stubs:
    """The stubs of one run, and how often each has answered. Safe from any thread.

    :param stubs: of each, an object with the members of a :class:`Stub`, or a :class:`Stub`.
    :raises SourceError: one of them makes no sense.
    """

    def __init__(self, stubs: Sequence[Json] = ()) -> None:
        self._lock = threading.Lock()
        try:
            self._stubs = validated(list[Stub], stubs, ("stubs",))
        except Invalid as error:
            raise SourceError(str(error)) from None
        self._left = [math.inf if stub.times is None else stub.times for stub in self._stubs]

    def answer(self, call: HttpCall) -> HttpAnswer | None:
        """The answer of the first stub that fits, ``None`` when none does."""
        with self._lock:
            for number, stub in enumerate(self._stubs):
                if self._left[number] and stub.fits(call):
                    self._left[number] -= 1
                    return stub.answer(call)
        return None


@dataclass(frozen=True)
class _StubFile:
    stubs: list[Stub]


def read_stubs(path: str | Path) -> list[Stub]:
    """The list ``stubs`` in a YAML or JSON file. :raises SourceError: it can't be read, with the line."""
    return read_source(path).read_as(_StubFile).stubs

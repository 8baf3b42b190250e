"""Reads requests in the service's shapes, and writes its answers and refusals."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from flask import Response, request

from pulumi_8x8.bounded import RefusedJson, TooDeep, parse_json
from pulumi_8x8.simulator import MAX_DEPTH, read_moment, timestamp
from pulumi_8x8.validation import Invalid, Must, Parsed, spelled, validated

_T = TypeVar("_T")

Command = Literal["suspend", "resume", "terminate"]

INVALID_REQUEST = 1000  # published for malformed ids; for other malformed requests it is the emulator's choice
UNAUTHENTICATED = 1200  # published by the neighbouring messaging APIs
NOT_FOUND = 1300  # published
SERVER_ERROR = 2000  # published by the neighbouring messaging APIs
INVALID_DEFINITION = 5000  # the emulator's choice, next to the published 5001
NAME_REQUIRED = 5001  # published

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_WORKFLOW_ID = re.compile(r"[0-9a-f]{24}", re.ASCII | re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
# Members of the envelope that the service writes itself, in all spellings.
_ENVELOPE = (
    "accountId",
    "subAccountId",
    "subaccountId",
    "trigger",
    "status",
    "createdAt",
    "id",
    "version",
    "definition",
)


class RefusedRequest(Exception):
    """The answer to the request is an error.

    :ivar status: HTTP status.
    :ivar code: the service's error code.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def bad_request(message: str, code: int = INVALID_REQUEST) -> RefusedRequest:
    return RefusedRequest(400, code, message)


def not_found(what: str) -> RefusedRequest:
    """Returns the 404 for a definition (OpenAPI file, ``definitionNotFoundError``) or an instance."""
    return RefusedRequest(404, NOT_FOUND, f"{what} not found.")


def error_body(code: int, message: str, now: datetime) -> dict[str, Any]:
    """Returns ``{code, message, errorId, timestamp}`` (OpenAPI file, schema ``error``)."""
    return {"code": code, "message": message, "errorId": str(uuid.uuid4()), "timestamp": timestamp(now)}


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Returns a JSON answer; members keep their order."""
    return Response(json.dumps(value), status, headers, mimetype="application/json")


def read_json(raw: bytes) -> Any:
    """Reads the JSON value in a request's body.

    :raises RefusedRequest: it isn't JSON, or is nested deeper than 128 levels (the emulator's choice: every JSON
        reader has such a limit).
    """
    try:
        return parse_json(raw, MAX_DEPTH)
    except TooDeep:
        raise bad_request(f"The request body is nested deeper than {MAX_DEPTH} levels.") from None
    except RefusedJson as error:
        raise bad_request(f"The request body is not valid JSON: {error}.") from None
    except ValueError:
        raise bad_request("The request body is not valid JSON.") from None


def read_object(raw: bytes) -> dict[str, Any]:
    """Reads the JSON object in a request's body. :raises RefusedRequest: it is something else."""
    return read(dict[str, Any], read_json(raw), "body")


def definition_id(text: str) -> str:
    """Returns the id in lower case. :raises RefusedRequest: not a UUID (published: 1000 "Invalid definition id.")."""
    if not _UUID.fullmatch(text):
        raise bad_request("Invalid definition id.")
    return text.lower()


def workflow_id(text: str) -> str:
    """Returns the id in lower case. :raises RefusedRequest: not 24 hex digits (published: the same error)."""
    if not _WORKFLOW_ID.fullmatch(text):
        raise bad_request("Invalid definition id.")
    return text.lower()


def whole(least: int, most: int = 10**15) -> Parsed:
    """A whole number in a query."""
    limits = f"from {least} to {most}" if most < 10**15 else f"of {least} or more"

    def number(text: str) -> int:
        if _WHOLE_NUMBER.fullmatch(text) and least <= int(text) <= most:
            return int(text)
        raise ValueError(f"must be a whole number {limits}")

    return Parsed(number)


def _moment(text: str) -> datetime:
    try:
        # An unescaped + of a zone arrives as a blank.
        return read_moment(text.replace(" ", "+"))
    except ValueError:
        raise ValueError("must be a date and time in ISO 8601 format") from None


@dataclass(frozen=True)
class Query:
    """The parameters that calls take in their query.

    :ivar version: the definition's version, ``None``: the newest. :ivar started_from: started then or later, and so on.
    :ivar after: a sequence number of the outbox.
    """

    __pydantic_config__: ClassVar = spelled(started_from="startTimeFrom", started_to="startTimeTo")

    limit: Annotated[int, whole(1, 500)] = 100
    offset: Annotated[int, whole(0)] = 0
    version: Annotated[int, whole(1)] | None = None
    status: Literal["Runnable", "Suspended", "Complete", "Terminated"] | None = None
    started_from: Annotated[datetime, Parsed(_moment)] | None = None
    started_to: Annotated[datetime, Parsed(_moment)] | None = None
    after: Annotated[int, whole(0)] = 0


def query() -> Query:
    """Reads the query of the request. :raises RefusedRequest: one of its values isn't valid."""
    return read(Query, request.args.to_dict())


@dataclass(frozen=True)
class DefinitionBody:
    """One version of a definition.

    :ivar id: UUID; :ivar version: from 1; :ivar created_at: in the service's format.
    :ivar document: the body of its POST or PUT, with ``status``.
    """

    account: str
    id: str
    version: int
    created_at: str
    document: dict[str, Any]

    @property
    def enabled(self) -> bool:
        return bool(self.document["status"] == "enabled")

    @property
    def sub_account(self) -> str | None:
        """``None``: any sub-account of the account."""
        # Requests have one spelling, answers the other, and somebody may send an answer back.
        return self.document.get("subAccountId", self.document.get("subaccountId")) or None

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.document["definition"]["steps"])

    def answer(self) -> dict[str, Any]:
        """Returns the definition in the shape of the published examples: id and version inside ``definition``."""
        inner = self.document["definition"]
        rest = {name: value for name, value in inner.items() if name not in ("id", "version", "name")}
        return {
            "accountId": self.account,
            "subaccountId": self.sub_account,
            "trigger": self.document["trigger"],
            "status": self.document["status"],
            "createdAt": self.created_at,
            **{name: value for name, value in self.document.items() if name not in _ENVELOPE},
            "definition": {"id": self.id, "name": inner["name"], "version": self.version, **rest},
        }


def read(kind: type[_T], value: Any, *path: str) -> _T:
    """Reads a JSON value as ``kind``. :raises RefusedRequest: it doesn't fit."""
    try:
        return validated(kind, value, path)
    except Invalid as error:
        raise bad_request(f"{error}.") from None


@dataclass(frozen=True)
class _Steering:
    status: Command


def read_command(raw: bytes) -> Command:
    """Reads a command to an instance. :raises RefusedRequest: it isn't one."""
    return read(_Steering, read_object(raw)).status


@dataclass(frozen=True)
class _Inner:
    name: Annotated[str, Must("be a string", str.strip)]
    steps: Annotated[list[dict[str, Any]], Must("be an array")]


@dataclass(frozen=True)
class _Document:
    """The body of a POST or PUT. It may have unknown members, unknown types of steps and dangling ids."""

    definition: _Inner
    trigger: Literal["inbound_sms", "inbound_chat_apps", "http_request"]
    status: Literal["enabled", "disabled"] | None = None
    subAccountId: Annotated[str, Must("be a string or null")] | None = None
    subaccountId: Annotated[str, Must("be a string or null")] | None = None


def check_definition(document: Any) -> dict[str, Any]:
    """Returns ``document`` with its ``status``, by default ``disabled`` (OpenAPI file).

    :raises RefusedRequest: the service couldn't make a definition of it.
    """
    try:
        status = validated(_Document, document).status
    except Invalid as error:
        first = error.misfits[0]
        if first.path == ("definition", "name") and isinstance(document["definition"].get("name"), str | None):
            raise bad_request("Workflow name is required.", NAME_REQUIRED) from None
        raise bad_request(f"Invalid workflow: {first}.", INVALID_DEFINITION) from None
    return {**document, "status": status or "disabled"}

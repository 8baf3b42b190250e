"""Reads the service's answers, in all forms that it uses, and turns its refusals into exceptions. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from pulumi_8x8.api.retries import parse_retry_after
from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.model import ABSENT_STATUS
from pulumi_8x8.errors import ApiError, BadAnswer, NotFound, Rejected, Throttled, Unauthorized, Unreachable
from pulumi_8x8.validation import Invalid, Must, Parsed, spelled, validated

if TYPE_CHECKING:
    import httpx

_T = TypeVar("_T")

#: How much a message quotes of a body that isn't JSON, in characters.
_QUOTED = 120

#: How many misfits of an answer a message lists.
_MISFITS = 3

#: The service's code for a definition that doesn't exist (OpenAPI file, ``definitionNotFoundError``).
_DEFINITION_NOT_FOUND = 1300

_NOTHING_DONE = "Nothing was changed."
_UNKNOWN_WHETHER_DONE = "The service may or may not have carried it out."
_ANOTHER_ANSWERS = (
    "The answer doesn't seem to come from the Automation API. Check 8x8:baseUrl (PULUMI_8X8_BASE_URL), and any proxy "
    "between this machine and the service."
)

#: A message about an account, and not about a sub-account.
_ABOUT_ACCOUNT = re.compile(r"(?<![\w-])(?<!sub )account", re.IGNORECASE)

#: Status of an instance: running, waiting or sleeping; held by hand; over; stopped by hand or by a fault.
Status = Literal["Runnable", "Suspended", "Complete", "Terminated"]

#: Commands to an instance.
Steering = Literal["suspend", "resume", "terminate"]

#: A list of any objects.
Objects = list[Mapping[str, Json]]


def _if(kind: type | tuple[type, ...], default: Json = None) -> Parsed:
    return Parsed(lambda value: value if isinstance(value, kind) else default)


#: An id and a count must have their type. Another value that isn't as published counts as absent.
_Id = Annotated[str, Must("be a text")]
_Count = Annotated[int, Must("be a whole number")]
_Text = Annotated[str, Parsed(lambda value: str(value or ""))]
_MaybeCount = Annotated[int | None, _if(int)]


@dataclass(frozen=True)
class StoredDefinition:
    """One version of a definition, as the service holds it.

    :param created_at: ISO 8601, of this version.
    """

    __pydantic_config__: ClassVar = spelled(definition="envelope")

    id: _Id
    version: _Count
    created_at: _Text
    account_id: _Text
    definition: Annotated[Definition, Parsed(Definition.from_body)]

    @property
    def status(self) -> str:
        """``enabled`` or ``disabled``."""
        return str(self.definition.status or ABSENT_STATUS)


@dataclass(frozen=True)
class Log:
    """The run of one step of an instance.

    :param id: the id of the run.
    :param step: the step's id in the definition.
    :param status: Pending, Running, Complete, Sleeping, WaitingForEvent, Failed or Cancelled.
    :param started_at: ISO 8601; empty before it begins.
    :param completed_at: ISO 8601; empty before it ends.
    """

    __pydantic_config__: ClassVar = spelled(step="stepName")

    id: _Text = ""
    step: _Text = ""
    status: _Text = ""
    started_at: _Text = ""
    completed_at: _Text = ""


def _logs(value: Json) -> tuple[Log, ...]:
    items = value if isinstance(value, list) else []
    return validated(tuple[Log, ...], [item for item in items if isinstance(item, Mapping)])


@dataclass(frozen=True)
class Instance:
    """One run of a definition.

    :param status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``.
    :param started_at: ISO 8601.
    :param completed_at: ISO 8601; empty before it ends.
    :param data: its context. A customer's messages are in it.
    :param logs: in the order of the service; empty unless requested.
    """

    __pydantic_config__: ClassVar = spelled(id="workflowId")

    id: _Id
    version: _Count
    status: _Text = ""
    started_at: _Text = ""
    completed_at: _Text = ""
    data: Annotated[Mapping[str, Json], _if(Mapping, {})] = field(default_factory=dict, repr=False)
    logs: Annotated[tuple[Log, ...], Parsed(_logs)] = ()

    @property
    def is_over(self) -> bool:
        """Whether it is complete, was terminated, or stopped at a fault."""
        return self.status in ("Complete", "Terminated")


@dataclass(frozen=True)
class Fault:
    """Why an instance stopped.

    :param step: the id of the step that faulted.
    :param time: ISO 8601.
    """

    __pydantic_config__: ClassVar = spelled(instance_id="workflowId", time="errorTime")

    instance_id: _Text = ""
    step: _Text = ""
    message: _Text = ""
    time: _Text = ""


@dataclass(frozen=True)
class Usage:
    """How many workflows the account may start in the current month, and how many it has started.

    :param overage_price: the price of each one above the allowed number.
    """

    __pydantic_config__: ClassVar = spelled(
        allowed="allowedWorkflowCount", executed="executedWorkflowCount", overage_allowed="allowedOverage"
    )

    allowed: _MaybeCount = None
    executed: _MaybeCount = None
    overage_allowed: Annotated[bool, Parsed(lambda value: value is True)] = False
    overage_price: Annotated[float | None, _if((int, float))] = None

    @property
    def used_up(self) -> bool:
        """Whether nothing more starts this month."""
        if self.allowed is None or self.executed is None or self.overage_allowed:
            return False
        return self.executed >= self.allowed


@dataclass(frozen=True)
class Month:
    """How many workflows were started in a month (1 is January)."""

    __pydantic_config__: ClassVar = spelled(executed="executedWorkflowCount")

    year: _Count
    month: _Count
    executed: _Count


@dataclass(frozen=True)
class _Error:
    __pydantic_config__: ClassVar = spelled()

    code: _MaybeCount = None
    message: _Text = ""
    error_id: _Text = ""


class Answer:
    """A 2xx answer; any other one raises the exception that it means."""

    def __init__(self, call: str, response: httpx.Response, account_id: str) -> None:
        self.call = call
        self._response = response
        if not response.is_success:
            raise _refusal(call, response, account_id)

    def json(self) -> Json:
        """Parses the body. :raises BadAnswer: it isn't JSON."""
        try:
            return self._response.json()
        except (ValueError, RecursionError):
            text = " ".join(self._response.text.split())
            raise self.bad(f"is not JSON: {text[:_QUOTED]!r}" if text else "is empty") from None

    def read(self, kind: type[_T], value: Json = None) -> _T:
        """Reads the answer, or ``value``, as ``kind``. :raises BadAnswer: it isn't as documented."""
        try:
            return validated(kind, self.json() if value is None else value, ("answer",))
        except Invalid as error:
            raise self.bad(f"isn't as documented: {'; '.join(map(str, error.misfits[:_MISFITS]))}") from None

    @property
    def location(self) -> str:
        """The header ``Location``, empty if there is none."""
        return str(self._response.headers.get("Location", ""))

    def expect_no_document(self) -> None:
        """Checks that the body is empty or JSON. :raises BadAnswer: it isn't, so something else answered."""
        if self._response.content.strip():
            self.json()

    def bad(self, what: str) -> BadAnswer:
        kind = self._response.headers.get("content-type", "no content type")
        return BadAnswer(
            f"{self.call}: the answer ({self._response.status_code}, {kind}) {what}\n"
            f"{_whether_done(self._response)} {_ANOTHER_ANSWERS}",
            call=self.call,
            status=self._response.status_code,
            detail=what,
        )


def read_definitions(answer: Answer) -> list[StoredDefinition]:
    """Reads a list of definitions. :raises BadAnswer: one of them has no id or version."""
    return answer.read(list[StoredDefinition], [_flat(item) for item in answer.read(Objects)])


def read_definition(answer: Answer) -> StoredDefinition:
    """Reads a definition. :raises BadAnswer: it has no id or version."""
    return answer.read(StoredDefinition, _flat(answer.read(dict[str, Json])))


def _flat(item: Mapping[str, Json]) -> dict[str, Json]:
    inner = item.get("definition")
    inner = inner if isinstance(inner, Mapping) else {}
    # The schema has these members on the envelope, every example has them inside of "definition".
    either = {name: item.get(name) or inner.get(name) for name in ("id", "version", "createdAt")}
    return {**either, "accountId": item.get("accountId"), "envelope": item}


def read_faults(answer: Answer) -> list[Fault]:
    """Reads an array, as the vendor's pages have it, or one object, as the OpenAPI file's example has it."""
    body = answer.json()
    return answer.read(list[Fault], [body] if isinstance(body, Mapping) else body)


def unreachable(call: str, method: str, error: httpx.HTTPError) -> Unreachable:
    import httpx

    not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    done = _NOTHING_DONE if not_sent or method == "GET" else _UNKNOWN_WHETHER_DONE
    detail = str(error) or type(error).__name__
    return Unreachable(
        f"{call}: no answer ({detail}). {done}\n"
        "Check the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address.",
        call=call,
        detail=detail,
        not_sent=not_sent,
    )


def _whether_done(response: httpx.Response) -> str:
    # A server may fail after it has done the work; a 2xx with an undocumented body is even more likely to have.
    refused = 300 <= response.status_code < 500
    return _NOTHING_DONE if refused or response.request.method == "GET" else _UNKNOWN_WHETHER_DONE


def _refusal(call: str, response: httpx.Response, account_id: str) -> ApiError:
    code, detail, error_id = _error_body(response)
    text = (detail or response.reason_phrase).rstrip(".") + (f" (code {code})" if code is not None else "")
    quote_id = f" Its errorId is {error_id}." if error_id else ""
    status = response.status_code
    retry_after = parse_retry_after(response.headers.get("Retry-After"))
    kind: type[ApiError] = BadAnswer
    advice = _whether_done(response)
    if status in (401, 403):
        kind = Unauthorized
        advice = (
            f"The service did not accept the key for the account {account_id}. {advice} "
            "Check 8x8:apiKey (PULUMI_8X8_API_KEY) and 8x8:accountId (PULUMI_8X8_ACCOUNT_ID): "
            "pulumi config set --secret 8x8:apiKey <key>"
        )
    elif status == 404 and code == _DEFINITION_NOT_FOUND:
        kind = NotFound
    elif status in (429, 503):
        kind = Throttled
        advice += " Try again later." if retry_after is None else f" Try again in {retry_after:.0f} s."
    elif 400 <= status < 500:
        kind = Rejected
        if code is None or status == 404:
            advice += f" {_ANOTHER_ANSWERS}"  # otherwise a wrong address would look like a deletion
    elif "location" in response.headers:
        advice += f" It redirects to {response.headers['location']}. {_ANOTHER_ANSWERS}"
    if _may_be_unregistered(status, code, detail):
        advice += f"\n{ask_to_register(account_id)}"
    return kind(
        f"{call}: {status} {text}.{quote_id}\n{advice}",
        call=call,
        status=status,
        code=code,
        detail=detail,
        error_id=error_id,
        retry_after=retry_after,
    )


def ask_to_register(account_id: str) -> str:
    """Returns what to do if the service may not know the account; every message about that contains this one."""
    return (
        f"The account {account_id} may not be registered in the automation service, which is in early access: ask your "
        "8x8 account manager to register this account for the Automation API."
    )


def _may_be_unregistered(status: int, code: int | None, detail: str) -> bool:
    """Whether a refusal may mean that the service doesn't know the account. Which one does isn't published."""
    if status in (401, 403) or (status in (400, 404, 422) and _ABOUT_ACCOUNT.search(detail)):
        return True
    return status == 404 and code not in (None, _DEFINITION_NOT_FOUND)


def _error_body(response: httpx.Response) -> tuple[int | None, str, str | None]:
    """Returns code, message and errorId of an error answer: an object, an array of objects, or not JSON (a proxy)."""
    with suppress(ValueError, RecursionError):
        body = response.json()
        objects = [each for each in (body if isinstance(body, list) else [body]) if isinstance(each, Mapping)]
        if objects:
            errors = validated(list[_Error], objects)
            messages = (error.message or str(each) for error, each in zip(errors, objects, strict=True))
            return errors[0].code, "; ".join(messages), errors[0].error_id or None
    return None, " ".join(response.text.split())[:_QUOTED], None

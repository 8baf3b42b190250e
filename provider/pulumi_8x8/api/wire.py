"""What the service's answers hold, in the forms that were seen, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pulumi_8x8.api.retries import parse_retry_after
from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.model import ABSENT_STATUS
from pulumi_8x8.errors import ApiError, BadAnswer, NotFound, Rejected, Throttled, Unauthorized, Unreachable

if TYPE_CHECKING:
    import httpx

#: The longest part of a body that is no JSON which a message quotes, in characters.
_QUOTED = 120

#: The service's code for a definition that is not there (OpenAPI file, ``definitionNotFoundError``).
_DEFINITION_NOT_FOUND = 1300

_NOTHING_DONE = "Nothing was changed."
_UNKNOWN_WHETHER_DONE = "It is not known whether the service carried it out."
_ANOTHER_ANSWERS = (
    "Something other than the Automation API seems to answer here; check 8x8:baseUrl (PULUMI_8X8_BASE_URL), and any "
    "proxy in between."
)

#: Status of an instance: running, waiting or sleeping; held by hand; over; stopped by hand or by a fault.
Status = Literal["Runnable", "Suspended", "Complete", "Terminated"]

#: What an instance can be told to do.
Steering = Literal["suspend", "resume", "terminate"]


@dataclass(frozen=True)
class StoredDefinition:
    """One version of a definition, as the service holds it.

    :param created_at: ISO 8601, of this version.
    """

    id: str
    version: int
    created_at: str
    account_id: str
    definition: Definition

    @property
    def status(self) -> str:
        """``enabled`` or ``disabled``."""
        return str(self.definition.status or ABSENT_STATUS)


@dataclass(frozen=True)
class Log:
    """What became of one step of an instance.

    :param id: of this run of the step.
    :param step: its id in the definition.
    :param status: Pending, Running, Complete, Sleeping, WaitingForEvent, Failed or Cancelled.
    :param started_at: ISO 8601; empty when it has not begun.
    :param completed_at: ISO 8601; empty while it is not over.
    """

    id: str
    step: str
    status: str
    started_at: str
    completed_at: str


@dataclass(frozen=True)
class Instance:
    """One run of a definition.

    :param status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``.
    :param started_at: ISO 8601.
    :param completed_at: ISO 8601; empty while it is not over.
    :param data: its context. A customer's messages are in it.
    :param logs: in the order of the service; empty unless they were asked for.
    """

    id: str
    version: int
    status: str
    started_at: str
    completed_at: str = ""
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)
    logs: tuple[Log, ...] = ()

    @property
    def is_over(self) -> bool:
        """It is complete, was terminated, or stopped at a fault."""
        return self.status in ("Complete", "Terminated")


@dataclass(frozen=True)
class Fault:
    """Why an instance stopped.

    :param step: id of the step that faulted.
    :param time: ISO 8601.
    """

    instance_id: str
    step: str
    message: str
    time: str


@dataclass(frozen=True)
class Usage:
    """How many workflows the account may start in the current month, and has.

    :param overage_price: of each that is started above what is allowed.
    """

    allowed: int | None
    executed: int | None
    overage_allowed: bool
    overage_price: float | None = None

    @property
    def used_up(self) -> bool:
        """Nothing more will be started this month."""
        return (
            self.allowed is not None
            and self.executed is not None
            and self.executed >= self.allowed
            and not self.overage_allowed
        )


@dataclass(frozen=True)
class Month:
    """How many workflows were started in a month (1 is January)."""

    year: int
    month: int
    executed: int


class Answer:
    """A 2xx answer; anything else is raised as what it means."""

    def __init__(self, call: str, response: httpx.Response, account_id: str) -> None:
        self.call = call
        self._response = response
        if not response.is_success:
            raise _refusal(call, response, account_id)

    def _json(self) -> Json:
        try:
            return self._response.json()
        except (ValueError, RecursionError):
            raise self.bad("is not JSON") from None

    def item(self) -> Mapping[str, Json]:
        body = self._json()
        if not isinstance(body, Mapping):
            raise self.bad("is not an object")
        return body

    @property
    def location(self) -> str:
        """The header ``Location``, empty when there is none."""
        return str(self._response.headers.get("Location", ""))

    def items(self, *, or_one: bool = False) -> list[Mapping[str, Json]]:
        body = self._json()
        if or_one and isinstance(body, Mapping):
            return [body]
        if not isinstance(body, list) or not all(isinstance(item, Mapping) for item in body):
            raise self.bad("is not a list of objects")
        return body

    def bad(self, what: str) -> BadAnswer:
        kind = self._response.headers.get("content-type", "no content type")
        quoted = " ".join(self._response.text.split())[:_QUOTED]
        return BadAnswer(
            f"{self.call}: the answer ({self._response.status_code}, {kind}) {what}: {quoted!r}\n"
            f"{_whether_done(self._response)} {_ANOTHER_ANSWERS}",
            call=self.call,
            status=self._response.status_code,
            detail=quoted,
        )


def read_definition(item: Mapping[str, Json], answer: Answer) -> StoredDefinition:
    """:raises BadAnswer: it has no id or version."""
    inner = item.get("definition")
    inner = inner if isinstance(inner, Mapping) else {}
    # The schema has them on the envelope, every example inside "definition".
    id_ = item.get("id") or inner.get("id")
    version = item.get("version") or inner.get("version")
    if not isinstance(id_, str) or not isinstance(version, int):
        raise answer.bad("holds a definition without an id and a version")
    return StoredDefinition(
        id=id_,
        version=version,
        created_at=str(item.get("createdAt") or inner.get("createdAt") or ""),
        account_id=str(item.get("accountId") or ""),
        definition=Definition.from_body(item),
    )


def read_instance(item: Mapping[str, Json], answer: Answer) -> Instance:
    """:raises BadAnswer: it has no id or version."""
    if not isinstance(item.get("workflowId"), str) or not isinstance(item.get("version"), int):
        raise answer.bad("holds an instance without an id and a version")
    return Instance(
        id=item["workflowId"],
        version=item["version"],
        status=str(item.get("status") or ""),
        started_at=str(item.get("startedAt") or ""),
        completed_at=str(item.get("completedAt") or ""),
        data=item["data"] if isinstance(item.get("data"), Mapping) else {},
        logs=tuple(_read_log(each) for each in item.get("logs") or () if isinstance(each, Mapping)),
    )


def _read_log(item: Mapping[str, Json]) -> Log:
    texts = (str(item.get(key) or "") for key in ("id", "stepName", "status", "startedAt", "completedAt"))
    return Log(*texts)


def read_faults(answer: Answer) -> list[Fault]:
    """The facts say an array, the OpenAPI file's example is one object; both are read."""
    return [
        Fault(*(str(item.get(key) or "") for key in ("workflowId", "step", "message", "errorTime")))
        for item in answer.items(or_one=True)
    ]


def read_month(item: Mapping[str, Json], answer: Answer) -> Month:
    """:raises BadAnswer: it names no month."""
    year, month, executed = (item.get(key) for key in ("year", "month", "executedWorkflowCount"))
    if not (isinstance(year, int) and isinstance(month, int) and isinstance(executed, int)):
        raise answer.bad("holds a month without its year, month and count")
    return Month(year, month, executed)


def read_usage(answer: Answer) -> Usage:
    """:raises BadAnswer: it is no object."""
    body = answer.item()

    def number(name: str) -> int | None:
        value = body.get(name)
        return value if isinstance(value, int) else None

    price = body.get("overagePrice")
    return Usage(
        allowed=number("allowedWorkflowCount"),
        executed=number("executedWorkflowCount"),
        overage_allowed=body.get("allowedOverage") is True,
        overage_price=price if isinstance(price, int | float) else None,
    )


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
    # A server's error may come after the work was done; 2xx with another body than promised even more so.
    refused = 300 <= response.status_code < 500
    return _NOTHING_DONE if refused or response.request.method == "GET" else _UNKNOWN_WHETHER_DONE


def _refusal(call: str, response: httpx.Response, account_id: str) -> ApiError:
    code, detail, error_id = _error_body(response)
    said = (detail or response.reason_phrase).rstrip(".") + (f" (code {code})" if code is not None else "")
    quote_id = f" Its errorId is {error_id}." if error_id else ""
    status = response.status_code
    retry_after = parse_retry_after(response.headers.get("Retry-After"))
    kind: type[ApiError] = BadAnswer
    advice = _whether_done(response)
    if status in (401, 403):
        kind = Unauthorized
        advice = (
            f"The key was not accepted for the account {account_id}. {advice} "
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
            advice += f" {_ANOTHER_ANSWERS}"  # or what is only a wrong address would look like a deletion
    elif "location" in response.headers:
        advice += f" It redirects to {response.headers['location']}. {_ANOTHER_ANSWERS}"
    return kind(
        f"{call}: {status} {said}.{quote_id}\n{advice}",
        call=call,
        status=status,
        code=code,
        detail=detail,
        error_id=error_id,
        retry_after=retry_after,
    )


def _error_body(response: httpx.Response) -> tuple[int | None, str, str | None]:
    """Code, message and errorId of an error answer: an object, an array of them, or not JSON at all (a proxy)."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None, " ".join(response.text.split())[:_QUOTED], None
    errors = [each for each in (body if isinstance(body, list) else [body]) if isinstance(each, Mapping)]
    if not errors:
        return None, " ".join(response.text.split())[:_QUOTED], None
    first = errors[0]
    code = first.get("code")
    messages = [str(each.get("message") or each) for each in errors]
    error_id = first.get("errorId")
    return code if isinstance(code, int) else None, "; ".join(messages), str(error_id) if error_id else None

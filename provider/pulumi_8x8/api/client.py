"""The definition endpoints of the Automation API. Sources: the vendor's OpenAPI file and its examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from pulumi_8x8.api.settings import Settings
from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.errors import ApiError, BadAnswer, NotFound, Rejected, Throttled, Unauthorized, Unreachable

#: The longest part of a body that is no JSON which a message quotes, in characters.
_QUOTED = 120


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
        return str(self.definition.status or "disabled")


class Client:
    """One account of the service; connections are pooled, and threads may share a client.

    :param transport: where requests go instead of the network (tests: an emulator in the same process).

    Every method raises an :class:`~pulumi_8x8.errors.ApiError` when the service does not do as asked.
    """

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self.settings = settings
        self._http = httpx.Client(
            base_url=f"{settings.base_url}/api/v1/accounts/{quote(settings.account_id, safe='')}",
            headers={
                "Authorization": f"Bearer {settings.api_key}",
                "Accept": "application/json",
                "User-Agent": f"pulumi-8x8/{installed_version('pulumi-8x8')}",
            },
            timeout=settings.timeout,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def list_definitions(self, *, limit: int = 500, offset: int = 0) -> list[StoredDefinition]:
        """One page of the account's definitions, their steps included.

        :param limit: 1 to 500.
        :param offset: whether it counts pages or definitions is not settled (docs/api-facts.md).
        """
        answer = self._ask("GET", "/definitions", params={"limit": limit, "offset": offset})
        return [_stored(item, answer) for item in answer.items()]

    def history(self, definition_id: str) -> list[StoredDefinition]:
        """All versions of one definition, the newest first.

        :raises NotFound: there is none of that id (the service answers 200 with an empty list).
        """
        answer = self._ask("GET", f"/definitions/{_segment(definition_id)}")
        versions = [_stored(item, answer) for item in answer.items()]
        if not versions:
            raise NotFound(
                f"the account {self.settings.account_id} has no workflow definition {definition_id}",
                call=answer.call,
                status=200,
            )
        return sorted(versions, key=lambda stored: stored.version, reverse=True)

    def latest(self, definition_id: str) -> StoredDefinition:
        """The newest version of one definition.

        :raises NotFound: there is none of that id.
        """
        return self.history(definition_id)[0]

    def create(self, definition: Definition) -> StoredDefinition:
        """Stores a new definition, and activates it when its status says so. Calling it twice makes two."""
        answer = self._ask("POST", "/definitions", json=definition.body())
        return _stored(answer.item(), answer)

    def update(self, definition_id: str, definition: Definition) -> StoredDefinition:
        """Stores a new version; instances that run finish on the version that they started with.

        :raises NotFound: there is none of that id.
        """
        answer = self._ask("PUT", f"/definitions/{_segment(definition_id)}", json=definition.body())
        return _stored(answer.item(), answer)

    def delete(self, definition_id: str) -> None:
        """Asks for the deletion of all versions, which the service carries out a little later.

        All running instances are terminated and their logs deleted. Irreversible.

        :raises NotFound: there is none of that id.
        """
        self._ask("DELETE", f"/definitions/{_segment(definition_id)}")

    def _ask(self, method: str, path: str, *, params: Mapping[str, int] | None = None, json: Json = None) -> _Answer:
        request = self._http.build_request(method, path, params=params, json=json)
        call = f"{method} {request.url.copy_with(query=None)}"
        try:
            response = self._http.send(request)
        except httpx.HTTPError as error:
            raise _unreachable(call, method, error) from None
        return _Answer(call, response, self.settings.account_id)


class _Answer:
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

    def items(self) -> list[Mapping[str, Json]]:
        body = self._json()
        if not isinstance(body, list) or not all(isinstance(item, Mapping) for item in body):
            raise self.bad("is not a list of objects")
        return body

    def bad(self, what: str) -> BadAnswer:
        kind = self._response.headers.get("content-type", "no content type")
        quoted = " ".join(self._response.text.split())[:_QUOTED]
        return BadAnswer(
            f"{self.call}: the answer ({self._response.status_code}, {kind}) {what}: {quoted!r}\n"
            f"Something other than the Automation API seems to answer here; check 8x8:baseUrl "
            f"(PULUMI_8X8_BASE_URL), and any proxy in between.",
            call=self.call,
            status=self._response.status_code,
            detail=quoted,
        )


def _stored(item: Mapping[str, Json], answer: _Answer) -> StoredDefinition:
    inner = item.get("definition")
    inner = inner if isinstance(inner, Mapping) else {}
    # The schema has id and version on the envelope, every example inside "definition".
    definition_id = item.get("id") or inner.get("id")
    version = item.get("version") or inner.get("version")
    if not isinstance(definition_id, str) or not isinstance(version, int):
        raise answer.bad("holds a definition without an id and a version")
    return StoredDefinition(
        id=definition_id,
        version=version,
        created_at=str(item.get("createdAt") or inner.get("createdAt") or ""),
        account_id=str(item.get("accountId") or ""),
        definition=Definition.from_body(item),
    )


def _segment(text: str) -> str:
    return quote(text, safe="")


def _unreachable(call: str, method: str, error: httpx.HTTPError) -> Unreachable:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol) or method == "GET":
        done = "Nothing was changed."
    else:
        done = "It is not known whether the service carried it out; look before trying again."
    detail = str(error) or type(error).__name__
    return Unreachable(
        f"{call}: no answer ({detail}). {done}\n"
        "Check the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address.",
        call=call,
        detail=detail,
    )


def _refusal(call: str, response: httpx.Response, account_id: str) -> ApiError:
    code, detail, error_id = _error_body(response)
    said = f"{detail or response.reason_phrase}" + (f" (code {code})" if code is not None else "")
    quote_id = f" Its errorId is {error_id}." if error_id else ""
    status = response.status_code
    advice: str
    kind: type[ApiError]
    if status in (401, 403):
        kind = Unauthorized
        advice = (
            f"The key was not accepted for the account {account_id}. Nothing was changed. "
            "Check 8x8:apiKey (PULUMI_8X8_API_KEY) and 8x8:accountId (PULUMI_8X8_ACCOUNT_ID): "
            "pulumi config set --secret 8x8:apiKey <key>"
        )
    elif status == 404:
        kind, advice = NotFound, "Nothing was changed."
    elif status in (429, 503):
        kind, advice = Throttled, "Nothing was changed; try again later."
    elif 400 <= status < 500:
        kind, advice = Rejected, "Nothing was changed."
    else:
        kind = BadAnswer
        advice = (
            "Nothing was changed."
            if response.request.method == "GET"
            else "It is not known whether the service carried it out; look before trying again."
        )
    return kind(
        f"{call}: {status} {said}.{quote_id}\n{advice}".replace("..", "."),
        call=call,
        status=status,
        code=code,
        detail=detail,
        error_id=error_id,
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

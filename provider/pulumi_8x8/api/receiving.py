"""Receives an answer: its JSON, or the exception that it means. No I/O.

A message quotes nothing secret, and only what a terminal can show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Protocol, TypeVar

from pulumi_8x8.api.retries import parse_retry_after
from pulumi_8x8.bounded import RefusedJson, parse_json
from pulumi_8x8.definition import Json
from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.errors import ApiError, BadAnswer, NotFound, Rejected, Throttled, Unauthorized, Unreachable
from pulumi_8x8.phrasing import printable
from pulumi_8x8.validation import Invalid, Parsed, spelled, validated

if TYPE_CHECKING:
    import httpx

    from pulumi_8x8.fetching import TooLarge

_T = TypeVar("_T")

#: How much a message quotes of a body that isn't JSON, and of a message in one, in characters.
_QUOTED, _QUOTED_MESSAGE = 120, 1000
#: The same of an error of the network or of HTTP.
_QUOTED_ERROR = 300

#: A longer text is not quoted at all: to hide what is secret in it would take too long.
_MOST_READ = 1 << 16

#: Members of a request whose values name a place or a choice, and which an error message of the service needs.
_NAMES = {"id", "stepType", "nextStepId", "trigger", "status"}

#: A shorter value of the request isn't looked for in the service's messages.
_SHORTEST = 4

#: How many misfits of an answer a message lists.
_MISFITS = 3

#: How many errors of one answer are read; a list may have a million.
_MOST_ERRORS = 20

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

_Text = Annotated[str, Parsed(lambda value: str(value or ""))]
_MaybeCount = Annotated[int | None, Parsed(lambda value: value if isinstance(value, int) else None)]


@dataclass(frozen=True)
class _Error:
    __pydantic_config__: ClassVar = spelled()

    code: _MaybeCount = None
    message: _Text = ""
    error_id: _Text = ""


class Quoting:
    """Decides what a message quotes of an answer: nothing secret, and only what a terminal can show.

    A service or a proxy may repeat the request. So the key is hidden in all its forms, and so are the values that the
    request sent.

    :param key: the API key.
    :param sent: the body of the request.
    :param hide: hides what else is secret.
    """

    def __init__(self, key: str, sent: Json, hide: Callable[[str], str]) -> None:
        self._key = key
        self._sent = sent
        self._hide = hide

    def has_key(self, body: bytes) -> bool:
        """Whether an answer repeats the key, in any of its forms; a short one isn't looked for."""
        from pulumi_8x8.definition.masking import SHORT, SecretValues

        return len(self._key) >= SHORT and SecretValues(frozenset([self._key])).are_in(body.decode("utf-8", "replace"))

    def __call__(self, text: str, most: int) -> str:
        """Returns at most ``most`` characters of ``text``, on one line."""
        from pulumi_8x8.definition.masking import SecretValues

        if len(text) > _MOST_READ:
            return f"(a text of {len(text):,} characters)"
        text = SecretValues(frozenset([self._key, *_values(self._sent)])).hide(self._hide(text))
        text = printable(" ".join(text.split()))
        return text if len(text) <= most else f"{text[:most]}…"


def _values(sent: Json) -> Iterator[str]:
    """Yields the values of a request that a message mustn't quote."""
    left = [sent]
    while left:
        value = left.pop()
        if isinstance(value, Mapping):
            left += [inner for key, inner in value.items() if key not in _NAMES or isinstance(inner, Mapping | list)]
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str | int | float) and len(str(value)) >= _SHORTEST and not isinstance(value, bool):
            yield str(value)


class _HasId(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def version(self) -> int: ...


_Identified = TypeVar("_Identified", bound=_HasId)


class Answer:
    """A 2xx answer; any other one raises the exception that it means.

    :param quoting: decides what a message quotes of it.
    """

    def __init__(self, call: str, response: httpx.Response, account_id: str, quoting: Quoting) -> None:
        self.call = call
        self._response = response
        self._quoting = quoting
        if not response.is_success:
            raise _refusal(call, response, account_id, quoting)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    def json(self) -> Json:
        """Parses the body. :raises BadAnswer: it isn't JSON."""
        try:
            return parse_json(self._response.content)
        except RefusedJson as error:
            raise self.bad(f"can't be read: {error}") from None
        except ValueError:
            # Something that begins like JSON may be half a definition.
            text = _page(self._response)
            what = f": '{self._quoting(text, _QUOTED)}'" if text else ", or only a part of it"
            raise self.bad(f"is not JSON{what}" if self._response.content.strip() else "is empty") from None

    def read(self, kind: type[_T], value: Json = None) -> _T:
        """Reads the answer, or ``value``, as ``kind``. :raises BadAnswer: it isn't as documented."""
        try:
            return validated(kind, self.json() if value is None else value, ("answer",))
        except Invalid as error:
            raise self.bad(f"isn't as documented: {'; '.join(map(str, error.misfits[:_MISFITS]))}") from None

    def identified(self, found: _Identified, asked: str = "") -> _Identified:
        """Returns ``found``.

        :param asked: the id that the call asked for; empty: it asked for none.
        :raises BadAnswer: ``found`` has another id, or one that no later call could name.
        """
        if why := wrong_id(found.id):
            raise self.bad(f"isn't as documented: it has an id that {why}")
        if found.version < 1:
            raise self.bad(f"isn't as documented: the version of {found.id} is below 1")
        if asked and found.id.lower() != asked.lower():
            raise self.bad(f"is about {found.id}, which the call didn't ask for")
        return found

    @property
    def location(self) -> str:
        """The header ``Location``, empty if there is none."""
        return str(self._response.headers.get("Location", ""))

    def expect_no_document(self) -> None:
        """Checks that the body is empty or JSON. :raises BadAnswer: it isn't, so something else answered."""
        if self._response.content.strip():
            self.json()

    def bad(self, what: str) -> BadAnswer:
        kind = self._quoting(self._response.headers.get("content-type", "no content type"), _QUOTED)
        return BadAnswer(
            f"{self.call}: the answer ({self._response.status_code}, {kind}) {what}\n"
            f"{_whether_done(self._response)} {_ANOTHER_ANSWERS}",
            call=self.call,
            status=self._response.status_code,
            detail=what,
        )


def unreachable(call: str, method: str, error: httpx.HTTPError, quoting: Quoting) -> Unreachable:
    import httpx

    not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    done = _NOTHING_DONE if not_sent or method == "GET" else _UNKNOWN_WHETHER_DONE
    detail = quoting(str(error), _QUOTED_ERROR) or type(error).__name__  # it may quote a line that isn't HTTP
    return Unreachable(
        f"{call}: no answer ({detail}). {done}\n"
        "Check the network, and that 8x8:baseUrl (PULUMI_8X8_BASE_URL) is the service's address.",
        call=call,
        detail=detail,
        not_sent=not_sent,
    )


def too_large(call: str, method: str, error: TooLarge) -> BadAnswer:
    done = _NOTHING_DONE if method == "GET" else _UNKNOWN_WHETHER_DONE
    what = f"the answer {error}"
    return BadAnswer(
        f"{call}: {what}. {done}\nIf the service really has so much, raise the limit: pulumi config set "
        "8x8:answerLimit <MiB>",
        call=call,
        status=200,
        detail=what,
    )


def _whether_done(response: httpx.Response) -> str:
    # A server may fail after it has done the work; a 2xx with an undocumented body is even more likely to have.
    refused = 300 <= response.status_code < 500
    return _NOTHING_DONE if refused or response.request.method == "GET" else _UNKNOWN_WHETHER_DONE


def _refusal(call: str, response: httpx.Response, account_id: str, quoting: Quoting) -> ApiError:
    code, detail, error_id = _error_body(response)
    detail, error_id = quoting(detail, _QUOTED_MESSAGE), error_id and quoting(error_id, _QUOTED)
    text = (detail or quoting(response.reason_phrase, _QUOTED)).rstrip(".") + (
        f" (code {code})" if code is not None else ""
    )
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
        advice += f" It redirects to {quoting(response.headers['location'], _QUOTED)}. {_ANOTHER_ANSWERS}"
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
    with suppress(ValueError):
        body = parse_json(response.content)
        several = body[:_MOST_ERRORS] if isinstance(body, list) else [body]
        objects = [each for each in several if isinstance(each, Mapping)]
        if objects:
            errors = validated(list[_Error], objects)
            messages = (error.message or _unknown(each) for error, each in zip(errors, objects, strict=True))
            return errors[0].code, "; ".join(messages), errors[0].error_id or None
        if body == []:
            return None, "[]", None
    return None, _page(response)[:_QUOTED], None


def _unknown(error: Mapping[str, Json]) -> str:
    """Returns an error in an unknown shape as text, unless it may hold what was stored or sent."""
    is_flat = not any(isinstance(value, Mapping | list) for value in error.values())
    text = str(error)
    return text if is_flat and len(text) <= _QUOTED else f"an error with {', '.join(map(str, list(error)[:_MISFITS]))}"


def _page(response: httpx.Response) -> str:
    """Returns the text of a body that isn't JSON, on one line; empty if it begins like JSON, and may hold anything."""
    text = " ".join(response.content[:_MOST_READ].decode("utf-8", "replace").split())
    return "" if text[:1] in tuple('[{"') or "\0" in text else text

"""Every exception that this package raises on purpose.

::

    Pulumi8x8Error
    ├── SettingsError            an account id, key or base URL is missing or malformed
    ├── SourceError              a workflow file cannot be read: path, and the line where there is one
    │   └── ProgramError         a Pulumi program whose workflows are wanted fails, or has no such workflow
    ├── StackError               a Pulumi stack cannot be read, or holds no such workflow
    ├── RunFailed                an instance that was run as a test did not end as expected, or not in time
    ├── ExportError              an account cannot be written as a Pulumi project
    ├── DurationError            a duration is not ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days
    ├── Interrupted              the user stopped the operation while it waited
    ├── Refused                  we do not do it, though the service would: nothing was changed, and how to go on
    │   ├── Conflict             somebody changed the definition since it was compared
    │   ├── AlreadyThere         a definition of that name exists that this stack does not manage
    │   └── StillRunning         the deletion would kill running conversations
    └── ApiError                 a call of the Automation API did not give what it promises
        ├── Unreachable          no answer: refused, reset, timed out
        ├── Unauthorized         401, 403: the key was not accepted for the account
        ├── NotFound             404 with code 1300, or the empty history that the service gives for an unknown id
        ├── Throttled            429, 503: asked to come back later
        ├── Rejected             any other 4xx: the service refused the request, nothing was changed
        └── BadAnswer            5xx, or a body that is not the JSON that the call promises

A message says what is wrong, where, what was and was not changed, and what to do next.
"""

from __future__ import annotations


class Pulumi8x8Error(Exception):
    """The root: catch this to catch everything that is raised on purpose."""


class SettingsError(Pulumi8x8Error):
    """An account id, key or base URL is missing or malformed."""


class SourceError(Pulumi8x8Error):
    """A workflow file cannot be read. The message starts with ``path:line:`` where a line is known."""


class ProgramError(SourceError):
    """A Pulumi program whose workflows are wanted fails, or declares no such workflow."""


class StackError(Pulumi8x8Error):
    """A Pulumi stack cannot be read, or holds no such workflow. Nothing was changed."""


class RunFailed(Pulumi8x8Error):
    """An instance that was run as a test did not end as expected, or not in time."""


class ExportError(Pulumi8x8Error):
    """An account cannot be written as a Pulumi project. The message says what was written, mostly nothing."""


class DurationError(Pulumi8x8Error, ValueError):
    """A duration is not ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days."""


class Interrupted(Pulumi8x8Error):
    """An operation ended while it waited. The message says what was and was not done.

    :ivar why: the user stopped it, or its time is over.
    """

    why = "interrupted"


class Refused(Pulumi8x8Error):
    """We do not do it, though the service would. The message says why and how to go on."""


class Conflict(Refused):
    """Somebody changed the definition since it was compared."""


class AlreadyThere(Refused):
    """A definition of that name exists that this stack does not manage."""


class StillRunning(Refused):
    """The deletion would kill running conversations, or they did not end in the time that was set."""


class ApiError(Pulumi8x8Error):
    """A call of the Automation API failed.

    :ivar call: method and path, e.g. ``PUT /api/v1/accounts/acme/definitions/3f…``.
    :ivar status: HTTP status, ``None`` without an answer.
    :ivar code: the service's error code (e.g. 1300), ``None`` when the body named none.
    :ivar detail: the service's own message, or what stood in its place.
    :ivar error_id: the service's ``errorId``, to quote to its support.
    :ivar retry_after: seconds after which the service wants to be asked again, when it named any.
    :ivar not_sent: the request did not reach the service.
    """

    def __init__(
        self,
        message: str,
        *,
        call: str,
        status: int | None = None,
        code: int | None = None,
        detail: str = "",
        error_id: str | None = None,
        retry_after: float | None = None,
        not_sent: bool = False,
    ) -> None:
        super().__init__(message)
        self.call = call
        self.status = status
        self.code = code
        self.detail = detail
        self.error_id = error_id
        self.retry_after = retry_after
        self.not_sent = not_sent

    @property
    def summary(self) -> str:
        """The call and what came of it, in one line."""
        return str(self).partition("\n")[0]


class Unreachable(ApiError):
    """No answer: the connection was refused or reset, or timed out."""


class Unauthorized(ApiError):
    """401 or 403: the key was not accepted for the account."""


class NotFound(ApiError):
    """404 with code 1300, or the empty history that the service gives for an unknown definition id."""


class Throttled(ApiError):
    """429 or 503: the service asks to come back later."""


class Rejected(ApiError):
    """Any other 4xx: the service refused the request and changed nothing."""


class BadAnswer(ApiError):
    """5xx, or a body that is not the JSON that the call promises."""

"""Defines the exceptions that several layers share, with their base class. No I/O.

::

    Pulumi8x8Error
    ├── SettingsError            a setting, option or key is missing or isn't valid
    ├── MissingExtra             a part of this package needs others that aren't installed
    ├── NotInstalled             this package runs from a folder without being installed
    ├── SourceError              a workflow file can't be read
    │   └── ProgramError         a Pulumi program fails, or declares no such workflow
    ├── StackError               a Pulumi stack can't be read, or holds no such workflow
    ├── RunFailed                an instance that runs as a test didn't end as expected, or not in time
    ├── ExportError              an account can't be written as a Pulumi project
    ├── DurationError            a duration isn't ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days
    ├── Interrupted              the operation ended while it waited: the user stopped it, or its time was over
    ├── Refused                  the provider refuses what the service would do
    │   ├── Conflict             the service or the state isn't what the operation expects: another edit or owner
    │   ├── AlreadyThere         a definition with that name exists, and this stack doesn't manage it
    │   └── StillRunning         the deletion would end running conversations
    └── ApiError                 a call of the Automation API failed
        ├── Unreachable          no answer: connection refused or reset, or a timeout
        ├── Unauthorized         401, 403: the account doesn't accept the key
        ├── NotFound             404 with code 1300, or the empty history that the service returns for an unknown id
        ├── Throttled            429, 503: the service asks to try again later
        ├── Rejected             any other 4xx: the service refused the request and changed nothing
        └── BadAnswer            5xx, or a body that isn't the JSON that the call promises

A message describes what is wrong, where, what was and wasn't changed, and what to do next.
"""

from __future__ import annotations


class Pulumi8x8Error(Exception):
    """The base class. Catch it to catch everything that this package raises on purpose.

    :ivar page: the page of the documentation that has more than the message, and its section; often none.
    """

    page = ""

    @property
    def more(self) -> str:
        """A further line that leads to the page; empty if there is none."""
        return f"\nMore: pulumi-8x8 docs {self.page}" if self.page else ""


class SettingsError(Pulumi8x8Error):
    """A setting, option or key is missing or isn't valid."""


class MissingExtra(Pulumi8x8Error, ImportError):
    """A part of this package needs others that aren't installed: an extra such as ``pulumi-8x8[emulator]``."""


class NotInstalled(Pulumi8x8Error):
    """This package runs from a folder without being installed, so nothing knows where it is from."""


class SourceError(Pulumi8x8Error):
    """A workflow file can't be read. The message starts with ``path:line:`` if the line is known."""


class ProgramError(SourceError):
    """A Pulumi program fails while its workflows are read, or declares no such workflow."""


class StackError(Pulumi8x8Error):
    """A Pulumi stack can't be read, or holds no such workflow. Nothing was changed."""


class RunFailed(Pulumi8x8Error):
    """An instance that runs as a test didn't end as expected, or not in time."""


class ExportError(Pulumi8x8Error):
    """An account can't be written as a Pulumi project. The message lists what was written, mostly nothing."""


class DurationError(Pulumi8x8Error, ValueError):
    """A duration isn't ``d.HH:mm:ss``, ``HH:mm:ss`` or whole days."""


class Interrupted(Pulumi8x8Error):
    """An operation ended while it waited. The message describes what was and wasn't done.

    :ivar why: the user stopped it, or its time is over.
    """

    why = "interrupted"


class Refused(Pulumi8x8Error):
    """The provider refuses what the service would do. The message describes why, and the next step."""


class Conflict(Refused):
    """The service or the state isn't what the operation expects: another edit, another owner, or another account."""

    page = "errors conflict"


class AlreadyThere(Refused):
    """A definition with that name exists, and this stack doesn't manage it."""

    page = "errors already-there"


class StillRunning(Refused):
    """The deletion would end running conversations, or they didn't end in the configured time."""

    page = "errors still-running"


class ApiError(Pulumi8x8Error):
    """A call of the Automation API failed.

    :ivar call: method and path, e.g. ``PUT /api/v1/accounts/acme/definitions/3f…``.
    :ivar status: HTTP status; ``None`` if there is no answer.
    :ivar code: the service's error code (such as 1300); ``None`` if the body has none.
    :ivar detail: the service's own message, or the text of the answer.
    :ivar error_id: the service's ``errorId``, to quote to its support.
    :ivar retry_after: seconds to wait before the next try, if the service set them.
    :ivar not_sent: the request didn't reach the service.
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
        """The call and its result, in one line."""
        return str(self).partition("\n")[0]


class Unreachable(ApiError):
    """No answer: the connection was refused or reset, or timed out."""

    page = "network"


class Unauthorized(ApiError):
    """401 or 403: the account doesn't accept the key."""

    page = "accounts"


class NotFound(ApiError):
    """404 with code 1300, or the empty history that the service returns for an unknown definition id."""


class Throttled(ApiError):
    """429 or 503: the service asks to try again later."""


class Rejected(ApiError):
    """Any other 4xx: the service refused the request and changed nothing."""


class BadAnswer(ApiError):
    """5xx, or a body that isn't the JSON that the call promises."""

    page = "errors bad-answer"

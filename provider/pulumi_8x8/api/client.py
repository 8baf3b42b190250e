"""Calls the Automation API, with one method for each call. Sources: the vendor's OpenAPI file and its examples."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import MAXYEAR, UTC, datetime, timedelta
from importlib.metadata import version as installed_version
from itertools import islice
from logging import DEBUG
from typing import TYPE_CHECKING, Self, TypeVar

from pulumi_8x8.api.call_log import LOGGER, CallRecord, report, shown_error_id, shown_failure, shown_url
from pulumi_8x8.api.paging import list_all
from pulumi_8x8.api.paths import definition_path, instance_path, instances_path, sub_account_query, version_query
from pulumi_8x8.api.receiving import Answer, Quoting, too_large, unreachable
from pulumi_8x8.api.retries import (
    Gate,
    Patience,
    Timer,
    count_repeats,
    may_be_done,
    parse_http_date,
    retry,
    when_nothing_was_done,
    when_reading,
)
from pulumi_8x8.api.settings import HTTP_TRIGGER, Settings, account_url
from pulumi_8x8.api.wire import (
    Fault,
    Instance,
    Month,
    Objects,
    Status,
    Steering,
    StoredDefinition,
    Usage,
    read_definition,
    read_definitions,
    read_faults,
    read_instances,
    read_some,
)
from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.errors import ApiError, NotFound, SettingsError
from pulumi_8x8.phrasing import printable_lines

# httpx takes a tenth of a second to import, and most programs only describe workflows.
if TYPE_CHECKING:
    import httpx

_T = TypeVar("_T")

#: Items of a list that one call may ask for (OpenAPI file).
PAGE = 500

#: Seconds between two reports of something that takes its time.
_PROGRESS = 30.0


def notify_on_stderr(message: str) -> None:
    """Prints that a client waits: the engine shows a plugin's stderr among its diagnostics."""
    print(printable_lines(message), file=sys.stderr, flush=True)


class Client:
    """Calls the service for one account; it pools connections, and threads may share it.

    It repeats, with ``patience``, calls that change nothing and calls that the service didn't begin.

    :param transport: receives the requests instead of the network (an emulator in the same process).
    :param notify: receives a message when the service makes the client wait.
    :param clock: waits; whoever stops it ends all waits.
    :param hide: hides secrets in what a message quotes of an answer; the client itself hides the key and what it sent.

    :ivar key_came_back: an answer has the API key, so what was read may have it.

    Every method raises an :class:`~pulumi_8x8.errors.ApiError` if the service doesn't do what the call asks for.

    :raises SettingsError: the environment names a proxy or certificates that the client can't use.
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
        notify: Callable[[str], None] = notify_on_stderr,
        clock: Timer | None = None,
        hide: Callable[[str], str] = str,
    ) -> None:
        self.settings = settings
        self.patience = patience or Patience()
        self.notify = notify
        self.clock = clock or Timer()
        self._hide = hide
        self.key_came_back = False
        self._gate = Gate()
        self._ahead = timedelta()
        if why := wrong_id(settings.account_id):
            raise SettingsError(f"the account id {why}. Nothing was sent.")
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx

        from pulumi_8x8.fetching import ACCEPTED, limit_reads

        try:
            self._http = httpx.Client(
                base_url=account_url(settings.base_url, settings.account_id),
                headers={
                    "Authorization": f"Bearer {settings.api_key}",
                    "Accept": "application/json",
                    "Accept-Encoding": ACCEPTED,
                    "User-Agent": f"pulumi-8x8/{installed_version('pulumi-8x8')}",
                },
                # The service needs no cookies, and a flood of them would come back in every request.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                timeout=settings.timeout,
                transport=transport,
            )
            limit_reads(self._http)
        except (httpx.InvalidURL, ValueError, ImportError, OSError) as error:  # ssl's errors are OSErrors
            raise SettingsError(
                f"the connection can't be set up: {error}. Nothing was sent. It depends on the environment variables "
                "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR; check them."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def retry(self, call: Callable[[], _T], again: Callable[[ApiError], bool] = when_reading) -> _T:
        """Returns ``call()``, repeated with this client's patience while ``again(error)`` allows it."""
        return retry(call, self.patience, self._gate, self.clock, again, self.notify)

    def service_time(self) -> datetime:
        """The service's time now: by the header ``Date`` of its last answer, or else this machine's."""
        return datetime.now(UTC) + self._ahead

    def poll(self, limit: float, progress: Callable[[float], str]) -> Iterator[None]:
        """Lets its caller look again and again, at growing intervals, until ``limit`` seconds are over.

        :param progress: the report about every 30 seconds, made of the seconds that have passed.
        :raises Interrupted: the clock was stopped.
        """
        started = reported = time.monotonic()
        pause = self.patience.poll
        while True:
            yield
            now = time.monotonic()
            if now - started >= limit:
                return
            if now - reported >= _PROGRESS:
                reported = now
                self.notify(progress(now - started))
            self.clock.wait(min(pause, limit - (now - started)))
            pause = min(pause * 1.5, self.patience.poll * 10)

    def list_definitions(self) -> Iterator[StoredDefinition]:
        """Lists the account's definitions: the newest version of each, with its steps."""
        newest: dict[str, StoredDefinition] = {}
        for stored in self._all("/definitions", {}, read_definitions, lambda stored: (stored.id, stored.version)):
            if stored.id not in newest or newest[stored.id].version < stored.version:
                newest[stored.id] = stored
        yield from newest.values()

    def newest(self, ids: Collection[str], pages: int) -> dict[str, StoredDefinition] | None:
        """Lists the account, and returns the ``ids`` that it lists; ``None`` if that takes more than ``pages``."""
        wanted = {id.lower(): id for id in ids}
        found: dict[str, StoredDefinition] = {}
        listed = self._all("/definitions", {}, lambda answer: read_some(answer, wanted), lambda item: item[:2])
        for number, (id, _, stored) in enumerate(listed):
            if number == pages * PAGE:
                return None
            if stored is not None and (id not in found or found[id].version < stored.version):
                found[id] = stored
        return {wanted[id]: stored for id, stored in found.items()}

    def holds_more_than(self, count: int) -> bool:
        """Whether the service lists more than ``count`` definitions; one small call.

        With one item a page, an offset that counts pages and one that counts items mean the same.
        """
        return bool(self._ask("GET", "/definitions", params={"limit": 1, "offset": count}).read(list[Json]))

    def history(self, definition_id: str) -> list[StoredDefinition]:
        """Reads all versions of one definition, the newest first.

        :raises NotFound: no definition has that id (the service answers 200 with an empty list).
        """
        answer = self._ask("GET", definition_path(definition_id))
        versions = read_definitions(answer, definition_id)
        if not versions:
            raise NotFound(
                f"the account {self.settings.account_id} has no workflow definition {definition_id}: "
                "it was deleted, or belongs to another account",
                call=answer.call,
                status=200,
            )
        return sorted(versions, key=lambda stored: stored.version, reverse=True)

    def latest(self, definition_id: str) -> StoredDefinition:
        """Reads the newest version of one definition. :raises NotFound: no definition has that id."""
        return self.history(definition_id)[0]

    def create(self, definition: Definition) -> StoredDefinition:
        """Stores a new definition, and enables it if its status is ``enabled``. Two calls create two definitions."""
        return read_definition(self._ask("POST", "/definitions", json=definition.body()))

    def update(self, definition_id: str, definition: Definition) -> StoredDefinition:
        """Stores a new version; running instances finish on the version that they started with.

        :raises NotFound: no definition has that id.
        """
        answer = self._ask("PUT", definition_path(definition_id), json=definition.body())
        return read_definition(answer, definition_id)

    def delete(self, definition_id: str) -> None:
        """Asks for the deletion of all versions, which the service carries out a little later.

        The service then terminates all running instances and deletes their logs. Nobody can undo that.

        :raises NotFound: no definition has that id.
        """
        self._ask("DELETE", definition_path(definition_id), again=when_reading)

    def instances(
        self,
        definition_id: str,
        *,
        version: int | None = None,
        status: Status | None = None,
        started_from: datetime | None = None,
        started_to: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Instance]:
        """Lists instances of one version (by default the newest), the newest instance first.

        :param started_from: only instances that started then or later, and so on; with a time zone.
        :param limit: at most this many.
        :raises NotFound: no definition has that id.
        """
        moments = {"startTimeFrom": started_from, "startTimeTo": started_to}
        wanted: dict[str, str | int] = {
            key: moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
            for key, moment in moments.items()
            if moment is not None
        }
        if version is not None:
            wanted["version"] = version_query(version)
        if status is not None:
            wanted["status"] = status
        page = PAGE if limit is None else min(limit, PAGE)
        listed = self._all(instances_path(definition_id), wanted, read_instances, lambda instance: instance.id, page)
        yield from islice(listed, limit)

    def start(self, definition_id: str, data: Mapping[str, Json], version: int | None = None) -> str:
        """Starts an instance by hand, which really sends its messages. Two calls start two instances.

        :param data: becomes the instance's ``data``, like the body of the trigger's webhook.
        :param version: by default the newest.
        :returns: the instance's id.
        :raises NotFound: no definition has that id.
        """
        path = instances_path(definition_id)
        params = None if version is None else {"version": version_query(version)}
        with _sent_once("a second instance", f"pulumi-8x8 instances list {definition_id}"):
            answer = self._ask("POST", path, params=params, json=dict(data))
            instance_id = answer.location.rstrip("/").rpartition("/")[2]
            if wrong_id(instance_id):
                raise answer.bad("doesn't name the new instance in the header Location")
        return instance_id

    def trigger(self, data: Mapping[str, Json], sub_account_id: str | None = None) -> None:
        """Sends an event to the trigger ``http_request``, which starts all workflows that it is for.

        The service doesn't answer what it started. Two calls start everything twice.

        :param data: becomes the ``data`` of each instance.
        :param sub_account_id: the sub-account that the event is for. Without it, the event starts only workflows
            without one.
        """
        since = f"{self.service_time():%Y-%m-%dT%H:%M:%SZ}"
        with _sent_once(
            "everything a second time",
            f"pulumi-8x8 instances list --started-after {since}\n"
            "Outside a Pulumi project, add the ids that this lists: pulumi-8x8 list --trigger http_request",
        ):
            params = None if sub_account_id is None else {"subAccountId": sub_account_query(sub_account_id)}
            self._ask("POST", HTTP_TRIGGER, params=params, json=dict(data)).expect_no_document()

    def instance(self, definition_id: str, instance_id: str, *, logs: bool = False) -> Instance:
        """Reads one instance.

        :param logs: whether to include the log of each step.
        :raises NotFound: the definition doesn't exist, or has no such instance.
        """
        wanted = {"includeLogs": "true"} if logs else None
        answer = self._ask("GET", instance_path(definition_id, instance_id), params=wanted)
        return answer.identified(answer.read(Instance), instance_id)

    def faults(self, definition_id: str, instance_id: str) -> list[Fault]:
        """Reads why an instance stopped; empty if it didn't.

        :raises NotFound: the definition doesn't exist, or has no such instance.
        """
        return read_faults(self._ask("GET", f"{instance_path(definition_id, instance_id)}/errors"))

    def steer(self, definition_id: str, instance_id: str, command: Steering) -> None:
        """Suspends, resumes or (for good) terminates an instance. A second call changes nothing.

        :raises NotFound: the definition doesn't exist, or has no such instance.
        :raises Rejected: the instance's status doesn't allow it.
        """
        self._ask("PATCH", instance_path(definition_id, instance_id), json={"status": command}, again=when_reading)

    def usage(self) -> Usage:
        """Reads the account's usage in the current month."""
        return self._ask("GET", "/usage").read(Usage)

    def usage_history(self) -> list[Month]:
        """Reads how many workflows were started in each month, in the service's order."""
        return self._ask("GET", "/usage/history").read(list[Month])

    def time_zones(self, contains: str = "") -> Objects:
        """Lists the time zones that scripts know and whose name contains ``contains``."""
        wanted = {"contains": contains} if contains else None
        return self._ask("GET", "/steps/timezones", params=wanted).read(Objects)

    def functions(self) -> Objects:
        """Lists the functions that scripts may call."""
        return self._ask("GET", "/steps/functions").read(Objects)

    def _all(
        self,
        path: str,
        wanted: Mapping[str, str | int],
        read: Callable[[Answer], list[_T]],
        key: Callable[[_T], Hashable],
        size: int = PAGE,
    ) -> Iterator[_T]:
        def ask(offset: int) -> Answer:
            return self._ask("GET", path, params={**wanted, "limit": size, "offset": offset})

        return list_all(ask, read, key, size, self.settings.page_limit)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Json = None,
        again: Callable[[ApiError], bool] | None = None,
    ) -> Answer:
        request = self._http.build_request(method, path, params=params, json=json)
        call = f"{method} {request.url.copy_with(query=None)}"

        import httpx

        from pulumi_8x8.fetching import TooLarge, fetch

        def send() -> Answer:
            return self._reported(request, answered)

        def answered() -> Answer:
            quoting = Quoting(self.settings.api_key, json, self._hide)
            try:
                size = self.settings.answer_limit << 20
                response = fetch(self._http, request, self.settings.call_timeout, size)
            except httpx.HTTPError as error:
                raise unreachable(call, method, error, quoting) from None
            except TooLarge as error:
                raise too_large(call, method, error) from None
            date = parse_http_date(response.headers.get("Date", ""))
            if date is not None and date.year < MAXYEAR:  # whose end, in another zone, is beyond the calendar
                self._ahead = date - datetime.now(UTC)
            self.key_came_back |= quoting.has_key(response.content)
            return Answer(call, response, self.settings.account_id, quoting)

        return self.retry(send, again or (when_reading if method == "GET" else when_nothing_was_done))

    def _reported(self, request: httpx.Request, send: Callable[[], Answer]) -> Answer:
        """Returns ``send()``, and reports the try, also one that fails or that the user interrupts."""
        waited = self.clock.take_waited()
        if not LOGGER.isEnabledFor(DEBUG):
            return send()
        started = time.monotonic()
        result: Answer | BaseException | None = None
        try:
            result = send()
        except BaseException as error:
            result = error
            raise
        finally:
            report(
                CallRecord(
                    request.method,
                    shown_url(request.url, self._http.base_url, self.settings.api_key),
                    getattr(result, "status", None),
                    time.monotonic() - started,
                    count_repeats(),
                    waited,
                    shown_error_id(getattr(result, "error_id", None)),
                    shown_failure(result) if isinstance(result, BaseException) else "",
                )
            )
        return result


@contextmanager
def _sent_once(twice: str, command: str) -> Iterator[None]:
    """Adds to an error of a call that may have been carried out why it wasn't repeated, and how to find out.

    :param twice: what another call could start.
    :param command: lists what the call started.
    """
    try:
        yield
    except ApiError as error:
        if may_be_done(error):
            error.args = (
                f"{error}\nThe client didn't repeat the call, because that could start {twice}. To see what started: "
                f"{command}",
            )
        raise

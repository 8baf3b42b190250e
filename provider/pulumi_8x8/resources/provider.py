"""The provider that the engine calls: check, diff, create, read, update, delete of one workflow definition.

The dotted path of :class:`WorkflowProvider` is stored in users' state with every resource: it never changes.
Whatever is shown here may end in logs that others read, and the engine does not tell a provider which values are
secret: messages name places (``steps.send_CA.inputs.content.text``), never values of a definition.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)
from pulumi.output import Output, Unknown

from pulumi_8x8.api import Client, Settings, StoredDefinition
from pulumi_8x8.changes import Change, compare, without_additions
from pulumi_8x8.definition import Definition, Hole, from_inputs, to_inputs
from pulumi_8x8.errors import NotFound, Pulumi8x8Error, SettingsError
from pulumi_8x8.resources.judging import NOTE, judge_in_check

# What is not known yet, in a program and in the plugin.
for _kind in (Output, Awaitable, Unknown):
    Hole.register(_kind)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _plainly(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Lets the user see an error of ours as one message, without a traceback.

    The plugin sends ``traceback.format_exc()`` to the engine; of an exception whose module is ``builtins``, and with
    no traceback kept, that is exactly ``name: message`` (measured with SDK 3.272.0).
    """

    @functools.wraps(method)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except Pulumi8x8Error as error:
            shown = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
            raise shown(str(error)) from None

    return wrapper


class WorkflowProvider(ResourceProvider):
    """One instance serves all workflows of an engine operation, from several threads at once."""

    #: The reference to this class is no secret; encrypting it would only bloat the state.
    serialize_as_secret_always = False

    # Set by configure(), in the plugin's process only: what is pickled into the state is empty.
    _client: Client | None = None
    _settings_error: SettingsError | None = None

    def configure(self, req: ConfigureRequest) -> None:
        """Reads the settings; what is wrong with them is told by the call that needs them."""
        sys.tracebacklimit = 0  # this is the plugin's process, see _plainly
        try:
            self._client = Client(Settings.resolve(req.config.get, os.environ))
        except SettingsError as error:
            self._settings_error = error

    @property
    def client(self) -> Client:
        """The account of this operation.

        :raises SettingsError: it is not configured.
        """
        if self._client is None:
            raise self._settings_error or SettingsError("the provider was not configured")
        return self._client

    @_plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Brings the inputs into canonical form and lints them; values that are not known yet are left alone."""
        if self._settings_error is not None:
            return CheckResult(news, [CheckFailure("", str(self._settings_error))])
        definition = from_inputs(news)
        errors = judge_in_check(definition, news.get(NOTE))
        # With an empty property the engine prints just the reason, which names the place better than it could.
        return CheckResult(to_inputs(definition), [CheckFailure("", error) for error in errors])

    @_plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares what the program says with what the service holds now, whoever put it there."""
        wanted = from_inputs(_news)
        try:
            stored = self.client.latest(_id)
        except NotFound:
            _tell(f'workflow "{wanted.name}" ({_id}) was deleted outside Pulumi; it is created again, with a new id')
            # A resource's id changes in a replacement only. There is nothing left to delete.
            return DiffResult(changes=True, replaces=["name"], delete_before_replace=True)
        live = without_additions(stored.definition, wanted)
        changes = compare(live, wanted)
        if changes and (drift := compare(from_inputs(_olds), live)):
            _tell(_told_drift(stored, drift))
        return DiffResult(changes=bool(changes))

    @_plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Stores the definition."""
        wanted = from_inputs(props)
        stored = self.client.create(wanted)
        return CreateResult(stored.id, _outputs(stored, wanted))

    @_plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the service holds now, as outputs and as inputs; an empty id when it holds nothing any more."""
        try:
            stored = self.client.latest(id_)
        except NotFound:
            return ReadResult("", {})
        outputs = _outputs(stored, from_inputs(props))
        return ReadResult(id_, outputs, to_inputs(from_inputs(outputs)))

    @_plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Stores a new version."""
        wanted = from_inputs(_news)
        return UpdateResult(_outputs(self.client.update(_id, wanted), wanted))

    @_plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the definition with all its versions; one that is already gone is as good."""
        try:
            self.client.delete(_id)
        except NotFound:
            return


def _outputs(stored: StoredDefinition, wanted: Definition) -> dict[str, Any]:
    """The definition as the service holds it, so that a refresh shows what changed by step, and what it added."""
    return {
        **to_inputs(without_additions(stored.definition, wanted)),
        "version": stored.version,
        "createdAt": stored.created_at,
        "accountId": stored.account_id,
        "status": stored.status,
    }


def _told_drift(stored: StoredDefinition, drift: tuple[Change, ...]) -> str:
    places = "\n".join(f"  {change}" for change in drift)
    return (
        f'workflow "{stored.definition.name}" was changed outside Pulumi (version {stored.version}, '
        f"{stored.created_at}):\n{places}\n"
        "The program says otherwise, and this update puts it back; to keep the change, write it into the program."
    )


def _tell(message: str) -> None:
    # The engine shows what the plugin prints among the operation's diagnostics.
    print(message, file=sys.stderr, flush=True)

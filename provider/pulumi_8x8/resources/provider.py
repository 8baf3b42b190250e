"""The provider that the engine calls: check, diff, create, read, update, delete of one workflow definition.

The dotted path of :class:`WorkflowProvider` is stored in users' state with every resource: it never changes.
Whatever is shown here may end in logs that others read, and the engine does not tell a provider which values are
secret: messages name places (``steps.send_CA.inputs.content.text``), never values of a definition.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_8x8.api import ManagedAccount, OnDelete, Settings, StoredDefinition, list_places, tell_on_stderr
from pulumi_8x8.changes import Change, compare, without_additions
from pulumi_8x8.definition import Definition, from_inputs, parse_duration, to_inputs
from pulumi_8x8.errors import Conflict, NotFound, Refused, SettingsError
from pulumi_8x8.resources.digests import same_but_status
from pulumi_8x8.resources.judging import GATE, NOTE, judge_in_check
from pulumi_8x8.resources.plugin import Configured, plainly

#: What is known besides: what the program knows of itself (``{"resource": name, "workflows": how many, "siblings": how
#: many of this name}``, and until check() the :data:`NOTE` and the :data:`GATE`), and in the outputs :data:`ADDED`.
#: The engine hides keys that begin with two underscores.
ABOUT = "__about"

#: What the service adds. It stands beside the definition, where people look; and once more in :data:`ABOUT`, whence the
#: program has it: each property that it names costs the SDK time for all of them, in every operation.
ADDED = ("version", "createdAt", "accountId")

#: How to manage a workflow, beside what it is: inputs that are kept with the outputs, since delete() sees only those.
OPTIONS = ("adopt", "onDelete", "overwrite", "account", "pinVersion", ABOUT)

#: Options whose change has to reach the state, though nothing changes on the service.
_KEPT_FOR_DELETION = ("onDelete", "overwrite", "account")


class WorkflowProvider(Configured):
    """One instance serves all workflows of an engine operation, from several threads at once."""

    # Made by configure(), in the plugin's process only.
    _lock: threading.Lock
    _accounts: dict[Settings, ManagedAccount]
    _compared: dict[str, StoredDefinition]

    def configure_with(self, config: Callable[[str], object]) -> None:
        super().configure_with(config)
        self._lock = threading.Lock()
        self._accounts = {}
        self._compared = {}

    def account(self, props: Mapping[str, Any]) -> ManagedAccount:
        """The account of a workflow, the same one for all workflows of it; it is told how many those are.

        :raises SettingsError: it is not configured.
        :raises Conflict: what is in the state was deployed to another account than is configured now.
        """
        settings = self.settings(props)
        # Or what is only in another account would be taken for deleted.
        if (deployed := props.get("accountId")) not in (None, "", settings.account_id):
            raise Conflict(
                f'workflow "{props.get("name")}" was deployed to the account {deployed}, and 8x8:accountId '
                f"(PULUMI_8X8_ACCOUNT_ID) is {settings.account_id} now. Nothing was changed. Set it back; for the "
                "other account use another stack."
            )
        with self._lock:
            if settings not in self._accounts:
                self._accounts[settings] = ManagedAccount(self.client(settings))
            account = self._accounts[settings]
        account.snapshot.expect(int(_about(props).get("workflows", 1)))
        return account

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Brings the inputs into canonical form and lints them; values that are not known yet are left alone.

        Of a workflow that is to be created it also says what stands in the way, so that a preview shows it.
        """
        try:
            account = self.account(news)
        except SettingsError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        definition = from_inputs(news)
        errors = judge_in_check(definition, _about(news).get(NOTE))
        gate = _about(news).get(GATE)
        if gate and isinstance(gate, str) and not _runs_already(_olds, definition):
            errors = [*errors, gate]
        if "pinVersion" in news and not _olds and "adopt" not in news:
            errors = [*errors, _nothing_to_pin(news)]
        if not errors and not _olds and not definition.has_holes():
            errors = self._look_ahead(account, definition, news)
        # With an empty property the engine prints just the reason, which names the place better than it could.
        return CheckResult({**to_inputs(definition), **_options(news)}, [CheckFailure("", error) for error in errors])

    def _look_ahead(self, account: ManagedAccount, wanted: Definition, props: Mapping[str, Any]) -> list[str]:
        adopted = props.get("adopt")
        try:
            if adopted is None:
                account.look_for_room(wanted, _siblings(props))
            elif changes := _changes(account.snapshot.get(adopted), _pinned(account, adopted, wanted, props)):
                tell_on_stderr(f'workflow "{wanted.name}": adopting {adopted} changes it:\n{list_places(changes)}')
        except NotFound as error:
            return [f'adopt="{adopted}": {error}. Nothing was changed. Take out adopt= to create it anew.']
        except Refused as error:
            return [str(error)]
        return []

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares what the program says with what the service holds now, whoever put it there."""
        if self.settings(_olds, _news) != self.settings(_news):
            return DiffResult(changes=True, replaces=["account"])  # its id means nothing in another account
        # The account that was deployed to is in the old ones only.
        account, wanted = self.account({**_news, "accountId": _olds.get("accountId")}), from_inputs(_news)
        try:
            stored = account.snapshot.get(_id)
            wanted = _pinned(account, _id, wanted, _news)
        except NotFound:
            tell_on_stderr(
                f'workflow "{wanted.name}" ({_id}) was deleted outside Pulumi; it is created again, with a new id'
            )
            # A resource's id changes in a replacement only. There is nothing left to delete.
            return DiffResult(changes=True, replaces=["name"], delete_before_replace=True)
        account.hold(_id, _holder(_news), wanted)
        with self._lock:
            self._compared[_id] = stored
        if (adopted := _news.get("adopt")) not in (None, _id):
            tell_on_stderr(f'workflow "{wanted.name}" is {_id} already; adopt="{adopted}" has no effect')
        changes = _changes(stored, wanted)
        if changes and (drift := compare(from_inputs(_olds), without_additions(stored.definition, wanted))):
            tell_on_stderr(_told_drift(stored, drift))
        if changes and (pin := _news.get("pinVersion")):
            tell_on_stderr(_told_pin(stored, int(pin), changes))
        options_changed = any(_olds.get(key) != _news.get(key) for key in _KEPT_FOR_DELETION)
        return DiffResult(changes=bool(changes) or options_changed)

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Stores the definition, or takes over the one to adopt."""
        account, wanted = self.account(props), from_inputs(props)
        if adopted := props.get("adopt"):
            overwrite = bool(props.get("overwrite"))
            wanted = _pinned(account, str(adopted), wanted, props)
            stored = account.adopt(str(adopted), wanted, _holder(props), overwrite=overwrite)
        else:
            stored = account.create(wanted, _holder(props), _siblings(props))
        return CreateResult(stored.id, _outputs(account, stored, wanted, props))

    @plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the service holds now, as outputs and as inputs; an empty id when it holds nothing any more."""
        account = self.account(props)
        try:
            stored = account.snapshot.get(id_)
        except NotFound:
            return ReadResult("", {})
        outputs = _outputs(account, stored, from_inputs(props), props)
        return ReadResult(id_, outputs, {**to_inputs(from_inputs(outputs)), **_options(props)})

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Stores a new version, unless what is there is as the program says already."""
        account = self.account(_news)
        wanted = _pinned(account, _id, from_inputs(_news), _news)
        stored = account.update(_id, wanted, self._compared.get(_id), overwrite=bool(_news.get("overwrite")))
        return UpdateResult(_outputs(account, stored, wanted, _news))

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the definition with all its versions; one that is already gone is as good."""
        account, deployed = self.account(_props), from_inputs(_props)
        if account.holder(_id) not in (None, _holder(_props)):
            tell_on_stderr(f'workflow "{deployed.name}" ({_id}) stays: "{account.holder(_id)}" manages it now')
            return
        account.delete(_id, deployed, read_on_delete(_props.get("onDelete")), overwrite=bool(_props.get("overwrite")))


def read_on_delete(option: Any) -> OnDelete:
    """What ``on_delete`` says: nothing, ``"terminate"`` or ``{"wait": "1.00:00:00"}``.

    :raises SettingsError: it says something else.
    """
    if option is None:
        return OnDelete()
    if option == "terminate":
        return OnDelete("terminate")
    if isinstance(option, Mapping) and list(option) == ["wait"] and isinstance(option["wait"], str):
        try:
            return OnDelete("wait", parse_duration(option["wait"]))
        except ValueError as error:
            raise SettingsError(f"on_delete: {error}") from None
    raise SettingsError(f'on_delete is "terminate" or {{"wait": "1.00:00:00"}}, not {option!r}')


def _changes(stored: StoredDefinition, wanted: Definition) -> tuple[Change, ...]:
    return compare(without_additions(stored.definition, wanted), wanted)


def _pinned(account: ManagedAccount, id: str, program: Definition, props: Mapping[str, Any]) -> Definition:
    """What is to be stored: what the program says; for one that is pinned, that version, with the program's status.

    :raises NotFound: there is no definition of that id.
    :raises Refused: it has no such version.
    """
    pin = props.get("pinVersion")
    if pin is None:
        return program
    history = account.client.history(id)
    for stored in history:
        if stored.version == int(pin):
            return replace(stored.definition, status=program.status)
    versions = ", ".join(str(stored.version) for stored in history)
    raise Refused(
        f'workflow "{program.name}": pin_version={int(pin)}: the definition {id} has no such version; it has '
        f"{versions}. Nothing of it was changed."
    )


def _runs_already(olds: Mapping[str, Any], wanted: Definition) -> bool:
    # No gate stops that: neither an update of something else, nor a change of the status.
    return bool(olds) and "pinVersion" not in olds and same_but_status(from_inputs(olds), wanted)


def _nothing_to_pin(props: Mapping[str, Any]) -> str:
    return (
        f'workflow "{props.get("name")}": pin_version={int(props["pinVersion"])}: there is nothing to pin, as it is '
        "not deployed yet, or was deleted with all its versions. Nothing of it was changed. Take pin_version out."
    )


def _options(props: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: props[key] for key in OPTIONS if props.get(key) is not None}
    if about := _about(props):
        options[ABOUT] = {key: value for key, value in about.items() if key not in (NOTE, GATE, *ADDED)}
    return options


def _about(props: Mapping[str, Any]) -> Mapping[str, Any]:
    known = props.get(ABOUT)
    return known if isinstance(known, Mapping) else {}


def _holder(props: Mapping[str, Any]) -> str:
    return str(_about(props).get("resource", ""))


def _siblings(props: Mapping[str, Any]) -> int:
    return int(_about(props).get("siblings", 1))


def _outputs(
    account: ManagedAccount, stored: StoredDefinition, wanted: Definition, props: Mapping[str, Any]
) -> dict[str, Any]:
    """The definition as the service holds it, so that a refresh shows what changed by step, and what it added."""
    live = replace(without_additions(stored.definition, wanted), status=stored.status)
    # The account as it is configured, to see when another one is.
    added = dict(zip(ADDED, (stored.version, stored.created_at, account.client.settings.account_id), strict=True))
    options = _options(props)
    return {**to_inputs(live), **options, **added, ABOUT: {**options.get(ABOUT, {}), **added}}


def _told_drift(stored: StoredDefinition, drift: tuple[Change, ...]) -> str:
    return (
        f'workflow "{stored.definition.name}" was changed outside Pulumi (version {stored.version}, '
        f"{stored.created_at}):\n{list_places(drift)}\n"
        "The program says otherwise, and this update puts it back; to keep the change, write it into the program."
    )


def _told_pin(stored: StoredDefinition, pin: int, changes: tuple[Change, ...]) -> str:
    return (
        f'workflow "{stored.definition.name}" is pinned to version {pin}; it is version {stored.version} now, and this '
        f"update puts the older one back, as a new version:\n{list_places(changes)}\n"
        "Other changes of it in the program are not deployed until pin_version is taken out."
    )

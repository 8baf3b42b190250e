"""State of one operation of the engine: its accounts, what check() receives, and guards before a write."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pulumi_8x8.api import Journal, ManagedAccount, OnDelete, Settings, StoredDefinition, journal_folder, list_places
from pulumi_8x8.bounded import DEEPEST_STATE, parse_json
from pulumi_8x8.definition import Definition, from_inputs, logical_names, rename_sub_accounts
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.reconcile import OnDrift, reconcile
from pulumi_8x8.errors import Conflict, NotFound, Refused, StillRunning
from pulumi_8x8.resources import notices
from pulumi_8x8.resources.base_provider import Configured
from pulumi_8x8.resources.config import StackConfig
from pulumi_8x8.resources.digests import gate_refusal, masked_digest
from pulumi_8x8.resources.options import read_on_delete, read_on_drift
from pulumi_8x8.resources.properties import DEFINITION, About
from pulumi_8x8.resources.sealing import Secrets

#: What :meth:`Operation.definition` reads.
_CONTENT = (*DEFINITION, ORDER)


class Operation(Configured):
    """What the calls about workflows share. Methods without a resource are about the current call's.

    :ivar compared: what diff() compared with, by id.
    :ivar checked: what check() received, by URN.
    """

    def configure_with(self, config: Callable[[str], object], names: Callable[[], Iterable[str]] = tuple) -> None:
        super().configure_with(config, names)
        self.compared: dict[str, StoredDefinition] = {}
        self.checked: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()
        self._accounts: dict[Settings, ManagedAccount] = {}
        self._successors: dict[str, str] = {}
        self._state: dict[str, str] | None = None
        self._definitions: dict[str, tuple[str, Definition]] = {}

    def end(self) -> None:
        super().end()
        for account in list(self._accounts.values()):
            account.settle()

    def journal_folder(self) -> Path:
        """Returns the folder of the journal; a seam for tests."""
        return journal_folder()

    def account(self, props: Mapping[str, Any]) -> ManagedAccount:
        """Returns the account of a workflow, the same object for all workflows in it.

        :raises SettingsError: it isn't configured.
        :raises Conflict: the state has another account than the config.
        """
        settings = self.settings(props)
        # In another account the definition would count as deleted.
        if (deployed := props.get("accountId")) not in (None, "", settings.account_id):
            raise Conflict(notices.other_account(self.call.name, str(deployed), settings.account_id))
        with self._lock:
            if settings not in self._accounts:
                journal = Journal.of(settings, self.journal_folder())
                self._accounts[settings] = ManagedAccount(self.client(settings), journal)
            account = self._accounts[settings]
        account.snapshot.expect(self.about(props).workflows or 1)
        return account

    def secrets(self, source: Mapping[str, Any], *forms: Mapping[str, Any]) -> Secrets:
        """Returns the secrets of the resource, and hides them in messages; see :meth:`Secrets.of`."""
        secrets = Secrets.of(source, (*forms, self.call.old_inputs), self.config, self.about)
        self.know(secrets)
        return secrets

    def definition(self, properties: Mapping[str, Any]) -> Definition:
        """Returns the definition in inputs or outputs of the resource; most of its calls have the same one."""
        # A text, since to Python 1 equals True; sorted, since the engine loses the order of members.
        content = json.dumps([properties.get(key) for key in _CONTENT], sort_keys=True, default=repr)
        known = self._definitions.get(self.call.urn)
        if known is None or known[0] != content:
            known = self._definitions[self.call.urn] = content, from_inputs(properties)
        return known[1]

    def note_check(self, news: Mapping[str, Any]) -> None:
        """Keeps what check() received."""
        self.checked[self.call.urn] = news
        self._successors[self.about(news).origin.moved_from] = self.call.urn

    def on_delete(self, props: Mapping[str, Any]) -> OnDelete:
        """Returns the option that the program has now for the resource, here or under another URN.

        The deletion may be half of a replacement, or of a move to another account.

        :param props: of the resource, if the program no longer has it.
        """
        urn = self.call.urn
        now = urn if urn in self.checked else self._successors.get(urn, "")
        return read_on_delete(self.checked.get(now, props).get("onDelete"))

    @cached_property
    def stack_config(self) -> StackConfig:
        """:raises SettingsError: a setting isn't valid."""
        return StackConfig.read(self.config)

    def on_drift(self, props: Mapping[str, Any]) -> OnDrift:
        """Returns what to do about an edit outside Pulumi."""
        return (
            "overwrite" if props.get("overwrite") else read_on_drift(props.get("onDrift") or self.stack_config.on_drift)
        )

    def look_ahead(self, account: ManagedAccount, wanted: Definition, props: Mapping[str, Any]) -> str:
        """Returns why the creation is refused; empty if it isn't. Warns at a preview of what it takes over."""
        urn, name, adopted, origin = self.call.urn, self.call.name, props.get("adopt"), self.about(props).origin
        try:
            if adopted is not None:
                stored = account.snapshot.get(adopted)
                account.ledger.announce(urn, stored.id)
                wanted = self.pinned(account, adopted, wanted, props)
                if changes := reconcile(wanted, stored.definition).changes:
                    self.hold_the_gate({}, props, wanted)
                    self.warn(f'workflow "{name}": adopting {adopted} changes it:\n{list_places(changes)}')
            elif claim := account.look_ahead(urn, wanted, origin, accept_equal=self.stack_config.adopt_equal):
                self.warn(notices.taken_over(name, claim.id, claim.proof, origin))
            elif "pinVersion" in props:  # it moved here, and somebody deleted it with its versions
                return notices.nothing_to_pin(name, props["pinVersion"])
            else:
                self.guard_creation(account, props)
        except NotFound as error:
            return f'adopt="{adopted}": {error}. Nothing was changed. Remove adopt= to create a new definition.'
        except Refused as error:
            return str(error)
        return ""

    def guard_creation(self, account: ManagedAccount, props: Mapping[str, Any]) -> None:
        """Checks the deletion that follows: of what it replaces, or of what moves here from another account.

        :raises StillRunning: it would kill conversations that it must not kill.
        """
        origin, here = self.about(props).origin, account.client.settings.account_id
        if origin.own and origin.account == here:
            self.guard_replacement(account, account.resolve(origin.own), props)
        if origin.moved and origin.account not in ("", here):
            old = self.account({"account": dict(origin.place), "accountId": origin.account})
            self.guard_replacement(old, old.resolve(origin.moved), props)

    def guard_replacement(self, account: ManagedAccount, id: str, news: Mapping[str, Any]) -> None:
        """:raises StillRunning: the replacement would kill conversations that it must not kill."""
        try:
            if id:
                account.guard(self.call.urn, id, self.on_delete(news))
        except NotFound:
            pass
        except StillRunning as error:
            error.args = (f"{error}\nThe replacement didn't start, and nothing was created.",)
            raise

    def pinned(self, account: ManagedAccount, id: str, program: Definition, props: Mapping[str, Any]) -> Definition:
        """Returns what to store: ``program``, or the pinned version with the status of ``program``.

        :raises NotFound: there is no definition of that id.
        :raises Refused: it has no such version.
        """
        pin = props.get("pinVersion")
        if pin is None:
            return program
        digests = {stored.version: (stored, self.digest(stored.definition, props)) for stored in account.history(id)}
        for version, (stored, digest) in digests.items():
            if pin in (version, digest):
                return replace(stored.definition, status=program.status)
        known = ((version, digest) for version, (_, digest) in digests.items())
        raise Refused(notices.no_such_version(self.call.name, id, pin, known))

    def digest(self, definition: Definition, props: Mapping[str, Any]) -> str:
        """Returns the :attr:`Workflow.digest` of any version."""
        names = logical_names(self.stack_config.sub_accounts)
        return masked_digest(rename_sub_accounts(definition, names), self.about(props).secrets or ())

    def hold_the_gate(self, olds: Mapping[str, Any], news: Mapping[str, Any], wanted: Definition) -> None:
        """:raises Refused: the pinned version didn't pass the gate."""
        gate = About.read(self.checked.get(self.call.urn, {})).pin_gate
        if gate is None or olds.get("pinVersion") == news.get("pinVersion"):
            return
        ours = self.digest(wanted, news)
        if refusal := gate_refusal(self.call.name, ours, gate.get("theirs"), str(gate.get("stack"))):
            raise Refused(refusal)

    def held_elsewhere(self, definition_id: str) -> str | None:
        """Returns another resource in the stack's state with the definition: ``--target`` may leave two.

        If one operation deletes both, the second deletes the definition.
        """
        urn = self.call.urn
        with self._lock:
            if self._state is None:
                self._state = resources_in_state(urn)
            others = (each for each, id in self._state.items() if id == definition_id and each != urn)
            other = next(others, None)
            if other is not None:
                self._state.pop(urn, None)
            return other


def resources_in_state(urn: str) -> dict[str, str]:
    """Returns the id of each resource in the state of the stack of ``urn``; empty if the state can't be read.

    The engine doesn't show other resources to a plugin; Pulumi's command line can read the state meanwhile.
    """
    stack = urn.removeprefix("urn:pulumi:").partition("::")[0]
    command = [shutil.which("pulumi") or "pulumi", "stack", "export", "--stack", stack, "--non-interactive"]
    try:
        exported = subprocess.run(command, capture_output=True, timeout=60, check=True, stdin=subprocess.DEVNULL).stdout
        resources = parse_json(exported, DEEPEST_STATE)["deployment"].get("resources") or []
        return {each["urn"]: each["id"] for each in resources if each.get("id") and not each.get("delete")}
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return {}

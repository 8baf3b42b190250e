"""The provider that the engine calls: check, diff, create, read, update, delete of one workflow definition.

The dotted path of :class:`WorkflowProvider` is stored in users' state with every resource: it never changes.
Whatever is shown here may end in logs that others read: messages name places (``steps.send_CA.inputs.content.text``),
never values of a definition, and a workflow by its resource.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_8x8.api import (
    Journal,
    ManagedAccount,
    OnDelete,
    Origin,
    Settings,
    StoredDefinition,
    journal_folder,
    list_places,
    name_of,
)
from pulumi_8x8.definition import (
    Definition,
    from_inputs,
    logical_names,
    read_sub_accounts,
    rename_sub_accounts,
    to_inputs,
)
from pulumi_8x8.definition.compare import Change, compare
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.masking import SHORT
from pulumi_8x8.definition.reconcile import OnDrift, Plan, covers, reconcile, undo, without_additions
from pulumi_8x8.errors import Conflict, NotFound, Refused, SettingsError, StillRunning
from pulumi_8x8.resources.base_provider import Configured, plainly
from pulumi_8x8.resources.digests import judge, masked_digest, same_but_status
from pulumi_8x8.resources.linting import judge_in_check
from pulumi_8x8.resources.options import parse_paths, read_on_delete, read_on_drift
from pulumi_8x8.resources.properties import ABOUT, ANSWERED, DEFINITION, FORMER, OPTIONS, SAID, About
from pulumi_8x8.resources.sealing import Secrets, secret_texts
from pulumi_8x8.resources.seam import resources_in_state, secret

#: Options whose change has to reach the state, though nothing changes on the service.
_KEPT_FOR_DELETION = ("onDelete", "overwrite", "account")

#: How many values that were secret once are kept, to recognise them in older versions.
_FORMER = 50

#: What the engine gets when a definition is gone: an id changes in a replacement only, and nothing is left to delete.
_GONE = DiffResult(changes=True, replaces=["name"], delete_before_replace=True)


class WorkflowProvider(Configured):
    """One instance serves all workflows of an engine operation, from several threads at once."""

    # Made by configure(), in the plugin's process only.
    _lock: threading.Lock
    _accounts: dict[Settings, ManagedAccount]
    _compared: dict[str, StoredDefinition]
    _checked: dict[str, Mapping[str, Any]]
    _successors: dict[str, str]
    _state: dict[str, str] | None

    def configure_with(self, config: Callable[[str], object]) -> None:
        super().configure_with(config)
        self._lock = threading.Lock()
        self._accounts = {}
        self._compared = {}
        self._checked = {}
        self._successors = {}
        self._state = None

    def end(self) -> None:
        super().end()
        for account in list(self._accounts.values()):
            account.settle()

    def journal_folder(self) -> Path:
        """Where creations are noted; a seam for tests."""
        return journal_folder()

    def account(self, props: Mapping[str, Any]) -> ManagedAccount:
        """The account of a workflow, the same one for all workflows of it; it is told how many those are.

        :raises SettingsError: it is not configured.
        :raises Conflict: what is in the state was deployed to another account than is configured now.
        """
        settings = self.settings(props)
        # Or what is only in another account would be taken for deleted.
        if (deployed := props.get("accountId")) not in (None, "", settings.account_id):
            raise Conflict(
                f'workflow "{self.call.name}" was deployed to the account {deployed}, and 8x8:accountId '
                f"(PULUMI_8X8_ACCOUNT_ID) is {settings.account_id} now. Nothing was changed. Set it back; for the "
                "other account use another stack."
            )
        with self._lock:
            if settings not in self._accounts:
                journal = Journal(self.journal_folder(), f"{settings.base_url} {settings.account_id} {Path.cwd()}")
                self._accounts[settings] = ManagedAccount(self.client(settings), journal)
            account = self._accounts[settings]
        account.snapshot.expect(About.read(props).workflows or 1)
        return account

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Brings the inputs into canonical form and lints them; values that are not known yet are left alone.

        Of a workflow that is to be created it also says what stands in the way, so that a preview shows it.
        """
        secrets = self._secrets(news, news, _olds)
        try:
            account = self.account(news)
        except SettingsError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        self._checked[self.call.urn] = news
        about = About.read(news)
        self._successors[about.origin.moved_from] = self.call.urn
        definition = from_inputs(news)
        without_secrets = (lambda: from_inputs(secrets.leave_out(news))) if secrets else None
        errors = judge_in_check(definition, about.lint, without_secrets)
        if about.gate and not (_runs_already(_olds, definition) or about.origin.unchanged):
            errors = [*errors, about.gate]
        if "pinVersion" in news and not _olds and "adopt" not in news and not about.origin.moved:
            errors = [*errors, _nothing_to_pin(self.call.urn, news)]
        if not errors and not _olds and not definition.has_holes():
            errors = self._look_ahead(account, definition, news)
        inputs = secrets.seal({**_definition_inputs(definition, news), **_options(news)})
        # With an empty property the engine prints just the reason, which names the place better than it could.
        return CheckResult(inputs, [CheckFailure("", secrets.hide(error)) for error in errors])

    def _look_ahead(self, account: ManagedAccount, wanted: Definition, props: Mapping[str, Any]) -> list[str]:
        urn, adopted, origin = self.call.urn, props.get("adopt"), About.read(props).origin
        name = name_of(urn)
        try:
            if adopted is not None:
                stored = account.snapshot.get(adopted)
                account.ledger.announce(urn, stored.id)
                wanted = self._pinned(account, adopted, wanted, props)
                changes = reconcile(wanted, stored.definition).changes
                if changes:
                    self._hold_the_gate(urn, {}, props, wanted)
                    self.warn(f'workflow "{name}": adopting {adopted} changes it:\n{list_places(changes)}')
                return []
            claim = account.look_ahead(urn, wanted, origin, accept_equal=self._accepts_equal())
            if claim is not None:
                self.warn(_taken_over(name, claim.id, claim.proof, origin))
            elif self._is_replaced(account, props):
                account.guard(urn, origin.own, self._on_delete(urn, props))
            else:
                self._guard_origin(account, urn, props)
        except NotFound as error:
            return [f'adopt="{adopted}": {error}. Nothing was changed. Take out adopt= to create it anew.']
        except Refused as error:
            return [str(error)]
        return []

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares what the program says with what the service holds now, whoever put it there."""
        urn = self.call.urn
        self._secrets(_news, _news, _olds, self.call.old_inputs, former=_olds)
        if urn not in self._checked:
            # A refresh asks this to show what it found: the answer of read() beside the state before it.
            return DiffResult(changes=bool(compare(from_inputs(_olds), from_inputs(_news))))
        if self.settings(_olds, _news) != self.settings(_news):
            old = self.account(_olds)
            self._guard_move(old, urn, _id, _news)
            return DiffResult(changes=True, replaces=["account"])  # its id means nothing in another account
        # The account that was deployed to is in the old ones only.
        account, wanted = self.account({**_news, "accountId": _olds.get("accountId")}), from_inputs(_news)
        account.keep(urn, _id)
        try:
            stored = account.snapshot.get(_id, _deployed(_olds))
            wanted = self._pinned(account, _id, wanted, _news)
        except NotFound:
            self.warn(
                f'workflow "{name_of(urn)}" ({_id}) was deleted outside Pulumi; it is created again, with a new id'
            )
            account.ledger.release(urn)
            return _GONE
        with self._lock:
            self._compared[_id] = stored
        adopted = _news.get("adopt")
        if adopted is not None and str(adopted).lower() != _id.lower():
            self.warn(f'workflow "{name_of(urn)}" is {_id} already; adopt="{adopted}" has no effect')
        self._hold_the_gate(urn, _olds, _news, wanted)
        base = self._base(account, _id, _olds)
        plan = self._decide(account, base, wanted, _news)(stored)
        if plan.drift:
            self.warn(_told_drift(urn, stored, plan, self._on_drift(_news)))
        if plan.changes and (pin := _news.get("pinVersion")):
            self.warn(_told_pin(urn, stored, pin, plan))
        by_program = compare(base.said, wanted) if plan.changes and base.said is not None else ()
        for pattern in parse_paths(About.read(_news).replace_on):
            if any(covers(pattern, change.path) for change in by_program):
                self._guard_move(account, urn, _id, _news)
                account.ledger.release(urn)
                return DiffResult(changes=True, replaces=[str(pattern[0])])
        options_changed = any(_olds.get(key) != _news.get(key) for key in _KEPT_FOR_DELETION)
        return DiffResult(changes=bool(plan.changes) or options_changed or _is_news(stored, wanted, plan, _olds, _news))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Stores the definition, or takes over the one that is this stack's already, or that is to be adopted."""
        secrets = self._secrets(props, props)
        urn, account, wanted = self.call.urn, self.account(props), from_inputs(props)
        checked = self._checked.get(urn, props)
        adopted, origin = props.get("adopt"), About.read(checked).origin
        if adopted:
            stored, proof = account.adopt(urn, str(adopted)), "adopted"
        else:
            if self._is_replaced(account, checked):
                account.guard(urn, origin.own, self._on_delete(urn, checked))
            self._guard_origin(account, urn, checked)
            stored, claim = account.create(urn, wanted, origin, accept_equal=self._accepts_equal())
            proof = claim.proof
        try:
            if proof == "created":
                plan = Plan(wanted, ())
            else:
                if proof == "moved":
                    secrets = self._inherited(account, stored, origin, secrets)
                base = (
                    _moved_base(account, stored, wanted, checked) if proof == "moved" else _Base(None, 0, lambda: None)
                )
                wanted = self._pinned(account, stored.id, wanted, props)
                if reconcile(wanted, stored.definition).changes:
                    self._hold_the_gate(urn, {}, props, wanted)
                decide = self._decide(account, base, wanted, props)
                stored, plan = account.update(urn, stored.id, decide, stored, overwrite=bool(props.get("overwrite")))
            return CreateResult(stored.id, self._outputs(account, stored, wanted, plan, props, secrets, proof=proof))
        except Exception:
            # The engine may go on with deletions (--continue-on-error), and the state has it under its old URN only.
            account.ledger.withdraw(urn)
            raise

    @plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """What the service holds now, as outputs and as inputs; an empty id when it holds nothing any more."""
        account, old_inputs = self.account(props), self.call.old_inputs
        # The program's places came with the inputs; before they did, the state of an older version had none.
        source = old_inputs if old_inputs.get(ABOUT) else props
        secrets = self._secrets(source, props, old_inputs, former=props)
        about = About.read(props)
        # What is only read (Workflow.get) is not said by anybody here.
        is_managed = about.resource is not None
        try:
            stored = account.snapshot.get(id_, _deployed(props))
        except NotFound as error:
            if not is_managed:  # Workflow.get, for which the engine would pass this over
                raise NotFound(f'workflow "{self.call.name}": {error}', call=error.call) from None
            return ReadResult("", {})
        base = self._base(account, id_, props)
        live = without_additions(stored.definition, from_inputs(props) if is_managed else Definition())
        about = _with_added(about, account, stored)
        if is_managed:
            about = replace(about, id=stored.id, deployed=_deployed(props))
        outputs = {
            **{key: value for key, value in props.items() if key not in DEFINITION},
            **_definition_outputs(replace(live, status=stored.status)),
            **_added(about),
        }
        if base.said is None or stored.version == base.version:
            inputs = dict(old_inputs) or {**_definition_outputs(live), **_options(props)}
        else:
            # What a program would say that deploys what is there: as it says now, but for what somebody else changed.
            drifted = reconcile(base.said, stored.definition, base.said, base.answered(stored), on_drift="warn").target
            drifted = without_additions(drifted, base.said)
            inputs = {**_definition_inputs(drifted, old_inputs), **_options(old_inputs or props)}
            if SAID not in outputs:
                outputs[SAID] = _definition_outputs(base.said)
        inputs.pop("__provider", None)
        return ReadResult(id_, self._sealed(outputs, secrets, inputs), secrets.seal(inputs))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Stores a new version, unless what is there is as the program says already."""
        secrets = self._secrets(_news, _news, _olds, self.call.old_inputs, former=_olds)
        urn, account = self.call.urn, self.account(_news)
        wanted = self._pinned(account, _id, from_inputs(_news), _news)
        decide = self._decide(account, self._base(account, _id, _olds), wanted, _news)
        stored, plan = account.update(urn, _id, decide, self._compared.get(_id), overwrite=bool(_news.get("overwrite")))
        proof = About.read(_olds).proof or "state"
        return UpdateResult(self._outputs(account, stored, wanted, plan, _news, secrets, proof=proof, olds=_olds))

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the definition with all its versions; one that is already gone is as good."""
        self._secrets(_props, _props, self.call.old_inputs, former=_props)
        urn, account = self.call.urn, self.account(_props)
        if other := account.ledger.keeper(urn, _id) or self._held_elsewhere(urn, _id):
            self.warn(f'workflow "{name_of(urn)}": the definition {_id} stays, since {other} manages it now')
            account.close(urn, _id)
            return
        account.delete(
            urn,
            _id,
            from_inputs(_props),
            self._on_delete(urn, _props),
            version=int(_props.get("version") or 0),
            ignored=parse_paths(About.read(self.call.old_inputs).ignored),
            overwrite=bool(_props.get("overwrite")),
        )

    def _base(self, account: ManagedAccount, id: str, olds: Mapping[str, Any]) -> _Base:
        """What the last deployment said, and was answered."""
        inputs = olds.get(SAID, self.call.old_inputs)
        said = from_inputs(inputs) if "steps" in inputs else None
        if ANSWERED in olds:
            kept = from_inputs(olds[ANSWERED])
            return _Base(said, -1, lambda: kept)
        version = _deployed(olds)
        return _Base(said, version, lambda: account.version_of(id, version) or from_inputs(olds))

    def _decide(
        self, account: ManagedAccount, base: _Base, wanted: Definition, props: Mapping[str, Any]
    ) -> Callable[[StoredDefinition], Plan]:
        # A request of create does not have the option, and the program may have been changed on its way (transforms).
        ignored = parse_paths(self.call.ignored or About.read(props).ignored)
        urn, on_drift = self.call.urn, self._on_drift(props)

        def decide(stored: StoredDefinition) -> Plan:
            plan = reconcile(wanted, stored.definition, base.said, base.answered(stored), ignored, on_drift)
            if plan.drift and on_drift == "stop":
                raise Conflict(_stopped_by_drift(urn, stored, plan.drift))
            if plan.conflicts and on_drift == "warn":
                raise Conflict(_conflicting(urn, stored, plan.conflicts))
            return plan

        return decide

    def _outputs(
        self,
        account: ManagedAccount,
        stored: StoredDefinition,
        wanted: Definition,
        plan: Plan,
        props: Mapping[str, Any],
        secrets: Secrets,
        *,
        proof: str,
        olds: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The definition as the service holds it, so that a refresh shows what changed by step, and what it added."""
        live = replace(without_additions(stored.definition, wanted), status=stored.status)
        said = _said(plan, wanted)
        about = replace(
            _with_added(About.read(props).for_inputs(), account, stored),
            id=stored.id,
            deployed=stored.version,
            sent=masked_digest(said, secrets.places),
            proof=proof,
            digest=self._digest(wanted, props) if "pinVersion" in props else None,
        )
        outputs = {**_definition_outputs(live), **_options(props)}
        if compare(said, from_inputs(props)):
            outputs[SAID] = _definition_outputs(said)
        if plan.drift and self._on_drift(props) == "warn":  # somebody else's edit is still there
            about = replace(about, kept=True)
            if plan.changes:
                outputs[ANSWERED] = _definition_outputs(undo(live, plan.drift))
            else:
                about = replace(about, deployed=_deployed(olds or {}))
                outputs |= {key: value for key, value in (olds or {}).items() if key == ANSWERED}
        return self._sealed({**outputs, **_added(about)}, secrets, props)

    def _secrets(self, source: Mapping[str, Any], *forms: Mapping[str, Any], former: Mapping[str, Any] = {}) -> Secrets:
        """The secrets of a resource: where the properties ``source`` say, and their values in all ``forms``."""
        forms = (*forms, *(form[SAID] for form in forms if isinstance(form.get(SAID), Mapping)))
        older = [Secrets.read(About.read(form).secrets, [form]) for form in forms]
        values = {value for each in older for value in each.values}
        noted = former.get(FORMER)
        values |= {value for value in noted if isinstance(value, str)} if isinstance(noted, list) else set()
        secrets = Secrets.read(About.read(source).secrets, forms, values | self._configured(source))
        self.know(secrets)
        return secrets

    def _configured(self, source: Mapping[str, Any]) -> set[str]:
        """The config's secrets, of which the program may have made a part of a text; a short one would be a guess."""
        keys = About.read(source).secret_keys or ()
        found = (secret_texts(_parsed(self.config(key))) for key in keys)
        return {text for each in found for text in each if len(text) >= SHORT}

    def _inherited(
        self, account: ManagedAccount, stored: StoredDefinition, origin: Origin, secrets: Secrets
    ) -> Secrets:
        """Also what was secret under the old URN, whose inputs are not to be had: it may stay, or come with a pin."""
        if not origin.secrets:
            return secrets
        then = account.version_of(stored.id, origin.deployed)
        forms = [to_inputs(each) for each in (stored.definition, then) if each is not None]
        secrets = Secrets(secrets.places, secrets.values | Secrets.read(origin.secrets, forms).values)
        self.know(secrets)
        return secrets

    def _sealed(self, outputs: Mapping[str, Any], secrets: Secrets, current: Mapping[str, Any]) -> dict[str, Any]:
        sealed = secrets.seal(outputs)
        for key in (SAID, ANSWERED):
            if key in outputs:
                sealed[key] = secrets.seal(outputs[key])
        known = Secrets.read(About.read(current).secrets, [current]).values | self._configured(current)
        former = secrets.values - known
        sealed.pop(FORMER, None)
        if former:
            sealed[FORMER] = secret(sorted(former)[:_FORMER])
        return sealed

    def _on_delete(self, urn: str, props: Mapping[str, Any]) -> OnDelete:
        # What the program says now, when it still has the resource, here or under another URN: the deletion may be half
        # of a replacement, or of a move to another account.
        now = urn if urn in self._checked else self._successors.get(urn, "")
        return read_on_delete(self._checked.get(now, props).get("onDelete"))

    def _on_drift(self, props: Mapping[str, Any]) -> OnDrift:
        """:raises SettingsError: the config has something else."""
        if props.get("overwrite"):
            return "overwrite"
        return read_on_drift(props.get("onDrift") or self.config("8x8:onDrift") or "overwrite")

    def _accepts_equal(self) -> bool:
        return str(self.config("8x8:adoptEqual")).lower() == "true"

    def _is_replaced(self, account: ManagedAccount, props: Mapping[str, Any]) -> bool:
        """Whether the creation is half of a replacement, so that a deletion in this account follows."""
        origin = About.read(props).origin
        if not origin.own or origin.account != account.client.settings.account_id:
            return False
        try:
            account.snapshot.get(account.resolve(origin.own))
        except NotFound:
            return False
        return True

    def _guard_origin(self, account: ManagedAccount, urn: str, props: Mapping[str, Any]) -> None:
        """:raises StillRunning: it moves here from another account, where a deletion would kill conversations."""
        origin = About.read(props).origin
        if origin.moved and origin.account not in ("", account.client.settings.account_id):
            old = self.account({"account": dict(origin.place), "accountId": origin.account})
            self._guard_move(old, urn, old.resolve(origin.moved), props)

    def _guard_move(self, account: ManagedAccount, urn: str, id: str, news: Mapping[str, Any]) -> None:
        """:raises StillRunning: the replacement would kill conversations that it must not kill."""
        try:
            account.guard(urn, id, self._on_delete(urn, news))
        except NotFound:
            return
        except StillRunning as error:
            error.args = (f"{error}\nThe replacement was not begun; nothing was created either.",)
            raise

    def _pinned(self, account: ManagedAccount, id: str, program: Definition, props: Mapping[str, Any]) -> Definition:
        """What is to be stored: what the program says; for one that is pinned, that version, with the program's status.

        :raises NotFound: there is no definition of that id.
        :raises Refused: it has no such version.
        """
        pin = props.get("pinVersion")
        if pin is None:
            return program
        digests = {stored.version: (stored, self._digest(stored.definition, props)) for stored in account.history(id)}
        for version, (stored, digest) in digests.items():
            if digest == pin or version == pin:
                return replace(stored.definition, status=program.status)
        versions = ", ".join(f"{version} ({digest[:8]})" for version, (_, digest) in digests.items())
        raise Refused(
            f'workflow "{self.call.name}": pin_version={_shown(pin)}: the definition {id} has no such version; it has '
            f"{versions}. Nothing of it was changed."
        )

    def _digest(self, definition: Definition, props: Mapping[str, Any]) -> str:
        """As :attr:`Workflow.digest`, of any version of it."""
        names = logical_names(read_sub_accounts(self.config("8x8:subAccounts")))
        return masked_digest(rename_sub_accounts(definition, names), frozenset(About.read(props).secrets or ()))

    def _hold_the_gate(self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any], wanted: Definition) -> None:
        """:raises Refused: the version that is pinned did not pass the gate."""
        gate = About.read(self._checked.get(urn, {})).pin_gate
        if gate is None or olds.get("pinVersion") == news.get("pinVersion"):
            return
        ours = self._digest(wanted, news)
        if refusal := judge(name_of(urn), ours, gate.get("theirs"), str(gate.get("stack"))):
            raise Refused(refusal)

    def _held_elsewhere(self, urn: str, definition_id: str) -> str | None:
        """Another resource in the stack's state that has a definition: an operation on some targets may leave two.

        Of two that are deleted in one operation, the first leaves it to the second.
        """
        with self._lock:
            if self._state is None:
                self._state = resources_in_state(urn)
            others = (each for each, id in self._state.items() if id == definition_id and each != urn)
            other = next(others, None)
            if other is not None:
                self._state.pop(urn, None)
            return other


@dataclass(frozen=True)
class _Base:
    """The last deployment.

    :param said: what the program said; ``None`` when there was none.
    :param version: that was stored; as long as the service holds it, nobody else changed anything.
    :param then: what the service held as that version.
    """

    said: Definition | None
    version: int
    then: Callable[[], Definition | None]

    def answered(self, stored: StoredDefinition) -> Definition | None:
        return stored.definition if stored.version == self.version else self.then()


def _moved_base(
    account: ManagedAccount, stored: StoredDefinition, program: Definition, checked: Mapping[str, Any]
) -> _Base:
    """The last deployment of a definition under another URN, whose inputs are not to be had."""
    origin = About.read(checked).origin
    version = origin.deployed
    then = stored.definition if stored.version == version else account.version_of(stored.id, version)
    if origin.unchanged and then is not None:
        return _Base(replace(program, status=then.status), version, lambda: then)  # the digest leaves the status out
    return _Base(None if then is None else without_additions(then, program), version, lambda: then)


def _parsed(value: object) -> object:
    # A setting that is an object comes as its JSON.
    try:
        return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    except ValueError:
        return value


def _options(props: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: props[key] for key in OPTIONS if props.get(key) is not None}
    if props.get(ABOUT):
        options[ABOUT] = About.read(props).for_inputs().write()
    return options


def _definition_inputs(definition: Definition, told: Mapping[str, Any]) -> dict[str, Any]:
    # The record is the program's: made here, it would hold names of members that are secret.
    order = {ORDER: told[ORDER]} if isinstance(told.get(ORDER), str) else {}
    return {**_definition_outputs(definition), **order}


def _definition_outputs(definition: Definition) -> dict[str, Any]:
    # The order is the inputs': nothing is sent as outputs say.
    return {key: value for key, value in to_inputs(definition).items() if key != ORDER}


def _with_added(about: About, account: ManagedAccount, stored: StoredDefinition) -> About:
    # The account as it is configured, to see when another one is.
    account_id = account.client.settings.account_id
    return replace(about, version=stored.version, created_at=stored.created_at, account_id=account_id)


def _added(about: About) -> dict[str, Any]:
    """Outputs that are no inputs: what the service adds stands beside the definition, where people look."""
    written = about.write()
    return {**{key: written[key] for key in ("version", "createdAt", "accountId")}, ABOUT: written}


def _deployed(olds: Mapping[str, Any]) -> int:
    return About.read(olds).deployed or int(olds.get("version") or 0)


def _runs_already(olds: Mapping[str, Any], wanted: Definition) -> bool:
    # No gate stops that: neither an update of something else, nor a change of the status.
    return bool(olds) and "pinVersion" not in olds and same_but_status(from_inputs(olds), wanted)


def _is_news(
    stored: StoredDefinition, wanted: Definition, plan: Plan, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> bool:
    """Whether the service holds what the program says, and the state has to learn that, or what of it is secret.

    An operation was killed before the state was written, or the program took up what somebody else had stored.
    """
    known, places = About.read(olds), frozenset(About.read(news).secrets or ())
    if known.sent is None or plan.changes:
        return False
    if places != frozenset(known.secrets or ()):
        return True
    if plan.drift or stored.version == _deployed(olds):
        return False
    declared = masked_digest(wanted, places)
    return declared != known.sent and declared == masked_digest(_said(plan, wanted), places)


def _said(plan: Plan, wanted: Definition) -> Definition:
    """What the program is held to have said, as far as that is its own."""
    return without_additions(plan.said or plan.target, wanted)


def _shown(pin: Any) -> str:
    return f"{pin[:8]}…" if isinstance(pin, str) else str(int(pin))


def _nothing_to_pin(urn: str, props: Mapping[str, Any]) -> str:
    return (
        f'workflow "{name_of(urn)}": pin_version={_shown(props["pinVersion"])}: there is nothing to pin, as it is '
        "not deployed yet, or was deleted with all its versions. Nothing of it was changed. Take pin_version out."
    )


def _taken_over(name: str, definition_id: str, proof: str, origin: Origin) -> str:
    if proof == "moved":
        return (
            f'workflow "{name}": the definition {definition_id} moves here from {origin.moved_from}. It keeps its id '
            "and its running conversations; what the engine shows as a creation and a deletion deletes nothing."
        )
    if proof == "record":
        return (
            f'workflow "{name}": the definition {definition_id} was made by an earlier operation that was interrupted '
            "before the state had it; it is taken over, and no second one is made."
        )
    return (
        f'workflow "{name}": the definition {definition_id} is equal and nothing proves that this stack made it; it is '
        "taken over, since 8x8:adoptEqual is true."
    )


_PUT_BACK = {
    "overwrite": "The program says otherwise, and this update puts it back; to keep the change, write it into the "
    "program, or set 8x8:onDrift (on_drift) to warn or stop.",
    "warn": "It is left as it is (8x8:onDrift is warn); to keep it for good, write it into the program.",
}


def _told_drift(urn: str, stored: StoredDefinition, plan: Plan, on_drift: OnDrift) -> str:
    return f"{_drifted(urn, stored, plan.drift)}\n{_PUT_BACK[on_drift]}"


def _stopped_by_drift(urn: str, stored: StoredDefinition, drift: tuple[Change, ...]) -> str:
    return (
        f"{_drifted(urn, stored, drift)}\nNothing of it was changed (8x8:onDrift is stop). Write the change into the "
        'program to keep it; to discard it, deploy once with on_drift="overwrite".'
    )


def _conflicting(urn: str, stored: StoredDefinition, conflicts: tuple[Change, ...]) -> str:
    return (
        f"{_drifted(urn, stored, conflicts)}\nThe program changes the same places, so that their change cannot be left "
        "as it is (8x8:onDrift is warn). Nothing of it was changed. Write their change into the program to keep it; "
        'to discard it, deploy once with on_drift="overwrite".'
    )


def _drifted(urn: str, stored: StoredDefinition, drift: tuple[Change, ...]) -> str:
    return (
        f'workflow "{name_of(urn)}" was changed outside Pulumi (version {stored.version}, {stored.created_at}):\n'
        f"{list_places(drift)}"
    )


def _told_pin(urn: str, stored: StoredDefinition, pin: Any, plan: Plan) -> str:
    return (
        f'workflow "{name_of(urn)}" is pinned to version {_shown(pin)}; it is version {stored.version} now, and this '
        f"update puts the older one back, as a new version:\n{list_places(plan.changes)}\n"
        "Other changes of it in the program are not deployed until pin_version is taken out."
    )

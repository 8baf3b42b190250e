"""The provider that the engine calls: check, diff, create, read, update, delete of one workflow definition.

The dotted path of :class:`WorkflowProvider` is stored in users' state with every resource: it never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from pulumi_8x8.api import ManagedAccount, Origin, StoredDefinition
from pulumi_8x8.definition import Definition, from_inputs, to_inputs
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import Plan, covers, reconcile, undo, without_additions
from pulumi_8x8.errors import NotFound, Refused, SettingsError
from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.resources import notices
from pulumi_8x8.resources.base_provider import plainly
from pulumi_8x8.resources.deployment import Deployment, declared_by, is_news, is_recorded_wrongly
from pulumi_8x8.resources.digests import masked_digest, same_but_status
from pulumi_8x8.resources.linting import lint_in_check
from pulumi_8x8.resources.operation import Operation
from pulumi_8x8.resources.options import parse_paths
from pulumi_8x8.resources.properties import (
    ABOUT,
    ANSWERED,
    DEFINITION,
    SENT,
    About,
    definition_outputs,
    deployed_version,
    inputs_of,
    options_of,
    outputs_of,
)
from pulumi_8x8.resources.sealing import Secrets


class WorkflowProvider(Operation):
    """The provider of workflows; one instance serves all workflows of an operation, from several threads."""

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Brings the inputs into canonical form and lints them, except values that aren't known yet.

        For a new workflow it also reports what prevents its creation, so that a preview shows it.
        """
        secrets = self.secrets(news, news, _olds)
        try:
            account = self.account(news)
        except SettingsError as error:
            return CheckResult(news, [CheckFailure("", str(error))])
        self.note_check(news)
        about, definition = self.about(news), self.definition(news)
        without_secrets = (lambda: from_inputs(secrets.leave_out(news))) if secrets else None
        errors = lint_in_check(definition, about.lint, without_secrets)
        if about.gate and not (
            about.origin.unchanged  # nor does a gate stop changes of the status or of options
            or (_olds and "pinVersion" not in _olds and same_but_status(self.definition(_olds), definition))
        ):
            errors.append(about.gate)
        if "pinVersion" in news and not _olds and "adopt" not in news and not about.origin.moved:
            errors.append(notices.nothing_to_pin(self.call.name, news["pinVersion"]))
        if not errors and not _olds and not definition.has_holes():
            errors = list(filter(None, [self.look_ahead(account, definition, news)]))
        # With an empty property the engine prints only the reason, which names the place.
        failures = [CheckFailure("", printable_lines(secrets.hide(error))) for error in errors]
        return CheckResult(secrets.seal(inputs_of(definition, news)), failures)

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compares what the program declares with what the service holds now, whoever stored it."""
        urn, name = self.call.urn, self.call.name
        self.secrets(_news, _news, _olds)
        if urn not in self.checked:
            # A refresh compares the result of read() with the state before it.
            return DiffResult(changes=bool(compare(self.definition(_olds), self.definition(_news))))
        if self.settings(_olds, _news) != self.settings(_news):
            self.guard_replacement(self.account(_olds), _id, _news)
            return DiffResult(changes=True, replaces=["account"])  # its id means nothing in another account
        # The account that was deployed to is in the old ones only.
        account, wanted = self.account({**_news, "accountId": _olds.get("accountId")}), self.definition(_news)
        account.keep(urn, _id)
        try:
            stored = account.snapshot.get(_id, deployed_version(_olds))
            wanted = self.pinned(account, _id, wanted, _news)
        except NotFound:
            self.warn(
                f'workflow "{name}" ({_id}) was deleted outside Pulumi; this update creates it again, with a new id'
            )
            account.ledger.release(urn)
            # Only a replacement changes the id; nothing is left to delete.
            return DiffResult(changes=True, replaces=["name"], delete_before_replace=True)
        self.compared[_id] = stored
        adopted = _news.get("adopt")
        if adopted is not None and str(adopted).lower() != _id.lower():
            self.warn(f'workflow "{name}" already manages {_id}; adopt="{adopted}" has no effect')
        self.hold_the_gate(_olds, _news, wanted)
        last = Deployment.in_state(account, _id, _olds, self.call.old_inputs, self.definition)
        plan = self._planner(last, wanted, _news)(stored)
        if plan.drift:
            self.warn(notices.drifted(name, stored, plan.drift, self.on_drift(_news)))
        if plan.changes and (pin := _news.get("pinVersion")):
            self.warn(notices.pinned(name, stored, pin, plan))
        by_program = compare(last.declared, wanted) if plan.changes and last.declared is not None else ()
        for pattern in parse_paths(self.about(_news).replace_on):
            if any(covers(pattern, change.path) for change in by_program):
                self.guard_replacement(account, _id, _news)
                account.ledger.release(urn)
                return DiffResult(changes=True, replaces=[str(pattern[0])])
        # These reach the state only, for delete().
        options_changed = any(_olds.get(key) != _news.get(key) for key in ("onDelete", "overwrite", "account"))
        changes = bool(plan.changes) or options_changed or is_news(stored, wanted, plan, _olds, _news)
        return DiffResult(changes=changes or is_recorded_wrongly(wanted, plan, _olds, _news))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Stores the definition, or takes over this stack's own one, or adopts one."""
        secrets = self.secrets(props, props)
        urn, account, wanted = self.call.urn, self.account(props), from_inputs(props)
        checked = self.checked.get(urn, props)
        origin = self.about(checked).origin
        if (adopted := props.get("adopt")) is not None:
            stored, proof = account.adopt(urn, str(adopted)), "adopted"
        else:
            self.guard_creation(account, checked)
            equal = self.stack_config.adopt_equal
            if "pinVersion" in props and not account.look_ahead(urn, wanted, origin, accept_equal=equal):
                raise Refused(notices.nothing_to_pin(self.call.name, props["pinVersion"]))
            stored, claim = account.create(urn, wanted, origin, accept_equal=equal)
            proof = claim.proof
        try:
            plan = Plan(wanted, ())
            if proof != "created":
                last = Deployment()
                if proof == "moved":
                    secrets = self._inherited(account, stored, origin, secrets)
                    last = Deployment.moved(account, stored, wanted, origin)
                wanted = self.pinned(account, stored.id, wanted, props)
                if reconcile(wanted, stored.definition).changes:
                    self.hold_the_gate({}, props, wanted)
                planner = self._planner(last, wanted, props)
                with account.noting_secrets(stored.id, secrets.places, ()):
                    stored, plan = account.update(
                        urn, stored.id, planner, stored, overwrite=bool(props.get("overwrite"))
                    )
            # What was deployed under the old URN, if an edit from outside stays.
            olds = {"version": origin.deployed} if proof == "moved" else {}
            return CreateResult(stored.id, self._outputs(account, stored, wanted, plan, props, secrets, proof, olds))
        except Exception:
            # The engine may continue with deletions (--continue-on-error); the state has only the old URN.
            account.ledger.withdraw(urn)
            raise

    @plainly
    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Returns what the service holds now, as outputs and inputs; with an empty id if it is gone."""
        account, old_inputs, about = self.account(props), self.call.old_inputs, self.about(props)
        # The state of an older version of this package lacks the places in inputs.
        secrets = self.secrets(old_inputs if old_inputs.get(ABOUT) else props, props)
        is_managed = about.resource is not None  # else Workflow.get
        deployed = deployed_version(props)
        try:
            stored = account.snapshot.get(id_, deployed)
        except NotFound as error:
            if not is_managed:  # the engine would ignore an empty id
                raise NotFound(f'workflow "{self.call.name}": {error}', call=error.call) from None
            return ReadResult("", {})
        live = without_additions(stored.definition, self.definition(props) if is_managed else Definition())
        if is_managed:
            about = replace(about, id=stored.id, deployed=deployed)
        # An operation that was killed may have stored secrets of which the state knows nothing.
        if noted := account.secret_places(id_) - secrets.places if is_managed else frozenset():
            found = Secrets.read(noted, [to_inputs(stored.definition)])
            secrets = Secrets(secrets.places | noted, secrets.values | found.values)
            self.know(secrets)
            about = replace(about, secrets=tuple(sorted(secrets.places, key=str)))
        others = {key: value for key, value in props.items() if key not in DEFINITION}
        outputs = outputs_of(replace(live, status=stored.status), others, _added(about, account, stored))
        last = Deployment()
        if stored.version != deployed or ANSWERED in props:
            last = Deployment.in_state(account, id_, props, old_inputs).seen_from(stored)
        if last.declared is None:
            inputs = dict(old_inputs) or inputs_of(live, props)
        else:
            # A program with these inputs would change nothing: they are its own, with the edits from outside.
            declared, then = last.declared, last.answered(stored)
            drifted = reconcile(declared, stored.definition, declared, then, on_drift="warn").target
            inputs = inputs_of(without_additions(drifted, declared), old_inputs or props)
            outputs.setdefault(SENT, definition_outputs(declared))
        inputs.pop("__provider", None)
        if noted and inputs.get(ABOUT):
            inputs[ABOUT] = replace(About.read(inputs), secrets=about.secrets).write()
        sealed = self._sealed(outputs, secrets, inputs, account)
        secrets = secrets.and_key(account.client)
        if last.declared is None and old_inputs and not secrets:
            return ReadResult(id_, sealed)  # the engine keeps the inputs that it has
        return ReadResult(id_, sealed, secrets.seal(inputs))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Stores a new version, unless the service already holds what the program declares."""
        secrets = self.secrets(_news, _news, _olds)
        account = self.account(_news)
        wanted = self.pinned(account, _id, from_inputs(_news), _news)
        planner = self._planner(Deployment.in_state(account, _id, _olds, self.call.old_inputs), wanted, _news)
        overwrite = bool(_news.get("overwrite"))
        with account.noting_secrets(_id, secrets.places, About.read(_olds).secrets or ()):
            stored, plan = account.update(self.call.urn, _id, planner, self.compared.get(_id), overwrite=overwrite)
        proof = About.read(_olds).proof or "state"
        return UpdateResult(self._outputs(account, stored, wanted, plan, _news, secrets, proof, _olds))

    @plainly
    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Deletes the definition with all its versions, if it still exists."""
        self.secrets(_props, _props)
        urn, account = self.call.urn, self.account(_props)
        if other := account.ledger.keeper(urn, _id) or self.held_elsewhere(_id):
            self.warn(f'workflow "{self.call.name}": the definition {_id} stays, since {other} manages it now')
            account.close(urn, _id)
            return
        account.delete(
            urn,
            _id,
            from_inputs(_props),
            self.on_delete(_props),
            version=int(_props.get("version") or 0),
            ignored=parse_paths(About.read(self.call.old_inputs).ignored),
            overwrite=bool(_props.get("overwrite")),
        )

    def _planner(
        self, last: Deployment, wanted: Definition, props: Mapping[str, Any]
    ) -> Callable[[StoredDefinition], Plan]:
        # A create request lacks the option; a transform may have changed the program's own.
        ignored = parse_paths(self.call.ignored or self.about(props).ignored)
        name, on_drift, restores = self.call.name, self.on_drift(props), "pinVersion" in props
        return lambda stored: last.plan(stored, name, wanted, ignored, on_drift, restores=restores)

    def _outputs(
        self,
        account: ManagedAccount,
        stored: StoredDefinition,
        wanted: Definition,
        plan: Plan,
        props: Mapping[str, Any],
        secrets: Secrets,
        proof: str,
        olds: Mapping[str, Any] = {},
    ) -> dict[str, Any]:
        """Returns the outputs: the definition as the service holds it, so that a refresh shows changes by step."""
        live = replace(without_additions(stored.definition, wanted), status=stored.status)
        sent, others = declared_by(plan, wanted), options_of(props)
        about = replace(
            _added(About.read(props).for_inputs(), account, stored),
            id=stored.id,
            deployed=stored.version,
            sent=masked_digest(sent, secrets.places),
            proof=proof,
            digest=self.digest(wanted, props) if "pinVersion" in props else None,
        )
        if compare(sent, from_inputs(props)):
            others[SENT] = definition_outputs(sent)
        if plan.drift and self.on_drift(props) == "warn":  # an edit from outside stays
            about = replace(about, kept=True)
            if plan.changes:
                others[ANSWERED] = definition_outputs(undo(live, plan.drift))
            else:
                about = replace(about, deployed=deployed_version(olds))
                others |= {key: value for key, value in olds.items() if key == ANSWERED}
        return self._sealed(outputs_of(live, others, about), secrets, props, account)

    def _sealed(
        self, outputs: Mapping[str, Any], secrets: Secrets, now: Mapping[str, Any], account: ManagedAccount
    ) -> dict[str, Any]:
        secrets_now = Secrets.of(now, [now], self.config).and_key(account.client)
        return secrets.and_key(account.client).seal_outputs(outputs, secrets_now)

    def _inherited(
        self, account: ManagedAccount, stored: StoredDefinition, origin: Origin, secrets: Secrets
    ) -> Secrets:
        """Adds what was secret under the old URN: it may stay, or return with a pin."""
        if not origin.secrets:
            return secrets
        then = account.version_of(stored.id, origin.deployed)
        forms = [to_inputs(each) for each in (stored.definition, then) if each is not None]
        secrets = Secrets(secrets.places, secrets.values | Secrets.read(origin.secrets, forms).values)
        self.know(secrets)
        return secrets


def _added(about: About, account: ManagedAccount, stored: StoredDefinition) -> About:
    # The account in the config, to detect a change of it.
    account_id = account.client.settings.account_id
    return replace(about, version=stored.version, created_at=stored.created_at, account_id=account_id)

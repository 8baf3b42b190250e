"""The last deployment of a workflow, and what an update stores on top of it; no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi_8x8.api import ManagedAccount, Origin, StoredDefinition
from pulumi_8x8.definition import Definition, Path, from_inputs
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import OnDrift, Plan, reconcile, without_additions
from pulumi_8x8.errors import Conflict
from pulumi_8x8.resources import notices
from pulumi_8x8.resources.digests import masked_digest
from pulumi_8x8.resources.properties import ANSWERED, SENT, About, deployed_version


@dataclass(frozen=True)
class Deployment:
    """The last deployment.

    :param declared: what the program declared; ``None`` if nothing was deployed.
    :param version: the version stored then; as long as the service holds it, nobody else changed anything.
    :param then: returns what the service held as that version.
    :param is_paused: whether a deletion, which failed later, disabled what the service holds.
    """

    declared: Definition | None = None
    version: int = 0
    then: Callable[[], Definition | None] = lambda: None
    is_paused: Callable[[StoredDefinition], bool] = lambda _stored: False

    @classmethod
    def in_state(
        cls,
        account: ManagedAccount,
        id: str,
        olds: Mapping[str, Any],
        inputs: Mapping[str, Any],
        read: Callable[[Mapping[str, Any]], Definition] = from_inputs,
    ) -> Deployment:
        """Reads it from the outputs and inputs of a resource.

        :param read: reads the definition in them.
        """
        # Version 0.1.0 of this package recorded the program's content for a pinned workflow too.
        inputs = olds if _was_pinned_by_0_1(olds) else olds.get(SENT, inputs)
        declared = read(inputs) if "steps" in inputs else None
        version = deployed_version(olds)

        def is_paused(stored: StoredDefinition) -> bool:
            return account.disabled_by_deletion(stored, version)

        if ANSWERED in olds:
            answered = from_inputs(olds[ANSWERED])
            return cls(declared, -1, lambda: answered, is_paused)
        return cls(declared, version, lambda: account.version_of(id, version) or from_inputs(olds), is_paused)

    @classmethod
    def moved(
        cls, account: ManagedAccount, stored: StoredDefinition, program: Definition, origin: Origin
    ) -> Deployment:
        """Reads it from the service, for a definition under another URN, whose inputs aren't available."""
        version = origin.deployed
        then = stored.definition if stored.version == version else account.version_of(stored.id, version)
        if then is None:
            return cls(None, version)
        # "unchanged" compares digests, which leave out the status.
        declared = replace(program, status=then.status) if origin.unchanged else without_additions(then, program)
        return cls(declared, version, lambda: then)

    def answered(self, stored: StoredDefinition) -> Definition | None:
        """Returns what the service stored for it."""
        return stored.definition if stored.version == self.version else self.then()

    def seen_from(self, stored: StoredDefinition) -> Deployment:
        """Returns the deployment that counts, given what the service holds.

        If a deletion disabled the workflow and failed, that is the last deployment, and no edit of somebody else.
        """
        if stored.version == self.version or self.declared is None or not self.is_paused(stored):
            return self
        then = self.then()
        paused = None if then is None else replace(then, status=stored.status)
        return replace(self, declared=replace(self.declared, status=stored.status), then=lambda: paused)

    def plan(
        self,
        stored: StoredDefinition,
        name: str,
        wanted: Definition,
        ignored: Sequence[Path],
        on_drift: OnDrift,
        *,
        restores: bool = False,
    ) -> Plan:
        """Decides what to store, given what the service holds.

        :param name: of the resource.
        :param restores: whether ``wanted`` is a pinned version.
        :raises Conflict: somebody else's change may neither be overwritten nor stay.
        """
        last = self.seen_from(stored)
        plan = reconcile(
            wanted, stored.definition, last.declared, last.answered(stored), ignored, on_drift, restores=restores
        )
        if plan.drift and on_drift == "stop":
            raise Conflict(notices.drifted(name, stored, plan.drift, "stop"))
        if plan.conflicts and on_drift == "warn":
            raise Conflict(notices.drifted(name, stored, plan.conflicts, "conflict"))
        return plan


def declared_by(plan: Plan, wanted: Definition) -> Definition:
    """Returns what the program declares, without additions by the service."""
    return without_additions(plan.declared or plan.target, wanted)


def is_news(
    stored: StoredDefinition, wanted: Definition, plan: Plan, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> bool:
    """Whether nothing is to be stored, but the state lacks what the service holds, or which parts are secret.

    An operation was killed before it wrote the state, or the program now declares what somebody else stored.
    """
    known, places = About.read(olds), frozenset(About.read(news).secrets or ())
    if known.sent is None or plan.changes:
        return False
    if places != frozenset(known.secrets or ()):
        return True
    if plan.drift or stored.version == deployed_version(olds):
        return False
    declared = masked_digest(wanted, places)
    return declared != known.sent and declared == masked_digest(declared_by(plan, wanted), places)


def is_recorded_wrongly(wanted: Definition, plan: Plan, olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether the state would claim, without an update, that content is deployed which a pin holds back.

    If nothing changes, the engine stores the program's inputs and keeps the old outputs.
    """
    if "pinVersion" not in news or _was_pinned_by_0_1(olds):
        return False
    return bool(compare(from_inputs(olds.get(SENT, news)), declared_by(plan, wanted)))


def _was_pinned_by_0_1(olds: Mapping[str, Any]) -> bool:
    return "pinVersion" in olds and About.read(olds).sent is None

"""The last deployment of a workflow, and what an update stores on top of it; no input or output."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi_8x8.api import ManagedAccount, Origin, StoredDefinition
from pulumi_8x8.definition import Definition, Path, from_inputs
from pulumi_8x8.definition.reconcile import OnDrift, Plan, reconcile, without_additions
from pulumi_8x8.errors import Conflict
from pulumi_8x8.resources import messages
from pulumi_8x8.resources.digests import masked_digest
from pulumi_8x8.resources.properties import ANSWERED, SENT, About, deployed_version


@dataclass(frozen=True)
class Deployment:
    """The last deployment.

    :param said: what the program said; ``None`` when there was none.
    :param version: that was stored; as long as the service holds it, nobody else changed anything.
    :param then: what the service held as that version.
    """

    said: Definition | None = None
    version: int = 0
    then: Callable[[], Definition | None] = lambda: None

    @classmethod
    def in_state(
        cls, account: ManagedAccount, id: str, olds: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> Deployment:
        """What outputs and inputs of a resource say."""
        inputs = olds.get(SENT, inputs)
        said = from_inputs(inputs) if "steps" in inputs else None
        if ANSWERED in olds:
            answered = from_inputs(olds[ANSWERED])
            return cls(said, -1, lambda: answered)
        version = deployed_version(olds)
        return cls(said, version, lambda: account.version_of(id, version) or from_inputs(olds))

    @classmethod
    def moved(
        cls, account: ManagedAccount, stored: StoredDefinition, program: Definition, origin: Origin
    ) -> Deployment:
        """Of a definition under another URN, whose inputs are not to be had."""
        version = origin.deployed
        then = stored.definition if stored.version == version else account.version_of(stored.id, version)
        if then is None:
            return cls(None, version)
        # Of what is unchanged the digest leaves the status out.
        said = replace(program, status=then.status) if origin.unchanged else without_additions(then, program)
        return cls(said, version, lambda: then)

    def answered(self, stored: StoredDefinition) -> Definition | None:
        """What the service made of it."""
        return stored.definition if stored.version == self.version else self.then()

    def planner(
        self, name: str, wanted: Definition, ignored: Sequence[Path], on_drift: OnDrift
    ) -> Callable[[StoredDefinition], Plan]:
        """Decides what to store, given what the service holds.

        :param name: of the resource.
        :raises Conflict: somebody else changed it, and that must neither be overwritten nor left.
        """

        def plan(stored: StoredDefinition) -> Plan:
            made = reconcile(wanted, stored.definition, self.said, self.answered(stored), ignored, on_drift)
            if made.drift and on_drift == "stop":
                raise Conflict(messages.drifted(name, stored, made.drift, "stop"))
            if made.conflicts and on_drift == "warn":
                raise Conflict(messages.drifted(name, stored, made.conflicts, "conflict"))
            return made

        return plan


def said_by(plan: Plan, wanted: Definition) -> Definition:
    """What the program is held to have said, as far as that is its own."""
    return without_additions(plan.said or plan.target, wanted)


def is_news(
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
    if plan.drift or stored.version == deployed_version(olds):
        return False
    declared = masked_digest(wanted, places)
    return declared != known.sent and declared == masked_digest(said_by(plan, wanted), places)

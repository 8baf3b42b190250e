"""The same workflows in two environments: what one would get from the other, and what somebody changed in either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pulumi_8x8.definition import Definition, rename_sub_accounts
from pulumi_8x8.definition.reconcile import without_additions
from pulumi_8x8.review.reviews import Pair, Review, Side, review

#: Names of workflows.
NameMap: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Deployed:
    """A workflow of an environment; what is secret is masked in both definitions.

    :param version: the one that was deployed.
    :param definition: as it was deployed.
    :param live: as the service holds it now; ``None``: it was deleted.
    """

    id: str
    version: int | None
    definition: Definition
    live: Definition | None


@dataclass(frozen=True)
class Environment:
    """What a stack deployed.

    :param sub_accounts: by logical name.
    :param workflows: by the names of their resources.
    """

    name: str
    sub_accounts: Mapping[str, str]
    workflows: Mapping[str, Deployed]


@dataclass(frozen=True)
class EnvironmentComparison:
    """What is the same in two environments and what is not, as it was deployed.

    :param environments: their names.
    :param same: workflows that mean the same, but for sub-accounts with the same logical name.
    :param different: those that do not.
    :param only_in_first, only_in_second: those that the other one does not have.
    :param promotion: what the second would get, if it became as the first one is.
    :param drifts: for each environment, what was changed outside of Pulumi since it was deployed.
    """

    environments: tuple[str, str]
    same: NameMap
    different: NameMap
    only_in_first: NameMap
    only_in_second: NameMap
    promotion: Review
    drifts: tuple[Review, Review]

    @property
    def differs(self) -> bool:
        """They are not the same, or one is not as it was deployed."""
        return self.promotion.changed or any(drift.changed for drift in self.drifts)


def compare_environments(first: Environment, second: Environment) -> EnvironmentComparison:
    """The workflows of two environments, matched by the names of their resources."""
    to_logical = _logical(first, second)
    pairs = []
    for name in sorted({*first.workflows, *second.workflows}):
        there, here = (
            None if (deployed := each.workflows.get(name)) is None else Side(_renamed(deployed, names))
            for each, names in zip((first, second), to_logical, strict=True)
        )
        pairs.append(Pair(name, old=here, new=there))
    changing = {pair.label: pair for pair in pairs if pair.differs}
    return EnvironmentComparison(
        environments=(first.name, second.name),
        same=tuple(pair.label for pair in pairs if pair.label not in changing),
        different=tuple(name for name, pair in changing.items() if pair.old and pair.new),
        only_in_first=tuple(name for name, pair in changing.items() if pair.old is None),
        only_in_second=tuple(name for name, pair in changing.items() if pair.new is None),
        promotion=review(f"{second.name}, if it became as {first.name} is", pairs, notes=_notes(first, second)),
        drifts=(_drift(first), _drift(second)),
    )


def _renamed(deployed: Deployed, names: Mapping[str, str]) -> Definition:
    return rename_sub_accounts(deployed.definition, names)


def _drift(environment: Environment) -> Review:
    pairs = [
        Pair(
            name,
            old=Side(each.definition),
            new=None if each.live is None else Side(without_additions(each.live, each.definition)),
            id=each.id,
            version=each.version,
        )
        for name, each in environment.workflows.items()
    ]
    return review(f"{environment.name}, changed outside of Pulumi", pairs)


def _logical(*environments: Environment) -> list[dict[str, str]]:
    """For each environment, what leads from its sub-accounts to logical names.

    Where one has a single sub-account for several names, what was deployed does not tell them apart; so they are one
    name in all environments, or places would differ that the program says the same of.
    """
    together: dict[str, frozenset[str]] = {}
    for environment in environments:
        for account in environment.sub_accounts.values():
            names = [name for name, each in environment.sub_accounts.items() if each == account]
            joined = frozenset[str]().union(*(together.get(name, {name}) for name in names))
            together.update(dict.fromkeys(joined, joined))
    return [
        {account: " or ".join(sorted(together[name])) for name, account in environment.sub_accounts.items()}
        for environment in environments
    ]


def _notes(first: Environment, second: Environment) -> list[str]:
    lacking = [
        f"{one.name} has no {', '.join(missing)} in 8x8:subAccounts, and {other.name} has"
        for one, other in ((first, second), (second, first))
        if (missing := sorted(other.sub_accounts.keys() - one.sub_accounts.keys()))
    ]
    return [f"{each}; such sub-accounts are compared by their ids" for each in lacking]

"""Compares the workflows of two environments: what one would get from the other, and the drift of each. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_8x8.definition import Definition, rename_sub_accounts
from pulumi_8x8.definition.reconcile import without_additions
from pulumi_8x8.phrasing import natural
from pulumi_8x8.review.reviews import Pair, Review, Side, review


@dataclass(frozen=True)
class Deployed:
    """A workflow of an environment; secrets are masked in both definitions.

    :param version: the deployed version.
    :param definition: the deployed definition.
    :param live: the definition that the service holds now; ``None`` if it was deleted.
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
    """Two environments compared by what was deployed.

    :param environments: their names.
    :param same: equal workflows. Sub-accounts with the same logical name count as equal.
    :param different: workflows that differ.
    :param only_in_first, only_in_second: workflows that only one environment has.
    :param promotion: what the second environment would get if it became equal to the first.
    :param drifts: for each environment, what was changed outside of Pulumi since the deployment.
    """

    environments: tuple[str, str]
    same: tuple[str, ...]
    different: tuple[str, ...]
    only_in_first: tuple[str, ...]
    only_in_second: tuple[str, ...]
    promotion: Review
    drifts: tuple[Review, Review]

    @property
    def differs(self) -> bool:
        """Whether the environments differ, or one has drifted."""
        return self.promotion.changed or any(drift.changed for drift in self.drifts)


def compare_environments(first: Environment, second: Environment) -> EnvironmentComparison:
    """Compares the workflows of two environments, matched by the names of their resources."""
    to_logical = _logical(first, second)
    pairs = []
    for name in sorted({*first.workflows, *second.workflows}, key=natural):
        there, here = (
            Side(rename_sub_accounts(each.workflows[name].definition, names)) if name in each.workflows else None
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
        promotion=review(f"{second.name}, if it became equal to {first.name}", pairs, notes=_notes(first, second)),
        drifts=(_drift(first), _drift(second)),
    )


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
    """Maps sub-accounts to logical names, for each environment.

    If one environment has the same sub-account for several names, its definitions don't distinguish the names. Then
    they count as one name in all environments. Otherwise places would differ that are equal in the program.
    """
    together: dict[str, frozenset[str]] = {}
    for environment in environments:
        for account in environment.sub_accounts.values():
            names = [name for name, each in environment.sub_accounts.items() if each == account]
            joined = frozenset[str]().union(*(together.get(name, {name}) for name in names))
            together.update(dict.fromkeys(joined, joined))
    return [
        {
            account: " or ".join(sorted(together[name], key=natural))
            for name, account in environment.sub_accounts.items()
        }
        for environment in environments
    ]


def _notes(first: Environment, second: Environment) -> list[str]:
    lacking = [
        f"{one.name} lacks {', '.join(missing)} in 8x8:subAccounts, which {other.name} has"
        for one, other in ((first, second), (second, first))
        if (missing := sorted(other.sub_accounts.keys() - one.sub_accounts.keys(), key=natural))
    ]
    return [f"{each}. The comparison uses the ids of these sub-accounts" for each in lacking]

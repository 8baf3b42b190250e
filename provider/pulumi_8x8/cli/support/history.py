"""The versions of a workflow, without the secrets in the state of the stack that manages it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_8x8.cli.support.vocabulary import Failed

if TYPE_CHECKING:
    from pulumi_8x8.api import StoredDefinition
    from pulumi_8x8.cli.support.target import ServiceAccess, Target
    from pulumi_8x8.definition import Definition
    from pulumi_8x8.review.reviews import Review


@dataclass(frozen=True)
class History:
    """All versions of a workflow, the newest first.

    :param masked: their definitions, without the secrets in the stack's state.
    """

    target: Target
    stored: Sequence[StoredDefinition]
    masked: Sequence[Definition]

    def at(self, version: int | None) -> int:
        """Returns the position of a version.

        :param version: ``None`` for the newest version.
        :raises Failed: there is no such version.
        """
        for position, each in enumerate(self.stored):
            if version in (None, each.version):
                return position
        known = ", ".join(str(each.version) for each in self.stored)
        raise Failed(f"{self.target.label} has no version {version}. It has {known}")

    def remark(self, version: int) -> str:
        """Describes who made a version, as far as the stack's state shows it. The service doesn't record it."""
        ours = self.target.managed.version if self.target.managed else None
        if ours is None:
            return ""
        if version > ours:
            return "not from this stack's last update"
        return "in this stack's state" if version == ours else ""

    def review(self, old: int, new: int) -> Review:
        """Reviews what changed between two positions."""
        from pulumi_8x8.review.reviews import Pair, Side, review

        label, before, after = self.target.label, self.stored[old], self.stored[new]
        pair = Pair(label, Side(self.masked[old]), Side(self.masked[new]))
        return review(f"{label}, version {before.version} → {after.version}", [pair])

    def without_secrets(self, service: ServiceAccess, position: int) -> tuple[Definition, dict[str, str]]:
        """Returns a definition with a placeholder for each secret, and the secrets that the config doesn't have yet."""
        from pulumi_8x8.exporting.secret_extraction import without_secrets

        managed = self.target.managed
        config = service.stack.secrets_of(managed.project) if service.stack and managed else {}
        return without_secrets(self.stored[position].definition, self.masked[position], config)


def read_history(service: ServiceAccess, target: Target) -> History:
    """Reads all versions of a workflow.

    :raises NotFound: the definition doesn't exist.
    """
    stored = target.client.history(target.id)
    definitions = [each.definition for each in stored]
    config = service.stack.secret_texts() if service.stack else ()
    return History(target, stored, target.managed.mask(definitions, config) if target.managed else definitions)

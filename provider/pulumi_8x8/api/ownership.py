"""Records which resource of this stack owns a definition, and what proves it. No I/O.

The definition's id in the stack's state identifies it, never a name. An equal definition isn't an owned one.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pulumi_8x8.errors import Conflict
from pulumi_8x8.validation import Invalid, validated

#: What proves that this stack owns a definition. ``state``: the stack's state has its id for the resource. ``moved``:
#: the state has it for a resource that the program no longer has. ``created``: this operation stored it. ``record``:
#: this machine noted that it was about to store it. ``adopted``: the program names the id. ``equal``: it is equal, and
#: the stack's config accepts that (``8x8:adoptEqual``).
Proof = Literal["state", "moved", "created", "record", "adopted", "equal"]


@dataclass(frozen=True)
class Claim:
    """One resource's claim to one definition.

    :param urn: the resource.
    :param id: the definition.
    """

    urn: str
    id: str
    proof: Proof


@dataclass(frozen=True)
class Origin:
    """What the stack's state knows about a resource that is new to it, or that is about to be replaced.

    The id names a definition; the state of the version before this one has only its ``createdAt/version``.

    :param own: the definition that the state has for the same URN: the creation is half of a replacement.
    :param account: the account of ``own`` or ``moved``; ``place`` is the option that names it, if any.
    :param moved: the definition of a URN that the program no longer has, and that this resource follows.
    :param moved_from: the URN of ``moved``.
    :param deployed: the version of ``moved`` that this stack stored last.
    :param unchanged: whether the program still declares it as it did then.
    :param secrets: places of secrets in what was stored then.
    :param namesakes: other definitions of this stack that may have the same name.
    """

    own: str = ""
    account: str = ""
    moved: str = ""
    moved_from: str = ""
    deployed: int = 0
    unchanged: bool = False
    secrets: tuple[tuple[str | int, ...], ...] = ()
    namesakes: tuple[str, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, known: Mapping[str, Any]) -> Origin:
        """Reads what went through the engine, which makes floats of numbers; an unknown form counts as absent."""
        try:
            return validated(cls, {key: value for key, value in known.items() if value is not None})
        except Invalid:
            return cls()

    def as_input(self) -> dict[str, Any]:
        """Returns what :meth:`read` reads, without empty members."""

        def plain(value: Any) -> Any:
            return [plain(item) for item in value] if isinstance(value, tuple) else value

        return {key: plain(value) for key, value in asdict(self).items() if value}


def name_of(urn: str) -> str:
    """Returns the resource's name in the program; messages use it, since a workflow's own name may be secret."""
    return urn.rpartition("::")[2]


class Ledger:
    """The claims of one operation in one account; threads may share it.

    An operation never deletes what it created, adopted or kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: dict[str, Claim] = {}  # by URN
        self._urns: dict[str, str] = {}  # of those who claim, by id
        self._announced: dict[str, str] = {}  # URN by id

    def announce(self, urn: str, definition_id: str) -> None:
        """Notes that ``urn`` is about to take over ``definition_id``: until then, nobody deletes it.

        :raises Conflict: another resource of the operation claims the definition, or is about to.
        """
        with self._lock:
            other = self._holder(definition_id, besides=urn) or self._announced.setdefault(definition_id, urn)
        if other != urn:
            raise _both(other, urn, definition_id)

    def enter(self, claim: Claim) -> None:
        """Notes a claim. A resource that claims another definition releases the previous one.

        :raises Conflict: another resource of the operation claims the definition, or is about to take over what this
            resource keeps.
        """
        with self._lock:
            announced = self._announced.get(claim.id, claim.urn) if claim.proof == "state" else claim.urn
            other = self._holder(claim.id, besides=claim.urn) or announced
            if other == claim.urn:
                self._drop(claim.urn)
                self._claims[claim.urn], self._urns[claim.id] = claim, claim.urn
                # The other definition that it was about to take over is gone.
                if self._announced:
                    others = self._announced.items()
                    self._announced = {id: urn for id, urn in others if urn != claim.urn or id == claim.id}
                return
        raise _both(other, claim.urn, claim.id)

    def withdraw(self, urn: str) -> None:
        """Withdraws a claim: the creation failed, so the resource only expects the definition."""
        with self._lock:
            claim = self._drop(urn)
            if claim is not None:
                self._announced.setdefault(claim.id, urn)

    def holder(self, definition_id: str, besides: str) -> str | None:
        """Returns another resource than ``besides`` that has a definition."""
        with self._lock:
            return self._holder(definition_id, besides)

    def has(self, urn: str, definition_id: str) -> bool:
        """Reports whether the resource has the definition in this operation."""
        with self._lock:
            claim = self._claims.get(urn)
            return claim is not None and claim.id == definition_id

    def keeper(self, urn: str, definition_id: str) -> str | None:
        """Returns who keeps a definition when the state drops ``urn``: another resource, or ``urn`` itself."""
        return urn if self.has(urn, definition_id) else self.holder(definition_id, besides=urn)

    def release(self, urn: str) -> None:
        """Releases the resource's definition: it is being replaced, so its deletion may follow."""
        with self._lock:
            self._drop(urn)

    def expects(self, definition_id: str, besides: str) -> str | None:
        """Returns another resource than ``besides`` that is about to take over a definition."""
        with self._lock:
            announced = self._announced.get(definition_id, besides)
            return None if announced == besides else announced

    def claims(self) -> list[Claim]:
        with self._lock:
            return list(self._claims.values())

    def _holder(self, definition_id: str, besides: str) -> str | None:
        urn = self._urns.get(definition_id)
        return None if urn == besides else urn

    def _drop(self, urn: str) -> Claim | None:
        claim = self._claims.pop(urn, None)
        if claim is not None:
            del self._urns[claim.id]
        return claim


def _both(one: str, other: str, definition_id: str) -> Conflict:
    return Conflict(
        f'both "{name_of(one)}" and "{name_of(other)}" of this program manage the workflow definition '
        f"{definition_id}. Nothing was changed. Remove one of them from the state (pulumi state delete <its URN>) or "
        f"from the program:\n  {one}\n  {other}"
    )

"""Finds for new resources of a program the old ones in its stack's state that they follow.

For the engine, a resource that moves under a component, or gets another name or class, is a new one with a new URN,
and it deletes the old one. The definition must survive that, so the new one takes over what the old one had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pulumi_8x8.api import Origin
from pulumi_8x8.resources.properties import ABOUT, About
from pulumi_8x8.resources.seam import Held


@dataclass(frozen=True)
class Trait:
    """What distinguishes resources of one kind.

    :param title: the workflow's own name; empty if it isn't known.
    :param content: a digest of the declared definition; empty if it isn't known.
    :param aliases: old URNs that the program names, which the engine finds if they are right; ``""`` if one of them
        isn't known.
    :param id: of the definition: the state has it, or the program adopts it.
    :param noted: whether this machine noted that it created a definition for the resource.
    """

    urn: str
    title: str = ""
    content: str = ""
    aliases: tuple[str, ...] = ()
    id: str = ""
    noted: bool = False

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


#: What two resources may have in common, the surest first; empty where that isn't known.
_ALIKE: tuple[Callable[[Trait], object], ...] = (
    lambda each: each.id,
    lambda each: each.content and (each.name, each.content),
    lambda each: each.name,
    lambda each: each.content and each.title and (each.title, each.content),
    lambda each: each.title,
)


def pair(program: Sequence[Trait], state: Sequence[Trait]) -> dict[str, str]:
    """Returns the URN of ``state`` that each new URN of ``program`` follows, if any.

    Only URNs that the other side lacks are paired: by alias first, as the engine does, then by the id that the program
    adopts, by resource name, and by title. If there are several, the one with the same content comes first, then the
    one that has no other definition, then the first.
    """
    there, here = {trait.urn for trait in state}, {trait.urn for trait in program}
    # An operation on some targets may have left the old URN of a moved definition too.
    kept = {trait.id for trait in state if trait.urn in here and trait.id}
    orphans = [trait for trait in state if trait.urn not in here and trait.id not in kept]
    # Those with aliases come first, so that no other gets what the engine assigns to them. Those that don't need an old
    # one come last: what they leave would be deleted, and created again for another.
    newcomers = sorted(
        (trait for trait in program if trait.urn not in there),
        key=lambda each: (bool(each.id) or each.noted, not each.aliases),
    )
    pairs: dict[str, str] = {}
    left = {trait.urn for trait in orphans}
    for new in newcomers:
        if found := next((alias for alias in new.aliases if alias in left), None):
            pairs[new.urn] = found
            left.remove(found)
    for key in _ALIKE:
        for new in newcomers:
            alike = (old.urn for old in orphans if old.urn in left and key(old) == key(new))
            if new.urn not in pairs and key(new) and (found := next(alike, None)):
                pairs[new.urn] = found
                left.remove(found)
    # Those with aliases too: a wrong alias would lose the definition; after a right one nobody reads the pair.
    return pairs


class ManagedDefinitions(dict[str, Held]):
    """The workflows in the state that a program manages, by URN. The program only reads one without a resource name.

    :param held: the dynamic resources in the state.
    :ivar abouts: the records of the workflows, by URN.
    """

    def __init__(self, held: Sequence[Held]) -> None:
        abouts = {each.urn: About.read({ABOUT: each.get(ABOUT)}) for each in held}
        self.abouts = {urn: about for urn, about in abouts.items() if about.resource is not None}
        super().__init__({each.urn: each for each in held if each.urn in self.abouts})

    def reference(self, urn: str) -> str:
        """Returns what names the definition."""
        held = self[urn]
        return self.abouts[urn].id or f"{held.get('createdAt')}/{int(held.get('version') or 0)}"

    @cached_property
    def by_title(self) -> dict[str, list[Held]]:
        """Groups them by the workflow's name; ``""`` if it isn't known."""
        found: dict[str, list[Held]] = {}
        for each in self.values():
            found.setdefault(str(each.get("name") or ""), []).append(each)
        return found


def traits_of(held: ManagedDefinitions) -> list[Trait]:
    """Returns the traits of workflows in the state."""
    return [
        Trait(urn, str(each.get("name") or ""), held.abouts[urn].sent or "", id=held.reference(urn))
        for urn, each in held.items()
    ]


def origin_of(trait: Trait, follows: str | None, held: ManagedDefinitions) -> Origin:
    """Returns what the state has for a workflow.

    :param follows: the URN in the state that it follows.
    """
    titles = (trait.title, "") if trait.title else held.by_title
    same_title = (each for title in titles for each in held.by_title.get(title, ()))
    namesakes = tuple(held.reference(each.urn) for each in same_title if each.urn != trait.urn)
    if trait.urn in held:
        account = str(held[trait.urn].get("accountId") or "")
        return Origin(own=held.reference(trait.urn), account=account, namesakes=namesakes)
    if follows is None:
        return Origin(namesakes=namesakes)
    old = held[follows]
    about = held.abouts[follows]
    return Origin(
        moved=held.reference(follows),
        moved_from=old.urn,
        account=str(old.get("accountId") or ""),
        place=old.get("account") or {},
        deployed=about.deployed or int(old.get("version") or 0),
        unchanged=bool(trait.content) and about.sent == trait.content,
        secrets=about.secrets or (),
        namesakes=namesakes,
    )

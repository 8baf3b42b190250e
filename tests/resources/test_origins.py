"""Which new resource of a program follows which old one of the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.api import Origin
from pulumi_8x8.resources.origins import ManagedDefinitions, Trait, origin_of, pair, traits_of
from pulumi_8x8.resources.properties import ABOUT

from .harness import urn_of


def trait(name: str, title: str = "", content: str = "", aliases: Sequence[str] = ()) -> Trait:
    return Trait(urn_of(name), title, content, tuple(map(urn_of, aliases)))


A, B, C = trait("a"), trait("b"), trait("c")

#: The program, the state; new names and the old ones that they follow.
PAIRS: dict[str, tuple[list[Trait], list[Trait], dict[str, str]]] = {
    "nothing": ([], [], {}),
    "what both have": ([A], [A], {}),
    "a new one": ([A, B], [A], {}),
    "one that is gone": ([A], [A, B], {}),
    "another one, which has nothing in common": ([B], [A], {}),
    "under a component": ([trait("c/a")], [A], {"c/a": "a"}),
    "out of a component": ([A], [trait("c/a")], {"a": "c/a"}),
    "renamed, with its title": ([trait("b", "Menu")], [trait("a", "Menu")], {"b": "a"}),
    "renamed, with another title": ([trait("b", "Other")], [trait("a", "Menu")], {}),
    "titles that aren't known are not the same": ([trait("b", "", "x")], [trait("a", "", "x")], {}),
    "the same content under another title": ([trait("b", "Other", "x")], [trait("a", "Menu", "x")], {}),
    "the name before the title": (
        [trait("c/a", "Other"), trait("b", "Menu")],
        [trait("a", "Menu"), trait("d", "Other")],
        {"c/a": "a"},
    ),
    "of two of the name the one with the content": (
        [trait("c/a", "Menu", "2")],
        [trait("d/a", "Menu", "1"), trait("e/a", "Menu", "2")],
        {"c/a": "e/a"},
    ),
    "of two of the name the first": (
        [trait("c/a", "Menu", "3")],
        [trait("d/a", "Menu", "1"), trait("e/a", "Menu", "2")],
        {"c/a": "d/a"},
    ),
    "of two of the title the one with the content": (
        [trait("c", "Menu", "2")],
        [trait("a", "Menu", "1"), trait("b", "Menu", "2")],
        {"c": "b"},
    ),
    "two of one title, each with its content": (
        [trait("c", "Menu", "2"), trait("d", "Menu", "1")],
        [trait("a", "Menu", "1"), trait("b", "Menu", "2")],
        {"c": "b", "d": "a"},
    ),
    "two of one title, and one is left": (
        [trait("c", "Menu", "2"), trait("d", "Menu", "3")],
        [trait("b", "Menu", "2")],
        {"c": "b"},
    ),
    "the content goes before the order": (
        [trait("c", "Menu", "3"), trait("d", "Menu", "2")],
        [trait("b", "Menu", "2")],
        {"d": "b"},
    ),
    "what stays is never followed": ([trait("a", "Menu"), trait("b", "Menu")], [trait("a", "Menu")], {}),
    "swapped names stay what they are": (
        [trait("a", "B"), trait("b", "A")],
        [trait("a", "A"), trait("b", "B")],
        {},
    ),
    "one that was created here before leaves the old one to the other": (
        [replace(trait("b", "Menu"), noted=True), trait("c", "Menu")],
        [trait("a", "Menu")],
        {"c": "a"},
    ),
    "one that adopts another definition leaves the old one to the other": (
        [replace(trait("b", "Menu"), id="2"), trait("c", "Menu")],
        [replace(trait("a", "Menu"), id="1")],
        {"c": "a"},
    ),
    "one that adopts its own definition goes before one of the title": (
        [trait("c", "Menu"), replace(trait("b", "Menu"), id="1")],
        [replace(trait("a", "Menu"), id="1")],
        {"b": "a"},
    ),
    "one that has a definition, and nobody else": (
        [replace(trait("b", "Menu"), noted=True)],
        [trait("a", "Menu")],
        {"b": "a"},
    ),
    "aliases that may be wrong": ([trait("b", "Menu", aliases=["nowhere"])], [trait("a", "Menu")], {"b": "a"}),
    "aliases come first": (
        [trait("c", "Menu"), trait("b", "Menu", aliases=["nowhere"])],
        [trait("a", "Menu")],
        {"b": "a"},
    ),
    "an alias goes before a resource name": (
        [trait("x/a", "B", aliases=["b"]), trait("c", "A")],
        [trait("a", "A"), trait("b", "B")],
        {"x/a": "b", "c": "a"},
    ),
    "one of two aliases leads somewhere": (
        [trait("c", "Menu", aliases=["nowhere", "b"]), trait("d", "Menu")],
        [trait("a", "Menu"), trait("b", "Menu")],
        {"c": "b", "d": "a"},
    ),
    "an alias of what stays leads nowhere": (
        [trait("a", "Menu"), trait("c", "Menu", aliases=["a"])],
        [trait("a", "Menu"), trait("b", "Menu")],
        {"c": "b"},
    ),
    "aliases leave the others what is left": (
        [trait("d", "Menu"), trait("c", "Menu", aliases=["nowhere"])],
        [trait("a", "Menu"), trait("b", "Menu")],
        {"c": "a", "d": "b"},
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_pairs(case: str) -> None:
    """Resource names go before titles, and among several the same content goes first."""
    program, state, pairs = PAIRS[case]
    assert pair(program, state) == {urn_of(new): urn_of(old) for new, old in pairs.items()}


NAMES = st.sampled_from(["a", "b", "c", "x/a", "x/b", "y/a"])
TRAITS = st.lists(
    st.builds(trait, NAMES, st.sampled_from(["", "A", "B"]), st.sampled_from(["", "1", "2"])),
    unique_by=lambda each: each.urn,
    max_size=5,
)


@given(program=TRAITS, state=TRAITS)
def test_any_program(program: list[Trait], state: list[Trait]) -> None:
    """Only new ones follow, only those that are gone are followed, and none is followed twice."""
    pairs = pair(program, state)
    here, there = {each.urn for each in program}, {each.urn for each in state}
    assert pairs.keys() <= here - there
    assert set(pairs.values()) <= there - here
    assert len(set(pairs.values())) == len(pairs)


# What the state has


@dataclass(frozen=True)
class Held:
    urn: str
    outputs: Mapping[str, Any]

    def get(self, key: str) -> Any:
        return self.outputs.get(key)


def held(name: str, id: str, title: Any = "Menu", **about: Any) -> Held:
    known = {"resource": name, "id": id, "deployed": 3.0, "sent": "digest", **about}
    return Held(urn_of(name), {"name": title, "version": 4.0, "accountId": "acme", ABOUT: known})


def state(*resources: Held) -> ManagedDefinitions:
    return ManagedDefinitions(resources)


#: A workflow of the program, the old URN that it follows, the state; its origin.
ORIGINS: dict[str, tuple[Trait, str | None, dict[str, Held], Origin]] = {
    "a new one": (A, None, state(), Origin()),
    "one that the state has": (A, None, state(held("a", "1")), Origin(own="1", account="acme")),
    "one that moved": (
        trait("c/a", "Menu", "digest"),
        "a",
        state(held("a", "1")),
        Origin(account="acme", moved="1", moved_from=urn_of("a"), deployed=3, unchanged=True, namesakes=("1",)),
    ),
    "one that moved and changed": (
        trait("c/a", "Menu", "another"),
        "a",
        state(held("a", "1")),
        Origin(account="acme", moved="1", moved_from=urn_of("a"), deployed=3, namesakes=("1",)),
    ),
    "one that moved, whose content isn't known": (
        trait("c/a", "Menu"),
        "a",
        state(held("a", "1", sent="")),
        Origin(account="acme", moved="1", moved_from=urn_of("a"), deployed=3, namesakes=("1",)),
    ),
    "one beside another of its title": (
        trait("b", "Menu"),
        None,
        state(held("a", "1"), held("c", "2", "Other")),
        Origin(namesakes=("1",)),
    ),
    "one whose title isn't known": (
        trait("b"),
        None,
        state(held("a", "1"), held("c", "2", "Other")),
        Origin(namesakes=("1", "2")),
    ),
    "beside one whose title isn't known": (
        trait("b", "Menu"),
        None,
        state(held("a", "1", None)),
        Origin(namesakes=("1",)),
    ),
    "beside the state of the version before": (
        trait("b", "Menu"),
        None,
        state(Held(urn_of("a"), {"name": "Menu", "version": 4.0, "createdAt": "then", ABOUT: {"resource": "a"}})),
        Origin(namesakes=("then/4",)),
    ),
    "moved, in the state of the version before": (
        trait("c/a", "Menu", "digest"),
        "a",
        state(Held(urn_of("a"), {"name": "Menu", "version": 4.0, "createdAt": "then", ABOUT: {"resource": "a"}})),
        Origin(moved="then/4", moved_from=urn_of("a"), deployed=4, namesakes=("then/4",)),
    ),
}


@pytest.mark.parametrize("case", ORIGINS)
def test_origins(case: str) -> None:
    """A workflow gets what the state has of its URN, or of the one that it follows, and which ids are the stack's."""
    of, follows, there, origin = ORIGINS[case]
    assert origin_of(of, follows and urn_of(follows), there) == origin


def test_only_workflows_of_a_program_are_managed() -> None:
    """What is only read, and other dynamic resources, have no claim."""
    read = Held(urn_of("read"), {"name": "Menu", ABOUT: {"version": 1.0}})
    other = Held(urn_of("other"), {"size": 1.0})
    workflow = held("a", "1")
    assert ManagedDefinitions([read, other, workflow]) == state(workflow)


def test_traits_of_the_state() -> None:
    """The title is the workflow's name, the content the digest of what was sent; the id is the definition's."""
    assert traits_of(state(held("a", "1"))) == [Trait(urn_of("a"), "Menu", "digest", id="1")]
    assert traits_of(state(held("a", "1", None, sent=None))) == [Trait(urn_of("a"), id="1")]

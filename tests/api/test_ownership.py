"""Claims of one operation to definitions, and what the program reports about the stack's state."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.api import Claim, Origin, name_of
from pulumi_8x8.api.ownership import Ledger, Proof
from pulumi_8x8.errors import Conflict

HEAD = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::"
MENU, OTHER, THIRD = HEAD + "menu", HEAD + "other", HEAD + "third"


@pytest.mark.parametrize(
    ("urn", "name"), [(MENU, "menu"), ("urn:pulumi:t::p::a:b:C$d::my name", "my name"), ("menu", "menu")]
)
def test_names(urn: str, name: str) -> None:
    """Messages call a resource by the last part of its URN."""
    assert name_of(urn) == name


#: What an operation does first; who has the definition "1" then, asked by "other".
HOLDERS: dict[str, tuple[Callable[[Ledger], object], str | None]] = {
    "nothing": (lambda ledger: None, None),
    "another one has it": (lambda ledger: ledger.enter(Claim(MENU, "1", "state")), MENU),
    "it has it itself": (lambda ledger: ledger.enter(Claim(OTHER, "1", "state")), None),
    "another one has another": (lambda ledger: ledger.enter(Claim(MENU, "2", "state")), None),
    "another one is only about to take it over": (lambda ledger: ledger.announce(MENU, "1"), None),
    "it is about to take it over itself": (lambda ledger: ledger.announce(OTHER, "1"), None),
    "announced by another one, entered by a third": (
        lambda ledger: (ledger.announce(MENU, "1"), ledger.enter(Claim(THIRD, "1", "moved"))),
        THIRD,
    ),
    "announced by it, entered by another one": (
        lambda ledger: (ledger.announce(OTHER, "1"), ledger.enter(Claim(MENU, "1", "moved"))),
        MENU,
    ),
    "another one had it, and has another now": (
        lambda ledger: (ledger.enter(Claim(MENU, "1", "state")), ledger.enter(Claim(MENU, "2", "created"))),
        None,
    ),
}


@pytest.mark.parametrize("case", HOLDERS)
def test_holders(case: str) -> None:
    """A definition that another resource has, or is about to take over, is that resource's."""
    act, holder = HOLDERS[case]
    ledger = Ledger()
    act(ledger)
    assert ledger.holder("1", besides=OTHER) == holder


def test_two_claims_to_one_definition() -> None:
    """The second is a conflict, which names both resources with their URNs; the first stays."""
    ledger = Ledger()
    ledger.enter(Claim(MENU, "1", "state"))
    with pytest.raises(Conflict, match='both "menu" and "other" of this program manage') as raised:
        ledger.enter(Claim(OTHER, "1", "adopted"))
    assert str(raised.value).endswith(f":\n  {MENU}\n  {OTHER}")
    assert ledger.holder("1", besides=OTHER) == MENU


def test_a_claim_may_be_made_again() -> None:
    """The same resource may enter the same definition twice, with another proof."""
    ledger = Ledger()
    ledger.enter(Claim(MENU, "1", "state"))
    ledger.enter(Claim(MENU, "1", "moved"))
    assert {claim.id for claim in ledger.claims()} == {"1"}


def test_what_an_operation_has() -> None:
    """All definitions that resources have; what is only announced is none of them."""
    ledger = Ledger()
    ledger.announce(THIRD, "3")
    ledger.enter(Claim(MENU, "1", "state"))
    ledger.enter(Claim(OTHER, "2", "created"))
    assert {claim.id for claim in ledger.claims()} == {"1", "2"}


@pytest.mark.parametrize("proof", ["state", "moved", "created", "record", "adopted", "equal"])
def test_what_a_resource_has(proof: Proof) -> None:
    """What a resource has is not what a deletion of the same URN means, until it lets it go to be replaced."""
    ledger = Ledger()
    ledger.enter(Claim(MENU, "1", proof))
    assert ledger.has(MENU, "1")
    assert not ledger.has(MENU, "2")
    assert not ledger.has(OTHER, "1")
    ledger.release(MENU)
    assert not ledger.has(MENU, "1")


def test_of_many_threads_one_gets_it() -> None:
    """If threads claim one definition for different resources, exactly one gets it."""
    ledger = Ledger()

    def claim(number: int) -> bool:
        try:
            ledger.enter(Claim(f"{HEAD}{number}", "1", "adopted"))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(64))) == 1


TEXT = st.text(max_size=4)


@given(
    st.builds(
        Origin,
        own=TEXT,
        account=TEXT,
        moved=TEXT,
        moved_from=TEXT,
        deployed=st.integers(0, 2**31),
        unchanged=st.booleans(),
        namesakes=st.lists(TEXT, max_size=3).map(tuple),
    )
)
def test_origins_through_the_engine(origin: Origin) -> None:
    """An origin comes through the engine, which makes floats of numbers, as it was; what is empty isn't sent."""
    sent = origin.as_input()
    assert all(sent.values())
    known = {key: float(value) if type(value) is int else value for key, value in sent.items()}
    assert Origin.read(known) == origin


@pytest.mark.parametrize(
    "known",
    [{}, {"own": None, "deployed": None, "namesakes": None}, {"namesakes": "text", "unchanged": "yes"}, {"unheard": 1}],
    ids=repr,
)
def test_an_origin_without_meaning(known: dict[str, Any]) -> None:
    """What an older or newer version writes otherwise is ignored."""
    assert Origin.read(known) == Origin()

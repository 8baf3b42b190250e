"""The same workflows in two environments, compared in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.review.environments import Deployed, Environment, EnvironmentComparison, compare_environments

STAGING = {"chat": "s_chat", "pager": "s_pager"}
PRODUCTION = {"chat": "p_chat", "pager": "p_pager"}
#: One sub-account for everything.
SMALL = {"chat": "all", "pager": "all"}


def menu(account: str = "s_pager", text: Any = "Hi", *, own: str | None = None, **inputs: Any) -> Definition:
    step = {"id": "say", "stepType": "SMS", "inputs": {"subAccountId": account, "text": text, **inputs}}
    return Definition.of(
        name="menu", trigger="inbound_sms", status="enabled", sub_account_id=own, steps=[step], more={"x": 1}
    )


def environment(name: str, names: Mapping[str, str], **workflows: Definition | tuple[Definition, Any]) -> Environment:
    """Each workflow as it was deployed; or that, and what the service holds."""
    found = {}
    for label, each in workflows.items():
        deployed, live = each if isinstance(each, tuple) else (each, each)
        found[label] = Deployed(f"id-{label}", 3, deployed, live)
    return Environment(name, names, found)


def verdict(one: Definition, other: Definition, names: Mapping[str, str], others: Mapping[str, str]) -> str:
    first, second = environment("one", names, menu=one), environment("other", others, menu=other)
    made = compare_environments(first, second)
    assert made.differs == bool(made.different)
    return "same" if made.same else "different"


CASES: dict[str, tuple[Definition, Definition, Mapping[str, str], Mapping[str, str], str]] = {
    "other sub-accounts of the same names": (menu(), menu("p_pager"), STAGING, PRODUCTION, "same"),
    "on the envelope": (menu(own="s_chat"), menu("p_pager", own="p_chat"), STAGING, PRODUCTION, "same"),
    "another name": (menu("s_chat"), menu("p_pager"), STAGING, PRODUCTION, "different"),
    "one sub-account for two names": (menu("all"), menu("p_pager"), SMALL, PRODUCTION, "same"),
    "and the other name": (menu("all"), menu("p_chat"), SMALL, PRODUCTION, "same"),
    "two of them": (menu("all"), menu("all"), SMALL, SMALL, "same"),
    "no names": (menu(), menu("p_pager"), {}, {}, "different"),
    "a sub-account without a name": (menu("x"), menu("x"), STAGING, PRODUCTION, "same"),
    "a text": (menu(), menu("p_pager", "Bye"), STAGING, PRODUCTION, "different"),
    "a text that is a sub-account": (menu(text="s_chat"), menu("p_pager", "p_chat"), STAGING, PRODUCTION, "different"),
    "the status": (menu(), replace(menu(), status="disabled"), STAGING, STAGING, "different"),
    "secrets": (menu(text=Secret()), menu("p_pager", Secret()), STAGING, PRODUCTION, "same"),
    "a secret and a text": (menu(text=Secret()), menu("p_pager"), STAGING, PRODUCTION, "different"),
}


@pytest.mark.parametrize("case", CASES)
def test_by_logical_names(case: str) -> None:
    """Sub-accounts differ by their logical names only, secrets not at all, everything else does."""
    *sides, expected = CASES[case]
    assert verdict(*sides) == expected


def compared() -> EnvironmentComparison:
    gone, edited = menu(), (menu(), menu(text="Edited"))
    added = (menu(), replace(menu(), more={"x": 1, "addedByService": 1}))
    first = environment("staging", STAGING, a=menu(), b=menu(text="New"), c=gone, d=edited, e=added)
    second = environment(
        "production", {"chat": "p_chat"}, a=menu("s_pager"), b=(menu(), None), d=menu(), e=menu(), f=menu()
    )
    return compare_environments(first, second)


def test_all_kinds_of_differences() -> None:
    """By resource name: the same, different, missing on either side; and drift on either side, deletions included."""
    made = compared()
    assert made.environments == ("staging", "production")
    assert (made.only_in_first, made.only_in_second) == (("c",), ("f",))
    assert [[each.label for each in drift.workflows] for drift in made.drifts] == [["d"], ["b"]]
    assert [each.operation for drift in made.drifts for each in drift.workflows] == ["update", "delete"]
    assert made.drifts[0].workflows[0].id == "id-d"
    assert made.promotion.notes == (
        "production lacks pager in 8x8:subAccounts, which staging has. "
        "The comparison uses the ids of these sub-accounts",
    )


def test_what_the_second_would_get() -> None:
    """Differences show as a change of the second into the first."""
    first = environment("staging", STAGING, menu=menu(text="New"), more=menu())
    second = environment("production", PRODUCTION, menu=menu("p_pager", "Old"), less=menu("p_pager"))
    made = compare_environments(first, second)
    assert {each.label: each.operation for each in made.promotion.workflows} == {
        "menu": "update",
        "more": "create",
        "less": "delete",
    }
    (edit,) = next(each for each in made.promotion.workflows if each.label == "menu").edits
    assert (edit.step, getattr(edit, "old", "Old"), getattr(edit, "new", "New")) == ("say", "Old", "New")

"""Mistakes that authors make: lint finds each with the rule that docs/mistakes.md names."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import RULES, lint
from tools.docs.mistakes import mistakes, workflows

MISTAKES = {f"{number}: {each.mistake}": each for number, each in enumerate(mistakes(), 1)}


@pytest.mark.parametrize("name", workflows())
def test_the_workflows_are_sound(name: str) -> None:
    """Without a mistake, lint finds nothing in a workflow, so that what it finds is the mistake."""
    assert lint(Definition.from_body(workflows()[name])) == ()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found(name: str) -> None:
    """The rule in the table finds the mistake."""
    each = MISTAKES[name]
    assert each.rule in {problem.rule for problem in each.problems}, each.problems


def test_the_table_is_long() -> None:
    """The table has at least 82 mistakes, and no two of them are the same change."""
    assert len(MISTAKES) >= 82
    assert len({str(each.body) for each in MISTAKES.values()}) == len(MISTAKES)
    assert {each.rule for each in MISTAKES.values()} <= RULES.keys()


def test_the_page_is_linked() -> None:
    """The map of the documents leads to the page."""
    assert "mistakes.md" in Path("docs/index.md").read_text("utf-8")

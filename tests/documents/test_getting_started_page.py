"""``docs/getting-started.md`` has every sentence of the vendor's page, and what fulfils each exists."""

from __future__ import annotations

import re

import pytest

import pulumi_8x8 as automation
from pulumi_8x8.cli import main
from tools.docs import ROOT
from tools.docs.commands import commands

PAGE = (ROOT / "tests" / "documents" / "getting_started.txt").read_text("utf-8")
DOCUMENT = (ROOT / "docs" / "getting-started.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in DOCUMENT.splitlines()
    if line.startswith("| ") and not line.startswith("| the page ")
]
WITHOUT_PROMISE = re.findall(r"^- (.+)$", DOCUMENT.partition("## Sentences without a promise")[2], re.MULTILINE)
TESTS = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))

#: The words of the page that aren't sentences.
HEADINGS = """
    Getting started with Automation API BETA Overview Use Cases Authentication How to use the API WORKFLOW CREATION
    WORKFLOW DEFINITION MANAGEMENT WORKFLOW INSTANCE MANAGEMENT Workflow definition example
"""


def plain(text: str) -> str:
    return " ".join(text.split())


def test_no_sentence_is_missing() -> None:
    """The document has every sentence of the page, in its order: nothing else is on the page but headings and links."""
    rest = plain(PAGE[: PAGE.index("{\n")])
    rest = re.sub(r"-> https://\S+", "", rest)
    sentences = [row[0] for row in ROWS]
    places = [rest.find(sentence) for sentence in sentences]
    assert [sentence for sentence, place in zip(sentences, places, strict=True) if place < 0] == []
    assert places == sorted(places), "the rows are in the page's order"
    for sentence in sorted([*sentences, *WITHOUT_PROMISE], key=len, reverse=True):
        assert rest.count(sentence) == 1, sentence
        rest = rest.replace(sentence, "\n")
    assert re.findall(r"[A-Za-z]+", rest) == re.findall(r"[A-Za-z]+", HEADINGS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_row(row: list[str]) -> None:
    """A row has three cells; its commands, names, links and tests exist."""
    _, fulfils, tests = row
    names = re.findall(r"`([^`]+)`", tests)
    assert names
    for name in names:
        assert re.search(rf"^def {re.escape(name)}\(", TESTS, re.MULTILINE), name
    known = {each.words for each in commands(main)}
    for quoted in re.findall(r"`([^`]+)`", fulfils):
        if quoted.startswith("pulumi-8x8 "):
            assert any(quoted == words or quoted.startswith(f"{words} --") for words in known), quoted
        if quoted.startswith("automation."):
            place: object = automation
            for part in quoted.split(".")[1:]:
                place = getattr(place, part)
    for link in re.findall(r"\]\(([^)#]+)", fulfils):
        assert (ROOT / "docs" / link).exists(), link


def test_accounts_first() -> None:
    """After its purpose, the page begins with the registration of accounts; the message to users asks for the same."""
    text = (ROOT / "docs" / "accounts.md").read_text("utf-8")
    first = plain(text.split("\n\n")[2])
    assert first.startswith("**The account must be registered in the automation service")
    assert "Ask your 8x8 account manager to register the account for the Automation API" in first
    for page in ("README.md", "docs/getting-started.md"):
        assert "accounts.md" in (ROOT / page).read_text("utf-8")


def test_terms() -> None:
    """The project uses the terms of the page."""
    (words,) = re.findall(
        r"The service's terms are (.+?)\.\n", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.DOTALL
    )
    for term in ("definition", "instance", "trigger", "step", "branch", "context"):
        assert f"*{term}*" in words

"""``docs/errors.md`` has every message, every exception and every exit code, and what to do about each."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatchcase

import pytest

from cli.cli_kit import run
from pulumi_8x8 import errors
from pulumi_8x8.cli.support.vocabulary import ExitCode
from tools.docs import ROOT, code_messages
from tools.docs.errors import INTERNAL, INTERNAL_EXCEPTIONS, Entry, entries, user_messages

PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")


def test_each_message_has_one_entry() -> None:
    """Each message that the code makes is in exactly one entry: what it means, and what to do."""
    places = dict.fromkeys(each.place for each in user_messages())
    assert len(places) > 200
    wrong = {place: [each.id for each in entries() if _has(each, place)] for place in places}
    wrong = {place: found for place, found in wrong.items() if len(found) != 1}
    assert not wrong, "add the function to an entry of tools/docs/errors.yaml, or make an entry"


def _has(entry: Entry, place: str) -> bool:
    return any(fnmatchcase(place, pattern) for pattern in entry.places)


def test_each_entry_is_in_use() -> None:
    """Each place that an entry names has messages, and so does each that counts as internal."""
    every = {each.place for each in code_messages.messages()}
    patterns = [pattern for each in entries() for pattern in each.places] + [*INTERNAL]
    assert [each for each in patterns if not any(fnmatchcase(place, each) for place in every)] == []


def test_each_exception_has_one_entry() -> None:
    """Each exception that the package defines has one entry, or stays inside the package, with a reason."""
    named = [name for each in entries() for name in each.raises]
    assert sorted([*named, *INTERNAL_EXCEPTIONS]) == sorted(code_messages.exceptions())
    public = {name for name, kind in vars(errors).items() if isinstance(kind, type)}
    for name in public - {"Pulumi8x8Error"}:
        assert f"| `{name}` |" in PAGE, name


def test_exit_codes() -> None:
    """Each exit code is in the table."""
    for code in ExitCode:
        assert re.search(rf"^\| {code.value} \| {re.escape(code.meaning)[:40]}", PAGE, re.MULTILINE), code


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.id)
def test_an_entry(entry: Entry) -> None:
    """An entry has sentences, its links exist, and ``pulumi-8x8 docs errors`` prints it by its id."""
    for text in (entry.about, entry.changed, entry.do):
        assert text.rstrip()[-1] in ".:)"
        for page, anchor in re.findall(r"\]\((\S+?\.md)(?:#(\S+?))?\)", text):
            assert (ROOT / "docs" / page).exists()
            assert not anchor or run("docs", page, anchor).exit_code == 0, f"{page}#{anchor}"
    shown = run("docs", "errors", entry.id).stdout
    assert shown.startswith(f"### {entry.id}\n")
    assert shown.count("\n### ") == 0


@pytest.mark.parametrize(
    ("words", "entry"),
    [
        ("already has a definition of the same name", "already-there"),
        ("did not accept the key", "unauthorized"),
        ("Merges Another Mapping", "not-yaml"),
        ("Automation API is not set", "not-set"),
        ("AlreadyThere", "already-there"),
    ],
)
def test_search_by_words(words: str, entry: str) -> None:
    """Words of a message lead to its entry, in upper or lower case."""
    assert run("docs", "errors", words).stdout.startswith(f"### {entry}\n")


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ('def f(x):\n    raise SourceError(f"{x} is not a file")', ["… is not a file"]),
        (
            'def f(x):\n    wrong = []\n    wrong.append("it has no end")\n    raise SourceError(wrong)',
            ["it has no end"],
        ),
        (
            'def f(x):\n    raise SourceError(_why(x))\ndef _why(x) -> str:\n    return "it has no end"',
            ["it has no end"],
        ),
        ('TEXT = "it has no end"\ndef f():\n    raise Conflict(TEXT)', ["it has no end"]),
        ('def f():\n    pulumi.log.warn("it has no end")\n    return "no message at all"', ["it has no end"]),
        ('def f():\n    """No message at all."""\n    print("no message at all")', []),
    ],
)
def test_what_a_message_is(code: str, texts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is found where an exception is created, through variables, constants and functions."""
    trees = {"errors.py": code_messages._trees()["errors.py"], "here.py": ast.parse(code)}
    caches = [getattr(code_messages, name) for name in ("exceptions", "messages", "_constants", "_imports", "_methods")]
    for each in caches:
        each.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(code_messages, "_trees", lambda: trees)
        found = [each.text for each in code_messages.messages() if each.place.startswith("here.py")]
    for each in caches:
        each.cache_clear()
    assert found == texts

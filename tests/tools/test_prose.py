"""The prose linter finds what its rules describe, in prose and in names, and nothing in code."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("prose", ROOT / "tools" / "prose.py")
assert SPEC
assert SPEC.loader
prose = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(prose)

RULES = {rule["name"]: rule for rule in prose.SETTINGS["rule"]}
#: What the project once printed, and must not print again.
BEFORE = [
    "is running since 30 s; it is waited for up to 120 s",
    "has 1 error, told under the stack",
    "In place of the config the environment variables `A`, `B` and `C` do.",
    "customers read other words in `ask`",
    "the path ends without a word",
    "a rule that is off for a workflow in which it finds nothing is reported itself",
]


def rules(path: str, text: str) -> list[str]:
    return [line.rpartition(" [")[2].rstrip("]") for line in prose.findings(path, text)]


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, rule in RULES.items() for text in rule["bad"]])
def test_a_rule_finds_its_bad_sentences(name, text):
    path, scope = ("a.py", "names") if text.isidentifier() else ("a.md", "prose")
    assert f"{scope}.{name}" in rules(path, text + "\n")


@pytest.mark.parametrize("text", [text for rule in RULES.values() for text in rule["good"]])
def test_good_sentences_pass(text):
    assert not rules("a.md", text + "\n")


@pytest.mark.parametrize("text", BEFORE)
def test_sentences_of_earlier_versions_are_found(text):
    assert rules("a.md", text + "\n")
    assert rules("a.py", f"def f(n):\n    raise ValueError(f'{text}')\n")


def test_every_rule_has_a_reason_and_examples():
    assert all({"name", "avoid", "write", "why", "bad", "good"} <= set(rule) for rule in RULES.values())


def test_docstrings_comments_and_literals_are_prose_with_their_lines():
    comment = "# It is told\n# in place\n# of this.\n"
    text = f'"""Tells it."""\n\n{comment}X = "plain", (\n    f"{{1}} a text, as a "\n    "whole"\n)\n'
    found = [line.split(": ", 1)[0] + line[line.rindex(" [") :] for line in prose.findings("a.py", text)]
    assert sorted(found) == [
        "a.py:1 [prose.tell]",
        "a.py:3 [prose.tell]",
        "a.py:4 [prose.in-place-of]",
        "a.py:7 [prose.as-a-whole]",
    ]


def test_literals_of_tests_are_data():
    text = '"""It is told."""\nX = "it is told"\n\n\ndef f():\n    """Told."""\n    # told\n    return "it is told"\n'
    assert len(rules("tests/a.py", text)) == 3
    assert len(rules("a.py", text)) == 5


def test_names_are_read_as_words():
    assert rules("a.py", "def tell_progress(): ...\n") == ["names.tell"]
    assert rules("a.py", "stories_untold = 1\n") == []


def test_code_is_no_prose():
    assert not rules("a.md", "```python\nsay('as a whole')\n```\nA `say` and [it](https://x.invalid/told).\n")
    assert not rules("a.py", '"""Begin::\n\n    told\n\nEnd."""\n')
    assert rules("a.py", 'def f():\n    """Begin::\n\n        x\n\n    Told.\n    """\n') == ["prose.tell"]
    assert not rules("a.py", '"""Calls ``say``."""\nprint("told", "{told} a value")  # noqa: told\n')


def test_no_phrase_crosses_code():
    assert not rules("a.py", 'x = ["one as a", "whole thing"]\n')


def test_a_sentence_has_a_limit():
    words = " ".join(["word"] * prose.SETTINGS["longest_sentence"])
    assert not rules("a.md", f"{words}. {words}.\n\n{words}\n")
    assert rules("a.md", f"{words} more.\n") == ["prose.long-sentence"]


def test_the_command_prints_places_and_fails(capsys, monkeypatch):
    monkeypatch.setattr(prose, "findings", lambda path, text: [f"{path}:1: found"] if "README" in path else [])
    assert prose.main([str(ROOT / "README.md"), str(ROOT / "tools")]) == 1
    assert capsys.readouterr() == ("README.md:1: found\n", "prose: 1 found\n")
    assert prose.main([str(ROOT / "tools")]) == 0


def test_what_is_unfinished_exists():
    assert all((ROOT / path).exists() for path in (*prose.SETTINGS["unfinished"], *prose.SETTINGS["excluded"]))

"""Scripts are found in texts with any content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.analysis.javascript import _parsed, facts_of
from pulumi_8x8.analysis.syntax import CHAIN, chain_in, chain_of, nodes_in, parse
from pulumi_8x8.definition.scripts import find_scripts, find_unclosed


@pytest.mark.parametrize(
    ("text", "codes", "unclosed"),
    [
        ("Hello", [], None),
        ("{{data.a}}", ["data.a"], None),
        ("Hello {{ data.a }}, {{data.b}}!", ["data.a", "data.b"], None),
        ("{{f('}}')}} {{data.b}}", ["f('}}')", "data.b"], None),
        ('{{f("it\\"s }}")}}', ['f("it\\"s }}")'], None),
        ("{{ {a: {b: 1}} }}", ["{a: {b: 1}}"], None),
        ("{{data.a}}}", ["data.a"], None),
        ("{{f('a)}} and {{g}}", ["f('a)", "g"], None),
        ("{{}}", [""], None),
        ("Hello {{data.a}", [], 6),
        ("{{data.a}} {{data.b", ["data.a"], 11),
        ('{"a": {"b": 1}}', [], None),
    ],
)
def test_find(text: str, codes: list[str], unclosed: int | None) -> None:
    """A script ends at the first }} outside of its strings and braces; braces without an end are found, too."""
    scripts = find_scripts(text)
    assert [script.code for script in scripts] == codes
    assert all(text[script.start : script.end].strip("{} ") == script.code.strip("{} ") for script in scripts)
    assert find_unclosed(text) == unclosed


_NAME = st.sampled_from(["data", "step", "a", "payload", "class", "new", "this", "_a1", "é", "1", "$b", ""])


@given(st.lists(_NAME, min_size=1, max_size=4).map(".".join))
def test_plain_reads_agree_with_the_parser(code: str) -> None:
    """A script that only reads a member is understood without the parser, just as the parser understands it."""
    assert facts_of(code) == _parsed(code)


_PATH = st.lists(st.sampled_from(["a", "payload", "class", "length", "lengths", "_a1", "é", ""]), max_size=3)
_LITERAL = st.sampled_from(
    [
        "null",
        "undefined",
        "'1'",
        "''",
        "'a b'",
        "'it\\'s'",
        '"x"',
        "'é'",
        "'\n'",
        "0",
        "7",
        "007",
        "1.5",
        "-1",
        "true",
        "data.b",
    ]
)
_BLANK = st.sampled_from(["", " ", "  ", "\n"])


@given(
    st.sampled_from(["data", "step", "x"]),
    _PATH,
    _BLANK,
    st.sampled_from(["==", "===", "!=", "!==", "=", "<"]),
    _BLANK,
    _LITERAL,
)
def test_plain_comparisons_agree_with_the_parser(
    root: str, names: list[str], before: str, sign: str, after: str, literal: str
) -> None:
    """A comparison of a member with a literal is understood without the parser, just as the parser understands it."""
    code = f"{'.'.join((root, *names))}{before}{sign}{after}{literal}"
    assert facts_of(code) == _parsed(code)


@given(
    st.sampled_from(["data", "step", "x"]), _PATH, _BLANK, _LITERAL, st.sampled_from(["", ", true", ",false", ", 1"])
)
def test_plain_searches_agree_with_the_parser(root: str, names: list[str], blank: str, text: str, flag: str) -> None:
    """A search in a member is understood without the parser, just as the parser understands it."""
    code = f"stringContains({'.'.join((root, *names))},{blank}{text}{flag})"
    assert facts_of(code) == _parsed(code)


_ROOT = st.sampled_from(["data", "step", "this", "super", "null", "undefined", "true", "x", "é", "_", "$a", "import"])
_LINK = st.sampled_from([".a", ".class", "?.b", "['c']", "[0]", "[data.d]", " . e", ".f()", ".new", ".this"])


@given(_ROOT, st.lists(_LINK, max_size=4))
def test_chains_agree_with_their_nodes(root: str, links: list[str]) -> None:
    """The text of a chain of members is read as its nodes are."""
    for node in nodes_in(parse(root + "".join(links))):
        if node.type in CHAIN or node.type == "identifier":
            assert chain_of(node) == chain_in(node)

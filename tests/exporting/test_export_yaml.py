"""Workflow files are written so that the project's reader, and people, read what the service holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import corpus
from pulumi_8x8.definition import Definition, parse_source
from pulumi_8x8.exporting.yaml_writer import to_yaml, write_body

from .export_kit import TRAPS

TEXT = st.sampled_from(TRAPS) | st.text(max_size=20) | st.text(alphabet="ab #:\n-'\"\t\\ {}😀", max_size=12)
NUMBER = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_any_json_is_read_as_it_was(value: dict[str, Any]) -> None:
    """Every JSON object that a program can deploy: keys in their order, each scalar of its type."""
    assert json.dumps(parse_source("x.yaml", to_yaml(value).encode()).body) == json.dumps(value)


@given(TEXT)
def test_other_readers_see_texts_as_well(text: str) -> None:
    """A reader of YAML 1.1, to which `no` is false and `10:30` a number, reads a text as that text."""
    assert yaml.safe_load(to_yaml({"a": text})) == {"a": text}


#: A value, and how it is written.
LOOKS = {
    "Hello": "a: Hello\n",
    "{{data.payload.body == 'no'}}": "a: \"{{data.payload.body == 'no'}}\"\n",
    'say "no"': 'a: say "no"\n',
    "'\"": "a: '''\"'\n",
    "no": 'a: "no"\n',
    "00:05:00": 'a: "00:05:00"\n',
    "+6512345678": 'a: "+6512345678"\n',
    "1e3": 'a: "1e3"\n',
    "Press 1\nPress 2": "a: |-\n  Press 1\n  Press 2\n",
    "Press 1\n\nPress 2\n": "a: |\n  Press 1\n\n  Press 2\n",
    "Hi \r\n there": 'a: "Hi \\r\\n\\\n  \\ there"\n',
    "Hi \nthere": 'a: "Hi \\n\\\n  there"\n',
    " Hi\nthere": 'a: " Hi\\n\\\n  there"\n',
    "Grüße 😀 日本": "a: Grüße 😀 日本\n",
    "a\u2028b\x00": 'a: "a\\u2028\\\n  b\\u0000"\n',
    "<secret:crmToken>": "a: <secret:crmToken>\n",
}


@pytest.mark.parametrize(("value", "text"), LOOKS.items(), ids=repr)
def test_looks(value: str, text: str) -> None:
    """Quotes only where they are needed, and double ones; a line in the file for each line of a text."""
    assert to_yaml({"a": value}) == text


@pytest.mark.parametrize("name", corpus.FILES)
@pytest.mark.parametrize("path", ["flow.yaml", "flow.json"])
def test_the_corpus(name: str, path: str) -> None:
    """A published definition written to a file reads as that definition, and is written with the same text again."""
    definition = Definition.from_body(corpus.BODIES[name])
    text = write_body(definition.body(), path)
    read = parse_source(path, text.encode()).definition
    assert read == definition
    assert write_body(read.body(), path) == text
    assert all(len(line) == len(line.rstrip()) for line in text.splitlines())


def test_steps_without_an_id_keep_their_places() -> None:
    """Steps that are named by their position, since their id is missing or another one's, are read as the same."""
    steps = [{"id": "z"}, {"id": "a"}, {"id": "z", "stepType": "Wait"}, {"stepType": "Wait"}, 5, {"id": "#9"}]
    definition = Definition.of(name="n", trigger="t", status="enabled", sub_account_id=None, steps=steps)
    assert Definition.from_body(definition.body()) == definition

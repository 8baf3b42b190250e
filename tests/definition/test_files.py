"""Workflow files: JSON and YAML mean the same, and what cannot be read is named with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import corpus
from pulumi_8x8.definition import Definition, read_source
from pulumi_8x8.definition import Path as Place
from pulumi_8x8.errors import SourceError


@pytest.mark.parametrize("name", corpus.FILES)
def test_yaml_means_the_same_as_json(tmp_path: Path, name: str) -> None:
    """A published definition written as YAML is the same definition."""
    path = tmp_path / "flow.yaml"
    path.write_text(yaml.safe_dump(corpus.BODIES[name], allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert read_source(path).definition == Definition.from_body(corpus.BODIES[name])


def test_yaml_scalars_are_those_of_json(tmp_path: Path) -> None:
    """Durations, dates, country codes and phone numbers without quotes stay texts; numbers are JSON's."""
    path = tmp_path / "flow.yml"
    path.write_text(
        "{a: 00:05:00, b: 2026-03-01, c: no, d: +6512345678, e: 012, f: true, g: ~, h: 1.5, i: 1e3, j: 1_000, k: }"
    )
    assert read_source(path).body == {
        "a": "00:05:00",
        "b": "2026-03-01",
        "c": "no",
        "d": "+6512345678",
        "e": "012",
        "f": True,
        "g": None,
        "h": 1.5,
        "i": 1000.0,
        "j": "1_000",
        "k": None,
    }


def test_characters_of_json_in_yaml(tmp_path: Path) -> None:
    """A character that JSON writes as two halves is the same in YAML."""
    path = tmp_path / "flow.yaml"
    path.write_text(r'{"a\ud83d\ude00": "\ud83d\ude00 \u00e9"}')
    assert read_source(path).body == {"a😀": "😀 é"}


#: The content of the file (raw bytes), its name, and the message. ``{path}`` is the file's path.
UNREADABLE: dict[str, tuple[bytes, str, str]] = {
    "JSON that ends early": (b'{\n  "trigger": "inbound_sms",\n', "flow.json", "{path}:3: not JSON: "),
    "JSON with a comma too many": (b'{\n  "a": [1,\n  ]\n}', "flow.json", "{path}:3: not JSON: "),
    "JSON with a key twice": (b'{"a": 1, "b": {"c": 1, "c": 2}}', "flow.json", '{path}: not JSON: "c" is there twice'),
    "JSON with NaN": (b'{"a": 1,\n"b": [NaN]}', "flow.json", "{path}:2: b[0]: NaN or an infinity"),
    "JSON with an infinity": (b'{"a": 1,\n"b": -1e400}', "flow.json", "{path}:2: b: NaN or an infinity"),
    "JSON with half a character": (b'{"a": 1,\n"b": "x\\ud83d"}', "flow.json", "{path}:2: b: a text with half a "),
    "JSON with half a character in a key": (b'{"a":\n{"\\ude00": 1}}', "flow.json", "{path}:2: a: key number 1 is "),
    "YAML with an infinity": (b"a: 1\nb: 1e400\n", "flow.yaml", "{path}:2: b: NaN or an infinity"),
    "YAML with half a character": (b'a: 1\nb: "\\ud83d x"\n', "flow.yaml", "{path}:2: b: a text with half a character"),
    "YAML that contains itself": (
        b"a: 1\nb: &b [1, *b]\n",
        "flow.yaml",
        "{path}:2: b[1]: a list or mapping that contains",
    ),
    "YAML that makes billions": (
        b"a: &a [x, x]\n"
        + b"".join(b"%c: &%c [*%c, *%c]\n" % (each, each, each - 1, each - 1) for each in b"bcdefghijklmnopqrstuvwxyz"),
        "flow.yaml",
        "{path}:15: p[1]: more than 250,000 members; does it",
    ),
    "a list": (
        b"[]",
        "flow.json",
        "{path}:1: a workflow file holds an object",
    ),
    "an empty YAML file": (b"", "flow.yaml", "{path}:1: a workflow file holds an object"),
    "YAML with a wrong indent": (b"a: 1\n b: 2\n", "flow.yaml", "{path}:2: not YAML: "),
    "YAML with a tab": (b"a:\n\tb: 2\n", "flow.yaml", "{path}:2: not YAML: "),
    "YAML with a key twice": (b"a: 1\nb: 1\na: 2\n", "flow.yaml", '{path}:3: not YAML: "a" is there twice'),
    "YAML with a number as key": (b"a:\n  1: x\n", "flow.yaml", '{path}:2: not YAML: keys are text: write "1"'),
    "YAML with a script without quotes": (
        b"a: 1\nb: {{data.name}}\n",
        "flow.yaml",
        "{path}:2: not YAML: a key is a text, not an object or a list; write a script in quotes",
    ),
    "YAML that makes objects": (b"a: !!python/object:os.system x\n", "flow.yaml", "{path}:1: not YAML: "),
    "bytes that are no text": (b"\xff\xfe\x00", "flow.json", "{path}: not UTF-8 text (invalid start byte at byte 0)"),
    "deep nesting": (
        b'{"a":' * 500 + b"1" + b"}" * 500,
        "flow.json",
        "{path}: a.a.a.a.a.a: nested more than 100 levels deep",
    ),
    "very deep nesting": (b"[" * 100_000, "flow.json", "{path}: not JSON"),
    "very deep YAML": (b"a: " + b"[" * 5_000, "flow.yaml", "{path}: not YAML"),
}


@pytest.mark.parametrize(("content", "name", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_one_message(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    """Path, line where there is one, and what is wrong; never another exception."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_source(path)
    assert str(caught.value).startswith(message.replace("{path}", str(path)))


@pytest.mark.parametrize(("make", "message"), [(None, "there is no such file"), (Path.mkdir, "Is a directory")])
def test_no_file(tmp_path: Path, make: Any, message: str) -> None:
    """A path without a file is named, with the current folder."""
    path = tmp_path / "missing.json"
    if make:
        make(path)
    with pytest.raises(SourceError, match=message) as caught:
        read_source(path)
    assert str(Path.cwd()) in str(caught.value)


FLOW = """\
{
\t"subaccountId": "x",
\t"definition": {
\t\t"name": "n",
\t\t"steps": [
\t\t\t{"id": "first", "stepType": "If",
\t\t\t "inputs": {
\t\t\t\t"condition": "{{true}}"},
\t\t\t "do": [[
\t\t\t\t{"id": "inner",
\t\t\t\t "stepType": "Wait"}
\t\t\t ]]},
\t\t\t{"stepType": "SMS"}
\t\t]
\t}
}
"""

LINES: dict[Place, int] = {
    (): 1,
    ("name",): 4,
    ("subAccountId",): 2,
    ("trigger",): 1,
    ("steps", "first"): 6,
    ("steps", "first", "inputs", "condition"): 8,
    ("steps", "first", "inputs", "missing"): 7,
    ("steps", "first", "do", 0, "inner", "stepType"): 11,
    ("steps", "#1", "stepType"): 13,
    ("steps", "nowhere"): 5,
}


@pytest.mark.parametrize(("place", "line"), LINES.items(), ids=str)
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_lines(tmp_path: Path, place: Place, line: int, suffix: str) -> None:
    """Every place of the canonical form has its line in the file, or its nearest parent's."""
    path = tmp_path / f"flow{suffix}"
    path.write_text(FLOW if suffix == ".json" else FLOW.replace("\t", "    "))
    source = read_source(path)
    assert source.line_of(place) == line
    assert json.loads(FLOW.replace("\t", " ")) == source.body

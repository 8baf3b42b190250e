"""Workflow files: JSON and YAML mean the same, and what cannot be read is named with its line."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
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
    "JSON with a comma too many": (
        b'{\n  "a": [1,\n  ]\n}',
        "flow.json",
        "{path}:2: not JSON: a comma before ] (column 10)",
    ),
    "JSON with a key twice": (
        b'{"a": 1, "b": {"c": 1, "c": 2}}',
        "flow.json",
        '{path}:1: not JSON: "c" is there twice in one object',
    ),
    "JSON with NaN": (b'{"a": 1,\n"b": [NaN]}', "flow.json", "{path}:2: b[0]: NaN or an infinity"),
    "JSON with an infinity": (b'{"a": 1,\n"b": -1e400}', "flow.json", "{path}:2: b: NaN or an infinity"),
    "JSON with half a character": (b'{"a": 1,\n"b": "x\\ud83d"}', "flow.json", "{path}:2: b: a text with half a "),
    "JSON with half a character in a key": (b'{"a":\n{"\\ude00": 1}}', "flow.json", "{path}:2: a: key number 1 is "),
    "YAML with an infinity": (b"a: 1\nb: 1e400\n", "flow.yaml", "{path}:2: b: NaN or an infinity"),
    "YAML with half a character": (b'a: 1\nb: "\\ud83d x"\n', "flow.yaml", "{path}:2: b: a text with half a character"),
    "YAML that contains itself": (
        b"a: 1\nb: &b [1, *b]\n",
        "flow.yaml",
        "{path}:2: not YAML: *b is inside of &b, so that it would contain itself",
    ),
    "YAML that makes billions": (
        b"a: &a [x, x]\n"
        + b"".join(b"%c: &%c [*%c, *%c]\n" % (each, each, each - 1, each - 1) for each in b"bcdefghijklmnopqrstuvwxyz"),
        "flow.yaml",
        "{path}:12: aliases such as *k repeat more than 10,000 values",
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
    "YAML that merges": (
        b"a: &a {b: 1}\nc:\n  <<: *a\n",
        "flow.yaml",
        "{path}:3: not YAML: << merges another mapping, which JSON can't; write its members here",
    ),
    "YAML that merges again and again": (
        b"a: &a {x: 1}\n" + b"".join(b"%c: &%c {<<: [*%c, *%c]}\n" % (n, n, n - 1, n - 1) for n in b"bcdefghijklmnopq"),
        "flow.yaml",
        "{path}:2: not YAML: << merges",
    ),
    **{
        f"YAML with the tag {tag}": (
            f"a: 1\nb: {tag} {value}\n".encode(),
            "flow.yaml",
            f"{{path}}:2: not YAML: the tag {tag}, which JSON doesn't have; write the value without it",
        )
        for tag, value in (
            ("!!timestamp", "2026-01-01"),
            ("!!binary", "aGVsbG8="),
            ("!!set", "{a, b}"),
            ("!!str", "1"),
            ("!!omap", "[a: 1]"),
            ("!mine", "[1]"),
            ("!", "x"),
        )
    },
    "YAML with a null as key": (b"a:\n  ~: x\n", "flow.yaml", '{path}:2: not YAML: keys are text: write "~"'),
    "YAML with a list as key": (b"? [a]\n: x\n", "flow.yaml", "{path}:1: not YAML: a key is a text, not an object"),
    "YAML with an alias as key": (b"a: &a 1\n*a : x\n", "flow.yaml", "{path}:2: not YAML: keys are text, and *a isn't"),
    "YAML with an unknown alias": (b"a: 1\nb: *b\n", "flow.yaml", "{path}:2: not YAML: *b stands for nothing"),
    "YAML that repeats a long text": (
        b"a: &a " + b"x" * 100_000 + b"\nb: [" + b"*a, " * 100 + b"]\n",
        "flow.yaml",
        "{path}:2: aliases such as *a repeat more than 10,000 values, or too long texts",
    ),
    "two YAML documents": (b"a: 1\n---\n" * 9_999, "flow.yaml", "{path}:2: not YAML: a second document begins"),
    "YAML with a NUL": (b'a: 1\nb: "\0"\n', "flow.yaml", "{path}:2: not YAML: the character U+0000, which"),
    "JSON with a NUL": (b'{"a": 1,\n"b": "\0"}', "flow.json", "{path}:2: not JSON: Invalid control character"),
    "JSON with an endless number": (b'{"a":\n' + b"1" * 99_999 + b"}", "flow.json", "{path}:2: a number of more than"),
    "YAML with an endless number": (b"a: 1\nb: " + b"1" * 99_999, "flow.yaml", "{path}:2: a number of more than 4,300"),
    "JSON with too many values": (b"[" + b"[]," * 200_000 + b"1]", "flow.json", "{path}:1: more than 10,000 values"),
    "too many scripts": (b'["' + b"{{a}}" * 4_001 + b'"]', "flow.json", "{path}:1: more than 4,000 scripts"),
    "YAML with too many values": (b"a:\n" + b"- b\n" * 10_001, "flow.yaml", "{path}:10001: more than 10,000 values"),
    "JSON with a long key twice": (
        b'{"' + b"k" * 99_999 + b'": 1, "' + b"k" * 99_999 + b'": 1}',
        "flow.json",
        f'{{path}}:1: not JSON: "{"k" * 60}…" is there twice',
    ),
    "JSON with a key twice that moves the cursor": (
        b'{"\\u001b[2J": 1, "\\u001b[2J": 1}',
        "flow.json",
        '{path}:1: not JSON: "\\x1b[2J" is there twice',
    ),
    "UTF-16": ("{}".encode("utf-16"), "flow.json", "{path}:1: not UTF-8 text, but UTF-16 or binary; save the file as"),
    "UTF-32": ("a: 1".encode("utf-32-be"), "flow.yaml", "{path}:1: not UTF-8 text, but UTF-16 or binary"),
    "Latin 1": (
        "a: 1\nb: ü".encode("latin-1"),
        "flow.yaml",
        "{path}:2: not UTF-8 text (invalid start byte at byte",
    ),
    "bytes that are no text": (b"\xff\xfe\x00", "flow.json", "{path}:1: not UTF-8 text, but UTF-16 or binary; save"),
    "deep nesting": (
        b'{"a":' * 500 + b"1" + b"}" * 500,
        "flow.json",
        "{path}:1: nested more than 100 levels deep",
    ),
    "very deep nesting": (b"[" * 100_000, "flow.json", "{path}:1: nested more than 100 levels deep"),
    "very deep YAML": (b"a: " + b"[" * 5_000, "flow.yaml", "{path}:1: nested more than 100 levels deep"),
}


@pytest.mark.parametrize(("content", "name", "message"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_one_message(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    """Path, line where there is one, and what is wrong; never another exception."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_source(path)
    assert str(caught.value).startswith(message.replace("{path}", str(path)))


@pytest.mark.parametrize(("make", "message"), [(None, "the file doesn't exist"), (Path.mkdir, "Is a directory")])
def test_no_file(tmp_path: Path, make: Any, message: str) -> None:
    """A path without a file is named, with the current folder."""
    path = tmp_path / "missing.json"
    if make:
        make(path)
    with pytest.raises(SourceError, match=message) as caught:
        read_source(path)
    assert str(Path.cwd()) in str(caught.value)


def test_plain_aliases(tmp_path: Path) -> None:
    """An alias stands for a copy, also as a key; a quoted << is a name like any other."""
    path = tmp_path / "flow.yaml"
    path.write_text('a: &a {b: &b [1, x]}\nc: *a\nd: [*b, *b]\n&k e: 1\nf: {*k : 2, "<<": 3}\n')
    inner = {"b": [1, "x"]}
    assert read_source(path).body == {"a": inner, "c": inner, "d": [[1, "x"]] * 2, "e": 1, "f": {"e": 2, "<<": 3}}


def _special(kind: str, path: Path) -> None:
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(str(path))
        case "device":
            path.symlink_to("/dev/zero")
        case "circle":
            path.symlink_to(path)
        case "large":
            with path.open("wb") as file:
                file.truncate(1 << 35)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("pipe", "a named pipe (FIFO), not a file"),
        ("socket", "a socket, not a file"),
        ("device", "a device, not a file"),
        ("circle", "Too many levels of symbolic links"),
        ("large", "larger than 1 MiB"),
    ],
)
def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, message: str) -> None:
    """Nothing but a file of a limited size is read: neither a pipe without an end nor a device."""
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    _special(kind, Path("flow.json"))
    with pytest.raises(SourceError) as caught:
        read_source("flow.json")
    assert str(caught.value).startswith(f"flow.json: {message}")


def test_a_pipe_of_the_shell(tmp_path: Path) -> None:
    """A file that a shell makes of a command's output is read to its end."""
    code = "import sys; from pulumi_8x8.definition import read_source; print(dict(read_source(sys.argv[1]).body))"
    command = ["bash", "-c", '"$0" -c "$1" <(sleep 0.1; echo "{\\"a\\": 1}")', sys.executable, code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "{'a': 1}\n"


#: Characters that JSON has in texts and that some program takes for the end of a line, or refuses.
ODD = [
    "\x7f",
    "\x80",
    "\x85",
    "\xa0",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\U0001f600",
    "\U000f0000",
    "\ue123",
]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_lines_of_any_text(tmp_path: Path, suffix: str, end: str) -> None:
    """JSON and YAML with any character in texts and keys are read unchanged, and the places after them are right."""
    text = "".join(ODD)
    path = tmp_path / f"flow{suffix}"
    lines = [f'{{"{text}": "{text} 1",', f'"b": ["{text}", "\\ud83d\\ude00\\u2028",', f'  "{text}", {{"c": 1}}]}}']
    path.write_bytes(("\ufeff" + end.join(lines)).encode())
    source = read_source(path)
    assert source.body == {text: f"{text} 1", "b": [text, "😀\u2028", text, {"c": 1}]}
    # A character beyond U+FFFF is two UTF-16 units.
    assert source.position_of(("b", 2)) == (3, 3)
    assert source.position_of(("b", 3, "c")) == (3, 3 + len(text) + 2 + 2 + len('{"c": ') + 2)


def test_yaml_texts_with_backslashes(tmp_path: Path) -> None:
    """Only double quotes have escapes; a script in another text keeps its backslashes."""
    path = tmp_path / "flow.yaml"
    path.write_text(
        r"""a: '\ud83d\ude00 \\ud83d'
b: \ud83d\ude00
c: |
  {{ "\ud83d\ude00" }}
d: "\\ud83d \ud83d\ude00"
"""
    )
    halves = r"\ud83d\ude00"
    assert read_source(path).body == {
        "a": halves + r" \\ud83d",
        "b": halves,
        "c": f'{{{{ "{halves}" }}}}\n',
        "d": r"\ud83d 😀",
    }


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

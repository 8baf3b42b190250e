"""What commands print arrives on any standard output, and one module alone prints."""

from __future__ import annotations

import ast
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import BIN
from pulumi_8x8 import cli

#: Texts that no encoding but Unicode's has all of: a name, an emoji, typographic signs, half of a file's name.
NAME = "Grüße 😀 → “你好” \u202e"
FLOW = {
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {
        "name": NAME,
        "steps": [
            {
                "id": "grüße 😀",
                "stepType": "SMS",
                "inputs": {"subAccountId": "a", "destination": "{{data.payload.source}}", "text": f"{NAME} {{{{"},
                "nextStepId": "nirgends → 你",
            }
        ],
    },
}
TABLE = {"workflow": FLOW, "tests": [{"name": NAME, "do": [{"message": NAME}, {"sent": "etwas"}]}]}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, body in (("flow 😀.json", FLOW), ("old.json", {**FLOW, "status": "disabled"}), ("x.test.json", TABLE)):
        Path(name).write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    Path(os.fsdecode(b"half\xff.json")).write_text(json.dumps(FLOW))
    Path("broken 你.json").write_text('{"😀":\n"trigger definition')


#: Arguments, and the exit code. Together they print with everything that the module has.
COMMANDS: dict[str, tuple[list[str], int]] = {
    "lint": (["lint", "flow 😀.json"], 1),
    "lint, a name that isn't UTF-8": (["lint", os.fsdecode(b"half\xff.json")], 1),
    "lint, a broken file": (["lint", "broken 你.json"], 2),
    "lint as JSON": (["lint", "flow 😀.json", "--format", "json"], 1),
    "lint as SARIF": (["lint", "flow 😀.json", "--format", "sarif"], 1),
    "lint for GitHub": (["lint", "flow 😀.json", "--format", "github"], 1),
    "run": (["run", "flow 😀.json", "--message", NAME], 0),
    "run as JSON": (["run", "flow 😀.json", "--message", NAME, "--format", "json"], 0),
    "test": (["test", "x.test.json"], 1),
    "review": (["review", "old.json", "flow 😀.json"], 0),
    "review as Markdown": (["review", "old.json", "flow 😀.json", "--format", "markdown"], 0),
    "review as HTML": (["review", "old.json", "flow 😀.json", "--format", "html"], 0),
    "review as JSON": (["review", "old.json", "flow 😀.json", "--format", "json"], 0),
    "a file that doesn't exist": (["run", "你 😀.json"], 2),
    "an option that doesn't exist": (["run", "--你 😀"], 2),
    "the help": (["--help"], 0),
    "completion": (["completion", "bash"], 0),
}


def _run(arguments: list[str], encoding: str = "utf-8", shell: str = "") -> subprocess.CompletedProcess[bytes]:
    command = ["sh", "-c", f'exec "$0" "$@" {shell}', str(BIN / "pulumi-8x8"), *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(command, capture_output=True, env=environment, timeout=120, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(("arguments", "code"), COMMANDS.values(), ids=COMMANDS)
def test_any_encoding(arguments: list[str], code: int) -> None:
    """Each command prints its texts in Windows' encoding and in ASCII; documents for programs stay in UTF-8."""
    for encoding in ("cp1252", "ascii"):
        done = _run(arguments, encoding)
        assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr
        assert done.stdout or done.stderr
        if "--format" in arguments:
            shown = done.stdout.decode("utf-8")
            if arguments[-1] in ("json", "sarif"):
                assert [json.loads(each) for each in (shown.splitlines() if arguments[0] == "run" else [shown])]
        else:
            done.stdout.decode(encoding)


def test_what_replaces_a_character() -> None:
    """Typographic signs become similar ones, and other characters an escape, so that nothing is lost."""
    shown = _run(["lint", "flow 😀.json"], "ascii").stdout.decode("ascii")
    assert "flow \\U0001f600.json:1: error: steps" in shown
    assert 'the workflow has no step "nirgends -> \\u4f60"' in shown
    assert "half\\udcff.json:1: " in _run(["lint", os.fsdecode(b"half\xff.json")]).stdout.decode("utf-8")


@pytest.mark.parametrize("command", ["lint", "lint as SARIF", "run", "review", "review as HTML", "the help", "test"])
def test_any_stream(command: str) -> None:
    """A closed pipe ends a command as SIGPIPE does, a full disk with 2; closed streams are as good as /dev/null."""
    arguments, code = COMMANDS[command]
    for shell, expected in ((">&-", code), ("<&- >&- 2>&-", code), ("> /dev/full", 2)):
        done = _run(arguments, shell=shell)
        assert (done.returncode, b"Traceback" in done.stderr) == (expected, False), (shell, done.stderr)
    assert done.stderr.endswith(b"Error: the output can't be written: No space left on device\n")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([str(BIN / "pulumi-8x8"), *arguments], stdout=writing, stderr=subprocess.PIPE, timeout=120)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_errors_to_a_closed_pipe() -> None:
    """Nor does a command whose message nobody reads show a traceback."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([str(BIN / "pulumi-8x8"), "run", "nowhere.json"], stdout=writing, stderr=writing, timeout=120)
    os.close(writing)
    assert done.returncode == 141


def _printed(tree: ast.AST) -> Iterator[str]:
    """Every place that prints by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "click":
            yield from (each.name for each in node.names if "echo" in each.name)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            of_stream = name.startswith(("sys.stdout.", "sys.stderr.", "sys.__")) and not name.endswith("isatty")
            if of_stream or name in ("print", "pprint") or name.startswith(("click.echo", "click.secho")):
                yield name


def test_one_module_prints() -> None:
    """No command prints except with ``cli/support/output.py``, which decides for all."""
    folder = Path(cli.__file__).parent
    found = {
        str(path.relative_to(folder)): list(_printed(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted(folder.rglob("*.py"))
    }
    assert found.pop("support/output.py")
    assert {path: names for path, names in found.items() if names} == {}

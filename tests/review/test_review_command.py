"""``pulumi-8x8 review``: its forms, its exit codes, and wrong input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from review_kit import PREVIEWS, run, workflow, write

from kit import BIN

UPDATE, FAILED = PREVIEWS / "update.json", PREVIEWS / "failed.json"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A workflow before and after a change."""
    return write(tmp_path / "old.json", workflow()), write(tmp_path / "new.json", workflow(text="Hello you"))


def test_text(files: tuple[Path, Path]) -> None:
    """Without colour, signs distinguish everything."""
    old, new = files
    assert run(old, new).stdout == (
        f"{old} → {new}: 1 workflow changes (1 changed)\n"
        "\n"
        f"~ `{new}` “Menu”\n"
        "  effects\n"
        "    • the text that customers read in `hello` changes\n"
        "  changes\n"
        "    ~ `hello`\n"
        "        text: Hello{+ you+}\n"
    )


def test_steps_on_a_terminal(tmp_path: Path) -> None:
    """Where steps hang together in another way, they stand below each other, ways further in; circles come last."""

    def body(ways: dict[str, str | None]) -> dict[str, Any]:
        waits = [{"id": name, "stepType": "Wait", "inputs": {"duration": "1"}} for name in "abcde"]
        nexts = {"a": "b", "d": "e", "e": "d"}
        steps = [{**each, "nextStepId": nexts.get(each["id"])} for each in waits]
        steps.insert(0, {"id": "start", "stepType": "Branch", "selectNextStep": ways})
        return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x", "steps": steps}}

    old = write(tmp_path / "old.json", body({"a": "{{data.payload.body == '1'}}", "c": None}))
    new = write(tmp_path / "new.json", body({"a": "{{data.payload.body == '1'}}", "b": None}))
    steps = run(old, new).stdout.partition("  steps before\n")[2].partition("  new problems\n")[0]
    assert steps == (
        "    ~ `start` Branch\n"
        "      write 1 → `a` Wait\n"
        "        `b` Wait\n"
        "      - all others → `c` Wait\n"
        "    `d` Wait\n"
        "    `e` Wait\n"
        "    `d` Wait …\n"
        "  steps after\n"
        "    ~ `start` Branch\n"
        "      write 1 → `a` Wait\n"
        "        `b` Wait\n"
        "      + all others → `b` Wait\n"
        "    `c` Wait\n"
        "    `d` Wait\n"
        "    `e` Wait\n"
        "    `d` Wait …\n"
    )


def test_colour(files: tuple[Path, Path]) -> None:
    """With colour, changed words are marked by it; ``NO_COLOR`` works."""
    assert "\x1b[4;32m you" in run(*files, FORCE_COLOR="1", TERM="xterm").stdout
    assert "{+ you+}" in run(*files, FORCE_COLOR="1", NO_COLOR="1", TERM="xterm").stdout
    assert "\x1b[" not in run(*files).stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([UPDATE], 0),
        ([UPDATE, "--exit-code"], 1),
        ([UPDATE, "--exit-code", "--format", "json"], 1),
        ([FAILED], 2),
        ([FAILED, "--exit-code"], 2),
        ([PREVIEWS / "none.json"], 2),
        ([PREVIEWS], 2),
        ([PREVIEWS, PREVIEWS], 2),
        ([UPDATE, UPDATE, UPDATE], 2),
        (["--format", "xml", "--exit-code"], 2),
        (["--no-such-option"], 2),
        ([UPDATE, "--level", "x=loud"], 2),
        ([UPDATE, "-o", PREVIEWS / "no folder/x.html"], 2),
    ],
)
def test_exit_codes(arguments: list[str | Path], code: int) -> None:
    """0; 1 if something changes and --exit-code is set; 2 with a message, never a traceback, if it can't compare."""
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    if code == 2 and FAILED not in arguments:
        assert result.stderr.splitlines()[-1].startswith("Error: ")


def test_nothing_changed(files: tuple[Path, Path]) -> None:
    """Nothing changes, and --exit-code shows it."""
    result = run(files[0], files[0], "--exit-code")
    assert (result.exit_code, result.stdout) == (0, f"{files[0]} → {files[0]}: no workflow changes, 1 unchanged\n")


def test_standard_input() -> None:
    """A preview can be piped, with or without a dash."""
    expected = run(UPDATE).stdout
    assert run(stdin=UPDATE.read_bytes()).stdout == run("-", stdin=UPDATE.read_bytes()).stdout == expected
    assert run(stdin=b"").stderr.startswith("Error: standard input: empty; to make a preview: pulumi preview")


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_output(form: str, tmp_path: Path) -> None:
    """Each form can be written to a file, and is the same every time, whatever the hashes of the process are."""
    command = [str(BIN / "pulumi-8x8"), "review", str(UPDATE), "--format", form]
    outputs = [
        subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]
    result = run(UPDATE, "--format", form, "--output", tmp_path / "out")
    assert (result.exit_code, result.output) == (0, "")
    assert outputs[0] == outputs[1] == (tmp_path / "out").read_bytes()


def test_json() -> None:
    """JSON has everything, by step."""
    made: dict[str, Any] = json.loads(run(UPDATE, "--format", "json").stdout)
    assert (made["title"], made["changed"], len(made["workflows"])) == ("project/test", True, 5)
    reply = made["workflows"][1]
    assert (reply["workflow"], reply["operation"], reply["version"]) == ("auto-reply", "update", 1)
    assert reply["secretNotCompared"] == ["steps.http.inputs.headers.Authorization"]
    assert reply["edits"][0] == {
        "edit": "text changed",
        "step": "send_CA",
        "text": "content.text: [-Hello-]{+Good day+}",
        "path": "inputs.content.text",
        "words": [["removed", "Hello"], ["added", "Good day"]],
    }
    assert reply["after"]["steps"][0] == {"id": "send_CA", "stepType": "ChatAppsMessage", "state": "changed"}
    assert reply["after"]["paths"][0] == {"from": "send_CA", "to": "pause", "when": "", "state": "same"}


SECRET = "Bearer 0123456789abcdef"


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
@pytest.mark.parametrize("other", ["Bearer fedcba9876543210", "{{data.token}}", None])
def test_secrets_in_plain_text_are_masked(form: str, other: str | None, tmp_path: Path) -> None:
    """A credential that lint finds is in no form of the review, whether it comes, goes or changes."""

    def call(secret: str | None) -> dict[str, Any]:
        body = workflow()
        headers = {} if secret is None else {"headers": {"Authorization": secret}}
        inputs = {"url": "https://crm.acme.test", "method": "POST", **headers}
        body["definition"]["steps"] = [{"id": "call", "stepType": "HttpRequest", "inputs": inputs}]
        return body

    old, new = write(tmp_path / "old.json", call(SECRET)), write(tmp_path / "new.json", call(other))
    for pair in ((old, new), (new, old), (old, write(tmp_path / "none.json", workflow()))):
        output = run(*pair, "--format", form).stdout
        assert "0123456789abcdef" not in output
        assert "fedcba9876543210" not in output
    if form == "text" and other is not None:
        assert "headers.Authorization: the secret value changed" in run(old, new).stdout


def test_levels(tmp_path: Path) -> None:
    """New problems show unless their rule is off; solved problems show as such."""
    old = write(tmp_path / "old.json", workflow())
    new = write(tmp_path / "new.json", workflow(text="Hello {{data.nothing}}"))
    assert "new problems\n    warning: " in run(old, new).stdout
    assert "solved problems\n    warning: " in run(new, old).stdout
    assert "problems" not in run(old, new, "--level", "data-never-written=off").stdout


def test_closed_output() -> None:
    """If nobody reads the output to its end, the command ends silently."""
    for form in ("text", "html"):
        command = [str(BIN / "pulumi-8x8"), "review", str(UPDATE), "--format", form]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(timeout=60) == 128 + signal.SIGPIPE


def test_a_terminal_that_lacks_letters() -> None:
    """If the output's encoding has no arrows, other signs replace them."""
    command = [str(BIN / "pulumi-8x8"), "review", str(UPDATE)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert b"duration: 1 day -> 5 minutes" in shown.stdout


def test_help_is_light() -> None:
    """The command's help comes without what reads, compares and shows."""
    code = "import sys; from pulumi_8x8.cli.commands.review import review; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "tree_sitter", "yaml", "deepdiff", "pulumi_8x8.changes"} & set(loaded)

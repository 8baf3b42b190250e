"""``pulumi-8x8 lint``: what it checks, how it shows it, how it exits."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from kit import BIN
from pulumi_8x8.cli import main
from pulumi_8x8.lint import RULES
from tools.docs.rules import example

CLEAN = example("unknown-step", "passes")
WARNS = example("unreachable-step", "fails")
FAILS = example("script-syntax", "fails")


def _run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, ["lint", *map(str, arguments)], env=environment)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([CLEAN], 0),
        ([WARNS], 0),
        ([FAILS], 1),
        ([CLEAN, WARNS, FAILS], 1),
        ([WARNS, "--fail-on", "warning"], 1),
        ([CLEAN, "--fail-on", "warning"], 0),
        ([FAILS, "--level", "script-syntax=warning"], 0),
        ([FAILS, "--level", "script-syntax=off", "--fail-on", "warning"], 0),
        ([WARNS, "--level", "unreachable-step=error"], 1),
        ([FAILS, "no such file.json"], 2),
        ([FAILS, "--level", "script-syntax=loud"], 2),
        ([FAILS, "--format", "xml"], 2),
        ([], 2),
    ],
)
def test_exit_codes(arguments: list[str | Path], code: int) -> None:
    """0 without problems of the chosen severity, 1 with some, 2 when something could not be checked."""
    assert _run(*arguments).exit_code == code


def test_text() -> None:
    """One line a problem with file, line, severity, path, rule; the script with a caret; a count at the end."""
    lines = _run(FAILS).stdout.splitlines()
    assert lines[0].startswith(f"{FAILS}:9: error: steps.maybe.inputs.condition: the script ")
    assert lines[0].endswith("[script-syntax]")
    assert lines[2].index("^") == lines[1].index("'whatsapp")
    assert lines[3:] == ["1 file: 1 error, 0 warnings"]


@pytest.mark.parametrize(
    ("environment", "coloured"), [({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False), ({}, False)]
)
def test_colours(environment: dict[str, str], coloured: bool) -> None:
    """No colours if the output isn't a terminal, unless they are requested."""
    assert ("\x1b[31m" in _run(FAILS, **environment).stdout) == coloured


def test_json() -> None:
    """A list of objects with exactly these members."""
    (problem,) = json.loads(_run("--format", "json", WARNS).stdout)
    assert problem == {
        "rule": "unreachable-step",
        "severity": "warning",
        "message": "nothing leads here, so the step never runs",
        "hint": "name it in the nextStepId or selectNextStep of another step, or remove it",
        "path": "steps.goodbye",
        "file": str(WARNS),
        "line": 13,
    }
    assert json.loads(_run("--format", "json", CLEAN).stdout) == []


def test_sarif(monkeypatch: pytest.MonkeyPatch) -> None:
    """All rules, and the problems with rule, level, relative file and line."""
    monkeypatch.chdir(FAILS.parent)
    log: dict[str, Any] = json.loads(_run("--format", "sarif", FAILS.name, WARNS).stdout)
    (run,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == list(RULES)
    first, second = run["results"]
    assert (first["ruleId"], first["level"]) == ("script-syntax", "error")
    assert list(RULES)[first["ruleIndex"]] == "script-syntax"
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "script-syntax.fails.yaml"},
        "region": {"startLine": 9, "startColumn": 20},
    }
    assert first["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "steps.maybe.inputs.condition"}]
    assert second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == WARNS.as_uri()


def test_github(tmp_path: Path) -> None:
    """Workflow commands, with everything escaped that would end one."""
    file = tmp_path / "a,b:c.json"
    file.write_text(
        json.dumps({"trigger": "100%\nsure", "status": "enabled", "definition": {"name": "x", "steps": []}})
    )
    first, _ = _run("--format", "github", file).stdout.splitlines()
    place = str(file).replace(":", "%3A").replace(",", "%2C")
    assert first.startswith(
        f'::error file={place},line=1,col=13,title=unknown-trigger::trigger: "100%25\\nsure" isn\'t a trigger'
    )


def test_folders(tmp_path: Path) -> None:
    """All workflow files below a folder are checked; other JSON and YAML, and hidden folders, are not."""
    for name, text in {
        "a.yaml": FAILS.read_text(),
        "deep/down/b.yml": WARNS.read_text(),
        "package.json": '{"name": "x"}',
        "tsconfig.json": "{ // no JSON\n}",
        ".git/c.yaml": FAILS.read_text(),
        "node_modules/d.yaml": FAILS.read_text(),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    result = _run(tmp_path)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "2 files: 1 error, 1 warning")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.json", '{"trigger": "definition",\n}', "a.json:1: not JSON: a comma before } (column 25)"),
        ("a.yaml", "trigger: [definition\n", "a.yaml:2: not YAML"),
        ("a.txt", "x", "no workflow file found"),
    ],
)
def test_what_cannot_be_checked(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A broken workflow file, and a folder without one, are reported on stderr; the exit code is 2."""
    (tmp_path / name).write_text(text)
    result = _run(tmp_path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (
            "text",
            "flow.json:2: error: not JSON: Expecting value (column 1) [unreadable-file]\n1 file: 1 error, 0 warnings",
        ),
        ("json", '"rule": "unreadable-file"'),
        ("sarif", '"startLine": 2'),
        ("github", "::error file=flow.json,line=2,title=unreadable-file::not JSON: Expecting value (column 1) ["),
    ],
)
def test_every_format_shows_what_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, shown: str
) -> None:
    """A file that can't be read is an error in every format, not only on standard error."""
    monkeypatch.chdir(tmp_path)
    Path("flow.json").write_text('{"trigger": 1, "definition":\n}')
    for argument in ("flow.json", "."):
        result = _run("--format", form, argument)
        assert (result.exit_code, shown in result.stdout) == (2, True), result.stdout
        assert "flow.json:2: not JSON" in result.stderr
    if form == "sarif":
        (run,) = json.loads(result.stdout)["runs"]
        assert run["invocations"] == [{"executionSuccessful": False}]
        assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"] == "unreadable-file"


def test_every_wrong_value_has_its_line(tmp_path: Path) -> None:
    """Each value that JSON doesn't have is a problem of its own."""
    (tmp_path / "flow.json").write_text('{"trigger": NaN,\n"definition": 1e400}')
    found = json.loads(_run("--format", "json", tmp_path).stdout)
    assert [(each["line"], each["message"].split(":")[0]) for each in found] == [(1, "trigger"), (2, "definition")]


def test_columns(tmp_path: Path) -> None:
    """A column counts UTF-16 units, as SARIF's columnKind states and GitHub's pages count: an emoji is two."""
    text = json.dumps({"definition": {"name": "x", "steps": []}, "😀😀": 1, "trigger": "y"}, ensure_ascii=False)
    (tmp_path / "flow.json").write_text(text, encoding="utf-8")
    column = text.index('"y"') + 1 + 2
    assert f",line=1,col={column},title=unknown-trigger::" in _run("--format", "github", tmp_path).stdout
    (run,) = json.loads(_run("--format", "sarif", tmp_path).stdout)["runs"]
    (region,) = (
        each["locations"][0]["physicalLocation"]["region"]
        for each in run["results"]
        if each["ruleId"] == "unknown-trigger"
    )
    assert (region, run["columnKind"]) == ({"startLine": 1, "startColumn": column}, "utf16CodeUnits")


def test_an_unused_level_is_reported_once() -> None:
    """A rule that is off counts as used when it finds something in any of the files."""
    assert "unused-suppression" not in _run(CLEAN, FAILS, "--level", "script-syntax=off").stdout
    assert _run(CLEAN, WARNS, "--level", "script-syntax=off").stdout.count("unused-suppression") == 1


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    """A clean JSON file with plain scripts is linted without pydantic, YAML, grammars, HTTP, phone numbers or zones."""
    file = Path(__file__).parents[1] / "corpus" / "06-docs-getting-started-auto-reply.json"
    code = (
        "import sys\nfrom pulumi_8x8.cli import main\n"
        "try:\n    main(['lint', sys.argv[1]])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code, file], capture_output=True, text=True, check=True)
    assert not {"pydantic", "tree_sitter", "httpx", "phonenumbers", "tzlocal", "yaml"} & set(run.stdout.split())


def test_the_hook_runs_lint() -> None:
    """The command in .pre-commit-hooks.yaml takes the files that pre-commit passes."""
    (hook,) = yaml.safe_load((Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *command = hook["entry"].split()
    run = subprocess.run([BIN / program, *command, CLEAN, FAILS], capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    assert run.stdout.endswith("2 files: 1 error, 0 warnings\n")


def test_a_level_counts_beyond_the_limit(tmp_path: Path) -> None:
    """A problem that isn't shown, since there are very many, still decides the exit code, and what a level does."""
    steps = [{"id": f"s{n}", "stepType": "Wait", "inputs": {"duration": "00:00:01"}} for n in range(1_200)]
    steps.append({"id": "z", "stepType": "Wait", "inputs": {"duration": "00:05"}})
    file = tmp_path / "flow.json"
    file.write_text(
        json.dumps({"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x", "steps": steps}})
    )
    shown = _run(str(file))
    assert shown.exit_code == 0
    assert ("1,201 problems, and shows 1,000" in shown.stdout, "[unusual-duration]" in shown.stdout) == (True, False)
    assert _run(str(file), "--level", "unusual-duration=error").exit_code == 1
    rest = _run(str(file), "--level", "unreachable-step=off").stdout
    assert ("[unusual-duration]" in rest, "more-problems" in rest) == (True, False)
    assert "unused-suppression" not in _run(str(file), "--level", "unusual-duration=off").stdout


def test_very_many_problems(tmp_path: Path) -> None:
    """Of very many problems, lint shows a thousand, errors first, and their number, in every format."""
    steps = [{"id": f"s{n}", "stepType": "SMS", "inputs": {"text": ""}} for n in range(900)]
    definition = {"name": "x", "steps": [*steps, {"id": "last"}]}
    (tmp_path / "flow.json").write_text(json.dumps({"trigger": "inbound_sms", "definition": definition}))
    shown = _run(str(tmp_path / "flow.json")).stdout
    assert " problems, and shows 1,000 of them [more-problems]\n    → solve these first" in shown
    assert "steps.last.stepType: " in shown
    for format in ("json", "sarif", "github"):
        text = _run(str(tmp_path / "flow.json"), "--format", format).stdout
        assert text.count("solve these first") == 1
    few = [{**step, "inputs": {"subAccountId": "a", "destination": "+6581968289", "text": "x"}} for step in steps]
    (tmp_path / "flow.json").write_text(
        json.dumps({"trigger": "inbound_sms", "definition": {**definition, "steps": few}})
    )
    assert "solve these first" not in _run(str(tmp_path / "flow.json")).stdout

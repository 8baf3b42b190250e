"""What commands do with programs: lint, run, graph and review take them like files, without engine and account."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from programs_kit import PROJECT, SHOP, make_program, make_shop

from cli.cli_kit import run


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a program, in the current folder. There is neither Pulumi nor an account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return make_shop(tmp_path / "shop")


def test_lint_has_the_authors_lines(shop: Path) -> None:
    """Every format has the line of the program from the current folder, and the workflow's levels count."""
    result = run("lint", ".")
    assert result.exit_code == 0
    assert result.stdout.startswith("shop/__main__.py:7: warning: steps.lost: nothing leads here")
    assert result.stdout.endswith("1 file: 0 errors, 1 warning\n")
    (found,) = json.loads(run("lint", "shop", "--format", "json").stdout)
    assert (found["file"], found["line"], found["rule"]) == ("shop/__main__.py", 7, "unreachable-step")
    (sarif,) = json.loads(run("lint", "shop/__main__.py", "--format", "sarif").stdout)["runs"][0]["results"]
    place = sarif["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("shop/__main__.py", {"startLine": 7})
    assert run("lint", "shop", "--format", "github").stdout.startswith("::warning file=shop/__main__.py,line=7,")
    (shop / "__main__.py").write_text(SHOP.replace("[pause, lost]", '[pause, lost], lint={"unreachable-step": "off"}'))
    assert run("lint", "shop").stdout == "1 file: 0 errors, 0 warnings\n"


def test_lint_and_a_program_that_fails(shop: Path) -> None:
    """A program that fails doesn't hide the problems of others; what programs print isn't in the output."""
    make_program(shop.parent / "broken", "print('half'); import pulumi_8x8\n1 / 0\n", PROJECT)
    (shop / "__main__.py").write_text("print('whole')\n" + SHOP)
    result = run("lint", ".", "--format", "json")
    assert result.exit_code == 2
    assert [each["rule"] == "unreadable-file" for each in json.loads(result.stdout)] == [True, False]
    assert "broken/__main__.py:2: ZeroDivisionError: division by zero" in result.stderr
    assert "whole" in result.stderr


def test_lint_of_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret of the config isn't one in plain text, and no message quotes it."""
    monkeypatch.chdir(tmp_path)
    text = (
        "import pulumi\nimport pulumi_8x8 as a\n"
        "key = pulumi.Config().{}('key')\n"
        "call = a.HttpRequest('call', method='GET', url='https://x.example', headers={{'Authorization': key}},\n"
        "                     select_next_step={{'call': None}})\n"
        "a.Workflow('x', trigger='http_request', steps=[call])\n"
    )
    plain, secret = (text.format(f"require{kind}") for kind in ("", "_secret"))
    make_program(tmp_path, plain, PROJECT)
    given = ["--config", "key=Bearer 4f5b6f29c2d84c1a9d60"]
    found = run("lint", ".", *given)
    assert "__main__.py:4: warning: steps.call.inputs.headers.Authorization" in found.stdout
    assert "4f5b6f29" not in found.output
    make_program(tmp_path, secret, PROJECT)
    assert "secret-in-plain-text" not in run("lint", ".", *given).stdout


def test_run(shop: Path) -> None:
    """A program's workflow runs by name; the stack's config counts, and unknown values are named."""
    result = run("run", "shop", "--workflow", "reply", "--message", "Hi", "--config", "text=Good day")
    assert (result.exit_code, "sends by sms: Good day" in result.stdout) == (0, True), result.output
    (shop / "Pulumi.dev.yaml").write_text("config: {shop:text: From dev}")
    assert "From dev" in run("run", ".", "--workflow", "Auto reply", "--message", "Hi").stdout
    assert "Error: there are 2 workflows here" in run("run", ".", "--message", "Hi").stderr
    unknown = (
        "\ntext = pulumi.StackReference('a/b/c').require_output('text')\nautomation.Workflow('late', steps=[say(text)]"
    )
    (shop / "__main__.py").write_text(SHOP + unknown + ", trigger='inbound_sms')\n")
    late = run("run", "shop", "--workflow", "late", "--message", "Hi")
    assert late.stderr == 'Only a deployment knows these values, so they are "<unknown>" here: steps.say.inputs.text\n'
    assert "sends by sms: <unknown>" in late.stdout


def test_graph(shop: Path) -> None:
    """A program's workflow is drawn by name."""
    assert run("graph", "shop", "--workflow", "menu").stdout == (
        'flowchart TD\n  s0["pause<br/>Wait"]\n  s1["lost<br/>Wait"]\n'
    )


def git(*arguments: str) -> None:
    name = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", *name, *arguments], check=True, capture_output=True)


def test_review_of_revisions(shop: Path) -> None:
    """Revisions run in folders of their own, and the working tree runs in place; only if their folders are named."""
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (shop / "__main__.py").write_text(SHOP.replace('"Hello"', '"Good day"').replace("lost = ", "\nlost = "))
    (shop / "helper.py").write_text((shop / "helper.py").read_text().replace('"acme"', '"acme_2"'))
    before = sorted(path.relative_to(shop.parent) for path in shop.rglob("*") if "__pycache__" not in path.parts)
    for revisions in ("HEAD", "HEAD~1..HEAD"):
        result = run("review", "--git", revisions, "shop", "--format", "json")
        (changed,) = json.loads(result.stdout)["workflows"]
        assert (changed["workflow"], changed["operation"]) == ("shop: reply", "update"), result.output
        assert "Good day" in result.stdout
        assert "acme_2" in result.stdout
        without = run("review", "--git", revisions)
        assert (without.exit_code, "no workflow changes" in without.stdout) == (0, True), without.output
        assert "note: programs didn't run" in without.stdout
        if revisions == "HEAD":
            git("commit", "-qam", "two")
    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    assert status in ("", "?? shop/__pycache__/\n")
    assert before == sorted(
        path.relative_to(shop.parent) for path in shop.rglob("*") if "__pycache__" not in path.parts
    )


def test_review_of_problems(shop: Path) -> None:
    """New problems have the line in the program; a rule that the program turns off isn't new."""
    git("init", "-q")
    (shop / "__main__.py").write_text(SHOP.replace("[pause, lost]", "pause.then(lost)"))
    git("add", ".")
    git("commit", "-qm", "one")
    (shop / "__main__.py").write_text(SHOP)
    result = run("review", "--git", "HEAD", "shop")
    assert "shop/__main__.py:7" in result.stdout, result.output
    (shop / "__main__.py").write_text(SHOP.replace("[pause, lost]", '[pause, lost], lint={"unreachable-step": "off"}'))
    assert "shop/__main__.py:7" not in run("review", "--git", "HEAD", "shop").stdout


def test_review_of_two_programs(shop: Path) -> None:
    """Two folders or two programs are matched by resource, and a file with the only workflow of a program."""
    make_shop(shop.parent / "new", SHOP.replace('"Hello"', '"Good day"'))
    for paths in (("shop", "new"), ("shop/__main__.py", "new/__main__.py")):
        (changed,) = json.loads(run("review", *paths, "--format", "json").stdout)["workflows"]
        assert (changed["workflow"], changed["operation"]) == ("reply", "update")
    make_program(
        shop.parent / "old",
        'import pulumi_8x8 as a\n\npause = a.Wait("pause", duration="00:00:02")\n'
        'a.Workflow("x", trigger="inbound_sms", steps=pause)\n',
    )
    Path("menu.yaml").write_text(
        "trigger: inbound_sms\nstatus: enabled\n"
        'definition: {name: x, steps: [{id: pause, stepType: Wait, inputs: {duration: "00:00:02"}}]}\n'
    )
    assert "no workflow changes" in run("review", "menu.yaml", "old/__main__.py").stdout
    (shop.parent / "new/__main__.py").write_text("1 / 0")
    failed = run("review", "shop", "new")
    assert (failed.exit_code, failed.stderr.splitlines()[0]) == (
        2,
        "Error: new: __main__.py:1: ZeroDivisionError: division by zero",
    )


def test_review_of_what_was_in_files(shop: Path) -> None:
    """A workflow that moves from a file into a program is renamed, by its name; a file of a program isn't listed."""
    body = "trigger: inbound_sms\nstatus: enabled\ndefinition:\n  name: Menu\n  steps:\n"
    step = '    - {{id: pause, stepType: Wait, inputs: {{duration: "00:00:0{}"}}}}\n'
    for side, seconds in (("a", 1), ("b", 2)):
        make_program(shop.parent / side, "", PROJECT, menu_yaml=body + step.format(seconds))
    (shop.parent / "b/__main__.py").write_text('import pulumi_8x8 as a\na.Workflow("menu", source="menu.yaml")\n')
    (changed,) = json.loads(run("review", "a", "b", "--format", "json").stdout)["workflows"]
    assert (changed["workflow"], changed["workflowBefore"], changed["operation"]) == ("menu", "menu.yaml", "update")

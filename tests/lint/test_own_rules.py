"""A team's own rules: found, loaded, checked, and broken in every way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_8x8.cli import main
from pulumi_8x8.lint import RULES, own_rules

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "team_rules"
GOOD = (EXAMPLE / "campaign.yaml").read_text(encoding="utf-8")
#: What each rule of the example finds: a change of its workflow, and the line.
MISTAKES = {
    "acme-step-names": ("announce", "Announce", 15),
    "acme-opt-out": (" Reply STOP to unsubscribe", "", 20),
    "acme-hosts": ("api.acme.example", "api.other.example", 26),
    "acme-quiet-hours": ("nextStepId: is_it_day", "nextStepId: announce", 15),
}
RULE = """
from pulumi_8x8.lint import Found, rule

@rule("acme-rule", "warning", "About.")
def check(context):
    yield from [Found(node.path, "found", "mend it") for node in context.nodes]
"""


@pytest.fixture(autouse=True)
def _only_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Own rules stay loaded in a process; other tests have none."""
    monkeypatch.setattr(own_rules, "_folders", set())
    monkeypatch.setattr(own_rules, "_loaded", set())
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def lint(folder: Path, *arguments: str) -> Result:
    before = os.getcwd()
    os.chdir(folder)
    try:
        return CliRunner().invoke(main, ["lint", *arguments])
    finally:
        os.chdir(before)


def project(folder: Path, setting: str, **files: str) -> Path:
    (folder / "pyproject.toml").write_text(f"[tool.pulumi-8x8]\nrules = {setting}\n")
    (folder / "flow.yaml").write_text(GOOD)
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def test_the_example(tmp_path: Path) -> None:
    """The example's workflow breaks none of its rules, and each mistake breaks exactly one, at its line."""
    assert lint(EXAMPLE, "campaign.yaml").stdout == "1 file: 0 errors, 0 warnings\n"
    for name, (before, after, _) in MISTAKES.items():
        (tmp_path / f"{name}.yaml").write_text(GOOD.replace(before, after))
    done = lint(EXAMPLE, str(tmp_path), "--level", "loop-without-end=off")
    found = [line for line in done.stdout.splitlines() if "acme-" in line]
    assert [line.partition(": ")[0] for line in found] == [
        f"{tmp_path}/{name}.yaml:{MISTAKES[name][2]}" for name in sorted(MISTAKES)
    ]
    assert [line.rpartition("[")[2] for line in found] == [f"{name}]" for name in sorted(MISTAKES)]


def test_the_page() -> None:
    """The rule on the page is the example's, and its test passes."""
    page = (ROOT / "docs" / "own-rules.md").read_text(encoding="utf-8")
    first, test = (block.partition("```")[0] for block in page.split("```python\n")[1:])
    assert first.partition("@rule")[2] in (EXAMPLE / "rules.py").read_text(encoding="utf-8")
    subprocess.run([sys.executable, "-c", f"{test}\ntest_opt_out()"], cwd=ROOT, check=True)


def test_where_rules_are_found(tmp_path: Path) -> None:
    """Files and modules of the nearest pyproject.toml with the table, also from a folder below; others don't count."""
    folder = project(tmp_path, '["rules/one.py", "acme.two"]', rules__one=RULE, acme__two=RULE.replace("acme-", "two-"))
    (folder / "rules" / "one.py").write_text(f"import helper\n{RULE}")
    (folder / "rules" / "helper.py").write_text("")
    below = folder / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text("[tool.other]\n")
    done = lint(below, "../flow.yaml", "--level", "acme-rule=error", "--format", "json")
    assert done.exit_code == 1, done.stderr
    assert [done.stdout.count(f'"{each}-rule"') for each in ("acme", "two")] == [4, 4]


def test_the_nearest_settings_count(tmp_path: Path) -> None:
    """A table without rules ends the search: a project below doesn't take the rules of a project above."""
    below = project(tmp_path, '["rules.py"]', rules="1 / 0") / "below"
    below.mkdir()
    (below / "pyproject.toml").write_text("[tool.pulumi-8x8]\n")
    assert lint(below, "../flow.yaml").stdout == "1 file: 0 errors, 0 warnings\n"


def test_installed_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package's entry point brings rules to every project."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "acme_rules.py").write_text("1 / 0")
    info = tmp_path / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[pulumi_8x8.rules]\nacme = acme_rules\n")
    (tmp_path / "flow.yaml").write_text(GOOD)
    done = lint(tmp_path, "flow.yaml")
    assert done.exit_code == 2
    assert "the entry point acme of acme can't be loaded: ZeroDivisionError" in done.stderr
    (tmp_path / "acme_rules.py").write_text(RULE)
    assert "found (4 places) [acme-rule]" in lint(tmp_path, "flow.yaml").stdout


BROKEN = {
    "no such file": ('["nowhere.py"]', RULE, " has no file nowhere.py. "),
    "no such module": ('["acme.nothing"]', RULE, "the rules acme.nothing can't be loaded: ModuleNotFoundError"),
    "no list": ('"rules.py"', RULE, "rules in [tool.pulumi-8x8] must be a list of texts"),
    "no texts": ("[5]", RULE, "rules in [tool.pulumi-8x8] must be a list of texts"),
    "no TOML": ("[", RULE, "pyproject.toml can't be read: "),
    "an exception": ('["rules.py"]', "\n1 / 0", "can't be loaded: ZeroDivisionError: division by zero ("),
    "no Python": ('["rules.py"]', "def", "can't be loaded: SyntaxError"),
    "an id of lint": ('["rules.py"]', RULE.replace("acme-rule", "no-steps"), 'there is a rule "no-steps" already'),
    "no id": ('["rules.py"]', RULE.replace("acme-rule", "Acme rule"), '"Acme rule" can\'t be the id of a rule'),
    "twice": ('["rules.py"]', RULE + RULE, 'there is a rule "acme-rule" already'),
}


@pytest.mark.parametrize(("rules", "code", "message"), BROKEN.values(), ids=BROKEN)
def test_rules_that_cannot_be_loaded(tmp_path: Path, rules: str, code: str, message: str) -> None:
    """Nothing is checked, and one message shows the file and the reason."""
    done = lint(project(tmp_path, rules, rules=code), "flow.yaml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("Nothing was checked.\n")


def test_a_key_that_is_misspelled(tmp_path: Path) -> None:
    """Another key is one message: rules that silently don't count would let a mistake pass."""
    folder = project(tmp_path, '["rules.py"]', rules=RULE)
    settings = folder / "pyproject.toml"
    settings.write_text(settings.read_text().replace("rules =", "rule ="))
    done = lint(folder, "flow.yaml")
    expected = "rule isn't a key of [tool.pulumi-8x8], whose only key is rules. Nothing was checked."
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"Error: {settings}: {expected}\n")


FAILING = {
    "it raises": ('    raise ValueError("secret")', "the rule fails with ValueError ({folder}/rules.py:6)"),
    "it fails half way": (
        '    yield Found((), "x")\n    {}["secret"]',
        "fails with KeyError ({folder}/rules.py:7)",
    ),
    "it yields a text": ('    yield "secret"', "the rule fails with TypeError"),
    "it returns nothing": ("    return None", "the rule fails with TypeError"),
}


@pytest.mark.parametrize(("body", "message"), FAILING.values(), ids=FAILING)
def test_rules_that_fail(tmp_path: Path, body: str, message: str) -> None:
    """A rule that fails is a problem with its place. The message doesn't quote what may be a secret."""
    code = RULE.partition("    yield")[0].rstrip("\n") + f"\n{body}\n"
    done = lint(project(tmp_path, '["rules.py"]', rules=code), "flow.yaml", "--fail-on", "warning")
    assert done.exit_code == 1
    assert message.format(folder=tmp_path) in done.stdout
    assert "secret" not in done.stdout + done.stderr


def test_values_that_are_not_known_yet() -> None:
    """A rule that doesn't expect a hole is silent until the value is known."""
    program = (
        RULE.partition("    yield")[0]
        + """
    for node, inputs in context.inputs_by_kind["SMS"]:
        if "STOP" not in inputs["text"]:
            yield Found(node.path, "no opt-out")

from pulumi_8x8.definition import UNKNOWN, Definition
from pulumi_8x8.lint import lint
for text in (UNKNOWN, "Hello"):
    step = {"id": "a", "stepType": "SMS", "inputs": {"subAccountId": "a", "destination": "+6581968289", "text": text}}
    body = {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": [step]}}
    print([problem.rule for problem in lint(Definition.from_body(body))])
"""
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n['acme-rule']\n"

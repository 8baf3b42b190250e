"""``pulumi-8x8 docs`` and ``lint --explain``: the documentation that comes with the package."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_kit import run

from pulumi_8x8.cli.support.pages import pages
from pulumi_8x8.lint import RULES, Rule
from tools.docs import ROOT


def test_list() -> None:
    """Without arguments, the command lists every page with its title, and the folder."""
    lines = run("docs").stdout.splitlines()
    assert [line.split()[0] for line in lines[:-2]] == sorted(path.stem for path in (ROOT / "docs").glob("*.md"))
    assert f"{'authoring':20}Write a workflow" in lines
    assert str(ROOT / "docs") in lines[-1]


@pytest.mark.parametrize("name", ["authoring", "authoring.md", "docs/authoring.md"])
def test_page(name: str) -> None:
    """A page is printed completely, by any of its names."""
    assert run("docs", name).stdout == (ROOT / "docs/authoring.md").read_text("utf-8")


def test_section() -> None:
    """A section is found by its title or words of it, with what is below it; comments of examples aren't headings."""
    for words in ("operators-and-functions", "Operators and functions", "operators"):
        text = run("docs", "authoring", words).stdout
        assert text.startswith("## Operators and functions\n")
        assert text.count("\n## ") == 0
    assert "### Taps" in run("docs", "emulator", "tests of workflows").stdout
    assert run("docs", "lint", "yaml-language-server").exit_code == 2


@pytest.mark.parametrize("rule", RULES)
def test_explain(rule: str) -> None:
    """Every rule is explained, with both examples."""
    text = run("lint", "--explain", rule).stdout
    assert text.startswith(f"### {rule}\n\n{RULES[rule].about}")
    assert ("\nFails:\n" in text, "\nPasses:\n" in text, text.count("\n### ")) == (True, True, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["docs", "authorng"], 'there is no page "authorng". did you mean "authoring"?'),
        (["docs", "../README"], "The pages are accounts, "),
        (["docs", "authoring", "lmits"], 'the page authoring has no section "lmits". did you mean "limits"?'),
        (["docs", "authoring", "!"], "To see all of it: pulumi-8x8 docs authoring"),
        (["lint", "--explain", "unreachable-stp"], 'no lint rule "unreachable-stp". did you mean "unreachable-step"?'),
        (["lint", "--explain", "flow"], "To see all rules: pulumi-8x8 docs lint"),
    ],
)
def test_what_there_is_not(arguments: list[str], message: str) -> None:
    """A wrong name is a message with the nearest one."""
    result = run(*arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output


def test_help_names_the_guide() -> None:
    """The help of the program names the guide, and each page that the help of a command names exists."""
    assert "pulumi-8x8 docs authoring" in run("--help").stdout
    for command in ("lint", "review"):
        assert f"pulumi-8x8 docs {command}" in " ".join(run(command, "--help").stdout.split())
        assert command in pages()


def test_a_teams_own_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that isn't on the page is explained by its description."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RULES, "acme-greeting", Rule("acme-greeting", "error", "A greeting is rude.", lambda _: ()))
    assert run("lint", "--explain", "acme-greeting").stdout == "### acme-greeting\n\nA greeting is rude. (Error)\n"

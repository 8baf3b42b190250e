"""``pulumi-8x8 docs`` and ``lint --explain``: the documentation that comes with the package."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from cli_kit import run

from pulumi_8x8 import errors
from pulumi_8x8.api.retries import Patience
from pulumi_8x8.cli import main
from pulumi_8x8.cli.support.pages import pages
from pulumi_8x8.lint import RULES, Rule
from tools.docs import ROOT

#: Commands that are pages of their own, or need none.
NO_PAGE = ("docs", "completion")


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


@pytest.mark.parametrize(
    ("message", "section"),
    [
        ("the account id of the 8x8 Automation API is not set: pulumi config set 8x8:accountId <id>", "not-set"),
        ("The service did not accept the key for the account acme-dev. Nothing was changed.", "unauthorized"),
        ('workflow "menu": staging runs the digest 9f323e9e, and this stack would deploy 8546c973.', "gate"),
        ("can't listen on 127.0.0.1:8088: Address already in use. If another emulator runs there", "wrong-option"),
        ("`pulumi-8x8 test` needs packages that aren't installed: flask, waitress", "missing-extra"),
        ('workflow "survey": the account acme already has a definition of the same name', "already-there"),
    ],
)
def test_message(message: str, section: str) -> None:
    """A printed message finds its section, although it has names and numbers of the reader."""
    assert run("docs", "errors", message).stdout.startswith(f"### {section}\n")


@pytest.mark.parametrize("rule", RULES)
def test_explain(rule: str) -> None:
    """Every rule is explained, with both examples."""
    text = run("lint", "--explain", rule).stdout
    assert text.startswith(f"### {rule}\n\n{RULES[rule].about}")
    assert ("\nFails:\n" in text, "\nPasses:\n" in text, text.count("\n### ")) == (True, True, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["docs", "authorng"], 'the documentation has no page "authorng". did you mean "authoring"?'),
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
    """The help of the program names the guide."""
    assert "pulumi-8x8 docs authoring" in run("--help").stdout


@pytest.mark.parametrize("command", [each for each in main.list_commands(click.Context(main)) if each not in NO_PAGE])
def test_help_ends_with_a_page(command: str) -> None:
    """The last line of a command's help names a page, or a section of it, which exists."""
    last = run(command, "--help").stdout.splitlines()[-1].strip()
    assert last.startswith("More: pulumi-8x8 docs ")
    page = last.removeprefix("More: pulumi-8x8 docs ").split()
    assert page[0] in pages()
    assert run("docs", *page).exit_code == 0


def test_errors_lead_to_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of an exception exists, and its section too; a command that fails with it names the page."""
    leading = {kind.page for kind in vars(errors).values() if isinstance(kind, type) and kind.page}
    assert {"network", "accounts", "errors conflict"} <= leading
    for page in leading:
        assert run("docs", *page.split()).exit_code == 0, page
    environ = {"PULUMI_8X8_ACCOUNT_ID": "acme", "PULUMI_8X8_API_KEY": "k", "PULUMI_8X8_BASE_URL": "http://127.0.0.1:9"}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pulumi_8x8.api.client.Patience", lambda: Patience(attempts=1))
    monkeypatch.chdir(tmp_path)
    result = run("usage")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "More: pulumi-8x8 docs network")


def test_a_teams_own_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that isn't on the page is explained by its description."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RULES, "acme-greeting", Rule("acme-greeting", "error", "A greeting is rude.", lambda _: ()))
    assert run("lint", "--explain", "acme-greeting").stdout == "### acme-greeting\n\nA greeting is rude. (Error)\n"

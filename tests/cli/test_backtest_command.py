"""``pulumi-8x8 backtest`` and ``review --backtest``: what they print, in each format, and how they fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_kit import FAULTY, MENU, Workflows, body, run, say

CUSTOMER = "+6581968289"
#: The menu with another goodbye, which names the customer.
CHANGED = [*MENU[:2], say("bye", "Goodbye {{data.payload.user.msisdn}}")]


def _write(name: str, steps: list[dict[str, Any]]) -> str:
    Path(name).write_text(json.dumps(body("menu", steps)))
    return name


@pytest.fixture
def menu(workflows: Workflows) -> Workflows:
    """A menu with two conversations: one is over, one waits."""
    workflows.store("menu", MENU)
    workflows.start("menu")
    workflows.reply()
    workflows.start("menu", "+6591111111")
    return workflows


def test_text(menu: Workflows) -> None:
    """The text has the outcomes, how many conversations have each, and examples."""
    result = run("backtest", _write("new.json", CHANGED), "--workflow", menu.ids["menu"])
    assert result.exit_code == 0, result.output
    assert "2 recorded conversations" in result.stdout
    assert "Read other texts: 1\n    1 conversation: `bye` has another text [" in result.stdout
    assert "Can't be determined: 1\n    1 conversation: it hasn't ended yet [" in result.stdout


def test_exit_code(menu: Workflows) -> None:
    """--exit-code makes a difference a failure, and no difference none."""
    for steps, code in ((CHANGED, 1), (MENU, 0)):
        result = run("backtest", _write("new.json", steps), "--workflow", menu.ids["menu"], "--exit-code")
        assert result.exit_code == code, result.output


@pytest.mark.parametrize("format", ["text", "markdown", "html", "json"])
def test_no_data_of_customers(menu: Workflows, format: str) -> None:
    """No format has a customer's number, name or text, unless --show-data asks for it."""
    command = "backtest", _write("new.json", CHANGED), "--workflow", menu.ids["menu"], "--format", format
    assert CUSTOMER.lstrip("+") not in run(*command).output
    assert "Goodbye" not in run(*command).output
    assert f"Goodbye {CUSTOMER}" in run(*command, "--show-data").stdout.replace("&#43;", "+")


def test_json(menu: Workflows) -> None:
    """The JSON has every group with up to five examples."""
    for _ in range(6):
        menu.start("menu")
        menu.reply()
    result = run("backtest", _write("new.json", CHANGED), "--workflow", menu.ids["menu"], "--format", "json")
    (tested,) = json.loads(result.stdout)
    assert tested["conversations"] == sum(tested["outcomes"].values()) == 8
    assert all(len(group["examples"]) == min(5, group["conversations"]) for group in tested["groups"])


def test_program(menu: Workflows) -> None:
    """A program's workflow is backtested as a file's is. The program runs without an engine."""
    changed = body("menu", CHANGED)
    Path("__main__.py").write_text(
        "from pulumi_8x8 import Workflow\n"
        f"Workflow('menu', trigger={changed['trigger']!r}, steps={changed['definition']['steps']!r})\n"
    )
    result = run("backtest", "__main__.py", "--workflow", menu.ids["menu"])
    assert result.exit_code == 0, result.output
    assert "1 conversation: `bye` has another text [" in result.stdout


def test_last_and_since(menu: Workflows) -> None:
    """--last and --since choose conversations; together they are refused."""
    command = "backtest", _write("new.json", CHANGED), "--workflow", menu.ids["menu"]
    assert ": 1 recorded conversation " in run(*command, "--last", 1).stdout
    assert ": 2 recorded conversations " in run(*command, "--since", "1h").stdout
    assert ": 0 recorded conversations\n" in run(*command, "--since", "2100-01-01").stdout
    refused = run(*command, "--since", "1h", "--last", 3)
    assert (refused.exit_code, "either --last or --since" in refused.stderr) == (2, True)


def test_new_fault(workflows: Workflows) -> None:
    """A conversation whose changed workflow fails is the first that a reviewer sees."""
    workflows.store("menu", MENU[:1])
    workflows.start("menu")
    steps = [{**FAULTY[0], "inputs": {**FAULTY[0]["inputs"], "user": {}}}]
    result = run("backtest", _write("new.json", steps), "--workflow", workflows.ids["menu"])
    assert "Fail where they didn't: 1\n    1 conversation: `ask` fails [" in result.stdout


def test_unreadable(menu: Workflows) -> None:
    """A file that can't be read ends the command, before it reads anything from the service."""
    result = run("backtest", "missing.json", "--workflow", menu.ids["menu"])
    assert (result.exit_code, "missing.json" in result.stderr) == (2, True)

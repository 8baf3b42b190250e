"""``pulumi-8x8 usage``: what it shows of an account, and how it exits."""

from __future__ import annotations

import json
import re

import pytest
from cli_kit import MENU, MakeStack, Workflows, lines, run

from pulumi_8x8.api import Client, Month, Usage


def test_this_month(workflows: Workflows) -> None:
    """What was started, of how many, in percent; and what follows when that is used up."""
    workflows.store("menu", MENU)
    workflows.start("menu")
    assert lines(run("usage")) == [
        f"{workflows.account.id}: 1 of 50,000 workflows started this month (0 %)",
        "The account may start workflows above its limit at 0.005 each.",
    ]
    (found,) = json.loads(run("usage", "--format", "json").stdout)
    assert found == {
        "accountId": workflows.account.id,
        "executed": 1,
        "allowed": 50_000,
        "overageAllowed": True,
        "overagePrice": 0.005,
        "percent": 0.0,
        "usedUp": False,
    }


def test_history(workflows: Workflows) -> None:
    """A line a month with a bar, and the same as JSON."""
    workflows.store("menu", MENU)
    workflows.start("menu")
    _, _, head, row = lines(run("usage", "--history"))
    assert head.split() == ["MONTH", "STARTED"]
    assert re.fullmatch(r"20\d\d-\d\d +1 +█{30}", row)
    (found,) = json.loads(run("usage", "--history", "--format", "json").stdout)
    assert [month["executed"] for month in found["months"]] == [1]


REPORTS: dict[str, tuple[Usage, list[str], int]] = {
    "used up": (
        Usage(10, 10, False),
        ["10 of 10 workflows started this month (100 %)", "has reached its limit. Nothing"],
        1,
    ),
    "not yet": (
        Usage(1_000, 999, False),
        ["999 of 1,000 workflows started this month (99.9 %)", "The account can't"],
        0,
    ),
    "above": (Usage(10, 12, True, 0.5), ["12 of 10 workflows", "2 of them are above the limit at 0.5 each."], 0),
    "no price": (Usage(10, 1, True), ["1 of 10 workflows", "The account may start workflows above its limit."], 0),
    "nothing known": (
        Usage(None, None, False),
        ["an unknown number workflows", "The account can't start workflows above its limit."],
        0,
    ),
    "nothing allowed": (
        Usage(0, 0, False),
        ["0 of 0 workflows started this month", "has reached its limit"],
        1,
    ),
}


@pytest.mark.parametrize(("used", "parts", "code"), REPORTS.values(), ids=REPORTS)
def test_the_report(
    workflows: Workflows, monkeypatch: pytest.MonkeyPatch, used: Usage, parts: list[str], code: int
) -> None:
    """Each state of an account in words; 1 when nothing more will start. (The emulator's is always the same.)"""
    monkeypatch.setattr(Client, "usage", lambda _: used)
    result = run("usage")
    assert result.exit_code == code
    for line, part in zip(result.stdout.splitlines(), parts, strict=True):
        assert part in line


def test_months(workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order of time, in proportion, and in ASCII where the terminal knows no other letters."""
    months = [Month(2026, 11, 1_000), Month(2026, 9, 0), Month(2026, 10, 500)]
    monkeypatch.setattr(Client, "usage_history", lambda _: months)
    rows = lines(run("usage", "--history"))[3:]
    assert rows == ["2026-09      0", f"2026-10    500    {'█' * 15}", f"2026-11  1,000    {'█' * 30}"]
    from click.testing import CliRunner

    from pulumi_8x8.cli.commands.usage import usage

    assert "#" * 30 in CliRunner(charset="ascii").invoke(usage, ["--history"]).output


def test_other_accounts(workflows: Workflows, make_stack: MakeStack) -> None:
    """Of the stack's account and of those that its workflows name, each once."""
    workflows.store("menu", MENU)
    make_stack(outputs={"account": {"id": "another"}})
    found = json.loads(run("usage", "--format", "json").stdout)
    assert [each["accountId"] for each in found] == [workflows.account.id, "another"]


def test_wrong_input(workflows: Workflows) -> None:
    """A service that cannot be read: one message, exit code 2."""
    workflows.account.fault({"path": "usage", "status": 404})
    result = run("usage")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "/usage: 404 Not Found" in result.stderr

"""``pulumi-8x8 instances stats``: what it counts, on a real emulator, and how it shows that."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from cli_kit import FAULTY, MENU, Workflows, lines, run, say

CUSTOMERS = [f"+658100000{number}" for number in range(4)]


def _talk(workflows: Workflows) -> str:
    """Four customers start the menu, and two of them answer."""
    menu = workflows.store("menu", MENU)
    for customer in CUSTOMERS:
        workflows.start("menu", customer)
    for customer in CUSTOMERS[:2]:
        workflows.reply(customer)
    return menu


def test_stats(workflows: Workflows) -> None:
    """It counts steps, paths, and where conversations are; each line has a number and a bar."""
    menu = _talk(workflows)
    printed = lines(run("instances", "stats", menu))
    assert printed[0] == f"{menu}, version 1: 4 conversations"
    assert re.fullmatch(r"started from 20.*Z to 20.*Z", printed[1])
    assert printed[2:14] == [
        "2 complete, 2 running",
        "",
        "STEP, → PATH  CONVERSATIONS  SHARE",
        "ask           4              100 % ██████████",
        "  → wait      4              100 % ██████████",
        "wait          4              100 % ██████████",
        "  → bye       2               50 % █████",
        "bye           2               50 % █████",
        "",
        "STEP  ENDED  ERRORS  TERMINATED  HERE NOW",
        "wait                             2",
        "bye   2",
    ]


def test_json_equals_the_emulators_own_counts(workflows: Workflows) -> None:
    """The JSON has what the emulator counts by itself; both have nothing of a customer."""
    menu = _talk(workflows)
    result = run("instances", "stats", menu, "--format", "json")
    made: dict[str, Any] = json.loads(result.stdout)
    url = f"{workflows.account.base_url}/_emulator/definitions/{workflows.account.id}/{menu}/traffic"
    own: dict[str, Any] = httpx.get(url).raise_for_status().json()
    assert (made["workflow"], made["more"]) == (menu, False)
    for name in ("definitionId", "version", "conversations", "versions", "statuses", "edges", "faults", "unexplained"):
        assert made[name] == own[name]
    for each, exact in zip(made["steps"], own["steps"], strict=True):
        assert {**each, "seconds": None} == {**exact, "seconds": None}
    assert not [customer for customer in CUSTOMERS if customer[1:] in result.stdout + json.dumps(own)]


@pytest.mark.parametrize(
    ("options", "conversations", "versions"),
    [
        ((), 3, [(2, 1, True), (1, 2, False)]),
        (("--last", "2"), 2, [(2, 1, True), (1, 1, False)]),
        (("--version", "1"), 2, [(1, 2, True)]),
        (("--since", "2999-01-01"), 0, []),
        (("--since", "1h"), 3, [(2, 1, True), (1, 2, False)]),
    ],
)
def test_window(
    workflows: Workflows, options: tuple[str, ...], conversations: int, versions: list[tuple[int, int, bool]]
) -> None:
    """``--last``, ``--since`` and ``--version`` choose the conversations; each version is listed with its number."""
    menu = workflows.store("menu", MENU)
    workflows.start("menu", CUSTOMERS[0])
    workflows.start("menu", CUSTOMERS[1])
    workflows.store("menu", [MENU[0] | {"nextStepId": "bye"}, say("bye", "Bye")])
    workflows.start("menu", CUSTOMERS[2])
    made = json.loads(run("instances", "stats", menu, *options, "--format", "json").stdout)
    assert made["conversations"] == conversations
    assert [(each["version"], each["conversations"], each["same"]) for each in made["versions"]] == versions


def test_errors_by_kind(workflows: Workflows) -> None:
    """Errors are counted by step and kind, without their messages."""
    faulty = workflows.store("faulty", FAULTY)
    for customer in CUSTOMERS:
        workflows.start("faulty", customer)
    printed = lines(run("instances", "stats", faulty))
    assert printed[2] == "4 stopped at an error"
    assert printed[-2:] == ["STEP  ERROR      CONVERSATIONS", "call  no answer  4"]
    assert "crm.example" not in "\n".join(printed)


def test_markdown(workflows: Workflows) -> None:
    """Markdown has the same tables."""
    menu = _talk(workflows)
    printed = run("instances", "stats", menu, "--format", "markdown").stdout
    assert "| Step, → path | Conversations | Share |\n| --- | --- | --- |\n| ask | 4 | 100 % " in printed
    assert "\n| wait |  |  |  | 2 |\n" in printed


def test_more_and_none(workflows: Workflows) -> None:
    """It reports that there are older conversations; without any, everything is 0."""
    menu = workflows.store("menu", MENU)
    assert run("instances", "stats", menu).stdout.splitlines()[0] == f"{menu}, version 1: 0 conversations"
    workflows.start("menu", CUSTOMERS[0])
    workflows.start("menu", CUSTOMERS[1])
    result = run("instances", "stats", menu, "--last", "1")
    assert (result.exit_code, result.stderr) == (0, "Only the newest 1 conversation. To count more: --last\n")


def test_no_such_version(workflows: Workflows) -> None:
    """A version that doesn't exist is an error that names those that do."""
    menu = workflows.store("menu", MENU)
    result = run("instances", "stats", menu, "--version", "7")
    assert result.exit_code == 2
    assert result.stderr == f"Error: the definition {menu} has no version 7. It has 1\n"


def test_calls(workflows: Workflows) -> None:
    """It makes a call for the versions, one for the list, and one for the log of each conversation."""
    menu = _talk(workflows)
    with workflows.account.calls() as calls:
        run("instances", "stats", menu)
    one = "GET /definitions/{id}/workflows"
    assert sorted(calls) == ["GET /definitions/{id}", one, *[f"{one}/{{id}}"] * 4]

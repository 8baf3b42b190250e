"""``pulumi-8x8 instances list``, ``show`` and ``errors``: what they show of instances, and what they don't."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cli_kit import FAULTY, MENU, MakeStack, Workflows, lines, run


def table(printed: list[str]) -> list[list[str]]:
    return [re.split(r"\s{2,}", line) for line in printed]


def test_list(workflows: Workflows) -> None:
    """One line an instance, of all versions, the newest first, with when it started and how long it took or runs."""
    menu, faulty = workflows.store("menu", MENU), workflows.store("faulty", FAULTY)
    old = workflows.start("menu")
    workflows.store("menu", MENU)
    stopped, new = workflows.start("faulty"), workflows.start("menu")
    head, *rows = table(lines(run("instances", "list", menu, faulty)))
    assert head == ["WORKFLOW", "INSTANCE", "VERSION", "STATUS", "STARTED", "TOOK", "FOR"]
    assert [row[:4] for row in rows] == [
        [menu, new, "2", "Runnable"],
        [faulty, stopped, "1", "Terminated"],
        [menu, old, "1", "Runnable"],
    ]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", row[4]) for row in rows)
    assert re.fullmatch(r"00:00:\d\d", rows[0][5])


def test_list_as_json(workflows: Workflows) -> None:
    """The members that programs may rely on, times as the service has them; nothing of the data."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    (found,) = json.loads(run("instances", "list", menu, "--format", "json").stdout)
    assert found.pop("seconds") >= 0
    assert datetime.fromisoformat(found.pop("startedAt")).tzinfo is UTC
    assert found == {
        "workflow": menu,
        "definitionId": menu,
        "instanceId": started,
        "version": 1,
        "status": "Runnable",
        "completedAt": None,
    }


FILTERS: dict[str, tuple[list[str], set[str]]] = {
    "none": ([], {"old", "stopped", "new"}),
    "status": (["--status", "Runnable"], {"old", "new"}),
    "two statuses": (["--status", "Terminated", "--status", "Suspended"], {"stopped"}),
    "version": (["--version", "1"], {"old", "stopped"}),
    "newest version": (["--version", "newest"], {"stopped", "new"}),
    "after": (["--started-after", "1h"], {"old", "stopped", "new"}),
    "before": (["--started-before", "00:10:00"], set()),
    "days before": (["--started-before", "2d"], set()),
    "a date": (["--started-after", "2020-01-01"], {"old", "stopped", "new"}),
    "the future": (["--started-after", "2999-01-01T00:00+08:00"], set()),
    "limit": (["--limit", "1"], {"new"}),
}


@pytest.mark.parametrize(("options", "wanted"), FILTERS.values(), ids=FILTERS)
def test_filters(workflows: Workflows, options: list[str], wanted: set[str]) -> None:
    """Each option leaves out what does not fit it."""
    workflows.store("menu", MENU)
    workflows.store("faulty", FAULTY)
    ids = {workflows.start("menu"): "old"}
    workflows.store("menu", MENU)
    ids[workflows.start("faulty")] = "stopped"
    ids[workflows.start("menu")] = "new"
    result = run("instances", "list", *workflows.ids.values(), *options, "--format", "json")
    assert {ids[each["instanceId"]] for each in json.loads(result.stdout)} == wanted


def test_times_are_sent_to_the_service_in_utc(workflows: Workflows) -> None:
    """A zone is heeded, and a time without one is UTC."""
    menu = workflows.store("menu", MENU)
    workflows.start("menu")
    now = datetime.now(UTC)
    singapore = now + timedelta(hours=8)
    for moment, seen in (
        (f"{now + timedelta(minutes=5):%Y-%m-%dT%H:%M}", True),
        (f"{singapore + timedelta(minutes=5):%Y-%m-%dT%H:%M}+08:00", True),
        (f"{singapore - timedelta(minutes=5):%Y-%m-%dT%H:%M}+08:00", False),
        (f"{now - timedelta(minutes=5):%Y-%m-%dT%H:%M}Z", False),
    ):
        found = json.loads(run("instances", "list", menu, "--started-before", moment, "--format", "json").stdout)
        assert bool(found) == seen, moment


def test_between_two_starts(workflows: Workflows) -> None:
    """The time of their start distinguishes instances of one version."""
    menu = workflows.store("menu", MENU)
    first = workflows.start("menu")
    time.sleep(0.02)
    between = datetime.now(UTC).isoformat()
    time.sleep(0.02)
    second = workflows.start("menu")
    for option, wanted in (("--started-before", first), ("--started-after", second)):
        (found,) = json.loads(run("instances", "list", menu, option, between, "--format", "json").stdout)
        assert found["instanceId"] == wanted


def test_there_are_more(workflows: Workflows) -> None:
    """A message beside the table reports what a limit left out; one call and a page of that size is all it takes."""
    menu = workflows.store("menu", MENU)
    for _ in range(3):
        workflows.start("menu")
    with workflows.account.calls() as calls:
        result = run("instances", "list", menu, "--limit", "2", "--version", "newest")
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr == "The list shows only the newest 2. To show more: --limit\n"
    assert calls == ["GET /definitions/{id}/workflows"]
    assert lines(run("instances", "list", menu, "--limit", "3"))[1:] != []


def test_names_of_a_stack(workflows: Workflows, make_stack: MakeStack) -> None:
    """Without workflows all of the stack are listed, by the names of their resources; one is found by name or id."""
    for name in ("menu", "faulty"):
        workflows.store(name, {"menu": MENU, "faulty": FAULTY}[name])
        workflows.start(name)
    workflows.store("elsewhere", MENU)
    elsewhere = workflows.ids.pop("elsewhere")
    make_stack()
    assert [row[0] for row in table(lines(run("instances", "list")))[1:]] == ["faulty", "menu"]
    assert [row[0] for row in table(lines(run("instances", "list", workflows.ids["menu"])))[1:]] == ["menu"]
    assert lines(run("instances", "list", elsewhere)) == ["No instance found."]
    unknown = run("instances", "list", "menü")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert unknown.stderr == (
        'Error: the stack dev has no workflow "menü"; it has menu, faulty. Use one of these names, or the id of a '
        "definition.\n"
    )


def test_show(workflows: Workflows) -> None:
    """Status, version, times and steps; a customer's message only with --data."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    first, second, third, blank, *steps = lines(run("instances", "show", menu, started))
    assert first == f"{menu}, instance {started}, on version 1"
    assert re.fullmatch(r"Runnable, for 00:00:\d\d", second)
    assert third.startswith("started 20")
    assert blank == ""
    assert [row[:2] for row in table(steps)] == [["STEP", "STATUS"], ["ask", "Complete"], ["wait", "WaitingForEvent"]]
    assert "6581968289" in "\n".join(lines(run("instances", "show", menu, started, "--data")))
    assert "6581968289" not in "\n".join(lines(run("instances", "show", menu, started)))


def test_show_as_json(workflows: Workflows) -> None:
    """Steps, errors and their hints; the data only with --data."""
    faulty = workflows.store("faulty", FAULTY)
    started = workflows.start("faulty")
    found: dict[str, Any] = json.loads(run("instances", "show", faulty, started, "--format", "json").stdout)
    assert found["status"] == "Terminated"
    assert [(step["step"], step["status"]) for step in found["steps"]] == [("ask", "Complete"), ("call", "Failed")]
    (error,) = found["errors"]
    assert (error["step"], error["hint"]) == ("call", None)
    assert "No such host is known" in error["message"]
    assert "data" not in found
    with_data = json.loads(run("instances", "show", faulty, started, "--data", "--format", "json").stdout)
    assert with_data["data"]["payload"] == {"user": {"msisdn": "+6581968289"}}


def test_errors(workflows: Workflows) -> None:
    """Errors of those that were terminated, with what to do; those by hand are counted; one instance by its id."""
    faulty, menu = workflows.store("faulty", FAULTY), workflows.store("menu", MENU)
    stopped, running = workflows.start("faulty"), workflows.start("menu")
    found = lines(run("instances", "errors", faulty))
    assert found[0].startswith(f"{stopped}, on version 1, started 20")
    assert re.fullmatch(r"  error in call, 20.*Z: No such host is known\. \(crm\.example:443\)", found[1])
    assert found[2].startswith("A stopped instance can't continue.")
    assert lines(run("instances", "errors", faulty, stopped))[:2] == found[:2]
    assert lines(run("instances", "errors", menu)) == ["No instance was terminated."]
    assert lines(run("instances", "errors", menu, running)) == [
        "The instance didn't stop at an error. Its status is Runnable."
    ]
    assert run("instances", "terminate", menu, running, "--yes").exit_code == 0
    assert lines(run("instances", "errors", menu)) == ["Terminated manually, without an error: 1 instance."]
    (found,) = json.loads(run("instances", "errors", faulty, "--format", "json").stdout)
    assert (found["instanceId"], [error["step"] for error in found["errors"]]) == (stopped, ["call"])


def test_hints(workflows: Workflows) -> None:
    """A published error message is explained."""
    faulty = workflows.store("faulty", [{**FAULTY[0], "inputs": {**FAULTY[0]["inputs"], "user": {"msisdn": "nobody"}}}])
    started = workflows.start("faulty")
    found = "\n".join(lines(run("instances", "show", faulty, started)))
    assert "Invalid 'msisdn'" in found
    assert "the number isn't in E.164 format" in found


UNKNOWN = "6b0534247f99b2e673df2040"
WRONG: dict[str, tuple[list[str], str]] = {
    "no workflow": (["show", "MENU"], "Missing argument 'INSTANCE'"),
    "no such definition": (["list", "3f0c2f4e-0000-4000-8000-000000000001"], "has no workflow definition 3f0c2f4e"),
    "no such instance": (["show", "MENU", UNKNOWN], "To list the instances: pulumi-8x8 instances list MENU"),
    "no id": (["show", "MENU", "x"], "Invalid definition id"),
    "logs of none": (["logs", "MENU", UNKNOWN, "--follow"], "404 Workflow"),
    "errors of none": (["errors", "MENU", UNKNOWN], "404 Workflow"),
    "a name": (["list", "menu"], '"menu" isn\'t the id of a definition, and this folder has no Pulumi project'),
    "no stack": (["list"], "this folder has no Pulumi project. Name workflows by id, or select a stack"),
    "no project": (
        ["list", "MENU", "--cwd", "nowhere"],
        "nowhere: neither this folder nor a parent folder has a Pulumi project",
    ),
    "no time": (["list", "MENU", "--started-after", "yesterday"], '"yesterday" isn\'t a time. Write 2026-03-01'),
    "a bare number": (["list", "MENU", "--started-after", "5"], '"5" isn\'t a time'),
    "no version": (["list", "MENU", "--version", "0"], '"0" isn\'t a version. Write a number from 1, or newest'),
    "no status": (["list", "MENU", "--status", "Asleep"], "'Asleep' is not one of"),
    "both": (["errors", "MENU", UNKNOWN, "--version", "1"], "Use either INSTANCE, or --version"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(workflows: Workflows, arguments: list[str], message: str) -> None:
    """One message on standard error, nothing else, exit code 2."""
    menu = workflows.store("menu", MENU)
    result = run("instances", *(menu if each == "MENU" else each for each in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert message.replace("MENU", menu) in result.stderr
    assert "Traceback" not in result.stderr


def test_no_settings(workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that isn't set, or not accepted, is reported; it is never shown."""
    menu = workflows.store("menu", MENU)
    monkeypatch.setenv("PULUMI_8X8_API_KEY", "s3cr3t-other")
    refused = run("instances", "list", menu)
    assert refused.exit_code == 2
    assert "The service did not accept the key for the account" in refused.stderr
    assert "s3cr3t" not in refused.output
    monkeypatch.delenv("PULUMI_8X8_API_KEY")
    unset = run("instances", "list", menu)
    assert unset.exit_code == 2
    assert "pulumi config set --secret 8x8:apiKey <key>" in unset.stderr


def test_a_failing_call_is_repeated(workflows: Workflows) -> None:
    """A service that fails for a moment does not show."""
    menu = workflows.store("menu", MENU)
    workflows.start("menu")
    workflows.account.fault({"method": "GET", "status": 502, "times": 1})
    assert len(lines(run("instances", "list", menu))) == 2


def test_nothing_of_the_service_reaches_a_terminal_as_a_command(workflows: Workflows) -> None:
    """Control characters in what the service holds are shown, and not sent."""
    evil = workflows.store("evil", [{**FAULTY[1], "id": "\x1b[31mred\n"}])
    started = workflows.start("evil")
    for arguments in (["show", evil, started], ["errors", evil], ["logs", evil, started]):
        printed = run("instances", *arguments).stdout
        assert "\\x1b[31mred\\n" in printed
        assert "\x1b" not in printed


def test_one_that_was_deleted(workflows: Workflows, make_stack: MakeStack) -> None:
    """A workflow of the stack that somebody deleted is reported, and the others are listed."""
    workflows.store("menu", MENU)
    workflows.start("menu")
    gone = "3f0c2f4e-0000-4000-8000-000000000001"
    make_stack(also={"gone": gone})
    for options in ([], ["--version", "newest"]):
        result = run("instances", "list", *options)
        assert (result.exit_code, len(result.stdout.splitlines())) == (0, 2)
        assert result.stderr.startswith("gone: ")
        assert len(result.stderr.splitlines()) == 1
        assert gone in result.stderr


def test_a_version_that_is_not_there(workflows: Workflows) -> None:
    """Of one workflow it is an error that names those that there are; of several, those without it are left out."""
    menu, other = workflows.store("menu", MENU), workflows.store("other", MENU)
    workflows.store("menu", MENU)
    workflows.start("menu")
    missing = run("instances", "list", other, "--version", "2")
    assert (missing.exit_code, missing.stderr) == (2, f"Error: {other} has no version 2. It has 1\n")
    assert len(lines(run("instances", "list", menu, other, "--version", "2"))) == 2

"""``pulumi-8x8 instances suspend``, ``resume`` and ``terminate``: what is done to which, and what is asked first."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from cli_kit import FAULTY, MENU, MakeStack, Workflows, begin, lines, run

from kit import API_KEY, BIN
from pulumi_8x8.api import Client, Settings
from pulumi_8x8.cli.commands.instances.steering import _carry_out
from pulumi_8x8.cli.support.selection import FoundInstance
from pulumi_8x8.cli.support.target import Target


def statuses(workflows: Workflows, name: str = "menu") -> Counter[str]:
    """Of the instances of all versions."""
    count: Counter[str] = Counter()
    for stored in workflows.account.call("GET", f"/{workflows.ids[name]}"):
        version = stored["definition"]["version"]
        listed = workflows.account.call("GET", f"/{workflows.ids[name]}/workflows?version={version}&limit=500")
        count.update(each["status"] for each in listed)
    return count


@pytest.fixture
def menu(workflows: Workflows) -> str:
    """A workflow with three instances on version 1 and two on version 2, all waiting."""
    id = workflows.store("menu", MENU)
    for version, number in ((1, 3), (2, 2)):
        for _ in range(number):
            workflows.start("menu", version=version)
        if version == 1:
            workflows.store("menu", MENU)
    return id


def test_by_id(workflows: Workflows, menu: str) -> None:
    """Those that are named, and no others; suspending and resuming does not ask."""
    one, two = workflows.start("menu"), workflows.start("menu")
    assert lines(run("instances", "suspend", menu, one, two, one)) == ["2 instances suspended"]
    assert [workflows.status("menu", each) for each in (one, two)] == ["Suspended", "Suspended"]
    assert statuses(workflows)["Runnable"] == 5
    assert lines(run("instances", "resume", menu, one)) == ["1 instance resumed"]
    assert lines(run("instances", "terminate", menu, two, "--yes")) == ["1 instance terminated"]
    assert [workflows.status("menu", each) for each in (one, two)] == ["Runnable", "Terminated"]


BULK: dict[str, tuple[list[str], list[str], Counter[str]]] = {
    "all": (["suspend", "MENU", "--all"], [], Counter(Suspended=5)),
    "a version": (["suspend", "MENU", "--version", "1"], [], Counter(Suspended=3, Runnable=2)),
    "the newest": (["terminate", "MENU", "--version", "newest"], [], Counter(Terminated=2, Runnable=3)),
    "by time": (["terminate", "MENU", "--started-before", "1d"], [], Counter(Runnable=5)),
    "by status": (["terminate", "MENU", "--status", "Suspended"], ["1"], Counter(Terminated=3, Runnable=2)),
    "suspended too": (["terminate", "MENU", "--all"], ["1"], Counter(Terminated=5)),
    "resume": (["resume", "MENU", "--version", "1"], ["1", "2"], Counter(Suspended=2, Runnable=3)),
}


@pytest.mark.parametrize(("arguments", "suspended", "after"), BULK.values(), ids=BULK)
def test_bulk(workflows: Workflows, menu: str, arguments: list[str], suspended: list[str], after: Counter[str]) -> None:
    """All that fit the options, of the statuses that the command is for.

    :param suspended: versions whose instances are suspended before.
    """
    for version in suspended:
        run("instances", "suspend", menu, "--version", version, "--yes")
    result = run("instances", *(menu if each == "MENU" else each for each in arguments), "--yes")
    assert result.exit_code == 0, result.output
    assert statuses(workflows) == after


def test_of_all_workflows(workflows: Workflows, menu: str, make_stack: MakeStack) -> None:
    """Without a workflow, the stack's: the output first shows how many of which."""
    workflows.store("other", MENU)
    workflows.start("other")
    workflows.store("elsewhere", MENU)
    workflows.start("elsewhere")
    elsewhere = workflows.ids.pop("elsewhere")
    make_stack()
    head, *rows, end = lines(run("instances", "suspend", "--started-after", "1h", "--yes"))
    assert head.split() == ["WORKFLOW", "VERSION", "STATUS", "INSTANCES", "OLDEST"]
    assert [row.split()[:4] for row in rows] == [
        ["menu", "1", "Runnable", "3"],
        ["menu", "2", "Runnable", "2"],
        ["other", "1", "Runnable", "1"],
    ]
    assert end == "6 instances suspended"
    workflows.ids["elsewhere"] = elsewhere
    assert statuses(workflows, "elsewhere") == Counter(Runnable=1)


def test_over_already(workflows: Workflows, menu: str) -> None:
    """An instance that is over needs no termination, and cannot be suspended."""
    done = workflows.start("menu")
    run("instances", "terminate", menu, done, "--yes")
    assert lines(run("instances", "terminate", menu, done, "--yes")) == ["0 instances terminated, 1 already ended"]
    result = run("instances", "suspend", menu, done)
    assert (result.exit_code, result.stdout) == (1, "0 instances suspended, 1 already ended\n")
    assert result.stderr == f"{menu} {done}: not suspended: its status is already Terminated\n"


Listed = Callable[..., list[FoundInstance]]


@pytest.fixture
def listed(workflows: Workflows) -> Iterator[Listed]:
    """The current instances: ``listed(("menu", <its id>), …)``."""
    with Client(Settings(workflows.account.id, API_KEY, workflows.account.base_url)) as client:

        def look(*instances: tuple[str, str]) -> list[FoundInstance]:
            targets = {name: Target(client, id) for name, id in workflows.ids.items()}
            return [FoundInstance(targets[name], targets[name].instance(id)) for name, id in instances]

        yield look


def test_over_meanwhile(workflows: Workflows, listed: Listed) -> None:
    """The same for one that ends between being listed and its turn, when the service then refuses."""
    workflows.store("faulty", FAULTY)
    workflows.store("menu", MENU)
    over = workflows.start("faulty")
    found = listed(("faulty", over), ("menu", workflows.start("menu")))
    workflows.account.fault({"method": "PATCH", "path": over, "status": 400, "body": {"code": 1, "message": "No."}})
    first, second = _carry_out("terminate", found)
    assert (first.what, first.why, second.what) == ("over", "its status is Terminated now", "done")


def test_resumed_meanwhile(workflows: Workflows, listed: Listed) -> None:
    """An instance that no longer has the requested status continues: the answer to the question may take a while."""
    workflows.store("menu", MENU)
    found = listed(("menu", workflows.start("menu")), ("menu", workflows.start("menu")))
    run("instances", "suspend", workflows.ids["menu"], found[0].instance.id)
    first, second = _carry_out("terminate", found, only="Suspended")
    assert (first.what, second.what, second.why) == ("done", "failed", "its status is Runnable now")
    assert statuses(workflows) == Counter(Terminated=1, Runnable=1)


def test_one_that_fails(workflows: Workflows, menu: str) -> None:
    """It doesn't stop the others; it is reported with its reason, and the exit code is 1."""
    failing = workflows.start("menu")
    refusal = {"code": 2, "message": "Not now."}
    workflows.account.fault({"method": "PATCH", "path": failing, "status": 400, "body": refusal})
    result = run("instances", "terminate", menu, "--all", "--yes", "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["command"] == "terminate"
    outcomes = {each["instanceId"]: each["outcome"] for each in found["instances"]}
    assert Counter(outcomes.values()) == Counter(done=5, failed=1)
    assert outcomes[failing] == "failed"
    assert statuses(workflows) == Counter(Terminated=5, Runnable=1)
    workflows.account.fault({"method": "PATCH", "path": failing, "status": 400, "body": refusal})
    again = run("instances", "terminate", menu, "--all", "--yes")
    assert again.stdout.splitlines()[-1] == "0 instances terminated, 1 failed"
    assert re.search(rf"{failing}: not terminated: PATCH .* 400 Not now \(code 2\)\.\n", again.stderr)


def test_a_key_that_is_not_accepted_is_not_tried_for_each(workflows: Workflows, menu: str) -> None:
    """After a 401 the rest isn't tried, which is reported."""
    for _ in range(30):
        workflows.start("menu")
    workflows.account.fault({"method": "PATCH", "status": 401, "times": 100})
    with workflows.account.calls() as calls:
        result = run("instances", "suspend", menu, "--all", "--yes", "--format", "json")
    outcomes = Counter(each["outcome"] for each in json.loads(result.stdout)["instances"])
    assert result.exit_code == 1
    assert set(outcomes) == {"failed", "not tried"}
    assert sum(call.startswith("PATCH") for call in calls) == outcomes["failed"]


def test_ctrl_c(workflows: Workflows, menu: str) -> None:
    """What hasn't begun doesn't begin; the output still shows what was done, and how many weren't tried."""
    for _ in range(20):
        workflows.start("menu")
    workflows.account.fault({"method": "PATCH", "delay": 0.5, "times": 100})
    process = begin("instances", "suspend", menu, "--all", "--yes")
    while not any(call.startswith("PATCH") for call in workflows.account.made()):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    done, missed = map(int, re.findall(r"(\d+) (?:instances? suspended|not tried)", out))
    assert (process.returncode, done + missed) == (1, 25)
    assert done < 25
    assert "The others were not tried: stopped by Ctrl-C" in err
    assert statuses(workflows)["Suspended"] == done


def test_a_lost_answer(workflows: Workflows, menu: str) -> None:
    """A command whose answer is lost is given again: twice is as good as once."""
    workflows.account.fault({"method": "PATCH", "drop": True, "times": 2})
    assert run("instances", "suspend", menu, "--all", "--yes").exit_code == 0
    assert statuses(workflows) == Counter(Suspended=5)


@pytest.mark.parametrize(
    ("answer", "options", "code", "after"),
    [
        ("y", [], 0, Counter(Terminated=5)),
        ("n", [], 1, Counter(Runnable=5)),
        ("", ["--format", "json"], 1, Counter(Runnable=5)),
    ],
)
def test_it_asks(
    workflows: Workflows, menu: str, answer: str, options: list[str], code: int, after: Counter[str]
) -> None:
    """On a terminal, with the number; the default is no."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [str(BIN / "pulumi-8x8"), "instances", "terminate", menu, "--all", *options]
    process = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=30)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, process.stderr
    assert "Permanently terminate 5 instances? [y/N]" in process.stderr
    assert statuses(workflows) == after


WRONG: dict[str, tuple[list[str], str]] = {
    "nobody to ask": (["terminate", "MENU", "--all"], "There is no terminal to ask on."),
    "one, nobody to ask": (["terminate", "MENU", "ONE"], "There is no terminal to ask on."),
    "nothing said": (["suspend", "MENU"], "Select instances: INSTANCE, or --version, --started-before"),
    "nothing at all": (
        ["terminate"],
        "INSTANCE, or --version, --started-before, --started-after, --status, or --all.",
    ),
    "both": (["suspend", "MENU", "ONE", "--version", "1"], "Use either INSTANCE or options"),
    "one is not there": (["suspend", "MENU", "ONE", "6b0534247f99b2e673df2040"], "404 Workflow"),
    "no stack": (["suspend", "--all", "--yes"], "this folder has no Pulumi project"),
    "no status": (["terminate", "MENU", "--status", "Complete"], "'Complete' is not one of"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(workflows: Workflows, menu: str, arguments: list[str], message: str) -> None:
    """One message, exit code 2, and nothing is done to any instance."""
    given = {"MENU": menu, "ONE": workflows.start("menu")}
    result = run("instances", *(given.get(each, each) for each in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert statuses(workflows) == Counter(Runnable=6)


def test_none_fits(workflows: Workflows, menu: str) -> None:
    """Nothing is asked where there is nothing to do."""
    assert lines(run("instances", "resume", menu, "--all")) == ["No instance found. Nothing was changed."]

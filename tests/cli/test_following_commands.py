"""``pulumi-8x8 instances logs`` and ``start``: an instance from its start to its end."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cli_kit import FAULTY, MENU, Workflows, begin, lines, run

from kit import BIN
from pulumi_8x8.cli.commands.instances import following


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks more often than for people."""
    monkeypatch.setattr(following, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(following, "_LONGEST_PAUSE", 0.05)


def parse(printed: list[str]) -> list[list[str]]:
    """Step and status of each line, without the times."""
    return [re.split(r"\s{2,}", line)[1:3] for line in printed]


def test_logs(workflows: Workflows) -> None:
    """What the steps have done so far, and the status of the instance; it doesn't wait."""
    menu = workflows.store("menu", MENU)
    *steps, end = lines(run("instances", "logs", menu, workflows.start("menu")))
    assert parse(steps) == [["ask", "Complete"], ["wait", "WaitingForEvent"]]
    assert re.fullmatch(r"Runnable for 00:00:\d\d", end)


@pytest.fixture
def soon(workflows: Workflows) -> Iterator[None]:
    """The customer answers while the command runs."""

    def reply() -> None:
        # After the command has read the instance for the first time, and reported its wait.
        while not any("/workflows/" in call for call in workflows.account.made()):
            time.sleep(0.02)
        time.sleep(0.2)
        workflows.reply()

    customer = threading.Thread(target=reply)
    customer.start()
    yield
    customer.join(20)


@pytest.mark.usefixtures("soon")
def test_follow(workflows: Workflows) -> None:
    """Each step shows as it happens, once each time that it changes, until the instance is over."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    *steps, end = lines(run("instances", "logs", menu, started, "--follow"))
    assert parse(steps) == [["ask", "Complete"], ["wait", "WaitingForEvent"], ["wait", "Complete"], ["bye", "Complete"]]
    assert re.fullmatch(r"Complete after 00:00:\d\d", end)


@pytest.mark.usefixtures("soon")
def test_follow_as_json(workflows: Workflows) -> None:
    """The same, one object a line; the last one shows how it ended."""
    menu = workflows.store("menu", MENU)
    printed = lines(run("instances", "logs", menu, workflows.start("menu"), "--follow", "--format", "json"))
    *steps, end = map(json.loads, printed)
    assert [(each["step"], each["status"]) for each in steps[-2:]] == [("wait", "Complete"), ("bye", "Complete")]
    assert (end["status"], end["errors"]) == ("Complete", [])


def test_terminated(workflows: Workflows) -> None:
    """An instance that stopped at an error: why, what to do, and exit code 1."""
    faulty = workflows.store("faulty", FAULTY)
    result = run("instances", "logs", faulty, workflows.start("faulty"), "--follow")
    assert result.exit_code == 1
    *steps, end, error, advice = result.stdout.splitlines()
    assert parse(steps) == [["ask", "Complete"], ["call", "Failed"]]
    assert end == "Terminated after 00:00:00"
    assert "No such host is known" in error
    assert advice.startswith("A stopped instance can't continue.")


@pytest.mark.usefixtures("soon")
def test_calls_that_fail_do_not_end_it(workflows: Workflows) -> None:
    """A lost answer and a server's error in between are survived."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    path = f"/workflows/{started}"
    workflows.account.fault({"path": path, "drop": True, "times": 1}, {"path": path, "status": 503, "times": 1})
    assert run("instances", "logs", menu, started, "--follow").exit_code == 0


def test_suspended(workflows: Workflows) -> None:
    """A suspension and a resumption of the instance show while it is followed."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    run("instances", "suspend", menu, started)
    before = len(workflows.account.made())

    def resume() -> None:
        for command in ("resume", "terminate"):
            looked = len(workflows.account.made()) if command == "terminate" else before
            while len(workflows.account.made()) < looked + 3:
                time.sleep(0.02)
            workflows.account.call("PATCH", f"/{menu}/workflows/{started}", json={"status": command})

    thread = threading.Thread(target=resume)
    thread.start()
    result = run("instances", "logs", menu, started, "--follow")
    thread.join(20)
    assert result.stderr.splitlines() == ["status: Suspended", "status: Runnable"]
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "No error: the instance was terminated manually.")


def test_ctrl_c(workflows: Workflows) -> None:
    """Following stops, the instance doesn't; a message reports it, and the exit code is 130."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    process = begin("instances", "logs", menu, started, "--follow")
    assert process.stdout is not None
    assert "ask" in process.stdout.readline()
    assert "wait" in process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, "\nThe instance continues. Its last known status: Runnable.\n")
    assert workflows.status("menu", started) == "Runnable"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """What starts an instance."""
    file = tmp_path / "data.json"
    file.write_text('{"payload": {"user": {"msisdn": "+6581968289"}}}')
    return file


def test_start(workflows: Workflows, data: Path) -> None:
    """An instance of the newest version starts with the data; the output has its id, and how to follow it."""
    menu = workflows.store("menu", MENU)
    workflows.store("menu", MENU)
    result = run("instances", "start", menu, "--data", data, "--yes")
    (started,) = re.fullmatch(r"started (\w{24}) on version 2\n", result.stdout).groups()  # type: ignore[union-attr]
    assert result.stderr == f"pulumi-8x8 instances logs {menu} {started} --follow\n"
    shown = json.loads(run("instances", "show", menu, started, "--data", "--format", "json").stdout)
    assert (shown["version"], shown["data"]["payload"]["user"]) == (2, {"msisdn": "+6581968289"})
    assert len(httpx.get(f"{workflows.account.base_url}/_emulator/outbox").json()) > 0


def test_start_and_follow(workflows: Workflows, data: Path) -> None:
    """It starts the named version, with data from standard input, and follows it to its end."""
    faulty = workflows.store("faulty", FAULTY)
    workflows.store("faulty", MENU)
    arguments = ["instances", "start", faulty, "--data", "-", "--version", "1", "--yes", "--follow"]
    result = run(*arguments, stdin=data.read_bytes())
    assert result.exit_code == 1
    assert result.stdout.startswith("started ")
    assert "on version 1\n" in result.stdout
    assert "No such host is known" in result.stdout
    first, *_, last = run(*arguments, "--format", "json", stdin=data.read_bytes()).stdout.splitlines()
    assert (json.loads(first)["version"], json.loads(last)["status"]) == (1, "Terminated")


@pytest.mark.parametrize(("answer", "code", "started"), [("y", 0, 1), ("n", 1, 0), ("", 1, 0)])
def test_start_asks(workflows: Workflows, data: Path, answer: str, code: int, started: int) -> None:
    """On a terminal it asks, since it really sends messages; the default is no."""
    menu = workflows.store("menu", MENU)
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    process = subprocess.run(
        [str(BIN / "pulumi-8x8"), "instances", "start", menu, "--data", str(data)],
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=30,
    )
    os.close(ours)
    os.close(theirs)
    assert process.returncode == code, process.stderr
    assert f"{menu}, version 1 (enabled), in the account {workflows.account.id}: an instance" in process.stderr
    assert ("Nothing was changed." in process.stderr) == (code == 1)
    assert len(workflows.account.call("GET", f"/{menu}/workflows")) == started


WRONG: dict[str, tuple[list[str], str | None, str]] = {
    "nobody to ask": ([], "{}", "There is no terminal to ask on. Nothing was changed. To confirm: --yes"),
    "no file": (["--data", "nowhere.json", "--yes"], None, "nowhere.json: the file doesn't exist"),
    "no JSON": (["--data", "-", "--yes"], "{", "standard input:1: not JSON"),
    "no object": (["--data", "-", "--yes"], "[1]", "standard input:1: the data is a JSON object, not a list"),
    "too deep": (["--data", "-", "--yes"], "[" * 100_000, "standard input:1: nested more than 100 levels deep"),
    "no version": (["--version", "9", "--yes"], None, "has no version 9. It has 1. Nothing was started."),
}


@pytest.mark.parametrize(("options", "stdin", "message"), WRONG.values(), ids=WRONG)
def test_wrong_input(workflows: Workflows, options: list[str], stdin: str | None, message: str) -> None:
    """One message, exit code 2, and nothing starts."""
    menu = workflows.store("menu", MENU)
    result = run("instances", "start", menu, *options, stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert workflows.account.call("GET", f"/{menu}/workflows") == []


def test_a_lost_answer_starts_no_second_one(workflows: Workflows) -> None:
    """A start whose answer is lost isn't repeated, and the message reports that the outcome is unknown."""
    menu = workflows.store("menu", MENU)
    workflows.account.fault({"method": "POST", "drop": True})
    result = run("instances", "start", menu, "--yes")
    assert result.exit_code == 2
    assert "The service may or may not have carried it out." in result.stderr
    assert len(workflows.account.call("GET", f"/{menu}/workflows")) == 1

"""How quick the emulator and the simulator are; run by ``make bench``, by hand with ``--sleepers N``.

Everything runs as users run it: the emulator is a process of its own with an SQLite file, asked over HTTP by one
client with one connection. Prints one figure a line.

``--than REVISION`` only compares auto replies with another revision, in turn in two emulators.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
from support import ROOT, in_turn, provider_of, ratio

from pulumi_8x8.emulator import Store
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.simulator import Engine, ManualClock, message_body, written

BASE = "/api/v1/accounts/acme/definitions"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def send(id: str, **more: Any) -> dict[str, Any]:
    inputs = {
        "subAccountId": "s",
        "user": {"msisdn": "{{data.payload.user.msisdn}}"},
        "type": "text",
        "content": {"text": "Hello {{data.payload.user.name}}, you wrote {{data.payload.content.text}}"},
    }
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}


#: An auto reply of five steps: by the day, by the hour, a message, a record of it, another message.
AUTO_REPLY: list[dict[str, Any]] = [
    {
        "id": "day",
        "stepType": "Branch",
        "selectNextStep": {"closed": "{{isDayOfWeek(data.payload.timestamp, 'Sunday')}}", "hour": None},
    },
    {
        "id": "hour",
        "stepType": "Branch",
        "selectNextStep": {
            "first": "{{isTimeOfDayBetween(data.payload.timestamp, '00:00:00', '23:59:59', 'Singapore Standard Time')}}"
        },
    },
    send("first", outputs={"umid": "{{step.umid}}"}, nextStepId="known"),
    {"id": "known", "stepType": "Branch", "selectNextStep": {"last": "{{data.umid != null}}"}},
    send("last"),
    send("closed"),
]
SLEEP = {"id": "w", "stepType": "Wait", "inputs": {"duration": "01:00:00"}, "nextStepId": "last"}


def definition(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"trigger": "inbound_chat_apps", "status": "enabled", "definition": {"name": "bench", "steps": steps}}


def show(what: str, value: str) -> None:
    print(f"{what:<58} {value}", flush=True)


def per_second(what: str, number: int, work: Callable[[], Any], each: int = 1) -> None:
    """Do ``work`` so often and show how many a second, when one call does ``each``."""
    begins = time.perf_counter()
    for _ in range(number):
        work()
    show(what, f"{number * each / (time.perf_counter() - begins):,.0f} /s")


@contextmanager
def emulator(database: Path, provider: Path = ROOT / "provider") -> Iterator[tuple[httpx.Client, int]]:
    """A client of an emulator in a process of its own, and its process id."""
    code = "from pulumi_8x8.cli.commands.emulator import emulator; emulator()"
    command = [sys.executable, "-c", code, "--port", "0", "--database", str(database)]
    environment = {**os.environ, "PYTHONPATH": str(provider)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    url = next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    try:
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer emulator-key"}, timeout=600) as client:
            yield client, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


def memory(pid: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def processor_time(pid: int) -> float:
    """Seconds that a process, and the processes that it waited for, have had a processor (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def simulator_alone() -> None:
    engine = Engine(AUTO_REPLY, ManualClock(NOW))
    data = message_body(written("Hi"), "whatsapp", "+6581968289", "s", NOW, Random(0))

    def once() -> None:
        instance = engine.start(data)
        while (advance := engine.advance(instance)) is not None:
            instance = advance.instance
        assert instance.status == "Complete"

    per_second("simulator alone, steps", 200, once, each=5)


def compare(folder: Path, revision: str) -> None:
    """Prints how many times as many auto replies a second there are, by the clock and by processor time."""
    message = message_body(written("Hi"), "whatsapp", "+6581968289", "s", NOW, Random(0))

    def replies(client: httpx.Client) -> float:
        begins = time.perf_counter()
        for _ in range(20):
            (started,) = client.post("/_emulator/inbound", json=message).json()["instances"]
            assert started["status"] == "Complete"
        return time.perf_counter() - begins

    with (
        provider_of(revision) as former,
        emulator(folder / "before.sqlite", former) as (before, old),
        emulator(folder / "after.sqlite") as (after, new),
    ):
        for client in (before, after):
            client.post(BASE, json=definition(AUTO_REPLY)).raise_for_status()
            replies(client)
        spent = [processor_time(pid) for pid in (old, new)]
        pairs = in_turn(lambda: replies(before), lambda: replies(after), 40)
        spent = [processor_time(pid) - its for pid, its in zip((old, new), spent, strict=True)]
    show(f"over HTTP, auto replies of 5 steps a second, to {revision}", f"{ratio(pairs):.2f} ×")
    show("the same by processor time", f"{spent[0] / spent[1]:.2f} ×")


def over_http(folder: Path) -> None:
    with emulator(folder / "http.sqlite") as (client, _):
        path = client.post(BASE, json=definition(AUTO_REPLY)).headers["Location"]
        message = message_body(written("Hi"), "whatsapp", "+6581968289", "s", NOW, Random(0))
        per_second("over HTTP, a definition read", 1000, lambda: client.get(path).raise_for_status())

        def once() -> None:
            (started,) = client.post("/_emulator/inbound", json=message).json()["instances"]
            assert started["status"] == "Complete"

        per_second("over HTTP, an auto reply of 5 steps started and finished", 300, once)
        for _ in range(99):
            client.post(BASE, json=definition(AUTO_REPLY) | {"status": "disabled"})
        per_second("over HTTP, definitions read in lists of 100", 50, lambda: client.get(BASE).raise_for_status(), 100)


def sleepers(folder: Path, number: int) -> None:
    database = folder / f"sleepers-{number}.sqlite"
    store, clock = Store(database), ManualClock(datetime.now(UTC))
    made = store.add_version("acme", "5870442f-3ddd-4657-b74c-6e17308f5230", "", definition([SLEEP, send("last")]))
    engine = Engine(made.steps, clock)
    data = message_body(written("Hi"), "whatsapp", "+6581968289", "s", NOW, Random(0))
    with store.transaction():
        for index in range(number):
            advance = engine.advance(engine.start(data))
            assert advance is not None
            store.save(StoredInstance(f"{index:024x}", "acme", made.id, 1, advance.instance))
    name = f"{number:,} sleeping instances"
    begins = time.perf_counter()
    for _ in range(10_000):
        store.next_due()
    show(f"{name}: an idle tick", f"{(time.perf_counter() - begins) * 100:.1f} µs")
    store.close()
    with emulator(database) as (client, pid):
        client.get("/_emulator/clock")
        show(f"{name}: memory", f"{memory(pid):,.0f} MB")
        begins = time.perf_counter()
        client.post("/_emulator/clock", json={"seconds": 3601}).raise_for_status()
        taken = time.perf_counter() - begins
        show(f"{name}: all awake and finished", f"{taken:.1f} s ({number / taken:,.0f} /s)")
        show(f"{name}: memory afterwards", f"{memory(pid):,.0f} MB")
        left = client.get(f"{BASE}/{made.id}/workflows?status=Runnable").json()
        assert left == [], "some still sleep"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sleepers", type=int, default=10_000, help="how many instances sleep (default: 10,000)")
    parser.add_argument("--than", metavar="REVISION", help="a revision of this repository")
    arguments = parser.parse_args()
    number = arguments.sleepers
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.than:
            compare(folder, arguments.than)
            return
        simulator_alone()
        over_http(folder)
        sleepers(folder, max(1, number // 100))
        sleepers(folder, number)


if __name__ == "__main__":
    main()

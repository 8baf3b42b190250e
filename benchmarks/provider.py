"""Measures workflows on the real Pulumi engine, for ``make bench``; other sizes with ``--sizes``.

Three stacks with the same inputs and outputs run in turn on the same machine. They use this provider, a provider that
does nothing (the floor: the engine and its Python SDK), and a provider that reads each definition. The service is the
emulator, which answers after 50 ms. Prints the number of calls, the seconds, and their ratio to the floor; and the
processor time of all processes, whose ratio depends less on what else the machine does. At the end, it prints what the
difference to the floor consists of: the processor time of the program, the plugin and the engine.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

# Programs and plugins import this file as well: what only some of them need is imported where it is needed, so that
# the floor does not pay for it.

HERE, BIN = Path(__file__).parent, Path(sys.prefix) / "bin"
DELAY = 0.05
FLOOR, OURS, EACH = "nothing", "pulumi-8x8", "a GET each"
STACKS = (FLOOR, OURS, EACH)
PROCESSES = ("program", "plugin", "engine")
OUTPUTS: Mapping[str, Any] = {"version": 1, "createdAt": "2026-03-02T10:00:00.000Z", "accountId": "bench"}
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "preview": ("preview",),
    "refresh": ("refresh", "--yes", "--skip-preview"),
    "up, one change": ("up", "--yes", "--skip-preview"),
}


def typed_steps(number: int, greeting: str) -> list[Any]:
    """A menu of five steps as a program writes it; some scripts are its own, others are the same in all menus."""
    from pulumi_8x8 import Branch, ChatAppsMessage, HttpRequest, WaitForReply

    def message(id: str, text: str, **more: Any) -> ChatAppsMessage:
        user, content = {"msisdn": "{{data.payload.user.msisdn}}"}, {"text": text}
        return ChatAppsMessage(id, sub_account_id="acme", user=user, type="text", content=content, **more)

    answer = "data.answer.trim().toLowerCase()"
    return [
        message(
            "ask", f"{greeting} {{{{data.payload.user.name}}}}, shop {number}: 1 orders, 2 hours", next_step_id="reply"
        ),
        WaitForReply(
            "reply",
            channel="whatsapp",
            from_="{{data.payload.user.msisdn}}",
            timeout="00:30:00",
            outputs={"answer": "{{step.reply.payload.content.text}}"},
            next_step_id="choice",
        ),
        Branch("choice", select_next_step={"order": f"{{{{{answer} == 'order {number}'}}}}", "hours": None}),
        HttpRequest(
            "order",
            url=f"https://shops.example.com/{number}/orders",
            method="POST",
            body={"from": "{{data.payload.user.msisdn}}", "text": "{{data.answer}}"},
            select_next_step={"hours": "{{step.responseCode < 400}}", "ask": None},
        ),
        message("hours", f"Shop {number} is open from 9 to 18"),
    ]


def declare_typed(count: int, greeting: str) -> None:
    """The program of :data:`OURS`; the first workflow sends ``greeting``."""
    from pulumi_8x8 import Workflow

    for number in range(count):
        steps = typed_steps(number, "Hello" if number else greeting)
        Workflow(f"w-{number}", name=f"Menu {number}", trigger="inbound_chat_apps", sub_account_id="acme", steps=steps)


def declare_plain(kind: str, folder: Path) -> None:
    """The program of the two others: the same inputs, from a file, and names for the same outputs."""
    provider = Floor() if kind == FLOOR else Each()
    for number, inputs in enumerate(json.loads((folder / "inputs.json").read_text())):
        Plain(provider, f"w-{number}", {**dict.fromkeys(OUTPUTS), **inputs})


class Plain(Resource, module="bench", name="Plain"):
    """A resource of :class:`Floor` or :class:`Each`."""


class Floor(ResourceProvider):
    """Does nothing; the engine compares the inputs."""

    serialize_as_secret_always = False

    def configure(self, req: Any) -> None:
        gc.freeze()  # as this provider does

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        return CheckResult(news, [])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult()

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["name"], {**props, **OUTPUTS})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult({**_news, **OUTPUTS})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        return


class Each(Floor):
    """Asks for each definition when it is read or compared, as providers commonly do; compares nothing itself."""

    _http: Any

    def configure(self, req: Any) -> None:
        import httpx

        super().configure(req)
        base = f"{req.config.get('8x8:baseUrl')}/api/v1/accounts/{req.config.get('8x8:accountId')}"
        key = os.environ["PULUMI_8X8_API_KEY"]
        self._http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        made = self._http.post("/definitions", json=_body(props)).raise_for_status().json()
        return CreateResult(made["definition"]["id"], {**props, **OUTPUTS})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        self._http.get(f"/definitions/{_id}").raise_for_status().json()
        return DiffResult()

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        self._http.get(f"/definitions/{id_}").raise_for_status().json()
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        self._http.put(f"/definitions/{_id}", json=_body(_news)).raise_for_status()
        return UpdateResult({**_news, **OUTPUTS})


def _body(props: Mapping[str, Any]) -> dict[str, Any]:
    from pulumi_8x8.definition import from_inputs

    return from_inputs(props).body()


@dataclass(frozen=True)
class Stack:
    """A project of ``count`` workflows, with an account of its own in the emulator."""

    kind: str
    count: int
    folder: Path
    environ: Mapping[str, str]
    base_url: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)
    parts: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return f"{self.kind}-{self.count}".replace(" ", "-")

    def set_up(self) -> None:
        """Creates all of it, with the state saved once at the end instead of after each creation."""
        state = self.folder / "state"
        state.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text(f"name: bench\nruntime: python\nbackend: {{url: 'file://{state}'}}\n")
        (self.folder / "Pulumi.bench.yaml").write_text(
            f"config: {{'8x8:accountId': '{self.account}', '8x8:baseUrl': '{self.base_url}'}}\n"
        )
        self._pulumi("stack", "init", "bench")
        self.write("Hello")
        self._pulumi(*OPERATIONS["up, one change"], PULUMI_EXPERIMENTAL="true", PULUMI_SKIP_CHECKPOINTS="true")

    def write(self, greeting: str) -> None:
        """The program; the first workflow sends ``greeting``."""
        if self.kind == OURS:
            program = f"provider.declare_typed({self.count}, {greeting!r})"
        else:
            inputs = [_inputs(number, "Hello" if number else greeting) for number in range(self.count)]
            (self.folder / "inputs.json").write_text(json.dumps(inputs))
            program = f"provider.declare_plain({self.kind!r}, pathlib.Path())"
        (self.folder / "__main__.py").write_text(f"import pathlib\n\nimport provider\n\n{program}\n")

    def measure(self, operation: str) -> None:
        """Runs it once; all workflows but one must be as they were.

        :raises SystemExit: the engine did something else.
        """
        import httpx

        httpx.delete(f"{self.base_url}/_emulator/calls").raise_for_status()
        begin, used = time.perf_counter(), _processor_time()
        account = self.folder / "account"
        shown = self._pulumi(*OPERATIONS[operation], BENCH_ACCOUNT=str(account))
        self.seconds.setdefault(operation, []).append(time.perf_counter() - begin)
        spent = _processor_time() - used
        self.processor.setdefault(operation, []).append(spent)
        for process, seconds in _parts(account, spent).items():
            self.parts.setdefault((operation, process), []).append(seconds)
        self.calls[operation] = len(httpx.get(f"{self.base_url}/_emulator/calls").json())
        changed = 1 if operation == "up, one change" else 0
        unchanged = self.count - changed + 1  # the stack itself
        if not re.search(rf"\n +{unchanged} unchanged", shown) or bool(changed) != ("1 updated" in shown):
            raise SystemExit(f"{operation} of {self.count} by {self.kind} did something else:\n{shown[-2000:]}")

    def _pulumi(self, *arguments: str, **environ: str) -> str:
        run = subprocess.run(
            [BIN / "pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise SystemExit(f"pulumi {arguments[0]} failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
        return run.stdout


def _processor_time() -> float:
    """Seconds of all processes that have ended: the engine waits for its own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _parts(account: Path, spent: float) -> Mapping[str, float]:
    """The processor time of each of :data:`PROCESSES`: the engine's, with what it starts besides, is the rest."""
    parts = dict.fromkeys(PROCESSES, 0.0)
    for line in account.read_text().splitlines():
        process, seconds = line.split()
        parts[process] += float(seconds)
    account.unlink()
    return {**parts, "engine": spent - parts["program"] - parts["plugin"]}


def _inputs(number: int, greeting: str) -> dict[str, Any]:
    from pulumi_8x8.definition import Definition, to_inputs

    parts = {"name": f"Menu {number}", "trigger": "inbound_chat_apps", "status": "enabled", "sub_account_id": "acme"}
    return to_inputs(Definition.of(**parts, steps=typed_steps(number, greeting)))


@contextmanager
def _emulator(folder: Path) -> Iterator[str]:
    """The base URL of an emulator."""
    command = [BIN / "pulumi-8x8", "emulator", "--port", "0", "--database", folder / "emulator.sqlite"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _environ(folder: Path) -> dict[str, str]:
    # An installed package has its bytecode. Without it, each process would compile this provider, but not the floor.
    dropped = ("PULUMI_", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "bench",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_8X8_API_KEY": "emulator-key",
        "PYTHONPATH": os.pathsep.join(map(str, (HERE / "support" / "accounting", HERE))),
    }


def _bench(count: int, pairs: int, folder: Path) -> None:
    import httpx

    with _emulator(folder) as base_url:
        stacks = {kind: Stack(kind, count, folder / kind, _environ(folder), base_url) for kind in STACKS}
        for stack in stacks.values():
            stack.set_up()
        slow = [{"delay": DELAY, "times": 10**9}]
        httpx.post(f"{base_url}/_emulator/faults", json=slow).raise_for_status()
        for operation in OPERATIONS:
            # The first two are measured several times, in turn. For the third, the number of calls is enough.
            for number, kind in enumerate([FLOOR, OURS] * pairs + [EACH]):
                if operation == "up, one change":
                    stacks[kind].write(f"Good day {number}")
                stacks[kind].measure(operation)
    print(f"\n{count:,} workflows of 5 steps, {DELAY * 1000:.0f} ms of network; medians of {pairs} pairs")
    for operation in OPERATIONS:
        floor = statistics.median(stacks[FLOOR].seconds[operation])
        least = statistics.median(stacks[FLOOR].processor[operation])
        for kind, stack in stacks.items():
            seconds = statistics.median(stack.seconds[operation])
            processor = statistics.median(stack.processor[operation])
            print(
                f"  {operation:<15} {kind:<11} {seconds / floor:5.2f} × nothing, {seconds:6.2f} s; processor time "
                f"{processor / least:5.2f} ×, {processor:6.2f} s; {stack.calls[operation]:5,} calls",
                flush=True,
            )
        more = {
            process: statistics.median(stacks[OURS].parts[operation, process])
            - statistics.median(stacks[FLOOR].parts[operation, process])
            for process in PROCESSES
        }
        shown = ", ".join(f"{process} {seconds:+.2f} s" for process, seconds in more.items())
        print(f"  {operation:<15} {OURS} to {FLOOR}, by processor time: {shown}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1_000], help="how many workflows")
    parser.add_argument("--pairs", type=int, default=3, help="how often each operation is measured")
    options = parser.parse_args()
    for count in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            _bench(count, options.pairs, Path(name))


if __name__ == "__main__":
    main()

"""How fast definitions are linted: ``python benchmarks/lint.py``. One core, the best of several runs.

``--than REVISION`` only compares with another revision, in turn in two processes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from support import ROOT, best, best_of, in_turn, provider_of, ratio

from pulumi_8x8.analysis.javascript import facts_of
from pulumi_8x8.definition import Definition, read_source
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.lint import lint

CORPUS = ROOT / "tests" / "corpus"
SIZES = (100, 1_000, 10_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--than", metavar="REVISION", help="a revision of this repository")
    revision = parser.parse_args().than
    _compare(revision) if revision else _measure()


def _compare(revision: str) -> None:
    """Prints the ratio of the definitions a second, the median of 40 pairs of runs."""
    with provider_of(revision) as before:
        workers = [_worker(before), _worker(ROOT / "provider")]
        pairs = in_turn(lambda: _time(workers[0]), lambda: _time(workers[1]), 40)
        for worker in workers:
            worker.communicate()
    fastest = min(before for before, _ in pairs) / min(after for _, after in pairs)
    print(
        f"lint: {ratio(pairs):.2f} × the definitions a second of {revision}, scripts never seen "
        f"(fastest: {fastest:.2f} ×)"
    )


def _worker(provider: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "benchmarks/support/lint_worker.py"), str(provider), str(CORPUS)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _time(worker: subprocess.Popen[str]) -> float:
    assert worker.stdin
    assert worker.stdout
    worker.stdin.write("3\n")
    worker.stdin.flush()
    return float(worker.stdout.readline())


def _measure() -> None:
    bodies = [read_source(path).body for path in sorted(CORPUS.glob("*.json"))]
    definitions = [Definition.from_body(body) for body in bodies if "definition" in body]
    steps = sum(len(definition.steps) for definition in definitions) / len(definitions)
    for cold, state in ((False, "scripts seen before"), (True, "scripts never seen")):
        seconds = best(lambda cold=cold: _lint_all(definitions, cold), 10)
        print(f"lint: {len(definitions) / seconds:,.0f} definitions a second ({steps:.1f} steps on average, {state})")
    base = 0.0
    for size in SIZES:
        large = _large(size)
        seconds = best(lambda large=large: lint(large), 3)
        base = base or seconds / size
        print(
            f"lint: {size:,} steps in {seconds:.3f} s, {seconds / size * 1e6:.0f} µs a step, "
            f"{seconds / size / base:.2f} × the time for {SIZES[0]} steps"
        )
    command = [str(Path(sys.executable).with_name("pulumi-8x8")), "lint"]
    file = str(CORPUS / "06-docs-getting-started-auto-reply.json")
    pydantic = best_of([sys.executable, "-c", "import pydantic"], 7)
    for what, arguments in (("--help", ["--help"]), ("one file", [file])):
        seconds = best_of([*command, *arguments], 7)
        print(f"pulumi-8x8 lint, {what}: {seconds:.3f} s, {seconds / pydantic:.2f} × `import pydantic`")


def _lint_all(definitions: list[Definition], cold: bool) -> None:
    for definition in definitions:
        if cold:
            for cache in (facts_of, find_scripts):
                cache.cache_clear()
        lint(definition)


def _large(size: int) -> Definition:
    """A clean definition: a chain of requests and answers, each reading what the one before stored."""
    steps: list[dict[str, Any]] = []
    for number in range(0, size, 2):
        request = {
            "id": f"request_{number}",
            "stepType": "HttpRequest",
            "inputs": {"url": "https://api.example.com", "method": "POST", "body": {"text": "{{data.payload.body}}"}},
            "outputs": {f"answer_{number}": "{{step.responseBody.text}}"},
            "selectNextStep": {f"reply_{number}": "{{step.responseCode < 400}}"},
        }
        reply = {
            "id": f"reply_{number}",
            "stepType": "SMS",
            "inputs": {
                "subAccountId": "acme",
                "destination": "{{data.payload.source}}",
                "text": f"{{{{data.answer_{number}}}}}",
            },
            "nextStepId": f"request_{number + 2}" if number + 2 < size else None,
        }
        steps += [request, reply]
    body = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "large", "steps": steps}}
    definition = Definition.from_body(body)
    assert lint(definition) == ()
    return definition


if __name__ == "__main__":
    main()

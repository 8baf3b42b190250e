"""Measures commands on a small Python program, to `import pulumi`: ``python benchmarks/programs.py``.

The program is an example of six steps. Each command runs it in a process of its own, without the engine. Everything
runs in turn. Prints the smallest ratio to the import, and the smallest time, in seconds of the wall.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(__file__).resolve().parents[1] / "examples" / "voice_menu"
ROUNDS = 10
CLI = "from pulumi_8x8.cli import main; main()"


def seconds(*arguments: str) -> float:
    """How long Python takes with these arguments."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    commands = {name: ("-c", CLI, name, str(PROGRAM)) for name in ("lint", "run", "graph")}
    imports: list[float] = []
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        imports.append(seconds("-c", "import pulumi"))
        for name, arguments in commands.items():
            times[name].append(seconds(*arguments))
    best = min(imports)
    print(f"import pulumi: {best:.2f} s")
    for name, taken in times.items():
        print(f"pulumi-8x8 {name}: {min(taken) / best:.2f} × ({min(taken):.2f} s)")


if __name__ == "__main__":
    main()

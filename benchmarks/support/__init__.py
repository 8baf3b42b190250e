"""How the benchmarks measure."""

from __future__ import annotations

import io
import statistics
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]


def best(run: Callable[[], Any], times: int) -> float:
    """Seconds of the fastest of several runs."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def best_of(command: Sequence[str], times: int) -> float:
    """Seconds of the fastest of several runs of a command, which must succeed."""
    return best(lambda: subprocess.run(command, check=True, capture_output=True), times)


@contextmanager
def provider_of(revision: str) -> Iterator[Path]:
    """The folder of the package, from a revision of this repository."""
    with TemporaryDirectory() as folder:
        command = ["git", "-C", str(ROOT), "archive", revision, "provider"]
        archive = subprocess.run(command, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder) / "provider"


def in_turn(before: Callable[[], float], after: Callable[[], float], pairs: int) -> list[tuple[float, float]]:
    """What two runs return, in pairs; each is first in every second pair."""
    made = []
    for number in range(pairs):
        taken = {side: (before, after)[side]() for side in ((0, 1), (1, 0))[number % 2]}
        made.append((taken[0], taken[1]))
    return made


def ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """How many times as fast the second of each pair is: the median."""
    return statistics.median(before / after for before, after in pairs)

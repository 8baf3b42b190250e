"""How the benchmarks measure."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Any


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

"""Counts the calls of ``pulumi destroy`` on the real engine, for ``make bench``; other sizes with ``--sizes``.

The service is the emulator. Beside the calls that each deletion makes itself (two for each version, and the DELETE),
deletions at the same time share lists: three for as many deletions as the engine has at the same time (``--parallel``).
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
from provider import OURS, Stack, _emulator, _environ

#: ``None``: the engine's own choice, four for each processor.
PARALLEL = (None, 16, 64)


def destroy(count: int, parallel: int | None, base_url: str, folder: Path) -> None:
    """Deploys ``count`` workflows, destroys them, and prints the calls."""
    environ = _environ(folder)
    if "PYTHONPATH" in os.environ:  # a checkout that isn't the installed one
        environ["PYTHONPATH"] += os.pathsep + os.environ["PYTHONPATH"]
    stack = Stack(OURS, count, folder / f"{count}-{parallel}", environ, base_url)
    stack.set_up()
    httpx.delete(f"{base_url}/_emulator/calls").raise_for_status()
    begin = time.perf_counter()
    stack._pulumi("destroy", "--yes", "--skip-preview", *(() if parallel is None else ("--parallel", str(parallel))))
    seconds = time.perf_counter() - begin
    calls = httpx.get(f"{base_url}/_emulator/calls").json()
    kinds = Counter(f"{each['method']} {re.sub('[0-9a-f-]{36}', '{id}', each['path'])}" for each in calls)
    print(f"{count:,} workflows, {parallel or 'default'} at the same time: {len(calls):,} calls, {seconds:.1f} s")
    for kind, number in sorted(kinds.items()):
        print(f"  {number:6,} {kind.partition('/definitions')[0].partition(' ')[0]} {kind.partition('/accounts/')[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[400], help="how many workflows")
    parser.add_argument("--parallel", type=int, nargs="*", default=PARALLEL, help="how many at the same time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, _emulator(Path(name)) as base_url:
        for count in options.sizes:
            for parallel in options.parallel or PARALLEL:
                destroy(count, parallel, base_url, Path(name))


if __name__ == "__main__":
    main()

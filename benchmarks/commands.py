"""How fast commands start, and how an account is exported: ``python benchmarks/commands.py``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from provider import BIN, _emulator, _inputs
from support import best_of

from pulumi_8x8.definition import from_inputs

WORKFLOWS = 500
ACCOUNT, KEY = "acme", "emulator-key"


def main() -> None:
    python = best_of([sys.executable, "-c", "pass"], 7)
    for arguments in (["--help"], ["instances", "--help"], ["review", "--help"]):
        seconds = best_of([str(BIN / "pulumi-8x8"), *arguments], 7) - python
        print(f"pulumi-8x8 {' '.join(arguments)}: {seconds:.3f} s after the interpreter's start ({python:.3f} s)")
    with tempfile.TemporaryDirectory() as name:
        _export(Path(name))


def _export(folder: Path) -> None:
    with _emulator(folder) as base_url:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=f"{base_url}/api/v1/accounts/{ACCOUNT}", headers=headers) as service:
            for number in range(WORKFLOWS):
                body = from_inputs(_inputs(number, "Hello")).body()
                service.post("/definitions", json=body).raise_for_status()
        httpx.delete(f"{base_url}/_emulator/calls").raise_for_status()
        command = [str(BIN / "pulumi-8x8"), "export", "--all", "--to", str(folder / "exported")]
        settings = {"PULUMI_8X8_ACCOUNT_ID": ACCOUNT, "PULUMI_8X8_API_KEY": KEY, "PULUMI_8X8_BASE_URL": base_url}
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, cwd=folder, env={**os.environ, **settings})
        seconds = time.perf_counter() - begin
        calls = len(httpx.get(f"{base_url}/_emulator/calls").json())
        print(f"pulumi-8x8 export --all: {WORKFLOWS} workflows in {seconds:.2f} s, {calls} calls")


if __name__ == "__main__":
    main()

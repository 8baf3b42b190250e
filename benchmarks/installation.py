"""What an installation weighs, beside ``pulumi`` alone: ``python benchmarks/installation.py``.

It installs the newest versions from the package index into empty environments, with pip, which also compiles them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from support import best_of

ROOT = Path(__file__).resolve().parent.parent
#: What is installed, and what a program imports. The import of `pulumi_8x8` alone loads nothing.
INSTALLATIONS = {
    "pulumi": (["pulumi"], "import pulumi"),
    "pulumi-8x8": ([str(ROOT)], "from pulumi_8x8 import Workflow"),
    "pulumi-8x8[emulator]": ([f"{ROOT}[emulator]"], "from pulumi_8x8 import Workflow"),
    "pulumi-8x8[testing]": ([f"{ROOT}[testing]"], "from pulumi_8x8 import Workflow"),
}


def main() -> None:
    print("| installed | MB | packages | import |\n|---|--:|--:|--:|")
    first: tuple[float, int] | None = None
    for name, (requirements, program) in INSTALLATIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            size, packages, seconds = measure(Path(folder), requirements, program)
        first = first or (size, packages)
        beside = f" ({size / first[0]:.2f} ×)", f" (+{packages - first[1]})"
        size_beside, packages_beside = beside if packages > first[1] else ("", "")
        print(f"| `{name}` | {size:.0f}{size_beside} | {packages}{packages_beside} | {seconds:.2f} s |", flush=True)


def measure(folder: Path, requirements: list[str], program: str) -> tuple[float, int, float]:
    """Megabytes on the disk, packages with pip itself, and the seconds of an import after the interpreter's start."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", *requirements], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    size = sum(file.stat().st_blocks * 512 for file in site.rglob("*") if file.is_file()) / 2**20
    listed = json.loads(subprocess.run([*pip, "list", "--format", "json"], check=True, capture_output=True).stdout)
    return size, len(listed), best_of([python, "-c", program], 7) - best_of([python, "-c", "pass"], 7)


if __name__ == "__main__":
    main()

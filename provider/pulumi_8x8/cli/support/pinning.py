"""Pins all packages of a project with their hashes, by uv: ``--hashes`` of ``new`` and ``export``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from pulumi_8x8.cli.support.vocabulary import Failed
from pulumi_8x8.installation import pin

hashes_option = click.option(
    "--hashes",
    is_flag=True,
    help="Pin all packages with their hashes in requirements.txt, for any system. This needs uv and a package index.",
)


def check_hashes(folder: Path) -> None:
    """Checks that :func:`write_hashes` can work, before anything is written. :raises Failed: it can't."""
    there = [name for name in ("requirements.in", "requirements.txt") if (folder / name).exists()]
    if there:
        raise Failed(
            f"--hashes: {folder} has {' and '.join(there)} already. Nothing was written. Leave out --hashes, and pin "
            "your requirements as you do now"
        )
    pinned = pin()
    if not pinned.has_hash:
        raise Failed(
            f"--hashes: pulumi-8x8 is installed from a {pinned.origin}, which has no hash that pip can check. Nothing "
            "was written. Install it from a package index or a wheel, or leave out --hashes"
        )
    if _uv() is None:
        raise Failed("--hashes needs uv, which isn't installed. Nothing was written. Install it: pip install uv")


def write_hashes(folder: Path) -> None:
    """Makes the requirements of a new project ``requirements.in``, and writes what they need to ``requirements.txt``.

    :raises Failed: uv can't find the packages. The project stays as it was.
    """
    uv = _uv()
    assert uv is not None
    wanted, pinned = folder / "requirements.in", folder / "requirements.txt"
    pinned.replace(wanted)
    compile_ = [*uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11"]
    done = subprocess.run(
        [*compile_, wanted.name, "--output-file", pinned.name], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pinned.unlink(missing_ok=True)
        wanted.replace(pinned)
        raise Failed(
            f"--hashes: the project is written, but {pinned.name} has no hashes: {done.stderr.strip()}\n"
            f"Try again in {folder}: {' '.join(compile_)} {pinned.name} --output-file {pinned.name}"
        )


def _uv() -> list[str] | None:
    program = shutil.which("uv")
    if program:
        return [program]
    return [sys.executable, "-m", "uv"] if find_spec("uv") else None

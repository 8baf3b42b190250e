"""Checks what a release needs beside ``make dist``: ``make release``.

It looks for known problems in what users install, lists the licences, and runs the tests on every Python of this
machine. ``make release RELEASE='--tests tests/lint --python 3.13'`` runs a part of the tests.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".release"
UV = Path(sys.prefix) / "bin" / "uv"
DEV = ROOT / "requirements" / "dev.txt"

#: Licences of packages that users install with this one: all of them permit use and redistribution in any product.
ALLOWED = (
    "3-Clause BSD License",
    "Apache Software License",
    "Apache-2.0",
    "Apache-2.0 OR BSD-2-Clause",
    "BSD License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "MIT License",
    "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)",  # certifi: a list of certificates, unchanged
    "PSF-2.0",
    "Zope Public License",  # waitress
)
#: Packages whose metadata names no licence, and the first line of their licence file.
UNNAMED = {"quickjs-ng": "MIT License"}


def main(arguments: Sequence[str]) -> int:
    """Runs all checks, and prints a table of them. The exit code is 1 if one of them fails."""
    parser = argparse.ArgumentParser(prog="make release")
    parser.add_argument("--tests", nargs="*", default=[], help="Paths of tests. Default: all tests.")
    parser.add_argument("--python", nargs="*", default=[], help="Versions such as 3.13. Default: all of the machine.")
    given = parser.parse_args(arguments)
    users = environment_of_users()
    rows: list[tuple[str, bool | None, str]] = [
        ("known vulnerabilities", *audit()),
        ("versions", *versions(users)),
        ("licences", *licences(users)),
    ]
    for version, python in pythons().items():
        if not given.python or version in given.python:
            rows.append((f"tests on Python {version}", *run_tests(version, python, given.tests)))
    print("\n== Summary")
    for what, passed, result in rows:
        print(f"{'not done' if passed is None else 'passed' if passed else 'FAILED':9} {what}: {result}")
    return 1 if any(passed is False for _, passed, _ in rows) else 0


def output(command: Sequence[object], check: bool = True) -> str:
    done = subprocess.run([str(each) for each in command], cwd=ROOT, capture_output=True, text=True)
    if check and done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed\n{done.stdout}{done.stderr}")
    return done.stdout


def environment_of_users() -> Path:
    """Python with the pinned versions of what ``pulumi-8x8[testing]`` needs."""
    print("\n== The packages that users install", flush=True)
    folder, pinned = WORK / "users", WORK / "users.txt"
    compile_ = [UV, "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--constraints", DEV]
    output([*compile_, "--extra", "testing", ROOT / "pyproject.toml", "--output-file", pinned])
    output([UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
    sync = [str(UV), "pip", "sync", "--python", str(folder), "--require-hashes", str(pinned)]
    done = subprocess.run(sync, capture_output=True, text=True)
    if done.returncode or "yanked" in done.stderr:
        sys.exit(f"the pinned versions can't be installed, or were withdrawn:\n{done.stderr}")
    output([UV, "pip", "check", "--python", folder])
    return folder / "bin" / "python"


def audit() -> tuple[bool | None, str]:
    """Looks for published vulnerabilities, in each source that pip-audit knows until one has the packages."""
    print("\n== Known vulnerabilities", flush=True)
    pinned = WORK / "users.txt"
    for service in ("pypi", "osv"):
        options = ["--disable-pip", "--requirement", pinned, "--format", "json", "--progress-spinner", "off"]
        printed = output([sys.executable, "-m", "pip_audit", "--vulnerability-service", service, *options], check=False)
        found: list[dict[str, Any]] = json.loads(printed)["dependencies"] if printed.startswith("{") else []
        audited = [each for each in found if "skip_reason" not in each]
        if audited:
            problems = [(each, [one["id"] for one in each["vulns"]]) for each in audited if each["vulns"]]
            for package, ids in problems:
                print(f"{package['name']} {package['version']}: {', '.join(ids)}")
            result = f"{len(audited)} of {len(found)} packages audited ({service}), {len(problems)} with problems"
            return not problems, result
    return None, "no source of advisories can be reached. Run this on a machine that reaches one before you publish"


def versions(users: Path) -> tuple[bool, str]:
    """Lists packages with newer versions in the index. None was withdrawn, or the installation had failed."""
    print("\n== Newer versions", flush=True)
    newer = json.loads(output([UV, "pip", "list", "--python", users, "--outdated", "--format", "json"]))
    for each in newer:
        print(f"{each['name']} {each['version']}: {each['latest_version']} is newer")
    return True, f"none is withdrawn, {len(newer)} have newer versions"


def licences(users: Path) -> tuple[bool, str]:
    """Lists the licences, also in ``.release/licences.md``, and fails for one that isn't allowed."""
    print("\n== Licences", flush=True)
    command: list[str] = [
        sys.executable,
        "-m",
        "piplicenses",
        "--python",
        str(users),
        "--from",
        "mixed",
        "--format",
        "markdown",
    ]
    table = output(command)
    (WORK / "licences.md").write_text(table, "utf-8")
    print(table)
    site = next(users.parents[1].glob("lib/python*/site-packages"))
    for package, first_line in UNNAMED.items():
        (file,) = site.glob(f"{package.replace('-', '_')}-*.dist-info/licenses/LICENSE")
        if file.read_text("utf-8").splitlines()[0] != first_line:
            return False, f"{package} has another licence than {first_line}: {file}"
    command += ["--allow-only", ";".join(ALLOWED), "--ignore-packages", *UNNAMED]
    done = subprocess.run(command, capture_output=True, text=True)
    packages = len(table.splitlines()) - 2
    return done.returncode == 0, done.stderr.strip() or f"{packages} packages, all licences are allowed"


def pythons() -> dict[str, Path]:
    """The newest Python of each minor version that this project supports, on PATH or installed by pyenv or uv."""
    folders = [*Path.home().glob(".pyenv/versions/*/bin"), *os.environ.get("PATH", "").split(os.pathsep)]
    environ = {**os.environ, "PATH": os.pathsep.join(map(str, folders))}
    command = [str(UV), "python", "list", "--only-installed", "--output-format", "json"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    oldest = tuple(map(int, needed.removeprefix(">=").split(".")))
    found: dict[tuple[int, ...], Path] = {}
    for each in json.loads(done.stdout):
        parts = each["version_parts"]
        minor = (parts["major"], parts["minor"])
        if each["implementation"] == "cpython" and minor >= oldest:
            found.setdefault(minor, Path(each["path"]))  # the newest is first
    return {".".join(map(str, minor)): found[minor] for minor in sorted(found)}


def run_tests(version: str, python: Path, tests: Sequence[str]) -> tuple[bool, str]:
    """Runs tests with the pinned dependencies on one Python. ``.release/python-3.13.log`` has all of the output."""
    print(f"\n== Tests on Python {version}: {python}", flush=True)
    began = time.monotonic()
    folder, log = WORK / f"python-{version}", WORK / f"python-{version}.log"
    output([python, "-m", "venv", "--clear", folder])
    own = folder / "bin" / "python"
    output([UV, "pip", "install", "--quiet", "--python", own, "--require-hashes", "--requirement", DEV])
    output([UV, "pip", "install", "--quiet", "--python", own, "--no-deps", "--no-build-isolation", "--editable", ROOT])
    output([own, ROOT / "engine" / "install.py"])
    workers = str(2 * (os.cpu_count() or 1))
    command = [str(own), "-m", "pytest", "-n", workers, "--dist", "loadscope", "--no-loadscope-reorder", *tests]
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with log.open("w") as file:
        done = subprocess.run(command, cwd=ROOT, env=environ, stdout=file, stderr=subprocess.STDOUT)
    lines = log.read_text("utf-8").strip().splitlines()
    print(*(line for line in lines if line.startswith(("FAILED", "ERROR"))), lines[-1], sep="\n", flush=True)
    return done.returncode == 0, f"{lines[-1].strip('= ')}, {time.monotonic() - began:.0f} s with the installation"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

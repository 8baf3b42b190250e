"""Every command in an environment that has only what ``pip install pulumi-8x8`` installs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
import venv
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from pulumi_8x8.cli import _COMMANDS
from pulumi_8x8.installation import MODULES

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

#: What each command is called with; without an account, several can only fail. The commands in NEED need the emulator.
CALLS = {
    "new": ["survey", "made"],
    "lint": ["menu.yaml"],
    "schema": [],
    "run": ["menu.yaml", "--message", "Hi"],
    "test": ["."],
    "graph": ["menu.yaml"],
    "emulator": ["--port", "0"],
    "review": ["menu.yaml", "menu.yaml"],
    "backtest": ["menu.yaml", "--workflow", "menu"],
    "compare": ["staging", "production"],
    "list": [],
    "show": ["menu"],
    "trigger": ["menu", "--data", "menu.yaml"],
    "instances": ["list"],
    "versions": ["menu"],
    "export": ["--all", "--to", "exported"],
    "usage": [],
    "docs": ["authoring"],
    "completion": ["bash"],
}
NEED = {"run", "test", "emulator", "backtest"}
#: These work without an account.
WORK = {"new", "lint", "schema", "graph", "review", "docs", "completion"}

_DRIVER = """
import json, sys
from click.testing import CliRunner
from pulumi_8x8.cli import main

def call(arguments):
    done = CliRunner().invoke(main, arguments, prog_name="pulumi-8x8")
    crash = done.exception if done.exception and not isinstance(done.exception, SystemExit) else None
    return [done.exit_code, done.output, crash and repr(crash)]

print(json.dumps([call(each) for each in json.loads(sys.argv[1])]))
"""


def closure(requirements: list[str]) -> set[str]:
    """The names of the packages that pip installs for ``requirements``."""
    names: set[str] = set()
    waiting = [Requirement(each) for each in requirements]
    while waiting:
        found = waiting.pop()
        if found.name not in names and (found.marker is None or found.marker.evaluate({"extra": ""})):
            names.add(found.name)
            waiting += [Requirement(each) for each in metadata.requires(found.name) or ()]
    return names


def environment(folder: Path, requirements: list[str]) -> Path:
    """Python with this package and ``requirements``, and nothing else that is installed here."""
    venv.create(folder / "venv", with_pip=False)
    packages = folder / "packages"
    packages.mkdir()
    for name in closure(requirements):
        found = metadata.distribution(name)
        for top in {path.parts[0] for path in found.files or () if path.parts[0] not in ("..", "__pycache__")}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(str(found.locate_file(top))))
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    about = site / f"pulumi_8x8-{PROJECT['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.4\nName: pulumi-8x8\nVersion: {PROJECT['version']}\n")
    (site / "plain.pth").write_text(f"{packages}\n{ROOT / 'provider'}\n")
    return folder / "venv" / "bin" / "python"


@pytest.fixture(scope="module")
def plain_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python with what ``pip install pulumi-8x8`` installs."""
    return environment(tmp_path_factory.mktemp("plain"), PROJECT["dependencies"])


def run_commands(python: Path, folder: Path, *calls: list[str]) -> list[tuple[int, str, str | None]]:
    """The exit code, the output and the exception of each call of ``pulumi-8x8``."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PULUMI"))}
    command = [str(python), "-c", _DRIVER, json.dumps(calls)]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [tuple(each) for each in json.loads(done.stdout.splitlines()[-1])]


def test_every_command(plain_python: Path, tmp_path: Path) -> None:
    """A command that needs an extra names it, and exits with 2. No command shows a traceback, and every help works."""
    assert sorted(CALLS) == sorted(_COMMANDS)
    source = ROOT / "tests" / "lint" / "fixtures" / "if-without-steps.passes.yaml"
    (tmp_path / "menu.yaml").write_bytes(source.read_bytes())
    (tmp_path / "menu.test.yaml").write_text("workflow: menu.yaml\ntests: [{name: a, do: [{message: Hi}]}]\n")
    names = list(CALLS)
    done = run_commands(plain_python, tmp_path, *([name, *CALLS[name]] for name in names))
    helped = run_commands(plain_python, tmp_path, *([name, "--help"] for name in names))
    for name, (code, output, crash), (help_code, _, _) in zip(names, done, helped, strict=True):
        assert crash is None, (name, crash)
        assert help_code == 0, name
        needed = re.search(r"`pulumi-8x8 (\w+)` needs packages that aren't installed: .* 'pulumi-8x8\[(\w+)\]'", output)
        assert (needed.groups() if needed else None) == ((name, "emulator") if name in NEED else None), output
        assert code == (0 if name in WORK else 2), (name, output)
    ((code, output, crash),) = run_commands(plain_python, tmp_path, ["review", "--backtest", "5", "preview.json"])
    assert (code, crash) == (2, None)
    assert "`pulumi-8x8 review --backtest` needs packages" in output


def test_a_program(plain_python: Path, tmp_path: Path) -> None:
    """A program declares and checks workflows without any extra: what is imported is what is required."""
    program = tmp_path / "__main__.py"
    program.write_bytes((ROOT / "examples" / "survey" / "__main__.py").read_bytes())
    (tmp_path / "Pulumi.yaml").write_text("name: survey\nruntime: python\n")
    config = ["--config", "subAccountId=s", "--config", "resultsUrl=https://example.org"]
    ((code, output, crash),) = run_commands(plain_python, tmp_path, ["lint", str(tmp_path), *config])
    assert (code, crash) == (0, None), output


def test_modules_of_extras() -> None:
    """The messages know every package of each extra, except data that no module imports."""
    extras: dict[str, list[str]] = PROJECT["optional-dependencies"]
    assert extras.keys() == MODULES.keys()
    for extra, requirements in extras.items():
        packages = {Requirement(each).name for each in requirements} - {"tzdata", "pulumi-8x8"}
        inherited = {Requirement(name) for each in requirements for name in extras.get(each[11:-1], ())}
        packages |= {each.name for each in inherited} - {"tzdata"}
        assert set(MODULES[extra].values()) == packages


def test_plugin_without_the_extra(tmp_path: Path) -> None:
    """If pytest is installed without the extra, a test of workflows fails with one line, and others run."""
    python = environment(tmp_path, [*PROJECT["dependencies"], "pytest"])
    (tmp_path / "flow.test.yaml").write_text("workflow: menu.yaml\ntests: [{name: a, do: [{message: Hi}]}]\n")
    program = "def test_flow(workflow):\n    workflow('menu.yaml')\n\n\ndef test_other():\n    pass\n"
    (tmp_path / "test_it.py").write_text(program)

    def pytest_prints(file: str) -> str:
        command = [str(python), "-m", "pytest", "-p", "pulumi_8x8.testing.plugin", "-p", "no:cacheprovider", file]
        done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True)
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout

    message = "needs packages that aren't installed: flask, waitress, quickjs-ng. Nothing was done. "
    assert f"a test of workflows {message}" in pytest_prints("flow.test.yaml")
    printed = pytest_prints("test_it.py")
    assert f"the fixture workflow {message}" in printed
    assert "1 failed, 1 passed" in printed

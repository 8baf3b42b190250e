"""The real Pulumi engine, on a stack of its own for each test."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import corpus
from kit import API_KEY, BIN, Account

TESTS = Path(__file__).parent.parent


@dataclass(frozen=True)
class Run:
    """What one run of ``pulumi`` printed."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def diagnostics(self) -> str:
        """The text under "Diagnostics:", which has every message once (the progress above repeats them)."""
        return self.out.partition("\nDiagnostics:\n")[2].partition("\nResources:\n")[0]

    @property
    def counts(self) -> dict[str, int]:
        """``{"created": 2, "unchanged": 1}``, the stack itself included."""
        _, _, summary = self.out.rpartition("Resources:")
        return {what: int(count) for count, what in re.findall(r"(\d+) (?:to )?(\w+)", summary.split("Duration")[0])}


@dataclass
class Stack:
    """A Pulumi project with the stack ``test``."""

    folder: Path
    account: Account
    environ: dict[str, str] = field(default_factory=dict)

    def write(self, program: str) -> None:
        """The program; ``automation``, ``pulumi`` and what :meth:`write` of a test needs are imported."""
        head = "import json\nimport pulumi\nimport pulumi_8x8 as automation\n"
        (self.folder / "__main__.py").write_text(head + textwrap.dedent(program))

    def write_corpus(self) -> None:
        """A program with every published definition, from its file, whatever lint finds in it."""
        for name, body in corpus.BODIES.items():
            (self.folder / f"{name}.json").write_text(json.dumps(body))
        self.write("""
            from pathlib import Path
            from pulumi_8x8.lint import RULES

            levels = dict.fromkeys(RULES, "warning")
            for path in sorted(Path().glob("*.json")):
                automation.Workflow(path.stem, name=path.stem, source=path, lint=levels)
        """)

    def run(self, *arguments: str, code: int = 0, **environ: str) -> Run:
        run = subprocess.run(
            [str(BIN / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=300,
        )
        result = Run(run.returncode, run.stdout, run.stderr)
        assert run.returncode == code or code < 0, f"exit code {run.returncode}\n{result.text}"
        return result

    def up(self, *options: str, code: int = 0, **environ: str) -> Run:
        return self.run("up", "--yes", "--skip-preview", *options, code=code, **environ)

    def preview(self, *options: str, code: int = 0, **environ: str) -> Run:
        return self.run("preview", *options, code=code, **environ)

    def outputs(self) -> dict[str, Any]:
        (stack,) = [each for each in self._state() if each["type"] == "pulumi:pulumi:Stack"]
        outputs: dict[str, Any] = stack.get("outputs", {})
        if "ciphertext" in json.dumps(outputs):
            outputs = json.loads(self.run("stack", "output", "--json", "--show-secrets").out)
        return outputs

    def resources(self) -> list[dict[str, Any]]:
        """The workflows in the state."""
        return [each for each in self._state() if each["type"].startswith("pulumi-python:")]

    def _state(self) -> list[dict[str, Any]]:
        """All resources, from the file if there is one stack: starting the engine takes a third of a second."""
        stacks = [*self.folder.parent.glob("state/.pulumi/stacks/project/*.json")]
        if len(stacks) == 1:
            state = json.loads(stacks[0].read_text("utf-8"))["checkpoint"]["latest"]
        else:
            state = json.loads(self.run("stack", "export").out)["deployment"]
        resources: list[dict[str, Any]] = state.get("resources", [])
        return resources


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for the engine's own files that is not the user's."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture
def stack(tmp_path: Path, account: Account, pulumi_home: Path) -> Stack:
    """A stack with the settings of ``account``."""
    return make_stack(tmp_path, account, pulumi_home)


def make_stack(parent: Path, account: Account, pulumi_home: Path) -> Stack:
    """A project, its state and its stack, in folders below ``parent``.

    ``pulumi stack init`` makes the first one of each process. The others are copies: the command takes half a second.
    """
    folder, state = parent / "project", parent / "state"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: project\nruntime: python\nbackend: {{url: 'file://{state}'}}\n")
    config = f"config: {{'8x8:accountId': {account.id}, '8x8:baseUrl': '{account.base_url}'}}\n"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    environ = {
        **kept,
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_8X8_API_KEY": API_KEY,
        # The provider beside these tests, whichever one is installed.
        "PYTHONPATH": os.pathsep.join(map(str, (TESTS.parent / "provider", TESTS, TESTS / "quick"))),
    }
    made = Stack(folder, account, environ)
    first = pulumi_home / "first"
    if first.exists():
        shutil.copytree(first / "state", state)
        # The stack that is selected in this folder.
        place = hashlib.sha1(str(folder / "Pulumi.yaml").encode(), usedforsecurity=False).hexdigest()
        selected = json.dumps({"stacks": {f"file://{state}": "organization/project/test"}})
        (pulumi_home / "workspaces" / f"project-{place}-workspace.json").write_text(selected)
    else:
        state.mkdir()
        made.run("stack", "init", "test")
        shutil.copytree(state, first / "state")
        shutil.copy(folder / "Pulumi.test.yaml", first)
    salt = (first / "Pulumi.test.yaml").read_text()
    (folder / "Pulumi.test.yaml").write_text(config + salt)
    return made

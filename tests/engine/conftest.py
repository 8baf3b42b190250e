"""The real Pulumi engine, on a stack of its own for each test."""

from __future__ import annotations

import json
import os
import re
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
        outputs: dict[str, Any] = json.loads(self.run("stack", "output", "--json", "--show-secrets").out)
        return outputs

    def resources(self) -> list[dict[str, Any]]:
        """The workflows in the state."""
        stacks = [*self.folder.parent.glob("state/.pulumi/stacks/project/*.json")]
        if len(stacks) == 1:  # starting the engine takes a second
            state = json.loads(stacks[0].read_text("utf-8"))["checkpoint"]["latest"]
        else:
            state = json.loads(self.run("stack", "export").out)["deployment"]
        return [each for each in state.get("resources", []) if each["type"].startswith("pulumi-python:")]


@pytest.fixture(scope="session")
def pulumi_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for the engine's own files that is not the user's."""
    return tmp_path_factory.mktemp("pulumi-home")


@pytest.fixture
def stack(tmp_path: Path, account: Account, pulumi_home: Path) -> Stack:
    """A stack with the settings of ``account``."""
    return make_stack(tmp_path, account, pulumi_home)


def make_stack(parent: Path, account: Account, pulumi_home: Path) -> Stack:
    """A project, its state and its stack, in folders below ``parent``."""
    folder = parent / "project"
    state = parent / "state"
    folder.mkdir()
    state.mkdir()
    (folder / "Pulumi.yaml").write_text(f"name: project\nruntime: python\nbackend: {{url: 'file://{state}'}}\n")
    (folder / "Pulumi.test.yaml").write_text(
        f"config: {{'8x8:accountId': {account.id}, '8x8:baseUrl': '{account.base_url}'}}\n"
    )
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
    made.run("stack", "init", "test")
    return made

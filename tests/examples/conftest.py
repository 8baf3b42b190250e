"""Runs the examples as their READMEs describe."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.conftest import Stack, pulumi_home
from kit import BIN, Account
from tools.docs.readmes import commands

__all__ = ["pulumi_home"]


@pytest.fixture
def tried(tmp_path: Path, account: Account, pulumi_home: Path) -> Callable[[str], tuple[Stack, str]]:
    """Runs the commands under "Try it" in an example's README; returns the project and the output.

    The emulator is the tests' one, and each test has its account.
    """

    def do(example: str) -> tuple[Stack, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        environ = {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(pulumi_home),
            "PULUMI_OPTION_SKIP_PREVIEW": "true",
            "PULUMI_SKIP_CONFIRMATIONS": "true",
        }

        def run(folder: Path, *lines: str) -> str:
            script = "\n".join(["set -e", *lines])
            done = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout + done.stderr

        new, _cd, *rest = commands(example)
        run(tmp_path, new)
        (folder,) = tmp_path.iterdir()
        settings = folder / "Pulumi.dev.yaml"
        text = settings.read_text("utf-8").replace("http://127.0.0.1:8088", account.base_url)
        settings.write_text(re.sub("accountId: .*", f"accountId: {account.id}", text), "utf-8")
        printed = run(folder, *rest)
        exported = {"PULUMI_BACKEND_URL": "file://.", "PULUMI_CONFIG_PASSPHRASE": ""}
        return Stack(folder, account, {**environ, **exported}), printed

    return do

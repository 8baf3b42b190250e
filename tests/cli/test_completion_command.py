"""``pulumi-8x8 completion``: the scripts, and what a shell gets through them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_kit import MENU, MakeStack, Workflows, lines, run

from kit import BIN


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(shell: str) -> None:
    """Each shell gets a script of its own that asks this program."""
    script = run("completion", shell)
    assert script.exit_code == 0
    assert f"_PULUMI_8X8_COMPLETE={shell}_complete" in script.stdout


def test_another_shell() -> None:
    """Exit code 2, and which shells there are."""
    result = run("completion", "tcsh")
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.stderr


def test_bash_takes_it() -> None:
    """The script works in a real bash."""
    script = ". <(pulumi-8x8 completion bash) && complete -p pulumi-8x8"
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    bash = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert bash.stdout == "complete -o nosort -F _pulumi_8x8_completion pulumi-8x8\n"


def complete(line: str, folder: Path, **environment: str) -> list[str]:
    """What bash offers at the end of ``line``."""
    words = line.split(" ")
    asked = {
        "_PULUMI_8X8_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        **environment,
    }
    command = [str(BIN / "pulumi-8x8")]
    run = subprocess.run(command, env={**os.environ, **asked}, cwd=folder, capture_output=True, text=True, timeout=30)
    assert run.stderr == ""
    return [each.partition(",")[2] for each in run.stdout.splitlines() if each]


def test_commands_and_options(tmp_path: Path) -> None:
    """Commands, subcommands, options and their values."""
    assert complete("pulumi-8x8 inst", tmp_path) == ["instances"]
    assert complete("pulumi-8x8 instances res", tmp_path) == ["resume"]
    assert complete("pulumi-8x8 instances list --start", tmp_path) == ["--started-after", "--started-before"]
    assert complete("pulumi-8x8 instances list --status S", tmp_path) == ["Suspended"]


def test_names_of_workflows(workflows: Workflows, make_stack: MakeStack, tmp_path: Path) -> None:
    """The names in the stack's state; nothing, and no word, where there is no stack or it cannot be read."""
    for name in ("menu", "mail"):
        workflows.store(name, MENU)
    folder = make_stack()
    assert complete("pulumi-8x8 instances show m", folder) == ["menu", "mail"]
    assert complete("pulumi-8x8 versions show me", folder) == ["menu"]
    assert complete(f"pulumi-8x8 instances list --cwd {folder} me", Path("/")) == ["menu"]
    assert complete("pulumi-8x8 instances list --stack other m", folder) == []
    assert complete("pulumi-8x8 instances show m", folder, PATH="/nowhere") == []
    (tmp_path / "elsewhere").mkdir()
    assert complete("pulumi-8x8 instances show m", Path("/")) == []
    assert lines(run("instances", "list")) == ["No instance found."]

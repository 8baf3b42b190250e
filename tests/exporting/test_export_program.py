"""The program of an export: how it is read without running it, and how it is written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kit import BIN
from pulumi_8x8.errors import ExportError
from pulumi_8x8.exporting.python_program import Extras, Line, WorkflowCall, new_program, read_program

PROGRAM = """
import pulumi_8x8 as flows
from pulumi_8x8 import Workflow

flows.Workflow("a", source="workflows/a.yaml", adopt="1")  # mine
Workflow("b", source="b.json", adopt="2", status="disabled", name=pulumi.get_stack())
Workflow("c", adopt="3", steps=[])
Workflow("d", source="d.yaml", steps=[], adopt="4")
Workflow("e", source=path, adopt=config.get("adopt"))
for name in names:
    Workflow(name, adopt="5")
other.Thing("f", adopt="6")
Workflow("g", source="g.yaml", adopt="7", pin_version=3)
Workflow("h", source="h.yaml", adopt="8", account=other)
"""

DECLARED = (
    WorkflowCall("a", "1", "workflows/a.yaml"),
    WorkflowCall("b", "2", "b.json", given={"name": ..., "status": "disabled"}),
    WorkflowCall("c", "3", why="the program declares its steps itself"),
    WorkflowCall("d", "4", why="the program declares its steps itself"),
    WorkflowCall("e"),
    WorkflowCall("g", "7", why="the program pins its version"),
    WorkflowCall("h", None, "h.yaml"),
)


def test_what_a_program_declares() -> None:
    """Each `Workflow(…)` with a plain name: its id and file if they are plain, and the parts that it sets itself."""
    program = read_program("__main__.py", PROGRAM)
    assert sorted(program.declared, key=lambda each: each.resource) == list(DECLARED)
    assert program.packages == {"pulumi_8x8": "flows"}


@pytest.mark.parametrize("text", ["x = (", "\0", "if:\n"])
def test_no_python(text: str) -> None:
    """A program that is not Python is one message, and nothing is written."""
    with pytest.raises(ExportError, match=r"^__main__\.py.*: not Python: .*Nothing was written\.$"):
        read_program("__main__.py", text)


LINES = [
    Line("menu", "workflows/menu.yaml"),
    Line("x", "workflows/x.yaml", Extras(("missing-input", "unknown-step"))),
]


@pytest.mark.parametrize("text", [None, "", "import os\n\nprint(os)", "import pulumi_8x8\n"])
def test_new_lines_come_after_what_is_there(text: str | None) -> None:
    """The text stays; the declarations appended to it are read back, and the package is imported."""
    program = new_program("About.") if text is None else read_program("p.py", text)
    more = program.with_more(LINES)
    assert more.startswith(program.text.partition("pulumi.export")[0])
    read = read_program("p.py", more)
    assert [(each.resource, each.source, each.adopt) for each in read.declared] == [
        (line.resource, line.source, None) for line in LINES
    ]
    assert f"{read.packages['pulumi_8x8']}.Workflow(" in more
    assert f"opts={read.packages['pulumi']}.ResourceOptions(protect=True)," in more


@pytest.mark.parametrize("length", [79, 88, 120])
def test_ruff_finds_nothing(tmp_path: Path, length: int) -> None:
    """A new program is formatted and linted, for any length of lines."""
    path = tmp_path / "__main__.py"
    path.write_text(new_program("The workflows of an account.").with_more(LINES))
    for command in (["check", "--select", "E,F,W,I,B,UP"], ["format", "--check"]):
        options = ["--isolated", "--no-cache", "--line-length", str(length)]
        run = subprocess.run([BIN / "ruff", *command, *options, path], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout

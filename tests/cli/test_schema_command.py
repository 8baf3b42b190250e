"""``pulumi-8x8 schema``: the JSON Schemas that editors use."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_kit import run

from tools.docs import ROOT


@pytest.mark.parametrize("kind", ["workflow", "tests", "stubs"])
def test_command(kind: str, tmp_path: Path) -> None:
    """``pulumi-8x8 schema`` prints the schema that the package has, or writes it to a file; workflow is the default."""
    content = (ROOT / "docs" / f"{kind}.schema.json").read_text("utf-8")
    assert run("schema", *([] if kind == "workflow" else [kind])).stdout == content
    assert run("schema", kind, "--output", str(tmp_path / "a.json")).exit_code == 0
    assert (tmp_path / "a.json").read_text("utf-8") == content


def test_where_it_cannot_write(tmp_path: Path) -> None:
    """A file that can't be written is one message, and exit code 2."""
    result = run("schema", "--output", str(tmp_path / "missing" / "a.json"))
    assert (result.exit_code, "can't be written" in result.stderr) == (2, True)

"""Folders: each workflow file is found once, and what can't be read is named."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from pulumi_8x8.definition.folders import read_folder, walk
from pulumi_8x8.errors import SourceError

FLOW = "trigger: inbound_sms\ndefinition: {name: x, steps: [{id: a, stepType: Wait}]}\n"


def _found(folder: Path) -> dict[str, str]:
    """By path: empty for a workflow, or why it can't be read."""
    return {
        Path(path).relative_to(folder).as_posix(): str(read) if isinstance(read, SourceError) else ""
        for path, read in read_folder(str(folder))
    }


#: What somebody may have written, and whether it looks like a workflow.
CONTENTS: dict[str, tuple[str | bytes, bool]] = {
    "a workflow": (FLOW, True),
    "a trigger with a mistake": (FLOW.replace("trigger", "triger"), True),
    "a trigger in capitals": (FLOW.replace("trigger", "TRIGGER"), True),
    "a definition with a mistake": (FLOW.replace("definition", "defintion"), True),
    "both with a mistake": (FLOW.replace("definition", "defintion").replace("trigger", "triger"), True),
    "a step type with a mistake": (FLOW.replace("stepType", "steptype"), True),
    "a trigger with a mistake, and no steps": ("triger: inbound_sms\ndefinition: {name: x, steps: []}\n", True),
    "steps alone": ("steps: [{id: a, stepType: Wait}]\n", True),
    "no JSON": ('{"trigger": "definition",\n}', True),
    "a workflow in UTF-16": (FLOW.encode("utf-16"), True),
    "a workflow in UTF-16 without a mark": (FLOW.encode("utf-16-be"), True),
    "a workflow in Latin 1": (f"{FLOW}# ü".encode("latin-1"), True),
    "comments in JSON": ("{ // no JSON\n}", False),
    "a package": ('{"definition": "of a package"}', False),
    "a pipeline": ("trigger: [main]\nsteps: [{script: make}]\n", False),
    "steps of something else": ("definition:\n  stages: {steps: 1}\n", False),
    "a template that isn't YAML": ("steps:\n{{- range .definitions }}\n", False),
    "tests": (f"workflow: {json.dumps({'definition': {'steps': []}})}\ntests: []\n", False),
    "a list of definitions": ("[]", False),
}


@pytest.mark.parametrize(("content", "is_workflow"), CONTENTS.values(), ids=CONTENTS)
def test_what_looks_like_a_workflow(tmp_path: Path, content: str | bytes, is_workflow: bool) -> None:
    """A mistake of one letter, or another encoding, doesn't make a workflow vanish; other files are left alone."""
    (tmp_path / "x.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert list(_found(tmp_path)) == (["x.yaml"] if is_workflow else [])


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """Pipes, links to nowhere, and files that are too large are named, and the others are read."""
    (tmp_path / "a.yaml").write_text(FLOW)
    os.mkfifo(tmp_path / "b.yaml")
    (tmp_path / "c.json").symlink_to("nowhere")
    (tmp_path / "d.json").symlink_to("d.json")
    (tmp_path / "e.yml").symlink_to("/dev/zero")
    with (tmp_path / "f.json").open("wb") as file:
        file.truncate(1 << 33)
    (tmp_path / "g.yaml").mkdir()
    os.mkfifo(tmp_path / "no workflow file")
    assert _found(tmp_path) == {
        "a.yaml": "",
        "b.yaml": f"{tmp_path}/b.yaml: a named pipe (FIFO), not a file",
        "c.json": f"{tmp_path}/c.json: a link to a file that doesn't exist",
        "d.json": f"{tmp_path}/d.json: Too many levels of symbolic links",
        "e.yml": f"{tmp_path}/e.yml: a device, not a file",
        "f.json": f"{tmp_path}/f.json: larger than 1 MiB",
    }


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is named as well. (Root has every permission, so this one is made up.)"""
    (tmp_path / "a").mkdir()
    (tmp_path / "b.yaml").write_text(FLOW)
    scandir = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert _found(tmp_path) == {"a": f"{tmp_path}/a: Permission denied", "b.yaml": ""}


def test_links_to_folders(tmp_path: Path) -> None:
    """A link to a folder elsewhere is followed once; a link to a folder that is read anyway, or around it, is not."""
    flows, shared = tmp_path / "flows", tmp_path / "shared"
    for path in (flows / "a/x.yaml", shared / "y.yaml", flows / ".git/z.yaml", flows / "node_modules/z.yaml"):
        path.parent.mkdir(parents=True)
        path.write_text(FLOW)
    (flows / "b").symlink_to("a")
    (flows / "c").symlink_to("../shared")
    (flows / "d").symlink_to("../shared")
    (flows / "a/up").symlink_to("..")
    (flows / "a/root").symlink_to("/")
    (shared / "back").symlink_to("../flows")
    assert list(_found(flows)) == ["a/x.yaml", "c/y.yaml"]


def test_a_deep_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders deeper than Python's stack are read as well."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1_100):
        os.mkdir("d")
        os.chdir("d")
    Path("x.yaml").write_text(FLOW)
    os.chdir(tmp_path)
    try:
        assert [name.count("/") for name, _ in walk(tmp_path)] == [1_100]
    finally:
        subprocess.run(["rm", "-rf", "d"], check=True)  # Python's own way needs the stack

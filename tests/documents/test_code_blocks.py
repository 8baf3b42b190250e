"""Every code block of the documents is run by a test, or its page has a reason why not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from kit import BIN
from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint
from pulumi_8x8.programs.loading import workflows_of_program
from tools.docs import GENERATED, ROOT
from tools.docs.blocks import PAGES, Block, blocks, lines_of, own_calls, parse, runner_of, sources
from tools.docs.transcripts import Command

BLOCKS = [block for page in PAGES for block in blocks(page)]
TESTS = "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
SHELLS = ("sh", "console")
HERE = [each for each in BLOCKS if not runner_of(each) and "not run" not in each.notes]
#: Words of a reason. A block that could run has none.
LEAST = 3


def ids(block: Block) -> str:
    return block.place


def test_there_are_blocks() -> None:
    """The pages have as many blocks as they have pairs of fences."""
    for page in PAGES:
        fences = re.findall(r"^ *(?:`{3,}|~{3,})", (ROOT / page).read_text("utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(list(blocks(page))), page


def test_runners_exist() -> None:
    """Whatever another test runs names a test, or the file of tests, that exists."""
    for name in {*map(runner_of, BLOCKS)} - {""}:
        assert re.search(rf"^def {name}\(", TESTS, re.MULTILINE) or list(ROOT.glob(f"tests/**/{name}.py")), name


def test_reasons() -> None:
    """A block that isn't run has a reason in words, and nobody else runs it."""
    for each in BLOCKS:
        if "not run" in each.notes:
            assert len(each.notes["not run"].split()) >= LEAST, each.place
            assert runner_of(each) == "", each.place
        assert each.notes.keys() <= {"not run", "run by", "with", "given"}, each.place


@pytest.mark.parametrize("block", [each for each in BLOCKS if each.language in SHELLS], ids=ids)
def test_command_lines(block: Block) -> None:
    """Each call of ``pulumi-8x8`` has a command, options and arguments that exist, whether or not it is run."""
    for line in lines_of(block):
        for arguments in own_calls(line):
            parse(arguments)


@pytest.mark.parametrize("block", HERE, ids=ids)
def test_block(block: Block, tmp_path: Path) -> None:
    """A block runs in a folder of its own, in the way of its kind."""
    for name, source in sources(block).items():
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, dirs_exist_ok=True)
        else:
            shutil.copy(source, tmp_path / name)
    assert block.language in RUN, f"{block.place}: nobody runs it; write <!-- not run: why --> before it"
    RUN[block.language](block, tmp_path)


def _shell(block: Block, folder: Path) -> None:
    """Runs all commands, and compares what they print if the block shows any of it."""
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "NO_COLOR": "1"}
    who = {f"GIT_{role}_{what}": "a@acme.test" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    given = block.notes.get("given", "")
    found = re.split(r"^\$ ", block.content, flags=re.MULTILINE)[1:] if block.language == "console" else lines_of(block)
    shows = block.language == "console" and any(len(each.splitlines()) > 1 for each in found)
    for each in found:
        line, _, printed = each.partition("\n")
        done = subprocess.run(
            ["bash", "-ec", f"{given}\n{line} 2>&1"], cwd=folder, env={**environ, **who}, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{block.place}: {line}\n{done.stdout}"
        shown = re.sub(r" +$", "", done.stdout, flags=re.MULTILINE)
        assert not shows or Command(line, printed, 0, 0).agrees(shown), f"{block.place}: {line}\n{shown}"


def _python(block: Block, folder: Path) -> None:
    """Tests are run by pytest, programs by what runs programs without a deployment, and all else by Python."""
    code = f"{block.notes.get('given', '')}\n{block.content}"
    if re.search("^def test_", code, re.MULTILINE):
        (folder / "inside").mkdir()
        (folder / "inside" / "test_block.py").write_text(code)
        shutil.copy(folder / "menu.json", folder / "inside")
        _succeeds([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "inside"], folder)
    elif "automation." in code:
        (folder / "Pulumi.yaml").write_text("name: block\nruntime: python\n")
        (folder / "__main__.py").write_text(code)
        workflows_of_program(folder)
    else:
        _succeeds([sys.executable, "-c", code], folder)


def _succeeds(command: list[str], folder: Path) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def _data(block: Block, folder: Path) -> None:
    """Data is read; a workflow is clean to lint, and tests and stubs are valid for their schema and run if they can."""
    value = {"yaml": yaml.safe_load, "json": json.loads, "toml": tomllib.loads}[block.language](block.content)
    match value:
        case {"trigger": _, "definition": _}:
            assert lint(Definition.from_body(value)) == ()
        case {"tests": [dict(), *_]}:
            (folder / "block.test.yaml").write_text(block.content)
            _succeeds([str(BIN / "pulumi-8x8"), "test", "block.test.yaml"], folder)
        case {"stubs": _}:
            jsonschema.validate(value, json.loads(GENERATED["docs/stubs.schema.json"]()))
        case [{**item}, *_] if len(item) == 1:  # a part of a test
            schema = json.loads(GENERATED["docs/tests.schema.json"]())
            jsonschema.validate({"workflow": "a", "tests": [{"do": value}]}, schema)


RUN = {"sh": _shell, "console": _shell, "python": _python, "yaml": _data, "json": _data, "toml": _data}

"""``pulumi-8x8 new``: creates a project from one of the examples."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.pages import shipped
from pulumi_8x8.cli.support.pinning import check_hashes, hashes_option, write_hashes
from pulumi_8x8.cli.support.vocabulary import Failed
from pulumi_8x8.installation import pin

_SETTINGS = """\
# For the emulator on this machine. Its key isn't a secret. README.md shows how to create a stack for a real account.
config:
  8x8:baseUrl: http://127.0.0.1:8088
  8x8:accountId: demo-account
  8x8:apiKey: emulator-key
"""
_IGNORED = ".dev/\n.pulumi/\n.pytest_cache/\n.venv/\n__pycache__/\n"


@click.command(epilog="More: pulumi-8x8 docs deploy")
@click.argument("example", required=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="The project's name. Default: the folder's name.")
@hashes_option
def new(example: str | None, folder: Path | None, name: str | None, hashes: bool) -> None:
    """Create a project in FOLDER as a copy of EXAMPLE. Without arguments, list the examples.

    The project is ready to deploy to the emulator. Its requirements.txt has the version of pulumi-8x8 that runs, from
    where it was installed: an index, a commit, a file, or a folder.

    \b
    $ pulumi-8x8 new
    $ pulumi-8x8 new auto_reply my-workflows

    Exits with 0, or with 2 if the project can't be created.
    """
    examples = {path.name: path for path in _examples()}
    if example is None:
        for each, path in examples.items():
            echo(f"{each:20}{_member(path, 'description')}")
        return
    if example not in examples:
        raise Failed(f"there is no example {example!r}. The examples are {', '.join(examples)}")
    if folder is None:
        raise Failed(f"the folder is missing: pulumi-8x8 new {example} FOLDER")
    name = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name, flags=re.ASCII).strip("-")
    if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
        raise Failed(f"{name!r} isn't a name for a Pulumi project. Use letters, digits, '-', '_' and '.': --name")
    if hashes:
        check_hashes()
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Failed(f"{folder} already exists and isn't an empty folder")
        _copy(examples[example], folder, name)
    except OSError as error:
        raise Failed(
            f"{error.filename or folder}: {error.strerror}. The project in {folder} may be incomplete. Run the "
            "command again with another folder"
        ) from None
    if hashes:
        write_hashes(folder)
    echo(f"Created the project {name} in {folder}. Its README.md shows how to test and deploy it.")


def _examples() -> list[Path]:
    return sorted(path.parent for path in shipped("examples").glob("*/Pulumi.yaml"))


def _copy(example: Path, folder: Path, name: str) -> None:
    requirements = pin("testing").lines
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"), dirs_exist_ok=True)
    before = _member(example, "name")
    for file in folder.glob("Pulumi*.yaml"):
        text = re.sub(rf"^(name: |  ){re.escape(before)}(?=$|:)", rf"\g<1>{name}", file.read_text("utf-8"), flags=re.M)
        file.write_text(text, "utf-8")
    if not (folder / "Pulumi.dev.yaml").exists():
        (folder / "Pulumi.dev.yaml").write_text(_SETTINGS, "utf-8")
    (folder / "requirements.txt").write_text(requirements, "utf-8")
    (folder / ".gitignore").write_text(_IGNORED, "utf-8")


def _member(example: Path, member: str) -> str:
    """The value of a plain member in the example's ``Pulumi.yaml``."""
    found = re.search(rf"^{member}: (.*)$", (example / "Pulumi.yaml").read_text("utf-8"), re.M)
    return found[1] if found else ""

"""``pulumi-8x8 new``: a project of one's own that begins as one of the examples."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click

from pulumi_8x8.cli.support.vocabulary import Failed

_PACKAGE = Path(__file__).resolve().parents[2]
#: In an installed package, and in a checkout of the project.
_PLACES = (_PACKAGE / "examples", _PACKAGE.parent.parent / "examples")

_SETTINGS = """\
# For the emulator on this machine, whose key is no secret. README.md says how a stack for a real account is made.
config:
  8x8:baseUrl: http://127.0.0.1:8088
  8x8:accountId: demo-account
  8x8:apiKey: emulator-key
"""
_IGNORED = ".dev/\n.pulumi/\n.pytest_cache/\n.venv/\n__pycache__/\n"


@click.command()
@click.argument("example", required=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="The project's name; the folder's name when left out.")
def new(example: str | None, folder: Path | None, name: str | None) -> None:
    """Begin a project in FOLDER as a copy of EXAMPLE; without arguments, list the examples.

    It deploys at once, to the emulator.

    \b
    $ pulumi-8x8 new
    $ pulumi-8x8 new auto_reply my-workflows

    Exits with 0, and with 2 when nothing was made.
    """
    examples = {path.name: path for path in _examples()}
    if example is None:
        for each, path in examples.items():
            click.echo(f"{each:20}{_said(path, 'description')}")
        return
    if example not in examples:
        raise Failed(f"there is no example {example!r}; there are {', '.join(examples)}")
    if folder is None:
        raise Failed(f"say where to: pulumi-8x8 new {example} FOLDER")
    name = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name, flags=re.ASCII).strip("-")
    if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
        raise Failed(f"{name!r} is no name for a Pulumi project: letters, digits, '-', '_' and '.'; give --name")
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise Failed(f"{folder} is there already, and not an empty folder")
        _copy(examples[example], folder, name)
    except OSError as error:
        raise Failed(f"{error.filename or folder}: {error.strerror}; nothing else was done") from None
    click.echo(f"The project {name} is in {folder}; its README.md says how to test and deploy it.")


def _examples() -> Iterator[Path]:
    for place in _PLACES:
        if place.is_dir():
            yield from sorted(path.parent for path in place.glob("*/Pulumi.yaml"))
            return


def _copy(example: Path, folder: Path, name: str) -> None:
    shutil.copytree(example, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"), dirs_exist_ok=True)
    before = _said(example, "name")
    for file in folder.glob("Pulumi*.yaml"):
        text = re.sub(rf"^(name: |  ){re.escape(before)}(?=$|:)", rf"\g<1>{name}", file.read_text("utf-8"), flags=re.M)
        file.write_text(text, "utf-8")
    if not (folder / "Pulumi.dev.yaml").exists():
        (folder / "Pulumi.dev.yaml").write_text(_SETTINGS, "utf-8")
    (folder / "requirements.txt").write_text(f"pulumi-8x8>={metadata.version('pulumi-8x8')}\n", "utf-8")
    (folder / ".gitignore").write_text(_IGNORED, "utf-8")


def _said(example: Path, member: str) -> str:
    """A plain member of the example's ``Pulumi.yaml``, on a line of its own."""
    found = re.search(rf"^{member}: (.*)$", (example / "Pulumi.yaml").read_text("utf-8"), re.M)
    return found[1] if found else ""

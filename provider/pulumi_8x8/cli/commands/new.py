"""``pulumi-8x8 new``: creates a project from one of the examples, and the files of its pipeline."""

from __future__ import annotations

import re
from pathlib import Path

import click

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.pages import shipped
from pulumi_8x8.cli.support.pinning import check_hashes, hashes_option, write_hashes
from pulumi_8x8.cli.support.placing import place
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

#: The files of a pipeline by their path in a repository, each with its path in ``examples/ci``.
_PIPELINES = {
    "github": {
        **{f".github/workflows/{each}": f"github/{each}" for each in ("review.yml", "deploy.yml", "scheduled.yml")},
        "ci/pipeline.py": "pipeline.py",
    },
    "gitlab": {".gitlab-ci.yml": "gitlab/.gitlab-ci.yml", "ci/pipeline.py": "pipeline.py"},
}


@click.command(epilog="More: pulumi-8x8 docs deploy")
@click.argument("example", required=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="The project's name. Default: the folder's name.")
@click.option("--ci", type=click.Choice([*_PIPELINES]), help="Write the pipeline for this forge, too.")
@click.option("--force", is_flag=True, help="Replace files that the command would otherwise refuse to replace.")
@hashes_option
def new(example: str | None, folder: Path | None, name: str | None, ci: str | None, force: bool, hashes: bool) -> None:
    """Create a project in FOLDER as a copy of EXAMPLE. Without arguments, list the examples.

    The project is ready to deploy to the emulator. Its requirements.txt has the version of pulumi-8x8 that runs, from
    where it was installed: an index, a commit, a file, or a folder. With --ci, it also has a pipeline that reviews,
    deploys, and watches it. With --ci and without EXAMPLE, the project in the current folder gets the pipeline.

    FOLDER may be a repository with files. README.md stays, and .gitignore and requirements.txt get missing lines. If
    another file would change, the command lists it and writes nothing. With --force, it replaces these files.

    \b
    $ pulumi-8x8 new
    $ pulumi-8x8 new auto_reply my-workflows
    $ pulumi-8x8 new environments . --ci github
    $ pulumi-8x8 new --ci gitlab

    Exits with 0, or with 2 if the project can't be created. The page "pulumi-8x8 docs ci" is about the pipeline.
    """
    examples = {path.name: path for path in _examples()}
    if example is None and ci is None:
        for each, path in examples.items():
            echo(f"{each:20}{_member(path, 'description')}")
        return
    texts: dict[str, str] = {}
    if example is None:
        folder, done = Path(), f"Created the pipeline for {ci}."
        if not Path("Pulumi.yaml").is_file():
            raise Failed(
                "this folder has no Pulumi.yaml. Run the command in the project's folder, or name an example to start "
                f"from: pulumi-8x8 new EXAMPLE FOLDER --ci {ci}"
            )
    elif example not in examples:
        raise Failed(f"pulumi-8x8 has no example {example!r}. The examples are {', '.join(examples)}")
    elif folder is None:
        raise Failed(f"the folder is missing: pulumi-8x8 new {example} FOLDER")
    else:
        name = name or re.sub(r"[^\w.-]+", "-", folder.resolve().name, flags=re.ASCII).strip("-")
        if not re.fullmatch(r"[\w.-]{1,100}", name, re.ASCII):
            raise Failed(f"{name!r} isn't a name for a Pulumi project. Use letters, digits, '-', '_' and '.': --name")
        texts = _project(examples[example], name)
        shows = 'The page "pulumi-8x8 docs deploy"' if (folder / "README.md").exists() else "Its README.md"
        where = "this folder" if folder.resolve() == Path.cwd() else folder
        done = f"Created the project {name} in {where}. {shows} shows how to test and deploy it."
    if ci is not None:
        _check_root(folder)
        templates = shipped("examples") / "ci"
        texts |= {path: (templates / source).read_text("utf-8") for path, source in _PIPELINES[ci].items()}
    if hashes:
        check_hashes(folder)
    placed = place(folder, texts, force=force)
    if hashes:
        write_hashes(folder)
    echo(done)
    for line in placed:
        echo(line)
    if ci is not None:
        echo("Its settings on the forge: pulumi-8x8 docs ci settings")


def _examples() -> list[Path]:
    return sorted(path.parent for path in shipped("examples").glob("*/Pulumi.yaml"))


def _project(example: Path, name: str) -> dict[str, str]:
    """The texts of a project's files by path."""
    texts = {
        path.relative_to(example).as_posix(): path.read_text("utf-8")
        for path in sorted(example.rglob("*"))
        if path.is_file() and not any(re.match(r"\.|__pycache__$", part) for part in path.relative_to(example).parts)
    }
    before = _member(example, "name")
    for file in texts:
        if re.fullmatch(r"Pulumi.*\.yaml", file):
            texts[file] = re.sub(
                rf"^(name: |  ){re.escape(before)}(?=$|:)", rf"\g<1>{name}", texts[file], flags=re.MULTILINE
            )
    # Who reads the README has the project already, and is in its folder.
    texts["README.md"] = re.sub(r"^\$ pulumi-8x8 new .*\n\$ cd .*\n", "", texts["README.md"], flags=re.MULTILINE)
    texts.setdefault("Pulumi.dev.yaml", _SETTINGS)
    texts["requirements.txt"] = pin("testing").lines
    texts[".gitignore"] = _IGNORED
    return texts


def _check_root(folder: Path) -> None:
    """Refuses a folder inside a repository: forges look for a pipeline at the root, and its jobs run there."""
    resolved = folder.resolve()
    root = next((each for each in (resolved, *resolved.parents) if (each / ".git").exists()), resolved)
    if root != resolved:
        raise Failed(
            f"{folder} isn't the root of its repository, {root}, and the jobs of the pipeline run there. Nothing was "
            'written. Without --ci, the project can be anywhere; the page "pulumi-8x8 docs ci" is about such projects'
        )


def _member(example: Path, member: str) -> str:
    """The value of a plain member in the example's ``Pulumi.yaml``."""
    found = re.search(rf"^{member}: (.*)$", (example / "Pulumi.yaml").read_text("utf-8"), re.M)
    return found[1] if found else ""

"""The requirement in new projects installs the version that runs, from where it was installed.

uv installs, for real, a project that has the name of this package and no code: only its records count here. uv records
the same as pip and is quicker; `make dist` does the same with pip and this package.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pulumi_8x8.cli import main
from pulumi_8x8.installation import pin

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "pulumi-8x8"
version = "7.1"
requires-python = ">=3.11"

[project.optional-dependencies]
testing = []
emulator = []

[tool.hatch.build.targets.wheel]
include = ["code_of_the_stand_in.py"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the project, in a folder whose name has a space, and its wheel in ``dist``."""
    folder = tmp_path_factory.mktemp("stand in")
    (folder / "pyproject.toml").write_text(_PROJECT)
    (folder / "code_of_the_stand_in.py").touch()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *command], check=True)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    return folder


def install(target: Path, *arguments: str) -> None:
    """Installs into a folder, without the index of the machine."""
    options = ["--quiet", "--no-build-isolation", "--no-index", "--python", sys.executable, "--target", str(target)]
    done = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", *options, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def commit(project: Path) -> str:
    head = subprocess.run(["git", "-C", str(project), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return head.stdout.strip()


def new(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["new", "survey", *map(str, arguments)])


#: For each origin: what pip gets, and the requirement, both by the project.
ORIGINS: dict[str, tuple[Callable[[Path], list[str]], Callable[[Path], str]]] = {
    "index": (
        lambda project: ["--find-links", f"{project}/dist", "pulumi-8x8==7.1"],
        lambda _: "pulumi-8x8[testing]==7.1",
    ),
    "commit": (
        lambda project: [f"git+{project.as_uri()}"],
        # Each pip takes it with a host.
        lambda project: (
            f"pulumi-8x8[testing] @ git+{project.as_uri().replace('file://', 'file://localhost')}@{commit(project)}"
        ),
    ),
    "file": (
        lambda project: [f"{project}/dist/pulumi_8x8-7.1-py3-none-any.whl"],
        lambda project: f"pulumi-8x8[testing] @ {project.as_uri()}/dist/pulumi_8x8-7.1-py3-none-any.whl",
    ),
    "folder": (lambda project: [str(project)], lambda project: f"pulumi-8x8[testing] @ {project.as_uri()}"),
}


@pytest.mark.parametrize("origin", ORIGINS)
def test_origin(origin: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requirement in a new project names the origin, and pip installs the same version from it."""
    given, wanted = ORIGINS[origin]
    install(tmp_path / "installed", *given(project))
    monkeypatch.syspath_prepend(tmp_path / "installed")
    made = new(tmp_path / "made")
    assert made.exit_code == 0, made.output
    requirements = tmp_path / "made" / "requirements.txt"
    note = "# A folder of this machine. For other machines, name a release or a commit of pulumi-8x8.\n"
    assert requirements.read_text("utf-8") == f"{note if origin in ('commit', 'folder') else ''}{wanted(project)}\n"
    assert pin().origin == origin
    index = ["--find-links", str(project / "dist")] if origin == "index" else []
    install(tmp_path / "again", *index, "--requirement", str(requirements))
    (again,) = metadata.distributions(name="pulumi-8x8", path=[str(tmp_path / "again")])
    assert again.version == "7.1"
    monkeypatch.syspath_prepend(tmp_path / "again")
    assert pin("testing").text == wanted(project)


@pytest.mark.parametrize(
    ("recorded", "requirement"),
    [
        (
            '{"url": "ssh://a@b.org/c.git", "subdirectory": "d", "vcs_info": {"vcs": "git", "commit_id": "0f"}}',
            "pulumi-8x8 @ git+ssh://a@b.org/c.git@0f#subdirectory=d",
        ),
        ('{"url": "https://example.org/a.zip", "archive_info": {}}', "pulumi-8x8 @ https://example.org/a.zip"),
        (
            '{"url": "https://example.org/a.zip", "archive_info": {"hash": "sha256=0f"}}',
            "pulumi-8x8 @ https://example.org/a.zip#sha256=0f",
        ),
        ('{"url": "file:///a", "dir_info": {"editable": true}}', "pulumi-8x8 @ file:///a"),
    ],
)
def test_records(recorded: str, requirement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else an installer may record (PEP 610): subfolders, the older form of hashes, none, and editable folders."""
    about = tmp_path / "pulumi_8x8-7.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.4\nName: pulumi-8x8\nVersion: 7.1\n")
    (about / "direct_url.json").write_text(recorded)
    monkeypatch.syspath_prepend(tmp_path)
    assert pin().text == requirement


@pytest.mark.parametrize("origin", ["index", "file"])
def test_hashes(origin: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``--hashes``, the requirements of a new project have what ``--require-hashes`` demands."""
    install(tmp_path / "installed", *ORIGINS[origin][0](project))
    monkeypatch.syspath_prepend(tmp_path / "installed")
    for name, value in {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(project / "dist"), "UV_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    made = new(tmp_path / "made", "--hashes")
    assert made.exit_code == 0, made.output
    assert (tmp_path / "made" / "requirements.in").read_text("utf-8") == pin("testing").lines
    requirements = tmp_path / "made" / "requirements.txt"
    assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirements.read_text("utf-8"))
    index = ["--find-links", str(project / "dist")]
    install(tmp_path / "again", *index, "--require-hashes", "--requirement", str(requirements))


def test_no_hashes(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--hashes`` writes nothing if the origin has no hash, or without uv; a project stays whole if uv fails."""
    install(tmp_path / "installed", str(project))
    with monkeypatch.context() as here:
        here.syspath_prepend(tmp_path / "installed")
        refused = new(tmp_path / "made", "--hashes")
        assert (refused.exit_code, (tmp_path / "made").exists()) == (2, False)
        assert "is installed from a folder, which has no hash that pip can check. Nothing was written" in refused.output
    install(tmp_path / "released", "--find-links", f"{project}/dist", "pulumi-8x8")
    monkeypatch.syspath_prepend(tmp_path / "released")
    for name, value in {"UV_NO_INDEX": "1", "UV_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    failed = new(tmp_path / "made", "--hashes")
    assert failed.exit_code == 2
    assert "--hashes: the project is written, but requirements.txt has no hashes:" in failed.output
    assert (tmp_path / "made" / "requirements.txt").read_text("utf-8") == "pulumi-8x8[testing]==7.1\n"
    monkeypatch.setattr("pulumi_8x8.cli.support.pinning._uv", lambda: None)
    refused = new(tmp_path / "other", "--hashes")
    assert (refused.exit_code, (tmp_path / "other").exists()) == (2, False)
    assert "--hashes needs uv, which isn't installed" in refused.output

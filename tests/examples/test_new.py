"""``pulumi-8x8 new``."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from pulumi_8x8.cli import main
from pulumi_8x8.installation import pin
from tools.docs.readmes import EXAMPLES, FOLDER


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["new", *map(str, arguments)])


def test_list() -> None:
    """Without arguments it lists all examples, each with what it does."""
    listed = dict(line.split(maxsplit=1) for line in call().stdout.splitlines())
    described = {each: yaml.safe_load((FOLDER / each / "Pulumi.yaml").read_text("utf-8")) for each in EXAMPLES}
    assert listed == {name: project["description"] for name, project in described.items()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_copy(example: str, tmp_path: Path) -> None:
    """The copy is the example, as a project of another name, with settings for the emulator and nothing secret."""
    folder = tmp_path / "my workflows"
    assert call(example, folder).exit_code == 0
    copied = {path.name for path in folder.iterdir()}
    own = {path.name for path in (FOLDER / example).iterdir() if path.is_file()}
    assert copied - own <= {".gitignore", "Pulumi.dev.yaml", "requirements.txt"}
    assert own <= copied
    before, after = (yaml.safe_load((path / "Pulumi.yaml").read_text("utf-8")) for path in (FOLDER / example, folder))
    assert after == {**before, "name": "my-workflows"}
    for file in folder.glob("Pulumi.*.yaml"):
        config = yaml.safe_load(file.read_text("utf-8"))["config"]
        assert (config["8x8:baseUrl"], config["8x8:apiKey"]) == ("http://127.0.0.1:8088", "emulator-key")
        assert {key.partition(":")[0] for key in config} <= {"8x8", "my-workflows"}
    changed = {name for name in own if (folder / name).read_bytes() != (FOLDER / example / name).read_bytes()}
    assert changed <= {"Pulumi.yaml", "Pulumi.production.yaml", "README.md"}
    assert "pulumi-8x8 new" not in (folder / "README.md").read_text("utf-8")  # the reader has done that


def test_from_a_wheel(tmp_path: Path) -> None:
    """The examples and the documents come with the wheel, and are found there."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=FOLDER.parent, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    # Without it the engine takes the package for one of a plugin, and looks for that on the internet, every time.
    assert (tmp_path / "installed" / "pulumi_8x8" / "pulumi-plugin.json").read_text() == '{"resource": false}\n'
    code = "import sys; sys.path.insert(0, 'installed'); from pulumi_8x8.cli import main; main()"
    for example in EXAMPLES:
        assert (tmp_path / "installed" / "pulumi_8x8" / "examples" / example / "__main__.py").exists()
    done = subprocess.run([sys.executable, "-c", code, "new"], cwd=tmp_path, capture_output=True, text=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == EXAMPLES
    guide = subprocess.run([sys.executable, "-c", code, "docs", "authoring"], cwd=tmp_path, capture_output=True)
    assert guide.stdout == (FOLDER.parent / "docs" / "authoring.md").read_bytes()
    shipped = {path.name for path in (tmp_path / "installed" / "pulumi_8x8" / "docs").iterdir()}
    assert shipped == {path.name for path in (FOLDER.parent / "docs").iterdir()}
    for forge in ("github", "gitlab"):
        command = [sys.executable, "-c", code, "new", EXAMPLES[0], "mine", "--ci", forge]
        assert subprocess.run(command, cwd=tmp_path).returncode == 0
    made = {path.name for path in (tmp_path / "mine").iterdir()}
    assert {"Pulumi.yaml", "Pulumi.dev.yaml", "README.md", ".github", ".gitlab-ci.yml", "ci"} <= made


def test_into_an_empty_folder(tmp_path: Path) -> None:
    """An empty folder that is there will do, and the project can have another name than it."""
    assert call("survey", tmp_path, "--name", "asks").exit_code == 0
    assert "name: asks\n" in (tmp_path / "Pulumi.yaml").read_text("utf-8")


#: A repository that somebody has already.
THEIRS = {
    "README.md": "# Ours\n",
    ".gitignore": "node_modules/\n/.venv",
    "requirements.txt": "requests==2.33.0",
    "src/app.py": "print('ours')\n",
}


def _repository(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")


def test_into_a_repository(tmp_path: Path) -> None:
    """Files that are there stay. Lists of lines get what they don't have, once, however often the command runs."""
    _repository(tmp_path, THEIRS)
    for _ in range(2):
        assert call("environments", tmp_path, "--ci", "github").exit_code == 0
        for path in ("README.md", "src/app.py"):
            assert (tmp_path / path).read_text("utf-8") == THEIRS[path]
        ignored = (tmp_path / ".gitignore").read_text("utf-8")
        assert ignored == "node_modules/\n/.venv\n.dev/\n.pulumi/\n.pytest_cache/\n__pycache__/\n"
        required = (tmp_path / "requirements.txt").read_text("utf-8")
        assert required == f"requests==2.33.0\n{pin('testing').lines}"


@pytest.mark.parametrize("requirement", ["pulumi_8x8[testing]==0.2.0", "git+https://example.org/pulumi-8x8@v1"])
def test_a_requirement_stays(requirement: str, tmp_path: Path) -> None:
    """A requirement of this package isn't doubled, however it is written; a comment is none."""
    _repository(tmp_path, {"requirements.txt": requirement})
    assert call("auto_reply", tmp_path).exit_code == 0
    assert (tmp_path / "requirements.txt").read_text("utf-8") == requirement
    (tmp_path / "requirements.txt").write_text("# pulumi-8x8\n", "utf-8")
    assert call("auto_reply", tmp_path).exit_code == 0
    assert (tmp_path / "requirements.txt").read_text("utf-8") == f"# pulumi-8x8\n{pin('testing').lines}"


def test_what_is_in_the_way(tmp_path: Path) -> None:
    """All files in the way are listed and nothing is written; ``--force`` replaces these, and nothing else."""
    in_the_way = {"__main__.py": "ours", "ci/pipeline.py": "ours", ".gitlab-ci.yml": "ours"}
    before = {**THEIRS, **in_the_way}
    _repository(tmp_path, before)
    result = call("environments", tmp_path, "--ci", "gitlab")
    assert (result.exit_code, result.stdout) == (2, "")
    assert sorted(re.findall(r"^  (\S+)$", result.stderr, re.M)) == sorted(in_the_way)
    there = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path: file.read_text("utf-8") for path, file in there.items()} == before
    forced = call("environments", tmp_path, "--ci", "gitlab", "--force")
    assert forced.exit_code == 0
    (replaced,) = re.findall(r"^  replaced   (.*)$", forced.stdout, re.M)
    assert sorted(replaced.split(", ")) == sorted(in_the_way)
    assert (tmp_path / "README.md").read_text("utf-8") == THEIRS["README.md"]
    (tmp_path / ".gitignore").write_bytes(b"\xff")
    assert "isn't text in UTF-8. Nothing was written." in call("survey", tmp_path, "--force").stderr


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_pipeline(forge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that exists gets every template of its forge, unchanged, and nothing else."""
    monkeypatch.chdir(tmp_path)
    _repository(tmp_path, {"Pulumi.yaml": "name: x\nruntime: python\n"})
    assert call("--ci", forge).exit_code == 0
    made = {path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "Pulumi.yaml"}
    templates = [*(FOLDER / "ci" / forge).iterdir(), FOLDER / "ci" / "pipeline.py"]
    assert made == {path.read_bytes() for path in templates}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["autoreply", "x"],
            "pulumi-8x8 has no example 'autoreply'. The examples are auto_reply, booking, content_rule",
        ),
        (["auto_reply"], "the folder is missing: pulumi-8x8 new auto_reply FOLDER"),
        (["auto_reply", "full/file"], "Not a directory"),
        (["--ci", "github"], "this folder has no Pulumi.yaml"),
        (["auto_reply", "full/x", "--ci", "gitlab"], "isn't the root of its repository"),
        (["auto_reply", "full/file/x"], "Not a directory"),
        (["auto_reply", "???"], "'' isn't a name for a Pulumi project"),
        (["auto_reply", "x", "--name", "a b"], "'a b' isn't a name for a Pulumi project"),
    ],
)
def test_refused(arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong arguments are one message and exit code 2, and nothing is made or overwritten."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full" / ".git").mkdir(parents=True)
    (tmp_path / "full" / "file").write_text("mine")
    result = call(*arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.output
    assert {path.name for path in tmp_path.rglob("*")} == {"full", ".git", "file"}

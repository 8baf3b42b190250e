"""Reviews of two files, two folders, and two revisions of a real git repository."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from review_kit import workflow, write

from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.reviews import Review, review
from pulumi_8x8.review.sources.sides import Sides, from_git, from_paths


def _review(sides: Sides) -> Review:
    return review(sides.title, sides.pairs, unchanged=sides.unchanged)


def _changes(made: Review) -> list[tuple[str, str | None, str]]:
    return [(each.label, each.old_label, each.operation) for each in made.workflows]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    """Workflow files of all fates, and files that aren't workflows."""
    for side, texts in (("before", ("Hello", "one", "gone")), ("after", ("Good day", "two", "new"))):
        write(tmp_path / side / "same.json", workflow("Same"))
        write(tmp_path / side / "deep/changed.json", workflow("Changed", texts[0]))
        write(tmp_path / side / f"{texts[1]}.json", workflow("Renamed", texts[1]))
        write(tmp_path / side / f"{texts[2]}.json", workflow(texts[2]))
        write(tmp_path / side / "package.json", {"definition": "of a package", "version": texts[0]})
        write(tmp_path / side / ".cache/x.json", workflow("Hidden", texts[0]))
        (tmp_path / side / "tsconfig.json").write_text("{ // no JSON\n}")
    return str(tmp_path / "before"), str(tmp_path / "after")


def test_folders(folders: tuple[str, str]) -> None:
    """Files are matched by path, then by the workflow's name; other files are ignored."""
    made = _review(from_paths(*folders))
    assert _changes(made) == [
        ("deep/changed.json", None, "update"),
        ("gone.json", None, "delete"),
        ("new.json", None, "create"),
        ("two.json", "one.json", "update"),
    ]
    assert made.unchanged == 1


def test_noise_is_no_change(tmp_path: Path) -> None:
    """A file that a builder wrote again, with empty members and in another order, doesn't change."""
    body = workflow()
    noisy = json.loads(json.dumps(body))
    noisy["definition"]["steps"][0] |= {"do": [], "outputs": {}, "nextStepId": None}
    write(tmp_path / "a/x.json", body)
    write(tmp_path / "b/x.json", dict(reversed(noisy.items())))
    made = _review(from_paths(str(tmp_path / "a"), str(tmp_path / "b")))
    assert (made.workflows, made.unchanged) == ((), 1)


def test_files(tmp_path: Path) -> None:
    """Two files are compared whatever their names are; YAML with JSON."""
    old = write(tmp_path / "old.json", workflow())
    new = tmp_path / "new.yaml"
    new.write_text(json.dumps(workflow(text="Good day")))
    assert _changes(_review(from_paths(str(old), str(new)))) == [(str(new), None, "update")]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the branches ``main`` and ``feature``, which parted after the first commit."""
    root = tmp_path / "repository"
    root.mkdir()
    monkeypatch.chdir(root)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("HOME", str(tmp_path))
    _git("init", "-q", "-b", "main")
    write(root / "flows/ünder menu.json", workflow("Menu"))
    write(root / "other/bot.json", workflow("Bot"))
    write(root / "tsconfig.json", {})
    write(root / ".cache/menu.json", workflow("Hidden"))
    _commit()
    _git("checkout", "-q", "-b", "feature")
    write(root / "flows/ünder menu.json", workflow("Menu", "Good day"))
    write(root / ".cache/menu.json", workflow("Hidden", "Good day"))
    _commit()
    _git("checkout", "-q", "main")
    write(root / "other/bot.json", workflow("Bot", "Beep"))
    _commit()
    return root


def _git(*arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@acme.test"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def _commit() -> None:
    _git("add", "--all")
    _git("commit", "-q", "-m", "a change")


MENU, BOT = ("flows/ünder menu.json", None, "update"), ("other/bot.json", None, "update")


@pytest.mark.parametrize(
    ("revisions", "paths", "changes"),
    [
        ("main..feature", [], [MENU, BOT]),
        ("main...feature", [], [MENU]),
        ("...feature", [], [MENU]),
        ("main..feature", ["flows"], [MENU]),
        ("main..feature", ["other/bot.json", "flows"], [MENU, BOT]),
        ("main..feature", ["."], [MENU, BOT]),
        ("HEAD..", [], []),
        ("feature", [], [MENU, BOT]),
        ("HEAD", [], []),
    ],
)
def test_git(repository: Path, revisions: str, paths: list[str], changes: list[tuple[str, str | None, str]]) -> None:
    """Two dots compare the revisions, three dots from where they parted, one revision the current files."""
    assert _changes(_review(from_git(revisions, paths))) == changes


def test_git_working_tree(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are not committed yet are compared; paths are taken from the current folder."""
    write(repository / "flows/new.json", workflow("New"))
    (repository / "other/bot.json").unlink()
    monkeypatch.chdir(repository / "flows")
    assert _changes(_review(from_git("HEAD", []))) == [
        ("flows/new.json", None, "create"),
        ("other/bot.json", None, "delete"),
    ]
    assert _changes(_review(from_git("HEAD", ["new.json"]))) == [("flows/new.json", None, "create")]


def test_problems_have_the_line_in_their_file(repository: Path) -> None:
    """A new problem names the file of the revision and the line in it."""
    _git("checkout", "-q", "feature")
    write(repository / "flows/ünder menu.json", workflow("Menu", "Hello {{data.x}}"))
    _commit()
    (changed,) = _review(from_git("HEAD~1..HEAD", [])).workflows
    assert {problem.place for problem in changed.new_problems} == {"flows/ünder menu.json:1: "}


@pytest.mark.parametrize(
    ("revisions", "paths", "message"),
    [
        ("nowhere..HEAD", [], "nowhere: git has no such revision. In a shallow clone (CI), fetch it first"),
        ("main..nowhere", [], "nowhere: git has no such revision"),
        ("--output=x..main", [], "--output=x: git has no such revision"),
        ("main...nowhere", [], "nowhere: git has no such revision"),
        ("main..feature", ["nothing"], "main..feature: no workflow file found"),
        ("main..feature", ["../elsewhere"], "../elsewhere: not in the repository"),
    ],
)
def test_git_wrong_input(repository: Path, revisions: str, paths: list[str], message: str) -> None:
    """What git doesn't know is reported in one line."""
    with pytest.raises(SourceError) as caught:
        from_git(revisions, paths)
    assert str(caught.value).startswith(message)


def test_broken_file_in_a_revision(repository: Path) -> None:
    """A workflow file that cannot be read is named with its revision and line."""
    (repository / "flows/bad.json").write_text('{"trigger": "x",\n"definition": }')
    _commit()
    with pytest.raises(SourceError, match=r"^HEAD:flows/bad.json:2: not JSON"):
        from_git("HEAD~1..HEAD", [])


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a repository, git's own words show; without git, what else to do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(SourceError, match=r"git rev-parse: not a git repository"):
        from_git("a..b", [])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"git can't be run .*\. Install it, or name two files or folders"):
        from_git("a..b", [])


def test_paths_wrong_input(tmp_path: Path) -> None:
    """What is not there, a file with a folder, and folders without a workflow: one message each."""
    file = str(write(tmp_path / "a.json", workflow()))
    for old, new, message in (
        (file, str(tmp_path / "none.json"), "none.json: there is no such file or folder"),
        (file, str(tmp_path), "a file and a folder"),
        (str(tmp_path / "empty"), str(tmp_path / "empty"), "no workflow file found"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(SourceError, match=message):
            from_paths(old, new)

"""Reviews of two files, two folders, and two revisions of a real git repository."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from review_kit import run, workflow, write

from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.formats.markdown import to_markdown
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
    """A workflow file that cannot be read is named with its revision and line, and the others are compared."""
    (repository / "flows/bad.json").write_text('{"trigger": "x",\n"definition": }')
    write(repository / "flows/new.json", workflow("New"))
    _commit()
    sides = from_git("HEAD~1..HEAD", [])
    (failure,) = sides.failures
    assert failure.startswith("HEAD:flows/bad.json:2: not JSON")
    assert _changes(_review(sides)) == [("flows/new.json", None, "create")]
    # What is broken on both sides in the same way doesn't change.
    write(repository / "flows/newer.json", workflow("Newer"))
    _commit()
    assert from_git("HEAD~1..HEAD", []).failures == ()


#: What happens to a workflow file that still exists, and why a review can't call the workflow deleted.
FATES: dict[str, tuple[Callable[[Path], object], str]] = {
    "UTF-16": (lambda path: path.write_text(json.dumps(workflow()), "utf-16"), "1: not UTF-8 text, but UTF-16"),
    "a comma too many": (lambda path: path.write_text('{"trigger": 1, "definition": 1,}'), "1: not JSON"),
    "a conflict": (lambda path: path.write_text(f"<<<<<<< HEAD\n{json.dumps(workflow())}\n"), "1: not JSON"),
    "another content": (lambda path: path.write_text("{}"), " the file had a workflow, and exists without one"),
    "empty": (lambda path: path.write_text(""), " the file had a workflow, and exists without one"),
    "a pipe": (lambda path: (path.unlink(), os.mkfifo(path)), " a named pipe (FIFO), not a file"),
    "a link to nowhere": (lambda path: (path.unlink(), path.symlink_to("x")), " a link to a file that doesn't exist"),
    "a link to itself": (lambda path: (path.unlink(), path.symlink_to(path)), " Too many levels of symbolic links"),
    "too large": (lambda path: path.write_text(" " * (5 << 20)), " larger than 1 MiB"),
}


@pytest.mark.parametrize(("change", "reason"), FATES.values(), ids=FATES)
def test_what_exists_is_not_deleted(repository: Path, change: Callable[[Path], object], reason: str) -> None:
    """A file that exists and can't be read is a failure of the review, in folders and in git."""
    change(repository / "other/bot.json")
    sides = from_git("HEAD", [])
    assert (sides.pairs, len(sides.failures)) == ((), 1)
    assert sides.failures[0].startswith(f"working tree:other/bot.json:{reason}")
    _git("worktree", "add", "-q", "../old", "HEAD")
    sides = from_paths("../old", ".")
    assert (sides.pairs, sides.failures[0].startswith(f"./other/bot.json:{reason}")) == ((), True), sides.failures
    if (repository / "other/bot.json").is_file() and "MiB" not in reason:
        _commit()
        sides = from_git("HEAD~1..HEAD", [])
        assert (sides.pairs, sides.failures[0].startswith(f"HEAD:other/bot.json:{reason}")) == ((), True)


def test_a_workflow_moves(repository: Path) -> None:
    """A workflow in a file of another name is renamed, although the old file has something else now."""
    write(repository / "other/moved.json", json.loads((repository / "other/bot.json").read_text()))
    (repository / "other/bot.json").write_text("{}")
    (pair,) = from_git("HEAD", []).pairs
    assert (pair.label, pair.old_label) == ("other/moved.json", "other/bot.json")


def test_links_in_git(repository: Path) -> None:
    """A link in a revision is the file that it leads to, as in the working tree; one to elsewhere is a failure."""
    (repository / "other/bot.json").rename(repository / "shared.json")
    (repository / "other/bot.json").symlink_to("../shared.json")
    _commit()
    assert _changes(_review(from_git("HEAD~1..HEAD", ["other"]))) == []
    (repository / "other/bot.json").unlink()
    (repository / "other/bot.json").symlink_to("../../elsewhere.json")
    _commit()
    sides = from_git("HEAD~1..HEAD", ["other"])
    assert (sides.pairs, sides.failures) == ((), ("HEAD:other/bot.json: a link to a file outside of the revision",))


def test_a_sparse_checkout(repository: Path) -> None:
    """A file that git leaves out of the working tree isn't deleted."""
    _git("sparse-checkout", "set", "flows")
    assert not (repository / "other").exists()
    sides = from_git("HEAD", [])
    assert (sides.pairs, sides.failures) == (
        (),
        ("working tree:other/bot.json: not in the working tree (git sparse-checkout)",),
    )


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_every_format_shows_what_cannot_be_read(repository: Path, form: str) -> None:
    """The review of the other files has a note in every format, and the command exits with 2."""
    (repository / "other/bot.json").write_text("{}")
    write(repository / "flows/new.json", workflow("New"))
    result = run("--git", "HEAD", "--format", form)
    assert result.exit_code == 2
    assert "bot.json" in result.stderr
    for part in ("bot.json", "exists without one", "new.json"):
        assert part in result.stdout.replace("&#95;", "_")


def test_notes_in_markdown() -> None:
    """A comment has a limited length, so it counts the notes that it leaves out."""
    made = review("x", [], notes=[f"note {number}" for number in range(13)], incomplete="not every file can be read")
    assert "3 more notes, which the other formats show" in to_markdown(made)


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
        (file, str(tmp_path / "none.json"), "none.json: the file or folder doesn't exist"),
        (file, str(tmp_path), "a file and a folder"),
        (str(tmp_path / "empty"), str(tmp_path / "empty"), "no workflow file found"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(SourceError, match=message):
            from_paths(old, new)


def test_very_many_problems(tmp_path: Path) -> None:
    """Of very many new or solved problems, each format lists a thousand, and their number."""
    steps = [{"id": f"s{n}", "stepType": "Wait", "inputs": {"duration": "00:00:01"}} for n in range(1_500)]
    for name, some in (("one", steps[:1]), ("many", steps)):
        body = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x", "steps": some}}
        write(tmp_path / f"{name}.json", body)
    one, many = str(tmp_path / "one.json"), str(tmp_path / "many.json")
    (created,), (removed,) = (_review(from_paths(*sides)).workflows for sides in ((one, many), (many, one)))
    for problems in (created.new_problems, removed.solved_problems):
        assert len(problems) == 1_001
        assert {problem.file for problem in problems} == {many}
    for format in ("text", "json", "html"):
        assert "lint found 1,499 problems, and shows 1,000 of them" in run(one, many, "--format", format).stdout
    assert "Left out because of the size limit" in run(one, many, "--format", "markdown").stdout

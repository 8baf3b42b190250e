"""``ci/pipeline.py``, by itself, before a forge of this process: what it writes, what it leaves, and how it fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forge import TOKEN, Forge, serve

from kit import BIN

SCRIPT = Path(__file__).parents[2] / "examples" / "ci" / "pipeline.py"
FILE = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\n"

Call = Callable[..., str]


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Forge]:
    """A forge with a repository, and beside it ``deployed``, a worktree of its first commit."""
    (tmp_path / "flows").mkdir()
    with serve(request.param, tmp_path / "flows") as forge:
        forge.git("init", "--quiet", "--initial-branch=main")
        _commit(forge, {"flow.yaml": FILE})
        forge.git("worktree", "add", "--detach", "../deployed")
        _commit(forge, {"flow.yaml": FILE.replace("e: 5", "e: 6")})  # not deployed yet
        yield forge


@pytest.fixture
def call(forge: Forge, tmp_path: Path) -> Call:
    """Runs the script in a checkout; returns what it printed."""

    def call(*arguments: str | Path, code: int = 0, **variables: str) -> str:
        runner = {
            "github": {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": forge.url,
                "GITHUB_REPOSITORY": "acme/flows",
                "GITHUB_REF_NAME": "main",
                "GITHUB_TOKEN": f"{TOKEN}+contents+issues+pull-requests",
            },
            "gitlab": {
                "CI_API_V4_URL": forge.url,
                "CI_COMMIT_BRANCH": "main",
                "CI_COMMIT_SHA": forge.git("rev-parse", "main"),
                "CI_DEFAULT_BRANCH": "main",
                "CI_PROJECT_ID": "3",
                "REVIEW_TOKEN": TOKEN,
            },
        }[forge.kind]
        done = subprocess.run(
            [BIN / "python", SCRIPT, *arguments],
            cwd=forge.repository,
            env={"PATH": os.environ["PATH"], **runner, **variables},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return call


@pytest.fixture
def propose(forge: Forge, call: Call, tmp_path: Path) -> Call:
    """Somebody edits the file in the worktree, and the job runs."""

    def propose(text: str) -> str:
        (tmp_path / "deployed" / "flow.yaml").write_text(text, "utf-8")
        (tmp_path / "text.md").write_text(f"now: {text}", "utf-8")
        del forge.writes[:]
        return call("pull-request", "edits", "Changes made in the browser", tmp_path / "text.md", tmp_path / "deployed")

    return propose


def _commit(forge: Forge, files: dict[str, str]) -> None:
    for path, text in files.items():
        (forge.repository / path).write_text(text, "utf-8")
    forge.git("add", "--all")
    forge.git("commit", "--quiet", "--message", "theirs")


def _on(forge: Forge, branch: str, path: str = "flow.yaml") -> str:
    return forge.git("show", f"{branch}:{path}") + "\n"


def test_issue(forge: Forge, call: Call, tmp_path: Path) -> None:
    """One issue is open at a time, written only if something changes; what was closed is not opened again."""
    file = tmp_path / "drift.md"
    for text, writes in (("one", 1), ("one", 0), ("two", 1), (None, 1), (None, 0), ("one", 1)):
        file.unlink(missing_ok=True)
        if text:
            file.write_text(text, "utf-8")
        del forge.writes[:]
        call("issue", "drift", "Somebody changed production", file)
        assert len(forge.writes) == writes
    first, second = forge.entries["issues"]
    assert (first["state"], first["body"].splitlines()[-1]) == ("closed", "two")
    assert (second["state"], second["title"]) == ({"github": "open", "gitlab": "opened"}[forge.kind], first["title"])


def test_pull_request_is_merged(forge: Forge, propose: Call) -> None:
    """It begins at the deployed commit, so that a merge keeps what is newer. What is merged isn't proposed again."""
    assert propose(FILE) == "Nothing differs.\n"
    propose(FILE.replace("a: 1", "a: 2"))
    assert _on(forge, "edits") == FILE.replace("a: 1", "a: 2")
    assert propose(FILE.replace("a: 1", "a: 2")).startswith("There is a")
    assert forge.writes == []
    forge.git("merge", "--quiet", "--no-edit", "edits")
    assert _on(forge, "main") == FILE.replace("a: 1", "a: 2").replace("e: 5", "e: 6")
    (request,) = forge.entries["requests"]
    request["state"] = "merged"
    assert propose(FILE.replace("a: 1", "a: 2")) == "Nothing differs.\n"
    propose(FILE.replace("a: 1", "a: 3"))
    assert _on(forge, "edits") == FILE.replace("a: 1", "a: 3")
    assert len(forge.entries["requests"]) == 2


def test_pull_request_is_updated(forge: Forge, propose: Call, tmp_path: Path) -> None:
    """There is one, with the newest edits and files; commits of other people stay. It is closed if nothing differs."""
    propose(FILE.replace("a: 1", "a: 2"))
    forge.git("switch", "--quiet", "edits")
    _commit(forge, {"README.md": "theirs"})
    forge.git("switch", "--quiet", "main")
    (tmp_path / "deployed" / "new.yaml").write_text("x: 1\n", "utf-8")
    propose(FILE.replace("a: 1", "a: 3"))
    (request,) = forge.entries["requests"]
    assert "a: 3" in request["body"]
    assert _on(forge, "edits") == FILE.replace("a: 1", "a: 3")
    assert _on(forge, "edits", "new.yaml") == "x: 1\n"
    assert _on(forge, "edits", "README.md") == "theirs\n"
    (tmp_path / "deployed" / "new.yaml").unlink()
    assert propose(FILE).startswith("Closed")
    assert request["state"] == "closed"


def test_pull_request_is_closed(forge: Forge, propose: Call) -> None:
    """What somebody closed without a merge isn't proposed again, and another edit is."""
    propose(FILE.replace("a: 1", "a: 2"))
    forge.entries["requests"][0]["state"] = "closed"
    assert "which somebody closed" in propose(FILE.replace("a: 1", "a: 2"))
    assert forge.writes == []
    propose(FILE.replace("a: 1", "a: 3"))
    assert [each["state"] == "closed" for each in forge.entries["requests"]] == [True, False]
    assert _on(forge, "edits") == FILE.replace("a: 1", "a: 3")


def test_comment(forge: Forge, call: Call, tmp_path: Path) -> None:
    """One comment for each key is written and then updated, among pages of others, whoever copied its first line."""
    forge.say("Looks good to me")
    for number in range(120):
        forge.say(f"<!-- pulumi-8x8 pipeline: staging -->\nwritten by somebody else, {number}", "eve")
    for key, text in (("staging", "one"), ("production", "two"), ("staging", "three")):
        (tmp_path / "review.md").write_text(text, "utf-8")
        call("comment", key, tmp_path / "review.md", PULL_REQUEST="7", CI_MERGE_REQUEST_IID="7")
    assert [each["body"].splitlines()[-1] for each in forge.comments[121:]] == ["three", "two"]
    assert not [each for each in forge.comments[:121] if "three" in each["body"]]


def test_comment_without_a_pull_request(forge: Forge, call: Call, tmp_path: Path) -> None:
    """A commit that belongs to no pull request has its review in the job's log."""
    (tmp_path / "review.md").write_text("the review", "utf-8")
    assert "the review" in call("comment", "production", tmp_path / "review.md")
    assert forge.writes == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GITHUB_TOKEN": "wrong"}, "401 Unauthorized"),
        ({"PULL_REQUEST": "8"}, "404 Not Found"),
        ({"GITHUB_TOKEN": None}, "The variable GITHUB_TOKEN isn't set."),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "Connection refused"),
    ],
)
def test_refused(variables: dict[str, str | None], message: str, tmp_path: Path) -> None:
    """A forge that refuses, or a missing variable, is one message without the token, and a failed step."""
    (tmp_path / "review.md").write_text("<!-- marker -->\ntext")
    with serve("github") as forge:
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/flows",
            "GITHUB_TOKEN": f"{TOKEN}+pull-requests",
            "PULL_REQUEST": "7",
            **variables,
        }
        done = subprocess.run(
            [BIN / "python", SCRIPT, "comment", "staging", "review.md"],
            cwd=tmp_path,
            env={key: value for key, value in environ.items() if value is not None},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert message in done.stderr
    assert "wrong" not in done.stderr
    assert forge.comments == []

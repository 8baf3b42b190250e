"""The CI templates, run: in a repository, on the real engine, against the emulator and a forge of this process."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from forge import TOKEN, Forge, serve
from runner import GitHub, GitLab, Ran

from engine.conftest import pulumi_home
from kit import BIN, Account

__all__ = ["pulumi_home"]  # a fixture

FOLDER = Path(__file__).parents[2] / "examples" / "ci"
FLOW = """\
trigger: inbound_sms
status: enabled
definition:
  name: Hello
  steps: [{id: hello, stepType: SMS, inputs: {destination: "{{data.payload.source}}", text: Hello, subAccountId: s}}]
"""


@pytest.fixture
def repository(tmp_path: Path, account: Account) -> Path:
    """A repository made by the README of the templates; its service is the emulator of the tests."""
    folder = tmp_path / "flows"
    subprocess.run([BIN / "pulumi-8x8", "new", "environments", folder], check=True, capture_output=True)
    for settings in folder.glob("Pulumi.*.yaml"):
        text = settings.read_text("utf-8").replace("http://127.0.0.1:8088", account.base_url)
        settings.write_text(text.replace("accountId: acme", f"accountId: {account.id}"), "utf-8")
    (folder / "workflows").mkdir()
    (folder / "workflows" / "hello.yaml").write_text(FLOW, "utf-8")
    (folder / "ci").mkdir()
    (folder / "ci" / "comment.py").write_bytes((FOLDER / "comment.py").read_bytes())
    return folder


@pytest.fixture
def environ(tmp_path: Path, repository: Path, pulumi_home: Path) -> dict[str, str]:
    """What a runner's machine has: programs, and no secret."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "GIT", "CI"))}
    made = {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PULUMI_HOME": str(pulumi_home),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INDEX": "1",  # what is installed fulfils the requirements
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    secrets = {"PULUMI_BACKEND_URL": f"file://{tmp_path}/state", "PULUMI_CONFIG_PASSPHRASE": "secret"}
    (tmp_path / "state").mkdir()
    for stack in ("staging", "production"):
        command = ["pulumi", "stack", "init", stack]
        subprocess.run(command, cwd=repository, env={**made, **secrets}, check=True, capture_output=True)
    return made


Pipeline = Callable[..., dict[str, Ran]]


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[Forge]:
    """Where the repository is, on GitHub or on GitLab."""
    with serve(request.param) as forge:
        yield forge


@pytest.fixture
def pull_request(forge: Forge, repository: Path, environ: dict[str, str], tmp_path: Path) -> Pipeline:
    """The pipeline of a pull request, from the repository itself or from a fork."""

    def run(fork: bool = False) -> dict[str, Ran]:
        for file in repository.glob("review.*"):
            file.unlink()  # each run has a checkout of its own
        if forge.kind == "github":
            runner = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "acme/flows"}
            values = {
                "github.repository": "acme/flows",
                "github.event.pull_request.head.repo.full_name": "eve/flows" if fork else "acme/flows",
                "github.event.pull_request.number": "7",
                "github.token": TOKEN,
                "vars.PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
                "secrets.PULUMI_CONFIG_PASSPHRASE": "secret",
            }
            return GitHub(FOLDER / "github" / "review.yml", repository, {**environ, **runner}, values).run()
        variables = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_PROJECT_ID": "3",
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "4" if fork else "3",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_API_V4_URL": forge.url,
            "CI_DEFAULT_BRANCH": "main",
            "REVIEW_TOKEN": TOKEN,
        }
        return GitLab(
            FOLDER / "gitlab" / ".gitlab-ci.yml", repository, {**environ, **variables, **_ours(tmp_path)}
        ).run()

    return run


@pytest.fixture
def merge(forge: Forge, repository: Path, environ: dict[str, str], tmp_path: Path) -> Pipeline:
    """The pipeline after a merge."""

    def run() -> dict[str, Ran]:
        if forge.kind == "github":
            values = {
                "vars.PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
                "secrets.PULUMI_CONFIG_PASSPHRASE": "secret",
            }
            summary = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
            return GitHub(FOLDER / "github" / "deploy.yml", repository, {**environ, **summary}, values).run()
        variables = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", **_ours(tmp_path)}
        return GitLab(FOLDER / "gitlab" / ".gitlab-ci.yml", repository, {**environ, **variables}).run()

    return run


def _ours(folder: Path) -> dict[str, str]:
    return {"PULUMI_BACKEND_URL": f"file://{folder}/state", "PULUMI_CONFIG_PASSPHRASE": "secret"}


def _greet(repository: Path, text: str) -> None:
    program = repository / "__main__.py"
    changed, count = re.subn(r'automation\.Text\(".*"\)', f'automation.Text("{text}")', program.read_text("utf-8"))
    assert count == 1
    program.write_text(changed, "utf-8")
    test = repository / "support.test.yaml"
    test.write_text(re.sub(r'(step: reply, text: )"[^"]*"', rf'\1"{text}"', test.read_text("utf-8")), "utf-8")


@pytest.mark.engine
def test_from_pull_request_to_production(
    forge: Forge, repository: Path, account: Account, pull_request: Pipeline, merge: Pipeline
) -> None:
    """A first deployment; a pull request whose comment is made once and then updated; and the merge of it."""
    deployed = merge()
    jobs = ["staging", "production"] if forge.kind == "github" else ["check", "staging", "production"]
    assert {name: job.passed for name, job in deployed.items()} == dict.fromkeys(jobs, True), deployed
    for name in ("staging", "production"):
        assert f"acme_{name}_chat" in str(Account(account.base_url, f"{account.id}-{name}").only())

    forge.say("Looks good to me")
    for number in range(120):  # more than a page
        forge.say(f"<!-- pulumi-8x8 review -->\nwritten by somebody else, {number}", "eve")
    _greet(repository, "Immediately!")
    first = pull_request()
    assert {name: job.passed for name, job in first.items()} == {"check": True, "review": True}, first
    assert "Immediately" in forge.comments[-1]["body"]
    assert "no instance is running" in forge.comments[-1]["body"]
    assert (repository / "review.html").exists()
    _greet(repository, "Tomorrow!")
    assert pull_request()["review"].passed
    assert forge.writes == ["POST", {"github": "PATCH", "gitlab": "PUT"}[forge.kind]]
    assert "Tomorrow" in forge.comments[-1]["body"]
    assert len(forge.comments) == 122

    assert {job.passed for job in merge().values()} == {True}
    for name in ("staging", "production"):
        assert Account(account.base_url, f"{account.id}-{name}").only()["definition"]["version"] == 2


@pytest.mark.engine
def test_what_goes_wrong(forge: Forge, repository: Path, pull_request: Pipeline) -> None:
    """A fork's code is checked and never reviewed; a failed preview shows in the comment, and as a failed job."""
    assert {name: job.passed for name, job in pull_request(fork=True).items()} == {"check": True}
    assert forge.comments == []

    program = repository / "__main__.py"
    good = program.read_text("utf-8")
    program.write_text(good.replace(".otherwise(reply)", ".otherwise(page_engineer)"), "utf-8")
    assert pull_request(fork=True)["check"].passed is False  # the workflow's own tests

    program.write_text(good, "utf-8")
    settings = repository / "Pulumi.staging.yaml"
    settings.write_text(settings.read_text("utf-8").replace("emulator-key", "another-key"), "utf-8")
    ran = pull_request()
    assert {name: job.passed for name, job in ran.items()} == {"check": True, "review": False}, ran
    assert "the preview failed" in forge.comments[-1]["body"]

    (repository / "workflows" / "hello.yaml").write_text(FLOW.replace("Hello,", "'{{ 1 + }}',"), "utf-8")
    ran = pull_request()
    assert list(ran) == ["check"]
    assert not ran["check"].passed
    assert "hello.yaml" in ran["check"].text


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"GITHUB_TOKEN": "wrong"}, "401 Unauthorized; the review is not on the page."),
        ({"PULL_REQUEST": "8"}, "404 Not Found; the review is not on the page."),
        ({"GITHUB_TOKEN": None}, "The variable 'GITHUB_TOKEN' is not set; no comment was written."),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "the review is not on the page."),
    ],
)
def test_comment_refused(variables: dict[str, str | None], message: str, tmp_path: Path) -> None:
    """A forge that refuses is one message without the token, and a failed step."""
    (tmp_path / "review.md").write_text("<!-- marker -->\ntext")
    with serve("github") as forge:
        environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": forge.url,
            "GITHUB_REPOSITORY": "acme/flows",
            "GITHUB_TOKEN": TOKEN,
            "PULL_REQUEST": "7",
            **variables,
        }
        done = subprocess.run(
            [BIN / "python", FOLDER / "comment.py", "review.md"],
            cwd=tmp_path,
            env={key: value for key, value in environ.items() if value is not None},
            capture_output=True,
            text=True,
        )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert message in done.stderr
    assert "wrong" not in done.stderr
    assert forge.comments == []

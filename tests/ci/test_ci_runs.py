"""The CI templates, run: in a repository, on the real engine, against the emulator and a forge of this process."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from forge import TOKEN, Forge, serve
from runner import GitHub, GitLab, Ran, Runner

from engine.conftest import pulumi_home
from kit import BIN, Account, made_once

__all__ = ["pulumi_home"]  # a fixture

FLOW = """\
trigger: inbound_sms
status: enabled
definition:
  name: Hello
  steps: [{id: hello, stepType: SMS, inputs: {destination: "{{data.payload.source}}", text: Hello, subAccountId: s}}]
"""

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, pulumi_home: Path) -> Path:
    """A repository that existed before, with a project and the pipelines of both forges, and its stacks."""

    def make() -> Path:
        made = tmp_path_factory.mktemp("ci")
        folder, forge = made / "flows", Forge("", made / "flows")
        for each in (folder, made / "state"):
            each.mkdir()
        forge.git("init", "--quiet", "--initial-branch=main")
        (folder / "README.md").write_text("# Ours", "utf-8")
        _commit(forge, "ours")
        for line in (
            "pulumi-8x8 new environments . --ci github",
            "pulumi-8x8 new --ci gitlab",
            "pulumi stack init staging",
            "pulumi stack init production",
            "pulumi config set --secret 8x8:apiKey emulator-key",
        ):
            ours = {**_machine(made, pulumi_home), **_ours(made)}
            subprocess.run(line.split(), cwd=folder, env=ours, check=True, capture_output=True)
        return made

    return made_once(tmp_path_factory, "ci", make)


def _machine(home: Path, pulumi_home: Path) -> dict[str, str]:
    """What a runner's machine has: programs, and no secret."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "GIT", "CI"))}
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def _ours(folder: Path) -> dict[str, str]:
    return {"PULUMI_BACKEND_URL": f"file://{folder}/state", "PULUMI_CONFIG_PASSPHRASE": "secret"}


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> Iterator[Forge]:
    """Where the repository is, on GitHub or on GitLab."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    other = tmp_path / "flows" / {"github": ".gitlab-ci.yml", "gitlab": ".github/workflows"}[request.param]
    shutil.rmtree(other) if other.is_dir() else other.unlink()
    with serve(request.param, tmp_path / "flows") as forge:
        yield forge


@pytest.fixture
def repository(forge: Forge, account: Account) -> Path:
    """The repository; its service is the emulator of the tests."""
    for settings in forge.repository.glob("Pulumi.*.yaml"):
        text = settings.read_text("utf-8").replace("http://127.0.0.1:8088", account.base_url)
        settings.write_text(text.replace("accountId: acme", f"accountId: {account.id}"), "utf-8")
    return forge.repository


@pytest.fixture
def environ(tmp_path: Path, repository: Path, pulumi_home: Path) -> dict[str, str]:
    """What a runner's machine has."""
    return _machine(tmp_path, pulumi_home)


Pipeline = Callable[..., Runner]


@pytest.fixture
def pipeline(forge: Forge, environ: dict[str, str], tmp_path: Path) -> Pipeline:
    """Makes the pipeline of an event: ``pull_request``, ``push`` or ``schedule``."""

    def make(event: str, ref: str = "main", *, fork: bool = False, **options: Any) -> Runner:
        if forge.kind == "github":
            runner = {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": forge.url,
                "GITHUB_REPOSITORY": "acme/flows",
                "GITHUB_REF_NAME": ref,
            }
            values = {
                "github.repository": "acme/flows",
                "github.event.pull_request.head.repo.full_name": "eve/flows" if fork else "acme/flows",
                "github.event.pull_request.number": "7",
                "vars.PULUMI_BACKEND_URL": _ours(tmp_path)["PULUMI_BACKEND_URL"],
                "secrets.PULUMI_CONFIG_PASSPHRASE": _ours(tmp_path)["PULUMI_CONFIG_PASSPHRASE"],
            }
            workflow = {"pull_request": "review.yml", "push": "deploy.yml", "schedule": "scheduled.yml"}[event]
            return GitHub(forge.repository, ref, {**environ, **runner}, workflow=workflow, values=values, **options)
        variables = {
            "CI_API_V4_URL": forge.url,
            "CI_DEFAULT_BRANCH": "main",
            "CI_PIPELINE_URL": "https://forge.example.org/pipelines/1",
            "CI_PROJECT_ID": "3",
            "REVIEW_TOKEN": TOKEN,
        }
        if event == "pull_request":
            variables["CI_PIPELINE_SOURCE"] = "merge_request_event"
            variables["CI_MERGE_REQUEST_IID"] = "7"
            variables["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = "4" if fork else "3"
        else:
            variables["CI_PIPELINE_SOURCE"] = event
            variables["CI_COMMIT_BRANCH"] = ref
        return GitLab(forge.repository, ref, {**environ, **variables, **_ours(tmp_path)}, **options)

    return make


def _commit(forge: Forge, message: str) -> None:
    forge.git("add", "--all")
    forge.git("commit", "--quiet", "--message", message)


def _passed(ran: dict[str, Ran]) -> dict[str, bool]:
    return {name: job.passed for name, job in ran.items()}


def _change(forge: Forge, text: str) -> None:
    """A commit on the branch ``change`` that changes what customers read."""
    forge.git("switch", "--quiet", "-C", "change", "main")
    program = forge.repository / "__main__.py"
    changed, count = re.subn(r'automation\.Text\(".*"\)', f'automation.Text("{text}")', program.read_text("utf-8"))
    assert count == 1
    program.write_text(changed, "utf-8")
    test = forge.repository / "support.test.yaml"
    test.write_text(re.sub(r'(step: reply, text: )"[^"]*"', rf'\1"{text}"', test.read_text("utf-8")), "utf-8")
    _commit(forge, "Another text")


def _merge(forge: Forge, branch: str = "change") -> None:
    forge.git("switch", "--quiet", "main")
    forge.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)


def test_from_pull_request_to_production(forge: Forge, account: Account, pipeline: Pipeline) -> None:
    """A first deployment; a pull request with its review; its merge. Production gets what the approver saw before, and
    nothing at all if somebody edited it meanwhile, until somebody approves a new review."""
    staging, production = (Account(account.base_url, f"{account.id}-{name}") for name in ("staging", "production"))
    reviewing = ("production-review", "production")
    deploying = ("staging", *reviewing) if forge.kind == "github" else ("check", "staging", *reviewing)
    shown: list[str] = []
    forge.say("Looks good to me")

    def look(runner: Runner) -> None:
        """What the approver sees before production changes: the page of the run, or the merge request."""
        comments = [each["body"] for each in forge.comments if "pipeline: production -->" in each["body"]]
        shown.append(runner.summary if forge.kind == "github" else "".join(comments))
        assert "recreated" not in shown[-1]
        assert any(path.endswith("review.html") for path in runner.artifacts)
        assert b"emulator-key" not in b"".join(runner.artifacts.values())

    _commit(forge, "Merge workflows of 8x8")

    def look_first(runner: Runner) -> None:
        look(runner)
        assert "support" in shown[-1]
        assert production.definitions() == []

    ran = pipeline("push", approve=look_first).run()
    assert _passed(ran) == dict.fromkeys(deploying, True), ran
    for each, name in ((staging, "staging"), (production, "production")):
        assert f"acme_{name}_chat" in str(each.only())

    _change(forge, "Tomorrow!")
    ran = pipeline("pull_request", "change").run()
    assert _passed(ran) == {"check": True, "review": True}, ran
    assert "Tomorrow" in forge.comments[-1]["body"]
    assert "no instance is running" in forge.comments[-1]["body"]
    _merge(forge)

    def meddle(runner: Runner) -> None:
        look(runner)
        assert "Tomorrow" in shown[-1]
        assert production.only()["definition"]["version"] == 1
        production.edit({"outputs": {"seen": "{{data.payload.user.msisdn}}"}})

    ran = pipeline("push", approve=meddle).run()
    assert _passed(ran) == {**dict.fromkeys(deploying, True), "production": False}, ran
    assert "Production isn't as reviewed. Nothing was deployed." in ran["production"].text
    assert "Tomorrow" not in str(production.only())
    assert production.only()["definition"]["version"] == 2

    ran = pipeline("push", approve=look, only=reviewing).run()
    assert _passed(ran) == dict.fromkeys(reviewing, True), ran
    assert "outputs.seen" in shown[-1]
    assert "Tomorrow" in str(production.only())
    assert "data.seen" not in shown[0]


def test_what_goes_wrong(forge: Forge, account: Account, pipeline: Pipeline) -> None:
    """A fork's code is checked and never reviewed; a failed preview shows in the comment, and as a failed job.

    A mistake that a workflow's test finds, or lint in a file or the program, stops the pull request before its review.
    Production gets nothing that staging doesn't run.
    """
    folder = forge.repository
    (folder / "workflows").mkdir()
    (folder / "workflows" / "hello.yaml").write_text(FLOW, "utf-8")
    _commit(forge, "Workflows of 8x8")
    assert _passed(pipeline("pull_request", fork=True).run()) == {"check": True}
    assert forge.comments == []

    deployment = pipeline("push", only=("production-review", "production"))
    ran = deployment.run()
    assert _passed(ran) == {"production-review": False}, ran
    shown = deployment.summary if forge.kind == "github" else ran["production-review"].text  # no merge request
    assert "the preview failed" in shown
    assert "staging" in shown
    assert Account(account.base_url, f"{account.id}-production").definitions() == []

    program = folder / "__main__.py"
    good = program.read_text("utf-8")
    program.write_text(good.replace(".otherwise(reply)", ".otherwise(page_engineer)"), "utf-8")
    _commit(forge, "A mistake")
    assert pipeline("pull_request", fork=True).run()["check"].passed is False  # the workflow's own tests

    program.write_text(good, "utf-8")
    settings = folder / "Pulumi.staging.yaml"
    settings.write_text(settings.read_text("utf-8").replace("emulator-key", "another-key"), "utf-8")
    _commit(forge, "A wrong key")
    ran = pipeline("pull_request").run()
    assert _passed(ran) == {"check": True, "review": False}, ran
    assert "the preview failed" in forge.comments[-1]["body"]

    (folder / "workflows" / "hello.yaml").write_text(FLOW.replace("Hello,", "'{{ 1 + }}',"), "utf-8")
    program.write_text(good.replace(": {text}", ": {text} {{{{ 1 + }}}}"), "utf-8")
    _commit(forge, "A wrong script in a file, and one in the program")
    ran = pipeline("pull_request").run()
    assert _passed(ran) == {"check": False}
    for name in ("workflows/hello.yaml", "__main__.py"):
        assert re.search(rf"\b{name}\b.*script", ran["check"].text), ran


WATCHED = """\
import pulumi_8x8 as automation

automation.Workflow("hello", source="workflows/hello.yaml")
"""
WATCHED_FLOW = """\
trigger: inbound_sms
status: enabled
definition:
  name: Hello
  steps:
    - id: hello
      stepType: SMS
      inputs:
        destination: "{{data.payload.source}}"
        text: Hello
        subAccountId: s
      nextStepId: bye
    - id: bye
      stepType: SMS
      inputs:
        destination: "{{data.payload.source}}"
        text: Goodbye # politely
        subAccountId: s
"""
SECRET = "4f5b6f2986dc4b0e"


@pytest.fixture
def pulumi(forge: Forge, environ: dict[str, str], tmp_path: Path) -> Callable[..., None]:
    """Runs the engine in the repository, with the stack of production."""

    def run(*arguments: str) -> None:
        command = ["pulumi", *arguments, "--stack", "production"]
        mine = {**environ, **_ours(tmp_path)}
        done = subprocess.run(command, cwd=forge.repository, env=mine, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture
def production(forge: Forge, account: Account, repository: Path, pulumi: Callable[..., None]) -> Account:
    """The account of production, which runs the first commit; ``main`` is one commit ahead."""
    (repository / "workflows").mkdir()
    file = repository / "workflows" / "hello.yaml"
    file.write_text(WATCHED_FLOW, "utf-8")
    (repository / "__main__.py").write_text(WATCHED, "utf-8")
    settings = repository / "Pulumi.production.yaml"
    settings.write_text(settings.read_text("utf-8").replace("  8x8:requiresDigestFrom: staging\n", ""), "utf-8")
    _commit(forge, "Workflows of 8x8")
    pulumi("up", "--yes", "--skip-preview")
    file.write_text(WATCHED_FLOW.replace("Hello\n        sub", "Welcome\n        sub"), "utf-8")
    _commit(forge, "Waits for approval")
    return Account(account.base_url, f"{account.id}-production")


def _edit(production: Account) -> None:
    """Somebody changes a text in the browser, adds a call with a key, and makes another workflow."""
    body = production.only()
    hello, bye = body["definition"]["steps"]
    other = {**body, "definition": {"name": "Unmanaged", "steps": [hello]}}
    bye["inputs"]["text"] = "See you"
    bye["nextStepId"] = "call"
    call = {"url": "https://crm.example.org", "method": "POST", "headers": {"Authorization": f"Bearer {SECRET}"}}
    body["definition"]["steps"].append({"id": "call", "stepType": "HttpRequest", "inputs": call})
    production.call("PUT", f"/{body['definition']['id']}", json=body)
    production.call("POST", json=other)


def test_watch(forge: Forge, production: Account, pipeline: Pipeline, pulumi: Callable[..., None]) -> None:
    """An edit in the browser is an issue and a pull request without its secret.

    A merge that waits for approval is neither, and stays when the pull request is merged. What the stack doesn't manage
    is neither. The deployment of the edit closes the issue.
    """

    def watch() -> None:
        ran = pipeline("schedule").run()
        assert _passed(ran) == {"drift": True, "edits": True}, ran

    _edit(production)
    watch()
    (issue,), (request,) = forge.entries["issues"], forge.entries["requests"]
    for each in (issue, request):
        assert "See you" in each["body"]
        assert "Welcome" not in each["body"]
    branch = request.get("head") or request["source_branch"]
    proposed = forge.git("log", "--patch", f"main..{branch}")
    assert SECRET not in proposed + json.dumps(forge.entries)
    assert "crmExampleOrgAuthorization" in proposed
    assert "Unmanaged" not in proposed + json.dumps(forge.entries)

    _merge(forge, branch)
    merged = (forge.repository / "workflows" / "hello.yaml").read_text("utf-8")
    assert [text in merged for text in ("Welcome", "See you", "# politely")] == [True, True, True], merged
    request["state"] = "merged"
    pulumi("config", "set", "--secret", "crmExampleOrgAuthorization", SECRET)
    _commit(forge, "The key")
    pulumi("up", "--yes", "--skip-preview")
    watch()
    assert issue["state"] == "closed"
    assert len(forge.entries["requests"]) == 1

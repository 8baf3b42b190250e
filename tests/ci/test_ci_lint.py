"""The CI templates, as the linters of such files see them; nothing is downloaded."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kit import BIN

#: The engine that the project is tested with.
(VERSION,) = re.findall(r'^VERSION = "(.*)"$', (Path(__file__).parents[2] / "engine" / "install.py").read_text(), re.M)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "ci"
TEMPLATES = sorted((FOLDER / "github").glob("*.yml"))
GITHUB = [*TEMPLATES, *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
GITLAB = FOLDER / "gitlab" / ".gitlab-ci.yml"


@pytest.mark.parametrize(
    ("schema", "files"), [("vendor.github-workflows", GITHUB), ("vendor.gitlab-ci", [GITLAB])], ids=["github", "gitlab"]
)
def test_schema(schema: str, files: list[Path]) -> None:
    """They are files that the forge knows: nothing is misspelled or in the wrong place."""
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, *map(str, files)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_security() -> None:
    """An auditor of GitHub workflows finds nothing, in its strictest mood: pins, permissions, injection, secrets."""
    command = [BIN / "zizmor", "--offline", "--no-progress", "--persona", "pedantic", "--strict-collection", *GITHUB]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _jobs(path: Path) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return jobs


#: What a job writes on GitHub besides what it deploys.
WRITES = {
    "review": {"pull-requests": "write"},
    "drift": {"issues": "write"},
    "edits": {"contents": "write", "pull-requests": "write"},
}


def test_github_secrets() -> None:
    """A job with a secret runs in an environment, and never for a fork; nor has a token more than it needs."""
    for path in TEMPLATES:
        # YAML 1.1 takes `on` for true.
        content: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
        assert set(content[True]) in ({"pull_request"}, {"push"}, {"schedule", "workflow_dispatch"})
        assert content["permissions"] == {}
        for name, job in content["jobs"].items():
            if "secrets." in str(job) or "github.token" in str(job):
                assert job["environment"] in ("review", "staging", "production-review", "production"), name
            if job.get("environment") == "review":
                assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
            assert job["permissions"] == {"contents": "read", **WRITES.get(name, {})}, name
            assert ("github.token" in str(job)) == (name in WRITES), name


def test_pins() -> None:
    """Actions are pinned by commit, and one action everywhere to the same; the engine is the one of the tests."""
    pins: dict[str, set[str]] = {}
    for path in GITHUB:
        for action, commit, version in re.findall(
            r"uses: (\S+)@([0-9a-f]{40}) # (v\S+?);?(?:\s|$)", path.read_text("utf-8")
        ):
            pins.setdefault(action, set()).add(f"{commit} {version}")
        assert path.read_text("utf-8").count("uses: ") == len(
            re.findall(r"uses: \S+@[0-9a-f]{40} # v", path.read_text("utf-8"))
        )
    assert {action: len(each) for action, each in pins.items()} == dict.fromkeys(pins, 1)
    text = "".join(path.read_text("utf-8") for path in (*GITHUB, GITLAB))
    assert set(re.findall(r"pulumi-version: (.*)|pulumi-python:(.*)", text)) == {(VERSION, ""), ("", VERSION)}


def test_the_page() -> None:
    """The commands of each stage in docs/pipeline.md are commands of both templates."""
    table = (ROOT / "docs" / "pipeline.md").read_text("utf-8").partition("| stage |")[2].partition("\n\n")[0]
    commands = [command for row in table.splitlines()[2:] for command in re.findall("`(.*?)`", row.split(" | ")[1])]
    assert len(commands) == 5
    for text in ("".join(path.read_text("utf-8") for path in TEMPLATES), GITLAB.read_text("utf-8")):
        assert [command for command in commands if command not in text] == []


def test_the_review_comes_first() -> None:
    """The reviewed plan, and nothing else, goes to production, which somebody has to let."""
    jobs = _jobs(FOLDER / "github" / "deploy.yml")
    lab = yaml.safe_load(GITLAB.read_text("utf-8"))
    assert jobs["production"]["needs"] == "production-review"
    assert lab["stages"].index("production-review") < lab["stages"].index("production")
    for job in (jobs["production-review"], lab["production-review"]):
        assert "--save-plan plan.json" in str(job)
    for job in (jobs["production"], lab["production"]):
        assert "--plan plan.json" in str(job)


def test_never_two_deployments_at_once() -> None:
    """Each job that deploys is the only one of its stack, and is not interrupted; production comes after staging."""
    jobs = _jobs(FOLDER / "github" / "deploy.yml")
    groups = {name: job["concurrency"] for name, job in jobs.items() if "pulumi up" in str(job)}
    assert groups == {
        name: {"group": f"deploy-{name}", "cancel-in-progress": False} for name in ("staging", "production")
    }
    assert jobs["production-review"]["needs"] == "staging"
    lab = yaml.safe_load(GITLAB.read_text("utf-8"))
    deploying = {name: job for name, job in lab.items() if "pulumi up" in str(job)}
    assert {name: (job["resource_group"], job["interruptible"]) for name, job in deploying.items()} == {
        "staging": ("staging", False),
        "production": ("production", False),
    }
    assert lab["stages"].index("production") > lab["stages"].index("staging")
    assert lab["production"]["rules"][0]["when"] == "manual"
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in lab["review"]["rules"][0]["if"]

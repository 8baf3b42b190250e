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

FOLDER = Path(__file__).parents[2] / "examples" / "ci"
GITHUB = sorted((FOLDER / "github").glob("*.yml"))
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


def test_github_secrets() -> None:
    """A job with a secret runs in an environment, and never for a fork; nor has a token more than it needs."""
    for path in GITHUB:
        # YAML 1.1 takes `on` for true.
        content: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
        assert set(content[True]) in ({"pull_request"}, {"push"})
        assert content["permissions"] == {}
        for name, job in content["jobs"].items():
            if "secrets." in str(job) or "github.token" in str(job):
                assert job["environment"] in ("review", "staging", "production"), name
            if job.get("environment") == "review":
                assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
            commenting = {"pull-requests": "write"} if "github.token" in str(job) else {}
            assert job["permissions"] == {"contents": "read", **commenting}, name
            for step in job["steps"]:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{0:040}"))


def test_never_two_deployments_at_once() -> None:
    """Each job that deploys is the only one of its stack, and is not interrupted; production comes after staging."""
    jobs = _jobs(FOLDER / "github" / "deploy.yml")
    groups = {name: job["concurrency"] for name, job in jobs.items() if "pulumi up" in str(job)}
    assert groups == {
        name: {"group": f"deploy-{name}", "cancel-in-progress": False} for name in ("staging", "production")
    }
    assert jobs["production"]["needs"] == "staging"
    lab = yaml.safe_load(GITLAB.read_text("utf-8"))
    deploying = {name: job for name, job in lab.items() if "pulumi up" in str(job)}
    assert {name: (job["resource_group"], job["interruptible"]) for name, job in deploying.items()} == {
        "staging": ("staging", False),
        "production": ("production", False),
    }
    assert lab["stages"].index("production") > lab["stages"].index("staging")
    assert lab["production"]["rules"][0]["when"] == "manual"
    assert "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in lab["review"]["rules"][0]["if"]

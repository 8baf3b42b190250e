"""Runs the jobs of the CI templates on this machine: their commands as they stand, in the repository's folder."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

#: What prepares the machine, which the test has done already.
_PREPARED = {"actions/checkout", "actions/setup-python", "pulumi/actions", "actions/upload-artifact"}
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


@dataclass(frozen=True)
class Ran:
    """One job: whether it passed, what it printed, the names of the steps that ran (GitLab has none)."""

    passed: bool
    text: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class GitHub:
    """GitHub's runner.

    :param values: what expressions stand for, such as ``github.token`` and ``secrets.X``; a missing one is empty.
    """

    workflow: Path
    folder: Path
    environ: Mapping[str, str]
    values: Mapping[str, str]

    def run(self) -> dict[str, Ran]:
        """The jobs that run, in their order: one whose ``if`` is false, or which needs one that failed, does not."""
        jobs = yaml.safe_load(self.workflow.read_text("utf-8"))["jobs"]
        ran: dict[str, Ran] = {}
        for name, job in jobs.items():
            needed = job.get("needs")
            if (needed is None or (needed in ran and ran[needed].passed)) and self._holds(job.get("if", "true")):
                ran[name] = self.job(job)
        return ran

    def job(self, job: Mapping[str, Any]) -> Ran:
        passed, text, steps = True, "", []
        for step in job["steps"]:
            if "uses" in step:
                assert step["uses"].partition("@")[0] in _PREPARED
            elif self._holds(step["if"]) if "if" in step else passed:
                environ = {**self.environ, **self._env(job), **self._env(step)}
                assert "${{" not in step["run"]  # would be an injection
                # As `shell: bash` is run there.
                command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
                done = _run(command, self.folder, environ)
                steps.append(step["name"])
                passed, text = passed and done.returncode == 0, text + done.stdout
        return Ran(passed, text, tuple(steps))

    def _env(self, part: Mapping[str, Any]) -> dict[str, str]:
        given = part.get("env", {}).items()
        return {key: _EXPRESSION.sub(lambda found: self.values.get(found[1], ""), value) for key, value in given}

    def _holds(self, condition: str) -> bool:
        return {
            "true": True,
            "github.event.pull_request.head.repo.full_name == github.repository": (
                self.values.get("github.event.pull_request.head.repo.full_name") == self.values.get("github.repository")
            ),
            "${{ !cancelled() && hashFiles('review.md') != '' }}": (self.folder / "review.md").exists(),
        }[condition]


@dataclass(frozen=True)
class GitLab:
    """GitLab's runner; ``environ`` has its variables."""

    pipeline: Path
    folder: Path
    environ: Mapping[str, str]

    def run(self) -> dict[str, Ran]:
        """The jobs that run, by stage: those whose rules do not hold do not, nor those after a failure."""
        content = yaml.safe_load(self.pipeline.read_text("utf-8"))
        assert any(self._holds(rule["if"]) for rule in content["workflow"]["rules"])
        before = content["default"]["before_script"]
        jobs = {name: job for name, job in content.items() if isinstance(job, dict) and "script" in job}
        ran: dict[str, Ran] = {}
        for name, job in sorted(jobs.items(), key=lambda each: content["stages"].index(each[1]["stage"])):
            rules = job.get("rules")
            if all(each.passed for each in ran.values()) and (not rules or any(self._holds(r["if"]) for r in rules)):
                # The runner joins them to one script, which stops at the first failure.
                script = "\n".join(["set -eo pipefail", *before, *job["script"]])
                done = _run(["bash", "-c", script], self.folder, self.environ)
                ran[name] = Ran(done.returncode == 0, done.stdout)
        return ran

    def _holds(self, rule: str) -> bool:
        def value(text: str) -> str | None:
            return self.environ.get(text[1:]) if text.startswith("$") else text.strip('"')

        return all(value(left) == value(right) for left, right in (part.split(" == ") for part in rule.split(" && ")))


def _run(command: list[str], folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
    )

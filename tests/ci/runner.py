"""Runs the jobs of the CI templates on this machine: each one's commands as they stand, in a checkout of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml
from forge import TOKEN

#: What prepares the machine, which the test has done already.
_PREPARED = {"actions/checkout", "actions/setup-python", "pulumi/actions"}
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
_INSTALL = "python -m pip install --requirement requirements.txt"


@dataclass(frozen=True)
class Ran:
    """One job: whether it passed, what it printed, the names of the steps that ran (GitLab has none)."""

    passed: bool
    text: str
    steps: tuple[str, ...] = ()


@dataclass
class Runner:
    """What both forges have in common.

    :param environ: variables of the machine.
    :param approve: is called before the job in the environment ``production``, with what the jobs before showed.
    :param only: somebody runs these jobs again, and no others.
    :ivar artifacts: contents by path.
    :ivar summary: what jobs wrote for the page of the run.
    """

    repository: Path
    ref: str
    environ: Mapping[str, str]
    approve: Callable[[Runner], object] = lambda runner: None
    only: tuple[str, ...] = ()
    artifacts: dict[str, bytes] = field(default_factory=dict)
    summary: str = ""

    def checkout(self, depth: int) -> Path:
        """A clone as the forges make it: ``depth`` commits, or all of them if it is 0."""
        folder = Path(mkdtemp(prefix="job-", dir=self.repository.parent)) / "flows"
        commit = ["git", "clone", "--quiet", "--branch", self.ref, *([f"--depth={depth}"] if depth else [])]
        subprocess.run([*commit, f"file://{self.repository}", str(folder)], check=True, capture_output=True)
        return folder

    def execute(self, script: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs a script of a job. What is installed once for all tests isn't installed again."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script.replace(_INSTALL, ":")],
            cwd=folder,
            env={**self.environ, **environ},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )


@dataclass
class GitHub(Runner):
    """GitHub's runner.

    :param workflow: the file's name.
    :param values: what expressions stand for, such as ``secrets.X``; a missing one is empty.
    """

    workflow: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def run(self) -> dict[str, Ran]:
        """The jobs that run, in their order: one whose ``if`` is false, or which needs one that failed, does not."""
        file = self.repository / ".github" / "workflows" / self.workflow
        ran: dict[str, Ran] = {}
        for name, job in yaml.safe_load(file.read_text("utf-8"))["jobs"].items():
            needed = job.get("needs")
            passed_before = self.only and needed not in self.only
            if self.only and name not in self.only:
                continue
            folder = self.checkout(job["steps"][0]["with"].get("fetch-depth", 1))
            may_run = needed is None or passed_before or (needed in ran and ran[needed].passed)
            if may_run and self._holds(job.get("if", "true"), folder):
                if job.get("environment") == "production":
                    self.approve(self)
                ran[name] = self._job(job, folder)
        return ran

    def _job(self, job: Mapping[str, Any], folder: Path) -> Ran:
        passed, text, steps = True, "", []
        writes = [name for name, level in job["permissions"].items() if level == "write"]
        values = {**self.values, "github.token": "+".join((TOKEN, *writes))}
        summary = folder.parent / "summary.md"
        for step in job["steps"]:
            runs = self._holds(step["if"], folder) if "if" in step else passed
            if "uses" in step:
                if runs:
                    self._use(step["uses"].partition("@")[0], step["with"], folder)
            elif runs:
                assert "${{" not in step["run"]  # would be an injection
                temporary = {"RUNNER_TEMP": str(folder.parent), "GITHUB_STEP_SUMMARY": str(summary)}
                environ = {**temporary, **self._env(job, values), **self._env(step, values)}
                done = self.execute(step["run"], folder, environ)
                steps.append(step["name"])
                passed, text = passed and done.returncode == 0, text + done.stdout
        self.summary += summary.read_text("utf-8") if summary.exists() else ""
        return Ran(passed, text, tuple(steps))

    def _use(self, action: str, given: Mapping[str, Any], folder: Path) -> None:
        if action == "actions/upload-artifact":
            for path in given["path"].split():
                self.artifacts[f"{given['name']}/{path}"] = (folder / path).read_bytes()
        elif action == "actions/download-artifact":
            for path, content in self.artifacts.items():
                if path.startswith(f"{given['name']}/"):
                    (folder / path.partition("/")[2]).write_bytes(content)
        else:
            assert action in _PREPARED

    def _env(self, part: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
        def value(found: re.Match[str]) -> str:
            return next(filter(None, (values.get(name) for name in found[1].split(" || "))), "")

        return {key: _EXPRESSION.sub(value, text) for key, text in part.get("env", {}).items()}

    def _holds(self, condition: str, folder: Path) -> bool:
        return {
            "true": True,
            "github.event.pull_request.head.repo.full_name == github.repository": (
                self.values.get("github.event.pull_request.head.repo.full_name") == self.values.get("github.repository")
            ),
            "${{ !cancelled() && hashFiles('review.md') != '' }}": (folder / "review.md").exists(),
        }[condition]


@dataclass
class GitLab(Runner):
    """GitLab's runner; ``environ`` has its variables."""

    def run(self) -> dict[str, Ran]:
        """The jobs that run, by stage: those whose rules do not hold do not, nor those after a failure."""
        content = yaml.safe_load((self.repository / ".gitlab-ci.yml").read_text("utf-8"))
        assert any(self._holds(rule["if"]) for rule in content["workflow"]["rules"])
        jobs = {
            name: {**content.get(job.get("extends"), {}), **job}
            for name, job in content.items()
            if isinstance(job, dict) and "script" in job and (not self.only or name in self.only)
        }
        ran: dict[str, Ran] = {}
        for name, job in sorted(jobs.items(), key=lambda each: content["stages"].index(each[1]["stage"])):
            rule = next((each for each in job["rules"] if self._holds(each["if"])), None)
            before = [ran[each].passed for each in ran if jobs[each]["stage"] != job["stage"]]
            if rule is not None and all(before):
                assert ("production" in (job.get("environment", {}).get("name"),)) == (rule.get("when") == "manual")
                if rule.get("when") == "manual":
                    self.approve(self)
                ran[name] = self._job(job, content)
        return ran

    def _job(self, job: Mapping[str, Any], content: Mapping[str, Any]) -> Ran:
        variables = job.get("variables", {})
        folder = self.checkout(int(variables.get("GIT_DEPTH", 20)))
        for path, content_ in self.artifacts.items():
            (folder / path).write_bytes(content_)
        # The runner joins them to one script, which stops at the first failure.
        script = "\n".join([*content["default"]["before_script"], *job["script"]])
        done = self.execute(
            script,
            folder,
            {**variables, "CI_JOB_ID": "1", "CI_COMMIT_SHA": _head(folder), "CI_PROJECT_DIR": str(folder)},
        )
        kept = [each for each in job.get("artifacts", {}).get("paths", ()) if (folder / each).exists()]
        self.artifacts |= {path: (folder / path).read_bytes() for path in kept}
        return Ran(done.returncode == 0, done.stdout)

    def _holds(self, rule: str) -> bool:
        def value(text: str) -> str | None:
            return self.environ.get(text[1:]) if text.startswith("$") else text.strip('"')

        def holds(part: str) -> bool:
            left, operator, right = part.split(" ")
            return (value(left) == value(right)) == (operator == "==")

        return all(map(holds, rule.split(" && ")))


def _head(folder: Path) -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()

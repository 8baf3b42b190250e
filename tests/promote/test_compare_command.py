"""``pulumi-8x8 compare`` on real stacks."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.conftest import Stack, make_stack
from kit import BIN, Account

pytestmark = pytest.mark.engine

PROGRAM = """
    stack = pulumi.get_stack()
    def say(name, text):
        return automation.Workflow(name, trigger="inbound_sms", steps=[
            automation.SMS("say", sub_account_id="pager", destination="+6512345678", text=text)])
    say("same", pulumi.Output.secret(f"s3cr3t of {stack}"))
    say("different", f"Hi from {stack}")
    say(f"only-{stack}", "Hi")
    say("secret", pulumi.Output.secret("s3cr3t-text"))
    say("deleted", "Hi")
"""


@dataclass
class Environments:
    stack: Stack
    accounts: dict[str, Account] = field(default_factory=dict)

    def compare(self, *arguments: str, code: int = 0, folder: Path | None = None, **environ: str) -> tuple[str, str]:
        """What is printed on standard output and standard error."""
        command = [str(BIN / "pulumi-8x8"), "compare", *arguments]
        environ = {**self.stack.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **environ}
        done = subprocess.run(
            command, cwd=folder or self.stack.folder, env=environ, capture_output=True, text=True, encoding="utf-8"
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def environments(emulator: str, tmp_path_factory: pytest.TempPathFactory, pulumi_home: Path) -> Environments:
    """Two stacks; in production somebody edited ``different`` and deleted ``deleted``."""
    stack = make_stack(tmp_path_factory.mktemp("compare"), Account(emulator, "compare"), pulumi_home)
    made = Environments(stack)
    for name in ("staging", "production"):
        account = made.accounts[name] = Account(stack.account.base_url, f"{stack.account.id}-{name}")
        (stack.folder / f"Pulumi.{name}.yaml").write_text(
            f"config: {{'8x8:accountId': {account.id}, '8x8:baseUrl': '{account.base_url}', "
            f"'8x8:subAccounts': {{pager: {name}_pager}}}}\n"
        )
        stack.run("stack", "init", name)
        stack.write(PROGRAM)
        stack.up()
    production = made.accounts["production"]
    for each in production.definitions():
        id = each["definition"]["id"]
        if each["definition"]["name"] in ("different", "secret"):
            each["definition"]["steps"][0]["inputs"]["destination"] = "+6587654321"
            production.call("PUT", f"/{id}", json=each)
        if each["definition"]["name"] == "deleted":
            production.call("DELETE", f"/{id}")
            while production.call("GET", f"/{id}"):
                pass
    return made


TEXT = """\
staging and production: 6 workflows, not the same
  3 the same: deleted, same, secret
  1 different: different
  1 only in staging: only-staging
  1 only in production: only-production
  3 changed outside of Pulumi in production: deleted, different, secret

production, if it became equal to staging: 3 workflows change (1 new, 1 changed, 1 deleted), 3 unchanged

~ `different`
  effects
    • the text that customers read in `say` changes
  changes
    ~ `say`
        text: Hi from [-production-]{+staging+}
"""


def test_forms(environments: Environments) -> None:
    """Text, JSON and Markdown agree; no secret and no sub-account shows, and nothing is written."""
    with environments.accounts["production"].calls() as calls:
        text, error = environments.compare("staging", "production")
    assert error == ""
    assert [call for call in calls if not call.startswith("GET")] == []
    assert text.startswith(TEXT), text
    drift = text.partition("production, changed outside of Pulumi: ")[2]
    assert drift.startswith("3 workflows change (2 changed, 1 deleted), 2 unchanged\n")
    assert "destination: `+6512345678` → `+6587654321`" in drift

    data = json.loads(environments.compare("staging", "production", "--format", "json")[0])
    assert (data["stacks"], data["differs"]) == (["staging", "production"], True)
    assert data["same"] == ["deleted", "same", "secret"]
    assert data["onlyIn"] == {"staging": ["only-staging"], "production": ["only-production"]}
    assert [each["workflow"] for each in data["drift"]["production"]["workflows"]] == ["deleted", "different", "secret"]
    assert data["drift"]["staging"]["changed"] is False

    markdown, _ = environments.compare("staging", "production", "--format", "markdown")
    assert markdown.startswith("## staging and production: 6 workflows, not the same\n\n- 3 the same: deleted")
    assert "<!-- pulumi-8x8 review -->" not in markdown, "it is not the comment with the review of a change"
    for former in (["--markdown"], ["--output", "markdown"]):
        assert markdown == environments.compare("staging", "production", *former)[0]
    for output in (text, json.dumps(data), markdown):
        assert "s3cr3t" not in output
    assert "_pager" not in text.partition("\nproduction, changed")[0]

    assert environments.compare("staging", "production", COLUMNS="30")[0] == text, "a narrow terminal cuts nothing"
    command = f"{BIN / 'pulumi-8x8'} compare staging production --format json | head -c 1"
    environ = {**environments.stack.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=environments.stack.folder, env=environ, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("{", ""), "a reader that has seen enough is no failure"


def test_exit_codes(environments: Environments) -> None:
    """0; 1 with --exit-code if they differ; 2 with one message if they can't be compared."""
    environments.compare("staging", "production", "--exit-code", code=1)
    environments.compare("staging", "staging", "--exit-code", code=0)
    here, there = environments.stack.folder, environments.stack.folder.parent
    environments.compare("staging", "production", "--cwd", str(here), folder=there)
    environments.compare("staging", "production", "-C", str(here), "--other-cwd", str(here), folder=there)
    environments.compare("organization/project/staging", "organization/project/production")
    config = here / "Pulumi.production.yaml"
    text = config.read_text()
    for arguments, change, message in (
        (("staging", "nope"), ("", ""), "no stack named 'nope' found\nNothing was changed.\n"),
        (("staging",), ("", ""), "Argument 'stacks' takes 2 values"),
        (
            ("staging", "production", "--cwd", str(there)),
            ("", ""),
            "neither this folder nor a parent folder has a Pulumi project (Pulumi.yaml)",
        ),
        (("staging", "production"), ("-production,", "-other,"), 'workflow "deleted" was deployed to the account'),
        (("staging", "production"), ("{pager: production_pager}", "pager"), "8x8:subAccounts is not an object of"),
        (("staging", "production"), (environments.accounts["staging"].base_url, "http://127.0.0.1:9"), "no answer ("),
    ):
        config.write_text(text.replace(*change) if change[0] else text)
        out, error = environments.compare(*arguments, code=2)
        assert out == ""
        assert message in error, error
        assert error.count("Error: ") == 1
    config.write_text(text)
    _, error = environments.compare("staging", "production", code=2, PULUMI_8X8_API_KEY="wrong-key")
    assert "The service did not accept the key for the account" in error
    assert "wrong-key" not in error

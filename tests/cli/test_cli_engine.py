"""The commands on a stack that the real engine deployed: names, versions, secrets."""

from __future__ import annotations

import json
import os
import re

import pytest
from cli_kit import run

from engine.conftest import Stack, pulumi_home, stack
from kit import BIN

pytestmark = pytest.mark.engine

__all__ = ["pulumi_home", "stack"]  # fixtures

PROGRAM = """
    key = pulumi.Config().require_secret("token")
    user = {{"msisdn": "{{{{data.payload.user.msisdn}}}}"}}
    automation.Workflow(
        "menu",
        name="Menu",
        trigger="inbound_chat_apps",
        steps=[
            automation.ChatAppsMessage("ask", sub_account_id="a", user=user, type="text", content={{"text": "{text}"}},
                next_step_id="wait"),
            automation.WaitForReply("wait", from_="{{{{data.payload.user.msisdn}}}}", channel="whatsapp",
                timeout="01:00:00", next_step_id="call"),
            automation.HttpRequest("call", url="https://crm.example/", method="GET",
                headers={{"Authorization": pulumi.Output.concat("Bearer ", key)}}),
        ],
    )
"""
TOKEN = "t0ken-4711"


def test_operate_and_roll_back(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a deployed workflow to its running conversation and back to its first version, by name, without a secret."""
    stack.run("config", "set", "--secret", "token", TOKEN)
    stack.write(PROGRAM.format(text="1 or 2?"))
    stack.up()
    stack.write(PROGRAM.format(text="1, 2 or 3?"))
    stack.up()
    for name, value in {**stack.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(stack.folder)

    listed = run("versions", "menu")
    assert re.sub(r"20.*Z", "TIME", listed.output).splitlines() == [
        "version 2, TIME, enabled, in this stack's state",
        "  ~ `ask`",
        "      content.text: 1{+, 2+} or [-2-]{+3+}?",
        "version 1, TIME, enabled",
        "  3 steps",
    ]
    started = run(
        "instances",
        "start",
        "menu",
        "--version",
        "1",
        "--data",
        "-",
        "--yes",
        stdin=json.dumps({"payload": {"user": {"msisdn": "+6581968289"}}}),
    )
    assert started.exit_code == 0, started.output
    (found,) = json.loads(run("instances", "list", "--status", "Runnable", "--format", "json").output)
    assert (found["workflow"], found["version"]) == ("menu", 1)
    assert run("instances", "terminate", "menu", "--version", "1", "--yes").exit_code == 0

    shown = run("versions", "show", "menu", "1", "--as", "file", "--to", "menu.yaml")
    assert shown.stderr == "Wrote menu.yaml.\n"
    assert "Authorization: Bearer <secret:token>" in (stack.folder / "menu.yaml").read_text()
    stack.write('automation.Workflow("menu", source="menu.yaml")')
    preview = stack.preview("--diff")
    assert '"1, 2 or 3?" => "1 or 2?"' in preview.out
    stack.up()
    assert "no workflow changes" in run("versions", "diff", "menu", "1", "3").output
    assert [re.sub(r", 20.*Z", "", line) for line in run("versions", "menu").output.splitlines()[:3]] == [
        "version 3, enabled, in this stack's state",
        "  ~ `ask`",
        "      content.text: 1[-, 2-] or [-3-]{+2+}?",
    ]
    everything = [listed.output, shown.output, run("versions", "diff", "menu", "1", "2").output]
    assert not any("t0ken" in each for each in everything)

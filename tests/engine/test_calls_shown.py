"""What ``pulumi`` shows of the calls of the service."""

from __future__ import annotations

import pytest

from kit import API_KEY

from .conftest import Stack

pytestmark = pytest.mark.engine


def test_calls_are_shown(stack: Stack) -> None:
    """With ``PULUMI_8X8_LOG=debug``, the stack's messages have the calls of program and provider, and their sum."""
    stack.write("""
        automation.get_workflows()
        for name in "ab":
            automation.Workflow(name, trigger="inbound_sms", steps=[automation.Wait("pause", duration="00:00:05")])
    """)
    shown = stack.up(PULUMI_8X8_LOG="debug").diagnostics.strip().splitlines()
    assert shown[0].strip() == "pulumi:pulumi:Stack (project-test):"
    lines = [line.strip().replace(stack.account.url, "") for line in shown[1:]]
    calls = [line.partition(" in ")[0] for line in lines[:-1]]
    assert calls[0] == "GET ?limit=500&offset=0: 200"
    assert calls.count("POST : 201") == 2
    # The program is a process of its own.
    assert lines[-1].startswith(f"{len(calls) - 1} calls of the service: ")
    assert API_KEY not in str(shown)

"""Lint's warnings and levels on the real engine."""

from __future__ import annotations

import pytest

from .conftest import Stack

pytestmark = pytest.mark.engine

PROGRAM = """
    automation.Workflow("menu", trigger="inbound_sms", {lint}steps=[
        automation.Wait("pause", duration="00:00:05"),
        automation.Wait("lonely", duration="00:00:05"),
    ])
"""


def test_warnings_stand_beside_their_resource(stack: Stack) -> None:
    """A preview shows a warning under its workflow, with the program's line; levels turn it off or make it an error."""
    stack.write(PROGRAM.replace("{lint}", ""))
    preview = stack.preview()
    under_it = preview.diagnostics.partition("pulumi-python:dynamic/8x8:Workflow (menu):\n")[2]
    assert under_it.strip().startswith("warning: __main__.py:7: steps.lonely: ")
    assert "[unreachable-step]" in under_it

    stack.write(PROGRAM.replace("{lint}", 'lint={"unreachable-step": "off", "no-such-rule": "off"}, '))
    preview = stack.preview()
    assert "[unreachable-step]" not in preview.text
    assert 'lint rule "no-such-rule" doesn\'t exist' in preview.diagnostics

    stack.write(PROGRAM.replace("{lint}", ""))
    stack.run("config", "set", "8x8:lint", "unreachable-step=error")
    assert 'error: workflow "menu": __main__.py:7: steps.lonely: ' in stack.preview(code=1).diagnostics
    stack.run("config", "rm", "8x8:lint")
    stack.run("config", "set", "--path", "8x8:lint.unreachable-step", "off")
    assert "[unreachable-step]" not in stack.preview().text

"""What commands report about settings that nothing reads, on a real stack."""

from __future__ import annotations

import pytest
from cli_kit import MENU, MakeStack, Workflows, pulumi, run

UNREAD = "isn't a setting of pulumi-8x8, which doesn't read it; did you mean"


def test_a_stack(workflows: Workflows, make_stack: MakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command warns once of each name, beside its output, but not of the key of another account or of own values.

    Without the account, the error names what was set instead.
    """
    workflows.store("menu", MENU)
    make_stack(
        config={"8x8:onDirft": "1-value", "8x8:eastApiKey": "2-value", "project:acountId": "3-value"},
        outputs={"account": {"id": workflows.account.id, "apiKey": "8x8:eastApiKey"}},
    )
    pulumi("config", "set", "--secret", "8x8:westApiKey", "4-value")
    pulumi("config", "set", "8x8:eastApiKey", "emulator-key")
    monkeypatch.setenv("PULUMI_8X8_LOGS", "5-value")
    done = run("instances", "list", "menu", "--format", "json")
    assert (done.exit_code, done.stdout) == (0, "[]\n")
    assert done.stderr.splitlines() == [
        f'warning: PULUMI_8X8_LOGS {UNREAD} "PULUMI_8X8_LOG"?',
        f'warning: dev: 8x8:onDirft {UNREAD} "8x8:onDrift"?',
    ]
    monkeypatch.delenv("PULUMI_8X8_ACCOUNT_ID")
    failed = run("usage")
    assert failed.exit_code == 2
    assert 'acountId is a value of the project, not of pulumi-8x8; did you mean "8x8:accountId"?' in failed.stderr
    assert "-value" not in failed.stderr


def test_without_a_stack(workflows: Workflows, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a project, the error about what isn't set names a variable, and no warning does."""
    monkeypatch.delenv("PULUMI_8X8_API_KEY")
    monkeypatch.setenv("PULUMI_8X8_APIKEY", "a-value")
    failed = run("usage")
    assert failed.exit_code == 2
    assert failed.stderr.count(f'PULUMI_8X8_APIKEY {UNREAD} "PULUMI_8X8_API_KEY"?') == 1
    assert "a-value" not in failed.stderr

"""What a program, and a provider without one, report about keys ``8x8:…`` that nothing reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.dynamic import Config, ConfigureRequest

import pulumi_8x8 as automation
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.resources import program as programs
from pulumi_8x8.resources.provider import WorkflowProvider

from .program_kit import run_program

STEPS = [automation.Wait("pause", duration="00:00:01")]


def declare(count: int = 2, **options: Any) -> Callable[[], None]:
    def program() -> None:
        for number in range(count):
            automation.Workflow(f"menu-{number}", trigger="inbound_sms", steps=STEPS, **options)

    return program


def test_once() -> None:
    """A program with several workflows warns once of each key, and never of its value."""
    warned = run_program(declare(), {"8x8:onDirft": "stop-secret", "8x8:lint": "{}", "shop:onDirft": "mine"}).warned
    assert warned == ["8x8:onDirft isn't a setting of pulumi-8x8, which doesn't read it; did you mean \"8x8:onDrift\"?"]


def test_the_key_of_another_account() -> None:
    """The key of another account isn't unknown, whether it is a secret or not."""
    account = automation.Account("east", api_key="8x8:eastApiKey")
    assert run_program(declare(account=account), {"8x8:eastApiKey": "key"}).warned == []


def test_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret may be the key of another account, which the program only names in a look-up."""
    monkeypatch.setattr(programs, "secret_config_keys", lambda: ["8x8:westApiKey"])
    assert run_program(declare(), {"8x8:westApiKey": "key"}).warned == []


def test_a_project_of_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values of a project that is called 8x8 begin like the package's keys."""
    monkeypatch.setattr("pulumi.get_project", lambda: "8x8")
    assert run_program(declare(), {"8x8:greeting": "Hello"}).warned == []


def test_without_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deletion runs no program, so the provider names what was set instead of the account and the key."""
    for name in ("ACCOUNT_ID", "API_KEY"):
        monkeypatch.delenv(f"PULUMI_8X8_{name}", raising=False)
    provider = WorkflowProvider()
    provider.configure(ConfigureRequest(Config({"8x8:acountId": "acme", "shop:apiKey": "secret"}, "shop")))
    with pytest.raises(SettingsError) as raised:
        provider.settings({})
    assert "8x8:acountId isn't a setting of pulumi-8x8" in str(raised.value)
    assert "apiKey is a value of the project, not of pulumi-8x8" in str(raised.value)
    assert "secret" not in str(raised.value).replace("--secret", "")

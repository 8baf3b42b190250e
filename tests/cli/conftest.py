from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli_kit import MakeStack, Workflows, pulumi

from kit import API_KEY, BIN, Account
from pulumi_8x8.definition import Definition, to_inputs
from pulumi_8x8.definition.values import SIGNATURE


@pytest.fixture
def workflows(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workflows:
    """An account that the environment names, outside of any Pulumi project."""
    for name, value in {"ACCOUNT_ID": account.id, "API_KEY": API_KEY, "BASE_URL": account.base_url}.items():
        monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
    monkeypatch.chdir(tmp_path)
    return Workflows(account)


_TYPE = "pulumi-python:dynamic/8x8:Workflow"

#: A secret in a state that is imported; the engine encrypts it.
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}


@pytest.fixture
def make_stack(workflows: Workflows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeStack:
    """Makes the current folder a Pulumi project, whose stack ``dev`` has all workflows in its state.

    ``make_stack(config={…}, secrets={"name": ("step", "inputs", …)}, outputs={…}, also={"name": "<id>"})``, the last
    for what is in the state and not on the service.
    """
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    for name, value in {
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }.items():
        monkeypatch.setenv(name, value)

    def make(
        config: Mapping[str, Any] | None = None,
        secrets: Mapping[str, tuple[str, ...]] | None = None,
        outputs: Mapping[str, Any] | None = None,
        also: Mapping[str, str] | None = None,
    ) -> Path:
        (tmp_path / "state").mkdir()
        project = {"name": "project", "runtime": "python", "backend": {"url": f"file://{tmp_path}/state"}}
        (tmp_path / "Pulumi.yaml").write_text(json.dumps(project))
        (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": dict(config or {})}))
        pulumi("stack", "init", "dev")
        state = json.loads(pulumi("stack", "export"))
        resources = [
            _resource(name, workflows.account.call("GET", f"/{id}")[0], (secrets or {}).get(name), outputs or {})
            for name, id in workflows.ids.items()
        ]
        for name, id in (also or {}).items():
            urn = f"urn:pulumi:dev::project::{_TYPE}::{name}"
            resources.append({"urn": urn, "custom": True, "type": _TYPE, "id": id})
        root = "urn:pulumi:dev::project::pulumi:pulumi:Stack::project-dev"
        state["deployment"]["resources"] = [{"urn": root, "type": "pulumi:pulumi:Stack"}, *resources]
        pulumi("stack", "import", given=json.dumps(state))
        return tmp_path

    return make


def _resource(
    name: str, stored: dict[str, Any], secret: tuple[str, ...] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    inputs = to_inputs(Definition.from_body(stored))
    if secret:
        parent = inputs["steps"]
        for part in secret[:-1]:
            parent = parent[part]
        parent[secret[-1]] = {**SECRET, "plaintext": json.dumps(parent[secret[-1]])}
    outputs = {**inputs, "version": stored["definition"]["version"], "createdAt": stored["createdAt"], **more}
    return {
        "urn": f"urn:pulumi:dev::project::{_TYPE}::{name}",
        "custom": True,
        "type": _TYPE,
        "id": stored["definition"]["id"],
        "inputs": inputs,
        "outputs": outputs,
    }

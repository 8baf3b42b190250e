"""What an earlier version of the provider wrote into a stack's state, in the hands of this one, on the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.conftest import Stack, pulumi_home
from kit import emulator_on

from .upgrade_kit import FIXTURES, Service, fill, imported, read_versions

pytestmark = pytest.mark.engine

__all__ = ["pulumi_home"]  # fixtures

#: The workflow that somebody else edited before the last refresh, so that the program differs.
EDITED = "edited"

#: Values that the program has from the config as secrets, or makes secrets.
SECRETS = ("t0ken-4711", "acme_secret_sub_account", "no number")


@pytest.fixture(params=sorted(path.name for path in FIXTURES.iterdir()))
def fixture(request: pytest.FixtureRequest) -> Path:
    """Of an earlier version."""
    return FIXTURES / str(request.param)


@pytest.fixture
def service(fixture: Path, tmp_path: Path) -> Iterator[Service]:
    """The service as it was then."""
    database = tmp_path / "emulator.sqlite"
    fill(database, read_versions(fixture))
    with emulator_on(database) as base_url:
        yield Service(base_url)


@pytest.fixture
def stack(fixture: Path, service: Service, tmp_path: Path, pulumi_home: Path) -> Stack:
    """The stack as it was then."""
    return imported(fixture, tmp_path, service, pulumi_home)


def planned(stack: Stack) -> dict[str, str]:
    """What a preview would do, by the resource's name, without what stays and what is only read."""
    preview: dict[str, Any] = json.loads(stack.preview("--json").out)
    # Warnings are lint's. All other diagnostics are the provider's.
    assert [each for each in preview["diagnostics"] if each["severity"] != "warning"] == []
    steps = {step["urn"].rpartition("::")[2]: step["op"] for step in preview["steps"]}
    return {name: op for name, op in steps.items() if op not in ("same", "read")}


def named(version: dict[str, Any]) -> tuple[str, int]:
    return version["definition"]["name"], version["definition"]["version"]


def meaning(version: dict[str, Any]) -> dict[str, Any]:
    """A version without its number and time."""
    return {**version, "createdAt": None, "definition": {**version["definition"], "version": None}}


def test_nothing_changes(fixture: Path, service: Service, stack: Stack) -> None:
    """State of the version before causes no change at the next preview, refresh and up, and no write.

    The exception is the workflow that somebody else edited: it gets the update that the version before shows, too.
    """
    before, outputs = read_versions(fixture), stack.outputs()
    assert planned(stack) == {EDITED: "update"}
    refresh = stack.run("refresh", "--yes", "--skip-preview")
    assert set(refresh.counts) == {"unchanged"}, refresh.text
    assert planned(stack) == {EDITED: "update"}
    assert service.writes() == []

    stack.up()
    assert service.writes() == ["PUT /definitions/{id}"], "an instance that is started is a POST"
    after = service.versions()
    assert [each for each in after if each in before] == before
    (added,) = (each for each in after if each not in before)
    (program,) = (each for each in before if named(each) == (EDITED, 1))
    assert meaning(added) == meaning(program)
    assert stack.outputs() == outputs
    assert planned(stack) == {}
    assert [secret for secret in SECRETS if secret in stack.run("stack", "export").out] == []


def test_destroyed(service: Service, stack: Stack) -> None:
    """`pulumi destroy` deletes what the version before deployed; it leaves what is protected or somebody else's."""
    stack.run("destroy", "--yes", "--skip-preview", "--exclude-protected")
    assert {named(each) for each in service.versions()} == {("foreign", 1), ("inner", 1)}

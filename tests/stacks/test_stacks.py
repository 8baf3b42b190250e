"""How a stack's state is read, and how the secrets in it are hidden in a workflow's versions."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pulumi_8x8.definition import Definition, to_inputs
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.definition.places import map_places
from pulumi_8x8.definition.values import SIGNATURE
from pulumi_8x8.errors import StackError
from pulumi_8x8.stacks import ManagedWorkflow, find_project, read_stack, workflow_names

CIPHER = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
TOKEN = "Bearer t0ken-4711"


def definition(*steps: dict[str, Any], **parts: Any) -> Definition:
    body = {"trigger": "http_request", "status": "enabled", **parts, "definition": {"name": "crm", "steps": steps}}
    return Definition.from_body(body)


def call(id: str = "call", token: Any = TOKEN, **more: Any) -> dict[str, Any]:
    return {"id": id, "stepType": "HttpRequest", "inputs": {"headers": {"Authorization": token}, **more}}


def managed(deployed: Definition, place: Sequence[str | int], **outputs: Any) -> ManagedWorkflow:
    """What the state holds of ``deployed``, with the secret at ``place`` of its inputs."""
    inputs: Any = to_inputs(deployed)
    parent = inputs
    for part in place[:-1]:
        parent = parent[part]
    parent[place[-1]] = CIPHER
    return ManagedWorkflow("crm", "urn:…::crm", "3f0c", {}, {**inputs, **outputs})


HEADER = ("steps", "call", "inputs", "headers", "Authorization")


def test_what_was_deployed() -> None:
    """The definition is read from the state, with a secret where the state has one; the version is a whole number."""
    known = managed(definition(call(url="https://crm.example/")), HEADER, version=7.0)
    assert known.definition == definition(call(token=Secret(), url="https://crm.example/"))
    assert known.version == 7
    assert managed(definition(call()), HEADER).version is None


MASKED: dict[str, tuple[Sequence[str | int], list[Definition], list[Definition]]] = {
    "its place, whatever stands there": (
        HEADER,
        [definition(call()), definition(call(token="other one")), definition(call(token=5))],
        [definition(call(token=Secret())) for _ in range(3)],
    ),
    "its value, in another step": (
        HEADER,
        [definition(call()), definition(call("old", token=f"x {TOKEN}", url="y"))],
        [definition(call(token=Secret())), definition(call("old", token=Secret(), url="y"))],
    ),
    "a short value, only at its place": (
        HEADER,
        [definition(call(token="ab", url="abc"))],
        [definition(call(token=Secret(), url="abc"))],
    ),
    "a short value, as a word": (
        HEADER,
        [definition(call(token="4711", url="pin 4711", body=4711))],
        [definition(call(token=Secret(), url=Secret(), body=Secret()))],
    ),
    "its value, as URLs write it": (
        HEADER,
        [definition(call(url=f"https://crm.example/?t={quote(TOKEN)}"))],
        [definition(call(token=Secret(), url=Secret()))],
    ),
    "its value, in a key": (
        HEADER,
        [definition(call(url="y", body={"a": {TOKEN: "x"}, "b": 1}))],
        [definition(call(token=Secret(), url="y", body={"a": Secret(), "b": 1}))],
    ),
    "all inputs": (
        ("steps", "call", "inputs"),
        [definition(call(url="https://crm.example/"))],
        [definition({"id": "call", "stepType": "HttpRequest", "inputs": Secret()})],
    ),
    "inside of a do": (
        ("steps", "if", "do", 0, 0, "inputs", "headers", "Authorization"),
        [definition({"id": "if", "stepType": "If", "do": [[call()]]})],
        [definition({"id": "if", "stepType": "If", "do": [[call(token=Secret())]]})],
    ),
    "the name": (("name",), [definition(call(url="crm1"))], [definition(call(url="crm1"))]),
}


def leaves(each: Definition) -> dict[str, object]:
    found: dict[str, object] = {}

    def note(path: Any, leaf: Any) -> Any:
        found[str(path)] = "SECRET" if isinstance(leaf, Secret) else leaf
        return leaf

    map_places(each, note)
    return found


@pytest.mark.parametrize(("place", "versions", "masked"), MASKED.values(), ids=MASKED)
def test_mask(place: Sequence[str | int], versions: list[Definition], masked: list[Definition]) -> None:
    """A value at the place of a secret in any version is hidden wherever it appears; nothing else is hidden."""
    found = managed(versions[0], place).mask(versions)
    expected = [leaves(each) for each in masked]
    if place == ("name",):
        expected = [{**each, "('name',)": "SECRET"} for each in expected]
    assert [leaves(each) for each in found] == expected


def test_config() -> None:
    """A secret of the config is a part of what the program makes of it, and is found alone; a short one is not looked
    for."""
    deployed = definition(call(token="Bearer t0ken-4711"))
    (found,) = managed(deployed, HEADER).mask([definition(call(url="x/t0ken-4711", body="1"))], ["t0ken-4711", "1"])
    assert leaves(found) == leaves(definition(call(token=Secret(), url=Secret(), body="1")))


def test_without_secrets_nothing_is_hidden() -> None:
    """Versions stay what they are."""
    versions = [definition(call()), definition(call("old"))]
    assert ManagedWorkflow("crm", "urn", "3f0c", {}, to_inputs(versions[0])).mask(versions) == versions


def test_find_project(tmp_path: Path) -> None:
    """The folder with Pulumi.yaml, from anywhere below it."""
    inner = tmp_path / "project" / "deep"
    inner.mkdir(parents=True)
    assert find_project(inner) is None
    (tmp_path / "project" / "Pulumi.yaml").write_text("name: x\n")
    assert find_project(inner) == tmp_path / "project"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (None, "the pulumi command isn't on PATH"),
        ("echo 'error: no stack named x' >&2; exit 255", "no stack named x\nNothing was changed."),
        ("echo '<html>'", "pulumi didn't print JSON"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, message: str) -> None:
    """Any failure of ``pulumi`` is one message; completion gets nothing then."""
    if script is not None:
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "pulumi").chmod(0o755)
    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin" if script else str(tmp_path))
    with pytest.raises(StackError) as raised:
        read_stack("x", tmp_path)
    assert message in str(raised.value)
    assert workflow_names("x", tmp_path) == []


def test_completion_does_not_wait_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backend that takes its time is not waited for."""

    def slow(*_: object, timeout: float, **__: object) -> None:
        raise subprocess.TimeoutExpired("pulumi", timeout)

    (tmp_path / "Pulumi.yaml").write_text("name: x\n")
    monkeypatch.setattr(subprocess, "run", slow)
    monkeypatch.setattr("shutil.which", lambda _: "/bin/pulumi")
    assert workflow_names(None, tmp_path) == []

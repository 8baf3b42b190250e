"""What Pulumi stacks hold, asked of the ``pulumi`` command line, which is not made to change anything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_8x8.errors import StackError

_WORKFLOW = "pulumi-python:dynamic/8x8:Workflow"

#: How the state marks a value that only the stack's passphrase opens (sdk/go/common/resource/plugin/rpc.go).
SECRET_MARK = "4dabf18193072939515e22adb298388d"


@dataclass(frozen=True)
class Managed:
    """A workflow in a stack's state.

    :param name: of its resource, such as ``auto-reply``.
    :param id: the service's id of the definition.
    :param account: what its ``account=`` says: ``id``, ``baseUrl``, ``apiKey`` (a config key); empty for the stack's.
    :param outputs: the definition as it was deployed (``from_inputs`` reads it), ``version``, ``createdAt``,
        ``accountId``, …; a secret is a mapping with the key :data:`SECRET_MARK`.
    """

    name: str
    urn: str
    id: str
    account: Mapping[str, str]
    outputs: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Stack:
    """One stack, as it was deployed last.

    :param config: values by full key (``8x8:accountId``), secrets in plain.
    :param workflows: by the name of their resource, in the order of the state.
    """

    name: str
    config: Mapping[str, Any] = field(repr=False)
    workflows: Mapping[str, Managed]


def read_stack(name: str | None = None, folder: str | Path = ".") -> Stack:
    """A stack's config and the workflows in its state.

    :param name: as ``pulumi stack select`` takes it; the selected one when left out.
    :param folder: in, or below, that of the project.
    :raises StackError: there is no project, no such stack, no ``pulumi``, or the passphrase is not the stack's.
    """
    if name is None:
        name = _pulumi(folder, "stack", "--show-name").strip()
    config = _json(_pulumi(folder, "config", "--json", "--show-secrets", "--stack", name))
    state = _json(_pulumi(folder, "stack", "export", "--stack", name))
    resources = (state.get("deployment") or {}).get("resources") or []
    found = [_managed(each) for each in resources if each.get("type") == _WORKFLOW and not each.get("delete")]
    return Stack(
        name,
        {key: each.get("objectValue", each.get("value")) for key, each in config.items()},
        {each.name: each for each in found},
    )


def find_project(folder: str | Path = ".") -> Path | None:
    """The folder of the Pulumi project that ``folder`` is in; ``None`` outside of any."""
    here = Path(folder).resolve()
    return next((each for each in (here, *here.parents) if any(map(Path.is_file, _project_files(each)))), None)


def _project_files(folder: Path) -> Sequence[Path]:
    return [folder / "Pulumi.yaml", folder / "Pulumi.yml"]


def _managed(resource: Mapping[str, Any]) -> Managed:
    outputs = resource.get("outputs") or {}
    account = outputs.get("account")
    return Managed(
        name=resource["urn"].split("::", 3)[3],
        urn=resource["urn"],
        id=str(resource.get("id", "")),
        account=account if isinstance(account, Mapping) else {},
        outputs=outputs,
    )


def _pulumi(folder: str | Path, *arguments: str) -> str:
    command = shutil.which("pulumi")
    if command is None:
        raise StackError(
            "there is no pulumi on PATH; it is needed to read a stack: https://www.pulumi.com/docs/install/"
        )
    run = subprocess.run(
        [command, "-C", str(folder), *arguments, "--non-interactive", "--color", "never"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
    )
    if run.returncode:
        said = run.stderr.strip() or run.stdout.strip()
        raise StackError(f"pulumi {' '.join(arguments)}: {said.removeprefix('error: ')}\nNothing was changed.")
    return run.stdout


def _json(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text or "{}")
    except ValueError:
        raise StackError(f"pulumi did not print JSON: {text[:120]!r}") from None
    return read if isinstance(read, dict) else {}


def config_reader(stack: Stack | None) -> Callable[[str], object]:
    """What :meth:`Settings.resolve` reads a stack's config with; without a stack nothing is set."""
    return (lambda _key: None) if stack is None else stack.config.get

"""A stack whose state an earlier version wrote, and the service as it was then: written to a folder, and read back.

A fixture is a folder with ``program/``, ``stack.yaml`` (the stack's config), ``state.json`` (``pulumi stack export``)
and ``service.json`` (every version of every definition, in the API's shape; that depends on no emulator's database).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.conftest import Stack
from kit import Account
from pulumi_8x8.emulator import Store

FOLDER = Path(__file__).parent
PROGRAM = FOLDER / "program"
FIXTURES = FOLDER / "fixtures"

#: The accounts of the program: the stack's, and the ``Account``'s.
ACCOUNTS = ("stack-account", "other-account")

#: Replaces the emulator's address, which differs each time.
BASE_URL = "http://emulator.invalid"

#: Where the program stands on the machine that deployed it.
_MACHINE = {"sourcePosition", "sourcePositions", "stackTrace"}


@dataclass(frozen=True)
class Service:
    """An emulator with the accounts of the program."""

    base_url: str

    def account(self, id: str = ACCOUNTS[0]) -> Account:
        return Account(self.base_url, id)

    def versions(self) -> list[dict[str, Any]]:
        """Every version of every definition, the oldest first."""
        return [
            version
            for account in map(self.account, ACCOUNTS)
            for listed in account.definitions()
            for version in reversed(account.call("GET", f"/{listed['definition']['id']}"))
        ]

    def writes(self) -> list[str]:
        """The calls so far that write, such as ``PUT /definitions/{id}``."""
        return [call for id in ACCOUNTS for call in self.account(id).made() if not call.startswith("GET ")]


def fill(database: Path, versions: Iterable[Mapping[str, Any]]) -> None:
    """Puts ``versions``, as :meth:`Service.versions` has them, into an emulator's database, with ids and times."""
    store = Store(database)
    try:
        for each in versions:
            inner = each["definition"]
            added = store.add_version(each["accountId"], inner["id"], each["createdAt"], dict(each))
            assert added.version == inner["version"]
    finally:
        store.close()


def project(folder: Path, program: Path, service: Service, pulumi_home: Path) -> Stack:
    """A copy of ``program`` with a backend of its own, and no stack yet."""
    state = folder / "state"
    state.mkdir()
    shutil.copytree(program, folder / "project")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    environ = {
        **kept,
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "test",
    }
    return Stack(folder / "project", service.account(), environ)


def read_versions(fixture: Path) -> list[dict[str, Any]]:
    """The result of :meth:`Service.versions` when ``fixture`` was made."""
    versions: list[dict[str, Any]] = json.loads((fixture / "service.json").read_text("utf-8"))
    return versions


def imported(fixture: Path, folder: Path, service: Service, pulumi_home: Path) -> Stack:
    """The stack of ``fixture``, with a backend of its own in ``folder``."""
    stack = project(folder, fixture / "program", service, pulumi_home)
    for name, copy in (("stack.yaml", stack.folder / "Pulumi.test.yaml"), ("state.json", folder / "state.json")):
        copy.write_text((fixture / name).read_text("utf-8").replace(BASE_URL, service.base_url), "utf-8")
    stack.run("stack", "init", "test")
    stack.run("stack", "import", "--file", str(folder / "state.json"))
    return stack


def without_machine(state: dict[str, Any]) -> dict[str, Any]:
    """A stack's state without what names places of the machine that wrote it."""
    deployment = state["deployment"]
    resources = [
        {key: value for key, value in resource.items() if key not in _MACHINE} for resource in deployment["resources"]
    ]
    return {**state, "deployment": {**deployment, "resources": resources}}

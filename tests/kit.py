"""What tests of every folder share: where programs are, and one account of a running emulator."""

from __future__ import annotations

import fcntl
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

_T = TypeVar("_T")

BIN = Path(sys.prefix) / "bin"
API_KEY = "emulator-key"
#: A property that a test records to have it in the summary, on whichever core it ran.
PRINTED = "printed"


@contextmanager
def emulator_on(database: Path) -> Iterator[str]:
    """The base URL of an emulator with everything in ``database``, as a process of its own."""
    command = [str(BIN / "pulumi-8x8"), "emulator", "--port", "0", "--database", str(database)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
    finally:
        process.terminate()
        process.wait(timeout=20)


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[], _T]) -> _T:
    """What ``make`` returns, made by the first of the processes that share the tests; the others wait for it.

    :param name: of what is made. It must be picklable.
    """
    folder = folders.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    made = folder / f"{name}.pickle"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            made.write_bytes(pickle.dumps(make()))
        result: _T = pickle.loads(made.read_bytes())
    return result


@dataclass(frozen=True)
class Account:
    """One account of the emulator, as somebody else who has its key sees it."""

    base_url: str
    id: str

    @property
    def url(self) -> str:
        return f"{self.base_url}/api/v1/accounts/{self.id}/definitions"

    def call(self, method: str, path: str = "", **options: Any) -> Any:
        """A call of the API below ``/definitions``; the answer's JSON."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        response = httpx.request(method, f"{self.url}{path}", headers=headers, **options).raise_for_status()
        return response.json() if response.content else None

    def definitions(self) -> list[dict[str, Any]]:
        """The newest version of each definition, as the API lists them."""
        listed: list[dict[str, Any]] = self.call("GET", "?limit=500")
        return listed

    def only(self) -> dict[str, Any]:
        """The only definition that there is."""
        (definition,) = self.definitions()
        return definition

    def edit(self, change: dict[str, Any]) -> None:
        """Somebody else stores a new version of the only definition, with other members in its first step."""
        body = self.only()
        body["definition"]["steps"][0] |= change
        self.call("PUT", f"/{body['definition']['id']}", json=body)

    def fault(self, *rules: dict[str, Any]) -> None:
        """Orders faults for calls of this account: see ``POST /_emulator/faults``."""
        ordered = [{**rule, "path": f"/accounts/{self.id}/.*{rule.get('path', '')}"} for rule in rules]
        httpx.post(f"{self.base_url}/_emulator/faults", json=ordered).raise_for_status()

    @contextmanager
    def calls(self) -> Iterator[list[str]]:
        """The calls made inside the ``with``, such as ``PUT /definitions/{id}``."""
        made: list[str] = []
        before = len(self.made())
        yield made
        made.extend(self.made()[before:])

    def made(self) -> list[str]:
        """All calls of this account so far."""
        calls = httpx.get(f"{self.base_url}/_emulator/calls").json()
        prefix = f"/api/v1/accounts/{self.id}"
        mine = [call for call in calls if call["path"].startswith(prefix)]
        return [f"{call['method']} {_without_ids(call['path'].removeprefix(prefix))}" for call in mine]


def _without_ids(path: str) -> str:
    return "/".join("{id}" if len(part) in (24, 36) else part for part in path.split("/"))

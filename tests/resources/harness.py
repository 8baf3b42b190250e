"""The provider in this process: the emulator without a socket, and the part of the engine that calls a provider.

What the engine does to values is in ``tests/definition/test_encoding.py``, and ``tests/engine`` holds that to the real
one; here the same operations run a thousand times faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from definition.test_encoding import engine
from pulumi_8x8.api import Client, Patience, Settings
from pulumi_8x8.definition import Definition, encode, to_inputs
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.resources import WorkflowProvider
from pulumi_8x8.resources.provider import ABOUT

#: Tries as often as for users, without the waiting.
IMPATIENT = Patience(limit=30.0, first_wait=0.0005, longest_wait=0.002, poll=0.0005)
API_KEY = "emulator-key"


@dataclass
class Service:
    """An emulator in this process, and its account as somebody else sees it."""

    settings: EmulatorSettings = field(default_factory=lambda: EmulatorSettings(delete_delay=0.0))
    account_id: str = "acme"

    def __post_init__(self) -> None:
        self.store = Store(":memory:")
        self.transport = httpx.WSGITransport(app=create_app(self.store, self.settings))
        self.told: list[str] = []
        self._http = httpx.Client(transport=self.transport, base_url="http://127.0.0.1")

    def client(self, account_id: str | None = None, patience: Patience = IMPATIENT) -> Client:
        settings = Settings(account_id or self.account_id, API_KEY, "http://127.0.0.1")
        return Client(settings, self.transport, patience, self.told.append)

    def call(self, method: str, path: str = "", **options: Any) -> Any:
        """A call by somebody else, below ``/definitions``."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        url = f"/api/v1/accounts/{self.account_id}/definitions{path}"
        response = self._http.request(method, url, headers=headers, **options).raise_for_status()
        return response.json() if response.content else None

    def definitions(self) -> dict[str, dict[str, Any]]:
        """The newest version of each definition, by id."""
        return {each["definition"]["id"]: each for each in self.call("GET", "?limit=500")}

    def fault(self, *rules: dict[str, Any]) -> None:
        self._http.post("/_emulator/faults", json=list(rules)).raise_for_status()

    def clear_faults(self) -> None:
        self._http.delete("/_emulator/faults").raise_for_status()

    def calls(self) -> list[str]:
        """The API calls since the last time, such as ``GET /definitions/{id}``, those of :meth:`call` among them."""
        calls = self._http.get("/_emulator/calls").json()
        self._http.delete("/_emulator/calls")
        return [f"{call['method']} {_short(call['path'])}" for call in calls]


def _short(path: str) -> str:
    parts = path.split("/")[5:]
    return "/" + "/".join("{id}" if len(part) in (24, 36) else part for part in parts)


class LocalProvider(WorkflowProvider):
    """The provider, calling a :class:`Service`."""

    def __init__(self, service: Service, config: Mapping[str, object] | None = None) -> None:
        self.service = service
        self.configure_with({"8x8:accountId": "acme", "8x8:apiKey": API_KEY, **(config or {})}.get)

    def client(self, settings: Settings) -> Client:
        return Client(settings, self.service.transport, IMPATIENT, self.service.told.append)


class Refused(Exception):
    """check() found problems."""


class Killed(Exception):
    """The engine or the plugin was killed before the state was written."""


@dataclass(frozen=True)
class Resource:
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass
class Engine:
    """A stack: what `pulumi up`, `refresh` and `destroy` do with a provider, and the state that they keep."""

    service: Service
    state: dict[str, Resource] = field(default_factory=dict)

    def up(self, program: Mapping[str, tuple[Definition, dict[str, Any]]], kill_after: int = -1) -> None:
        """Makes the state what ``program`` says.

        :param program: definition and options by resource name.
        :param kill_after: die after that many writes, before the state has the last of them.
        """
        provider = LocalProvider(self.service)
        names = Counter(definition.name for definition, _ in program.values())
        writes = 0

        def written(name: str, resource: Resource | None) -> None:
            nonlocal writes
            writes += 1
            if writes == kill_after:
                raise Killed
            if resource is None:
                del self.state[name]
            else:
                self.state[name] = resource

        # The real engine checks and compares one resource after the other while it executes what it decided before;
        # here all is decided first.
        steps: list[Callable[[], None]] = []
        for name, (definition, options) in program.items():
            about = {"resource": name, "workflows": len(program), "siblings": names[definition.name]}
            news = engine({**to_inputs(definition), **encode(options), ABOUT: about})
            steps.extend(self._decide(provider, name, news, written))
        for step in steps:
            step()
        for name in [name for name in self.state if name not in program]:
            provider.delete(self.state[name].id, self.state[name].outputs)
            written(name, None)

    def _decide(
        self,
        provider: WorkflowProvider,
        name: str,
        news: dict[str, Any],
        written: Callable[[str, Resource | None], None],
    ) -> Iterator[Callable[[], None]]:
        old = self.state.get(name)
        inputs = self._checked(provider, old.inputs if old else {}, news)

        def create() -> None:
            created = provider.create(inputs)
            written(name, Resource(created.id, inputs, engine(created.outs)))

        def delete(old: Resource) -> None:
            provider.delete(old.id, old.outputs)

        if old is None:
            yield create
            return
        diff = provider.diff(old.id, old.outputs, inputs)
        if diff.replaces:
            inputs = self._checked(provider, {}, news)
            yield from (
                (partial(delete, old), create) if diff.delete_before_replace else (create, partial(delete, old))
            )
        elif diff.changes:
            yield lambda: written(
                name, Resource(old.id, inputs, engine(provider.update(old.id, old.outputs, inputs).outs))
            )
        else:
            self.state[name] = Resource(old.id, inputs, old.outputs)

    def _checked(self, provider: WorkflowProvider, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        result = provider.check(olds, news)
        if result.failures:
            raise Refused("\n".join(failure.reason for failure in result.failures))
        checked: dict[str, Any] = engine(result.inputs)
        return checked

    def refresh(self) -> None:
        provider = LocalProvider(self.service)
        for name, resource in list(self.state.items()):
            read = provider.read(resource.id, resource.outputs)
            if read.id:
                self.state[name] = Resource(read.id, engine(read.inputs), engine(read.outs))
            else:
                del self.state[name]

    def destroy(self) -> None:
        self.up({})


def definition(name: str, text: str = "Hello", **parts: Any) -> Definition:
    """A small workflow; ``parts`` replace its parts."""
    steps = [
        {"id": "say", "stepType": "SMS", "inputs": {"subAccountId": "a", "destination": "+6512345678", "text": text}}
    ]
    given = {"trigger": "inbound_sms", "status": "enabled", "sub_account_id": None, "steps": steps, **parts}
    return Definition.of(name=name, **given)

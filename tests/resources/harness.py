"""The provider in this process: the emulator without a socket, and the part of the engine that calls a provider.

What the engine does to values is in ``tests/definition/test_encoding.py``, and ``tests/engine`` holds that to the real
one; here the same operations run a thousand times faster.
"""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import httpx
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, ResourceProvider, UpdateResult

from definition.test_encoding import engine
from pulumi_8x8.api import Client, Patience, Settings
from pulumi_8x8.definition import Definition, Path, encode, to_inputs
from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.resources import WorkflowProvider
from pulumi_8x8.resources.options import parse_paths
from pulumi_8x8.resources.origins import ManagedDefinitions, Trait, origin_of, pair, traits_of
from pulumi_8x8.resources.properties import ABOUT

#: Tries as often as for users, without the waiting.
IMPATIENT = Patience(limit=30.0, first_wait=0.0005, longest_wait=0.002, poll=0.0005, confirm=0.001)
API_KEY = "emulator-key"


@dataclass
class Service:
    """An emulator in this process, and its account as somebody else sees it."""

    settings: EmulatorSettings = field(default_factory=lambda: EmulatorSettings(delete_delay=0.0))
    account_id: str = "acme"

    def __post_init__(self) -> None:
        self.store = Store(":memory:")
        self.transport = httpx.WSGITransport(app=create_app(self.store, self.settings))
        self.messages: list[str] = []
        self.folder = TemporaryDirectory()  # of the machine that deploys
        self._http = httpx.Client(transport=self.transport, base_url="http://127.0.0.1")

    def client(self, account_id: str | None = None, patience: Patience = IMPATIENT) -> Client:
        settings = Settings(account_id or self.account_id, API_KEY, "http://127.0.0.1")
        return Client(settings, self.transport, patience, self.messages.append)

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
        """The API calls since the last time, such as ``GET /definitions/{id}``, with the calls of :meth:`call`."""
        calls = self._http.get("/_emulator/calls").json()
        self._http.delete("/_emulator/calls")
        return [f"{call['method']} {_short(call['path'])}" for call in calls]


def _short(path: str) -> str:
    parts = path.split("/")[5:]
    return "/" + "/".join("{id}" if len(part) in (24, 36) else part for part in parts)


class LocalProvider(WorkflowProvider):
    """The provider, calling a :class:`Service`.

    :param state: ids by URN, as the engine's command line exports them.
    """

    def __init__(
        self, service: Service, config: Mapping[str, object] | None = None, state: Mapping[str, str] | None = None
    ) -> None:
        self.service = service
        self.configure_with({"8x8:accountId": "acme", "8x8:apiKey": API_KEY, **(config or {})}.get)
        self._state = state or {}

    def client(self, settings: Settings) -> Client:
        return Client(settings, self.service.transport, IMPATIENT, self.service.messages.append, self._clock, self.hide)

    def journal_folder(self) -> pathlib.Path:
        return pathlib.Path(self.service.folder.name)

    def warn(self, message: str) -> None:
        self.service.messages.append(self.hide(message))


class Refused(Exception):
    """check() found problems."""


class Killed(Exception):
    """The engine or the plugin was killed before the state was written."""


def urn_of(name: str, stack: str = "test") -> str:
    """The URN of a workflow; ``component/name`` is one under a component."""
    *above, own = name.split("/")
    types = "$".join([*(f"acme:{each}" for each in above), "pulumi-python:dynamic/8x8:Workflow"])
    return f"urn:pulumi:{stack}::project::{types}::{own}"


@dataclass(frozen=True)
class Resource:
    """One in the state."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    urn: str = ""

    def get(self, key: str) -> Any:
        return opened(self.outputs.get(key))


#: How the engine marks a secret.
SIGNATURE = "4dabf18193072939515e22adb298388d"


def opened(value: Any) -> Any:
    """A property as the plugin gets it from the engine: secrets in plain."""
    if isinstance(value, dict):
        return opened(value["value"]) if SIGNATURE in value else {key: opened(item) for key, item in value.items()}
    return [opened(item) for item in value] if isinstance(value, list) else value


def request(urn: str, **parts: Any) -> SimpleNamespace:
    """A request of the engine to the plugin; the state keeps secrets marked, and a request has them in plain."""
    return SimpleNamespace(urn=urn, **{key: opened(value) for key, value in parts.items()})


class Plugin:
    """What the SDK's plugin does with a request: the provider finds it in the frames of these methods."""

    def __init__(self, provider: ResourceProvider) -> None:
        self.provider = provider

    def Check(self, request: SimpleNamespace) -> CheckResult:
        return self.provider.check(request.olds, request.news)

    def Diff(self, request: SimpleNamespace) -> DiffResult:
        return self.provider.diff(request.id, request.olds, request.news)

    def Create(self, request: SimpleNamespace) -> CreateResult:
        return self.provider.create(request.properties)

    def Read(self, request: SimpleNamespace) -> ReadResult:
        return self.provider.read(request.id, request.properties)

    def Update(self, request: SimpleNamespace) -> UpdateResult:
        return self.provider.update(request.id, request.olds, request.news)

    def Delete(self, request: SimpleNamespace) -> None:
        self.provider.delete(request.id, request.properties)


class Calls:
    """A provider's methods for one resource, each called through :class:`Plugin`.

    :ivar inputs: of the resource in the state; a request names them.
    """

    def __init__(self, provider: ResourceProvider, name: str = "menu", inputs: Mapping[str, Any] | None = None) -> None:
        self._plugin, self.urn = Plugin(provider), urn_of(name)
        self.inputs = dict(inputs or {})

    def check(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> CheckResult:
        return self._plugin.Check(request(self.urn, olds=olds, news=news))

    def diff(self, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> DiffResult:
        return self._plugin.Diff(request(self.urn, id=id, olds=olds, news=news, old_inputs=self.inputs))

    def create(self, properties: Mapping[str, Any]) -> CreateResult:
        return self._plugin.Create(request(self.urn, properties=properties))

    def read(self, id: str, properties: Mapping[str, Any]) -> ReadResult:
        return self._plugin.Read(request(self.urn, id=id, properties=properties, inputs=self.inputs))

    def update(self, id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> UpdateResult:
        return self._plugin.Update(request(self.urn, id=id, olds=olds, news=news, old_inputs=self.inputs))

    def delete(self, id: str, properties: Mapping[str, Any]) -> None:
        self._plugin.Delete(request(self.urn, id=id, properties=properties, old_inputs=self.inputs))


@dataclass
class Engine:
    """A stack: what `pulumi up`, `refresh` and `destroy` do with a provider, and the state that they keep.

    :ivar config: of the stack, besides account and key.
    """

    service: Service
    state: dict[str, Resource] = field(default_factory=dict)
    config: dict[str, object] = field(default_factory=dict)
    name: str = "test"

    def plugin(self) -> Plugin:
        """The plugin of one operation."""
        return Plugin(LocalProvider(self.service, self.config, {each.urn: each.id for each in self.state.values()}))

    def up(
        self,
        program: Mapping[str, tuple[Definition, dict[str, Any]]],
        kill_after: int = -1,
        replace: Collection[str] = (),
    ) -> None:
        """Deploys ``program``, so that the state equals it.

        :param program: definition and options by resource name (``component/name``). Of the options ``ignore_changes``
            is the engine's, ``secrets`` (places) and the like are the program's own notes.
        :param kill_after: die after that many writes, before the state has the last of them.
        :param replace: what the user wants replaced (``--replace``, a taint).
        """
        plugin = self.plugin()
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
        for name, news in self._inputs(program).items():
            ignored = program[name][1].get("ignore_changes", ())
            steps.extend(self._decide(plugin, name, news, ignored, name in replace, written))
        for step in steps:
            step()
        for name in [name for name in self.state if name not in program]:
            self._delete(plugin, self.state[name])
            written(name, None)

    def _inputs(self, program: Mapping[str, tuple[Definition, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
        """What a program sends, with what it knows of itself and of the state."""
        held = ManagedDefinitions(sorted(self.state.values(), key=lambda each: each.urn))
        traits = [
            Trait(urn_of(name, self.name), str(definition.name), replace(definition, status=None).digest())
            for name, (definition, _) in program.items()
        ]
        pairs = pair(traits, traits_of(held))
        inputs = {}
        for trait, (name, (definition, options)) in zip(traits, program.items(), strict=True):
            origin = origin_of(trait, pairs.get(trait.urn), held)
            about = {"resource": trait.name, "workflows": len(program), "origin": origin.as_input()}
            own = {key: value for key, value in options.items() if key not in _ABOUT}
            notes = {key: options[key] for key in _ABOUT if key in options and key != "ignore_changes"}
            inputs[name] = engine({**to_inputs(definition), **encode(own), ABOUT: {**about, **notes}})
        return inputs

    def _decide(
        self,
        plugin: Plugin,
        name: str,
        news: dict[str, Any],
        ignored: Sequence[str],
        replace: bool,
        written: Callable[[str, Resource | None], None],
    ) -> Iterator[Callable[[], None]]:
        old, urn = self.state.get(name), urn_of(name, self.name)
        if old is not None:
            for path in parse_paths(ignored):
                news = _reset(news, old.inputs, path)
        inputs = {} if old and replace else self._checked(plugin, urn, old.inputs if old else {}, news)

        def create() -> None:
            created = plugin.Create(request(urn, properties=inputs))
            written(name, Resource(created.id, inputs, engine(created.outs), urn))

        if old is None:
            yield create
            return
        if replace:  # no Diff; what is old is deleted at the end
            inputs = self._checked(plugin, urn, {}, news)
            yield create
            yield partial(self._delete, plugin, old)
            return
        asked = request(urn, id=old.id, olds=old.outputs, news=inputs, old_inputs=old.inputs, ignoreChanges=ignored)
        diff = plugin.Diff(asked)
        if diff.replaces:
            inputs = self._checked(plugin, urn, {}, news)
            delete = partial(self._delete, plugin, old)
            yield from (delete, create) if diff.delete_before_replace else (create, delete)
        elif diff.changes:
            yield lambda: written(name, Resource(old.id, inputs, engine(plugin.Update(asked).outs), urn))
        else:
            self.state[name] = Resource(old.id, inputs, old.outputs, urn)

    def _checked(self, plugin: Plugin, urn: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        result = plugin.Check(request(urn, olds=olds, news=news))
        if result.failures:
            raise Refused("\n".join(failure.reason for failure in result.failures))
        checked: dict[str, Any] = engine(result.inputs)
        return checked

    def _delete(self, plugin: Plugin, old: Resource) -> None:
        plugin.Delete(request(old.urn, id=old.id, properties=old.outputs, old_inputs=old.inputs))

    def refresh(self) -> None:
        plugin = self.plugin()
        for name, old in list(self.state.items()):
            read = plugin.Read(request(old.urn, id=old.id, properties=old.outputs, inputs=old.inputs))
            if read.id:
                inputs = old.inputs if read.inputs is None else engine(read.inputs)
                self.state[name] = Resource(read.id, inputs, engine(read.outs), old.urn)
            else:
                del self.state[name]

    def destroy(self) -> None:
        self.up({})


def _reset(new: Any, old: Any, path: Path) -> Any:
    """What the engine does to the inputs at an ignored place before it checks them: they are the old ones."""
    if not path or not isinstance(new, dict) or not isinstance(old, dict):
        return old
    keys = [*new, *(key for key in old if key not in new)] if path[0] == "*" else [path[0]]
    changed = {key: _reset(new.get(key), old.get(key), path[1:]) for key in keys}
    return {key: value for key, value in {**new, **changed}.items() if value is not None}


#: Options of a resource in :meth:`Engine.up` that aren't inputs.
_ABOUT = ("ignore_changes", "ignored", "replaceOn", "secrets", "pinGate")


def definition(name: str, text: str = "Hello", **parts: Any) -> Definition:
    """A small workflow; ``parts`` replace its parts."""
    steps = [
        {"id": "say", "stepType": "SMS", "inputs": {"subAccountId": "a", "destination": "+6512345678", "text": text}}
    ]
    given = {"trigger": "inbound_sms", "status": "enabled", "sub_account_id": None, "steps": steps, **parts}
    return Definition.of(name=name, **given)

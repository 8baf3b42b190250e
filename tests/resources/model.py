"""A model of the engine for dynamic resources: which calls it makes for a program and a state, and what it keeps.

It follows docs/dynamic-provider.md, and ``tests/engine/test_model_engine.py`` holds it to the real engine. Names of
rows are of that document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import httpx

from definition.test_encoding import engine
from kit import API_KEY
from pulumi_8x8.api import Client, Journal, Patience, Settings, Timer
from pulumi_8x8.api import client as client_module
from pulumi_8x8.api import retries as retries_module
from pulumi_8x8.api import snapshot as snapshot_module
from pulumi_8x8.definition import Definition, encode, to_inputs
from pulumi_8x8.resources import WorkflowProvider, operation
from pulumi_8x8.resources.options import parse_path
from pulumi_8x8.resources.origins import ManagedDefinitions, Trait, origin_of, pair, traits_of
from pulumi_8x8.resources.properties import ABOUT
from standin import StandIn

from .harness import SIGNATURE, Plugin, Refused, opened

WORKFLOW = "pulumi-python:dynamic/8x8:Workflow"
#: The type of a class that is derived from Workflow without its own module and name.
SUBCLASS = "pulumi-python:dynamic:Resource"
_PATIENCE = Patience(limit=30.0, first_wait=0.0, longest_wait=0.0, poll=0.5, confirm=2.0)


class Killed(BaseException):
    """The engine and the plugin were killed."""


class EngineError(Exception):
    """The engine refuses, without asking the provider."""


class Time(Timer):
    """Time that passes only when somebody waits; ``on_wait`` is what happens meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.on_wait: Callable[[], object] = lambda: None

    def wait(self, seconds: float) -> None:
        self.now += max(0.001, seconds)
        self.on_wait()

    def monotonic(self) -> float:
        return self.now

    @contextmanager
    def instead(self) -> Iterator[None]:
        """Inside the ``with`` nothing in the provider looks at a real clock."""
        modules = (client_module, retries_module, snapshot_module)
        replaced = [patch.object(module, "time", self) for module in modules]
        for each in replaced:
            each.start()
        try:
            yield
        finally:
            for each in replaced:
                each.stop()


@dataclass(frozen=True)
class Kill:
    """When an operation is killed: at its ``nth`` write.

    :param when: the request was not ``sent``, its answer did not ``arrive``, or the state was not ``saved``.
    """

    nth: int
    when: str


@dataclass(frozen=True)
class Declared:
    """A workflow in a program.

    :param above: types of the components that it is in, from the outermost.
    :param options: this package's options, as inputs: ``onDelete`` and so on.
    :param aliases: places (:attr:`place`) that it had.
    """

    name: str
    definition: Definition
    options: Mapping[str, Any] = field(default_factory=dict)
    above: tuple[str, ...] = ()
    kind: str = WORKFLOW
    aliases: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    secrets: tuple[tuple[str | int, ...], ...] = ()
    protect: bool = False
    retain: bool = False

    @property
    def place(self) -> str:
        """Its URN, from the types on: the same in every stack."""
        return f"{'$'.join((*self.above, self.kind))}::{self.name}"


@dataclass(frozen=True)
class Kept:
    """A resource in the state; secrets are marked as in a real one."""

    urn: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    ignore: tuple[str, ...] = ()
    protect: bool = False
    retain: bool = False

    def get(self, key: str) -> Any:
        return opened(self.outputs).get(key)


class LocalProvider(WorkflowProvider):
    """The provider in this process; what it shows goes to ``shown``."""

    def __init__(self, stack: Stack, transport: httpx.BaseTransport) -> None:
        self.stack, self.transport = stack, transport
        self.configure_with({"8x8:accountId": stack.account, "8x8:apiKey": API_KEY, **stack.config}.get)

    def client(self, settings: Settings) -> Client:
        here = replace(settings, base_url="http://127.0.0.1")
        return Client(here, self.transport, _PATIENCE, self.warn, self.stack.time)

    def journal_folder(self) -> Path:
        return Path(self.stack.folder.name)

    def warn(self, message: str) -> None:
        self.stack.shown.append(self.hide(message) if hasattr(self._current, "secrets") else message)


@dataclass
class _Writes(httpx.BaseTransport):
    """Counts writes, and kills the operation at one of them."""

    inner: httpx.BaseTransport
    kill: Kill | None
    count: int = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self.inner.handle_request(request)
        self.count += 1
        now = self.kill is not None and self.kill.nth == self.count
        if now and self.kill and self.kill.when == "sent":
            raise Killed
        response = self.inner.handle_request(request)
        if now and self.kill and self.kill.when == "arrive":
            raise Killed
        return response

    def is_lost(self) -> bool:
        """Whether what was written must not be saved."""
        return self.kill is not None and self.kill.when == "saved" and self.kill.nth <= self.count


@dataclass
class Stack:
    """A stack: its state, and what ``pulumi up``, ``refresh``, ``destroy`` and ``state delete`` do.

    :ivar state: by URN, in the order of creation.
    :ivar pending: replaced ones whose deletion did not succeed yet.
    :ivar shown: messages of the plugin, errors among them.
    :ivar folder: the machine's, where creations are noted; several stacks may share it.
    """

    stand_in: StandIn
    name: str = "test"
    account: str = "acme"
    config: dict[str, object] = field(default_factory=dict)
    time: Time = field(default_factory=Time)
    folder: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)
    state: dict[str, Kept] = field(default_factory=dict)
    pending: list[Kept] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def urn(self, place: str) -> str:
        return f"urn:pulumi:{self.name}::project::{place}"

    # --- Operations

    def up(
        self,
        program: Sequence[Declared],
        *,
        targets: Sequence[str] | None = None,
        replaced: Sequence[str] = (),
        refresh: bool = False,
        goes_on: bool = False,
        at_once: bool = False,
        kill: Kill | None = None,
    ) -> None:
        """``pulumi up``.

        :param targets: places; ``None``: all.
        :param replaced: places that ``--replace`` names, or that are tainted.
        :param goes_on: ``--continue-on-error``.
        :param at_once: a step is executed when it is decided on; otherwise all are decided on first. The real engine
            does the one or the other as it happens.
        """
        with self._operation(kill) as plugin:
            declared = self._news(program)  # from the state before a refresh
            aimed = None if targets is None else {self.urn(place) for place in targets}
            if refresh:
                self._refresh(plugin, aimed)
            olds = dict(self.state)
            registered: set[str] = set()
            steps: list[Callable[[], None]] = []
            failed: list[Exception] = []
            again = {self.urn(place) for place in replaced}
            if not again <= olds.keys():
                raise EngineError("a target that the state has not")

            def execute(step: Callable[[], None]) -> None:
                try:
                    step()
                except Exception as error:
                    if not goes_on:
                        raise
                    failed.append(error)

            for each, news in zip(program, declared, strict=True):
                urn = self.urn(each.place)
                known = [urn, *map(self.urn, each.aliases)]
                found = next((old for old in known if old in olds and old not in registered), None)
                registered |= {urn} | ({found} if found else set())
                if aimed is not None and not aimed & {urn, found}:
                    continue
                old = olds.get(found) if found else None
                for step in self._decide(plugin, each, news, old, urn in again):
                    if at_once:
                        execute(step)
                    else:
                        steps.append(step)
            for step in steps:
                execute(step)
            gone = [old for urn, old in olds.items() if urn not in registered and (aimed is None or urn in aimed)]
            if any(old.protect for old in gone):
                raise EngineError("protected")
            replacements = [old for old in self.pending if aimed is None or old.urn in aimed]
            for old in reversed([*gone, *replacements]):
                execute(lambda old=old: self._delete(plugin, old))  # type: ignore[misc]
            if failed:
                raise failed[0]

    def refresh(self, targets: Sequence[str] | None = None) -> None:
        """``pulumi refresh``."""
        with self._operation(None) as plugin:
            self._refresh(plugin, None if targets is None else {self.urn(place) for place in targets})

    def destroy(self, kill: Kill | None = None) -> None:
        """``pulumi destroy``: no program runs."""
        if any(old.protect for old in self.state.values()):
            raise EngineError("protected")
        with self._operation(kill) as plugin:
            for old in reversed([*self.state.values(), *self.pending]):
                self._delete(plugin, old)

    def forget(self, urn: str) -> None:
        """``pulumi state delete``."""
        del self.state[urn]

    # --- What they consist of

    @contextmanager
    def _operation(self, kill: Kill | None) -> Iterator[Plugin]:
        self._writes = _Writes(self.stand_in.transport, kill)
        plugin = Plugin(LocalProvider(self, self._writes))
        with self.time.instead(), patch.object(operation, "resources_in_state", self._ids):
            try:
                yield plugin
            except Exception as error:
                self.shown.append(str(error))
                raise

    def _ids(self, _urn: str) -> dict[str, str]:
        return {urn: each.id for urn, each in self.state.items()}

    def _news(self, program: Sequence[Declared]) -> list[dict[str, Any]]:
        """What the program sends: what it knows of itself and of the state (resources/program.py)."""
        held = ManagedDefinitions(sorted(self.state.values(), key=lambda each: each.urn))
        journal = Journal.of(Settings(self.account, API_KEY), Path(self.folder.name))
        traits = [
            Trait(
                self.urn(each.place),
                str(each.definition.name),
                "" if each.secrets else replace(each.definition, status=None).digest(),
                tuple(map(self.urn, each.aliases)),
                each.options.get("adopt", ""),
                journal.find(self.urn(each.place)) is not None,
            )
            for each in program
        ]
        pairs = pair(traits, traits_of(held))
        sent = []
        for trait, each in zip(traits, program, strict=True):
            about: dict[str, Any] = {
                "resource": each.name,
                "lint": '{"errors": 0}',
                "workflows": len(program),
                "origin": origin_of(trait, pairs.get(trait.urn), held).as_input(),
            }
            if each.ignore:
                about["ignored"] = list(each.ignore)
            if each.secrets:
                about["secrets"] = [list(place) for place in each.secrets]
            sent.append(engine({**to_inputs(each.definition), **encode(dict(each.options)), ABOUT: about}))
        return sent

    def _decide(
        self,
        plugin: Plugin,
        each: Declared,
        news: dict[str, Any],
        old: Kept | None,
        again: bool,
    ) -> Iterator[Callable[[], None]]:
        urn = self.urn(each.place)
        options = {"ignore": each.ignore, "protect": each.protect, "retain": each.retain}

        def create(inputs: dict[str, Any]) -> Callable[[], None]:
            def step() -> None:
                created = plugin.Create(SimpleNamespace(urn=urn, properties=opened(inputs)))
                outputs = _marked(engine(created.outs), inputs)
                new = Kept(urn, created.id, inputs, outputs, **options)  # type: ignore[arg-type]
                self._save(new, old, is_replaced=old is not None)

            return step

        if old is None:
            yield create(self._checked(plugin, urn, {}, news))
            return
        before = opened(old.inputs)
        for path in each.ignore:
            if parsed := parse_path(path):
                reset(news, before, parsed)
        if again:  # row 3: one check, no diff
            if old.protect:
                raise EngineError("protected")
            yield create(self._checked(plugin, urn, {}, news))
            return
        inputs = self._checked(plugin, urn, before, news)
        request = SimpleNamespace(
            urn=urn,
            id=old.id,
            olds=opened(old.outputs),
            news=opened(inputs),
            old_inputs=before,
            ignoreChanges=list(each.ignore),
        )
        diff = plugin.Diff(request)
        if diff.replaces:
            inputs = self._checked(plugin, urn, {}, news)
            if old.protect:
                raise EngineError("protected")
            if diff.delete_before_replace:
                yield lambda: self._delete(plugin, old)
            yield create(inputs)
        elif diff.changes:

            def update() -> None:
                outputs = _marked(engine(plugin.Update(request).outs), inputs)
                self._save(Kept(urn, old.id, inputs, outputs, **options), old)  # type: ignore[arg-type]

            yield update
        else:
            yield lambda: self._save(Kept(urn, old.id, inputs, old.outputs, **options), old)  # type: ignore[arg-type]

    def _checked(self, plugin: Plugin, urn: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        result = plugin.Check(SimpleNamespace(urn=urn, olds=deepcopy(olds), news=deepcopy(news)))
        if result.failures:
            raise Refused("\n".join(failure.reason for failure in result.failures))
        checked: dict[str, Any] = engine(result.inputs)
        return checked

    def _save(self, new: Kept, old: Kept | None, *, is_replaced: bool = False) -> None:
        if self._writes.is_lost():
            raise Killed
        if old is not None and old.urn != new.urn:  # an alias
            self.state = {new.urn if urn == old.urn else urn: each for urn, each in self.state.items()}
        if old is not None and is_replaced and self.state.get(new.urn) is old:
            self.pending.append(old)  # whatever id the new one has
        self.state[new.urn] = new

    def _delete(self, plugin: Plugin, old: Kept) -> None:
        if not old.retain:
            plugin.Delete(
                SimpleNamespace(urn=old.urn, id=old.id, properties=opened(old.outputs), old_inputs=opened(old.inputs))
            )
        if self._writes.is_lost():
            raise Killed
        if old in self.pending:
            self.pending.remove(old)
        elif self.state.get(old.urn) is old:
            del self.state[old.urn]

    def _refresh(self, plugin: Plugin, aimed: set[str] | None) -> None:
        for urn, old in list(self.state.items()):
            if aimed is not None and urn not in aimed:
                continue
            before = opened(old.inputs)
            request = SimpleNamespace(urn=urn, id=old.id, properties=opened(old.outputs), inputs=before)
            read = plugin.Read(request)
            if not read.id:
                del self.state[urn]
                continue
            inputs = old.inputs if read.inputs is None else _marked(engine(read.inputs), old.inputs)
            outputs = _marked(engine(read.outs), old.outputs)
            self.state[urn] = replace(old, id=read.id, inputs=inputs, outputs=outputs)
            plugin.Diff(  # the other way round, to show what was found
                SimpleNamespace(
                    urn=urn,
                    id=read.id,
                    olds=opened(outputs),
                    old_inputs=opened(inputs),
                    news=before,
                    ignoreChanges=list(old.ignore),
                )
            )


def reset(news: Any, olds: Any, path: Sequence[str | int]) -> None:
    """Row 6: what the engine does to the program's inputs at an ignored path, before it has them checked."""
    head, rest = path[0], path[1:]
    if isinstance(news, dict) and isinstance(olds, dict):
        keys: list[Any] = list({**news, **olds}) if head == "*" else [head]
    elif isinstance(news, list) and isinstance(olds, list):
        both = range(min(len(news), len(olds)))
        keys = list(both) if head == "*" else [head] if head in both else []
    else:
        return
    for key in keys:
        here, there = key in olds if isinstance(olds, dict) else True, key in news if isinstance(news, dict) else True
        if rest and here and there:
            reset(news[key], olds[key], rest)
        elif not rest and here:
            news[key] = olds[key]
        elif not rest and there:
            del news[key]


def _marked(value: Any, like: Any) -> Any:
    """``value`` with the secrets' marks that ``like`` has at the same places."""
    if isinstance(like, dict) and SIGNATURE in like:
        return value if isinstance(value, dict) and SIGNATURE in value else {**like, "value": value}
    if isinstance(value, dict) and isinstance(like, dict) and SIGNATURE not in value:
        return {key: _marked(item, like.get(key)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(like, list):
        return [_marked(item, like[at] if at < len(like) else None) for at, item in enumerate(value)]
    return value

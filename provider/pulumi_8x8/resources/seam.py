"""Everything that this package uses of Pulumi's SDK besides its public interface.

docs/dynamic-provider.md has the measurements with their versions; ``tests/engine/test_dynamic_facts.py`` checks each
with the SDK and the engine in use.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from threading import Thread
from types import FrameType
from typing import Any

import grpc  # type: ignore[import-untyped]  # its stubs are another package
import pulumi
from google.protobuf.struct_pb2 import Struct  # type: ignore[import-untyped]  # likewise
from pulumi.runtime import config, rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.definition.values import SIGNATURE
from pulumi_8x8.errors import Pulumi8x8Error

#: Calls that the plugin serves in parallel. With the SDK's four, the call to cancel would queue behind four that wait.
_WORKERS = 64

_METHODS = ("Check", "Diff", "Create", "Read", "Update", "Delete")

#: How the engine marks a value as a secret (sdk/go/common/resource/plugin/rpc.go).
_SECRET = "1b47061264138c4ac30d75fd1eb44270"


class SdkError(Pulumi8x8Error):
    """The SDK in use calls a provider in a way that this package doesn't support."""


# In the plugin's process


@dataclass(frozen=True)
class EngineCall:
    """The parts of the engine's request that the SDK doesn't pass on.

    :param ignored: the option ``ignore_changes``, as property paths; only diff and update requests have it.
    :param timeout: seconds, of the option ``custom_timeouts``, which the engine doesn't enforce; 0: none.
    :param sent: the inputs in the state, as the engine sends them.
    :param same: the inputs of the program, if they are the same: to read them again takes time.
    """

    urn: str
    ignored: tuple[str, ...] = ()
    timeout: float = 0.0
    sent: Any = field(default=None, repr=False)
    same: Mapping[str, Any] | None = field(default=None, repr=False)

    @cached_property
    def old_inputs(self) -> Mapping[str, Any]:
        """The inputs in the state; empty for a creation."""
        if self.same is not None:
            return self.same
        if not self.sent or isinstance(self.sent, dict):
            return self.sent or {}
        return _Properties(self.sent)

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]


class _Properties(Mapping[str, Any]):
    """The properties of a request; converts each when somebody needs it, since many calls need only the record."""

    def __init__(self, sent: Any) -> None:
        self._sent = sent
        self._known: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._known:
            if key not in self._sent.fields:  # to ask a Struct for a member that it lacks would add one
                raise KeyError(key)
            self._known[key] = rpc.deserialize_property(self._sent[key], True)
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sent.fields)

    def __len__(self) -> int:
        return len(self._sent.fields)


def current_call() -> EngineCall:
    """Returns the engine's call that this thread serves.

    :raises SdkError: there is no request.
    """
    for frame in _callers():
        request: Any = frame.f_locals.get("request") if frame.f_code.co_name in _METHODS else None
        if hasattr(request, "urn"):
            old = getattr(request, "old_inputs", None) or getattr(request, "inputs", None)
            same = frame.f_locals.get("news") if old is not None and old == getattr(request, "news", None) else None
            timeout = getattr(request, "timeout", 0.0)
            return EngineCall(request.urn, tuple(getattr(request, "ignoreChanges", ())), timeout, old, same)
    raise SdkError(
        f"Pulumi's SDK {version('pulumi')} calls providers in a way that pulumi-8x8 doesn't support, so pulumi-8x8 "
        "can't find out which resource a call is for. Nothing was changed. Install a version of pulumi that the "
        "requirements of pulumi-8x8 allow."
    )


def secret(value: Any) -> dict[str, Any]:
    """Marks ``value`` in an answer to the engine, which encrypts it in the state and masks it on the screen."""
    return {SIGNATURE: _SECRET, "value": value}


def is_secret(value: Mapping[str, Any]) -> bool:
    """Whether :func:`secret` made ``value``."""
    return value.get(SIGNATURE) == _SECRET


class Plugin:
    """This process, when it is the engine's plugin for dynamic providers.

    :param shown: exceptions that show as one message, instead of the SDK's traceback.
    :param cancelled: called when the user interrupts the operation, and at its end.
    """

    def __init__(self, shown: type[Exception], cancelled: Callable[[], None]) -> None:
        main = sys.modules["__main__"]
        self._engine: engine_pb2_grpc.EngineStub | None = None
        if not hasattr(main, "DynamicResourceProviderServicer"):
            return  # a test, or another program that calls a provider
        address = sys.argv[1] if len(sys.argv) > 1 else ""
        if re.fullmatch(r"[^\s/]+:\d+", address):
            self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))
        traceback, empty_pb2 = main.traceback, main.empty_pb2

        def format_exc(*arguments: Any, **options: Any) -> str:
            error = sys.exc_info()[1]
            return str(error if isinstance(error, shown) else traceback.format_exc(*arguments, **options))

        def empty() -> Any:
            caller = own = sys._getframe()
            while caller.f_code is own.f_code and caller.f_back:  # each provider of this process adds a function
                caller = caller.f_back
            if caller.f_code.co_name == "Cancel":
                cancelled()
            return empty_pb2.Empty()

        # The servicer's methods are bound when the process starts, but they look up these globals when they run.
        main.traceback = _Module(traceback, format_exc=format_exc)  # type: ignore[attr-defined]
        main.empty_pb2 = _Module(empty_pb2, Empty=empty)  # type: ignore[attr-defined]
        _serve_more()

    def warn(self, urn: str, message: str) -> None:
        """Shows a warning beside a resource; ``message`` must name it, since not every display does."""
        self._show(engine_pb2.WARNING, urn, message)

    def inform(self, message: str) -> None:
        """Shows a message beside the stack."""
        self._show(engine_pb2.INFO, "", message)

    def _show(self, severity: Any, urn: str, message: str) -> None:
        if self._engine is None:
            print(message, file=sys.stderr, flush=True)
            return
        with suppress(grpc.RpcError):  # the message is lost with the engine
            self._engine.Log(engine_pb2.LogRequest(severity=severity, message=message, urn=urn))

    def is_wanted(self) -> bool:
        """Whether the engine still runs: if it is killed, this process continues, and its results are lost."""
        if self._engine is None:
            return True
        try:
            self._engine.GetRootResource(engine_pb2.GetRootResourceRequest(), timeout=30.0)
        except grpc.RpcError as error:
            return bool(error.code() != grpc.StatusCode.UNAVAILABLE)
        return True


class _Module:
    """A module of the SDK with some functions replaced."""

    def __init__(self, module: Any, **functions: Callable[..., Any]) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _serve_more() -> None:
    for frame in _callers():
        reference = frame.f_locals.get("executor_reference")
        executor: Any = reference() if callable(reference) else None
        if hasattr(executor, "_max_workers"):
            executor._max_workers = max(_WORKERS, executor._max_workers)
            # Calls sent before this have no thread yet. Each new call starts one thread, which takes the oldest of
            # them, so the call to cancel would wait behind them.
            for _ in range(executor._work_queue.qsize()):
                executor._adjust_thread_count()
            return


# In the program's process


@dataclass(frozen=True)
class Held:
    """A resource in the stack's own state, as the last operation left it.

    :param type: such as ``pulumi-python:dynamic/8x8:Workflow``.
    """

    urn: str
    type: str
    outputs: Struct = field(repr=False)

    def get(self, key: str) -> Any:
        """Returns an output in plain text; ``None`` if there is none."""
        if key not in self.outputs.fields:
            return None
        return _open(rpc.deserialize_property(self.outputs[key]))


def _open(value: Any) -> Any:
    value = rpc.unwrap_rpc_secret(value) if rpc.is_rpc_secret(value) else value
    if isinstance(value, dict):
        return {key: _open(item) for key, item in value.items()}
    return [_open(item) for item in value] if isinstance(value, list) else value


class OwnState:
    """The dynamic resources in the state of the program's own stack; the engine answers while the program continues."""

    def __init__(self) -> None:
        self._held: tuple[Held, ...] = ()
        stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
        self._thread = Thread(target=self._ask, args=(get_monitor(), stack), daemon=True)
        self._thread.start()

    def held(self) -> tuple[Held, ...]:
        """Returns them by URN; none if the engine has no answer."""
        self._thread.join()
        return self._held

    def _ask(self, monitor: Any, stack: str) -> None:
        arguments = Struct()
        arguments.update({"stackName": stack})
        request = resource_pb2.ResourceInvokeRequest(
            tok="pulumi:pulumi:readStackResourceOutputs", args=arguments, acceptResources=True
        )
        with suppress(grpc.RpcError, AttributeError, KeyError, TypeError):
            answer = getattr(monitor.Invoke(request), "return")
            listed = answer.fields["outputs"].struct_value.fields
            self._held = tuple(
                Held(urn, kind, each.struct_value.fields["outputs"].struct_value)
                for urn, each in sorted(listed.items())
                # A user's subclass has another type after this prefix.
                if (kind := each.struct_value.fields["type"].string_value).startswith("pulumi-python:dynamic")
            )


class Places:
    """Where resources are, without waiting for the engine.

    :param resources: each with the options that it was declared with.
    """

    def __init__(self, resources: Mapping[pulumi.Resource, pulumi.ResourceOptions | None]) -> None:
        self._opts = resources
        self._parents = {resource: opts.parent if opts else None for resource, opts in resources.items()}
        if any(parent is not None and parent not in resources for parent in self._parents.values()):
            # A resource doesn't know its parent, but a parent its children. Once per program, some 50 ms.
            for each in gc.get_objects():
                if issubclass(type(each), pulumi.Resource):
                    self._parents.update(dict.fromkeys(getattr(each, "_childResources", ()), each))
        self._head = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"

    def urn(self, resource: pulumi.Resource) -> str:
        """Returns the URN that a resource gets."""
        above = self._above(self._parents.get(resource))
        return f"{above}{resource.pulumi_resource_type}::{resource.pulumi_resource_name}"

    def _above(self, parent: pulumi.Resource | None) -> str:
        """Returns what is before the type in the URN of a child."""
        if parent is None or parent.pulumi_resource_type == "pulumi:pulumi:Stack":
            return self._head
        return f"{self.urn(parent).rpartition('::')[0]}$"

    def aliases(self, resource: pulumi.Resource) -> tuple[str, ...]:
        """Returns the old URNs at which the engine looks for a resource; ``""`` for one that isn't known yet.

        They come from the resource's own aliases, and from the aliases of the components that it is in, as in the SDK's
        ``all_aliases``.
        """
        opts, parent = self._opts.get(resource), self._parents.get(resource)
        own = [self._alias(resource, each) for each in (opts and opts.aliases) or ()]
        if parent is None:
            return tuple(own)
        name, kind = resource.pulumi_resource_name, resource.pulumi_resource_type
        here = [(name, kind), *(_name_and_type(each) for each in own if each)]
        above = self._aliases_of_component(parent)
        return (*own, *(_inherited(old, parent.pulumi_resource_name, *each) for old in above for each in here))

    def _alias(self, resource: pulumi.Resource, alias: object) -> str:
        if not isinstance(alias, pulumi.Alias):
            return alias if isinstance(alias, str) else ""
        parts: tuple[tuple[Any, Any], ...] = (
            (alias.name, resource.pulumi_resource_name),
            (alias.type_, resource.pulumi_resource_type),
            (alias.parent, self._parents.get(resource)),
        )
        name, kind, parent = (default if given is ... else given for given, default in parts)
        elsewhere: tuple[Any, ...] = (alias.stack, alias.project)
        if any(each is not ... and each is not None for each in elsewhere):
            return ""
        if isinstance(parent, str):
            above = f"{parent.rpartition('::')[0]}$"
        elif parent is None or isinstance(parent, pulumi.Resource):
            above = self._above(parent)
        else:
            return ""
        return f"{above}{kind}::{name}" if isinstance(name, str) and isinstance(kind, str) else ""

    def _aliases_of_component(self, component: pulumi.Resource) -> list[str]:
        # The options of a component aren't known. Its aliases are Outputs; to wait for them could be forever, since one
        # may name a resource that waits for this one.
        parent = self._parents.get(component)
        own = [_if_known(each) for each in getattr(component, "_aliases", ())]
        if parent is None or parent.pulumi_resource_type == "pulumi:pulumi:Stack":
            return own
        name, kind = component.pulumi_resource_name, component.pulumi_resource_type
        above = self._aliases_of_component(parent)
        return [*own, *(_inherited(old, parent.pulumi_resource_name, name, kind) for old in above)]


def _name_and_type(urn: str) -> tuple[str, str]:
    """Reads a URN; a user may have written anything else."""
    above, _, name = urn.rpartition("::")
    return name, above.rpartition("::")[2].rpartition("$")[2]


def _inherited(old: str, parent: str, name: str, kind: str) -> str:
    """Returns the URN of a child under an old URN of its parent; a name that begins with the parent's changes too."""
    if not old:
        return ""
    above, _, old_parent = old.rpartition("::")
    if name.startswith(parent):
        name = old_parent + name.removeprefix(parent)
    return f"{above}${kind}::{name}"


def _if_known(value: object) -> str:
    """Returns the text of an Output that is known already, or ``""``."""
    if not isinstance(value, pulumi.Output):
        return value if isinstance(value, str) else ""
    future = value._future
    if not (isinstance(future, asyncio.Future) and future.done()) or future.cancelled() or future.exception():
        return ""
    return found if isinstance(found := future.result(), str) else ""


def is_config_secret(key: str) -> bool:
    """Whether the stack's config has ``key`` as a secret."""
    return bool(config.is_config_secret(key))


def config_keys() -> list[str]:
    """Returns the keys of the stack's config, such as ``8x8:apiKey``. A key of the project itself has no namespace."""
    return _without_project(config.CONFIG.get(), pulumi.get_project())


def keys_of(given: pulumi.dynamic.Config) -> list[str]:
    """:func:`config_keys`, in the plugin: of the config that a provider gets."""
    return _without_project(given._props, given._project_name)


def _without_project(keys: Iterable[str], project: str) -> list[str]:
    return [key.removeprefix(f"{project}:") for key in keys]


def secret_config_keys() -> list[str]:
    """Returns the keys of the stack's config whose values are secrets, such as ``8x8:apiKey``."""
    return sorted(config._SECRET_KEYS.get())

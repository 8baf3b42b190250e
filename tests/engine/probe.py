"""A dynamic provider that records the engine's requests, and that follows instructions of its resources.

The engine's plugin imports it, so it needs nothing but the SDK. Each call appends a line to the file ``PROBE_LOG``.
A resource has its instructions in the input ``__do`` (the engine hides it):

- ``diff``: the arguments of ``DiffResult``; ``unsure``: ``diff`` answers that it doesn't know.
- ``secret``: the paths that ``check`` and ``read`` mark.
- ``read``: members that ``read`` answers, as outputs and as inputs.
- ``say``: a warning that ``check`` sends to the engine.
- ``wait``: ``create`` waits for a cancellation.
- ``fail``: ``delete`` raises :class:`Plain` (``"plain"``) or another error (``"other"``).
"""

from __future__ import annotations

import asyncio
import copy
import json
import os
import sys
import threading
import uuid
import weakref
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import grpc
import pulumi
from google.protobuf import struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.dynamic import (
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2
from pulumi.runtime.settings import get_monitor

SIGNATURE, SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"

#: What the resource ``ignoring`` ignores.
IGNORED = ["title", "steps.pause.duration", 'steps["a b"]', "steps.*.note", "steps.added", "steps.nothing"]

_SERVED = ("Check", "Diff", "Create", "Read", "Update", "Delete")

_lock = threading.Lock()
_cancelled = threading.Event()


class Plain(Exception):
    """An error that the user sees as its text alone."""


class Provider(ResourceProvider):
    """Its dotted path is in the state, as any provider's."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        # The servicer's methods look these names up in their module whenever they are called.
        servicer = sys.modules["__main__"]
        servicer.empty_pb2 = _Empty(servicer.empty_pb2)  # type: ignore[attr-defined]
        servicer.traceback = _Traceback(servicer.traceback)  # type: ignore[attr-defined]

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        record("check")
        if text := _do(news).get("say"):
            send_message(text, _request().urn)
        return CheckResult(_marked(news, _do(news).get("secret", ())), [])

    def diff(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        record("diff")
        if _do(news).get("unsure"):
            return DiffResult(changes=None)
        changes = any(olds.get(key) != value for key, value in news.items() if not key.startswith("__"))
        return DiffResult(**{"changes": changes, **_do(news).get("diff", {})})

    def create(self, props: dict[str, Any]) -> CreateResult:
        record("create")
        if _do(props).get("wait"):
            record("create ends", cancelled=_cancelled.wait(60))
        return CreateResult(uuid.uuid4().hex, props)

    def read(self, id: str, props: dict[str, Any]) -> ReadResult:
        record("read")
        found, secret = {**props, **_do(props).get("read", {})}, _do(props).get("secret", ())
        return ReadResult(id, _marked(found, secret), _marked(found, secret))

    def update(self, id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        record("update")
        return UpdateResult(news)

    def delete(self, id: str, props: dict[str, Any]) -> None:
        record("delete")
        if how := _do(props).get("fail"):
            raise Plain("it stays") if how == "plain" else ValueError("a defect")


class Probe(Resource, module="8x8", name="Probe"):
    """A resource with the properties that it is given."""

    title: pulumi.Output[str]
    steps: pulumi.Output[dict[str, Any]]

    def __init__(self, name: str, props: dict[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        # An output has its property in the class and in the inputs, or the SDK does not resolve it.
        super().__init__(Provider(), name, {"title": None, "steps": None, **props}, opts)


def record(method: str, **facts: Any) -> None:
    """Appends a line: the method, and the engine's request with all its fields."""
    request = _request()
    if request is not None:
        facts["request"] = _without_provider(MessageToDict(request, preserving_proto_field_name=True))
    with _lock, open(os.environ["PROBE_LOG"], "a", encoding="utf-8") as log:
        log.write(json.dumps({"method": method, **facts}) + "\n")


def send_message(text: str, urn: str) -> None:
    """A warning beside a resource; the plugin's first argument is the engine's address."""
    with grpc.insecure_channel(sys.argv[1]) as channel:
        warning = engine_pb2.LogRequest(severity=engine_pb2.WARNING, message=text, urn=urn)
        engine_pb2_grpc.EngineStub(channel).Log(warning)


def ask_state() -> dict[str, Any]:
    """What the stack's state holds now, by URN: ``type`` and ``outputs``. It is called in a program."""
    stack = struct_pb2.Struct()
    stack.update({"stackName": f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"})
    token = "pulumi:pulumi:readStackResourceOutputs"
    request = resource_pb2.ResourceInvokeRequest(tok=token, args=stack, acceptResources=True)
    answer = getattr(get_monitor().Invoke(request), "return")  # type: ignore[union-attr]
    return dict(MessageToDict(answer)["outputs"])


_parents: weakref.WeakKeyDictionary[pulumi.Resource, pulumi.Resource] = weakref.WeakKeyDictionary()


def note_parents() -> None:
    """From now on :func:`urn_of` knows the parent of each resource that is made: the SDK does not keep it."""
    make = pulumi.Resource.__init__

    def noting(
        self: pulumi.Resource,
        t: str,
        name: str,
        custom: bool,
        props: Any = None,
        opts: Any = None,
        *rest: Any,
        **more: Any,
    ) -> None:
        if opts is not None and opts.parent is not None:
            _parents[self] = opts.parent
        make(self, t, name, custom, props, opts, *rest, **more)

    pulumi.Resource.__init__ = noting  # type: ignore[assignment, method-assign]


def urn_of(resource: pulumi.Resource) -> str:
    """The resource's URN, without waiting: the types of its parents, its own type and name."""
    types, at, prefix = [], resource, f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::"
    while at is not None:
        if not hasattr(at, "_type"):  # a reference to a resource of elsewhere has its URN and nothing else
            data = at.urn._data
            assert isinstance(data, asyncio.Future)
            prefix = data.result().value.rpartition("::")[0] + "$"
        elif at._type != "pulumi:pulumi:Stack":
            types.append(at._type)
        at = _parents.get(at)
    return f"{prefix}{'$'.join(reversed(types))}::{resource._name}"


class _Instead(ModuleType):
    """A module with something else in a place."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Empty(_Instead):
    """Sees that the servicer answers ``Cancel``, which comes from another thread than the calls that run."""

    def Empty(self) -> Any:
        if sys._getframe(1).f_code.co_name == "Cancel":
            _cancelled.set()
        return self._real.Empty()


class _Traceback(_Instead):
    def format_exc(self) -> str:
        error = sys.exc_info()[1]
        return str(error) if isinstance(error, Plain) else str(self._real.format_exc())


def _request() -> Any:
    """The engine's request that is being served by this thread."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name in _SERVED and "request" in frame.f_locals:
            return frame.f_locals["request"]
        frame = frame.f_back
    return None


def _do(props: dict[str, Any]) -> dict[str, Any]:
    return props.get("__do") or {}


def _marked(props: dict[str, Any], paths: Sequence[Sequence[str]]) -> dict[str, Any]:
    marked = {key: copy.deepcopy(value) for key, value in props.items()}  # one by one: nothing stays shared
    for *parents, last in paths:
        at = marked
        for key in parents:
            at = at.get(key, {})
        if last in at:
            at[last] = {SIGNATURE: SECRET, "value": at[last]}
    return marked


def _without_provider(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_provider(item) for key, item in value.items() if key != "__provider"}
    return value

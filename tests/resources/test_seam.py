"""What is taken from behind the SDK: its pool of threads, the engine's end, and aliases."""

from __future__ import annotations

import sys
import traceback
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc

from pulumi_8x8.resources import seam
from pulumi_8x8.resources.seam import Places


def test_calls_that_came_before_get_threads_too() -> None:
    """Of six calls that wait, the engine's call to cancel, which comes last, is served while they do."""
    cancelled, sent = Event(), Event()
    with ThreadPoolExecutor(4) as pool:  # the SDK's

        def call(first: bool) -> bool:
            if first:
                sent.wait(10)
                seam._serve_more()
            return cancelled.wait(10)

        calls = [pool.submit(call, number == 0) for number in range(6)]
        sent.set()
        calls.append(pool.submit(lambda: cancelled.set() is None))
        wait(calls)
        assert all(each.result() for each in calls)


@pytest.mark.parametrize(("code", "wanted"), [("UNAVAILABLE", False), ("DEADLINE_EXCEEDED", True), ("UNKNOWN", True)])
def test_the_engine_is_gone(code: str, wanted: bool) -> None:
    """A plugin whose engine was killed knows that; an engine that is slow, or answers with an error, is alive."""

    class Lost(grpc.RpcError):  # type: ignore[misc]
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode[code]

    class Engine:
        def GetRootResource(self, _request: object, timeout: float) -> None:
            raise Lost

    plugin = seam.Plugin(Exception, lambda: None)
    assert plugin.is_wanted(), "without an engine there is none to be lost"
    plugin._engine = Engine()  # type: ignore[assignment]
    assert plugin.is_wanted() is wanted


def _struct(**members: Any) -> Struct:
    made = Struct()
    made.update(members)
    return made


def test_old_inputs() -> None:
    """They are the properties that the SDK would read; to look for another one adds none to the request."""
    sent = _struct(name="a", steps={"x": [1, 2.5, {"deep": True}]}, wait="04da6b54-80e4-46f7-96ec-b56ff0331ba9")
    before = sent.SerializeToString(deterministic=True)
    old = seam.EngineCall("urn", sent=sent).old_inputs
    assert old.get("other") is None
    assert "other" not in old
    read = rpc.deserialize_properties(sent, True)
    assert {key: repr(type(value)) for key, value in old.items()} == {key: repr(type(read[key])) for key in read}
    assert (old["name"], old["steps"]) == (read["name"], read["steps"])
    assert sent.SerializeToString(deterministic=True) == before
    assert not seam.EngineCall("urn", sent=Struct()).old_inputs


@pytest.mark.parametrize(("old", "new", "same"), [(1.5, 1.5, True), (True, 1, False), ("1", 1, False)])
def test_inputs_that_did_not_change_are_read_once(old: Any, new: Any, same: bool) -> None:
    """The program's inputs stand for those in the state only if these are the same in JSON."""

    def Diff(request: Any) -> seam.EngineCall:
        news = rpc.deserialize_properties(request.news)
        call = seam.current_call()
        assert (call.old_inputs is news) == same
        return call

    call = Diff(SimpleNamespace(urn="urn", old_inputs=_struct(value=old), news=_struct(value=new)))
    assert (call.old_inputs["value"], type(call.old_inputs["value"])) == (old, type(old))


def test_each_provider_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's call to cancel reaches all providers of a process, and no other call ends one."""
    main = ModuleType("__main__")
    vars(main).update(DynamicResourceProviderServicer=object, traceback=traceback, empty_pb2=empty_pb2)
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(sys, "argv", ["plugin"])
    ended: list[str] = []
    for name in ("workflows", "runs", "gates"):
        seam.Plugin(Exception, partial(ended.append, name))

    def Delete() -> Any:
        return vars(main)["empty_pb2"].Empty()

    def Cancel() -> Any:
        return vars(main)["empty_pb2"].Empty()

    assert Delete() == empty_pb2.Empty()
    assert ended == []
    assert Cancel() == empty_pb2.Empty()
    assert sorted(ended) == ["gates", "runs", "workflows"]


class Placed:
    """A resource, as far as its place counts."""

    def __init__(self, kind: str, name: str, *aliases: str) -> None:
        self.pulumi_resource_type, self.pulumi_resource_name, self._aliases = kind, name, aliases


@pytest.mark.parametrize("alias", ["", "x", "::", "a::b", "$", "urn:pulumi:s::p::k::n", "urn:pulumi:s::p::a$k::n"])
def test_any_alias(alias: str) -> None:
    """Whatever a user writes as an alias, of a workflow or of the component around it, causes no error."""
    component: Any = Placed("acme:Team", "team", alias)
    workflow: Any = Placed("k", "team-menu")
    places = Places({component: None, workflow: pulumi.ResourceOptions(parent=component, aliases=[alias])})
    found = places.aliases(workflow)
    assert found[0] == alias
    assert len(found) == (3 if alias else 2)

"""What is taken from behind the SDK: its pool of threads, and the engine's end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

import grpc
import pytest

from pulumi_8x8.resources import seam


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

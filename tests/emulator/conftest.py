from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from emulator_kit import START, Emulator

from pulumi_8x8.emulator import EmulatorSettings, Store, create_app
from pulumi_8x8.simulator import ManualClock

Start = Callable[..., Emulator]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts emulators: ``start(store=…, clock=…, **settings)``."""
    running: list[Emulator] = []

    def run(store: Store | None = None, clock: ManualClock | None = None, **settings: Any) -> Emulator:
        store, clock = store or Store(), clock or ManualClock(START)
        app = create_app(store, EmulatorSettings(**settings), clock)
        client = httpx.Client(
            transport=httpx.WSGITransport(app=app),
            base_url="http://127.0.0.1",
            headers={"Authorization": "Bearer emulator-key"},
        )
        running.append(Emulator(client, store, clock, app))
        return running[-1]

    yield run
    for emulator in running:
        emulator.client.close()
        emulator.store.close()


@pytest.fixture
def emulator(start: Start) -> Emulator:
    """An emulator with the default settings and an empty store in memory."""
    return start()

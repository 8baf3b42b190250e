"""Serves the emulator over HTTP on this machine."""

from __future__ import annotations

import logging
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from waitress.server import create_server

from pulumi_8x8.emulator.app import MAX_BODY, create_app
from pulumi_8x8.emulator.database import StoreError
from pulumi_8x8.emulator.here import OnlyFromHere
from pulumi_8x8.emulator.log import log_error
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store

#: Connections that send nothing end soon, and others are served meanwhile. A larger body than the service takes is
#: refused before it is read.
_LIMITS: dict[str, Any] = {
    "threads": 8,
    "connection_limit": 2_000,
    "asyncore_use_poll": True,  # select() takes 1,024 files
    "channel_timeout": 20,
    "cleanup_interval": 5,
    "max_request_body_size": MAX_BODY + 1,
}


def serve(store: Store, settings: EmulatorSettings, port: int, ready: Callable[[str], None]) -> None:
    """Serves on 127.0.0.1 until SIGINT or SIGTERM; only from the main thread. Leaves the store open.

    :param port: 0: any free port. :param ready: called with the address once requests are accepted.
    :raises OSError: the port isn't available.
    :raises SettingsError: one of the settings isn't a choice. :raises StoreError: the database can't be read.
    """
    try:
        app = create_app(store, settings)
    except sqlite3.Error as error:
        raise StoreError(store.unusable(error)) from None
    service: Service = app.extensions["pulumi_8x8"]
    # It warns when a request waits for a moment, which helps nobody.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    listening = socket.create_server(("127.0.0.1", port))
    # log_socket_errors: an answer that is lost on order raises an OSError (faults.AnswerLost), which needs no report.
    guarded = OnlyFromHere(app, service.clock)
    server = create_server(
        guarded, sockets=[listening], ident="pulumi-8x8-emulator", log_socket_errors=False, **_LIMITS
    )
    stopping = threading.Event()
    worker = threading.Thread(target=work_off, args=(service, stopping), name="emulator-later")
    before = {number: signal.signal(number, _stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        worker.start()
        ready(f"http://127.0.0.1:{listening.getsockname()[1]}")
        server.run()  # returns when _stop raises
    except SystemExit:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        stopping.set()
        service.close()
        service.wake()
        worker.join()
        server.close()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def work_off(service: Service, stopping: threading.Event) -> None:
    """Does what is due later, when it is due, until ``stopping`` is set and the service is woken."""
    while not stopping.is_set():
        try:
            service.catch_up()
            service.wait()
        except Exception as error:  # noqa: BLE001 - the next work may go well, and nobody else does it
            log_error(error)
            stopping.wait(1)

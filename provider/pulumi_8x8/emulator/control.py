"""Serves ``/_emulator``, which the real service doesn't have: deliver messages, read the outbox, order faults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.browse import add_browsing
from pulumi_8x8.emulator.counting import add_traffic
from pulumi_8x8.emulator.faults import Faults, read_rules
from pulumi_8x8.emulator.phone import add_phones, brief
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.simulator import timestamp
from pulumi_8x8.validation import Must

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class _Jump:
    seconds: Annotated[
        float, Must("be a number from 0 to 316224000: the clock only goes forward", lambda it: 0 <= it <= 316_224_000)
    ]


def control_routes(service: Service, faults: Faults) -> Blueprint:
    """Returns the routes under ``/_emulator``. They need no key, so they answer only programs of this machine."""
    routes = Blueprint("emulator", __name__, url_prefix="/_emulator")

    @routes.before_request
    def only_from_here() -> None:
        # A web page can make a browser send requests here, with its own host name or origin.
        if _host(f"//{request.headers.get('Host', '')}") not in _LOOPBACK:
            raise wire.RefusedRequest(
                403, 403, "The emulator answers calls under /_emulator only at a loopback host name (127.0.0.1, ::1)."
            )
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"http://{request.headers['Host']}"
        if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise wire.RefusedRequest(403, 403, "The emulator refuses calls under /_emulator from other web pages.")

    @routes.get("/status")
    def status() -> Response:
        return answer({"pid": os.getpid(), "database": service.store.path, "version": version("pulumi-8x8")})

    @routes.post("/inbound")
    def inbound() -> Response:
        body = wire.read_object(request.get_data())
        started, resumed = service.receive(body, request.args.get("accountId"))
        return answer({"instances": brief(started), "resumed": brief(resumed)})

    @routes.post("/dtmf")
    def dtmf() -> Response:
        body = wire.read_object(request.get_data())
        return answer({"resumed": brief(service.press(body, request.args.get("accountId")))})

    @routes.get("/clock")
    def clock() -> Response:
        return answer({"now": timestamp(service.clock.now()), "ahead": service.clock.shift.total_seconds()})

    @routes.post("/clock")
    def jump() -> Response:
        service.jump(wire.read(_Jump, wire.read_json(request.get_data())).seconds)
        return clock()

    @routes.post("/faults")
    def add_faults() -> Response:
        rules = read_rules(wire.read_json(request.get_data()))
        faults.add(rules)
        return answer({"rules": len(rules)})

    @routes.delete("/faults")
    def clear_faults() -> Response:
        faults.clear()
        return Response(status=204)

    @routes.get("/calls")
    def calls() -> Response:
        return answer(faults.calls())

    @routes.delete("/calls")
    def forget_calls() -> Response:
        faults.forget_calls()
        return Response(status=204)

    add_phones(routes, service)
    add_browsing(routes, service)
    add_traffic(routes, service)
    return routes


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None

"""Serves ``/_emulator``, which the real service doesn't have: deliver messages, read the outbox, order faults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated

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


@dataclass(frozen=True)
class _Jump:
    seconds: Annotated[
        float, Must("be a number from 0 to 316224000: the clock only goes forward", lambda it: 0 <= it <= 316_224_000)
    ]


def control_routes(service: Service, faults: Faults) -> Blueprint:
    """Returns the routes under ``/_emulator``. They need no key: see :mod:`.here`."""
    routes = Blueprint("emulator", __name__, url_prefix="/_emulator")

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

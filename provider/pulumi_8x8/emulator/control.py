"""``/_emulator``: what the real service has no call for. Deliver a message, read what was sent, order faults."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.faults import Faults, read_rules
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.emulator.wire import answer

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def control_routes(service: Service, faults: Faults) -> Blueprint:
    """The routes under ``/_emulator``. They need no key, so they answer this machine's own programs only."""
    routes = Blueprint("emulator", __name__, url_prefix="/_emulator")

    @routes.before_request
    def only_from_here() -> None:
        # A web page can make a browser send requests here, under its own host name or from its own origin.
        if _host(f"//{request.headers.get('Host', '')}") not in _LOOPBACK:
            raise wire.Refused(403, 403, "The emulator's own calls answer only to a loopback host name.")
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin != f"http://{request.headers['Host']}"
        if foreign or request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise wire.Refused(403, 403, "The emulator's own calls are not for other web pages.")

    @routes.get("/status")
    def status() -> Response:
        return answer({"pid": os.getpid(), "database": service.store.path, "version": version("pulumi-8x8")})

    @routes.post("/inbound")
    def inbound() -> Response:
        body = wire.read_object(request.get_data())
        trigger, sub_account = read_inbound(body)
        started = service.trigger(trigger, body, sub_account, request.args.get("accountId"))
        return answer(
            {
                "instances": [
                    {
                        "definitionId": stored.definition_id,
                        "version": stored.version,
                        "id": stored.id,
                        "status": stored.instance.status,
                    }
                    for stored in started
                ]
            }
        )

    @routes.get("/outbox")
    def outbox() -> Response:
        return answer(service.store.outbox(wire.whole_number(request.args, "after", least=0) or 0))

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

    return routes


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def read_inbound(body: dict[str, Any]) -> tuple[str, str | None]:
    """The trigger that a webhook body raises, and its sub-account (Triggers page; webhook version 2 and 3).

    :raises Refused: it is no inbound message.
    """
    namespace = body.get("namespace")
    payload = body.get("payload")
    if namespace is None and body.get("type") == "inbound" and isinstance(body.get("body"), str):
        return "inbound_sms", None  # the older SMS webhook, which has neither namespace nor sub-account
    triggers = {"SMS": "inbound_sms", "ChatApps": "inbound_chat_apps"}
    trigger = triggers.get(namespace) if isinstance(namespace, str) else None
    if trigger is None:
        raise wire.bad_request("Not an inbound message: 'namespace' must be SMS or ChatApps.")
    if body.get("eventType") != "inbound_message_received":
        raise wire.bad_request("Not an inbound message: 'eventType' must be inbound_message_received.")
    if not isinstance(payload, dict):
        raise wire.bad_request("Not an inbound message: 'payload' must be an object.")
    sub_account = payload.get("subAccountId")
    if not isinstance(sub_account, str | None):
        raise wire.bad_request("Not an inbound message: 'payload.subAccountId' must be a string.")
    return trigger, sub_account

"""Serves the page at ``/`` and its own calls, which return everything of every account."""

from __future__ import annotations

from collections import defaultdict, deque
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request, send_from_directory

from pulumi_8x8.definition.messages import in_words, read_message
from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.service import Service, instance_answer
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.simulator import Message, received_in_words, text, timestamp

_FILES = Path(__file__).parent / "page"
_NEWEST = 100  # instances that the page lists


def page_routes() -> Blueprint:
    """Returns the routes of the files, ``/`` and ``/page/…``. They have no secrets, so they need no guard."""
    routes = Blueprint("page", __name__)

    @routes.after_request
    def only_own_content(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'; form-action 'self'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "no-cache"
        return response

    @routes.get("/")
    def page() -> Response:
        return send_from_directory(_FILES, "index.html")

    @routes.get("/page/<name>")
    def file(name: str) -> Response:
        return send_from_directory(_FILES, name)

    return routes


def add_browsing(routes: Blueprint, service: Service) -> None:
    """Adds the page's calls to the emulator's own calls, behind their guard."""

    @routes.get("/definitions")
    def definitions() -> Response:
        return answer([definition.answer() for definition in service.store.newest(None)])

    @routes.get("/definitions/<account>/<id>")
    def versions(account: str, id: str) -> Response:
        found = service.history(account, wire.definition_id(id), wire.Query(limit=500))
        return answer([{**definition.answer(), "words": _words(definition)} for definition in found])

    @routes.post("/definitions/<account>/<id>/workflows")
    def start(account: str, id: str) -> Response:
        body = wire.read_object(request.get_data())
        return answer(instance_answer(service.start(account, wire.definition_id(id), wire.query().version, body)))

    @routes.get("/workflows")
    def instances() -> Response:
        return answer([_row(stored) for stored in service.store.latest_instances(_NEWEST)])

    @routes.get("/workflows/<id>")
    def instance(id: str) -> Response:
        return answer(_details(service, _stored(service, id)))

    @routes.patch("/workflows/<id>")
    def command(id: str) -> Response:
        stored = _stored(service, id)
        service.command(stored.account, stored.definition_id, stored.id, wire.read_command(request.get_data()))
        return answer(_details(service, _stored(service, id)))


def _stored(service: Service, id: str) -> StoredInstance:
    found = service.store.instance(wire.workflow_id(id))
    if found is None:
        raise wire.not_found(f"Workflow {id}")
    return found


def _row(stored: StoredInstance) -> dict[str, Any]:
    return {
        "workflowId": stored.id,
        "accountId": stored.account,
        "definitionId": stored.definition_id,
        "version": stored.version,
        "status": stored.instance.status,
        "startedAt": timestamp(stored.instance.started_at),
    }


def _words(definition: wire.DefinitionBody) -> dict[str, str]:
    """The messages of the steps in words, by the step's id."""
    read = {str(step.get("id")): read_message(step.get("stepType"), step.get("inputs")) for step in definition.steps}
    return {id: in_words(message) for id, message in read.items() if message is not None}


def _details(service: Service, stored: StoredInstance) -> dict[str, Any]:
    """Describes an instance: its log with what was sent and received, trace, errors, and which step led to which."""
    instance, runs = stored.instance, service.store.runs(stored)
    steps = {run.id: run.step_id for run in runs}
    sent: dict[str, deque[Message]] = defaultdict(deque)
    for each in service.store.outbox(instance_id=stored.id):
        sent[each.message.step_id].append(each.message)
    details = instance_answer(stored, runs)
    for log, run in zip(details["logs"], runs, strict=True):
        # A step that ran several times sent its messages in that order.
        message = sent[run.step_id].popleft() if run.completed_at and sent[run.step_id] else None
        log["sent"] = None if message is None else message.words
        log["refused"] = None if message is None or message.refused is None else str(message.refused)
        log["received"] = None if run.event is None or run.received is None else text(received_in_words(run.received))
    return {
        **details,
        "accountId": stored.account,
        "trace": service.store.trace(stored),
        "errors": [{"step": error.step_id, "message": error.message} for error in instance.errors],
        "taken": [[steps[run.after], run.step_id] for run in runs if run.after in steps],
        "waiting": [
            {"step": run.step_id, "event": run.event, "until": timestamp(run.wake_at) if run.wake_at else None}
            for run in instance.runs
            if run.active and run.wake_at
        ],
    }

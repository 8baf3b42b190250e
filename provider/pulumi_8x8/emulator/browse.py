"""Serves the page at ``/`` and its own calls, which return everything of every account."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from flask import Blueprint, Response, request, send_from_directory

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.messages import in_words, read_message
from pulumi_8x8.emulator import lists, wire
from pulumi_8x8.emulator.phone import sent_answer
from pulumi_8x8.emulator.service import Service, instance_answer
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.emulator.threads import Thread, customer, usual_channel
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.review.formats.svg import to_shapes
from pulumi_8x8.review.pictures import Picture, picture_of
from pulumi_8x8.simulator import received_in_words, text, timestamp
from pulumi_8x8.validation import spelled

_FILES = Path(__file__).parent / "page"
_Number = Annotated[int, wire.whole(1)]


@dataclass(frozen=True)
class _List:
    """The parameters of a list, see :class:`.lists.Wanted`."""

    __pydantic_config__: ClassVar = spelled(with_="with")

    search: str = ""
    status: str = ""
    definition: str = ""
    page: _Number = 1
    with_: str = ""


@dataclass(frozen=True)
class _Log:
    """The page of a log, and the number of the last event that the caller has."""

    page: _Number | None = None
    after: Annotated[int, wire.whole(0)] = 0


@dataclass(frozen=True)
class _Thread:
    """Which entries of which thread."""

    number: str
    channel: str
    after: Annotated[int, wire.whole(0)] = 0
    before: _Number | None = None
    limit: Annotated[int, wire.whole(1, 100)] = 50


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
    _add_lists(routes, service)
    _add_definitions(routes, service)
    _add_instances(routes, service)


def _add_lists(routes: Blueprint, service: Service) -> None:
    store = service.store

    def wanted() -> lists.Wanted:
        return lists.Wanted(**vars(_asked(_List)))

    @routes.get("/definitions")
    def definitions() -> Response:
        return answer(lists.definitions(store, wanted()))

    @routes.get("/workflows")
    def instances() -> Response:
        return answer(lists.instances(store, wanted()))

    @routes.get("/threads")
    def threads() -> Response:
        return answer(lists.threads(store, wanted()))

    @routes.get("/thread")
    def thread() -> Response:
        asked = _asked(_Thread)
        which = Thread(customer(asked.number), asked.channel.strip().lower())
        rows = lists.entries(store, which, asked.after, asked.before, asked.limit + 1)
        more, rows = len(rows) > asked.limit, rows[-asked.limit :]
        sent = {each.sequence: each for each in store.outbox(only=[row[2] for row in rows if row[2] is not None])}
        entries = [
            {"entry": number, "time": time, "written": written, "sent": sent_answer(sent[id]) if id in sent else None}
            for number, time, id, written in rows
        ]
        return answer({"entries": entries, "earlier": more})


def _add_definitions(routes: Blueprint, service: Service) -> None:
    @routes.get("/definitions/<account>/<id>")
    def definition(account: str, id: str) -> Response:
        newest = service.store.version(account, wire.definition_id(id), None)
        if newest is None:
            raise wire.not_found(f"Definition {id}")
        about = {**newest.answer(), "definition": {"id": newest.id, "name": newest.document["definition"]["name"]}}
        return answer({**about, "versions": lists.versions(service.store, account, newest.id)})

    @routes.get("/definitions/<account>/<id>/versions/<int:version>")
    def version(account: str, id: str, version: int) -> Response:
        found = service.store.version(account, wire.definition_id(id), version)
        if found is None:
            raise wire.not_found(f"Version {version} of definition {id}")
        shown = found.answer()
        shapes = to_shapes(picture_of(Definition.from_body(shown)) or Picture((), ()))
        return answer({**shown, "words": _words(found), "graph": shapes, "channel": usual_channel(found)})

    @routes.post("/definitions/<account>/<id>/workflows")
    def start(account: str, id: str) -> Response:
        body = wire.read_object(request.get_data())
        return answer(instance_answer(service.start(account, wire.definition_id(id), wire.query().version, body)))


def _add_instances(routes: Blueprint, service: Service) -> None:
    @routes.get("/workflows/<id>")
    def instance(id: str) -> Response:
        return answer(_details(service, _stored(service, id), _asked(_Log).page))

    @routes.get("/workflows/<id>/trace")
    def trace(id: str) -> Response:
        found = service.store.trace(_stored(service, id), _asked(_Log).after)
        return answer({"events": found.events, "last": found.last})

    @routes.patch("/workflows/<id>")
    def command(id: str) -> Response:
        stored = _stored(service, id)
        service.command(stored.account, stored.definition_id, stored.id, wire.read_command(request.get_data()))
        return answer(_details(service, _stored(service, id), None))


def _asked(kind: type[Any]) -> Any:
    return wire.read(kind, request.args.to_dict())


def _stored(service: Service, id: str) -> StoredInstance:
    found = service.store.instance(wire.workflow_id(id))
    if found is None:
        raise wire.not_found(f"Workflow {id}")
    return found


def _words(definition: wire.DefinitionBody) -> dict[str, str]:
    """The messages of the steps in words, by the step's id."""
    read = {str(step.get("id")): read_message(step.get("stepType"), step.get("inputs")) for step in definition.steps}
    return {id: in_words(message) for id, message in read.items() if message is not None}


def _details(service: Service, stored: StoredInstance, page: int | None) -> dict[str, Any]:
    """Describes an instance: a page of its log with what was sent and received, errors, its way, and its customer."""
    instance, progress = stored.instance, lists.progress(service.store, stored, page)
    details = instance_answer(stored, [run for run, _ in progress.log])
    for log, (run, message) in zip(details["logs"], progress.log, strict=True):
        log["sent"] = None if message is None else message.words
        log["refused"] = None if message is None or message.refused is None else str(message.refused)
        log["received"] = None if run.event is None or run.received is None else text(received_in_words(run.received))
    thread = lists.thread_with(service.store, stored)
    return {
        **details,
        "accountId": stored.account,
        "log": progress.about,
        "traced": service.store.traced(stored),
        "errors": [{"step": error.step_id, "message": error.message} for error in instance.errors],
        "steps": {step: {"status": status, "times": times} for step, (status, times) in progress.steps.items()},
        "taken": [{"from": one, "to": other, "times": times} for (one, other), times in progress.taken.items()],
        "thread": None if thread is None else vars(thread),
        "waiting": [
            {"step": run.step_id, "event": run.event, "until": timestamp(run.wake_at) if run.wake_at else None}
            for run in instance.runs
            if run.active and run.wake_at
        ],
    }

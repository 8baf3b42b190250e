"""Routes and keys of ``/api``. :mod:`.service` does what the calls ask for."""

from __future__ import annotations

import hmac
import sqlite3
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.browse import page_routes
from pulumi_8x8.emulator.catalogue import FUNCTIONS, list_zones
from pulumi_8x8.emulator.control import control_routes
from pulumi_8x8.emulator.database import is_damage
from pulumi_8x8.emulator.faults import Faults, Interception
from pulumi_8x8.emulator.log import log, log_error
from pulumi_8x8.emulator.service import Service, instance_answer
from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.simulator import Clock, EventError, SystemClock, WorkerError, timestamp

_ACCOUNT = "/api/v1/accounts/<account>"
_DEFINITIONS = f"{_ACCOUNT}/definitions"
_DEFINITION = f"{_DEFINITIONS}/<id>"
_INSTANCES = f"{_DEFINITION}/workflows"
_INSTANCE = f"{_INSTANCES}/<workflow_id>"
_PATIENCE = 5.0  # seconds that a request waits for work that is due; others do the rest
MAX_BODY = 16 * 1024 * 1024  # bytes; the emulator's choice


def create_app(store: Store, settings: EmulatorSettings | None = None, clock: Clock | None = None) -> Flask:
    """Returns the emulator as a WSGI application, which also runs in-process (``httpx.WSGITransport(app=app)``).

    ``app.extensions["pulumi_8x8"]`` is its :class:`~pulumi_8x8.emulator.service.Service`. Work that is due later
    is done at the next request; :func:`~pulumi_8x8.emulator.serve` also does it in between.

    :param clock: the time; default: this machine's.
    :raises SettingsError: one of the settings isn't a choice.
    """
    settings = (settings or EmulatorSettings()).checked()
    service = Service(store, settings, clock or SystemClock())
    faults = Faults()
    app = Flask("pulumi_8x8.emulator", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.url_map.strict_slashes = False
    app.extensions["pulumi_8x8"] = service
    _check_key(app, settings)
    app.before_request(lambda: service.catch_up(_PATIENCE))
    _definition_routes(app, service)
    _instance_routes(app, service)
    _other_routes(app, service)
    app.register_blueprint(control_routes(service, faults))
    app.register_blueprint(page_routes())
    _error_answers(app, service)
    app.wsgi_app = Interception(app.wsgi_app, faults, service)  # type: ignore[method-assign]
    return app


def _check_key(app: Flask, settings: EmulatorSettings) -> None:
    expected = f"Bearer {settings.api_key}".encode()

    @app.before_request
    def check() -> None:
        if not request.path.startswith("/api/"):
            return
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogatepass")
        account = (request.view_args or {}).get("account")
        served = not settings.accounts or account is None or account in settings.accounts
        # The answer doesn't show which of the two is wrong, so nobody can find out which accounts exist.
        if not hmac.compare_digest(given, expected) or not served:
            raise wire.RefusedRequest(401, wire.UNAUTHENTICATED, "Request was not authenticated properly")


def _error_answers(app: Flask, service: Service) -> None:
    def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
        return answer(wire.error_body(code, message, service.clock.now()), status, headers)

    @app.errorhandler(wire.RefusedRequest)
    def refused(problem: wire.RefusedRequest) -> Response:
        return error(problem.status, problem.code, str(problem))

    @app.errorhandler(EventError)
    def no_event(problem: EventError) -> Response:
        return error(400, wire.INVALID_REQUEST, str(problem))

    @app.errorhandler(HTTPException)
    def http(problem: HTTPException) -> Response:
        # For unknown paths or methods and too large bodies, the HTTP status doubles as the code, as in the
        # neighbouring APIs for 429.
        status = problem.code or 500
        allow = {name: value for name, value in problem.get_headers() if name == "Allow"}
        return error(status, status, f"{problem.name}: {request.method} {request.path}", allow)

    logged: set[str] = set()

    def damaged(why: str) -> Response:
        message = f"{why[0].upper()}{why[1:]}. The emulator did nothing."
        if message not in logged:
            logged.add(message)
            log(message)
        return error(500, wire.SERVER_ERROR, message)

    @app.errorhandler(sqlite3.Error)
    def no_database(problem: sqlite3.Error) -> Response:
        if is_damage(problem):
            return damaged(service.store.unusable(problem))
        message = f"The emulator can't use its database {service.store.path}: {problem}. Repeat the request later."
        log(message)
        return error(503, wire.SERVER_ERROR, message)

    @app.errorhandler(WorkerError)
    def no_process(problem: WorkerError) -> Response:
        return error(503, wire.SERVER_ERROR, f"The emulator {problem}. Repeat the request later.")

    @app.errorhandler(Exception)
    def unexpected(problem: Exception) -> Response:
        if why := service.store.unusable(problem):
            return damaged(why)
        log_error(problem)
        return error(500, wire.SERVER_ERROR, "Internal server error")


def _definition_routes(app: Flask, service: Service) -> None:
    @app.get(_DEFINITIONS)
    def list_definitions(account: str) -> Response:
        return answer([definition.answer() for definition in service.definitions(account, wire.query())])

    @app.post(_DEFINITIONS)
    def create_definition(account: str) -> Response:
        made = service.create(account, wire.check_definition(wire.read_object(request.get_data())))
        return answer(made.answer(), 201, {"Location": f"{quote(request.path.rstrip('/'))}/{made.id}"})

    @app.get(_DEFINITION)
    def definition_history(account: str, id: str) -> Response:
        history = service.history(account, wire.definition_id(id), wire.query())
        return answer([definition.answer() for definition in history])

    @app.put(_DEFINITION)
    def update_definition(account: str, id: str) -> Response:
        id = wire.definition_id(id)
        return answer(service.update(account, id, wire.check_definition(wire.read_object(request.get_data()))).answer())

    @app.delete(_DEFINITION)
    def delete_definition(account: str, id: str) -> Response:
        service.delete(account, wire.definition_id(id), wire.query().version)
        return Response(status=202)


def _instance_routes(app: Flask, service: Service) -> None:
    @app.get(_INSTANCES)
    def list_instances(account: str, id: str) -> Response:
        found = service.instances(account, wire.definition_id(id), wire.query())
        return answer([instance_answer(stored) for stored in found])

    @app.post(_INSTANCES)
    def start_instance(account: str, id: str) -> Response:
        id = wire.definition_id(id)
        started = service.start(account, id, wire.query().version, wire.read_object(request.get_data()))
        return Response(status=201, headers={"Location": f"{quote(request.path.rstrip('/'))}/{started.id}"})

    @app.get(_INSTANCE)
    def get_instance(account: str, id: str, workflow_id: str) -> Response:
        logs = request.args.get("includeLogs", "").lower() == "true"
        stored = service.instance(account, wire.definition_id(id), wire.workflow_id(workflow_id))
        return answer(instance_answer(stored, service.store.runs(stored) if logs else None))

    @app.patch(_INSTANCE)
    def patch_instance(account: str, id: str, workflow_id: str) -> Response:
        id, workflow_id = wire.definition_id(id), wire.workflow_id(workflow_id)
        service.command(account, id, workflow_id, wire.read_command(request.get_data()))
        return Response(status=200)

    @app.get(f"{_INSTANCE}/errors")
    def instance_errors(account: str, id: str, workflow_id: str) -> Response:
        stored = service.instance(account, wire.definition_id(id), wire.workflow_id(workflow_id))
        return answer(
            [
                {
                    "workflowId": stored.id,
                    "step": error.step_id,
                    "message": error.message,
                    "errorTime": timestamp(error.time),
                }
                for error in stored.instance.errors
            ]
        )


def _other_routes(app: Flask, service: Service) -> None:
    @app.post(f"{_ACCOUNT}/triggers/http_request")
    def trigger(account: str) -> Response:
        body = wire.read_object(request.get_data())
        service.trigger(body, request.args.get("subAccountId") or None, account)
        return Response(status=200)

    @app.get(f"{_ACCOUNT}/steps/timezones")
    def time_zones(account: str) -> Response:
        return answer(list_zones(request.args.get("contains", "")))

    @app.get(f"{_ACCOUNT}/steps/functions")
    def functions(account: str) -> Response:
        return answer(FUNCTIONS)

    @app.get(f"{_ACCOUNT}/usage")
    def usage(account: str) -> Response:
        return answer(service.usage(account))

    @app.get(f"{_ACCOUNT}/usage/history")
    def usage_history(account: str) -> Response:
        return answer(
            [
                {"id": id, "accountId": account, "executedWorkflowCount": executed, "month": month, "year": year}
                for id, year, month, executed in service.store.usage(account)
            ]
        )

"""Serves the traffic of a definition: how many of its instances took each step and edge."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pulumi_8x8.analysis.counts import Traffic, traffic_data
from pulumi_8x8.definition import Definition
from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.service import Service
from pulumi_8x8.emulator.store import StoredInstance
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.evidence.journeys import Journey, StepRun
from pulumi_8x8.evidence.traffic import count_traffic
from pulumi_8x8.simulator import Run


def add_traffic(routes: Blueprint, service: Service) -> None:
    """Adds the call of the page that returns traffic, as ``pulumi-8x8 instances stats --format json`` does."""

    @routes.get("/definitions/<account>/<id>/traffic")
    def traffic(account: str, id: str) -> Response:
        id, query = wire.definition_id(id), wire.query()
        limit = query.limit if "limit" in request.args else 500
        return answer({"definitionId": id, **traffic_data(traffic_of(service, account, id, query.version, limit))})


def traffic_of(service: Service, account: str, id: str, version: int | None = None, limit: int = 500) -> Traffic:
    """Counts the newest instances of all versions on the steps of one version.

    :param version: ``None``: the newest. :param limit: at most this many instances.
    :raises RefusedRequest: there is no such definition or version.
    """
    versions = {stored.version: stored for stored in service.store.versions(account, id)}
    shown = next(iter(versions.values()), None) if version is None else versions.get(version)
    if shown is None:
        raise wire.not_found(f"Definition {id}")
    definitions = {number: Definition.from_body(stored.document) for number, stored in versions.items()}
    journeys = (_journey(stored, runs) for stored, runs in service.store.instances_of(account, id, limit))
    return count_traffic(definitions[shown.version], shown.version, definitions, journeys)


def _journey(stored: StoredInstance, runs: list[Run]) -> Journey:
    instance = stored.instance
    return Journey(
        stored.version,
        instance.status,
        instance.started_at,
        instance.completed_at,
        tuple(
            StepRun(run.id, run.step_id, run.status, run.started_at, run.completed_at, run.after, run.parent)
            for run in runs
        ),
        tuple((error.step_id, error.message) for error in instance.errors),
        linked=True,
    )

"""Instances through the client: what is asked of the service, and what is read from its answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
from api_kit import ID, Script, client

from pulumi_8x8.api import Fault, Instance, Log

STORED = {"workflowId": "65f1a0b2c3d4e5f60718293a", "version": 3, "status": "Runnable", "startedAt": "2026-03-01"}


class ManyInstances:
    """A service that holds ``count`` instances, the newest first.

    :param pages: its offset counts pages, not items.
    :ivar asked: for how many in each call.
    """

    def __init__(self, count: int, pages: bool) -> None:
        self.count = count
        self.pages = pages
        self.asked: list[int] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        limit, offset = int(request.url.params["limit"]), int(request.url.params["offset"])
        self.asked.append(limit)
        first = offset * limit if self.pages else offset
        numbers = range(first, min(first + limit, self.count))
        return httpx.Response(200, json=[{**STORED, "workflowId": f"{number:024x}"} for number in numbers])


@pytest.mark.parametrize("pages", [True, False])
@pytest.mark.parametrize(
    ("limit", "found", "sizes"),
    [(1, 1, {1}), (7, 7, {7}), (500, 500, {500}), (700, 700, {500}), (2_000, 1_200, {500}), (None, 1_200, {500})],
)
def test_limit(pages: bool, limit: int | None, found: int, sizes: set[int]) -> None:
    """The newest so many, each once, in pages no larger than that, whatever the offset counts."""
    service = ManyInstances(1_200, pages)
    listed = [int(each.id, 16) for each in client(service).instances(ID, limit=limit)]
    assert listed == list(range(found))
    assert set(service.asked) == sizes


def test_filters() -> None:
    """Moments are sent in UTC, and only the filters that are set."""
    seen: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return httpx.Response(200, json=[])

    moment = datetime(2026, 3, 1, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    list(client(answer).instances(ID, version=3, status="Suspended", started_from=moment, started_to=moment))
    list(client(answer).instances(ID))
    when = "2026-03-01T12:00:00Z"
    filters = {"version": "3", "status": "Suspended", "startTimeFrom": when, "startTimeTo": when}
    assert seen == [{**filters, "limit": "500", "offset": "0"}, {"limit": "500", "offset": "0"}]
    assert moment.astimezone(UTC).hour == 12


def shapes() -> Iterator[tuple[dict[str, Any], Instance]]:
    plain = Instance(STORED["workflowId"], 3, "Runnable", "2026-03-01")  # type: ignore[arg-type]
    yield STORED, plain
    yield {**STORED, "completedAt": None, "data": None, "logs": None}, plain
    log = {"id": "1", "stepName": "ask", "status": "Complete", "startedAt": "a", "completedAt": None}
    with_log = Instance(plain.id, 3, "Runnable", "2026-03-01", logs=(Log("1", "ask", "Complete", "a", ""),))
    yield {**STORED, "logs": [log, "x"]}, with_log


@pytest.mark.parametrize(("answer", "instance"), [*shapes()])
def test_shapes(answer: dict[str, Any], instance: Instance) -> None:
    """What is null or missing is empty."""
    assert client(Script([httpx.Response(200, json=answer)])).instance(ID, instance.id) == instance
    assert not instance.is_over


@pytest.mark.parametrize("location", ["/x/workflows/65f1", "https://service.example/x/workflows/65f1/"])
def test_start(location: str) -> None:
    """The header ``Location`` names the instance that was started, as a path or an address."""
    service = Script([httpx.Response(201, headers={"Location": location})])
    assert client(service).start(ID, {}) == "65f1"


def test_customers_data_is_not_in_a_repr() -> None:
    """A customer's message does not get into a log or a traceback."""
    assert "+65" not in repr(Instance("1", 1, "Complete", "", data={"msisdn": "+6581968289"}))


def test_faults_as_a_list_or_as_one() -> None:
    """The published example of ``/errors`` is one object, the schema an array: both are read."""
    error = {"workflowId": "65f1", "step": "ask", "message": "Invalid subaccount id.", "errorTime": "2026-03-01"}
    for answer in (error, [error]):
        assert client(Script([httpx.Response(200, json=answer)])).faults(ID, "65f1") == [Fault(*error.values())]

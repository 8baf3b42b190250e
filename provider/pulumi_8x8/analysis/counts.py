"""What instances of a definition did, in numbers, at each step and on each edge. Nothing of a customer is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

#: ``next``: a ``nextStepId``. ``select``: an edge in ``selectNextStep``. ``inside``: to a sequence in ``do``.
How: TypeAlias = Literal["next", "select", "inside"]


class Link(NamedTuple):
    """An edge of a definition, by the ids of its steps."""

    source: str
    target: str
    how: How


@dataclass(frozen=True)
class Waits:
    """How long the finished runs of a step took, in seconds.

    :param p95: 95 of 100 took at most as long.
    """

    median: float
    p95: float


@dataclass(frozen=True)
class StepTraffic:
    """What instances did at one step.

    :param kind: its step type.
    :param of: the instances whose version has this step.
    :param took: those that ran it.
    :param runs: how often it ran, more often than ``took`` in a loop.
    :param ended, faulted, terminated, waiting: the instances that completed here, stopped here at an error, were
        terminated here without an error, and are here now.
    :param waits: ``None`` if no run of it has finished.
    """

    step: str
    kind: str
    of: int = 0
    took: int = 0
    runs: int = 0
    ended: int = 0
    faulted: int = 0
    terminated: int = 0
    waiting: int = 0
    waits: Waits | None = None


@dataclass(frozen=True)
class LinkTraffic:
    """How many instances took one edge.

    :param of: the instances whose version has this edge, with the same condition.
    :param took: those that surely took it.
    :param either: those that perhaps took it: their logs don't show which edge led to the step.
    """

    link: Link
    of: int = 0
    took: int = 0
    either: int = 0


@dataclass(frozen=True)
class FaultTraffic:
    """How many instances stopped at one kind of error of one step.

    :param kind: see :func:`kind_of_fault`.
    :param code: the code of the service's message, if the error contains it.
    """

    step: str
    kind: str
    code: int | None
    instances: int


@dataclass(frozen=True)
class VersionTraffic:
    """How many instances ran on one version. :param same: whether it has the steps and edges of the shown version."""

    version: int
    instances: int
    same: bool


@dataclass(frozen=True)
class Traffic:
    """The traffic of one version of a definition.

    :param version: the shown version; ``None`` if it isn't deployed.
    :param instances: how many were read.
    :param first, last: when the first and the last of them started.
    :param versions: the versions that they ran on, the newest first.
    :param statuses: how many are ``complete``, ``faulted``, ``terminated`` (without an error), ``waiting`` and
        ``suspended``.
    :param unexplained: those whose logs no path of their definition explains. Their edges aren't counted.
    :param steps, links: all of the shown version, in the order of its flow.
    """

    version: int | None
    instances: int
    first: datetime | None
    last: datetime | None
    versions: tuple[VersionTraffic, ...]
    statuses: Mapping[str, int]
    unexplained: int
    steps: tuple[StepTraffic, ...]
    links: tuple[LinkTraffic, ...]
    faults: tuple[FaultTraffic, ...]


def traffic_data(traffic: Traffic) -> dict[str, Any]:
    """``traffic`` as JSON; docs/review.md describes its members."""
    return {
        "version": traffic.version,
        "conversations": traffic.instances,
        "from": _moment(traffic.first),
        "to": _moment(traffic.last),
        "versions": [
            {"version": each.version, "conversations": each.instances, "same": each.same} for each in traffic.versions
        ],
        "statuses": dict(traffic.statuses),
        "unexplained": traffic.unexplained,
        "steps": [_step_data(each) for each in traffic.steps],
        "edges": [
            {
                "from": each.link.source,
                "to": each.link.target,
                "how": each.link.how,
                "of": each.of,
                "took": each.took,
                "either": each.either,
            }
            for each in traffic.links
        ],
        "faults": [
            {"step": each.step, "kind": each.kind, "code": each.code, "conversations": each.instances}
            for each in traffic.faults
        ],
    }


def _step_data(each: StepTraffic) -> dict[str, Any]:
    return {
        "step": each.step,
        "stepType": each.kind,
        "of": each.of,
        "took": each.took,
        "runs": each.runs,
        "ended": each.ended,
        "faulted": each.faulted,
        "terminated": each.terminated,
        "waiting": each.waiting,
        "seconds": each.waits and {"median": round(each.waits.median, 3), "p95": round(each.waits.p95, 3)},
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Counts how many instances took each step and edge of a definition, where they stop, and how long they wait. No I/O.

The counts have nothing of a customer: no data, and of an error only its kind.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from pulumi_8x8.analysis.counts import FaultTraffic, Link, LinkTraffic, StepTraffic, Traffic, VersionTraffic, Waits
from pulumi_8x8.definition import Definition
from pulumi_8x8.evidence.journeys import Journey, Paths, Routes, StepRun

#: Part of a run-time error -> its kind. Sources: the vendor's page on troubleshooting, and the emulator's messages.
_KINDS = {
    "unexpected character encountered while parsing value": "answer isn't JSON",
    "invalid 'msisdn'": "invalid number",
    "empty 'user'": "empty user",
    "invalid subaccount id": "unknown sub-account",
    "failed to evaluate the expression": "script failed",
    "object reference not set": "script failed",
    "the operation has timed out": "script failed",
    "failed to send": "message refused",
    "invalid request uri": "invalid URL",
    "no such host": "no answer",
    "request was canceled": "no answer",
    "connection refused": "no answer",
    "while sending the request": "no answer",
    "cannot wait": "nobody to wait for",
    "invalid duration": "invalid duration",
    "the workflow loops": "endless loop",
}
_CODE = re.compile(r"\(code (\d{1,6})\)", re.ASCII)


def kind_of_fault(message: str) -> tuple[str, int | None]:
    """Returns the kind of a run-time error and its code, without any other part of the message.

    >>> kind_of_fault("Failed to send the message because Invalid URL of Alice (code 1026)")
    ('message refused', 1026)
    """
    kind = next((kind for part, kind in _KINDS.items() if part in message.lower()), "another error")
    code = _CODE.search(message)
    return kind, int(code[1]) if code else None


def count_traffic(
    shown: Definition, version: int | None, definitions: Mapping[int, Definition], journeys: Iterable[Journey]
) -> Traffic:
    """Counts ``journeys`` on the steps and edges of ``shown``.

    A journey on another version counts for the steps that have the same type there, and for the edges that have the
    same condition.

    :param version: the version of ``shown``, if it is deployed.
    :param definitions: the versions that the service has, by number.
    """
    counter = _Counter(shown, version, definitions)
    for journey in journeys:
        counter.add(journey)
    return counter.traffic()


@dataclass
class _AtStep:
    took: int = 0
    runs: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


class _Mapped:
    """What a version has in common with the shown one."""

    def __init__(self, routes: Routes, shown: Routes) -> None:
        self.routes = routes
        self.steps = {id for id, kind in routes.kinds.items() if shown.kinds.get(id) == kind}
        self.links = {
            link
            for link, condition in routes.conditions.items()
            if link in shown.conditions
            and shown.conditions[link] == condition
            and link.source in self.steps
            and (link.target in self.steps or link.target not in {*routes.kinds, *shown.kinds})
        }
        self.same = len(self.steps) == len(routes.kinds) == len(shown.kinds) and (
            len(self.links) == len(routes.conditions) == len(shown.conditions) and routes.start == shown.start
        )


class _Counter:
    def __init__(self, shown: Definition, version: int | None, definitions: Mapping[int, Definition]) -> None:
        self._shown, self._version, self._definitions = Routes(shown), version, definitions
        self._mapped: dict[int, _Mapped | None] = {}
        self._per_version: Counter[int] = Counter()
        self._statuses: Counter[str] = Counter(complete=0, faulted=0, terminated=0, waiting=0, suspended=0)
        self._at = {id: _AtStep() for id in self._shown.kinds}
        self._took: Counter[Link] = Counter()
        self._either: Counter[Link] = Counter()
        self._faults: Counter[tuple[str, str, int | None]] = Counter()
        self._unexplained = 0
        self._starts: list[datetime] = []

    def _map(self, version: int) -> _Mapped | None:
        """``None`` for a version that was deleted."""
        if version not in self._mapped:
            own = self._definitions.get(version)
            self._mapped[version] = None if own is None else _Mapped(Routes(own), self._shown)
        return self._mapped[version]

    def add(self, journey: Journey) -> None:
        self._per_version[journey.version] += 1
        if journey.started is not None:
            self._starts.append(journey.started)
        standing = _standing(journey)
        self._statuses[standing] += 1
        mapped = self._map(journey.version)
        if mapped is None:
            return
        paths = mapped.routes.paths(journey)
        if paths is None:
            self._unexplained += 1
        for run in journey.runs:
            if run.step in mapped.steps:
                self._add_run(run, cut_off=journey.status == "Terminated" and run.ended == journey.ended)
        for step in {run.step for run in journey.runs if run.started is not None} & mapped.steps:
            self._at[step].took += 1
        for step in set(_stops(journey, standing, paths, mapped.routes)) & mapped.steps:
            self._at[step].stops[standing] += 1
        if paths is not None:
            self._took.update(paths.sure & mapped.links)
            self._either.update(paths.perhaps & mapped.links)
        for step, kind, code in {(step, *kind_of_fault(message)) for step, message in journey.faults}:
            if step in mapped.steps:
                self._faults[step, kind, code] += 1

    def _add_run(self, run: StepRun, cut_off: bool) -> None:
        at = self._at[run.step]
        if run.started is None:
            return
        at.runs += 1
        if run.ended is not None and run.status != "Failed" and not (cut_off and run.status == "Cancelled"):
            at.seconds.append(max(0.0, (run.ended - run.started).total_seconds()))

    def traffic(self) -> Traffic:
        on = [(self._map(version), number) for version, number in self._per_version.items()]
        of_step: Counter[str] = Counter()
        of_link: Counter[Link] = Counter()
        for mapped, number in on:
            if mapped is not None:
                of_step.update(dict.fromkeys(mapped.steps, number))
                of_link.update(dict.fromkeys(mapped.links, number))
        versions = sorted(self._per_version.items(), reverse=True)
        return Traffic(
            self._version,
            self._per_version.total(),
            min(self._starts, default=None),
            max(self._starts, default=None),
            tuple(
                VersionTraffic(version, number, (mapped := self._map(version)) is not None and mapped.same)
                for version, number in versions
            ),
            dict(self._statuses),
            self._unexplained,
            tuple(self._step(id, kind, of_step[id]) for id, kind in self._shown.kinds.items()),
            tuple(
                LinkTraffic(link, of_link[link], self._took[link], self._either[link])
                for link in self._shown.conditions
            ),
            tuple(
                FaultTraffic(*key, number)
                for key, number in sorted(
                    self._faults.items(), key=lambda each: (-each[1], each[0][:2], each[0][2] or 0)
                )
            ),
        )

    def _step(self, id: str, kind: str, of: int) -> StepTraffic:
        at = self._at[id]
        stops = at.stops
        waiting = stops["waiting"] + stops["suspended"]
        ends = stops["complete"], stops["faulted"], stops["terminated"]
        return StepTraffic(id, kind, of, at.took, at.runs, *ends, waiting, _waits(at.seconds))


def _standing(journey: Journey) -> str:
    if journey.status == "Terminated":
        failed = journey.faults or any(run.status == "Failed" for run in journey.runs)
        return "faulted" if failed else "terminated"
    return {"Complete": "complete", "Suspended": "suspended"}.get(journey.status, "waiting")


def _stops(journey: Journey, standing: str, paths: Paths | None, routes: Routes) -> Iterator[str]:
    """The steps at which an instance ended or is now."""
    if standing == "complete":
        if paths is not None and paths.last is not None:
            yield paths.last
    elif standing == "faulted":
        yield from (step for step, _ in journey.faults)
        yield from (run.step for run in journey.runs if run.status == "Failed")
    elif standing == "terminated":
        # A wait that timed out is Cancelled, too, but earlier.
        ended = journey.ended
        at = {each.step for each in journey.runs if each.status == "Cancelled" and each.ended == ended}
        yield from at - _around(at, routes)
    else:
        at = {run.step for run in journey.runs if run.active}
        yield from at - _around(at, routes)


def _around(steps: set[str], routes: Routes) -> set[str]:
    """The ``If`` steps among ``steps`` that run only because a step inside them runs."""
    return {step for step in steps if steps & routes.enclosed.get(step, frozenset())}


def _waits(seconds: list[float]) -> Waits | None:
    if not seconds:
        return None
    seconds.sort()
    return Waits(median(seconds), seconds[-(-95 * len(seconds) // 100) - 1])

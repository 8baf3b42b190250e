"""Replays a recorded conversation on the version that ran, and finds out what came in from outside. No I/O.

The log has the steps in the order of their beginnings, with their times and statuses, but neither edges nor results.
A replay takes the times of everything from the log, and the results as far as outputs kept them. If a condition reads
what isn't recorded, the steps that follow in the log show its result. A replay counts only if it is the only one that
fits the log, the final data and the status.
"""

from __future__ import annotations

from pulumi_8x8.evidence.attempt import Attempt, Replay
from pulumi_8x8.evidence.choices import Choices, WrongWay
from pulumi_8x8.evidence.interpreter import Steps
from pulumi_8x8.evidence.records import Record
from pulumi_8x8.evidence.unknowns import Undetermined, has_marks
from pulumi_8x8.simulator import SimulatorSettings

#: How many ways through an instance are tried.
_MOST_WAYS = 64


class Refuted(Undetermined):
    """No replay fits the record."""


def replay(record: Record, steps: Steps, settings: SimulatorSettings, touched: set[str]) -> Replay:
    """Replays a conversation on the steps that it ran.

    :param touched: gets the settings for unsettled facts that may make a difference.
    :raises Refuted: no replay fits its record. :raises Undetermined: several do, or it isn't over.
    """
    if not record.is_over:
        raise Undetermined("it hasn't ended yet")
    if not _has_times(record):
        raise Undetermined("its log lacks times")
    if has_marks(dict(record.data)) or any(has_marks(dict(step)) for step in steps):
        raise Undetermined("it has letters that a backtest uses itself")
    found: list[Replay] = []
    wrong: Undetermined | None = None
    ways: list[tuple[int, ...]] = [()]
    tried = 0
    while ways:
        choices = Choices(ways.pop())
        attempt = Attempt(record, steps, settings, choices)
        tried += 1
        try:
            found.append(attempt.run())
        except WrongWay as error:
            wrong = wrong or Refuted(f"version {record.version} doesn't go as its log shows: {error}")
        except Undetermined as error:
            wrong = error
        touched |= attempt.engine.touched
        ways += choices.others
        if len(found) > 1 or tried > _MOST_WAYS:
            raise Undetermined("its log fits several ways through the workflow, since no output kept what decides")
    if not found:
        raise wrong or Refuted(f"version {record.version} doesn't go as its log shows")
    return found[0]


def _has_times(record: Record) -> bool:
    """Whether the log has the times of all that began and ended."""
    begun = (run.started is not None or run.status in ("Pending", "Cancelled") for run in record.runs)
    over = (run.ended is not None or run.status in ("Pending", "Cancelled") for run in record.runs)
    return record.has_log and record.started is not None and all(begun) and all(over)

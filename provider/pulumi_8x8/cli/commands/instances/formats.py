"""Formats of an instance, its steps and its errors: lines for people, and JSON objects for programs. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pulumi_8x8.cli.support.output import seconds_between, show_moment, show_seconds
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi_8x8.api import Fault, Instance, Log
    from pulumi_8x8.cli.support.target import Target

#: Part of a published run-time error -> what it means and what to do (the vendor's page on troubleshooting).
_HINTS = {
    "Unexpected character encountered while parsing value": (
        "the answer to the HTTP request isn't JSON: try its URL with curl"
    ),
    "Invalid 'msisdn'": "the number isn't in E.164 format, such as +6512345678: check where the step gets it from",
    "Empty 'user'": "the step's user is empty: check where the step gets it from",
    "Failed to evaluate the expression": (
        "a script reads a member of a missing value: check for it first, such as data.reply != null"
    ),
    "Invalid subaccount id": "the step's subAccountId isn't a sub-account of this account",
}

#: The next step after an instance stopped at an error.
NEXT = (
    "A stopped instance can't continue. A change of the workflow applies to instances that start after it is deployed."
)


def instance_key(target: Target, instance_id: str, version: int) -> dict[str, Any]:
    """Which instance it is, as JSON."""
    return {"workflow": target.label, "definitionId": target.id, "instanceId": instance_id, "version": version}


def instance_data(target: Target, instance: Instance) -> dict[str, Any]:
    """An instance as JSON."""
    return {
        **instance_key(target, instance.id, instance.version),
        "status": instance.status,
        "startedAt": instance.started_at,
        "completedAt": instance.completed_at or None,
        "seconds": seconds(instance),
    }


def log_data(log: Log) -> dict[str, Any]:
    """What a step did, as JSON."""
    return {
        "id": log.id,
        "step": log.step,
        "status": log.status,
        "startedAt": log.started_at or None,
        "completedAt": log.completed_at or None,
    }


def fault_data(fault: Fault) -> dict[str, Any]:
    """An error as JSON."""
    return {"step": fault.step, "message": fault.message, "time": fault.time, "hint": _hint(fault.message)}


def seconds(instance: Instance) -> float | None:
    """How long the instance ran or has been running; ``None`` if it ended at an unknown time."""
    if instance.is_over and not instance.completed_at:
        return None
    return seconds_between(instance.started_at, instance.completed_at)


def log_seconds(log: Log) -> str:
    """How long a step took; empty until it ends."""
    return show_seconds(seconds_between(log.started_at, log.completed_at)) if log.completed_at else ""


def fault_lines(faults: Sequence[Fault], following: bool = True) -> Iterator[str]:
    """Describes why an instance was terminated.

    :param following: whether the last line is the next step.
    """
    for fault in faults:
        yield f"error in {printable(fault.step)}, {show_moment(fault.time)}: {printable(fault.message)}"
        if hint := _hint(fault.message):
            yield f"  {hint}"
    if not faults:
        yield "No error: the instance was terminated manually."
    elif following:
        yield NEXT


def _hint(message: str) -> str | None:
    """What a published error message means, and what to do; ``None`` for another message."""
    return next((hint for part, hint in _HINTS.items() if part.lower() in message.lower()), None)

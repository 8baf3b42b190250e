"""Defines the state of an instance between two steps: a frozen value, with its JSON form. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, cast

from pulumi_8x8.simulator.http import HttpCall

Status = Literal["Runnable", "Suspended", "Complete", "Terminated"]
RunStatus = Literal["Pending", "Running", "Complete", "Sleeping", "WaitingForEvent", "Failed", "Cancelled"]


@dataclass(frozen=True)
class Run:
    """One execution of one step.

    :ivar id: UUID. :ivar step_id: the id of the step in the definition.
    :ivar parent: the id of the If run that contains this one; ``None`` on the top level.
    :ivar after: the id of the run that led to this one; ``None`` at the start.
    :ivar wake_at: when it continues by itself: the end of the sleep, or of the wait for an event.
    :ivar event: the key that a WaitingForEvent run waits for, see :mod:`pulumi_8x8.simulator.events`.
    :ivar call: the HTTP call that a Running run has to make.
    :ivar received: the event's body, or the call's answer as JSON. The instance handles it when it runs next.
    """

    id: str
    step_id: str
    status: RunStatus
    parent: str | None = None
    after: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    wake_at: datetime | None = None
    event: str | None = None
    call: HttpCall | None = None
    received: dict[str, Any] | None = None

    @property
    def active(self) -> bool:
        return self.status not in ("Complete", "Failed", "Cancelled")


@dataclass(frozen=True)
class InstanceError:
    """Why an instance faulted."""

    step_id: str
    message: str
    time: datetime


@dataclass(frozen=True)
class Instance:
    """A workflow instance.

    :ivar data: the context, ``data`` in its scripts; JSON.
    :ivar runs: past and pending executions of steps, in the order of their creation.
    :ivar busy_steps: the number of steps since it last slept.
    """

    status: Status
    data: dict[str, Any]
    started_at: datetime
    completed_at: datetime | None = None
    runs: tuple[Run, ...] = ()
    errors: tuple[InstanceError, ...] = ()
    busy_steps: int = 0

    @property
    def ended(self) -> bool:
        return self.status in ("Complete", "Terminated")

    def due(self) -> datetime | None:
        """When it has something to do (``started_at`` means now); ``None`` if it does nothing by itself."""
        if self.status != "Runnable":
            return None
        active = [run for run in self.runs if run.status == "Pending" or (run.active and run.wake_at)]
        moments = [run.wake_at or self.started_at for run in active]
        return min(moments, default=None)

    def waiting(self) -> list[Run]:
        """The runs that wait for an event."""
        return [run for run in self.runs if run.status == "WaitingForEvent" and run.received is None]

    def calling(self) -> list[Run]:
        """The runs whose HTTP call has no answer yet."""
        return [run for run in self.runs if run.active and run.call is not None and run.received is None]

    def to_json(self) -> dict[str, Any]:
        """The instance as a JSON value; :meth:`from_json` reads it."""
        return {
            "status": self.status,
            "data": self.data,
            "startedAt": self.started_at.isoformat(),
            "completedAt": _text(self.completed_at),
            "busySteps": self.busy_steps,
            "runs": [_run_to_json(run) for run in self.runs],
            "errors": [
                {"stepId": error.step_id, "message": error.message, "time": error.time.isoformat()}
                for error in self.errors
            ],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Instance:
        """The instance that :meth:`to_json` wrote."""
        return cls(
            status=cast(Status, value["status"]),
            data=value["data"],
            started_at=datetime.fromisoformat(value["startedAt"]),
            completed_at=_moment(value["completedAt"]),
            busy_steps=value["busySteps"],
            runs=tuple(_run_from_json(run) for run in value["runs"]),
            errors=tuple(
                InstanceError(error["stepId"], error["message"], datetime.fromisoformat(error["time"]))
                for error in value["errors"]
            ),
        )


def _run_to_json(run: Run) -> dict[str, Any]:
    members = {
        "id": run.id,
        "stepId": run.step_id,
        "status": run.status,
        "parent": run.parent,
        "after": run.after,
        "startedAt": _text(run.started_at),
        "completedAt": _text(run.completed_at),
        "wakeAt": _text(run.wake_at),
        "event": run.event,
        "call": asdict(run.call) if run.call else None,
        "received": run.received,
    }
    return {name: member for name, member in members.items() if member is not None}


def _run_from_json(value: Mapping[str, Any]) -> Run:
    return Run(
        id=value["id"],
        step_id=value["stepId"],
        status=cast(RunStatus, value["status"]),
        parent=value.get("parent"),
        after=value.get("after"),
        started_at=_moment(value.get("startedAt")),
        completed_at=_moment(value.get("completedAt")),
        wake_at=_moment(value.get("wakeAt")),
        event=value.get("event"),
        call=HttpCall(**value["call"]) if "call" in value else None,
        received=value.get("received"),
    )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

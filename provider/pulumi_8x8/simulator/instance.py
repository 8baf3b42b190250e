"""What an instance is between two steps: a frozen value that JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

Status = Literal["Runnable", "Suspended", "Complete", "Terminated"]
RunStatus = Literal["Pending", "Running", "Complete", "Sleeping", "WaitingForEvent", "Failed", "Cancelled"]


@dataclass(frozen=True)
class Run:
    """One execution of one step.

    :ivar id: UUID. :ivar step_id: of the step in the definition.
    :ivar wake_at: when a Sleeping run goes on.
    :ivar parent: the id of the run inside which this one happens (If), ``None`` on the top level.
    """

    id: str
    step_id: str
    status: RunStatus
    parent: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    wake_at: datetime | None = None

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

    :ivar data: the context that its scripts see as ``data``; JSON.
    :ivar runs: what was and is to be executed, in the order of beginning.
    :ivar busy_steps: how many steps it has done since it last slept.
    """

    status: Status
    data: dict[str, Any]
    started_at: datetime
    completed_at: datetime | None = None
    runs: tuple[Run, ...] = ()
    errors: tuple[InstanceError, ...] = ()
    busy_steps: int = 0

    def due(self) -> datetime | None:
        """When it has something to do (its start for "at once"), ``None`` when nothing by itself."""
        if self.status != "Runnable":
            return None
        moments = [run.wake_at or self.started_at for run in self.runs if run.status in ("Pending", "Sleeping")]
        return min(moments, default=None)

    def to_json(self) -> dict[str, Any]:
        """The instance as a JSON value; :meth:`from_json` reads it."""
        return {
            "status": self.status,
            "data": self.data,
            "startedAt": self.started_at.isoformat(),
            "completedAt": _text(self.completed_at),
            "busySteps": self.busy_steps,
            "runs": [
                {
                    "id": run.id,
                    "stepId": run.step_id,
                    "status": run.status,
                    "parent": run.parent,
                    "startedAt": _text(run.started_at),
                    "completedAt": _text(run.completed_at),
                    "wakeAt": _text(run.wake_at),
                }
                for run in self.runs
            ],
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
            runs=tuple(
                Run(
                    id=run["id"],
                    step_id=run["stepId"],
                    status=cast(RunStatus, run["status"]),
                    parent=run["parent"],
                    started_at=_moment(run["startedAt"]),
                    completed_at=_moment(run["completedAt"]),
                    wake_at=_moment(run["wakeAt"]),
                )
                for run in value["runs"]
            ),
            errors=tuple(
                InstanceError(error["stepId"], error["message"], datetime.fromisoformat(error["time"]))
                for error in value["errors"]
            ),
        )


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

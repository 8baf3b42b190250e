"""Defines the state of an instance between two steps: a frozen value, with its JSON form. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal, TypeVar

from pulumi_8x8.phrasing import camel_case
from pulumi_8x8.simulator.http import HttpCall

_T = TypeVar("_T")

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
    :ivar number: how many runs of the instance began before it.
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
    number: int = 0

    @property
    def active(self) -> bool:
        return self.status not in ("Complete", "Failed", "Cancelled")

    def to_json(self) -> dict[str, Any]:
        """The run as a JSON value; :meth:`from_json` reads it."""
        value: dict[str, Any] = _to_json(self)
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Run:
        """The run that :meth:`to_json` wrote."""
        members = _members(value)
        if "call" in members:
            members["call"] = HttpCall(**members["call"])
        return cls(**members)


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
    :ivar runs: executions of steps that haven't ended, in the order of their creation. What has ended is with whoever
        runs the instance (:attr:`Advance.ended`), so that a step costs the same after many others.
    :ivar begun: the number of runs so far.
    :ivar kept: the names of the trigger's members that outputs without a script leave alone.
    :ivar busy_steps: the number of steps since it last slept.
    :ivar busy_time: the seconds of processor time that they took.
    """

    status: Status
    data: dict[str, Any]
    started_at: datetime
    completed_at: datetime | None = None
    runs: tuple[Run, ...] = ()
    errors: tuple[InstanceError, ...] = ()
    begun: int = 0
    kept: tuple[str, ...] = ()
    busy_steps: int = 0
    busy_time: float = 0.0

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
        value: dict[str, Any] = _to_json(self)
        return value

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Instance:
        """The instance that :meth:`to_json` wrote."""
        members = _members(value)
        members["runs"] = tuple(Run.from_json(each) for each in members["runs"])
        members["kept"] = tuple(members.get("kept", ()))
        members["errors"] = tuple(InstanceError(**_members(each)) for each in members["errors"])
        return cls(**members)


def changed(value: _T, **changes: Any) -> _T:
    """A copy with other values of some fields. ``dataclasses.replace`` does the same in five times the time."""
    new = object.__new__(type(value))
    new.__dict__.update(value.__dict__, **changes)
    return new


#: Fields by member.
_FIELDS = {camel_case(each.name): each.name for kind in (Instance, Run, InstanceError) for each in fields(kind)}
_MOMENTS = {"started_at", "completed_at", "wake_at", "time"}


def _to_json(value: Any) -> Any:
    match value:
        case HttpCall():
            return asdict(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return [_to_json(each) for each in value]
        case Instance() | Run() | InstanceError():
            members = {each.name: getattr(value, each.name) for each in fields(value)}
            return {camel_case(name): _to_json(member) for name, member in members.items() if member is not None}
    return value


def _members(value: Mapping[str, Any]) -> dict[str, Any]:
    named = {_FIELDS[name]: member for name, member in value.items() if member is not None}
    return {name: datetime.fromisoformat(each) if name in _MOMENTS else each for name, each in named.items()}

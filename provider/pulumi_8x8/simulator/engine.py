"""The one place that does what steps say."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pulumi_8x8.simulator.clock import Clock
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.instance import Instance, InstanceError, Run
from pulumi_8x8.simulator.outcomes import Fault, Inside, Message, Next, Outcome, Send, Sleep
from pulumi_8x8.simulator.scripts import ScriptError, Scripts
from pulumi_8x8.simulator.settings import SimulatorSettings
from pulumi_8x8.simulator.steps import STEP_TYPES, StepCall
from pulumi_8x8.simulator.values import truthy


@dataclass(frozen=True)
class Advance:
    """One step on: the instance as it is now, and the message that went out meanwhile."""

    instance: Instance
    sent: Message | None = None


class Engine:
    """Runs instances of one version of a definition. Immutable: every method gives a new instance.

    :param steps: the definition's steps as JSON; the first one is the start, and of equal ids the first counts.
    :param clock: the time.
    :param settings: see :class:`SimulatorSettings`.
    """

    def __init__(
        self, steps: Sequence[Mapping[str, Any]], clock: Clock, settings: SimulatorSettings | None = None
    ) -> None:
        self._clock = clock
        self._settings = settings or SimulatorSettings()
        self._scripts = Scripts(functions(clock), self._settings.null_member)
        self._start = str(steps[0].get("id")) if steps else None
        self._steps: dict[str, Mapping[str, Any]] = {}
        self._add(steps)

    def _add(self, steps: Any) -> None:
        for step in steps if isinstance(steps, list | tuple) else ():
            if isinstance(step, Mapping):
                self._steps.setdefault(str(step.get("id")), step)
                for sequence in step["do"] if isinstance(step.get("do"), list) else ():
                    self._add(sequence)

    def start(self, data: dict[str, Any]) -> Instance:
        """A new instance at the first step; nothing has run yet. ``data``: the context, JSON."""
        now = self._clock.now()
        runs = (_pending(self._start, None),) if self._start is not None else ()
        return _settle(Instance("Runnable", data, now, runs=runs), now)

    def advance(self, instance: Instance) -> Advance | None:
        """Do the next thing that is due: wake a sleeping run or execute a pending one. ``None``: nothing is due."""
        now = self._clock.now()
        if instance.status != "Runnable":
            return None
        for run in instance.runs:
            if run.status == "Sleeping" and run.wake_at is not None and run.wake_at <= now:
                slept = run.started_at is not None and run.wake_at > run.started_at
                awake = replace(instance, busy_steps=0) if slept else instance
                return Advance(_settle(self._leave(self._go_on(awake, run, None, now), now), now))
        for run in instance.runs:
            if run.status == "Pending":
                return self._execute(instance, run, now)
        return None

    def _execute(self, instance: Instance, run: Run, now: datetime) -> Advance:
        run = replace(run, status="Running", started_at=now)
        instance = _put(replace(instance, busy_steps=instance.busy_steps + 1), run)
        sent: Message | None = None
        match self._outcome(instance, run):
            case Fault(message):
                instance = _fault(instance, run, message, now)
            case Sleep(duration):
                try:
                    wake_at = now + duration
                except OverflowError:
                    instance = _fault(instance, run, "Invalid duration: it ends after the year 9999.", now)
                else:
                    instance = _put(instance, replace(run, status="Sleeping", wake_at=wake_at))
            case Inside(starts):
                inner = tuple(_pending(start, run.id) for start in starts if start in self._steps)
                instance = replace(instance, runs=instance.runs + inner)
            case Send(message, result):
                sent = message
                instance = self._go_on(instance, run, result, now)
            case Next(result):
                instance = self._go_on(instance, run, result, now)
        return Advance(_settle(self._leave(instance, now), now), sent)

    def _outcome(self, instance: Instance, run: Run) -> Outcome:
        if instance.busy_steps > self._settings.max_busy_steps:
            return Fault(f"The workflow goes in circles: {self._settings.max_busy_steps} steps without a pause.")
        step = self._steps[run.step_id]
        step_type = step.get("stepType")
        body = STEP_TYPES.get(step_type.lower()) if isinstance(step_type, str) else None
        if body is None:
            known = ", ".join(sorted(STEP_TYPES))
            return Fault(f"Step type {step_type!r} cannot be run here; these can: {known} (in any case).")
        inputs = step.get("inputs")
        try:
            evaluated = self._scripts.evaluate(inputs if isinstance(inputs, dict) else {}, instance.data)
        except ScriptError as error:
            return Fault(str(error))
        return body(StepCall(run.step_id, step, evaluated))

    def _go_on(self, instance: Instance, run: Run, result: Any, now: datetime) -> Instance:
        """Complete a run: apply its outputs, then choose what comes next while ``step`` can still be read."""
        step = self._steps[run.step_id]
        outputs = step.get("outputs")
        try:
            added = self._scripts.evaluate(outputs, instance.data, result) if isinstance(outputs, dict) else {}
            data = {**instance.data, **added}
            following = self._following(step, data, result)
        except ScriptError as error:
            return _fault(instance, run, str(error), now)
        instance = _put(replace(instance, data=data), replace(run, status="Complete", completed_at=now, wake_at=None))
        # An id that does not exist ends the path: published definitions use it to say "stop".
        inner = tuple(_pending(id, run.parent) for id in following if id in self._steps)
        return replace(instance, runs=instance.runs + inner)

    def _following(self, step: Mapping[str, Any], data: dict[str, Any], result: Any) -> list[str]:
        edges = step.get("selectNextStep")
        if isinstance(edges, dict) and edges:
            conditions = {id: script for id, script in edges.items() if script is not None}
            chosen = [id for id, script in conditions.items() if truthy(self._scripts.evaluate(script, data, result))]
            return chosen or [id for id in edges if id not in conditions]
        following = step.get("nextStepId")
        return [] if following is None else [str(following)]

    def _leave(self, instance: Instance, now: datetime) -> Instance:
        """Go on after every run whose inner paths have all ended, innermost first."""
        while instance.status == "Runnable":
            busy = {run.parent for run in instance.runs if run.active}
            done = [run for run in instance.runs if run.status == "Running" and run.id not in busy]
            if not done:
                break
            instance = self._go_on(instance, done[-1], None, now)
        return instance

    def suspend(self, instance: Instance) -> Instance:
        """The instance, on hold when it was Runnable."""
        return replace(instance, status="Suspended") if instance.status == "Runnable" else instance

    def resume(self, instance: Instance) -> Instance:
        """The instance, Runnable again when it was on hold. What should have woken meanwhile is due at once."""
        return replace(instance, status="Runnable") if instance.status == "Suspended" else instance

    def terminate(self, instance: Instance) -> Instance:
        """The instance, ended for good when it had not ended yet."""
        if instance.status in ("Complete", "Terminated"):
            return instance
        return _end(instance, self._clock.now())


def _pending(step_id: str, parent: str | None) -> Run:
    return Run(str(uuid.uuid4()), step_id, "Pending", parent)


def _put(instance: Instance, run: Run) -> Instance:
    return replace(instance, runs=tuple(run if other.id == run.id else other for other in instance.runs))


def _fault(instance: Instance, run: Run, message: str, now: datetime) -> Instance:
    failed = _put(instance, replace(run, status="Failed", completed_at=now, wake_at=None))
    return _end(replace(failed, errors=(*failed.errors, InstanceError(run.step_id, message, now))), now)


def _end(instance: Instance, now: datetime) -> Instance:
    runs = tuple(
        replace(run, status="Cancelled", completed_at=now, wake_at=None) if run.active else run
        for run in instance.runs
    )
    return replace(instance, status="Terminated", completed_at=now, runs=runs)


def _settle(instance: Instance, now: datetime) -> Instance:
    if instance.status == "Runnable" and not any(run.active for run in instance.runs):
        return replace(instance, status="Complete", completed_at=now)
    return instance

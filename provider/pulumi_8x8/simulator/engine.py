"""Runs instances: applies the outcomes of steps, one at a time. No I/O; the caller makes HTTP calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from pulumi_8x8.definition.steps import If, published_step_type
from pulumi_8x8.simulator.behaviour import BEHAVIOUR, StepCall
from pulumi_8x8.simulator.chance import CHANCE, new_id
from pulumi_8x8.simulator.clock import Clock
from pulumi_8x8.simulator.conversions import truthy
from pulumi_8x8.simulator.events import result_member
from pulumi_8x8.simulator.functions import functions
from pulumi_8x8.simulator.http import HttpAnswer, NotJson
from pulumi_8x8.simulator.instance import Instance, InstanceError, Run, RunStatus, changed
from pulumi_8x8.simulator.outcomes import Call, Fault, Inside, Message, Next, Outcome, Refusal, Send, Sleep, WaitFor
from pulumi_8x8.simulator.refusals import refusal, refuse
from pulumi_8x8.simulator.sandbox import Budget, Reason, ScriptError, Scripts, ScriptTemplate
from pulumi_8x8.simulator.settings import SimulatorSettings
from pulumi_8x8.simulator.trace import Event, without_credentials


@dataclass(frozen=True)
class Advance:
    """The result of one advance: the new instance, the message that it sent, what happened, and the runs that ended.

    The caller makes the HTTP calls in :meth:`Instance.calling`.
    """

    instance: Instance
    sent: Message | None = None
    events: tuple[Event, ...] = ()
    ended: tuple[Run, ...] = ()


class Engine:
    """Runs instances of one version of a definition. Instances are immutable: every method returns a new one.

    :param steps: the definition's steps as JSON. The first is the start. Of steps with the same id, the first counts.
    :param clock: the source of the time.
    :param settings: see :class:`SimulatorSettings`.
    :param chance: the source of ids and random numbers.
    :param refused: why the messaging API refuses a message, if it does.
    """

    def __init__(
        self,
        steps: Sequence[Mapping[str, Any]],
        clock: Clock,
        settings: SimulatorSettings | None = None,
        chance: Random = CHANCE,
        refused: Callable[[Message], Refusal | None] = refusal,
    ) -> None:
        self._clock = clock
        self.chance = chance
        self.refused = refused
        self.settings = settings or SimulatorSettings()
        self.scripts = Scripts(functions(clock, chance), self.settings.null_member)
        self._start = str(steps[0].get("id")) if steps else None
        #: All steps by id, also those inside others.
        self.steps: dict[str, Mapping[str, Any]] = {}
        self._add(steps)
        # By the identity of a part of a step, which lives as long as this.
        self._templates: dict[int, ScriptTemplate] = {}

    def _add(self, steps: Any) -> None:
        for step in steps if isinstance(steps, list | tuple) else ():
            if isinstance(step, Mapping):
                self.steps.setdefault(str(step.get("id")), step)
                for sequence in step["do"] if isinstance(step.get("do"), list) else ():
                    self._add(sequence)

    def evaluate(
        self, value: dict[str, Any], data: dict[str, Any], step: Any, budget: Budget
    ) -> tuple[dict[str, Any], Callable[[str], list[Reason]]]:
        """A member of a step, its scripts evaluated, and what returns the reasons for the value of one of its members.

        :raises ScriptError: one of the scripts fails.
        """
        template = self._template(value)
        reasons: list[tuple[Reason, ...]] = []
        filled = self.scripts.fill(template, data, step, budget, reasons)
        return filled, lambda name: [reason for place in template.members.get(name, ()) for reason in reasons[place]]

    def start(self, data: dict[str, Any]) -> Instance:
        """A new instance before its first step. ``data`` is the context, JSON."""
        now = self._clock.now()
        turn = _Turn(self, Instance("Runnable", data, now, kept=self._kept(data)), now)
        if self._start is not None:
            turn.begin(self._start)
        return turn.done().instance

    def _kept(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        if self.settings.plain_output == "store":
            return ()
        outputs = [step["outputs"] for step in self.steps.values() if isinstance(step.get("outputs"), dict)]
        return tuple(sorted(name for each in outputs for name in each if name in data and self.is_plain(each, name)))

    def is_plain(self, value: dict[str, Any], name: str) -> bool:
        """Whether a member of a member of a step has no scripts."""
        return not self._template(value).members.get(name)

    def _template(self, value: dict[str, Any]) -> ScriptTemplate:
        template = self._templates.get(id(value))
        if template is None:
            template = self._templates[id(value)] = self.scripts.template(value)
        return template

    def advance(self, instance: Instance) -> Advance | None:
        """Does the next thing that is due: continues a run that slept or waited, or executes a pending run.

        :returns: ``None`` if nothing is due.
        """
        run = self.next_run(instance)
        return None if run is None else self.proceed(instance, run)

    def next_run(self, instance: Instance) -> Run | None:
        """The run that continues next: one that slept or waited until now, or else the first pending one."""
        if instance.status != "Runnable":
            return None
        now = self._clock.now()
        due = [(run.wake_at, run) for run in instance.runs if run.wake_at and run.wake_at <= now]
        if due:
            return min(due, key=lambda each: each[0])[1]
        return next((run for run in instance.runs if run.status == "Pending"), None)

    def proceed(self, instance: Instance, run: Run) -> Advance:
        """Executes a pending run of a Runnable instance, or continues one that slept or waited."""
        begins = time.thread_time()
        turn = _Turn(self, instance, self._clock.now())
        if run.status == "Pending":
            turn.execute(run)
        else:
            turn.wake(run)
        done = turn.done()
        return changed(done, instance=self.charge(done.instance, time.thread_time() - begins + turn.budget.spent))

    def deliver(self, instance: Instance, keys: Sequence[str], body: dict[str, Any]) -> Instance | None:
        """The instance with an event for every run that waits for it; ``None`` if no run waits.

        A suspended instance handles the event when it is resumed (the emulator's choice).
        """
        now = self._clock.now()
        runs = [run for run in instance.waiting() if run.event in keys and (run.wake_at is None or run.wake_at > now)]
        if not runs:
            return None
        for run in runs:
            instance = _put(instance, changed(run, received=body, wake_at=now))
        return instance

    def answer(self, instance: Instance, run_id: str, answer: HttpAnswer) -> Instance:
        """The instance with the answer to a run's HTTP call; unchanged if the run doesn't wait for an answer."""
        for run in instance.calling():
            if run.id == run_id:
                return _put(instance, changed(run, received=answer.to_json(), wake_at=self._clock.now()))
        return instance

    def suspend(self, instance: Instance) -> Instance:
        """The instance, suspended if it was Runnable."""
        return changed(instance, status="Suspended") if instance.status == "Runnable" else instance

    def resume(self, instance: Instance) -> Instance:
        """The instance, Runnable if it was suspended. Timers that ended meanwhile are due now."""
        return changed(instance, status="Runnable") if instance.status == "Suspended" else instance

    def terminate(self, instance: Instance) -> Advance:
        """The instance, terminated if it hadn't ended, and its runs."""
        if instance.ended:
            return Advance(instance)
        turn = _Turn(self, instance, self._clock.now())
        turn.end()
        return turn.done()

    def fault(self, instance: Instance, message: str) -> Advance:
        """The instance, ended by an error of the step that it would do next; an ended one doesn't change."""
        if instance.ended:
            return Advance(instance)
        turn = _Turn(self, instance, self._clock.now())
        turn.fault(next(iter(instance.runs), None), message)
        return turn.done()

    def charge(self, instance: Instance, seconds: float) -> Instance:
        """The instance after a step that took ``seconds`` of processor time."""
        return changed(instance, busy_time=instance.busy_time + seconds)


class _Turn:
    """One :meth:`Engine.advance` in progress."""

    def __init__(self, engine: Engine, instance: Instance, now: datetime) -> None:
        self._engine = engine
        self._now = now
        self._instance = instance
        self._sent: Message | None = None
        self._events: list[Event] = []
        self._ended: list[Run] = []
        self.budget = Budget(engine.settings.max_step_time)

    def done(self) -> Advance:
        """Continues every run whose inner paths have all ended, innermost first; completes the instance at its end."""
        while self._instance.status == "Runnable":
            busy = {run.parent for run in self._instance.runs}
            left = [
                run
                for run in self._instance.runs
                if run.status == "Running" and run.call is None and run.id not in busy
            ]
            if not left:
                break
            self._go_on(left[-1], None)
        paths, most = len(self._instance.runs), self._engine.settings.max_paths
        if paths > most:
            self.fault(self._instance.runs[-1], f"The workflow has more than {most:,} paths at the same time.")
        if self._instance.status == "Runnable" and not self._instance.runs:
            self._instance = changed(self._instance, status="Complete", completed_at=self._now)
            self._note("", "complete")
        return Advance(self._instance, self._sent, tuple(self._events), tuple(self._ended))

    def begin(self, step_id: str, parent: str | None = None, after: str | None = None) -> None:
        instance = self._instance
        run = Run(new_id(self._engine.chance), step_id, "Pending", parent, after, number=instance.begun)
        self._instance = changed(instance, runs=(*instance.runs, run), begun=instance.begun + 1)

    def wake(self, run: Run) -> None:
        """Continues a run that slept, waited or made a call."""
        if run.call is not None:
            answer = HttpAnswer(**run.received or {})
            self._note(run.step_id, "answer", **answer.to_json())
            try:
                result = answer.result() if answer.failure is None else None
            except NotJson as error:
                answer = HttpAnswer(failure=str(error))
            if answer.failure is not None:
                self.fault(run, answer.failure)
                return
            self._go_on(run, result)
            return
        if run.started_at is None or (run.wake_at or self._now) > run.started_at:
            self._instance = changed(self._instance, busy_steps=0, busy_time=0.0)
        if run.event is None:
            self._go_on(run, None)
            return
        self._note(run.step_id, "received" if run.received is not None else "timeout", body=run.received)
        # A wait that timed out is Cancelled in the log (OpenAPI file, workflowLog), and its path continues.
        self._go_on(
            run, {result_member(run.event): run.received}, "Complete" if run.received is not None else "Cancelled"
        )

    def execute(self, run: Run) -> None:
        """Executes a pending run and applies the outcome of its step."""
        run = changed(run, status="Running", started_at=self._now)
        self._put(run)
        self._instance = changed(self._instance, busy_steps=self._instance.busy_steps + 1)
        step_type = self._engine.steps[run.step_id].get("stepType")
        self._note(run.step_id, "step", type=step_type)
        match self._outcome(run):
            case Fault(message):
                self.fault(run, message)
            case Sleep(duration):
                self._rest(changed(run, status="Sleeping"), duration, "sleep")
            case WaitFor(event, timeout):
                self._rest(changed(run, status="WaitingForEvent", event=event), timeout, "wait", event=event)
            case Call(call):
                self._put(changed(run, call=call))
                self._note(run.step_id, "call", method=call.method, url=call.url, body=call.body)
            case Inside(starts):
                for start in starts:
                    self._edge(run, start, "inside", run.id)
            case Send() as send:
                self._send(run, send)
            case Next(result):
                self._go_on(run, result)

    def _send(self, run: Run, send: Send) -> None:
        refused = self._engine.refused(send.message)
        if refused is not None:
            send = refuse(send, refused)
        self._sent = message = send.message
        about = {"channel": message.channel, "text": message.text, "words": message.words, "body": message.body}
        if refused is not None:
            about["refused"] = {"code": refused.code, "message": refused.message}
        self._note(run.step_id, "message", **about)
        if refused is not None and self._engine.settings.refused_message == "fault":
            self.fault(run, f"Failed to send the message because {refused.message} (code {refused.code})")
        else:
            self._go_on(run, send.result)

    def _rest(self, run: Run, length: Any, kind: str, **detail: Any) -> None:
        try:
            wake_at = self._now + length
        except OverflowError:
            self.fault(run, "Invalid duration: it ends after the year 9999.")
            return
        self._put(changed(run, wake_at=wake_at))
        self._note(run.step_id, kind, until=wake_at, **detail)

    def _outcome(self, run: Run) -> Outcome:
        settings = self._engine.settings
        if self._instance.busy_steps > settings.max_busy_steps:
            return Fault(f"The workflow loops: it ran {settings.max_busy_steps} steps without a pause.")
        if self._instance.busy_time > settings.max_busy_time:
            return Fault(
                f"The workflow takes longer than {settings.max_busy_time:g} s of processor time without a pause."
            )
        step = self._engine.steps[run.step_id]
        step_type = step.get("stepType")
        name = published_step_type(step_type)
        body = BEHAVIOUR.get(name) if isinstance(name, str) else None
        if body is None:
            known = ", ".join(sorted(BEHAVIOUR))
            return Fault(f"Step type {step_type!r} isn't known. The known types are {known}, in upper or lower case.")
        inputs = step.get("inputs")
        inputs = inputs if isinstance(inputs, dict) else {}
        try:
            evaluated, why = self._evaluate(inputs, self._instance.data)
        except ScriptError as error:
            return Fault(str(error))
        if evaluated:
            self._note(run.step_id, "inputs", inputs=without_credentials(evaluated))
        if name == If.step_type:
            condition = evaluated.get("condition")
            self._condition(run.step_id, "inside", inputs.get("condition"), condition, why("condition"))
        return body(StepCall(run.step_id, step, evaluated, self._engine.chance))

    def _go_on(self, run: Run, result: Any, status: RunStatus = "Complete") -> None:
        """Completes a run: applies its outputs, then chooses the next steps while scripts can still read ``step``."""
        step = self._engine.steps[run.step_id]
        outputs = step.get("outputs")
        try:
            outputs = outputs if isinstance(outputs, dict) else {}
            added, _ = self._evaluate(outputs, self._instance.data, result)
            if kept := self._instance.kept:
                added = {k: v for k, v in added.items() if k not in kept or not self._engine.is_plain(outputs, k)}
            if added:
                self._note(run.step_id, "outputs", data=added)
            data = {**self._instance.data, **added} if added else self._instance.data
            following = self._following(step, data, result)
        except ScriptError as error:
            self.fault(run, str(error))
            return
        self._instance = changed(self._instance, data=data)
        self._put(changed(run, status=status, completed_at=self._now, wake_at=None))
        for to, why in following:
            self._edge(run, to, why, run.parent)

    def _following(self, step: Mapping[str, Any], data: dict[str, Any], result: Any) -> list[tuple[str, str]]:
        """The ids of the next steps, each with the reason."""
        edges = step.get("selectNextStep")
        if isinstance(edges, dict) and edges:
            conditions = {id: script for id, script in edges.items() if script is not None}
            results, why = self._evaluate(edges, data, result)
            for id, script in conditions.items():
                self._condition(str(step.get("id")), id, script, results[id], why(id))
            chosen = [(id, str(script)) for id, script in conditions.items() if truthy(results[id])]
            return chosen or [(id, "default") for id in edges if id not in conditions]
        following = step.get("nextStepId")
        return [] if following is None else [(str(following), "next")]

    def _evaluate(
        self, value: dict[str, Any], data: dict[str, Any], step: Any = None
    ) -> tuple[dict[str, Any], Callable[[str], list[Reason]]]:
        return self._engine.evaluate(value, data, step, self.budget) if value else ({}, lambda _: [])

    def _condition(self, step_id: str, to: str, script: Any, value: Any, why: Sequence[Reason]) -> None:
        because = [dict(vars(reason)) for reason in why]
        self._note(step_id, "condition", to=to, script=script, value=value, result=truthy(value), because=because)

    def _edge(self, run: Run, to: str, why: str, parent: str | None) -> None:
        # An unknown id ends the path. Published definitions use such ids on purpose.
        exists = to in self._engine.steps
        self._note(run.step_id, "edge", to=to, why=why, exists=exists)
        if exists:
            self.begin(to, parent, run.id)

    def fault(self, run: Run | None, message: str) -> None:
        """Ends the instance by an error of ``run``'s step; ``None``: of no step."""
        step_id = "" if run is None else run.step_id
        if run is not None:
            self._put(changed(run, status="Failed", completed_at=self._now, wake_at=None))
        error = InstanceError(step_id, message, self._now)
        self._instance = changed(self._instance, errors=(*self._instance.errors, error))
        self.end()
        self._note(step_id, "fault", message=message)

    def end(self) -> None:
        """Terminates the instance."""
        for run in self._instance.runs:
            self._ended.append(changed(run, status="Cancelled", completed_at=self._now, wake_at=None))
        self._instance = changed(self._instance, status="Terminated", completed_at=self._now, runs=())

    def _put(self, run: Run) -> None:
        self._instance = _put(self._instance, run)
        if not run.active:
            self._ended.append(run)

    def _note(self, step_id: str, kind: str, **detail: Any) -> None:
        self._events.append(Event(self._now, step_id, kind, detail))


def _put(instance: Instance, run: Run) -> Instance:
    """The instance with a run's new state, or without the run if it has ended."""
    new = (run,) if run.active else ()
    others = instance.runs
    place = next(place for place, other in enumerate(others) if other.id == run.id)
    return changed(instance, runs=(*others[:place], *new, *others[place + 1 :]))

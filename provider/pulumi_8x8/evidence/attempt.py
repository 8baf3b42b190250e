"""One way through a recorded instance: the version that ran, with the times of its log. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.steps import published_step_type
from pulumi_8x8.evidence.choices import Choices, WrongWay, ways_on
from pulumi_8x8.evidence.course import Act, Course, Listening, Ran, acts_of, call_key, call_text
from pulumi_8x8.evidence.interpreter import DECIDING, Interpreter, Steps
from pulumi_8x8.evidence.kept import Brought, brought, kept_by, last_writers
from pulumi_8x8.evidence.records import Record, StepRun
from pulumi_8x8.evidence.unknowns import (
    Knowledge,
    Undetermined,
    fits,
    partly,
)
from pulumi_8x8.simulator import Advance, HttpAnswer, Instance, ManualClock, Message, Refusal, Run, SimulatorSettings
from pulumi_8x8.simulator.events import result_member
from pulumi_8x8.simulator.instance import changed

#: Longer than this, and something held the instance: a person, or the service.
LONGEST_DELAY = timedelta(seconds=60)


@dataclass(frozen=True)
class KnownResult:
    """The answer to an HTTP call.

    :ivar result: ``step`` afterwards; ``None`` if the step failed: the call, or what the step did with its answer.
    :ivar afterwards: what the step did with its answer.
    """

    result: Any
    took: timedelta
    afterwards: str


@dataclass(frozen=True)
class Replay:
    """A recorded conversation, and what is known about it besides.

    :ivar start: its data at the start. :ivar brought: what the trigger brought of it.
    :ivar written: the members of the data that outputs wrote.
    :ivar answers: of HTTP calls, by what was called when, and before it.
    :ivar results: of messages, by what was sent when, as far as outputs kept them.
    :ivar refused: the messages that the API refused. :ivar sent: those that it accepted.
    :ivar margin: what happens within this time of something else may happen before or after it.
    :ivar parallel: several paths ran at a time.
    """

    record: Record
    began: datetime
    steps: Mapping[str, Mapping[str, Any]]
    settings: SimulatorSettings
    knowledge: Knowledge
    course: Course
    start: Mapping[str, Json] = field(repr=False)
    brought: Brought = field(repr=False)
    written: frozenset[str]
    answers: Mapping[str, KnownResult] = field(repr=False)
    results: Mapping[str, Any] = field(repr=False)
    refused: Mapping[str, Refusal] = field(repr=False)
    sent: frozenset[str] = field(repr=False)
    margin: timedelta = timedelta()
    parallel: bool = False


class _Recorded(Interpreter):
    """The interpreter of one attempt, which asks it about choices."""

    attempt: Attempt

    def decide(
        self, step_id: str, known: Mapping[str, bool], unknown: Mapping[str, str], why: str
    ) -> Mapping[str, bool]:
        return self.attempt.decide(step_id, known, unknown)

    def decide_inside(self, step_id: str, key: str, why: str) -> bool:
        return self.attempt.decide_inside(step_id, key)

    def allow_unknown(self, step_id: str, what: str, may_fail: bool) -> None:
        pass  # the log shows whether it failed

    def recorded_output(self, step_id: str, name: str) -> tuple[Any] | None:
        return self.attempt.recorded_output(name)

    def recorded_refusal(self, message: Message, what: str) -> Refusal | None:
        return self.attempt.recorded_refusal(super().recorded_refusal(message, what), what)

    def message_result(self, message: Message, name: str) -> Any:
        return self.attempt.message_result(name)


class Attempt:
    """One way through a recorded instance."""

    def __init__(self, record: Record, steps: Steps, settings: SimulatorSettings, choices: Choices) -> None:
        self.record = record
        self.log = record.runs
        self.choices = choices
        self.knowledge = Knowledge(lenient=settings.null_member == "null")
        self.clock = ManualClock(_known(record.started))
        self.engine = _Recorded(steps, self.clock, settings, self.knowledge)
        self.engine.attempt = self
        self.course = Course()
        self.answers: dict[str, KnownResult] = {}
        self.refused: dict[str, Refusal] = {}
        self.sent: set[str] = set()
        self._results: list[str] = []  # the names of results of messages
        self._began: dict[str, datetime] = {}  # by run, if steps take no time
        self._ended: dict[str, datetime] = {}
        self._lasts: dict[int, timedelta] = {}  # of rests, by number
        self._statuses: dict[int, str] = {}
        self._cut: dict[int, bool] = {}
        self._steps_by_run: dict[str, str] = {}
        self._calls: list[str] = []
        self._kept: dict[str, dict[tuple[str, ...], Any]] = {}  # by the name of what came
        self._call_names: dict[str, str] = {}
        self._parents: dict[str, str | None] = {}
        self._delay = timedelta()
        self._parallel = False
        self._now: Run | None = None
        self.instance: Instance
        self.writers = last_writers(record, self.engine.steps)
        keeps = settings.plain_output == "keep"  # otherwise outputs without scripts show nothing
        self.brought = brought(record, self.engine.steps, self.writers, choices) if keeps else Brought()
        if self.brought.yes or self.brought.no:
            self.engine.touched.add("plain_output")
        unknown = self.writers.keys() - self.brought.data.keys() - self.brought.no
        self.start = {
            name: self.knowledge.marks.mark(f"start {name}", f"data.{name} before it was set")
            if name in unknown
            else value
            for name, value in record.data.items()
            if name not in self.brought.no
        }

    def run(self) -> Replay:
        self.instance = self.engine.begin(self.start, self.brought.yes)
        self._check_begun(Advance(self.instance))
        while not self.instance.ended:
            run = self._next()
            if run is None:
                raise Undetermined("somebody terminated it")
            self._proceed(run)
        self._check_end()
        self.course.listened = [
            replace(each, heard=self._tree(each.name, (result_member(each.key),))) if each.name else each
            for each in self.course.listened
        ]
        return Replay(
            self.record,
            _known(self.record.started),
            self.engine.steps,
            self.engine.settings,
            self.knowledge,
            self.course,
            self.start,
            self.brought,
            frozenset(self.writers),
            self.answers,
            {name: self._tree(name, ()) for name in self._results},
            self.refused,
            frozenset(self.sent),
            timedelta(seconds=2) + 2 * self._delay,
            self._parallel,
        )

    # Times

    def _next(self) -> Run | None:
        """The run that continued next. Moves the clock there."""
        moments: list[tuple[datetime, int, datetime, Run]] = []
        pending = False
        for run in self.instance.runs:
            entry = self.log[run.number]
            if run.status == "Pending":
                if not pending and entry.started is not None:
                    moments.append((entry.started, 1, entry.started, run))
                pending = True
            elif (run.wake_at is not None or run.call is not None) and not self._is_cut(run, entry):
                ended = _known(entry.ended)
                moments.append((ended, 2 if run.call is not None else 0, run.wake_at or ended, run))
        if not moments:
            return None
        at, _, _, run = min(moments, key=lambda each: each[:3])
        self.clock.move_to(at)
        return run

    def _is_cut(self, run: Run, entry: StepRun) -> bool:
        """Whether a rest was cut off by the end of the instance."""
        if entry.ended is None:
            return True
        if entry.status != "Cancelled":
            return False
        if run.event is None:
            return True
        over = self.record.ended
        if self.record.status != "Terminated" or over is None or entry.ended < over:
            return False
        if run.number not in self._cut:
            self._cut[run.number] = self.choices.choose(2) == 0
        return self._cut[run.number]

    def _virtual(self, run: Run) -> datetime:
        """When a run began if steps take no time."""
        if run.after is None:
            return _known(self.record.started)
        return self._ended.get(run.after) or self._began[run.after]

    # One turn

    def _proceed(self, run: Run) -> None:
        entry = self.log[run.number]
        self.engine.result = None
        self._now = run
        self._parallel = self._parallel or len([each for each in self.instance.runs if each.parent == run.parent]) > 1
        if run.status == "Pending":
            self._begin(run, entry)
        elif run.call is not None:
            self._answer(run, entry)
        else:
            self._wake(run, entry)

    def _begin(self, run: Run, entry: StepRun) -> None:
        at = self._began[run.id] = self.engine.virtual = self._virtual(run)
        delay = _known(entry.started) - at
        if not timedelta(milliseconds=-10) <= delay <= LONGEST_DELAY:
            raise Undetermined("its times don't follow from its steps: somebody suspended it, or the service was slow")
        self._delay = max(self._delay, delay)
        kind = published_step_type(self.engine.steps[run.step_id].get("stepType"))
        self.course.ran.append(Ran(run.step_id, self._steps_by_run.get(run.after or "", ""), kind in DECIDING, at))
        now = self.clock.now()
        advance = self._apply(self.engine.proceed(self.instance, run), run, at)
        resting = next((each for each in advance.instance.runs if each.id == run.id), None)
        if resting is not None and resting.wake_at is not None:
            self._lasts[run.number] = resting.wake_at - now
        if resting is not None and resting.call is not None:
            called = call_text(resting.call)
            self._call_names[run.id] = call_key(called, at, self._calls)
            self._calls.append(called)

    def _answer(self, run: Run, entry: StepRun) -> None:
        began, name = self._began[run.id], self._call_names[run.id]
        took = _known(entry.ended) - _known(entry.started)
        self._ended[run.id] = self.engine.virtual = began + took
        answer, result = HttpAnswer(200), self.result(f"answer {name}", "the answer of the HTTP request", ())
        # A step that failed got no answer, or a script that read the answer failed.
        if entry.status == "Failed" and self.choices.choose(2) == 0:
            answer, result = HttpAnswer(failure="The recorded call failed."), None
        self.answers[name] = KnownResult(result, took, afterwards(self.engine.steps[run.step_id]))
        self.engine.result = result
        self._apply(self.engine.proceed(self.instance, changed(run, received=answer.to_json())), run, began + took)

    def _wake(self, run: Run, entry: StepRun) -> None:
        began = self._began[run.id]
        deadline = began + self._lasts[run.number]
        end = deadline
        if run.event is not None:
            heard, name = None, ""
            if entry.status == "Complete":
                end = max(began, _known(entry.ended))
                name = f"heard {run.event} {end.isoformat()}"
                if max(began, _known(entry.started)) >= _known(entry.ended):  # perhaps what came next, just then
                    name += f" {run.number}"
                heard = self.result(name, f"what the customer answered to `{run.step_id}`", (result_member(run.event),))
                self.engine.result = heard
                run = changed(run, received={})
            how: Literal["heard", "silent"] = "silent" if heard is None else "heard"
            about = run.event or "", run.step_id, began, deadline, end, how, name, heard
            self.course.listened.append(Listening(*about))
            self.course.acts.append(Act(how, run.step_id, end, name))
        if _known(entry.ended) + timedelta(milliseconds=10) < end:
            raise WrongWay(f"`{run.step_id}` ended early")
        if _known(entry.ended) - end > LONGEST_DELAY:
            raise Undetermined("its times don't follow from its steps: somebody suspended it, or the service was slow")
        self._delay = max(self._delay, _known(entry.ended) - end)
        self._ended[run.id] = self.engine.virtual = end
        self._apply(self.engine.proceed(self.instance, run), run, end)

    def _apply(self, advance: Advance, run: Run, at: datetime) -> Advance:
        self.instance = advance.instance
        for ended in advance.ended:
            self._statuses[ended.number] = ended.status
            if ended.id in self._began and ended.id not in self._ended:
                inside = (id_ for id_, parent in self._parents.items() if parent == ended.id)
                inner = [self._ended[id_] for id_ in inside if id_ in self._ended]
                self._ended[ended.id] = max([self._began[ended.id], *inner])
                if ended.event is not None and ended.status == "Cancelled":
                    deadline = self._began[ended.id] + self._lasts[ended.number]
                    over = _known(self.log[ended.number].ended)
                    began = self._began[ended.id]
                    self.course.listened.append(Listening(ended.event, ended.step_id, began, deadline, over, "cut"))
        self._check_begun(advance)
        self.course.acts += acts_of(advance, run, at)
        return advance

    def _check_begun(self, advance: Advance) -> None:
        """Checks that the log has the runs that began. The log has the runs in the order of their beginnings."""
        for run in (*advance.instance.runs, *advance.ended):
            if run.id in self._steps_by_run:
                continue
            if run.number >= len(self.log) or self.log[run.number].step != run.step_id:
                raise WrongWay(f"`{run.step_id}` would run where it didn't")
            self._steps_by_run[run.id] = run.step_id
            self._parents[run.id] = run.parent

    def _check_end(self) -> None:
        if self.instance.begun != len(self.log):
            raise WrongWay(f"`{self.log[self.instance.begun].step}` wouldn't run")
        for number, entry in enumerate(self.log):
            if self._statuses.get(number) != entry.status:
                raise WrongWay(f"`{entry.step}` would be {self._statuses.get(number)}, not {entry.status}")
        if self.instance.status != self.record.status:
            raise WrongWay(f"it would be {self.instance.status}, not {self.record.status}")
        if not fits(dict(self.instance.data), dict(self.record.data)):
            raise WrongWay("its data would be different at its end")
        self.course.status = self.instance.status
        self.course.data = self.instance.data

    # What the record shows

    def result(self, name: str, what: str, below: tuple[str, ...]) -> Any:
        """``step`` for the run that continues, as far as its outputs kept it.

        :param below: the member of ``step`` that came from outside.
        """
        assert self._now is not None
        outputs = self.engine.steps[self._now.step_id].get("outputs")
        last = [name for name, number in self.writers.items() if number == self._now.number]
        kept = kept_by(outputs if isinstance(outputs, dict) else {}, last, self.record.data, below)
        if below and () in kept and kept[()] is None:
            raise WrongWay(f"`{self._now.step_id}` received nothing")
        self._kept[name] = {**self._kept.get(name, {}), **kept}
        self.knowledge.marks.mark(name, what)
        return self._tree(name, below)

    def message_result(self, name: str) -> Any:
        """The same for a message."""
        self._results.append(name)
        return self.result(name, "the messaging API's answer", ())

    def _tree(self, name: str, below: tuple[str, ...]) -> Any:
        """What came under a name, as far as all outputs kept it."""
        tree = partly(self.knowledge.marks.mark(name, ""), self._kept[name])
        for member in reversed(below):
            tree = {member: tree}
        return tree

    def recorded_output(self, name: str) -> tuple[Any] | None:
        if self._now is None or self.writers.get(name) != self._now.number or name not in self.record.data:
            return None
        return (self.record.data[name],)

    def recorded_refusal(self, likely: Refusal | None, what: str) -> Refusal | None:
        assert self._now is not None
        failed = self.log[self._now.number].status == "Failed" and self.engine.settings.refused_message == "fault"
        if likely is None and failed and self.choices.choose(2) == 0:
            likely = self.refused[what] = Refusal(0, "refused")
        if likely is None:
            self.sent.add(what)
        return likely

    # Choices

    def decide(self, step_id: str, known: Mapping[str, bool], unknown: Mapping[str, str]) -> Mapping[str, bool]:
        """The results of conditions that the steps after them in the log show."""
        may_end = len(self.instance.runs) > 1 or self.instance.begun == len(self.log)
        edges = self.engine.steps[step_id]["selectNextStep"]
        options = ways_on(edges, known, list(unknown), self.engine.steps, self._follow, may_end)
        if options is None:
            raise Undetermined(f"`{step_id}` has too many conditions that read what no output kept")
        if not options:
            raise WrongWay(f"no edge of `{step_id}` leads to what ran next")
        chosen = options[self.choices.choose(len(options))]
        self.knowledge.truths |= {key: chosen[to] for to, key in unknown.items() if to in self.engine.steps}
        return chosen

    def decide_inside(self, step_id: str, key: str) -> bool:
        """The same for the condition of an If."""
        sequences = self.engine.steps[step_id].get("do")
        first = [each[0] for each in sequences or () if isinstance(each, list) and each]
        starts = [str(each.get("id")) for each in first if isinstance(each, dict)]
        found = self._follow(starts) and self.choices.choose(2) == 0
        self.knowledge.truths[key] = found
        return found

    def _follow(self, steps: Sequence[str]) -> bool:
        """Whether these steps are the next that began."""
        begun = self.instance.begun
        return [entry.step for entry in self.log[begun : begun + len(steps)]] == list(steps)


def afterwards(step: Mapping[str, Any]) -> str:
    """What a step does with its result."""
    return json.dumps([step.get("outputs"), step.get("selectNextStep")], sort_keys=True)


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise Undetermined("its log lacks times")
    return moment

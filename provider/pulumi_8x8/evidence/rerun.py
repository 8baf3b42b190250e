"""Runs a changed definition on what came in from outside in a recorded conversation. No I/O.

Customers answer what a workflow asks. So an answer of the record counts only if two things are true. The customer has
got the same messages at the same times. And the recorded instance listened to the same customer at that time: what came
at other times isn't in its record. Everything else raises :class:`~.unknowns.Undetermined`, and the course ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from pulumi_8x8.definition.steps import published_step_type
from pulumi_8x8.evidence.attempt import KnownResult, Replay, afterwards
from pulumi_8x8.evidence.course import Act, Course, Listening, Ran, acts_of, call_key, call_text
from pulumi_8x8.evidence.interpreter import DECIDING, Interpreter, Steps
from pulumi_8x8.evidence.kept import plain_outputs
from pulumi_8x8.evidence.unknowns import Undetermined, has_marks
from pulumi_8x8.simulator import HttpAnswer, Instance, ManualClock, Message, Refusal, Run
from pulumi_8x8.simulator.instance import changed
from pulumi_8x8.simulator.sandbox import Budget, Reason


def rerun(recorded: Replay, steps: Steps, touched: set[str], trigger: str | None = None) -> Course:
    """How a recorded conversation would be on other steps, as far as the record shows it.

    :param trigger: what begins conversations on these steps.
    :param touched: gets the settings for unsettled facts that may make a difference.
    """
    conversation = _Rerun(recorded, steps, trigger)
    course = conversation.run()
    touched |= conversation.touched
    return course


class _Race(Undetermined):
    """What happens from a moment on depends on which path of the instance is faster."""

    def __init__(self, why: str, since: datetime) -> None:
        super().__init__(why)
        self.since = since


class _Rerun(Interpreter):
    def __init__(self, recorded: Replay, steps: Steps, trigger: str | None) -> None:
        super().__init__(steps, ManualClock(recorded.began), recorded.settings, recorded.knowledge)
        self.recorded = recorded
        self.trigger = trigger
        self.course = Course()
        self._since: dict[str, datetime] = {}  # when waiting runs began
        self._heard: dict[str, Listening] = {}
        self._calls: list[str] = []
        self._open: set[str] = set()  # outputs without a script, if the trigger may have brought the same
        self._call_names: dict[str, str] = {}
        self._steps_by_run: dict[str, str] = {}
        self._begun: dict[str, tuple[Run, datetime]] = {}  # by run, with its time
        self._recorded_messages = {(act.at, act.what) for act in recorded.course.acts if act.kind == "message"}

    def run(self) -> Course:
        course = self.course
        recorded = self.recorded
        brought = recorded.start.keys() - recorded.written | recorded.brought.yes
        instance = self.begin(recorded.start, brought)
        open_ = plain_outputs(self.steps) & recorded.written - recorded.brought.yes - recorded.brought.no
        self._open = open_ if self.settings.plain_output == "keep" else set()
        try:
            while not instance.ended:
                run = self.next_run(instance)
                instance = self._turn(instance, run) if run is not None else self._pass_time(instance)
            course.status, course.data = instance.status, instance.data
        except Undetermined as why:
            course.after, course.until = str(why), self.clock.now()
            for run in instance.waiting():
                if run.id in self._since:
                    self._listened(run, self.clock.now(), "cut")
            if isinstance(why, _Race):
                course = course.until_then(why.since, str(why))
        return course

    # What remains unknown

    def evaluate(
        self, value: dict[str, Any], data: dict[str, Any], step: Any, budget: Budget
    ) -> tuple[dict[str, Any], Callable[[str], list[Reason]]]:
        step_id, place = self.place_of(value)
        unclear = self._open & value.keys() if place == "outputs" else ()
        if unclear and any(self.is_plain(value, name) for name in unclear):
            self.touched.add("plain_output")
            raise Undetermined(f"`{step_id}` sets data.{min(unclear)}, which the event may have brought")
        return super().evaluate(value, data, step, budget)

    def decide(
        self, step_id: str, known: Mapping[str, bool], unknown: Mapping[str, str], why: str
    ) -> Mapping[str, bool]:
        raise Undetermined(f"`{step_id}` decides by {why}, which no output kept")

    def decide_inside(self, step_id: str, key: str, why: str) -> bool:
        raise Undetermined(f"`{step_id}` decides by {why}, which no output kept")

    def allow_unknown(self, step_id: str, what: str, may_fail: bool) -> None:
        if may_fail:
            raise Undetermined(f"`{step_id}` computes with {what}, which no output kept")

    def recorded_refusal(self, message: Message, what: str) -> Refusal | None:
        if what in self.recorded.refused:
            return self.recorded.refused[what]
        return None if what in self.recorded.sent else super().recorded_refusal(message, what)

    def message_result(self, message: Message, name: str) -> Any:
        return self.recorded.results.get(name) or super().message_result(message, name)

    # One turn

    def _turn(self, instance: Instance, run: Run) -> Instance:
        now = self.virtual = self.clock.now()
        self.course.rests = False
        self.result = None
        if run.status == "Pending":
            self._begins(run)
        elif run.call is not None:
            self.result = self._answer(run).result
        else:
            self._ends(run)
        advance = self.proceed(instance, run)
        for each in (*advance.instance.runs, *advance.ended):
            self._steps_by_run.setdefault(each.id, each.step_id)
        for each in advance.ended:
            if each.event is not None and each.status == "Cancelled" and each.id in self._since:
                self._listened(each, now, "cut")
        resting = next((each for each in advance.instance.runs if each.id == run.id), None)
        if resting is not None and resting.event is not None:
            self._since[run.id] = now
        if resting is not None and resting.call is not None:
            called = call_text(resting.call)
            self._call_names[run.id] = call_key(called, now, self._calls)
            self._calls.append(called)
        acts = acts_of(advance, run, now)
        if advance.instance.ended and any(act.kind == "fault" for act in acts):
            self._check_race(instance, run)
        self.course.acts += acts
        for act in acts:
            if act.kind == "message" and has_marks(act.what) and (now, act.what) not in self._recorded_messages:
                raise Undetermined(f"`{run.step_id}` sends {self.knowledge.marks.what(act.what)}, which no output kept")
        return advance.instance

    def _check_race(self, instance: Instance, failed: Run) -> None:
        """Checks that no other path does something at about the time of a fault, which ends all of them."""
        now, own = self.clock.now(), self._path_of(failed)
        others = [at for id_, (_, at) in self._begun.items() if id_ not in own]
        for each in instance.runs:
            if each.id not in own and (each.wake_at is not None or each.status == "Pending"):
                others.append(each.wake_at or now)
        near = [at for at in others if abs(at - now) <= self.recorded.margin]
        if near:
            raise _Race(f"`{failed.step_id}` fails at about the time when another path continues", min(*near, now))

    def _path_of(self, run: Run) -> set[str]:
        """The runs that were over, or contained it, when a run began."""
        inside: dict[str | None, list[str]] = {}
        for each, _ in self._begun.values():
            inside.setdefault(each.parent, []).append(each.id)
        own: set[str] = set()

        def add_whole(id_: str) -> None:
            own.add(id_)
            for each in inside.get(id_, ()):
                add_whole(each)

        before: str | None = run.id
        while before is not None:
            own.add(before)
            each, _ = self._begun[before]
            is_first = each.after is None or each.after == each.parent
            before = each.parent if is_first else each.after
            if before is not None and not is_first:
                add_whole(before)
        return own

    def _begins(self, run: Run) -> None:
        self._begun[run.id] = run, self.clock.now()
        kind = published_step_type(self.steps[run.step_id].get("stepType"))
        before = self._steps_by_run.get(run.after or "", "")
        ran = Ran(run.step_id, before, kind in DECIDING, self.clock.now())
        place, theirs = len(self.course.ran), self.recorded.course.ran
        same = place < len(theirs) and theirs[place] == ran and not self.recorded.parallel
        self.in_step = self.in_step and same and self.steps[run.step_id] == self.recorded.steps.get(run.step_id)
        self.course.ran.append(ran)

    def _ends(self, run: Run) -> None:
        """Takes down how a rest ended."""
        if run.event is None:
            return
        heard, now = self._heard.get(run.id), self.clock.now()
        self.result = None if heard is None else heard.heard
        how: Literal["heard", "silent"] = "silent" if heard is None else "heard"
        self._listened(run, now, how)
        self.course.acts.append(Act(how, run.step_id, now, "" if heard is None else heard.name))

    def _listened(self, run: Run, end: datetime, how: Literal["heard", "silent", "cut"]) -> None:
        since = self._since.pop(run.id)
        self.course.listened.append(Listening(run.event or "", run.step_id, since, run.wake_at or end, end, how))

    def _answer(self, run: Run) -> KnownResult:
        answer = self.recorded.answers.get(self._call_names[run.id])
        if answer is None:
            raise Undetermined(f"`{run.step_id}` makes an HTTP request whose answer wasn't recorded")
        if answer.result is None and answer.afterwards != afterwards(self.steps[run.step_id]):
            raise Undetermined(f"`{run.step_id}` failed, and the record doesn't show whether its HTTP request did")
        return answer

    # Time

    def _pass_time(self, instance: Instance) -> Instance:
        """Nothing is due now: HTTP calls get their answers, or time passes until something happens."""
        for run in instance.calling():
            answer = self._answer(run)
            got = HttpAnswer(200) if answer.result is not None else HttpAnswer(failure="The recorded call failed.")
            wake_at = self.clock.now() + answer.took
            return _with(instance, changed(run, received=got.to_json(), wake_at=wake_at))
        due = min((run.wake_at for run in instance.runs if run.wake_at is not None), default=None)
        heard = self._next_heard(instance, due)
        if heard is None:
            if due is None:
                raise Undetermined("nothing in it continues by itself")
            self.clock.move_to(due)
            return instance
        self.clock.move_to(heard.end)
        for run in instance.waiting():
            if run.event == heard.key:
                self._heard[run.id] = heard
                instance = _with(instance, changed(run, received={}, wake_at=heard.end))
        return instance

    def _next_heard(self, instance: Instance, due: datetime | None) -> Listening | None:
        """The answer of a customer that comes before anything else is due; ``None``: none comes."""
        found: tuple[datetime, Run, Listening | None] | None = None
        for run in instance.waiting():
            at, heard = self._known_until(run.event or "")
            if found is None or at < found[0]:
                found = at, run, heard
        if found is None:
            return None
        self.course.rests = True
        at, run, heard = found
        ends = at if due is None else min(at, due)
        if self._seen(self.course, ends) != self._seen(self.recorded.course, ends):
            raise Undetermined(f"`{run.step_id}` asks a customer who got other messages before, or at other times")
        if self._is_elsewhere(ends):
            raise Undetermined(
                f"`{run.step_id}` waits after a message that begins another conversation, since nothing waits for it"
            )
        if heard is None:
            if due is None or due > at:
                self.clock.move_to(at)  # until then, nothing came
                raise Undetermined(f"`{run.step_id}` waits when the recorded instance didn't listen to this customer")
            return None
        since = self._since[run.id]
        if at - since <= self.recorded.margin and since != heard.start:
            raise Undetermined(f"the answer came at about the time when `{run.step_id}` begins to wait")
        for other in instance.runs:
            if other.wake_at is None or abs(other.wake_at - at) > self.recorded.margin:
                continue
            # The same wait hears what came in time. What came in time because the service was slow may miss it.
            same = other.event == heard.key and self._since[other.id] == heard.start
            if not same or other.wake_at != heard.deadline or at >= heard.deadline:
                raise Undetermined(f"the answer came at about the time when `{other.step_id}` ends")
        return heard if due is None or at <= due else None

    def _is_elsewhere(self, before: datetime) -> bool:
        """Whether a message that came before a moment begins another conversation, since nothing waits for it."""
        heard = {act.what for act in self.course.acts if act.kind == "heard"}
        return any(
            each.how == "heard"
            and each.end < before
            and each.name not in heard
            and each.key.startswith("reply ")
            and self.trigger == ("inbound_sms" if each.key.startswith("reply sms ") else "inbound_chat_apps")
            for each in self.recorded.course.listened
        )

    def _known_until(self, key: str) -> tuple[datetime, Listening | None]:
        """Until when the record shows what comes from a customer, and the answer that comes then."""
        at = self.clock.now()
        while True:
            open_ = [each for each in self.recorded.course.listened if each.key == key and each.start <= at < each.end]
            heard = [each for each in open_ if each.how == "heard"]
            if heard:
                first = min(heard, key=lambda each: each.end)
                return first.end, first
            if not open_:
                return at, None
            at = max(each.end for each in open_)

    def _seen(self, course: Course, before: datetime) -> list[tuple[datetime, str]]:
        """The messages that customers got before a moment, in their order."""
        return [(act.at, act.what) for act in course.acts if act.kind == "message" and act.at < before]


def _with(instance: Instance, run: Run) -> Instance:
    return changed(instance, runs=tuple(run if each.id == run.id else each for each in instance.runs))

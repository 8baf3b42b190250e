"""Describes the effects of a change: what customers notice, and what happens to running conversations. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pulumi_8x8.definition import Hole, Json, parse_duration
from pulumi_8x8.definition.model import ABSENT_STATUS
from pulumi_8x8.definition.steps import inputs_of, kind_of_step
from pulumi_8x8.errors import DurationError
from pulumi_8x8.phrasing import count, duration_in_words
from pulumi_8x8.review.cases import Cases
from pulumi_8x8.review.edits import (
    ABSENT,
    Added,
    Comparison,
    ConditionChanged,
    Edit,
    MessageChanged,
    Moved,
    Removed,
    Renamed,
    Rewired,
    TextChanged,
    ValueChanged,
)
from pulumi_8x8.review.offers import Offers
from pulumi_8x8.review.sentences import Code, Sentence, joined, sentence
from pulumi_8x8.review.step_index import NEXT, StepIndex
from pulumi_8x8.review.wording import describe_value, place

_TRIGGERS = {
    "inbound_sms": "an inbound SMS",
    "inbound_chat_apps": "an inbound chat message",
    "http_request": "an HTTP request",
}


def effects_of(
    comparison: Comparison,
    running: Mapping[int, int] | None = None,
    on_delete: Json = None,
    *,
    adopted: bool = False,
) -> tuple[Sentence, ...]:
    """Describes what the change does, first to the whole workflow, last to running instances.

    :param running: how many instances run now, by version; ``None`` if unknown.
    :param on_delete: what a deletion does if instances are running: ``None`` (it fails), ``"terminate"`` or
        ``{"wait": "1.00:00:00"}``.
    :param adopted: whether the service has the workflow already, so that it isn't new to customers.
    """
    old, new = comparison.old, comparison.new
    effects: list[Sentence] = []
    if old is None and new is not None:
        effects += [] if adopted else [_created(new)]
    elif new is None:
        effects.append(("the workflow is deleted with all its versions and logs, and nothing triggers it",))
        effects.append(_deleted(on_delete))
    elif old is not None:
        effects += _Effects(old, new, comparison).all()
    # Source: getting-started page. An instance finishes on the version that it started with.
    then = "" if new is None else " and will finish on it"
    for version, number in sorted((running or {}).items(), reverse=True):
        if number:
            are = "instance is" if number == 1 else "instances are"
            effects.append((f"{number:,} {are} running on version {version}{then}",))
    if running is not None and not any(running.values()):
        effects.append(("no instance is running",))
    return tuple(dict.fromkeys(effects))


def _deleted(on_delete: Json) -> Sentence:
    if on_delete == "terminate":
        return ("running instances are terminated",)
    if isinstance(on_delete, Mapping) and "wait" in on_delete:
        limit = describe_value(("inputs", "timeout"), on_delete["wait"])
        return sentence("the workflow is disabled, and deleted after running instances end, within {}", limit)
    return ("the deletion fails while instances are running",)


def _created(new: StepIndex) -> Sentence:
    parts = new.parts()
    if parts["status"] == ABSENT_STATUS:
        return ("a new workflow, disabled: nothing starts it",)
    return sentence("a new workflow, started by {}", _started_by(parts.get("trigger")))


class _Effects:
    def __init__(self, old: StepIndex, new: StepIndex, comparison: Comparison) -> None:
        self.old, self.new, self.comparison = old, new, comparison
        self.back = {now: was for was, now in comparison.names.items()}
        self.messages = {edit.step for edit in comparison.edits if isinstance(edit, MessageChanged)}
        self.cases_before, self.cases_now = Cases(old), Cases(new)

    def all(self) -> Iterator[Sentence]:
        if self.old.hidden or self.new.hidden:
            return
        for edit in self.comparison.edits:
            yield from self._effect(edit)
        yield from self._reach()

    def _effect(self, edit: Edit) -> Iterator[Sentence]:
        if isinstance(edit, Rewired):
            yield from self._rewired(edit)
        elif isinstance(edit, ConditionChanged):
            yield from self._condition(edit)
        elif isinstance(edit, Moved):
            yield from self._moved(edit)
        elif isinstance(edit, Added | Removed):
            gone = isinstance(edit, Removed)
            words = kind_of_step(edit.step_type).words
            phrase = words.removed if gone else words.added
            if phrase and edit.step in (self.old if gone else self.new).reached:
                yield sentence(phrase, str(edit.step))
        elif isinstance(edit, MessageChanged):
            yield sentence(self.new.node(str(edit.step)).declaration.words.text, str(edit.step))
        elif isinstance(edit, TextChanged):
            if edit.step is not None and edit.path[0] == "inputs":
                words = self.new.node(edit.step).declaration.words
                if words.text:
                    yield sentence(words.text, edit.step, (str(edit.path[1]),))
        elif isinstance(edit, ValueChanged):
            yield from self._part(edit) if edit.step is None else self._value(edit.step, edit)
        elif not isinstance(edit, Renamed):
            raise AssertionError(edit.kind)

    def _rewired(self, edit: Rewired) -> Iterator[Sentence]:
        if edit.step is None:
            yield sentence("every conversation starts with {} instead of {}", str(edit.new), str(edit.old))
            return
        target, now = (str(edit.old), "no longer") if edit.new is None else (str(edit.new), "now")
        if edit.condition is NEXT:
            phrase = sentence(f"{{}} {now} follows {{}}", target, edit.step)
        else:
            # The condition of a removed path is in the old definition.
            was = self.back.get(edit.step, edit.step)
            cases, step = (self.cases_before, was) if edit.new is None else (self.cases_now, edit.step)
            case = cases.case(step, edit.condition)
            if case.who is None:
                phrase = sentence(f"{{}}, {{}} {now} leads to {{}}", case.when, edit.step, target)
            else:
                phrase = sentence(f"{{}} {now} reach {{}}", case.who, target)
        yield phrase if edit.old is None or edit.new is None else sentence("{} instead of {}", phrase, edit.old)

    def _condition(self, edit: ConditionChanged) -> Iterator[Sentence]:
        step = str(edit.step)
        was = self.cases_before.case(self.back.get(step, step), edit.old)
        now = self.cases_now.case(step, edit.new)
        if edit.target is None:
            then, before = (("for ", *case.who) if case.who is not None else case.when for case in (now, was))
            yield sentence("the steps inside {} now run {}, previously {}", step, then, before)
        elif now.who is not None and was.who is not None:
            yield sentence("{} now reach {}, previously {}", now.who, edit.target, was.who)
        else:
            cases = now.phrase, was.phrase
            yield sentence("the path from {} to {} is for other cases: {}, previously {}", step, edit.target, *cases)

    def _moved(self, edit: Moved) -> Iterator[Sentence]:
        # The changed paths describe a move along the flow.
        if edit.new.inside is not None and edit.new.inside != edit.old.inside:
            yield sentence("{} now depends on the condition of {}", str(edit.step), edit.new.inside[0])
        elif edit.new.inside is None and edit.old.inside is not None:
            yield sentence("{} no longer depends on the condition of {}", str(edit.step), edit.old.inside[0])

    def _part(self, edit: ValueChanged) -> Iterator[Sentence]:
        key, new = edit.path[0], edit.new
        if key == "status" and isinstance(new, str):
            yield (
                "the workflow is enabled: its trigger starts new instances"
                if new == "enabled"
                else "the workflow is disabled: its trigger starts no new instances",
            )
        elif key == "trigger":
            yield sentence("the workflow is now started by {} instead of {}", _started_by(new), _started_by(edit.old))
        elif key == "subAccountId":
            whose = [
                ("any sub-account",) if value is ABSENT else describe_value((), value) for value in (new, edit.old)
            ]
            yield sentence("messages of {} now trigger it instead of messages of {}", *whose)

    def _value(self, step: str, edit: ValueChanged) -> Iterator[Sentence]:
        path, declaration = edit.path, self.new.node(step).declaration
        words = declaration.words
        if path == ("stepType",):
            yield sentence("the step type of {} changes", step)
        elif path[0] == "inputs" and len(path) > 1:
            kind = inputs_of(self.new.kind(step)).get(str(path[1])) if len(path) == 2 else None
            if kind is not None and kind.unit:
                yield from (_length if kind.unit == "duration" else _seconds)(words.length, step, edit, kind.default)
            elif phrase := words.places.get(str(path[-1])):
                yield sentence(phrase, step, describe_value(path, edit.new), describe_value(path, edit.old))
            elif words.value and not (step in self.messages and path[1] == "content"):
                yield sentence(words.value, step, (place(path) if declaration.role == "sends" else str(path[1]),))
        elif path[0] == "outputs" and len(path) > 1:
            stored = "data." + str(path[1])
            if edit.new is ABSENT:
                yield sentence("{} no longer stores {}", step, stored)
            elif edit.old is ABSENT:
                yield sentence("{} now stores {}", step, stored)
            else:
                yield sentence("{} stores another value as {}", step, stored)

    def _reach(self) -> Iterator[Sentence]:
        before, now = self.old.reached, self.new.reached
        names = self.comparison.names
        lost = [step for step in self.new if step not in now and self.back.get(step) in before]
        gained = [new for old, new in names.items() if old not in before and new in now]
        if lost:
            yield sentence("no path leads to {} now", _listed(lost))
        yield from self._taps(lost)
        if gained:
            yield sentence("a path now leads to {}", _listed(gained))

    def _taps(self, lost: Sequence[str]) -> Iterator[Sentence]:
        """The steps that no tap leads to now, except for those in ``lost``."""
        before, _ = Offers(self.old).reached(self.cases_before.resolved)
        now, missing = Offers(self.new).reached(self.cases_now.resolved)
        gone = [step for step in self.new if step not in now and step not in lost and self.back.get(step) in before]
        for step in [step for step in gone if step in missing]:
            ids = joined([(Code(id),) for id in missing[step]], " or ")
            yield sentence("nobody reaches {} any more: no message offers {}", step, ids)
        if rest := [step for step in gone if step not in missing]:
            yield sentence("nobody reaches {} any more", _listed(rest))


def _length(what: str, step: str, edit: ValueChanged, default: Json) -> Iterator[Sentence]:
    was, now = (_duration(default if value is ABSENT else value) for value in (edit.old, edit.new))
    if was is None or now is None:
        if not isinstance(edit.new, Hole):
            yield sentence(f"{what} of {{}} is now {{}}", step, describe_value(edit.path, edit.new))
    elif was != now:
        way = "drops" if now < was else "rises"
        yield sentence(f"{what} of {{}} {way} from {duration_in_words(was)} to {duration_in_words(now)}", step)


def _duration(value: Json) -> timedelta | None:
    try:
        return parse_duration(value) if isinstance(value, str) else None
    except DurationError:
        return None


def _seconds(what: str, step: str, edit: ValueChanged, default: Json) -> Iterator[Sentence]:
    was, now = (default if value is ABSENT else value for value in (edit.old, edit.new))
    if all(isinstance(value, int | float) for value in (was, now)) and was != now:
        way = "drops" if now < was else "rises"
        yield sentence(f"{what} of {{}} {way} from {count(was, 'second')} to {count(now, 'second')}", step)


def _started_by(trigger: Json) -> Sentence:
    if isinstance(trigger, str) and trigger in _TRIGGERS:
        return (_TRIGGERS[trigger],)
    return ("nothing",) if trigger in (None, ABSENT) else describe_value((), trigger)


def _listed(names: Sequence[str]) -> Sentence:
    phrase = joined([(Code(name),) for name in names[:5]], ", ")
    return phrase if len(names) <= 5 else (*phrase, f" and {len(names) - 5:,} more")

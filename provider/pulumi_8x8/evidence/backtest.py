"""Backtests a change: what it would have done to recorded conversations. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pulumi_8x8.definition import Definition, show_path
from pulumi_8x8.definition.model import ABSENT_STATUS
from pulumi_8x8.evidence.attempt import Replay
from pulumi_8x8.evidence.course import Course
from pulumi_8x8.evidence.differences import Kind, Outcome, compare, undetermined
from pulumi_8x8.evidence.filling import filled
from pulumi_8x8.evidence.interpreter import Steps
from pulumi_8x8.evidence.neighbours import BEFORE, Neighbour, begun_by, customers, disturbed, listens, longest, reach
from pulumi_8x8.evidence.records import Record, Records
from pulumi_8x8.evidence.replay import Refuted, replay
from pulumi_8x8.evidence.rerun import rerun
from pulumi_8x8.evidence.unknowns import Undetermined
from pulumi_8x8.review.edits import compare_steps
from pulumi_8x8.review.sentences import Sentence, sentence
from pulumi_8x8.simulator import SimulatorSettings

#: Why the outcome of a conversation beside another one is unknown.
NEIGHBOUR = "another conversation with the same customer may go otherwise before"
#: Examples of one group.
_EXAMPLES = 5

#: The settings for unsettled facts, with all their values.
ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    name: get_args(kind) for name, kind in get_type_hints(SimulatorSettings).items() if get_origin(kind) is Literal
}
_ORDER: tuple[Kind, ...] = ("fault", "no answer", "way", "text", "time", "start", "same", "undetermined")


@dataclass(frozen=True)
class Example:
    """A conversation: its instance, its version, and what :class:`~.outcomes.Outcome` has for people who may see it."""

    id: str
    version: int
    started: datetime | None
    before: str
    after: str


@dataclass(frozen=True)
class OutcomeGroup:
    """Conversations with the same outcome.

    :ivar rest: why the rest of some of them is unknown, with the number of conversations.
    """

    kind: Kind
    what: Sentence
    where: str | None
    old: str | None
    new: str | None
    count: int
    examples: tuple[Example, ...]
    rest: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Backtest:
    """What a change would have done.

    :ivar label: how the reader knows the workflow. :ivar versions: the number of conversations by version.
    :ivar groups: what a reviewer has to see first comes first. :ivar more: there are older conversations than these.
    :ivar unread: the versions whose instances weren't read.
    :ivar taken: the places of values that the change doesn't show, such as secrets: they are as deployed.
    """

    label: str
    definition_id: str
    versions: Mapping[int, int]
    groups: tuple[OutcomeGroup, ...]
    first: datetime | None = None
    last: datetime | None = None
    more: bool = False
    unread: tuple[int, ...] = ()
    taken: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return sum(self.versions.values())

    def total(self, *kinds: Kind) -> int:
        """How many conversations have one of these outcomes."""
        return sum(group.count for group in self.groups if group.kind in kinds)

    @property
    def changed(self) -> bool:
        """Whether a conversation would have gone otherwise."""
        return self.total("fault", "no answer", "way", "text", "time", "start") > 0


def backtest(label: str, records: Records, new: Definition, progress: Callable[[], None] = lambda: None) -> Backtest:
    """Runs a changed definition on recorded conversations.

    :param progress: called after each conversation.
    :raises SourceError: the definition has a value that only a deployment knows.
    """
    new, taken = filled(new, records.newest.definition)
    changes = {version: Revision(stored.definition, new) for version, stored in records.versions.items()}
    assessed = assess(records.records, changes, progress)
    outcomes = with_neighbours(records.records, assessed, changes)
    groups: dict[tuple[Any, ...], list[tuple[Record, Outcome]]] = {}
    for record, outcome in zip(records.records, outcomes, strict=True):
        key = outcome.kind, outcome.what, outcome.where, outcome.old, outcome.new
        groups.setdefault(key, []).append((record, outcome))
    made = [_group(its) for its in groups.values()]
    moments = [record.started for record in records.records if record.started is not None]
    return Backtest(
        label,
        records.definition_id,
        dict(sorted(Counter(record.version for record in records.records).items(), reverse=True)),
        tuple(sorted(made, key=lambda group: (_ORDER.index(group.kind), -group.count))),
        min(moments, default=None),
        max(moments, default=None),
        records.more,
        records.unread,
        tuple(map(show_path, taken)),
    )


def with_neighbours(
    records: Sequence[Record], assessed: Sequence[Assessment], changes: Mapping[int, Revision]
) -> list[Outcome]:
    """The outcomes of conversations, with regard to other ones of the same customers."""
    lasts = {version: longest(change.new_steps) for version, change in changes.items()}
    outcomes = [each.outcome for each in assessed]
    found: list[Neighbour] = []
    by_customer: dict[str, set[int]] = {}
    for place, (record, each) in enumerate(zip(records, assessed, strict=True)):
        old = None if each.replay is None else each.replay.course
        begun = begun_by(record, changes[record.version].old.trigger)
        reached = reach(_all(changes[record.version].new_steps), record.data)
        margin = timedelta() if each.replay is None else each.replay.margin
        found.append(Neighbour(record, old, each.course, begun, lasts[record.version], reached, margin))
        for customer in customers(found[-1]):
            by_customer.setdefault(customer, set()).add(place)
    whole, changed = list(found), True
    while changed:  # what is unknown of one may concern the next
        changed = False
        for place, mine in enumerate(whole):
            others = set[int]().union(*(by_customer.get(customer, ()) for customer in listens(mine))) - {place}
            moment = disturbed(mine, [found[other] for other in sorted(others)])
            if moment is not None and _is_earlier(moment, found[place].new, outcomes[place]):
                outcomes[place], new = _until(assessed[place], moment, changes[records[place].version])
                found[place] = replace(found[place], new=new)
                for customer in customers(found[place]):  # its rest may reach somebody else
                    by_customer.setdefault(customer, set()).add(place)
                changed = True
    return outcomes


def _is_earlier(moment: datetime, known: Course | None, outcome: Outcome) -> bool:
    """Whether a moment is before the end of what is known of a conversation."""
    if known is None:
        return outcome.kind != "undetermined"
    return known.until is None or moment < known.until


def _until(each: Assessment, moment: datetime, change: Revision) -> tuple[Outcome, Course | None]:
    """The outcome of a conversation that is only known until a moment, and its course."""
    if each.course is None or each.replay is None or moment == BEFORE:
        return undetermined(NEIGHBOUR), None
    course = each.course.until_then(moment, NEIGHBOUR)
    if each.outcome.kind == "undetermined":
        return each.outcome, course
    return compare(each.replay.course, course, change.names), course


def _group(its: Sequence[tuple[Record, Outcome]]) -> OutcomeGroup:
    first = its[0][1]
    examples = tuple(
        Example(record.id, record.version, record.started, outcome.before, outcome.after)
        for record, outcome in its[:_EXAMPLES]
    )
    rest = Counter(outcome.rest for _, outcome in its if outcome.rest is not None)
    return OutcomeGroup(
        first.kind, first.what, first.where, first.old, first.new, len(its), examples, tuple(rest.most_common())
    )


class Revision:
    """A version that ran, and the definition that replaces it."""

    def __init__(self, old: Definition, new: Definition) -> None:
        self.old, self.new = old, new
        self.old_steps, self.new_steps = _steps(old), _steps(new)
        self.names = compare_steps(old, new).names


def _steps(definition: Definition) -> Steps:
    inner = definition.body().get("definition")
    steps = inner.get("steps") if isinstance(inner, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


@dataclass(frozen=True)
class Assessment:
    """What the record shows about one conversation: its replay, and its course on the changed definition."""

    outcome: Outcome
    replay: Replay | None = None
    course: Course | None = None


def assess(
    records: Sequence[Record], changes: Mapping[int, Revision], progress: Callable[[], None] = lambda: None
) -> list[Assessment]:
    """What a change would have done to conversations, each looked at alone.

    A conversation whose record refutes a setting for an unsettled fact refutes it for all: there is one service.

    :param changes: by version. :param progress: called after each conversation.
    """
    tried = []
    for record in records:
        tried.append(_try(record, changes[record.version]))
        progress()
    settled = _settled(tried)
    return [_decide(each, settled) for each in tried]


@dataclass(frozen=True)
class _Tried:
    """What follows for one conversation from the settings that its record doesn't refute.

    :ivar touched: the settings that may make a difference.
    """

    fitting: Sequence[tuple[SimulatorSettings, Assessment]]
    touched: frozenset[str] = frozenset()


def _try(record: Record, change: Revision) -> _Tried:
    try:
        start = starts(record, change)
        outcome = Outcome("start", sentence(start)) if start else None
        return _all_settings(record, change) if outcome is None else _alone(outcome)
    except Undetermined as error:
        return _alone(undetermined(str(error)))


def _alone(outcome: Outcome) -> _Tried:
    return _Tried([(SimulatorSettings(), Assessment(outcome))])


def _all_settings(record: Record, change: Revision) -> _Tried:
    """Tries all settings for unsettled facts that may make a difference."""
    found: list[tuple[SimulatorSettings, Assessment]] = []
    refuted: Refuted | None = None
    tried: set[SimulatorSettings] = set()
    touched: set[str] = set()
    waiting = [SimulatorSettings()]
    while waiting:
        settings = waiting.pop()
        tried.add(settings)
        try:
            old = replay(record, change.old_steps, settings, touched)
            _check_order(old, change.old_steps)
            new = rerun(old, change.new_steps, touched, change.new.trigger)
            outcome = compare(old.course, new, change.names)
            if outcome.kind not in ("same", "undetermined"):
                _check_own(old, change.old_steps)
            found.append((settings, Assessment(outcome, old, new)))
        except Refuted as error:
            refuted = error
        others = (_with(settings, name, value) for name in sorted(touched) for value in ALTERNATIVES[name])
        waiting += [each for each in dict.fromkeys(others) if each not in tried and each not in waiting]
    if not found:
        raise refuted or Undetermined("nothing fits its record")
    return _Tried(found, frozenset(touched))


def _settled(tried: Sequence[_Tried]) -> Mapping[str, set[Any]]:
    """The values of each setting that no record refutes; all of them if records contradict each other."""
    open_: dict[str, set[Any]] = {name: set(values) for name, values in ALTERNATIVES.items()}
    for each in tried:
        for name in each.touched:
            open_[name] &= {getattr(settings, name) for settings, _ in each.fitting}
    return {name: values or set(ALTERNATIVES[name]) for name, values in open_.items()}


def _decide(tried: _Tried, settled: Mapping[str, set[Any]]) -> Assessment:
    """The outcome for one conversation, if it is the same with all settings that remain."""
    remain = [
        each for each in tried.fitting if all(getattr(each[0], name) in settled[name] for name in tried.touched)
    ] or tried.fitting
    first = remain[0][1]
    if any(each.course != first.course for _, each in remain):  # its data may be unknown, if nothing depends on it
        remain = [(each, replace(it, course=it.course and replace(it.course, data={}))) for each, it in remain]
        first = remain[0][1]
    if any((each.outcome, each.course) != (first.outcome, first.course) for _, each in remain):
        names = " and ".join(f"`{name}`" for name in sorted(tried.touched) if len(settled[name]) > 1)
        return Assessment(undetermined(f"it depends on what isn't settled about the service: {names}"))
    return first


def _with(settings: SimulatorSettings, name: str, value: Any) -> SimulatorSettings:
    return replace(settings, **{name: value})


def _check_order(old: Replay, steps: Steps) -> None:
    """Checks that steps of paths that ran at the same time ran in the order that follows from the definition."""
    if old.parallel and not _is_as_recorded(rerun(old, steps, set()), old):
        raise Undetermined("its paths ran at the same time, in an order that doesn't follow from the workflow")


def _check_own(old: Replay, steps: Steps) -> None:
    """Checks that what came in leads to the recorded course on the version that ran, before a change is to blame."""
    if not _is_as_recorded(rerun(old, steps, set()), old):
        raise Undetermined("what came in doesn't lead to its course on the version that ran")


def _is_as_recorded(own: Course, old: Replay) -> bool:
    return own.acts == (old.course.acts if own.after is None else old.course.acts[: len(own.acts)])


def starts(record: Record, change: Revision) -> str:
    """Why a conversation would no longer start; empty if it would. A start by hand always works."""
    old, new = change.old, change.new
    if old.trigger != new.trigger:
        return "its trigger no longer starts the workflow"
    status = new.status or ABSENT_STATUS
    if status != (old.status or ABSENT_STATUS) and status != "enabled":
        return "the workflow is disabled"
    if new.sub_account_id in (None, "", old.sub_account_id):
        return ""
    if any("subAccountId" in (step.get("outputs") or {}) for step in _all(change.old_steps)):
        raise Undetermined("its sub-account wasn't recorded, since an output replaces it")
    same = record.data.get("subAccountId") == new.sub_account_id
    return "" if same else "the workflow is for another sub-account"


def _all(steps: Steps) -> Iterator[Mapping[str, Any]]:
    """All steps, also those inside of others."""
    for step in steps:
        yield step
        sequences = step.get("do")
        for sequence in sequences if isinstance(sequences, list) else ():
            yield from _all([each for each in sequence if isinstance(each, dict)] if isinstance(sequence, list) else ())

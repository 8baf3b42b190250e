"""Describes how many conversations a change reaches: those that ran a changed step, or took a changed path. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.analysis.counts import How, Link, LinkTraffic, StepTraffic, Traffic
from pulumi_8x8.definition import Json
from pulumi_8x8.phrasing import count
from pulumi_8x8.review.edits import ConditionChanged, Edit, Removed, Renamed, Rewired
from pulumi_8x8.review.reviews import WorkflowReview
from pulumi_8x8.review.sentences import Sentence
from pulumi_8x8.review.step_index import NEXT


def about_traffic(traffic: Traffic) -> Iterator[Sentence]:
    """What the numbers count."""
    if not traffic.instances or traffic.first is None or traffic.last is None:
        yield ("traffic: there was no conversation",)
        return
    between = f"which started from {traffic.first:%Y-%m-%d %H:%M}Z to {traffic.last:%Y-%m-%d %H:%M}Z"
    yield (
        f"traffic: numbers at steps and paths before the change show how many of the last "
        f"{count(traffic.instances, 'conversation')} took them, {between}",
    )
    other = sum(each.instances for each in traffic.versions if not each.same)
    if other:
        yield (f"{other:,} of them were on other versions, and count only for steps and paths that are the same",)
    if traffic.unexplained:
        yield (f"{traffic.unexplained:,} of them count only for steps: their logs don't follow their definition",)


class Reach:
    """The traffic of one workflow, by the edits of its change."""

    def __init__(self, workflow: WorkflowReview, traffic: Traffic) -> None:
        self._all = traffic.instances
        self._steps = {each.step: each for each in traffic.steps}
        self._links = {each.link: each for each in traffic.links}
        self._former = {edit.step: edit.old for edit in workflow.edits if isinstance(edit, Renamed)}

    def of_step(self, edit: Edit) -> Sentence:
        """How many conversations ran the step of an edit; empty if it is new, or nothing is known."""
        found = self.step(edit)
        return self._words(found) if found else ()

    def of_path(self, edit: Edit) -> Sentence:
        """How many conversations took the path that an edit changes; empty if it changes none."""
        found = self.path(edit)
        return self._words(found) if found else ()

    def step(self, edit: Edit) -> StepTraffic | None:
        """The traffic of the step of an edit, before the change."""
        id = edit.step if isinstance(edit, Removed) else self._before(edit.step)
        return None if id is None else self._steps.get(id)

    def path(self, edit: Edit) -> LinkTraffic | None:
        """The traffic of the path that an edit removes, leads elsewhere or puts under another condition."""
        if isinstance(edit, Rewired):
            return self._link(edit.step, edit.old, _how(edit.condition))
        if isinstance(edit, ConditionChanged):
            if edit.target is not None:
                return self._link(edit.step, edit.target, _how(edit.old))
            step = self._before(edit.step)
            return next((each for each in self._links.values() if each.link[::2] == (step, "inside")), None)
        return None

    def _link(self, step: str | None, target: str | None, how: How) -> LinkTraffic | None:
        source, target = self._before(step), self._before(target)
        return None if source is None or target is None else self._links.get(Link(source, target, how))

    def _before(self, step: str | None) -> str | None:
        return None if step is None else self._former.get(step, step)

    def _words(self, found: StepTraffic | LinkTraffic) -> Sentence:
        if not self._all:
            return ()
        what, did = ("step", "ran") if isinstance(found, StepTraffic) else ("path", "took")
        if not found.of:  # a secret in a condition hides whether it is the same
            return (f"not counted: no version of these conversations is known to have this {what}",)
        either = found.either if isinstance(found, LinkTraffic) else 0
        number = f"{found.took:,} to {found.took + either:,}" if either else f"{found.took:,}"
        if found.of == self._all:
            return (f"{number} of the last {count(found.of, 'conversation')} {did} this {what}",)
        return (f"{number} of the {count(found.of, 'conversation')} whose version has this {what} {did} it",)


def _how(condition: Json) -> How:
    return "next" if condition is NEXT else "select"

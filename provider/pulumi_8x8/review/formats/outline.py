"""What every form of a review shows, in the same order and the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pulumi_8x8.definition import show_path
from pulumi_8x8.review.edits import Added, Edit, Removed, Renamed
from pulumi_8x8.review.pictures import Picture
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, sentence
from pulumi_8x8.review.wording import place, say_value, tell

Mark: TypeAlias = Literal["+", "-", "~"]

_MARKS: dict[str, Mark] = {"create": "+", "delete": "-", "update": "~", "recreate": "~", "adopt": "~"}
_OPERATIONS = {
    "create": "new",
    "update": "changed",
    "delete": "deleted",
    "recreate": "created again",
    "adopt": "taken over",
}


@dataclass(frozen=True)
class Group:
    """What was done to one step, or to the workflow itself.

    :param step: ``None``: the workflow itself.
    :param head: what stands beside the step's id; may be empty.
    """

    mark: Mark
    step: str | None
    head: Sentence
    lines: tuple[Sentence, ...]


def summary(review: Review) -> str:
    """``2 workflows change (1 new, 1 changed), 498 do not``."""
    counts = Counter(_OPERATIONS[each.operation] for each in review.workflows)
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in _OPERATIONS.values() if counts[kind])
    if len(review.workflows) == 1:
        said = f"1 workflow changes ({kinds})"
    else:
        said = f"{len(review.workflows):,} workflows change ({kinds})" if kinds else "no workflow changes"
    if review.unchanged:
        said += f", {review.unchanged:,} {'does' if review.unchanged == 1 else 'do'} not"
    return f"the preview failed, what it did not get to is missing here: {said}" if review.incomplete else said


def mark_of(workflow: WorkflowReview) -> Mark:
    """How a workflow is marked."""
    return _MARKS[workflow.operation]


def heading(workflow: WorkflowReview) -> Sentence:
    """The label, and what else is known of the workflow."""
    said: Sentence = sentence("{}", workflow.label)
    if workflow.name and workflow.name != workflow.label:
        said = (*said, *sentence(" “{}”", (workflow.name,)))
    if workflow.old_label is not None:
        said = (*said, *sentence(", it was {}", workflow.old_label))
    if workflow.operation != "update":
        said = (*said, f": {_OPERATIONS[workflow.operation]}")
    return said if workflow.version is None else (*said, f", version {workflow.version}")


def remarks(workflow: WorkflowReview) -> Iterator[Sentence]:
    """What has to be said about the comparison itself."""
    if workflow.operation == "recreate":
        yield ("it was deleted outside of Pulumi, and is created again with a new id",)
    if workflow.adopts is not None:
        yield sentence("it takes over the definition {}; what that holds now does not show here", workflow.adopts)
    if workflow.options:
        yield ("it changes for Pulumi: ", Code(", ".join(workflow.options)))
    if workflow.hidden:
        yield (
            "it changes, but not in anything that is shown: a secret value changed, or somebody changed the workflow "
            "outside of Pulumi (a preview with --refresh shows that)",
        )
    if workflow.unseen:
        yield sentence("secret before and after, so whether they changed does not show here: {}", _places(workflow))


def groups(workflow: WorkflowReview) -> Iterator[Group]:
    """The edits, those of one step together."""
    edits = list(workflow.edits)
    while edits:
        step = edits[0].step
        mine = [
            edit for edit in edits if edit.step == step and isinstance(edit, Removed) == isinstance(edits[0], Removed)
        ]
        edits = [edit for edit in edits if not any(edit is each for each in mine)]
        yield _group(step, mine)


def _group(step: str | None, edits: Sequence[Edit]) -> Group:
    first = edits[0]
    if isinstance(first, Added | Removed):
        # The head has the type.
        content = [(path, value) for path, value in first.content if path != ("stepType",)]
        lines = tuple((f"{place(path)}: ", *say_value(path, value)) for path, value in content)
        kind = sentence("{}", first.step_type) if first.step_type else ()
        return Group("+" if isinstance(first, Added) else "-", step, kind, lines)
    if isinstance(first, Renamed):
        return Group("~", step, tell(first), tuple(tell(edit) for edit in edits[1:]))
    return Group("~", step, (), tuple(tell(edit) for edit in edits))


def problems(workflow: WorkflowReview) -> Iterator[tuple[str, list[Sentence]]]:
    """New and solved problems of lint, each list with its title; empty ones left out."""
    for title, found in (("New problems", workflow.new_problems), ("Solved problems", workflow.solved_problems)):
        if found:
            yield title, [(f"{problem.severity}: {problem}",) for problem in found]


def pictures(workflow: WorkflowReview) -> Iterator[tuple[str, Picture]]:
    """The steps ``before`` and ``after``, as far as there are any."""
    for when, picture in (("before", workflow.before), ("after", workflow.after)):
        if picture is not None and picture.boxes:
            yield when, picture


def _places(workflow: WorkflowReview) -> Sentence:
    said: Sentence = ()
    for position, path in enumerate(workflow.unseen):
        said = (*said, *((", ",) if position else ()), *sentence("{}", show_path(path)))
    return said

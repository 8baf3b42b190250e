"""What every format of a review shows, in the same order and the same words. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pulumi_8x8.definition import show_path
from pulumi_8x8.lint import Problem, by_cause
from pulumi_8x8.lint.causes import describe_problem
from pulumi_8x8.phrasing import printable
from pulumi_8x8.review.edits import Added, Edit, Removed, Renamed
from pulumi_8x8.review.offers import is_shown, message_in_words, nested
from pulumi_8x8.review.pictures import Picture
from pulumi_8x8.review.reach import Reach, about_traffic
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, WordRun, joined, sentence
from pulumi_8x8.review.wording import describe, describe_value, place

Mark: TypeAlias = Literal["+", "-", "~"]

_MARKS: dict[str, Mark] = {"create": "+", "delete": "-", "update": "~", "recreate": "~", "adopt": "~"}
_OPERATIONS = {"create": "new", "update": "changed", "delete": "deleted", "recreate": "recreated", "adopt": "adopted"}


@dataclass(frozen=True)
class Group:
    """The changes of one step, or of the workflow itself.

    :param step: ``None`` for the workflow itself.
    :param head: the text beside the step's id; may be empty.
    """

    mark: Mark
    step: str | None
    head: Sentence
    lines: tuple[Sentence, ...]


def summary(review: Review) -> str:
    """``2 workflows change (1 new, 1 changed), 498 unchanged``."""
    counts = Counter(_OPERATIONS[each.operation] for each in review.workflows)
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in _OPERATIONS.values() if counts[kind])
    if len(review.workflows) == 1:
        phrase = f"1 workflow changes ({kinds})"
    else:
        phrase = f"{len(review.workflows):,} workflows change ({kinds})" if kinds else "no workflow changes"
    if review.unchanged:
        phrase += f", {review.unchanged:,} unchanged"
    return f"{review.incomplete}, so this review may be incomplete: {phrase}" if review.incomplete else phrase


def mark_of(workflow: WorkflowReview) -> Mark:
    """The mark of a workflow."""
    return _MARKS[workflow.operation]


def heading(workflow: WorkflowReview) -> Sentence:
    """The label, and other properties of the workflow."""
    phrase: Sentence = sentence("{}", workflow.label)
    if workflow.name and workflow.name != workflow.label:
        phrase = (*phrase, *sentence(" “{}”", (workflow.name,)))
    if workflow.old_label is not None:
        phrase = (*phrase, *sentence(", previously {}", workflow.old_label))
    if workflow.operation != "update":
        phrase = (*phrase, f": {_OPERATIONS[workflow.operation]}")
    return phrase if workflow.version is None else (*phrase, f", version {workflow.version}")


def remarks(workflow: WorkflowReview) -> Iterator[Sentence]:
    """Remarks about the comparison itself."""
    if workflow.operation == "recreate":
        yield (
            "Pulumi replaces the workflow, which gets a new id: somebody deleted it outside of Pulumi, its account "
            "changed, or the program asks for a replacement",
        )
    if workflow.adopts is not None:
        yield sentence(
            "it adopts the definition {}; the preview warns if that changes the definition. The review doesn't "
            "have its content, so all steps of the program appear as new",
            workflow.adopts,
        )
    if workflow.options:
        yield ("changed options of the resource: ", Code(", ".join(workflow.options)))
    if workflow.hidden:
        yield (
            "the change isn't visible: a secret value changed, or somebody changed the workflow outside of Pulumi (a "
            "preview with --refresh shows this)",
        )
    if workflow.unseen:
        places = joined([(Code(show_path(path)),) for path in workflow.unseen], ", ")
        yield ("secret before and after, so the review can't show whether they changed: ", *places)
    if workflow.traffic is not None:
        yield from about_traffic(workflow.traffic)


def groups(workflow: WorkflowReview) -> Iterator[Group]:
    """The edits, grouped by step."""
    by_step: dict[tuple[str | None, bool], list[Edit]] = {}
    for edit in workflow.edits:  # a removed step and a new one may have the same id
        by_step.setdefault((edit.step, isinstance(edit, Removed)), []).append(edit)
    reach = None if workflow.traffic is None else Reach(workflow, workflow.traffic)
    yield from (_group(step, edits, reach) for (step, _), edits in by_step.items())


def _group(step: str | None, edits: Sequence[Edit], reach: Reach | None) -> Group:
    group = _changes(step, edits, reach)
    ran = () if reach is None or group.mark == "+" else reach.of_step(edits[0])
    return replace(group, lines=(ran, *group.lines)) if ran else group


def _changes(step: str | None, edits: Sequence[Edit], reach: Reach | None) -> Group:
    def line(edit: Edit) -> Sentence:
        taken = () if reach is None else reach.of_path(edit)
        return (*describe(edit), "; ", *taken) if taken else describe(edit)

    first = edits[0]
    if isinstance(first, Added | Removed):
        # The head has the type.
        content = [(path, value) for path, value in first.content if path != ("stepType",)]
        inputs = [(path[1:], value) for path, value in content if path[0] == "inputs"]
        words = message_in_words(first.step_type, nested(inputs))
        if words is not None:
            content = [(path, value) for path, value in content if not is_shown(path)]
        lines: tuple[Sentence, ...] = () if words is None else (("message: ", WordRun("same", words)),)
        lines += tuple((f"{place(path)}: ", *describe_value(path, value)) for path, value in content)
        kind = sentence("{}", first.step_type) if first.step_type else ()
        return Group("+" if isinstance(first, Added) else "-", step, kind, lines)
    if isinstance(first, Renamed):
        return Group("~", step, describe(first), tuple(map(line, edits[1:])))
    return Group("~", step, (), tuple(map(line, edits)))


def problems(workflow: WorkflowReview) -> Iterator[tuple[str, list[tuple[Sentence, list[Sentence]]]]]:
    """New and solved problems of lint, each list with its title, without empty lists.

    Each problem has a sentence, and sentences below it: what to write instead, and its places if there are several.
    """
    for title, found in (("New problems", workflow.new_problems), ("Solved problems", workflow.solved_problems)):
        if found:
            yield title, [_problem(group) for group in by_cause(found)]


def _problem(group: Sequence[Problem]) -> tuple[Sentence, list[Sentence]]:
    what, *others = describe_problem(group)
    head = f"{group[0].severity}: {printable(group[0].place)}{what.text}"
    return (head,), [(each.text,) for each in others if each.role != "script"]


def pictures(workflow: WorkflowReview) -> Iterator[tuple[str, Picture]]:
    """The steps ``before`` and ``after``, if there are any."""
    for when, picture in (("before", workflow.before), ("after", workflow.after)):
        if picture is not None and picture.boxes:
            yield when, picture

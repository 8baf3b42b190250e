"""A review as JSON for programs. No I/O."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from pulumi_8x8.analysis.counts import traffic_data
from pulumi_8x8.definition import Hole, Json, show_path
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.lint.formats import to_data as problem_data
from pulumi_8x8.review.edits import ABSENT, Edit
from pulumi_8x8.review.pictures import Picture, Tally
from pulumi_8x8.review.reach import Reach
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import WordRun, plain
from pulumi_8x8.review.step_index import NEXT, StepPlace
from pulumi_8x8.review.wording import describe


def to_data(review: Review) -> dict[str, Any]:
    """``review`` as a JSON object."""
    data: dict[str, Any] = json.loads(to_json(review))
    return data


def to_json(review: Review) -> str:
    """``review`` as a JSON text; docs/review.md describes its members."""
    content = {
        "title": review.title,
        "changed": review.changed,
        "unchanged": review.unchanged,
        "notes": list(review.notes),
        "workflows": [_workflow(each) for each in review.workflows],
    }
    return json.dumps(content, indent=2, default=_value)


def _workflow(workflow: WorkflowReview) -> dict[str, Any]:
    return {
        "workflow": workflow.label,
        "name": workflow.name,
        "operation": workflow.operation,
        "workflowBefore": workflow.old_label,
        "id": workflow.id,
        "version": workflow.version,
        "adopts": workflow.adopts,
        "options": list(workflow.options),
        "effects": [plain(effect) for effect in workflow.effects],
        "edits": [_edit(edit, workflow) for edit in workflow.edits],
        "secretNotCompared": [show_path(path) for path in workflow.unseen],
        "changesNotShown": workflow.hidden,
        "newProblems": [problem_data(each) for each in workflow.new_problems],
        "solvedProblems": [problem_data(each) for each in workflow.solved_problems],
        "traffic": None if workflow.traffic is None else traffic_data(workflow.traffic),
        "before": _picture(workflow.before),
        "after": _picture(workflow.after),
    }


def _edit(edit: Edit, workflow: WorkflowReview) -> dict[str, Any]:
    content: dict[str, Any] = {"edit": edit.kind, "step": edit.step, "text": plain(describe(edit))}
    if workflow.traffic is not None:
        reach = Reach(workflow, workflow.traffic)
        step, path = reach.step(edit), reach.path(edit)
        content["conversations"] = {
            "step": None if step is None else {"of": step.of, "took": step.took},
            "path": None if path is None else {"of": path.of, "took": path.took, "either": path.either},
        }
    for field in fields(edit):
        value = getattr(edit, field.name)
        if field.name == "path":
            content["path"] = show_path(value)
        elif field.name == "words":
            content["words"] = [[word.kind, word.text] for word in value]
        elif field.name == "content":
            content["content"] = {show_path(path): leaf for path, leaf in value}
        elif field.name != "step" and value is not ABSENT:
            content[field.name] = value
    return content


def _value(value: Json) -> Json:
    """Converts values that JSON lacks."""
    if isinstance(value, Secret):
        return {"secret": True}
    if isinstance(value, Hole):
        return {"unknown": True}
    if value is NEXT:
        return {"always": True}
    if isinstance(value, StepPlace):
        return {"inside": value.inside, "after": sorted(value.after), "before": sorted(value.before)}
    assert isinstance(value, WordRun)
    return [value.kind, value.text]


def _picture(picture: Picture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {
        "steps": [
            {"id": box.name, "stepType": box.kind, "state": box.state, **_tally(box.tally)} for box in picture.boxes
        ],
        "paths": [
            {
                "from": picture.boxes[arrow.source].name,
                "to": picture.boxes[arrow.target].name,
                "when": arrow.label,
                "state": arrow.state,
                **_tally(arrow.tally),
            }
            for arrow in picture.arrows
        ],
    }


def _tally(tally: Tally | None) -> dict[str, int]:
    return {} if tally is None else {"of": tally.of, "took": tally.took, "either": tally.either}

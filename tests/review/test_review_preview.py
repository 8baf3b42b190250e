"""Reviews of previews, recorded from engine 3.259.0 (without places of source lines and the like)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from review_kit import PREVIEWS

from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.formats.outline import groups, remarks, summary
from pulumi_8x8.review.reviews import Review, WorkflowReview, review
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.review.sources.preview import read_preview
from pulumi_8x8.review.wording import describe


def _review(name: str) -> Review:
    preview = read_preview((PREVIEWS / f"{name}.json").read_bytes(), name)
    return review(preview.stack, preview.pairs, notes=preview.notes, incomplete=preview.incomplete)


def _workflow(name: str, label: str) -> WorkflowReview:
    return next(each for each in _review(name).workflows if each.label == label)


def _edits(workflow: WorkflowReview) -> list[str]:
    return [f"{edit.step}: {plain(describe(edit))}" for edit in workflow.edits]


def test_update() -> None:
    """The review has every workflow of the preview that changes, with its version, and nothing else."""
    update = _review("update")
    assert summary(update) == "5 workflows change (2 new, 2 changed, 1 deleted)"
    assert update.title == "project/test"
    assert [(each.label, each.operation, each.version) for each in update.workflows] == [
        ("allsecret", "update", 1),
        ("auto-reply", "update", 1),
        ("dep", "create", None),
        ("gone", "delete", 1),
        ("new", "create", None),
    ]
    assert _edits(_workflow("update", "auto-reply")) == [
        "send_CA: content.text: [-Hello-]{+Good day+}",
        "pause: duration: 1 day → 5 minutes",
    ]


def test_a_secret_is_never_compared_as_a_text() -> None:
    """If a secret is on both sides, the review shows that it can't compare, instead of that nothing changed."""
    reply, secret = _workflow("update", "auto-reply"), _workflow("update", "allsecret")
    assert reply.unseen == (("steps", "http", "inputs", "headers", "Authorization"),)
    assert not reply.hidden
    assert secret.unseen == (("steps",),)
    assert secret.hidden
    assert [plain(each).partition(",")[0] for each in remarks(secret)] == [
        "the change isn't visible: a secret value changed",
        "secret before and after",
    ]
    assert (secret.before, secret.after) == (None, None)


def test_values_known_after_the_update() -> None:
    """The engine's marker for a value that isn't known yet shows as such."""
    new = _workflow("update", "new")
    assert new.name == ""
    lines = [plain(line) for group in groups(new) for line in group.lines]
    assert "text: (known after the update)" in lines
    assert "04da6b54" not in repr(new)


def test_drift() -> None:
    """Somebody's edit on the service is a note; with --refresh, it shows by step, as what the update undoes."""
    drift = _review("drift")
    assert [note.partition(" (")[0] for note in drift.notes] == [
        'workflow "All Secret"',
        'workflow "Same" was changed outside Pulumi',
    ]
    assert "steps.a.inputs.text changed" in drift.notes[1]
    assert _workflow("drift", "same").hidden
    assert _workflow("drift", "allsecret").operation == "recreate"
    assert _edits(_workflow("drift-refreshed", "same")) == ["a: text: [-EDITED IN BUILDER-]{+hi+}"]
    assert _workflow("drift-refreshed", "same").version == 2


def test_failed() -> None:
    """A failed preview is reviewed as far as it went, and shows its errors."""
    failed = _review("failed")
    assert failed.incomplete
    assert summary(failed).startswith("the preview failed, so this review may be incomplete: ")
    assert "[malformed-duration]" in failed.notes[0]


def _preview(**state: Any) -> bytes:
    urn = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::w"
    inputs = {"name": "W", "trigger": "http_request", "status": "enabled", "start": "a", **state}
    step = {"op": "create", "urn": urn, "newState": {"inputs": inputs}}
    return json.dumps({"steps": [step]}).encode()


def test_encoded_values_are_read_back() -> None:
    """Nulls, large numbers and secrets come back from the way in which the engine carries them."""
    body = {"null": "(null)", "big": "(int 12345678901234567890)", "five": 5.0, "text": "((null))"}
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"TOP"'}
    steps = {"a": {"stepType": "HttpRequest", "inputs": {"url": secret, "method": "GET", "body": body}}}
    (pair,) = read_preview(_preview(steps=steps), "x").pairs
    assert pair.new is not None
    inputs = pair.new.definition.steps["a"]["inputs"]
    assert inputs["body"] == {"null": None, "big": 12345678901234567890, "five": 5, "text": "(null)"}
    assert "TOP" not in repr(review("", [pair]))


def test_what_only_pulumi_reads() -> None:
    """Taking over a definition, and options of the resource, show apart from a change of the workflow."""
    inputs = {"name": "W", "trigger": "http_request", "status": "enabled", "start": "a", "steps": {"a": {}}}
    urn = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::"
    states = {
        "adopts": ("create", None, {**inputs, "adopt": "1f7d"}),
        "options": ("update", {**inputs, "overwrite": True}, {**inputs, "onDelete": "terminate"}),
        "waits": ("delete", {**inputs, "onDelete": {"wait": "5"}}, None),
    }
    steps = [
        {"op": op, "urn": urn + name, "oldState": old and {"inputs": old}, "newState": new and {"inputs": new}}
        for name, (op, old, new) in states.items()
    ]
    preview = read_preview(json.dumps({"steps": steps}).encode(), "x")
    adopts, options, waits = review("", preview.pairs).workflows
    assert (adopts.operation, plain(next(remarks(adopts))).partition(";")[0]) == (
        "adopt",
        "it adopts the definition `1f7d`",
    )
    assert adopts.effects == ()  # customers know it already
    assert [plain(each) for each in remarks(options)] == ["changed options of the resource: `onDelete, overwrite`"]
    assert not options.hidden
    assert "within 5 days" in plain(waits.effects[1])


def test_windows_powershell() -> None:
    """What PowerShell's redirection wrote, UTF-16 with a mark, is read as well."""
    assert read_preview(_preview(steps={}).decode().encode("utf-16"), "x").stack == "project/test"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "x: empty; to make a preview: pulumi preview --json > preview.json"),
        (b"Previewing update (dev)\n", "x: not the JSON of a preview; "),
        (b"\xff\x00\xff", "x: not text"),
        (b"[]", "x: JSON, but not a preview; "),
        (b"[" * 100_000, "x: not the JSON of a preview; "),
        (b'{"version": 3, "deployment": {}}', "x: the state of a stack, not a preview; "),
        (b'{"trigger": "x", "definition": {}}', "x: a workflow file. To review a change of it, name two files"),
        (b'{"steps": [{"op": "create"}]}', "x: not the JSON of a preview: steps[0].urn is missing; it must be the URN"),
        (b'{"steps": {"a": 1}}', "x: not the JSON of a preview: steps must be a list; to make a preview: "),
        (b'{"sequence":0,"timestamp":1}\n{"sequence":1}', "x: a stream of events. Unset PULUMI_ENABLE_STREAMING"),
    ],
)
def test_what_is_no_preview(content: bytes, message: str) -> None:
    """Anything else is refused with what it is, and how to make a preview."""
    with pytest.raises(SourceError) as caught:
        read_preview(content, "x")
    assert str(caught.value).startswith(message)


def test_running_instances() -> None:
    """The caller passes running instances by the definition's id."""
    preview = read_preview((PREVIEWS / "update.json").read_bytes(), "x")
    (pair,) = [pair for pair in preview.pairs if pair.label == "auto-reply"]
    assert pair.id is not None
    (made,) = review("", [pair], running={pair.id: {1: 12}}).workflows
    assert plain(made.effects[-1]) == "12 instances are running on version 1 and will finish on it"


def test_a_preview_without_workflows() -> None:
    """A preview of other resources is a preview."""
    step = {"op": "create", "urn": "urn:pulumi:test::project::random:index/id:Id::x", "newState": {"inputs": {}}}
    preview = read_preview(json.dumps({"steps": [step]}).encode(), "x")
    assert (preview.stack, preview.pairs) == ("project/test", ())
    assert read_preview(b'{"changeSummary": {}}', "x").pairs == ()

"""Describes edits and values in words. No I/O."""

from __future__ import annotations

import json
from functools import cache

from pulumi_8x8.definition import Hole, Json, Path, parse_duration, show_path
from pulumi_8x8.definition.masking import PLAIN, Secret
from pulumi_8x8.definition.steps import STEP_KINDS, inputs_of
from pulumi_8x8.errors import DurationError
from pulumi_8x8.phrasing import duration_in_words
from pulumi_8x8.review.edits import (
    ABSENT,
    Added,
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
from pulumi_8x8.review.sentences import Code, Sentence, sentence
from pulumi_8x8.review.step_index import NEXT, StepPlace

_LONGEST_VALUE = 500


def describe(edit: Edit) -> Sentence:
    """Describes what was done, without the step."""
    match edit:
        case Added():
            return sentence("new: {}", edit.step_type) if edit.step_type else ("new",)
        case Removed():
            return sentence("removed ({})", edit.step_type) if edit.step_type else ("removed",)
        case Renamed():
            return sentence("renamed from {}", edit.old)
        case Moved():
            return sentence("moved: now {}, previously {}", _place(edit.new), _place(edit.old))
        case Rewired():
            old, new = (ABSENT if target is None else target for target in (edit.old, edit.new))
            path: Sentence = ("first step: ",) if edit.step is None else (*_path(edit.condition), ": ")
            return (*path, *_old_and_new(_value(old), _value(new), edit.old is None, edit.new is None))
        case ConditionChanged(target=None):
            return sentence("condition: {} → {}", _value(edit.old), _value(edit.new))
        case ConditionChanged():
            return sentence("path to {}: {} → {}", str(edit.target), _condition(edit.old), _condition(edit.new))
        case MessageChanged():
            return ("message: ", *edit.words)
        case TextChanged():
            return (f"{place(edit.path)}: ", *edit.words)
        case ValueChanged():
            return (f"{place(edit.path)}: ", *_change(edit))
    raise AssertionError(edit.kind)


def _change(edit: ValueChanged) -> Sentence:
    if PLAIN in (edit.old, edit.new):
        return ("now a secret" if edit.old == PLAIN else "no longer a secret",)
    if isinstance(edit.old, Secret) and isinstance(edit.new, Secret):
        return ("the secret value changed",)
    old, new = describe_value(edit.path, edit.old), describe_value(edit.path, edit.new)
    return _old_and_new(old, new, edit.old is ABSENT, edit.new is ABSENT)


def _old_and_new(old: Sentence, new: Sentence, added: bool, removed: bool) -> Sentence:
    if removed:
        return ("removed, was ", *old)
    return (*new, " (new)") if added else (*old, " → ", *new)


def place(path: Path) -> str:
    """``content.text``: a place in a step, without the leading ``inputs``."""
    return show_path(path[1:] if path[:1] == ("inputs",) and len(path) > 1 else path)


def describe_value(path: Path, value: Json) -> Sentence:
    """Describes the value at ``path`` of a step: a duration in words, a secret masked."""
    if path in _durations() and isinstance(value, str):
        try:
            return (duration_in_words(parse_duration(value)),)
        except DurationError:
            pass
    return _value(value)


@cache
def _durations() -> set[Path]:
    inputs = (each for step_type in STEP_KINDS for each in inputs_of(step_type).values())
    return {("inputs", each.name) for each in inputs if each.unit == "duration"}


def _value(value: Json) -> Sentence:
    if isinstance(value, Secret):
        return ("(secret)",)
    if isinstance(value, Hole):
        return ("(known after the update)",)
    if value is ABSENT:
        return ("(nothing)",)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_hole)
    cut = len(text) - _LONGEST_VALUE
    return (Code(text),) if cut <= 0 else (Code(text[:_LONGEST_VALUE]), f"… ({cut:,} more characters)")


def _hole(value: object) -> str:
    return "(secret)" if isinstance(value, Secret) else "(known after the update)"


def _path(condition: Json) -> Sentence:
    if condition is NEXT:
        return ("next step",)
    return ("default path",) if condition is None else sentence("path {}", _value(condition))


def _condition(condition: Json) -> Sentence:
    if condition is NEXT:
        return ("always",)
    return ("default",) if condition is None else _value(condition)


def _place(where: StepPlace) -> Sentence:
    phrase: Sentence = ()
    if where.inside is not None:
        phrase = (*sentence("inside {}", where.inside[0]), f" (sequence {where.inside[1] + 1})")
    for word, ids in (("after", where.after), ("before", where.before)):
        for position, each in enumerate(sorted(ids)):
            lead = ", " if position else f"{' ' if phrase else ''}{word} "
            phrase = (*phrase, lead, Code(each))
    return phrase or ("not connected",)

"""An edit as a sentence, and values in words."""

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


def tell(edit: Edit) -> Sentence:
    """What was done, without the step that it was done to."""
    match edit:
        case Added():
            return sentence("new: {}", edit.step_type) if edit.step_type else ("new",)
        case Removed():
            return sentence("removed ({})", edit.step_type) if edit.step_type else ("removed",)
        case Renamed():
            return sentence("renamed, it was {}", edit.old)
        case Moved():
            return sentence("moved: now {}; it was {}", _place(edit.new), _place(edit.old))
        case Rewired(step=None):
            return sentence("starts with {} instead of {}", str(edit.new), str(edit.old))
        case Rewired(old=None):
            return sentence("{} leads to {} (new path)", _way(edit.condition), str(edit.new))
        case Rewired(new=None):
            return sentence("{} no longer leads to {}", _way(edit.condition), str(edit.old))
        case Rewired():
            return sentence("{} leads to {} instead of {}", _way(edit.condition), str(edit.new), str(edit.old))
        case ConditionChanged(target=None):
            return sentence("condition: {} → {}", _value(edit.old), _value(edit.new))
        case ConditionChanged():
            return sentence("the way to {} is taken {}, it was {}", str(edit.target), _when(edit.new), _when(edit.old))
        case TextChanged():
            return (f"{place(edit.path)}: ", *edit.words)
        case ValueChanged():
            return (f"{place(edit.path)}: ", *_change(edit))
    raise AssertionError(edit.kind)


def _change(edit: ValueChanged) -> Sentence:
    if PLAIN in (edit.old, edit.new):
        return ("a secret now" if edit.old == PLAIN else "no secret any more",)
    if isinstance(edit.old, Secret) and isinstance(edit.new, Secret):
        return ("the secret value changed",)
    old, new = say_value(edit.path, edit.old), say_value(edit.path, edit.new)
    if edit.new is ABSENT:
        return ("taken out, it was ", *old)
    return (*new, " (new)") if edit.old is ABSENT else (*old, " → ", *new)


def place(path: Path) -> str:
    """``content.text``: where in a step, without the ``inputs`` that nearly everything is in."""
    return show_path(path[1:] if path[:1] == ("inputs",) and len(path) > 1 else path)


def say_value(path: Path, value: Json) -> Sentence:
    """The value at ``path`` of a step: a duration in words, a secret masked."""
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
    return (Code(text),) if cut <= 0 else (Code(text[:_LONGEST_VALUE]), f"… ({cut:,} more letters)")


def _hole(value: object) -> str:
    return "(secret)" if isinstance(value, Secret) else "(known after the update)"


def _way(condition: Json) -> Sentence:
    if condition is NEXT:
        return ("the way on",)
    return ("the default way",) if condition is None else sentence("the way {}", _value(condition))


def _when(condition: Json) -> Sentence:
    if condition is NEXT:
        return ("always",)
    return ("by default",) if condition is None else sentence("when {}", _value(condition))


def _place(where: StepPlace) -> Sentence:
    said: Sentence = ()
    if where.inside is not None:
        said = (*sentence("in the do of {}", where.inside[0]), f" (sequence {where.inside[1] + 1})")
    for word, ids in (("after", where.after), ("before", where.before)):
        for position, each in enumerate(sorted(ids)):
            lead = ", " if position else f"{' ' if said else ''}{word} "
            said = (*said, lead, Code(each))
    return said or ("on its own",)

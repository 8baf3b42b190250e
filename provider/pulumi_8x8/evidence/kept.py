"""What outputs kept of the results of steps: the data at the end has what each output wrote last. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.steps import HttpRequest, If, Wait, WaitForDTMF, WaitForReply, published_step_type
from pulumi_8x8.evidence.choices import Choices
from pulumi_8x8.evidence.records import Record, StepRun
from pulumi_8x8.evidence.unknowns import can_be_kept, script_facts, scripts_in, whole_script

_WAITING = (WaitForReply.step_type, WaitForDTMF.step_type)
_TAKES_TIME = (*_WAITING, Wait.step_type, HttpRequest.step_type, If.step_type)


def last_writers(record: Record, steps: Mapping[str, Mapping[str, Any]]) -> dict[str, int | None]:
    """Which run of the log set each member of the data last; ``None`` if the log doesn't show it."""
    writers: dict[str, list[tuple[datetime, int, bool]]] = {}
    for number, run in enumerate(record.runs):
        step = steps.get(run.step, {})
        kind = published_step_type(step.get("stepType"))
        outputs = step.get("outputs")
        if _sets(run, steps) and run.ended is not None and isinstance(outputs, dict):
            for name in outputs:
                writers.setdefault(str(name), []).append((run.ended, number, kind in _TAKES_TIME))
    last: dict[str, int | None] = {}
    for name, its in writers.items():
        latest, number, _ = max(its)
        ties = [each for each in its if each[0] == latest]
        last[name] = number if len(ties) == 1 or not any(slow for _, _, slow in ties) else None
    return last


@dataclass(frozen=True)
class Brought:
    """What the trigger brought of the members of the data that outputs have written since.

    :ivar yes, no: the names of members that it surely brought, and surely didn't bring. :ivar data: their values.
    """

    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)


def brought(
    record: Record, steps: Mapping[str, Mapping[str, Any]], writers: Mapping[str, int | None], choices: Choices
) -> Brought:
    """What the trigger brought, as far as outputs without scripts show it: they leave alone what it brought.

    :param writers: the result of :func:`last_writers`.
    """
    yes, no, data = set(), set(), {}
    for name, last in writers.items():
        values = [
            steps[run.step]["outputs"][name] for run in record.runs if _sets(run, steps) and _has(steps[run.step], name)
        ]
        plain = [value for value in values if not any(scripts_in(value))]
        if len(plain) == len(values) and last is not None:
            if record.data.get(name) == steps[record.runs[last].step]["outputs"][name]:
                no.add(name)
            else:
                yes.add(name)
                data[name] = record.data.get(name)
        elif plain:
            (no if choices.choose(2) == 0 else yes).add(name)
    return Brought(frozenset(yes), frozenset(no), data)


def plain_outputs(steps: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The names of all outputs without a script."""
    outputs = [step["outputs"] for step in steps.values() if isinstance(step.get("outputs"), dict)]
    return {name for each in outputs for name, value in each.items() if not any(scripts_in(value))}


def _sets(run: StepRun, steps: Mapping[str, Mapping[str, Any]]) -> bool:
    kind = published_step_type(steps.get(run.step, {}).get("stepType"))
    return run.status == "Complete" or (run.status == "Cancelled" and run.started is not None and kind in _WAITING)


def _has(step: Mapping[str, Any], name: str) -> bool:
    outputs = step.get("outputs")
    return isinstance(outputs, dict) and name in outputs


def kept_by(
    outputs: Mapping[str, Any], names: Collection[str], data: Mapping[str, Json], below: tuple[str, ...]
) -> dict[tuple[str, ...], Any]:
    """The members of ``step`` that outputs kept, by path.

    :param names: the outputs that wrote last. :param data: at the end.
    :param below: the member of ``step`` that came from outside; the paths begin there.
    """
    kept: dict[tuple[str, ...], Any] = {}
    for name, script in outputs.items():
        code = whole_script(script)
        facts = None if code is None or name not in names else script_facts(code)
        if facts is None or not facts.plain or facts.reads[0].root != "step":
            continue
        path, value = facts.reads[0].path, data.get(name)
        # If the value is null, only the first member is surely a member of an object.
        sure = value is not None or len(path) == max(1, len(below))
        if path[: len(below)] == below and can_be_kept(path) and sure:
            kept[path[len(below) :]] = value
    return kept

"""Rules on the parts of a definition and on each step by itself."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.definition.model import STATUS_NAMES, TRIGGER_NAMES
from pulumi_8x8.definition.places import name_in_do
from pulumi_8x8.definition.steps import STEP_KINDS
from pulumi_8x8.definition.values import Hole, Json, Path
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule
from pulumi_8x8.phrasing import closest, did_you_mean, kind_of


@rule("missing-name", "error", 'The definition has no name: the service answers "Workflow name is required.".')
def missing_name(context: Context) -> Iterator[Found]:
    name = context.definition.name
    if name is None or name == "" or (isinstance(name, str) and not name.strip()):
        yield Found(("name",), "the workflow has no name, and the service refuses it", "add definition.name")
    elif not isinstance(name, str | Hole):
        yield Found(("name",), f"the name is {kind_of(name)}, not a text", "write it in quotes")


@rule("unknown-trigger", "error", "The trigger is missing or isn't one of the service's triggers.")
def unknown_trigger(context: Context) -> Iterator[Found]:
    yield from _one_of(context.definition.trigger, "trigger", TRIGGER_NAMES, required=True)


@rule("unknown-status", "error", "The status is neither enabled nor disabled.")
def unknown_status(context: Context) -> Iterator[Found]:
    yield from _one_of(context.definition.status, "status", STATUS_NAMES, required=False)


@rule("missing-status", "warning", "No status is set, so the service leaves the workflow disabled.")
def missing_status(context: Context) -> Iterator[Found]:
    if context.definition.status is None:
        message = "no status is set, so the service leaves the workflow disabled: no message starts it"
        yield Found(("status",), message, 'write "status": "enabled" (or "disabled", if you want that)')


@rule("no-steps", "error", "The workflow has no steps, or steps isn't a list of steps.")
def no_steps(context: Context) -> Iterator[Found]:
    steps = context.definition.more.get("steps")
    if isinstance(steps, Hole):
        return
    if isinstance(steps, list):
        yield Found(("steps",), "steps is outside definition, and the service ignores it", "move it into definition")
    elif steps not in (None, ()):
        yield Found(("steps",), f"steps is {kind_of(steps)}, not a list of steps", "write a list")
    elif not context.definition.steps:
        yield Found(("steps",), "the workflow has no steps, so it does nothing", "add definition.steps")


_TEXT_OR_NONE = (str, type(None), Hole)
_LIST_OR_NONE = (list, type(None), Hole)


@rule("not-a-step", "error", "A step isn't an object, or one of its members has the wrong type.")
def not_a_step(context: Context) -> Iterator[Found]:
    for path in context.graph.not_steps:
        yield Found(path, "this isn't a step", "a step is an object with id, stepType, inputs …")
    for node in context.nodes:
        for member in ("inputs", "outputs", "selectNextStep"):
            value = node.step.get(member)
            if value is not None and not isinstance(value, (dict, Hole)):
                yield Found((*node.path, member), f"{member} is {kind_of(value)}, not an object")
        if not isinstance(node.step.get("nextStepId"), _TEXT_OR_NONE):
            yield Found((*node.path, "nextStepId"), "the id of a step is a text", "write it in quotes")
        if not isinstance(node.step.get("do"), _LIST_OR_NONE):
            yield Found((*node.path, "do"), "do is a list of sequences, each a list of steps", "write [[step, step …]]")


@rule("missing-step-id", "error", "A step has no id, or its id isn't a text.")
def missing_step_id(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.id is None or node.id == "":
            yield Found(node.path, "the step has no id, and every step needs one", "add an id that no other step has")
        elif not isinstance(node.id, (str, Hole)):
            yield Found((*node.path, "id"), f"the id is {kind_of(node.id)}, not a text", "write it in quotes")


@rule("duplicate-step-id", "error", "Two steps have the same id.")
def duplicate_step_id(context: Context) -> Iterator[Found]:
    for node, first in context.graph.twice:
        if node.id != "":
            message = f'two steps have the id "{node.id}", and ids are unique in a definition, also inside a do'
            hint = f"change the id of one of them; the other is step {context.nodes.index(first) + 1}"
            yield Found(node.path, message, hint)


@rule("missing-step-type", "error", "A step has no type.")
def missing_step_type(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        kind = node.step.get("stepType")
        if not isinstance(kind, (str, Hole)) or kind == "":
            yield Found((*node.path, "stepType"), "the step has no type, so the service can't run it", "add stepType")


@rule("misspelled-step-type", "warning", "A step type is close to a published one.")
def misspelled_step_type(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        # Further than for other words: some types have two or three letters.
        near = closest(node.kind, STEP_KINDS, cutoff=0.65) if node.kind and node.kind not in STEP_KINDS else None
        if near:
            yield Found((*node.path, "stepType"), f'"{node.kind}" isn\'t a published type', f'did you mean "{near}"?')


@rule("unusual-spelling", "warning", "A trigger, status or step type differs in case from the published one.")
def unusual_spelling(context: Context) -> Iterator[Found]:
    definition = context.definition
    written: list[tuple[Path, Json, tuple[str, ...]]] = [
        (("trigger",), definition.trigger, TRIGGER_NAMES),
        (("status",), definition.status, STATUS_NAMES),
    ]
    inner = (context.body or {}).get("definition")
    steps = inner.get("steps") if isinstance(inner, dict) else None
    written += [((*path, "stepType"), kind, tuple(STEP_KINDS)) for path, kind in _written_kinds(steps, ("steps",))]
    for path, value, names in written:
        if isinstance(value, str) and value not in names:
            right = next((name for name in names if name.lower() == value.lower()), None)
            if right:
                yield Found(path, f'"{value}" is published as "{right}"', f'write "{right}": others search for it')


@rule("two-ways-on", "warning", "A step has both nextStepId and selectNextStep.")
def two_ways_on(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.step.get("nextStepId") is not None and node.step.get("selectNextStep") is not None:
            message = "the step has both nextStepId and selectNextStep, and the service expects one of them"
            hint = "remove nextStepId, and add its step to selectNextStep with null, the default edge"
            yield Found((*node.path, "nextStepId"), message, hint)


def _one_of(value: Json, member: str, names: tuple[str, ...], required: bool) -> Iterator[Found]:
    listed = f"write {', '.join(names[:-1])} or {names[-1]}"
    if isinstance(value, Hole) or (value is None and not required):
        return
    if value is None or value == "":
        yield Found((member,), f"{member} isn't set, and the service needs it", listed)
    elif not isinstance(value, str) or value.lower() not in names:
        shown = f'"{value}"' if isinstance(value, str) else kind_of(value)
        hint = did_you_mean(value, names) if isinstance(value, str) else ""
        yield Found((member,), f"{shown} isn't a {member} that the service has", hint or listed)


def _written_kinds(steps: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    """Step types in the spelling of the file; the canonical form has the published spelling."""
    for position, step in enumerate(steps if isinstance(steps, list) else ()):
        if isinstance(step, dict):
            here = (*path, name_in_do(step, position))
            yield here, step.get("stepType")
            sequences = step.get("do")
            for number, sequence in enumerate(sequences if isinstance(sequences, list) else ()):
                yield from _written_kinds(sequence, (*here, "do", number))

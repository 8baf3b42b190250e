"""Writes the module of one workflow, and runs what it wrote, to be sure that it declares the same workflow."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.flows import compile_steps
from pulumi_8x8.definition.members import Members
from pulumi_8x8.definition.payloads import http_request, inbound_chat_apps, inbound_sms, trigger_name
from pulumi_8x8.definition.placeholders import placeholder
from pulumi_8x8.exporting.python.pieces import Atom, Piece, call, literal, statement
from pulumi_8x8.exporting.python.script_writer import Names, Variable
from pulumi_8x8.exporting.python.step_writer import StepWriter, steps_in, travelling_outputs
from pulumi_8x8.exporting.python.value_writer import ValueWriter
from pulumi_8x8.exporting.python_program import NAMES, NO_EXTRAS, Extras, workflow_call
from pulumi_8x8.phrasing import printable

#: The typed triggers: the name of the variable, and the trigger.
_TRIGGERS: Mapping[str, tuple[str, Callable[[], Members]]] = {
    "inbound_sms": ("message", inbound_sms),
    "inbound_chat_apps": ("message", inbound_chat_apps),
    "http_request": ("request", http_request),
}
_LONGEST_TITLE = 60


def write_module(definition: Definition, resource: str, extras: Extras = NO_EXTRAS) -> str | None:
    """The text of a module whose ``declare()`` declares a workflow; ``None`` if Python can't express it exactly.

    :param definition: with logical names of sub-accounts, and with placeholders for secrets.
    """
    bodies = definition.body()["definition"]["steps"]
    are_steps = isinstance(bodies, list) and all(isinstance(each, Mapping) for each in bodies)
    if definition.more or not are_steps or any(wrong_values(definition)):
        return None
    travelling = travelling_outputs(bodies)
    text, used = _text(definition, resource, extras, travelling)
    if used != travelling.keys():
        text, _ = _text(definition, resource, extras, {name: travelling[name] for name in used})
    if _declares(text, resource, definition, ordered=True):
        return text
    for plain in (False, True):
        text, _ = _text(definition, resource, extras, {}, plain=plain)
        if _declares(text, resource, definition, ordered=not plain):
            return text
    return None


def _text(
    definition: Definition,
    resource: str,
    extras: Extras,
    travelling: Mapping[str, tuple[str, tuple[str, ...]]],
    *,
    plain: bool = False,
) -> tuple[str, set[str]]:
    """The text of the module, and the travelling outputs that it reads."""
    bodies = definition.body()["definition"]["steps"]
    typed = _TRIGGERS.get(definition.trigger) if isinstance(definition.trigger, str) and not plain else None
    outputs = (each["outputs"] for each in steps_in(bodies) if isinstance(each.get("outputs"), Mapping))
    names = Names(
        trigger=Variable(typed[0], typed[1]()) if typed else None,
        stored=frozenset(name for each in outputs for name in each),
        travelling=travelling,
    )
    values = ValueWriter(names, plain, set())
    steps = StepWriter(bodies, values)
    listed = steps.write()
    reads_trigger = "trigger" in names.used and typed is not None
    arguments = _arguments(definition, resource, values, typed[0] if reads_trigger and typed else None)
    arguments.append(("steps=", listed))
    lines = []
    if values.uses_config:
        lines.append("    config = pulumi.Config()\n")
    if reads_trigger and typed:
        lines.append(statement(f"{typed[0]} = ", call(f"automation.{definition.trigger}"), 4))
    parts = ["".join(lines), "".join(values.lines), "".join(steps.links)]
    body = "\n".join(each for each in parts if each)
    last = statement("return ", workflow_call(NAMES, arguments, extras), 4)
    head = f'"""{_title(definition.name, resource)}"""\n\nimport pulumi\nimport pulumi_8x8 as automation\n\n\n'
    declare = "def declare() -> automation.Workflow:\n"
    return f"{head}{declare}{body}{chr(10) if body else ''}{last}", names.used.keys() - {"trigger"}


def _arguments(
    definition: Definition, resource: str, values: ValueWriter, trigger: str | None
) -> list[tuple[str, Piece]]:
    parts = {"name": definition.name, "trigger": definition.trigger, "sub_account_id": definition.sub_account_id}
    if definition.status != "enabled":
        parts["status"] = definition.status
    found: list[tuple[str, Piece]] = [("", Atom(literal(resource)))]
    plain = ValueWriter(Names(), True, set())
    for name, value in parts.items():
        if value is not None:
            code = Atom(trigger) if name == "trigger" and trigger else plain.value(value).code
            found.append((f"{name}=", code))
    values.uses_config |= plain.uses_config
    return found


def _title(name: Json, resource: str) -> str:
    text = printable(name if isinstance(name, str) else resource).replace("\\", "/").replace('"', "'")
    text = " ".join(text.split())[:_LONGEST_TITLE].strip() or resource
    return f"The workflow {text}."


def _declares(text: str, resource: str, wanted: Definition, *, ordered: bool) -> bool:
    """Whether the module declares this workflow."""
    try:
        read = run_module(text)[resource]
    except Exception:  # noqa: BLE001 - whatever goes wrong, another form is written
        return False
    return read is not None and not compare(read, wanted) and (not ordered or _order(read) == _order(wanted))


def _order(definition: Definition) -> list[Any]:
    """The order of steps, outputs and edges."""
    return [
        (key, [list(step[name]) for name in ("outputs", "selectNextStep") if isinstance(step.get(name), Mapping)])
        if isinstance(step, Mapping)
        else key
        for key, step in definition.steps.items()
    ]


def run_module(text: str) -> dict[str, Definition | None]:
    """The workflows that ``declare()`` in a module that this package wrote declares, by resource; ``None`` for one that
    can't be sent. Secrets stay placeholders."""
    found: dict[str, Definition | None] = {}

    def workflow(resource: str, *, steps: Any, trigger: Any = None, status: str = "enabled", **given: Any) -> None:
        compiled = compile_steps(steps)
        made = Definition.of(
            name=given.get("name", resource),
            trigger=trigger_name(trigger),
            status=status,
            sub_account_id=given.get("sub_account_id"),
            steps=compiled.steps,
        )
        found[resource] = None if compiled.wrong else made

    class Automation:
        Workflow = staticmethod(workflow)

        def __getattr__(self, name: str) -> Any:
            return getattr(import_module("pulumi_8x8"), name)

    pulumi = SimpleNamespace(
        Config=lambda: SimpleNamespace(require_secret=placeholder),
        Output=SimpleNamespace(concat=lambda *parts: "".join(parts)),
        ResourceOptions=dict,
    )
    modules = {"pulumi": pulumi, "pulumi_8x8": Automation()}
    inside: dict[str, Any] = {
        "__builtins__": {**vars(builtins), "__import__": lambda name, *_: modules[name]},
        "__name__": "exported",
    }
    exec(compile(text, "<exported>", "exec"), inside)
    inside["declare"]()
    return found

"""Checks the arguments of resources and look-ups: one RunError with all that is wrong, before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, get_args

import pulumi

from pulumi_8x8.definition import Definition, Hole, Json, Source
from pulumi_8x8.definition.authorship import callers_line
from pulumi_8x8.definition.checked import WrongValue, describe, wrong_id, wrong_parts, wrong_text, wrong_values
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.definition.values import has_holes
from pulumi_8x8.phrasing import printable
from pulumi_8x8.resources.options import ON_DELETE, ON_DRIFT, PIN, Account, is_digest

#: Lines of a message: more wrong values than this have the same reason.
_MOST = 20


def check_workflow(
    resource: object, parts: Mapping[str, Json], opts: object, in_flow: Sequence[WrongValue] = (), **options: object
) -> None:
    """Checks the arguments of a ``Workflow``.

    :param parts: of the definition, by the service's names, with compiled steps; ``None`` is left out.
    :param in_flow: what is wrong with the links and expressions of the steps.
    :param options: the other arguments.
    """
    adopt = 'write adopt="<its id>" on the workflow to take over a definition'
    get = "to read a definition, write automation.Workflow.get(name, id)"
    found = list(_wrong_resource(resource, opts, adopt, get))
    if isinstance(parts["name"], str) and not parts["name"].strip():
        found.append(WrongValue(("name",), "empty; leave it out to call the workflow like the resource"))
    steps = parts["steps"]
    if steps is not None and not isinstance(steps, list | tuple | Hole):
        wrong = f"{describe(steps)}; steps is a list of steps: [step, step]"
        parts = {**parts, "steps": None}
        found.append(WrongValue(("steps",), wrong))
    found += [*wrong_parts(parts), *in_flow]
    found += _wrong_options(options)
    _refuse("workflow", resource, found)


def check_file(resource: str, file: Source | None, definition: Definition) -> None:
    """Checks the values of a workflow file."""
    if file is not None:
        found = [each._replace(where=file.place_of(each.path)) for each in wrong_values(definition)]
        _refuse("workflow", resource, found)


def check_get(resource: object, id: object, opts: object) -> None:
    """Checks the arguments of ``Workflow.get``, whose id may be an Output."""
    found = list(_wrong_resource(resource, opts, "write the id as the argument id"))
    if not _is_output(id) and (wrong := wrong_id(id)):
        found.append(WrongValue(("id",), f"it {wrong}"))
    _refuse("workflow", resource, found)


def check_run(
    resource: object, workflow: object, expected: type, values: Mapping[str, object], timeout: object, opts: object
) -> None:
    """Checks the arguments of a ``WorkflowRun``.

    :param expected: the class of workflows.
    :param values: ``data`` and ``expect``.
    """
    found = list(
        _wrong_resource(resource, opts, "leave it out: a run can't be imported", "leave it out: a run can't be read")
    )
    if not isinstance(workflow, expected):
        found.append(WrongValue(("workflow",), f"{describe(workflow)}; write the workflow itself, not its id or name"))
    for name, value in values.items():
        if value is None or isinstance(value, Mapping | Hole):
            found += wrong_values(value, (name,))
        else:
            found.append(WrongValue((name,), f"{describe(value)}; {name} is a mapping"))
    if _is_output(timeout) or isinstance(timeout, str):
        found += wrong_values(timeout, ("timeout",))
    else:
        found.append(WrongValue(("timeout",), f'{describe(timeout)}; write a text, such as "00:02:00"'))
    _refuse("workflow run", resource, found)


def check_lookup(function: str, **arguments: object) -> None:
    """Checks the arguments of a look-up: ``id``, ``account``, and texts."""
    found = list(_wrong_options(arguments))
    if "id" in arguments and arguments["id"] is None:
        found.append(WrongValue(("id",), "None; write the id of a definition"))
    _refuse(function, None, found)


def _refuse(what: str, resource: object, found: Sequence[WrongValue]) -> None:
    if not found:
        return
    here = callers_line()
    name = f' "{printable(resource)}"' if isinstance(resource, str) and not wrong_text(resource) else ""
    lines = [printable(str(each._replace(where=each.where or here))) for each in found[:_MOST]]
    if len(found) > _MOST:
        lines.append(f"and {len(found) - _MOST} more")
    raise pulumi.RunError("\n  ".join([f"{what}{name}: not sent, because these values are wrong:", *lines]))


def _wrong_resource(name: object, opts: object, to_import: str, to_read: str = "") -> Iterator[WrongValue]:
    wrong = wrong_text(name) if isinstance(name, str) else describe(name)
    if wrong or not name:
        yield WrongValue(("resource_name",), wrong or "empty; a resource has a name")
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        yield WrongValue(("opts",), f"{describe(opts)}; write pulumi.ResourceOptions(…)")
        return
    if opts.import_ is not None:
        yield WrongValue(("opts", "import_"), f"Pulumi cannot import resources of dynamic providers; {to_import}")
    # The engine would only read the resource, and ignore what the program declares.
    for option in ("id", "urn") if to_read else ():
        if getattr(opts, option) is not None:
            yield WrongValue(("opts", option), f"with this option, Pulumi only reads the resource; {to_read}")


def _wrong_options(options: Mapping[str, object]) -> Iterator[WrongValue]:
    for name, value in options.items():
        if value is not None:
            yield from (each._replace(path=(name, *each.path)) for each in _OPTIONS[name](value))


def _is_output(value: object) -> bool:
    return isinstance(value, Hole) and not isinstance(value, Awaitable)


_Wrong = Iterator[WrongValue]


def _known(
    kinds: type | tuple[type, ...], takes: str, misfit: Callable[[Any], str] = lambda value: ""
) -> Callable[[object], _Wrong]:
    """Checks an option whose value must be known when the program runs.

    :param takes: what to write.
    :param misfit: what a value of ``kinds`` is if it isn't valid; empty if it is.
    """

    def wrong(value: object) -> _Wrong:
        if not isinstance(value, kinds):
            yield WrongValue((), f"{describe(value)}; {takes}")
        elif has_holes(value):
            yield WrongValue((), f"it contains an Output, but must be known when the program runs; {takes}")
        elif wrong_kind := misfit(value):
            yield WrongValue((), f"{wrong_kind}; {takes}")
        else:
            yield from wrong_values(value)

    return wrong


def _wrong_id(value: object) -> _Wrong:
    if _is_output(value):
        yield WrongValue(
            (),
            "an Output, and this id must be known when the program runs; write the id itself, or read it from plain "
            'config: pulumi.Config().require("…")',
        )
    elif wrong := wrong_id(value):
        yield WrongValue((), f"it {wrong}")


def _wrong_source(value: object) -> _Wrong:
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else value
    if not isinstance(path, str):
        yield WrongValue((), f"{describe(path)}; write the path of a file")
    elif wrong := wrong_text(path) or ("a text with a NUL, which isn't valid in a path" if "\0" in path else ""):
        yield WrongValue((), wrong)


def _wrong_account(value: object) -> _Wrong:
    if not isinstance(value, Account):
        yield WrongValue((), f'{describe(value)}; write automation.Account("<its id>")')
        return
    for name, wrong in (("id", _wrong_id), ("base_url", _text), ("api_key", _text)):
        if (given := getattr(value, name)) is not None or name == "id":
            yield from (each._replace(path=(name, *each.path)) for each in wrong(given))


def _misfit_of_pin(value: Any) -> str:
    if isinstance(value, str):
        return "" if is_digest(value) else "a text"
    return describe(value) if isinstance(value, bool) else "below 1, the first version" if value < 1 else ""


_text = _known(str, "write a text")
_OPTIONS: Mapping[str, Callable[[object], _Wrong]] = {
    "id": _wrong_id,
    "source": _wrong_source,
    "lint": _known((Mapping, str), 'write {"<rule>": "off"}'),
    "adopt": _wrong_id,
    "overwrite": _known(bool, "write True or False"),
    "on_delete": _known((str, Mapping), f"write {ON_DELETE}"),
    "on_drift": _known(str, f"write {ON_DRIFT}", lambda value: "" if value in get_args(OnDrift) else "another text"),
    "account": _wrong_account,
    "pin_version": _known((int, str), f"write {PIN}", _misfit_of_pin),
    "requires_digest_from": _text,
    "name": _text,
    "trigger": _text,
    "contains": _text,
}

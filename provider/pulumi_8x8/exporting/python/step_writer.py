"""Writes steps: typed ones and their links as far as Python's types allow it, and dictionaries otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from importlib import import_module
from typing import NamedTuple, TypeGuard

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.contents.chat_apps import ChatFields
from pulumi_8x8.definition.contents.choosing import content_node, params_node
from pulumi_8x8.definition.contents.nodes import Object, OneOf
from pulumi_8x8.definition.contents.part import Part, slots_of
from pulumi_8x8.definition.model import STEP_MEMBERS
from pulumi_8x8.definition.readable import name_of_result
from pulumi_8x8.definition.results import WaitsForKeys, WaitsForMessage
from pulumi_8x8.definition.steps import STEP_KINDS, Step, WaitForReply
from pulumi_8x8.definition.steps.base import BESIDE_INPUTS, declared_inputs, step_fields
from pulumi_8x8.exporting.names import variable
from pulumi_8x8.exporting.python.pieces import Atom, Bracketed, Piece, call, listed, literal, mapped, number, statement
from pulumi_8x8.exporting.python.script_writer import Variable, is_script
from pulumi_8x8.exporting.python.value_writer import ValueCode, ValueWriter

_RESULT = re.compile(r"\{\{step((?:\.[A-Za-z]\w*)+)\}\}", re.ASCII)
#: What an answer is null or not null with, by the class of the step.
_ANSWERS = {WaitsForMessage: "step.reply", WaitsForKeys: "step.dtmfData"}


class _Typed(NamedTuple):
    """A step that Python's types can express.

    :param arguments: of its constructor, without its id.
    """

    variable: Variable
    body: Mapping[str, Json]
    arguments: list[tuple[str, Piece]]


class StepWriter:
    """Writes the steps of one workflow.

    :param bodies: in the service's shape.
    :param values: writes their values.
    :ivar links: the statements that link the steps.
    """

    def __init__(self, bodies: Sequence[Json], values: ValueWriter) -> None:
        self._values = values
        self._bodies = bodies
        ids = [each.get("id") for each in steps_in(bodies)]
        self._unique = _unique(ids)
        self._typed: dict[str, _Typed] = {}
        self._inside: set[str] = set()
        self.links: list[str] = []

    def write(self) -> Piece:
        """Writes them all; returns the value of ``steps=``."""
        items = [self._item(each) for each in self._bodies]
        for each in self._typed.values():
            self.links += self._link(each)
        ids = [each["id"] if _is_step(each) and each["id"] in self._typed else None for each in self._bodies]
        is_reached = bool(ids) and ids[0] is not None and self._reached(ids[0]) == ids
        return items[0] if is_reached else listed(items)

    def _item(self, body: Json) -> Piece:
        """A step in a list of steps: its variable, whose statement comes before, or a dictionary."""
        typed = self._typed_step(body)
        if typed is None:
            return self._plain(body)
        name = typed.variable.name
        arguments = [("", Atom(literal(typed.body["id"]))), *typed.arguments]
        made = Bracketed(f"automation.{type(typed.variable.value).__name__}(", arguments, ")")
        self._values.lines.append(statement(f"{name} = ", made, 4))
        self._typed[typed.body["id"]] = typed
        self._values.names.steps[typed.body["id"]] = typed.variable
        return Atom(name)

    def _plain(self, body: Json) -> Piece:
        """A dictionary in the service's shape."""
        if not _is_step(body):
            return self._values.value(body).code
        return mapped({key: self._plain_member(key, value) for key, value in body.items()})

    def _plain_member(self, key: str, value: Json) -> Piece:
        if key in ("id", "do"):  # expressions in them aren't compiled
            if key == "do" and _are_sequences(value):
                return listed([listed([self._plain(each) for each in sequence]) for sequence in value])
            return _exactly(value)
        return self._values.value(value).code

    # Typed steps

    def _typed_step(self, body: Json) -> _Typed | None:
        if not _is_step(body) or body.keys() - {*STEP_MEMBERS} or body["id"] not in self._unique:
            return None
        step_type = body.get("stepType")
        kind = STEP_KINDS.get(step_type) if isinstance(step_type, str) else None
        if kind is None or not _is_plain(body):
            return None
        state = self._values.state()
        arguments = self._arguments(kind, body)
        if arguments is None:
            self._values.back_to(state)
            return None
        name = variable(body["id"], self._values.taken)
        self._values.taken.add(name)
        return _Typed(Variable(name, _stand_in(kind, body)), body, arguments)

    def _arguments(self, kind: type[Step], body: Mapping[str, Json]) -> list[tuple[str, Piece]] | None:
        inputs = dict(body.get("inputs", {}))
        found: list[tuple[str, Piece]] = []
        required = {each.name for each in fields(kind) if each.default is MISSING}
        self._parts(kind, inputs, found)
        for name, wire_name in step_fields(kind):
            if name in BESIDE_INPUTS or wire_name not in inputs:
                if name in required and all(f"{name}=" != before for before, _ in found):
                    return None
                continue
            code = self._field(kind, wire_name, inputs[wire_name])
            if code is not None:
                found.append((f"{name}=", code))
                del inputs[wire_name]
            elif name in required:
                return None
        order = [f"{name}=" for name, _ in step_fields(kind)]
        found.sort(key=lambda each: order.index(each[0]))
        if inputs:
            found.append(("inputs=", self._values.value(inputs).code))
        return self._beside(kind, body, found)

    def _beside(
        self, kind: type[Step], body: Mapping[str, Json], found: list[tuple[str, Piece]]
    ) -> list[tuple[str, Piece]] | None:
        """The arguments besides the inputs."""
        if "do" in body:
            if "do" not in {each.name for each in fields(kind)} or not _are_sequences(body["do"]):
                return None
            sequences = [[self._item(each) for each in sequence] for sequence in body["do"]]
            self._inside.update(each["id"] for each in steps_in(body["do"]) if _is_step(each))
            found.append(("do=", listed([listed(each) for each in sequences])))
        own = body.get("outputs", {})
        outputs = {name: value for name, value in own.items() if not self._travels(body["id"], name)}
        if outputs:
            found.append(("outputs=", self._values.value(outputs).code))
        if not _can_link(body):
            if "nextStepId" in body:
                found.append(("next_step_id=", Atom(literal(body["nextStepId"]))))
            if "selectNextStep" in body:
                edges = {to: self._condition(each, None) for to, each in body["selectNextStep"].items()}
                found.append(("select_next_step=", mapped(edges)))
        return found

    def _travels(self, id: str, name: str) -> bool:
        return self._values.names.travelling.get(name, ("",))[0] == id

    def _parts(self, kind: type[Step], inputs: dict[str, Json], found: list[tuple[str, Piece]]) -> None:
        """Writes the inputs that are parts of a message, and removes them from ``inputs``."""
        if kind.step_type == "ChatAppsMessage":
            for slot in slots_of(ChatFields):
                wire_name = slot.path[0]
                if slot.name in ("user", "channels", "context") and wire_name in inputs:
                    code = self._values.hinted(inputs[wire_name], slot.hint)
                    if code is not None and isinstance(inputs[wire_name], dict | list):
                        found.append((f"{slot.name}=", code))
                        del inputs[wire_name]
        message = {"ChatAppsMessage": ("type", "content"), "VoiceMessage": ("action", "params")}.get(kind.step_type)
        if message is None or not isinstance(inputs.get(message[0]), str):
            return
        tag, member = message
        classes = _classes(tag, inputs[tag])
        code = self._values.part(inputs.get(member), classes)
        if code is not None:
            found.append((f"{member}=", code))
            del inputs[member]
            if classes and classes[0].brings == {tag: inputs[tag]}:
                del inputs[tag]

    def _field(self, kind: type[Step], name: str, value: Json) -> Piece | None:
        """The value of an input; ``None`` if Python's types don't allow it."""
        if value is None:
            return None
        plain = declared_inputs(kind)[name].plain
        found = self._values.value(value)
        if plain is None:
            return found.code
        if found.kind in ("object", "list"):
            takes = (dict if found.kind == "object" else list) in plain
            return found.code if takes and all(isinstance(each, dict) for each in value if plain == (list,)) else None
        if isinstance(found.kind, type):
            return found.code if int in plain and found.kind in (int, float) else None
        if dict in plain or list in plain:
            return self._of_any_type(found, value)
        return found.code

    def _of_any_type(self, found: ValueCode, value: str) -> Piece:
        """An expression where an object or a list is expected."""
        if found.kind in ("condition", "value"):
            return call("automation.script", Atom(literal(value[2:-2])))
        return found.code

    # Links

    def _link(self, step: _Typed) -> Iterator[str]:
        name, body = step.variable.name, step.body
        if not _can_link(body):
            return
        if "nextStepId" in body:
            yield statement("", call(f"{name}.then", self._target(body["nextStepId"])), 4)
        edges = body.get("selectNextStep", {})
        answer = next((code for kind, code in _ANSWERS.items() if isinstance(step.variable.value, kind)), None)
        answers = {f"{{{{{answer} != null}}}}": "on_reply", f"{{{{{answer} == null}}}}": "on_timeout"}
        for to, condition in edges.items():
            target = self._target(to)
            mark = len(self._values.lines)
            if condition is None:
                yield statement("", call(f"{name}.otherwise", target), 4)
            elif not self._values.plain and answer and condition in answers:
                yield statement("", call(f"{name}.{answers.pop(condition)}", target), 4)
            else:
                code = call(f"{name}.when", self._condition(condition, step.variable), target)
                yield from self._values.lines[mark:]
                del self._values.lines[mark:]
                yield statement("", code, 4)

    def _condition(self, condition: Json, own: Variable | None) -> Piece:
        if not isinstance(condition, str):
            return Atom(number(condition))
        found = self._values.text(condition, own)
        if found.kind in ("value", "anything") and not is_script(found.code):
            return call("automation.script", Atom(literal(condition[2:-2])))
        return found.code

    def _target(self, id: str) -> Piece:
        return Atom(self._typed[id].variable.name) if id in self._typed else Atom(literal(id))

    def _reached(self, start: str) -> list[str]:
        """The steps that the first one leads to, in the order of the search."""
        found = {start: None}
        waiting = [start]
        while waiting:
            body = self._typed[waiting.pop()].body
            targets = [body["nextStepId"]] if "nextStepId" in body else [*body.get("selectNextStep", {})]
            if not _can_link(body):
                continue
            new = [each for each in targets if each in self._typed and each not in self._inside]
            waiting += [each for each in reversed(new) if each not in found]
            if waiting:
                found.setdefault(waiting[-1])
        return list(found)


def travelling_outputs(bodies: Sequence[Json]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Outputs with the name of a result that travels, and nothing after them: the step and the result, by name."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for body in steps_in(bodies):
        if not _is_step(body) or not isinstance(outputs := body.get("outputs"), Mapping):
            continue
        for name in reversed([*outputs]):
            value = outputs[name]
            result = _RESULT.fullmatch(value) if isinstance(value, str) else None
            path = tuple(result[1].split(".")[1:]) if result else ()
            if not path or name != name_of_result(body["id"], path):
                break
            found[name] = body["id"], path
    return found


def steps_in(bodies: Sequence[Json]) -> Iterator[Mapping[str, Json]]:
    """All steps of a list that are objects, and those in their ``do``."""
    waiting = list(reversed(bodies))
    while waiting:
        body = waiting.pop()
        if isinstance(body, Mapping):
            yield body
            do = body.get("do")
            waiting += reversed(do if isinstance(do, list) else [])
        elif isinstance(body, list):
            waiting += reversed(body)


def _unique(ids: Sequence[Json]) -> set[Json]:
    seen: set[str] = set()
    twice: set[str] = set()
    for each in ids:
        if isinstance(each, str):
            (twice if each in seen else seen).add(each)
    return seen - twice


def _is_step(body: Json) -> TypeGuard[Mapping[str, Json]]:
    return isinstance(body, Mapping) and isinstance(body.get("id"), str) and bool(body["id"])


def _are_sequences(value: Json) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and all(isinstance(step, Mapping) for step in each) for each in value
    )


def _is_plain(body: Mapping[str, Json]) -> bool:
    """Whether the members of a step are of the types that a typed step takes."""
    edges = body.get("selectNextStep", {})
    return (
        isinstance(body.get("inputs", {}), Mapping)
        and isinstance(body.get("outputs", {}), Mapping)
        and isinstance(body.get("nextStepId", ""), str)
        and isinstance(edges, Mapping)
        and all(each is None or isinstance(each, str | bool) for each in edges.values())
    )


def _can_link(body: Mapping[str, Json]) -> bool:
    """Whether methods can express where a step continues."""
    edges = body.get("selectNextStep", {})
    if "nextStepId" in body and (edges or not body["nextStepId"]):
        return False
    defaults = [position for position, each in enumerate(edges.values()) if each is None]
    return all(edges) and defaults in ([], [len(edges) - 1])


def _stand_in(kind: type[Step], body: Mapping[str, Json]) -> Step:
    """A step whose results can be read."""
    made = object.__new__(kind)
    object.__setattr__(made, "id", body["id"])
    if kind is WaitForReply:
        channel = body["inputs"]["channel"]
        object.__setattr__(made, "channel", channel)
    return made


def _classes(tag: str, kind: str) -> tuple[type[Part], ...]:
    """The classes of a message of a type, or of a call of an action."""
    node = params_node(kind) if tag == "action" else content_node(kind)
    if isinstance(node, OneOf):
        return node.parts
    package = import_module("pulumi_8x8")
    return (getattr(package, node.name),) if isinstance(node, Object) and node.name in package.__all__ else ()


def _exactly(value: Json) -> Piece:
    """A value without expressions."""
    if isinstance(value, Mapping):
        return mapped({str(key): _exactly(each) for key, each in value.items()})
    if isinstance(value, list | tuple):
        return listed([_exactly(each) for each in value])
    return Atom(literal(value)) if isinstance(value, str) else Atom(number(value))

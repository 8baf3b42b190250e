"""Checks a value against the shape of a part: quickly if it is surely right, and with pydantic if it may be wrong.

Pydantic walks the value, and checks types. The limits of :mod:`limits` are called from both ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from pulumi_8x8.definition.contents.limits import Fault, Limit
from pulumi_8x8.definition.contents.nodes import Items, Leaf, Node, Object, OneOf
from pulumi_8x8.definition.steps.base import Checked
from pulumi_8x8.definition.values import Hole, Json, Path
from pulumi_8x8.phrasing import closest

if TYPE_CHECKING:
    from pydantic_core import CoreSchema, ErrorDetails, SchemaValidator

_Check: TypeAlias = Callable[[Json], bool]

#: Numbers in quotes, as published messages have them; pydantic reads more forms.
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d+)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,15}", re.ASCII)

_TYPES: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "whole": (int,),
    "truth": (bool,),
    "object": (dict,),
}


def wrong_values(node: Node, value: Json) -> list[ErrorDetails]:
    """What is wrong with a value, as pydantic's errors. Faults of :mod:`limits` are among them: the kind of the fault
    is the error's type, and ``ctx`` has its message and hint."""
    if _sure(node)(value):
        return []
    from pydantic import ValidationError

    try:
        _validator(node).validate_python(value)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def checked_part(inputs: Mapping[str, Json], node: Node, *place: str) -> Checked:
    """The input at ``place`` with its shape; without a place, the inputs that ``node`` has members for."""
    if place:
        return Checked(place, inputs[place[0]], partial(wrong_values, node))
    names = node.members if isinstance(node, Object) else ()
    return Checked((), {name: inputs[name] for name in names if name in inputs}, partial(wrong_values, node))


# Surely right


@cache
def _sure(node: Node) -> _Check:
    if isinstance(node, Leaf):
        return _sure_leaf(node)
    if isinstance(node, Items):
        item, limits = _sure(node.item), node.limits
        return lambda value: type(value) is list and all(map(item, value)) and _fits(value, limits)
    if isinstance(node, OneOf):
        return lambda value: type(value) is dict and _sure_one(node, value)
    return _sure_object(node)


def _sure_leaf(node: Leaf) -> _Check:
    if node.kind == "any":
        return lambda value: True
    types, limits = _TYPES[node.kind], node.limits
    if not node.values and not limits and node.kind == "text":
        return lambda value: type(value) is str
    values = {each.lower() for each in node.values}
    quoted = {"number": _NUMBER, "whole": _WHOLE}.get(node.kind)

    def check(value: Json) -> bool:
        if type(value) not in types and not (quoted and type(value) is str and quoted.fullmatch(value)):
            return False
        return (not values or value.lower() in values) and _fits(value, limits)

    return check


def _fits(value: Json, limits: tuple[Limit, ...]) -> bool:
    return not limits or all(limit.fault(value) is None for limit in limits)


def _sure_one(node: OneOf, value: Json) -> bool:
    chosen = node.choose(value)
    return not node.closed if chosen is None else _sure(chosen)(value)


def _sure_object(node: Object) -> _Check:
    checks = {name: _sure(member.node) for name, member in node.members.items()}
    needed = frozenset(name for name, member in node.members.items() if member.need != "optional")
    wholes = node.wholes

    def check(value: Json) -> bool:
        if type(value) is not dict or not needed <= value.keys():
            return False
        for name, item in value.items():
            known = checks.get(name)
            if known is None:
                if _near(name, node):
                    return False
            elif item is None:
                if name in needed:
                    return False
            elif not known(item):
                return False
        return not wholes or all(whole.surely_holds(value) for whole in wholes)

    return check


# Perhaps wrong


@cache
def _validator(node: Node) -> SchemaValidator:
    from pydantic_core import SchemaValidator

    return SchemaValidator(_schema(node))


def _schema(node: Node) -> CoreSchema:
    from pydantic_core import core_schema

    if isinstance(node, OneOf):
        return core_schema.no_info_plain_validator_function(lambda value: _validate_one(node, value))
    if isinstance(node, Object):
        fields = {
            name: core_schema.typed_dict_field(_schema(member.node), required=False)
            for name, member in node.members.items()
        }
        inner: CoreSchema = core_schema.typed_dict_schema(fields, extra_behavior="ignore")
        return core_schema.no_info_wrap_validator_function(
            lambda value, handler: _validate_object(node, value, handler), inner
        )
    if isinstance(node, Items):
        inner = core_schema.list_schema(_schema(node.item))
    else:
        inner = _PLAIN_SCHEMAS[node.kind](core_schema)
    return core_schema.no_info_wrap_validator_function(
        lambda value, handler: _validate_plain(node, value, handler), inner
    )


_PLAIN_SCHEMAS: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda core: core.str_schema(),
    "number": lambda core: core.float_schema(),
    "whole": lambda core: core.int_schema(),
    "truth": lambda core: core.bool_schema(),
    "object": lambda core: core.dict_schema(),
    "any": lambda core: core.any_schema(),
}


def _is_computed(value: Json) -> bool:
    return isinstance(value, Hole) or (isinstance(value, str) and "{{" in value)


def _validate_plain(node: Leaf | Items, value: Json, handler: Callable[[Json], Json]) -> Json:
    from pydantic import ValidationError
    from pydantic_core import PydanticKnownError

    faults = [] if isinstance(value, Hole) else [((), fault) for fault in _faults(node, value)]
    errors: list[Any] = []
    if not _is_computed(value):
        if isinstance(value, bool) and isinstance(node, Leaf) and node.kind in ("number", "whole"):
            raise PydanticKnownError("float_type")  # a number to Python, and to pydantic
        try:
            handler(value)
        except ValidationError as error:
            errors = list(error.errors(include_url=False))
    _raise(errors, faults, value)
    return value


def _faults(node: Leaf | Items, value: Json) -> Iterator[Fault]:
    for limit in node.limits:
        if fault := limit.fault(value):
            yield fault
    if isinstance(node, Leaf) and node.values and isinstance(value, str) and not _is_computed(value):
        low = value.lower()
        if not value:
            yield Fault("empty", "the text is empty", f"write {_either(node.values)}")
        elif all(each.lower() != low for each in node.values):
            near = closest(value, node.values, cutoff=0.65)
            shown = f'"{value[:60]}" isn\'t a published value'
            if near:
                yield Fault("misspelled_text", shown, f'did you mean "{near}"?')
            elif node.closed:
                yield Fault("unpublished_text", shown, f"write {_either(node.values)}")


def _either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _validate_one(node: OneOf, value: Json) -> Json:
    if _is_computed(value):
        return value
    chosen = node.choose(value)
    if chosen is not None:
        _validator(chosen).validate_python(value)
    elif node.closed:
        fault = Fault(
            "unpublished_text", f"{node.called} of this type isn't published", f"write {_either(node.names())}"
        )
        _raise([], [(node.tag, fault)], value)
    return value


def _validate_object(node: Object, value: Json, handler: Callable[[Json], Json]) -> Json:
    from pydantic import ValidationError

    if _is_computed(value):
        return value
    if not isinstance(value, Mapping):
        return handler(value)
    errors: list[Any] = []
    present = _published_names(node, value)
    try:
        handler(present)
    except ValidationError as error:
        errors = list(error.errors(include_url=False))
    faults = [*_faults_of_names(node, value, present)]
    faults += [fault for whole in node.wholes for fault in whole.faults(present)]
    _raise(errors, faults, value)
    return value


def _published_names(node: Object, value: Mapping[Any, Json]) -> dict[str, Json]:
    """The members under their published names, which the API takes in any case; a null is a member left out.

    ``flow_id`` counts as ``flowId``: the API has names of both kinds, and may take either. Lint warns of it.
    """
    names = {_letters(name): name for name in node.members}
    return {names.get(_letters(str(name)), str(name)): item for name, item in value.items() if item is not None}


def _letters(name: str) -> str:
    return name.lower().replace("_", "")


def _faults_of_names(
    node: Object, value: Mapping[Any, Json], present: Mapping[str, Json]
) -> Iterator[tuple[Path, Fault]]:
    missing = [name for name, member in node.members.items() if member.need != "optional" and name not in present]
    near = {name: right for name in value if name not in node.members and (right := _near(name, node))}
    for name in missing:
        wrong = next((each for each, right in near.items() if right == name), "")
        hint = f'is "{wrong}" a misspelling of it?' if wrong else f"add {name}"
        if node.members[name].need == "required":
            yield (name,), Fault("missing_part", f"{name} is missing, and {node.called} needs it", hint)
        else:
            message = f"{name} is missing, and the API's description requires it"
            yield (name,), Fault("expected_part", message, hint)
    for name, right in near.items():
        if right not in missing:
            yield (name,), Fault("misspelled_part", f"{node.called} has no {name}", f'did you mean "{right}"?')


def _raise(errors: list[Any], faults: Sequence[tuple[Path, Fault]], value: Json) -> None:
    """Raises all of them as one error of pydantic."""
    if not errors and not faults:
        return
    from pydantic import ValidationError
    from pydantic_core import InitErrorDetails, PydanticCustomError

    def line(kind: Any, place: Path, given: Json, about: Mapping[str, Any]) -> InitErrorDetails:
        custom = PydanticCustomError(kind, "{message}", {"message": about["message"], "hint": about.get("hint", "")})
        return InitErrorDetails(type=custom, loc=place, input=given)

    lines = [
        line(each["type"], each["loc"], each["input"], {"message": each["msg"], **each.get("ctx", {})})
        for each in errors
    ]
    lines += [line(fault.kind, path, value, fault._asdict()) for path, fault in faults]
    raise ValidationError.from_exception_data("", lines)


@lru_cache(maxsize=10_000)
def _near(name: Json, node: Object) -> str:
    """The published member that ``name`` is a near miss of; empty if it is none."""
    if not isinstance(name, str) or not name:
        return ""
    found = closest(name, node.members)
    if found is None and len(name) <= 6:
        found = next((each for each in node.members if _one_apart(name.lower(), each.lower())), None)
    return found or ""


def _one_apart(first: str, second: str) -> bool:
    """Whether one letter more, less or other, or two letters in the wrong order, make one word of the other.

    >>> _one_apart("ulr", "url")
    True
    """
    if len(first) > len(second):
        first, second = second, first
    if len(second) < 2 or len(second) - len(first) > 1:
        return False
    at = next((at for at, letter in enumerate(first) if letter != second[at]), len(first))
    if len(first) < len(second):
        return first[at:] == second[at + 1 :]
    swapped = first[:at] + first[at : at + 2][::-1] + first[at + 2 :]
    return first[at + 1 :] == second[at + 1 :] or swapped == second

"""Validates data that crosses a border, through pydantic, which is imported when the first value needs it.

A border declares what it reads as a dataclass (or any other type that pydantic knows) and calls :func:`validated`.
Pydantic's errors become the project's messages here: the place, what is wrong, what to write; never the value, which
may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pulumi_8x8.phrasing import camel_case, did_you_mean, printable, show_path

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
    from pydantic_core import CoreSchema, ErrorDetails

_T = TypeVar("_T")
_Path: TypeAlias = tuple[str | int, ...]

_MUST = "must"
_LONGEST_PLACE = 200  # letters; a key may be a whole text
#: Errors that become messages. A value may have as many as it has members, and each message takes time.
_MOST_ERRORS = 50

#: The beginnings of messages that continue a sentence after the place.
_PREDICATES = ("must ", "is ", "has ", "needs ", "does ")

#: What a value must be, by the type in its JSON Schema.
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


class Misfit(NamedTuple):
    """What is wrong at one place.

    :param path: where, from the outermost value on.
    :param message: a predicate (``must be a text``, ``is missing``), or a sentence of a validator.
    """

    path: _Path
    message: str

    def __str__(self) -> str:
        """``steps[0].status must be a number from 100 to 599``; without the place for the outermost value."""
        place = printable(show_path(self.path))
        place = place if len(place) <= _LONGEST_PLACE else f"{place[:_LONGEST_PLACE]}…"
        if not place:
            return self.message
        return f"{place}{'' if self.message.startswith(_PREDICATES) else ':'} {self.message}"


class Invalid(ValueError):
    """A value isn't what a border reads. A validator that raises it names the places inside its value.

    :ivar misfits: what is wrong, place by place; at least one.
    """

    def __init__(self, *misfits: Misfit) -> None:
        super().__init__("; ".join(map(str, misfits)))
        self.misfits = misfits


@dataclass(frozen=True)
class Must:
    """The sentence about a value that doesn't fit: ``Annotated[int, Must("be 1 or more", lambda times: times >= 1)]``.

    It replaces pydantic's message about the value, except for messages about the inside of a list or an object.
    Texts, numbers and booleans aren't converted into each other.

    :param what: what follows "must".
    :param check: what else the value has to pass.
    """

    what: str
    check: Callable[[Any], object] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        schema, message = handler(source), f"must {self.what}"
        has_inside = schema["type"] in ("list", "tuple", "dict")
        for scalar in _scalars(schema):
            scalar["strict"] = True
        if self.check is not None:
            schema = core_schema.no_info_after_validator_function(self._checked, schema)
        if not has_inside:
            schema = core_schema.custom_error_schema(schema, _MUST, custom_error_message=message)
        # Where _message looks when the value is missing, or not a list or an object.
        cast(Any, schema)["metadata"] = {"pydantic_js_extra": {_MUST: message}}
        return schema

    def _checked(self, value: _T) -> _T:
        if self.check is not None and not self.check(value):
            raise ValueError(f"must {self.what}")
        return value


@dataclass(frozen=True)
class Parsed:
    """A value that a function makes of what is written: ``Annotated[timedelta, Parsed(parse_duration)]``.

    :param by: the function; the text of its ``ValueError`` is the message.
    """

    by: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.by, json_schema_input_schema=core_schema.any_schema())


def spelled(**names: str) -> dict[str, Any]:
    """The ``__pydantic_config__`` of a dataclass whose members have other names outside.

    :param names: those by the member's own name; all others are in camel case.
    """
    return {"alias_generator": lambda name: names.get(name) or camel_case(name)}


def _scalars(schema: Any) -> Iterator[dict[str, Any]]:
    if schema["type"] in ("str", "int", "float", "bool"):
        yield schema
    elif schema["type"] in ("nullable", "default", "union"):
        for inner in schema.get("choices", [schema.get("schema")]):
            yield from _scalars(inner)


def validated(kind: type[_T], value: object, path: _Path = ()) -> _T:
    """``value`` as ``kind``.

    :param kind: a type that pydantic can validate.
    :param path: where ``value`` is, for the messages.
    :raises Invalid: it doesn't fit.
    """
    from pydantic import ValidationError

    try:
        adapter: TypeAdapter[_T] = _adapter(cast(Any, kind))
        return adapter.validate_python(value)
    except ValidationError as error:
        raise Invalid(*misfits(error, kind, value, path)) from None


def surely(hint: Any, value: object) -> Any:
    """``value`` as ``hint``, without pydantic, whose import takes a third of the start of a program.

    :raises ValueError: the value doesn't fit, or isn't sure to fit; :func:`validated` decides, and describes it.
    """
    arguments = get_args(hint)
    match get_origin(hint):
        case origin if origin is Annotated:
            for note in hint.__metadata__:
                if isinstance(note, Parsed):
                    return note.by(value)
            fitting = surely(hint.__origin__, value)
            if all(note.check(fitting) for note in hint.__metadata__ if isinstance(note, Must) and note.check):
                return fitting
        case origin if origin is dict and type(value) is dict and all(type(key) is str for key in value):
            return {key: surely(arguments[1], item) for key, item in value.items()}
        case origin if origin in (Union, UnionType) and type(value) in arguments:
            return value
        case origin if (origin is Literal and value in arguments) or type(value) is hint:
            return value
    raise ValueError


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def misfits(error: ValidationError, kind: Any, value: object, path: _Path = ()) -> tuple[Misfit, ...]:
    """Pydantic's errors as the project's messages.

    Of the alternatives at one place, those count that fit best: what is wrong inside of one of them hides that the
    others are of another kind.

    :param kind: what ``value`` was validated as.
    """
    found: dict[_Path, str] = {}
    for each in error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]:
        place = _place(each, value)
        cause = each.get("ctx", {}).get("error")
        inside = cause.misfits if isinstance(cause, Invalid) else (Misfit((), _message(each, place, kind)),)
        found |= {(*place, *misfit.path): misfit.message for misfit in inside}
    outer = {place[:length] for place in found for length in range(len(place))}
    return tuple(Misfit((*path, *place), message) for place, message in found.items() if place not in outer)


def _place(error: ErrorDetails, value: Any) -> _Path:
    """Where in ``value`` the error is. Pydantic's own names for alternatives and functions aren't places in it."""
    place: list[str | int] = []
    for part in error["loc"]:
        is_member = isinstance(value, Mapping) and part in value
        if is_member or (isinstance(value, list | tuple) and isinstance(part, int) and part < len(value)):
            place.append(part)
            value = value[part]
    return (*place, error["loc"][-1]) if error["type"] == "missing" else tuple(place)


def _message(error: ErrorDetails, place: _Path, kind: Any) -> str:
    match error["type"]:
        case "must":
            return error["msg"]
        case "value_error":
            return str(error["ctx"]["error"])
        case "missing":
            wanted = _wanted(kind, place)
            return f"is missing; it {wanted}" if wanted else "is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            known = [name for each in _schemas(kind, place[:-1]) for name in each.get("properties", ())]
            near = did_you_mean(str(place[-1]), known)
            listed = f"nown are {', '.join(known)}"
            return f"is unknown; {near} K{listed}" if near else f"is unknown; k{listed}" if known else "is unknown"
    return _wanted(kind, place) or "does not have the form that is expected"


def _wanted(kind: Any, place: _Path) -> str:
    """What the value at ``place`` must be: as a :class:`Must` has it, else by its type; empty if that isn't clear."""
    schemas = _schemas(kind, place)
    musts = [each[_MUST] for each in schemas if _MUST in each]
    kinds = dict.fromkeys(filter(None, map(_kind, schemas)))
    return musts[0] if musts else f"must be {' or '.join(kinds)}" if kinds else ""


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        *names, last = map(str, schema.get("enum") or [schema["const"]])
        return f"{', '.join(names)} or {last}" if names else last
    what = _KINDS.get(schema.get("type", ""), "")
    if "minLength" in schema or "minItems" in schema:
        what += " that isn't empty"
    match schema:
        case {"minimum": least, "maximum": most}:
            return f"{what} from {least:g} to {most:g}"
        case {"minimum": least}:
            return f"{what} of {least:g} or more"
        case {"maximum": most}:
            return f"{what} of {most:g} or less"
    return what


def _schemas(kind: Any, place: _Path) -> list[dict[str, Any]]:
    """The JSON Schemas of what may be at ``place``; none when they can't be made."""
    root = _json_schema(kind)

    def all_of(schema: Any) -> Iterator[dict[str, Any]]:
        if isinstance(schema, dict):
            yield schema
            yield from all_of(root.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2]))
            for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
                yield from all_of(inner)

    found = [*all_of(root)]
    for part in place:
        found = [inner for each in found for member in _members(each, part) for inner in all_of(member)]
    return found


@cache
def _json_schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type; empty if it has none."""
    from pydantic import PydanticUserError
    from pydantic.json_schema import GenerateJsonSchema

    class Silent(GenerateJsonSchema):
        def emit_warning(self, kind: Any, detail: str) -> None:
            """Ignores warnings about defaults without a JSON form."""

    try:
        return _adapter(kind).json_schema(schema_generator=Silent)
    except PydanticUserError:  # something in it has no JSON Schema
        return {}


def _members(schema: dict[str, Any], part: str | int) -> Iterator[Any]:
    yield schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
    yield schema.get("additionalProperties")

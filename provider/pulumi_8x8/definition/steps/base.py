"""What all step types have in common: their base class, and the vocabulary in which each file here declares one.

Pydantic validates the inputs and makes their JSON Schema. It is imported only when an input needs it: the import takes
longer than linting a file, and most inputs are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from pulumi_8x8.definition.authorship import ProgramCall, calls_of_program
from pulumi_8x8.definition.contents.part import Part
from pulumi_8x8.definition.durations import parse_duration
from pulumi_8x8.definition.linking import LinkedStep, current_prefixes
from pulumi_8x8.definition.triggers import Shape
from pulumi_8x8.definition.values import Hole, Json
from pulumi_8x8.errors import DurationError
from pulumi_8x8.phrasing import camel_case

if TYPE_CHECKING:
    from pulumi import Input
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema, ErrorDetails

    from pulumi_8x8.definition import expressions, members
    from pulumi_8x8.definition.linking import Flow


def is_script(value: Json) -> bool:
    """True for a string with a script in it: ``"{{data.payload}}"``."""
    return isinstance(value, str) and "{{" in value


class Info(NamedTuple):
    """What the declaration of an input states beside its type.

    With it, pydantic also accepts a script that computes the value, and a value that isn't known yet.

    :param text: what the input is.
    :param values: published values, in any case. Others may exist, so only a near miss of one is a mistake.
    :param default: what the service uses if the input is absent; lint doesn't require such an input.
    :param needed: whether the definition must have the input, if that isn't what a program must write: a typed content
        brings its ``type``.
    """

    text: str = ""
    values: tuple[str, ...] = ()
    default: Json = None
    needed: bool | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        def validate(value: Json, handler: Callable[[Json], Json]) -> Json:
            return value if _is_computed(value) else handler(value)

        return core_schema.no_info_wrap_validator_function(validate, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        shown = handler(schema)
        choices = shown.get("anyOf", [shown])
        if not any(not each or each.get("type") == "string" for each in choices):
            shown = {"anyOf": [*choices, {"type": "string", "pattern": r"\{\{"}]}
        about = {"description": self.text, "examples": list(self.values), "default": self.default}
        return shown | {key: value for key, value in about.items() if value not in (None, [], "")}


def _is_computed(value: Json) -> bool:
    # Lint has a rule of its own for an empty text.
    return isinstance(value, Hole) or (isinstance(value, str) and (not value or is_script(value)))


class _Length(NamedTuple):
    """A length of time, in the service's form (``duration``) or in ``seconds``."""

    unit: Literal["duration", "seconds"]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, value: Json, handler: Callable[[Json], Json]) -> Json:
        from pydantic_core import PydanticKnownError

        valid = handler(value)
        if isinstance(value, bool):  # a number to Python, and to pydantic
            raise PydanticKnownError("float_type")
        return parse_duration(value) if self.unit == "duration" else valid


if TYPE_CHECKING:
    # What an editor sees: plain values, Outputs, secrets and expressions alike.
    Text: TypeAlias = Input[str] | expressions.Value
    Duration: TypeAlias = Input[str] | expressions.Value
    Seconds: TypeAlias = Input[int] | Input[float] | Input[str] | expressions.Value
    Object: TypeAlias = Input[Mapping[str, Any]] | Input[str] | members.Members | members.Anything
    Objects: TypeAlias = Input[Sequence[Mapping[str, Any]]] | Input[str] | members.Anything
    Anything: TypeAlias = Input[Any]
    Condition: TypeAlias = Input[str] | Input[bool] | expressions.Predicate | None
    Sequences: TypeAlias = Sequence[Sequence["Step | Mapping[str, Any]"] | Flow] | Flow | "Step"
    StepId: TypeAlias = str | "Step"
else:
    # What pydantic sees.
    Text = str
    Duration = Annotated[str, _Length("duration")]
    Seconds = Annotated[float, _Length("seconds")]
    Object = dict
    Objects = list[dict[str, Any]]
    Anything = Any
    Condition = str | bool | None
    Sequences = list[list[Any]]
    StepId = str

#: The types of values that an input of a type surely takes.
_PLAIN: Mapping[Any, tuple[type, ...] | None] = {str: (str,), dict: (dict,), float: (int, float), Any: None}


class Phrases(NamedTuple):
    """What a review reports about steps of a type; ``{}`` is the step's id.

    :param added, removed: the step is new, or removed.
    :param text: a text among the inputs changes; a second ``{}`` is the input's name.
    :param value: another input changes; a second ``{}`` is the input's name, or its place in a message.
    :param places: sentences about values by the last name of their place; further ``{}`` are the new value and the old.
    :param length: the name of a length of time among the inputs.
    """

    added: str = ""
    removed: str = ""
    text: str = ""
    value: str = ""
    places: Mapping[str, str] = {}
    length: str = "the timeout"


class Checked(NamedTuple):
    """A value below the inputs of a step, and what checks it against its shape."""

    place: tuple[str, ...]
    value: Json
    check: Callable[[Json], list[ErrorDetails]]


_RECEIVER, _SENDER = "{} goes to another receiver", "{} comes from another sender"
#: Sentences about who gets a message, and who sends it.
PEOPLE = {
    **dict.fromkeys(("destination", "msisdn", "channelUserId"), _RECEIVER),
    **dict.fromkeys(("source", "subAccountId"), _SENDER),
}

_S = TypeVar("_S")
_T = TypeVar("_T")


def _once(make: Callable[[type[Step]], _T]) -> Callable[[type[Step]], _T]:
    return cast("Callable[[type[Step]], _T]", cache(make))  # to mypy, type[Step] isn't hashable


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def step(kind: type[_S]) -> type[_S]:
    """Makes a step type of a class."""
    # Step compares and shows them; what a dataclass writes for each of ten takes as long as linting ten files.
    return dataclass(frozen=True, eq=False, repr=False, kw_only=True)(kind)


@step
class Step(LinkedStep):
    """What all step types share; use one of the subclasses, or a dictionary for a type that is not published.

    A field is an input of the step under its own name in Python's spelling (``sub_account_id`` is the service's
    ``subAccountId``), except for the fields in :data:`BESIDE_INPUTS`.

    Links may also be written as :meth:`then`, :meth:`when` and :meth:`otherwise`. A step is accepted wherever an id is.

    :param id: unique in the definition. The first step of a definition is where it starts.
    :param outputs: ``{name: script}``; copied to ``data.<name>`` when the step is done.
    :param next_step_id: the step after this one; without it the path ends here.
    :param select_next_step: ``{step id: script or None}``; every edge that is true runs, ``None`` is the default
        edge. Not together with ``next_step_id``.
    :param inputs: inputs that have no field here, in the service's own spelling, passed on unchanged.

    :cvar step_type: the service's name of the type.
    :cvar role: what steps of the type do. A loop with a step that waits doesn't spin. A step that decides reads earlier
        results. A step that sends reaches people, and a step that calls reaches another system.
    :cvar result: what scripts can read on ``step`` after such a step.
    :cvar answer: the path of what somebody answered, which is null when nobody does.
    :cvar words: the sentences of a review about such steps.
    """

    step_type: ClassVar[str]
    role: ClassVar[Literal["", "sends", "calls", "decides", "waits"]] = ""
    result: ClassVar[Shape] = {}
    answer: ClassVar[str] = ""
    words: ClassVar[Phrases] = Phrases()

    id: str = field(kw_only=False)
    outputs: Mapping[str, Any] | None = None
    next_step_id: StepId | None = None
    select_next_step: Mapping[str, Condition] | Mapping[Step, Condition] | None = None
    inputs: Mapping[str, Any] | None = None
    #: The program's calls that wrote the step, and the author's line among them if a flow has found it. Class variables
    #: to dataclasses and pydantic, since they aren't part of the definition; every instance sets its own.
    calls: ClassVar[tuple[ProgramCall, ...]] = ()
    authored: ClassVar[str] = ""

    @property
    def where(self) -> str:
        """``file:line`` of the program that wrote the step."""
        return self.authored or (str(self.calls[0]) if self.calls else "")

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", calls_of_program())
        if (prefixes := current_prefixes()) and isinstance(self.id, str):
            object.__setattr__(self, "prefixes", prefixes)
            object.__setattr__(self, "id", prefixes[-1] + self.id)

    def __eq__(self, other: object) -> bool:
        if self is other or type(self) is not type(other):
            return self is other
        try:
            return all(getattr(self, each.name) == getattr(other, each.name) for each in fields(self))
        except TypeError:  # a comparison of expressions isn't true or false
            return repr(self) == repr(other)

    def __hash__(self) -> int:
        # So that {step: …} is a mapping, which is refused with its place, instead of a traceback of Python.
        return hash(type(self))

    def __repr__(self) -> str:
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        shown = (f"{name}={value!r}" for name, value in given.items() if value is not None)
        return f"{type(self).__name__}({', '.join(shown)})"

    def goes_on(self) -> list[Any] | None:
        edges = self.select_next_step
        found = [self.next_step_id, *(edges if isinstance(edges, Mapping) else ())]
        return [each for each in found if each is not None] or None

    def to_api(self) -> dict[str, Json]:
        """The step in the service's shape; values, Outputs included, stay unchanged."""
        inputs: dict[str, Json] = {}
        beside: dict[str, Json] = {}
        for name, wire_name in step_fields(type(self)):
            value = getattr(self, name)
            if value is None:
                continue
            if name == "do":
                beside["do"] = sequences_to_api(value)
            elif name in BESIDE_INPUTS:
                beside[wire_name] = value
            else:
                if isinstance(value, Part):
                    inputs = {**inputs, **value.brings, **inputs}
                inputs[wire_name] = value
        if isinstance(self.inputs, Mapping):
            inputs |= self.inputs
        body: dict[str, Json] = {"id": self.id, "stepType": self.step_type}
        return body | ({"inputs": inputs} if inputs else {}) | beside

    def given(self) -> Iterator[tuple[tuple[str, ...], Json]]:
        """The values of the step with their places in the service's shape; ``inputs`` at the end, in one piece."""
        yield ("id",), self.id
        for name, wire_name in step_fields(type(self)):
            if (value := getattr(self, name)) is not None:
                yield ((wire_name,) if name in BESIDE_INPUTS else ("inputs", wire_name)), value
        if self.inputs is not None:
            yield ("inputs",), self.inputs

    @classmethod
    def result_of(cls, inputs: Mapping[str, Json]) -> Shape:
        """What scripts can read on ``step`` after a step with these ``inputs``."""
        return cls.result

    @classmethod
    def parts_of(cls, inputs: Mapping[str, Json]) -> Iterator[Checked]:
        """The parts of a step with these ``inputs`` that have a shape of their own, such as a message's content."""
        return iter(())


#: Fields that aren't in ``inputs`` in the service's shape.
BESIDE_INPUTS = {"outputs", "next_step_id", "select_next_step", "do"}


@_once
def step_fields(kind: type[Step]) -> list[tuple[str, str]]:
    """The fields of a step type besides ``id`` and ``inputs``: Python's name, and the service's."""
    names = [each.name for each in fields(kind) if each.name not in {"id", "inputs"}]
    return [(name, camel_case(name)) for name in names]


def step_to_api(step: Step | Mapping[str, Json] | Json) -> Json:
    """``step`` in the service's shape, and the steps in its ``do``; anything else is left for lint to check."""
    if isinstance(step, Mapping) and "do" in step:
        return {**step, "do": sequences_to_api(step["do"])}
    return step.to_api() if isinstance(step, Step) else step


def sequences_to_api(sequences: Json) -> Json:
    """A ``do`` in the service's shape."""
    if not isinstance(sequences, list | tuple):
        return sequences
    return [[step_to_api(step) for step in each] if isinstance(each, list | tuple) else each for each in sequences]


# The declaration of a type, as others read it


class InputKind(NamedTuple):
    """An input, as a step type declares it.

    :param name: the service's name.
    :param hint: its type, for pydantic.
    :param required: a program must write it, or something that brings it.
    :param values, default: see :class:`Info`.
    :param unit: what a length of time is written in; empty for other inputs.
    :param plain: types of values that it surely takes; ``None``: all of them.
    :param needed: the definition must have it: the service has no default for it.
    """

    name: str
    hint: Any
    required: bool
    values: tuple[str, ...]
    default: Json
    unit: str
    plain: tuple[type, ...] | None
    needed: bool

    def surely_takes(self, value: Json) -> bool:
        """True for nearly all values that are right: for those, pydantic need not be imported."""
        if self.plain is None or (not self.unit and type(value) in self.plain) or _is_computed(value):
            return True
        if self.unit == "duration" and isinstance(value, str):
            try:
                parse_duration(value)
            except DurationError:
                return False
        return type(value) in self.plain


@_once
def declared_inputs(kind: type[Step]) -> Mapping[str, InputKind]:
    """The inputs that a step type has a field for, by the service's names."""
    hints = get_type_hints(kind, include_extras=True)
    found = [each for each in fields(kind) if each.name not in {"id", "inputs", *BESIDE_INPUTS}]
    inputs = (_input_kind(each.name, hints[each.name], each.default is MISSING) for each in found)
    return {each.name: each for each in inputs}


def _input_kind(name: str, hint: Any, required: bool) -> InputKind:
    notes, kind = hint.__metadata__, hint.__origin__
    if get_origin(kind) in (Union, UnionType):
        kind = next(each for each in get_args(kind) if each is not NoneType)
    notes += getattr(kind, "__metadata__", ())
    about = next(each for each in notes if isinstance(each, Info))
    unit = next((each.unit for each in notes if isinstance(each, _Length)), "")
    # Whether its items are objects is for their own shape to check.
    plain = (list,) if kind == list[dict[str, Any]] else _PLAIN.get(getattr(kind, "__origin__", kind), ())
    needed = (required and about.default is None) if about.needed is None else about.needed
    return InputKind(camel_case(name), hint, required or needed, about.values, about.default, unit, plain, needed)


@_once
def inputs_adapter(kind: type[Step]) -> TypeAdapter[Any]:
    """Pydantic for the inputs of a step type, in the service's shape."""
    from typing import NotRequired

    from pydantic import TypeAdapter
    from typing_extensions import TypedDict

    inputs = declared_inputs(kind).values()
    members = {each.name: each.hint if each.needed else NotRequired[each.hint] for each in inputs}
    return TypeAdapter(TypedDict(kind.step_type, members))  # type: ignore[operator]


@_once
def _needed(kind: type[Step]) -> frozenset[str]:
    return frozenset(name for name, each in declared_inputs(kind).items() if each.needed)


def invalid_inputs(kind: type[Step], inputs: Mapping[str, Json]) -> list[ErrorDetails]:
    """What pydantic finds wrong with the inputs of a step, in the service's shape, and with the parts of a message in
    them; a null is an input left out."""
    known = declared_inputs(kind)
    given = {name: value for name, value in inputs.items() if value is not None and name in known}
    errors = _invalid_values(kind, known, given)
    wrong = {error["loc"][:1] for error in errors} if errors else ()
    for place, value, check in kind.parts_of(given):
        for error in check(value):
            path = (*place, *error["loc"])
            if path[:1] not in wrong:  # what has a wrong type is reported already
                errors.append({**error, "loc": path})
    return errors


def _invalid_values(kind: type[Step], known: Mapping[str, InputKind], given: Mapping[str, Json]) -> list[ErrorDetails]:
    if _needed(kind) <= given.keys() and all(
        map(InputKind.surely_takes, map(known.__getitem__, given), given.values())
    ):
        return []
    from pydantic import ValidationError

    try:
        inputs_adapter(kind).validate_python(given)
    except ValidationError as error:
        return error.errors(include_url=False)
    return []

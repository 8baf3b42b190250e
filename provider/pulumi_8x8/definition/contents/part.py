"""The base class of typed parts of a message. A part is a dictionary in the service's shape.

So a plain dictionary and a typed part are the same thing to everything that handles definitions, and compare equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, field
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    NamedTuple,
    TypeAlias,
    TypeVar,
    dataclass_transform,
    get_origin,
    get_type_hints,
)

from pulumi_8x8.phrasing import camel_case, did_you_mean

if TYPE_CHECKING:
    import pulumi

    from pulumi_8x8.definition import expressions, members

    _I = TypeVar("_I")
    # What an editor sees: plain values, Outputs, secrets and expressions alike. No text is a list or an object.
    Input: TypeAlias = pulumi.Input[_I] | expressions.Value
    InputList: TypeAlias = pulumi.Input[Sequence[_I]] | members.Anything
    InputObject: TypeAlias = pulumi.Input[Mapping[str, Any]] | members.Members | members.Anything
else:

    class Input:
        """What type checkers see as plain values, Outputs, secrets and expressions alike is the plain type here."""

        def __class_getitem__(cls, kind: Any) -> Any:
            return kind

    InputList = Sequence
    InputObject = Mapping[str, Any]


class At(NamedTuple):
    """Where a field of a part is in the service's shape, if not under its own name.

    :param path: names with dots between them: ``interactive.body.text``.
    :param whole: the object around the field needs the field, though the part doesn't need the object.
    """

    path: str
    whole: bool = False


class Short(NamedTuple):
    """A value that isn't an object is short for a part with this value: a text for a header of this text.

    :param each: each value of a list is.
    """

    part: Callable[[Any], Mapping[str, Any]]
    each: bool = False


class Slot(NamedTuple):
    """A field of a part: its Python name, its place in the service's shape, and what its annotation has."""

    name: str
    path: tuple[str, ...]
    hint: Any
    notes: tuple[Any, ...]
    required: bool
    positional: bool

    def note(self, kind: type[_N]) -> _N | None:
        """The note of this type in the annotation."""
        return next((each for each in self.notes if isinstance(each, kind)), None)


_N = TypeVar("_N")
_P = TypeVar("_P")

_NOTHING: Any = object()


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def part(kind: type[_P]) -> type[_P]:
    """Makes a part of a class: type checkers and editors see the fields as the parameters of its constructor."""
    return kind


@part
class Part(dict[str, Any]):
    """A part of a message, in the service's shape.

    :cvar fixed: members that all such parts have, by their dotted path; a text counts in any case.
    :cvar expects: paths of fixed members that published messages lack.
    :cvar mark: the path of a member by which such a part is known, if no text names its type.
    :cvar wholes: limits of several values together; the limits of base classes also apply.
    :cvar brings: inputs of the step that follow from such a part: ``{"type": "text"}``.
    :cvar called: what messages to users call such a part.
    """

    fixed: ClassVar[Mapping[str, Any]] = {}
    expects: ClassVar[tuple[str, ...]] = ()
    mark: ClassVar[str] = ""
    wholes: ClassVar[tuple[Any, ...]] = ()
    brings: ClassVar[Mapping[str, Any]] = {}
    called: ClassVar[str] = ""

    more: Mapping[str, Any] | None = None

    def __init__(self, *given: Any, **named: Any) -> None:
        kind = type(self)
        slots = slots_of(kind)
        positional = [slot for slot in slots if slot.positional]
        if len(given) > len(positional):
            raise TypeError(f"{kind.__name__}() takes at most {len(positional)} values without a name")
        values = {slot.name: value for slot, value in zip(positional, given, strict=False)}
        for name, value in named.items():
            if name in values:
                raise TypeError(f"{kind.__name__}() got {name} twice")
            values[name] = value
        names = [slot.name for slot in slots] + ["more"]
        for name in values:
            if name not in names:
                near = did_you_mean(name, names)
                raise TypeError(f"{kind.__name__}() has no {name}" + (f"; {near}" if near else ""))
        for path, value in kind.fixed.items():
            self._put(path.split("."), value)
        for slot in slots:
            value = values.get(slot.name)
            if slot.required and slot.name not in values:
                raise TypeError(f"{kind.__name__}() needs {slot.name}")
            setattr(self, slot.name, value)  # as type checkers see it
            if value is not None:
                self._put(slot.path, _long(value, slot.note(Short)))
        if values.get("more") is not None:
            _merge(self, values["more"])

    def _put(self, path: Any, value: Any) -> None:
        *outer, last = path
        inside: dict[str, Any] = self
        for name in outer:
            inside = inside.setdefault(name, {})
        inside[last] = value


def _long(value: Any, short: Short | None) -> Any:
    if short is None or isinstance(value, Mapping):
        return value
    if not short.each:
        return short.part(value)
    if not isinstance(value, list | tuple):  # an Output or an expression, which is a list later
        return value
    return [each if isinstance(each, Mapping) else short.part(each) for each in value]


def with_members(part: Part, members: Mapping[str, Any]) -> Part:
    """A part of the same class with other members."""
    made = type(part).__new__(type(part))
    vars(made).update(vars(part))
    dict.update(made, members)
    return made


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        inside = into.get(name)
        if isinstance(inside, dict) and isinstance(value, Mapping):
            _merge(inside, value)
        else:
            into[name] = value


@cache
def _slots(kind: Any) -> tuple[Slot, ...]:
    hints = get_type_hints(kind, include_extras=True)
    slots = []
    for name in hints:
        if name == "more" or get_origin(hints[name]) is ClassVar:
            continue
        default = getattr(kind, name, _NOTHING)
        positional = isinstance(default, Field) and default.kw_only is False
        notes = getattr(hints[name], "__metadata__", ())
        hint = getattr(hints[name], "__origin__", hints[name])
        place = next((each.path for each in notes if isinstance(each, At)), camel_case(name))
        required = default is _NOTHING or (isinstance(default, Field) and default.default is MISSING)
        slots.append(Slot(name, tuple(place.split(".")), hint, notes, required, positional))
    return tuple(sorted(slots, key=lambda slot: not slot.positional))


def slots_of(kind: type[Part]) -> tuple[Slot, ...]:
    """The fields of a part, those that may be given by position first."""
    return _slots(kind)

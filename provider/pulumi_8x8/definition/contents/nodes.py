"""The shape of parts in the service's form, as a tree: what lint checks, and what the JSON Schema is made of.

The tree follows from the classes of the parts. A field at ``interactive.body.text`` makes an object ``interactive``
with an object ``body`` with a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

from pulumi_8x8.definition.contents.limits import Length, Limit
from pulumi_8x8.definition.contents.part import At, Part, Slot, slots_of
from pulumi_8x8.definition.contents.wholes import Whole
from pulumi_8x8.definition.steps.base import Info
from pulumi_8x8.definition.values import Hole, Json
from pulumi_8x8.phrasing import closest


class Usual:
    """A note: the API's file requires the field, and published messages lack it. Lint warns."""


#: For a value with nothing known but its type.
NO_INFO = Info()

Kind: TypeAlias = Literal["text", "number", "whole", "truth", "object", "any"]
Need: TypeAlias = Literal["required", "expected", "optional"]


@dataclass(frozen=True, eq=False, repr=False)
class Leaf:
    """A value.

    :param values: the published ones, in any case.
    :param closed: others are reported, not only near misses.
    """

    kind: Kind
    info: Info = NO_INFO
    values: tuple[str, ...] = ()
    closed: bool = False
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Items:
    """A list."""

    item: Node
    info: Info = NO_INFO
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Object:
    """An object. Members that aren't here pass, except for near misses of one.

    :param called: what messages call it: ``a list message``.
    :param name: the class that it is made of; empty for an object inside one.
    """

    called: str
    members: Mapping[str, Member]
    info: Info = NO_INFO
    wholes: tuple[Whole, ...] = ()
    name: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class OneOf:
    """An object of one of several classes, which the text at ``tag`` decides; without one, what members it has.

    :param closed: a class that isn't published is reported.
    """

    parts: tuple[type[Part], ...]
    tag: tuple[str, ...]
    info: Info = NO_INFO
    called: str = "it"
    closed: bool = False

    def choose(self, value: Json) -> Object | None:
        """The shape that ``value`` must have; ``None`` if it is of a class that isn't published."""
        if not isinstance(value, Mapping):
            return self._merged()
        if not self.tag:
            return next((object_of(each) for each in self.parts if has(value, each.mark)), self._merged())
        text = _at(value, self.tag)
        if isinstance(text, Hole) or (isinstance(text, str) and "{{" in text):
            return self._merged()
        if not isinstance(text, str) or not text:
            return self._merged(self.tag)
        names = {each.fixed[".".join(self.tag)].lower(): each for each in self.parts}
        name = text.lower() if text.lower() in names else closest(text, names)
        return object_of(names[name]) if name else None

    def names(self) -> tuple[str, ...]:
        """The published texts at the tag."""
        return tuple(each.fixed[".".join(self.tag)] for each in self.parts)

    def _merged(self, tag: tuple[str, ...] = ()) -> Object:
        return merged_object(self.parts, tag, self.called)


Node: TypeAlias = Leaf | Items | Object | OneOf


@dataclass(frozen=True, eq=False, repr=False)
class Member:
    """A member of an object, and whether it is needed."""

    node: Node
    need: Need = "optional"


def has(value: Json, path: str) -> bool:
    """Whether ``value`` has something at a dotted path."""
    return _at(value, path.split(".")) is not None


def _at(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name, next((value[key] for key in value if str(key).lower() == name.lower()), None))
    return value


# From classes to the tree


@dataclass
class _Branch:
    """An object in the making."""

    leaves: dict[str, tuple[Node, Need]] = field(default_factory=dict)
    branches: dict[str, _Branch] = field(default_factory=dict)
    needed: bool = False

    def put(self, path: tuple[str, ...], node: Node, need: Need, whole: bool) -> None:
        first, *rest = path
        if not rest:
            self.leaves[first] = node, need
            return
        branch = self.branches.setdefault(first, _Branch())
        branch.needed |= need == "required" and not whole
        branch.put(tuple(rest), node, need, whole)

    def members(self, called: str) -> dict[str, Member]:
        found = {name: Member(node, need) for name, (node, need) in self.leaves.items()}
        for name, branch in self.branches.items():
            need: Need = "required" if branch.needed else "optional"
            found[name] = Member(Object(called, branch.members(called)), need)
        return found


@cache
def _object_of(kind: Any) -> Object:
    root = _Branch()
    for path, value in kind.fixed.items():
        leaf = Leaf("text", NO_INFO, (value,) if isinstance(value, str) else (), closed=True)
        root.put(tuple(path.split(".")), leaf, "expected" if path in kind.expects else "required", False)
    for slot in slots_of(kind):
        at = slot.note(At)
        need: Need = "required" if slot.required or (at and at.whole) else "optional"
        if slot.note(Usual):
            need = "expected"
        root.put(slot.path, _node(slot.hint, slot), need, bool(at and at.whole))
    about = " ".join((getdoc(kind) or "").split("\n\n")[0].split()).replace("``", "")
    called = kind.called or kind.__name__
    wholes = tuple(each for base in kind.__mro__ for each in vars(base).get("wholes", ()))
    return Object(called, root.members(called), Info(about), wholes, kind.__name__)


def object_of(kind: type[Part]) -> Object:
    """The shape of a part."""
    return _object_of(kind)


_KINDS: Mapping[frozenset[Any], Kind] = {
    frozenset((str,)): "text",
    frozenset((float,)): "number",
    frozenset((int,)): "whole",
    frozenset((bool,)): "truth",
}


def _node(hint: Any, slot: Slot) -> Node:
    info = slot.note(Info) or NO_INFO
    limits = tuple(each for each in slot.notes if isinstance(each, Limit))
    hints = [each for each in _flat(hint) if each is not NoneType]
    for each in hints:
        if get_origin(each) is not None and _is_list(each):
            return Items(_item(get_args(each)[0]), info, limits)
    parts = [each for each in hints if isinstance(each, type) and issubclass(each, Part)]
    if parts:
        return _of_parts(parts, info)
    literals = [each for each in hints if get_origin(each) is Literal]
    if literals:
        return Leaf("text", info, get_args(literals[0]), True, limits)
    if any(get_origin(each) is not None or each is Any for each in hints):
        return Leaf("object", info, (), False, limits)
    kinds = [each for each in (bool, float, int, str) if each in hints]
    return Leaf(_KINDS[frozenset(kinds[:1])], info, info.values, False, limits)


def _item(hint: Any) -> Node:
    """The shape of a list's items; a text among them is short for a part."""
    parts = [each for each in _flat(hint) if isinstance(each, type) and issubclass(each, Part)]
    return _of_parts(parts, NO_INFO) if parts else Leaf("text")


def _of_parts(parts: Sequence[type[Part]], info: Info) -> Node:
    if len(parts) == 1:
        return object_of(parts[0])
    kind = " ".join(parts[0].called.split()[:2])
    return OneOf(tuple(parts), ("type",) if "type" in parts[0].fixed else (), info, kind, closed=True)


def _is_list(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Sequence)


def _flat(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for each in get_args(hint):
            yield from _flat(each)
    else:
        yield hint


@cache
def merged_object(parts: tuple[type[Part], ...], tag: tuple[str, ...], called: str) -> Object:
    """All members of several parts together, none needed: for a value without a type of its own.

    :param tag: the path of the text that must name the type.
    """
    objects = [object_of(each) for each in parts]
    return _merge(called, objects, tag, any(".".join(tag) in each.expects for each in parts))


def _merge(called: str, objects: Sequence[Object], tag: Sequence[str], expected: bool) -> Object:
    members: dict[str, Member] = {}
    for name in dict.fromkeys(name for each in objects for name in each.members):
        nodes = [each.members[name].node for each in objects if name in each.members]
        inner = [each for each in nodes if isinstance(each, Object)]
        is_tag = bool(tag) and name == tag[0]
        node: Node = (
            _merge(called, inner, tag[1:] if is_tag else (), expected) if len(inner) == len(nodes) else nodes[0]
        )
        if not isinstance(node, Object) and len(nodes) > 1:
            kinds = {each.kind if isinstance(each, Leaf) else "any" for each in nodes}
            node = Leaf("text", limits=(Length(),)) if is_tag else Leaf(kinds.pop() if len(kinds) == 1 else "any")
        need: Need = ("expected" if expected else "required") if is_tag else "optional"
        members[name] = Member(node, need)
    return Object(called, members)

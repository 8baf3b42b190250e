"""Values are checked where they are written: one pass finds what JSON, the engine or the service cannot carry.

A program hands over any Python object, and some go wrong late and badly: as a traceback of the SDK, as a text of the
SDK in a customer's message, as a value that the engine takes for one of its own. Here they are found before anything is
made of them. A message says what kind of thing stands there and what to write instead; it never shows the value.

Values that come from Outputs are checked when they become known, inside the program, where an exception shows as a
traceback. So :func:`checked` raises nothing: a :class:`Wrong` takes the place of the value, goes to the plugin as a
mark (``encoding.py``), and :func:`wrong_values` reports it there.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from math import isfinite
from types import CoroutineType
from typing import Any, NamedTuple, Self, TypeAlias

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.steps import Step, step_to_api
from pulumi_8x8.definition.values import ENGINE_UNKNOWNS, SIGNATURE, Hole, Json, Path
from pulumi_8x8.phrasing import show_path

#: Levels of nesting; published definitions have at most 12, and Python's own limit would show as a traceback.
DEEPEST = 100
#: Members in all. What has more holds the same list again and again: nine aliases in YAML make a billion members.
_MOST = 250_000
#: Python writes no integer of more than 4,300 digits.
_LARGEST = 1 << 14_280
_LONGEST_PLACE = 200


class WrongValue(NamedTuple):
    """A value that cannot be sent.

    :param path: where it stands in the canonical form.
    :param message: what stands there, and what to write instead.
    :param where: ``file:line`` of the typed step that it stands in; empty where there is none.
    """

    path: Path
    message: str
    where: str = ""

    def __str__(self) -> str:
        """``__main__.py:12: steps.say.inputs.text: what, what to write instead``."""
        place = show_path(self.path)
        place = place if len(place) <= _LONGEST_PLACE else f"{place[:_LONGEST_PLACE]}…"  # a key may be a whole text
        return ": ".join(filter(None, (self.where, place, self.message)))


@dataclass(frozen=True)
class Wrong(Hole):
    """In place of a value that became known late and cannot be sent. A hole: nothing else can be said of it.

    :param found: what is wrong with it; paths begin at the value.
    """

    found: tuple[WrongValue, ...]

    def __str__(self) -> str:
        """The text that takes it through the engine."""
        return json.dumps(self.found)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What ``str()`` wrote; ``None`` when it did not."""
        try:
            return cls(tuple(WrongValue(tuple(path), message, where) for path, message, where in json.loads(text)))
        except (ValueError, TypeError):
            return None


def wrong_values(value: object, path: Path = (), *, only_json: bool = False) -> Iterator[WrongValue]:
    """What cannot be sent, in the order of its places; JSON and holes can. Never raises.

    :param value: a definition, or any object where JSON is expected.
    :param path: where ``value`` stands.
    :param only_json: only what JSON cannot carry; texts that the SDK or the engine made pass.
    """
    if not isinstance(value, Definition):
        return (each.at(path) for each in _find(lambda walk: walk.value(value), only_json))
    return wrong_parts(
        {
            "name": value.name,
            "trigger": value.trigger,
            "subAccountId": value.sub_account_id,
            "status": value.status,
            "steps": value.steps,
            **value.more,
        }
    )


def wrong_parts(parts: Mapping[str, object]) -> Iterator[WrongValue]:
    """Likewise for the parts that a program makes a definition of.

    :param parts: ``name``, ``trigger``, ``subAccountId``, ``status``, and ``steps``: a list (they may be typed), or a
        mapping by id.
    """
    return (each.at(()) for each in _find(lambda walk: walk.parts(parts)))


def checked(value: Json) -> Json:
    """A value that just became known, with typed steps in the service's shape; :class:`Wrong` when it cannot be sent.

    Never raises.
    """
    if _are_steps(value):
        found = _find(lambda walk: walk.steps(value))
        return _wrong(found) or [_plain_step(step) for step in value]
    if type(value) in _LISTS and any(map(_are_steps, value)):
        found = _find(lambda walk: walk.sequences(value, None, 0))
        return _wrong(found) or _plain_sequences(value)
    return _wrong(_find(lambda walk: walk.value(value))) or value


def wrong_id(value: object) -> str:
    """Why ``value`` is no id of a definition or an account, which becomes a part of a URL's path; empty when it is one.

    >>> wrong_id("..")
    'is no id: a URL takes dots for a folder'
    """
    if not isinstance(value, str):
        return f"is {describe(value)}"
    if not value.strip():
        return "is empty"
    if value in (".", ".."):
        return "is no id: a URL takes dots for a folder"
    if wrong := wrong_text(value):
        return f"is {wrong}"
    if value != value.strip() or not value.isprintable() or "/" in value or "\\" in value:
        return "has spaces, slashes or invisible characters, and no id has those"
    return ""


def wrong_text(text: str, only_json: bool = False) -> str:
    """Why a text cannot be sent, or was not meant to be; empty when it can be."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a text with half a character (a lone surrogate), which nothing can send; decode its bytes anew"
    if only_json:
        return ""
    for each in ENGINE_UNKNOWNS:
        if each in text:
            return "the engine's mark of a value that is not known yet; write the Output that it comes from"
    for each in _BASE64:
        if each in text:
            return _OUTPUT_IN_TEXT
    # Compiled when they are needed: that takes longer than importing this module.
    if ("<" in text or "alling" in text) and re.search(_OF_OUTPUT, text, re.IGNORECASE):
        return _OUTPUT_IN_TEXT
    if "<" in text and re.search(_OF_OBJECT, text, re.IGNORECASE):
        return "a text that Python gives for an object without one; write an attribute of it, or call the function"
    return ""


def describe(value: object) -> str:
    """What kind of object ``value`` is, and where it is not JSON's, what to write instead. Never raises.

    >>> describe(b"secret")
    'bytes; write a text: value.decode()'
    """
    try:
        return _describe(value)
    except Exception:  # noqa: BLE001 - an object may do anything when it is looked at
        return _NOT_READABLE


# Texts


_GAP = r"(?:\W|%[0-9a-f]{2})*"  # in a URL, in backticks, in another text as JSON
#: What the SDKs make of an Output in a text: Python's, of Node and .NET (through a stack's outputs), and the oldest.
_OF_OUTPUT = (
    rf"calling{_GAP}(?:__str|to(?:string|json){_GAP}on{_GAP}an{_GAP}output)"
    r"|called 'tostring' on an output|<pulumi\.output\.output object"
)
#: The same in a header: "Basic " and user and password in Base64, whose signs depend on how much stands before.
_BASE64 = ("bGluZyBfX3N0cl9f", "bGxpbmcgX19zdHJf", "YWxsaW5nIF9fc3Ry")
_OF_OBJECT = r"<[^<>]{1,200} at 0x[0-9a-f]{6,}|<(?:future|task) (?:pending|finished|cancelled)|<class '[\w.]+'>"
_OUTPUT_IN_TEXT = (
    "a text that was made of an Output before its value was known: f-strings, str() and % do that; write "
    'pulumi.Output.format("Hello {0}", name), pulumi.Output.concat("Hello ", name) or '
    'name.apply(lambda name: f"Hello {name}")'
)


# Objects

#: By module and name, so that a module that the program does without is not imported.
_KINDS = {
    ("builtins", "NoneType"): "None",
    ("builtins", "bool"): "True or False",
    ("builtins", "int"): "a number",
    ("builtins", "float"): "a number",
    ("builtins", "str"): "a text",
    ("builtins", "list"): "a list",
    ("builtins", "tuple"): "a list",
    ("builtins", "dict"): "a mapping",
    ("builtins", "bytes"): "bytes; write a text: value.decode()",
    ("builtins", "bytearray"): "bytes; write a text: value.decode()",
    ("builtins", "memoryview"): "bytes; write a text: value.tobytes().decode()",
    ("builtins", "set"): "a set, which has no order; write a list: sorted(value)",
    ("builtins", "frozenset"): "a set, which has no order; write a list: sorted(value)",
    ("builtins", "generator"): "a generator; write a list: list(value)",
    ("builtins", "function"): "a function; call it: function()",
    ("builtins", "method"): "a function; call it: function()",
    ("builtins", "builtin_function_or_method"): "a function; call it: function()",
    ("functools", "partial"): "a function; call it: function()",
    ("builtins", "module"): "a module; write what you mean of it",
    ("builtins", "ellipsis"): "…, which stands for what is still to be written",
    ("builtins", "complex"): "a number that JSON does not have; write a text: str(value)",
    ("fractions", "Fraction"): "a number that JSON does not have; write a number or a text: float(value), str(value)",
    ("decimal", "Decimal"): "a number that JSON does not have; write a number or a text: float(value), str(value)",
    ("numpy", "generic"): "a number that JSON does not have; write Python's: value.item()",
    ("datetime", "datetime"): "a date or time; write a text: value.isoformat()",
    ("datetime", "date"): "a date or time; write a text: value.isoformat()",
    ("datetime", "time"): "a date or time; write a text: value.isoformat()",
    ("datetime", "timedelta"): 'a length of time; write a text, such as "00:05:00"',
    ("enum", "Enum"): "a member of an Enum; write its value: member.value",
    ("pathlib", "PurePath"): "a path; write a text: str(path)",
    ("pathlib._local", "PurePath"): "a path; write a text: str(path)",  # Python 3.13
    ("uuid", "UUID"): "a UUID; write a text: str(value)",
    ("pulumi.resource", "Resource"): "a resource; write one of its outputs, such as resource.id",
    ("pulumi.asset", "Asset"): "an asset; write the file's text: pathlib.Path(…).read_text()",
    ("pulumi.asset", "Archive"): "an archive; write the texts of its files",
}


_NOT_READABLE = "an object that cannot be looked at"


def _describe(value: object) -> str:
    if isinstance(value, type):
        return f"the class {_name_of(value)}; write an instance of it, or a value"
    if isinstance(value, Awaitable):
        if isinstance(value, CoroutineType) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
            value.close()  # or Python warns that nobody awaited it
        return "a coroutine or Future, which can be read once only; write pulumi.Output.from_input(value)"
    if isinstance(value, Hole):
        return "an Output, and this must be known when the program runs"
    if isinstance(value, Step):
        return 'a step; write its id, such as "say"'
    kind = type(value)
    for base in kind.__mro__:
        if said := _KINDS.get((base.__module__, base.__name__)):
            return said
    name = _name_of(kind)
    if hasattr(kind, "model_dump"):
        return f'an object of the class {name}; write a mapping: value.model_dump(mode="json")'
    if is_dataclass(value):
        return f"an object of the class {name}; write a mapping: dataclasses.asdict(value)"
    if isinstance(value, Mapping):
        return f"an object of the class {name}; write a mapping: dict(value)"
    if isinstance(value, Iterable):
        return f"an object of the class {name}; write a list: list(value)"
    return f"an object of the class {name}; write a text, a number, a list or a mapping"


def _name_of(kind: type) -> str:
    return str(kind.__name__)[:60]


_NO_FLOAT = "a float that JSON does not have: NaN or an infinity, which 1e400 is to Python"


# The walk


@dataclass(slots=True)
class _Found:
    """A wrong value, as it is found: from the inside out.

    :param path: backwards.
    :param shown: how many parts of the path are worth showing.
    """

    message: str
    path: list[str | int] = field(default_factory=list)
    where: str = ""
    shown: int | None = None

    def at(self, path: Path) -> WrongValue:
        return WrongValue((*path, *self.path[::-1][: self.shown]), self.message, self.where)


#: What a value stands in, the innermost first: one for each part of its path.
_Chain: TypeAlias = "tuple[object, _Chain] | None"
_Look: TypeAlias = Callable[[Any, _Chain, int], list[_Found]]

_SIMPLE = frozenset((bool, type(None)))
_LISTS = (list, tuple)
#: Keys that are right: most are the same few.
_known_keys: set[str] = set()
_MOST_KEYS = 10_000


def _find(start: Callable[[_Walk], list[_Found]], only_json: bool = False) -> list[_Found]:
    # All texts at once, which is three times as fast as one by one; only where something is wrong, it matters where.
    walk = _Walk(only_json, texts=[])
    if not start(walk) and not wrong_text("\0".join(walk.texts or ()), only_json):
        return []
    return start(_Walk(only_json))


class _Walk:
    """One pass over values. It makes paths for what is wrong only.

    Its methods return what they find; paths begin at the value that they look at. ``depth`` is the length of ``chain``.

    :param only_json: see :func:`wrong_values`.
    :param texts: where to put the texts, instead of looking at them.
    """

    def __init__(self, only_json: bool, texts: list[str] | None = None) -> None:
        self.texts = texts
        self._only_json = only_json
        self._left = _MOST

    def parts(self, parts: Mapping[str, object]) -> list[_Found]:
        """The parts of a definition."""
        found: list[_Found] = []
        chain = (parts, None)
        for name, value in parts.items():
            self._left = _MOST
            if name == "steps" and isinstance(value, list | tuple):
                here = self.steps(value, chain, 1)
            elif name == "steps" and isinstance(value, Mapping):
                here = self._members(value.items(), value, chain, 1, self._step)
            else:
                here = self.value(value, chain, 1)
            found += _in(here, name)
        return found

    def steps(
        self, steps: list[Any] | tuple[Any, ...], chain: _Chain = None, depth: int = 0, in_do: bool = False
    ) -> list[_Found]:
        """A list of steps; paths name them as the canonical form does."""
        self._left -= len(steps)
        inner = (steps, chain)
        if depth >= DEEPEST or self._left < 0:
            return [self._too_much(inner)]
        found: list[_Found] = []
        seen: set[str] = set()
        for position, step in enumerate(steps):
            try:
                here, own = self._step(step, inner, depth + 1), _own_id(step)
            except Exception:  # noqa: BLE001 - as in value()
                here, own = [_Found(_NOT_READABLE)], ""
            if here:
                named = own and (in_do or (own not in seen and own[0] != "#")) and not wrong_text(own)
                found += _in(here, own if named else f"#{position}")
                if self._left < 0:
                    if in_do:
                        break
                    self._left = _MOST  # the next step may be as wrong in another way
            seen.add(own)
        return found

    def value(self, value: Any, chain: _Chain = None, depth: int = 0) -> list[_Found]:
        """Anything where JSON is expected."""
        try:
            kind = type(value)
            if kind is dict:
                return self._members(value.items(), value, chain, depth, self.value)
            if kind is list or isinstance(value, _LISTS):
                return self._members(enumerate(value), value, chain, depth, self.value)
            if isinstance(value, Mapping):
                plain = dict(value.items())
                return self._members(plain.items(), plain, chain, depth, self.value)
            if kind is Wrong:
                return [_Found(each.message, list(each.path[::-1]), each.where) for each in value.found]
            wrong = self._wrong_leaf(value)
        except Exception:  # noqa: BLE001 - an object may do anything when it is looked at
            wrong = _NOT_READABLE
        return [_Found(wrong)] if wrong else []

    def _step(self, step: Any, chain: _Chain, depth: int) -> list[_Found]:
        """What stands where a step is expected; JSON that is no step is left for lint."""
        if isinstance(step, Step):
            return self._typed(step, chain, depth)
        if type(step) is dict or isinstance(step, Mapping):
            step = step if type(step) is dict else dict(step.items())
            return self._members(step.items(), step, chain, depth, self.value, self.sequences)
        if step is None:
            return [_Found("None in place of a step; leave it out")]
        if isinstance(step, list | tuple):
            return [_Found("a list in place of a step; write *steps to put in the steps of a list")]
        if isinstance(step, type) and issubclass(step, Step):
            return [_Found(f'the class {_name_of(step)} in place of a step; write {_name_of(step)}("its id", …)')]
        return self.value(step, chain, depth)

    def _typed(self, step: Step, chain: _Chain, depth: int) -> list[_Found]:
        found: list[_Found] = []
        inner = (step, chain)
        for place, value in step.given():
            if type(value) is str and self.texts is not None:
                self.texts.append(value)
                continue
            if place == ("do",):
                here = self.sequences(value, inner, depth + 1)
            elif place == ("inputs",) and not isinstance(value, Mapping):
                here = [_Found(f"{describe(value)}; inputs= is a mapping, and its values may be Outputs")]
            elif len(place) == 1:
                here = self.value(value, inner, depth + 1)
            else:
                here = self.value(value, (None, inner), depth + 2)
            if here:
                found += _in(here, *reversed(place))
        for each in found:
            each.where = each.where or step.where
        return found

    def sequences(self, sequences: Any, chain: _Chain, depth: int) -> list[_Found]:
        """What a ``do`` has: lists of steps."""
        if not isinstance(sequences, list | tuple):
            return self.value(sequences, chain, depth)
        return self._members(enumerate(sequences), sequences, chain, depth, self._sequence)

    def _sequence(self, sequence: Any, chain: _Chain, depth: int) -> list[_Found]:
        if isinstance(sequence, list | tuple):
            return self.steps(sequence, chain, depth, in_do=True)
        if isinstance(sequence, Step):
            return [_Found("a step in place of a list of steps; write do=[[step, step]]")]
        return self.value(sequence, chain, depth)

    def _members(
        self,
        members: Iterable[tuple[Any, Any]],
        container: Any,
        chain: _Chain,
        depth: int,
        look: _Look,
        do: _Look | None = None,
    ) -> list[_Found]:
        """:param look: at a member. :param do: at the member of that name."""
        self._left -= len(container)
        inner = (container, chain)
        if depth >= DEEPEST or self._left < 0:
            return [self._too_much(inner)]
        found: list[_Found] = []
        texts = self.texts
        keyed = not isinstance(container, _LISTS)
        for key, member in members:
            if keyed and key not in _known_keys and (wrong := self._wrong_key(key)):
                number = next(number for number, each in enumerate(container, 1) if each is key)
                found.append(_Found(f"its key no. {number} is {wrong}"))
                continue
            kind = type(member)
            if kind is str and texts is not None:
                texts.append(member)
            elif kind in _SIMPLE:
                continue
            elif here := (do if do and key == "do" else look)(member, inner, depth + 1):
                found += _in(here, key)
                if self._left < 0:
                    break
        return found

    def _wrong_leaf(self, value: object) -> str:
        if isinstance(value, str):
            return wrong_text(str.__str__(value), self._only_json)
        if isinstance(value, int):
            return "" if -_LARGEST < value < _LARGEST else "an integer of more than 4,300 digits"
        if isinstance(value, float):
            return "" if isfinite(value) else _NO_FLOAT
        if value is None or (isinstance(value, Hole) and not isinstance(value, Awaitable)):
            return ""
        return _describe(value)

    def _wrong_key(self, key: object) -> str:
        if isinstance(key, str):
            text = str.__str__(key)
            if text == SIGNATURE:
                return "one that the engine uses itself; give it another name"
            if not (wrong := wrong_text(text, self._only_json)) and len(_known_keys) < _MOST_KEYS:
                _known_keys.add(text)
            return wrong
        if key is None or isinstance(key, int | float):
            return "a number, true, false or null, and keys are texts; write it in quotes"
        return describe(key)

    def _too_much(self, chain: _Chain) -> _Found:
        containers: list[object] = []
        while chain is not None:
            container, chain = chain
            containers.append(container)
        containers.reverse()
        too_many, self._left = self._left < 0, -1
        if too_many:
            return _Found(f"more than {_MOST:,} members; does it contain the same list again and again?", shown=2)
        for depth, container in enumerate(containers):
            if container is not None and any(container is other for other in containers[:depth]):
                return _Found("a list or mapping that contains itself", shown=depth)
        return _Found(f"nested more than {DEEPEST} levels deep", shown=6)


def _in(found: list[_Found], *parts: str | int) -> list[_Found]:
    for each in found:
        each.path.extend(parts)
    return found


def _are_steps(value: object) -> bool:
    # By type(), about which no object can lie.
    return type(value) in _LISTS and any(
        issubclass(type(each), Step) or (type(each) is dict and "stepType" in each)
        for each in value  # type: ignore[attr-defined]
    )


def _wrong(found: list[_Found]) -> Wrong | None:
    return Wrong(tuple(each.at(()) for each in found)) if found else None


def _plain_step(step: Json) -> Json:
    body = step_to_api(step)
    return {**body, "do": _plain_sequences(body["do"])} if isinstance(body, Mapping) and "do" in body else body


def _plain_sequences(sequences: Json) -> Json:
    if not isinstance(sequences, _LISTS):
        return sequences
    return [[_plain_step(step) for step in each] if isinstance(each, _LISTS) else each for each in sequences]


def _own_id(step: Any) -> str:
    own = step.id if isinstance(step, Step) else step.get("id") if isinstance(step, Mapping) else None
    return own if isinstance(own, str) else ""

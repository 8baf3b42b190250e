"""Values are checked where they are written: one pass finds what JSON, the engine or the service cannot carry.

A program can pass any Python object, and some fail late: with a traceback of the SDK, as a text of the SDK in a
customer's message, or as a value that the engine takes for one of its own. This module finds them first. A message
names the kind of the value and what to write instead; it never shows the value.

Values that come from Outputs are checked when they become known, inside the program, where an exception shows as a
traceback. So :func:`checked` raises nothing: a :class:`Wrong` replaces the value, goes to the plugin as a mark
(``encoding.py``), and :func:`wrong_values` reports it there.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from math import isfinite
from types import CoroutineType
from typing import Any, NamedTuple, Self, TypeAlias

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.steps import Step, step_to_api
from pulumi_8x8.definition.steps.base import sequences_to_api
from pulumi_8x8.definition.values import (
    CLOSING,
    ENGINE_UNKNOWNS,
    OPENING,
    SIGNATURE,
    Hole,
    Json,
    Path,
)
from pulumi_8x8.phrasing import show_path

#: Levels of nesting; published definitions have at most 12, and Python's own limit would show as a traceback.
DEEPEST = 100
#: Members in all. What has more holds the same list again and again: nine aliases in YAML make a billion members.
_MOST = 250_000
#: Python writes no integer of more than 4,300 digits.
_LARGEST = 1 << 14_280
_LONGEST_PLACE = 200
#: Characters of an id; published ids have 24 or 36.
_LONGEST_ID = 200


class WrongValue(NamedTuple):
    """A value that cannot be sent.

    :param path: its place in the canonical form.
    :param message: the kind of the value, and what to write instead.
    :param where: ``file:line`` of the typed step that it is in; empty if there is none.
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
    """Replaces a value that became known late and can't be sent. A hole, since nothing else is known of it.

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
        return (each._replace(path=(*path, *each.path)) for each in _Walk(only_json).value(value))
    return wrong_parts({**value.parts(), "steps": value.steps, **value.more})


def wrong_parts(parts: Mapping[str, object]) -> Iterator[WrongValue]:
    """Likewise for the parts that a program makes a definition of.

    :param parts: ``name``, ``trigger``, ``subAccountId``, ``status``, and ``steps``: a list (they may be typed), or a
        mapping by id.
    """
    return _Walk().parts(parts)


def checked(value: Json) -> Json:
    """A value that just became known, with typed steps in the service's shape; :class:`Wrong` when it cannot be sent.

    Never raises.
    """
    if _are_steps(value):
        found = tuple(_Walk().steps(value))
        return Wrong(found) if found else [step_to_api(step) for step in value]
    if type(value) in _LISTS and any(map(_are_steps, value)):
        found = tuple(_Walk().sequences(value))
        return Wrong(found) if found else sequences_to_api(value)
    found = tuple(_Walk().value(value))
    return Wrong(found) if found else value


def wrong_id(value: object) -> str:
    """Why ``value`` can't be the id of a definition, an instance or an account in a URL's path; empty if it can.

    >>> wrong_id("..")
    "can't be an id, because a URL reads dots as a folder"
    """
    if not isinstance(value, str):
        return f"is {describe(value)}"
    if not value.strip():
        return "is empty"
    if not value.strip("."):
        return "can't be an id, because a URL reads dots as a folder"
    if wrong := wrong_text(value):
        return f"is {wrong}"
    if value != value.strip() or not value.isprintable() or "/" in value or "\\" in value:
        return "has a space, a slash or an invisible character; an id can't contain these"
    if len(value) > _LONGEST_ID:
        return f"has {len(value):,} characters; an id has at most {_LONGEST_ID}"
    if not re.fullmatch(r"[\w.~:@-]+", value, re.ASCII):
        return "has a character that an id can't contain; ids have letters of English, digits, and - _ . ~ : @"
    return ""


def wrong_text(text: str, only_json: bool = False) -> str:
    """Why a text cannot be sent, or was not meant to be; empty when it can be."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "a text with half a character (a lone surrogate), so it can't be sent; decode its bytes again"
        if OPENING in text or CLOSING in text:
            return "a text with an expression in it, which only the values of steps can have"
    if only_json:
        return ""
    for each in ENGINE_UNKNOWNS:
        if each in text:
            return "the engine's placeholder for a value that isn't known yet; write the Output instead"
    if "\\ue000" in text or "%EE%80%80" in text:
        return "a text that was encoded after an expression was put into it; put the expression into the encoded text"
    for each in _BASE64:
        if each in text:
            return _OUTPUT_IN_TEXT
    # Compiled when they are needed: that takes longer than importing this module.
    if ("<" in text or "alling" in text) and re.search(_OF_OUTPUT, text, re.IGNORECASE):
        return _OUTPUT_IN_TEXT
    if "<expression " in text:
        return 'the text that Python prints for an expression; write f"{x}" instead of f"{x!r}" or repr(x)'
    if "<" in text and re.search(_OF_OBJECT, text, re.IGNORECASE):
        return "the text that Python prints for an object; write one of its attributes, or call the function"
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

_EXPRESSION = (
    "an expression, which has a value only while the workflow runs; values of steps can have one, but not keys, ids or "
    "options"
)
#: What classes are called, by module and name, so that no module is imported that the program doesn't need.
_KINDS = {
    name: description
    for description, names in {
        "None": "builtins.NoneType",
        "True or False": "builtins.bool",
        "a number": "builtins.int builtins.float",
        "a text": "builtins.str",
        "a list": "builtins.list builtins.tuple",
        "a mapping": "builtins.dict",
        "bytes; write a text: value.decode()": "builtins.bytes builtins.bytearray",
        "bytes; write a text: value.tobytes().decode()": "builtins.memoryview",
        "a set (it has no order); write a list: sorted(value)": "builtins.set builtins.frozenset",
        "a generator; write a list: list(value)": "builtins.generator",
        "a function; call it: function()": (
            "builtins.function builtins.method builtins.builtin_function_or_method functools.partial"
        ),
        "a module; write the member that you need: module.name": "builtins.module",
        "…, which stands for what is still to be written": "builtins.ellipsis",
        "a number that JSON does not have; write a text: str(value)": "builtins.complex",
        "a number that JSON does not have; write a number or a text: float(value), str(value)": (
            "fractions.Fraction decimal.Decimal"
        ),
        "a number that JSON does not have; write Python's: value.item()": "numpy.generic",
        "a date or time; write a text: value.isoformat()": "datetime.datetime datetime.date datetime.time",
        'a length of time; write a text, such as "00:05:00"': "datetime.timedelta",
        "a member of an Enum; write its value: member.value": "enum.Enum",
        _EXPRESSION: "pulumi_8x8.definition.expressions.Expression",
        "a flow; write it as the steps of the workflow, or link it": "pulumi_8x8.definition.linking.Flow",
        "a path; write a text: str(path)": "pathlib.PurePath pathlib._local.PurePath",  # the second: Python 3.13
        "a UUID; write a text: str(value)": "uuid.UUID",
        "a resource; write one of its outputs, such as resource.id": "pulumi.resource.Resource",
        "an asset; write the file's text: pathlib.Path(…).read_text()": "pulumi.asset.Asset",
        "an archive; write the texts of its files": "pulumi.asset.Archive",
    }.items()
    for name in names.split()
}

_NOT_READABLE = "an object that raises an error when it is read"


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
        return 'a step; write its id, such as "greet"'
    kind = type(value)
    for base in kind.__mro__:
        if known := _KINDS.get(f"{base.__module__}.{base.__name__}"):
            return known
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


_NO_FLOAT = "NaN or an infinity, and JSON supports neither; Python reads 1e400 as an infinity"


# The walk


#: The containers of a value, the outermost first: one for each part of its path.
_Inside: TypeAlias = tuple[object, ...]
_Look: TypeAlias = Callable[[Any, Path, _Inside], Iterator[WrongValue]]

_SIMPLE = frozenset((bool, type(None)))
_LISTS = (list, tuple)
#: Keys that are right: most are the same few.
_known_keys: set[str] = set()
_MOST_KEYS = 10_000


class _Walk:
    """One pass over values, which yields what is wrong in the order of its places.

    :param only_json: see :func:`wrong_values`.
    """

    def __init__(self, only_json: bool = False) -> None:
        self._only_json = only_json
        self._left = _MOST

    def parts(self, parts: Mapping[str, object]) -> Iterator[WrongValue]:
        """The parts of a definition."""
        for name, value in parts.items():
            self._left = _MOST
            if name == "steps" and isinstance(value, list | tuple):
                yield from self.steps(value, (name,), (parts,))
            elif name == "steps" and isinstance(value, Mapping):
                yield from self._members(value, (name,), (parts,), self._step)
            else:
                yield from self.value(value, (name,), (parts,))

    def steps(
        self, steps: Sequence[Any], path: Path = (), inside: _Inside = (), in_do: bool = False
    ) -> Iterator[WrongValue]:
        """A list of steps; paths name them as the canonical form does."""
        if wrong := self._too_much(steps, path, inside):
            yield wrong
            return
        seen: set[str] = set()
        for position, step in enumerate(steps):
            here: Path = (*path, f"#{position}")
            try:
                own = _own_id(step)
                if own and (in_do or (own not in seen and own[0] != "#")) and not wrong_text(own):
                    here = (*path, own)
                seen.add(own)
                yield from self._step(step, here, (*inside, steps))
            except Exception:  # noqa: BLE001 - as in value()
                yield WrongValue(here, _NOT_READABLE)
            if self._left < 0:
                if in_do:
                    return
                self._left = _MOST  # the next step may be as wrong in another way

    def value(self, value: Any, path: Path = (), inside: _Inside = ()) -> Iterator[WrongValue]:
        """Anything where JSON is expected."""
        try:
            if isinstance(value, list | tuple | Mapping):
                yield from self._members(value, path, inside, self.value)
            elif type(value) is Wrong:
                yield from (each._replace(path=(*path, *each.path)) for each in value.found)
            elif wrong := self._wrong_leaf(value):
                yield WrongValue(path, wrong)
        except Exception:  # noqa: BLE001 - an object may do anything when it is looked at
            yield WrongValue(path, _NOT_READABLE)

    def _step(self, step: Any, path: Path, inside: _Inside) -> Iterator[WrongValue]:
        """A value where a step is expected; lint checks JSON that isn't a step."""
        if isinstance(step, Step):
            yield from self._typed(step, path, inside)
        elif isinstance(step, Mapping):
            yield from self._members(step, path, inside, self.value, self.sequences)
        elif step is None:
            yield WrongValue(path, "None instead of a step; remove it from the list")
        elif isinstance(step, list | tuple):
            yield WrongValue(path, "a list instead of a step; write *steps to insert the steps of a list")
        elif isinstance(step, type) and issubclass(step, Step):
            name = _name_of(step)
            yield WrongValue(path, f'the class {name} instead of a step; write {name}("its id", …)')
        else:
            yield from self.value(step, path, inside)

    def _typed(self, step: Step, path: Path, inside: _Inside) -> Iterator[WrongValue]:
        for place, value in step.given():
            if type(value) is str and not wrong_text(value):
                continue
            here, around = (*path, *place), (*inside, step, None)[: len(inside) + len(place)]
            found: Iterable[WrongValue]
            if place == ("do",):
                found = self.sequences(value, here, around)
            elif place == ("inputs",) and not isinstance(value, Mapping):
                found = [WrongValue(here, f"{describe(value)}; inputs= is a mapping, and its values may be Outputs")]
            else:
                found = self.value(value, here, around)
            yield from (each._replace(where=each.where or step.where) for each in found)

    def sequences(self, sequences: Any, path: Path = (), inside: _Inside = ()) -> Iterator[WrongValue]:
        """What a ``do`` has: lists of steps."""
        if not isinstance(sequences, list | tuple):
            return self.value(sequences, path, inside)
        return self._members(sequences, path, inside, self._sequence)

    def _sequence(self, sequence: Any, path: Path, inside: _Inside) -> Iterator[WrongValue]:
        if isinstance(sequence, list | tuple):
            yield from self.steps(sequence, path, inside, in_do=True)
        elif isinstance(sequence, Step):
            yield WrongValue(path, "a step instead of a list of steps; write do=[[step, step]]")
        else:
            yield from self.value(sequence, path, inside)

    def _members(
        self, container: Any, path: Path, inside: _Inside, look: _Look, do: _Look | None = None
    ) -> Iterator[WrongValue]:
        """:param look: at a member. :param do: at the member of that name."""
        keyed = isinstance(container, Mapping)
        container = dict(container.items()) if keyed and type(container) is not dict else container
        if wrong := self._too_much(container, path, inside):
            yield wrong
            return
        inside = (*inside, container)
        for number, (key, member) in enumerate(container.items() if keyed else enumerate(container), 1):
            if keyed and key not in _known_keys and (message := self._wrong_key(key)):
                yield WrongValue(path, f"key number {number} is {message}")
            elif type(member) is str:  # most are, and need no walk
                if message := wrong_text(member, self._only_json):
                    yield WrongValue((*path, key), message)
            elif type(member) not in _SIMPLE:
                yield from (do if do and key == "do" else look)(member, (*path, key), inside)
                if self._left < 0:
                    return

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
                return "reserved for the engine; use another name"
            if not (wrong := wrong_text(text, self._only_json)) and len(_known_keys) < _MOST_KEYS:
                _known_keys.add(text)
            return wrong
        if key is None or isinstance(key, int | float):
            return "a number, true, false or null, and keys are texts; write it in quotes"
        return describe(key)

    def _too_much(self, container: Any, path: Path, inside: _Inside) -> WrongValue | None:
        self._left -= len(container)
        if self._left < 0:
            return WrongValue(path[:2], f"more than {_MOST:,} members; does it contain the same list again and again?")
        if len(inside) < DEEPEST:
            return None
        self._left = -1
        around = [id(each) for each in (*inside, container)]
        for depth, each in enumerate(around):
            if each != id(None) and each in around[:depth]:
                return WrongValue(path[:depth], "a list or mapping that contains itself")
        return WrongValue(path[:6], f"nested more than {DEEPEST} levels deep")


def _are_steps(value: object) -> bool:
    # By type(), about which no object can lie.
    return type(value) in _LISTS and any(
        issubclass(type(each), Step) or (type(each) is dict and "stepType" in each)
        for each in value  # type: ignore[attr-defined]
    )


def _own_id(step: Any) -> str:
    own = step.id if isinstance(step, Step) else step.get("id") if isinstance(step, Mapping) else None
    return own if isinstance(own, str) else ""

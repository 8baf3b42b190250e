"""Wrong values: each kind is found wherever it stands, named by its place, and never shown."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import math
import re
import uuid
from collections import OrderedDict, UserList, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import quote

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import _OutputToStringError
from pydantic import BaseModel

import corpus
from pulumi_8x8.definition import (
    SMS,
    UNKNOWN,
    Definition,
    If,
    Wait,
    decode,
    encode,
    from_inputs,
    read_source,
    show_path,
    to_inputs,
)
from pulumi_8x8.definition.checked import (
    DEEPEST,
    Wrong,
    WrongValue,
    checked,
    describe,
    wrong_id,
    wrong_parts,
    wrong_values,
)

from .test_encoding import engine
from .test_model import JSON

#: In every wrong value that can hold a text.
SECRET = "s3cr3t-v4lue"


@dataclass
class Person:
    name: str = SECRET


class Model(BaseModel):
    name: str


class Color(Enum):
    RED = SECRET


class Word(StrEnum):
    YES = "yes"


class Level(IntEnum):
    HIGH = 3


class Broken(Mapping[str, Any]):
    """A mapping that cannot be read."""

    def __getitem__(self, key: str) -> Any:
        raise KeyError(SECRET)

    def __iter__(self) -> Iterator[str]:
        raise ValueError(SECRET)

    def __len__(self) -> int:
        return 1


class Liar:
    """An object that raises whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(SECRET)


async def coroutine() -> str:
    return SECRET


def future() -> Any:
    loop = asyncio.new_event_loop()
    try:
        return loop.create_future()
    finally:
        loop.close()


def nested(levels: int, leaf: Any = SECRET) -> Any:
    for _ in range(levels):
        leaf = [leaf]
    return leaf


def endless() -> Any:
    mapping: dict[str, Any] = {"text": SECRET}
    mapping["again"] = [mapping]
    return mapping


def doubled(levels: int) -> Any:
    value: Any = [SECRET]
    for _ in range(levels):
        value = [value, value]
    return value


#: Kinds whose message describes what to write instead of an f-string.
FORMAT = 'write pulumi.Output.format("Hello {0}", name), pulumi.Output.concat("Hello ", name) or name.apply('
SENTINEL = f"{_OutputToStringError()}\nThis function may throw in a future version of Pulumi."
STEP = SMS("say", sub_account_id=SECRET, destination="1", text="x")

#: A function that makes a value, and the message about it.
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    # Texts of the SDK
    "an Output in an f-string": (lambda: f"Hello {SENTINEL}", FORMAT),
    "the same, cut": (lambda: f"Hello {SENTINEL}"[:25], FORMAT),
    "the same, in JSON": (lambda: json.dumps({"text": SENTINEL}), FORMAT),
    "the same, in a URL": (lambda: f"https://example.com/{quote(SENTINEL)}", FORMAT),
    "the same, as a slug": (lambda: SENTINEL.replace(" ", "-").lower(), FORMAT),
    **{
        f"the same, in a header after {len(user)}": (
            lambda user=user: "Basic " + base64.b64encode(f"{user}{SENTINEL}".encode()).decode(),
            FORMAT,
        )
        for user in ("a:", "ab:", "abc:")
    },
    "an older SDK's": (
        lambda: f"{object.__repr__(pulumi.Output)} <pulumi.output.Output object at 0x10db3fe80>",
        FORMAT,
    ),
    "Node's": (lambda: "http://Calling [toString] on an [Output<T>] is not supported.", FORMAT),
    "Node's as JSON": (lambda: "Calling [toJSON] on an [Output<T>] is not supported.", FORMAT),
    ".NET's": (lambda: "Calling [ToString] on an [Output<T>] is not supported.", FORMAT),
    "the first Node's": (lambda: "<<< Warning: called 'toString' on an Output, use 'apply' instead >>>", FORMAT),
    "an unknown value in a text": (
        lambda: "<pulumi.output.Unknown object at 0x7f0a1b2c3d40>",
        "the text that Python prints",
    ),
    "an object in a text": (lambda: f"{object()}", "the text that Python prints for an object"),
    "an object in a text on Windows": (lambda: "<a.B object at 0x000001994F2AB850>", "the text that Python prints"),
    "a function in a text": (lambda: f"{nested}", "or call the function"),
    "a method in a text": (lambda: f"{SECRET.upper}", "or call the function"),
    "a Future in a text": (lambda: "<Future pending>", "the text that Python prints for an object"),
    "a Task in a text": (
        lambda: "<Task finished name='Task-1' result='x'>",
        "the text that Python prints for an object",
    ),
    "a class in a text": (lambda: f"{str}", "the text that Python prints for an object"),
    "the mark of an unknown value": (
        lambda: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "isn't known yet; write the Output",
    ),
    "the same in a text": (lambda: "x-04da6b54-80e4-46f7-96ec-b56ff0331ba9", "isn't known yet; write the Output"),
    "that of an unknown number": (lambda: "3eeb2bf0-c639-47a8-9e75-3b44932eb421", "isn't known yet; write the Output"),
    "half a character": (lambda: f"{SECRET}\ud83d", "half a character (a lone surrogate)"),
    "bytes read as text": (lambda: b"\xff".decode("utf-8", "surrogateescape"), "half a character (a lone surrogate)"),
    # Numbers
    "NaN": (lambda: math.nan, "NaN or an infinity"),
    "an infinity": (lambda: -math.inf, "NaN or an infinity"),
    "1e400": (lambda: 1e400, "Python reads 1e400 as an infinity"),
    "an integer that Python does not write": (lambda: -(10**4300), "an integer of more than 4,300 digits"),
    "a Decimal": (lambda: Decimal("1.5"), "a number that JSON does not have; write a number or a text"),
    "a fraction": (lambda: Fraction(1, 3), "a number that JSON does not have; write a number or a text"),
    "a complex number": (lambda: 1j, "a number that JSON does not have; write a text: str(value)"),
    # Times
    "a datetime": (lambda: datetime.now(UTC), "a date or time; write a text: value.isoformat()"),
    "a date": (lambda: date(2026, 3, 1), "a date or time; write a text: value.isoformat()"),
    "a time": (lambda: time(9), "a date or time; write a text: value.isoformat()"),
    "a timedelta": (lambda: timedelta(minutes=5), 'a length of time; write a text, such as "00:05:00"'),
    # Containers
    "a set": (lambda: {SECRET}, "a set (it has no order); write a list: sorted(value)"),
    "a frozenset": (lambda: frozenset({SECRET}), "a set (it has no order); write a list: sorted(value)"),
    "a generator": (lambda: (each for each in [SECRET]), "a generator; write a list: list(value)"),
    "an iterator": (lambda: map(str, [SECRET]), "an object of the class map; write a list: list(value)"),
    "a range": (lambda: range(3), "an object of the class range; write a list: list(value)"),
    "keys of a mapping": (lambda: {SECRET: 1}.keys(), "an object of the class dict_keys; write a list: list(value)"),
    "a deque": (lambda: deque([SECRET]), "an object of the class deque; write a list: list(value)"),
    "a UserList": (lambda: UserList([SECRET]), "an object of the class UserList; write a list: list(value)"),
    "a list that contains itself": (endless, "a list or mapping that contains itself"),
    "deep nesting": (lambda: nested(DEEPEST + 1), "nested more than 100 levels deep"),
    "a list that is billions": (lambda: doubled(40), "more than 250,000 members; does it contain the same list"),
    "a mapping that cannot be read": (Broken, "an object that raises an error when it is read"),
    # Keys
    "an integer as key": (lambda: {1: SECRET}, "key number 1 is a number, true, false or null, and keys are texts"),
    "True as key": (lambda: {"a": 1, True: SECRET}, "key number 2 is a number, true, false or null"),
    "None as key": (lambda: {None: SECRET}, "key number 1 is a number, true, false or null, and keys are texts"),
    "bytes as key": (lambda: {SECRET.encode(): 1}, "key number 1 is bytes; write a text: value.decode()"),
    "an Output as key": (
        lambda: {UNKNOWN: 1},
        "key number 1 is an Output, and this must be known when the program runs",
    ),
    "an Output in a key": (lambda: {f"a{SENTINEL}": 1}, "key number 1 is a text that was made of an Output"),
    "a step as key": (lambda: {STEP: None}, 'key number 1 is a step; write its id, such as "greet"'),
    "a tuple as key": (lambda: {(SECRET,): 1}, "key number 1 is a list"),
    "half a character in a key": (lambda: {"\ud83d": 1}, "key number 1 is a text with half a character"),
    "the engine's own key": (
        lambda: {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": SECRET},
        "key number 1 is reserved for the engine; use another name",
    ),
    # Objects
    "bytes": (lambda: SECRET.encode(), "bytes; write a text: value.decode()"),
    "a bytearray": (lambda: bytearray(SECRET.encode()), "bytes; write a text: value.decode()"),
    "a member of an Enum": (lambda: Color.RED, "a member of an Enum; write its value: member.value"),
    "a path": (lambda: Path(SECRET), "a path; write a text: str(path)"),
    "a UUID": (uuid.uuid4, "a UUID; write a text: str(value)"),
    "a dataclass": (Person, "an object of the class Person; write a mapping: dataclasses.asdict(value)"),
    "a class": (lambda: Person, "the class Person; write an instance of it, or a value"),
    "an open file": (lambda: io.StringIO(SECRET), "an object of the class StringIO; write a list"),
    "a function": (lambda: nested, "a function; call it: function()"),
    "a method": (lambda: SECRET.upper, "a function; call it: function()"),
    "a partial function": (lambda: partial(nested, 1), "a function; call it: function()"),
    "a built-in function": (lambda: len, "a function; call it: function()"),
    "an object of pydantic": (lambda: Model(name=SECRET), 'write a mapping: value.model_dump(mode="json")'),
    "an archive": (lambda: pulumi.FileArchive(SECRET), "an archive; write the texts of its files"),
    "a memoryview": (lambda: memoryview(SECRET.encode()), "bytes; write a text: value.tobytes().decode()"),
    "a lambda": (lambda: lambda: SECRET, "a function; call it: function()"),
    "a module": (lambda: json, "a module; write the member that you need: module.name"),
    "three dots": (lambda: ..., "…, which stands for what is still to be written"),
    "any object": (object, "an object of the class object; write a text, a number, a list or a mapping"),
    "an object that lies": (Liar, "an object that raises an error when it is read"),
    "a mock": (MagicMock, "an object of the class MagicMock"),
    "a coroutine": (
        coroutine,
        "a coroutine or Future, which can be read once only; write pulumi.Output.from_input(value)",
    ),
    "a Future": (future, "a coroutine or Future, which can be read once only; write pulumi.Output.from_input(value)"),
    "a step for a value": (lambda: STEP, 'a step; write its id, such as "greet"'),
    "a resource": (
        lambda: object.__new__(pulumi.CustomResource),
        "a resource; write one of its outputs, such as resource.id",
    ),
    "an asset": (lambda: pulumi.StringAsset(SECRET), "an asset; write the file's text: pathlib.Path(…).read_text()"),
}


def only(found: Iterator[WrongValue]) -> WrongValue:
    (wrong,) = found
    return wrong


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind(kind: str) -> None:
    """One message with the value's place, its kind and what to write, and never the value."""
    make, expected = WRONG[kind]
    wrong = only(wrong_values({"fine": None, "list": ["fine", make()]}, ("data",)))
    assert wrong.path[:3] == ("data", "list", 1)
    assert expected in wrong.message
    assert SECRET not in str(wrong)


@pytest.mark.parametrize("kind", WRONG)
def test_each_kind_that_is_known_late(kind: str) -> None:
    """The same goes to the plugin: not the value, but the message about it with its place."""
    make, expected = WRONG[kind]
    late = engine(encode(checked({"list": [make()], "fine": 1})))
    assert isinstance(late, str)
    assert SECRET not in late
    wrong = only(wrong_values({"data": decode(late)}))
    assert wrong.path[:3] == ("data", "list", 0)
    assert expected in wrong.message
    assert encode(decode(late)) == late  # as check() returns the inputs


#: Steps with bytes somewhere, and where that is; with a line where a step around it is typed.
BYTES = SECRET.encode()
PLACES: dict[str, tuple[Any, str]] = {
    "an input of a typed step": (Wait("a", duration=BYTES), "steps.a.inputs.duration"),
    "inside of one": (
        SMS("a", sub_account_id="x", destination="1", text="x", inputs={"more": [{"deep": BYTES}]}),
        "steps.a.inputs.more[0].deep",
    ),
    "an output of one": (Wait("a", duration="1", outputs={"x": BYTES}), "steps.a.outputs.x"),
    "a way on": (Wait("a", duration="1", next_step_id=BYTES), "steps.a.nextStepId"),
    "an edge": (Wait("a", duration="1", select_next_step={"b": BYTES}), "steps.a.selectNextStep.b"),
    "a typed step's id": (Wait(BYTES, duration="1"), 'steps["#0"].id'),
    "a step in the service's shape": ({"id": "a", "inputs": {"x": BYTES}}, "steps.a.inputs.x"),
    "its id": ({"id": BYTES, "stepType": "Wait"}, 'steps["#0"].id'),
    "a member that nobody knows": ({"id": "a", "new": {"x": [1, BYTES]}}, "steps.a.new.x[1]"),
    "another mapping": (OrderedDict(id="a", do=[[Wait("b", duration=BYTES)]]), "steps.a.do[0].b.inputs.duration"),
    "a mapping that is read only": (MappingProxyType({"id": "a", "x": BYTES}), "steps.a.x"),
    "a typed step in a do": (
        If("a", condition="x", do=[[Wait("b", duration=BYTES)]]),
        "steps.a.do[0].b.inputs.duration",
    ),
    "the second sequence": (
        {"id": "a", "do": [[], [{"stepType": "Wait"}, {"stepType": "Wait", "inputs": {"x": BYTES}}]]},
        'steps.a.do[1]["#1"].inputs.x',
    ),
    "an input called do": ({"id": "a", "inputs": {"do": [[{"id": "b", "x": BYTES}]]}}, "steps.a.inputs.do[0][0].x"),
    "in place of a step": (BYTES, 'steps["#0"]'),
}


@pytest.mark.parametrize("case", PLACES)
def test_places_in_steps(case: str) -> None:
    """A place is called as the canonical form calls it, and a typed step has its line."""
    step, place = PLACES[case]
    wrong = only(wrong_parts({"name": "x", "trigger": None, "steps": [step]}))
    assert show_path(wrong.path) == place
    assert bool(re.fullmatch(r".*test_checked\.py:\d+", wrong.where)) == ("(id=" in repr(step))
    # From the program's definition, which the plugin sees, it is the same place.
    if step is not BYTES:
        steps = Definition.of(name=None, trigger=None, status=None, sub_account_id=None, steps=[step])
        assert show_path(only(wrong_values(steps)).path) == place


#: Values instead of a step, of its inputs, of its sequences.
MISPLACED: dict[str, tuple[Any, str, str]] = {
    "None": (None, 'steps["#1"]', "None instead of a step; remove it from the list"),
    "a list of steps": ([STEP], 'steps["#1"]', "a list instead of a step; write *steps to insert the steps of a list"),
    "a class": (SMS, 'steps["#1"]', 'the class SMS instead of a step; write SMS("its id", …)'),
    "a step for an id": (Wait("b", duration="1", next_step_id=STEP), "steps.b.nextStepId", "a step; write its id"),  # type: ignore[arg-type]
    "a step for an id among edges": (
        Wait("b", duration="1", select_next_step={STEP: None}),  # type: ignore[dict-item]
        "steps.b.selectNextStep",
        "key number 1 is a step; write its id",
    ),
    "a step for an input": (Wait("b", duration=STEP), "steps.b.inputs.duration", "a step; write its id"),  # type: ignore[arg-type]
    "steps for sequences": (
        If("b", condition="x", do=[STEP]),  # type: ignore[list-item]
        "steps.b.do[0]",
        "a step instead of a list of steps; write do=[[step, step]]",
    ),
    "a generator for sequences": (
        If("b", condition="x", do=([each] for each in [STEP])),  # type: ignore[arg-type]
        "steps.b.do",
        "a generator; write a list",
    ),
    "an Output for inputs": (
        Wait("b", duration="1", inputs=UNKNOWN),  # type: ignore[arg-type]
        "steps.b.inputs",
        "inputs= is a mapping, and its values may be Outputs",
    ),
    "a second step of an id": (Wait("a", duration=BYTES), 'steps["#1"].inputs.duration', "bytes"),
    "a step that contains itself": ({"id": "b", "do": nested(2, endless())}, "steps.b.do[0]", "that contains itself"),
}


@pytest.mark.parametrize("case", MISPLACED)
def test_misplaced(case: str) -> None:
    """What Python allows instead of a step, an id or a list of steps is reported with its place."""
    wrong_step, place, expected = MISPLACED[case]
    steps = [Wait("a", duration="1"), wrong_step, Wait("c", duration="1")]
    wrong = only(wrong_parts({"steps": steps}))
    assert show_path(wrong.path).startswith(place)
    assert expected in wrong.message


def test_all_at_once() -> None:
    """Every wrong value of a workflow is reported, in order, also after one that contains itself."""
    steps = [{"id": "a", "x": endless(), "y": BYTES}, {"id": "b", "x": BYTES, "y": math.nan}]
    found = [show_path(wrong.path) for wrong in wrong_parts({"name": BYTES, "steps": steps, "status": 1j})]
    assert found == ["name", "steps.a.x.again[0]", "steps.b.x", "steps.b.y", "status"]


SAME = [1]

#: Values that look wrong to somebody, and are not.
RIGHT: dict[str, Any] = {
    "integers of any size": [2**53 + 1, -(10**4000), 0, True],
    "floats": [1.0, -0.0, 1e300, 5e-324],
    "a character of any plane": "😀 é \u0000 \U0010ffff",
    "members that are texts or numbers": [Word.YES, Level.HIGH, {Word.YES: 1}],
    "tuples": (1, (2, ())),
    "other mappings": [OrderedDict(a=1), MappingProxyType({"a": [1]})],
    "holes": [UNKNOWN, {"a": UNKNOWN}],
    "an empty key": {"": ""},
    "words about Outputs": [
        "Output",
        "Calling you on an Output[T]",
        "We are calling to string you on",
        "called toString",
        "<b>Output object</b> at 0x10db",
        "a < b && c > d",
        "<Future> <Task> <class 'a b'>",
        "<secret:crmToken>",
    ],
    "a UUID": "04da6b54-80e4-46f7-96ec-b56ff0331ba8",
    "the engine's own key as a value": ["4dabf18193072939515e22adb298388d"],
    "as deep as may be": nested(DEEPEST),
    "the same list twice": [[SAME] * 2, SAME],
}


@pytest.mark.parametrize("case", RIGHT)
def test_right(case: str) -> None:
    """What can be sent passes, and stays unchanged if it becomes known late."""
    assert list(wrong_values(RIGHT[case])) == []
    assert checked(RIGHT[case]) is RIGHT[case]


@pytest.mark.parametrize("name", corpus.FILES)
def test_corpus_passes(name: str) -> None:
    """No published definition has a wrong value in it."""
    assert list(wrong_values(corpus.BODIES[name])) == []
    assert list(wrong_values(Definition.from_body(corpus.BODIES[name]))) == []


#: Python warns of the first, the second takes its time, and Hypothesis itself looks at the third.
NOT_DRAWN = ("a coroutine", "a list that is billions", "an object that lies")
ANYTHING = st.recursive(
    st.one_of(
        JSON,
        st.floats(),
        st.binary(),
        st.text(st.characters(exclude_categories=())),
        st.sampled_from([STEP, SMS, UNKNOWN]),
    )
    | st.sampled_from([make for kind, (make, _) in WRONG.items() if kind not in NOT_DRAWN]).map(lambda make: make()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers() | st.none(), inner),
    max_leaves=8,
)


def has_step(value: Any, levels: int = 12) -> bool:
    """Whether a step is in a value, which may contain itself."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, SMS) or (levels > 0 and any(has_step(each, levels - 1) for each in members))


@given(value=ANYTHING)
def test_any_object(value: Any) -> None:
    """Nothing raises, for any values; what passes goes through the engine unchanged."""
    steps = value if isinstance(value, list) else [value]
    found = list(wrong_parts({"name": value, "steps": steps}))
    late = checked(value)
    json.dumps(engine(encode(late)), allow_nan=False, default=lambda hole: None).encode()
    if not has_step(value):  # which becomes known late may be the steps of a `do`, where steps are in place
        assert isinstance(late, Wrong) == bool(list(wrong_values(value)))
    if not found:
        inputs = to_inputs(Definition.of(name=None, trigger=None, status=None, sub_account_id=None, steps=steps))
        json.dumps(engine(inputs), allow_nan=False, default=lambda hole: None).encode()


def test_typed_steps_that_become_known_late() -> None:
    """A list of typed steps in an Output is the same as one without, and so are lists of them for a do."""
    sequences = [[Wait("c", duration="1"), {"id": "d", "stepType": "If", "do": [[Wait("e", duration="1")]]}], []]
    steps = [If("a", condition="{{true}}", do=sequences), {"id": "b", "stepType": "If", "do": sequences}, STEP]
    plain = Definition.of(name="x", trigger=None, status=None, sub_account_id=None, steps=steps)
    assert from_inputs(engine({"name": "x", "steps": encode(checked(steps))})) == plain
    one = Definition.of(name="x", trigger=None, status=None, sub_account_id=None, steps=steps[:1])
    inputs = to_inputs(one)
    inputs["steps"]["a"]["do"] = encode(checked(sequences))
    assert from_inputs(engine(inputs)) == one


def test_a_wrong_value_among_late_steps_has_its_place() -> None:
    """Steps are called by their ids, and typed ones have their lines."""
    late = from_inputs(engine({"name": "x", "steps": encode(checked([Wait("a", duration=BYTES)]))}))
    wrong = only(wrong_values(late))
    assert show_path(wrong.path) == "steps.a.inputs.duration"
    assert "test_checked.py:" in wrong.where


def test_a_text_may_look_like_the_mark_of_a_wrong_value() -> None:
    """It is sent unchanged, and so is one that only begins like a mark."""
    mark = encode(checked(BYTES))
    assert decode(encode(mark)) == mark
    assert decode("(wrong [[1]])") == "(wrong [[1]])"


#: Ids, and the message about each; empty for right ones.
IDS: dict[str, tuple[Any, str]] = {
    "a UUID": ("3f8a9c52-6d1e-4b7f-9a0c-2e5d8b1f4a67", ""),
    "an account": ("acme_corp-1.x", ""),
    "empty": ("", "is empty"),
    "blank": (" \t", "is empty"),
    "a dot": (".", "can't be an id, because a URL reads dots as a folder"),
    "two dots": ("..", "can't be an id, because a URL reads dots as a folder"),
    "a path": ("a/../b", "has a space, a slash or an invisible character"),
    "a path of Windows": ("a\\b", "has a space, a slash or an invisible character"),
    "a line": ("abc\n", "has a space, a slash or an invisible character"),
    "an Output in a text": (SENTINEL, "is a text that was made of an Output"),
    "half a character": ("\ud83d", "is a text with half a character"),
    "an Output": (UNKNOWN, "is an Output, and this must be known when the program runs"),
    "a number": (7, "is a number"),
    "None": (None, "is None"),
    "bytes": (b"a", "is bytes"),
    "a step": (STEP, "is a step"),
}


@pytest.mark.parametrize("case", IDS)
def test_ids(case: str) -> None:
    """An id is a part of a URL's path, and only what can be one is taken."""
    id, expected = IDS[case]
    assert wrong_id(id).startswith(expected) if expected else wrong_id(id) == ""


def test_a_coroutine_is_not_complained_about_twice(recwarn: pytest.WarningsRecorder) -> None:
    """Python does not warn besides that nobody awaited it."""
    assert describe(coroutine()).startswith("a coroutine")
    assert not list(recwarn)


def test_a_file_may_have_anything_that_json_can(tmp_path: Path) -> None:
    """Texts of the SDK are found where a program takes the file, so that other commands can read it."""
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({"definition": {"name": SENTINEL}}))
    assert only(wrong_values(read_source(path).definition)).path == ("name",)

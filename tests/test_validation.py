"""Messages of a border about data that it can't read: places and what to write, never a value or pydantic's words."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pulumi_8x8.validation import Invalid, Must, Parsed, misfits, validated

SECRET = "s3cr3t-value"


@dataclass(frozen=True)
class Inner:
    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}
    text: str = ""
    count: Annotated[int, Must("be 1 or more", lambda count: count >= 1)] | None = None


@dataclass(frozen=True)
class Sized:
    count: Annotated[int, Must("be 1 or more", lambda count: count >= 1)]


@dataclass(frozen=True)
class Choice:
    kind: Literal["a", "b", "c"]
    only: Literal["x"]


def parse_wait(value: object) -> int:
    if value != "1 day":
        raise ValueError("not a duration")
    return 86400


@dataclass(frozen=True)
class Outer:
    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid"}
    name: str
    either: str | Inner = ""
    items: tuple[Inner, ...] = ()
    by_name: dict[str, int] = field(default_factory=dict)
    kind: Literal["a", "b", "c"] | None = None
    share: Annotated[float, Field(ge=0, le=1)] = 0
    sized: Sized | None = None
    choice: Choice | None = None
    wait: Annotated[int, Parsed(parse_wait)] = 0
    urls: Annotated[list[str], Must("be a list of {addresses}", all)] = field(default_factory=list)


class Model(BaseModel):
    outer: Outer
    twice: int

    model_config = ConfigDict(extra="forbid")


WRONG: dict[str, tuple[Any, list[str]]] = {
    "not an object": (SECRET, ["must be an object"]),
    "missing": ({}, ["name is missing; it must be a text"]),
    "missing, with a sentence of its own": (
        {"name": "", "sized": {}},
        ["sized.count is missing; it must be 1 or more"],
    ),
    "parsed": ({"name": "", "wait": SECRET}, ["wait: not a duration"]),
    "several": (
        {"name": [SECRET], "kind": SECRET, "share": 7},
        ["name must be a text", "kind must be a, b or c", "share must be a number from 0 to 1"],
    ),
    "missing, one of some": (
        {"name": "", "choice": {}},
        ["choice.kind is missing; it must be a, b or c", "choice.only is missing; it must be x"],
    ),
    "an alternative of two": ({"name": "", "either": 5}, ["either must be a text or an object"]),
    "inside of one of two": (
        {"name": "", "either": {"txet": SECRET}},
        ['either.txet is unknown; did you mean "text"? Known are text, count'],
    ),
    "unknown": (
        {"name": "", "items": [{"text": ""}, {"zzz": SECRET}]},
        ["items[1].zzz is unknown; known are text, count"],
    ),
    "a sentence of its own": ({"name": "", "items": [{"count": 0}]}, ["items[0].count must be 1 or more"]),
    "no conversion": ({"name": "", "items": [{"count": "5"}]}, ["items[0].count must be 1 or more"]),
    "true is no number": ({"name": "", "items": [{"count": True}]}, ["items[0].count must be 1 or more"]),
    "a sentence about a list": ({"name": "", "urls": 5}, ["urls must be a list of {addresses}"]),
    "a check of a list": ({"name": "", "urls": [""]}, ["urls must be a list of {addresses}"]),
    "inside of a list": ({"name": "", "urls": ["x", 1]}, ["urls[1] must be a text"]),
    "a key that is a text": ({"name": "", "by_name": {"a b": SECRET}}, ['by_name["a b"] must be a whole number']),
    "a key for a terminal": (
        {"name": "", "by_name": {"\x1b[2J": SECRET}},
        ['by_name["\\x1b[2J"] must be a whole number'],
    ),
    "a list": ({"name": "", "items": SECRET}, ["items must be a list"]),
}


@pytest.mark.parametrize(("value", "expected"), WRONG.values(), ids=WRONG)
def test_messages(value: Any, expected: list[str]) -> None:
    """A message has the place in the project's notation and what to write."""
    with pytest.raises(Invalid) as raised:
        validated(Outer, value)
    assert [str(each) for each in raised.value.misfits] == expected
    assert str(raised.value) == "; ".join(expected)
    assert SECRET not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_where_the_value_is() -> None:
    """The place begins where the value is in what the user wrote."""
    with pytest.raises(Invalid, match=r"^tests\[0\]\.name is missing; it must be a text$"):
        validated(Outer, {}, ("tests", 0))


def test_a_model() -> None:
    """A pydantic model works like a dataclass, and so does an error that somebody else caught."""
    value = {"outer": {"name": ""}, "twice": SECRET, "ouder": 1}
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Model).validate_python(value)
    assert [str(each) for each in misfits(raised.value, Model, value)] == [
        "twice must be a whole number",
        'ouder is unknown; did you mean "outer"? Known are outer, twice',
    ]


def test_what_fits() -> None:
    """A value that fits gets the type; ``null`` is absent if the type has it so."""
    read = validated(
        Outer,
        {"name": "x", "either": {"text": "t"}, "items": [{"count": None}], "kind": None, "wait": "1 day"},
    )
    assert read == Outer("x", Inner("t"), (Inner(),), wait=86400)


def test_pydantic_is_imported_late() -> None:
    """Who only describes workflows doesn't wait for pydantic."""
    code = "import pulumi_8x8.validation, sys; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

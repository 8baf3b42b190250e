"""Expressions: values that a workflow has while it runs, written in Python and sent as scripts.

``trigger.payload.body == "yes"`` becomes ``{{data.payload.body == 'yes'}}``. An expression holds its script in pieces:
code, results of steps, and Outputs. Where a result is read decides its code: ``step.reply`` in the step itself, and
``data.rating__reply`` in a later one. :mod:`.operators` has a row for each operator.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, NoReturn, Self, TypeAlias, TypeVar

from pulumi_8x8.definition.authorship import error
from pulumi_8x8.definition.literals import literal
from pulumi_8x8.definition.values import CLOSING, OPENING, Hole
from pulumi_8x8.phrasing import printable

if TYPE_CHECKING:
    from pulumi import Output

    #: What an operator takes beside an expression.
    Operand: TypeAlias = "Value | str | int | float | bool | Output[Any] | None"
    Logical: TypeAlias = "Predicate | bool | Output[bool]"

_V = TypeVar("_V", bound="Expression")

#: How tightly code binds: code that binds less tightly than its neighbour is in brackets.
CHOICE, OR, AND, EQUALITY, ORDER, PLUS, NOT, ATOM = range(8)


TRUTH = (
    "an expression has a value only while the workflow runs, so Python can't test it. Write a & b instead of a and b, "
    "a | b instead of a or b, and ~a instead of not a. Write (x < y) & (y < z) instead of x < y < z, and "
    "(x == y) | (x == z) instead of x in [y, z]. Write automation.if_else(a, x, y) instead of x if a else y. To choose "
    "a step, write step.when(condition, other_step)"
)
_IN_OUTPUT = (
    'an Output can\'t have an expression as its value; put it into a text: pulumi.Output.concat("Hi ", f"{x}"), or '
    'join them: "Hi " + x + output'
)


class Result(NamedTuple):
    """A part of a script: a result of a step.

    :param step: the step, or its id if the expression went through a text.
    :param path: the declared members from ``step`` on; they decide the name under which the result travels.
    :param rest: the code that reads members of what travels: ``.payload.body``.
    :param ends: what travels ends here: a member below it may be missing, so it is read later.
    """

    step: Any
    path: tuple[str, ...]
    rest: str = ""
    ends: bool = False

    @property
    def step_id(self) -> str:
        """The id of the step."""
        return str(self.step if isinstance(self.step, str) else self.step.id)


Code: TypeAlias = tuple[str | Result | Hole, ...]


class Expression:
    """A value that a workflow has while it runs.

    :ivar _code: the script. Names begin with ``_``, since other names are the members of the value.
    """

    __slots__ = ("_code", "_rank")
    _trigger: ClassVar[str] = ""

    def __init__(self, code: Code, rank: int = ATOM) -> None:
        self._code = code
        self._rank = rank

    def is_null(self) -> Predicate:
        """True while the workflow runs if the value is null, or missing."""
        return _joined(self, "==", None, EQUALITY)

    def is_not_null(self) -> Predicate:
        """True while the workflow runs if there is a value."""
        return _joined(self, "!=", None, EQUALITY)

    def __eq__(self, other: object) -> Predicate:  # type: ignore[override]  # as in every library of expressions
        return _joined(self, "==", self._comparable(other, "=="), EQUALITY)

    def __ne__(self, other: object) -> Predicate:  # type: ignore[override]
        return _joined(self, "!=", self._comparable(other, "!="), EQUALITY)

    __hash__ = object.__hash__

    def _comparable(self, other: Any, sign: str) -> Any:
        return other

    def __str__(self) -> str:
        return marked(self)

    def __format__(self, spec: str) -> str:
        if spec:
            raise error(
                TypeError, f'the format ":{spec}" can\'t be applied to an expression; write f"{{x}}" without it'
            )
        return marked(self)

    def __repr__(self) -> str:
        return f"<expression {printable(shown(self))}>"

    def __bool__(self) -> NoReturn:
        # The SDK asks whether an argument of Output.concat, format or all is empty.
        in_output = sys._getframe(1).f_globals.get("__name__") == "pulumi.output"
        raise error(TypeError, _IN_OUTPUT if in_output else TRUTH)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise error(TypeError, "an expression can't be pickled; it belongs to the program that wrote it")


def _refusal(what: str) -> Callable[..., NoReturn]:
    def refuse(*_: object) -> NoReturn:
        raise error(TypeError, what)

    return refuse


#: Methods that a type checker doesn't see, so that it refuses the operators too.
_REFUSED = {
    "contains": "in can't test an expression: write x.contains(\"text\") instead of \"text\" in x",
    "iter": 'an expression has no elements while the program runs; write x[0], or automation.script("…")',
    "len": 'an expression has no length while the program runs; write automation.script("….length")',
    "and": "& joins conditions, and this is a value; compare it first, in brackets: (x == y) & (z == y)",
    "or": "| joins conditions, and this is a value; compare it first, in brackets: (x == y) | (z == y)",
    "invert": "~ negates a condition, and this is a value; compare it first, in brackets: ~(x == y)",
    **{
        name: f'{sign} isn\'t an operator of expressions; write a script: automation.script("data.x {sign} 2")'
        for name, sign in {
            "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "xor": "^",
            "lshift": "<<", "rshift": ">>", "matmul": "@", "neg": "-", "pos": "+", "abs": "abs()",
        }.items()
    },
    **dict.fromkeys(
        ("int", "float", "complex", "index", "round", "trunc", "floor", "ceil"),
        "an expression isn't a number while the program runs; scripts compare texts that are numbers as numbers",
    ),
    "setitem": "an expression can't be changed; to store a value, write outputs={name: value} on a step",
    "call": "an expression can't be called; it has no function of this name",
}  # fmt: skip
for _name, _what in _REFUSED.items():
    setattr(Expression, f"__{_name}__", _refusal(_what))
    if _name in ("and", "or", "sub", "mul", "truediv", "floordiv", "mod", "pow", "xor", "lshift", "rshift", "matmul"):
        setattr(Expression, f"__r{_name}__", _refusal(_what))


class Value(Expression):
    """A text, a number, or another single value that a workflow has while it runs."""

    __slots__ = ()

    def __lt__(self, other: Operand) -> Predicate:
        return _joined(self, "<", other, ORDER)

    def __le__(self, other: Operand) -> Predicate:
        return _joined(self, "<=", other, ORDER)

    def __gt__(self, other: Operand) -> Predicate:
        return _joined(self, ">", other, ORDER)

    def __ge__(self, other: Operand) -> Predicate:
        return _joined(self, ">=", other, ORDER)

    def __add__(self, other: Operand) -> Value:
        return Value(*_binary(self, "+", other, PLUS))

    def __radd__(self, other: Operand) -> Value:
        return Value(*_binary(other, "+", self, PLUS))

    def contains(self, text: Operand, *, ignore_case: bool = False) -> Predicate:
        """True if the text has ``text`` in it."""
        return _call("stringContains", self, text, *([True] if ignore_case else []))

    def is_country_code(self, alpha2: Operand) -> Predicate:
        """True if the phone number belongs to a country: ``"SG"``."""
        return _call("isCountryCode", self, alpha2)

    def is_time_of_day_between(self, start: Operand, end: Operand, time_zone: Operand) -> Predicate:
        """True if the timestamp is between two times of day (``"09:00:00"``), both included.

        :param time_zone: a Windows time zone: ``"Singapore Standard Time"``.
        """
        return _call("isTimeOfDayBetween", self, start, end, time_zone)

    def is_day_of_week(self, day: Operand) -> Predicate:
        """True if the timestamp is on a day of the week: ``"Sunday"``."""
        return _call("isDayOfWeek", self, day)


class Predicate(Value):
    """A value that is true or false while the workflow runs."""

    __slots__ = ()

    def __and__(self, other: Logical) -> Predicate:
        return _joined(self, "&&", _logical(other), AND)

    def __rand__(self, other: Logical) -> Predicate:
        return _joined(_logical(other), "&&", self, AND)

    def __or__(self, other: Logical) -> Predicate:
        return _joined(self, "||", _logical(other), OR)

    def __ror__(self, other: Logical) -> Predicate:
        return _joined(_logical(other), "||", self, OR)

    def __invert__(self) -> Predicate:
        return Predicate(("!", *side(self, NOT)), NOT)


def if_else(condition: Logical, value: Operand, otherwise: Operand) -> Value:
    """The value, while the workflow runs, that a condition chooses.

    ::

        automation.if_else(rating.reply.is_null(), "no answer", rating.reply.payload.body)
    """
    code = (*side(_logical(condition), OR), " ? ", *side(value, CHOICE), " : ", *side(otherwise, CHOICE))
    return Value(code, CHOICE)


def uuid() -> Value:
    """A new random UUID each time that the workflow gets there."""
    return Value(("uuid()",))


# Code


def _joined(left: Any, sign: str, right: Any, rank: int) -> Predicate:
    return Predicate(*_binary(left, sign, right, rank))


def _binary(left: Any, sign: str, right: Any, rank: int) -> tuple[Code, int]:
    associative = rank in (AND, OR)
    return (*side(left, rank), f" {sign} ", *side(right, rank if associative else rank + 1)), rank


def _call(name: str, *arguments: Any) -> Predicate:
    code: list[Any] = [f"{name}("]
    for position, argument in enumerate(arguments):
        code += [", "] * bool(position) + [*side(argument, CHOICE)]
    return Predicate((*code, ")"))


def side(value: Any, rank: int) -> Code:
    """The code of an operand, in brackets if it binds less tightly than ``rank``."""
    if isinstance(value, Expression):
        return value._code if value._rank >= rank else ("(", *value._code, ")")
    if isinstance(value, Hole):
        return (value,)
    if isinstance(value, str) and OPENING in value:
        raise error(
            TypeError, 'a text with an expression in it isn\'t an operand; write "text" + x instead of f"text{x}"'
        )
    written = literal(value)
    if written is None:
        kind = type(value).__name__
        raise error(
            TypeError, f"an expression can't use a value of the type {kind}; write a text, a number, true or None"
        )
    return (written,)


def _logical(value: Any) -> Any:
    if isinstance(value, Predicate | Hole | bool):
        return value
    if isinstance(value, Expression):
        raise error(TypeError, "a condition is expected, and this is a value; compare it first, in brackets: (x == y)")
    raise error(TypeError, f"a condition is expected, not a value of the type {type(value).__name__}")


# Texts


def marked(value: Expression) -> str:
    """A text that stands for an expression until the text is compiled."""
    pieces: list[Any] = []
    for piece in value._code:
        if isinstance(piece, Hole):
            raise error(
                TypeError, 'this expression has an Output in it, so it can\'t be in a text; write "text" + x instead'
            )
        pieces.append([piece.step_id, piece.path, piece.rest] if isinstance(piece, Result) else piece)
    written = json.dumps(pieces).encode()
    return f"{OPENING}{base64.urlsafe_b64encode(written).decode()}.{zlib.crc32(written):x}{CLOSING}"


def shown(value: Expression) -> str:
    """An expression for messages: results by the id of their step."""
    return "".join(
        piece
        if isinstance(piece, str)
        else f"{piece.step_id}.{'.'.join(piece.path)}{piece.rest}"
        if isinstance(piece, Result)
        else "(an Output)"
        for piece in value._code
    )

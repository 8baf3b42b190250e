"""Expressions with members: objects whose members are known, and values of any type.

A member's name in a script is in the service's spelling: ``payload.sub_account_id`` becomes ``payload.subAccountId``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from pulumi_8x8.definition.authorship import error
from pulumi_8x8.definition.expressions import ATOM, CHOICE, Code, Expression, Predicate, Result, Value, shown, side
from pulumi_8x8.definition.literals import member
from pulumi_8x8.definition.values import OPENING
from pulumi_8x8.phrasing import camel_case, closest

_V = TypeVar("_V", bound="Expression")


class _Open:
    """Lets a value have any member."""

    __slots__ = ()

    def __getitem__(self, name: str | int) -> Anything:
        if isinstance(name, bool) or not isinstance(name, str | int) or (isinstance(name, str) and OPENING in name):
            raise error(TypeError, 'a member\'s name is a text or a number: x["name"], x[0]')
        owner = cast("Expression", self)
        kind = dict(declared_members(type(owner)).values()).get(str(name))
        return _below(owner, name, kind or Anything, declared=kind is not None)  # type: ignore[return-value]

    def __getattr__(self, name: str) -> Anything:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


class Anything(_Open, Value):
    """A value of any type, with any members: ``order.response_body.id``.

    If a member has the name of a method, or begins with ``_``, write ``body["contains"]``.
    """

    __slots__ = ()


class RawScript(Anything, Predicate):
    """A script unchanged."""

    __slots__ = ()


class Members(Expression):
    """An object whose members are known. A subclass declares them, and the type checker knows them.

    ::

        class Delivery(automation.Members):
            phone: automation.Value
            parcel: automation.Value

        delivery = automation.http_request(Delivery)
    """

    __slots__ = ("_trigger",)
    #: The members of the service's own objects have names in Python's spelling.
    _camel_case: ClassVar[bool] = False

    def __init__(self, code: Code, rank: int = ATOM, trigger: str = "") -> None:
        super().__init__(code, rank)
        self._trigger = trigger  # type: ignore[misc]  # of an instance, where there is a slot

    def _comparable(self, other: Any, sign: str) -> Any:
        if other is None:
            return None
        raise error(TypeError, f"an object can only be compared with None; compare one of its members with {sign}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *declared_members(type(self))]

    if not TYPE_CHECKING:  # so that a type checker refuses other names

        def __getattr__(self, name: str) -> Expression:
            if name.startswith("_"):
                raise AttributeError(name)
            known = declared_members(type(self))
            if name in known:
                wire_name, kind = known[name]
                return _below(self, wire_name, kind)
            if isinstance(self, _Open):
                return self[name]
            near = closest(name, known)
            hint = f'did you mean "{near}"?' if near else f"the members are {', '.join(known)}"
            raise error(AttributeError, f'{shown(self)} has no member "{name}"; {hint}')


class OpenMembers(Members, _Open):
    """An object that has other members besides those that are known."""

    __slots__ = ()


def script(code: str) -> RawScript:
    """A script unchanged: ``automation.script("data.attempts * 2")``.

    Lint checks it. Its type is any, so it is accepted as a value and as a condition.

    :param code: JavaScript, with or without the braces of a script.
    """
    if not isinstance(code, str):
        raise error(TypeError, 'a script is a text: automation.script("data.attempts * 2")')
    text = code.strip()
    if text.startswith("{{") and text.endswith("}}"):
        text = text[2:-2].strip()
    if not text or OPENING in text:
        raise error(ValueError, "a script is JavaScript, not an empty text, and not a text with expressions in it")
    return RawScript((text,), ATOM if re.fullmatch(r"[\w$]+(?:\.[\w$]+)*(?:\([^()]*\))?", text) else CHOICE)


#: What the trigger and the outputs of steps have stored: ``automation.data.rating``. Names are the service's.
data = Anything(("data",))
#: The result of the step itself, for its outputs: ``outputs={"order": automation.step.responseBody}``.
step = Anything(("step",))


def _below(owner: Expression, name: str | int, kind: type[_V], *, declared: bool = True) -> _V:
    """A member of ``owner``."""
    code = side(owner, ATOM)
    if len(code) == 1 and isinstance(code[0], Result):
        result = code[0]
        if declared and not result.ends:
            return kind((result._replace(path=(*result.path, str(name)), ends=issubclass(kind, Anything)),))
        return kind((result._replace(rest=result.rest + member(name), ends=True),))
    return kind((*code[:-1], code[-1] + member(name)) if isinstance(code[-1], str) else (*code, member(name)))


_members: dict[type, Mapping[str, tuple[str, type[Expression]]]] = {}


def declared_members(kind: type[Expression]) -> Mapping[str, tuple[str, type[Expression]]]:
    """The members that a class declares, by Python's name: the name in scripts, and the class."""
    if kind in _members:
        return _members[kind]
    from typing import get_type_hints

    try:
        hints = get_type_hints(kind)
    except NameError as wrong:
        raise error(
            TypeError, f"{kind.__name__}: {wrong}; declare members at the top of a module, with automation.Value"
        ) from None
    spelling = camel_case if issubclass(kind, Members) and kind._camel_case else str
    _members[kind] = {
        name: (spelling(name), each)
        for name, each in hints.items()
        if isinstance(each, type) and issubclass(each, Expression) and not name.startswith("_")
    }
    return _members[kind]

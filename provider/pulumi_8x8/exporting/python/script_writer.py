"""Writes scripts as expressions of Python: ``data.payload.body == 'yes'`` as ``message.payload.body == "yes"``.

It works backwards from :mod:`pulumi_8x8.definition.expressions`: each script becomes an expression object, together
with the code that makes the object. Only code whose object compiles to the same script, letter by letter, is used.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pulumi_8x8.analysis.javascript import LONGEST_SCRIPT
from pulumi_8x8.analysis.syntax import CHAIN, parse, text_of
from pulumi_8x8.definition.expressions import Expression, Predicate, Result, Value, if_else, uuid
from pulumi_8x8.definition.members import Anything, Members, data, declared_members, script, step
from pulumi_8x8.definition.readable import name_of_result
from pulumi_8x8.definition.steps import Step
from pulumi_8x8.definition.values import CLOSING, OPENING, Json
from pulumi_8x8.exporting.python.pieces import (
    Atom,
    Bracketed,
    Operands,
    Parentheses,
    Piece,
    Replaceable,
    call,
    literal,
    number,
)
from pulumi_8x8.phrasing import camel_case

if TYPE_CHECKING:
    from tree_sitter import Node

#: Python's parser, and readers, have their limits.
_DEEPEST = 40
_SIGNS: Mapping[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "==": ("==", lambda left, right: left == right),
    "!=": ("!=", lambda left, right: left != right),
    "<": ("<", lambda left, right: left < right),
    "<=": ("<=", lambda left, right: left <= right),
    ">": (">", lambda left, right: left > right),
    ">=": (">=", lambda left, right: left >= right),
    "+": ("+", lambda left, right: left + right),
    "&&": ("&", lambda left, right: left & right),
    "||": ("|", lambda left, right: left | right),
}
#: Methods of values by function: how many arguments each has besides the value.
_METHODS = {
    "isCountryCode": ("is_country_code", 1),
    "isTimeOfDayBetween": ("is_time_of_day_between", 3),
    "isDayOfWeek": ("is_day_of_week", 1),
}
_ESCAPE = re.compile(r"\\(?:([\\'nrt])|u([0-9a-f]{4})|x([0-9a-f]{2}))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


class ScriptCode(NamedTuple):
    """An expression, and the code that makes it.

    :param value: the expression, or a text, a number, true, false or null.
    """

    value: Any
    code: Piece


class Variable(NamedTuple):
    """A variable of the module: its name, and its object."""

    name: str
    value: Any


@dataclass
class Names:
    """What scripts can read, and how it is called in the module.

    :ivar trigger: the typed trigger, if there is one.
    :ivar stored: names of outputs.
    :ivar steps: the typed steps so far, by id.
    :ivar travelling: outputs that the module leaves out, since reading the result stores them: step and path by name.
    :ivar used: which of them are read so, and ``trigger`` if it is.
    """

    trigger: Variable | None = None
    stored: frozenset[str] = frozenset()
    steps: dict[str, Variable] = field(default_factory=dict)
    travelling: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)

    def forget(self, count: int) -> None:
        """Forgets all uses but the first ones."""
        while len(self.used) > count:
            self.used.popitem()


class _Cannot(Exception):
    """The script can't be an expression."""


def write_script(code: str, names: Names, own: Variable | None = None) -> ScriptCode | None:
    """A script as an expression; ``None`` if the expression would compile to another script.

    :param code: the script, without its braces.
    :param own: the step that the script belongs to, if it exists where the expression stands.
    """
    if code != code.strip() or not code or OPENING in code or CLOSING in code:
        return None
    plain = call("automation.script", Atom(literal(code)))
    used = len(names.used)
    try:
        if len(code) > LONGEST_SCRIPT:
            raise _Cannot
        written = _Writer(names, own).script(code)
        if not isinstance(written.value, Value) or compiled(written.value, own) != code or written.code.breaks:
            raise _Cannot
    except (_Cannot, TypeError, ValueError, AttributeError):
        names.forget(used)
        return ScriptCode(script(code), plain) if not code.startswith("{{") else None
    # Formatters break the brackets of members and of what methods are called on in several ways.
    is_safe = not re.search(r"\[|\)\.", written.code.flat)
    return ScriptCode(written.value, Replaceable(written.code, plain, is_safe))


def is_script(code: Piece) -> bool:
    """Whether it is an expression only by name: ``automation.script("…")``."""
    return isinstance(code, Bracketed)


def compiled(value: Expression, own: Variable | None) -> str:
    """The script that an expression becomes."""
    parts = []
    for piece in value._code:
        if isinstance(piece, Result):
            members = ".".join(piece.path)
            is_own = own is not None and piece.step is own.value
            piece = (f"step.{members}" if is_own else f"data.{name_of_result(piece.step_id, piece.path)}") + piece.rest
        parts.append(str(piece))
    return "".join(parts)


class _Writer:
    def __init__(self, names: Names, own: Variable | None) -> None:
        self._names = names
        self._own = own
        self._depth = 0

    def script(self, code: str) -> ScriptCode:
        root = parse(code)
        if root.has_error or root.child_count != 1 or root.children[0].type != "expression_statement":
            raise _Cannot
        (statement,) = root.children
        if statement.child_count != 1:
            raise _Cannot
        return self._value(statement.children[0])

    def _any(self, node: Node) -> ScriptCode:
        """An expression or a literal; an object with known members too."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Cannot
        try:
            kind = node.type
            if kind in CHAIN or kind == "identifier":
                return self._read(node, typed=True)
            make = getattr(self, f"_{kind}", None)
            if make is None:
                raise _Cannot
            made: ScriptCode = make(node)
            return made
        finally:
            self._depth -= 1

    def _value(self, node: Node) -> ScriptCode:
        """A value or a literal."""
        found = self._any(node)
        if isinstance(found.value, Expression) and not isinstance(found.value, Value):
            found = self._read(node, typed=False)
        return found

    def _condition(self, node: Node) -> ScriptCode:
        found = self._any(node)
        if not isinstance(found.value, Predicate):
            raise _Cannot
        return found

    # Reading members

    def _read(self, node: Node, *, typed: bool) -> ScriptCode:
        path: list[str | int] = []
        while node.type in CHAIN:
            if node.child_by_field_name("optional_chain") is not None:
                raise _Cannot
            path.append(_member_name(node))
            owner = node.child_by_field_name("object")
            if owner is None:
                raise _Cannot
            node = owner
        root = text_of(node)
        if node.type != "identifier" or root not in ("data", "step"):
            raise _Cannot
        path.reverse()
        if typed:
            try:
                return self._typed(root, path)
            except (_Cannot, AttributeError):
                pass
        return _below(Variable(f"automation.{root}", data if root == "data" else step), path)

    def _typed(self, root: str, path: Sequence[str | int]) -> ScriptCode:
        names = self._names
        if root == "step":
            if self._own is None:
                raise _Cannot
            return _below(self._own, path)
        first = path[0] if path else ""
        if first in names.travelling:
            step_id, members = names.travelling[str(first)]
            if step_id not in names.steps or (self._own is not None and names.steps[step_id].value is self._own.value):
                raise _Cannot
            written = _below(names.steps[step_id], [*members, *path[1:]])
            names.used.setdefault(str(first))
            return written
        if names.trigger is None or not path or first in names.stored:
            raise _Cannot
        written = _below(names.trigger, path)
        names.used.setdefault("trigger")
        return written

    # Operators, functions and literals; the names are the parser's

    def _binary_expression(self, node: Node) -> ScriptCode:
        left, right, operator = (node.child_by_field_name(each) for each in ("left", "right", "operator"))
        sign = text_of(operator) if operator is not None else ""
        if left is None or right is None or sign not in _SIGNS:
            raise _Cannot
        python, apply = _SIGNS[sign]
        if sign in ("==", "!=") and right.type == "null":
            name = "is_null" if sign == "==" else "is_not_null"
            return _method(self._any(left), name, ())
        one = self._condition if python in "&|" else self._value
        first, second = one(left), one(right)
        if sign in ("==", "!=") and isinstance(second.value, bool):
            raise _Cannot  # linters want no comparison with True
        operands = [_operand(first.code), _operand(second.code)]
        if isinstance(first.code, Operands) and first.code.sign == python and python in "&|+":
            operands = [*first.code.operands, operands[1]]
        return ScriptCode(apply(first.value, second.value), Operands(operands, python))

    def _unary_expression(self, node: Node) -> ScriptCode:
        argument, operator = node.child_by_field_name("argument"), node.child_by_field_name("operator")
        if argument is None or operator is None:
            raise _Cannot
        if text_of(operator) == "-" and argument.type == "number":
            value = -self._number(argument).value
            return ScriptCode(value, Atom(number(value)))
        if text_of(operator) != "!":
            raise _Cannot
        inner = self._condition(argument)
        return ScriptCode(~inner.value, _negated(inner.code))

    def _parenthesized_expression(self, node: Node) -> ScriptCode:
        inside = [each for each in node.named_children if each.type != "comment"]
        if len(inside) != 1:
            raise _Cannot
        return self._any(inside[0])

    def _ternary_expression(self, node: Node) -> ScriptCode:
        parts = [node.child_by_field_name(each) for each in ("condition", "consequence", "alternative")]
        condition, value, otherwise = (each for each in parts if each is not None)
        chosen = self._condition(condition), self._value(value), self._value(otherwise)
        return ScriptCode(
            if_else(*(each.value for each in chosen)), call("automation.if_else", *(each.code for each in chosen))
        )

    def _call_expression(self, node: Node) -> ScriptCode:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "identifier":
            raise _Cannot
        name, given = text_of(function), [self._value(each) for each in arguments.named_children]
        if name == "uuid" and not given:
            return ScriptCode(uuid(), call("automation.uuid"))
        if name == "stringContains" and len(given) == 3 and given[2].value is True:
            return _method(given[0], "contains", given[1:2], ignore_case=ScriptCode(True, Atom("True")))
        if name == "stringContains" and len(given) == 2:
            return _method(given[0], "contains", given[1:])
        method, count = _METHODS.get(name, ("", -1))
        if len(given) != count + 1:
            raise _Cannot
        return _method(given[0], method, given[1:])

    def _string(self, node: Node) -> ScriptCode:
        text = "".join(
            _unescaped(text_of(child)) if child.type == "escape_sequence" else text_of(child)
            for child in node.named_children
        )
        return ScriptCode(text, Atom(literal(text)))

    def _number(self, node: Node) -> ScriptCode:
        text = text_of(node)
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise _Cannot
        value: Json = float(text) if "." in text else int(text)
        return ScriptCode(value, Atom(number(value)))

    def _true(self, node: Node) -> ScriptCode:
        return ScriptCode(True, Atom("True"))

    def _false(self, node: Node) -> ScriptCode:
        return ScriptCode(False, Atom("False"))

    def _null(self, node: Node) -> ScriptCode:
        return ScriptCode(None, Atom("None"))


def _member_name(node: Node) -> str | int:
    if node.type == "member_expression":
        name = node.child_by_field_name("property")
        if name is None or name.type != "property_identifier":
            raise _Cannot
        return text_of(name)
    index = node.child_by_field_name("index")
    if index is not None and index.type == "number" and text_of(index).isdecimal():
        return int(text_of(index))
    if index is None or index.type != "string":
        raise _Cannot
    return "".join(
        _unescaped(text_of(child)) if child.type == "escape_sequence" else text_of(child)
        for child in index.named_children
    )


def _unescaped(text: str) -> str:
    found = _ESCAPE.fullmatch(text)
    if found is None:
        raise _Cannot
    simple, unicode, two = found.groups()
    return chr(int(unicode or two, 16)) if unicode or two else _ESCAPED.get(simple, simple)


def _below(owner: Variable, path: Sequence[str | int]) -> ScriptCode:
    """A member of a variable, by the service's names."""
    value, code = owner.value, owner.name
    for name in path:
        attribute = _attribute(value, name)
        # After a bracket everything is in brackets: formatters break chains with several dots after brackets.
        if attribute is None or "[" in code:
            value, code = value[name], f"{code}[{literal(name) if isinstance(name, str) else name}]"
        else:
            value, code = getattr(value, attribute), f"{code}.{attribute}"
    return ScriptCode(value, Atom(code))


def _attribute(value: Any, name: str | int) -> str | None:
    """Python's name of a member; ``None`` if it is read with brackets."""
    if isinstance(value, Step):
        return _results(type(value)).get(str(name)) or _refuse()
    if isinstance(value, Members):
        for attribute, (wire_name, _) in declared_members(type(value)).items():
            if wire_name == name:
                return attribute
    if not isinstance(value, Anything) and not hasattr(type(value), "__getitem__"):
        _refuse()
    is_plain = isinstance(name, str) and name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return str(name) if is_plain and not str(name).startswith("_") and not hasattr(type(value), str(name)) else None


def _refuse() -> str:
    raise _Cannot


def _results(kind: type[Step]) -> dict[str, str]:
    """The typed results of a step type: Python's name by the service's."""
    properties = (name for each in kind.__mro__ for name, made in vars(each).items() if isinstance(made, property))
    return {wire_name: name for name in properties if (wire_name := camel_case(name)) in kind.result}


def _method(owner: ScriptCode, name: str, arguments: Sequence[ScriptCode], **named: ScriptCode) -> ScriptCode:
    if not isinstance(owner.value, Expression):
        raise _Cannot
    value = getattr(owner.value, name)(*(each.value for each in arguments), **{n: e.value for n, e in named.items()})
    bare = owner.code.flat
    code = f"({bare}).{name}" if isinstance(owner.code, Operands) or bare[0] == "~" else f"{bare}.{name}"
    if not arguments:
        return ScriptCode(value, Atom(f"{code}()"))
    return ScriptCode(value, call(code, *(each.code for each in arguments), **{n: e.code for n, e in named.items()}))


def _operand(code: Piece) -> Piece:
    """An operand: in brackets if it has operators itself."""
    return Parentheses(code) if isinstance(code, Operands) else code


def _negated(code: Piece) -> Piece:
    if isinstance(code, Operands):
        return Parentheses(code, "~")
    if isinstance(code, Bracketed):
        return replace(code, opening=f"~{code.opening}")
    return replace(code, before=f"~{code.before}") if isinstance(code, Parentheses) else Atom(f"~{code.flat}")

"""Evaluates conditions of edges with values: which can be true together, and whether one always is.

The values of the paths that a condition reads decide whether it is true. For every path that a step's conditions
compare, few values make a difference: null, the other side of the comparison, the numbers around it, and anything
else. This module tries all combinations. It ignores a condition that does more than compare, because a
guess would cause false alarms.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
from itertools import pairwise, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from pulumi_8x8.analysis.syntax import chain_of, string_value, text_of
from pulumi_8x8.definition.values import Json
from pulumi_8x8.phrasing import natural

if TYPE_CHECKING:
    from tree_sitter import Node

#: ``("path", "data.x")``, ``("literal", 1)``, ``("!", e)``, ``("&&", e, e)``, ``("==", e, e)``,
#: ``("call", name, *e)``, ``("opaque", source)``.
Expression: TypeAlias = tuple[Json, ...]
#: Values by what they are for: a path, or the source of an opaque part (true or false).
TrialValues: TypeAlias = Mapping[str, Json]


#: An object or a text that no condition compares with.
ANYTHING: Json = object()

_DEEPEST = 40
_MOST_COMBINATIONS = 400
_COMPARE = {"==", "!=", "===", "!==", "<", "<=", ">", ">="}
_OPPOSITE = {"!=": "==", "!==": "==="}
_EQUAL = ("==", "===")
#: Functions whose first argument can satisfy only one of several second arguments.
_ONE_OF = {"isCountryCode", "isDayOfWeek"}
#: Methods that leave a text what it is, apart from its case and the blanks around it.
_TIDYING = {"trim", "toLowerCase", "toUpperCase"}


class Condition(NamedTuple):
    """A condition, as far as it can be evaluated.

    :param values: what the condition compares, by the member path that it reads; a path that it only tests has none.
    :param opaque: sources of the parts that can't be evaluated.
    :param searched: the paths that it searches for a text.
    """

    expression: Expression
    values: Mapping[str, Sequence[Json]]
    opaque: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()

    @property
    def paths(self) -> KeysView[str]:
        """The member paths that it reads."""
        return self.values.keys()

    def renamed(self, names: Mapping[str, str]) -> Condition:
        """The condition with another beginning of the paths that begin with one of ``names``."""
        if not any(_other_name(_bare(path), names) for path in self.values):
            return self
        return condition_of(_renamed(self.expression, names))


def condition_in(root: Node, code: str) -> Condition:
    """The condition that ``code`` is, from its syntax tree."""
    statements = [child for child in root.named_children if child.type != "comment"]
    if len(statements) == 1 and statements[0].type == "expression_statement":
        return condition_of(_expression(statements[0].named_children[0], _DEEPEST))
    return opaque_condition(code)


def opaque_condition(code: str) -> Condition:
    """A condition that can't be evaluated."""
    return Condition(("opaque", code), {}, frozenset((code,)))


def read_condition(path: str) -> Condition:
    """A condition that only reads a member."""
    return Condition(("path", path), {path: []})


def both(first: Condition, second: Condition) -> TrialValues | None:
    """Values for which both are true; ``None`` if there are none, or if that isn't known."""
    if first.expression == second.expression and repr(first.expression) == repr(second.expression):  # 1 equals true
        # Equal conditions are true together, unless they are always false.
        return None if first.expression[0] == "literal" and not first.expression[1] else {}
    if first.opaque != second.opaque or not (first.paths & second.paths):
        return None
    if _exclude_each_other(first.expression, second.expression):
        return None
    for values in _combinations([first, second]):
        if _true(first, values) and _true(second, values):
            return values
    return None


def _exclude_each_other(first: Expression, second: Expression) -> bool:
    """Whether one compares a path with a value, and the other the same path with another one, or for inequality: so do
    most edges, and need no trial."""
    if len(first) != 3 or len(second) != 3 or first[1] != second[1] or first[1][0] != "path":
        return False
    (sign, _, one), (other_sign, _, other) = first, second
    if one[0] != "literal" or other[0] != "literal":
        return False
    if sign not in _EQUAL:
        return other_sign in _EQUAL and _exclude_each_other(second, first)
    one_type, equal = type(one[1]) is type(other[1]), bool(one[1] == other[1])
    if other_sign in _EQUAL:
        return one_type and not equal
    return one_type and equal and _OPPOSITE.get(str(other_sign)) == sign


def none_of(conditions: Sequence[Condition]) -> TrialValues | None:
    """Values for which none is true (empty if that isn't known); ``None`` if one always is."""
    tried = False
    for values in _combinations(conditions):
        tried = True
        if not any(_true(condition, values) for condition in conditions):
            return values
    return None if tried else {}


def is_contradiction(condition: Condition) -> bool:
    """Whether no values make it true; false if that isn't known."""
    searched = [part[2] for part in _parts(condition.expression) if part[0] == "call" and part[1] == "stringContains"]
    if any(searched.count(each) > 2 for each in searched) or any(path.endswith(".length") for path in condition.paths):
        return False  # the values that are tried have no text with three parts, and no length of a text
    tried = list(_combinations([condition]))
    return bool(tried) and not any(_true(condition, values) for values in tried)


def outcome(condition: Condition, path: str, null: bool) -> bool | None:
    """Whether it is true if ``path`` is null, or isn't; ``None`` if that depends on other values."""
    if null:
        known: dict[str, Json] = {each: None for each in condition.paths if f"{each}.".startswith(f"{path}.")}
    else:
        known = {path: ANYTHING}
    others = sorted(condition.paths - known.keys())
    if not others and not condition.opaque:
        return _true(condition, known)
    choices = [_candidates(each, [condition]) for each in others] + [[True, False]] * len(condition.opaque)
    if prod(map(len, choices)) > _MOST_COMBINATIONS:
        return None
    names = [*others, *sorted(condition.opaque)]
    results = {_true(condition, {**known, **dict(zip(names, picked, strict=True))}) for picked in product(*choices)}
    return results.pop() if len(results) == 1 else None


def show(values: TrialValues) -> str:
    """``data.reply is "1"``, for messages."""
    shown = {
        path: "another value" if value is ANYTHING else json.dumps(value, ensure_ascii=False)
        for path, value in sorted(values.items(), key=lambda each: natural(each[0]))
    }
    return " and ".join(f"{path} is {value}" for path, value in shown.items())


def _expression(node: Node, depth: int) -> Expression:
    kind = node.type
    if depth == 0:
        return ("opaque", text_of(node))
    if kind == "parenthesized_expression" and node.named_child_count == 1:
        return _expression(node.named_children[0], depth - 1)
    if kind == "string":
        return ("literal", string_value(node))
    if kind == "number":
        try:
            return ("literal", float(text_of(node)))
        except ValueError:
            return ("opaque", text_of(node))
    if kind in ("true", "false", "null", "undefined"):
        return ("literal", {"true": True, "false": False}.get(kind))
    if kind in ("member_expression", "subscript_expression", "identifier"):
        chain = chain_of(node)
        if chain is not None and chain.root in ("data", "step") and chain.whole:
            return ("path", ".".join((chain.root, *chain.names)))
    elif kind == "call_expression":
        call = _call(node, depth - 1)
        if call is not None:
            return call
    elif kind in ("unary_expression", "binary_expression"):
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        if kind == "unary_expression" and sign == "!":
            return ("!", _expression(node.named_children[-1], depth - 1))
        if kind == "binary_expression" and (sign in _COMPARE or sign in ("&&", "||")):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None:
                return (sign, _expression(left, depth - 1), _expression(right, depth - 1))
    return ("opaque", " ".join(text_of(node).split()))


def _call(node: Node, depth: int) -> Expression | None:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    if function.type == "member_expression" and not arguments.named_children:
        return _tidied(function, depth)
    if text_of(function) not in (*_ONE_OF, "stringContains"):
        return None
    given = [_expression(child, depth) for child in arguments.named_children]
    if len(given) < 2 or given[0][0] != "path" or any(each[0] != "literal" for each in given[1:]):
        return None
    return ("call", text_of(function), *given)


def _tidied(function: Node, depth: int) -> Expression | None:
    """The path in ``data.x.trim().toLowerCase()``, which the same answers make true as without the calls."""
    owner, name = function.child_by_field_name("object"), function.child_by_field_name("property")
    if depth == 0 or owner is None or name is None or text_of(name) not in _TIDYING:
        return None
    inner = _expression(owner, depth)
    return inner if inner[0] == "path" else None


def _renamed(expression: Expression, names: Mapping[str, str]) -> Expression:
    if expression[0] == "path" and (name := _other_name(str(expression[1]), names)):
        return ("path", name)
    return tuple(_renamed(part, names) if isinstance(part, tuple) else part for part in expression)


def _other_name(path: str, names: Mapping[str, str]) -> str:
    """The path with its other beginning; empty if it keeps its own."""
    for name, other in names.items():
        if path == name or path.startswith(name + "."):
            return other + path[len(name) :]
    return ""


def _bare(path: str) -> str:
    """The path in ``isCountryCode(data.x)``, which stands for the country of ``data.x``."""
    return path.partition("(")[2][:-1] if path.endswith(")") else path


def _parts(expression: Expression) -> Iterator[Expression]:
    yield expression
    if expression[0] == "call" and expression[1] in _ONE_OF:
        return
    for part in expression[1:]:
        if isinstance(part, tuple):
            yield from _parts(part)


def condition_of(expression: Expression) -> Condition:
    """The condition with this expression."""
    values: dict[str, list[Json]] = {}
    opaque, searched = set(), set()
    for part in _parts(expression):
        kind = part[0]
        if kind == "path":
            values.setdefault(str(part[1]), [])
        elif kind == "opaque":
            opaque.add(str(part[1]))
        elif kind in _COMPARE:
            literals = [each[1] for each in part[1:] if each[0] == "literal"]
            if not literals:
                opaque.add(repr(part))  # a comparison of two paths
            for each in part[1:]:
                if each[0] == "path":
                    values.setdefault(str(each[1]), []).extend(literals)
        elif kind == "call":
            path = str(part[2][1])
            if part[1] in _ONE_OF:
                path = f"{part[1]}({path})"
            else:
                searched.add(path)
            values.setdefault(path, []).append(part[3][1])
    return Condition(expression, values, frozenset(opaque), frozenset(searched))


def _candidates(path: str, conditions: Iterable[Condition]) -> list[Json]:
    """Values of ``path`` that can make a difference."""
    compared = [value for condition in conditions for value in condition.values.get(path, ())]
    texts: list[str] = []
    others: list[Json] = []
    for value in compared:
        if isinstance(value, str):
            texts.append(value)
        else:
            others += [value, value - 1, value + 1] if isinstance(value, float) else [value]
    numbers = sorted({each for each in others if isinstance(each, float)})
    others += [(one + other) / 2 for one, other in pairwise(numbers) if other - one == 1]
    if 1 < len(texts) <= 20 and any(path in condition.searched for condition in conditions):
        # Both in one text, which somebody may write after a question with two answers.
        texts += [f"{one} {other}" for one in texts for other in texts if one != other]
    return list(dict.fromkeys([ANYTHING, *texts, *others, None]))


def _combinations(conditions: Sequence[Condition]) -> Iterator[TrialValues]:
    paths = sorted(set().union(*(condition.paths for condition in conditions)))
    opaque = sorted(set().union(*(condition.opaque for condition in conditions)))
    choices = [_candidates(path, conditions) for path in paths] + [[True, False]] * len(opaque)
    if prod(map(len, choices)) > _MOST_COMBINATIONS:
        return
    names = [*paths, *opaque]
    nested = [(inner, outer) for outer in paths for inner in paths if inner.startswith(outer + ".")]
    for picked in product(*choices):
        values = dict(zip(names, picked, strict=True))
        if not nested or all(values[inner] is None or values[outer] is ANYTHING for inner, outer in nested):
            yield values


def _true(condition: Condition, values: TrialValues) -> bool:
    return _truthy(_value(condition.expression, values))


def _truthy(value: Json) -> bool:
    return value is ANYTHING or bool(value)


def _value(expression: Expression, values: TrialValues) -> Json:
    kind = expression[0]
    if kind == "literal":
        return expression[1]
    if kind in ("path", "opaque"):
        return values.get(str(expression[1]))
    if kind == "!":
        return not _truthy(_value(expression[1], values))
    if kind == "call":
        return _called(expression, values)
    if kind in ("&&", "||"):
        left = _value(expression[1], values)
        return left if _truthy(left) == (kind == "||") else _value(expression[2], values)
    if not any(each[0] == "literal" for each in expression[1:]):
        return values.get(repr(expression))  # as condition_of() has it
    left, right = _value(expression[1], values), _value(expression[2], values)
    if kind in _OPPOSITE:
        return not _equal(left, right, kind == "!==")
    if kind in ("==", "==="):
        return _equal(left, right, kind == "===")
    return _ordered(kind, left, right)


def _called(expression: Expression, values: TrialValues) -> bool:
    name, subject, wanted = expression[1], str(expression[2][1]), expression[3][1]
    if name in _ONE_OF:
        value = values.get(f"{name}({subject})")
        return isinstance(value, str) and value.lower() == str(wanted).lower()
    value = values.get(subject)
    if not isinstance(value, str) or not isinstance(wanted, str):
        return False
    ignore_case = len(expression) > 4 and bool(expression[4][1])
    return wanted.lower() in value.lower() if ignore_case else wanted in value


def _equal(left: Json, right: Json, strict: bool) -> bool:
    if left is None or right is None:
        return left is right
    if left is ANYTHING or right is ANYTHING:
        return False
    if type(left) is type(right):
        return bool(left == right)
    if strict:
        return False
    one, other = _number(left), _number(right)
    return one is not None and one == other


def _ordered(sign: str, left: Json, right: Json) -> bool:
    one, other = _number(left), _number(right)
    if one is None or other is None:
        return False
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[sign]


def _number(value: Json) -> float | None:
    if value is None:
        return 0.0
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return None

"""Values that a record doesn't have, and scripts that read them. No I/O.

An unknown value is a *mark* in ``data`` and ``step``, a text that names it. What comes from outside is named by
its origin, so equal marks are equal values, also in two replays: the answer to the same message at the same time, the
third reply, a member of one of them. An object of which some members are known has a mark under :data:`REST`.

What a record shows about an unknown value is kept with what was evaluated: an output's value, a condition's truth. The
same script that reads the same values has the same value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pulumi_8x8.analysis.javascript import LONGEST_SCRIPT, Read, facts_of
from pulumi_8x8.analysis.syntax import chain_of, parse, text_of
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.simulator import ScriptError

if TYPE_CHECKING:
    from tree_sitter import Node

_OPEN, _CLOSE = "᚛", "᚜"
#: The member of a partly known object that stands for all its other members.
REST = f"{_OPEN}rest{_CLOSE}"
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
#: A mark in a JSON text; one between quotes may stand for any value.
_IN_JSON = re.compile(f'"{_OPEN}[0-9]+{_CLOSE}"|{_OPEN}[0-9]+{_CLOSE}')

#: A script with one of these may have another value each time.
_BY_CHANCE = re.compile(r"\b(uuid|Date|random|globalThis|this|eval|Function|Reflect|Proxy|Intl)\b|Math\s*\[")
#: A script with one of these may read ``data`` and ``step`` in ways that its member chains don't show.
_BY_OTHER_NAMES = re.compile(r"=>|\bfunction\b|\bthis\b|\bglobalThis\b|\beval\b|\barguments\b")
#: Functions of the service that never fail, whatever their arguments are.
_TOTAL = frozenset(("isCountryCode", "stringContains"))
# fmt: off
_CANNOT_FAIL = frozenset((
    "program", "expression_statement", "identifier", "property_identifier", "member_expression", "null", "undefined",
    "true", "false", "number", "string", "string_fragment", "escape_sequence", "parenthesized_expression",
    "binary_expression", "unary_expression", "ternary_expression", "optional_chain", "call_expression", "arguments",
))
# fmt: on
_PATH_PART = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class Undetermined(Exception):
    """The record doesn't show what happens next. The message describes why, without any value of the record."""


@dataclass(frozen=True)
class Unknown:
    """A value that isn't recorded.

    :ivar name: see :class:`Marks`. :ivar deep: it is a member of a value that isn't recorded either, and may be null.
    """

    name: str
    deep: bool = False


class Marks:
    """The names of unknown values, with their marks."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._what: list[str] = []

    def mark(self, name: str, what: str) -> str:
        """The mark of the value with this name."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._what)
            self._what.append(what)
        return f"{_OPEN}{number}{_CLOSE}"

    def what(self, value: Any) -> str:
        """Where the first unknown value in ``value`` is, for people."""
        found = _MARK.search(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        return self._what[int(found[1])] if found else "a value"


def has_marks(value: Any) -> bool:
    """Whether a JSON value has a mark, at any depth."""
    if isinstance(value, str):
        return _OPEN in value
    if isinstance(value, dict):
        return any(_OPEN in name or has_marks(member) for name, member in value.items())
    return isinstance(value, list) and any(map(has_marks, value))


def is_mark(value: Any) -> bool:
    """Whether a value is a mark and nothing else."""
    return isinstance(value, str) and _OPEN in value and _MARK.fullmatch(value) is not None


def partly(mark: str, known: Mapping[tuple[str, ...], Any]) -> Any:
    """An object of which some members are known, by path. A path that goes through a known value is ignored."""
    if () in known:
        return known[()]
    tree: dict[str, Any] = {REST: mark}
    for path, value in sorted(known.items(), key=lambda item: len(item[0])):
        below, name = tree, mark
        for part in path[:-1]:
            name = f"{name}.{part}"
            inner = below.setdefault(part, {REST: name})
            if not isinstance(inner, dict) or REST not in inner:
                break
            below = inner
        else:
            below.setdefault(path[-1], value)
    return tree


def fits(tree: Any, value: Any) -> bool:
    """Whether ``value`` may be what ``tree`` stands for."""
    if isinstance(tree, str) and _OPEN in tree:
        return is_mark(tree) or isinstance(value, str)
    if isinstance(tree, dict):
        if not isinstance(value, dict):
            return False
        known = [name for name in tree if name != REST]
        if REST not in tree and any(name not in tree for name in value):
            return False
        # What isn't known may also be missing.
        return all(fits(tree[name], value[name]) if name in value else is_mark(tree[name]) for name in known)
    if isinstance(tree, list):
        return isinstance(value, list) and len(tree) == len(value) and all(map(fits, tree, value))
    return bool(tree == value) and (isinstance(tree, bool) == isinstance(value, bool))


def may_be_same(one: str, other: str) -> bool:
    """Whether two JSON texts may be the same, whatever the unknown values in them are."""
    if one == other or REST in one or REST in other:
        return True
    ours, theirs = _IN_JSON.split(one), _IN_JSON.split(other)
    if len(ours) == 1 or len(theirs) == 1:
        pieces, text = (theirs, one) if len(ours) == 1 else (ours, other)
        return re.fullmatch(".*".join(map(re.escape, pieces)), text, re.DOTALL) is not None
    begins = ours[0].startswith(theirs[0]) or theirs[0].startswith(ours[0])
    return begins and (ours[-1].endswith(theirs[-1]) or theirs[-1].endswith(ours[-1]))


@dataclass(frozen=True)
class ScriptFacts:
    """What matters about a script.

    :ivar reads: the places that it reads. :ivar by_chance: it may have another value each time.
    :ivar plain: it is one member chain and nothing else. :ivar total: it can't fail if members of null are null.
    """

    code: str
    reads: tuple[Read, ...]
    by_chance: bool
    plain: bool
    total: bool


@lru_cache(maxsize=10_000)
def script_facts(code: str) -> ScriptFacts:
    """The facts about a script, without its braces."""
    found = facts_of(code)
    reads = list(found.reads)
    if _BY_OTHER_NAMES.search(code) or (len(code) <= LONGEST_SCRIPT and not found.sound):
        reads += [Read("data", (), 0), Read("step", (), 0)]
    plain = len(reads) == 1 and reads[0].whole and code == ".".join((reads[0].root, *reads[0].path))
    total = plain or (found.sound and all(call.name in _TOTAL for call in found.calls) and _is_total(parse(code)))
    return ScriptFacts(code, tuple(dict.fromkeys(reads)), _BY_CHANCE.search(code) is not None, plain, total)


def _is_total(root: Node) -> bool:
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.type not in _CANNOT_FAIL or (node.type == "binary_expression" and _sign(node) in ("in", "instanceof")):
            return False
        function = node.child_by_field_name("function")
        if node.type == "call_expression" and (function is None or text_of(function) not in _TOTAL):
            return False
        nodes += node.named_children
    return True


def _sign(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return text_of(operator) if operator is not None else ""


@lru_cache(maxsize=10_000)
def scripts_in_text(text: str) -> tuple[str, ...]:
    """The scripts of a text, in their order."""
    return tuple(script.code for script in find_scripts(text) if not script.is_placeholder) if "{{" in text else ()


def whole_script(value: Any) -> str | None:
    """The script that a value is, if it has nothing else."""
    found = find_scripts(value) if isinstance(value, str) and "{{" in value else ()
    whole = len(found) == 1 and not found[0].is_placeholder and (found[0].start, found[0].end) == (0, len(value))
    return found[0].code if whole else None


def scripts_in(value: Any) -> Iterator[str]:
    """The scripts in a JSON value, in the order in which the simulator finds them."""
    if isinstance(value, str):
        yield from scripts_in_text(value)
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from scripts_in(each)


@dataclass
class Knowledge:
    """What is known about one recorded conversation, whichever definition it runs on.

    :ivar values: of scripts and texts that read unknown values, by what was evaluated and what it read.
    :ivar truths: of conditions.
    :ivar lenient: a member of null is null, and no fault.
    """

    marks: Marks = field(default_factory=Marks)
    values: dict[str, Any] = field(default_factory=dict)
    truths: dict[str, bool] = field(default_factory=dict)
    lenient: bool = True

    def look(self, read: Read, data: Any, step: Any) -> Any:
        """What a script reads at a place: a value, perhaps with marks, or an :class:`Unknown`."""
        value = data if read.root == "data" else step
        for number, part in enumerate(read.path):
            if isinstance(value, str) and _OPEN in value:
                return Unknown(".".join((value, *read.path[number:])), deep=True)
            if isinstance(value, dict):
                if part not in value and REST in value:
                    return Unknown(".".join((value[REST], *read.path[number:])), deep=len(read.path) > number + 1)
                value = value.get(part)
            elif isinstance(value, list) and part.isdigit():
                value = value[int(part)] if int(part) < len(value) else None
            elif value is not None:
                return value  # a member such as length, which follows from it
        return Unknown(value) if is_mark(value) else value

    def passes_null(self, read: Read, data: Any, step: Any) -> bool:
        """Whether a script reads a member of null or of nothing there, which the settings may call a fault."""
        value = data if read.root == "data" else step
        for part in read.path:
            if value is None:
                return True
            if not isinstance(value, dict) or (part not in value and REST in value):
                return False
            value = value.get(part)
        return not read.whole and value is None

    def key(self, what: str, codes: tuple[str, ...], data: Any, step: Any) -> str:
        """The name of an evaluation: what is evaluated, and all that it reads."""
        seen = []
        for code in codes:
            for read in script_facts(code).reads:
                found = self.look(read, data, step)
                seen.append(found.name if isinstance(found, Unknown) else found)
        return json.dumps([what, seen], ensure_ascii=False, sort_keys=True)

    def unknown_read(self, code: str, data: Any, step: Any) -> str | None:
        """The first place that a script reads and that isn't wholly known, for people."""
        for read in script_facts(code).reads:
            found = self.look(read, data, step)
            if isinstance(found, Unknown) or has_marks(found):
                return _place(read)
        return None

    def truth(self, code: str, data: Any, step: Any, evaluate: Callable[[str], Any]) -> bool | None:
        """Whether a condition that reads unknown values is true, as far as its known parts decide it."""
        root = parse(code)
        statement = root.named_children[0] if root.named_child_count == 1 else None
        if statement is None or statement.type != "expression_statement" or statement.named_child_count != 1:
            return None
        return self._truth(statement.named_children[0], data, step, evaluate)

    def _truth(self, node: Node, data: Any, step: Any, evaluate: Callable[[str], Any]) -> bool | None:
        code = text_of(node)
        facts = script_facts(code)
        if not facts.by_chance and self.unknown_read(code, data, step) is None:
            return bool(evaluate(code) not in (None, False, 0, ""))
        known = self.truths.get(self.key(code, (code,), data, step))
        if known is not None:
            return known
        sign = _sign(node)
        if node.type == "parenthesized_expression" and node.named_child_count == 1:
            return self._truth(node.named_children[0], data, step, evaluate)
        if node.type == "unary_expression" and sign == "!":
            inner = self._truth(node.named_children[0], data, step, evaluate)
            return None if inner is None else not inner
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type != "binary_expression" or left is None or right is None:
            found = self._only_read(node, data, step)
            return True if isinstance(found, dict | list) else None
        if sign in ("&&", "||"):
            decided = sign == "||"
            first = self._truth(left, data, step, evaluate)
            if first is decided:
                return decided
            if first is not None:
                return self._truth(right, data, step, evaluate)
            if not self.lenient or not script_facts(text_of(left)).total:
                return None  # the first may fail, and then the second doesn't matter
            with suppress(ScriptError):  # the first may be such that the second isn't evaluated
                if self._truth(right, data, step, evaluate) is decided:
                    return decided
            return None
        if sign in ("==", "===", "!=", "!==") and "null" in (left.type, right.type):
            found = self._only_read(left if right.type == "null" else right, data, step)
            return sign.startswith("!") if isinstance(found, dict | list) else None
        return None

    def _only_read(self, node: Node, data: Any, step: Any) -> Any:
        """The partly known object that a member chain reads; ``None`` for anything else."""
        chain = chain_of(node)
        if chain is None or chain[0] not in ("data", "step") or not chain[2]:
            return None
        return self.look(Read(chain[0], chain[1], 0), data, step)


def _place(read: Read) -> str:
    return ".".join((read.root, *read.path))


def can_be_kept(path: tuple[str, ...]) -> bool:
    """Whether a member chain can only go through objects, so that a value at its end shows what they are."""
    return all(_PATH_PART.fullmatch(part) and part != "length" for part in path)

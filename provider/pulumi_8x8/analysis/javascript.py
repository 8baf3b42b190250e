"""Analyses scripts: syntax, what a script reads and calls, and what the service doesn't allow in it.

``tree-sitter-javascript`` parses each script once, for everything that is known of it. The results depend only on the
script's text and are cached: most workflows have the same few scripts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pulumi_8x8.analysis.comparisons import LiteralComparison, comparison_in
from pulumi_8x8.analysis.conditions import Condition, condition_in, condition_of, opaque_condition, read_condition
from pulumi_8x8.analysis.syntax import CHAIN, Chain, chain_of, nodes_in, parse, string_value, syntax_error, text_of
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from tree_sitter import Node

#: Scripting page.
LONGEST_SCRIPT = 1000

#: Names that every script has besides ``data``, ``step`` and the service's functions: the globals of ECMAScript 2023.
# fmt: off
_GLOBALS = frozenset((
    "Array", "BigInt", "Boolean", "Date", "Error", "Infinity", "Intl", "JSON", "Map", "Math", "NaN", "Number",
    "Object", "Promise", "Proxy", "RangeError", "Reflect", "RegExp", "Set", "String", "Symbol", "SyntaxError",
    "TypeError", "URIError", "WeakMap", "WeakSet", "arguments", "decodeURI", "decodeURIComponent", "encodeURI",
    "encodeURIComponent", "escape", "eval", "globalThis", "isFinite", "isNaN", "parseFloat", "parseInt",
    "undefined", "unescape",
))
# fmt: on

#: Nearly all scripts read a member, compare one with a literal, or search in one. They need no parser, and loading it
#: takes as long as all of lint.
_MEMBER = r"(data|step)((?:\.(?!length\b)[A-Za-z_][A-Za-z_0-9]*)+)"
_TEXT = r"'([^'\\\x00-\x1f\ud800-\udfff]*)'"
_PLAIN_READ = re.compile(r"(data|step)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_PLAIN_COMPARISON = re.compile(rf"{_MEMBER} *(===?|!==?) *(?:(null)|(0|[1-9][0-9]{{0,14}})|{_TEXT})")
_PLAIN_SEARCH = re.compile(rf"stringContains\({_MEMBER}, *{_TEXT}(?:, *(true|false))?\)")

FaultKind: TypeAlias = Literal["syntax", "assignment", "declaration", "allocation", "recursion"]

#: Node types of the grammar that the Scripting page forbids: the kind of fault, and the page's word for them.
FORBIDDEN: dict[str, tuple[FaultKind, str]] = {
    "assignment_expression": ("assignment", "assignments"),
    "augmented_assignment_expression": ("assignment", "assignments"),
    "update_expression": ("assignment", "assignments"),
    "new_expression": ("allocation", "allocations"),
    "variable_declaration": ("declaration", "assignments"),
    "lexical_declaration": ("declaration", "assignments"),
    "class_declaration": ("declaration", "type declarations"),
    "class": ("declaration", "type declarations"),
}

#: Nodes without others that matter.
_LEAVES = {"string", "number", "true", "false", "null", "undefined", "comment", "property_identifier"}
#: A script without any of these doesn't handle the absence of what it reads.
_GUARD = re.compile(r"[!?]|&&|\|\||typeof|null|undefined")
#: A comma that nothing precedes, unless it is a comment.
_NO_ARGUMENT = re.compile(r"[(,]\s*,|/[/*]")
_FUNCTIONS = {"function_declaration", "function_expression", "arrow_function", "generator_function_declaration"}


class ScriptFault(NamedTuple):
    """Something that isn't allowed in a script; ``offset`` counts characters of the code."""

    kind: FaultKind
    offset: int
    detail: str = ""


class Read(NamedTuple):
    """A member path that a script reads.

    :param root: ``data`` or ``step``.
    :param path: the names below it, as far as they are literal, without the name of a called method.
    :param guarded: the script handles its absence: it compares it with null, tests it, or reads it with ``?.``.
    :param whole: ``False`` if a computed member follows (``data[data.key]``).
    """

    root: str
    path: tuple[str, ...]
    offset: int
    guarded: bool = False
    whole: bool = True


class Argument(NamedTuple):
    """An argument of a call. ``value`` is set only for literals (``kind`` is then their JSON type)."""

    kind: Literal["string", "number", "boolean", "null", "computed"]
    value: Json
    offset: int


class FunctionCall(NamedTuple):
    """A call of a function by its name."""

    name: str
    arguments: tuple[Argument, ...]
    offset: int


@dataclass
class Facts:
    """The facts about one script.

    :ivar names: identifiers that nothing defines, with their offsets.
    :ivar condition: the script as a condition.
    """

    condition: Condition
    faults: list[ScriptFault] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    calls: list[FunctionCall] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    comparisons: list[LiteralComparison] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether the syntax is right, so that the other facts are reliable."""
        return not any(fault.kind == "syntax" for fault in self.faults)


@lru_cache(maxsize=10_000)
def facts_of(code: str) -> Facts:
    """The facts about ``code`` (without its braces). The caller must not change the result."""
    if len(code) > LONGEST_SCRIPT:
        return Facts(opaque_condition(code))  # it can't run, so other faults don't matter
    if plain := _PLAIN_READ.fullmatch(code):
        return Facts(read_condition(code), reads=[Read(plain[1], tuple(plain[2].split(".")[1:]), 0)])
    if plain := _PLAIN_COMPARISON.fullmatch(code):
        return _compared(plain)
    if plain := _PLAIN_SEARCH.fullmatch(code):
        return _searched(plain)
    return _parsed(code)


def _compared(plain: re.Match[str]) -> Facts:
    root, path, sign, null, number, text = plain.groups()
    names = tuple(path.split(".")[1:])
    value = None if null else float(number) if number else text
    condition = condition_of((sign, ("path", root + path), ("literal", value)))
    comparison = LiteralComparison(root, names, (), sign, value, 0)
    return Facts(condition, reads=[Read(root, names, 0, guarded=bool(null))], comparisons=[comparison])


def _searched(plain: re.Match[str]) -> Facts:
    root, path, text, flag = plain.groups()
    names = tuple(path.split(".")[1:])
    flags = [flag == "true"] if flag else []
    literals = [("literal", text), *(("literal", each) for each in flags)]
    condition = condition_of(("call", "stringContains", ("path", root + path), *literals))
    arguments = (
        Argument("computed", None, plain.start(1)),
        Argument("string", text, plain.start(3) - 1),
        *(Argument("boolean", each, plain.start(4)) for each in flags),
    )
    return Facts(
        condition,
        reads=[Read(root, names, plain.start(1))],
        calls=[FunctionCall("stringContains", arguments, 0)],
        comparisons=[LiteralComparison(root, names, (), "contains", text, 0, bool(flags and flags[0]))],
    )


def script_condition(written: Json) -> Condition | None:
    """The condition, if it is one script; ``None`` for anything else."""
    if not isinstance(written, str) or "{{" not in written:
        return None
    scripts = find_scripts(written)
    if len(scripts) != 1 or scripts[0].end - scripts[0].start != len(written.strip()):
        return None
    facts = facts_of(scripts[0].code)
    return facts.condition if facts.sound else None


def plain_path(value: Json) -> str | None:
    """The path in an output that is only one: ``step.reply`` for ``{{step.reply}}``."""
    condition = script_condition(value) if isinstance(value, str) and "(" not in value else None
    return str(condition.expression[1]) if condition is not None and condition.expression[0] == "path" else None


def _parsed(code: str) -> Facts:
    root = parse(code)
    if root.has_error:
        return Facts(opaque_condition(code), [ScriptFault("syntax", *syntax_error(root, code))])
    facts = Facts(condition_in(root, code))
    reader = _Reader(code, facts)
    reader.read(root)
    reader.finish()
    return facts


class _Reader:
    """Walks a tree without recursion, since a script can nest to any depth."""

    def __init__(self, code: str, facts: Facts) -> None:
        self.facts = facts
        self.ascii = code.isascii()
        self.code = code
        self.bound: set[str] = set()
        self.reads: list[tuple[Node, Chain]] = []
        self.may_guard = _GUARD.search(code) is not None
        self.may_lack_arguments = _NO_ARGUMENT.search(code) is not None

    def read(self, root: Node) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            kind = node.type
            if kind in _LEAVES:
                continue
            if kind == "identifier":
                self.reads.append((node, Chain(text_of(node), ())))
                continue
            if kind in CHAIN:
                stack.extend(reversed(self._chain(node)))
                continue
            if kind in ("call_expression", "binary_expression"):
                found = comparison_in(node, self._offset(node))
                self.facts.comparisons += [found] if found is not None else []
            if kind in FORBIDDEN:
                self._fault(FORBIDDEN[kind][0], node)
            if kind == "call_expression":
                stack.extend(reversed(self._call(node)))
                continue
            if kind in _FUNCTIONS or kind in ("variable_declarator", "catch_clause"):
                self._bind(node)
            elif kind == "return_statement" and not _inside_function(node):
                self._fault("syntax", node, "return outside of a function: a script is an expression")
            stack.extend(reversed(node.named_children))

    def finish(self) -> None:
        """Resolves the identifiers, after all definitions in the script are known."""
        for top, (root, names, whole, optional) in self.reads:
            if root in self.bound or root in _GLOBALS:
                continue
            if root in ("data", "step"):
                if names and whole and _is_callee(top):
                    names = names[:-1]
                guarded = optional or (self.may_guard and _guarded(top))
                self.facts.reads.append(Read(root, names, self._offset(top), guarded, whole))
            elif root.isidentifier() or "$" in root:
                self.facts.names.append((root, self._offset(top)))
            else:  # the grammar accepts any letter as a name, also ‘quotes’
                self._fault("syntax", top, f"{root[:20]} isn't a name; quotes are ' or \" in JavaScript")
        if not (self.facts.sound and self.facts.reads):
            self.facts.comparisons.clear()  # of something else than what the service provides
        self.facts.calls[:] = [call for call in self.facts.calls if call.name not in self.bound | _GLOBALS]

    def _chain(self, node: Node) -> list[Node]:
        """Records a chain, and returns the nodes below it that the walk has to visit."""
        chain = chain_of(node)
        if chain is not None:
            self.reads.append((node, chain))
            if chain.whole:
                return []
        below: list[Node] = []
        inner = node
        while inner.type in CHAIN:
            if inner.type == "subscript_expression":
                index = inner.child_by_field_name("index")
                if index is not None:
                    below.append(index)
            owner = inner.child_by_field_name("object")
            if owner is None:
                return below
            inner = owner
        if inner.type != "identifier":
            below.append(inner)
        return below

    def _call(self, node: Node) -> list[Node]:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        below: list[Node] = []
        if arguments is not None:
            below = [child for child in arguments.named_children if child.type != "comment"]
            for each, after in pairwise(arguments.children) if self.may_lack_arguments else ():
                if after.type == "," and each.type in ("(", ","):
                    self._fault("syntax", after, "an argument is missing before the comma")
            if function is not None and function.type == "identifier" and arguments.type == "arguments":
                literals = tuple(Argument(*_literal(each), self._offset(each)) for each in below)
                self.facts.calls.append(FunctionCall(text_of(function), literals, self._offset(node)))
                return below
        return [function, *below] if function is not None else below

    def _bind(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        for part in (name, node.child_by_field_name("parameters"), node.child_by_field_name("parameter")):
            if part is not None:
                self.bound.update(_identifiers(part))
        body = node.child_by_field_name("body")
        if node.type == "variable_declarator":
            value = node.child_by_field_name("value")
            body = value.child_by_field_name("body") if value is not None and value.type in _FUNCTIONS else None
        if name is not None and body is not None and node.type != "catch_clause" and _calls(body, text_of(name)):
            self._fault("recursion", node, text_of(name))

    def _fault(self, kind: FaultKind, node: Node, detail: str = "") -> None:
        self.facts.faults.append(ScriptFault(kind, self._offset(node), detail or text_of(node)))

    def _offset(self, node: Node) -> int:
        if self.ascii:
            return node.start_byte
        return len(self.code.encode("utf-8", "replace")[: node.start_byte].decode("utf-8", "replace"))


def _literal(node: Node) -> tuple[Literal["string", "number", "boolean", "null", "computed"], Json]:
    if node.type == "string":
        return "string", string_value(node)
    if node.type == "number":
        return "number", text_of(node)
    if node.type in ("true", "false"):
        return "boolean", node.type == "true"
    if node.type in ("null", "undefined"):
        return "null", None
    return "computed", None


def _guarded(node: Node) -> bool:
    parent = node.parent
    while parent is not None and parent.type == "parenthesized_expression":
        node, parent = parent, parent.parent
    if parent is None:
        return False
    if parent.type == "unary_expression":
        return text_of(parent)[:1] == "!" or text_of(parent).startswith("typeof")
    if parent.type == "ternary_expression":
        return parent.child_by_field_name("condition") == node
    if parent.type != "binary_expression":
        return False
    operator = parent.child_by_field_name("operator")
    sign = text_of(operator) if operator is not None else ""
    left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
    if sign in ("&&", "||", "??"):
        return left == node
    other = right if left == node else left
    return other is not None and other.type in ("null", "undefined")


def _is_callee(node: Node) -> bool:
    call = node.parent
    return call is not None and call.type == "call_expression" and call.child_by_field_name("function") == node


def _inside_function(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.type in _FUNCTIONS or parent.type == "method_definition":
            return True
        parent = parent.parent
    return False


def _identifiers(node: Node) -> set[str]:
    kinds = ("identifier", "shorthand_property_identifier_pattern")
    return {text_of(each) for each in nodes_in(node) if each.type in kinds}


def _calls(body: Node, name: str) -> bool:
    called = (each.child_by_field_name("function") for each in nodes_in(body) if each.type == "call_expression")
    return any(each is not None and each.type == "identifier" and text_of(each) == name for each in called)

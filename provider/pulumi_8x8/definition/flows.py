"""Compiles steps that a program links and fills with expressions: the same steps with ids, scripts and outputs.

A result that a later step reads becomes an output of its step (``readable.py`` names it), once for each member, and
nothing else is stored. What isn't linked and has no expressions stays unchanged, so dictionaries and texts mix freely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from operator import is_
from typing import Any, NamedTuple

from pulumi_8x8.definition.authorship import ProgramCall, authors_line
from pulumi_8x8.definition.checked import DEEPEST, Wrong, WrongValue
from pulumi_8x8.definition.expressions import Code, Expression, Result
from pulumi_8x8.definition.linking import Flow, LinkedStep, PlainStep, Start
from pulumi_8x8.definition.literals import literal
from pulumi_8x8.definition.marks import CHANGED, parts_of_text, text_with_scripts
from pulumi_8x8.definition.readable import name_of_result
from pulumi_8x8.definition.steps import Step
from pulumi_8x8.definition.steps.base import BESIDE_INPUTS, step_fields
from pulumi_8x8.definition.values import CLOSING, OPENING, PLAIN, UNKNOWN, Hole, Json, Path

#: Where a step's own result can be read.
_OWN_RESULT = ("outputs", "selectNextStep")
_LATE_TYPE = (
    "an expression can't use this value of an Output: its type is neither a text, a number, true, false nor null"
)


class Compiled(NamedTuple):
    """The steps of a workflow, ready to be checked.

    :param steps: typed steps and dictionaries, without links and expressions.
    :param lines: ``file:line`` by the id of typed steps, those inside a ``do`` too.
    :param wrong: what can't be sent.
    """

    steps: Any
    lines: Mapping[str, str]
    wrong: list[WrongValue]


def compile_steps(steps: Any, around: Sequence[ProgramCall] = ()) -> Compiled:
    """Compiles the steps of a workflow. Never raises.

    :param steps: a list of steps, typed or in the service's shape, whose first one is the start; or a flow. Steps that
        they are linked to are added. Anything else stays unchanged.
    :param around: the program's calls that make the workflow.
    """
    if isinstance(steps, LinkedStep | Flow):
        steps = [steps]
    if not isinstance(steps, list | tuple):
        return Compiled(steps, {}, [])
    return _Compiler(steps, around).compiled()


class _Compiler:
    def __init__(self, steps: Sequence[Any], around: Sequence[ProgramCall]) -> None:
        self._around = {each.code for each in around}
        self._nodes: dict[int, LinkedStep] = {}  # by identity, in the order of the workflow
        self._by_id: dict[str, LinkedStep] = {}
        self._needed: dict[int, dict[str, str]] = {}  # the outputs that later steps need
        self._written: dict[int, PlainStep] = {}
        self._wrong: list[WrongValue] = []
        self._sequences: dict[int, list[Any]] = {}  # what a `do` has
        self._made: dict[int, Any] = {}
        self._lines: dict[int, str] = {}
        self._memo: dict[int, tuple[Json, Json]] = {}
        self._kept: set[int] = set()  # nodes that are listed in a `do`
        self._note_listed(steps)
        self._top = self._place(steps)
        self._place_inside()
        for node in self._nodes.values():
            self._by_id.setdefault(str(node.id), node)

    def compiled(self) -> Compiled:
        nodes = list(self._nodes.values())
        bodies = [self._compile(node) for node in nodes]
        self._store(nodes, bodies)
        for node, body in zip(reversed(nodes), reversed(bodies), strict=True):  # what is inside a `do` comes later
            if (inside := self._sequences.get(_key(node))) is not None:
                body["do"] = [self._finished(each) if isinstance(each, list) else each for each in inside]
            self._made[_key(node)] = self._finish(node, body)
        lines = {node.id: self._line(node) for node in nodes if isinstance(node, Step) and isinstance(node.id, str)}
        return Compiled(self._finished(self._top), lines, self._wrong)

    # Which steps there are

    def _note_listed(self, items: Sequence[Any]) -> None:
        """Notes what is listed in a ``do``, so that a link from outside doesn't move it."""
        waiting = [self._node(item) for item in items]
        while waiting:
            for sequence in _sequences(waiting.pop()):
                for node in map(self._node, sequence) if isinstance(sequence, list) else ():
                    if node is not None and _key(node) not in self._kept:
                        self._kept.add(_key(node))
                        waiting.append(node)

    def _place_inside(self) -> None:
        waiting = list(self._nodes.values())
        while waiting:
            node = waiting.pop(0)
            inside = [self._place(each) if isinstance(each, list) else each for each in _sequences(node)]
            if inside and _key(node) not in self._sequences:
                self._sequences[_key(node)] = inside
                waiting += [
                    each
                    for sequence in inside
                    if isinstance(sequence, list)
                    for each in sequence
                    if isinstance(each, LinkedStep)
                ]

    def _place(self, items: Sequence[Any]) -> list[Any]:
        """The steps of a sequence, and those that they are linked to and that have no place yet."""
        found: list[Any] = []
        for item in items:
            node = self._node(item)
            found.append(item if node is None else node)
            if node is not None:
                self._nodes.setdefault(_key(node), node)
        for listed in list(found):
            waiting = _targets(listed) if isinstance(listed, LinkedStep) else []
            while waiting:
                node = self._node(waiting.pop(0))
                if node is not None and _key(node) not in self._nodes and _key(node) not in self._kept:
                    self._nodes[_key(node)] = node
                    found.append(node)
                    waiting = [*_targets(node), *waiting]
        return found

    def _node(self, item: Any) -> LinkedStep | None:
        """The step of an item; ``None`` if it is something else, which the check of all values reports."""
        if isinstance(item, Flow):
            item = item.start
        if isinstance(item, PlainStep) or type(item) is dict:  # any other mapping may do anything when it is read
            linked = item if isinstance(item, PlainStep) else PlainStep(item)
            known = self._written.setdefault(id(linked.body), linked)
            known.links = known.links or linked.links
            return known
        return item if isinstance(item, LinkedStep) else None

    # What is in a step

    def _compile(self, node: LinkedStep) -> dict[str, Any]:
        """What changes in a step: members by Python's name of a typed step, or the service's of a dictionary."""
        changes: dict[str, Any] = {}
        self._memo.clear()
        for name, place, value in _given(node):
            if place == ("nextStepId",) and isinstance(value, LinkedStep | str):
                new: Json = self._id_of(value, node)
            elif place == ("selectNextStep",) and isinstance(value, Mapping):
                new = self._walk(self._keyed(value, node), node, place)
            else:
                new = self._walk(value, node, place)
            if new is not value:
                changes[name] = new
        links = node.links
        if links is not None:
            typed = isinstance(node, Step)
            if links.then is not None:
                changes["next_step_id" if typed else "nextStepId"] = self._id_of(links.then, node)
            if links.edges or links.otherwise is not None:
                edges: dict[str, Json] = {
                    self._id_of(to, node): self._walk(condition, node, ("selectNextStep", self._id_of(to, node)))
                    for to, condition in links.edges
                }
                if links.otherwise is not None:
                    edges[self._id_of(links.otherwise, node)] = None
                changes["select_next_step" if typed else "selectNextStep"] = edges
        return changes

    def _keyed(self, edges: Mapping[Any, Any], node: LinkedStep) -> Mapping[Any, Any]:
        """Edges whose keys are ids."""
        if not any(isinstance(key, LinkedStep) for key in edges) and not node.prefixes:
            return edges
        return {
            self._id_of(key, node) if isinstance(key, LinkedStep | str) else key: each for key, each in edges.items()
        }

    def _id_of(self, target: Start, node: LinkedStep) -> Any:
        if isinstance(target, LinkedStep):
            if _key(target) not in self._nodes:
                target = self._node(target) or target
            return target.id
        return next((each + target for each in reversed(node.prefixes) if each + target in self._by_id), target)

    def _walk(self, value: Json, node: LinkedStep, path: Path) -> Json:
        """``value`` with scripts instead of expressions; the same object if it has none."""
        kind = type(value)
        if kind in PLAIN and kind is not str:
            return value
        if isinstance(value, str):
            return self._text(value, node, path) if OPENING in value or CLOSING in value else value
        if isinstance(value, Expression):
            return self._script(value, node, path)
        if len(path) > DEEPEST:
            return value
        if id(value) not in self._memo:
            # The same list may be there many times. The value is kept, so that no other gets its identity.
            self._memo[id(value)] = value, self._container(value, node, path)
        return self._memo[id(value)][1]

    def _container(self, value: Json, node: LinkedStep, path: Path) -> Json:
        try:
            if isinstance(value, Mapping):
                made = {key: self._walk(each, node, (*path, key)) for key, each in value.items()}
                if all(made[key] is each for key, each in value.items()):
                    return value
                if type(value) is dict or not isinstance(value, dict):
                    return made
                changed = copy(value)  # a typed part of a message stays one
                changed.update(made)
                return changed
            if isinstance(value, list | tuple):
                items = [self._walk(each, node, (*path, at)) for at, each in enumerate(value)]
                return value if all(map(is_, items, value)) else items
        except Exception:  # noqa: BLE001 - an object may do anything when it is looked at; the check reports it
            return value
        return value

    def _text(self, text: str, node: LinkedStep, path: Path) -> Json:
        parts = parts_of_text(text)
        if parts is None:
            self._report(node, path, CHANGED)
            return ""
        return text_with_scripts(parts, lambda part: "".join(self._code(part._code, node, path)))

    def _script(self, value: Expression, node: LinkedStep, path: Path) -> Json:
        code = self._code(value._code, node, path)
        return _joined(code, self._line(node) if any(isinstance(each, Hole) for each in value._code) else "")

    def _code(self, code: Code, node: LinkedStep, path: Path) -> list[Any]:
        return [self._result(each, node, path) if isinstance(each, Result) else each for each in code]

    def _result(self, result: Result, node: LinkedStep, path: Path) -> str:
        """The code that reads a result in ``node``."""
        source = self._by_id.get(result.step) if isinstance(result.step, str) else result.step
        members = ".".join(result.path)
        if source is node:
            if path[0] not in _OWN_RESULT:
                message = (
                    f"the step has its own {members} only afterwards; read it in its outputs or conditions, or later"
                )
                self._report(node, path, message)
            return f"step.{members}{result.rest}"
        if source is None or _key(source) not in self._nodes:
            message = f'reads {members} of "{result.step_id}", which isn\'t in this workflow; add the step, or link it'
            self._report(node, path, message)
            return "null"
        name = name_of_result(result.step_id, result.path)
        self._needed.setdefault(_key(source), {})[name] = f"{{{{step.{members}}}}}"
        return f"data.{name}{result.rest}"

    # What travels

    def _store(self, nodes: Sequence[LinkedStep], bodies: Sequence[dict[str, Any]]) -> None:
        """Adds the outputs that later steps need."""
        names = {name for needed in self._needed.values() for name in needed}
        for node, changes in zip(nodes, bodies, strict=True) if names else ():
            own = node.body.get("outputs") if isinstance(node, PlainStep) else getattr(node, "outputs", None)
            own = changes.get("outputs", own)
            needed = self._needed.get(_key(node), {})
            if own is not None and not isinstance(own, Mapping):
                if needed:
                    self._report(
                        node, ("outputs",), "another step reads a result of this one, so outputs must be a mapping"
                    )
                continue
            for name in names.intersection(own or ()):
                if own is not None and own[name] != needed.get(name):
                    self._report(
                        node, ("outputs", name), "a result that another step reads has this name; rename the output"
                    )
            if needed:
                changes["outputs"] = {**(own or {}), **needed}

    # The steps that come out

    def _finish(self, node: LinkedStep, changes: dict[str, Any]) -> Any:
        if isinstance(node, Step):
            where = self._line(node)
            if not changes and node.links is None and not where.endswith(")"):
                return node
            made = object.__new__(type(node))
            made.__dict__.update(node.__dict__, **changes, authored=where, links=None)
            return made
        assert isinstance(node, PlainStep)
        return {**node.body, **changes} if changes else node.body

    def _finished(self, sequence: list[Any]) -> list[Any]:
        # A dictionary may contain itself; the check of all values reports it.
        return [
            self._made.get(_key(each), getattr(each, "body", each)) if isinstance(each, LinkedStep) else each
            for each in sequence
        ]

    def _line(self, node: LinkedStep) -> str:
        if not isinstance(node, Step):
            return ""
        if id(node) not in self._lines:
            self._lines[id(node)] = authors_line(node.calls, self._around)
        return self._lines[id(node)]

    def _report(self, node: LinkedStep, path: Path, message: str) -> None:
        found = WrongValue(("steps", str(node.id), *path), message, self._line(node))
        if found not in self._wrong:
            self._wrong.append(found)


def _key(node: LinkedStep) -> int:
    return id(node.body) if isinstance(node, PlainStep) else id(node)


def _targets(node: LinkedStep) -> list[Any]:
    links = node.links.targets() if node.links is not None else []
    return [each for each in (*links, *(node.goes_on() or ())) if not isinstance(each, str)]


def _given(node: LinkedStep) -> Iterator[tuple[str, tuple[str, ...], Json]]:
    """The values of a step: the member's name, and its place in the service's shape."""
    if isinstance(node, Step):
        for name, wire_name in step_fields(type(node)):
            if (value := getattr(node, name)) is not None and name != "do":
                yield name, ((wire_name,) if name in BESIDE_INPUTS else ("inputs", wire_name)), value
        if node.inputs is not None:
            yield "inputs", ("inputs",), node.inputs
    elif isinstance(node, PlainStep):
        for name, value in node.body.items():
            if name not in ("id", "do"):
                yield name, (str(name),), value


def _sequences(node: LinkedStep | None) -> list[Any]:
    """What is in the ``do`` of a step: lists of items, and what isn't one, for the check of all values."""
    do = node.body.get("do") if isinstance(node, PlainStep) else getattr(node, "do", None)
    if isinstance(do, LinkedStep | Flow):
        return [[do]]
    if not isinstance(do, list | tuple):
        return []
    return [[each] if isinstance(each, Flow) else list(each) if isinstance(each, list | tuple) else each for each in do]


def _joined(code: Sequence[Any], where: str) -> Json:
    """A script of these parts; an Output if one of them is."""
    for position, part in enumerate(code):
        if isinstance(part, Hole):
            if not hasattr(part, "apply"):
                return UNKNOWN

            def known(value: Json, position: int = position) -> Json:
                written = literal(value)
                if written is None:
                    return Wrong((WrongValue((), _LATE_TYPE, where),))
                return _joined([*code[:position], written, *code[position + 1 :]], where)

            return part.apply(known)
    return f"{{{{{''.join(code)}}}}}"

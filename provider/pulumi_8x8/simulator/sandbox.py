"""Evaluates the scripts (``{{ … }}``) in a value with QuickJS, within the service's limits (Scripting page).

A script sees ``data``, ``step`` and nothing of this machine. A simple script runs in this process (:mod:`.simple`). Any
other script, and a simple one that fails, runs in another process (:mod:`.processes`), which can be ended whatever the
script does. QuickJS can't call Python while it limits the time. So a script that calls one of :mod:`.functions` there
stops, Python calls the function, and the script starts again with the result. That is sound: a script has no side
effects, and only these functions can return different values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.simulator import conversions, processes, simple, worker
from pulumi_8x8.simulator.functions import FunctionError, Functions
from pulumi_8x8.simulator.preparing import NotAllowed, Prepared, Watched, prepare

TIME_LIMIT = 0.5  # seconds of processor time; Scripting page


class ScriptError(Exception):
    """A script can't be evaluated. The wording is the service's (Troubleshooting page)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Failed to evaluate the expression. Error: {reason}")


class Budget:
    """The time that the scripts of one step may take together.

    :param seconds: processor time of other processes. :ivar spent: how much of it is gone.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0.0
        self._data: Any = None
        self._json = "null"

    def json(self, data: Any) -> str:
        """``data`` as JSON, made once if it is the same several times. It mustn't change during a step."""
        if data is not self._data:
            self._data, self._json = data, json.dumps(data)
        return self._json

    @property
    def left(self) -> float:
        return self.seconds - self.spent


@dataclass(frozen=True)
class Reason:
    """A part of a condition as it was evaluated.

    :ivar expression: as the script has it. :ivar values: the same with values instead of names; empty if it is a value.
    :ivar result: its result. All are JavaScript; long values are cut.
    """

    expression: str
    values: str
    result: str


@dataclass
class _Script:
    """A script in progress."""

    prepared: Prepared
    left: float
    answers: list[Any] = field(default_factory=list)
    done: bool = False
    value: Any = None
    reasons: tuple[Reason, ...] = ()

    def finish(self, value: Any, result: str) -> None:
        """Takes the value. ``result``: the JSON that it was in."""
        self.done = True
        self.value = conversions.well_formed_json(value) if "\\ud" in result else value


@dataclass(frozen=True)
class ScriptTemplate:
    """A value with scripts, ready to be filled many times.

    :ivar fill: makes the result of the values of the scripts. :ivar members: which scripts a member of the value has.
    """

    scripts: tuple[Prepared, ...]
    fill: Callable[[Sequence[Any]], Any]
    members: Mapping[str, range]


class Scripts:
    """Evaluates scripts.

    :param functions: the functions that scripts may call.
    :param null_member: see :class:`SimulatorSettings`.
    """

    def __init__(self, functions: Functions, null_member: str) -> None:
        self._functions = functions
        self._names = json.dumps(list(functions))
        self._known = frozenset(functions)
        self._lenient = null_member == "null"

    def evaluate(self, value: Any, data: Any, step: Any = None, budget: Budget | None = None) -> Any:
        """``value`` with the scripts in its strings evaluated, at any depth; names of members stay unchanged.

        A string that is one script becomes the script's value, of any type. With text around scripts, the result is a
        string: null is empty, an object is its JSON. ``{{1}}`` is a placeholder of a message template. Half of a
        character (a lone surrogate) becomes U+FFFD.

        :raises ScriptError: a script exceeds a limit, or fails, or the scripts exceed the budget.
        """
        return self.fill(self.template(value), data, step, budget)

    def template(self, value: Any) -> ScriptTemplate:
        """``value`` before :meth:`fill`; it mustn't change meanwhile. :raises ScriptError: a script exceeds a limit."""
        scripts: list[Prepared] = []
        members: dict[str, range] = {}
        fill = self._collect(value, scripts, members) or (lambda _: value)
        return ScriptTemplate(tuple(scripts), fill, members)

    def fill(
        self,
        template: ScriptTemplate,
        data: Any,
        step: Any = None,
        budget: Budget | None = None,
        reasons: list[tuple[Reason, ...]] | None = None,
    ) -> Any:
        """The value of a template, see :meth:`evaluate`.

        :param reasons: gets the reasons for the value of each script; none if they aren't known.
        """
        if not template.scripts:
            return template.fill(())
        budget = budget or Budget(math.inf)
        scripts = [_Script(prepared, TIME_LIMIT) for prepared in template.scripts]
        head = [self._names, budget.json(data), "null" if step is None else json.dumps(step)]
        if len(head[1]) + len(head[2]) <= simple.LARGEST_DATA:
            simple_ones = [script for script in scripts if script.prepared.simple]
            self._run_simple(simple_ones, head[1], head[2], reasons is not None)
        while waiting := [script for script in scripts if not script.done]:
            self._ask(head, waiting, budget)
        if reasons is not None:
            reasons += [script.reasons for script in scripts]
        return template.fill([script.value for script in scripts])

    def _collect(
        self, value: Any, scripts: list[Prepared], ranges: dict[str, range] | None = None
    ) -> Callable[[Sequence[Any]], Any] | None:
        """Adds the scripts in ``value``. Returns what makes the result of all values; ``None``: it has no script."""
        if isinstance(value, dict):
            members = {}
            for name, each in value.items():
                first = len(scripts)
                if make := self._collect(each, scripts):
                    members[name] = make
                if ranges is not None:
                    ranges[name] = range(first, len(scripts))
            if not members:
                return None
            return lambda values: {**value, **{name: make(values) for name, make in members.items()}}
        if isinstance(value, list):
            items = {place: make for place, each in enumerate(value) if (make := self._collect(each, scripts))}
            if not items:
                return None
            return lambda values: [items[place](values) if place in items else it for place, it in enumerate(value)]
        found = find_scripts(value) if isinstance(value, str) and "{{" in value else ()
        found = tuple(script for script in found if not script.is_placeholder)
        if not found:
            return None
        first = len(scripts)
        scripts += [self._prepare(script.code) for script in found]
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(value)):
            return lambda values: values[first]

        def text(values: Sequence[Any]) -> str:
            parts, end = [], 0
            for place, script in enumerate(found, first):
                parts += [value[end : script.start], conversions.text(values[place])]
                end = script.end
            return conversions.well_formed("".join(parts) + value[end:])

        return text

    def _prepare(self, code: str) -> Prepared:
        try:
            return prepare(code, self._lenient, self._known)
        except NotAllowed as error:
            raise ScriptError(str(error)) from None

    def _run_simple(self, scripts: list[_Script], data: str, step: str, watched: bool) -> None:
        """Runs simple scripts in this process. Those that fail aren't done afterwards."""
        if not scripts:
            return
        with suppress(simple.Unclear):
            world = simple.world(self._functions, data, step)
            for script in scripts:
                with suppress(simple.Unclear, ScriptError):
                    result = world.run(script.prepared.watched if watched else script.prepared.code)
                    answer = _parsed(result)
                    script.reasons = tuple(_reason(script.prepared.parts[i], *texts) for i, *texts in answer["reports"])
                    script.finish(answer.get("value"), result)

    def _ask(self, head: list[str], scripts: list[_Script], budget: Budget) -> None:
        """Runs scripts once, in one message. Each is done afterwards, or has one more answer."""
        request = [*head, repr(budget.left)]
        for script in scripts:
            request += [script.prepared.code, json.dumps(script.answers), repr(script.left)]
        try:
            times, *results = processes.ask(request)
        except (processes.TimedOut, processes.Crashed) as error:
            if len(scripts) > 1:  # alone, each shows whether it was the one
                for script in scripts:
                    self._ask(head, [script], budget)
                return
            budget.spent += scripts[0].left
            if isinstance(error, processes.Crashed):
                raise ScriptError(f"The script ended the process that runs scripts ({error}).") from None
            raise _timed_out(budget) from None
        for script, result, seconds in zip(scripts, results, json.loads(times), strict=False):
            script.left -= seconds
            budget.spent += seconds
            if result.startswith(worker.ERROR):
                raise _error(result[1:], budget)
            self._take(script, result[1:], budget)

    def _take(self, script: _Script, result: str, budget: Budget) -> None:
        """Takes the result of a script that ended by itself."""
        match answer := _parsed(result):
            case {"wanted": [str(name), list(arguments)]} if name in self._known:
                if len(script.answers) == simple.MAX_CALLS:
                    raise ScriptError(f"More than {simple.MAX_CALLS} function calls in one script.")
                script.answers.append(self._call(name, arguments))
                if min(script.left, budget.left) <= 0:
                    raise _timed_out(budget)
            case dict():
                script.finish(answer.get("value"), result)
            case _:
                raise ScriptError(worker.NOT_JSON)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        try:
            return self._functions[name](*arguments)
        except FunctionError as error:
            raise ScriptError(f"{name}: {error}.") from None
        except TypeError:
            raise ScriptError(f"{name} doesn't take {len(arguments)} arguments.") from None


def _reason(part: Watched, *texts: str) -> Reason:
    *values, result = map(conversions.well_formed, texts)
    if len(values) == 2:
        return Reason(part.expression, f"{values[0]} {part.operator} {values[1]}", result)
    return Reason(part.expression, f"{part.operator}({values[0]})" if values else "", result)


def _parsed(result: str) -> Any:
    try:
        value = json.loads(result)
    except (ValueError, RecursionError):
        raise ScriptError(worker.NOT_JSON) from None
    # Few values have as many brackets as levels are allowed.
    if result.count("[") + result.count("{") > conversions.MAX_DEPTH and conversions.nested_too_deep(value):
        raise ScriptError(f"The value is nested deeper than {conversions.MAX_DEPTH} levels.")
    return value


def _timed_out(budget: Budget) -> ScriptError:
    if budget.left <= 0:
        return ScriptError(f"The scripts of this step take longer than {budget.seconds:g} s together.")
    return ScriptError("The operation has timed out.")


def _error(text: str, budget: Budget) -> ScriptError:
    if text == "InternalError: interrupted":
        return _timed_out(budget)
    if text == worker.STACK:
        return ScriptError("Maximum call stack size exceeded.")
    if text in ("null", "InternalError: out of memory"):
        return ScriptError("Out of memory.")
    if re.match(r"TypeError: cannot read property .* of (null|undefined)", text):
        return ScriptError("Object reference not set to an instance of an object.")
    return ScriptError(text)

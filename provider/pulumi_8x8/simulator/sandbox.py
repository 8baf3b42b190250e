"""Evaluates the scripts (``{{ … }}``) in a value with QuickJS, within the service's limits (Scripting page).

Scripts run in a process of their own (:mod:`.processes`), which can be ended whatever a script does. A script sees
``data``, ``step`` and nothing of this machine. QuickJS can't call Python while it limits the time. So a script that
calls one of :mod:`.functions` stops there, Python calls the function, and the script starts again with the result.
That is sound: a script has no side effects, and only these functions can return different values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.simulator import conversions, processes, worker
from pulumi_8x8.simulator.functions import FunctionError, Functions
from pulumi_8x8.simulator.preparing import Prepared, Refused, prepare

TIME_LIMIT = 0.5  # seconds of processor time; Scripting page
MAX_CALLS = 100  # calls of functions in one script; the emulator's choice


class ScriptError(Exception):
    """A script can't be evaluated. The wording is the service's (Troubleshooting page)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Failed to evaluate the expression. Error: {reason}")


class Budget:
    """The time that the scripts of one step may take together.

    :param seconds: processor time. :ivar spent: how much of it is gone.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.spent = 0.0

    @property
    def left(self) -> float:
        return self.seconds - self.spent


@dataclass
class _Script:
    """A script in progress."""

    prepared: Prepared
    answers: list[Any]
    left: float
    done: bool = False
    value: Any = None


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
        scripts: list[_Script] = []
        build = self._collect(value, scripts)
        if build is None:
            return value
        self._run(scripts, data, step, budget or Budget(math.inf))
        return build()

    def _collect(self, value: Any, scripts: list[_Script]) -> Callable[[], Any] | None:
        """Adds the scripts in ``value``. Returns what makes the result when they are done; ``None``: there are none."""
        if isinstance(value, dict):
            members = {name: self._collect(member, scripts) for name, member in value.items()}
            if not any(members.values()):
                return None
            return lambda: {name: make() if (make := members[name]) else value[name] for name in members}
        if isinstance(value, list):
            items = [self._collect(item, scripts) for item in value]
            if not any(items):
                return None
            return lambda: [make() if make else item for make, item in zip(items, value, strict=True)]
        if not isinstance(value, str) or "{{" not in value:
            return None
        found = [script for script in find_scripts(value) if not script.is_placeholder]
        if not found:
            return None
        mine = [self._script(each.code) for each in found]
        scripts += mine
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(value)):
            return lambda: mine[0].value

        def text() -> str:
            parts, end = [], 0
            for each, script in zip(found, mine, strict=True):
                parts += [value[end : each.start], conversions.text(script.value)]
                end = each.end
            return conversions.well_formed("".join(parts) + value[end:])

        return text

    def _script(self, code: str) -> _Script:
        try:
            return _Script(prepare(code, self._lenient, self._known), [], TIME_LIMIT)
        except Refused as error:
            raise ScriptError(str(error)) from None

    def _run(self, scripts: list[_Script], data: Any, step: Any, budget: Budget) -> None:
        head = [self._names, json.dumps(data), json.dumps(step)]
        waiting = scripts
        while waiting:
            self._ask(head, waiting, budget)
            waiting = [script for script in waiting if not script.done]

    def _ask(self, head: list[str], scripts: list[_Script], budget: Budget) -> None:
        """Runs scripts once, in one message. Each is done afterwards, or has one more answer."""
        request = [*head, repr(budget.left)]
        for script in scripts:
            kind = worker.SIMPLE if script.prepared.simple else worker.ANY
            request += [kind, script.prepared.code, json.dumps(script.answers), repr(script.left)]
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
        try:
            answer = json.loads(result)
        except (ValueError, RecursionError):
            raise ScriptError(worker.NOT_JSON) from None
        if conversions.nested_too_deep(answer):
            raise ScriptError(f"The value is nested deeper than {conversions.MAX_DEPTH} levels.")
        match answer:
            case {"wanted": [str(name), list(arguments)]} if name in self._known:
                if len(script.answers) == MAX_CALLS:
                    raise ScriptError(f"More than {MAX_CALLS} function calls in one script.")
                script.answers.append(self._call(name, arguments))
                if min(script.left, budget.left) <= 0:
                    raise _timed_out(budget)
            case dict():
                script.value, script.done = answer.get("value"), True
                if "\\ud" in result:
                    script.value = conversions.well_formed_json(script.value)
            case _:
                raise ScriptError(worker.NOT_JSON)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        try:
            return self._functions[name](*arguments)
        except FunctionError as error:
            raise ScriptError(f"{name}: {error}.") from None
        except TypeError:
            raise ScriptError(f"{name} doesn't take {len(arguments)} arguments.") from None


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

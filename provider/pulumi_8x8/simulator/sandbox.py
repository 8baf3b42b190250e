"""Evaluates the scripts (``{{ … }}``) in a value with QuickJS, within the service's limits (Scripting page).

Every script runs in-process, in its own JavaScript context, which has ``data``, ``step`` and nothing of this machine.
QuickJS can't call Python while it limits the time. So a script that calls one of :mod:`.functions` stops there, Python
calls the function, and the script starts again with the result. That is sound: a script has no side effects, and only
these functions can return different values.
"""

from __future__ import annotations

import json
import re
import time
from functools import lru_cache
from typing import Any

import quickjs  # type: ignore[import-untyped]
import tree_sitter
import tree_sitter_javascript

from pulumi_8x8.analysis.javascript import FORBIDDEN, LONGEST_SCRIPT
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.simulator import conversions
from pulumi_8x8.simulator.functions import FunctionError, Functions

TIME_LIMIT = 0.5  # seconds of this thread's processor time, so that a busy machine changes no result; Scripting page
MEMORY_LIMIT = 16 * 1024 * 1024  # bytes; the emulator's choice
MAX_CALLS = 100  # calls of functions in one script; the emulator's choice

_NOT_JSON = "The value can't be written as JSON."
_LANGUAGE = tree_sitter.Language(tree_sitter_javascript.language())
_PRELUDE = """
var run = (([names, data, step], answers) => {
  let calls = 0, wanted = null;
  const ask = name => (...args) => {
    if (calls < answers.length) return answers[calls++];
    wanted = [name, args];
    throw new Error('wanted');
  };
  for (const name of names) {
    const [owner, member] = name.split('.');
    if (member) globalThis[owner][member] = ask(name); else globalThis[owner] = ask(name);
  }
  globalThis.data = data;
  globalThis.step = step;
  const evaluate = eval, stringify = JSON.stringify;
  return script => {
    let value;
    try { value = evaluate(script); } catch (error) { if (!wanted) throw error; }
    return stringify(wanted ? { wanted } : { value });
  };
})
"""


class ScriptError(Exception):
    """A script can't be evaluated. The wording is the service's (Troubleshooting page)."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Failed to evaluate the expression. Error: {reason}")


class Scripts:
    """Evaluates scripts.

    :param functions: the functions that scripts may call.
    :param null_member: see :class:`SimulatorSettings`.
    """

    def __init__(self, functions: Functions, null_member: str) -> None:
        self._functions = functions
        self._lenient = null_member == "null"

    def evaluate(self, value: Any, data: Any, step: Any = None) -> Any:
        """``value`` with the scripts in its strings evaluated, at any depth; names of members stay unchanged.

        A string that is one script becomes the script's value, of any type. With text around scripts, the result is a
        string: null is empty, an object is its JSON. ``{{1}}`` is a placeholder of a message template.

        :raises ScriptError: a script exceeds a limit, or fails.
        """
        if isinstance(value, dict):
            return {name: self.evaluate(member, data, step) for name, member in value.items()}
        if isinstance(value, list):
            return [self.evaluate(item, data, step) for item in value]
        if not isinstance(value, str) or "{{" not in value:
            return value
        found = [script for script in find_scripts(value) if not script.is_placeholder]
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(value)):
            return self._run(found[0].code, data, step)
        parts, end = [], 0
        for script in found:
            parts += [value[end : script.start], conversions.text(self._run(script.code, data, step))]
            end = script.end
        return "".join(parts) + value[end:]

    def _run(self, script: str, data: Any, step: Any) -> Any:
        code = json.dumps(_prepare(script, self._lenient))
        scope = json.dumps(json.dumps([list(self._functions), data, step]))
        answers: list[Any] = []
        left = TIME_LIMIT
        while len(answers) <= MAX_CALLS:
            if left <= 0:
                raise ScriptError("The operation has timed out.")
            context = quickjs.Context()
            context.set_memory_limit(MEMORY_LIMIT)
            context.set_time_limit(left)
            began = time.thread_time()
            try:
                result = context.eval(f"{_PRELUDE}(JSON.parse({scope}), {json.dumps(answers)}); run({code})")
                answer = json.loads(result)
            except quickjs.StackOverflow:
                raise ScriptError("Maximum call stack size exceeded.") from None
            except quickjs.JSException as error:
                raise ScriptError(_reason(str(error))) from None
            except (TypeError, ValueError, RecursionError):
                raise ScriptError(_NOT_JSON) from None
            if conversions.nested_too_deep(answer):
                raise ScriptError(f"The value is nested deeper than {conversions.MAX_DEPTH} levels.")
            left -= time.thread_time() - began  # what the functions take doesn't count
            match answer:
                case {"wanted": [str(name), list(arguments)]} if name in self._functions:
                    answers.append(self._call(name, arguments))
                case dict():
                    return answer.get("value")
                case _:
                    raise ScriptError(_NOT_JSON)
        raise ScriptError(f"More than {MAX_CALLS} function calls in one script.")

    def _call(self, name: str, arguments: list[Any]) -> Any:
        try:
            return self._functions[name](*arguments)
        except FunctionError as error:
            raise ScriptError(f"{name}: {error}.") from None
        except TypeError:
            raise ScriptError(f"{name} doesn't take {len(arguments)} arguments.") from None


def _reason(text: str) -> str:
    first = text.partition("\n")[0]
    if first == "InternalError: interrupted":
        return "The operation has timed out."
    if first in ("null", "InternalError: out of memory"):
        return "Out of memory."
    if re.match(r"TypeError: cannot read property .* of (null|undefined)", first):
        return "Object reference not set to an instance of an object."
    return first


@lru_cache(maxsize=4096)
def _prepare(script: str, lenient: bool) -> str:
    """The script for QuickJS: checked against the limits, and if ``lenient`` with ``?.`` instead of ``.``."""
    if len(script) > LONGEST_SCRIPT:
        raise ScriptError(f"The script is longer than {LONGEST_SCRIPT} characters.")
    source = script.encode("utf-8", "surrogatepass")
    tree = tree_sitter.Parser(_LANGUAGE).parse(source)
    insertions: list[tuple[int, bytes]] = []
    nodes = [tree.root_node]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.children)
        if node.type in FORBIDDEN and node.is_named:
            raise ScriptError(f"Scripts cannot contain {FORBIDDEN[node.type][1]}.")
        optional = any(child.type == "optional_chain" for child in node.children)
        if node.type == "member_expression" and not optional:
            insertions += [(child.start_byte, b"?") for child in node.children if child.type == "."]
        elif node.type == "subscript_expression" and not optional:
            insertions += [(child.start_byte, b"?.") for child in node.children if child.type == "["]
    if lenient and not tree.root_node.has_error:
        for position, mark in sorted(insertions, reverse=True):
            source = source[:position] + mark + source[position:]
    return source.decode("utf-8", "surrogatepass")

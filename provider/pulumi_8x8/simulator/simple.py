"""Evaluates simple scripts (:mod:`.preparing`) in this process: they have no loops, and change nothing.

All simple scripts of a thread share one context of QuickJS, since a new one costs 20 times as much as a script. That is
safe twice: the rules for simple scripts allow nothing that changes anything, and everything in the context is frozen.
The work of a script is bounded by its length and the size of the data. So it needs no limit of time, and QuickJS can
call Python.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from pulumi_8x8.installation import require
from pulumi_8x8.simulator.functions import Functions
from pulumi_8x8.simulator.preparing import COMPARISONS

MAX_CALLS = 100  # calls of functions in one script; the emulator's choice
LARGEST_DATA = 16 * 1024  # characters of JSON; with more, a search in a text may take long
_MEMORY = 32 * 1024 * 1024  # bytes; a script that needs more than its own limit fails here too
LONGEST_SHOWN = 100  # characters of a value in a report
_MOST = 2_000  # scripts that one context keeps

_WORLD = """
((parse, stringify, evaluate, call) => {
  let data, step;
  const known = Object.create(null);
  const ask = name => (...args) => parse(call(name, stringify(args)));
  for (const name of NAMES) {
    const [owner, member] = name.split('.');
    if (member) globalThis[owner][member] = ask(name); else globalThis[owner] = ask(name);
  }
  delete globalThis.performance;  // it shows how long this machine has been running
  globalThis.enter = (newData, newStep) => { data = parse(newData); step = parse(newStep); };
  // What `watched` scripts report: the number of the part, then its values as texts.
  let reports;
  const cut = text => text.length > LONGEST ? text.slice(0, LONGEST) + '…' : text;
  const show = value => {
    if (typeof value === 'string') return stringify(cut(value));
    return cut(typeof value === 'object' ? stringify(value) : `${value}`);
  };
  const compare = {COMPARISONS};
  const $c = (number, operator, left, right) => {
    const result = compare[operator](left, right);
    reports.push([number, show(left), show(right), show(result)]);
    return result;
  };
  const $f = (number, called, args) => {
    const result = called(...args);
    reports.push([number, args.map(show).join(', '), show(result)]);
    return result;
  };
  const $v = (number, value) => { reports.push([number, show(value)]); return value; };
  globalThis.run = script => {
    const code = known[script] ??= evaluate(`(data, step, $c, $f, $v) => (${script}\\n)`);
    reports = [];
    const value = code(data, step, $c, $f, $v);
    return stringify({ value, reports });
  };
  globalThis.close = () => {
    for (const name of ['call', 'enter', 'run', 'close']) delete globalThis[name];
    const seen = new Set();
    const freeze = value => {
      if (value === null || !['object', 'function'].includes(typeof value) || seen.has(value)) return;
      seen.add(value);
      Object.freeze(value);
      for (const name of Reflect.ownKeys(value)) {
        const each = Object.getOwnPropertyDescriptor(value, name);
        freeze(each.value), freeze(each.get), freeze(each.set);
      }
      freeze(Object.getPrototypeOf(value));
    };
    [globalThis, [].values(), ''[Symbol.iterator](), function* () {}, async () => {}].forEach(freeze);
  };
})(JSON.parse, JSON.stringify, eval, call);
"""


class Unclear(Exception):
    """The script has no value here. In a context of its own, it has one, or fails with the right error."""


class World:
    """The context of one thread.

    :param names: the functions that scripts may call.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        require("emulator", "running a script")
        import _quickjs  # type: ignore[import-not-found]

        self._errors: tuple[type[Exception], ...] = (_quickjs.JSException, ValueError)
        self._names = names
        self._functions: Functions = {}
        self._entered = ("", "")
        self._calls = 0
        self._known: set[str] = set()
        context = _quickjs.Context()
        context.set_memory_limit(_MEMORY)
        context.add_callable("call", self._call)
        compare = ", ".join(f"'{each}': (a, b) => a {each} b" for each in COMPARISONS)
        world = _WORLD.replace("NAMES", json.dumps(names)).replace("COMPARISONS", compare)
        context.eval(world.replace("LONGEST", str(LONGEST_SHOWN)))
        self._enter, self._run = context.get("enter"), context.get("run")
        context.get("close")()

    def fits(self, names: tuple[str, ...]) -> bool:
        """Whether scripts with these functions can run here."""
        return names == self._names and len(self._known) < _MOST

    def enter(self, functions: Functions, data: str, step: str) -> None:
        """Sets what the next scripts see; ``data`` and ``step`` are JSON. :raises Unclear: it can't."""
        self._functions = functions
        if (data, step) == self._entered:
            return
        try:
            self._entered = ("", "")
            self._enter(data, step)
        except self._errors:
            raise Unclear from None
        self._entered = (data, step)

    def run(self, script: str) -> str:
        """The result as JSON, with the members ``value`` and ``reports``. :raises Unclear: there is none."""
        self._calls = 0
        self._known.add(script)
        try:
            result = self._run(script)
        except self._errors:
            raise Unclear from None
        if not isinstance(result, str):
            raise Unclear
        return result

    def _call(self, name: str, arguments: str) -> str:
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise ValueError(name)
        return json.dumps(self._functions[name](*json.loads(arguments)))


_mine = threading.local()


def world(functions: Mapping[str, Any], data: str, step: str) -> World:
    """The context of this thread, with what the next scripts see. :raises Unclear: there is none."""
    names = tuple(functions)
    found: World | None = getattr(_mine, "world", None)
    if found is None or not found.fits(names):
        found = _mine.world = World(names)
    found.enter(functions, data, step)
    return found

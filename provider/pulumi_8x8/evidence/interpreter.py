"""The simulator's engine for data that is partly unknown. No I/O.

Whatever a record doesn't show goes through it as a mark (see :mod:`.unknowns`). What depends on a mark
and remains unknown raises :class:`~.unknowns.Undetermined`.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias

from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.steps import (
    SMS,
    Branch,
    ChatAppsMessage,
    If,
    SendToConverse,
    VoiceMessage,
    published_step_type,
)
from pulumi_8x8.evidence.course import content
from pulumi_8x8.evidence.kept import plain_outputs
from pulumi_8x8.evidence.unknowns import (
    REST,
    Knowledge,
    Undetermined,
    Unknown,
    has_marks,
    is_mark,
    script_facts,
    scripts_in,
    scripts_in_text,
    whole_script,
)
from pulumi_8x8.simulator import Engine, ManualClock, Message, Refusal, SimulatorSettings, refusal
from pulumi_8x8.simulator.conversions import text, truthy
from pulumi_8x8.simulator.instance import Instance, changed
from pulumi_8x8.simulator.sandbox import Budget, Reason

Steps: TypeAlias = Sequence[Mapping[str, Any]]

#: What the content of a message may be unknown in: nothing there decides whether the step faults.
_CONTENT: Mapping[str, tuple[str, ...]] = {
    SMS.step_type: ("text", "clientMessageId"),
    ChatAppsMessage.step_type: ("content", "clientMessageId"),
    VoiceMessage.step_type: ("params", "clientRequestId"),
    SendToConverse.step_type: ("payload",),
}
#: Steps that wait for a customer; an unknown sender has the same mark wherever it is the same.
_WAITED = ("from", "dtmfRequestId", "correlationId")
#: Steps that only decide where it continues: nobody outside notices them.
DECIDING = (Branch.step_type, If.step_type)


class Interpreter(Engine):
    """Runs one conversation. Whoever drives it sets :attr:`result` before a run continues.

    :ivar result: what ``step`` is for the run that continues; ``None``: as the simulator has it.
    :ivar virtual: the time of the run that continues, if steps take no time.
    :ivar touched: the settings for unsettled facts that made or may make a difference.
    :ivar draws: how many random values there were. :ivar in_step: they are the record's.
    """

    def __init__(self, steps: Steps, clock: ManualClock, settings: SimulatorSettings, knowledge: Knowledge) -> None:
        super().__init__(steps, clock, settings, Random(0), self._refusal)
        self.clock = clock
        self.knowledge = knowledge
        self.result: Any = None
        self.virtual = clock.now()
        self.touched: set[str] = set()
        self.draws = 0
        self.in_step = True
        self._sendings: dict[str, int] = {}
        self._places: dict[int, tuple[str, str]] = {}
        self._codes: dict[int, dict[str, tuple[str, ...]]] = {}
        for id_, step in self.steps.items():
            for name in ("inputs", "outputs", "selectNextStep"):
                member = step.get(name)
                if isinstance(member, dict):
                    self._places[id(member)] = id_, name
                    self._codes[id(member)] = {key: tuple(scripts_in(value)) for key, value in member.items()}

    def begin(self, data: Mapping[str, Any], brought: Collection[str]) -> Instance:
        """A new instance. :param brought: the members of the data that the trigger brought, as far as that matters."""
        instance = self.start(dict(data))
        if self.settings.plain_output == "store":
            return instance
        kept = tuple(sorted(plain_outputs(self.steps) & set(brought)))
        if kept:
            self.touched.add("plain_output")
        return changed(instance, kept=kept)

    # What a driver decides

    @abstractmethod
    def decide(
        self, step_id: str, known: Mapping[str, bool], unknown: Mapping[str, str], why: str
    ) -> Mapping[str, bool]:
        """Which conditions are true.

        :param known: by edge. :param unknown: the names of the evaluations by edge. :param why: what isn't known.
        """

    @abstractmethod
    def decide_inside(self, step_id: str, key: str, why: str) -> bool:
        """Whether the condition of an If is true; the parameters are as in :meth:`decide`."""

    @abstractmethod
    def allow_unknown(self, step_id: str, what: str, may_fail: bool) -> None:
        """Whether a step may have an unknown value that the record doesn't have in the same place."""

    def recorded_output(self, step_id: str, name: str) -> tuple[Any] | None:
        """The value of an output that the record has."""
        return None

    def recorded_refusal(self, message: Message, what: str) -> Refusal | None:
        """Why the API refused a message."""
        return refusal(message)

    def message_result(self, message: Message, name: str) -> Any:
        """``step`` after a message."""
        return {REST: self.knowledge.marks.mark(name, "the messaging API's answer")}

    def place_of(self, value: dict[str, Any]) -> tuple[str, str]:
        """The step's id and the name of a member of a step."""
        return self._places[id(value)]

    # Evaluation

    def evaluate(
        self, value: dict[str, Any], data: dict[str, Any], step: Any, budget: Budget
    ) -> tuple[dict[str, Any], Callable[[str], list[Reason]]]:
        step_id, place = self.place_of(value)
        codes = self._codes[id(value)]
        if place != "inputs" and step is not None and self.result is not None:
            step = self.result
        unknown = [name for name, its in codes.items() if its and self._is_unknown(its, data, step)]
        if not unknown:
            return super().evaluate(value, data, step, budget)
        known = {name: each for name, each in value.items() if name not in unknown}
        filled = self.scripts.evaluate(known, data, step, budget)
        evaluate = self._evaluator(data, step, budget)
        if place == "selectNextStep":
            filled |= self._conditions(step_id, value, filled, unknown, data, step, evaluate)
        else:
            for name in unknown:
                filled[name] = self._member(step_id, place, name, value[name], data, step, evaluate)
        return {name: filled[name] for name in value}, lambda _: []

    def _evaluator(self, data: Any, step: Any, budget: Budget) -> Callable[[str], Any]:
        return lambda code: self.scripts.evaluate(f"{{{{{code}}}}}", data, step, budget)

    def _is_unknown(self, codes: tuple[str, ...], data: Any, step: Any) -> bool:
        unknown = False
        for code in codes:
            facts = script_facts(code)
            if "null_member" not in self.touched and any(
                self.knowledge.passes_null(read, data, step) for read in facts.reads
            ):
                self.touched.add("null_member")
            unknown = unknown or facts.by_chance or self.knowledge.unknown_read(code, data, step) is not None
        return unknown

    def _conditions(
        self,
        step_id: str,
        edges: Mapping[str, Any],
        filled: Mapping[str, Any],
        unknown: Sequence[str],
        data: Any,
        step: Any,
        evaluate: Callable[[str], Any],
    ) -> Mapping[str, bool]:
        known = {to: truthy(filled[to]) for to in filled if edges[to] is not None}
        keys: dict[str, str] = {}
        why = ""
        for to in unknown:
            found, key, reason = self._condition(step_id, edges[to], data, step, evaluate)
            if found is None:
                keys[to], why = key, why or reason
            else:
                known[to] = found
        decided = {**known, **self.decide(step_id, known, keys, why)} if keys else known
        return {to: decided[to] for to in unknown}

    def _condition(
        self, step_id: str, script: Any, data: Any, step: Any, evaluate: Callable[[str], Any]
    ) -> tuple[bool | None, str, str]:
        """Whether a condition is true, ``None`` if that is unknown; the evaluation's name; what isn't known."""
        codes = tuple(scripts_in(script))
        whole = whole_script(script)
        if any(script_facts(code).by_chance for code in codes):
            key = self._draw(codes[0])
            return self.knowledge.truths.get(key), key, "the time or a random value"
        what = whole or json.dumps(script)
        key = self.knowledge.key(what, codes, data, step)
        reads = (self.knowledge.unknown_read(code, data, step) for code in codes)
        reason = next((read for read in reads if read is not None), "a value")
        if key in self.knowledge.truths:
            return self.knowledge.truths[key], key, reason
        if key in self.knowledge.values and not has_marks(self.knowledge.values[key]):
            return truthy(self.knowledge.values[key]), key, reason
        return (self.knowledge.truth(what, data, step, evaluate) if whole else None), key, reason

    def _member(
        self,
        step_id: str,
        place: str,
        name: str,
        value: Any,
        data: Any,
        step: Any,
        evaluate: Callable[[str], Any],
    ) -> Any:
        kind = published_step_type(self.steps[step_id].get("stepType"))
        if place == "inputs" and kind == If.step_type and name == "condition":
            found, key, why = self._condition(step_id, value, data, step, evaluate)
            return found if found is not None else self.decide_inside(step_id, key, why)
        recorded = self.recorded_output(step_id, name) if place == "outputs" else None
        made, key = self._fill(step_id, value, data, step, evaluate)
        if recorded is not None:
            self.knowledge.values[key] = made = recorded[0]
        if place == "inputs" and has_marks(made):
            self._check_input(step_id, kind, name, made)
        return made

    def _check_input(self, step_id: str, kind: Any, name: str, made: Any) -> None:
        """Checks that an unknown value doesn't decide whether the step works."""
        free = name in _WAITED
        if name in _CONTENT.get(kind, ()):
            free = name in ("text", "clientMessageId", "clientRequestId") or isinstance(made, dict)
            free = free and not (name == "params" and has_marks(made.get("destination")))
        if not free:
            raise Undetermined(f"`{step_id}` has an input, {name}, that depends on {self.knowledge.marks.what(made)}")

    def _fill(self, step_id: str, value: Any, data: Any, step: Any, evaluate: Callable[[str], Any]) -> tuple[Any, str]:
        """A value whose scripts read unknown values, and the name of its evaluation."""
        codes = tuple(scripts_in(value))
        whole = whole_script(value)
        if whole is not None:
            return self._script(step_id, whole, data, step, evaluate)
        chance = any(script_facts(code).by_chance for code in codes)
        key = self.knowledge.key(json.dumps(value), codes, data, step)
        if not chance and key in self.knowledge.values:
            return self.knowledge.values[key], key
        made = self._filled(step_id, value, data, step, evaluate)
        if chance:
            key = f"{step_id} {self._draw('')}"
        else:
            self.knowledge.values[key] = made
        return made, key

    def _filled(self, step_id: str, value: Any, data: Any, step: Any, evaluate: Callable[[str], Any]) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(step_id, each, data, step, evaluate) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(step_id, each, data, step, evaluate) for each in value]
        if not isinstance(value, str) or not scripts_in_text(value):
            return value
        whole = whole_script(value)
        if whole is not None:
            return self._script(step_id, whole, data, step, evaluate)[0]
        parts, end = [], 0
        for script in find_scripts(value):
            if script.is_placeholder:
                continue
            made, key = self._script(step_id, script.code, data, step, evaluate)
            if has_marks(made) and not is_mark(made):
                made = self.knowledge.marks.mark(f"text {key}", f"`{step_id}`'s text")
            parts += [value[end : script.start], text(made)]
            end = script.end
        return "".join(parts) + value[end:]

    def _script(self, step_id: str, code: str, data: Any, step: Any, evaluate: Callable[[str], Any]) -> tuple[Any, str]:
        """The value of a script, and the name of its evaluation."""
        facts = script_facts(code)
        if facts.by_chance:
            key = self._draw(code)
            if key not in self.knowledge.values:
                self.allow_unknown(step_id, "the time or a random value", code.strip() != "uuid()")
                self.knowledge.values[key] = self.knowledge.marks.mark(key, "a random value")
            return self.knowledge.values[key], key
        key = self.knowledge.key(code, (code,), data, step)
        what = self.knowledge.unknown_read(code, data, step)
        if what is None:
            return evaluate(code), key
        if key in self.knowledge.values:
            return self.knowledge.values[key], key
        found = self.knowledge.look(facts.reads[0], data, step) if facts.plain else None
        goes_through = not facts.plain or (isinstance(found, Unknown) and found.deep)
        if goes_through:
            self.touched.add("null_member")
        self.allow_unknown(step_id, what, not facts.total or (goes_through and not self.knowledge.lenient))
        if facts.plain and not isinstance(found, Unknown):
            made = found
        else:
            name = found.name if isinstance(found, Unknown) else key
            made = name if is_mark(name) else self.knowledge.marks.mark(name, what)
        self.knowledge.values[key] = made
        return made, key

    def _draw(self, code: str) -> str:
        self.draws += 1
        return f"draw {self.draws} {code}" if self.in_step else f"draw {id(self)} {self.draws} {code}"

    # Messages

    def _refusal(self, message: Message) -> Refusal | None:
        what = json.dumps([message.channel, content(message)], sort_keys=True, ensure_ascii=False)
        times = self._sendings[what] = self._sendings.get(what, 0) + 1
        self.result = self.message_result(message, f"sent {what} {self.virtual.isoformat()} {times}")
        refused = self.recorded_refusal(message, what)
        if refused is not None:
            self.touched.add("refused_message")
        return refused

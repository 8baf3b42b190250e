"""Describes conditions in words: whom a path is for "customers who answer `3`", or when it is taken. No I/O.

A condition that does more than compare stays code: a guess would be a false statement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_8x8.analysis.conditions import Expression
from pulumi_8x8.analysis.javascript import script_condition
from pulumi_8x8.definition import Hole, Json
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.review.offers import TAPPED, Offers
from pulumi_8x8.review.sentences import Code, Sentence, joined, sentence
from pulumi_8x8.review.step_index import NEXT, StepIndex

#: The places of customers' texts: Context page, payloads of inbound messages.
_WRITTEN = re.compile(r"data\.payload\.(?:content\.text|body)")
_ANSWERED = re.compile(r"step\.reply(?:\.payload)?\.(?:content\.text|body|payload\.body|text)")
_ANY_TAP = re.compile(r"(?:data|step\.reply)(?:\.payload)?\.content\.interactive(?:\.button_reply|\.list_reply)?")
_ANSWER = re.compile(r"step\.reply(?:\.payload)?")
_PRESSED = re.compile(r"step\.dtmfData(?:\.\w+)*\.dtmf")
_KEYS = re.compile(r"step\.dtmfData(?:\.\w+)*")
_TIME_OF_DAY = re.compile(
    r"isTimeOfDayBetween\([^,()]+,\s*(['\"])([\d:]+)\1,\s*(['\"])([\d:]+)\3,\s*(['\"])([\w .+:()-]+)\5\s*\)"
)

#: Who isn't worth a word beside what they answer.
_ANYBODY = (("customers who answer",), ("callers who press a key",), ("customers who tap a choice",))

#: The negation of a function's case.
_NEGATED = {
    "between ": "not between ",
    "on a ": "not on a ",
    "contains ": "does not contain ",
    "with a number from ": "with no number from ",
}


@dataclass(frozen=True)
class Case:
    """When a path is taken.

    :param who: ``customers who answer `3```; ``None`` if the condition isn't about people.
    :param when: ``when `data.x > 3```, if there is no ``who``.
    """

    who: Sentence | None
    when: Sentence = ()

    @property
    def phrase(self) -> Sentence:
        """``who``, or else ``when``."""
        return self.when if self.who is None else self.who


class Cases:
    """Describes the conditions of one definition."""

    def __init__(self, steps: StepIndex) -> None:
        self._steps = steps
        self._offers = Offers(steps)
        self._stored: dict[str, str] = {}
        self._others: dict[str | None, Case] = {}  # by step, since a step may have thousands of default edges
        for name in steps:
            node = steps.node(name)
            if node.declaration.answer:
                for output, path in node.stored.items():
                    self._stored.setdefault(f"data.{output}", path)

    def case(self, step: str | None, condition: Json) -> Case:
        """Describes when a path out of ``step`` is taken.

        :param condition: a script, ``None`` for the default edge, :data:`NEXT` for ``nextStepId``.
        """
        if condition is NEXT:
            return Case(None, ("always",))
        if condition is None:
            if step not in self._others:
                self._others[step] = self._all_others(step)
            return self._others[step]
        if isinstance(condition, Hole):
            return Case(None, ("in hidden cases",))
        parsed = script_condition(condition)
        phrase = None if parsed is None else self._phrase(parsed.expression)
        if phrase is None:
            code = condition if isinstance(condition, str) else repr(condition)
            scripts = find_scripts(code)
            return Case(None, sentence("when {}", scripts[0].code if len(scripts) == 1 else code))
        return phrase

    def _all_others(self, step: str | None) -> Case:
        ways = self._steps.ways(step) if step is not None and step in self._steps else []
        about_people = any(self.case(step, way.condition).who is not None for way in ways if way.condition is not None)
        return Case(("all others",)) if about_people else Case(None, ("in all other cases",))

    def _phrase(self, expression: Expression) -> Case | None:
        sign = expression[0]
        if sign == "&&":
            return self._and([part for each in expression[1:] for part in _flat("&&", each)])
        if sign == "||":
            return self._or([part for each in expression[1:] for part in _flat("||", each)])
        if sign == "!":
            return self._negated(expression[1])
        if sign in ("==", "===", "!=", "!=="):
            return self._compared(sign[0] == "=", expression[1], expression[2])
        if sign == "call":
            return self._called(str(expression[1]), str(expression[2][1]), expression[3][1])
        if sign == "opaque":
            times = _TIME_OF_DAY.fullmatch(str(expression[1]))
            if times is not None:
                return Case(None, sentence("between {} and {} ({})", times[2], times[4], times[6]))
        return None

    def _compared(self, equal: bool, one: Expression, other: Expression) -> Case | None:
        if one[0] == "literal":
            one, other = other, one
        if one[0] != "path" or other[0] != "literal":
            return None
        path, value = self.resolved(str(one[1])), other[1]
        if value is None:
            for pattern, nobody, who in (
                (_ANSWER, "when nobody answers in time", "customers who answer"),
                (_KEYS, "when nobody presses a key in time", "callers who press a key"),
                (_ANY_TAP, "when nothing is tapped", "customers who tap a choice"),
            ):
                if pattern.fullmatch(path):
                    return Case(None, (nobody,)) if equal else Case((who,))
            return None
        if TAPPED.fullmatch(path) and isinstance(value, str):
            return self._tapped(equal, value)
        verb = self._verb(path)
        if verb is None or not isinstance(value, str | int | float) or isinstance(value, bool):
            return None
        code = Code(f"{value:g}" if isinstance(value, float) else str(value))
        return Case((f"{verb[0]} who {verb[1]} " if equal else f"{verb[0]} who {verb[1]} anything but ", code))

    def _tapped(self, equal: bool, value: str) -> Case:
        lead = "customers who tap " if equal else "customers who tap anything but "
        if value in self._offers.titles:
            return Case((lead, self._offers.titles[value]))
        nobody = ", which no message of the workflow offers" if self._offers.known and equal else ""
        return Case((lead, Code(value), nobody) if nobody else (lead, Code(value)))

    def _called(self, function: str, path: str, value: Json) -> Case | None:
        if function == "isDayOfWeek":
            return Case(None, sentence("on a {}", str(value)))
        if function == "isCountryCode":
            return Case(sentence("customers with a number from {}", str(value)))
        verb = self._verb(self.resolved(path))
        if function == "stringContains" and verb is not None:
            return Case((f"{verb[0]} whose {verb[2]} contains ", Code(str(value))))
        return None

    def _negated(self, expression: Expression) -> Case | None:
        phrase = self._phrase(expression) if expression[0] in ("call", "opaque") else None
        first = "" if phrase is None else str(phrase.phrase[0])
        negated = next((first.replace(yes, no) for yes, no in _NEGATED.items() if yes in first), None)
        if phrase is None or negated is None:
            return None
        sentence = (negated, *phrase.phrase[1:])
        return Case(sentence) if phrase.who is not None else Case(None, sentence)

    def _and(self, parts: list[Expression]) -> Case | None:
        cases = [self._phrase(part) for part in parts]
        known = [case for case in cases if case is not None]
        if len(known) < len(cases):
            return None
        # Published conditions check first whether there is an answer.
        asked = [case for case in known if case.who not in _ANYBODY]
        if len(asked) == 1:
            return asked[0]
        whos = [case.who for case in asked if case.who is not None]
        whens = [case.when for case in asked if case.who is None]
        if len(whos) > 1:
            together = _with_one_lead(whos)
            excluded = together is not None and str(together[0]).endswith("anything but ")
            return Case(together) if excluded and not whens else None
        when = joined(whens, " and ")
        return Case((*whos[0], ", ", *when) if whos else None, when)

    def _or(self, parts: list[Expression]) -> Case | None:
        cases = [self._phrase(part) for part in parts]
        whos = [case.who for case in cases if case is not None and case.who is not None]
        if len(whos) == len(cases):
            return Case(_with_one_lead(whos) or joined(whos, " and "))
        whens = [case.when for case in cases if case is not None and case.who is None]
        return Case(None, joined(whens, " or ")) if len(whens) == len(cases) else None

    def _verb(self, path: str) -> tuple[str, str, str] | None:
        if _WRITTEN.fullmatch(path):
            return "customers", "write", "message"
        if _ANSWERED.fullmatch(path):
            return "customers", "answer", "answer"
        return ("callers", "press", "keys") if _PRESSED.fullmatch(path) else None

    def resolved(self, path: str) -> str:
        """The path of what a waiting step stored under ``path``; any other path stays unchanged."""
        name = path
        while name:
            if name in self._stored:
                return self._stored[name] + path[len(name) :]
            name = name.rpartition(".")[0]
        return path


def _flat(sign: str, expression: Expression) -> Iterator[Expression]:
    if expression[0] == sign:
        for part in expression[1:]:
            yield from _flat(sign, part)
    else:
        yield expression


def _with_one_lead(whos: list[Sentence]) -> Sentence | None:
    """``customers who answer `1` or `2```, if all begin with the same words."""
    lead = whos[0][0]
    if any(len(who) != 2 or who[0] != lead for who in whos):
        return None
    return (lead, *joined([who[1:] for who in whos], " or "))

"""Rules on comparisons in scripts: what is compared, and what can arrive there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from pulumi_8x8.analysis.arrivals import Arrival, ValueSource, arrival_of, origins
from pulumi_8x8.analysis.comparisons import EQUAL, UNEQUAL, LiteralComparison
from pulumi_8x8.analysis.conditions import is_contradiction
from pulumi_8x8.analysis.javascript import script_condition
from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.steps import STEP_KINDS, ChatAppsMessage, is_script
from pulumi_8x8.definition.values import Json
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, at, rule
from pulumi_8x8.phrasing import closest

if TYPE_CHECKING:
    from pulumi_8x8.definition.messages import Choice

_TO_LOWER = frozenset(("toLowerCase", "toLocaleLowerCase"))
_TO_UPPER = frozenset(("toUpperCase", "toLocaleUpperCase"))
#: After these, the value is another one; only what is called on it last can still be known.
_KEEPING = _TO_LOWER | _TO_UPPER | {"trim", "toString", "normalize"}


#: Where a tap on a choice arrives, by the kind of choice.
_REPLIES = {"button": "button_reply", "row": "list_reply"}
_WITHOUT_CHOICES = ("text", "image", "video", "audio", "file", "location", "cta_url", "flow")


class Compared(NamedTuple):
    """A comparison with what is known of the value that arrives, and where it comes from."""

    use: Use
    comparison: LiteralComparison
    origins: tuple[ValueSource, ...]
    arrival: Arrival | None

    @property
    def name(self) -> str:
        return ".".join((self.comparison.root, *self.comparison.path))

    @property
    def calls(self) -> frozenset[str]:
        return frozenset(self.comparison.calls)


@rule("never-true", "warning", "A comparison is never true for what arrives, or always.")
def never_true(context: Context) -> Iterator[Found]:
    reported = set()
    for each in context.once(comparisons):
        if each.comparison.sign != "contains" and (why := _impossible(each)):
            always = "always" if each.comparison.sign in UNEQUAL else "never"
            reported.add((each.use.path, each.use.script.code))
            yield at(each.use, each.comparison.offset, f"this is {always} true: {why[0]}", why[1])
    for use in context.uses:
        if "&&" not in use.script.code or use.place not in ("edge", "condition"):
            continue
        condition = script_condition(use.text.value)
        if condition is not None and use.place == "edge":
            condition = use.node.in_result(condition)
        if condition is not None and (use.path, use.script.code) not in reported and is_contradiction(condition):
            yield at(use, 0, "no values make this condition true", "change the parts that exclude each other")


@rule("case-not-settled", "warning", "A comparison depends on the case of a value that arrives in either case.")
def case_not_settled(context: Context) -> Iterator[Found]:
    unsettled = [each for each in context.once(comparisons) if each.arrival is not None and each.arrival.unsettled_case]
    if not unsettled:
        return
    texts = {(each.use.path, each.name, each.comparison.value) for each in unsettled}
    cases = Counter((path, name, text.lower()) for path, name, text in texts if isinstance(text, str))
    for each in unsettled:
        value, arrival = each.comparison.value, each.arrival
        if arrival is None or not isinstance(value, str) or each.calls & (_TO_LOWER | _TO_UPPER):
            continue
        both = cases[each.use.path, each.name, value.lower()] > 1
        if both or each.comparison.sign == "contains" or not _has_case(value):
            continue
        if value.lower() in {known.lower() for known in arrival.values}:
            result, sign = ("never", "==") if each.comparison.sign in EQUAL else ("always", "!=")
            message = f"the vendor's pages write {each.name} with and without a capital, so this may be {result} true"
            hint = f"write {each.name}.toLowerCase() {sign} '{value.lower()}'"
            yield at(each.use, each.comparison.offset, message, hint)


@rule("reply-compared-exactly", "warning", "A customer's text is compared without regard to case or blanks around it.")
def reply_compared_exactly(context: Context) -> Iterator[Found]:
    for each in context.once(comparisons):
        value, arrival = each.comparison.value, each.arrival
        if arrival is None or not arrival.written or not isinstance(value, str) or not _has_case(value):
            continue
        if not each.calls <= _KEEPING:
            continue
        case = not each.comparison.ignore_case and not each.calls & (_TO_LOWER | _TO_UPPER)
        if each.comparison.sign == "contains":
            if case and each.comparison.path:
                message = f'customers also write "{_other_case(value)}", and this doesn\'t find it'
                yield at(
                    each.use, each.comparison.offset, message, f"write stringContains({each.name}, '{value}', true)"
                )
        elif (case or "trim" not in each.calls) and not _impossible(each):
            lacks = [f'"{_other_case(value)}"'] * case + [f'"{value} "'] * ("trim" not in each.calls)
            message = f"customers also write {' and '.join(lacks)}, and this doesn't match"
            yield at(
                each.use,
                each.comparison.offset,
                message,
                f"write {each.name}.trim().toLowerCase() == '{value.lower()}'",
            )


@rule("id-not-offered", "warning", "A comparison waits for a button or row that no message offers.")
def id_not_offered(context: Context) -> Iterator[Found]:
    taps = [each for each in context.once(comparisons) if _tap(each) and each.comparison.sign not in UNEQUAL]
    offers = context.once(_offers) if taps else None
    if offers is None:
        return
    known = {(each.reply, text) for each in offers for text in (each.choice.id, each.choice.title)}
    by_trigger = any(
        (tap.reply, each.comparison.value) in known for each in taps if (tap := _tap(each)) and tap.of_trigger
    )
    for each in taps:
        tap, value = _tap(each), str(each.comparison.value)
        if tap is None or not value:
            continue
        own = [getattr(offer.choice, tap.member) for offer in offers if offer.reply == tap.reply]
        others = [getattr(offer.choice, tap.member) for offer in offers if offer.reply != tap.reply]
        near = context.did_you_mean(value, own)
        # What the trigger brings may be the answer to a message of another workflow.
        has = any(value.lower() in each.lower() for each in own) if each.comparison.sign == "contains" else value in own
        if has or (tap.of_trigger and not near and not by_trigger and value not in others):
            continue
        if value in others:
            right = "list_reply" if tap.reply == "button_reply" else "button_reply"
            message = f'"{value}" arrives in {right}, not in {tap.reply}'
            yield at(each.use, each.comparison.offset, message, f"write {right} instead of {tap.reply}")
        else:
            message = f'no message offers "{value}", so no tap makes this true'
            listed = f"offered are {', '.join(own[:6])}" if own else "send a message with buttons or a list first"
            yield at(each.use, each.comparison.offset, message, near or listed)


@rule("offered-id-not-handled", "warning", "A message offers a button or row that no condition handles.")
def offered_id_not_handled(context: Context) -> Iterator[Found]:
    taps = [each for each in context.once(comparisons) if _tap(each)]
    offers = context.once(_offers) if taps else None
    if offers is None:
        return
    for node in dict.fromkeys(offer.step for offer in offers):
        own = [offer for offer in offers if offer.step == node]
        texts = {text for offer in own for text in (offer.choice.id, offer.choice.title)}
        about = [each for each in taps if each.comparison.value in texts]
        handled = {each.comparison.value for each in about}
        deciding = [each.use.node for each in about]
        # A default edge, a condition with != or a step after an If also run for the choices that nothing names.
        rest = any(each.use.place != "edge" or each.comparison.sign not in EQUAL for each in about) or any(
            edge.condition is None or edge.is_next for each in deciding for edge in each.edges
        )
        for offer in own if about and not rest else ():
            if not {offer.choice.id, offer.choice.title} & handled:
                title = f'"{offer.choice.title or offer.choice.id}"'
                message = f"nothing happens for customers who tap {title}: no condition compares its id"
                hint = f'compare with "{offer.choice.id}", as with the others' if offer.choice.id else "give it an id"
                yield Found((*context.nodes[node].path, "inputs", *offer.choice.path), message, hint)


class _Offer(NamedTuple):
    """A button or row of the message of a step, and the member of the reply that has its id and title."""

    step: int
    reply: str
    choice: Choice


class _Tap(NamedTuple):
    """The part of a tap that a script compares: ``id`` or ``title`` in ``button_reply`` or ``list_reply``."""

    reply: str
    member: str
    of_trigger: bool


def _offers(context: Context) -> list[_Offer] | None:
    """Everything that can be tapped; ``None`` if a message may offer something that isn't known."""
    if context.has_holes or not context.graph.complete or any(node.kind not in STEP_KINDS for node in context.nodes):
        return None
    from pulumi_8x8.definition.messages import read_message  # only for workflows that compare taps

    offers: list[_Offer] = []
    for node, inputs in context.inputs_by_kind[ChatAppsMessage.step_type]:
        kind, content = inputs.get("type"), inputs.get("content")
        message = read_message(node.kind, inputs)
        if message is None or message.kind == "template" or is_script(kind) or not isinstance(content, dict):
            return None
        choices = [each for each in message.all_choices if each.kind in _REPLIES]
        if message.kind not in _WITHOUT_CHOICES and not choices and _has_script(content):
            return None
        if any("{{" in each.id + each.title for each in choices):
            return None
        offers += [_Offer(node.index, _REPLIES[each.kind], each) for each in choices]
    return offers


def _tap(each: Compared) -> _Tap | None:
    if not each.origins or not isinstance(each.comparison.value, str) or each.comparison.calls:
        return None
    found = {(tuple(origin.path.split(".")), origin.node is None) for origin in each.origins if origin.source == "chat"}
    if len(found) != 1:
        return None
    path, of_trigger = found.pop()
    if path[:3] != ("payload", "content", "interactive") or len(path) != 5 or path[3] not in _REPLIES.values():
        return None
    return _Tap(path[3], path[4], of_trigger) if path[4] in ("id", "title") else None


def _has_script(value: Json) -> bool:
    if isinstance(value, dict | list):
        return any(_has_script(each) for each in (value.values() if isinstance(value, dict) else value))
    return is_script(value)


def comparisons(context: Context) -> list[Compared]:
    """All comparisons of scripts that run, with what is known of their values."""
    found = []
    for use in context.uses:
        if use.place == "misplaced":
            continue
        for comparison in use.facts.comparisons:
            root = comparison.root
            if root == "step" and use.place not in ("output", "edge"):
                continue
            known = tuple(origins(context.flow, context.trigger, use.node, root, comparison.path))
            arrivals = {arrival_of(origin) for origin in known}
            arrival = arrivals.pop() if len(arrivals) == 1 else None
            found.append(Compared(use, comparison, known, arrival))
    return found


def _impossible(each: Compared) -> tuple[str, str] | None:
    """Why the values can't be equal, and what to write instead; ``None`` if they can."""
    comparison, arrival = each.comparison, each.arrival
    value, calls = comparison.value, comparison.calls
    if calls and isinstance(value, str) and (why := _after_calls(value, calls)):
        return why
    if arrival is None or value is None or not set(calls) <= _KEEPING:
        return None
    kind = "text" if calls else arrival.type
    if comparison.sign in ("===", "!==") and kind != _type(value):
        return f"{each.name} is a {kind}, and {_shown(value)} is {_a(_type(value))}", _same_type(each, value, kind)
    if isinstance(value, bool):
        return f"{each.name} is a {kind}, not true or false", f"write {each.name} != null, or compare with a text"
    if kind == "number" and isinstance(value, str) and not _is_number(value):
        return f"{each.name} is a number", "compare it with a number"
    return _not_published(each, arrival, value)


def _not_published(each: Compared, arrival: Arrival, value: Json) -> tuple[str, str] | None:
    written = f"{value:g}" if isinstance(value, float) else str(value).strip()
    if arrival.signs and set(written) - set(arrival.signs):
        return f"{each.name} has only the keys of a phone: 0 to 9, * and #", ""
    if not arrival.values or written in arrival.values or not written:
        return None
    lower = {known.lower(): known for known in arrival.values}
    right = lower.get(written.lower())
    if right is not None:
        folded = arrival.unsettled_case or each.calls & (_TO_LOWER | _TO_UPPER)
        return None if folded else (f'{each.name} arrives as "{right}"', f"write '{right}'")
    near = closest(written, arrival.values) if isinstance(value, str) else None
    if near is None and not arrival.closed:
        return None
    if arrival.type == "number":
        return f"{written} isn't a status of HTTP", "write a number from 100 to 599"
    listed = f"published values are {', '.join(arrival.values[:6])}"
    return f'"{written}" isn\'t a published value of {each.name}', f'did you mean "{near}"?' if near else listed


def _after_calls(value: str, calls: tuple[str, ...]) -> tuple[str, str] | None:
    last_case = next((each for each in reversed(calls) if each in _TO_LOWER | _TO_UPPER), "")
    after = calls[len(calls) - calls[::-1].index(last_case) :] if last_case else ()
    if last_case and set(after) <= {"trim", "toString"}:
        folded = value.lower() if last_case in _TO_LOWER else value.upper()
        if folded != value:
            return f"{last_case}() leaves no such letters in it", f"write '{folded}'"
    if "trim" in calls and set(calls[calls.index("trim") :]) <= _KEEPING and value != value.strip():
        return "trim() removes blanks at both ends", f"write '{value.strip()}'"
    return None


def _same_type(each: Compared, value: Json, kind: str) -> str:
    if kind == "text" and not isinstance(value, bool):
        return f"write {each.name} == '{value:g}'"
    if kind == "number" and isinstance(value, str) and _is_number(value):
        return f"write {each.name} == {value.strip()}"
    return "compare it with a value of its own type"


def _type(value: Json) -> str:
    return "truth value" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def _a(kind: str) -> str:
    return f"a {kind}"


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _is_number(text: str) -> bool:
    try:
        return text.strip() == "" or float(text) == float(text)
    except ValueError:
        return False


def _has_case(text: str) -> bool:
    return text.lower() != text.upper()


def _other_case(text: str) -> str:
    return text.upper() if text != text.upper() else text.lower()

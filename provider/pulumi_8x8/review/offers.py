"""Messages in a review: in words, as their receivers see them, and which choices can lead where. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pulumi_8x8.analysis.conditions import Expression
from pulumi_8x8.analysis.javascript import script_condition
from pulumi_8x8.definition import If, Json, Path, is_script
from pulumi_8x8.definition.messages import Choice, Message, in_words, read_message
from pulumi_8x8.review.step_index import StepIndex

#: What a tap brings, below a message's ``payload``: its id or title.
TAPPED = re.compile(
    r"(?:data|step\.reply)(?:\.payload)?\.content\."
    r"(?:interactive\.(?:button_reply|list_reply)\.(?:id|title)|payload|postbackData)"
)
#: The inner members of messages that the words of a message show.
_SHOWN = frozenset(
    (
        *("text", "title", "description", "button", "caption", "display_text", "flowCta"),
        *("url", "link", "fileUrl", "name", "address", "filename", "language"),
    )
)
_SENDS_ID = ("button", "row", "quick_reply", "suggestion")


def message_in_words(step_type: str, inputs: Json) -> str | None:
    """The message of a step if it has more than a text; ``None`` if the step sends no such message."""
    message = read_message(step_type, inputs)
    if message is None or message.kind == "handover":
        return None
    words = in_words(message)
    return None if words == message.body else words


def is_shown(path: Path) -> bool:
    """Whether the words of a message show the value at this place of its step."""
    inside = path[:2] == ("inputs", "content") and "sms" not in path
    return inside and (path[-1] in _SHOWN or (path[-1] == "type" and len(path) > 3))


def nested(leaves: Sequence[tuple[Path, Json]]) -> Json:
    """The value with these leaves."""
    if leaves and leaves[0][0] == ():
        return leaves[0][1]
    inner: dict[str | int, list[tuple[Path, Json]]] = {}
    for path, value in leaves:
        inner.setdefault(path[0], []).append((path[1:], value))
    members = {key: nested(below) for key, below in inner.items()}
    return list(members.values()) if any(isinstance(key, int) for key in members) else members


class Offers:
    """What the messages of a definition offer, and which steps a tap can lead to.

    :ivar titles: the titles of choices by what a tap on them brings: their ids, and their titles.
    :ivar known: whether that is everything; a script or a template may offer something else.
    """

    def __init__(self, steps: StepIndex) -> None:
        self._steps = steps
        self.titles: dict[str, str] = {}
        self.known = True
        for name in steps:
            message = read_message(steps.kind(name), steps.content(name).get("inputs"))
            if message is not None:
                self._add(message, name in steps.reached)

    def _add(self, message: Message, reached: bool) -> None:
        if message.kind == "template" or any(map(_unknown, message.all_choices)):
            self.known = False
        offers_nothing = message.channel == "chat_apps" and not message.all_choices
        if offers_nothing and (is_script(message.kind) or message.kind in ("", "…", "interactive", "buttons", "list")):
            self.known = False
        for choice in message.all_choices:
            if choice.kind in _SENDS_ID and reached:
                for brought in (choice.id, choice.title):
                    self.titles.setdefault(brought, choice.title or choice.id)

    def dead(self, condition: Json, resolved: Callable[[str], str]) -> tuple[str, ...]:
        """The ids or titles of which a condition needs one, if no message offers any of them; empty otherwise."""
        parsed = script_condition(condition) if self.known else None
        needed = None if parsed is None else _needed(parsed.expression, resolved)
        return () if needed is None or any(each in self.titles for each in needed) else needed

    def reached(self, resolved: Callable[[str], str]) -> tuple[set[str], dict[str, tuple[str, ...]]]:
        """The steps that somebody can reach, and the ids that lead nowhere by the step that waits for them."""
        graph = self._steps.graph
        after = [set(followers) for followers in graph.after]
        missing: dict[str, tuple[str, ...]] = {}
        names = list(self._steps)
        for name in names:
            node = self._steps.node(name)
            dead = {edge.target: self.dead(edge.condition, resolved) for edge in node.edges if not edge.is_next}
            alive = {edge.target for edge in node.edges if edge.is_next or not dead[edge.target]}
            for target, ids in dead.items():
                if ids and target not in alive and target in graph.by_id:
                    after[node.index].discard(graph.by_id[target])
                    missing[names[graph.by_id[target]]] = ids
            if node.declaration is If and (ids := self.dead(node.member("inputs").get("condition"), resolved)):
                for inner in self._steps.inner(name):
                    after[node.index].discard(self._steps.node(inner).index)
                    missing[inner] = ids
        waiting = [self._steps.node(name).index for name in names[:1]]
        found = set(waiting)
        while waiting:
            new = after[waiting.pop()] - found
            found |= new
            waiting += new
        return {names[index] for index in found}, missing


def _unknown(choice: Choice) -> bool:
    return choice.kind in _SENDS_ID and any(is_script(text) or text == "…" for text in (choice.id, choice.title))


def _needed(expression: Expression, resolved: Callable[[str], str]) -> tuple[str, ...] | None:
    """The ids or titles of which one must be tapped for ``expression`` to be true; ``None`` if none must be."""
    sign = expression[0]
    if sign in ("==", "==="):
        one, other = expression[1:3] if expression[1][0] == "path" else expression[2:0:-1]
        if one[0] == "path" and other[0] == "literal" and isinstance(other[1], str):
            return (other[1],) if TAPPED.fullmatch(resolved(str(one[1]))) else None
    if sign == "&&":
        return next((found for each in expression[1:] if (found := _needed(each, resolved)) is not None), None)
    if sign == "||":
        parts = [_needed(each, resolved) for each in expression[1:]]
        return None if None in parts else tuple(text for part in parts for text in part or ())
    return None

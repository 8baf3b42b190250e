"""Rules on time: how long steps wait, loops that never end, and how long ago the customer last wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from pulumi_8x8.analysis.answers import on_timeout
from pulumi_8x8.analysis.graph import Edge, Node
from pulumi_8x8.definition.durations import parse_duration
from pulumi_8x8.definition.steps import (
    STEP_KINDS,
    ChatAppsMessage,
    Wait,
    WaitForDTMF,
    WaitForReply,
    inputs_of,
    is_script,
)
from pulumi_8x8.definition.values import Hole, Json
from pulumi_8x8.errors import DurationError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule

#: WhatsApp delivers free text for this long after the customer's last message; afterwards, only templates.
_WINDOW = timedelta(hours=24).total_seconds()
#: Channels without inbound messages (the vendor's pages on channels).
_SILENT = {"zalonotification": "ZaloNotification", "linenotification": "LineNotification"}
#: The input that has the length of the wait.
_LENGTHS = {Wait.step_type: "duration", WaitForReply.step_type: "timeout", WaitForDTMF.step_type: "timeout"}


@rule("zero-duration", "warning", "A step waits for no time at all.")
def zero_duration(context: Context) -> Iterator[Found]:
    for kind, name in _LENGTHS.items():
        for node, inputs in context.inputs_by_kind[kind]:
            if name in inputs and _seconds(inputs[name]) == 0:
                message = "the step doesn't wait" if kind == Wait.step_type else "nobody can answer in no time"
                yield Found((*node.path, "inputs", name), f"{message}: the {name} is 0", "write HH:mm:ss")


@rule("silent-channel", "warning", "A step waits for a reply on a channel that has no inbound messages.")
def silent_channel(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind[WaitForReply.step_type]:
        channel = inputs.get("channel")
        if isinstance(channel, str) and channel.strip().lower() in _SILENT:
            message = f"{_SILENT[channel.strip().lower()]} has no inbound messages, so the step always times out"
            yield Found((*node.path, "inputs", "channel"), message, "wait on the channel on which the customer writes")


@rule("loop-without-end", "warning", "A loop sends again and again to a customer who doesn't answer.")
def loop_without_end(context: Context) -> Iterator[Found]:
    graph = context.graph
    if not any(node.declaration.role == "waits" for node in graph.nodes):
        return
    for loop in graph.loops(lambda node: node.kind in STEP_KINDS, _always):
        nodes = [graph.nodes[index] for index in sorted(loop)]
        roles = {node.declaration.role for node in nodes}
        if "waits" in roles and roles & {"sends", "calls"}:
            first = next(node for node in nodes if node.declaration.role in ("sends", "calls"))
            names = ", ".join(node.name for node in nodes[:5])
            message = f"these steps run again and again, without an end, for a customer who doesn't answer: {names}"
            yield Found(first.path, message, "count the rounds in an output, and leave the loop after some of them")


@rule(
    "outside-24-hours",
    "warning",
    "Free text may come too late for WhatsApp's 24 hours after the customer's last message.",
)
def outside_24_hours(context: Context) -> Iterator[Found]:
    begin = {"inbound_chat_apps": 0.0, "http_request": _WINDOW}.get(context.trigger)
    messages = context.inputs_by_kind[ChatAppsMessage.step_type]
    waits = any(context.inputs_by_kind[kind] for kind in _LENGTHS)
    if (
        begin is None
        or not messages
        or not context.graph.complete
        or (not begin and not waits)
        or _no_whatsapp(context)
    ):
        return
    if not context.graph.has_loop and begin + _waits_in_all(context) < _WINDOW:
        return
    silence = context.graph.farthest(begin, partial(_silence_after, context.nodes), _WINDOW)
    for node, inputs in messages:
        kind, content = inputs.get("type"), inputs.get("content")
        free = isinstance(kind, str) and not is_script(kind) and kind.strip().lower() != "template"
        user = inputs.get("user")
        if not free or not isinstance(content, dict) or {"sms", "template"} & content.keys():
            continue
        if silence[node.index] >= _WINDOW and not (isinstance(user, dict) and "lineUserId" in user):
            why = "24 hours or more can pass before this message"
            if context.trigger == "http_request":
                why = "a request starts this workflow, so perhaps the customer hasn't written"
            message = f"24 hours after the customer's last message, WhatsApp delivers only templates, and {why}"
            yield Found((*node.path, "inputs", "type"), message, "send a template, or add an SMS fallback")


def _waits_in_all(context: Context) -> float:
    """The length of all waits together: no path without a loop takes longer."""
    waits = [node for node in context.nodes if node.kind in _LENGTHS]
    lengths = (_or_default(node.kind, node.member("inputs").get(_LENGTHS[node.kind])) for node in waits)
    return sum(_seconds(length) or 0.0 for length in lengths)


def _or_default(kind: str, length: Json) -> Json:
    return inputs_of(kind)[_LENGTHS[kind]].default if length in (None, "") else length


def _always(node: Node) -> Iterator[int]:
    """The steps that follow whenever nobody answers, whatever the values are."""
    if node.open:
        return
    conditional = [edge for edge in node.edges if edge.condition is not None]
    for edge in node.edges:
        if edge.to is None:
            continue
        if edge.is_next:
            sure = not conditional
        elif edge.condition is None:
            sure = all(on_timeout(node, each) is False for each in conditional)
        else:
            sure = on_timeout(node, edge) is True
        if sure:
            yield edge.to


def _no_whatsapp(context: Context) -> bool:
    """Whether the workflow waits on other chat channels only."""
    channels = [inputs.get("channel") for _, inputs in context.inputs_by_kind[WaitForReply.step_type]]
    chat = [each.strip().lower() for each in channels if isinstance(each, str) and each.strip().lower() != "sms"]
    return bool(chat) and not any("whatsapp" in each or is_script(each) for each in chat)


def _silence_after(nodes: Sequence[Node], node: Node, follower: int, silence: float) -> float:
    """The longest time since the customer's last message when ``follower`` starts."""
    if node.kind not in STEP_KINDS:
        return 0.0  # who knows what it waits for
    name = _LENGTHS.get(node.kind)
    if name is None:
        return silence
    if isinstance(node.step.get("inputs"), Hole):
        return 0.0
    inputs = node.member("inputs")
    later = silence + (_seconds(_or_default(node.kind, inputs.get(name))) or 0.0)
    if node.declaration is not WaitForReply or str(inputs.get("channel")).strip().lower() == "sms":
        return later
    edges = [edge for edge in node.edges if edge.to == follower]
    return later if not edges or any(_runs_late(node, edge, nodes[follower]) for edge in edges) else 0.0


def _runs_late(node: Node, edge: Edge, follower: Node) -> bool:
    """Whether ``edge`` is surely taken if nobody answers. A follower that decides may find that out by itself."""
    if edge.is_next:
        return follower.declaration.role != "decides" and len(follower.edges) < 2
    if edge.condition is None:
        others = [each for each in node.edges if each.condition is not None]
        return all(on_timeout(node, each) is False for each in others)
    return on_timeout(node, edge) is True


def _seconds(length: Json) -> float | None:
    """The length in seconds; ``None`` if it isn't known, or isn't one."""
    if isinstance(length, bool) or not isinstance(length, str | int):
        return None
    try:
        return parse_duration(str(length)).total_seconds()
    except (DurationError, OverflowError):
        return None

"""Rules on what scripts read and outputs write."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pulumi_8x8.analysis.dataflow import DataFlow
from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.analysis.javascript import Read
from pulumi_8x8.analysis.shapes import unknown_part
from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.steps import STEP_KINDS
from pulumi_8x8.definition.triggers import CONTEXT, SMS_FIRST_VERSION, TRIGGERS, Shape
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, at, rule
from pulumi_8x8.phrasing import closest

#: What people look for in the body of the other trigger.
_COUNTERPARTS = {
    "inbound_sms": {
        "data.payload.user.msisdn": "data.payload.source",
        "data.payload.user.channelUserId": "data.payload.source",
        "data.payload.content.text": "data.payload.body",
    },
    "inbound_chat_apps": {
        "data.payload.source": "data.payload.user.msisdn",
        "data.source": "data.payload.user.msisdn",
        "data.payload.body": "data.payload.content.text",
        "data.body": "data.payload.content.text",
        "data.receivedAt": "data.payload.timestamp",
    },
}
_CHANNEL_USER_ID = ("payload", "user", "channelUserId")


@rule("data-never-written", "warning", "A script reads data.x, but neither a step nor the trigger provides it.")
def data_never_written(context: Context) -> Iterator[Found]:
    flow = context.flow
    if not flow.known:
        return
    brought = _brought(context)
    for use, read, name in context.once(_names_read):
        if use.node.index not in context.graph.reached or name in brought:
            continue
        if name not in flow.writers:
            if flow.trigger is None:  # the request can bring any name, so only a misspelling is certain
                if not context.did_you_mean(name, flow.writers):
                    continue
            elif _counterpart(context, read):
                continue  # trigger-path reports it, with more detail
            candidates = flow.writers.keys() | (flow.trigger or {}).keys()
            message = f"no step writes data.{name}, and the trigger doesn't provide it: it has no value"
            yield at(use, read.offset, message, context.did_you_mean(name, candidates) or f"add an output {name}")
        elif not _may_be_written(flow, use, name):
            writer = flow.writers[name][0].name
            message = f'data.{name} has no value yet: "{writer}" writes it, and no path runs that step before this one'
            yield at(use, read.offset, message, "read it later, or write it earlier")


@rule("data-sometimes-written", "warning", "A script reads data.x, but only some of the paths to it write it.")
def data_sometimes_written(context: Context) -> Iterator[Found]:
    flow = context.flow
    if not flow.known:
        return
    brought = _brought(context)
    for use, read, name in context.once(_names_read):
        bit = flow.bits.get(name, 0)
        index = use.node.index
        if not bit or index not in context.graph.reached or name in brought:
            continue
        sure = flow.surely[index] | _own(flow, use, name)
        if bit & flow.maybe[index] and not bit & sure and not _is_tested(use, name):
            writers = ", ".join(f'"{node.name}"' for node in flow.writers[name][:3])
            message = f"data.{name} has no value on some paths to this step; only these steps write it: {writers}"
            yield at(use, read.offset, message, f"test it first (data.{name} != null), or write it on every path")


@rule("trigger-path", "warning", "A script reads a member that the trigger doesn't provide.")
def trigger_path(context: Context) -> Iterator[Found]:
    flow = context.flow
    shape = flow.trigger
    if shape is None:
        return
    for use, read, name in context.once(_names_read):
        if name in flow.writers:
            continue
        wrong = unknown_part(shape, read.path)
        if wrong is None or (wrong[0] == 0 and not _counterpart(context, read)):
            continue
        yield from _unknown_path(use, read, shape, wrong, f"the trigger {context.trigger} doesn't provide")


@rule("step-path", "warning", "A script reads a member that the result of this step type doesn't have.")
def step_path(context: Context) -> Iterator[Found]:
    flow = context.flow
    for use, read in context.reads:
        if read.root == "step" and use.place in ("output", "edge"):
            yield from _result_path(use, read, use.node, read.path)
        elif read.root == "data" and read.path:
            for writer in flow.writers.get(read.path[0], ()):
                stored = writer.stored.get(read.path[0])
                if stored and stored.startswith("step.") and len(read.path) > 1:
                    yield from _result_path(use, read, writer, (*stored.split(".")[1:], *read.path[1:]))
                    break


@rule("step-before-result", "warning", "An input reads step, but the step has no result yet.")
def step_before_result(context: Context) -> Iterator[Found]:
    for use, read in context.reads:
        if read.root == "step" and use.place in ("input", "condition"):
            member = ".".join(("step", *read.path))
            yield at(
                use,
                read.offset,
                f"an input reads {member}, but the step has no result yet, and the result of an earlier step is gone",
                "store it in an output of the step that has the result, and read data.…",
            )


@rule("reply-on-timeout", "warning", "A script reads a reply on the path that runs if nobody replies.")
def reply_on_timeout(context: Context) -> Iterator[Found]:
    flow = context.flow
    for use, read, name in context.once(_names_read) if flow.known else ():
        bit = flow.bits.get(name, 0)
        if not bit or not bit & flow.null[use.node.index] or _is_tested(use, name):
            continue
        message = f"data.{name} is null here: this path runs if nobody answers in time"
        yield at(use, read.offset, message, "read it only on the other path")


@rule("output-overwrites-trigger", "warning", "An output overwrites a member that the trigger provides.")
def output_overwrites_trigger(context: Context) -> Iterator[Found]:
    # Few accounts still get the members of the first version, so an output of such a name hides nothing.
    names = {*(TRIGGERS.get(context.trigger) or CONTEXT)} - {*SMS_FIRST_VERSION}
    for node in context.nodes:
        for name in node.member("outputs"):
            if name in names:
                message = f"the output overwrites data.{name} of the trigger: later steps can't read that value"
                hint = f"rename the output, for example to {node.name}_{name}"
                yield Found((*node.path, "outputs", str(name)), message, hint)


@rule("output-never-read", "warning", "A step stores an output, but no script reads it.")
def output_never_read(context: Context) -> Iterator[Found]:
    flow = context.flow
    read = {name for _, _, name in context.once(_names_read)}
    if flow.writers.keys() <= read or context.has_holes:
        return
    if any(each.root == "data" and not each.path for _, each in context.reads):
        return  # the whole of data, or a member whose name is computed
    read |= {name for use in context.uses for name, _ in use.facts.names}
    unwritten = read - flow.writers.keys()
    for name, writers in flow.writers.items():
        if name not in read:
            for node in writers:
                hint = context.did_you_mean(name, unwritten)
                message = f"no script reads data.{name}"
                hint = hint or "remove it; to keep it for people who read the instance's data, turn this rule off"
                yield Found((*node.path, "outputs", name), message, hint)


@rule("channel-user-id-as-msisdn", "warning", "channelUserId is used as a phone number.")
def channel_user_id_as_msisdn(context: Context) -> Iterator[Found]:
    flow = context.flow
    if any(
        call.name == "isCountryCode" and any(read.path == _CHANNEL_USER_ID for read in use.facts.reads)
        for use, call in context.calls
    ):
        # The definition takes it apart as a phone number: whoever wrote it gets digits, webhook version 2.
        return
    if flow.trigger is not None and unknown_part(flow.trigger, _CHANNEL_USER_ID):
        return  # trigger-path reports it
    for use, read in context.reads:
        if use.place == "input" and use.path[-1] in ("msisdn", "destination") and _is_channel_user_id(flow, read):
            yield at(
                use,
                read.offset,
                "channelUserId is used as a phone number: it is one only in webhook version 2; in version 3 it is a "
                "business-scoped id, or absent",
                "read data.payload.user.msisdn, or send to user.channelUserId",
            )


def _is_channel_user_id(flow: DataFlow, read: Read) -> bool:
    if read.root != "data" or not read.path:
        return False
    writers = flow.writers.get(read.path[0], [])
    stored = [node.stored.get(read.path[0]) for node in writers]
    return read.path == _CHANNEL_USER_ID or ".".join(("data", *_CHANNEL_USER_ID)) in stored


def _names_read(context: Context) -> list[tuple[Use, Read, str]]:
    return [(use, read, read.path[0]) for use, read in context.reads if read.root == "data" and read.path]


def _brought(context: Context) -> Collection[str]:
    """The names in ``data`` that the trigger provides."""
    flow = context.flow
    if flow.trigger is not None:
        return flow.trigger
    # A request can bring any member. A name that is read before any step can write it is one of them, unless it is the
    # name of a step's result.
    reads = [(use, name) for use, _, name in context.once(_names_read) if name in flow.writers and "__" not in name]
    reached = context.graph.reached
    return {name for use, name in reads if use.node.index in reached and not _may_be_written(flow, use, name)}


def _may_be_written(flow: DataFlow, use: Use, name: str) -> bool:
    return bool(flow.bits[name] & (flow.maybe[use.node.index] | _own(flow, use, name)))


def _is_tested(use: Use, name: str) -> bool:
    """The script itself copes with data.name being absent."""
    return any(read.guarded and read.path[:1] == (name,) for read in use.facts.reads if read.root == "data")


def _own(flow: DataFlow, use: Use, name: str) -> int:
    """What the step's own outputs add: all of them for its edges, the others for one of them."""
    names = use.node.member("outputs")
    if use.place == "edge" or (use.place == "output" and use.path[-1] != name):
        return flow.bits[name] if name in names else 0
    return 0


def _counterpart(context: Context, read: Read) -> str | None:
    """What to read instead, for a path of the other trigger."""
    return _COUNTERPARTS.get(context.trigger, {}).get(".".join((read.root, *read.path)))


def _result_path(use: Use, read: Read, node: Node, path: tuple[str, ...]) -> Iterator[Found]:
    if node.kind not in STEP_KINDS:
        return
    shape = node.declaration.result_of(node.member("inputs"))
    wrong = unknown_part(shape, path) if path else None
    if wrong is not None:
        yield from _unknown_path(
            use, Read("step", path, read.offset), shape, wrong, f"the result of {node.kind} doesn't have"
        )


def _unknown_path(use: Use, read: Read, shape: Shape, wrong: tuple[int, list[str]], message: str) -> Iterator[Found]:
    index, names = wrong
    name = read.path[index]
    near = closest(name, names)
    if near is None and _is_open(shape, read.path[:index]):
        return
    path = ".".join((read.root, *read.path[: index + 1]))
    trigger = next((each for each, known in TRIGGERS.items() if known is shape), "")
    instead = _COUNTERPARTS.get(trigger, {}).get(".".join((read.root, *read.path)))
    owners = [kind for kind, each in STEP_KINDS.items() if index == 0 and name in each.result]
    if instead:
        hint = f'write "{instead}"'
    elif near:
        hint = f'did you mean "{near}"?'
    elif owners and read.root == "step":
        hint = f"it is in the result of {' and '.join(owners)}"
    else:
        hint = f"the members are {', '.join(names[:8])}" if names else "it has no members"
    yield at(use, read.offset, f"{message} {path}: it has no value", hint, cause=f"{message} what scripts read")


def _is_open(shape: Shape, path: tuple[str, ...]) -> bool:
    members: Shape | None = shape
    for name in path:
        members = (members or {}).get(name)
    return "*" in (members or {})

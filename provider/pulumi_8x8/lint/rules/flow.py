"""Rules on the flow through the steps."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.analysis.answers import on_timeout, stored_answers
from pulumi_8x8.analysis.conditions import both, none_of, show
from pulumi_8x8.analysis.graph import Edge, Node
from pulumi_8x8.definition.steps import STEP_KINDS, Branch, HttpRequest, If, VoiceMessage, WaitForDTMF, is_script
from pulumi_8x8.definition.values import Hole
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule

#: A menu has a few edges; comparing all pairs of more would take too long.
_MOST_EDGES = 40


@rule("unknown-step", "error", "An edge leads to a step that does not exist.")
def unknown_step(context: Context) -> Iterator[Found]:
    for node, edge in _dangling(context):
        if edge.is_next or edge.condition is not None:
            hint = _nearest(context, node, edge)
            yield Found(
                edge.path,
                f'the workflow has no step "{edge.target}"',
                hint or ("to end the path, remove nextStepId" if edge.is_next else "add the step, or remove the edge"),
            )


@rule("unknown-default-step", "warning", "The default edge leads to a step that does not exist.")
def unknown_default_step(context: Context) -> Iterator[Found]:
    for node, edge in _dangling(context):
        if not edge.is_next and edge.condition is None:
            hint = _nearest(context, node, edge)
            message = (
                f"the step \"{edge.target}\" doesn't exist, and the service's documentation doesn't state whether the "
                "path ends here"
            )
            yield Found(edge.path, message, hint or "to end the path, remove the edge")


@rule("unreachable-step", "warning", "No path leads to a step.")
def unreachable_step(context: Context) -> Iterator[Found]:
    graph = context.graph
    if not graph.complete or not graph.reached:
        return
    led_to = {follower for index, followers in enumerate(graph.after) for follower in followers if follower != index}
    second = {node.index for node, _ in graph.twice}  # whoever leads to its id leads to the first one
    for node in graph.nodes:
        if (
            node.index in graph.reached
            or node.index in second
            or (node.parent is not None and node.parent not in graph.reached)
        ):
            continue
        if node.index in led_to:
            message = "only steps that never run lead here, so the step never runs"
        else:
            message = "nothing leads here, so the step never runs"
        yield Found(node.path, message, "name it in the nextStepId or selectNextStep of another step, or remove it")


@rule("loop-without-wait", "warning", "Steps form a loop, and none of them waits.")
def loop_without_wait(context: Context) -> Iterator[Found]:
    graph = context.graph
    spinning = graph.loops(lambda node: node.kind in STEP_KINDS and node.declaration.role != "waits")
    for loop in spinning:
        first = graph.nodes[min(loop)]
        names = ", ".join(graph.nodes[index].name for index in sorted(loop)[:5])
        message = f"these steps form a loop that may never end, and none of them waits: {names}"
        yield Found(first.path, message, "add a Wait or a WaitForReply to the loop")


@rule("branch-without-default", "warning", "A Branch has no default edge, and for some values no edge is true.")
def branch_without_default(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        edges = [edge for edge in node.edges if not edge.is_next]
        if node.declaration is not Branch or not edges or len(edges) < len(node.edges) or node.open:
            continue
        conditions = [condition for condition in node.conditions if condition is not None]
        if len(conditions) < len(edges):
            continue
        values = none_of(conditions)
        if values is not None:
            example = f", for example when {show(values)}" if values else ""
            message = f"the Branch has no default edge, so the path ends silently if no condition is true{example}"
            yield Found((*node.path, "selectNextStep"), message, 'add one: "step id": null')


@rule("default-never-runs", "warning", "The conditions of a step cover all values, so its default edge never runs.")
def default_never_runs(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        default = next((edge for edge in node.edges if edge.condition is None and not edge.is_next), None)
        others = [edge for edge in node.edges if edge.condition is not None]
        if default is None or not others or len(others) > _MOST_EDGES or node.open:
            continue
        if none_of([condition for condition in node.conditions if condition is not None]) is None:
            message = (
                f'one of the other conditions is always true, so the default edge to "{default.target}" never runs'
            )
            yield Found(default.path, message, "remove it, or change the conditions")


@rule("branch-without-edges", "warning", "A Branch has no edges.")
def branch_without_edges(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.declaration is Branch and not node.edges and not node.open:
            yield Found(node.path, "the Branch has no edges, so the path ends here", "add selectNextStep")


@rule("if-without-steps", "warning", "An If has no steps to run.")
def if_without_steps(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.declaration is If and node.step.get("do") is None:
            yield Found(node.path, "the If has no steps to run", "add do: a list of sequences of steps")


@rule("timeout-not-handled", "warning", "No edge handles a timeout, or the same step runs with and without a reply.")
def timeout_not_handled(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        answer = node.declaration.answer
        if not answer or not node.edges or node.open:
            continue
        if any(edge.is_next for edge in node.edges):
            target = node.edges[-1].to
            follower = context.nodes[target] if target is not None and len(node.edges) == 1 else None
            decides = follower is None or follower.declaration.role == "decides" or len(follower.edges) > 1
            stored = list(stored_answers(node))
            if not decides and stored:
                message = f'"{node.edges[-1].target}" also runs when nobody answers, and data.{stored[0]} is null then'
                hint = f"use selectNextStep with {{{{{answer} != null}}}} and {{{{{answer} == null}}}}"
                yield Found((*node.path, "nextStepId"), message, hint)
        elif not any(on_timeout(node, edge) is not False for edge in node.edges):
            message = "no condition is true if nobody answers in time, so the path ends silently"
            yield Found((*node.path, "selectNextStep"), message, f'add one: "step id": "{{{{{answer} == null}}}}"')


@rule("failure-not-handled", "warning", "The path continues after a failed HTTP request as if it had worked.")
def failure_not_handled(context: Context) -> Iterator[Found]:
    graph = context.graph
    requests = [node for node, _ in context.inputs_by_kind[HttpRequest.step_type] if node.index in graph.reached]
    if not requests or not context.flow.known or context.has_unknown_conditions:
        return
    decides = [(use.node, read) for use, read in context.reads if use.place in ("edge", "condition") or read.guarded]
    tested = {read.path[0] for _, read in decides if read.root == "data" and read.path}
    whole = any(read.root == "data" and not read.path for _, read in decides)
    on_result = {node.index for node, read in decides if read.root == "step"}
    for node in requests:
        followers = [graph.nodes[index].name for index in graph.after[node.index] if index != node.index]
        if followers and node.index not in on_result and not whole and tested.isdisjoint(node.member("outputs")):
            message = (
                f'the path continues to "{followers[0]}" even if the server answers with an error, such as 404 or 500'
            )
            hint = 'use selectNextStep with "{{step.responseCode < 400}}", and a default edge for failures'
            yield Found(node.path, message, hint)


@rule("dtmf-without-call", "warning", 'A WaitForDTMF waits for keys, but no "say&capture" call comes before it.')
def dtmf_without_call(context: Context) -> Iterator[Found]:
    graph = context.graph
    waits = [node for node in graph.nodes if node.declaration is WaitForDTMF and node.index in graph.reached]
    if not waits or not graph.complete:
        return
    after_calls = graph.reach([node.index for node in graph.nodes if _may_capture(node)])
    for node in waits:
        if node.index not in after_calls:
            message = 'no VoiceMessage with the action "say&capture" comes before it, so no call asks for keys'
            yield Found(node.path, message, "add one, and set dtmfRequestId to its clientRequestId")


@rule("capture-without-wait", "warning", 'A "say&capture" call asks for keys, but no WaitForDTMF comes after it.')
def capture_without_wait(context: Context) -> Iterator[Found]:
    graph = context.graph
    if not graph.complete:
        return
    for node, inputs in context.inputs_by_kind[VoiceMessage.step_type]:
        action = inputs.get("action")
        if node.index not in graph.reached or not isinstance(action, str) or "capture" not in action.lower():
            continue
        after = [graph.nodes[index] for index in graph.reach(graph.after[node.index])]
        if "{{" not in action and all(
            each.kind in STEP_KINDS and each.declaration is not WaitForDTMF for each in after
        ):
            message = "the call asks for keys, but no WaitForDTMF comes after it, so they are lost"
            yield Found(node.path, message, "add one, with dtmfRequestId set to the clientRequestId of this call")


@rule("capture-without-digits", "warning", 'A "say&capture" call doesn\'t set how many keys it takes.')
def capture_without_digits(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind[VoiceMessage.step_type]:
        action, params = inputs.get("action"), inputs.get("params")
        if node.index not in context.graph.reached or not isinstance(action, str) or not isinstance(params, dict):
            continue
        if "capture" not in action.lower() or is_script(action):
            continue
        given = {str(name).lower() for name, value in params.items() if value is not None}
        path = (*node.path, "inputs", "params", "maxDigits")
        if "maxdigits" not in given:
            message = "maxDigits isn't set, so the call takes one key, and the others are lost"
            if "mindigits" in given:
                message = "minDigits is set without maxDigits, and the Voice API refuses that"
            yield Found(path, message, "set minDigits and maxDigits, both to 1 for a menu")


@rule("dtmf-without-request-id", "warning", "A WaitForDTMF doesn't name the call that it waits for.")
def dtmf_without_request_id(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.declaration is not WaitForDTMF or isinstance(node.step.get("inputs"), Hole):
            continue
        inputs = {str(name).lower(): value for name, value in node.member("inputs").items()}
        named = [inputs.get(name) for name in ("dtmfrequestid", "correlationid")]
        if all(value is None or (isinstance(value, str) and not value.strip()) for value in named):
            message = "the step doesn't name the call whose keys it waits for"
            hint = "set it to the clientRequestId of the VoiceMessage, stored by one of its outputs"
            yield Found((*node.path, "inputs", "dtmfRequestId"), message, hint)


@rule("overlapping-edges", "warning", "Two edges of a step can be true at the same time, so both paths run.")
def overlapping_edges(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if len(node.edges) < 2:
            continue
        edges = list(zip(node.edges, node.conditions, strict=True))[:_MOST_EDGES]
        known = [(edge, condition) for edge, condition in edges if condition is not None]
        overlap = next(
            (
                (one, other, values)
                for position, (other, second) in enumerate(known)
                for one, first in known[:position]
                if (values := both(first, second)) is not None
            ),
            None,
        )
        if overlap:
            one, other, values = overlap
            when = f"when {show(values)}" if values else "they are the same"
            message = f'this edge and "{one.target}" can both be true ({when}), and then both paths run'
            yield Found(other.path, message, "change the conditions so that only one of them can be true")


def _dangling(context: Context) -> Iterator[tuple[Node, Edge]]:
    if context.graph.ids_known:
        for node in context.nodes:
            yield from ((node, edge) for edge in node.edges if edge.to is None)


def _nearest(context: Context, node: Node, edge: Edge) -> str:
    # Nearer than for words: step3 isn't a misspelling of step1, but chatappsmessage_5823 may be one of …_5822.
    ids = context.graph.by_id.keys() - {node.name}
    return context.did_you_mean(edge.target, ids, cutoff=0.85)


def _may_capture(node: Node) -> bool:
    if node.kind not in STEP_KINDS:
        return True
    action = node.member("inputs").get("action")
    if node.declaration is not VoiceMessage:
        return False
    return not isinstance(action, str) or "{{" in action or "capture" in action.lower()

"""Rules that a team adds to lint: for names, marketing messages, hosts, and the time of day."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pulumi_8x8.lint import Context, Found, is_script, rule

OPT_OUT = "Reply STOP to unsubscribe"
HOSTS = {"api.acme.example", "orders.acme.example"}


@rule("acme-step-names", "warning", "A step's id isn't in snake case.")
def step_names(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.name != node.name.lower() or not node.name.isidentifier():
            yield Found(node.path, f'"{node.name}" isn\'t in snake case', "write lower_case_words")


@rule("acme-opt-out", "error", "A marketing message doesn't show how to unsubscribe.")
def opt_out(context: Context) -> Iterator[Found]:
    if "campaign" not in str(context.definition.name).lower():
        return
    for node, inputs in context.inputs_by_kind["SMS"]:
        text = inputs.get("text")
        if isinstance(text, str) and not is_script(text) and OPT_OUT not in text:
            yield Found((*node.path, "inputs", "text"), "the message has no opt-out", f'end it with "{OPT_OUT}"')


@rule("acme-hosts", "error", "A step calls a host that isn't ours.")
def hosts(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind["HttpRequest"]:
        url = inputs.get("url")
        if isinstance(url, str) and urlsplit(url.partition("{{")[0]).hostname not in HOSTS:
            yield Found(
                (*node.path, "inputs", "url"), "this host isn't allowed", f"call one of {', '.join(sorted(HOSTS))}"
            )


@rule("acme-quiet-hours", "warning", "A message that nobody has just asked for may come at night.")
def quiet_hours(context: Context) -> Iterator[Found]:
    """After a request or a wait, a condition must look at the time before a message is sent."""
    nodes = context.nodes
    timed = {(use.node.index, use.path[-1]) for use, call in context.calls if call.name == "isTimeOfDayBetween"}
    waiting = [after for node in nodes if node.kind == "Wait" for after in context.graph.after[node.index]]
    if context.trigger == "http_request":
        waiting += [node.index for node in nodes if node.first and node.parent is None]
    seen: set[int] = set()
    while waiting:
        node = nodes[waiting.pop()]
        if node.index in seen:
            continue
        seen.add(node.index)
        if node.declaration.role == "sends":
            yield Found(node.path, "the message may come at night", "check isTimeOfDayBetween in an edge before it")
        waiting += [edge.to for edge in node.edges if edge.to is not None and (node.index, edge.target) not in timed]

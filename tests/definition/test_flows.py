"""Links between steps, and results that travel: what comes out of a flow, and what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pulumi_8x8 as automation
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.authorship import calls_of_program
from pulumi_8x8.definition.expressions import Expression
from pulumi_8x8.definition.flows import Compiled, compile_steps
from pulumi_8x8.definition.members import Members, OpenMembers
from pulumi_8x8.definition.payloads import InboundChatApps, InboundSms
from pulumi_8x8.definition.readable import name_of_result
from pulumi_8x8.definition.steps import STEP_KINDS, step_to_api
from pulumi_8x8.definition.triggers import TRIGGERS, Shape
from pulumi_8x8.lint import lint, locate

MESSAGE = automation.inbound_sms()
IS_YES = MESSAGE.payload.body == "yes"


def sms(step_id: str, text: Any = "Hello", **more: Any) -> automation.SMS:
    return automation.SMS(step_id, sub_account_id="acme", destination=MESSAGE.payload.source, text=text, **more)


def wait(step_id: str) -> automation.WaitForReply[Any]:
    return automation.WaitForReply(step_id, from_=MESSAGE.payload.source, channel="sms")


def call(step_id: str, **more: Any) -> automation.HttpRequest:
    return automation.HttpRequest(step_id, method="GET", url="https://example.com", **more)


def bodies(steps: Any) -> dict[str, dict[str, Any]]:
    """What comes out, by id; without inputs if they have no expressions that matter."""
    compiled = compile_steps(steps)
    assert compiled.wrong == []
    return {each["id"]: each for each in map(step_to_api, compiled.steps)}


def links(steps: Any) -> dict[str, Any]:
    """Where each step continues with: an id, or conditions by id."""
    return {step_id: each.get("nextStepId", each.get("selectNextStep")) for step_id, each in bodies(steps).items()}


YES = "{{data.payload.body == 'yes'}}"


def chain() -> Any:
    return sms("a").then(sms("b")).then(sms("c"))


def loop() -> Any:
    a, b = sms("a"), sms("b")
    a.then(b)
    return b.then(a)


def forward() -> Any:
    a, b, c = sms("a"), sms("b"), sms("c")
    b.then(c)
    return [a.then(b), c]


def join() -> Any:
    fork = automation.Branch("a").when(IS_YES, [sms("b"), sms("c")]).otherwise(sms("d"))
    return fork.then(sms("e"))


def join_without_default() -> Any:
    return automation.Branch("a").when(IS_YES, sms("b")).then(sms("c"))


def answers() -> Any:
    rating = wait("a")
    return rating.on_reply(sms("b")).on_timeout([sms("c"), rating]).then(sms("d"))


def keys() -> Any:
    keys = automation.WaitForDTMF("a", dtmf_request_id="x")
    return keys.on_timeout(sms("b")).when(keys.dtmf_data.action_details.dtmf == "1", "b2").otherwise(sms("c"))


def same_target() -> Any:
    b = sms("b")
    return automation.Branch("a").when(IS_YES, b).when(MESSAGE.payload.body == "y", b)


def ids_and_dictionaries() -> Any:
    raw = {"id": "b", "stepType": "Wait", "inputs": {"duration": MESSAGE.payload.body}}
    return [automation.flow(sms("a"), raw, sms("c")), {"id": "d", "stepType": "Wait"}, sms("e", next_step_id="a")]


def steps_for_ids() -> Any:
    b, c = sms("b"), sms("c")
    return [sms("a", next_step_id=b), automation.Branch("z", select_next_step={b: IS_YES, c: None})]


def prefixes() -> Any:
    def ask() -> automation.SMS:
        return sms("ask", select_next_step={"again": YES, "elsewhere": None})

    with automation.prefix("early"), automation.prefix("first"):
        early, again = ask(), sms("again")
    with automation.prefix("late"):
        late = ask()
    return [early, again, late, sms("again"), sms("elsewhere")]


LINKED: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "a chain": (chain, {"a": "b", "b": "c", "c": None}),
    "a loop": (loop, {"b": "a", "a": "b"}),
    "forward links": (forward, {"a": "b", "c": None, "b": "c"}),
    "a sequence": (lambda: automation.flow(sms("a"), [sms("b"), sms("c")]), {"a": "b", "b": "c", "c": None}),
    "a fork that joins": (join, {"a": {"b": YES, "d": None}, "b": "c", "c": "e", "e": None, "d": "e"}),
    "a fork without a default that joins": (join_without_default, {"a": {"b": YES, "c": None}, "b": "c", "c": None}),
    "answers": (
        answers,
        {"a": {"b": "{{step.reply != null}}", "c": "{{step.reply == null}}"}, "b": "d", "d": None, "c": "a"},
    ),
    "keys": (
        keys,
        {
            "a": {"b": "{{step.dtmfData == null}}", "b2": "{{step.dtmfData.actionDetails.dtmf == '1'}}", "c": None},
            "b": None,
            "c": None,
        },
    ),
    "two conditions for one step": (
        same_target,
        {"a": {"b": "{{data.payload.body == 'yes' || data.payload.body == 'y'}}"}, "b": None},
    ),
    "ids and dictionaries": (ids_and_dictionaries, {"a": "b", "d": None, "e": "a", "b": "c", "c": None}),
    "steps for ids": (steps_for_ids, {"a": "b", "z": {"b": YES, "c": None}, "b": None, "c": None}),
    "prefixes": (
        prefixes,
        {
            "early_first_ask": {"early_first_again": YES, "elsewhere": None},
            "early_first_again": None,
            "late_ask": {"again": YES, "elsewhere": None},
            "again": None,
            "elsewhere": None,
        },
    ),
    "a list without links": (lambda: [sms("a"), sms("b")], {"a": None, "b": None}),
}


@pytest.mark.parametrize("case", LINKED)
def test_links(case: str) -> None:
    """Links become ids; steps that are only linked are added."""
    make, wanted = LINKED[case]
    assert links(make()) == wanted


def test_steps_of_an_if() -> None:
    """A flow in ``do`` is a sequence; what is linked from inside and from outside stays outside."""
    outside = sms("outside")
    inside = sms("b").then(sms("c"))
    check = automation.If("a", condition=IS_YES, do=inside)
    check.then(outside)
    found = bodies([check, automation.If("z", condition=IS_YES, do=[[sms("d"), sms("e")], sms("f").then(sms("g"))])])
    assert list(found) == ["a", "z", "outside"]
    assert [[each["id"] for each in sequence] for sequence in found["a"]["do"]] == [["b", "c"]]
    assert found["a"]["do"][0][0]["nextStepId"] == "c"
    assert [[each["id"] for each in sequence] for sequence in found["z"]["do"]] == [["d", "e"], ["f", "g"]]


def _twice(make: Callable[[automation.SMS, automation.SMS], Any]) -> Callable[[], Any]:
    return lambda: make(sms("a"), sms("b"))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "two next steps": (
        _twice(lambda a, b: (a.then(b), a.then(sms("c")))),
        '"a" already continues with "b"; write a.then(b).then(c) for a chain',
    ),
    "a next step beside conditions": (
        _twice(lambda a, b: (a.when(IS_YES, b), a.then(sms("c")))),
        '"a" has conditions; write .otherwise(step)',
    ),
    "conditions beside a next step": (
        _twice(lambda a, b: (a.then(b), a.when(IS_YES, sms("c")))),
        '"a" already continues with a step without a condition',
    ),
    "beside next_step_id": (lambda: sms("a", next_step_id="b").then(sms("c")), '"a" has next_step_id or'),
    "two defaults": (
        _twice(lambda a, b: a.otherwise(b).otherwise(sms("c"))),
        '"a" already continues with "b" if no condition is true',
    ),
    "a condition for the default": (_twice(lambda a, b: a.otherwise(b).when(IS_YES, b)), '"a" has a condition for "b"'),
    "a script and a condition for one step": (
        _twice(lambda a, b: a.when(IS_YES, b).when("{{true}}", b)),
        '"a" has two conditions for "b"; write one',
    ),
    "a value for a condition": (
        _twice(lambda a, b: a.when(MESSAGE.payload.body, b)),  # type: ignore[arg-type]
        "when() takes a condition, and this is a value; compare it",
    ),
    "a step for a condition": (_twice(lambda a, b: a.when(b, b)), "when() takes a condition first"),  # type: ignore[arg-type]
    "two replies": (lambda: wait("a").on_reply(sms("b")).on_reply(sms("c")), '"a" already has on_reply'),
    "a flow without an end": (lambda: automation.Flow(loop().start).then(sms("c")), "no path of the flow"),
    "a number": (lambda: sms("a").then(5), "a link leads to a step, a flow, the id of a step"),  # type: ignore[arg-type]
    "an empty list": (lambda: sms("a").then([]), "a link leads to a step, a flow, the id of a step"),
    "an empty prefix": (lambda: automation.prefix("").__enter__(), "a prefix is a text"),
    "a wrong channel": (lambda: automation.inbound_chat_apps("sms"), "the channel is"),  # type: ignore[call-overload]
    "no class for a body": (lambda: automation.http_request("order"), "http_request takes a class"),  # type: ignore[call-overload]
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_links(case: str) -> None:
    """A link that contradicts another one raises an error with the program's line, and what to write."""
    do, wanted = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=re.escape(wanted)) as raised:
        do()
    assert str(raised.value).startswith("tests/definition/test_flows.py:")


# Results


def test_results_travel() -> None:
    """A result that a later step reads is stored once, under its name; in its own step it is read where it is."""
    order, rating = call("order"), wait("rating")
    thank = sms("thank", f"{order.response_body.id}: {rating.reply.payload.body}")
    order.when(order.response_code < 300, rating).otherwise(sms("sorry", rating.reply.payload.body + "?"))
    rating.on_reply(thank).on_timeout(call("record", body={"deep": [{"id": order.response_body.id}]}))
    found = bodies(order)
    assert found["order"]["selectNextStep"] == {"rating": "{{step.responseCode < 300}}", "sorry": None}
    assert found["order"]["outputs"] == {"order__responseBody": "{{step.responseBody}}"}
    assert found["rating"]["outputs"] == {"rating__reply": "{{step.reply}}"}
    assert found["thank"]["inputs"]["text"] == "{{data.order__responseBody.id}}: {{data.rating__reply.payload.body}}"
    assert found["record"]["inputs"]["body"] == {"deep": [{"id": "{{data.order__responseBody.id}}"}]}
    assert found["sorry"]["inputs"]["text"] == "{{data.rating__reply.payload.body + '?'}}"
    assert "outputs" not in found["thank"]


def test_known_members_travel_alone() -> None:
    """A member that is always there is stored itself, and no more than that."""
    voice = automation.VoiceMessage("call", action="say&capture", params={})
    keys = automation.WaitForDTMF("keys", dtmf_request_id=voice.response.client_request_id)
    found = bodies(voice.then(keys).then(sms("a", voice.response["uid"] + voice.response.other)))
    assert found["call"]["outputs"] == {
        "call__response__clientRequestId": "{{step.response.clientRequestId}}",
        "call__response__uid": "{{step.response.uid}}",
        "call__response": "{{step.response}}",
    }
    assert found["keys"]["inputs"]["dtmfRequestId"] == "{{data.call__response__clientRequestId}}"
    assert found["a"]["inputs"]["text"] == "{{data.call__response__uid + data.call__response.other}}"


def test_outputs_of_the_author() -> None:
    """The author's own outputs stay, and read the result of their step."""
    order = call(
        "order",
        outputs={"attempts": automation.if_else(automation.data.attempts.is_null(), 1, automation.data.attempts + 1)},
    )
    loud = automation.WaitForReply(
        "rating", from_="x", channel="sms", outputs={"rating": automation.step.reply.payload.body}
    )
    found = bodies(order.then(loud).then(sms("a", f"{order.response_code}{loud.reply.payload.umid}")))
    assert found["order"]["outputs"] == {
        "attempts": "{{data.attempts == null ? 1 : data.attempts + 1}}",
        "order__responseCode": "{{step.responseCode}}",
    }
    assert found["rating"]["outputs"] == {"rating": "{{step.reply.payload.body}}", "rating__reply": "{{step.reply}}"}


def _wrong(steps: Any) -> list[str]:
    return [f"{'.'.join(map(str, each.path))}: {each.message}" for each in compile_steps(steps).wrong]


def test_results_that_are_not_there() -> None:
    """A read that can't work is reported, with the line of the step that reads."""
    order, other = call("order"), call("other")
    own = sms("own")
    object.__setattr__(own, "text", f"{own.umid}")
    assert _wrong([own]) == [
        "steps.own.inputs.text: the step has its own umid only afterwards; read it in its outputs or conditions, "
        "or later"
    ]
    assert _wrong([sms("a", f"{other.response_code}")]) == [
        'steps.a.inputs.text: reads responseCode of "other", which isn\'t in this workflow; add the step, or link it'
    ]
    taken = sms("b", outputs={"order__responseCode": "x"})
    assert _wrong(order.then(taken).then(sms("c", f"{order.response_code}"))) == [
        "steps.b.outputs.order__responseCode: a result that another step reads has this name; rename the output"
    ]


def test_a_result_that_may_be_missing() -> None:
    """Lint reports it at the line of the step that reads: on the path of a timeout, and where only some paths go."""
    rating, order = wait("rating"), call("order")
    order.when(IS_YES, rating).otherwise(sms("skip").then("late"))
    rating.on_timeout(sms("quiet", f"You wrote {rating.reply.payload.body}")).on_reply(
        sms("late", f"{rating.reply.payload.body}")
    )
    compiled = compile_steps(order)
    definition = Definition.of(
        name="x", trigger="inbound_sms", status="enabled", sub_account_id=None, steps=compiled.steps
    )
    found = {(each.rule, each.path[1]): each for each in locate(lint(definition), compiled.lines)}
    assert set(found) >= {("reply-on-timeout", "quiet"), ("data-sometimes-written", "late")}
    for rule, step in (("reply-on-timeout", "quiet"), ("data-sometimes-written", "late")):
        problem = found[rule, step]
        assert f"{problem.file}:{problem.line}" == compiled.lines[step]
        assert "data.rating__reply" in problem.message


NAMES = json.loads((Path(__file__).parent / "travelling_names.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("step_id", "path", "name"), NAMES)
def test_frozen_names(step_id: str, path: list[str], name: str) -> None:
    """The names of results never change: running workflows have them in their data."""
    assert name_of_result(step_id, path) == name


_PATHS = st.lists(st.sampled_from(["reply", "response", "uid", "umid", "responseBody"]), min_size=1, max_size=2)


@given(
    st.text(max_size=8) | st.text("ab_", max_size=6), _PATHS, st.text(max_size=8) | st.text("ab_", max_size=6), _PATHS
)
def test_names_are_of_one_result(one: str, path: list[str], other: str, other_path: list[str]) -> None:
    """Two results never have the same name, and a name needs no quotes in a script."""
    name = name_of_result(one, path)
    assert re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII)
    assert (name == name_of_result(other, other_path)) == ((one, path) == (other, other_path))


# Lines


def compiled_here(steps: Any) -> Compiled:
    return compile_steps(steps, calls_of_program())


def test_the_line_of_a_helper() -> None:
    """A step of a helper is at the author's line, with the helper's line as detail; lint's text has both."""

    def helper(step_id: str) -> automation.SMS:
        return sms(step_id, "")

    steps = [helper("a"), *[helper(each) for each in "b"]]
    own = automation.Wait("c", duration="1")
    compiled = compiled_here([*steps, own])
    here = "tests/definition/test_flows.py"
    assert re.fullmatch(rf"{here}:(\d+) \(in sms, {here}:\d+\)", compiled.lines["a"])
    assert compiled.lines["b"].split(" ")[0] == compiled.lines["a"].split(" ")[0]
    assert compiled.lines["c"] == own.where
    definition = Definition.of(name="x", trigger="inbound_sms", status=None, sub_account_id=None, steps=compiled.steps)
    problem = next(each for each in locate(lint(definition), compiled.lines) if each.path[:2] == ("steps", "a"))
    assert re.match(rf"{here}:\d+: steps.a.+ \(in sms, {here}:\d+\)$", str(problem))


def test_nothing_to_compile() -> None:
    """Steps without links and expressions come out as the same objects; values that may do anything are left alone."""

    class Bad(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError

    deep: list[Any] = []
    deep.append(deep)
    wide: list[Any] = ["x"]
    for _ in range(12):
        wide = [wide] * 12
    step = automation.Wait("a", duration="1")
    raw = {"id": "b", "stepType": "Wait"}
    odd = call("c", body=[Bad(a=1), deep, wide, object()])
    itself: dict[str, Any] = {"id": "d", "stepType": "If"}
    itself["do"] = [[itself]]
    compiled = compile_steps([step, raw, odd, None, [step], itself])
    assert [one is other for one, other in zip(compiled.steps, [step, raw, odd, None], strict=False)] == [True] * 4
    assert compile_steps(None).steps is None
    assert compile_steps("text").steps == "text"


def test_steps_are_not_changed() -> None:
    """A flow can be compiled again, in another workflow too."""
    flow = chain()
    assert bodies(flow) == bodies(flow)
    assert flow.start.next_step_id is None


# Shapes


def _shape(kind: type[Expression]) -> Shape | None:
    from pulumi_8x8.definition.members import declared_members

    if not issubclass(kind, Members):
        return None
    inside = {wire_name: _shape(each) for wire_name, each in declared_members(kind).values()}
    return {**inside, "*": None} if issubclass(kind, OpenMembers) else inside


def test_types_are_the_shapes_of_lint() -> None:
    """The typed triggers have the members that lint knows, without members of the first version of the SMS webhook."""
    sms_shape = {key: value for key, value in TRIGGERS["inbound_sms"].items() if key not in _FIRST_VERSION}
    assert _shape(InboundSms) == sms_shape
    assert _shape(InboundChatApps) == TRIGGERS["inbound_chat_apps"]
    keys = automation.WaitForDTMF("a").dtmf_data
    assert _shape(type(keys)) == STEP_KINDS["WaitForDTMF"].result["dtmfData"]
    assert (
        _shape(type(automation.VoiceMessage("a", action="say", params={}).response))
        == STEP_KINDS["VoiceMessage"].result["response"]
    )
    assert _shape(type(wait("a").reply)) == {
        key: value
        for key, value in STEP_KINDS["WaitForReply"].result_of({"channel": "sms"})["reply"].items()
        if key not in _FIRST_VERSION  # type: ignore[union-attr]
    }


_FIRST_VERSION = {"umid", "type", "source", "destination", "body", "encoding", "receivedAt"}


def test_declared_bodies() -> None:
    """A body that the program declares has those members, in their own spelling."""

    delivery = automation.http_request(Delivery)
    assert repr(delivery.phone_number) == "<expression data.phone_number>"
    assert repr(automation.http_request().anything.else_) == "<expression data.anything.else_>"
    with pytest.raises(AttributeError, match='did you mean "phone_number"'):
        _ = delivery.phonenumber  # type: ignore[attr-defined]


class Delivery(automation.Members):
    """What starts a call."""

    phone_number: automation.Value

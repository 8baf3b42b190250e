"""Every rule finds what it is for, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.definition import UNKNOWN, Definition, read_source
from pulumi_8x8.lint import RULES, Problem, lint
from tools.docs.rules import FOLDER, example, problems_of


@pytest.mark.parametrize("rule", RULES)
def test_the_failing_example_breaks_this_rule_only(rule: str) -> None:
    """``<rule>.fails.yaml`` breaks the rule it is named after, with its severity, and no other."""
    found = problems_of(example(rule, "fails"))
    assert {problem.rule for problem in found} == {rule}
    assert {problem.severity for problem in found} == {RULES[rule].severity}


@pytest.mark.parametrize("rule", RULES)
def test_the_passing_example_is_clean(rule: str) -> None:
    """``<rule>.passes.yaml`` breaks no rule at all."""
    assert problems_of(example(rule, "passes")) == ()


def test_every_example_belongs_to_a_rule() -> None:
    """There is one pair of examples for each rule, and none for a rule that is gone."""
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{rule}.{kind}.yaml" for rule in RULES for kind in ("fails", "passes")
    }


def test_a_problem_has_its_place_in_the_file() -> None:
    """A problem has the file's name and the line of its path, and shows them first."""
    (problem,) = problems_of(example("malformed-duration", "fails"))
    text = example("malformed-duration", "fails").read_text(encoding="utf-8").splitlines()
    assert "5 minutes" in text[(problem.line or 0) - 1]
    assert str(problem).startswith(f"{problem.file}:{problem.line}: steps.pause.inputs.duration: ")


def test_a_caret_stands_under_the_place() -> None:
    """The excerpt of a problem in a script has the script's line, and a caret under the place that is wrong."""
    (problem,) = problems_of(example("unknown-country", "fails"))
    code, caret = problem.excerpt.split("\n")
    assert code[caret.index("^") :].startswith("'SGP'")


CALL = {"source": "+6500000000", "destination": "+6512345678", "text": "Hi", "voiceProfile": "en-US-ZiraRUS"}


def _steps(*steps: dict[str, Any]) -> list[dict[str, Any]]:
    return list(steps)


def _text(script: str) -> dict[str, Any]:
    return {
        "id": "say",
        "stepType": "SMS",
        "inputs": {"subAccountId": "a", "destination": "+6512345678", "text": script},
    }


def _edges(**edges: Any) -> list[dict[str, Any]]:
    targets = [{**_text("Hello"), "id": target} for target in edges]
    return [{"id": "choose", "stepType": "Branch", "selectNextStep": edges}, *targets]


def _ask(*then: dict[str, Any], outputs: dict[str, str] | None = None, **way: Any) -> list[dict[str, Any]]:
    inputs = {"from": "{{data.payload.source}}", "channel": "sms"}
    return [{"id": "ask", "stepType": "WaitForReply", "inputs": inputs, "outputs": outputs or {}, **way}, *then]


def _call(next: str = "say", **more: Any) -> dict[str, Any]:
    step = {
        "id": "call",
        "stepType": "HttpRequest",
        "inputs": {"url": "https://example.com", "method": "GET"},
        "outputs": {"code": "{{step.responseCode}}"},
        "selectNextStep": {next: "{{step.responseCode < 400}}"},
    }
    return {**step, **more}


TEXT = "data.payload.body"
#: What the examples alone would not show: steps after an inbound SMS, and the rules that they break.
CASES: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "a placeholder of a message template": (_steps(_text("Dear {{1}}, {{2}}")), set()),
    "methods and globals of JavaScript": (
        _steps(_text("{{data.payload.body.trim().toLowerCase() + Math.max(1, 2)}}")),
        set(),
    ),
    "a function with a parameter": (
        _steps(_text("{{data.payload.body.split(',').map(part => part.trim())}}")),
        set(),
    ),
    "an object literal": (_steps(_text("{{ {a: {b: data.payload.body}} }}")), set()),
    "braces in a string of a script": (_steps(_text("{{data.payload.body + '}}'}}")), set()),
    "typographic quotes": (_steps(_text("{{stringContains(data.payload.body, ‘a’)}}")), {"script-syntax"}),
    "an argument left out": (_steps(_text("{{stringContains(data.payload.body,, 'a')}}")), {"script-syntax"}),
    "a script that returns": (_steps(_text("{{return data.payload.body}}")), {"script-syntax"}),
    "the first version of the SMS webhook": (_steps(_text("{{data.source + data.receivedAt}}")), set()),
    "a misspelled member of the trigger": (_steps(_text("{{data.payload.sorce}}")), {"trigger-path"}),
    "an input of any case": (
        _steps({**_text("a"), "inputs": {"subaccountid": "a", "Destination": "+6512345678", "TEXT": "a"}}),
        set(),
    ),
    "an unknown step type with anything in it": (
        _steps({"id": "a", "stepType": "Fax", "inputs": {"pages": 3}}),
        set(),
    ),
    "scripts beside the inputs of an unknown step type": (
        _steps(
            _call("fax"),
            {"id": "fax", "stepType": "Fax", "header": {"code": "{{data.code}}"}},
        ),
        set(),
    ),
    "a next step that a script chooses": (
        _steps({**_text("Hello"), "nextStepId": "{{data.payload.body}}"}, {**_text("Bye"), "id": "bye"}),
        set(),
    ),
    "an output that has a name of the first webhook version": (
        _steps(_call(outputs={"umid": "{{step.responseBody.umid}}"}), _text("{{data.umid}}")),
        set(),
    ),
    "outputs that are read as a whole": (
        _steps(
            _call(),
            {
                **_call(),
                "id": "say",
                "inputs": {**_call()["inputs"], "method": "POST", "body": "{{data}}"},
                "outputs": {},
                "selectNextStep": None,
            },
        ),
        set(),
    ),
    "empty texts for what is not needed": (
        _steps({**_call(), "inputs": {**_call()["inputs"], "parameters": "", "headers": ""}}, _text("{{data.code}}")),
        set(),
    ),
    "an action left out": (
        _steps({"id": "a", "stepType": "VoiceMessage", "inputs": {"params": CALL}}),
        set(),
    ),
    "a time zone that CLDR has dropped": (
        _edges(
            a="{{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '11:59:59', 'Kamchatka Standard Time')}}",
            b=None,
        ),
        set(),
    ),
    "steps in a do that is never reached": (
        _steps(
            _text("Hello"),
            {
                "id": "if",
                "stepType": "If",
                "inputs": {"condition": f"{{{{{TEXT} == '1'}}}}"},
                "do": [[{**_text("Hello"), "id": "inside"}]],
            },
        ),
        {"unreachable-step"},
    ),
    "an unknown input": (_steps({**_text("a"), "inputs": {**_text("a")["inputs"], "validity": 3}}), set()),
    "a JSON text with two braces at its end": (_steps(_text('{"a": {"b": 1}}')), set()),
    "the same path tested for two values": (
        _edges(a=f"{{{{{TEXT} == '1'}}}}", b=f"{{{{{TEXT} == '2'}}}}", c=None),
        set(),
    ),
    "null and not null": (_edges(a=f"{{{{{TEXT} == null}}}}", b=f"{{{{{TEXT} != null}}}}"), set()),
    "true and not true": (_edges(a=f"{{{{{TEXT}}}}}", b=f"{{{{!{TEXT}}}}}"), set()),
    "two countries": (
        _edges(
            a="{{isCountryCode(data.payload.source, 'SG')}}", b="{{isCountryCode(data.payload.source, 'MY')}}", c=None
        ),
        set(),
    ),
    "conditions on different things": (
        _edges(a=f"{{{{{TEXT} == '1'}}}}", b="{{isCountryCode(data.payload.source, 'MY')}}", c=None),
        set(),
    ),
    "ranges that overlap": (
        _edges(a="{{data.payload.smsCount > 1}}", b="{{data.payload.smsCount >= 2}}", c=None),
        {"overlapping-edges"},
    ),
    "ranges that do not": (
        _edges(a="{{data.payload.smsCount > 1}}", b="{{data.payload.smsCount <= 1}}"),
        {"branch-without-default"},  # an smsCount that isn't a number
    ),
    "equal conditions": (
        _edges(a=f"{{{{{TEXT} == '1'}}}}", b=f"{{{{ {TEXT} == '1' }}}}", c=None),
        {"overlapping-edges"},
    ),
    "true as a condition": (_edges(a="true"), set()),
    "hours that the rules cannot compare": (
        _edges(
            a="{{isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '11:59:59', 'UTC')}}",
            b="{{isTimeOfDayBetween(data.payload.timestamp, '12:00:00', '17:00:00', 'UTC')}}",
            c=None,
        ),
        set(),
    ),
    "one edge as a jump": (_edges(a=None), set()),
    "a timeout tested through an output": (
        _ask(
            {**_text("Bye"), "id": "late"},
            _text("{{data.reply.payload.body}}"),
            outputs={"reply": "{{step.reply}}"},
            selectNextStep={"late": "{{data.reply == null}}", "say": "{{data.reply != null}}"},
        ),
        set(),
    ),
    "a timeout that a Branch looks at": (
        _ask(
            {"id": "choose", "stepType": "Branch", "selectNextStep": {"say": "{{data.reply != null}}", "late": None}},
            {**_text("Bye"), "id": "late"},
            _text("{{data.reply.payload.body}}"),
            outputs={"reply": "{{step.reply}}"},
            nextStepId="choose",
        ),
        set(),
    ),
    "a timeout that an If looks at": (
        _ask(
            {
                "id": "if",
                "stepType": "If",
                "inputs": {"condition": "{{data.reply != null}}"},
                "do": [[_text("{{data.reply.payload.body}}")]],
            },
            outputs={"reply": "{{step.reply}}"},
            nextStepId="if",
        ),
        set(),
    ),
    "a timeout that goes on as if there were a reply": (
        _ask(_text("{{data.reply.payload.body}}"), outputs={"reply": "{{step.reply}}"}, nextStepId="say"),
        {"timeout-not-handled"},
    ),
    "an edge that is taken on a timeout, and otherwise as well": (
        _steps(
            _call("ask", outputs={"tries": "{{step.responseBody.tries}}"}),
            *_ask(
                {**_text("{{data.reply}}"), "id": "done"},
                _text("Again?"),
                outputs={"reply": "{{step.reply.payload.body}}"},
                selectNextStep={
                    "done": "{{step.reply == null || data.tries > 3}}",
                    "say": "{{step.reply != null && data.tries <= 3}}",
                },
            ),
        ),
        set(),
    ),
    "an edge that an empty answer takes, too": (
        _ask(
            {**_text("{{data.answer.payload.umid}}"), "id": "none"},
            _text("{{data.answer.payload.body}}"),
            outputs={"answer": "{{step.reply}}"},
            selectNextStep={
                "none": "{{step.reply == null || step.reply.payload.body == ''}}",
                "say": "{{step.reply != null && step.reply.payload.body != ''}}",
            },
        ),
        set(),
    ),
    "a wait that is not for an answer": (_ask(_text("Bye"), nextStepId="say"), set()),
    "a reply of the wrong channel": (
        _ask(
            {**_text("Bye"), "id": "late"},
            _text("{{data.reply.payload.content.text}}"),
            outputs={"reply": "{{step.reply}}"},
            selectNextStep={"late": "{{step.reply == null}}", "say": "{{step.reply != null}}"},
        ),
        {"step-path"},
    ),
    "a value tested before it is read": (
        _steps(
            {
                "id": "choose",
                "stepType": "Branch",
                "selectNextStep": {"call": f"{{{{{TEXT} == '1'}}}}", "test": None},
            },
            _call("test"),
            {"id": "test", "stepType": "Branch", "selectNextStep": {"say": "{{data.code != null}}", "other": None}},
            _text("{{data.code}}"),
            {**_text("Bye"), "id": "other"},
        ),
        set(),
    ),
    "a comparison that is no test": (
        _steps(
            {"id": "choose", "stepType": "Branch", "selectNextStep": {"call": f"{{{{{TEXT} == '1'}}}}", "say": None}},
            _call(),
            _text("{{data.code == 200}}"),
        ),
        {"data-sometimes-written"},
    ),
    "what an If writes is not there for sure afterwards": (
        _steps(
            {
                "id": "if",
                "stepType": "If",
                "inputs": {"condition": f"{{{{{TEXT} == '1'}}}}"},
                "do": [[{**_call(), "selectNextStep": None}]],
                "nextStepId": "say",
            },
            _text("{{data.code}}"),
        ),
        {"data-sometimes-written", "failure-not-handled"},
    ),
    "a wait in the circle": (
        _ask(_text("Again?"), selectNextStep={"say": None})[:1] + _steps({**_text("Again?"), "nextStepId": "ask"}),
        {"loop-without-end"},
    ),
}


def _rules(definition: Definition) -> set[str]:
    return {problem.rule for problem in lint(definition)}


def _definition(steps: list[dict[str, Any]], trigger: Any = "inbound_sms") -> Definition:
    return Definition.from_body(
        {"trigger": trigger, "status": "enabled", "definition": {"name": "Example", "steps": steps}}
    )


@pytest.mark.parametrize("case", CASES)
def test_cases(case: str) -> None:
    """The rules distinguish similar mistakes: each case breaks exactly the rules beside it."""
    steps, expected = CASES[case]
    assert _rules(_definition(steps)) == expected


def test_spelling_of_status_and_trigger() -> None:
    """Another case is unusual, but the service may well take it."""
    body = {"trigger": "Inbound_SMS", "status": "Enabled", "definition": {"name": "x", "steps": [_text("Hello")]}}
    assert [problem.rule for problem in lint(Definition.from_body(body))] == ["unusual-spelling"] * 2


@pytest.mark.parametrize(
    ("member", "rules"), [("sticker", set()), ("txt", {"trigger-path"}), ("interactive.list_reply.id", set())]
)
def test_content_of_types_that_are_not_published(member: str, rules: set[str]) -> None:
    """The content of a chat message has more members than are known; only a slip of the pen is a problem."""
    assert _rules(_definition(_steps(_text(f"{{{{data.payload.content.{member}}}}}")), "inbound_chat_apps")) == rules


def test_what_is_in_an_unreachable_if_is_not_reported_again() -> None:
    """One problem for an If that nothing reaches, none for the steps in it."""
    step, expected = CASES["steps in a do that is never reached"]
    found = lint(_definition(step))
    assert [problem.rule for problem in found] == list(expected)


def test_steps_in_the_wrong_place() -> None:
    """Steps beside the definition differ from no steps at all."""
    body = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x"}, "steps": [_text("Hello")]}
    (problem,) = lint(Definition.from_body(body))
    assert problem.rule == "no-steps"
    assert "move" in problem.hint


def test_a_misspelled_output_where_a_request_can_bring_anything() -> None:
    """What nothing writes is a problem only where it is nearly what something writes."""
    steps = _steps(
        _call(outputs={"answer": "{{step.responseCode}}"}), _text("{{data.answr}} {{data.answer}} {{data.name}}")
    )
    (problem,) = lint(_definition(steps, "http_request"))
    assert (problem.rule, problem.hint) == ("data-never-written", 'did you mean "answer"?')


def _paths(value: Any, path: str) -> list[str]:
    if isinstance(value, dict):
        return [path, *(each for name, item in value.items() for each in _paths(item, f"{path}.{name}"))]
    return [path]


@pytest.mark.parametrize(
    "path", sorted((FOLDER.parents[1] / "payloads").glob("inbound_*.json")), ids=lambda path: path.stem
)
def test_everything_that_a_trigger_brings_can_be_read(path: Path) -> None:
    """No member of a published inbound message is taken for one that its trigger does not have."""
    trigger = "inbound_sms" if "sms" in path.stem else "inbound_chat_apps"
    text = " ".join(f"{{{{{each}}}}}" for each in _paths(json.loads(path.read_text(encoding="utf-8")), "data")[1:])
    assert _rules(_definition(_steps(_text(text)), trigger)) == set()


@pytest.mark.parametrize("output", ["variable 0", "{{step.status}}"])
def test_outputs_named_like_what_a_request_brings(output: str) -> None:
    """A name that is read before a step writes it comes with the request, and has a value everywhere."""
    first = {
        **_text("{{data.number}}"),
        "outputs": {"number": output},
        "selectNextStep": {"a": "{{1 == 1}}", "b": None},
    }
    other = [{**_text("{{data.number + data.sum}}"), "id": id, "nextStepId": "c"} for id in ("a", "b")]
    other[1]["outputs"] = {"sum": "{{1}}", "number": "{{2}}"}
    steps = [first, *other, {**_text("{{data.number}}"), "id": "c"}]
    problems = {(problem.rule, problem.path[1]) for problem in lint(_definition(steps, "http_request"))}
    assert {name for name, _ in problems} & {"data-never-written", "data-sometimes-written"} == set()
    problems = {(problem.rule, problem.path[1]) for problem in lint(_definition(steps, "inbound_sms"))}
    assert ("data-never-written", "say") in problems


def test_a_result_comes_with_no_request() -> None:
    """Reading a step's result before the step is a problem, whatever the trigger."""
    steps = [
        {**_text("{{data.b__status}}"), "nextStepId": "b"},
        {**_text("b"), "id": "b", "outputs": {"b__status": "{{step.status}}"}},
    ]
    assert [problem.rule for problem in lint(_definition(steps, "http_request"))] == ["data-never-written"]


@pytest.mark.parametrize("trigger", ["http_request", "not_published_yet", UNKNOWN])
def test_a_trigger_that_can_bring_anything(trigger: Any) -> None:
    """Where it is not known what the trigger brings, nothing that is read from it is a problem."""
    definition = _definition(_steps(_text("{{data.customer.name + data.payload.user.phone}}")), trigger)
    assert _rules(definition) <= {"unknown-trigger"}


def _holes(value: Any) -> list[Any]:
    """Copies of ``value`` with one of its members at a time not known yet."""
    if isinstance(value, dict):
        return [{**value, key: each} for key, item in value.items() for each in (UNKNOWN, *_holes(item))]
    if isinstance(value, list):
        return [
            [*value[:at], each, *value[at + 1 :]] for at, item in enumerate(value) for each in (UNKNOWN, *_holes(item))
        ]
    return []


#: Those that are clean without levels, too.
CLEAN = [rule for rule in RULES if problems_of(example(rule, "passes"), levels=False) == ()]


@pytest.mark.parametrize("rule", CLEAN)
def test_a_hole_is_never_a_problem(rule: str) -> None:
    """Whatever in a clean definition is not known yet, down to single values, it stays clean."""
    body = dict(read_source(example(rule, "passes")).body)
    inner = dict(body.pop("definition"))
    for outside in _holes(body):
        assert lint(Definition.from_body({**outside, "definition": inner})) == ()
    for inside in _holes(inner):
        assert lint(Definition.from_body({**body, "definition": inside})) == ()


def _places(problems: tuple[Problem, ...]) -> list[str]:
    return [str(problem.path[1]) for problem in problems if problem.path[0] == "steps"]


def test_problems_come_in_the_order_of_the_flow() -> None:
    """All problems come together: the parts first, then the steps in their order."""
    steps = [
        {"id": "z", "stepType": "Wait", "inputs": {"duration": "soon"}, "nextStepId": "a"},
        {"id": "m", "stepType": "Wait", "inputs": {"duration": "later"}},
        {"id": "a", "stepType": "Wait", "inputs": {"duration": "never"}, "nextStepId": "m"},
    ]
    found = lint(Definition.from_body({"definition": {"steps": steps}}))
    assert [problem.path[0] for problem in found[:3]] == ["name", "trigger", "status"]
    assert _places(found) == ["z", "a", "m"]

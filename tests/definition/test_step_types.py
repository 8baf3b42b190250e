"""A step type is declared in one file; everything that knows step types follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pulumi_8x8
from pulumi_8x8.definition import STEP_KINDS, UNKNOWN, Definition, steps
from pulumi_8x8.definition.steps import inputs_of, invalid_inputs
from pulumi_8x8.definition.steps.base import (
    Duration,
    Info,
    Object,
    Phrases,
    Step,
    Text,
    declared_inputs,
    inputs_adapter,
    step,
)
from pulumi_8x8.definition.triggers import members
from pulumi_8x8.lint import lint
from pulumi_8x8.review.edits import compare_steps
from pulumi_8x8.review.effects import effects_of
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.simulator import Engine, ManualClock
from pulumi_8x8.simulator.behaviour import BEHAVIOUR, StepCall
from pulumi_8x8.simulator.outcomes import Outcome, WaitFor
from tools.docs.schema import workflow_schema


@step
class Fax(Step):
    """Sends a fax and waits until ``step.receipt`` comes, null on timeout."""

    step_type = "Fax"
    role = "waits"
    result = members("", receipt=members("pages"))
    answer = "step.receipt"
    words = Phrases(
        added="a further fax goes out, {}", removed="the fax {} no longer goes out", text="{} reads differently"
    )

    number: Annotated[Text, Info("where it goes.")]
    lines: Annotated[list[str], Info()]
    paper: Annotated[Text | None, Info(values=("letter", "legal"), default="letter")] = None
    cover: Annotated[Object | None, Info()] = None
    timeout: Annotated[Duration | None, Info(default="00:10:00")] = None


def fax(call: StepCall) -> Outcome:
    """Waits for the receipt."""
    timeout = call.duration("timeout")
    return WaitFor(f"{call.inputs['number']} {call.input('paper')}", timeout)  # type: ignore[arg-type]


@pytest.fixture
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STEP_KINDS, "Fax", Fax)
    monkeypatch.setitem(BEHAVIOUR, "Fax", fax)


GOOD = {"number": "+6512345678", "lines": ["Hello"]}


def _definition(inputs: dict[str, Any], **more: Any) -> Definition:
    body = {"id": "send", "stepType": "fax", "inputs": inputs, **more}
    return Definition.from_body(
        {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": [body]}}
    )


@pytest.mark.usefixtures("_registered")
def test_a_program_writes_it() -> None:
    """The constructor takes the id, checks nothing, and comes out in the service's shape."""
    given = Fax("send", number=UNKNOWN, lines=5, cover={"a": 1})  # type: ignore[arg-type]
    assert given.to_api() == {
        "id": "send",
        "stepType": "Fax",
        "inputs": {"number": UNKNOWN, "lines": 5, "cover": {"a": 1}},
    }


@pytest.mark.usefixtures("_registered")
@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        (GOOD, None),
        (GOOD | {"lines": "{{data.lines}}", "cover": "{{data.cover}}", "timeout": "{{data.t}}"}, None),
        ({"number": UNKNOWN, "lines": UNKNOWN, "timeout": UNKNOWN}, None),
        (GOOD | {"paper": "A4", "timeout": "00:01:00", "cover": {}}, None),
        (
            {"numbr": "+65", "lines": []},
            'number is missing, and Fax needs it; is "numbr" a misspelling of it? [missing-input]',
        ),
        (GOOD | {"number": " "}, "number is empty, and Fax needs it; write inputs.number [empty-input]"),
        (GOOD | {"lines": {}}, "Fax takes a list here, not an object [wrong-type]"),
        (GOOD | {"lines": [[]]}, "Fax takes a text here, not a list [wrong-type]"),
        (GOOD | {"number": 65}, "Fax takes a text here, not a number; write it in quotes [number-for-text]"),
        (GOOD | {"papr": "legal"}, 'Fax has no papr; did you mean "paper"? [misspelled-input]'),
        (
            GOOD | {"paper": "leter"},
            '"leter" isn\'t a published value of paper; did you mean "letter"? [misspelled-value]',
        ),
        (GOOD | {"timeout": "5m"}, '"5m" is not a duration'),
        (GOOD | {"timeout": "00:05"}, "[unusual-duration]"),
    ],
)
def test_lint_checks_it(inputs: dict[str, Any], problem: str | None) -> None:
    """Missing, empty, wrong, misspelled: lint reports the inputs of any type, and of any annotation."""
    found = lint(_definition(inputs))
    assert len(found) == (0 if problem is None else 1)
    assert problem is None or problem in str(found[0])


@pytest.mark.usefixtures("_registered")
def test_lint_knows_what_it_gives() -> None:
    """Scripts can read its result, and the answer that is null on timeout."""
    then = {"id": "end", "stepType": "Fax", "inputs": GOOD | {"number": "{{data.pages}}"}}
    steps = [{"id": "a", "stepType": "Fax", "inputs": GOOD, "outputs": {"pages": "{{step.receipt.pags}}"}}, then]
    steps[0]["nextStepId"] = "end"
    body = {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    found = {problem.rule: problem for problem in lint(Definition.from_body(body))}
    assert set(found) == {"step-path", "timeout-not-handled"}
    message = "the result of Fax doesn't have step.receipt.pags: it has no value"
    assert f'{message}; did you mean "pages"?' in str(found["step-path"])
    assert "{{step.receipt == null}}" in str(found["timeout-not-handled"])


@pytest.mark.usefixtures("_registered")
def test_editors_check_it() -> None:
    """The JSON Schema offers it, describes its inputs, and takes what lint takes."""
    schema = workflow_schema()
    assert "Fax" in schema["$defs"]["step"]["properties"]["stepType"]["anyOf"][0]["enum"]
    assert schema["$defs"]["Fax"]["description"] == "Sends a fax and waits until step.receipt comes, null on timeout."
    inputs = schema["$defs"]["Fax"]["properties"]["inputs"]
    assert inputs["required"] == ["number", "lines"]
    assert inputs["properties"]["number"]["description"] == "where it goes."
    assert (
        inputs["properties"]["paper"] | {"default": "letter", "examples": ["letter", "legal"]}
        == inputs["properties"]["paper"]
    )
    validator = jsonschema.Draft202012Validator(schema)
    for inputs, valid in ((GOOD, True), (GOOD | {"lines": "{{data.lines}}"}, True), (GOOD | {"lines": "x"}, False)):
        assert validator.is_valid(_definition(inputs).body()) == valid


@pytest.mark.usefixtures("_registered")
def test_the_simulator_runs_it() -> None:
    """It runs in any spelling, with the declared defaults."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    engine = Engine([{"id": "send", "stepType": "fax", "inputs": GOOD}], ManualClock(start))
    advance = engine.advance(engine.start({}))
    assert advance is not None
    (run,) = advance.instance.runs
    assert (run.event, run.wake_at and str(run.wake_at - start)) == ("+6512345678 letter", "0:10:00")


@pytest.mark.usefixtures("_registered")
def test_a_review_shows_it() -> None:
    """What is added, removed and changed, in the words of the type; lengths of time against the default."""

    def effects(before: Definition | None, after: Definition) -> list[str]:
        return [plain(effect) for effect in effects_of(compare_steps(before, after))]

    before = _definition(GOOD)
    assert effects(before, _definition(GOOD | {"lines": ["Hello there", "you"]})) == ["`send` reads differently"]
    assert effects(before, _definition(GOOD | {"timeout": "00:05:00"})) == [
        "the timeout of `send` drops from 10 minutes to 5 minutes"
    ]
    other = {"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}
    base = {"trigger": "http_request", "status": "enabled"}
    without = Definition.from_body({**base, "definition": {"name": "x", "steps": [other]}})
    both = [{**other, "nextStepId": "send"}, {"id": "send", "stepType": "Fax", "inputs": GOOD}]
    with_it = Definition.from_body({**base, "definition": {"name": "x", "steps": both}})
    assert "a further fax goes out, `send`" in effects(without, with_it)
    assert "the fax `send` no longer goes out" in effects(with_it, without)


def test_nothing_forgets_a_type() -> None:
    """Each file declares one type, which is registered, exported, and has a behaviour."""
    files = {path.stem for path in Path(steps.__file__).parent.glob("[!_]*.py")} - {"base"}
    assert {kind.__module__.rpartition(".")[2] for kind in STEP_KINDS.values()} == files
    assert len(files) == len(STEP_KINDS)
    assert set(BEHAVIOUR) == set(STEP_KINDS)
    assert {kind.__name__ for kind in STEP_KINDS.values()} <= set(pulumi_8x8.__all__)
    assert all(getattr(pulumi_8x8, kind.__name__) is kind for kind in STEP_KINDS.values())


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    ["", "text", "{{data.a}}", "5", 5, 0.5, True, [], {}, {"a": 1}, None, UNKNOWN, "00:05:00", "00:05", "1.5"]
)


@given(st.sampled_from(list(STEP_KINDS)), st.data())
def test_what_passes_without_pydantic_passes_with_it(name: str, data: st.DataObject) -> None:
    """The short way past pydantic takes nothing that pydantic does not take."""
    kind = STEP_KINDS[name]
    inputs = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(inputs_of(name), VALUES)))
    if not invalid_inputs(kind, inputs):
        inputs_adapter(kind).validate_python({key: value for key, value in inputs.items() if value is not None})
    assert declared_inputs(kind) == inputs_of(name)

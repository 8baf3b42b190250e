"""The order of steps, edges and members comes through the engine, which keeps none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import corpus
from pulumi_8x8.definition import (
    ORDER,
    SMS,
    UNKNOWN,
    Branch,
    ChatAppsMessage,
    Definition,
    Hole,
    HttpRequest,
    Json,
    Path,
    encode,
    from_inputs,
    record_order,
    to_inputs,
)
from pulumi_8x8.definition.places import map_places, replace_places

from .test_encoding import engine
from .test_model import JSON, STEP, turned, without_noise


def _of(*steps: Any) -> Definition:
    return Definition.of(name="x", trigger="t", status=None, sub_account_id=None, steps=list(steps))


def _text(definition: Definition) -> str:
    return json.dumps(definition.body())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", corpus.FILES)
def test_the_corpus_comes_back_as_it_is_written(name: str, seed: int) -> None:
    """A published file is sent unchanged, to the byte, for any order of keys in the engine."""
    came = from_inputs(engine(to_inputs(Definition.from_body(corpus.BODIES[name])), seed))
    assert _text(came) == json.dumps(without_noise(corpus.BODIES[name]))


@example(steps={"0": None, "": None, "None": None}, more={"": []}, seed=0)  # no start, which isn't a step called None
@given(
    steps=st.lists(STEP | JSON, max_size=5) | JSON,
    more=st.dictionaries(st.text().filter(lambda key: key != "steps"), JSON, max_size=3),
    seed=st.integers(0, 99),
)
def test_any_order_comes_through(steps: Any, more: dict[str, Any], seed: int) -> None:
    """The body after the engine is the one before it, to the byte, for any JSON; and so is the record made of it."""
    definition = Definition.from_body({**more, "definition": {"steps": steps, "name": "x"}})
    inputs = to_inputs(definition)
    came = from_inputs(engine(inputs, seed))
    assert _text(came) == _text(definition)
    assert to_inputs(came)[ORDER] == inputs[ORDER]


@given(st.data())
def test_any_order_of_few_names_comes_through(data: st.DataObject) -> None:
    """The same where mappings have the same names in different orders, which no list of words can give them all."""
    names = st.permutations(["a", "b", "c", "id", "type"]).flatmap(lambda each: st.sampled_from([each, each[:3]]))
    inputs = st.lists(names.map(dict.fromkeys), min_size=1, max_size=6)
    steps = [{**dict.fromkeys(data.draw(names), 1), "id": str(at), "inputs": data.draw(inputs)} for at in range(3)]
    definition = _of(*steps)
    assert _text(from_inputs(engine(to_inputs(definition)))) == _text(definition)


CHAT = ChatAppsMessage("a", sub_account_id="a", user={"msisdn": "1"}, type="text", content={"text": "Hi"})

CALL = HttpRequest("b", url="u", method="GET", headers={}, body=1, timeout_seconds=5)

#: What is written into users' state: its bytes count, and what is read from it must stay the same.
RECORDS: dict[str, tuple[list[Any], str]] = {
    "nothing": ([], "[]"),
    "the usual order": ([CHAT, CALL, SMS("c", sub_account_id="a", destination="1", text="x", next_step_id="a")], "[]"),
    "other inputs": (
        [{"id": "a", "inputs": {"url": 1, "method": 2, "body": 3, "headers": 4}}],
        '[["url","method","body"]]',
    ),
    "steps": ([{"id": "a"}, {"id": "c"}, {"id": "b"}, {"id": "d"}], '[["c"]]'),
    "edges, which come as the steps do": (
        [Branch("a", select_next_step={"yes": "1", "no": None}), {"id": "yes"}, {"id": "no"}],
        '[["yes"]]',
    ),
    "an id in the middle": ([{"stepType": "Wait", "id": "a"}], '[["stepType"]]'),
    "one order here and another there": (
        [{"id": "a", "inputs": {"y": 1, "x": 2}}, {"id": "b", "inputs": {"x": 1, "y": 2}}],
        '[["x","y"],[["steps","a","inputs"],["y","x"]]]',
    ),
    "a step inside of a do": (
        [{"id": "a", "do": [[{"id": "b", "inputs": {"y": 1, "x": 2}}, {"id": "c", "inputs": {"x": 1, "y": 2}}]]}],
        '[["x","y"],[["steps","a","do",0,0,"inputs"],["y","x"]]]',
    ),
    "letters of other alphabets": ([{"id": "a", "inputs": {"ö": 1, "n": 2}}], '[["ö"]]'),
}


@pytest.mark.parametrize(("steps", "record"), RECORDS.values(), ids=RECORDS.keys())
def test_what_is_recorded(steps: list[Any], record: str) -> None:
    """Only what the usual order and the alphabet would get wrong, each name once."""
    definition = _of(*steps)
    assert to_inputs(definition)[ORDER] == record
    assert _text(from_inputs(engine(to_inputs(definition)))) == _text(definition)


def test_the_order_of_the_body_is_recorded() -> None:
    """Members of the body, and of the definition in it, stand where the file has them, unknown ones among them."""
    body = {
        "definition": {"steps": [{"id": "a"}], "note": 1, "name": "x"},
        "tags": {"b": 1, "a": 2},
        "status": "enabled",
        "trigger": "t",
    }
    assert _text(from_inputs(engine(to_inputs(Definition.from_body(body))))) == json.dumps(body)


def test_the_record_is_short() -> None:
    """In published definitions it takes less than a tenth of what the inputs take."""
    inputs = [to_inputs(Definition.from_body(body)) for body in corpus.BODIES.values()]
    record = sum(len(each[ORDER]) for each in inputs)
    assert record < sum(len(json.dumps(each, separators=(",", ":"))) - len(each[ORDER]) for each in inputs) / 10


FLOW = [
    {"id": "start", "inputs": {"b": 1, "a": {"y": 1, "x": 2}}, "selectNextStep": {"z": "{{data.x}}", "c": None}},
    {"id": "a_orphan", "extra": 1, "stepType": "Wait"},
    {"id": "c"},
    {"id": "z"},
]
#: The result without a record.
UNRECORDED = [
    {"id": "start", "inputs": {"a": {"x": 2, "y": 1}, "b": 1}, "selectNextStep": {"c": None, "z": "{{data.x}}"}},
    {"id": "z"},
    {"id": "c"},
    {"id": "a_orphan", "stepType": "Wait", "extra": 1},
]

MALFORMED: list[Json] = [
    "",
    "{",
    "{}",
    "5",
    "[5]",
    "[null]",
    '[["a",5]]',
    '[["a"],5]',
    '[["a"],[["steps"]]]',
    '[["a"],[["steps"],"a"]]',
    '[["a"],[[null],["a"]]]',
    '[["a"],[["steps"],["a"],1]]',
    "[" * 100_000,
    None,
    5.0,
    ["a"],
    UNKNOWN,
]


@pytest.mark.parametrize("record", ["none", *MALFORMED], ids=lambda record: repr(record)[:30])
def test_without_a_record(record: Json) -> None:
    """Inputs of older versions, and of a state that somebody edited: the alphabet, steps in the order of the flow."""
    inputs = to_inputs(_of(*FLOW))
    if record == "none":
        del inputs[ORDER]
    else:
        inputs[ORDER] = record
    for seed in range(4):
        sent = from_inputs(engine(inputs, seed)).body()
        assert json.dumps(sent["definition"]["steps"]) == json.dumps(UNRECORDED)


@pytest.mark.parametrize(
    "record", ['[["a"],[["steps","a","x"],["b"]],[["steps","b","do",9],["b"]],[["none",true,-1],["x"]],[[],["x"]]]']
)
def test_a_record_of_something_else(record: str) -> None:
    """Places that are not there are passed over; what is there is sent."""
    definition = _of(*FLOW)
    came = from_inputs({**to_inputs(definition), ORDER: record})
    assert came == definition
    assert json.loads(_text(came)).keys() == definition.body().keys()


def test_a_state_that_somebody_broke() -> None:
    """Other wrong parts raise nothing either, with a record and without."""
    inputs = to_inputs(Definition.from_body({"tags": 1, "definition": {"name": "x", "note": 1, "steps": FLOW}}))
    for broken in ({"more": {"definition": 5}}, {"start": ["a"]}, {"start": "none"}, {"steps": 5}):
        from_inputs({**inputs, **broken}).body()
        from_inputs({**inputs, **broken, ORDER: None}).body()


def test_keys_that_the_record_does_not_know() -> None:
    """What somebody added comes after what is recorded, by the alphabet; what they removed doesn't matter."""
    definition = _of(
        {"id": "s", "inputs": {"y": 1, "x": 2, "w": 3}, "selectNextStep": {"z": 1, "b": 2}},
        {"id": "z", "inputs": {"x": 1, "y": 2, "w": 3}},
        {"id": "b"},
    )
    inputs = to_inputs(definition)
    inputs["steps"]["s"]["inputs"] |= {"d": 1, "c": 2}
    inputs["steps"]["z"]["inputs"] |= {"d": 1, "c": 2}
    inputs["steps"]["s"]["selectNextStep"] |= {"a": "1"}
    inputs["steps"]["a"] = {"stepType": "Wait"}
    del inputs["steps"]["z"]["inputs"]["y"]
    for seed in range(4):
        steps = from_inputs(engine(inputs, seed)).body()["definition"]["steps"]
        assert [step["id"] for step in steps] == ["s", "z", "a", "b"]
        assert list(steps[0]["inputs"]) == ["y", "x", "c", "d", "w"]
        assert list(steps[0]["selectNextStep"]) == ["z", "a", "b"]
        assert list(steps[1]["inputs"]) == ["x", "w", "c", "d"]


class _Later(Hole):
    """An Output."""

    def __init__(self, value: Json) -> None:
        self.value = value


def _known(definition: Definition, *secret: Path) -> Definition:
    """``definition`` with the values of its holes, except for the holes at ``secret``."""

    def fill(path: Path, leaf: Json) -> Json:
        return leaf.value if isinstance(leaf, _Later) and path not in secret else leaf

    return map_places(definition, fill)


STEPS = [
    {"inputs": {"text": 1, "destination": 2}, "id": "z", "selectNextStep": {"c": "1", "a": None}},
    {"id": "c", "do": [[{"id": "in", "inputs": {"y": 1, "x": {"q": 1, "p": 2}}}]]},
    {"id": "a", "do": []},
]
LATER: dict[str, Any] = {
    "inputs": [{**STEPS[0], "inputs": _Later(STEPS[0]["inputs"])}, *STEPS[1:]],
    "edges": [{**STEPS[0], "selectNextStep": _Later(STEPS[0]["selectNextStep"])}, *STEPS[1:]],
    "sequences": [STEPS[0], {**STEPS[1], "do": _Later(STEPS[1]["do"])}, STEPS[2]],
    "inside of a do": [
        STEPS[0],
        {"id": "c", "do": [[{"id": "in", "inputs": _Later({"y": 1, "x": {"q": 1, "p": 2}})}]]},
        STEPS[2],
    ],
    "all steps": _Later(STEPS),
}


@pytest.mark.parametrize("steps", LATER.values(), ids=LATER.keys())
def test_what_is_known_late(steps: Any) -> None:
    """The record of a definition whose holes have been filled has their order, in the canonical form and before it."""
    definition = Definition.of(name="x", trigger="t", status=None, sub_account_id=None, steps=steps)
    inputs = to_inputs(definition, lambda hole: encode(hole.value))  # type: ignore[attr-defined]
    inputs[ORDER] = record_order(_known(definition))
    came = from_inputs(engine(inputs))
    assert _text(came) == _text(_of(*STEPS))
    # check() returns to the engine what it read, and the record that the program made.
    again = from_inputs(engine({**to_inputs(came), ORDER: inputs[ORDER]}, 1))
    assert _text(again) == _text(_of(*STEPS))
    assert to_inputs(came)[ORDER] == inputs[ORDER]


@pytest.mark.parametrize("steps", LATER.values(), ids=LATER.keys())
def test_what_is_not_known_yet(steps: Any) -> None:
    """Without that a value that comes late has one order, whatever the engine does; the others keep theirs."""
    definition = Definition.of(name="x", trigger="t", status=None, sub_account_id=None, steps=steps)
    inputs = to_inputs(definition, lambda hole: encode(hole.value))  # type: ignore[attr-defined]
    assert len({_text(from_inputs(engine(inputs, seed))) for seed in range(4)}) == 1


SECRET = {"id": "a", "inputs": {"headers": _Later({"X-Zebra": 1, "X-Apple": {"zz": 1, "aa": 2}}), "b": 1}}
DO = {"id": "if", "do": [[SECRET]]}


@pytest.mark.parametrize(
    ("steps", "secret"),
    [
        ([SECRET], ("steps", "a", "inputs", "headers")),
        ([DO], ("steps", "if", "do", 0, "a", "inputs", "headers")),
        (_Later([{"id": "b"}, {"id": "X-Zebra"}, {"id": "X-Apple", "zz": {"zz": 1, "aa": 1}}]), ("steps",)),
        (_Later({"X-Zebra": 1, "X-Apple": 2}), ("steps",)),
    ],
)
def test_names_inside_of_a_secret(steps: Any, secret: Path) -> None:
    """They are not recorded: neither by the program, which leaves the hole, nor by who has only the plain values."""
    definition = Definition.of(name="x", trigger="t", status=None, sub_account_id=None, steps=steps)
    assert "X-Zebra" in record_order(_known(definition))
    inputs = to_inputs(definition, lambda hole: encode(hole.value))  # type: ignore[attr-defined]
    for record in (
        inputs[ORDER],
        record_order(_known(definition, secret)),
        record_order(replace_places(_known(definition), [secret], lambda _: None)),
        record_order(replace_places(from_inputs(engine(inputs)), [secret], lambda _: None)),
    ):
        assert not any(name in record for name in ("Zebra", "Apple", "zz", "aa"))


def test_whoever_turns_a_definition_around_has_another_record() -> None:
    """The record is of the order: it differs for the same definition with all its members the other way round."""
    body = corpus.BODIES["05-docs-menu-waitforreply"]
    one, other = Definition.from_body(body), Definition.from_body(turned(body))
    assert one == other
    assert to_inputs(one)[ORDER] != to_inputs(other)[ORDER]

"""Three-way comparison: who changed a place, and what follows from it.

In the tables a leaf has four forms, in this order: the program's *last* definition, what the service *answered* then,
what is *live* now, and what the program *wants* now. ``NO`` is a member that doesn't exist.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.definition import Definition, Path
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import OnDrift, Plan, covers, reconcile, undo, without_additions

NO: Any = object()

Tree = dict[str, Any]
Outcome = tuple[Any, list[str], list[str], list[str]]


def step(**members: Any) -> Tree:
    return {"id": "say", "stepType": "SMS", "inputs": {"subAccountId": "a", "destination": "b", "text": "t"}, **members}


def of(*steps: Any, **envelope: Any) -> Definition:
    given = {"name": "menu", "trigger": "inbound_sms", "status": "enabled", "sub_account_id": None, **envelope}
    return Definition.of(steps=list(steps) or [step()], **given)


def with_input(key: str, value: Any, kind: str = "SMS") -> Definition:
    made = step(stepType=kind)
    if value is not NO:
        made["inputs"][key] = value
    return of(made)


def planned(place: Callable[[Any], Definition], forms: tuple[Any, Any, Any, Any], **options: Any) -> Plan:
    said, answered, live, wanted = map(place, forms)
    return reconcile(wanted, live, said, answered, **options)


def shown(changes: tuple[Any, ...]) -> list[str]:
    return [f"{change.path[-1]} {change.kind}" for change in changes]


SOURCE = "source"


def member(definition: Definition) -> Any:
    """What ``definition`` has as the input ``source``, which the program may leave out."""
    return definition.steps["say"].get("inputs", {}).get(SOURCE, NO)


#: Forms of a leaf that the model knows; what is sent, what that changes, the drift, the conflicts among it.
LEAVES: dict[str, tuple[tuple[Any, Any, Any, Any], Outcome]] = {
    "nobody changed it": (("a", "a", "a", "a"), ("a", [], [], [])),
    "the program changes it": (("a", "a", "a", "b"), ("b", ["source changed"], [], [])),
    "somebody changed it": (("a", "a", "x", "a"), ("a", ["source changed"], ["source changed"], [])),
    "both changed it": (("a", "a", "x", "b"), ("b", ["source changed"], ["source changed"], ["source changed"])),
    "both say the same now": (("a", "a", "b", "b"), ("b", [], [], [])),
    "the service normalised it": (("a", "A", "A", "a"), ("a", [], [], [])),
    "normalised, and the program changes it": (("a", "A", "A", "b"), ("b", ["source changed"], [], [])),
    "normalised, and somebody changed it": (("a", "A", "x", "a"), ("a", ["source changed"], ["source changed"], [])),
    "normalised, and somebody wrote what the program says": (("a", "A", "a", "a"), ("a", [], [], [])),
    "what the program said is live again, and it changes that": (
        ("a", "A", "a", "b"),
        ("b", ["source changed"], [], []),
    ),
    "the program takes over what the service made of it": (("a", "A", "A", "A"), ("A", [], [], [])),
    "the service added it": ((NO, "s", "s", NO), ("s", [], [], [])),
    "the service added it, and somebody changed that": (
        (NO, "s", "x", NO),
        (NO, ["source changed"], ["source changed"], []),
    ),
    "the service added it, and the program says otherwise": ((NO, "s", "s", "b"), ("b", ["source changed"], [], [])),
    "the program adds it": ((NO, NO, NO, "b"), ("b", ["source added"], [], [])),
    "somebody added it": ((NO, NO, "x", NO), (NO, ["source removed"], ["source added"], [])),
    "both added it": ((NO, NO, "x", "b"), ("b", ["source changed"], ["source added"], ["source added"])),
    "the program removes it": (("a", "a", "a", NO), (NO, ["source removed"], [], [])),
    "the program removes what was normalised": (("a", "A", "A", NO), (NO, ["source removed"], [], [])),
    "somebody removed it": (("a", "a", NO, "a"), ("a", ["source added"], ["source removed"], [])),
    "both removed it": (("a", "a", NO, NO), (NO, [], [], [])),
    "the service dropped it": (("a", NO, NO, "a"), ("a", [], [], [])),
    "the service dropped it, and the program changes it": (("a", NO, NO, "b"), ("b", ["source added"], [], [])),
    "null is a value": ((None, None, NO, None), (None, ["source added"], ["source removed"], [])),
    "true is not 1": ((1, 1, 1, True), (True, ["source changed"], [], [])),
    "0 is not false": ((False, False, 0, False), (False, ["source changed"], ["source changed"], [])),
}


@pytest.mark.parametrize("case", LEAVES)
def test_leaves(case: str) -> None:
    """Who changed a leaf decides what is sent, what counts as a change, and what counts as drift."""
    forms, (target, changes, drift, conflicts) = LEAVES[case]
    plan = planned(lambda value: with_input(SOURCE, value), forms)
    assert (member(plan.target), shown(plan.changes)) == (target, changes)
    assert (shown(plan.drift), shown(plan.conflicts)) == (drift, conflicts)


#: Forms of a leaf for `on_drift="warn"`: what is sent, what that changes.
WARNED: dict[str, tuple[tuple[Any, Any, Any, Any], Any, list[str]]] = {
    "theirs stays": (("a", "a", "x", "a"), "x", []),
    "what they added stays": ((NO, NO, "x", NO), "x", []),
    "what they removed stays away": (("a", "a", NO, "a"), NO, []),
    "theirs in place of a normalised one stays": (("a", "A", "x", "a"), "x", []),
    "the program's change is stored over theirs": (("a", "a", "x", "b"), "b", ["source changed"]),
    "the program's own change": (("a", "a", "a", "b"), "b", ["source changed"]),
}


@pytest.mark.parametrize("case", WARNED)
def test_warn(case: str) -> None:
    """With `warn` a place that only somebody else changed is left alone, and is drift all the same."""
    forms, target, changes = WARNED[case]
    plan = planned(lambda value: with_input(SOURCE, value), forms, on_drift="warn")
    assert (member(plan.target), shown(plan.changes)) == (target, changes)
    assert bool(plan.drift) is (case != "the program's own change")


@pytest.mark.parametrize("on_drift", ["overwrite", "stop"])
def test_stop_plans_like_overwrite(on_drift: OnDrift) -> None:
    """To stop is for the caller, who sees the drift; the plan itself is the same."""
    forms = ("a", "a", "x", "a")
    plan = planned(lambda value: with_input(SOURCE, value), forms, on_drift=on_drift)
    assert (member(plan.target), shown(plan.drift)) == ("a", ["source changed"])


def test_without_history() -> None:
    """If the program's last definition isn't known, every difference is the program's, and nothing is drift."""
    live, wanted = with_input(SOURCE, "x"), with_input(SOURCE, NO)
    plan = reconcile(wanted, live)
    assert (member(plan.target), shown(plan.changes), plan.drift) == (NO, ["source removed"], ())


def test_an_answer_without_the_last_declaration() -> None:
    """Of a definition that moved here only the answer is known: what differs from it is drift."""
    answered, live = with_input(SOURCE, "a"), with_input(SOURCE, "x")
    assert shown(reconcile(answered, live, None, answered).drift) == ["source changed"]
    assert reconcile(answered, answered, None, answered).changes == ()


# Members that neither the model nor the program knows


def more(key: str) -> Callable[[Any], Definition]:
    def place(value: Any) -> Definition:
        inner = {} if value is NO else {"owner": value}
        return of(more={"definition": inner} if key == "definition" else inner)

    return place


def test_beside_what_the_program_no_longer_has() -> None:
    """The last unknown member of the program in ``definition`` goes, and what somebody else wrote beside it stays.

    A pinned version is such a program: it has what the service had added, and a program without the pin doesn't.
    """
    declared = of(more={"definition": {"rev": 1}})
    live = of(more={"definition": {"rev": 2, "owner": "Ann"}})
    assert reconcile(of(), live, declared, declared).target.more == {"definition": {"owner": "Ann"}}


def on_step(value: Any) -> Definition:
    return of(step(**({} if value is NO else {"owner": value})))


def sequence(*steps: Tree) -> Definition:
    return of({"id": "ask", "stepType": "If", "inputs": {"condition": "c"}, "do": [list(steps)]})


def named(id: str, text: str = "t", **members: Any) -> Tree:
    return {"id": id, "stepType": "SMS", "inputs": {"text": text}, **members}


#: Where a member that the model does not know may stand.
FOREIGN: dict[str, Callable[[Any], Definition]] = {
    "the envelope": more("envelope"),
    "the definition": more("definition"),
    "a step": on_step,
    "a step's inputs": lambda value: with_input("owner", value),
    "a step of a type that the model does not know": lambda value: with_input("owner", value, "Teleport"),
    "a step inside of a do": lambda value: sequence({**named("say"), **({} if value is NO else {"owner": value})}),
    "the inputs of a step inside of a do": lambda value: sequence(
        *with_input("owner", value).body()["definition"]["steps"]
    ),
}


@pytest.mark.parametrize("history", [True, False])
@pytest.mark.parametrize("where", FOREIGN)
def test_the_services_own_members(where: str, history: bool) -> None:
    """What the service, or a newer one, has beside the model's members is sent back, and never shows as a change."""
    place = FOREIGN[where]
    said = (place(NO), place(NO)) if history else (None, None)
    plan = reconcile(place(NO), place({"deep": [1]}), *said)
    assert not compare(plan.target, place({"deep": [1]}))
    assert (plan.changes, plan.drift) == ((), ())


@pytest.mark.parametrize("where", FOREIGN)
def test_a_foreign_member_that_the_program_declared(where: str) -> None:
    """What the program declares beyond the model is removed and restored with the program."""
    place = FOREIGN[where]
    removed = reconcile(place(NO), place("a"), place("a"), place("a"))
    assert not compare(removed.target, place(NO))
    assert [change.kind for change in removed.changes] == ["removed"]
    changed = reconcile(place("b"), place("a"), place("a"), place("a"))
    assert not compare(changed.target, place("b"))
    edited = reconcile(place("a"), place("x"), place("a"), place("a"))
    assert not compare(edited.target, place("a"))
    assert len(edited.drift) == 1


@pytest.mark.parametrize("value", ["a", {"deep": [1]}])
@pytest.mark.parametrize("where", FOREIGN)
def test_what_others_wrote_in_a_pinned_version(where: str, value: Any) -> None:
    """It stays when the pin is lifted, if it was there before. What only the pin brought back goes with the pin."""
    place = FOREIGN[where]
    there = reconcile(place(value), place(value), place(NO), place(NO), restores=True)
    assert (there.changes, there.drift) == ((), ())
    assert not compare(reconcile(place(NO), place(value), there.declared, place(value)).target, place(value))
    brought = reconcile(place(value), place(NO), place(NO), place(NO), restores=True)
    assert not compare(brought.target, place(value))
    assert not compare(reconcile(place(NO), place(value), brought.declared, place(value)).target, place(NO))


@pytest.mark.parametrize("where", FOREIGN)
def test_without_additions(where: str) -> None:
    """Showing what is stored leaves the service's own members out, and keeps the program's."""
    place = FOREIGN[where]
    assert not compare(without_additions(place("own"), place(NO)), place(NO))
    assert not compare(without_additions(place("own"), place("said")), place("own"))


@pytest.mark.parametrize("key", ["source", "text"])
def test_a_members_of_the_model_is_no_addition(key: str) -> None:
    """What the model knows shows, whether or not the program declares it."""
    stored, said = with_input(key, "x"), of(step(inputs={"subAccountId": "a"}))
    assert without_additions(stored, said).steps["say"]["inputs"][key] == "x"


@pytest.mark.parametrize("service", ["encoding", "owner"])
def test_another_type_of_step(service: str) -> None:
    """A step with another type in the program keeps nothing that the service added to the inputs of the old one."""
    said, wanted = with_input("text", "t"), of(step(stepType="Wait", inputs={"duration": "1"}))
    live = with_input(service, "added")
    plan = reconcile(wanted, live, said, live)
    assert not compare(plan.target, wanted)
    assert plan.drift == ()


# Lists


def listed(items: Any) -> Definition:
    return of({"id": "call", "stepType": "HttpRequest", "inputs": {"url": "u", "body": {"tags": items}}})


#: Forms of a list in the program; what is sent, the places of changes and of drift.
LISTS: dict[str, tuple[tuple[Any, Any, Any, Any], Any, list[Path], list[Path]]] = {
    "an item is changed by the program": ((["a", "b"], ["a", "b"], ["a", "b"], ["a", "c"]), ["a", "c"], [(1,)], []),
    "an item is normalised": ((["a", "b"], ["A", "b"], ["A", "b"], ["a", "b"]), ["a", "b"], [], []),
    "normalised, and another item is changed": (
        (["a", "b"], ["A", "b"], ["A", "b"], ["a", "c"]),
        ["a", "c"],
        [(1,)],
        [],
    ),
    "somebody changed an item": ((["a", "b"], ["a", "b"], ["a", "x"], ["a", "b"]), ["a", "b"], [(1,)], [(1,)]),
    "somebody added an item": ((["a"], ["a"], ["a", "x"], ["a"]), ["a"], [(1,)], [()]),
    "somebody removed an item": ((["a", "b"], ["a", "b"], ["a"], ["a", "b"]), ["a", "b"], [(1,)], [()]),
    "the program adds an item": ((["a"], ["a"], ["a"], ["a", "b"]), ["a", "b"], [(1,)], []),
    "both are empty": (([], [], [], []), [], [], []),
    "the program empties it": ((["a"], ["a"], ["a"], []), [], [(0,)], []),
    "a list becomes a text": ((["a"], ["a"], ["a"], "a"), "a", [()], []),
}


@pytest.mark.parametrize("case", LISTS)
def test_lists(case: str) -> None:
    """Lists of one length are compared item by item; others whole, and what is sent is the program's."""
    forms, target, changes, drift = LISTS[case]
    plan = planned(listed, forms)
    head: Path = ("steps", "call", "inputs", "body", "tags")
    assert plan.target.steps["call"]["inputs"]["body"]["tags"] == target
    assert [change.path for change in plan.changes] == [(*head, *place) for place in changes]
    assert [change.path for change in plan.drift] == [(*head, *place) for place in drift]


def test_steps_inside_of_a_do_go_by_their_ids() -> None:
    """Steps that the service answers in another order keep its members, and get the program's texts, each its own."""
    said = sequence(named("a"), named("b"))
    live = sequence(named("b", owner=2), named("a", owner=1))
    wanted = sequence(named("a", "new"), named("b"))
    plan = reconcile(wanted, live, said, live)
    assert not compare(plan.target, sequence(named("a", "new", owner=1), named("b", owner=2)))


def test_other_steps_inside_of_a_do() -> None:
    """If the program puts another step into a sequence, the program's sequence is sent."""
    said, wanted = sequence(named("a")), sequence(named("a"), named("c"))
    plan = reconcile(wanted, said, said, said)
    assert not compare(plan.target, wanted)
    assert plan.changes


# Ignored places

TEXT: Path = ("steps", "say", "inputs", "text")

#: Ignored places, and whether the step's text is ignored with them.
IGNORED: dict[str, tuple[list[Path], bool]] = {
    "the leaf": ([TEXT], True),
    "what it is in": ([("steps", "say")], True),
    "everything": ([("*",)], True),
    "a wildcard": ([("steps", "*", "inputs", "text")], True),
    "a wildcard at the end": ([("steps", "say", "*")], True),
    "one of several": ([("name",), TEXT], True),
    "another leaf": ([("steps", "say", "inputs", "source")], False),
    "another step": ([("steps", "other")], False),
    "something in it": ([(*TEXT, "deep")], False),
    "a wildcard in its place": ([("steps", "*", "outputs")], False),
}


@pytest.mark.parametrize("case", IGNORED)
@pytest.mark.parametrize("live", ["t", "edited"])
def test_ignored(case: str, live: str) -> None:
    """An ignored place stays unchanged on the service, whoever changed it, and isn't drift."""
    ignored, stays = IGNORED[case]
    said = of()
    plan = reconcile(with_input("text", "new"), with_input("text", live), said, said, ignored)
    assert plan.target.steps["say"]["inputs"]["text"] == (live if stays else "new")
    assert (not plan.changes) is stays
    assert bool(plan.drift) is (live == "edited" and not stays)


def test_ignored_beside_a_change() -> None:
    """Other places change while an ignored one stays; the last declaration is then no longer the inputs."""
    said = of()
    live = with_input("text", "edited")
    plan = reconcile(replace(with_input("text", "new"), name="other"), live, said, said, [TEXT])
    assert [change.path for change in plan.changes] == [("name",)]
    assert plan.target.steps["say"]["inputs"]["text"] == "edited"
    assert plan.declared == replace(live, name="other")


@pytest.mark.parametrize("live", [of(), of(step(), {"id": "new", "stepType": "Wait", "inputs": {"duration": "1"}})])
def test_a_whole_step_that_is_ignored(live: Definition) -> None:
    """A step that the program removes, or adds, isn't removed or added while it is ignored."""
    other = of(step(), {"id": "new", "stepType": "Wait", "inputs": {"duration": "2"}})
    plan = reconcile(other if "new" not in live.steps else of(), live, live, live, [("steps", "new")])
    assert plan.target.steps == live.steps
    assert not plan.changes


@pytest.mark.parametrize(
    ("pattern", "path", "whether"),
    [
        (("a",), ("a",), True),
        (("a",), ("a", "b"), True),
        (("a", "b"), ("a",), False),
        (("*", "b"), ("a", "b", 0), True),
        (("a", "*"), ("a",), False),
        (("a", 0), ("a", 0), True),
        (("a", "0"), ("a", 0), False),
        ((), ("a",), True),
    ],
)
def test_covers(pattern: Path, path: Path, whether: bool) -> None:
    """A pattern covers the place that it names, and what is in it."""
    assert covers(pattern, path) is whether


# The status, which the service fills in


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(None, "disabled", True), ("Enabled", "enabled", True), (None, "enabled", False), ("DISABLED", None, True)],
)
def test_statuses(one: str | None, other: str | None, same: bool) -> None:
    """An absent status is a disabled one, and case makes no difference."""
    for wanted, live in ((one, other), (other, one)):
        plan = reconcile(of(status=wanted), of(status=live))
        assert (not plan.changes) is same


# Undoing

#: What was changed in between.
UNDONE: dict[str, tuple[Definition, Definition]] = {
    "a text": (of(), with_input("text", "edited")),
    "an input that was added": (of(), with_input("source", "x")),
    "an input that was removed": (with_input("source", "x"), of()),
    "a step that was added": (of(), of(step(), named("new"))),
    "a step that was removed": (of(step(), named("new")), of()),
    "the name and the status": (of(), of(name="other", status="disabled")),
    "an item of a list": (listed(["a", "b"]), listed(["a", "x"])),
    "a list": (listed(["a", "b"]), listed(["a"])),
    "a step inside of a do": (sequence(named("a")), sequence(named("a", "edited"))),
}


@pytest.mark.parametrize("case", UNDONE)
def test_undo(case: str) -> None:
    """Without the drift, what is stored is what was answered: the base of the next comparison."""
    before, after = UNDONE[case]
    drift = reconcile(before, after, before, before).drift
    assert not compare(undo(after, drift), before)


# Properties

LEAF = st.sampled_from(["a", "b", 0, 1, True, None])
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xyz"), inner), max_leaves=4
)
KNOWN = {
    kind: st.fixed_dictionaries({}, optional=dict.fromkeys(keys, VALUE))
    for kind, keys in {"SMS": ("text", "source", "encoding"), "Wait": ("duration",)}.items()
}
UNKNOWN = st.fixed_dictionaries({}, optional={"owner": VALUE})


@st.composite
def definitions(draw: st.DrawFn, foreign: bool = False) -> Definition:
    """Definitions that are alike, with members that the model does not know when they are ``foreign``."""
    steps = []
    for id in draw(st.lists(st.sampled_from(["one", "two", "three"]), unique=True, max_size=3)):
        kind = draw(st.sampled_from(["SMS", "Wait"]))
        inputs = {**draw(KNOWN[kind]), **(draw(UNKNOWN) if foreign else {})}
        steps.append({"id": id, "stepType": kind, "inputs": inputs})
        if foreign:
            steps[-1].update(draw(UNKNOWN))
        if draw(st.booleans()):
            steps[-1]["do"] = [[{"id": "in", "stepType": "SMS", "inputs": draw(KNOWN["SMS"])}]]
    return Definition.of(
        name=draw(st.sampled_from(["menu", "other"])),
        trigger="inbound_sms",
        status=draw(st.sampled_from([None, "enabled", "disabled"])),
        sub_account_id=draw(st.sampled_from([None, "a"])),
        steps=steps,
        more=draw(UNKNOWN) if foreign else {},
    )


MAYBE = st.none() | definitions(foreign=True)
POLICIES: st.SearchStrategy[Literal["overwrite", "warn", "stop"]] = st.sampled_from(["overwrite", "warn", "stop"])


@given(said=definitions(foreign=True), answered=definitions(foreign=True), on_drift=POLICIES)
def test_nothing_happened(said: Definition, answered: Definition, on_drift: OnDrift) -> None:
    """As long as the service holds what it answered, whatever that is, and the program declares the same: no change."""
    plan = reconcile(said, answered, said, answered, on_drift=on_drift)
    assert (plan.changes, plan.drift, plan.conflicts) == ((), (), ())


@given(wanted=definitions(), live=definitions(foreign=True), said=st.none() | definitions(), answered=MAYBE)
def test_nothing_foreign_is_lost(wanted: Definition, live: Definition, said: Definition | None, answered: Any) -> None:
    """The envelope, steps and their inputs keep every member that neither model nor program knows.

    A step of another type is another step, whose inputs are the program's.
    """
    target = reconcile(wanted, live, said, answered).target
    assert target.more.get("owner", NO) == live.more.get("owner", NO)
    for id, step in wanted.steps.items():
        held = live.steps.get(id)
        if held is None:
            continue
        assert target.steps[id].get("owner", NO) == held.get("owner", NO)
        if "inputs" in held and "inputs" in step and held["stepType"] == step["stepType"]:
            assert target.steps[id]["inputs"].get("owner", NO) == held["inputs"].get("owner", NO)


@given(wanted=definitions(), live=definitions(), said=definitions())
def test_the_program_has_its_way(wanted: Definition, live: Definition, said: Definition) -> None:
    """If the model knows everything, the program's definition is sent, and the changes lead there."""
    plan = reconcile(wanted, live, said, said)
    assert not compare(plan.target, wanted)
    assert plan.changes == compare(live, wanted)


@given(wanted=definitions(foreign=True), live=definitions(foreign=True), said=MAYBE, answered=MAYBE, policy=POLICIES)
def test_stable(wanted: Definition, live: Definition, said: Any, answered: Any, policy: OnDrift) -> None:
    """When what was sent is what the service holds, the same program has nothing more to do; and nothing is mutated."""
    before = copy.deepcopy((wanted, live, said, answered))
    plan = reconcile(wanted, live, said, answered, on_drift=policy)
    assert (wanted, live, said, answered) == before
    again = reconcile(wanted, plan.target, plan.declared or plan.target, plan.target, on_drift=policy)
    assert again.changes == ()

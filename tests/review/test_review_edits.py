"""What was done to a workflow, step by step, and what customers notice of it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from changes_kit import MENU, Body, changed, step
from pulumi_8x8.definition import UNKNOWN, Definition, parse_duration
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.phrasing import duration_in_words
from pulumi_8x8.review import edits
from pulumi_8x8.review.edits import ABSENT, Added, Comparison, Rewired, TextChanged, ValueChanged, compare_steps
from pulumi_8x8.review.effects import effects_of
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.review.wording import describe


def _add(body: Body, *steps: dict[str, Any]) -> None:
    body["definition"]["steps"].extend(steps)


def _take_out(body: Body, id: str) -> dict[str, Any]:
    taken = step(body, id)
    body["definition"]["steps"].remove(taken)
    return taken


def _rename(body: Body) -> None:
    step(body, "bye")["id"] = "goodbye"
    for branch in ("wait", "choice"):
        edges = step(body, branch)["selectNextStep"]
        edges["goodbye"] = edges.pop("bye")


def _rename_and_change(body: Body) -> None:
    _rename(body)
    step(body, "goodbye")["inputs"]["text"] = "Goodbye then"


def _insert(body: Body) -> None:
    step(body, "hello")["nextStepId"] = "pause"
    _add(body, {"id": "pause", "stepType": "Wait", "inputs": {"duration": "00:00:30"}, "nextStepId": "wait"})


def _remove(body: Body) -> None:
    _take_out(body, "call")
    del step(body, "bye")["nextStepId"]


def _move(body: Body) -> None:
    step(body, "hello")["nextStepId"] = "call"
    step(body, "call")["nextStepId"] = "wait"
    del step(body, "bye")["nextStepId"]


def _move_into_an_if(body: Body) -> None:
    call = _take_out(body, "call")
    step(body, "bye")["nextStepId"] = "if"
    _add(body, {"id": "if", "stepType": "If", "inputs": {"condition": "{{data.reply != null}}"}, "do": [[call]]})


def _start_with_wait(body: Body) -> None:
    steps = body["definition"]["steps"]
    steps.insert(0, steps.pop(1))


def _swap(body: Body) -> None:
    step(body, "choice")["selectNextStep"] = {"sales": None, "bye": "{{data.reply.payload.body == '1'}}"}


#: Case -> the change, its edits as (kind, step, text), its effects.
CHANGES: dict[str, tuple[Callable[[Body], object], list[tuple[str, str | None, str]], list[str]]] = {
    "text": (
        lambda body: step(body, "hello")["inputs"].update(text="Press 2 for sales"),
        [("text changed", "hello", "text: Press [-1-]{+2+} for sales")],
        ["the text that customers read in `hello` changes"],
    ),
    "timeout from the default": (
        lambda body: step(body, "wait")["inputs"].update(timeout="00:05:00"),
        [("value changed", "wait", "timeout: 5 minutes (new)")],
        ["the timeout of `wait` drops from 1 day to 5 minutes"],
    ),
    "renamed": (_rename, [("renamed", "goodbye", "renamed from `bye`")], []),
    "renamed and changed": (
        _rename_and_change,
        [
            ("renamed", "goodbye", "renamed from `bye`"),
            ("text changed", "goodbye", "text: Goodbye{+ then+}"),
        ],
        ["the text that customers read in `goodbye` changes"],
    ),
    "inserted": (
        _insert,
        [
            ("rewired", "hello", "next step: `wait` → `pause`"),
            ("added", "pause", "new: `Wait`"),
        ],
        ["`pause` now follows `hello` instead of `wait`", "conversations pause at `pause`"],
    ),
    "removed": (
        _remove,
        [
            ("rewired", "bye", "next step: removed, was `call`"),
            ("removed", "call", "removed (`HttpRequest`)"),
        ],
        ["`call` no longer follows `bye`", "`call` no longer makes its HTTP request"],
    ),
    "moved": (
        _move,
        [
            ("rewired", "hello", "next step: `wait` → `call`"),
            ("moved", "call", "moved: now after `hello` before `wait`, previously after `bye`"),
            ("rewired", "call", "next step: `wait` (new)"),
            ("rewired", "bye", "next step: removed, was `call`"),
        ],
        [
            "`call` now follows `hello` instead of `wait`",
            "`wait` now follows `call`",
            "`call` no longer follows `bye`",
        ],
    ),
    "moved into an If": (
        _move_into_an_if,
        [
            ("rewired", "bye", "next step: `call` → `if`"),
            ("added", "if", "new: `If`"),
            ("moved", "call", "moved: now inside `if` (sequence 1) after `bye`, previously after `bye`"),
        ],
        ["`if` now follows `bye` instead of `call`", "`call` now depends on the condition of `if`"],
    ),
    "path leads elsewhere": (
        _swap,
        [
            ("rewired", "choice", "path `{{data.reply.payload.body == '1'}}`: `sales` → `bye`"),
            ("rewired", "choice", "default path: `bye` → `sales`"),
        ],
        [
            "customers who answer `1` now reach `bye` instead of `sales`",
            "all others now reach `sales` instead of `bye`",
        ],
    ),
    "path added": (
        lambda body: step(body, "choice")["selectNextStep"].update(call="{{data.reply.payload.body == '3'}}"),
        [("rewired", "choice", "path `{{data.reply.payload.body == '3'}}`: `call` (new)")],
        ["customers who answer `3` now reach `call`"],
    ),
    "path removed": (
        lambda body: step(body, "choice")["selectNextStep"].pop("sales"),
        [("rewired", "choice", "path `{{data.reply.payload.body == '1'}}`: removed, was `sales`")],
        ["customers who answer `1` no longer reach `sales`", "no path leads to `sales` now"],
    ),
    "all paths removed": (
        lambda body: step(body, "choice").pop("selectNextStep"),
        [
            ("rewired", "choice", "path `{{data.reply.payload.body == '1'}}`: removed, was `sales`"),
            ("rewired", "choice", "default path: removed, was `bye`"),
        ],
        [
            "customers who answer `1` no longer reach `sales`",
            "all others no longer reach `bye`",
            "no path leads to `sales` now",
        ],
    ),
    "condition": (
        lambda body: step(body, "choice")["selectNextStep"].update(
            sales="{{stringContains(data.reply.payload.body, 'sales')}}"
        ),
        [
            (
                "condition changed",
                "choice",
                "path to `sales`: `{{data.reply.payload.body == '1'}}` → "
                "`{{stringContains(data.reply.payload.body, 'sales')}}`",
            )
        ],
        ["customers whose answer contains `sales` now reach `sales`, previously customers who answer `1`"],
    ),
    "start": (
        _start_with_wait,
        [("rewired", None, "first step: `hello` → `wait`")],
        ["every conversation starts with `wait` instead of `hello`", "no path leads to `hello` now"],
    ),
    "the workflow itself": (
        lambda body: body.update(status="disabled", trigger="http_request", subAccountId="other"),
        [
            ("value changed", None, "status: `enabled` → `disabled`"),
            ("value changed", None, "trigger: `inbound_sms` → `http_request`"),
            ("value changed", None, "subAccountId: `acme` → `other`"),
        ],
        [
            "the workflow is disabled: its trigger starts no new instances",
            "the workflow is now started by an HTTP request instead of an inbound SMS",
            "messages of `other` now trigger it instead of messages of `acme`",
        ],
    ),
    "one more in a list": (
        lambda body: step(body, "call")["inputs"]["body"]["tags"].insert(1, "new"),
        [("value changed", "call", "body.tags[1]: `new` (new)")],
        ["the HTTP request of `call` changes (body)"],
    ),
    "null is a value": (
        lambda body: step(body, "call")["inputs"]["body"].pop("note"),
        [("value changed", "call", "body.note: removed, was `null`")],
        ["the HTTP request of `call` changes (body)"],
    ),
    "true is not 1": (
        lambda body: step(body, "call")["inputs"]["body"].update(retries=True),
        [("value changed", "call", "body.retries: `1` → `true`")],
        ["the HTTP request of `call` changes (body)"],
    ),
    "output": (
        lambda body: step(body, "wait")["outputs"].update(text="{{step.reply.payload.body}}"),
        [("value changed", "wait", "outputs.text: `{{step.reply.payload.body}}` (new)")],
        ["`wait` now stores `data.text`"],
    ),
    "request": (
        lambda body: step(body, "call")["inputs"].update(url="https://crm.acme.test/stop", timeoutSeconds=10),
        [
            ("value changed", "call", "timeoutSeconds: `10` (new)"),
            ("value changed", "call", "url: `https://crm.acme.test/end` → `https://crm.acme.test/stop`"),
        ],
        ["the timeout of `call` rises from 5 seconds to 10 seconds", "the HTTP request of `call` changes (url)"],
    ),
    "the default, written": (
        lambda body: step(body, "call")["inputs"].update(timeoutSeconds=5),
        [("value changed", "call", "timeoutSeconds: `5` (new)")],
        [],
    ),
    "receiver": (
        lambda body: step(body, "bye")["inputs"].update(destination="+6500000000"),
        [("value changed", "bye", "destination: `{{data.payload.source}}` → `+6500000000`")],
        ["`bye` goes to another receiver"],
    ),
    "waits elsewhere": (
        lambda body: step(body, "wait")["inputs"].update(channel="whatsapp"),
        [("value changed", "wait", "channel: `sms` → `whatsapp`")],
        ["`wait` waits for an answer by `whatsapp` instead of `sms`"],
    ),
    "step type": (
        lambda body: step(body, "sales").update(stepType="Branch"),
        [("value changed", "sales", "stepType: `SendToConverse` → `Branch`")],
        ["the step type of `sales` changes"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes(name: str) -> None:
    """Each kind of change shows as what its author did, and as what customers notice; nothing else shows."""
    change, edits, effects = CHANGES[name]
    comparison = compare_steps(*changed(change))
    assert [(edit.kind, edit.step, plain(describe(edit))) for edit in comparison.edits] == edits
    assert [plain(effect) for effect in effects_of(comparison)] == effects


@pytest.mark.parametrize("name", CHANGES)
def test_backwards(name: str) -> None:
    """Whatever shows forwards shows backwards as well: nothing shows in one direction only."""
    before, after = changed(CHANGES[name][0])
    assert compare_steps(after, before).edits


@pytest.mark.parametrize("name", corpus.BODIES)
def test_equal_definitions_have_no_edits(name: str) -> None:
    """A published definition does not differ from itself, whatever order its steps and members are in."""
    body = corpus.BODIES[name]
    steps = body["definition"]["steps"]
    turned = [dict(reversed(each.items())) for each in [steps[0], *reversed(steps[1:])]]
    other = Definition.from_body({**body, "definition": {**body["definition"], "steps": turned}})
    if len({each["id"] for each in steps}) == len(steps):
        assert compare_steps(Definition.from_body(body), other).edits == ()


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all leaves below the steps of a body."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, item in items for found in _places(item, (*path, key))] or ([path] if path else [])


@given(st.data())
def test_every_difference_shows(data: st.DataObject) -> None:
    """For published definitions with any leaf replaced: there are edits exactly when the definitions differ."""
    body = corpus.BODIES[data.draw(st.sampled_from(sorted(corpus.BODIES)))]
    other = copy.deepcopy(body)
    for place in data.draw(st.lists(st.sampled_from(_places(body)), max_size=3)):
        at: Any = other
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = data.draw(st.sampled_from([None, "", "x", "other words", 1, True, [], {"a": None}]))
    before, after = Definition.from_body(body), Definition.from_body(other)
    comparison = compare_steps(before, after)
    assert bool(comparison.edits) == bool(compare(before, after))
    for edit in comparison.edits:
        describe(edit)
    effects_of(comparison)


def _only(comparison: Comparison) -> Any:
    (edit,) = comparison.edits
    return edit


def test_what_is_alike_is_not_taken_for_renamed() -> None:
    """A message with other words that takes the place of a removed one is a new step, and not a renamed one."""
    base = copy.deepcopy(MENU)
    step(base, "bye")["inputs"] |= {"source": "Acme", "encoding": "AUTO", "country": "SG"}

    def change(body: Body) -> None:
        _rename(body)
        step(body, "goodbye")["inputs"]["text"] = "Our shop is closed until Monday"

    kinds = [edit.kind for edit in compare_steps(*changed(change, base)).edits]
    assert kinds.count("added") == kinds.count("removed") == 1
    assert "renamed" not in kinds


def test_what_has_no_word_of_its_own() -> None:
    """Another order of the steps inside a `do` is a change, so it shows, place by place."""
    steps = [{"id": name, "stepType": "Wait", "inputs": {"duration": "1"}} for name in ("a", "b")]
    outer = {"id": "if", "stepType": "If", "inputs": {"condition": "{{data.x}}"}, "do": [steps]}
    base: Body = {"trigger": "http_request", "definition": {"name": "x", "steps": [outer]}}
    edits = compare_steps(*changed(lambda body: step(body, "if")["do"][0].reverse(), base)).edits
    assert [(edit.kind, edit.step) for edit in edits] == [("value changed", None)] * 2


def test_added_and_removed_steps_carry_what_they_do() -> None:
    """An added step comes with its inputs, place by place."""
    edits = compare_steps(*changed(_insert)).edits
    (added,) = [edit for edit in edits if isinstance(edit, Added)]
    assert added == Added("pause", "Wait", ((("stepType",), "Wait"), (("inputs", "duration"), "00:00:30")))


def test_values_not_known_yet() -> None:
    """A value that isn't known yet counts as changed, and shows as such."""
    edit = _only(compare_steps(*changed(lambda body: step(body, "hello")["inputs"].update(text=UNKNOWN))))
    assert plain(describe(edit)) == "text: `Press 1 for sales` → (known after the update)"


def test_secrets_in_a_list() -> None:
    """Another secret in an item of a list is a change, as elsewhere; the same one isn't, and one whose value isn't
    known on either side is named."""

    def compared(old: str | None, new: str | None) -> Comparison:
        def body(digest: str | None) -> Definition:
            item = {"type": "header", "value": Secret(digest=digest)}
            call = {
                "id": "call",
                "stepType": "HttpRequest",
                "inputs": {"url": "https://a.com", "body": [1, item, [item]]},
            }
            return Definition.from_body({"trigger": "http_request", "definition": {"name": "x", "steps": [call]}})

        return compare_steps(body(old), body(new))

    places = [(1, "value"), (2, 0, "value")]
    assert (compared("a", "a").edits, compared("a", "a").unseen) == ((), ())
    changed = [each.path for each in compared("a", "b").edits if isinstance(each, ValueChanged)]
    assert changed == [("inputs", "body", *place) for place in places]
    unknown = compared(None, None)
    assert unknown.edits == ()
    assert list(unknown.unseen) == [("steps", "call", "inputs", "body", *place) for place in places]


def test_created_and_deleted() -> None:
    """Without one side, all steps are added or removed; a deletion shows what happens to running instances."""
    menu = Definition.from_body(MENU)
    created, deleted = compare_steps(None, menu), compare_steps(menu, None)
    assert [edit.step for edit in created.edits] == menu.flow_order()
    assert {edit.kind for edit in deleted.edits} == {"removed"}
    assert [plain(effect) for effect in effects_of(created)] == ["a new workflow, started by an inbound SMS"]
    assert plain(effects_of(deleted)[0]).startswith("the workflow is deleted with all its versions and logs")
    disabled = compare_steps(None, changed(lambda body: body.pop("status"))[1])
    assert [plain(effect) for effect in effects_of(disabled)] == ["a new workflow, disabled: nothing starts it"]


@pytest.mark.parametrize(
    ("on_delete", "shown"),
    [
        (None, "the deletion fails while instances are running"),
        ("terminate", "running instances are terminated"),
        (
            {"wait": "01:00:00"},
            "the workflow is disabled, and deleted after running instances end, within 1 hour",
        ),
    ],
)
def test_on_delete(on_delete: Any, shown: str) -> None:
    """A deletion shows what it does about running instances."""
    deleted = compare_steps(Definition.from_body(MENU), None)
    assert plain(effects_of(deleted, {7: 2}, on_delete)[1]) == shown


@pytest.mark.parametrize(
    ("running", "deleted", "shown"),
    [
        ({7: 12}, False, ["12 instances are running on version 7 and will finish on it"]),
        (
            {6: 1, 7: 1200, 5: 0},
            False,
            [
                "1,200 instances are running on version 7 and will finish on it",
                "1 instance is running on version 6 and will finish on it",
            ],
        ),
        ({7: 2}, True, ["2 instances are running on version 7"]),
        ({}, False, []),
    ],
)
def test_running_instances(running: dict[int, int], deleted: bool, shown: list[str]) -> None:
    """What happens to running instances shows with their number, the newest version first."""
    before, after = changed(CHANGES["renamed"][0])
    comparison = compare_steps(before, None if deleted else after)
    assert [plain(effect) for effect in effects_of(comparison, running) if "running on" in plain(effect)] == shown


def test_edits_are_values() -> None:
    """Edits can be compared and kept in sets; they have the place, and null differs from nothing."""
    before, after = changed(CHANGES["null is a value"][0])
    assert compare_steps(before, after).edits == (ValueChanged("call", ("inputs", "body", "note"), None, ABSENT),)
    assert len({*compare_steps(before, after).edits, *compare_steps(before, after).edits}) == 1
    assert isinstance(compare_steps(*changed(CHANGES["text"][0])).edits[0], TextChanged)
    assert isinstance(compare_steps(*changed(CHANGES["start"][0])).edits[0], Rewired)


@pytest.mark.parametrize(
    ("written", "said"),
    [("5", "5 days"), ("1.06:30:15", "1 day 6 hours 30 minutes 15 seconds"), ("00:00:00", "0 seconds")],
)
def test_durations_in_words(written: str, said: str) -> None:
    """Durations show in words, in whichever form they are written."""
    assert duration_in_words(parse_duration(written)) == said


def test_the_work_is_by_the_number_of_edges_and_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """A review looks at each of thousands of edges and items a few times, not once for each of the others."""
    looked_at = 0
    original = edits._key

    def counted(condition: object) -> object:
        nonlocal looked_at
        looked_at += 1
        return original(condition)

    monkeypatch.setattr(edits, "_key", counted)
    monkeypatch.setattr(edits, "SequenceMatcher", None)  # which needs the square of the number

    def side(offset: int) -> Definition:
        ways = {f"t{n}": None if n % 2 else f"{{{{data.a == {n + offset}}}}}" for n in range(offset, 2_000 + offset)}
        items = [0, *range(1_000 + offset, 3_000 + offset), 1]
        ask = {"id": "ask", "stepType": "Branch", "selectNextStep": ways, "nextStepId": "send"}
        send = {"id": "send", "stepType": "HttpRequest", "inputs": {"body": items}}
        return Definition.from_body({"trigger": "http_request", "definition": {"name": "x", "steps": [ask, send]}})

    found = compare_steps(side(0), side(10)).edits
    assert looked_at <= 4 * 2 * 2_001
    assert sum(each.step == "send" for each in found) == 2_000
    kinds = Counter(each.kind for each in found if each.step == "ask")
    assert kinds == {"rewired": 1_015}  # 990 conditions and 5 default edges have another target, 10 are gone, 10 new

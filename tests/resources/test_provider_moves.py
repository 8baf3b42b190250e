"""Workflows that get another URN, are replaced, are somebody else's, or are shared with people who edit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.resources.base_provider import Shown
from pulumi_8x8.resources.properties import ABOUT

from .harness import Calls, Killed, LocalProvider, Refused, Service, definition, urn_of
from .test_pin import digest
from .test_provider_life import DELETE, MENU, PAUSE, POST, PUT, Stack

BYE = definition("menu", "Bye")

Program = dict[str, tuple[Definition, dict[str, Any]]]


@pytest.fixture
def stack() -> Stack:
    stack = Stack(Service())
    stack.deploy()
    stack.writes()
    return stack


def ids(stack: Stack) -> dict[str, str]:
    return {name: each.id for name, each in stack.state.items()}


def texts(stack: Stack) -> dict[str, str]:
    """The text of each definition that the service holds, by id."""
    held = stack.service.definitions()
    return {id: body["definition"]["steps"][0]["inputs"]["text"] for id, body in held.items()}


# Moves


@pytest.mark.parametrize("name", ["component/menu", "renamed", "component/renamed"])
def test_moved(stack: Stack, name: str) -> None:
    """Under a component, or another name, it keeps its id and versions; nothing is written; two warnings report it."""
    id = stack.id
    stack.up({name: (MENU, {})})
    assert (ids(stack), stack.writes()) == ({name: id}, [])
    came, stays = stack.service.messages
    own = name.rpartition("/")[2]
    assert came.startswith(f'workflow "{own}": the definition {id} moves here from {urn_of("menu")}. It keeps its id')
    assert stays == f'workflow "menu": the definition {id} stays, since {urn_of(name)} manages it now'
    stack.service.messages.clear()
    stack.up({name: (MENU, {})})
    assert (stack.writes(), stack.service.messages) == ([], [])


def test_moved_back_and_forth(stack: Stack) -> None:
    """Any number of moves leave one definition, and a destroy then deletes it."""
    id = stack.id
    for name in ("a/menu", "b/menu", "menu", "b/menu"):
        stack.up({name: (MENU, {})})
        assert ids(stack) == {name: id}
    stack.destroy()
    assert stack.writes() == [DELETE]


def test_moved_and_changed(stack: Stack) -> None:
    """The new content is one more version of the same definition."""
    id = stack.id
    stack.up({"component/menu": (BYE, {})})
    assert (ids(stack), stack.writes()) == ({"component/menu": id}, [PUT])
    assert not compare(stack.held(), BYE)
    assert stack.state["component/menu"].outputs["version"] == 2


def test_moved_with_another_status(stack: Stack) -> None:
    """A status that the program changes with the move is stored."""
    stack.up({"component/menu": (replace(MENU, status="disabled"), {})})
    assert stack.writes() == [PUT]
    assert stack.held().status == "disabled"


@pytest.mark.parametrize(("on_drift", "text"), [("overwrite", "Hello"), ("warn", "edited"), ("stop", "edited")])
def test_moved_and_edited(stack: Stack, on_drift: OnDrift, text: str) -> None:
    """What somebody edited before the move is drift, just like without a move."""
    stack.edit(definition("menu", "edited"))
    program: Program = {"component/menu": (MENU, {"onDrift": on_drift})}
    if on_drift == "stop":
        with pytest.raises(Shown, match="was changed outside Pulumi"):
            stack.up(program)
    else:
        stack.up(program)
    assert list(texts(stack).values()) == [text]


def test_an_edit_that_stayed_in_a_move_is_drift(stack: Stack) -> None:
    """What somebody else stored and a move left, with `warn`, is overwritten after the option is removed."""
    added = {"id": "more", "stepType": "Wait", "inputs": {"duration": "1"}}
    stack.edit(replace(MENU, steps={**MENU.steps, "more": added}))
    stack.up({"moved": (MENU, {"onDrift": "warn"})})
    assert "more" in stack.held().steps
    stack.up({"moved": (MENU, {"onDrift": "warn"})})
    assert "more" in stack.held().steps
    stack.up({"moved": (MENU, {})})
    assert not compare(stack.held(), MENU)


def test_moved_and_pinned(stack: Stack) -> None:
    """A version can be put back in the same operation."""
    stack.deploy(BYE)
    stack.writes()
    stack.up({"component/menu": (BYE, {"pinVersion": 1})})
    assert stack.writes() == [PUT]
    assert not compare(stack.held(), MENU)


def test_two_namesakes_moved() -> None:
    """Of several workflows of one name each keeps its own definition, with the content that it has."""
    stack = Stack(Service())
    stack.up({"a": (MENU, {}), "b": (BYE, {})})
    before = ids(stack)
    stack.writes()
    stack.up({"component/b": (BYE, {}), "component/a": (MENU, {})})
    assert ids(stack) == {"component/a": before["a"], "component/b": before["b"]}
    assert stack.writes() == []


def test_two_namesakes_renamed() -> None:
    """Without a resource name in common the content distinguishes them."""
    stack = Stack(Service())
    stack.up({"a": (MENU, {}), "b": (BYE, {})})
    before = ids(stack)
    stack.writes()
    stack.up({"c": (BYE, {}), "d": (MENU, {})})
    assert ids(stack) == {"c": before["b"], "d": before["a"]}
    assert stack.writes() == []


def test_one_moves_and_another_goes() -> None:
    """Only the one that nothing follows is deleted."""
    stack = Stack(Service())
    stack.up({"a": (MENU, {}), "b": (definition("other"), {})})
    before = ids(stack)
    stack.writes()
    stack.up({"component/a": (MENU, {})})
    assert ids(stack) == {"component/a": before["a"]}
    assert stack.writes() == [DELETE]
    assert stack.service.definitions().keys() == {before["a"]}


def test_a_namesake_comes_as_one_moves(stack: Stack) -> None:
    """A program may get a second workflow of the name: that is created, and the one that moves keeps its id."""
    id = stack.id
    stack.up({"component/menu": (MENU, {}), "second": (BYE, {})})
    assert stack.writes() == [POST]
    assert ids(stack)["component/menu"] == id
    assert sorted(texts(stack).values()) == ["Bye", "Hello"]


def test_moved_though_it_is_gone(stack: Stack) -> None:
    """What somebody deleted before the move is created under the new name."""
    id = stack.id
    stack.service.call("DELETE", f"/{id}")
    stack.writes()
    stack.up({"component/menu": (MENU, {})})
    assert stack.writes() == [POST]
    assert ids(stack)["component/menu"] != id


@pytest.mark.parametrize("kill_after", [1, 2])
def test_killed_while_moving(stack: Stack, kill_after: int) -> None:
    """Killed before the state has the new one, or before it has lost the old one: the next up ends with one of it."""
    id = stack.id
    with pytest.raises(Killed):
        stack.up({"component/menu": (BYE, {})}, kill_after=kill_after)
    stack.up({"component/menu": (BYE, {})})
    assert ids(stack) == {"component/menu": id}
    assert stack.writes() == [PUT]
    assert not compare(stack.held(), BYE)


def test_running_conversations_stay_in_a_move(stack: Stack) -> None:
    """A move stops nothing, so running instances don't prevent it."""
    stack.deploy(PAUSE)
    stack.start()
    stack.writes()
    stack.up({"component/menu": (PAUSE, {})})
    assert stack.writes() == []


def test_held_by_what_the_operation_leaves_out(stack: Stack) -> None:
    """An operation on some targets may delete the old URN only: the state has the new one, so the definition stays."""
    old = stack.state["menu"]
    state = {old.urn: old.id, urn_of("component/menu"): old.id}
    Calls(LocalProvider(stack.service, state=state), inputs=old.inputs).delete(old.id, old.outputs)
    assert stack.writes() == []
    (message,) = stack.service.messages
    assert message.endswith(f"{old.id} stays, since {urn_of('component/menu')} manages it now")


# Replacements


def test_replaced(stack: Stack) -> None:
    """When the user wants it replaced a new one is created, and then the old one deleted."""
    id = stack.id
    stack.up({"menu": (MENU, {})}, replace=["menu"])
    assert stack.writes() == [POST, DELETE]
    assert stack.service.definitions().keys() == {stack.id} != {id}


def test_a_replacement_is_guarded(stack: Stack) -> None:
    """Running conversations stop a replacement before anything is created, unless the new program allows it."""
    stack.deploy(PAUSE)
    stack.start()
    stack.writes()
    with pytest.raises((Refused, Shown), match="is not deleted: 1 instance is running"):
        stack.up({"menu": (PAUSE, {})}, replace=["menu"])
    assert stack.writes() == []
    stack.up({"menu": (PAUSE, {"onDelete": "terminate"})}, replace=["menu"])
    assert stack.writes() == [POST, DELETE]


@pytest.mark.parametrize("kill_after", [1])
def test_killed_while_replacing(stack: Stack, kill_after: int) -> None:
    """Killed before the state has the new one: nothing is made a third time, and nothing is left over."""
    with pytest.raises(Killed):
        stack.up({"menu": (MENU, {})}, kill_after, replace=["menu"])
    stack.up({"menu": (MENU, {})}, replace=["menu"])
    assert stack.writes() == [POST, DELETE]
    assert stack.service.definitions().keys() == {stack.id}


@pytest.mark.parametrize("instances", [0, 1])
def test_replaced_for_a_property(stack: Stack, instances: int) -> None:
    """`replace_on_changes` replaces for a change at its place only, and is guarded as well."""
    stack.deploy(PAUSE)
    for _ in range(instances):
        stack.start()
    option = {"replaceOn": ["trigger"]}
    stack.up({"menu": (replace(PAUSE, name="other"), option)})
    assert stack.writes()[-1] == PUT
    program: Program = {"menu": (replace(PAUSE, name="other", trigger="http_request"), option)}
    if instances:
        with pytest.raises(Shown, match="The replacement didn't start, and nothing was created"):
            stack.up(program)
        assert stack.writes() == []
    else:
        stack.up(program)
        assert stack.writes() == [POST, DELETE]


def test_moved_to_another_account(stack: Stack) -> None:
    """The program's option about conversations under the new URN counts for the deletion in the account before."""
    stack.deploy(PAUSE)
    stack.start()
    program: Program = {"component/menu": (PAUSE, {"account": {"id": "other"}})}
    with pytest.raises(Refused, match=r"1 instance is running(.|\n)*nothing was created"):
        stack.up(program)
    program["component/menu"][1]["onDelete"] = "terminate"
    stack.up(program)
    assert list(ids(stack)) == ["component/menu"]
    assert stack.service.definitions() == {}


# Adoption


def test_adopted_from_another_resource(stack: Stack) -> None:
    """`adopt` of what an old resource has, and the removal of that, in one up: it is handed over."""
    id = stack.id
    stack.up({"new": (definition("other name", "Bye"), {"adopt": id})})
    assert (ids(stack), stack.writes()) == ({"new": id}, [PUT])
    assert not compare(stack.held(), definition("other name", "Bye"))


def test_adopted_while_it_is_managed(stack: Stack) -> None:
    """`adopt` of what another resource of the program keeps is refused before anything is written."""
    with pytest.raises(Refused, match=r"both .* of this program manage the workflow definition"):
        stack.up({"menu": (MENU, {}), "new": (BYE, {"adopt": stack.id})})
    assert stack.writes() == []


@pytest.mark.parametrize("order", ["before", "after"])
def test_adopted_by_two(stack: Stack, order: str) -> None:
    """Whichever the engine asks about first, nothing is written when two resources want one definition."""
    adopting: Program = {name: (definition(name, "Bye"), {"adopt": stack.id}) for name in ("a", "b")}
    second = Stack(stack.service)
    with pytest.raises(Exception, match='both "a" and "b" of this program manage'):
        second.up(adopting)
    kept: Program = {"menu": (MENU, {})}
    with pytest.raises(Exception, match="of this program manage"):
        stack.up({"a": adopting["a"], **kept} if order == "before" else {**kept, "a": adopting["a"]})
    assert stack.writes() == []


def test_adopted_and_replaced(stack: Stack) -> None:
    """When what is adopted is to be replaced, it is adopted again; what the operation adopted it doesn't delete."""
    second = Stack(stack.service, name="second")
    second.deploy(adopt=stack.id)
    second.up({"menu": (MENU, {"adopt": stack.id})}, replace=["menu"])
    assert (second.id, stack.writes()) == (stack.id, [])
    assert second.service.messages == [
        f'workflow "menu": the definition {stack.id} stays, since {second.state["menu"].urn} manages it now'
    ]


def test_killed_while_adopting(stack: Stack) -> None:
    """Killed before the state has the new one: the next up ends as if nothing had happened."""
    id = stack.id
    program: Program = {"new": (definition("other name"), {"adopt": id})}
    with pytest.raises(Killed):
        stack.up(program, kill_after=1)
    stack.up(program)
    assert (ids(stack), stack.writes()) == ({"new": id}, [PUT])


# Another stack


@pytest.mark.parametrize("machine", ["the same", "another"])
def test_a_second_stack(stack: Stack, machine: str) -> None:
    """A stack with an equal program is refused, and its destroy deletes nothing of the first one's."""
    second = Stack(stack.service, name="second")
    if machine == "another":
        second.service.folder = type(stack.service.folder)()
    with pytest.raises(Refused, match="nothing proves that this stack created it"):
        second.deploy()
    second.destroy()
    assert stack.writes() == []
    stack.deploy()
    assert stack.writes() == []


def test_a_second_stack_that_adopts(stack: Stack) -> None:
    """What a second stack adopted by name is its own too; its destroy deletes it, and the first stack creates it."""
    second = Stack(stack.service, name="second")
    second.deploy(adopt=stack.id)
    second.destroy()
    assert stack.writes() == [DELETE]
    stack.deploy()
    assert stack.writes() == [POST]


# Ignored changes

SPOKEN = "steps.say.inputs.text"
TWO = definition(
    "menu",
    steps=[
        {**MENU.steps["say"], "id": "say", "nextStepId": "pause"},
        {"id": "pause", "stepType": "Wait", "inputs": {"duration": "00:00:01"}},
    ],
)


def two(text: str = "Hello", duration: str = "00:00:01", **parts: Any) -> Definition:
    steps = {
        "say": {**TWO.steps["say"], "inputs": {**TWO.steps["say"]["inputs"], "text": text}},
        "pause": {**TWO.steps["pause"], "inputs": {"duration": duration}},
    }
    return replace(TWO, steps=steps, **parts)


#: Ignored places; what somebody edits; what the program declares; what is stored then.
IGNORED: dict[str, tuple[list[str], Definition, Definition, Definition]] = {
    "the status, which somebody switched": (
        ["status"],
        two(status="disabled"),
        two("new"),
        two("new", status="disabled"),
    ),
    "a text that somebody edited": ([SPOKEN], two("edited"), two("new", "00:00:02"), two("edited", "00:00:02")),
    "a text that nobody edited": ([SPOKEN], two(), two("new", "00:00:02"), two("Hello", "00:00:02")),
    "a whole step": (["steps.say"], two("edited"), two("new", "00:00:02"), two("edited", "00:00:02")),
    "a wildcard": (
        ["steps.*.inputs"],
        two("edited", "00:00:03"),
        two("x", "00:00:02", name="n"),
        two("edited", "00:00:03", name="n"),
    ),
    "all steps": (["steps"], two("edited"), two("new", name="other"), two("edited", name="other")),
    "quoted": (['steps["say"]["inputs"].text'], two("edited"), two("new", "00:00:02"), two("edited", "00:00:02")),
}


@pytest.mark.parametrize("case", IGNORED)
def test_ignored(case: str) -> None:
    """An ignored place stays unchanged on the service while others change; that isn't drift, and ends."""
    ignored, edited, program, stored = IGNORED[case]
    stack = Stack(Service())
    stack.deploy(TWO)
    stack.edit(edited)
    stack.service.messages.clear()
    options = {"ignore_changes": ignored, "ignored": ignored}
    stack.deploy(program, **options)
    assert stack.writes() == [PUT]
    assert not compare(stack.held(), stored)
    stack.deploy(program, **options)
    stack.refresh()
    stack.deploy(program, **options)
    assert (stack.writes(), stack.service.messages) == ([], [])
    stack.destroy()
    assert stack.writes() == [DELETE]


def test_an_edit_of_an_ignored_place_does_not_stop_a_deletion() -> None:
    """What the program ignores can't get lost by a deletion that the user wants."""
    stack = Stack(Service())
    options = {"ignore_changes": [SPOKEN], "ignored": [SPOKEN]}
    stack.deploy(TWO, **options)
    stack.edit(two("edited"))
    stack.destroy()
    assert stack.writes() == [DELETE]


def test_no_longer_ignored() -> None:
    """When the option goes, the program's text is stored."""
    stack = Stack(Service())
    stack.deploy(TWO)
    stack.edit(two("edited"))
    stack.deploy(two(duration="00:00:02"), ignore_changes=[SPOKEN], ignored=[SPOKEN])
    stack.deploy(two(duration="00:00:02"))
    assert not compare(stack.held(), two(duration="00:00:02"))


# Drift

DRIFTS: dict[str, tuple[OnDrift, Definition, Definition | None, list[str]]] = {
    "overwrite": ("overwrite", MENU, MENU, [PUT]),
    "overwrite, and the program changes another place": (
        "overwrite",
        replace(MENU, sub_account_id="a"),
        replace(MENU, sub_account_id="a"),
        [PUT],
    ),
    "overwrite, and the program changes it too": ("overwrite", BYE, BYE, [PUT]),
    "warn": ("warn", MENU, definition("menu", "edited"), []),
    "warn, and the program changes another place": (
        "warn",
        replace(MENU, sub_account_id="a"),
        definition("menu", "edited", sub_account_id="a"),
        [PUT],
    ),
    "warn, and the program changes it too": ("warn", BYE, None, []),
    "warn, and the program says the same": ("warn", definition("menu", "edited"), definition("menu", "edited"), []),
    "stop": ("stop", MENU, None, []),
    "stop, and the program says the same": ("stop", definition("menu", "edited"), definition("menu", "edited"), []),
}


@pytest.mark.parametrize("where", ["option", "config"])
@pytest.mark.parametrize("case", DRIFTS)
def test_drift(stack: Stack, case: str, where: str) -> None:
    """An edit is put back, left alone, or stops the operation, depending on the option or the stack's config."""
    policy, program, stored, writes = DRIFTS[case]
    stack.edit(definition("menu", "edited"))
    options = {"onDrift": policy} if where == "option" else {}
    stack.config |= {} if where == "option" else {"8x8:onDrift": policy}
    if stored is None:
        with pytest.raises(Shown, match=r'^Conflict: workflow "menu" was changed outside Pulumi \(version 2'):
            stack.deploy(program, **options)
        stored = definition("menu", "edited")
    else:
        stack.deploy(program, **options)
        assert len(stack.service.messages) == (0 if "the same" in case else 1)
    assert stack.writes() == writes
    assert not compare(stack.held(), stored)


def test_the_option_goes_before_the_config(stack: Stack) -> None:
    """One workflow can be overwritten in a stack that stops otherwise; so does `overwrite`."""
    stack.config["8x8:onDrift"] = "stop"
    for options in ({"onDrift": "overwrite"}, {"overwrite": True}):
        stack.edit(definition("menu", "edited"))
        stack.deploy(MENU, **options)
        assert stack.writes() == [PUT]


def test_kept_edits_stay_through_later_updates(stack: Stack) -> None:
    """What `warn` left alone stays through updates, and is still drift; `overwrite` then puts the program's back."""
    stack.config["8x8:onDrift"] = "warn"
    stack.edit(definition("menu", "edited"))
    for sub_account in ("a", "b", "c"):
        stack.service.messages.clear()
        stack.deploy(replace(MENU, sub_account_id=sub_account))
        assert stack.writes() == [PUT]
        assert not compare(stack.held(), definition("menu", "edited", sub_account_id=sub_account))
        assert "steps.say.inputs.text changed" in stack.service.messages[0]
        assert stack.state["menu"].outputs[ABOUT]["kept"] is True
    stack.config["8x8:onDrift"] = "overwrite"
    stack.deploy(replace(MENU, sub_account_id="c"))
    assert not compare(stack.held(), replace(MENU, sub_account_id="c"))
    assert "kept" not in stack.state["menu"].outputs[ABOUT]


@pytest.mark.parametrize("refreshed", [False, True])
@pytest.mark.parametrize("way", ["somebody's edit is written into the program", "the engine was killed"])
def test_the_state_takes_up_what_is_live(stack: Stack, way: str, refreshed: bool) -> None:
    """If the service holds the program's definition, the state learns it without a write, and there is no drift.

    The digest is then the program's, so that the gates of other stacks open, and a later change isn't a conflict.
    """
    stack.config["8x8:onDrift"] = "stop"
    if way == "the engine was killed":
        with pytest.raises(Killed):
            stack.up({"menu": (BYE, {})}, kill_after=1)
    else:
        stack.edit(BYE)
    if refreshed:
        stack.refresh()
    stack.writes()
    stack.deploy(BYE)
    about = stack.state["menu"].outputs[ABOUT]
    assert (about["sent"], about["deployed"], about["version"]) == (digest(BYE), 2, 2)
    stack.deploy(BYE)
    assert stack.writes() == []
    stack.deploy(definition("menu", "a third text"))
    assert (stack.writes(), stack.service.messages) == ([PUT], [])


AFTER_A_REFRESH: dict[str, Callable[[Stack], object]] = {
    "an up": lambda stack: stack.deploy(),
    "an up that warns": lambda stack: stack.deploy(onDrift="warn"),
}


@pytest.mark.parametrize("case", AFTER_A_REFRESH)
def test_a_refresh_is_no_deployment(stack: Stack, case: str) -> None:
    """After a refresh the edit is still drift: the policy holds as without the refresh."""
    stack.edit(definition("menu", "edited"))
    stack.refresh()
    stack.refresh()
    AFTER_A_REFRESH[case](stack)
    assert "was changed outside Pulumi (version 2" in stack.service.messages[0]
    assert list(texts(stack).values()) == ["Hello" if case == "an up" else "edited"]

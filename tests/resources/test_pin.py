"""``pin_version``: an older version comes back as a new one, and stays until the pin is lifted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.reconcile import without_additions
from pulumi_8x8.resources.base_provider import Shown
from pulumi_8x8.resources.properties import ABOUT, SENT

from .harness import Refused, Service, definition
from .test_provider_life import POST, PUT, Stack

FIRST = definition("menu", "first", sub_account_id="a")
SECOND = replace(definition("other name", "second"), trigger="http_request")
THIRD = definition("menu", "third")


def digest(of: Definition) -> str:
    return replace(of, status=None).digest()


@pytest.fixture
def stack() -> Stack:
    """Version 1 is ``FIRST``, version 2 is ``SECOND``."""
    stack = Stack(Service())
    stack.deploy(FIRST)
    stack.deploy(SECOND)
    stack.writes()
    return stack


def test_put_back(stack: Stack) -> None:
    """Name, trigger, sub-account and steps come from that version, with one PUT and a warning; then it stays."""
    stack.deploy(SECOND, pinVersion=1)
    assert (stack.writes(), stack.version) == ([PUT], 3)
    assert not compare(stack.held(), FIRST)
    assert stack.service.messages == [
        'workflow "menu" is pinned to version 1 and is now at version 2. This update stores the pinned content '
        "as a new version:\n  name changed\n  steps.say.inputs.text changed\n  subAccountId changed\n"
        "  trigger changed\nPulumi doesn't deploy other changes in the program until you remove pin_version (or "
        "8x8:pins.menu)."
    ]
    stack.deploy(SECOND, pinVersion=1)
    stack.deploy(THIRD, pinVersion=1)
    assert stack.writes() == []
    assert len(stack.service.messages) == 1


def test_outputs_are_what_is_live(stack: Stack) -> None:
    """The state has what is deployed, also after a refresh, which shows no change."""
    stack.deploy(SECOND, pinVersion=1)
    outputs = stack.state["menu"].outputs
    assert (outputs["name"], outputs["version"], outputs["trigger"]) == ("menu", 3, "inbound_sms")
    assert outputs["steps"]["say"]["inputs"]["text"] == "first"
    stack.writes()
    stack.refresh()
    assert stack.state["menu"].outputs == outputs
    assert stack.state["menu"].inputs["pinVersion"] == 1
    stack.deploy(SECOND, pinVersion=1)
    assert stack.writes() == []


def test_the_program_keeps_the_status(stack: Stack) -> None:
    """A pinned workflow is switched off and on by the program."""
    stack.deploy(replace(SECOND, status="disabled"), pinVersion=1)
    assert not compare(stack.held(), replace(FIRST, status="disabled"))
    stack.deploy(SECOND, pinVersion=1)
    assert not compare(stack.held(), FIRST)


def test_nothing_to_put_back(stack: Stack) -> None:
    """When that version is what is live already, nothing is stored."""
    stack.deploy(THIRD, pinVersion=2)
    assert (stack.writes(), stack.version) == ([], 2)


def test_a_digest_pins_too(stack: Stack) -> None:
    """A digest names the version with that content, in whatever environment it has which number."""
    stack.deploy(SECOND, pinVersion=digest(FIRST))
    assert (stack.writes(), stack.version) == ([PUT], 3)
    assert not compare(stack.held(), FIRST)
    assert stack.state["menu"].outputs[ABOUT]["digest"] == digest(FIRST)
    stack.deploy(THIRD, pinVersion=digest(FIRST))
    assert stack.writes() == []


@pytest.mark.parametrize(("runs", "passes"), [(FIRST, True), (SECOND, False)])
def test_the_gate_holds_for_a_pinned_version(stack: Stack, runs: Definition, passes: bool) -> None:
    """What is pinned has to run in the other stack first, like any content."""
    gate = {"theirs": {"menu": digest(runs)}, "stack": "acme/shop/staging"}
    if passes:
        stack.deploy(SECOND, pinVersion=1, pinGate=gate)
        assert not compare(stack.held(), FIRST)
        return
    with pytest.raises(
        Shown, match=(f"staging runs the digest {digest(SECOND)[:8]}, and this stack would deploy {digest(FIRST)[:8]}")
    ):
        stack.deploy(SECOND, pinVersion=1, pinGate=gate)
    assert stack.writes() == []


@pytest.mark.parametrize("way", ["adopted", "moved"])
def test_the_gate_holds_for_what_is_pinned_on_its_way_in(stack: Stack, way: str) -> None:
    """A pin of what is adopted, or moves, passes the same gate, and nothing is written when it doesn't."""
    for wanted in (FIRST, SECOND):
        stack.deploy(wanted)
    stack.writes()
    name, other = ("component/menu", stack) if way == "moved" else ("menu", Stack(stack.service, name="second"))
    options = {"pinVersion": 1, "pinGate": {"theirs": {"menu": digest(SECOND)}, "stack": "acme/shop/staging"}}
    adopt = {"adopt": stack.id} if way == "adopted" else {}
    with pytest.raises(Exception, match="Deploy it to"):
        other.up({name: (SECOND, {**options, **adopt})})
    assert stack.writes() == []
    passes = {**options, "pinGate": {"theirs": {"menu": digest(FIRST)}, "stack": "acme/shop/staging"}}
    other.up({name: (SECOND, {**passes, **adopt})})
    assert stack.writes() == ["PUT /definitions/{id}"]


def test_lifted(stack: Stack) -> None:
    """The program's own definition is deployed again, and that isn't drift."""
    stack.deploy(SECOND, pinVersion=1)
    stack.service.messages.clear()
    stack.deploy(THIRD)
    assert not compare(stack.held(), THIRD)
    assert "pinVersion" not in stack.state["menu"].outputs
    assert stack.service.messages == []


@pytest.mark.parametrize("pin", [3, 4])
def test_lifted_with_what_somebody_else_wrote(stack: Stack, pin: int) -> None:
    """Members that only somebody else wrote stay, whether the pin names the live version or one before it."""

    owner = {"name": "Ann"}
    step = {**SECOND.steps["say"], "owner": owner}
    stack.edit(replace(SECOND, steps={"say": step}, more={"owner": owner, "definition": {"owner": owner}}))
    stack.deploy(THIRD)
    stack.deploy(THIRD, pinVersion=pin)
    stack.deploy(THIRD)
    held = stack.held()
    assert (held.more, held.steps["say"]["owner"]) == ({"owner": owner, "definition": {"owner": owner}}, owner)
    assert not compare(without_additions(held, THIRD), THIRD)


@pytest.mark.parametrize("refreshed", [False, True])
@pytest.mark.parametrize("on_drift", ["overwrite", "warn", "stop"])
@pytest.mark.parametrize("pin", [1, 2])
def test_what_a_pin_held_back_is_deployed(stack: Stack, pin: int, on_drift: str, refreshed: bool) -> None:
    """A program that pins the live version and changes in the same deployment is deployed when the pin is lifted."""
    stack.deploy(THIRD, pinVersion=pin, onDrift=on_drift)
    stack.deploy(THIRD, pinVersion=pin, onDrift=on_drift)
    assert stack.version == (3 if pin == 1 else 2)
    if refreshed:
        stack.refresh()
    stack.service.messages.clear()
    stack.deploy(THIRD, onDrift=on_drift)
    assert not compare(stack.held(), THIRD)
    assert stack.service.messages == []


@pytest.mark.parametrize("pin", [1, 2])
def test_a_pin_of_an_older_version_of_this_package(stack: Stack, pin: int) -> None:
    """Its state claims that the program's content is deployed. Nothing changes, and lifting the pin deploys it."""
    stack.deploy(THIRD, pinVersion=pin)
    outputs = stack.state["menu"].outputs
    for key in (SENT, ABOUT):
        outputs.pop(key)
    stack.writes()
    stack.deploy(THIRD, pinVersion=pin)
    assert (stack.writes(), SENT in stack.state["menu"].outputs) == ([], False)
    stack.deploy(THIRD)
    assert not compare(stack.held(), THIRD)


def test_an_edit_of_a_pinned_one(stack: Stack) -> None:
    """It is drift, and put back to the version; a deletion refuses to lose it."""
    stack.deploy(SECOND, pinVersion=1)
    stack.edit(definition("menu", "edited"))
    with pytest.raises(Exception, match="was changed by somebody else: it is now version 4"):
        stack.destroy()
    stack.service.messages.clear()
    stack.deploy(SECOND, pinVersion=1)
    assert 'workflow "menu" was changed outside Pulumi (version 4' in stack.service.messages[0]
    assert not compare(stack.held(), FIRST)
    stack.destroy()
    assert stack.service.definitions() == {}


def test_a_lost_answer(stack: Stack) -> None:
    """The version is not stored twice."""
    stack.service.fault({"method": "PUT", "drop": True})
    stack.deploy(SECOND, pinVersion=1)
    assert (stack.writes(), stack.version) == ([PUT], 3)


def test_adopted(stack: Stack) -> None:
    """`adopt=` and a pin together take a definition over and put its version back."""
    there = stack.service.call("POST", json=definition("menu2", "one").body())["definition"]["id"]
    stack.service.call("PUT", f"/{there}", json=definition("menu2", "two").body())
    stack.service.calls()
    stack.up({"menu": (SECOND, {}), "more": (definition("menu2", "three"), {"adopt": there, "pinVersion": 1})})
    assert stack.writes() == [PUT]
    assert not compare(Definition.from_body(stack.service.definitions()[there]), definition("menu2", "one"))


def test_no_such_version(stack: Stack) -> None:
    """The message lists those that there are, with their digests, and nothing changes."""
    with pytest.raises(Exception, match="no version 7") as raised:
        stack.deploy(SECOND, pinVersion=7)
    assert str(raised.value) == (
        f'Refused: workflow "menu": the definition {stack.id} has no version 7 (pin_version). Its versions: 2 '
        f"({digest(SECOND)[:8]}), 1 ({digest(FIRST)[:8]}). The workflow wasn't changed. Set pin_version (or "
        "8x8:pins.menu) to one of these, or remove it."
    )
    assert type(raised.value) is Shown
    assert stack.writes() == []


def test_nothing_to_pin_after_a_move(stack: Stack) -> None:
    """A workflow that gets another resource name while somebody deletes it has no versions either."""
    stack.service.call("DELETE", f"/{stack.id}")
    stack.service.calls()
    with pytest.raises(Refused, match="pin_version=1 can't apply, because the workflow isn't deployed yet, or"):
        stack.up({"renamed": (SECOND, {"pinVersion": 1})})
    assert POST not in stack.writes()


@pytest.mark.parametrize("gone", [False, True])
def test_nothing_to_pin(stack: Stack, gone: bool) -> None:
    """A creation has no versions, nor has what was deleted outside Pulumi: that is refused before anything is made."""
    if gone:
        stack.service.call("DELETE", f"/{stack.id}")
        stack.service.calls()
    pinned = {"pinVersion": 1}
    program = {"menu": (SECOND, pinned)} if gone else {"menu": (SECOND, {}), "new": (THIRD, pinned)}
    with pytest.raises(Refused, match="pin_version=1 can't apply, because the workflow isn't deployed yet, or"):
        stack.up(program)
    assert POST not in stack.writes()

"""Secrets that an operation stored before it was killed: the stack's state knows nothing of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_8x8.api import Journal
from standin import StandIn

from .model import Declared, Kill, Killed, Stack
from .test_sequences import SECRET, SECRET_PLACE, _closed, workflow

ACCOUNT = "acme"
PLAIN = Declared("a", workflow("A", "one", "enabled", call=False))
WITH_SECRET = replace(PLAIN, definition=workflow("A", "one", "enabled", call=True), secrets=(SECRET_PLACE,))


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack with a workflow that has no secret."""
    stack = Stack(StandIn(), account=ACCOUNT)
    stack.up([PLAIN])
    yield stack
    stack.folder.cleanup()


def is_closed(stack: Stack) -> bool:
    """Whether the secret is nowhere in the state in plain text."""
    return not any(
        SECRET in json.dumps(_closed(form)) for each in stack.state.values() for form in (each.inputs, each.outputs)
    )


def killed(stack: Stack, program: Declared, when: str) -> None:
    with pytest.raises(Killed):
        stack.up([program], kill=Kill(1, when))


#: How the secret comes into a definition that the stack manages, by an operation that is killed.
WAYS: dict[str, Callable[[Stack, str], None]] = {
    "an update": lambda stack, when: killed(stack, WITH_SECRET, when),
    "a move": lambda stack, when: killed(stack, replace(WITH_SECRET, name="b"), when),
    "the second of two": lambda stack, when: (
        killed(stack, WITH_SECRET, when),
        killed(stack, replace(PLAIN, definition=workflow("A", "two", "enabled", call=False)), "sent"),
    )[0],
}


@pytest.mark.parametrize("when", ["sent", "arrive"])
@pytest.mark.parametrize("way", WAYS)
def test_a_refresh_keeps_it_secret(stack: Stack, way: str, when: str) -> None:
    """However often the stack is refreshed, until the next deployment; which then needs no second one."""
    WAYS[way](stack, when)
    for _ in range(2):
        stack.refresh()
        assert is_closed(stack)
    stack.up([WITH_SECRET])
    assert is_closed(stack)
    since = len(stack.stand_in.calls())
    stack.refresh()
    stack.up([WITH_SECRET])
    assert [call for call in stack.stand_in.calls()[since:] if call.method != "GET"] == []
    assert not [text for text in stack.shown if SECRET in text]


def test_what_is_secret_no_longer(stack: Stack) -> None:
    """A deployment that makes a value plain leaves no note; a refresh after it changes nothing."""
    stack.up([WITH_SECRET])
    open_now = replace(WITH_SECRET, secrets=())
    stack.up([open_now])
    state = {urn: each.outputs for urn, each in stack.state.items()}
    stack.refresh()
    assert {urn: each.outputs for urn, each in stack.state.items()} == state


def test_no_value_is_noted(stack: Stack) -> None:
    """The files of this machine have places, no values; a deletion deletes them."""
    killed(stack, WITH_SECRET, "arrive")
    texts = [file.read_text() for file in Path(stack.folder.name).iterdir()]
    assert any("Authorization" in text for text in texts)
    assert not any(SECRET in text for text in texts)
    stack.up([WITH_SECRET])
    stack.destroy()
    assert not any("Authorization" in file.read_text() for file in Path(stack.folder.name).iterdir())


@pytest.mark.parametrize("text", ["", "{", "5", "[5]", '[["a", {}]]', "null", '{"a": 1}'])
def test_a_damaged_note(tmp_path: Path, text: str) -> None:
    """It counts as no note."""
    journal = Journal(tmp_path, "x")
    journal.keep_secret("1", [("steps", "a")])
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    assert journal.secret_places("1") == frozenset()

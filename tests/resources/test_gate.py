"""The gate in check(): what another stack has to run first, as the program found out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pulumi.output import Unknown

from pulumi_8x8.definition import Definition, to_inputs
from pulumi_8x8.resources.properties import ABOUT

from .harness import Calls, LocalProvider, Service, definition

NO = 'workflow "menu": staging runs another. Deploy it there first.'
MENU, OTHER = definition("menu"), definition("menu", "Bye")
DISABLED = replace(MENU, status="disabled")


def checked(news: Definition, olds: Definition | None, verdict: Any = NO, **old_options: Any) -> list[str]:
    """Why ``news`` are refused; nothing of the gate gets into the state."""
    provider = Calls(LocalProvider(Service()))
    inputs = {**to_inputs(news), ABOUT: {"resource": "menu", "gate": verdict}}
    result = provider.check({} if olds is None else {**to_inputs(olds), **old_options}, inputs)
    assert "gate" not in result.inputs[ABOUT]
    return [failure.reason for failure in result.failures]


#: What is wanted, what was wanted before, options before; refused or not.
CASES: dict[str, tuple[Definition, Definition | None, dict[str, Any], bool]] = {
    "a creation": (MENU, None, {}, True),
    "a change": (OTHER, MENU, {}, True),
    "what runs already": (MENU, MENU, {}, False),
    "it is switched off": (DISABLED, MENU, {}, False),
    "it is switched off and changed": (replace(OTHER, status="disabled"), MENU, {}, True),
    "a pin is lifted": (MENU, MENU, {"pinVersion": 1}, True),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str) -> None:
    """Only what changes customers' conversations is refused, with the program's one message."""
    wanted, before, options, refused = CASES[case]
    assert checked(wanted, before, **options) == ([NO] if refused else [])


@pytest.mark.parametrize("verdict", ["", Unknown()], ids=["it runs there", "not known at preview"])
def test_passed(verdict: Any) -> None:
    """What runs there passes; at preview so does what is not known yet."""
    assert checked(OTHER, MENU, verdict) == []

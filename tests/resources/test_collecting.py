"""How often a process looks for garbage: seldom in a program, as it was in a user's unit test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from pulumi_8x8 import Workflow
from pulumi_8x8.resources.collecting import collect_seldom

from .program_kit import run_program


@pytest.fixture(autouse=True)
def kept() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)


@pytest.mark.parametrize(("before", "after"), [(700, 50_000), (2_000, 50_000), (90_000, 90_000), (0, 0)])
def test_only_ever_less_often(before: int, after: int) -> None:
    """What looks for garbage often does it less often; what is set to seldom or never stays as it was set."""
    gc.set_threshold(before, 7, 8)
    collect_seldom()
    assert gc.get_threshold() == (after, 7, 8)


def test_unit_test_left_alone() -> None:
    """A user's unit test of a program, with Pulumi's mocks, is no process of ours: nothing is set there."""
    gc.set_threshold(700)
    run_program(lambda: Workflow("w", trigger="inbound_sms", steps=[]).id)
    assert gc.get_threshold()[0] == 700

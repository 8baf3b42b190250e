"""The hidden property ``__about``: what is written is read again, whatever the engine and other versions make of it."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from definition.test_encoding import engine
from pulumi_8x8.api import Origin
from pulumi_8x8.resources.properties import ABOUT, About

FULL = About(
    resource="menu",
    workflows=3,
    secrets=(("steps", "call", "inputs", "list", 0),),
    secret_keys=("8x8:apiKey",),
    ignored=("steps.say",),
    replace_on=("trigger",),
    lint="{}",
    gate="staging does not run it",
    pin_gate={"stack": "acme/shop/staging", "theirs": {"menu": "a" * 64}},
    origin=Origin(moved="1-2", moved_from="urn", deployed=4, secrets=(("name",),), namesakes=("3-4",)),
    version=7,
    created_at="2026-01-01T00:00:00Z",
    account_id="acme",
    id="1-2",
    deployed=6,
    sent="b" * 64,
    proof="created",
    kept=True,
    digest="c" * 64,
    rest={"siblings": 1.0},
)

STATE = Path(__file__).parents[1] / "upgrade" / "fixtures" / "0.1.0" / "state.json"


def test_every_member_goes_through_the_engine() -> None:
    """Members that aren't there aren't written; numbers come back as what they are."""
    assert all(getattr(FULL, each.name) is not None for each in fields(About))
    assert About.read(engine({ABOUT: FULL.write()})) == FULL
    assert About().write() == {}


def test_inputs_keep_what_the_program_declares() -> None:
    """Neither what is for check() only nor what the provider adds gets into inputs."""
    assert set(FULL.for_inputs().write()) == {
        *("resource", "workflows", "secrets", "secretKeys", "ignored", "replaceOn"),
    }


@pytest.mark.parametrize("value", [None, "text", 1.0, [], Unknown()], ids=lambda value: type(value).__name__)
def test_what_is_something_else(value: Any) -> None:
    """What isn't known yet, or has another type, counts as not there."""
    assert About.read({ABOUT: value}) == About.read({}) == About()
    odd = About.read({ABOUT: dict.fromkeys(FULL.write(), Unknown())})
    assert {each.name for each in fields(About) if getattr(odd, each.name) not in (None, Origin())} == {"rest"}


def test_members_of_other_versions_stay() -> None:
    """What an earlier version wrote is written again as it was."""
    resources = json.loads(STATE.read_text("utf-8"))["deployment"]["resources"]
    found = [each["outputs"][ABOUT] for each in resources if ABOUT in (each.get("outputs") or {})]
    assert any("siblings" in about for about in found)
    for about in found:
        assert About.read({ABOUT: about}).write() == about

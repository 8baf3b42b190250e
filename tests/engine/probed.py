"""The program behind ``test_dynamic_facts.py``; ``PROGRAM`` selects one of its three states."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping

import pulumi
from pulumi import Alias, ComponentResource, CustomTimeouts
from pulumi import ResourceOptions as Options

from engine.probe import IGNORED, Probe, ask_state, note_parents, urn_of

note_parents()
before = ask_state()
second = os.environ["PROGRAM"] == "2"
title = "two" if second else "one"


class Group(ComponentResource):
    """A parent."""

    def __init__(self, name: str, opts: Options | None = None) -> None:
        super().__init__("probe:index:Group", name, {}, opts)


class Untyped(Probe):
    """It names no type."""


class Typed(Probe, module="8x8", name="Probe"):
    """It names its base's type."""


def make() -> Iterator[Probe]:
    """The resources; their names describe what happens to them."""
    inner = Group("inner", Options(parent=Group("outer")))
    into = inner if second else None
    yield Probe("same", {"title": "x"})
    yield Probe("forced", {"title": "x"})
    yield Probe("triggered", {"title": "x"}, Options(replacement_trigger=title))
    yield Probe("replaced", {"title": title, "__do": {"diff": {"replaces": ["title"]}}})
    replaced_after = {"replaces": ["title"], "delete_before_replace": True}
    yield Probe("deleted_first", {"title": title, "__do": {"diff": replaced_after}})
    yield Probe("on_changes", {"title": title}, Options(replace_on_changes=["title"]))
    unsure = {"title": title, "__do": {"unsure": True}}
    yield Probe("on_changes_unsure", unsure, Options(replace_on_changes=["title"]))
    yield Probe("quiet", {"title": title, "__do": {"diff": {"changes": False}}})
    yield Probe("moved", {"title": "x"}, Options(parent=into))
    yield Probe("aliased", {"title": "x"}, Options(parent=into, aliases=[Alias(parent=pulumi.ROOT_STACK_RESOURCE)]))
    yield Probe("inside", {"title": "x"}, Options(parent=inner))
    yield Probe("of_root", {"title": "x"}, Options(parent=pulumi.runtime.get_root_resource()))
    yield Untyped("untyped", {"title": "x"})
    yield Typed("typed", {"title": "x"})
    yield Probe("timed", {"title": title}, Options(custom_timeouts=CustomTimeouts(create="30s", update="2m")))
    pause, last = {"duration": title, "note": title}, {"note": title, "text": title}
    steps = {"pause": pause, "a b": {"text": title}, "last": last}
    steps |= {"added": {"text": "x"}} if second else {}
    yield Probe("ignoring", {"title": title, "steps": steps}, Options(ignore_changes=IGNORED))
    steps = {"p": {"text": "secret-text", "kind": "x"}}
    paths = [["title"], ["steps", "p", "text"]]
    yield Probe("secret", {"title": "secret-title", "steps": steps, "__do": {"secret": paths}})
    elsewhere = {"steps": {"q": {"text": "moved-text"}}}
    yield Probe("mover", {"title": "x", "steps": steps, "__do": {"secret": paths, "read": elsewhere}})
    elsewhere = {"steps": {"q": {"text": "marked-text"}}}
    both = [*paths, ["steps", "q", "text"]]
    yield Probe("marker", {"title": "x", "steps": steps, "__do": {"secret": both, "read": elsewhere}})
    below = {"p": {"__note": "hidden-below", "k": title}}
    yield Probe("hidden", {"title": title, "__note": "hidden-top", "steps": below})
    yield Probe("stays", {"title": "x", "__do": {"fail": "plain"}})
    yield Probe("breaks", {"title": "x", "__do": {"fail": "other"}})
    yield Probe("external", {"title": "x"}, Options(id="there"))
    if second:
        yield Probe("late", {"title": "x", "__do": {"say": "mind the gap"}}, Options(parent=inner))
    else:
        yield Probe("retained", {"title": "x"}, Options(retain_on_delete=True))
        yield Probe("dropped", {"title": "x"})


def export(made: Mapping[str, Probe]) -> None:
    """What only the program knows."""
    pulumi.export("urns", {name: each.urn for name, each in made.items()})
    pulumi.export("computed", {name: urn_of(each) for name, each in made.items()})
    pulumi.export("before", pulumi.Output.secret(json.dumps(before)))
    pulumi.export("title of secret", made["secret"].title)
    pulumi.export("steps of secret", made["secret"].steps)
    pulumi.export("title of same", made["same"].title)
    output = made["same"].title
    texts = [str(output), f"{output}", "%s" % output, repr(output), f"{[output]}"]  # noqa: UP031
    pulumi.export("texts", texts)
    secret = pulumi.runtime.is_config_secret
    pulumi.export("config", [secret(f"8x8:{key}") for key in ("subAccounts", "subAccounts.chat", "accountId")])


if os.environ["PROGRAM"] == "3":
    slow = Probe("slow", {"title": "x", "__do": {"wait": True}})
    Probe("after", {"title": "x"}, Options(depends_on=[slow]))
else:
    export({each.pulumi_resource_name: each for each in make()})

"""The model of the engine (tests/resources/model.py) does what the real engine does, in random histories.

Each history runs on both, against two accounts that get the same from somebody else. After each operation the states
and the accounts are the same: which URN has which definition, its versions, and what was written.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from kit import Account
from resources.harness import Refused
from resources.model import SUBCLASS, WORKFLOW, Declared, EngineError
from resources.model import Stack as Model
from resources.test_sequences import ACCOUNT, SECRET, SECRET_PLACE, workflow
from standin import StandIn

from .conftest import Stack, make_stack

pytestmark = pytest.mark.engine

_HEAD = f"""
class Mine(automation.Workflow):
    pass

S = pulumi.Output.secret({SECRET!r})
made = {{}}

def above(*types):
    parent = None
    for depth, each in enumerate(types):
        key = types[: depth + 1]
        if key not in made:
            made[key] = pulumi.ComponentResource(each, "-".join(key).replace(":", "-"), None,
                                                 pulumi.ResourceOptions(parent=parent))
        parent = made[key]
    return parent
"""


def source(program: list[Declared], stack: str) -> str:
    """The program as Python."""
    return "\n".join([_HEAD, *(_call(each, stack) for each in program)])


def _call(each: Declared, stack: str) -> str:
    body = each.definition.body()
    steps = repr(body["definition"]["steps"]).replace(repr(SECRET), "S")
    names = {"onDelete": "on_delete", "onDrift": "on_drift", "overwrite": "overwrite", "pinVersion": "pin_version"}
    options = "".join(f", {names[key]}={value!r}" for key, value in each.options.items())
    aliases = [f"urn:pulumi:{stack}::project::{place}" for place in each.aliases]
    return (
        f"{'automation.Workflow' if each.kind == WORKFLOW else 'Mine'}({each.name!r}, "
        f"name={body['definition']['name']!r}, trigger={body['trigger']!r}, status={body['status']!r}, steps={steps}"
        f"{options}, opts=pulumi.ResourceOptions(parent=above{each.above!r}, aliases={aliases!r}, "
        f"ignore_changes={list(each.ignore)!r}, protect={each.protect}, retain_on_delete={each.retain}))"
    )


@dataclass
class Side:
    """One of the two, and its account."""

    stand_in: StandIn
    read: Callable[[], dict[str, str]]
    #: Ids by URN, after the last operation.
    state: dict[str, str] = field(default_factory=dict)
    #: By id: the operation and the URN with which the state had it first.
    names: dict[str, str] = field(default_factory=dict)
    done: int = 0

    def look(self, operation: int) -> tuple[Any, ...]:
        """What the state and the account hold, and what was written, in terms that both sides share."""
        state = self.state = self.read()
        for urn, id in sorted(state.items()):
            self.names.setdefault(id, f"{operation} {urn}")
        definitions = sorted(
            (
                self.names.get(id, ""),
                bool(kept.there),
                json.dumps([json.loads(v.stored) for v in kept.versions], sort_keys=True),
            )
            for id, kept in self.stand_in.definitions.items()
        )
        calls = self.stand_in.calls()
        writes = sorted(str(call) for call in calls[self.done :] if call.method != "GET")
        self.done = len(calls)
        return {urn: self.names[id] for urn, id in state.items()}, definitions, writes


class History:
    """Random changes of a program, of the account, and operations."""

    def __init__(self, seed: int, model: Model, real: Stack, there: StandIn) -> None:
        self.draw = random.Random(seed)
        self.model, self.real = model, real
        self.sides = (
            Side(model.stand_in, lambda: {urn: each.id for urn, each in model.state.items()}),
            Side(there, self._exported),
        )
        self.program: dict[str, Declared] = {}
        self.log: list[str] = []

    def _exported(self) -> dict[str, str]:
        resources = json.loads(self.real.run("stack", "export").out)["deployment"].get("resources", [])
        dynamic = (each for each in resources if each["type"].startswith("pulumi-python:dynamic"))
        return {each["urn"]: each["id"] for each in dynamic if not each.get("delete")}

    def put(self, each: Declared) -> None:
        self.program[each.place] = each

    def change_program(self) -> None:
        draw = self.draw
        place = draw.choice([*self.program, ""]) if len(self.program) < 3 else draw.choice([*self.program])
        if not place:
            call = draw.random() < 0.5
            new = workflow(draw.choice("ABC"), draw.choice(["one", "two"]), draw.choice(["enabled", "disabled"]), call)
            each = Declared(draw.choice("abcd"), new, secrets=(SECRET_PLACE,) if call else ())
            self.program.setdefault(each.place, each)
            return
        each = self.program.pop(place)
        match draw.choice(["text", "text", "title", "out", "name", "above", "class", "alias", "options", "ignore"]):
            case "text":
                new = workflow(each.definition.name, f"text {draw.random()}", "enabled", bool(each.secrets))
                self.put(replace(each, definition=new))
            case "title":
                self.put(replace(each, definition=replace(each.definition, name=draw.choice("ABC"))))
            case "out":
                pass
            case "name":
                self.put(replace(each, name=draw.choice("abcd"), aliases=()))
            case "above":
                above = draw.choice([(), ("acme:index:X",), ("acme:index:X", "acme:index:Y")])
                self.put(replace(each, above=above, aliases=()))
            case "class":
                self.put(replace(each, kind=SUBCLASS, aliases=()))
            case "alias":
                self.put(replace(each, name=draw.choice("abcd"), aliases=(each.place,)))
            case "options":
                options = draw.choice([{}, {"onDelete": "terminate"}, {"onDrift": "warn"}, {"overwrite": True}])
                self.put(replace(each, options=options))
            case "ignore":
                ignore = draw.choice([(), ("status",), ("steps.say.inputs.text",), ("steps.*.inputs",), ("steps.say",)])
                self.put(replace(each, ignore=ignore))

    def change_account(self) -> None:
        """Somebody edits or deletes what the state has, adds a step or a conversation, on both sides alike."""
        draw = self.draw
        known = [urn for urn in self.sides[0].state if self._alive(urn)]
        what = draw.choice(["text", "text", "status", "step", "member", "conversation", "delete", "namesake"])
        if what == "namesake":
            body = workflow(draw.choice("ABC"), "theirs", "enabled", False).body()
            for side in self.sides:
                side.stand_in.create(ACCOUNT, body)
            return
        if not known:
            return
        urn, text = draw.choice(sorted(known)), f"edit {draw.random()}"

        def edit(body: dict[str, Any]) -> None:
            steps = body["definition"]["steps"]
            match what:
                case "text":
                    steps[0]["inputs"]["text"] = text
                case "status":
                    body["status"] = "disabled"
                case "step":
                    steps.append({"id": text, "stepType": "Wait", "inputs": {"duration": "0.00:01:00"}})
                case "member":
                    steps[0]["zzAdded"] = text

        self.log.append(f"{what} of {urn}")
        for side in self.sides:
            id = side.state[urn]
            if what == "delete":
                side.stand_in.remove(ACCOUNT, id)
            elif what == "conversation":
                side.stand_in.start(ACCOUNT, id)
            else:
                side.stand_in.edit(ACCOUNT, id, edit)

    def _alive(self, urn: str) -> bool:
        return all(side.stand_in.definitions[side.state[urn]].there for side in self.sides)

    def operate(self, number: int) -> bool:
        """Whether to continue: after a failure, what was done before it depends on the order of calls."""
        draw = self.draw
        stack, program = self.model.name, list(self.program.values())
        kind = draw.choice(["up"] * 6 + ["replace", "target", "refresh", "up --refresh", "destroy", "goes on"])
        urns = sorted({*map(self.model.urn, self.program), *self.sides[0].state})
        replaceable = [place for place in self.program if self.model.urn(place) in self.sides[0].state]
        if (kind == "replace" and not replaceable) or not urns:
            kind = "up"
        self.log.append(f"{kind}: {[(each.place, each.options, each.aliases, each.ignore) for each in program]}")
        self.real.write(source(program, stack))
        options: list[str] = []
        arguments: dict[str, Any] = {}
        if kind == "replace":
            place = draw.choice(sorted(replaceable))
            options, arguments = ["--replace", self.model.urn(place)], {"replaced": [place]}
        elif kind == "target":
            urn = draw.choice(urns)
            options, arguments = ["--target", urn], {"targets": [urn.partition("::project::")[2]]}
        elif kind == "up --refresh":
            options, arguments = ["--refresh"], {"refresh": True}
        elif kind == "goes on":
            options, arguments = ["--continue-on-error"], {"goes_on": True}
        self.log[-1] += f" {options}"
        error: Exception | None = None
        try:
            if kind == "refresh":
                self.model.refresh()
            elif kind == "destroy":
                self.model.destroy()
            else:
                self.model.up(program, **arguments)
        except (Refused, EngineError) as refused:
            error = refused
        except Exception as shown:  # noqa: BLE001 - compared with what the engine does
            error = shown
        if kind == "refresh":
            run = self.real.run("refresh", "--yes", "--skip-preview", code=-1)
        elif kind == "destroy":
            run = self.real.run("destroy", "--yes", "--skip-preview", code=-1)
        else:
            run = self.real.up("--parallel", "1", *options, code=-1)
        history = "\n".join(self.log)
        assert (run.code == 0) == (error is None), f"{history}\nmodel: {error!r}\nreal: {run.text}"
        model, real = (side.look(number) for side in self.sides)
        if error is not None and model != real:
            return False
        for what, one, other in zip(("state", "account", "writes"), model, real, strict=True):
            assert one == other, f"{what}\n{history}\nmodel: {error!r}\nreal: {run.text}"
        return True


SEED = int(os.environ.get("HISTORY", "0"))


@pytest.mark.parametrize("seed", range(SEED, SEED + int(os.environ.get("HISTORIES", "2"))))
def test_both_do_the_same(seed: int, tmp_path: Path, pulumi_home: Path) -> None:
    """After each operation of a history the states, the accounts and the writes of both are the same."""
    there = StandIn()
    with there.serve() as url:
        real = make_stack(tmp_path, Account(url, ACCOUNT), pulumi_home)
        model = Model(StandIn(), "test", ACCOUNT)
        history = History(seed, model, real, there)
        for number in range(6):
            for _ in range(history.draw.randint(1, 2)):
                history.change_program()
            if number and history.draw.random() < 0.5:
                history.change_account()
            if not history.operate(number):
                break

"""Random programs, edits in the browser, deletions, faults and crashes: nothing is lost, doubled or overwritten."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pulumi_8x8.changes import compare
from pulumi_8x8.definition import Definition

from .harness import Engine, Killed, Refused, Service, definition

NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["one", "two", "three"])
STATUS = st.sampled_from(["enabled", "disabled"])

#: What can befall the next call: the answer lost, a proxy's or the service's error, a throttled client.
FAULTS = st.sampled_from(
    [
        {"method": "POST", "drop": True},
        {"method": "PUT", "drop": True},
        {"method": "DELETE", "drop": True},
        {"method": "GET", "drop": True},
        {"method": "POST", "status": 502, "body": "<html>Bad gateway</html>"},
        {"method": "PUT", "status": 500, "body": {"code": 2000, "message": "Internal server error"}},
        {"method": "DELETE", "status": 503, "headers": {"Retry-After": "0"}},
        {"method": "GET", "status": 429, "headers": {"Retry-After": "0"}, "times": 2},
        {"method": "POST", "status": 429},
    ]
)


class Sequences(RuleBasedStateMachine):
    """A program, its stack, the service, and other people with a browser.

    :ivar program: what ``up`` is to bring about, by resource name. Names of workflows move between resources, and
        several may have the same.
    :ivar others: text by id of what other people made; nobody may touch it, but to take over what is just like it.
    :ivar lost: ids of what an up made before it was killed; the next up may take them over.
    """

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()
        self.engine = Engine(self.service)
        self.program: dict[str, tuple[Definition, dict[str, Any]]] = {}
        self.others: dict[str, str] = {}
        self.lost: set[str] = set()

    @initialize(program=st.dictionaries(NAMES, st.tuples(NAMES, TEXTS), min_size=1), deployed=st.booleans())
    def begin(self, program: dict[str, tuple[str, str]], deployed: bool) -> None:
        for name, (shown, text) in program.items():
            self.write(name=name, shown=shown, text=text, status="enabled")
        if deployed:
            self.up(faults=[])

    @rule(name=NAMES, shown=NAMES, text=TEXTS, status=STATUS)
    def write(self, name: str, shown: str, text: str, status: str) -> None:
        """The program gets a workflow, or another text, status or name for it."""
        self.program[name] = (definition(shown, text, status=status), {"onDelete": "terminate"})

    @rule(name=NAMES, version=st.integers(1, 3) | st.none())
    def pin(self, name: str, version: int | None) -> None:
        """A workflow of the program is pinned to a version that it may or may not have, or the pin is lifted."""
        if name in self.program:
            wanted, options = self.program[name]
            options = {key: value for key, value in options.items() if key != "pinVersion"}
            self.program[name] = (wanted, options if version is None else {**options, "pinVersion": version})

    @rule(name=NAMES, new=NAMES)
    def rename_resource(self, name: str, new: str) -> None:
        """The resource gets another name in the program, and nothing else changes."""
        if name in self.program and new not in self.program:
            self.program[new] = self.program.pop(name)

    @rule(name=NAMES)
    def take_out(self, name: str) -> None:
        self.program.pop(name, None)

    @rule(shown=NAMES | st.just("other"), text=TEXTS)
    def somebody_creates(self, shown: str, text: str) -> None:
        """Somebody creates a workflow in the browser, perhaps one with a name that the program uses."""
        body = definition(shown, text).body()
        created = self.service.call("POST", json=body)
        self.others[created["definition"]["id"]] = text

    @rule(pick=st.integers(0, 5), text=TEXTS, status=STATUS)
    def somebody_edits(self, pick: int, text: str, status: str) -> None:
        """A workflow of the stack is edited in the browser, which adds its noise."""
        managed = [resource.id for resource in self.engine.state.values()]
        held = self.service.definitions()
        if managed and managed[pick % len(managed)] in held:
            body = held[managed[pick % len(managed)]]
            body["status"] = status
            body["definition"]["steps"][0]["inputs"]["text"] = text
            body["definition"]["steps"][0]["do"] = []
            self.service.call("PUT", f"/{body['definition']['id']}", json=body)

    @rule(pick=st.integers(0, 5))
    def somebody_deletes(self, pick: int) -> None:
        managed = [resource.id for resource in self.engine.state.values()]
        if managed and managed[pick % len(managed)] in self.service.definitions():
            self.service.call("DELETE", f"/{managed[pick % len(managed)]}")

    @rule()
    def refresh(self) -> None:
        self.engine.refresh()

    @rule(kill_after=st.integers(1, 2), faults=st.lists(FAULTS, max_size=1))
    def crash(self, kill_after: int, faults: list[dict[str, Any]]) -> None:
        """An up is killed after a write that the state does not have yet."""
        self.run_up(faults, kill_after)

    @rule(faults=st.lists(FAULTS, max_size=2))
    def up(self, faults: list[dict[str, Any]]) -> None:
        """After an up that succeeds, the service holds exactly what the program says, and what others made."""
        before = dict(self.engine.state)
        there = self.service.definitions()
        to_create = [name for name in self.program if name not in before or before[name].id not in there]
        clashing = {body["definition"]["name"] for body in there.values()} & {
            self.program[name][0].name for name in to_create
        }
        edited = [
            resource
            for name, resource in before.items()
            if name not in self.program
            and resource.id in there
            and there[resource.id]["definition"]["version"] != resource.outputs["version"]
        ]
        pinned = any("pinVersion" in options for _, options in self.program.values())
        if not self.run_up(faults):
            assert faults or clashing or edited or pinned, "refused for no reason"
            return
        held = self.service.definitions()
        managed = {name: resource.id for name, resource in self.engine.state.items()}
        assert managed.keys() == self.program.keys()
        assert len(set(managed.values())) == len(managed), "every workflow has a definition of its own"
        for name, (wanted, options) in self.program.items():
            live = Definition.from_body(held[managed[name]])
            assert not compare(live, self.pinned_to(managed[name], wanted, options))
            names = [
                (each.name, held[managed[other]]["definition"]["name"]) for other, (each, _) in self.program.items()
            ]
            siblings = [each for each in names if wanted.name in each]
            if name not in before:
                strangers = there.keys() - {resource.id for resource in before.values()}
                namesakes = {id for id in strangers if there[id]["definition"]["name"] == wanted.name}
                if len(siblings) == 1:
                    assert namesakes <= {managed[name]}, "taken over, or refused"
                else:
                    now = [id for id, body in held.items() if body["definition"]["name"] == wanted.name]
                    assert len(now) <= len(siblings), "never more than the program has"
        assert held.keys() <= {*managed.values(), *self.others, *self.lost}, "not doubled"

    def pinned_to(self, id: str, wanted: Definition, options: dict[str, Any]) -> Definition:
        """What is to be live."""
        if "pinVersion" not in options:
            return wanted
        history = {body["definition"]["version"]: body for body in self.service.call("GET", f"/{id}")}
        return replace(Definition.from_body(history[options["pinVersion"]]), status=wanted.status)

    def run_up(self, faults: list[dict[str, Any]], kill_after: int = -1) -> bool:
        """Whether the up succeeded; if not, it says why in one of our messages, and what to do."""
        self.service.fault(*faults)
        try:
            self.engine.up(self.program, kill_after)
        except Killed:
            managed = {resource.id for resource in self.engine.state.values()}
            self.lost |= self.service.definitions().keys() - managed - self.others.keys()
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be one of the two
            # A crash left a definition behind that somebody, or the program, changed since: that is up to the user.
            in_the_way = isinstance(error, Refused) and 'adopt="' in str(error)
            # There is no such version, or none at all yet.
            in_the_way |= "pin_version=" in str(error) and type(error).__name__ == "Refused"
            # The plugin shows exceptions of this module without a traceback.
            plain = type(error).__module__ == "builtins" and type(error).__name__ in {"Conflict", "AlreadyThere"}
            assert in_the_way or plain, repr(error)  # noqa: PT017
            return False
        finally:
            self.service.clear_faults()
            held = self.service.definitions()
            taken = self.others.keys() & {resource.id for resource in self.engine.state.values()}
            assert all(held[id]["definition"]["version"] == 1 for id in taken), "taken over as it was"
            self.others = {id: text for id, text in self.others.items() if id not in taken}
        return True

    @invariant()
    def what_others_made_is_untouched(self) -> None:
        held = self.service.definitions()
        for id, text in self.others.items():
            assert held[id]["definition"]["steps"][0]["inputs"]["text"] == text
            assert held[id]["definition"]["version"] == 1

    def teardown(self) -> None:
        self.service.store.close()


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=int(os.environ.get("SEQUENCES", "500")), stateful_step_count=12)

"""Random histories: two stacks with programs that change, people with a browser, and a service that lies.

What the model cannot express, and the world does:

* Calls at the same time. The engine calls in parallel for several resources; here they follow each other, in two orders
  (``at_once``). A write of somebody else falls between two operations, never between two calls of one.
* Outputs as inputs: a value that is not known at a preview. Previews, plans, policies, transforms, ``get`` and runs.
* Dependencies: ``depends_on``, ``deleted_with``, and targets with dependents.
* More than one false answer of a kind in one operation: a service that denies twice is believed.
* Two machines: both stacks note their creations in the same folder. Other accounts; state of older versions.
* What a service that doesn't list disabled definitions hides: a disabled one whose creation was not answered is found
  by nobody, so it may be made twice (:func:`nothing_is_doubled` leaves it out).
* Time: minutes pass between two operations; nothing is slow in one, and nothing expires. The limits of waits, and an
  equal definition that somebody else creates in the minute of a killed creation, are other tests'.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from pulumi_8x8.api import looks
from pulumi_8x8.definition import Definition
from pulumi_8x8.resources.base_provider import Shown
from pulumi_8x8.resources.options import parse_path
from standin import Call, StandIn

from .harness import SIGNATURE, Refused
from .harness import definition as a_definition
from .model import SUBCLASS, WORKFLOW, Declared, EngineError, Kept, Kill, Killed, Stack, Time

ACCOUNT = "acme"
#: Planted as a secret: it must stand nowhere in plain text.
SECRET = "sesame-0123456789"
#: A member that neither the model nor any program knows.
FOREIGN = "zzAdded"
#: What the stand-in adds by itself.
_ADDED = {FOREIGN, "rev"}

NAMES = st.sampled_from(["a", "b", "c"])
TITLES = st.sampled_from(["A", "B"])
TEXTS = st.sampled_from(["one", "two", " three "])
STATUS = st.sampled_from(["enabled", "disabled"])
ABOVE = st.sampled_from([(), ("acme:index:X",), ("acme:index:Y",), ("acme:index:X", "acme:index:Y")])
WHO = st.sampled_from(["one", "one", "one", "two"])
PICK = st.integers(0, 7)

#: Options of a workflow.
OPTIONS = st.sampled_from(
    [
        {},
        {},
        {"onDelete": "terminate"},
        {"onDelete": {"wait": "00:01:00"}},
        {"overwrite": True},
        {"onDrift": "warn"},
        {"onDrift": "stop"},
    ]
)
IGNORED = st.sampled_from(
    [
        (),
        (),
        ("status",),
        ("steps.say.inputs.text",),
        ("steps.say",),
        ("steps.*.inputs",),
        ("status", "steps.more"),
    ]
)

#: What the service makes of all that it stores, in one history.
HABITS: dict[str, dict[str, Any]] = {
    "plain": {},
    "defaults": {"defaults": (("SMS", "encoding", "AUTO"), ("HttpRequest", "timeoutSeconds", 5))},
    "drops false": {"drops_false": True},
    "trims": {"trims": True},
    "numbers as texts": {"numbers_as_texts": True},
    "masks": {"masks": frozenset({"Authorization"})},
    "adds": {"unknown": frozenset({"envelope", "definition", "step", "inputs"})},
    "all at once, not echoed": {
        "defaults": (("SMS", "encoding", "AUTO"),),
        "trims": True,
        "numbers_as_texts": True,
        "unknown": frozenset({"step", "inputs"}),
        "echo": True,
    },
    "other spellings": {"ids_in": "definition", "sub_account_key": "subaccountId", "noise": True, "shuffle": 7},
    "lists differently": {"offset": "pages", "list_disabled": False, "list_versions": "all", "ids_in": "both"},
}

#: What may befall the next call of a kind.
LIES: dict[str, tuple[int, tuple[str, ...], dict[str, Any]]] = {
    "denies once": (1, ("history",), {"history": "empty"}),
    "denies once with 404": (1, ("history",), {"history": "not found"}),
    "lists nothing once": (1, ("list",), {"listing": "empty"}),
    "lists half once": (1, ("list",), {"listing": "every second"}),
    "creation shows late": (1, ("create",), {"stale_calls": 2}),
    "creation shows after reads": (1, ("create",), {"stale_reads": 2}),
    "update shows late": (1, ("update",), {"stale_reads": 1}),
    "deletion shows late": (1, ("delete",), {"stale_reads": 3}),
    "deletes late": (1, ("delete",), {"delete_after": 3}),
    "creation not answered": (1, ("create",), {"fault": "break", "carried_out": True}),
    "creation not answered, shows late": (
        1,
        ("create",),
        {"fault": "break", "carried_out": True, "stale_calls": 3},
    ),
    "creation failed": (1, ("create",), {"fault": 502, "carried_out": True}),
    "creation not carried out": (1, ("create",), {"fault": "break"}),
    "creation down": (9, ("create",), {"fault": 503, "retry_after": ""}),
    "update not answered": (1, ("update",), {"fault": "break", "carried_out": True}),
    "update not carried out": (1, ("update",), {"fault": 500}),
    "update refused": (1, ("update",), {"fault": 400}),
    "deletion not answered": (1, ("delete",), {"fault": "break", "carried_out": True}),
    "deletion not carried out": (1, ("delete",), {"fault": 504}),
    "throttled": (2, (), {"fault": 429}),
    "read broken": (1, ("history", "list", "instances"), {"fault": "break"}),
    "proxy": (1, ("history", "list"), {"fault": 200}),
}
LIE = st.tuples(st.sampled_from(sorted(LIES)), st.integers(0, 2))
KILL = st.builds(Kill, st.integers(1, 3), st.sampled_from(["sent", "arrive", "saved"]))

#: Classes of errors that a user may see, all of which describe what to do.
_KNOWN = {
    "Conflict", "AlreadyThere", "StillRunning", "Refused", "NotFound", "Unreachable", "Throttled", "Rejected",
    "BadAnswer", "Interrupted",
}  # fmt: skip


@dataclass
class Owner:
    """A stack with its program, and what is known of it from outside."""

    stack: Stack
    program: dict[str, Declared] = field(default_factory=dict)
    tainted: set[str] = field(default_factory=set)
    #: Ids that its operations created or adopted.
    made: set[str] = field(default_factory=set)
    #: Ids that its state lost though they are alive, and why that is right.
    left: dict[str, str] = field(default_factory=dict)
    #: Ids of which somebody deleted the state, and with it what it knew of secrets.
    unaware: set[str] = field(default_factory=set)
    #: By id of what a killed or failed creation left: for which places, and what it is.
    lost: dict[str, tuple[set[str], tuple[str, ...]]] = field(default_factory=dict)

    @property
    def ids(self) -> dict[str, str]:
        """By URN."""
        return {urn: each.id for urn, each in self.stack.state.items()}


@dataclass(frozen=True)
class Operation:
    """What was before an operation of a stack, what it did, and how it ended.

    :param calls: those that it made.
    :param hides: the service doesn't list disabled definitions.
    :param honest: the service never lied.
    :param aimed: URNs it was limited to; ``None``: it wasn't.
    :param replaced: URNs whose replacement was requested.
    :param error: ``None`` when it succeeded.
    """

    owner: Owner
    program: Sequence[Declared]
    alive: dict[str, Any]
    state: dict[str, Kept]
    pending: tuple[Kept, ...]
    running: frozenset[str]
    calls: tuple[Call, ...]
    kind: str
    hides: bool
    honest: bool
    aimed: set[str] | None
    replaced: set[str]
    error: BaseException | None

    @property
    def wanted(self) -> dict[str, Declared]:
        """By URN; empty when it ran no program."""
        return {self.owner.stack.urn(each.place): each for each in self.program}

    @property
    def newcomers(self) -> dict[str, Declared]:
        known = {alias: urn for urn, each in self.wanted.items() for alias in map(self.owner.stack.urn, each.aliases)}
        found = {known[alias] for alias in known if alias in self.state and alias not in self.wanted}
        new = {urn: each for urn, each in self.wanted.items() if urn not in self.state and urn not in found}
        return {urn: each for urn, each in new.items() if self.aimed is None or urn in self.aimed}

    def did(self, call: Call | None) -> bool:
        return call is not None and any(call is each for each in self.calls)

    @property
    def writes(self) -> list[str]:
        return [str(call) for call in self.calls if call.method != "GET"]


# --- The invariants


def nothing_wanted_is_deleted(of: Operation, stand_in: StandIn) -> None:
    """What the stack owned and its program still wants, under whatever URN, is not deleted unless it is replaced."""
    for id, call in stand_in.deleted(ACCOUNT).items():
        if not of.did(call) or id not in of.alive:
            continue
        urn = next((urn for urn, each in of.state.items() if each.id == id), None)
        if urn is None:
            assert id in {each.id for each in of.pending}, f"{id} was never the stack's"
            continue
        if urn in of.wanted:
            assert urn in of.replaced, f"{urn} is wanted, and was deleted"
            continue
        if of.aimed is not None and urn in of.aimed:
            continue  # the user named the old URN
        old = of.state[urn]
        for new, each in of.newcomers.items():
            alike = each.name == urn.rpartition("::")[2] or each.definition.name == old.get("name")
            # It follows the one of its own resource name, and cannot know that somebody deleted that.
            alike &= not any(
                other not in of.wanted and other.rpartition("::")[2] == each.name and held.id not in of.alive
                for other, held in of.state.items()
            )
            got = of.owner.ids.get(new)
            elsewhere = got in of.alive  # a definition that moved, or that was left by an earlier operation
            assert not alike or elsewhere or "adopt" in each.options, (
                f"{urn} was deleted, and {new} is like it and made anew"
            )


def what_is_not_ours_is_untouched(of: Operation, stand_in: StandIn) -> None:
    """Nobody else's definition is deleted, edited or taken over, unless the program adopts it."""
    ours = of.owner.made | {each.id for each in of.state.values()} | {each.id for each in of.pending}
    adopted = {str(each.options["adopt"]) for each in of.program if "adopt" in each.options}
    for id, kept in stand_in.definitions.items():
        if of.did(kept.versions[0].by) or id in ours or id in adopted:
            continue
        assert not any(of.did(version.by) for version in kept.versions), f"{id} was edited"
        assert not any(of.did(call) for call in (stand_in.deleted(ACCOUNT).get(id),)), f"{id} was deleted"
        assert id not in of.owner.ids.values(), f"{id} was taken over"


def nothing_is_doubled(of: Operation, stand_in: StandIn) -> None:
    """The definitions alive are what the state has, and what killed or failed operations left, one each at most."""
    owner, alive = of.owner, stand_in.alive(ACCOUNT)
    new = {id for id in alive if id not in of.alive and of.did(stand_in.definitions[id].versions[0].by)}
    owner.made |= new | set(owner.ids.values())
    held = {*owner.ids.values(), *(each.id for each in owner.stack.pending)}
    # An operation on some targets may leave a moved one under its old URN too, which the program no longer has.
    mine = [id for urn, id in owner.ids.items() if urn in of.wanted]
    assert len(set(mine)) == len(mine) or of.error is not None, "two resources have the same definition"
    stray = {id for id in new - held if not of.hides or alive[id]["status"] == "enabled"}
    assert not stray or of.error is not None, f"the operation succeeded, and made {stray} besides"
    was = {urn: each.id for urn, each in of.state.items()}
    wanted = [urn for urn in of.wanted if owner.ids.get(urn) in (None, was.get(urn))]  # possibly not created
    assert len(stray) <= len(wanted), "doubled within one operation"
    for id in stray:
        shape = _shape(alive[id])
        owner.lost[id] = ({urn for urn in wanted if _shape(of.wanted[urn].definition.body()) == shape}, shape)
    if of.kind == "up" and of.error is None:
        for id, (urns, shape) in list(owner.lost.items()):
            if id not in alive or id in held:
                del owner.lost[id]
                continue
            same = {
                urn
                for urn in urns & of.wanted.keys()
                if _shape(of.wanted[urn].definition.body()) == shape and urn in of.newcomers
            }
            assert not same or "adopt" in of.wanted[next(iter(same))].options, f"{id} was not found again for {same}"
    gone = {each.id for each in (*of.state.values(), *of.pending)} & alive.keys() - held
    for id in gone:
        old = next(each for each in (*of.state.values(), *of.pending) if each.id == id)
        moved = of.honest is False or old.retain
        assert moved or "adopt" in str([each.options for each in of.program]), f"{id} is alive and was forgotten"
        owner.left[id] = "retained"


def no_conversation_is_killed(of: Operation, stand_in: StandIn) -> None:
    """A running conversation continues, unless ``on_delete`` is set."""
    for instance in stand_in.killed_instances:
        if instance.id not in of.running or not of.did(instance.killed_by):
            continue
        old = next(each for each in (*of.state.values(), *of.pending) if each.id == instance.kept.id)
        options = of.wanted[old.urn].options if old.urn in of.wanted else {"onDelete": old.get("onDelete")}
        assert options.get("onDelete") == "terminate", f"{instance.kept.id} had a conversation running"


def what_nobody_knows_survives(of: Operation, stand_in: StandIn) -> None:
    """Members that neither the model nor the program knows are still there, wherever the step is.

    From one pinned version to another, what the first one has and the second one lacks goes.
    """
    alive = stand_in.alive(ACCOUNT)
    pins = {each.options["pinVersion"] for each in of.program if "pinVersion" in each.options}
    for old in of.state.values():
        if "pinVersion" in old.outputs and pins - {old.outputs["pinVersion"]}:
            continue
        if old.id in of.alive and old.id in alive:
            for place in _foreign(of.alive[old.id]):
                if (there := _step_of(alive[old.id], place[0])) is not None:
                    assert place in _foreign(alive[old.id]), f"{old.id} lost {place}, {there}"


def what_is_ignored_stays(of: Operation, stand_in: StandIn) -> None:
    """What the program ignores is as it was on the service."""
    alive = stand_in.alive(ACCOUNT)
    for urn, each in of.wanted.items():
        id = of.owner.ids.get(urn)
        if (
            id in of.alive
            and id in alive
            and urn in of.state
            and of.state[urn].id == id
            and "pinVersion" not in each.options
        ):
            before, now = _strip(_tree(of.alive[id])), _strip(_tree(alive[id]))
            for path in each.ignore:
                parsed = parse_path(path)
                assert parsed
                for found in _found(before, parsed):
                    if found[:-1] and _at(now, found[:-1]) is None:
                        continue  # the program removed what contains it
                    assert _at(now, found) == _at(before, found), f"{urn}: {found} changed, and is ignored"


def errors_are_ours(of: Operation) -> None:
    """An operation ends with one message of a known class, or not at all."""
    if of.error is None or isinstance(of.error, Killed | EngineError | Refused):
        return
    assert isinstance(of.error, Shown), f"{type(of.error).__name__}: {of.error}"
    assert str(of.error).partition(":")[0] in _KNOWN, str(of.error)


def refusals_have_a_reason(of: Operation) -> None:
    """A creation is refused for a definition that others made, not for the one that a killed operation left."""
    if not isinstance(of.error, Shown | Refused) or 'adopt="' not in str(of.error) or len(of.owner.lost) != 1:
        return
    ((left, (urns, shape)),) = of.owner.lost.items()
    ours = {left, *(each.id for each in (*of.state.values(), *of.pending)), *of.owner.left}
    strangers = [id for id in of.alive if id not in ours]
    if not urns <= of.newcomers.keys():
        return  # it may belong to a resource that this operation doesn't create, since it isn't a target
    same = [urn for urn in urns if _shape(of.wanted[urn].definition.body()) == shape]
    again = [urn for urn, each in of.state.items() if urn in of.wanted and each.id not in of.alive]
    alone = len(of.newcomers) + len(again) == 1 and left in of.alive and _shape(of.alive[left]) == shape
    assert strangers or not same or not alone or not of.honest, f"refused for {left}, which it made: {of.error}"


def secrets_are_closed(of: Operation) -> None:
    """The secret stands nowhere in the state, nor in a message, in plain text.

    Nothing knows it any longer if `pulumi state delete` removed the state, and the program doesn't declare it again: an
    older version that is pinned then has it like any other text (docs/reliability.md, "What isn't promised").
    """
    for each in (*of.owner.stack.state.values(), *of.owner.stack.pending):
        if each.urn in of.wanted and of.wanted[each.urn].secrets:
            of.owner.unaware.discard(each.id)
        for form in (each.inputs, each.outputs) if each.id not in of.owner.unaware else ():
            assert SECRET not in json.dumps(_closed(form)), f"{each.urn}: {_places(form)}"
    assert not [text for text in of.owner.stack.shown if SECRET in text], "shown"


def nothing_alive_is_forgotten(of: Operation, stand_in: StandIn) -> None:
    """A refresh writes nothing, and keeps in the state what is alive, though the service denied it once."""
    if of.kind == "refresh":
        assert not of.writes, of.writes
        kept = set(of.owner.ids.values())
        for each in of.state.values():
            assert each.id in kept or each.id not in of.alive, f"{each.urn} was forgotten"


def the_program_is_what_runs(of: Operation, stand_in: StandIn, habits: dict[str, Any]) -> None:
    """After a success, an honest service holds the program's definitions, in its own form."""
    alive = stand_in.alive(ACCOUNT)
    if of.kind != "up" or of.error is not None or not of.honest:
        return
    if of.aimed is None:
        assert of.owner.ids.keys() == of.wanted.keys()
    for urn, each in of.wanted.items():
        if (of.aimed is not None and urn not in of.aimed) or "pinVersion" in each.options:
            continue
        id = of.owner.ids[urn]
        assert id in alive, f"{urn} is not there"
        edited = any(version.by is None for version in stand_in.definitions[id].versions)
        if each.options.get("onDrift") == "warn" and edited:
            continue
        wanted, live = _as_stored(each.definition, habits), _strip(_tree(alive[id]))
        for ignored in each.ignore:
            for path in {*_found(wanted, parse_path(ignored) or ()), *_found(live, parse_path(ignored) or ())}:
                _drop(wanted, path)
                _drop(live, path)
        assert live == wanted, f"{urn}: {json.dumps(live)} is there, not {json.dumps(wanted)}"


# --- What they look at


def _tree(body: dict[str, Any]) -> dict[str, Any]:
    """A body with its steps by id, without the service's own members."""
    inner = body["definition"]
    own = {"id", "version", "createdAt", "accountId", "definition", "subAccountId", "subaccountId"}
    tree = {key: value for key, value in body.items() if key not in own}
    tree |= {key: value for key, value in inner.items() if key not in ("id", "version", "steps")}
    empty: tuple[Any, ...] = (None, {}, [])
    return tree | {
        "status": body.get("status") or "disabled",
        "steps": {
            step["id"]: {key: item for key, item in step.items() if item not in empty} for step in inner["steps"]
        },
    }


def _strip(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _strip(item) for key, item in value.items() if key not in _ADDED}
    return [_strip(item) for item in value] if isinstance(value, list) else value


def _as_stored(definition: Definition, habits: dict[str, Any]) -> dict[str, Any]:
    """What the service makes of a definition, asked of another one with the same habits."""
    other = StandIn()
    other.set(**habits)
    id = other.create("probe", definition.body())
    stored: dict[str, Any] = _strip(_tree(other.alive("probe")[id]))
    return stored


def _shape(body: dict[str, Any]) -> tuple[str, ...]:
    inner = body["definition"]
    return (inner["name"], body["trigger"], *sorted(step["id"] for step in inner["steps"]))


def _foreign(body: dict[str, Any]) -> set[tuple[str, ...]]:
    """Places of what nobody knows: the step's id (empty: the definition) and where in it."""
    found = {("", "definition")} if FOREIGN in body["definition"] else set()
    found |= {("", "envelope")} if FOREIGN in body else set()
    for step in body["definition"]["steps"]:
        found |= {(step["id"], step["stepType"], "step")} if FOREIGN in step else set()
        found |= {(step["id"], step["stepType"], "inputs")} if FOREIGN in (step.get("inputs") or {}) else set()
    return found


def _step_of(body: dict[str, Any], id: str) -> Any:
    """The step, if it is there and is what it was; anything for the definition."""
    return next((step["id"] for step in body["definition"]["steps"] if step["id"] == id), "" if not id else None)


def _found(tree: Any, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Where a path with stars leads in ``tree``."""
    if not path:
        return [()]
    if not isinstance(tree, dict):
        return []
    keys = list(tree) if path[0] == "*" else [path[0]] if path[0] in tree else []
    return [(key, *below) for key in keys for below in _found(tree[key], path[1:])]


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def _drop(tree: Any, path: tuple[Any, ...]) -> None:
    above = _at(tree, path[:-1])
    if isinstance(above, dict):
        above.pop(path[-1], None)


def _closed(value: Any) -> Any:
    if isinstance(value, dict):
        if SIGNATURE in value:
            return "[secret]"
        return {key: _closed(item) for key, item in value.items()}
    return [_closed(item) for item in value] if isinstance(value, list) else value


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, dict) and SIGNATURE in value:
        return []
    found = [path] if isinstance(value, str) and SECRET in value else []
    return found + [place for key, item in items for place in _places(item, (*path, key))]


def workflow(title: str, text: str, status: str, call: bool) -> Definition:
    """``call``: with a second step, which has a secret, a number and a ``false``."""
    say = {
        "id": "say",
        "stepType": "SMS",
        "inputs": {"subAccountId": "s", "destination": "+6512345678", "text": text},
        **({"nextStepId": "call"} if call else {}),
    }
    request = {
        "id": "call",
        "stepType": "HttpRequest",
        "inputs": {
            "url": "https://example.com/",
            "method": "POST",
            "headers": {"Authorization": SECRET},
            "body": {"count": 3, "flag": False},
        },
    }
    return a_definition(title, steps=[say, request] if call else [say], status=status)


#: The service's clock, and the seconds from one operation to the next. Within :attr:`Patience.limit` and a timeout of
#: a killed creation, nobody can distinguish its result from an equal definition of somebody else.
START, BETWEEN = datetime(2026, 1, 1, tzinfo=UTC), 300.0

SECRET_PLACE = ("steps", "call", "inputs", "headers", "Authorization")


# --- The machine


class Sequences(RuleBasedStateMachine):
    """What users, other people and the service do, in any order; the invariants are checked after each operation."""

    def __init__(self) -> None:
        super().__init__()
        self.stand_in = StandIn()
        self.time = Time()
        self.stand_in.clock = lambda: START + timedelta(seconds=self.time.now)
        first = Stack(self.stand_in, "one", ACCOUNT, time=self.time)
        second = Stack(self.stand_in, "two", ACCOUNT, time=self.time, folder=first.folder)
        self.owners = {"one": Owner(first), "two": Owner(second)}
        self.habits: dict[str, Any] = {}
        self.is_honest = True

    @initialize(
        habits=st.sampled_from(sorted(HABITS)),
        first=st.tuples(NAMES, TITLES, TEXTS, STATUS),
        both=st.booleans(),
        listed=st.booleans(),
    )
    def begin(self, habits: str, first: tuple[str, str, str, str], both: bool, listed: bool = False) -> None:
        # Deletions look at lists, as they do when many of them look at the same time, or by id.
        looks._PAGES = 0 if listed else 1
        self.habits = HABITS[habits]
        self.stand_in.set(**self.habits)
        name, title, text, status = first
        self.write("one", name, title, text, status, True, {}, ())
        self.up("one", at_once=False, refresh=False, goes_on=False, twice=not both)
        if both:
            self.write("one", "b" if name == "a" else "a", "B", "two", "enabled", False, {}, ())
            self.up("one", at_once=True, refresh=False, goes_on=False, twice=False)

    # Users change their programs.

    @rule(
        who=WHO,
        name=NAMES,
        title=TITLES,
        text=TEXTS,
        status=STATUS,
        call=st.booleans(),
        options=OPTIONS,
        ignore=IGNORED,
    )
    def write(
        self,
        who: str,
        name: str,
        title: str,
        text: str,
        status: str,
        call: bool,
        options: dict[str, Any],
        ignore: tuple[str, ...],
    ) -> None:
        """A workflow is added to a program, or becomes another."""
        definition = workflow(title, text, status, call)
        each = Declared(name, definition, options, ignore=ignore, secrets=(SECRET_PLACE,) if call else ())
        program = self.owners[who].program
        program[each.place] = each

    @rule(who=WHO, pick=PICK, text=TEXTS, title=TITLES | st.none())
    def change(self, who: str, pick: int, text: str, title: str | None) -> None:
        """Another text, or name too, and all else as it was."""

        def changed(each: Declared) -> Declared:
            new = workflow(title or each.definition.name, text, each.definition.status, bool(each.secrets))
            return replace(each, definition=new)

        self.with_one(who, pick, changed)

    @rule(who=WHO, pick=PICK, options=OPTIONS, ignore=IGNORED | st.none())
    def configure(self, who: str, pick: int, options: dict[str, Any], ignore: tuple[str, ...] | None) -> None:
        """Other options, and all else as it was."""
        self.with_one(
            who, pick, lambda each: replace(each, options=options, ignore=each.ignore if ignore is None else ignore)
        )

    @rule(who=WHO, pick=PICK, version=st.integers(1, 3))
    def pin(self, who: str, pick: int, version: int) -> None:
        self.with_one(who, pick, lambda each: replace(each, options={**each.options, "pinVersion": version}))

    @rule(who=WHO, pick=PICK)
    def take_out(self, who: str, pick: int) -> None:
        program = self.owners[who].program
        if program:
            del program[sorted(program)[pick % len(program)]]

    @rule(
        who=WHO,
        pick=PICK,
        name=NAMES | st.none(),
        above=ABOVE | st.none(),
        kind=st.sampled_from([WORKFLOW, WORKFLOW, SUBCLASS]),
        alias=st.sampled_from(["none", "none", "right", "wrong"]),
    )
    def move(self, who: str, pick: int, name: str | None, above: Any, kind: str, alias: str) -> None:
        """Another name, component or class; with or without an alias, or one that leads nowhere."""

        def moved(each: Declared) -> Declared:
            aliases = {"none": (), "right": (each.place,), "wrong": (f"{WORKFLOW}::nowhere",)}[alias]
            return replace(
                each,
                name=name or each.name,
                above=each.above if above is None else above,
                kind=kind,
                aliases=aliases,
            )

        self.with_one(who, pick, moved)

    @rule(pick=PICK, other=PICK)
    def swap_titles(self, pick: int, other: int) -> None:
        """Two workflows of a program change names."""
        program = self.owners["one"].program
        if len(program) > 1:
            one, two = sorted(program)[pick % len(program)], sorted(program)[other % len(program)]
            titles = program[one].definition.name, program[two].definition.name
            for place, title in ((one, titles[1]), (two, titles[0])):
                program[place] = replace(program[place], definition=replace(program[place].definition, name=title))

    @rule()
    def copy_program(self) -> None:
        """The second stack runs the first one's program, on the same account."""
        self.owners["two"].program = {
            place: replace(each, options={k: v for k, v in each.options.items() if k not in ("adopt", "pinVersion")})
            for place, each in self.owners["one"].program.items()
        }

    @rule(who=WHO, pick=PICK, protect=st.booleans(), retain=st.booleans())
    def secure(self, who: str, pick: int, protect: bool, retain: bool) -> None:
        self.with_one(who, pick, lambda each: replace(each, protect=protect, retain=retain))

    # Somebody with a browser.

    @rule(title=TITLES, text=TEXTS, call=st.booleans())
    def somebody_creates(self, title: str, text: str, call: bool) -> None:
        """Perhaps one just like one of a program."""
        self.stand_in.create(ACCOUNT, workflow(title, text, "enabled", call).body())

    @rule(
        pick=PICK,
        what=st.sampled_from(["text", "status", "title", "copies the secret", "adds", "adds a step", "nothing"]),
        text=TEXTS,
    )
    def somebody_edits(self, pick: int, what: str, text: str) -> None:
        """A definition, whoever's it is."""
        alive = self.stand_in.alive(ACCOUNT)
        if not alive:
            return

        def edit(body: dict[str, Any]) -> None:
            inner = body["definition"]
            first = inner["steps"][0]
            if what == "text":
                first["inputs"]["text"] = text
            elif what == "status":
                body["status"] = "disabled" if body.get("status") == "enabled" else "enabled"
            elif what == "title":
                inner["name"] = text.strip()
            elif what == "copies the secret":
                copy = {"id": "copy", "stepType": "SMS", "inputs": {"text": f"x {SECRET} y", "subAccountId": "s"}}
                known = [each for each in inner["steps"] if SECRET in json.dumps(each)]
                inner["steps"] += [copy] if known and not any(each["id"] == "copy" for each in inner["steps"]) else []
            elif what == "adds":
                body[FOREIGN] = inner[FOREIGN] = first[FOREIGN] = 1
                first.setdefault("inputs", {})[FOREIGN] = {"a": [1]}
            elif what == "adds a step" and not any(each["id"] == "more" for each in inner["steps"]):
                inner["steps"].append({"id": "more", "stepType": "Wait", "inputs": {"duration": "0.00:01:00"}})

        id = list(alive)[pick % len(alive)]
        self.stand_in.edit(ACCOUNT, id, edit)
        if what in ("title", "adds a step"):  # nothing identifies the workflow of a lost answer any longer
            for owner in self.owners.values():
                owner.lost.pop(id, None)

    @rule(pick=PICK)
    def somebody_deletes(self, pick: int) -> None:
        alive = self.stand_in.alive(ACCOUNT)
        if alive:
            self.stand_in.remove(ACCOUNT, list(alive)[pick % len(alive)])

    @rule(pick=PICK, over=st.booleans())
    def conversation(self, pick: int, over: bool) -> None:
        """One begins, or all of a definition end."""
        alive = self.stand_in.alive(ACCOUNT)
        if alive:
            id = list(alive)[pick % len(alive)]
            if over:
                self.stand_in.finish(id)
            else:
                self.stand_in.start(ACCOUNT, id)

    # Operations.

    @rule(who=WHO, at_once=st.booleans(), refresh=st.booleans(), goes_on=st.booleans(), twice=st.booleans())
    def up(self, who: str, at_once: bool, refresh: bool, goes_on: bool, twice: bool) -> None:
        """Against an honest service; a second one right after it changes nothing."""
        self.settle()
        if self.run(who, "up", at_once=at_once, refresh=refresh, goes_on=goes_on) is None and twice:
            since = len(self.stand_in.calls())
            error = self.run(who, "up", at_once=at_once)
            writes = [str(call) for call in self.stand_in.calls()[since:] if call.method != "GET"]
            assert error is None, f"the second up failed: {error}"
            assert not writes, f"the second up wrote: {writes}"

    @rule(
        who=WHO,
        at_once=st.booleans(),
        refresh=st.booleans(),
        goes_on=st.booleans(),
        lies=st.lists(LIE, min_size=1, max_size=2),
    )
    def up_against_lies(
        self, who: str, at_once: bool, refresh: bool, goes_on: bool, lies: list[tuple[str, int]]
    ) -> None:
        self.lie(lies)
        self.run(who, "up", at_once=at_once, refresh=refresh, goes_on=goes_on)

    @rule(
        name=st.sampled_from("defg"),
        lie=st.sampled_from(sorted(name for name in LIES if name.startswith("creation"))),
        kill=KILL | st.none(),
    )
    def creation_is_lost(self, name: str, lie: str, kill: Kill | None) -> None:
        """A workflow with a name of its own is created, and the answer is lost or late."""
        each = Declared(name, workflow(name.upper(), "new", "enabled", False))
        self.owners["one"].program[each.place] = each
        self.lie([(lie, 0)])
        self.run("one", "up", kill=kill)

    @rule(who=WHO, picks=st.sets(PICK, min_size=1, max_size=2), old=st.booleans(), refresh=st.booleans())
    def up_targets(self, who: str, picks: set[int], old: bool, refresh: bool) -> None:
        """``--target``, of URNs of the program, or of such as only the state has."""
        self.settle()
        owner = self.owners[who]
        known = sorted({urn.partition("::project::")[2] for urn in owner.stack.state} if old else owner.program)
        if known:
            self.run(who, "up", targets=[known[pick % len(known)] for pick in picks], refresh=refresh)

    @rule(who=WHO, pick=PICK, lies=st.lists(LIE, max_size=1), refresh=st.booleans(), at_once=st.booleans())
    def up_replace(self, who: str, pick: int, lies: list[tuple[str, int]], refresh: bool, at_once: bool) -> None:
        """``--replace``, or a taint."""
        self.lie(lies)
        owner = self.owners[who]
        program = sorted(place for place in owner.program if owner.stack.urn(place) in owner.stack.state)
        if program:
            self.run(who, "up", replaced=[program[pick % len(program)]], refresh=refresh, at_once=at_once)

    @rule(pick=PICK, options=OPTIONS, before=OPTIONS)
    def replace_amid_conversations(self, pick: int, options: dict[str, Any], before: dict[str, Any]) -> None:
        """The new program's option about running conversations counts, not the state's."""
        owner = self.owners["one"]
        known = sorted(place for place in owner.program if owner.stack.urn(place) in owner.stack.state)
        if known:
            place = known[pick % len(known)]
            each = owner.program[place]
            owner.program[place] = replace(each, options=before)
            self.settle()
            if self.run("one", "up") is None:
                self.stand_in.start(ACCOUNT, owner.ids[owner.stack.urn(place)])
                owner.program[place] = replace(each, options=options)
                self.run("one", "up", replaced=[place])

    @rule(pick=PICK, text=TEXTS, refresh=st.booleans(), twice=st.booleans())
    def leave_drift(self, pick: int, text: str, refresh: bool, twice: bool) -> None:
        """With ``warn`` somebody's edit of a workflow that the program doesn't change stays, refreshed or not."""
        owner = self.owners["one"]
        for place, each in owner.program.items():
            owner.program[place] = replace(each, options={"onDrift": "warn"}, ignore=())
        self.settle()
        if not owner.program or self.run("one", "up") is not None:
            return
        id = list(owner.ids.values())[pick % len(owner.ids)]
        self.stand_in.edit(ACCOUNT, id, lambda body: body["definition"]["steps"][0]["inputs"].update(text=text))
        now = _strip(_tree(self.stand_in.alive(ACCOUNT)[id]))
        if refresh:
            self.run("one", "refresh")
        for _ in range(1 + twice):
            error = self.run("one", "up")
            assert error is None, f"the program changed nothing, and its up was refused: {error}"
            assert _strip(_tree(self.stand_in.alive(ACCOUNT)[id])) == now, "somebody's edit was not left"

    @rule(who=WHO, kill=KILL, at_once=st.booleans(), lies=st.lists(LIE, max_size=1))
    def crash(self, who: str, kill: Kill, at_once: bool, lies: list[tuple[str, int]]) -> None:
        """An up is killed at a write."""
        self.lie(lies)
        self.run(who, "up", kill=kill, at_once=at_once)

    @rule(who=WHO, lies=st.lists(LIE, max_size=1))
    def refresh(self, who: str, lies: list[tuple[str, int]]) -> None:
        self.lie(lies)
        self.run(who, "refresh")

    @rule(who=st.sampled_from(["one", "two", "two"]), kill=KILL | st.none(), lies=st.lists(LIE, max_size=1))
    def destroy(self, who: str, kill: Kill | None, lies: list[tuple[str, int]]) -> None:
        self.lie(lies)
        self.run(who, "destroy", kill=kill)

    @rule(who=WHO, pick=PICK)
    def state_delete(self, who: str, pick: int) -> None:
        owner = self.owners[who]
        if owner.stack.state:
            urn = sorted(owner.stack.state)[pick % len(owner.stack.state)]
            owner.left[owner.stack.state[urn].id] = "state delete"
            owner.unaware.add(owner.stack.state[urn].id)
            owner.stack.forget(urn)

    @rule(who=WHO)
    def adopt(self, who: str) -> None:
        """A user whose up was refused has read the message, and names the obstacle."""
        self.settle()
        owner = self.owners[who]
        if self.run(who, "up") is not None:
            for place, each in owner.program.items():
                held = owner.ids.values()
                namesakes = [
                    id
                    for id, body in self.stand_in.alive(ACCOUNT).items()
                    if body["definition"]["name"] == each.definition.name and id not in held
                ]
                urn = owner.stack.urn(place)
                if namesakes and urn not in owner.stack.state and "pinVersion" not in each.options:
                    owner.program[place] = replace(each, options={**each.options, "adopt": namesakes[0]})
                    return

    # --- How they are done

    def with_one(self, who: str, pick: int, change: Callable[[Declared], Declared]) -> None:
        program = self.owners[who].program
        if program:
            place = sorted(program)[pick % len(program)]
            new = change(program[place])
            if new.place == place or new.place not in program:
                del program[place]
                program[new.place] = new

    def settle(self) -> None:
        """From now on the service is honest."""
        self.stand_in.behave()
        self.stand_in.set(**self.habits)
        self.is_honest = True

    def lie(self, lies: Sequence[tuple[str, int]]) -> None:
        self.settle()
        for name, skip in lies:
            count, operations, habits = LIES[name]
            self.stand_in.next(count, *operations, skip=skip, **habits)
            self.is_honest = False

    def run(self, who: str, kind: str, **options: Any) -> BaseException | None:
        """An operation, and all invariants; the error that it ended with."""
        self.time.now += BETWEEN
        owner = self.owners[who]
        stack = owner.stack
        program = list(owner.program.values()) if kind == "up" else []
        alive, since = self.stand_in.alive(ACCOUNT), len(self.stand_in.calls())
        before, pending = dict(stack.state), tuple(stack.pending)
        running = frozenset(
            id for id, each in self.stand_in.instances.items() if each.status in ("Runnable", "Suspended")
        )
        error: BaseException | None = None
        try:
            if kind == "up":
                stack.up(program, **options)
            else:
                getattr(stack, kind)(**options)
        except Killed as killed:
            error = killed
        except Exception as other:  # noqa: BLE001 - errors_are_ours() looks at it
            error = other
        targets, replaced = options.get("targets"), options.get("replaced", ())
        of = Operation(
            owner,
            program,
            alive,
            before,
            pending,
            running,
            tuple(self.stand_in.calls()[since:]),
            kind,
            not self.habits.get("list_disabled", True),
            self.is_honest,
            None if targets is None else {stack.urn(place) for place in targets},
            {stack.urn(place) for place in replaced},
            error,
        )
        errors_are_ours(of)
        nothing_wanted_is_deleted(of, self.stand_in)
        what_is_not_ours_is_untouched(of, self.stand_in)
        nothing_is_doubled(of, self.stand_in)
        no_conversation_is_killed(of, self.stand_in)
        what_nobody_knows_survives(of, self.stand_in)
        what_is_ignored_stays(of, self.stand_in)
        refusals_have_a_reason(of)
        secrets_are_closed(of)
        nothing_alive_is_forgotten(of, self.stand_in)
        the_program_is_what_runs(of, self.stand_in, self.habits)
        return error

    def teardown(self) -> None:
        looks._PAGES = 1
        with suppress(OSError):
            self.owners["one"].stack.folder.cleanup()


def test_one_that_is_found_again_leaves_the_moved_one_to_the_other() -> None:
    """One of two workflows with one title moves, and the state lost the other: each keeps what it had, by its note."""
    history = Sequences()
    history.begin(habits="adds", first=("a", "B", "one", "enabled"), both=True)
    stack = history.owners["one"].stack
    had = {each.urn.rpartition("::")[2]: each.id for each in stack.state.values()}
    history.move(above=(), alias="none", kind=WORKFLOW, name="c", pick=0, who="one")
    history.state_delete(pick=1, who="one")
    history.up(at_once=True, goes_on=False, refresh=False, twice=False, who="one")
    has = {each.urn.rpartition("::")[2]: each.id for each in stack.state.values()}
    assert has == {"b": had["b"], "c": had["a"]}
    history.teardown()


@pytest.mark.parametrize("refresh", [False, True])
def test_a_deletion_that_failed_is_no_edit(refresh: bool) -> None:
    """A deletion that waits disables the workflow. If it fails, the next update enables it, also with ``warn``."""
    history = Sequences()
    history.begin(habits="adds", first=("a", "A", "one", "enabled"), both=False, listed=False)
    history.replace_amid_conversations(before={"onDelete": {"wait": "00:01:00"}}, options={}, pick=0)
    history.destroy(kill=None, lies=[], who="one")
    (stored,) = history.stand_in.alive(ACCOUNT).values()
    assert _tree(stored)["status"] == "disabled"
    if refresh:
        history.refresh(who="one", lies=[])
    history.leave_drift(pick=0, refresh=False, text="two", twice=False)
    (stored,) = history.stand_in.alive(ACCOUNT).values()
    assert _tree(stored)["status"] == "enabled"
    history.teardown()


TestSequences = Sequences.TestCase
TestSequences.settings = settings(
    max_examples=int(os.environ.get("SEQUENCES", "200")),
    stateful_step_count=14,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)

"""A workflow's life in this process: created, adopted, changed, disabled, deleted; beside others who do the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from pulumi_8x8.api import Claim, ManagedAccount, Origin
from pulumi_8x8.definition import Definition, to_inputs
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.emulator import EmulatorSettings
from pulumi_8x8.errors import AlreadyThere
from pulumi_8x8.resources.properties import ABOUT

from .harness import API_KEY, Calls, Engine, Killed, LocalProvider, Refused, Service, definition, urn_of

MENU = definition("menu")
PAUSE = definition("menu", steps=[{"id": "pause", "stepType": "Wait", "inputs": {"duration": "1"}}])
POST, PUT, DELETE = "POST /definitions", "PUT /definitions/{id}", "DELETE /definitions/{id}"
LIST, READ = "GET /definitions", "GET /definitions/{id}"
#: It is the same call: what the service held as the version that this stack stored last.
HISTORY = READ
#: The next call, unchanged: for a rule about the call after it.
PASS = {"method": "GET", "path": "/definitions/", "delay": 0.0}


class Stack(Engine):
    """A stack with one workflow."""

    def deploy(self, wanted: Definition = MENU, **options: Any) -> None:
        self.up({"menu": (wanted, options)})

    @property
    def id(self) -> str:
        return self.state["menu"].id

    @property
    def version(self) -> int:
        return int(self.state["menu"].outputs["version"])

    def writes(self) -> list[str]:
        """What was written since the last time."""
        return [call for call in self.service.calls() if not call.startswith("GET")]

    def held(self) -> Definition:
        """The only definition that the service holds."""
        (body,) = self.service.definitions().values()
        return Definition.from_body(body)

    def edit(self, wanted: Definition) -> None:
        """Somebody else stores another version."""
        self.service.call("PUT", f"/{self.id}", json=wanted.body())
        self.service.calls()

    def start(self, version: int | None = None) -> str:
        """An instance is started; its path."""
        query = f"?version={version}" if version else ""
        self.service.call("POST", f"/{self.id}/workflows{query}", json={})
        (newest, *_) = self.service.call("GET", f"/{self.id}/workflows{query}")
        return f"/{self.id}/workflows/{newest['workflowId']}"

    def jump(self, seconds: float) -> None:
        """Time passes for the service."""
        httpx.Client(transport=self.service.transport).post(
            "http://127.0.0.1/_emulator/clock", json={"seconds": seconds}
        ).raise_for_status()


@pytest.fixture
def stack() -> Stack:
    return Stack(Service())


@pytest.fixture
def deployed(stack: Stack) -> Stack:
    stack.deploy()
    assert stack.writes() == [POST]
    return stack


def test_created_and_left_alone(deployed: Stack) -> None:
    """One POST; then an up and a refresh write nothing and change nothing in the state."""
    before = deployed.state["menu"]
    assert not compare(deployed.held(), MENU)
    deployed.deploy()
    deployed.refresh()
    assert deployed.writes() == []
    assert deployed.state["menu"].outputs == before.outputs


UPDATES = {
    "status": replace(MENU, status="disabled"),
    "name": replace(MENU, name="other name"),
    "trigger": replace(MENU, trigger="http_request"),
    "subAccountId": replace(MENU, sub_account_id="acme_sms"),
}


@pytest.mark.parametrize(("place", "wanted"), UPDATES.items(), ids=UPDATES)
def test_nothing_is_ever_replaced(deployed: Stack, place: str, wanted: Definition) -> None:
    """Status, name, trigger and sub-account are updates: the same id, one PUT, and only that field is another."""
    id, before = deployed.id, deployed.held()
    deployed.deploy(wanted)
    assert deployed.writes() == [PUT]
    assert (deployed.id, deployed.version) == (id, 2)
    assert [change.path for change in compare(before, deployed.held())] == [(place,)]
    deployed.deploy(wanted)
    assert deployed.writes() == []


def test_true_is_not_one(deployed: Stack) -> None:
    """A value that equals another one only in Python is a change: for JSON, ``true`` and 1 are different."""

    def flag(value: object) -> Definition:
        inputs = {"url": "https://example.com", "method": "POST", "body": {"flag": value}}
        return definition("menu", steps=[{"id": "call", "stepType": "HttpRequest", "inputs": inputs}])

    deployed.deploy(flag(True))
    deployed.deploy(flag(1))
    assert deployed.writes() == [PUT, PUT]
    deployed.edit(flag(True))
    deployed.refresh()
    assert deployed.state["menu"].inputs["steps"]["call"]["inputs"]["body"] == {"flag": True}
    deployed.deploy(flag(1))
    assert deployed.writes() == [PUT]


#: What happens between an up and a refresh; what the program notes; whether the refresh answers inputs.
REFRESHED: dict[str, tuple[Callable[[Stack], object], dict[str, Any], bool]] = {
    "nothing": (lambda stack: None, {}, False),
    "an edit": (lambda stack: stack.edit(definition("menu", "edited")), {}, True),
    "nothing, with a secret": (lambda stack: None, {"secrets": [["steps", "say", "inputs", "text"]]}, True),
}


@pytest.mark.parametrize("case", REFRESHED)
def test_a_refresh_answers_inputs_if_it_must(deployed: Stack, case: str) -> None:
    """Without inputs in the answer, the engine keeps those in the state; an edit or a secret needs new ones."""
    change, notes, answered = REFRESHED[case]
    deployed.deploy(MENU, **notes)
    change(deployed)
    old = deployed.state["menu"]
    read = Calls(LocalProvider(deployed.service), inputs=old.inputs).read(old.id, old.outputs)
    assert (read.inputs is not None) == answered


#: What is done with the state of the version before; what is written.
UPGRADES: dict[str, tuple[Callable[[Stack], object], list[str]]] = {
    "an up": (lambda stack: stack.deploy(), []),
    "a refresh": (lambda stack: (stack.refresh(), stack.deploy()), []),
    "a change": (lambda stack: stack.deploy(definition("menu", "Bye")), [PUT]),
    "a move": (lambda stack: stack.up({"component/menu": (MENU, {})}), []),
    "a move and a change": (lambda stack: stack.up({"component/menu": (definition("menu", "Bye"), {})}), [PUT]),
    "a second one of the name": (lambda stack: stack.up({"menu": (MENU, {}), "second": (MENU, {})}), [POST]),
    "a destroy": (lambda stack: stack.destroy(), [DELETE]),
}


@pytest.mark.parametrize("case", UPGRADES)
def test_the_state_of_the_version_before(deployed: Stack, case: str) -> None:
    """It knows neither ids nor digests of what was sent, and causes no change; all continues from there."""
    act, writes = UPGRADES[case]
    old = deployed.state["menu"]
    about = {key: old.outputs[ABOUT][key] for key in ("resource", "workflows", "version", "createdAt", "accountId")}
    inputs = {**old.inputs, ABOUT: {"resource": "menu", "workflows": 1.0, "names": 1.0}}
    deployed.state["menu"] = replace(old, inputs=inputs, outputs={**old.outputs, ABOUT: {**about, "names": 1.0}})
    act(deployed)
    assert deployed.writes() == writes
    assert all("outside Pulumi" not in message for message in deployed.service.messages)


# Other people


def test_a_refresh_takes_what_others_changed(deployed: Stack) -> None:
    """A refresh reads an edit into the state and writes nothing; the next up puts the program's text back."""
    deployed.edit(definition("menu", "edited"))
    deployed.refresh()
    assert deployed.state["menu"].inputs["steps"]["say"]["inputs"]["text"] == "edited"
    assert deployed.writes() == []
    deployed.deploy()
    assert deployed.writes() == [PUT]
    assert not compare(deployed.held(), MENU)


def test_an_edit_between_comparison_and_update(deployed: Stack) -> None:
    """What somebody stores in between stays: nothing is written, and the next up compares again."""
    edited = definition("menu", "edited meanwhile")
    deployed.service.fault(PASS, {"method": "GET", "edit": edited.body()})
    with pytest.raises(Exception, match="was changed by somebody else: it is now version 2"):
        deployed.deploy(definition("menu", "wanted"))
    assert deployed.writes() == []
    assert not compare(deployed.held(), edited)
    deployed.deploy(definition("menu", "wanted"))
    assert deployed.version == 3


def test_an_equal_edit(deployed: Stack) -> None:
    """A change that the program and the browser both made isn't a conflict, and isn't stored twice."""
    wanted = definition("menu", "wanted")
    deployed.service.fault(PASS, {"method": "GET", "edit": wanted.body()})
    deployed.deploy(wanted)
    assert deployed.writes() == []
    assert deployed.version == 2


def test_overwrite(deployed: Stack) -> None:
    """With `overwrite` the program is stored over the edit."""
    wanted = definition("menu", "wanted")
    deployed.service.fault(PASS, {"method": "GET", "edit": definition("menu", "edited").body()})
    deployed.deploy(wanted, overwrite=True)
    assert deployed.writes() == [PUT]
    assert not compare(deployed.held(), wanted)
    assert deployed.version == 3


def test_deleted_while_it_is_updated(deployed: Stack) -> None:
    """Gone between comparison and PUT: nothing is made behind the engine's back, and the next up creates it again."""
    gone = deployed.id
    old = deployed.state["menu"]
    provider = Calls(LocalProvider(deployed.service), inputs=old.inputs)
    news = {**old.inputs, "name": "other"}
    provider.check(old.inputs, news)
    assert provider.diff(gone, old.outputs, news).changes
    deployed.service.call("DELETE", f"/{gone}")
    deployed.service.calls()
    with pytest.raises(Exception, match="somebody else deleted the definition"):
        provider.update(gone, old.outputs, news)
    assert deployed.writes() == []
    deployed.deploy()
    assert deployed.writes() == [POST]
    assert deployed.id != gone


# Adoption


def test_adopting_what_is_equal(stack: Stack) -> None:
    """It makes no version and no warning; `adopt` may stay in the program."""
    there = stack.service.call("POST", json=MENU.body())["definition"]["id"]
    stack.service.calls()
    stack.deploy(adopt=there)
    stack.deploy(adopt=there)
    assert stack.writes() == []
    assert (stack.id, stack.version) == (there, 1)
    assert stack.service.messages == []


def test_adopting_what_is_different(stack: Stack) -> None:
    """A warning shows the changes before one PUT makes them."""
    there = stack.service.call("POST", json=definition("old", "Hi").body())["definition"]["id"]
    stack.service.calls()
    stack.deploy(adopt=there)
    assert stack.writes() == [PUT]
    assert (stack.id, stack.version) == (there, 2)
    assert stack.service.messages == [  # places, no values: they may be secret
        f'workflow "menu": adopting {there} changes it:\n  name changed\n  steps.say.inputs.text changed'
    ]


def test_an_edit_while_adopting(stack: Stack) -> None:
    """What somebody stored after the preview stays."""
    there = stack.service.call("POST", json=definition("old").body())["definition"]["id"]
    edited = definition("old", "edited meanwhile")
    stack.service.calls()
    stack.service.fault(PASS, {"method": "GET", "edit": edited.body()})
    with pytest.raises(Exception, match="was changed by somebody else"):
        stack.deploy(adopt=there)
    assert stack.writes() == []
    stack.deploy(adopt=there)
    assert (stack.id, stack.version) == (there, 3)


# Creation


def test_what_a_lost_creation_left_is_taken_over(stack: Stack) -> None:
    """What a killed engine left is this stack's by the note on this machine: no second copy is made."""
    with pytest.raises(Killed):
        stack.up({"menu": (MENU, {})}, kill_after=1)
    (there,) = stack.service.definitions()
    stack.service.calls()
    stack.deploy()
    assert stack.writes() == []
    assert (stack.id, stack.version) == (there, 1)
    assert stack.service.messages == [
        f'workflow "menu": the definition {there} was created by an earlier operation that ended before '
        "it saved the state. This stack takes it over and doesn't create another."
    ]


def test_what_a_lost_creation_left_is_updated(stack: Stack) -> None:
    """If the program declares something else by then, the adopted definition becomes that."""
    with pytest.raises(Killed):
        stack.up({"menu": (MENU, {})}, kill_after=1)
    (there,) = stack.service.definitions()
    stack.service.calls()
    stack.deploy(definition("menu", "Bye"))
    assert stack.writes() == [PUT]
    assert (stack.id, stack.version) == (there, 2)
    assert not compare(stack.held(), definition("menu", "Bye"))


@pytest.mark.parametrize(("copies", "accepted"), [(1, None), (2, None), (2, "true")])
def test_being_equal_is_not_being_owned(stack: Stack, copies: int, accepted: str | None) -> None:
    """Equal definitions are somebody else's: each is named, and nothing is made. The config can accept one, no two."""
    stack.config["8x8:adoptEqual"] = accepted
    there = [stack.service.call("POST", json=MENU.body())["definition"]["id"] for _ in range(copies)]
    stack.service.calls()
    with pytest.raises(Refused, match="nothing proves that this stack created it") as raised:
        stack.deploy()
    assert all(f'adopt="{id}"' in str(raised.value) for id in there)
    assert stack.writes() == []


def test_an_equal_one_is_accepted(stack: Stack) -> None:
    """With `8x8:adoptEqual` an equal definition is taken over unchanged, with a warning; another is refused."""
    stack.config["8x8:adoptEqual"] = "true"
    there = stack.service.call("POST", json=MENU.body())["definition"]["id"]
    stack.service.calls()
    with pytest.raises(Refused, match=f'adopt="{there}"'):
        stack.deploy(definition("menu", "Bye"))
    stack.deploy()
    assert stack.writes() == []
    assert (stack.id, stack.version) == (there, 1)
    assert stack.service.messages == [
        f'workflow "menu": the definition {there} is equal to the program\'s definition. Nothing proves that this '
        "stack created it. This stack takes it over, because 8x8:adoptEqual is true."
    ]


@pytest.mark.parametrize("edited", [False, True])
def test_what_is_no_longer_there_is_not_taken_over(stack: Stack, edited: bool) -> None:
    """Deleted, or edited, after it was listed: read again, then created, or refused."""
    urn, there = urn_of("menu"), stack.service.call("POST", json=MENU.body())["definition"]["id"]
    account = ManagedAccount(stack.service.client())
    assert account.look_ahead(urn, MENU, Origin(), accept_equal=True) == Claim(urn, there, "equal")
    if edited:
        stack.service.call("PUT", f"/{there}", json=definition("menu", "edited").body())
        with pytest.raises(AlreadyThere, match=f'adopt="{there}"'):
            account.create(urn, MENU, Origin(), accept_equal=True)
        assert stack.writes() == [POST, PUT]
    else:
        stack.service.call("DELETE", f"/{there}")
        made, claim = account.create(urn, MENU, Origin(), accept_equal=True)
        assert made.id == claim.id != there
        assert stack.writes() == [POST, DELETE, POST]


#: An empty account was listed twice already.
LOOKS = [LIST] * 4

LOST: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the answer of POST is lost": ({"method": "POST", "drop": True}, [POST, LIST]),
    "POST: 502, not done": ({"method": "POST", "status": 502}, [POST, *LOOKS, POST]),
    "POST: 503, not done": ({"method": "POST", "status": 503}, [POST, *LOOKS, POST]),
    "POST: 429": ({"method": "POST", "status": 429, "headers": {"Retry-After": "0"}}, [POST, POST]),
    "the answer of PUT is lost": ({"method": "PUT", "drop": True}, [PUT, READ, HISTORY]),
    "PUT: 500, not done": ({"method": "PUT", "status": 500}, [PUT, READ, PUT]),
    "PUT: 429": ({"method": "PUT", "status": 429}, [PUT, PUT]),
    "the answer of DELETE is lost": ({"method": "DELETE", "drop": True}, [DELETE, DELETE, READ, LIST, READ]),
    "DELETE: 502, not done": ({"method": "DELETE", "status": 502}, [DELETE, DELETE, READ, READ]),
}


@pytest.mark.parametrize(("fault", "calls"), LOST.values(), ids=LOST)
def test_lost_answers(stack: Stack, fault: dict[str, Any], calls: list[str]) -> None:
    """After a write with an unknown outcome, the provider reads before it tries again; all ends well."""
    act: dict[str, Callable[[], None]] = {
        "POST": stack.deploy,
        "PUT": lambda: stack.deploy(definition("menu", "Bye")),
        "DELETE": stack.destroy,
    }
    if fault["method"] != "POST":
        stack.deploy()
    stack.service.calls()
    stack.service.fault(fault)
    act[fault["method"]]()
    made = stack.service.calls()
    assert made[[call.split()[0] for call in made].index(fault["method"]) :] == calls
    held = stack.service.definitions()
    expected = {"POST": 1, "PUT": 1, "DELETE": 0}[fault["method"]]
    assert len(held) == len(stack.state) == expected
    assert [each["definition"]["version"] for each in held.values()] == [stack.version for _ in held]
    assert all(stack.version == (2 if fault["method"] == "PUT" else 1) for _ in held)


def test_usage_at_its_limit_is_reported_once(stack: Stack) -> None:
    """Creating warns when nothing will start this month: once for all creations, asked once, and it does not stop."""
    usage = {"allowedWorkflowCount": 100, "executedWorkflowCount": 100, "allowedOverage": False}
    stack.service.fault({"method": "GET", "path": "/usage$", "status": 200, "body": usage})
    stack.up({name: (definition(name), {}) for name in ("a", "b")})
    assert stack.service.messages == [
        "the account acme has reached its limit of 100 workflows for this month (100 were started). What you deploy "
        "now can't start before next month"
    ]
    assert stack.service.calls().count("GET /usage") == 1


@pytest.mark.parametrize("body", [{"allowedWorkflowCount": None}, [], {"executedWorkflowCount": "many"}], ids=repr)
def test_usage_that_cannot_be_read(stack: Stack, body: Any) -> None:
    """A creation does not depend on the usage."""
    stack.service.fault({"method": "GET", "path": "/usage$", "status": 200, "body": body})
    stack.deploy()
    assert stack.service.messages == []
    assert stack.version == 1


# Deletion


def test_destroyed(deployed: Stack) -> None:
    """A definition that nobody changed and that nothing runs of is deleted; one that is gone already is as good."""
    deployed.destroy()
    assert deployed.service.definitions() == deployed.state == {}
    deployed.deploy()
    deployed.service.call("DELETE", f"/{deployed.id}")
    deployed.service.calls()
    deployed.destroy()
    assert (deployed.state, deployed.writes()) == ({}, [])


def test_running_conversations_stop_a_deletion(stack: Stack) -> None:
    """Refused with the counts of each version, running and suspended, and since when the oldest runs."""
    stack.deploy(PAUSE)
    first = stack.start()
    began = stack.service.call("GET", first)["startedAt"]
    stack.start()
    stack.deploy(replace(PAUSE, sub_account_id="a"))
    stack.service.call("PATCH", stack.start(version=2), json={"status": "suspend"})
    ended = stack.start(version=2)
    stack.service.call("PATCH", ended, json={"status": "terminate"})
    stack.service.calls()
    with pytest.raises(Exception, match="is not deleted") as raised:
        stack.destroy()
    assert f"3 instances are running or suspended (version 2: 1, version 1: 2), the oldest since {began}." in str(
        raised.value
    )
    assert stack.writes() == []
    assert stack.held().status == "enabled"


def test_terminate(stack: Stack) -> None:
    """`on_delete="terminate"` deletes it with what runs."""
    stack.deploy(PAUSE)
    stack.start()
    stack.deploy(PAUSE, onDelete="terminate")
    stack.service.calls()
    stack.destroy()
    assert stack.writes() == [DELETE]
    assert stack.service.definitions() == {}


class TimePasses(httpx.BaseTransport):
    """Lets time pass for the service after a few looks at the instances."""

    def __init__(self, stack: Stack) -> None:
        self._inner, self._stack = stack.service.transport, stack
        self._looks = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/workflows"):
            self._looks += 1
            if self._looks == 8:
                self._stack.jump(2 * 86400)
        return self._inner.handle_request(request)


def test_wait(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """`on_delete={"wait": …}` disables it first, so that nothing starts, and deletes it when what runs has ended."""
    stack.deploy(PAUSE, onDelete={"wait": "2.00:00:00"})
    stack.start()
    stack.service.calls()
    monkeypatch.setattr(stack.service, "transport", TimePasses(stack))
    stack.destroy()
    assert stack.writes() == [PUT, DELETE]
    assert stack.service.definitions() == {}


def test_waiting_has_a_limit(stack: Stack) -> None:
    """At the limit it stays disabled with what runs; a later deletion continues from there."""
    stack.deploy(PAUSE, onDelete={"wait": "00:00:00"})
    stack.start()
    stack.service.calls()
    for writes in ([PUT], []):
        with pytest.raises(Exception, match="after 00:00:00, 1 instance is running or suspended"):
            stack.destroy()
        assert stack.writes() == writes
        assert stack.held().status == "disabled"
    stack.jump(2 * 86400)
    stack.destroy()
    assert stack.service.definitions() == {}


def test_a_version_deleted_meanwhile(deployed: Stack) -> None:
    """Somebody deletes an old version while the instances are counted: that is not taken for the whole definition."""
    deployed.deploy(definition("menu", "Bye"))
    deployed.service.calls()
    gone = {"code": 1300, "message": "Definition not found."}
    deployed.service.fault({"method": "GET", "path": "/workflows", "status": 404, "body": gone, "times": 2})
    deployed.destroy()
    assert deployed.writes() == [DELETE]
    assert deployed.service.definitions() == {}


def test_a_deletion_is_waited_for() -> None:
    """The service deletes a little later; when the deletion returns it is gone."""
    stack = Stack(Service(EmulatorSettings(delete_delay=0.05)))
    stack.deploy()
    stack.destroy()
    assert stack.service.definitions() == {}
    assert stack.service.calls().count(DELETE) == 1


def test_a_deletion_that_never_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """An accepted deletion that is not carried out is given up on, and the resource stays in the state."""
    monkeypatch.setattr("pulumi_8x8.api.account.DELETION_LIMIT", 0.02)
    stack = Stack(Service(EmulatorSettings(delete_delay=3600)))
    stack.deploy()
    with pytest.raises(Exception, match="has not carried it out within 0 s"):
        stack.destroy()
    assert stack.state.keys() == {"menu"}


@pytest.mark.parametrize("way", ["refresh", "overwrite"])
def test_what_somebody_edited_is_not_deleted(deployed: Stack, way: str) -> None:
    """Somebody's edit stops the deletion, until a refresh has shown it, or with `overwrite`."""
    deployed.edit(definition("menu", "edited"))
    with pytest.raises(Exception, match="was changed by somebody else: it is now version 2") as raised:
        deployed.destroy()
    assert "steps.say.inputs.text changed" in str(raised.value)
    assert deployed.writes() == []
    if way == "refresh":
        deployed.refresh()
    else:
        deployed.edit(MENU)
        deployed.deploy(overwrite=True)
        deployed.edit(definition("menu", "edited"))
    deployed.destroy()
    assert deployed.writes() == [DELETE]


def test_what_somebody_disabled_is_deleted(deployed: Stack) -> None:
    """Disabling it isn't an edit that could get lost."""
    deployed.edit(replace(MENU, status="disabled"))
    deployed.destroy()
    assert deployed.service.definitions() == {}


# Accounts


def test_another_account() -> None:
    """`account=` reaches the other account with the key that it names; no key is in inputs, outputs or messages."""
    service, elsewhere = Service(), Service(account_id="other")
    elsewhere.store, elsewhere.transport, elsewhere._http = service.store, service.transport, service._http
    provider = Calls(LocalProvider(service, {"8x8:apiKey": "not-this-key", "8x8:otherKey": API_KEY}))
    account = {"id": "other", "apiKey": "8x8:otherKey"}
    checked = provider.check({}, _inputs(account))
    assert not checked.failures
    created = provider.create(checked.inputs)
    assert elsewhere.definitions().keys() == {created.id}
    assert service.definitions() == {}
    assert created.outs["accountId"] == "other"
    assert API_KEY not in repr([checked.inputs, created.outs, service.messages])
    read = provider.read(created.id, created.outs)
    assert API_KEY not in repr([read.inputs, read.outs])
    assert provider.diff(created.id, created.outs, checked.inputs).changes is False
    with pytest.raises(Exception, match="The service did not accept the key for the account acme") as raised:
        provider.check({}, _inputs(None))
    assert "not-this-key" not in str(raised.value)
    destroy = Calls(LocalProvider(service, {"8x8:apiKey": "not-this-key", "8x8:otherKey": API_KEY}))
    destroy.delete(created.id, created.outs)
    assert elsewhere.definitions() == {}


def _inputs(account: dict[str, str] | None) -> dict[str, Any]:
    return {**to_inputs(MENU), **({"account": account} if account else {})}


def test_two_resources_of_one_definition(deployed: Stack) -> None:
    """A program in which two resources manage the same definition is stopped before anything is written."""
    deployed.state["copy"] = deployed.state["menu"]
    with pytest.raises(Exception, match='both "menu" and "copy" of this program manage the workflow definition'):
        deployed.up({"menu": (MENU, {}), "copy": (definition("menu", "other"), {})})
    assert deployed.writes() == []


def test_refused_before_anything_is_sent(stack: Stack) -> None:
    """What lint refuses is never sent."""
    with pytest.raises(Refused):
        stack.deploy(definition("menu", steps=[]))
    assert stack.service.calls() == []


def test_the_same_account_in_other_words(deployed: Stack) -> None:
    """To spell the account out, or to name another key for it, replaces nothing: it is kept in the state only."""
    id = deployed.id
    old = deployed.state["menu"]
    provider = Calls(LocalProvider(deployed.service, {"8x8:otherKey": API_KEY}), inputs=old.inputs)
    for account in ({"id": "acme"}, {"id": "acme", "apiKey": "8x8:otherKey", "baseUrl": "https://automation.8x8.com"}):
        news = provider.check(old.inputs, {**old.inputs, "account": account}).inputs
        diff = provider.diff(id, old.outputs, news)
        assert diff.changes
        assert not diff.replaces
        assert provider.update(id, old.outputs, news).outs["account"] == account
    assert deployed.writes() == []
    moved = provider.diff(id, old.outputs, {**old.inputs, "account": {"id": "other"}})
    assert moved.replaces == ["account"]


@pytest.mark.parametrize("act", ["diff", "read", "delete"])
def test_another_account_is_configured(deployed: Stack, act: str) -> None:
    """A stack that was deployed to one account is not taken for deleted because another one is configured now."""
    old = deployed.state["menu"]
    elsewhere = Calls(LocalProvider(deployed.service, {"8x8:accountId": "other"}), inputs=old.inputs)
    elsewhere.check(old.inputs, old.inputs)
    arguments = (deployed.id, old.outputs, old.inputs) if act == "diff" else (deployed.id, old.outputs)
    with pytest.raises(Exception, match='workflow "menu" was deployed to the account acme, but 8x8:accountId'):
        getattr(elsewhere, act)(*arguments)
    assert deployed.service.calls()[2:] == []

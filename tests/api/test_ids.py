"""Ids: none becomes a path before it is checked, and an answer is about the one that the call names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from api_kit import ID, Script, client, stored

from pulumi_8x8.api import Client
from pulumi_8x8.definition import Definition
from pulumi_8x8.errors import ApiError, BadAnswer, Rejected

OTHER = ID[:-1] + "2"
INSTANCE = "65f1a0b2c3d4e5f60718293a"
MENU = Definition.from_body(stored())


def instance(id: object = INSTANCE, version: object = 1) -> dict[str, Any]:
    return {"workflowId": id, "version": version, "status": "Complete"}


#: A call, the body of its answer, and what is wrong with it.
LIES: dict[str, tuple[Callable[[Client], object], object, str]] = {
    "another definition": (lambda c: c.latest(ID), [stored(OTHER)], f"is about {OTHER}, which the call didn't ask for"),
    "another one among its versions": (
        lambda c: c.history(ID),
        [stored(version=2), stored(OTHER)],
        f"is about {OTHER}, which the call didn't ask for",
    ),
    "another one was updated": (lambda c: c.update(ID, MENU), stored(OTHER), f"is about {OTHER}"),
    "a folder was created": (lambda c: c.create(MENU), stored(".."), "it has an id that can't be an id, because a URL"),
    "a path was created": (lambda c: c.create(MENU), stored("a/../b"), "it has an id that has a space, a slash"),
    "nothing was created": (lambda c: c.create(MENU), stored(""), "it has an id that is empty"),
    "a list with a folder": (
        lambda c: list(c.list_definitions()),
        [stored(), stored(".")],
        "it has an id that can't be an id",
    ),
    "a list with an endless id": (
        lambda c: list(c.list_definitions()),
        [stored("a" * 10**6)],
        "it has an id that has 1,000,000",
    ),
    "a list with a query": (
        lambda c: list(c.list_definitions()),
        [stored(f"{ID}?x")],
        "it has an id that has a character that",
    ),
    "a list with version 0": (
        lambda c: list(c.list_definitions()),
        [stored(version=-1)],
        f"version of {ID} is below 1",
    ),
    "another instance": (lambda c: c.instance(ID, INSTANCE), instance("a" * 24), "which the call didn't ask for"),
    "instances with a folder": (lambda c: list(c.instances(ID)), [instance("..")], "it has an id that can't be an id"),
    "instances with version 0": (lambda c: list(c.instances(ID)), [instance(version=0)], "is below 1"),
}


@pytest.mark.parametrize(("call", "body", "wrong"), LIES.values(), ids=LIES)
def test_answers_about_another_one(call: Callable[[Client], object], body: object, wrong: str) -> None:
    """An answer with another id than the call's, or with one that no call could name, is an error, and short."""
    with pytest.raises(BadAnswer) as raised:
        call(client(Script([httpx.Response(200, json=body)])))
    assert wrong in str(raised.value)
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("location", ["/..", "/.", "/a b", f"/{INSTANCE}?x=1", "/%2e%2e", "/é"])
def test_a_started_instance_with_a_wrong_id(location: str) -> None:
    """A Location that names no instance is an error that states that something may have started."""
    answer = httpx.Response(201, headers=[(b"Location", location.encode())])
    with pytest.raises(BadAnswer, match=r"doesn't name the new instance(.|\n)*could start a second instance"):
        client(Script([answer])).start(ID, {})


def test_the_case_of_letters() -> None:
    """A service that answers an id in capitals means the same one."""
    assert client(Script([httpx.Response(200, json=[stored(ID.upper())])])).latest(ID).id == ID.upper()


@pytest.mark.parametrize("version", [0, -1, 1 << 31, 10**30, True, 1.0, "1"])
def test_versions(version: Any) -> None:
    """A number that no version has is refused before a call: 0 could mean the newest one."""
    service = Script([httpx.Response(201)])
    asked = client(service)
    for call in (lambda: asked.start(ID, {}, version), lambda: list(asked.instances(ID, version=version))):
        with pytest.raises(Rejected, match=r"version of this number\. Nothing was sent"):
            call()
    assert service.calls == []


@pytest.mark.parametrize("sub_account", ["", "a" * 10_000, "\ud83d"])
def test_sub_accounts(sub_account: str) -> None:
    """An empty sub-account isn't the same as none: nothing is triggered."""
    service = Script([httpx.Response(200)])
    with pytest.raises(ApiError, match="no sub-account has this id"):
        client(service).trigger({}, sub_account)
    assert service.calls == []

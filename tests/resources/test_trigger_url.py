"""``Workflow.trigger_url``: the address that starts a workflow over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pytest

import pulumi_8x8 as automation

from .program_kit import LATER, later, run_program

ACME = {"8x8:accountId": "acme", "8x8:baseUrl": "https://service.example/"}
URL = "https://service.example/api/v1/accounts/acme/triggers/http_request"
PAUSE = [automation.Wait("pause", duration="1")]


def known(value: str) -> pulumi.Output[str]:
    return pulumi.Output.from_input(value)


def made(**arguments: Any) -> automation.Workflow:
    return automation.Workflow("crm", **{"trigger": "http_request", "steps": PAUSE, **arguments})


CASES: dict[str, tuple[dict[str, Any], Mapping[str, str], bool, str]] = {
    "without a sub-account": ({}, ACME, False, URL),
    "with one": ({"sub_account_id": "a b&c/d"}, ACME, False, f"{URL}?subAccountId=a%20b%26c%2Fd"),
    "a logical name": (
        {"sub_account_id": "shop"},
        {**ACME, "8x8:subAccounts": '{"shop": "acme_shop"}'},
        True,
        f"{URL}?subAccountId=acme_shop",
    ),
    "in another account": (
        {"account": automation.Account("other", "http://there/"), "sub_account_id": "x"},
        ACME,
        False,
        "http://there/api/v1/accounts/other/triggers/http_request?subAccountId=x",
    ),
    "in another account of the same service": (
        {"account": automation.Account("o")},
        ACME,
        False,
        URL.replace("acme", "o"),
    ),
    "in a unit test without an account": (
        {},
        {},
        False,
        "https://automation.8x8.com/api/v1/accounts/test-account/triggers/http_request",
    ),
    "a trigger that is an Output": ({"trigger": known("http_request")}, ACME, False, URL),
    "a sub-account that is an Output": ({"sub_account_id": known("x")}, ACME, True, f"{URL}?subAccountId=x"),
    "a sub-account that isn't known yet": ({"sub_account_id": later()}, ACME, True, LATER),
    "a preview that doesn't know whether there is one": ({}, ACME, True, LATER),
}


@pytest.mark.parametrize(("arguments", "config", "preview", "url"), CASES.values(), ids=CASES)
def test_url(arguments: dict[str, Any], config: Mapping[str, str], preview: bool, url: str) -> None:
    """It has the account and the sub-account that are deployed."""
    assert run_program(lambda: made(**arguments).trigger_url, config, preview=preview).value == url


def test_no_key() -> None:
    """It never has the key, and is a secret if the sub-account is one."""
    secret: list[bool] = []

    def program() -> pulumi.Output[Any]:
        sealed = made(sub_account_id=pulumi.Output.secret("x")).trigger_url
        plain = automation.Workflow("open", trigger="http_request", steps=PAUSE).trigger_url

        async def note() -> None:
            secret.extend([await sealed.is_secret(), await plain.is_secret()])

        return pulumi.Output.all(sealed, plain, pulumi.Output.from_input(note()))

    ran = run_program(program, {**ACME, "8x8:apiKey": "s3cr3t-key"})
    assert ran.value[:2] == [f"{URL}?subAccountId=x", URL]
    assert secret == [True, False]


@pytest.mark.parametrize("trigger", ["inbound_sms", known("inbound_sms")], ids=["plain", "an Output"])
def test_another_trigger(trigger: Any) -> None:
    """A workflow that customers' messages start has none: one message, with what to write."""
    with pytest.raises(pulumi.RunError) as raised:
        run_program(lambda: made(trigger=trigger).trigger_url, ACME)
    assert str(raised.value) == (
        'workflow "crm" has no trigger_url, because its trigger isn\'t http_request. Set trigger="http_request" if '
        "another system starts it; otherwise remove trigger_url from the program."
    )


def test_of_a_definition_that_is_only_read() -> None:
    """``Workflow.get`` has it too."""

    def program() -> pulumi.Output[str]:
        return automation.Workflow.get("crm", "3f0c2f4e-0000-4000-8000-000000000001").trigger_url

    assert run_program(program, ACME).value == URL

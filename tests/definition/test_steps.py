"""Typed steps: the service's shape comes out, whatever the values are."""

from __future__ import annotations

import doctest
import os
from typing import Any

import pytest

import corpus
import pulumi_8x8 as automation
from pulumi_8x8.definition import durations, literals, parse_duration, readable, show_duration, step_to_api, values
from pulumi_8x8.definition.steps import Step
from pulumi_8x8.errors import DurationError

WRITTEN: dict[str, Step] = {
    "31-step-chatapps": (
        automation.ChatAppsMessage(
            "step1",
            sub_account_id="acme_corp_chatapps",
            user={"msisdn": "+6512345678"},
            type="text",
            content={"text": "Hello, World!", "sms": {"encoding": "AUTO", "source": "SENDERID"}},
            outputs={
                "requestId": "{{step.requestId}}",
                "requestUmid": "{{step.umid}}",
                "requestStatus": "{{step.status}}",
                "requestDescription": "{{step.description}}",
            },
            next_step_id="step2",
        )
    ),
    "33-step-wait": automation.Wait("step1", duration="0.00:01:00", next_step_id="step2"),
    "35-step-waitforreply": (
        automation.WaitForReply(
            "step1",
            from_="+6500000000",
            channel="whatsapp",
            timeout="00:05:00",
            outputs={"reply": "{{step.reply}}"},
            select_next_step={"success_step": "{{step.reply != null}}", "failure_step": "{{step.reply == null}}"},
        )
    ),
    "29-step-branch-country": (
        automation.Branch(
            "step_1",
            select_next_step={
                "branch1": "{{isCountryCode(data.payload.user.msisdn, 'SG')}}",
                "branch2": "{{isCountryCode(data.payload.user.msisdn, 'US')}}",
                "branch3": None,
            },
        )
    ),
    "34-step-if": (
        automation.If(
            "step1",
            condition="{{!isTimeOfDayBetween(data.payload.status.timestamp, '08:00:00', '17:00:00',"
            " 'Singapore Standard Time')}}",
            do=[
                [
                    automation.HttpRequest(
                        "call_webhook", url="http://localhost:8080/mock", method="GET", next_step_id="send_ca"
                    ),
                    {
                        "stepType": "ChatAppsMessage",
                        "id": "send_ca",
                        "inputs": {
                            "subAccountId": "acme_corp_chatapps",
                            "user": {"msisdn": "{{data.payload.user.msisdn}}"},
                            "type": "text",
                            "content": {"text": "Hello, world!"},
                        },
                    },
                ]
            ],
        )
    ),
    "36-step-voicemessage": (
        automation.VoiceMessage(
            "step1",
            inputs={"subaccountId": "acme_corp_voice"},
            client_request_id="myId123",
            action="say",
            params={
                "source": "+6500000000",
                "destination": "6500000000",
                "text": "Hello, world!",
                "repetition": 1,
                "voiceProfile": "en-US-ZiraRUS",
                "speed": 1,
            },
            outputs={"response": "{{step.response}}"},
            next_step_id="step2",
        )
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_typed_step_is_the_published_one(name: str) -> None:
    """A step written in Python comes out in the shape in which the vendor's page publishes it."""
    assert step_to_api(WRITTEN[name]) == corpus.BODIES[name]["definition"]["steps"][0]


def test_a_step_knows_its_line() -> None:
    """The line of the program that wrote a step is on it, and does not count in comparisons."""
    first, second = automation.Wait("a", duration="1"), automation.Wait("a", duration="1")  # the same line
    third = automation.Wait("a", duration="1")
    assert first.where == second.where
    assert first.where.startswith(f"{os.path.relpath(__file__)}:")
    assert first.where != third.where
    assert first == third


@pytest.mark.parametrize("module", [durations, values, literals, readable], ids=lambda module: module.__name__)
def test_examples_in_docstrings(module: Any) -> None:
    """The examples in the docstrings are true."""
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00:05", 5), ("1.6:30:15", 109815), ("2", 172800), (" 0.00:01:00", 60)]
)
def test_durations(text: str, seconds: int) -> None:
    """The three published forms, there and back."""
    assert parse_duration(text).total_seconds() == seconds
    assert parse_duration(show_duration(parse_duration(text))).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "5m", "24:00:00", "00:60:00", "1:2", "-1", "1.5", "{{data.x}}", "9" * 7, "１"])
def test_not_a_duration(text: str) -> None:
    """Anything else is refused with the text and the forms that there are."""
    with pytest.raises(DurationError, match=r"isn't a duration|is not a duration"):
        parse_duration(text)

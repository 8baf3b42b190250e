"""Measures how long a program takes to declare workflows as flows, and as dictionaries: ``python benchmarks/flows.py``.

Both programs declare the same workflows of five steps, in turn in one process, with Pulumi's mocks instead of the
engine. Prints the ratio of the processor times.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

import pulumi
from pulumi.runtime import Mocks, set_mocks, test

import pulumi_8x8 as automation

NUMBER = 1000


def as_flow(number: int) -> None:
    """A menu of five steps, with links and expressions."""
    message = automation.inbound_chat_apps()
    sender = message.payload.user.msisdn

    def say(step_id: str, text: str) -> automation.ChatAppsMessage:
        return automation.ChatAppsMessage(
            step_id, sub_account_id="acme", user={"msisdn": sender}, type="text", content={"text": text}
        )

    ask = say("ask", f"Hello {message.payload.user.name}, shop {number}: 1 orders, 2 hours")
    reply = automation.WaitForReply("reply", channel="whatsapp", from_=sender, timeout="00:30:00")
    answer = reply.reply.payload.content.text
    order = automation.HttpRequest(
        "order",
        url=f"https://shops.example.com/{number}/orders",
        method="POST",
        body={"from": sender, "text": answer},
    )
    hours = say("hours", f"Shop {number} is open from 9 to 18")
    choice = automation.Branch("choice").when(answer == f"order {number}", order.then(hours)).otherwise(hours)
    automation.Workflow(
        f"w-{number}", name=f"Menu {number}", trigger=message, sub_account_id="acme", steps=ask.then(reply).then(choice)
    )


def as_dictionaries(number: int) -> None:
    """The same menu, in the service's shape."""

    def say(step_id: str, text: str, **more: Any) -> dict[str, Any]:
        inputs = {
            "subAccountId": "acme",
            "user": {"msisdn": "{{data.payload.user.msisdn}}"},
            "type": "text",
            "content": {"text": text},
        }
        return {"id": step_id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}

    hello = f"Hello {{{{data.payload.user.name}}}}, shop {number}: 1 orders, 2 hours"
    steps = [
        say("ask", hello, nextStepId="reply"),
        {
            "id": "reply",
            "stepType": "WaitForReply",
            "inputs": {"channel": "whatsapp", "from": "{{data.payload.user.msisdn}}", "timeout": "00:30:00"},
            "outputs": {"reply__reply": "{{step.reply}}"},
            "nextStepId": "choice",
        },
        {
            "id": "choice",
            "stepType": "Branch",
            "selectNextStep": {
                "order": f"{{{{data.reply__reply.payload.content.text == 'order {number}'}}}}",
                "hours": None,
            },
        },
        {
            "id": "order",
            "stepType": "HttpRequest",
            "inputs": {
                "url": f"https://shops.example.com/{number}/orders",
                "method": "POST",
                "body": {
                    "from": "{{data.payload.user.msisdn}}",
                    "text": "{{data.reply__reply.payload.content.text}}",
                },
            },
            "nextStepId": "hours",
        },
        say("hours", f"Shop {number} is open from 9 to 18"),
    ]
    automation.Workflow(
        f"w-{number}", name=f"Menu {number}", trigger="inbound_chat_apps", sub_account_id="acme", steps=steps
    )


class _Silent(Mocks):
    def __init__(self) -> None:
        self.steps: dict[str, Any] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.steps[args.name] = args.inputs["steps"]
        return args.name, dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {}


def declare(form: Callable[[int], None], number: int) -> tuple[float, dict[str, Any]]:
    """The seconds that the program takes, and the steps of its workflows."""
    mocks = _Silent()
    set_mocks(mocks, preview=False)
    gc.collect()
    begin = time.process_time()
    test(lambda: [form(each) for each in range(number)] and None)()  # type: ignore[no-untyped-call]
    return time.process_time() - begin, mocks.steps


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    declare(as_flow, 20), declare(as_dictionaries, 20)
    pairs = []
    for _ in range(options.pairs):
        (flows, one), (dictionaries, other) = declare(as_flow, options.number), declare(as_dictionaries, options.number)
        assert one == other, "both programs declare the same workflows"
        pairs.append((flows / dictionaries, flows, dictionaries))
    ratio, flows, dictionaries = statistics.median_low(pairs)
    seconds = f"{flows:.2f} s to {dictionaries:.2f} s"
    print(f"declare {options.number} workflows as flows: {ratio:.2f} × dictionaries ({seconds})")


if __name__ == "__main__":
    main()

"""Pushes orders that customers send as chat messages to an order system."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
token = config.require_secret("ordersToken")

ATTEMPTS = 3


def reply(step_id: str, text: str) -> automation.ChatAppsMessage:
    return automation.ChatAppsMessage(
        step_id,
        sub_account_id=sub_account_id,
        user=automation.User(msisdn="{{data.payload.user.msisdn}}"),
        content=automation.Text(text),
    )


workflow = automation.Workflow(
    "custom-integration",
    name="Orders",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=[
        automation.If(
            "is_order",
            condition="{{stringContains(data.payload.content.text, 'order', true)}}",
            do=[
                [
                    automation.HttpRequest(
                        "place_order",
                        method="POST",
                        url=config.require("ordersUrl"),
                        headers={
                            "Authorization": pulumi.Output.concat("Bearer ", token),
                            # The same in every attempt, so that no order is placed twice.
                            "Idempotency-Key": "{{data.payload.umid}}",
                        },
                        body={"customer": "{{data.payload.user.msisdn}}", "text": "{{data.payload.content.text}}"},
                        outputs={
                            "order": "{{step.responseBody}}",
                            "attempts": "{{data.attempts == null ? 1 : data.attempts + 1}}",
                        },
                        select_next_step={
                            "confirm": "{{step.responseCode < 300}}",
                            "pause": f"{{{{step.responseCode >= 500 && data.attempts < {ATTEMPTS}}}}}",
                            "apologise": None,
                        },
                    ),
                    automation.Wait("pause", duration="00:00:30", next_step_id="place_order"),
                    reply("confirm", "Thank you! Your order has the number {{data.order.id}}."),
                    reply("apologise", "Sorry, your order did not get through. Please call us: +65 3123 4567."),
                ]
            ],
        ),
    ],
)

pulumi.export("workflowId", workflow.id)

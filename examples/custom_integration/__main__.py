"""Pushes orders that customers send as chat messages to an order system."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
token = config.require_secret("ordersToken")
message = automation.inbound_chat_apps().payload

ATTEMPTS = 3
attempts = automation.data.attempts


def reply(step_id: str, text: str) -> automation.ChatAppsMessage:
    return automation.ChatAppsMessage(
        step_id,
        sub_account_id=sub_account_id,
        user=automation.User(msisdn=message.user.msisdn),
        content=automation.Text(text),
    )


order = automation.HttpRequest(
    "place_order",
    method="POST",
    url=config.require("ordersUrl"),
    headers={
        "Authorization": pulumi.Output.concat("Bearer ", token),
        # The same in every attempt, so that no order is placed twice.
        "Idempotency-Key": message.umid,
    },
    body={"customer": message.user.msisdn, "text": message.content.text},
    outputs={"attempts": automation.if_else(attempts.is_null(), 1, attempts + 1)},
)
code = order.response_code
order.when((code >= 500) & (attempts < ATTEMPTS), [automation.Wait("pause", duration="00:00:30"), order])
order.when(code < 300, reply("confirm", f"Thank you! Your order has the number {order.response_body.id}."))
order.otherwise(reply("apologise", "Sorry, your order did not get through. Please call us: +65 3123 4567."))

workflow = automation.Workflow(
    "custom-integration",
    name="Orders",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=automation.If("is_order", condition=message.content.text.contains("order", ignore_case=True), do=order),
)

pulumi.export("workflowId", workflow.id)

"""Sends a message as an SMS when a chat app could not deliver it.

The delivery receipts of your chat messages start it: Chat Apps posts them to the trigger, as README.md shows. They do
not hold the message's text, so the workflow asks your own API for it.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
messages_url = config.require("messagesUrl")
receipt = automation.http_request().payload

find = automation.HttpRequest("find_message", method="GET", url=f"{messages_url}/{receipt.umid}")
find.when(
    find.response_code == 200,
    automation.SMS(
        "send_sms",
        sub_account_id=config.require("smsSubAccountId"),
        destination=receipt.user.msisdn,
        text=find.response_body.text,
    ),
)
find.when(
    find.response_code != 200,
    automation.HttpRequest(
        "report",
        method="POST",
        url=f"{messages_url}/lost",
        body={"umid": receipt.umid, "reason": receipt.status.errorMessage},
    ),
)

workflow = automation.Workflow(
    "fallback",
    name="Fallback to SMS",
    trigger="http_request",
    sub_account_id=config.require("subAccountId"),
    steps=automation.If("undelivered", condition=receipt.status.state == "undelivered", do=find),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

"""Sends a message as an SMS when a chat app could not deliver it.

The delivery receipts of your chat messages start it: Chat Apps posts them to the trigger, as README.md shows. They do
not hold the message's text, so the workflow asks your own API for it.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
messages_url = config.require("messagesUrl")

workflow = automation.Workflow(
    "fallback",
    name="Fallback to SMS",
    trigger="http_request",
    sub_account_id=config.require("subAccountId"),
    steps=[
        automation.If(
            "undelivered",
            condition="{{data.payload.status.state == 'undelivered'}}",
            do=[
                [
                    automation.HttpRequest(
                        "find_message",
                        method="GET",
                        url=f"{messages_url}/{{{{data.payload.umid}}}}",
                        outputs={"message": "{{step.responseBody}}"},
                        select_next_step={
                            "send_sms": "{{step.responseCode == 200}}",
                            "report": "{{step.responseCode != 200}}",
                        },
                    ),
                    automation.SMS(
                        "send_sms",
                        sub_account_id=config.require("smsSubAccountId"),
                        destination="{{data.payload.user.msisdn}}",
                        text="{{data.message.text}}",
                    ),
                    automation.HttpRequest(
                        "report",
                        method="POST",
                        url=f"{messages_url}/lost",
                        body={"umid": "{{data.payload.umid}}", "reason": "{{data.payload.status.errorMessage}}"},
                    ),
                ]
            ],
        ),
    ],
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

"""Answers every incoming chat message: the example of the vendor's getting-started page."""

import pulumi

import pulumi_8x8 as automation

sub_account_id = pulumi.Config().get("subAccountId") or "Test_12345_ChatApps"

workflow = automation.Workflow(
    "auto-reply",
    name="Auto Reply ChatApps",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=[
        automation.ChatAppsMessage(
            "send_CA",
            sub_account_id=sub_account_id,
            user={"msisdn": "{{data.payload.user.msisdn}}"},
            type="text",
            content={
                "text": "Hello, thank you for your message, we will get back to you as soon as possible.",
            },
        ),
    ],
)

pulumi.export("workflowId", workflow.id)
pulumi.export("version", workflow.version)

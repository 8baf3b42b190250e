"""Answers every incoming message: chat messages as in the vendor's getting-started page, and SMS."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
sms_sub_account_id = config.require("smsSubAccountId")

TEXT = "Hello, thank you for your message, we will get back to you as soon as possible."
chat, sms = automation.inbound_chat_apps(), automation.inbound_sms()

workflow = automation.Workflow(
    "auto-reply",
    name="Auto Reply ChatApps",
    trigger=chat,
    sub_account_id=sub_account_id,
    steps=automation.ChatAppsMessage(
        "send_CA",
        sub_account_id=sub_account_id,
        user=automation.User(msisdn=chat.payload.user.msisdn),
        content=automation.Text(TEXT),
    ),
)

automation.Workflow(
    "auto-reply-sms",
    name="Auto Reply SMS",
    trigger=sms,
    sub_account_id=sms_sub_account_id,
    steps=automation.SMS("send_SMS", sub_account_id=sms_sub_account_id, destination=sms.payload.source, text=TEXT),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("version", workflow.version)

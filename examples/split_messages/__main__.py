"""Sends messages from US numbers to one CRM, all others to another."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")


def to_crm(step_id: str, url: str) -> automation.HttpRequest:
    return automation.HttpRequest(
        step_id,
        method="POST",
        url=url,
        body={
            "id": "{{data.payload.umid}}",
            "from": "{{data.payload.source}}",
            "text": "{{data.payload.body}}",
            "at": "{{data.payload.timestamp}}",
        },
        timeout_seconds=10,
        # A customer who gets no apology knows that the CRM has the message.
        select_next_step={"apologise": "{{step.responseCode >= 300}}"},
    )


workflow = automation.Workflow(
    "split-messages",
    name="Split messages",
    trigger="inbound_sms",
    sub_account_id=sub_account_id,
    steps=[
        automation.Branch(
            "country",
            select_next_step={"us_crm": "{{isCountryCode(data.payload.source, 'US')}}", "other_crm": None},
        ),
        to_crm("us_crm", config.require("usCrmUrl")),
        to_crm("other_crm", config.require("otherCrmUrl")),
        automation.SMS(
            "apologise",
            sub_account_id=sub_account_id,
            destination="{{data.payload.source}}",
            text="Sorry, we could not take your message. Please try again later.",
        ),
    ],
)

pulumi.export("workflowId", workflow.id)

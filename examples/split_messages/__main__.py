"""Sends messages from US numbers to one CRM, all others to another."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
message = automation.inbound_sms()
sms = message.payload

apologise = automation.SMS(
    "apologise",
    sub_account_id=sub_account_id,
    destination=sms.source,
    text="Sorry, we could not take your message. Please try again later.",
)


def to_crm(step_id: str, url: str) -> automation.Flow:
    body = {"id": sms.umid, "from": sms.source, "text": sms.body, "at": sms.timestamp}
    call = automation.HttpRequest(step_id, method="POST", url=url, body=body, timeout_seconds=10)
    # A customer who gets no apology knows that the CRM has the message.
    return call.when(call.response_code >= 300, apologise)


workflow = automation.Workflow(
    "split-messages",
    name="Split messages",
    trigger=message,
    sub_account_id=sub_account_id,
    steps=automation.Branch("country")
    .when(sms.source.is_country_code("US"), to_crm("us_crm", config.require("usCrmUrl")))
    .otherwise(to_crm("other_crm", config.require("otherCrmUrl"))),
)

pulumi.export("workflowId", workflow.id)

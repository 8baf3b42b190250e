"""Enrols customers who send a campaign's keyword, and confirms it."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
keyword = config.require("keyword")
message = automation.inbound_sms()


def reply(step_id: str, text: str) -> automation.SMS:
    return automation.SMS(
        step_id, sub_account_id=sub_account_id, destination=message.payload.source, text=text, encoding="AUTO"
    )


register = automation.HttpRequest(
    "register",
    method="POST",
    url=config.require("campaignUrl"),
    body={"number": message.payload.source, "at": message.payload.timestamp},
)
code = register.response_code
register.when(code < 300, reply("welcome", "You are in! We will write to you when the winners are drawn."))
register.when(code == 409, reply("already_in", "You were in already. Good luck!"))
register.otherwise(reply("try_later", f"Sorry, that did not work. Please send {keyword} again in an hour."))

workflow = automation.Workflow(
    "content-rule",
    name="Campaign",
    trigger=message,
    sub_account_id=sub_account_id,
    steps=automation.If("takes_part", condition=message.payload.body.contains(keyword, ignore_case=True), do=register),
)

pulumi.export("workflowId", workflow.id)

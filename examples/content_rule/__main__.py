"""Enrols customers who send a campaign's keyword, and confirms it."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
keyword = config.require("keyword")


def reply(step_id: str, text: str) -> automation.SMS:
    return automation.SMS(
        step_id, sub_account_id=sub_account_id, destination="{{data.payload.source}}", text=text, encoding="AUTO"
    )


workflow = automation.Workflow(
    "content-rule",
    name="Campaign",
    trigger="inbound_sms",
    sub_account_id=sub_account_id,
    steps=[
        automation.If(
            "takes_part",
            condition=f"{{{{stringContains(data.payload.body, '{keyword}', true)}}}}",
            do=[
                [
                    automation.HttpRequest(
                        "register",
                        method="POST",
                        url=config.require("campaignUrl"),
                        body={"number": "{{data.payload.source}}", "at": "{{data.payload.timestamp}}"},
                        select_next_step={
                            "welcome": "{{step.responseCode < 300}}",
                            "already_in": "{{step.responseCode == 409}}",
                            "try_later": None,
                        },
                    ),
                    reply("welcome", "You are in! We will write to you when the winners are drawn."),
                    reply("already_in", "You were in already. Good luck!"),
                    reply("try_later", f"Sorry, that did not work. Please send {keyword} again in an hour."),
                ]
            ],
        ),
    ],
)

pulumi.export("workflowId", workflow.id)

"""Asks for a rating by SMS, reminds once, asks why, and sends the answers to an API.

Another system starts it over HTTP with ``{"phone": "+65…", "ticket": "T-1"}``.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")


def sms(step_id: str, text: str, next_step_id: str | None = None) -> automation.SMS:
    return automation.SMS(
        step_id, sub_account_id=sub_account_id, destination="{{data.phone}}", text=text, next_step_id=next_step_id
    )


def wait_for_reply(step_id: str, output: str, timeout: str, reply: str, silence: str) -> automation.WaitForReply:
    return automation.WaitForReply(
        step_id,
        from_="{{data.phone}}",
        channel="sms",
        timeout=timeout,
        outputs={output: "{{step.reply == null ? 'no answer' : step.reply.payload.body}}"},
        select_next_step={reply: "{{step.reply != null}}", silence: "{{step.reply == null}}"},
    )


workflow = automation.Workflow(
    "survey",
    name="Survey",
    trigger="http_request",
    sub_account_id=sub_account_id,
    steps=[
        sms("ask_rating", "How did we do, from 1 (badly) to 5 (very well)?", "rating"),
        wait_for_reply("rating", "rating", "1.00:00:00", reply="ask_reason", silence="remind"),
        sms("remind", "You can still tell us how we did: just answer with a number from 1 to 5.", "late_rating"),
        wait_for_reply("late_rating", "rating", "2.00:00:00", reply="ask_reason", silence="report_silence"),
        sms("ask_reason", "Thank you! Why did you choose {{data.rating}}?", "reason"),
        wait_for_reply("reason", "reason", "01:00:00", reply="thank", silence="report"),
        sms("thank", "Thank you, that helps us to get better.", "report"),
        automation.HttpRequest(
            "report",
            method="POST",
            url=config.require("resultsUrl"),
            body={"ticket": "{{data.ticket}}", "rating": "{{data.rating}}", "reason": "{{data.reason}}"},
            select_next_step={"later": "{{step.responseCode >= 500}}"},
        ),
        automation.Wait("later", duration="01:00:00", next_step_id="report"),
        automation.HttpRequest(
            "report_silence",
            method="POST",
            url=config.require("resultsUrl"),
            body={"ticket": "{{data.ticket}}", "rating": None},
        ),
    ],
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

"""Asks for a rating by SMS, reminds once, asks why, and sends the answers to an API.

Another system starts it over HTTP with ``{"phone": "+65…", "ticket": "T-1"}``.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id, url = config.require("subAccountId"), config.require("resultsUrl")
customer, data = automation.http_request(), automation.data
reply = automation.step.reply


def sms(step_id: str, text: str) -> automation.SMS:
    return automation.SMS(step_id, sub_account_id=sub_account_id, destination=customer.phone, text=text)


def answer(step_id: str, output: str, timeout: str) -> automation.WaitForReply:
    text = automation.if_else(reply.is_null(), "no answer", reply.payload.body)
    return automation.WaitForReply(
        step_id, from_=customer.phone, channel="sms", timeout=timeout, outputs={output: text}
    )


def report(step_id: str, **answers: automation.Value | None) -> automation.HttpRequest:
    return automation.HttpRequest(step_id, method="POST", url=url, body={"ticket": customer.ticket, **answers})


ask_rating = sms("ask_rating", "How did we do, from 1 (badly) to 5 (very well)?")
rating, late_rating = answer("rating", "rating", "1.00:00:00"), answer("late_rating", "rating", "2.00:00:00")
remind = sms("remind", "You can still tell us how we did: just answer with a number from 1 to 5.")
ask_reason = sms("ask_reason", f"Thank you! Why did you choose {data.rating}?")
reason = answer("reason", "reason", "01:00:00")
thank = sms("thank", "Thank you, that helps us to get better.")
done = report("report", rating=data.rating, reason=data.reason)

rating.on_reply([ask_reason, reason]).on_timeout([remind, late_rating])
late_rating.on_reply(ask_reason).on_timeout(report("report_silence", rating=None))
reason.on_reply([thank, done]).on_timeout(done)
done.when(done.response_code >= 500, [automation.Wait("later", duration="01:00:00"), done])

workflow = automation.Workflow(
    "survey",
    name="Survey",
    trigger=customer,
    sub_account_id=sub_account_id,
    steps=ask_rating.then(rating),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

"""Answers messages outside of business hours, and names the time of a reply."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
opens, closes, time_zone = (config.require(key) for key in ("opens", "closes", "timeZone"))
message = automation.inbound_chat_apps()

# The day of a message's timestamp is the day in UTC. In time zones where business hours are on one day of UTC, as in
# Singapore, London and New York, that makes no difference: before and after them, it is closed in any case.
sent = message.payload.timestamp
weekend = sent.is_day_of_week("Saturday") | sent.is_day_of_week("Sunday")
is_open = sent.is_time_of_day_between(opens, closes, time_zone)


def reply(step_id: str, text: str) -> automation.ChatAppsMessage:
    user = automation.User(msisdn=message.payload.user.msisdn)
    return automation.ChatAppsMessage(step_id, sub_account_id=sub_account_id, user=user, content=automation.Text(text))


which_reply = (
    automation.Branch("which_reply")
    .when(weekend, reply("weekend", "Thank you! We are back on Monday and will answer then."))
    .otherwise(reply("overnight", f"Thank you! We are here from {opens[:5]} and will answer then."))
)
workflow = automation.Workflow(
    "out-of-office",
    name="Out of office",
    trigger=message,
    sub_account_id=sub_account_id,
    steps=automation.If("closed", condition=weekend | ~is_open, do=which_reply),
)

pulumi.export("workflowId", workflow.id)

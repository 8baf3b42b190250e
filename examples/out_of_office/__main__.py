"""Answers messages outside of business hours, and names the time of a reply."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
opens, closes, time_zone = (config.require(key) for key in ("opens", "closes", "timeZone"))

# The day of a message's timestamp is the day in UTC. In time zones where business hours are on one day of UTC, as in
# Singapore, London and New York, that makes no difference: before and after them, it is closed in any case.
SENT = "data.payload.timestamp"
WEEKEND = f"isDayOfWeek({SENT}, 'Saturday') || isDayOfWeek({SENT}, 'Sunday')"
OPEN = f"isTimeOfDayBetween({SENT}, '{opens}', '{closes}', '{time_zone}')"


def reply(step_id: str, text: str) -> automation.ChatAppsMessage:
    return automation.ChatAppsMessage(
        step_id,
        sub_account_id=sub_account_id,
        user=automation.User(msisdn="{{data.payload.user.msisdn}}"),
        content=automation.Text(text),
    )


workflow = automation.Workflow(
    "out-of-office",
    name="Out of office",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=[
        automation.If(
            "closed",
            condition=f"{{{{{WEEKEND} || !{OPEN}}}}}",
            do=[
                [
                    automation.Branch(
                        "which_reply",
                        select_next_step={"weekend": f"{{{{{WEEKEND}}}}}", "overnight": None},
                    ),
                    reply("weekend", "Thank you! We are back on Monday and will answer then."),
                    reply("overnight", f"Thank you! We are here from {opens[:5]} and will answer then."),
                ]
            ],
        ),
    ],
)

pulumi.export("workflowId", workflow.id)

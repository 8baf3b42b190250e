"""An auto reply outside of business hours for the UK, an API call for Singapore, nothing for all others."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
message = automation.inbound_chat_apps().payload
sender = message.user.msisdn

auto_reply = automation.ChatAppsMessage(
    "auto_reply",
    sub_account_id=sub_account_id,
    user=automation.User(msisdn=sender),
    content=automation.Text("Thank you for your message. We are here from 9:00 to 17:30."),
)
is_open = message.timestamp.is_time_of_day_between("09:00:00", "17:30:00", "GMT Standard Time")
after_hours = automation.If("after_hours", condition=~is_open, do=auto_reply)
call_api = automation.HttpRequest(
    "call_api",
    method="POST",
    url=config.require("apiUrl"),
    body={"from": sender, "type": message.type, "content": message.content},
)

workflow = automation.Workflow(
    "mix-and-match",
    name="Mix and match",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=automation.flow(
        automation.If("uk", condition=sender.is_country_code("GB"), do=after_hours),
        automation.If("singapore", condition=sender.is_country_code("SG"), do=call_api),
    ),
)

pulumi.export("workflowId", workflow.id)

"""An auto reply outside of business hours for the UK, an API call for Singapore, nothing for all others."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")

workflow = automation.Workflow(
    "mix-and-match",
    name="Mix and match",
    trigger="inbound_chat_apps",
    sub_account_id=sub_account_id,
    steps=[
        automation.If(
            "uk",
            condition="{{isCountryCode(data.payload.user.msisdn, 'GB')}}",
            do=[
                [
                    automation.If(
                        "after_hours",
                        condition="{{!isTimeOfDayBetween("
                        "data.payload.timestamp, '09:00:00', '17:30:00', 'GMT Standard Time')}}",
                        do=[
                            [
                                automation.ChatAppsMessage(
                                    "auto_reply",
                                    sub_account_id=sub_account_id,
                                    user=automation.User(msisdn="{{data.payload.user.msisdn}}"),
                                    content=automation.Text(
                                        "Thank you for your message. We are here from 9:00 to 17:30."
                                    ),
                                ),
                            ]
                        ],
                    ),
                ]
            ],
            next_step_id="singapore",
        ),
        automation.If(
            "singapore",
            condition="{{isCountryCode(data.payload.user.msisdn, 'SG')}}",
            do=[
                [
                    automation.HttpRequest(
                        "call_api",
                        method="POST",
                        url=config.require("apiUrl"),
                        body={
                            "from": "{{data.payload.user.msisdn}}",
                            "type": "{{data.payload.type}}",
                            "content": "{{data.payload.content}}",
                        },
                    ),
                ]
            ],
        ),
    ],
)

pulumi.export("workflowId", workflow.id)

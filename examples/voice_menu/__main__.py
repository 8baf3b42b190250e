"""Calls a customer about a delivery, takes a key as the answer, and confirms it by SMS.

Another system starts it over HTTP with ``{"phone": "+65…", "parcel": "4711"}``.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sms_sub_account_id = config.require("smsSubAccountId")

KEY = "step.dtmfData.actionDetails.dtmf"


def confirm(step_id: str, text: str) -> automation.SMS:
    return automation.SMS(step_id, sub_account_id=sms_sub_account_id, destination="{{data.phone}}", text=text)


workflow = automation.Workflow(
    "voice-menu",
    name="Delivery call",
    trigger="http_request",
    sub_account_id=config.require("subAccountId"),
    steps=[
        automation.VoiceMessage(
            "call",
            sub_account_id=config.require("subAccountId"),
            client_request_id="{{uuid()}}",
            params=automation.SayAndCapture(
                "Your parcel arrives today. Press 1 to get it today, 2 to get it tomorrow.",
                source=config.require("source"),
                destination="{{data.phone}}",
                voice_profile="en-US-ZiraRUS",
                repetition=2,
                speed=1,
                min_digits=1,
                max_digits=1,
            ),
            outputs={"call_id": "{{step.response.clientRequestId}}"},
            next_step_id="answer",
        ),
        automation.WaitForDTMF(
            "answer",
            dtmf_request_id="{{data.call_id}}",
            timeout="00:02:00",
            select_next_step={
                "today": f"{{{{step.dtmfData != null && {KEY} == '1'}}}}",
                "tomorrow": f"{{{{step.dtmfData != null && {KEY} == '2'}}}}",
                "other_key": f"{{{{step.dtmfData != null && {KEY} != '1' && {KEY} != '2'}}}}",
                "no_answer": "{{step.dtmfData == null}}",
            },
        ),
        confirm("today", "Your parcel {{data.parcel}} arrives today, between 14:00 and 18:00."),
        confirm("tomorrow", "Your parcel {{data.parcel}} arrives tomorrow, between 9:00 and 12:00."),
        confirm(
            "other_key", "Sorry, we did not get that. Choose a time at https://delivery.example.com/{{data.parcel}}"
        ),
        confirm("no_answer", "We tried to call you. Choose a time at https://delivery.example.com/{{data.parcel}}"),
    ],
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

"""Calls a customer about a delivery, takes a key as the answer, and confirms it by SMS.

Another system starts it over HTTP with ``{"phone": "+65…", "parcel": "4711"}``.
"""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sms_sub_account_id = config.require("smsSubAccountId")
delivery = automation.http_request()


def confirm(step_id: str, text: str) -> automation.SMS:
    return automation.SMS(step_id, sub_account_id=sms_sub_account_id, destination=delivery.phone, text=text)


call = automation.VoiceMessage(
    "call",
    sub_account_id=config.require("subAccountId"),
    client_request_id=automation.uuid(),
    params=automation.SayAndCapture(
        "Your parcel arrives today. Press 1 to get it today, 2 to get it tomorrow.",
        source=config.require("source"),
        destination=delivery.phone,
        voice_profile="en-US-ZiraRUS",
        repetition=2,
        speed=1,
        min_digits=1,
        max_digits=1,
    ),
)
answer = automation.WaitForDTMF("answer", dtmf_request_id=call.response.client_request_id, timeout="00:02:00")
key, pressed = answer.dtmf_data.action_details.dtmf, answer.dtmf_data.is_not_null()
parcel, choose = f"Your parcel {delivery.parcel}", f"Choose a time at https://delivery.example.com/{delivery.parcel}"
answer.when(pressed & (key == "1"), confirm("today", f"{parcel} arrives today, between 14:00 and 18:00."))
answer.when(pressed & (key == "2"), confirm("tomorrow", f"{parcel} arrives tomorrow, between 9:00 and 12:00."))
answer.when(pressed & (key != "1") & (key != "2"), confirm("other_key", f"Sorry, we did not get that. {choose}"))
answer.on_timeout(confirm("no_answer", f"We tried to call you. {choose}"))

workflow = automation.Workflow(
    "voice-menu",
    name="Delivery call",
    trigger=delivery,
    sub_account_id=config.require("subAccountId"),
    steps=call.then(answer),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("triggerUrl", workflow.trigger_url)

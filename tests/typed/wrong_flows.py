"""Flows with mistakes. Each line with a mistake ends with the code of mypy, and the rule of pyright."""

from __future__ import annotations

import pulumi_8x8 as automation


class Delivery(automation.Members):
    phone: automation.Value


sms = automation.inbound_sms()
chat = automation.inbound_chat_apps()
line = automation.inbound_chat_apps("line")
delivery = automation.http_request(Delivery)
is_yes = sms.payload.body == "yes"
step = automation.Wait("step", duration="1")
send = automation.SMS("send", sub_account_id="a", destination=sms.payload.source, text="Hello")
order = automation.HttpRequest("order", method="GET", url="https://example.com")
voice = automation.VoiceMessage("voice", action="say", params={})
rating = automation.WaitForReply("rating", from_=sms.payload.source, channel="sms")
chat_rating = automation.WaitForReply("chat_rating", from_=sms.payload.source, channel="whatsapp")

# Members
_ = sms.payload.sorce  # E: attr-defined reportAttributeAccessIssue
_ = sms.payload.user  # E: attr-defined reportAttributeAccessIssue
_ = sms.payload.subAccountId  # E: attr-defined reportAttributeAccessIssue
_ = chat.payload.source  # E: attr-defined reportAttributeAccessIssue
_ = line.payload.user.msisdn  # E: attr-defined reportAttributeAccessIssue
_ = sms.payload.body.text  # E: attr-defined reportAttributeAccessIssue
_ = delivery.fone  # E: attr-defined reportAttributeAccessIssue
_ = rating.reply.payload.user  # E: attr-defined reportAttributeAccessIssue
_ = chat_rating.reply.payload.body  # E: attr-defined reportAttributeAccessIssue
_ = order.response.uid  # E: attr-defined reportAttributeAccessIssue
_ = voice.response_body  # E: attr-defined reportAttributeAccessIssue
_ = step.umid  # E: attr-defined reportAttributeAccessIssue

# Operators
_ = sms.payload.body - 1  # E: operator reportOperatorIssue
_ = sms.payload.sms_count * 2  # E: operator reportOperatorIssue
_ = -sms.payload.sms_count  # E: operator reportOperatorIssue
_ = sms.payload.body & is_yes  # E: operator reportOperatorIssue
_ = is_yes & sms.payload.body  # E: operator reportOperatorIssue
_ = is_yes | "no"  # E: operator reportOperatorIssue
_ = ~sms.payload.body  # E: operator reportOperatorIssue
_ = sms.payload < "a"  # E: operator reportOperatorIssue
_ = sms.payload.body + b"x"  # E: operator reportOperatorIssue
_ = "x" in sms.payload.body  # E: operator reportOperatorIssue
_ = len(sms.payload.body)  # E: arg-type reportArgumentType
_ = int(sms.payload.body)  # E: call-overload reportArgumentType
_ = list(sms.payload.body)  # E: call-overload reportArgumentType

# Functions
_ = sms.payload.body.contains(sms.payload)  # E: arg-type reportArgumentType
_ = sms.payload.body.contains("x", True)  # E: call-arg reportCallIssue
_ = sms.payload.body.contains(["x"])  # E: arg-type reportArgumentType
_ = sms.payload.source.is_country_code()  # E: call-arg reportCallIssue
_ = sms.payload.timestamp.is_time_of_day_between("09:00:00", "17:00:00")  # E: call-arg reportCallIssue
_ = sms.payload.timestamp.is_weekday("Sunday")  # E: attr-defined reportAttributeAccessIssue
_ = automation.if_else(sms.payload.body, 1, 2)  # E: arg-type reportArgumentType
_ = automation.if_else(is_yes, 1)  # E: call-arg reportCallIssue
_ = automation.script(5)  # E: arg-type reportArgumentType
_ = automation.http_request("order")  # E: call-overload reportArgumentType
_ = automation.inbound_chat_apps("sms")  # E: call-overload reportArgumentType

# Links
_ = step.then(5)  # E: arg-type reportArgumentType
_ = step.then()  # E: call-arg reportCallIssue
_ = step.when(sms.payload.body, send)  # E: arg-type reportArgumentType
_ = step.when(is_yes)  # E: call-arg reportCallIssue
_ = step.otherwise(None)  # E: arg-type reportArgumentType
_ = send.on_reply(step)  # E: attr-defined reportAttributeAccessIssue
_ = rating.on_answer(step)  # E: attr-defined reportAttributeAccessIssue
_ = automation.flow(send, step).when(is_yes, step)  # E: attr-defined reportAttributeAccessIssue

# Steps and workflows
_ = automation.Wait("a", duration=5)  # E: arg-type reportArgumentType
_ = automation.Wait("a", duration="1", next_step_id=5)  # E: arg-type reportArgumentType
_ = automation.If("a", condition=5)  # E: arg-type reportArgumentType
_ = automation.WaitForReply("a", channel="sms")  # E: call-overload reportCallIssue
_ = automation.Workflow("a", trigger=5)  # E: arg-type reportArgumentType
_ = automation.Workflow("a", steps=5)  # E: arg-type reportArgumentType

# Messages
automation.Text(chat.payload)  # E: arg-type reportArgumentType
automation.Text(chat)  # E: arg-type reportArgumentType
automation.Text("Hello", fallback_text=chat_rating.reply)  # E: arg-type reportArgumentType
automation.Text("Hello", sms=automation.SmsFallback(source=chat.payload.user))  # E: arg-type reportArgumentType
automation.Text("Hello", sms=chat.payload.user.name)  # E: arg-type reportArgumentType
automation.Image(chat.payload.content)  # E: arg-type reportArgumentType
automation.Reply("yes", rating)  # E: arg-type reportArgumentType
automation.Buttons("Which?", sms.payload.body)  # E: arg-type reportArgumentType
automation.Buttons("Which?", [sms.payload.body])  # E: list-item reportArgumentType
automation.Row("1", rating.reply.payload)  # E: arg-type reportArgumentType
automation.Row("1", "One", description=rating.reply.payload)  # E: arg-type reportArgumentType
automation.Template("order", "en", [automation.TemplateBody(sms.payload.body)])  # E: arg-type reportArgumentType
automation.TextParameter(voice.response)  # E: arg-type reportArgumentType
automation.User(msisdn=chat.payload.user)  # E: arg-type reportArgumentType
automation.Say(voice, source="+65", destination="+65", voice_profile="a")  # E: arg-type reportArgumentType

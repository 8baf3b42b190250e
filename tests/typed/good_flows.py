"""Flows that a type checker accepts: everything that docs/authoring.md shows."""

from __future__ import annotations

import pulumi

import pulumi_8x8 as automation


class Delivery(automation.Members):
    phone: automation.Value
    parcel: automation.Value


def echo() -> automation.Workflow:
    message = automation.inbound_sms()
    text = f"Thank you, {message.payload.source}!"
    reply = automation.SMS("reply", sub_account_id="acme", destination=message.payload.source, text=text)
    return automation.Workflow("echo", trigger=message, steps=reply)


def menu(token: pulumi.Output[str]) -> automation.Workflow:
    message = automation.inbound_chat_apps("whatsapp")
    user = {"msisdn": message.payload.user.msisdn}

    def say(step_id: str, text: str) -> automation.ChatAppsMessage:
        return automation.ChatAppsMessage(
            step_id, sub_account_id="acme", user=user, type="text", content={"text": text}
        )

    closed = message.payload.timestamp.is_day_of_week("Sunday") | ~message.payload.timestamp.is_time_of_day_between(
        "09:00:00", "17:30:00", "Singapore Standard Time"
    )
    choice = automation.WaitForReply("choice", from_=message.payload.user.channel_user_id, channel="whatsapp")
    wants_order = choice.reply.payload.content.text.contains("order", ignore_case=True)
    order = automation.HttpRequest(
        "order",
        method="POST",
        url="https://orders.example.com",
        headers={"Authorization": pulumi.Output.concat("Bearer ", token), "Key": message.payload.umid + token},
        body={"who": message.payload.user.msisdn, "known": [message.payload.user.name, 1, None]},
        outputs={"attempts": automation.if_else(automation.data.attempts == None, 1, automation.data.attempts + 1)},  # noqa: E711
    )
    pause = automation.Wait("pause", duration="00:01:00").then(order)
    confirm = say("confirm", f"Your order has the number {order.response_body.id}.")
    order.when(order.response_code < 300, confirm).when(
        (order.response_code >= 500) & (automation.data.attempts < 3), pause
    ).otherwise(say("sorry", "Please call us."))
    branch = automation.Branch("wants").when(wants_order, order).otherwise(say("other", "Sorry?"))
    choice.on_reply(branch).on_timeout([say("remind", "Still there?"), choice])
    start = automation.If("closed", condition=closed, do=say("later", "We are closed.").then("end"))
    return automation.Workflow("menu", trigger=message, steps=[start.then(say("ask", "Order or help?")).then(choice)])


def voice() -> automation.Flow:
    delivery = automation.http_request(Delivery)
    call = automation.VoiceMessage(
        "call", action="say&capture", client_request_id=automation.uuid(), params={"destination": delivery.phone}
    )
    keys = automation.WaitForDTMF("keys", dtmf_request_id=call.response.client_request_id)
    one = automation.SMS("one", sub_account_id="acme", destination=delivery.phone, text="One")
    keys.on_timeout(one).when(keys.dtmf_data.action_details.dtmf == "1", {"id": "two", "stepType": "Wait"})
    with automation.prefix("late"):
        late = automation.flow(automation.Wait("a", duration="1"), [automation.Wait("b", duration="1"), "one"])
    return call.then(keys).then(late)


def anything() -> automation.Predicate:
    body = automation.http_request()
    line = automation.inbound_chat_apps("line")
    script = automation.script("data.a * 2")
    reply = automation.WaitForReply("reply", from_=line.payload.user.channel_user_id, channel=body.channel).reply
    typed: automation.Value = body.order.lines[0]["a name"]
    return (typed > 5) & (script | (reply.payload.anything.at_all == "x")) & (line.account_id != "a")


def messages(token: pulumi.Output[str]) -> list[automation.Flow | automation.Step]:
    """Every part of a message takes expressions, results and texts with expressions, at any depth."""
    message = automation.inbound_chat_apps("whatsapp").payload
    name, user = message.user.name, automation.User(msisdn=message.user.msisdn)
    order = automation.HttpRequest("order", method="GET", url="https://orders.example.com")
    body = order.response_body
    fallback = automation.SmsFallback(source=body.sender, encoding=body.encoding)
    contents = [
        automation.Text(f"Hello {name}", fallback_text=name + "!", sms=fallback),
        automation.Text(body.text, sms=body.sms, more={"note": name}),
        automation.Image(body.picture, text=f"For {name}"),
        automation.Location(body.latitude, body.longitude, name=name),
        automation.Buttons(
            name, [automation.Reply(body.id, "Order " + body.id), body.button], header=name, footer=name
        ),
        automation.Buttons("Which one?", body.buttons, header=automation.HeaderImage(body.picture)),
        automation.ListMessage(
            name,
            "Choose",
            [automation.Section([automation.Row("1", body.lines[0].title, description=f"for {name}")], title=name)],
        ),
        automation.UrlButton(name, display_text=name, url=f"https://example.com/{body.id}"),
        automation.Template(
            body.template,
            message.recipient.channel,
            [
                automation.TemplateHeader([automation.ImageParameter(body.picture)]),
                automation.TemplateBody([name, f"No. {body.id}", body.id + token, automation.TextParameter(name)]),
                automation.TemplateButton("QuickReply", 0, [automation.PayloadParameter(body.id)]),
            ],
        ),
        automation.RichCard(body.picture, card_orientation="vertical", title=name),
    ]
    sends: list[automation.Flow | automation.Step] = [
        automation.ChatAppsMessage(f"send{at}", sub_account_id=body.account, user=user, content=content)
        for at, content in enumerate(contents)
    ]
    said = automation.SayAndCapture(f"Hi {name}", source=body.source, destination=name, voice_profile=body.voice)
    ask = automation.VoiceMessage("ask", params=said)
    channel = automation.Channel(message.recipient.channel, fallback_after=body.seconds)
    late = automation.ChatAppsMessage(
        "late", sub_account_id="acme", user=message.user, content=automation.Text(ask.response.uid), channels=[channel]
    )
    return [order, *sends, ask.then(late)]


def taps() -> automation.Workflow:
    """A flow compares what somebody taps with the buttons that it offers."""
    message = automation.inbound_chat_apps("whatsapp")
    user = automation.User(msisdn=message.payload.user.msisdn)
    good = automation.Reply("good", f"Good, {message.payload.user.name}")
    ask = automation.ChatAppsMessage(
        "ask", sub_account_id="acme", user=user, content=automation.Buttons("How was it?", [good])
    )
    rating = automation.WaitForReply("rating", from_=message.payload.user.msisdn, channel="whatsapp")
    tapped = rating.reply.payload.content.interactive.button_reply.id
    thank = automation.ChatAppsMessage("thank", sub_account_id="acme", user=user, content=automation.Text("Thank you!"))
    return automation.Workflow(
        "taps", trigger=message, steps=ask.then(rating.on_reply(automation.Branch("is").when(tapped == good.id, thank)))
    )

"""Programs that are right: both type checkers accept every line."""

from __future__ import annotations

import pulumi

import pulumi_8x8 as automation

name: pulumi.Output[str] = pulumi.Output.from_input("Ebi")
user = automation.User(msisdn="{{data.payload.user.msisdn}}")

text = automation.Text("Hello!", fallback_text="Hello!", sms=automation.SmsFallback(encoding="AUTO", source="Ebi"))
late = automation.Text(pulumi.Output.concat("Hello from ", name))
image = automation.Image("https://example.com/menu.png", text=name)
place = automation.Location(1.2857, "{{data.longitude}}", name="Ebi")
buttons = automation.Buttons(
    "Welcome!",
    [automation.Reply("book", "Book a table"), {"type": "reply", "reply": {"id": "menu", "title": "Our menu"}}],
    header="Ebi",
    footer="Open from 9",
)
rows = automation.ListMessage(
    "Please choose a time.",
    "Choose",
    [automation.Section([automation.Row("1", "18:00", description="inside")], title="Today")],
    header=automation.HeaderImage("https://example.com/ebi.png"),
)
link = automation.UrlButton("Our menu", display_text="Open", url="https://example.com/menu")
form = automation.FlowMessage("Book a table", flow_id="123", flow_cta="Book", flow_action="navigate")
template = automation.Template(
    "order_update",
    "en_US",
    [
        automation.TemplateHeader([automation.ImageParameter("https://example.com/a.png")]),
        automation.TemplateBody(["Alex", name, automation.TextParameter("B")]),
        automation.TemplateButton("QuickReply", 0, [automation.PayloadParameter("confirm")]),
    ],
)
card = automation.RichCard(
    "https://example.com/a.png",
    card_orientation="vertical",
    card_suggestions=[automation.CallSuggestion("Call us", "call", phone_number="+6512345678")],
)
carousel = automation.Carousel(
    [automation.CarouselCard("https://example.com/a.png"), automation.CarouselCard("https://example.com/b.png")],
    card_width="small",
)

steps: list[automation.Step] = [
    automation.ChatAppsMessage("text", sub_account_id=name, user=user, content=text),
    automation.ChatAppsMessage("late", sub_account_id="acme", user=user, content=late),
    automation.ChatAppsMessage("buttons", sub_account_id="acme", user=user, content=buttons, next_step_id="plain"),
    # A plain dictionary is an equal citizen.
    automation.ChatAppsMessage(
        "plain", sub_account_id="acme", user={"msisdn": "+6512345678"}, type="text", content={"text": "Hello!"}
    ),
    automation.ChatAppsMessage(
        "fallback",
        sub_account_id="acme",
        user=user,
        content=text,
        channels=[automation.Channel("WhatsApp", fallback_after=60, success_status="Read"), {"channel": "SMS"}],
    ),
    automation.VoiceMessage(
        "call",
        params=automation.SayAndCapture(
            "Press 1.",
            source="+6500000000",
            destination="{{data.phone}}",
            voice_profile="en-US-ZiraRUS",
            repetition=2,
            min_digits=1,
        ),
    ),
    automation.VoiceMessage("plain_call", action="say", params={"text": "Hello!", "destination": "+6512345678"}),
    automation.VoiceMessage(
        "play",
        params=automation.PlayFile("https://example.com/a.mp3", source="+6500000000", destination="+6512345678"),
    ),
]

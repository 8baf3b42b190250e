"""Books tables over WhatsApp: buttons for what a customer wants, a list of times, and a map of the place."""

import pulumi

import pulumi_8x8 as automation

config = pulumi.Config()
sub_account_id = config.require("subAccountId")
message = automation.inbound_chat_apps("whatsapp")
sender = message.payload.user.msisdn


def send(step_id: str, content: automation.Content) -> automation.ChatAppsMessage:
    return automation.ChatAppsMessage(
        step_id, sub_account_id=sub_account_id, user=automation.User(msisdn=sender), content=content
    )


def answer(step_id: str) -> automation.WaitForReply:
    return automation.WaitForReply(step_id, from_=sender, channel="whatsapp", timeout="00:30:00")


menu = automation.Buttons(
    "Welcome to Acme! How can we help you?",
    [automation.Reply("book", "Book a table"), automation.Reply("hours", "Opening hours")],
    header="Acme at the river",
    footer="Tap one of the buttons",
)
times = automation.ListMessage(
    "When would you like to come today?",
    "Choose a time",
    [
        automation.Section([automation.Row("t12", "12:00"), automation.Row("t13", "13:00")], title="Lunch"),
        automation.Section(
            [automation.Row("t18", "18:00", description="Until 20:00"), automation.Row("t20", "20:00")], title="Dinner"
        ),
    ],
)
choice, time = answer("choice"), answer("time")
chosen, picked = (each.reply.payload.content.interactive for each in (choice, time))
close = send("close", automation.Text("Write to us again at any time."))

what = (
    automation.Branch("what")
    .when(chosen.is_not_null() & (chosen.button_reply.id == "book"), [send("ask_time", times), time])
    .when(
        chosen.is_not_null() & (chosen.button_reply.id == "hours"),
        send("hours", automation.Text("We are open every day, from 12:00 to 22:00.")),
    )
    .otherwise([send("unclear", automation.Text("Please tap one of the buttons.")), choice])
)
when = (
    automation.Branch("when")
    .when(
        picked.is_not_null() & picked.list_reply.is_not_null(),
        [
            send("confirm", automation.Text(f"Your table is booked for {picked.list_reply.title}. Here we are:")),
            send("place", automation.Location(1.2868, 103.8545, name="Acme", address="1 Fullerton Road, Singapore")),
        ],
    )
    .otherwise([send("unclear_time", automation.Text("Please choose a time from the list.")), time])
)
choice.on_reply(what).on_timeout(close)
time.on_reply(when).on_timeout(close)

workflow = automation.Workflow(
    "booking",
    name="Booking",
    trigger=message,
    sub_account_id=sub_account_id,
    steps=send("welcome", menu).then(choice),
)

pulumi.export("workflowId", workflow.id)

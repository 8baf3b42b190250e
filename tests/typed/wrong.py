"""Programs that are wrong.

Both type checkers report each line with a comment ``wrong call`` or ``wrong type``, for that reason, and no other line.
"""

from __future__ import annotations

import pulumi_8x8 as automation

user = automation.User(msisdn="+6512345678")

automation.Text()  # wrong call: no text
automation.Text(5)  # wrong type: a number
automation.Text("Hello!", txet="x")  # wrong call: a misspelled name
automation.Text("Hello!", sms=automation.SmsFallback(encoding="GSM8"))  # wrong type: not one of the values
automation.Image()  # wrong call: no URL
automation.Location(1.2857)  # wrong call: no longitude
automation.Reply("book")  # wrong call: no title
automation.Buttons("Welcome!")  # wrong call: no buttons
automation.Buttons("Welcome!", "Book a table")  # wrong type: a text for a list
automation.Buttons("Welcome!", [5])  # wrong type: a number for a button
automation.ListMessage("Choose", "Choose", [automation.Row("1", "18:00")], footer=5)  # wrong type: a number
automation.UrlButton("Menu", display_text="Open")  # wrong call: no URL
automation.FlowMessage("Book", flow_id="1", flow_cta="Book", flow_action="go")  # wrong type: not one of the values
automation.Template("order_update")  # wrong call: no language
automation.Template("order_update", "en", "Alex")  # wrong type: a text for a list
automation.TemplateBody([automation.TextParameter()])  # wrong call: no text
automation.RichCard("https://example.com/a.png")  # wrong call: no orientation
automation.Channel("Pigeon")  # wrong type: not one of the values
automation.Channel("WhatsApp", success_status="Seen")  # wrong type: not one of the values
automation.User(msisd="+6512345678")  # wrong call: a misspelled name
automation.Say("Hello!", source="+65", destination="+65")  # wrong call: no voice profile
automation.Say("Hello!", source="+65", destination="+65", voice_profile="en-US-A", speed=[1])  # wrong type: a list
automation.SayAndCapture("1?", source="+65", destination="+65", voice_profile="a", speed=[2])  # wrong type: a list
automation.PlayFile(url="https://example.com/a.mp3", source="+65", destination="+65")  # wrong call: a misspelled name
automation.ChatAppsMessage("a", sub_account_id="acme", user=user)  # wrong call: no content
automation.ChatAppsMessage("a", sub_account_id="acme", content=automation.Text("Hello!"))  # wrong call: no user
automation.ChatAppsMessage("a", sub_account_id="acme", user=user, content=5)  # wrong type: a number
automation.ChatAppsMessage("a", sub_account_id="acme", user=user, content=automation.Text)  # wrong type: a class
automation.ChatAppsMessage("a", sub_account_id="acme", user=user, content={}, channel="x")  # wrong call: misspelled
automation.VoiceMessage("a", params=5)  # wrong type: a number

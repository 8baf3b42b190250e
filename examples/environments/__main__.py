"""One workflow in development, staging and production, each with its own sub-accounts.

``8x8:subAccounts`` in a stack's config maps logical names to sub-accounts. ``8x8:requiresDigestFrom`` in production's
config names the stack that has to run a change first.
"""

import pulumi

import pulumi_8x8 as automation

message = automation.inbound_chat_apps()
sender, text = message.payload.user.msisdn, message.payload.content.text

page_engineer = automation.SMS(
    "page_engineer", sub_account_id="pager", destination="+6531234567", text=f"{sender}: {text}"
)
reply = automation.ChatAppsMessage(
    "reply",
    sub_account_id="chat",
    user=automation.User(msisdn=sender),
    content=automation.Text("Thank you, we are looking into it."),
)

workflow = automation.Workflow(
    "support",
    name="Support",
    trigger=message,
    sub_account_id="chat",
    steps=automation.Branch("urgency")
    .when(text.contains("urgent", ignore_case=True), [page_engineer, reply])
    .otherwise(reply),
)

pulumi.export("workflowId", workflow.id)
pulumi.export("digests", automation.digests())

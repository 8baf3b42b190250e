"""One workflow in development, staging and production, each with its own sub-accounts.

``8x8:subAccounts`` in a stack's config maps logical names to sub-accounts. ``8x8:requiresDigestFrom`` in production's
config names the stack that has to run a change first.
"""

import pulumi

import pulumi_8x8 as automation

workflow = automation.Workflow(
    "support",
    name="Support",
    trigger="inbound_chat_apps",
    sub_account_id="chat",
    steps=[
        automation.Branch(
            "urgency",
            select_next_step={
                "page_engineer": "{{stringContains(data.payload.content.text, 'urgent', true)}}",
                "reply": None,
            },
        ),
        automation.SMS(
            "page_engineer",
            sub_account_id="pager",
            destination="+6531234567",
            text="{{data.payload.user.msisdn}}: {{data.payload.content.text}}",
            next_step_id="reply",
        ),
        automation.ChatAppsMessage(
            "reply",
            sub_account_id="chat",
            user=automation.User(msisdn="{{data.payload.user.msisdn}}"),
            content=automation.Text("Thank you, we are looking into it."),
        ),
    ],
)

pulumi.export("workflowId", workflow.id)
pulumi.export("digests", automation.digests())

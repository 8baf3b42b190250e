"""One workflow in development, staging and production, each with its own sub-accounts.

``8x8:subAccounts`` in a stack's config says which sub-account a logical name stands for there.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

import pulumi_8x8 as automation
from pulumi_8x8.definition import Definition

config = pulumi.Config()
sub_accounts: dict[str, str] = pulumi.Config("8x8").require_object("subAccounts")


def support(sub_accounts: Mapping[str, str]) -> dict[str, Any]:
    """The workflow, for these sub-accounts."""
    return {
        "name": "Support",
        "trigger": "inbound_chat_apps",
        "sub_account_id": sub_accounts["chat"],
        "steps": [
            automation.Branch(
                "urgency",
                select_next_step={
                    "page_engineer": "{{stringContains(data.payload.content.text, 'urgent', true)}}",
                    "reply": None,
                },
            ),
            automation.SMS(
                "page_engineer",
                sub_account_id=sub_accounts["pager"],
                destination="+6531234567",
                text="{{data.payload.user.msisdn}}: {{data.payload.content.text}}",
                next_step_id="reply",
            ),
            automation.ChatAppsMessage(
                "reply",
                sub_account_id=sub_accounts["chat"],
                user={"msisdn": "{{data.payload.user.msisdn}}"},
                type="text",
                content={"text": "Thank you, we are looking into it."},
            ),
        ],
    }


# Of the workflow with the logical names in it, so it is the same in every environment.
digest = Definition.of(status="enabled", **support({name: name for name in sub_accounts})).digest()


def allow(tested: str) -> str:
    """The gate: what another environment has not run is not deployed."""
    if tested != digest:
        raise pulumi.RunError(f"{gate} runs {tested[:8]}, and this is {digest[:8]}: deploy it there first")
    return "enabled"


gate = config.get("requiresDigestFrom")
status: pulumi.Input[str] = "enabled"
if gate:
    other = pulumi.StackReference(f"{pulumi.get_organization()}/{pulumi.get_project()}/{gate}")
    status = other.require_output("digest").apply(allow)

workflow = automation.Workflow("support", status=status, **support(sub_accounts))

pulumi.export("workflowId", workflow.id)
pulumi.export("digest", digest)

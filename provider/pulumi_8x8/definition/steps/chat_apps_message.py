"""The step type ChatAppsMessage. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.steps.base import PEOPLE, Info, Object, Phrases, Step, Text, step
from pulumi_8x8.definition.steps.sms import SENT


@step
class ChatAppsMessage(Step):
    """Sends a message over WhatsApp, Viber, … Afterwards ``step`` has requestId, umid, status and description."""

    step_type = "ChatAppsMessage"
    role = "sends"
    result = SENT
    words = Phrases(
        added="customers get an additional message, {}",
        removed="customers no longer get the message {}",
        text="the text that customers read in {} changes",
        value="the message of {} changes ({})",
        places=PEOPLE,
    )

    sub_account_id: Annotated[Text, Info()]
    user: Annotated[Object, Info('the receiver: {"msisdn": …} or {"channelUserId": …}.')]
    type: Annotated[
        Text,
        Info(
            "text, template, image, interactive, …; content depends on it.",
            values=("text", "template", "interactive", "image"),
        ),
    ]
    content: Annotated[Object, Info('{"text": …}, {"template": {…}}, …; "sms" inside is the fallback.')]
    client_message_id: Annotated[Text | None, Info()] = None

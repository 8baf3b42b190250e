"""The step type SMS. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.steps.base import PEOPLE, Info, Phrases, Step, Text, step
from pulumi_8x8.definition.triggers import members

#: What a messaging API returns for a message that it accepts.
SENT = members("requestId umid status description destination encoding clientMessageId user")


@step
class SMS(Step):
    """Sends an SMS. Afterwards ``step`` has requestId, umid, status and description."""

    step_type = "SMS"
    role = "sends"
    result = SENT
    words = Phrases(
        added="customers get an additional SMS, {}",
        removed="customers no longer get the SMS {}",
        text="the text that customers read in {} changes",
        value="the message of {} changes ({})",
        places=PEOPLE,
    )

    sub_account_id: Annotated[Text, Info("the sub-account that sends.")]
    destination: Annotated[Text, Info("phone number of the receiver.")]
    text: Annotated[Text, Info("what the receiver reads.")]
    source: Annotated[Text | None, Info("phone number or name of the sender.")] = None
    encoding: Annotated[Text | None, Info("AUTO, GSM7 or UCS2.", values=("AUTO", "GSM7", "UCS2"), default="AUTO")] = (
        None
    )
    country: Annotated[Text | None, Info()] = None
    client_message_id: Annotated[Text | None, Info()] = None
    scheduled: Annotated[Text | None, Info("ISO 8601 time to send at.")] = None
    expiry: Annotated[Text | None, Info("ISO 8601 time after which it is no longer sent.")] = None
    dlr_callback_url: Annotated[Text | None, Info()] = None

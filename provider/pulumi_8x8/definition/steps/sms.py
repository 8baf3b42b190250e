"""The step type SMS. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pulumi_8x8.definition.results import Sends
from pulumi_8x8.definition.steps.base import PEOPLE, Checked, Info, Phrases, Step, Text, step
from pulumi_8x8.definition.triggers import members
from pulumi_8x8.definition.values import Json

#: What a messaging API returns for a message that it accepts.
SENT = members("requestId umid status description errorCode errorMessage destination encoding clientMessageId user")


@step
class SMS(Sends, Step):
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
    country: Annotated[Text | None, Info("country of a national number, such as SG.")] = None
    client_message_id: Annotated[Text | None, Info("your own reference.")] = None
    scheduled: Annotated[Text | None, Info("ISO 8601 time to send at.")] = None
    expiry: Annotated[Text | None, Info("ISO 8601 time until which the service sends it.")] = None
    dlr_callback_url: Annotated[Text | None, Info("URL that gets the status of the delivery.")] = None
    client_ip: Annotated[Text | None, Info("address that a limit of messages counts for.")] = None
    track: Annotated[Text | None, Info("Outcome or None.", values=("None", "Outcome"))] = None

    @classmethod
    def parts_of(cls, inputs: Mapping[str, Json]) -> Iterator[Checked]:
        """The inputs that have a limit."""
        from pulumi_8x8.definition.contents.checking import checked_part
        from pulumi_8x8.definition.contents.nodes import object_of
        from pulumi_8x8.definition.contents.text_messages import SmsFields

        yield checked_part(inputs, object_of(SmsFields))

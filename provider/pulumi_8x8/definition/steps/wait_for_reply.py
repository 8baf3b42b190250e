"""The step type WaitForReply. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pulumi_8x8.definition.steps.base import Duration, Info, Phrases, Step, Text, is_script, step
from pulumi_8x8.definition.triggers import INBOUND_CHAT_APPS, INBOUND_SMS, Shape, members
from pulumi_8x8.definition.values import Json


@step
class WaitForReply(Step):
    """Waits for a message of one sender. Afterwards ``step.reply`` is the inbound message, null on timeout."""

    step_type = "WaitForReply"
    role = "waits"
    result = members("reply")
    answer = "step.reply"
    words = Phrases(
        added="{} waits for an answer",
        removed="{} no longer waits for an answer",
        places={
            "channel": "{} waits for an answer by {} instead of {}",
            "from": "{} waits for an answer from {} instead of {}",
        },
    )

    from_: Annotated[Text, Info("whose reply: the msisdn for SMS, the channel user id for a chat app.")]
    channel: Annotated[Text, Info("sms, whatsapp, line, viber, …", values=("sms", "whatsapp", "viber", "line"))]
    timeout: Annotated[
        Duration | None, Info("d.HH:mm:ss, HH:mm:ss or whole days; 1 day when left out.", default="1.00:00:00")
    ] = None

    @classmethod
    def result_of(cls, inputs: Mapping[str, Json]) -> Shape:
        """The reply looks like the body that the trigger of its channel brings."""
        channel = inputs.get("channel")
        if not isinstance(channel, str) or is_script(channel):
            return cls.result
        return {"reply": INBOUND_SMS if channel.lower() == "sms" else INBOUND_CHAT_APPS}

"""The step type VoiceMessage. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.steps.base import PEOPLE, Info, Object, Phrases, Step, Text, step
from pulumi_8x8.definition.triggers import members


@step
class VoiceMessage(Step):
    """Calls and speaks, or plays a file. Afterwards ``step.response`` is the Voice API's answer."""

    step_type = "VoiceMessage"
    role = "sends"
    result = members("", response=members("uid clientRequestId *"))
    words = Phrases(
        added="customers get an additional call, {}",
        removed="customers no longer get the call {}",
        text="the text that customers hear in {} changes",
        places=PEOPLE,
    )

    # The OpenAPI file requires it, and has a default for it.
    action: Annotated[
        Text,
        Info(
            "`say`, `say&capture` (then WaitForDTMF) or `playFile`.",
            values=("say", "say&capture", "playFile"),
            default="say",
        ),
    ]
    params: Annotated[Object, Info("source, destination, text, repetition, voiceProfile, speed, …")]
    sub_account_id: Annotated[Text | None, Info()] = None
    client_request_id: Annotated[Text | None, Info('what a WaitForDTMF refers to; "{{uuid()}}" makes one.')] = None

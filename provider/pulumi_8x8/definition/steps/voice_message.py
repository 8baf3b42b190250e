"""The step type VoiceMessage. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pulumi_8x8.definition.results import Speaks
from pulumi_8x8.definition.steps.base import PEOPLE, Checked, Info, Object, Phrases, Step, Text, step
from pulumi_8x8.definition.triggers import members
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from pulumi_8x8.definition.contents.calls import PlayFile, Say, SayAndCapture

    _Params: TypeAlias = Say | SayAndCapture | PlayFile | Object
else:
    _Params = Object


@step
class VoiceMessage(Speaks, Step):
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
        Text | None,
        Info(
            "`say`, `say&capture` (then WaitForDTMF) or `playFile`; typed params bring it.",
            values=("say", "say&capture", "playFile"),
            default="say",
        ),
    ] = None
    params: Annotated[_Params, Info("source, destination, text, repetition, voiceProfile, speed, …")]
    sub_account_id: Annotated[Text | None, Info()] = None
    client_request_id: Annotated[Text | None, Info('what a WaitForDTMF refers to; "{{uuid()}}" makes one.')] = None

    @classmethod
    def parts_of(cls, inputs: Mapping[str, Json]) -> Iterator[Checked]:
        """What the call does, whose shape depends on the action."""
        from pulumi_8x8.definition.contents.checking import checked_part
        from pulumi_8x8.definition.contents.choosing import params_node

        node = params_node(inputs.get("action", "say"))
        if node is not None and "params" in inputs:
            yield checked_part(inputs, node, "params")

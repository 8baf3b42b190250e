"""The published step types, a file each: what a program writes, and what everything else knows of a step.

A plain dictionary in the service's shape is accepted wherever a step is expected. It is how a program writes a step of
a type that isn't published yet. To add a type, add a file here, its line in this one, and what it does in
``simulator/behaviour.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pulumi_8x8.definition.steps.base import (
    InputKind,
    Step,
    declared_inputs,
    invalid_inputs,
    is_script,
    step_to_api,
)
from pulumi_8x8.definition.steps.branch import Branch
from pulumi_8x8.definition.steps.chat_apps_message import ChatAppsMessage
from pulumi_8x8.definition.steps.http_request import HttpRequest
from pulumi_8x8.definition.steps.if_ import If
from pulumi_8x8.definition.steps.send_to_converse import SendToConverse
from pulumi_8x8.definition.steps.sms import SMS
from pulumi_8x8.definition.steps.voice_message import VoiceMessage
from pulumi_8x8.definition.steps.wait import Wait
from pulumi_8x8.definition.steps.wait_for_dtmf import WaitForDTMF
from pulumi_8x8.definition.steps.wait_for_reply import WaitForReply
from pulumi_8x8.definition.values import Json

#: The published step types by name.
STEP_KINDS: dict[str, type[Step]] = {
    kind.step_type: kind
    for kind in (
        SMS,
        ChatAppsMessage,
        HttpRequest,
        Branch,
        If,
        Wait,
        WaitForReply,
        VoiceMessage,
        WaitForDTMF,
        SendToConverse,
    )
}


def published_step_type(step_type: Json) -> Json:
    """``step_type`` in its published spelling (definitions in the wild have ``branch``); others unchanged."""
    if not isinstance(step_type, str) or step_type in STEP_KINDS:
        return step_type
    return next((name for name in STEP_KINDS if name.lower() == step_type.lower()), step_type)


def kind_of_step(step_type: Json) -> type[Step]:
    """The declaration of a step type; :class:`Step`, which declares nothing, if the type isn't published."""
    return STEP_KINDS.get(step_type, Step) if isinstance(step_type, str) else Step


def inputs_of(step_type: Json) -> Mapping[str, InputKind]:
    """The inputs that a step type has a field for, by the service's names; none of a type that isn't published."""
    return declared_inputs(kind_of_step(step_type))


@cache
def spelling_of(step_type: str) -> Mapping[str, str]:
    """The published names of the inputs of a step type, by what they are in lower case."""
    return {name.lower(): name for name in inputs_of(step_type)}


__all__ = [
    "SMS",
    "STEP_KINDS",
    "Branch",
    "ChatAppsMessage",
    "HttpRequest",
    "If",
    "SendToConverse",
    "Step",
    "VoiceMessage",
    "Wait",
    "WaitForDTMF",
    "WaitForReply",
    "inputs_of",
    "invalid_inputs",
    "is_script",
    "kind_of_step",
    "published_step_type",
    "spelling_of",
    "step_to_api",
]

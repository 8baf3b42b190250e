"""The step type SendToConverse. Source: the page on steps; it is not in the OpenAPI file."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.results import Converses
from pulumi_8x8.definition.steps.base import Info, Object, Phrases, Step, step
from pulumi_8x8.definition.triggers import members


@step
class SendToConverse(Converses, Step):
    """Hands the conversation to an agent in 8x8 Converse. Afterwards ``step.ticketId``."""

    step_type = "SendToConverse"
    result = members("ticketId")
    words = Phrases(
        added="{} hands conversations to an agent",
        removed="{} no longer hands conversations to an agent",
    )

    payload: Annotated[Object, Info('the inbound message, usually "{{data.payload}}".')]

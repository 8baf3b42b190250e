"""The step type Wait. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.steps.base import Duration, Info, Phrases, Step, step


@step
class Wait(Step):
    """Sleeps."""

    step_type = "Wait"
    role = "waits"
    words = Phrases(
        added="conversations pause at {}", removed="conversations no longer pause at {}", length="the pause"
    )

    duration: Annotated[Duration, Info('d.HH:mm:ss, HH:mm:ss or whole days ("5").')]

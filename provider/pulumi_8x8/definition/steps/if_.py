"""The step type If. Source: the page on steps; it is not in the OpenAPI file."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.steps.base import Info, Sequences, Step, Text, step


@step
class If(Step):
    """Runs the step sequences of ``do`` when ``condition`` is true.

    :param do: a list of step sequences, each a list of steps that starts with its first.
    """

    step_type = "If"
    role = "decides"

    condition: Annotated[Text, Info("a script.")]
    do: Sequences | None = None

"""The step type Branch. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from pulumi_8x8.definition.steps.base import Step, step


@step
class Branch(Step):
    """Continues with every edge of selectNextStep whose script is true; null marks the default edge.

    The builder's "Jump To" is a Branch with one edge.
    """

    step_type = "Branch"
    role = "decides"

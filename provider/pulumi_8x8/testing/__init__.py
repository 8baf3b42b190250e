"""Tests of workflows: a pytest plugin (:mod:`.plugin`), tests as tables (:mod:`.tables`), coverage. Nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_8x8.testing.plugin import ProgramError, WorkflowUnderTest, workflow, workflows_of_program

__all__ = ["ProgramError", "WorkflowUnderTest", "workflow", "workflows_of_program"]


def __getattr__(name: str) -> Any:
    # Imported when first used: `pulumi-8x8 test` runs tables where pytest is not installed.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pulumi_8x8.testing import plugin

    return getattr(plugin, name)

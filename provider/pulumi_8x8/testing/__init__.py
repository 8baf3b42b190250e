"""Tests workflows: a pytest plugin (:mod:`.plugin`), tests as tables (:mod:`.tables`), coverage. Sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_8x8.testing.plugin import ProgramError, WorkflowUnderTest, workflow, workflows_of_program

__all__ = ["ProgramError", "WorkflowUnderTest", "workflow", "workflows_of_program"]


def __getattr__(name: str) -> Any:
    # Imported at first use, since `pulumi-8x8 test` runs tables without pytest.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pulumi_8x8.testing import plugin

    return getattr(plugin, name)

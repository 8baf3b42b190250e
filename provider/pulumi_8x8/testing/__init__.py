"""Tests workflows: a pytest plugin (:mod:`.plugin`), tests as tables (:mod:`.tables`), coverage. Sends nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_8x8.errors import ProgramError
    from pulumi_8x8.programs.loading import workflows_of_program
    from pulumi_8x8.testing.plugin import workflow
    from pulumi_8x8.testing.under_test import WorkflowUnderTest

__all__ = ["ProgramError", "WorkflowUnderTest", "workflow", "workflows_of_program"]

_MODULES = {
    "ProgramError": "pulumi_8x8.errors",
    "WorkflowUnderTest": "pulumi_8x8.testing.under_test",
    "workflow": "pulumi_8x8.testing.plugin",
    "workflows_of_program": "pulumi_8x8.programs.loading",
}


def __getattr__(name: str) -> Any:
    # Imported at first use, since `pulumi-8x8 test` runs tables without pytest, and every pytest loads the plugin.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)

"""Pulumi: the resource, and the provider behind it; translation only."""

from __future__ import annotations

from pulumi_8x8.resources.provider import WorkflowProvider
from pulumi_8x8.resources.workflow import Account, Workflow

__all__ = ["Account", "Workflow", "WorkflowProvider"]

"""Pulumi: the resource, the provider behind it, and look-ups; translation only."""

from __future__ import annotations

from pulumi_8x8.resources.lookups import (
    get_script_functions,
    get_time_zones,
    get_usage,
    get_workflow,
    get_workflow_versions,
    get_workflows,
)
from pulumi_8x8.resources.options import Account
from pulumi_8x8.resources.provider import WorkflowProvider
from pulumi_8x8.resources.run import WorkflowRun, WorkflowRunProvider
from pulumi_8x8.resources.workflow import Workflow, digests

"""Exports an account as a Pulumi project, and updates one that exists. The caller reads the service."""

from __future__ import annotations

from pulumi_8x8.exporting.plan import Export, Exported, Form, Outcome, plan
from pulumi_8x8.exporting.project import DeployedWorkflow, Project, read_project
from pulumi_8x8.exporting.python_program import WorkflowCall

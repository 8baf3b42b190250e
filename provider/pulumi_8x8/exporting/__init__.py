"""A running Pulumi project, written from what an account holds; and brought up to date when it is there already."""

from __future__ import annotations

from pulumi_8x8.exporting.plan import Export, Exported, Outcome, plan
from pulumi_8x8.exporting.program import Declared
from pulumi_8x8.exporting.project import Deployed, Project, read_project
from pulumi_8x8.exporting.texts import next_commands

__all__ = ["Declared", "Deployed", "Export", "Exported", "Outcome", "Project", "next_commands", "plan", "read_project"]

"""What differs between two definitions: place by place, by step, and as a review of many."""

from __future__ import annotations

from pulumi_8x8.changes.compare import Change, compare
from pulumi_8x8.changes.reconcile import OnDrift, Plan, covers, reconcile, undo, without_additions

__all__ = ["Change", "OnDrift", "Plan", "compare", "covers", "reconcile", "undo", "without_additions"]

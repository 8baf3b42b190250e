"""What differs between two definitions: place by place, by step, and as a review of many."""

from __future__ import annotations

from pulumi_8x8.changes.compare import Change, compare, without_additions

__all__ = ["Change", "compare", "without_additions"]

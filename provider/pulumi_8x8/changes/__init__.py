"""What differs between two definitions."""

from __future__ import annotations

from pulumi_8x8.changes.compare import Change, compare, without_additions

__all__ = ["Change", "compare", "without_additions"]

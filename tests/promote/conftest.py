"""The real engine, for tests of commands that read stacks."""

from __future__ import annotations

from engine.conftest import pulumi_home, stack

__all__ = ["pulumi_home", "stack"]

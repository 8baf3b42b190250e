"""The real engine for tests of exports."""

from __future__ import annotations

from engine.conftest import pulumi_home

__all__ = ["pulumi_home"]

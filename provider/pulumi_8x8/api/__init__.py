"""The real service: settings, the client, and the wire's quirks."""

from __future__ import annotations

from pulumi_8x8.api.client import Client, StoredDefinition
from pulumi_8x8.api.settings import DEFAULT_BASE_URL, Settings

__all__ = ["DEFAULT_BASE_URL", "Client", "Settings", "StoredDefinition"]

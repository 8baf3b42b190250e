"""The real service: settings, calls with retries, a snapshot to read from, and writes without surprises."""

from __future__ import annotations

from pulumi_8x8.api.account import ManagedAccount, OnDelete, Running, list_places, means
from pulumi_8x8.api.client import Client, tell_on_stderr
from pulumi_8x8.api.retries import Patience
from pulumi_8x8.api.settings import DEFAULT_BASE_URL, Settings
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import Fault, Instance, Log, Month, Status, Steering, StoredDefinition, Usage

__all__ = [
    "DEFAULT_BASE_URL",
    "Client",
    "Fault",
    "Instance",
    "Log",
    "ManagedAccount",
    "Month",
    "OnDelete",
    "Patience",
    "Running",
    "Settings",
    "Snapshot",
    "Status",
    "Steering",
    "StoredDefinition",
    "Usage",
    "list_places",
    "means",
    "tell_on_stderr",
]

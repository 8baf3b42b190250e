"""The real service: settings, calls with retries, a snapshot to read from, and safe writes."""

from __future__ import annotations

from pulumi_8x8.api.account import ManagedAccount, means
from pulumi_8x8.api.client import Client, notify_on_stderr
from pulumi_8x8.api.journal import Journal, journal_folder
from pulumi_8x8.api.ownership import Claim, Origin, name_of
from pulumi_8x8.api.receiving import ask_to_register
from pulumi_8x8.api.refusing import list_places
from pulumi_8x8.api.retries import Patience, Timer
from pulumi_8x8.api.running import OnDelete, Running, find_running
from pulumi_8x8.api.settings import DEFAULT_BASE_URL, Settings, trigger_url
from pulumi_8x8.api.snapshot import Snapshot
from pulumi_8x8.api.wire import Fault, Instance, Log, Month, Status, Steering, StoredDefinition, Usage

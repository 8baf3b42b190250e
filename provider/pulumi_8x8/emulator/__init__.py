"""The Automation API on this machine: an HTTP service around the simulator, with everything kept in SQLite."""

from __future__ import annotations

from pulumi_8x8.emulator.app import create_app
from pulumi_8x8.emulator.database import StoreError
from pulumi_8x8.emulator.server import serve
from pulumi_8x8.emulator.settings import EmulatorSettings
from pulumi_8x8.emulator.store import Store

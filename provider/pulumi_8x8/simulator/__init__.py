"""Runs a workflow definition: no network, no files, no database, and time only from a clock.

Steps say what should happen (:mod:`.outcomes`), one engine does it (:mod:`.engine`), and what an instance is between
two steps is a small JSON value (:mod:`.instance`), so that whoever runs it can keep it wherever it likes.
"""

from __future__ import annotations

from pulumi_8x8.simulator.clock import Clock, ManualClock, SystemClock, timestamp
from pulumi_8x8.simulator.engine import Advance, Engine
from pulumi_8x8.simulator.instance import Instance, InstanceError, Run
from pulumi_8x8.simulator.outcomes import Message
from pulumi_8x8.simulator.scripts import ScriptError
from pulumi_8x8.simulator.settings import SimulatorSettings
from pulumi_8x8.simulator.values import nested_deeper

__all__ = [
    "Advance",
    "Clock",
    "Engine",
    "Instance",
    "InstanceError",
    "ManualClock",
    "Message",
    "Run",
    "ScriptError",
    "SimulatorSettings",
    "SystemClock",
    "nested_deeper",
    "timestamp",
]

"""Simulates workflow definitions: no network, no database, and time only from a clock.

A step returns an outcome (:mod:`.outcomes`), and one engine applies it (:mod:`.engine`). Between two steps an instance
is a small JSON value (:mod:`.instance`), so the caller can store it anywhere.
"""

from __future__ import annotations

from pulumi_8x8.simulator.chance import CHANCE
from pulumi_8x8.simulator.clock import Clock, ManualClock, ShiftedClock, SystemClock, read_moment, timestamp
from pulumi_8x8.simulator.conversions import MAX_DEPTH, nested_too_deep, text
from pulumi_8x8.simulator.engine import Advance, Engine
from pulumi_8x8.simulator.events import EventError, Inbound, read_dtmf, read_inbound
from pulumi_8x8.simulator.http import HttpAnswer, HttpCall, Stubs, read_stubs, timed_out, unreachable
from pulumi_8x8.simulator.inbound import MEDIA, Incoming, dtmf_body, media, message_body, place, written
from pulumi_8x8.simulator.instance import Instance, InstanceError, Run
from pulumi_8x8.simulator.outcomes import Message, Refusal
from pulumi_8x8.simulator.processes import WorkerError
from pulumi_8x8.simulator.refusals import REASONS, refusal
from pulumi_8x8.simulator.sandbox import ScriptError
from pulumi_8x8.simulator.settings import SimulatorSettings
from pulumi_8x8.simulator.simulation import CUSTOMER, Simulation, read_workflow
from pulumi_8x8.simulator.taps import Tap, TapError, find, label, offers, reply, sends
from pulumi_8x8.simulator.trace import Event, received_in_words, show, show_json
from pulumi_8x8.simulator.zones import Zone, zones

"""What can be chosen about running workflows: the points on which the facts about the service are unsettled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SimulatorSettings:
    """The choices, each with the default that the published facts speak for.

    :ivar null_member: what ``data.reply.payload`` is where ``data.reply`` is null or absent: ``"null"`` (published
        exports rely on it) or ``"fault"`` (a published run-time error says so).
    :ivar max_busy_steps: an instance that does this many steps without sleeping is going in circles and is stopped.
        The emulator's choice; the service's own limit is not published.
    """

    null_member: Literal["null", "fault"] = "null"
    max_busy_steps: int = 1000

"""What can be chosen about running workflows: the points on which the facts about the service are unsettled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SimulatorSettings:
    """The choices, each with the default that the published facts speak for.

    :ivar null_member: what ``data.reply.payload`` is where ``data.reply`` is null or absent: ``"null"`` (published
        exports rely on it) or ``"fault"`` (a published run-time error says so).
    :ivar reply_sender: what of a chat message a WaitForReply's ``from`` is compared with: ``"channel_user_id"``
        (OpenAPI file), the phone number only where there is none; or ``"any"`` of the two.
    :ivar max_busy_steps: an instance that does this many steps without sleeping is going in circles and is stopped.
        The emulator's choice; the service's own limit is not published.
    """

    null_member: Literal["null", "fault"] = "null"
    reply_sender: Literal["channel_user_id", "any"] = "channel_user_id"
    max_busy_steps: int = 1000

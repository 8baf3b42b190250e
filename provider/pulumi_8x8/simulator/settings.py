"""Defines settings for open questions about how the service runs workflows. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pulumi_8x8.validation import Must


@dataclass(frozen=True)
class SimulatorSettings:
    """The settings. Each default is the choice that the published facts support.

    :ivar null_member: the value of ``data.reply.payload`` if ``data.reply`` is null or absent: ``"null"`` (published
        exports rely on it) or ``"fault"`` (a published run-time error shows it).
    :ivar reply_sender: the part of a chat message that must equal a WaitForReply's ``from``: ``"channel_user_id"``
        (OpenAPI file; the phone number if there is no such id), or ``"any"`` of the two.
    :ivar refused_message: what happens to a step whose message the messaging API refuses: it is done, with the
        refusal in its result (``"status"``; the APIs' published answers for a rejected message), or ``"fault"``.
    :ivar plain_output: an output without a script whose name the trigger's data has: the trigger's value stays
        (``"keep"``; a published survey with ``"mobileNumber": "variable 0"`` continues with the caller's number), or
        the output replaces it (``"store"``). Under any other name it is stored.
    :ivar max_busy_steps: an instance that runs this many steps without sleeping faults, since it loops. The emulator's
        choice, like the limits below; the service's own limits aren't published.
    :ivar max_step_time: seconds of processor time that the scripts of one step may take together.
    :ivar max_busy_time: seconds of processor time that an instance may take without sleeping.
    :ivar max_paths: how many paths of an instance may run at the same time.
    """

    null_member: Literal["null", "fault"] = "null"
    reply_sender: Literal["channel_user_id", "any"] = "channel_user_id"
    refused_message: Literal["status", "fault"] = "status"
    plain_output: Literal["keep", "store"] = "keep"
    max_busy_steps: Annotated[int, Must("be a number of 1 or more", lambda steps: steps >= 1)] = 1000
    max_step_time: Annotated[float, Must("be a number above 0", lambda seconds: seconds > 0)] = 2.0
    max_busy_time: Annotated[float, Must("be a number above 0", lambda seconds: seconds > 0)] = 5.0
    max_paths: Annotated[int, Must("be a number of 1 or more", lambda paths: paths >= 1)] = 1000

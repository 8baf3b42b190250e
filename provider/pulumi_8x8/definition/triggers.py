"""What starts a workflow, and what it brings on ``data``; the vocabulary for shapes of what scripts can read.

Sources: the Triggers and Context pages, and the inbound message webhooks' pages (versions 2 and 3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

#: Members by name; ``None`` stands for a value whose members aren't known. ``"*"`` among the names: there are others
#: as well, and only a near miss of a known name is a mistake.
Shape: TypeAlias = Mapping[str, "Shape | None"]


def members(names: str, **more: Shape | None) -> dict[str, Shape | None]:
    """The shape with these members: ``members("umid status", user=members("msisdn"))``."""
    return {**dict.fromkeys(names.split()), **more}


#: What the service itself puts on ``data`` (Context page).
CONTEXT = members("accountId subAccountId triggeredAt")

_INBOUND = members("namespace eventType description version")
_SMS_PAYLOAD = members("umid subAccountId timestamp source destination body encoding smsCount price country")
#: The first version of the SMS webhook has no payload, and its members on the outside.
SMS_FIRST_VERSION = members("umid type source destination body encoding receivedAt version")
_CHAT_PAYLOAD = members(
    "umid subAccountId timestamp type replyToUmid clientMessageId",
    user=members("msisdn channelUserId name username"),
    recipient=members("channel channelId"),
    content=members(
        "text url location contacts template *",
        interactive=members(
            "type nfmReply callPermissionReply *",
            **dict.fromkeys(("button_reply", "list_reply"), members("id title description *")),
        ),
    ),
)

INBOUND_SMS = {**_INBOUND, **SMS_FIRST_VERSION, "payload": _SMS_PAYLOAD}
INBOUND_CHAT_APPS = {**_INBOUND, "payload": _CHAT_PAYLOAD}

#: The trigger that other systems call.
HTTP_REQUEST = "http_request"

#: What ``data`` has when an instance starts; a trigger that isn't here can bring anything.
TRIGGERS: dict[str, Shape] = {
    "inbound_sms": {**INBOUND_SMS, **CONTEXT},
    "inbound_chat_apps": {**INBOUND_CHAT_APPS, **CONTEXT},
}

"""Follows values to where they come from, and knows what arrives there: messages, replies, keys, HTTP answers.

Sources: the pages on the webhooks of inbound messages, the steps, and the payloads in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from pulumi_8x8.analysis.dataflow import DataFlow
from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.definition.steps import SMS, ChatAppsMessage, HttpRequest, WaitForDTMF, WaitForReply, is_script

_Type: TypeAlias = Literal["text", "number"]
_DEEPEST = 8


class ValueSource(NamedTuple):
    """Where a value comes from.

    :param source: ``chat`` or ``sms`` for a message of a customer, otherwise the type of the step; empty if it isn't
        known.
    :param path: the path in the message, below its ``payload`` too, or in the step's result.
    :param node: the step whose result it is; ``None`` for the trigger's message.
    """

    source: str
    path: str
    node: Node | None


class Arrival(NamedTuple):
    """What is known of a value that arrives.

    :param type: its JSON type.
    :param written: a customer types it.
    :param values: the published values.
    :param closed: whether these are all values.
    :param unsettled_case: the vendor's pages disagree about its case.
    :param signs: the only characters in it; empty: any.
    """

    type: _Type
    written: bool = False
    values: tuple[str, ...] = ()
    closed: bool = False
    unsettled_case: bool = False
    signs: str = ""


#: Types of inbound messages: the webhook's page, and the payloads.
_TYPES = (
    *("Text", "Image", "Audio", "Video", "File", "Location", "Contacts", "Interactive", "Button", "Sticker", "Order"),
    *("Reaction", "Document", "Voice", "Template", "System", "Unsupported", "Url", "Media", "Story", "Suggestion"),
    *("Contact", "Postback", "Call", "Poll", "Unknown", "RichCard", "Carousel", "Buttons", "Flow", "Event", "Product"),
)
_CHANNELS = (
    *("whatsapp", "viber", "line", "rcs", "zalo", "messenger", "wechat", "telegram", "instagram", "kakaotalk", "sms"),
    *("zalonotification", "linenotification", "googlercs", "apple"),
)
_STATUSES = tuple(str(status) for status in range(100, 600))
_TEXT, _NUMBER = Arrival("text"), Arrival("number")
_REPLIES = ("button_reply", "list_reply", "nfmReply", "nfm_reply", "callPermissionReply", "call_permission_reply")

_ARRIVALS: dict[str, dict[str, Arrival]] = {
    "chat": {
        **dict.fromkeys(("payload.umid", "payload.subAccountId", "payload.timestamp", "payload.replyToUmid"), _TEXT),
        **dict.fromkeys((f"payload.user.{name}" for name in ("msisdn", "channelUserId", "name", "username")), _TEXT),
        "payload.type": Arrival("text", values=_TYPES, closed=True, unsettled_case=True),
        "payload.recipient.channel": Arrival("text", values=_CHANNELS),
        "payload.content.text": Arrival("text", written=True),
        "payload.content.url": _TEXT,
        "payload.content.interactive.type": Arrival("text", values=_REPLIES, closed=True),
        **{
            f"payload.content.interactive.{reply}.{name}": _TEXT
            for reply in ("button_reply", "list_reply")
            for name in ("id", "title", "description")
        },
        "namespace": Arrival("text", values=("ChatApps",), closed=True),
        "eventType": Arrival("text", values=("inbound_message_received",)),
        "version": _NUMBER,
    },
    "sms": {
        **dict.fromkeys(("payload.umid", "payload.subAccountId", "payload.timestamp", "umid", "receivedAt"), _TEXT),
        **dict.fromkeys(("payload.source", "payload.destination", "source", "destination"), _TEXT),
        "payload.body": Arrival("text", written=True),
        "body": Arrival("text", written=True),
        "payload.encoding": Arrival("text", values=("GSM7", "UCS2"), closed=True),
        "payload.smsCount": _NUMBER,
        "namespace": Arrival("text", values=("SMS",), closed=True),
        "eventType": Arrival("text", values=("inbound_message_received",)),
    },
    HttpRequest.step_type: {"responseCode": Arrival("number", values=_STATUSES, closed=True), "reasonPhrase": _TEXT},
    WaitForDTMF.step_type: {
        "dtmfData.actionDetails.dtmf": Arrival("text", signs="0123456789*#ABCD"),
        "dtmfData.status.code": _TEXT,
    },
    **dict.fromkeys((SMS.step_type, ChatAppsMessage.step_type), dict.fromkeys(("umid", "requestId", "status"), _TEXT)),
}


def arrival_of(origin: ValueSource) -> Arrival | None:
    """What is known of the value with this origin; ``None`` if nothing is."""
    return _ARRIVALS.get(origin.source, {}).get(origin.path)


def origins(flow: DataFlow, trigger: str, node: Node, root: str, path: tuple[str, ...]) -> list[ValueSource]:
    """Where the value of ``root.path`` in a script of ``node`` can come from; none if not every source is known."""
    found = list(_origins(flow, trigger, node, root, path, _DEEPEST))
    return found if all(each.source for each in found) else []


def _origins(
    flow: DataFlow, trigger: str, node: Node, root: str, path: tuple[str, ...], deep: int
) -> Iterator[ValueSource]:
    if root == "step":
        yield _result(node, path)
        return
    writers = flow.writers.get(path[0], ()) if path else ()
    for writer in writers:
        stored = writer.stored.get(path[0])
        if stored is None or not deep or not flow.known:
            yield ValueSource("", "", None)
        else:
            first, *rest = stored.split(".")
            yield from _origins(flow, trigger, writer, first, (*rest, *path[1:]), deep - 1)
    if not writers:
        source = {"inbound_chat_apps": "chat", "inbound_sms": "sms"}.get(trigger, "")
        yield ValueSource(source, ".".join(path), None)


def _result(node: Node, path: tuple[str, ...]) -> ValueSource:
    if node.declaration is WaitForReply and path[:1] == ("reply",):
        channel = node.member("inputs").get("channel")
        if not isinstance(channel, str) or is_script(channel):
            return ValueSource("", "", node)
        return ValueSource("sms" if channel.strip().lower() == "sms" else "chat", ".".join(path[1:]), node)
    return ValueSource(node.kind, ".".join(path), node)

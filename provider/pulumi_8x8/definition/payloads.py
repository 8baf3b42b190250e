"""Typed triggers, and the results of steps: what an editor completes and a type checker checks.

``triggers.py`` and the step types declare the same members for lint; a test compares them.
"""

from __future__ import annotations

from typing import Literal, TypeVar, overload

from pulumi_8x8.definition.authorship import error
from pulumi_8x8.definition.expressions import Value
from pulumi_8x8.definition.members import Anything, Members, OpenMembers

_B = TypeVar("_B", bound=Members)


class _Service(Members):
    __slots__ = ()
    _camel_case = True


class _OpenService(OpenMembers):
    __slots__ = ()
    _camel_case = True


class SmsPayload(_Service):
    """An inbound SMS."""

    __slots__ = ()
    umid: Value
    sub_account_id: Value
    timestamp: Value
    source: Value
    destination: Value
    body: Value
    encoding: Value
    sms_count: Value
    price: Anything
    country: Value


class ChatUser(_Service):
    """The person who sent a chat message."""

    __slots__ = ()
    msisdn: Value
    channel_user_id: Value
    name: Value
    username: Value


class LineUser(_Service):
    """The person who sent a message over LINE, which has no phone number."""

    __slots__ = ()
    channel_user_id: Value
    name: Value


class Recipient(_Service):
    """The channel that received a chat message."""

    __slots__ = ()
    channel: Value
    channel_id: Value


class TappedChoice(OpenMembers):
    """The button, or the row of a list, that the customer tapped."""

    __slots__ = ()
    id: Value
    title: Value
    description: Value


class InteractiveReply(OpenMembers):
    """What the customer tapped, or the form that the customer sent. The service itself mixes the spellings."""

    __slots__ = ()
    type: Value
    button_reply: TappedChoice
    list_reply: TappedChoice
    nfmReply: Anything
    callPermissionReply: Anything


class ChatContent(_OpenService):
    """The content of a chat message. Which members there are depends on the message's type."""

    __slots__ = ()
    text: Value
    url: Value
    interactive: InteractiveReply
    location: Anything
    contacts: Anything
    template: Anything


class _AnyChatPayload(_Service):
    __slots__ = ()
    umid: Value
    sub_account_id: Value
    timestamp: Value
    type: Value
    reply_to_umid: Value
    client_message_id: Value
    recipient: Recipient
    content: ChatContent


class ChatPayload(_AnyChatPayload):
    """An inbound chat message."""

    __slots__ = ()
    user: ChatUser


class LinePayload(_AnyChatPayload):
    """An inbound message over LINE."""

    __slots__ = ()
    user: LineUser


class _Inbound(_Service):
    __slots__ = ()
    namespace: Value
    event_type: Value
    description: Value
    version: Value


class SmsReply(_Inbound):
    """An SMS that answers: what WaitForReply returns."""

    __slots__ = ()
    payload: SmsPayload


class ChatReply(_Inbound):
    """A chat message that answers: what WaitForReply returns."""

    __slots__ = ()
    payload: ChatPayload


class LineReply(_Inbound):
    """A message over LINE that answers."""

    __slots__ = ()
    payload: LinePayload


class InboundSms(SmsReply):
    """What the trigger ``inbound_sms`` brings."""

    __slots__ = ()
    account_id: Value
    sub_account_id: Value
    triggered_at: Value


class InboundChatApps(ChatReply):
    """What the trigger ``inbound_chat_apps`` brings."""

    __slots__ = ()
    account_id: Value
    sub_account_id: Value
    triggered_at: Value


class InboundLine(LineReply):
    """What the trigger ``inbound_chat_apps`` brings for a message over LINE."""

    __slots__ = ()
    account_id: Value
    sub_account_id: Value
    triggered_at: Value


class HttpBody(OpenMembers):
    """The members of the JSON body that starts a workflow over HTTP."""

    __slots__ = ()


class DtmfStatus(_OpenService):
    """The state of a call."""

    __slots__ = ()
    code: Value
    timestamp: Value


class DtmfAction(_OpenService):
    """What somebody did in a call."""

    __slots__ = ()
    dtmf: Value


class DtmfData(_OpenService):
    """The keys that somebody pressed."""

    __slots__ = ()
    uid: Value
    destination: Value
    client_request_id: Value
    status: DtmfStatus
    action_details: DtmfAction


class VoiceAnswer(_OpenService):
    """The Voice API's answer."""

    __slots__ = ()
    uid: Value
    client_request_id: Value


def inbound_sms() -> InboundSms:
    """The trigger ``inbound_sms``, with the message that starts the workflow.

    ::

        message = automation.inbound_sms()
        reply = automation.SMS("echo", destination=message.payload.source, …)
        automation.Workflow("echo", trigger=message, steps=reply)
    """
    return InboundSms(("data",), trigger="inbound_sms")


@overload
def inbound_chat_apps(channel: Literal["line"]) -> InboundLine: ...
@overload
def inbound_chat_apps(channel: Literal["whatsapp", "viber"] | None = None) -> InboundChatApps: ...
def inbound_chat_apps(channel: str | None = None) -> InboundChatApps | InboundLine:
    """The trigger ``inbound_chat_apps``, with the message that starts the workflow.

    :param channel: the channel whose members a type checker expects. The workflow itself starts for any channel.
    """
    if channel not in (None, "line", "whatsapp", "viber"):
        raise error(ValueError, 'the channel is "whatsapp", "viber" or "line"; leave it out for another one')
    return (InboundLine if channel == "line" else InboundChatApps)(("data",), trigger="inbound_chat_apps")


@overload
def http_request() -> HttpBody: ...
@overload
def http_request(body: type[_B]) -> _B: ...
def http_request(body: type[Members] = HttpBody) -> Members:
    """The trigger ``http_request``, with the members of the JSON body that starts the workflow.

    :param body: a class that declares the members; without it, there may be any.
    """
    if not (isinstance(body, type) and issubclass(body, Members)):
        raise error(TypeError, "http_request takes a class that declares the members of the body: class Order(Members)")
    return body(("data",), trigger="http_request")


def trigger_name(trigger: object) -> object:
    """The service's name of a typed trigger; anything else unchanged."""
    return trigger._trigger if isinstance(trigger, Members) and trigger._trigger else trigger

"""The step type ChatAppsMessage. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, TypeAlias

from pulumi_8x8.definition.results import Sends
from pulumi_8x8.definition.steps.base import PEOPLE, Checked, Info, Object, Objects, Phrases, Step, Text, step
from pulumi_8x8.definition.steps.sms import SENT
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pulumi_8x8.definition.contents.chat_apps import Channel, Content, QuotedMessage, User

    _User: TypeAlias = User | Object
    _Content: TypeAlias = Content | Object
    _Channels: TypeAlias = Sequence[Channel | Mapping[str, Any]] | Objects
    _Context: TypeAlias = QuotedMessage | Object
else:
    # Their parts have shapes of their own, which parts_of() has.
    _User = _Content = _Context = Object
    _Channels = Objects


@step
class ChatAppsMessage(Sends, Step):
    """Sends a message over WhatsApp, Viber, … Afterwards ``step`` has requestId, umid, status and description."""

    step_type = "ChatAppsMessage"
    role = "sends"
    result = SENT
    words = Phrases(
        added="customers get an additional message, {}",
        removed="customers no longer get the message {}",
        text="the text that customers read in {} changes",
        value="the message of {} changes ({})",
        places=PEOPLE,
    )

    sub_account_id: Annotated[Text, Info()]
    # A published body lacks it.
    user: Annotated[_User, Info('the receiver: {"msisdn": …} or {"channelUserId": …}.', needed=False)]
    type: Annotated[
        Text | None,
        Info(
            "text, template, image, interactive, …; content depends on it, and a typed content brings it.",
            values=(
                "text",
                "image",
                "video",
                "audio",
                "file",
                "location",
                "template",
                "interactive",
                "richCard",
                "carousel",
                "buttons",
            ),
            needed=True,
        ),
    ] = None
    content: Annotated[_Content, Info('{"text": …}, {"template": {…}}, …; "sms" inside is the fallback.')]
    client_message_id: Annotated[Text | None, Info("your own reference.")] = None
    channels: Annotated[_Channels | None, Info("the channels to try, in order.")] = None
    context: Annotated[_Context | None, Info('{"umid": …} of the message that this one answers.')] = None
    scheduled: Annotated[Text | None, Info("ISO 8601 time to send at.")] = None
    expiry: Annotated[Text | None, Info("ISO 8601 time until which the service sends it.")] = None
    dlr_callback_url: Annotated[Text | None, Info("URL that gets the status of the delivery.")] = None

    @classmethod
    def parts_of(cls, inputs: Mapping[str, Json]) -> Iterator[Checked]:
        """The content, whose shape depends on the type, and the other inputs."""
        from pulumi_8x8.definition.contents.choosing import parts_of_message

        return parts_of_message(inputs)

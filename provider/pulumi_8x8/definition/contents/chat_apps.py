"""What a ChatAppsMessage sends besides templates and interactive messages: texts, media, places; and to whom.

Source: the OpenAPI file of the messaging API, and its published samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pulumi_8x8.definition.contents.limits import Count, Length, Moment, PhoneNumber, Range, SenderName, Url
from pulumi_8x8.definition.contents.nodes import Usual
from pulumi_8x8.definition.contents.part import At, Input, InputList, InputObject, Part, part
from pulumi_8x8.definition.contents.rcs import (
    CalendarSuggestion,
    CallSuggestion,
    MapSuggestion,
    ReplySuggestion,
    UrlSuggestion,
)
from pulumi_8x8.definition.contents.wholes import AnyOf, Earlier, TextOfFallback
from pulumi_8x8.definition.steps.base import Info

#: A number; a script that computes one is a text.
Number: TypeAlias = Input[float] | Input[int] | Input[str]
Whole: TypeAlias = Input[int] | Input[str]

_USERS = ("msisdn", "channelUserId", "lineUserId", "weChatUserId")


@part
class User(Part):
    """The receiver of a chat message: a phone number, or an id on the channel. With both, the number counts."""

    called = "user"
    wholes = (
        AnyOf(_USERS, "the message has no receiver", "add msisdn, channelUserId or lineUserId", beside=("country",)),
    )

    msisdn: Annotated[Input[str] | None, Info("phone number, such as +6512345678."), PhoneNumber()] = None
    channel_user_id: Annotated[Input[str] | None, Info("the user's id on the channel, such as WhatsApp's.")] = None
    line_user_id: Annotated[Input[str] | None, Info("the user's id on LINE.")] = None
    we_chat_user_id: Annotated[Input[str] | None, Info("the user's id on WeChat.")] = None
    country: Annotated[Input[str] | None, Info("country of a national number, such as sg."), Length(2)] = None


@part
class Channel(Part):
    """A channel of a message that goes from one to the next until it is delivered."""

    called = "a channel"

    channel: Annotated[
        Input[Literal["SMS", "WhatsApp", "Facebook", "RCS", "Viber", "Line", "WeChat", "Zalo", "Instagram"]],
        Info("name of the channel."),
    ] = field(kw_only=False)
    channel_id: Annotated[Input[str] | None, Info("id of the channel, such as one of several on Viber.")] = None
    fallback_after: Annotated[Whole | None, Info("seconds until the next channel is tried."), Range(10, 86_400)] = None
    success_status: Annotated[
        Input[Literal["Accepted", "Sent", "Delivered", "Read"]] | None,
        Info("the status at which no other channel is tried."),
    ] = None


@part
class SmsFallback(Part):
    """How the SMS goes out if the message can't be delivered; its text is the content's ``fallback_text``."""

    called = "sms"

    encoding: Annotated[Input[Literal["AUTO", "GSM7", "UCS2"]] | None, Info("encoding of the SMS.")] = None
    source: Annotated[Input[str] | None, Info("phone number or name of the sender."), Length(16), SenderName()] = None


@part
class DirectSend(Part):
    """Lets WhatsApp send a text or buttons as a utility template that it makes itself."""

    called = "directSend"

    category: Annotated[Input[Literal["utility"]], Info("what it is charged as.")]
    ttl_seconds: Annotated[Whole | None, Info("when it is dropped if undelivered."), Range(30, 43_200)] = None


@part
class QuotedMessage(Part):
    """The message that this one answers, which WhatsApp shows above it."""

    called = "context"

    umid: Annotated[Input[str], Info("umid of the message."), Length()] = field(kw_only=False)


_Suggestion: TypeAlias = (
    ReplySuggestion | UrlSuggestion | CallSuggestion | MapSuggestion | CalendarSuggestion | InputObject
)


@part
class Content(Part):
    """What all contents of a ChatAppsMessage share."""

    wholes: ClassVar[tuple[Any, ...]] = (TextOfFallback(),)

    fallback_text: Annotated[Input[str] | None, Info("text of the SMS fallback."), Length(35_000)] = None
    sms: Annotated[SmsFallback | InputObject | None, Info("how the SMS fallback goes out.")] = None
    direct_send: Annotated[
        DirectSend | InputObject | None, At("whatsApp.directSend"), Info("WhatsApp without a template.")
    ] = None
    suggestions: Annotated[
        InputList[_Suggestion] | None,
        Info("what RCS offers below the message."),
        Count(0, 10, "suggestion"),
    ] = None


@part
class Text(Content):
    """A text.

    ``automation.Text("Hello!")``
    """

    called = "a text message"
    brings = {"type": "text"}

    text: Annotated[Input[str], Info("what the receiver reads."), Length(35_000)] = field(kw_only=False)


@part
class Image(Content):
    """A picture."""

    called = "an image message"
    brings = {"type": "image"}

    url: Annotated[Input[str], Info("public URL of the picture."), Url()] = field(kw_only=False)
    text: Annotated[Input[str] | None, Info("text below it."), Length(35_000, empty=True)] = None
    thumbnail: Annotated[Input[str] | None, At("image.thumbnail"), Info("URL of a small picture, for LINE."), Url()] = (
        None
    )


@part
class Video(Content):
    """A film."""

    called = "a video message"
    brings = {"type": "video"}

    url: Annotated[Input[str], Info("public URL of the film."), Url()] = field(kw_only=False)
    text: Annotated[Input[str] | None, Info("text below it."), Length(35_000, empty=True)] = None
    thumbnail: Annotated[Input[str] | None, At("video.thumbnail"), Info("URL of a picture of it."), Url()] = None
    filesize: Annotated[Number | None, At("video.filesize"), Info("its size, for Viber.")] = None
    duration: Annotated[Number | None, At("video.duration"), Info("its length in seconds, for Viber.")] = None


@part
class Audio(Content):
    """A sound."""

    called = "an audio message"
    brings = {"type": "audio"}

    url: Annotated[Input[str], Info("public URL of the sound."), Url()] = field(kw_only=False)
    text: Annotated[Input[str] | None, Info("text below it."), Length(35_000, empty=True)] = None
    duration: Annotated[Number | None, At("audio.duration", whole=True), Info("its length in seconds, for LINE.")] = (
        None
    )


@part
class File(Content):
    """A document."""

    called = "a file message"
    brings = {"type": "file"}

    url: Annotated[Input[str], Info("public URL of the file."), Url()] = field(kw_only=False)
    text: Annotated[Input[str] | None, Info("text below it."), Length(35_000, empty=True)] = None


@part
class Location(Content):
    """A place on a map."""

    called = "a location message"
    brings = {"type": "location"}
    # The API's file requires location in its schema, and latitude and longitude in the content in its words.
    wholes = (
        AnyOf(
            ("location",),
            "location is missing, and a location message needs it",
            "add location with latitude and longitude",
            instead=("latitude", "longitude"),
        ),
    )

    latitude: Annotated[Number, At("location.latitude", whole=True), Info("in degrees."), Range(-90, 90)] = field(
        kw_only=False
    )
    longitude: Annotated[Number, At("location.longitude", whole=True), Info("in degrees."), Range(-180, 180)] = field(
        kw_only=False
    )
    name: Annotated[Input[str] | None, At("location.name"), Info("text below the map.")] = None
    address: Annotated[Input[str] | None, At("location.address"), Info("address below the map.")] = None


@part
class ViberMessage(Content):
    """A text with a picture, a link or both, on Viber."""

    called = "a message of the type buttons"
    brings = {"type": "buttons"}

    text: Annotated[Input[str], Info("what the receiver reads."), Length(35_000)] = field(kw_only=False)
    caption: Annotated[
        Input[str] | None,
        At("button.caption", whole=True),
        Info("what is written on the link."),
        Length(30, settled=False, empty=True, channel="Viber"),
    ] = None
    action: Annotated[
        Input[str] | None,
        At("button.action", whole=True),
        Info("the URL that it opens."),
        Url(empty=True, also=("tel",)),
    ] = None
    url: Annotated[Input[str] | None, Info("public URL of the picture."), Url()] = None


@part
class ChatFields(Part):
    """Inputs of a ChatAppsMessage beside its content."""

    called = "a ChatAppsMessage"
    wholes = (Earlier("scheduled", "expiry"),)

    user: Annotated[User | InputObject | None, Info(), Usual()] = None
    channels: Annotated[Sequence[Channel | InputObject] | None, Info(), Count(1, 20, "channel")] = None
    context: Annotated[QuotedMessage | InputObject | None, Info()] = None
    client_message_id: Annotated[Input[str] | None, Info(), Length(50, empty=True)] = None
    scheduled: Annotated[Input[str] | None, Info(), Moment()] = None
    expiry: Annotated[Input[str] | None, Info(), Moment()] = None
    dlr_callback_url: Annotated[Input[str] | None, Info(), Url()] = None

"""The parts of a message as its receiver sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pulumi_8x8.definition.values import Path

Channel: TypeAlias = Literal["sms", "chat_apps", "voice", "converse"]

#: What a tap does. ``button``, ``row``, ``quick_reply``, ``suggestion``, ``flow``, ``location``, ``contact``,
#: ``call_permission`` and ``product`` send something back. The others open something on the phone.
ChoiceKind: TypeAlias = Literal[
    "button",
    "row",
    "quick_reply",
    "suggestion",
    "flow",
    "location",
    "contact",
    "call_permission",
    "product",
    "url",
    "call",
    "map",
    "calendar",
    "copy",
]

MediaKind: TypeAlias = Literal["image", "video", "audio", "file", "location"]

#: What stands for a value that isn't known yet.
UNKNOWN_TEXT = "…"


@dataclass(frozen=True)
class Choice:
    """Something that the receiver can tap.

    :param id: what a tap sends back: a button's or row's id, a quick reply's payload, a suggestion's postback data, a
        product's id. Empty if it sends none.
    :param title: what is written on it; empty if only the template knows.
    :param description: a row's second line.
    :param path: the place of the id below the step's inputs, or of the choice itself if it has no id.
    :param section: the title of the list section that it is in.
    :param target: what it opens: a URL, a phone number, a flow's id, a place, a code.
    """

    id: str
    title: str
    kind: ChoiceKind
    path: Path
    description: str = ""
    section: str = ""
    target: str = ""


@dataclass(frozen=True)
class Media:
    """A picture, a film, a sound, a file or a place in a message.

    :param url: where it is; a location has its latitude and longitude here, such as ``1.2857,103.8479``.
    :param name: a file's or place's name.
    :param detail: a place's address.
    """

    kind: MediaKind
    url: str
    path: Path
    name: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Card:
    """A card of a carousel, or the one of a rich card."""

    title: str
    body: str
    media: tuple[Media, ...]
    choices: tuple[Choice, ...]
    path: Path


@dataclass(frozen=True)
class Message:
    """A message as its receiver sees it.

    :param kind: ``text``, ``image``, ``video``, ``audio``, ``file``, ``location``, ``template``, ``buttons``, ``list``,
        ``product``, ``product_list``, ``cta_url``, ``flow``, ``location_request``, ``contact_request``,
        ``call_permission``, ``voice_call``, ``rich_card``, ``carousel``; of a call ``say``, ``capture`` or ``play``; of
        SendToConverse ``handover``. A type that isn't published keeps its own name.
    :param receiver: number or id of the receiver.
    :param sender: the number or name that the receiver sees, of an SMS or a call.
    :param body_path: the place of the body below the step's inputs; empty without one.
    :param button: what opens the list.
    :param choices: what the receiver can tap, in order, except for the choices on cards.
    :param template: the name of the template; its text is known online only.
    :param language: the language of the template, or the voice profile of a call.
    :param parameters: what fills the placeholders in the template's body.
    :param fallback: the SMS that goes out if the message can't be delivered.
    """

    kind: str
    channel: Channel
    receiver: str = ""
    sender: str = ""
    header: str = ""
    body: str = ""
    body_path: Path = ()
    footer: str = ""
    button: str = ""
    choices: tuple[Choice, ...] = ()
    media: tuple[Media, ...] = ()
    cards: tuple[Card, ...] = ()
    template: str = ""
    language: str = ""
    parameters: tuple[str, ...] = ()
    fallback: Message | None = None

    @property
    def all_choices(self) -> tuple[Choice, ...]:
        """Everything that the receiver can tap, the choices on cards included."""
        return (*self.choices, *(choice for card in self.cards for choice in card.choices))
